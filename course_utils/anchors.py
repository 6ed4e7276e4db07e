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
