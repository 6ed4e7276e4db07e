"""The brightest pixel, as (x, y)

Lesson 01's baseline. Say for each image where its brightest pixel is, as **(x, y)** = (column,
row), counted from 0. Where several pixels are equally bright, take the first in reading order:
the uppermost row, and in it the leftmost. Images need not be square.
"""

import numpy as np


def argmax_xy(images):
    """Places (N, 2) of the brightest pixels of images (N, H, W)."""
    # begin solution
    flat = images.reshape(len(images), -1).argmax(axis=1)
    width = images.shape[2]
    return np.stack([flat % width, flat // width], axis=1)
    # end solution


HINTS = [
    "`argmax` without an axis counts through the whole array. Give it one row of numbers for each image.",
    "In a flat image of width W, the pixel number n lies in row n // W. In which column?",
    "`np.stack([x, y], axis=1)` puts two arrays (N,) side by side. Which comes first?",
]
CASES = [
    (
        "one image",
        "argmax_xy(np.array([[[0, 0, 0], [0, 0, 7], [0, 0, 0]]]))",
        [[2, 1]],
        "Column 2, row 1: x comes first.",
    ),
    (
        "two images",
        "argmax_xy(np.array([[[5, 0], [0, 0]], [[0, 0], [5, 0]]]))",
        [[0, 0], [0, 1]],
        "One answer for each image.",
    ),
    (
        "wide",
        "argmax_xy(np.array([[[0, 0, 0, 0, 0], [0, 0, 0, 9, 0]]]))",
        [[3, 1]],
        "2 rows, 5 columns: the width is the last axis.",
    ),
    (
        "tall",
        "argmax_xy(np.array([[[0, 0], [0, 0], [0, 0], [0, 9]]]))",
        [[1, 3]],
        "4 rows, 2 columns.",
    ),
    (
        "a tie",
        "argmax_xy(np.array([[[0, 0, 4], [4, 0, 0], [0, 4, 0]]]))",
        [[2, 0]],
        "Three are equal: the first in reading order, row by row.",
    ),
    (
        "all dark",
        "argmax_xy(np.full((1, 3, 4), -2.0))",
        [[0, 0]],
        "All pixels are equal: the very first.",
    ),
    (
        "below zero",
        "argmax_xy(np.array([[[-3, -9], [-9, -1]]]))",
        [[1, 1]],
        "The largest number, not the largest size.",
    ),
]
WRONG = {
    "x and y are swapped": ("[flat % width, flat // width]", "[flat // width, flat % width]"),
    "the height is taken for the width": ("width = images.shape[2]", "width = images.shape[1]"),
    "of equal pixels the last is taken": (
        "images.reshape(len(images), -1).argmax(axis=1)",
        "images.shape[1] * images.shape[2] - 1 - images.reshape(len(images), -1)[:, ::-1].argmax(axis=1)",
    ),
    "column by column, not row by row": (
        "    return",
        "    flat = images.transpose(0, 2, 1).reshape(len(images), -1).argmax(axis=1)\n"
        "    flat = flat % images.shape[1] * width + flat // images.shape[1]\n    return",
    ),
    "the darkest pixel is taken": (".argmax(axis=1)", ".argmin(axis=1)"),
    "one answer for all images together": (
        "flat = images.reshape(len(images), -1).argmax(axis=1)",
        "flat = np.full(1, images.argmax())",
    ),
    "the size counts, not the sign": ("flat = images.", "flat = np.abs(images)."),
    "places are counted from 1": ("flat // width]", "flat // width + 1]"),
}
