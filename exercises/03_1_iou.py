"""Intersection over union, by hand

Two boxes are four numbers each, `[x1, y1, x2, y2]` in pixels. x2 and y2 are *exclusive*: the
width is x2 − x1. Write the area that both boxes cover, as a share of the area that at least one
of them covers: from 0 (they do not meet) to 1 (equal). A box without area has IoU 0 with every
box.
"""

import numpy as np


def iou(a, b):
    """Intersection over union of two boxes [x1, y1, x2, y2]: a number from 0 to 1."""
    # begin solution
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    shared = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0.0
    # end solution


HINTS = [
    "Start with the rectangle that both cover: where does it begin on the x axis, and where does it end?",
    "It begins at the larger x1 and ends at the smaller x2. If the end comes before the beginning, nothing is shared.",
    "The two areas together count the shared part twice: take it away once. What if the union is 0?",
]
CASES = [
    ("equal boxes", "iou([10, 20, 30, 50], [10, 20, 30, 50])", 1.0, "A box covers itself wholly."),
    ("half covered", "iou([0, 0, 10, 10], [0, 0, 10, 5])", 0.5, "50 of 100 pixels."),
    (
        "one corner",
        "iou([0, 0, 10, 10], [5, 5, 15, 15])",
        25 / 175,
        "25 pixels are shared, 100 + 100 − 25 covered.",
    ),
    (
        "not square",
        "iou([0, 0, 20, 10], [10, 5, 40, 10])",
        50 / 300,
        "50 shared; 200 + 150 − 50 covered.",
    ),
    (
        "beside each other",
        "iou([0, 0, 10, 10], [20, 0, 30, 10])",
        0.0,
        "They do not meet on the x axis.",
    ),
    (
        "one above the other",
        "iou([0, 0, 10, 10], [0, 20, 10, 30])",
        0.0,
        "They do not meet on the y axis.",
    ),
    (
        "apart on both axes",
        "iou([0, 0, 10, 10], [20, 30, 35, 40])",
        0.0,
        "Two negative lengths multiply to a positive area that is not there.",
    ),
    (
        "only touching",
        "iou([0, 0, 10, 10], [10, 0, 20, 10])",
        0.0,
        "x2 is exclusive: no pixel is in both.",
    ),
    ("no area", "iou([5, 5, 5, 5], [5, 5, 5, 5])", 0.0, "0 / 0 is no answer."),
    (
        "arrays, and parts of a pixel",
        "iou(np.array([0, 0, 0.4, 0.4]), np.array([0.2, 0, 0.6, 0.4]))",
        1 / 3,
        "0.08 of 0.24: an area may be below 1.",
    ),
]
WRONG = {
    "the union counts the shared part twice": ("- shared\n", "\n"),
    "negative lengths are not cut off at 0": (
        "    shared = width",
        "    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])\n    shared = width",
    ),
    "only the width is cut off at 0": (
        "max(min(a[3], b[3]) - max(a[1], b[1]), 0)",
        "min(a[3], b[3]) - max(a[1], b[1])",
    ),
    "the union is at least 1": ("union if union > 0 else 0.0", "max(union, 1)"),
    "x2 and y2 are taken as inclusive (+ 1)": (
        "    return",
        "    area = [(x2 - x1 + 1) * (y2 - y1 + 1) for x1, y1, x2, y2 in (a, b)]\n"
        "    shared = max(min(a[2], b[2]) - max(a[0], b[0]) + 1, 0) * max(min(a[3], b[3]) - max(a[1], b[1]) + 1, 0)\n"
        "    union = sum(area) - shared\n    return",
    ),
    "0 / 0 is not caught": ("shared / union if union > 0 else 0.0", "np.float64(shared) / union"),
    "divided by the first box's area": (
        "    return",
        "    union = (a[2] - a[0]) * (a[3] - a[1])\n    return",
    ),
    "x and y are mixed up": ("max(a[1], b[1])", "max(a[0], b[0])"),
    "divided by the smallest box around both": (
        "    return",
        "    union = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))\n    return",
    ),
    "divided by the smaller of the two areas": (
        "    return",
        "    union = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))\n    return",
    ),
    "the sign of a negative length is dropped": (
        "    shared = width",
        "    width, height = abs(min(a[2], b[2]) - max(a[0], b[0])), abs(min(a[3], b[3]) - max(a[1], b[1]))\n    shared = width",
    ),
}
