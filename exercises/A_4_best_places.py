"""One posterior, three right answers

A posterior says how likely each place is. Which single place is the best answer? That depends on what a mistake costs:

1. any mistake costs the same: the likeliest place, the **mode** (of equals, the first in reading order);
2. the squared distance counts: the **mean** place, which may lie between pixels, and where nothing is likely at all;
3. the distance itself counts: among the places of the map, the one with the **least expected distance** to the truth, Σ P(place) ·
   distance (of equals, the first in reading order).

Give all three. The third needs no loop over pairs of places.
"""

import numpy as np


def best_places(probability):
    """Mode, mean, and place of least expected distance, (3, 2) as (x, y);
    probability (H, W) sums to 1."""
    # begin solution
    rows, columns = np.indices(probability.shape)
    places = np.stack([columns.ravel(), rows.ravel()], axis=1)
    weight = probability.ravel()
    apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    expected = np.round(apart @ weight, 9)
    return np.array([places[weight.argmax()], weight @ places, places[expected.argmin()]])
    # end solution


HINTS = [
    "List all places first, as an array (H · W, 2) of x and y in reading order, and the probabilities as (H · W,).",
    "The mean is a weighted sum of the places: one matrix product.",
    "`places[:, None] - places` is the difference of every place from every other, (n, n, 2). Its length is a matrix of distances.",
    "The matrix of distances times the probabilities is the expected distance of every answer; sums may differ in the last bit where they are equal in mathematics.",
]


def two(share):
    """Two places, at the ends of a row of five; the left one with this probability."""
    return np.array([[share, 0, 0, 0, 1 - share]])


def large():
    """A ring on 20 × 20 places, and a small heap outside."""
    y, x = np.mgrid[:20, :20]
    ring = np.exp(-((np.hypot(x - 8, y - 9) - 5) ** 2) / 2)
    ring[17, 18] = 4
    return ring / ring.sum()


CASES = [
    (
        "sure",
        "best_places(np.array([[0, 0, 0], [0, 0, 1.0]]))",
        [[2, 1]] * 3,
        "One place has it all: three times (2, 1).",
    ),
    (
        "two places",
        "best_places(two(0.6))",
        [[0, 0], [1.6, 0], [0, 0]],
        "The mean lies where nothing is. The least distance is with the likelier.",
    ),
    (
        "three in a row",
        "best_places(np.array([[0.4, 0, 0.25, 0, 0.35]]))",
        [[0, 0], [1.9, 0], [2, 0]],
        "Along a line the third is the median: half of the probability to either side.",
    ),
    (
        "a tie",
        "best_places(two(0.5))",
        [[0, 0], [2, 0], [0, 0]],
        "All five have the same expected distance: the first.",
    ),
    ("upright", "best_places(two(0.6).T)", [[0, 0], [0, 1.6], [0, 0]], "5 rows, 1 column."),
    (
        "a corner",
        "best_places(np.array([[0.3, 0, 0.3], [0, 0, 0], [0.4, 0, 0]]))",
        [[0, 2], [0.6, 0.8], [0, 1]],
        "From (0, 1) the truth is 1.37 px away in the mean; from the mode 1.45, from (0, 0) 1.4, from (1, 1) 1.41.",
    ),
    (
        "a ring",
        "best_places(large())[[0, 2]]",
        [[18, 17], [8, 9]],
        "Likeliest is the heap outside; the least distance is at the middle of the ring, where nothing is.",
    ),
    (
        "a tie on two rows",
        "best_places(np.array([[0, 0.5], [0.5, 0]]))",
        [[1, 0], [0.5, 0.5], [1, 0]],
        "(1, 0) and (0, 1) are equal, and row 0 is read first.",
    ),
]
WRONG = {
    "x and y are swapped": ("[columns.ravel(), rows.ravel()]", "[rows.ravel(), columns.ravel()]"),
    "the mean is rounded to a place": ("weight @ places,", "np.round(weight @ places),"),
    "the squared distance is made least, not the distance": (
        "np.round(apart @ weight, 9)",
        "np.round(apart**2 @ weight, 9)",
    ),
    "the third is the median along x and along y, which makes |dx| + |dy| least": (
        "np.hypot(*(places[:, None] - places).transpose(2, 0, 1))",
        "np.abs(places[:, None] - places).sum(axis=2)",
    ),
    "the third is sought among the likely places alone": (
        "expected = np.round(apart @ weight, 9)",
        "expected = np.where(weight > 0.5 * weight.max(), np.round(apart @ weight, 9), np.inf)",
    ),
    "the mean is not weighted": ("weight @ places,", "places.mean(axis=0),"),
    "the mode is given three times": (
        "    return ",
        "    return np.array([places[weight.argmax()]] * 3)\n    return ",
    ),
    "the greatest expected distance is taken": ("expected.argmin()", "expected.argmax()"),
    "of equal places the last is the mode": (
        "places[weight.argmax()]",
        "places[len(weight) - 1 - weight[::-1].argmax()]",
    ),
    "the mode is the first of equals column by column, not in reading order": (
        "places[weight.argmax()]",
        "places[np.lexsort((rows.ravel(), columns.ravel(), -weight))[0]]",
    ),
    "the third is the first of equals column by column, not in reading order": (
        "places[expected.argmin()]",
        "places[np.lexsort((rows.ravel(), columns.ravel(), expected))[0]]",
    ),
}
