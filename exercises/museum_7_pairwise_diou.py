"""All pairs, or some of them

*Distance IoU* of every box of one set with every box of another: IoU minus the squared distance
of the centres, in diagonals of the box around both. The IoU is computed for all N × M pairs,
the distance only for the first with the first, the second with the second … With N = M, NumPy
spreads N distances over N × N pairs without a word. It was tested with one box against one.

Seen in pytorch/vision, issue [#6317](https://github.com/pytorch/vision/issues/6317), repaired
in #6338.

Write `test_pairwise_diou(pairwise_diou)`, a test: a function of the function to be tested. It
must fail, by `assert`, on this one, and pass on every right one. The check tries it on this
bug, on the right function, and on two others that are right in another way.
"""

import numpy as np


def pairwise_diou(a, b):
    """Distance IoU (N, M) of boxes (N, 4) with boxes (M, 4), all of positive area."""
    shared = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    shared = np.maximum(shared, 0).prod(axis=-1)
    areas = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None]
    areas = areas + (b[:, 2:] - b[:, :2]).prod(axis=1)
    apart = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    around = np.maximum(a[:, 2:], b[:, 2:]) - np.minimum(a[:, :2], b[:, :2])
    return shared / (areas - shared) - (apart**2).sum(axis=1) / (around**2).sum(axis=1)


def test_pairwise_diou(pairwise_diou):
    """Fails when the numbers are not those of all pairs."""
    # begin solution
    boxes = np.array([[0.0, 0, 2, 2], [3.0, 0, 5, 2]])
    found = pairwise_diou(boxes, boxes)
    assert np.allclose(found, [[1, -9 / 29], [-9 / 29, 1]])
    # end solution


HINTS = [
    "What can one box against one box not show?",
    "Two boxes against themselves: each is 1 with itself. What is it with the other?",
    "Apart, IoU is 0. The centres are 3 px from each other; the box around both is 5 × 2, so its diagonal² is 29.",
]


def right(a, b):
    shared = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    shared = np.maximum(shared, 0).prod(axis=-1)
    areas = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None]
    areas = areas + (b[:, 2:] - b[:, :2]).prod(axis=1)
    apart = (a[:, None, :2] + a[:, None, 2:] - b[:, :2] - b[:, 2:]) / 2
    around = np.maximum(a[:, None, 2:], b[:, 2:]) - np.minimum(a[:, None, :2], b[:, :2])
    return shared / (areas - shared) - (apart**2).sum(axis=-1) / (around**2).sum(axis=-1)


def in_float32(a, b):
    return right(a.astype("float32"), b.astype("float32"))


def refuses_boxes_without_area(a, b):
    for boxes in (a, b):
        if (boxes[:, 2:] <= boxes[:, :2]).any():
            raise ValueError("a box has no area")
    return right(a, b)


CASES = [
    (
        "the bug",
        "passes(test_pairwise_diou, pairwise_diou)",
        False,
        "For two boxes against themselves it gives IoU alone: the distance of each from itself is 0.",
    ),
    ("the right one", "passes(test_pairwise_diou, right)", True, "The distances are N × M, too."),
    (
        "in single precision",
        "passes(test_pairwise_diou, in_float32)",
        True,
        "Right to seven digits.",
    ),
    (
        "one that refuses boxes without area",
        "passes(test_pairwise_diou, refuses_boxes_without_area)",
        True,
        "Boxes of positive area were promised, no others.",
    ),
]
WRONG = {
    "it does not see the bug: one box against one, for instance, hides it": (
        "found = pairwise_diou(boxes, boxes)\n    assert np.allclose(found, [[1, -9 / 29], [-9 / 29, 1]])",
        "found = pairwise_diou(boxes[:1], boxes[1:])\n    assert np.allclose(found, [[-9 / 29]])",
    ),
    "numbers must be equal to the last bit": (
        "np.allclose(found, [[1, -9 / 29], [-9 / 29, 1]])",
        "(found == [[1, -9 / 29], [-9 / 29, 1]]).all()",
    ),
    "a box without area is tried, of which nothing was said": (
        "    found",
        "    assert pairwise_diou(boxes, np.array([[1.0, 1, 1, 1]] * 2)).shape == (2, 2)\n    found",
    ),
    "the expected value is wrong: the distance not squared, for instance": (
        "[[1, -9 / 29], [-9 / 29, 1]]",
        "[[1, -3 / 29], [-3 / 29, 1]]",
    ),
}
