"""One box, many formats

Libraries do not agree what the four numbers of a box are. Convert between these formats, all in
pixels:

- `"xyxy"`: x1, y1, x2, y2, as in this course;
- `"yxyx"`: y1, x1, y2, x2, as in TensorFlow;
- `"xywh"`: x1, y1, width, height, as in COCO;
- `"cxcywh"`: the centre x, y, then width, height, as in YOLO.

Any other name is a `ValueError`. Nothing in a library will tell you that you mixed them up: the
IoU will only be low.
"""

import numpy as np


def convert(boxes, source, target):
    """Boxes (N, 4) of format `source` in format `target`."""
    # begin solution
    if not {source, target} <= {"xyxy", "yxyx", "xywh", "cxcywh"}:
        raise ValueError(f"formats are xyxy, yxyx, xywh and cxcywh, got {source} and {target}")
    a, b, c, d = np.asarray(boxes, dtype=float).T
    if source == "yxyx":
        a, b, c, d = b, a, d, c
    elif source == "xywh":
        c, d = a + c, b + d
    elif source == "cxcywh":
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    if target == "yxyx":
        a, b, c, d = b, a, d, c
    elif target == "xywh":
        c, d = c - a, d - b
    elif target == "cxcywh":
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
    return np.stack([a, b, c, d], axis=1)
    # end solution


HINTS = [
    "Four formats have twelve conversions. Go by way of one of them, xyxy, and there are only six small ones.",
    "From a centre to corners: half the width to either side. From corners to a centre: their mean.",
    "Whole numbers have no halves: turn the boxes into floating-point numbers first.",
]


def complains(function, *formats):
    try:
        function(np.zeros((1, 4)), *formats)
    except ValueError:
        return True
    return False


BOX = "np.array([[10, 20, 40, 30]])"
CASES = [
    ("to yxyx", f'convert({BOX}, "xyxy", "yxyx")', [[20, 10, 30, 40]], "y comes first, twice."),
    (
        "from yxyx",
        'convert(np.array([[20, 10, 30, 40]]), "yxyx", "xyxy")',
        [[10, 20, 40, 30]],
        "And back.",
    ),
    (
        "to xywh",
        f'convert({BOX}, "xyxy", "xywh")',
        [[10, 20, 30, 10]],
        "Width 40 − 10, height 30 − 20.",
    ),
    (
        "from xywh",
        'convert(np.array([[10, 20, 30, 10]]), "xywh", "xyxy")',
        [[10, 20, 40, 30]],
        "x2 is x1 + width.",
    ),
    (
        "to cxcywh",
        f'convert({BOX}, "xyxy", "cxcywh")',
        [[25, 25, 30, 10]],
        "The centre is the mean of the corners.",
    ),
    (
        "from cxcywh",
        'convert(np.array([[25, 25, 30, 10], [5, 5, 3, 3]]), "cxcywh", "xyxy")',
        [[10, 20, 40, 30], [3.5, 3.5, 6.5, 6.5]],
        "Half the width to either side, and half of 3 is 1.5.",
    ),
    (
        "halves",
        'convert(np.array([[0, 0, 3, 5]]), "xyxy", "cxcywh")',
        [[1.5, 2.5, 3, 5]],
        "Centres of whole boxes lie on halves.",
    ),
    (
        "the other two",
        'convert(np.array([[25, 25, 30, 10]]), "cxcywh", "yxyx")',
        [[20, 10, 30, 40]],
        "Neither is xyxy.",
    ),
    (
        "the same",
        'convert(np.array([[10, 20, 30, 10], [1, 2, 3, 4]]), "xywh", "xywh")',
        [[10, 20, 30, 10], [1, 2, 3, 4]],
        "Nothing changes.",
    ),
    ("an unknown source", 'complains(convert, "xy", "xyxy")', True, "It should say so, not guess."),
    (
        "an unknown target",
        'complains(convert, "xyxy", "ltrb")',
        True,
        "It should say so, not guess.",
    ),
    ("the same unknown one", 'complains(convert, "xy", "xy")', True, "Nothing to do is no excuse."),
]
WRONG = {
    "x and y are not swapped for yxyx": (
        '    if target == "yxyx":\n        a, b, c, d = b, a, d, c',
        '    if target == "yxyx":\n        pass',
    ),
    "only the first corner is swapped for yxyx": (
        '    if source == "yxyx":\n        a, b, c, d = b, a, d, c',
        '    if source == "yxyx":\n        a, b = b, a',
    ),
    "width and height are taken for a corner": ("c, d = a + c, b + d", "pass"),
    "width and height are not computed": ("c, d = c - a, d - b\n    elif", "pass\n    elif"),
    "the centre is taken for a corner": (
        "a - c / 2, b - d / 2, a + c / 2, b + d / 2",
        "a, b, a + c, b + d",
    ),
    "a corner is taken for the centre": (
        "(a + c) / 2, (b + d) / 2, c - a, d - b",
        "a, b, c - a, d - b",
    ),
    "whole sides, not half ones, are added to the centre": (
        "a - c / 2, b - d / 2, a + c / 2, b + d / 2",
        "a - c, b - d, a + c, b + d",
    ),
    "half of an odd side is rounded down": (
        "a - c / 2, b - d / 2, a + c / 2, b + d / 2",
        "a - c // 2, b - d // 2, a + c // 2, b + d // 2",
    ),
    "names are not looked at where they are equal": (
        "    if not {source, target}",
        "    if source == target:\n        return np.array(boxes, float)\n    if not {source, target}",
    ),
    "the centre is rounded down": (
        "(a + c) / 2, (b + d) / 2, c - a, d - b",
        "(a + c) // 2, (b + d) // 2, c - a, d - b",
    ),
    "halves are cut off": (
        "return np.stack([a, b, c, d], axis=1)",
        "return np.stack([a, b, c, d], axis=1).astype(int)",
    ),
    "the order of the conversion is the wrong way round": (
        "    a, b, c, d = np.asarray",
        "    source, target = target, source\n    a, b, c, d = np.asarray",
    ),
    "an unknown format is not noticed": (
        'not {source, target} <= {"xyxy", "yxyx", "xywh", "cxcywh"}',
        "False",
    ),
    "the target's name is not looked at": ('{source, target} <= {"xyxy"', '{source} <= {"xyxy"'),
}
