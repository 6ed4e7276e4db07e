"""Generalised IoU

Two boxes that do not meet have IoU 0, near or far, and the loss 1 − IoU does not say where to
go. The *generalised* IoU does:

    GIoU = IoU − (C − U) / C

C is the area of the smallest box around both, U the area of the union. It runs from −1, far
apart, to 1. Boxes go in pairs, the first with the first and so on: N pairs give N numbers, not
N × N. Where a denominator is 0, that quotient is 0.
"""

import numpy as np


def giou(a, b):
    """Generalised IoU (N,) of boxes (N, 4) in pairs, x1, y1, x2, y2."""
    # begin solution
    shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    shared = np.maximum(shared, 0).prod(axis=1)
    union = (a[:, 2:] - a[:, :2]).prod(axis=1) + (b[:, 2:] - b[:, :2]).prod(axis=1) - shared
    around = np.maximum(a[:, 2:], b[:, 2:]) - np.minimum(a[:, :2], b[:, :2])
    around = around.prod(axis=1)
    iou = np.divide(shared, union, out=np.zeros(len(a)), where=union > 0)
    return iou - np.divide(around - union, around, out=np.zeros(len(a)), where=around > 0)
    # end solution


HINTS = [
    "`a[:, :2]` are all upper left corners, `a[:, 2:]` all lower right ones. Sides are their difference, and `.prod(axis=1)` makes areas.",
    "The smallest box around both: from the lesser of the two x1 to the greater of the two x2, and so in y.",
    "`np.divide(p, q, out=np.zeros(len(q)), where=q > 0)` is p / q, and 0 where q is 0.",
]
CASES = [
    (
        "equal",
        "giou(np.array([[0.0, 0, 4, 4]]), np.array([[0.0, 0, 4, 4]]))",
        [1],
        "Nothing is left over.",
    ),
    (
        "side by side, one apart",
        "giou(np.array([[0.0, 0, 1, 1]]), np.array([[2.0, 0, 3, 1]]))",
        [-1 / 3],
        "Around both: 3. Union: 2. 0 − 1 / 3.",
    ),
    (
        "one inside the other",
        "giou(np.array([[0.0, 0, 4, 4]]), np.array([[1.0, 1, 3, 3]]))",
        [0.25],
        "The box around both is the union: GIoU is IoU.",
    ),
    (
        "overlapping at a corner",
        "giou(np.array([[0, 0, 0.4, 0.4]]), np.array([[0.2, 0.2, 0.6, 0.6]]))",
        [4 / 28 - 8 / 36],
        "Shared 0.04, union 0.28, around 0.36: areas may be below 1.",
    ),
    (
        "apart on both axes",
        "giou(np.array([[0.0, 0, 1, 1]]), np.array([[4.0, 2, 5, 3]]))",
        [-13 / 15],
        "Around both: 5 · 3; two negative lengths share nothing.",
    ),
    (
        "the order of a pair",
        "giou(np.array([[4.0, 2, 6, 3]]), np.array([[0.0, 0, 1, 1]]))",
        [-15 / 18],
        "It does not matter which is the first.",
    ),
    (
        "three pairs",
        "giou(np.array([[0.0, 0, 1, 1]] * 3), np.array([[0.0, 0, 1, 1], [2, 0, 3, 1], [0, 0, 1, 2]]))",
        [1, -1 / 3, 0.5],
        "Three numbers, not 3 × 3.",
    ),
    (
        "two points in one place",
        "giou(np.array([[5.0, 5, 5, 5]]), np.array([[5.0, 5, 5, 5]]))",
        [0],
        "0 / 0 counts as 0, twice.",
    ),
    (
        "two points apart",
        "giou(np.array([[0.0, 0, 0, 0]]), np.array([[3.0, 3, 3, 3]]))",
        [-1],
        "The union is 0, the box around is not: 0 − 9 / 9.",
    ),
    (
        "a line",
        "giou(np.array([[0.0, 0, 0, 2]]), np.array([[0.0, 0, 4, 2]]))",
        [0],
        "No area, but the box around is the other box.",
    ),
]
WRONG = {
    "it is the plain IoU": (
        "return iou - np.divide(around - union, around, out=np.zeros(len(a)), where=around > 0)",
        "return iou",
    ),
    "the sign of the second term is wrong": ("return iou - ", "return iou + "),
    "divided by the union, not by the box around": (
        "np.divide(around - union, around,",
        "np.divide(around - union, union,",
    ),
    "the shared area is taken away from the box around, not the union": (
        "np.divide(around - union, around,",
        "np.divide(around - shared, around,",
    ),
    "negative lengths are not cut off at 0": ("np.maximum(shared, 0).prod", "shared.prod"),
    "the union counts the shared part twice": ("prod(axis=1) - shared\n", "prod(axis=1)\n"),
    "0 / 0 is not caught": ("out=np.zeros(len(a)), where=union > 0", "out=None"),
    "it is 0 wherever the union is 0": (
        "return iou - np.divide(around - union, around, out=np.zeros(len(a)), where=around > 0)",
        "rest = np.divide(around - union, around, out=np.zeros(len(a)), where=around > 0)\n"
        "    return np.where(union > 0, iou - rest, 0)",
    ),
    "the areas below the line are at least 1": (
        "    iou = np.divide(",
        "    return shared / np.maximum(union, 1) - (around - union) / np.maximum(around, 1)\n    iou = np.divide(",
    ),
    "the box around begins where the first box begins": (
        "np.minimum(a[:, :2], b[:, :2])\n",
        "a[:, :2]\n",
    ),
    "it is the loss, 1 − GIoU": (
        "return iou - np.divide(around - union, around, ",
        "return 1 - iou + np.divide(around - union, around, ",
    ),
    "every box is compared with every other": (
        "    shared = np.minimum(a[",
        "    n = len(a)\n    a, b = np.repeat(a, n, axis=0), np.tile(b, (n, 1))\n    shared = np.minimum(a[",
    ),
}
