"""Two boxes, one anchor

Every true box must get an anchor, or it teaches nothing. Each takes its best. When two boxes
have the same best anchor, it is written twice, and the box that came first is left without any.
It happens where things are small and crowded, and no number shows it.

Seen in amdegroot/ssd.pytorch, issue
[#354](https://github.com/amdegroot/ssd.pytorch/issues/354), and in the repositories that took
the loop over.

Write `test_own_anchors(own_anchors)`, a test: a function of the function to be tested. It must
fail, by `assert`, on this one, and pass on every right one. The check tries it on this bug, on
the right function, and on two others that are right in another way.
"""

import numpy as np


def own_anchors(iou):
    """Numbers (M,) of an anchor for each of M boxes, no two the same, each met if
    possible; IoU (M, A), A >= M.

    Where there is a choice, any will do, as long as a box that alone wants its best
    anchor gets it.
    """
    return np.argmax(iou, axis=1)


def test_own_anchors(own_anchors):
    """Fails when boxes do not have an anchor each."""
    # begin solution
    iou = np.array([[0.0, 0.6, 0.2], [0.3, 0.7, 0.0]])
    first, second = own_anchors(iou)
    assert first != second
    assert np.all([iou[0, first], iou[1, second]])
    # end solution


HINTS = [
    "Two boxes with different best anchors show nothing.",
    "Two rows with their maximum in one column. What must be true of the two numbers?",
    "Which of the two keeps the contested anchor was not promised: one right function gives it to the first, another to the better one.",
]


def right(iou):
    left, anchors = np.array(iou, float), np.zeros(len(iou), int)
    for _ in anchors:
        box, anchor = np.unravel_index(left.argmax(), left.shape)
        anchors[box] = anchor
        left[box], left[:, anchor] = -1, -1
    return anchors


def the_first_box_chooses(iou):
    left, anchors = np.array(iou, float), []
    for row in range(len(left)):
        anchors.append(int(left[row].argmax()))
        left[:, anchors[-1]] = -1
    return np.array(anchors)


def gives_a_list(iou):
    return right(iou).tolist()


CASES = [
    ("the bug", "passes(test_own_anchors, own_anchors)", False, "Both get anchor 1."),
    (
        "the right one",
        "passes(test_own_anchors, right)",
        True,
        "The greatest IoU first, then what is left.",
    ),
    (
        "one where the first box chooses",
        "passes(test_own_anchors, the_first_box_chooses)",
        True,
        "It gives the contested anchor to the first box: that is allowed.",
    ),
    ("a list", "passes(test_own_anchors, gives_a_list)", True, "Nobody asked for an array."),
]
WRONG = {
    "it does not see the bug: does more than one box want the same anchor?": (
        "[0.3, 0.7, 0.0]",
        "[0.7, 0.3, 0.0]",
    ),
    "one of several right answers is asked for": (
        "assert first != second",
        "assert (first, second) == (2, 1)",
    ),
    "an array is asked for, which nobody promised": (
        "first, second = own_anchors(iou)",
        "first, second = own_anchors(iou)\n    assert own_anchors(iou).shape == (2,)",
    ),
    "the expected answer is wrong: both boxes keep their best, for instance": (
        "assert first != second",
        "assert (first, second) == (1, 1)",
    ),
}
