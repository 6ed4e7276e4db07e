"""ROIAlign, on one map

Read a box of the image off a feature map, as `size` × `size` numbers, **without rounding
anything**. The map's cells are stride × stride pixels; the value of row i, column j stands at
that cell's *centre*, ((j + 0.5) · stride, (i + 0.5) · stride). Divide the box into size × size
equal parts and read the map at the centre of each part, bilinearly between the four cell
centres around it. Beyond the outermost centres the map goes on unchanged.

On a map that is a ramp, what you read is exact: that is the test. Whoever forgets the half cell
reads everything half a stride off.
"""

import numpy as np


def roi_align(feature_map, box, stride, size):
    """Values (size, size) of a map (H, W) inside a box [x1, y1, x2, y2] in pixels."""

    # begin solution
    def between(start, end, count):
        part = (np.arange(size) + 0.5) / size
        at = np.clip((start + (end - start) * part) / stride - 0.5, 0, count - 1)
        first = np.minimum(at.astype(int), max(count - 2, 0))
        return first, np.minimum(first + 1, count - 1), at - first

    height, width = feature_map.shape
    left, right, in_x = between(box[0], box[2], width)
    top, bottom, in_y = between(box[1], box[3], height)
    rows = feature_map[top] * (1 - in_y[:, None]) + feature_map[bottom] * in_y[:, None]
    return rows[:, left] * (1 - in_x) + rows[:, right] * in_x
    # end solution


HINTS = [
    "One axis first: the centres of the parts, x1 + (x2 − x1) · (n + 0.5) / size, in pixels.",
    "In cells that is pixels / stride − 0.5: then a whole number is a cell's centre.",
    "Clip to 0 … W − 1: beyond the outermost centres the map goes on unchanged.",
    "The cell before it is the whole part, the cell after it one more, at most W − 1; what is behind the point is the share of the second.",
]
RAMP = np.arange(6) * np.ones((4, 1))  # the value is the column
BOTH = np.arange(6) + 10.0 * np.arange(4)[:, None]
CASES = [
    (
        "a cell",
        "roi_align(RAMP, [8, 8, 16, 16], 8, 1)",
        [[1]],
        "The second column's cell: its value, at its centre.",
    ),
    ("half a cell on", "roi_align(RAMP, [12, 8, 20, 16], 8, 1)", [[1.5]], "Between 1 and 2."),
    ("four parts", "roi_align(RAMP, [8, 8, 24, 24], 8, 2)", [[1, 2], [1, 2]], "Two cells by two."),
    (
        "finer than cells",
        "roi_align(RAMP, [8, 8, 24, 24], 8, 4)",
        np.tile([0.75, 1.25, 1.75, 2.25], (4, 1)),
        "A ramp stays a ramp: steps of half a cell.",
    ),
    (
        "down and across",
        "roi_align(BOTH, [10, 7, 26, 19], 8, 2)",
        [[8.75, 9.75], [16.25, 17.25]],
        "Ten a row, one a column: x at 1.25 and 2.25 cells, y at 0.75 and 1.5.",
    ),
    (
        "nothing is rounded",
        "roi_align(RAMP, [9.6, 8, 17.6, 16], 8, 1)",
        [[1.2]],
        "1.6 px are a fifth of a cell.",
    ),
    (
        "at the edge",
        "roi_align(BOTH, [0, 0, 8, 8], 8, 4)[0]",
        [0, 0, 0.125, 0.375],
        "Left of the first centre, and above it, the map goes on unchanged.",
    ),
    (
        "beyond the edge",
        "roi_align(BOTH, [40, 24, 72, 56], 8, 1)",
        [[35]],
        "The last cell, far beyond.",
    ),
    (
        "half outside",
        "roi_align(RAMP, [-8, 0, 8, 8], 8, 2)[0]",
        [0, 0],
        "The parts are those of the whole box: their centres are at x = −4 and x = 4.",
    ),
    ("another stride", "roi_align(RAMP, [4, 4, 8, 8], 4, 1)", [[1]], "Cells of 4 px."),
    (
        "one column",
        "roi_align(np.array([[3.0], [5]]), [0, 0, 8, 16], 8, 2)",
        [[3, 3], [5, 5]],
        "There is no second column to read between.",
    ),
]
WRONG = {
    "the half cell is forgotten": ("/ stride - 0.5", "/ stride"),
    "the nearest cell is read": (
        "    return rows[",
        "    return feature_map[np.round(top + in_y).astype(int)][:, np.round(left + in_x).astype(int)]\n    return rows[",
    ),
    "the box is rounded to cells first": (
        "    height, width = feature_map.shape\n",
        "    height, width = feature_map.shape\n    box = np.round(np.array(box) / stride) * stride\n",
    ),
    "parts are read at their corners": ("(np.arange(size) + 0.5) / size", "np.arange(size) / size"),
    "parts reach from edge to edge": (
        "(np.arange(size) + 0.5) / size",
        "np.linspace(0, 1, size) if size > 1 else np.array([0.5])",
    ),
    "the shares of the two cells are swapped": (
        "* (1 - in_x) + rows[:, right] * in_x",
        "* in_x + rows[:, right] * (1 - in_x)",
    ),
    "x and y are swapped": (
        "    height, width = feature_map.shape\n",
        "    height, width = feature_map.shape\n    box = [box[1], box[0], box[3], box[2]]\n",
    ),
    "beyond the edge it goes on rising": (
        "np.clip((start + (end - start) * part) / stride - 0.5, 0, count - 1)",
        "(start + (end - start) * part) / stride - 0.5",
    ),
    "above the first centres it goes on falling": (
        "    rows = ",
        "    at = (box[1] + (box[3] - box[1]) * (np.arange(size) + 0.5) / size) / stride - 0.5\n"
        "    in_y = np.minimum(in_y, at - top)\n    rows = ",
    ),
    "the box is cut off at the image's edge first": (
        "    height, width = feature_map.shape\n",
        "    height, width = feature_map.shape\n    box = np.clip(box, 0, np.tile([width, height], 2) * stride)\n",
    ),
    "the stride is 8, whatever is said": ("    def between", "    stride = 8\n\n    def between"),
    "after the last cell another one is read": (
        "np.minimum(at.astype(int), max(count - 2, 0))\n        return first, np.minimum(first + 1, count - 1)",
        "at.astype(int)\n        return first, first + 1",
    ),
    "the result is transposed": (
        "return rows[:, left] * (1 - in_x) + rows[:, right] * in_x",
        "return (rows[:, left] * (1 - in_x) + rows[:, right] * in_x).T",
    ),
}
