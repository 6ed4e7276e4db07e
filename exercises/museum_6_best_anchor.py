"""Cells against pixels

Which anchor fits a box best? The box is divided by the stride, to count in cells. The anchors
are left in pixels. Their IoU is tiny, and the smallest anchor wins nearly always: two of the
three levels of the detector get nothing to learn.

Seen in hunglc007/tensorflow-yolov4-tflite, issue
[#218](https://github.com/hunglc007/tensorflow-yolov4-tflite/issues/218) and pull request #384.

Write `test_best_anchor(best_anchor)`, a test: a function of the function to be tested. It must
fail, by `assert`, on this one, and pass on every right one. The check tries it on this bug, on
the right function, and on two others that are right in another way.
"""

import numpy as np


def best_anchor(size, anchors, stride):
    """Number of the anchor that fits best, by IoU around one centre; all in pixels,
    (width, height)."""
    size = np.array(size) / stride
    shared = np.minimum(size, anchors).prod(axis=1)
    return int(np.argmax(shared / (size.prod() + np.prod(anchors, axis=1) - shared)))


def test_best_anchor(best_anchor):
    """Fails when another anchor is chosen than the one that fits best."""
    # begin solution
    anchors = np.array([[10, 10], [40, 40], [160, 160]])
    assert best_anchor([44, 38], anchors, 16) == 1
    assert best_anchor([150, 120], anchors, 8) == 2
    # end solution


HINTS = [
    "With which stride is the bug no bug?",
    "Small, middle and large anchors, a stride of 8 or 16, and a box that is nearly the middle one.",
    "Two anchors that fit equally well: which is chosen was not said. And numbers come in several types.",
]


def right(size, anchors, stride):
    shared = np.minimum(size, anchors).prod(axis=1)
    return int(np.argmax(shared / (np.prod(size) + np.prod(anchors, axis=1) - shared)))


def in_cells(size, anchors, stride):
    size, anchors = np.array(size) / stride, np.array(anchors) / stride
    shared = np.minimum(size, anchors).prod(axis=1)
    return np.argmax(shared / (size.prod() + anchors.prod(axis=1) - shared))


def last_of_equals(size, anchors, stride):
    return len(anchors) - 1 - right(size, np.array(anchors)[::-1], stride)


CASES = [
    (
        "the bug",
        "passes(test_best_anchor, best_anchor)",
        False,
        "A box of 44 × 38 px at stride 16 gets the anchor of 10 × 10.",
    ),
    ("the right one", "passes(test_best_anchor, right)", True, "Pixels against pixels."),
    (
        "all in cells",
        "passes(test_best_anchor, in_cells)",
        True,
        "Cells against cells are right, too; the number is one of NumPy's.",
    ),
    (
        "the last of equals",
        "passes(test_best_anchor, last_of_equals)",
        True,
        "Of two equal ones either will do.",
    ),
]
WRONG = {
    "it does not see the bug: a stride of 1 hides it, or nothing is asserted": (
        "anchors, 16) == 1\n    assert best_anchor([150, 120], anchors, 8) == 2",
        "anchors, 1) == 1",
    ),
    "a Python int is asked for, which nobody promised": (
        "assert best_anchor([44",
        "assert type(best_anchor([44, 38], anchors, 16)) is int\n    assert best_anchor([44",
    ),
    "two anchors fit equally, and the first is asked for": (
        "assert best_anchor([150, 120], anchors, 8) == 2",
        "assert best_anchor([40, 40], anchors[[1, 1]], 8) == 0",
    ),
    "it fails the right function: is the expected number wrong (counted from 1?), or are the arguments (all in pixels, (width, height))?": (
        "16) == 1",
        "16) == 2",
    ),
}
