"""One pixel too much

Where x2 is the *last* pixel of a box, its width is x2 − x1 + 1. Where x2 is one past the last,
as in COCO and in this course, it is x2 − x1. Code with + 1 wandered from the first kind of data
to the second, and there it is a bug: small on large boxes, and large on small ones.

Seen in facebookresearch/maskrcnn-benchmark, issue
[#1020](https://github.com/facebookresearch/maskrcnn-benchmark/issues/1020), where it is a
legacy of inclusive corners, and in the many repositories that copied it.

Write `test_iou(iou)`, a test: a function of the function to be tested. It must fail, by
`assert`, on this one, and pass on every right one. The check tries it on this bug, on the right
function, and on two others that are right in another way.
"""

import numpy as np


def iou(a, b):
    """IoU of two boxes of positive area, x1, y1, x2, y2; x2 and y2 are one past the
    last pixel."""
    width = max(min(a[2], b[2]) - max(a[0], b[0]) + 1, 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]) + 1, 0)
    areas = [(x2 - x1 + 1) * (y2 - y1 + 1) for x1, y1, x2, y2 in (a, b)]
    return width * height / (sum(areas) - width * height)


def test_iou(iou):
    """Fails when the IoU is not what it should be."""
    # begin solution
    assert np.isclose(iou([0, 0, 10, 10], [0, 0, 10, 5]), 0.5)
    assert np.isclose(iou([0, 0, 4, 4], [2, 2, 6, 6]), 4 / 28)
    # end solution


HINTS = [
    "Equal boxes have IoU 1 with the + 1, too. Which boxes show it best, small or large ones?",
    "Half a box: of 10 × 10 pixels, 10 × 5. Or two boxes that only touch.",
    "The task promises something for boxes with a positive area alone.",
]


def right(a, b):
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b)]
    return width * height / (sum(areas) - width * height) if sum(areas) else 0.0


def in_float32(a, b):
    return np.float32(right(a, b))


def has_no_answer_without_area(a, b):
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b)]
    return right(a, b) if min(areas) > 0 else float("nan")


CASES = [
    (
        "the bug",
        "passes(test_iou, iou)",
        False,
        "It has IoU 66/121, 0.545, for 10 × 10 and 10 × 5 pixels.",
    ),
    ("the right one", "passes(test_iou, right)", True, "Without + 1."),
    ("in single precision", "passes(test_iou, in_float32)", True, "Right to seven digits."),
    (
        "NaN without an area",
        "passes(test_iou, has_no_answer_without_area)",
        True,
        "Boxes of positive area were promised, no others.",
    ),
]
WRONG = {
    "it does not see the bug: equal boxes, for instance, do not show it": (
        "iou([0, 0, 10, 10], [0, 0, 10, 5]), 0.5)\n    assert np.isclose(iou([0, 0, 4, 4], [2, 2, 6, 6]), 4 / 28)",
        "iou([0, 0, 10, 10], [0, 0, 10, 10]), 1)",
    ),
    "numbers must be equal to the last bit": (
        "np.isclose(iou([0, 0, 4, 4], [2, 2, 6, 6]), 4 / 28)",
        "iou([0, 0, 4, 4], [2, 2, 6, 6]) == np.float64(4 / 28)",
    ),
    "a box without area is tried, of which nothing was said": (
        "assert np.isclose(iou([0, 0, 4, 4], [2, 2, 6, 6]), 4 / 28)",
        "assert iou([3, 3, 3, 3], [0, 0, 5, 5]) == 0",
    ),
    "the expected value is wrong: the shared part counted twice, for instance": (
        "4 / 28",
        "4 / 32",
    ),
}
