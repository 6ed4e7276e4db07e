"""Places on the image that a network's cells answer for."""

import numpy as np


def cell_centers(rows, columns, stride):
    """The centres of the cells of a feature map, on the image.

    A cell covers stride × stride pixels; that of row i and column j has its centre at
    ((j + 0.5) * stride, (i + 0.5) * stride), and number i * columns + j. Returns float32
    (rows * columns, 2), (x, y) in pixels.
    """
    y, x = np.mgrid[:rows, :columns]
    return (stride * (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5)).astype("float32")


def cell_shares(xyxy, rows, columns, stride):
    """How much each cell of a feature map answers for each box: the nearer, the more.

    The weights of bilinear interpolation at the box's centre: 1 for a cell whose own centre lies
    there, falling to 0 at a distance of one cell, in x and in y. xyxy: boxes (N, 4) in pixels,
    their centres on the map. Returns float32 (N, rows * columns); each row sums to 1.
    """
    middle = (xyxy[:, None, :2] + xyxy[:, None, 2:]) / 2
    distance = np.abs(cell_centers(rows, columns, stride) - middle) / stride
    shares = np.clip(1 - distance, 0, None).prod(axis=-1)
    return (shares / shares.sum(axis=1, keepdims=True)).astype("float32")
