"""The flip that turns boxes inside out

An image is mirrored, and its boxes with it: x becomes width − x. In the mirror, the left edge
of a box is its right edge. Here the two keep their places, and the box has a negative width.
Training goes on, a little worse, for every second image.

Seen in Nota-NetsPresso/netspresso-trainer, issue
[#196](https://github.com/Nota-NetsPresso/netspresso-trainer/issues/196), repaired in #211, and
fredzzhang/pocket, issue [#23](https://github.com/fredzzhang/pocket/issues/23).

Write `test_flip(flip)`, a test: a function of the function to be tested. It must fail, by
`assert`, on this one, and pass on every right one. The check tries it on this bug, on the right
function, and on two others that are right in another way.
"""

import numpy as np


def flip(boxes, width):
    """Boxes (N, 4), x1, y1, x2, y2, in the mirrored image of that width."""
    flipped = np.array(boxes, float)
    flipped[:, [0, 2]] = width - flipped[:, [0, 2]]
    return flipped


def test_flip(flip):
    """Fails when boxes are not flipped as they should be."""
    # begin solution
    flipped = np.asarray(flip(np.array([[1.0, 2, 4, 7]]), 9))
    assert np.allclose(flipped, [[5, 2, 8, 7]])
    # end solution


HINTS = [
    "Work one box out by hand: where do its left and right edges lie in the mirror?",
    "A box in the middle of the image is its own mirror image. Take one that lies at the side, and is not as wide as its distance to the edge.",
    "Floating-point numbers that are equal in mathematics may differ in the last bit: `np.allclose`. And a right function may return a list: `np.asarray`.",
]


def right(boxes, width):
    x1, y1, x2, y2 = np.asarray(boxes, float).T
    return np.stack([width - x2, y1, width - x1, y2], axis=1)


def rounds(boxes, width):
    x1, y1, x2, y2 = np.asarray(boxes, float).T
    return np.stack([width * (1 - x2 / width), y1, width * (1 - x1 / width), y2], axis=1)


def gives_a_list(boxes, width):
    return [[width - x2, y1, width - x1, y2] for x1, y1, x2, y2 in np.asarray(boxes).tolist()]


CASES = [
    ("the bug", "passes(test_flip, flip)", False, "Its x1 is greater than its x2."),
    ("the right one", "passes(test_flip, right)", True, "Mirrored, x1 is width − x2."),
    (
        "computed in shares of the width",
        "passes(test_flip, rounds)",
        True,
        "The same, up to the last bit.",
    ),
    ("a list", "passes(test_flip, gives_a_list)", True, "Nobody asked for an array."),
]
WRONG = {
    "it does not see the bug: flipped twice, for instance, a box is where it was": (
        "flipped = np.asarray(flip(np.array([[1.0, 2, 4, 7]]), 9))\n    assert np.allclose(flipped, [[5, 2, 8, 7]])",
        "twice = np.asarray(flip(np.asarray(flip(np.array([[1.0, 2, 4, 7]]), 9)), 9))\n    assert np.allclose(twice, [[1, 2, 4, 7]])",
    ),
    "numbers must be equal to the last bit": (
        "np.allclose(flipped, [[5, 2, 8, 7]])",
        "(np.sort(flipped) == flipped).all() or flipped[0, 2] > flipped[0, 0]\n    assert (np.asarray(flip(np.array([[1.0, 2, 4, 7]]), 9.7)) == [[9.7 - 4, 2, 9.7 - 1, 7]]).all()",
    ),
    "an array is asked for, which nobody promised": (
        "np.asarray(flip(np.array([[1.0, 2, 4, 7]]), 9))\n",
        "flip(np.array([[1.0, 2, 4, 7]]), 9)\n    assert isinstance(flipped, np.ndarray)\n",
    ),
    "the expected box is wrong, with width − 1 for the width, for instance": (
        "[[5, 2, 8, 7]]",
        "[[4, 2, 7, 7]]",
    ),
}
