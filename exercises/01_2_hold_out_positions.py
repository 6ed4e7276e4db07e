"""Hold out positions, not images

Images repeat: many show the white pixel at the same position. A random split of the *images*
puts the same position into training and test, and the test measures memory. Choose a share of
the **different positions** at random (rounded up or down, as you like), and hold out every image
that shows one of them.
"""

import numpy as np


def hold_out_positions(xy, share, rng):
    """Which images are held out: bool (N,), for positions (N, 2), a share from 0 to
    1 and a Generator."""
    # begin solution
    different, number = np.unique(xy, axis=0, return_inverse=True)
    count = round(share * len(different))
    chosen = rng.permutation(len(different))[:count]
    return np.isin(number.ravel(), chosen)
    # end solution


HINTS = [
    "First find the different positions: `np.unique` with `axis=0` takes each row as one thing.",
    "Choose among these, each at most once: `rng.permutation` shuffles, and you take the first of them.",
    "`np.unique(…, return_inverse=True)` also says for each image which of the different positions it shows.",
]
XY = np.stack([np.arange(600) % 7 % 4, np.arange(600) % 5], axis=1)  # 20 positions, unequally often


def held(function, share, seed=0, xy=XY):
    """Which different positions are held out, wholly or in part."""
    mask = np.asarray(function(xy.copy(), share, np.random.default_rng(seed)))
    if mask.shape != (len(xy),) or mask.dtype != bool:
        raise TypeError(f"it returns {mask.dtype} of shape {mask.shape}, not bool ({len(xy)},)")
    return {*map(tuple, xy[mask].tolist())}, {*map(tuple, xy[~mask].tolist())}


def on_both_sides(function, share):
    out, left = held(function, share)
    return len(out & left)


def counts_held(function, share, xy=XY):
    """How many positions are held out, under nine seeds: each number once."""
    return sorted({len(held(function, share, seed, xy)[0]) for seed in range(9)})


def always_the_same(function):
    return all(held(function, 0.25, seed)[0] == held(function, 0.25, 0)[0] for seed in range(9))


def repeats_with_its_seed(function):
    return held(function, 0.5, 3) == held(function, 0.5, 3)


CASES = [
    (
        "one image of each",
        "hold_out_positions(np.array([[0, 0], [1, 0], [2, 0], [3, 0]]), 0.25, np.random.default_rng(0)).sum()",
        1,
        "A quarter of four.",
    ),
    (
        "nothing",
        "hold_out_positions(np.array([[0, 0], [1, 0]]), 0.0, np.random.default_rng(0))",
        [False, False],
        "A share of 0.",
    ),
    (
        "everything",
        "hold_out_positions(np.array([[0, 0], [1, 0], [0, 0]]), 1.0, np.random.default_rng(0))",
        [True, True, True],
        "A share of 1 holds out all images.",
    ),
    (
        "no position on both sides",
        "on_both_sides(hold_out_positions, 0.25)",
        0,
        "600 images show 20 positions; a position is held out with all its images or not at all.",
    ),
    (
        "a quarter of the positions",
        "counts_held(hold_out_positions, 0.25)",
        [5],
        "5 of the 20 different positions, however often each is shown.",
    ),
    (
        "(x, y) is one thing",
        "counts_held(hold_out_positions, 0.25, np.array([[0, 10], [1, 0], [0, 28], [1, 28]]))",
        [1],
        "1 of 4 positions, whichever: 10 · x + y would make one of the first two.",
    ),
    (
        "one is shown often",
        "counts_held(hold_out_positions, 0.5, np.array([[0, 0]] * 180 + [[1, 0], [2, 0], [3, 0]] * 20))",
        [2],
        "2 of 4 positions, though one is shown by 180 of the 240 images.",
    ),
    (
        "chosen at random",
        "always_the_same(hold_out_positions)",
        False,
        "Another seed holds out others: nine seeds chose the same.",
    ),
    (
        "from the generator",
        "repeats_with_its_seed(hold_out_positions)",
        True,
        "The same seed gives the same choice: all randomness comes from `rng`.",
    ),
]
WRONG = {
    "images are chosen, not positions": (
        "    return",
        "    return np.isin(np.arange(len(xy)), rng.permutation(len(xy))[: round(share * len(xy))])\n    return",
    ),
    "the others are marked": ("return np.isin(", "return ~np.isin("),
    "a share of the images, not of the positions": (
        "round(share * len(different))",
        "min(round(share * len(xy)), len(different))",
    ),
    "a position can be drawn twice": (
        "rng.permutation(len(different))[:count]",
        "rng.integers(0, len(different), count)",
    ),
    "always the same positions are taken: is rng used?": (
        "rng.permutation(len(different))",
        "np.arange(len(different))",
    ),
    "only x is looked at": (
        "np.unique(xy, axis=0, return_inverse=True)",
        "np.unique(xy[:, 0], return_inverse=True)",
    ),
    "two positions become one number, as with 10 · x + y": (
        "np.unique(xy, axis=0, return_inverse=True)",
        "np.unique(xy @ [10, 1], return_inverse=True)",
    ),
    "positions are held out until the images are enough": (
        "chosen = rng.permutation(len(different))[:count]",
        "order = rng.permutation(len(different))\n    size = np.bincount(number.ravel())[order]\n"
        "    chosen = order[size.cumsum() - size < round(share * len(xy))]",
    ),
    "the randomness is not that of rng": ("rng.permutation(", "np.random.permutation("),
}
