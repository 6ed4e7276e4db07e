"""Anchors in the corner

Each cell of a feature map covers stride × stride pixels, and its anchors belong around the
*middle* of that square. Here they stand on its upper left corner: half a stride off, for every
anchor. The network learns to move all boxes by half a stride; at the lower right edge it has to
reach farther.

Seen in Project-MONAI/MONAI, issue [#7951](https://github.com/Project-MONAI/MONAI/issues/7951),
repaired in #8475; also discussed for torchvision
([#1765](https://github.com/pytorch/vision/issues/1765)).

Write `test_anchor_centers(anchor_centers)`, a test: a function of the function to be tested. It
must fail, by `assert`, on this one, and pass on every right one. The check tries it on this
bug, on the right function, and on two others that are right in another way.
"""

import numpy as np


def anchor_centers(rows, columns, stride):
    """Centres (x, y) in pixels of the cells of a map, rows · columns of them, in
    any order."""
    y, x = np.mgrid[:rows, :columns] * float(stride)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def test_anchor_centers(anchor_centers):
    """Fails when the centres are not those of the cells."""
    # begin solution
    centers = {(float(x), float(y)) for x, y in anchor_centers(2, 3, 16)}
    assert centers == {(8, 8), (24, 8), (40, 8), (8, 24), (24, 24), (40, 24)}
    # end solution


HINTS = [
    "The distances between the centres are right here. What is not?",
    "Where is the middle of the very first cell? And is the mean of all centres the middle of the image?",
    "The order of the centres was not promised, nor the type of the numbers: compare as a set, or sort first.",
]


def right(rows, columns, stride):
    y, x = np.mgrid[:rows, :columns] * float(stride) + stride / 2
    return np.stack([x.ravel(), y.ravel()], axis=1)


def column_by_column(rows, columns, stride):
    x, y = np.mgrid[:columns, :rows] * float(stride) + stride / 2
    return np.stack([x.ravel(), y.ravel()], axis=1)


def gives_a_list(rows, columns, stride):
    return [
        (stride * (2 * j + 1) // 2, stride * (2 * i + 1) // 2)
        for i in range(rows)
        for j in range(columns)
    ]


CASES = [
    (
        "the bug",
        "passes(test_anchor_centers, anchor_centers)",
        False,
        "The first centre is (0, 0).",
    ),
    (
        "the right one",
        "passes(test_anchor_centers, right)",
        True,
        "The first centre is (8, 8) at stride 16.",
    ),
    (
        "column by column",
        "passes(test_anchor_centers, column_by_column)",
        True,
        "The order was not promised.",
    ),
    (
        "a list of whole numbers",
        "passes(test_anchor_centers, gives_a_list)",
        True,
        "Nobody asked for an array.",
    ),
]
WRONG = {
    "it does not see the bug: the distances between the centres, for instance, are right": (
        "centers == {(8, 8), (24, 8), (40, 8), (8, 24), (24, 24), (40, 24)}",
        "sorted({x for x, _ in centers})[1] - min(x for x, _ in centers) == 16",
    ),
    "an order is asked for, which nobody promised": (
        "centers == {(8, 8), (24, 8), (40, 8), (8, 24), (24, 24), (40, 24)}",
        "list(map(tuple, anchor_centers(2, 3, 16)))[1] == (24, 8)",
    ),
    "an array is asked for, which nobody promised": (
        "centers = {",
        "assert anchor_centers(2, 3, 16).shape == (6, 2)\n    centers = {",
    ),
    "the expected places are wrong: rows and columns swapped, for instance": (
        "{(8, 8), (24, 8), (40, 8), (8, 24), (24, 24), (40, 24)}",
        "{(8, 8), (24, 8), (8, 24), (24, 24), (8, 40), (24, 40)}",
    ),
}
