"""Which cell answers for the box?

A feature map of `rows` × `columns` cells lies on the image; each cell covers stride × stride
pixels, so that the centre of row i, column j is ((j + 0.5) · stride, (i + 0.5) · stride). The
box's centre lies between four cell centres. Let these four share it as in bilinear
interpolation: **in x and in y a share falls linearly** from 1, at a distance of 0, to 0, at a
distance of one stride.

Outside the outermost cell centres fewer cells are left: divide by the sum, so that the shares
always add up to 1.
"""

import numpy as np


def cell_shares(box, rows, columns, stride):
    """Shares (rows, columns) of the cells in a box [x1, y1, x2, y2] in pixels."""
    # begin solution
    x1, y1, x2, y2 = box
    center_x = (np.arange(columns) + 0.5) * stride
    center_y = (np.arange(rows) + 0.5) * stride
    in_x = np.maximum(1 - abs(center_x - (x1 + x2) / 2) / stride, 0)
    in_y = np.maximum(1 - abs(center_y - (y1 + y2) / 2) / stride, 0)
    shares = in_y[:, None] * in_x
    return shares / shares.sum()
    # end solution


HINTS = [
    "First one axis alone: the distance of each cell's centre from the box's centre, in strides.",
    "1 minus that distance, but never below 0, is the share along one axis.",
    "The share of a cell is that of its column times that of its row. Divide by the sum of all at the end.",
]
CASES = [
    (
        "on a cell's centre",
        "cell_shares([4, 4, 12, 12], 2, 2, 16)",
        [[1, 0], [0, 0]],
        "(8, 8) is the centre of the first cell.",
    ),
    (
        "between two columns",
        "cell_shares([8, 4, 24, 12], 2, 2, 16)",
        [[0.5, 0.5], [0, 0]],
        "x = 16 is halfway from 8 to 24.",
    ),
    (
        "nearer to the second row",
        "cell_shares([6, 14, 10, 26], 2, 2, 16)",
        [[0.25, 0], [0.75, 0]],
        "y = 20 is three quarters of the way from 8 to 24.",
    ),
    (
        "between four",
        "cell_shares([6, 8, 10, 12], 2, 2, 8)",
        [[0.125, 0.125], [0.375, 0.375]],
        "Half and half in x, a quarter and three quarters in y.",
    ),
    (
        "not square",
        "cell_shares([16, 2, 20, 6], 1, 3, 8)",
        [[0, 0.25, 0.75]],
        "1 row, 3 columns: x = 18 lies between 12 and 20.",
    ),
    (
        "at the corner of the image",
        "cell_shares([0, 0, 2, 2], 2, 2, 8)",
        [[1, 0], [0, 0]],
        "Beyond the outermost centre one cell is left, with all of it.",
    ),
    (
        "at the upper edge",
        "cell_shares([6, 0, 10, 2], 2, 2, 8)",
        [[0.5, 0.5], [0, 0]],
        "Two cells are left in y = 1: they share 1.",
    ),
    (
        "the sum",
        "cell_shares([0, 0, 4, 3], 5, 7, 8).sum()",
        1,
        "Shares of one box, at the edge, too.",
    ),
    (
        "the mean place",
        "(cell_shares([3, 21, 40, 29], 5, 7, 8).sum(axis=0) * (8 * np.arange(7) + 4)).sum()",
        21.5,
        "The centres, weighted by their shares, give the box's centre back.",
    ),
]
WRONG = {
    "the cells' centres are taken at their corners": (
        "(np.arange(columns) + 0.5)",
        "np.arange(columns)",
    ),
    "the centre's own cell takes it all": (
        "    return",
        "    shares = 1.0 * (shares == shares.max())\n    return",
    ),
    "x and y are swapped": (
        "in_y[:, None] * in_x",
        "in_x[:columns, None] * in_y if rows == columns else in_y[:, None] * in_x",
    ),
    "the shares are not divided by their sum": ("shares / shares.sum()", "shares"),
    "shares below zero are not cut off": (
        "np.maximum(1 - abs(center_x - (x1 + x2) / 2) / stride, 0)",
        "1 - abs(center_x - (x1 + x2) / 2) / stride",
    ),
    "the box's corner is taken, not its centre": ("(x1 + x2) / 2", "x1"),
    "all cells share by how near they are, without an end": (
        "    return",
        "    shares = 1 / (1 + np.hypot(center_y[:, None] - (y1 + y2) / 2, center_x - (x1 + x2) / 2))\n    return",
    ),
    "the share falls over two strides": (
        "abs(center_y - (y1 + y2) / 2) / stride",
        "abs(center_y - (y1 + y2) / 2) / (2 * stride)",
    ),
}
