"""First come, first served

Which detections are right? By falling score, each takes a true box that no better one has
taken; a second detection of the same thing is wrong. Here they are taken in the order in which
they stand in the array. A weak detection that stands first takes the true box, the strong one
is counted as wrong, and the average precision falls, for a detector that did nothing wrong.

Seen in JdeRobot/PerceptionMetrics, issue
[#544](https://github.com/JdeRobot/PerceptionMetrics/issues/544).

Write `test_is_right(is_right)`, a test: a function of the function to be tested. It must fail,
by `assert`, on this one, and pass on every right one. The check tries it on this bug, on the
right function, and on two others that are right in another way.
"""

import numpy as np


def is_right(scores, iou, threshold):
    """For N detections with different scores, and IoU (N, M) with true boxes: right
    (N,), True or False."""
    taken, right = set(), np.zeros(len(scores), bool)
    for number in range(len(scores)):
        best = int(np.argmax(iou[number]))
        if iou[number, best] >= threshold and best not in taken:
            taken.add(best)
            right[number] = True
    return right


def test_is_right(is_right):
    """Fails when a wrong detection is counted as right, or a right one as wrong."""
    # begin solution
    right = is_right(np.array([0.5, 0.9]), np.array([[0.7], [0.8]]), 0.5)
    assert not right[0]
    assert right[1]
    # end solution


HINTS = [
    "Detections that are sorted already show nothing.",
    "Two detections of one thing; the weaker stands first in the array. Which of them is right?",
    "Equal scores were not promised to be put in any order. And 1 and 0 are as good as True and False.",
]


def right(scores, iou, threshold):
    taken, found = set(), np.zeros(len(scores), bool)
    for number in np.argsort(-scores, kind="stable"):
        best = int(np.argmax(iou[number]))
        if iou[number, best] >= threshold and best not in taken:
            taken.add(best)
            found[number] = True
    return found


def with_ones_and_zeros(scores, iou, threshold):
    return [int(one) for one in right(scores, iou, threshold)]


def last_of_equals(scores, iou, threshold):
    return right(scores[::-1], iou[::-1], threshold)[::-1]


CASES = [
    (
        "the bug",
        "passes(test_is_right, is_right)",
        False,
        "The weak detection, which stands first, is counted as right.",
    ),
    ("the right one", "passes(test_is_right, right)", True, "By falling score."),
    (
        "a list of 1 and 0",
        "passes(test_is_right, with_ones_and_zeros)",
        True,
        "1 and 0 say the same.",
    ),
    (
        "the last of equals first",
        "passes(test_is_right, last_of_equals)",
        True,
        "The order of equal scores was not promised.",
    ),
]
WRONG = {
    "it does not see the bug: scores that are sorted already, for instance, hide it": (
        "np.array([0.5, 0.9]), np.array([[0.7], [0.8]]), 0.5)\n    assert not right[0]\n    assert right[1]",
        "np.array([0.9, 0.5]), np.array([[0.7], [0.8]]), 0.5)\n    assert not right[1]\n    assert right[0]",
    ),
    "True itself is asked for, where 1 says the same": (
        "assert right[1]\n",
        "assert right[1] is np.True_ or right[1] is True\n",
    ),
    "two scores are equal, and the first is asked for": (
        "assert right[1]\n",
        "assert right[1]\n    assert is_right(np.array([0.5, 0.5]), np.array([[0.7], [0.8]]), 0.5)[0]\n",
    ),
    "the expected answer is wrong: a second detection of the same thing taken for right, for instance": (
        "assert not right[0]",
        "assert right[0]",
    ),
}
