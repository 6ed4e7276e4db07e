"""Which anchor answers for which box?

Given the IoU of M boxes with A anchors, and which of the M rows are boxes (the rest is
**padding**), say for each anchor the number of its box:

- its box is the one with the highest IoU, if that is at least `positive`;
- −1, background, if its IoU with every box is below `negative`;
- −2, ignored, between.

Besides, every box gets its **best anchor**, whatever their IoU, unless it is 0; if an anchor is
the best of several boxes, it answers for the one that it overlaps most, and the others get no
best anchor. Of equals, the first. Padding gets nothing, whatever its row holds; where there is
no box, all anchors are background.
"""

import numpy as np


def match_anchors(iou, is_box, positive=0.5, negative=0.4):
    """For IoU (M, A), M and A >= 1, and is_box bool (M,), the number of each
    anchor's box, int (A,)."""
    # begin solution
    iou = np.where(is_box[:, None], iou, -1.0)
    most = iou.max(axis=0)
    owner = np.where(most < negative, -1, -2)
    owner = np.where(most >= positive, iou.argmax(axis=0), owner)
    best = iou.argmax(axis=1)
    for box in np.argsort(-iou.max(axis=1), kind="stable")[::-1]:
        if iou[box, best[box]] > 0:
            owner[best[box]] = box
    return owner
    # end solution


HINTS = [
    "Padding first: give its rows an IoU that can never win, such as −1.",
    "Then the plain rule, for all anchors at once: the maximum of each column, and where it is.",
    "The forced match is one entry for each box: the argmax of its row. Write it over the plain answer.",
    "If two boxes want one anchor, the one with the greater IoU must be written last; of equal ones the first box.",
]
ALL = "np.array([True, True])"
CASES = [
    (
        "the plain rule",
        "match_anchors(np.array([[0.9, 0.45, 0.1]]), np.array([True]))",
        [0, -2, -1],
        "Positive, ignored, background.",
    ),
    (
        "at the bounds",
        "match_anchors(np.array([[0.9, 0.5, 0.4]]), np.array([True]))",
        [0, 0, -2],
        "At least `positive` is positive; `negative` itself is not below it.",
    ),
    (
        "the nearer box",
        f"match_anchors(np.array([[0.9, 0.6, 0.0], [0.5, 0.7, 0.8]]), {ALL})",
        [0, 1, 1],
        "Each anchor takes the box with its highest IoU.",
    ),
    (
        "a forced match",
        f"match_anchors(np.array([[0.8, 0.0, 0.0], [0.0, 0.2, 0.1]]), {ALL})",
        [0, 1, -1],
        "The second box has no anchor of 0.5: its best has 0.2, and must do.",
    ),
    (
        "forced over plain",
        f"match_anchors(np.array([[0.9, 0.7, 0.0], [0.0, 0.6, 0.1]]), {ALL})",
        [0, 1, -1],
        "The second anchor is the best of the second box, and the first box has another.",
    ),
    (
        "two boxes, one best anchor",
        f"match_anchors(np.array([[0.3, 0.1], [0.2, 0.0]]), {ALL})",
        [0, -1],
        "It answers for the box that it overlaps more.",
    ),
    (
        "the other order",
        f"match_anchors(np.array([[0.2, 0.0], [0.3, 0.1]]), {ALL})",
        [1, -1],
        "Not simply the last box, or the first.",
    ),
    (
        "equal in all",
        f"match_anchors(np.array([[0.3, 0.3], [0.3, 0.3]]), {ALL})",
        [0, -1],
        "Both boxes have the first anchor as their best, and the first box gets it; the other gets none.",
    ),
    (
        "padding",
        "match_anchors(np.array([[0.0, 0.9], [0.8, 0.7]]), np.array([True, False]))",
        [-1, 0],
        "The second row holds numbers, but no box.",
    ),
    (
        "padding in front, and not a number",
        "match_anchors(np.array([[np.nan, np.nan], [0.9, 0.0]]), np.array([False, True]))",
        [1, -1],
        "The box is number 1, as in the rows that were given.",
    ),
    (
        "padding of zeros",
        "match_anchors(np.array([[0.1, 0.9], [0.0, 0.0]]), np.array([True, False]))",
        [-1, 0],
        "The argmax of a row of zeros is 0: no reason to give anchor 0 away.",
    ),
    (
        "a box that meets no anchor",
        f"match_anchors(np.array([[0.0, 0.9], [0.0, 0.0]]), {ALL})",
        [-1, 0],
        "Nor for a real box: its IoU is 0 everywhere.",
    ),
    (
        "no box at all",
        "match_anchors(np.array([[0.6, 0.9]]), np.array([False]))",
        [-1, -1],
        "All is background.",
    ),
    (
        "other bounds",
        "match_anchors(np.array([[0.9, 0.65, 0.2]]), np.array([True]), 0.7, 0.3)",
        [0, -2, -1],
        "The bounds are arguments.",
    ),
]
WRONG = {
    "no match is forced": ("if iou[box, best[box]] > 0:", "if False:"),
    "a match is forced only from `negative` on": (
        "if iou[box, best[box]] > 0:",
        "if iou[box, best[box]] >= negative:",
    ),
    "of boxes with equal IoU the last gets the anchor": (
        'np.argsort(-iou.max(axis=1), kind="stable")[::-1]',
        "np.argsort(iou.max(axis=1), kind='stable')",
    ),
    "every anchor that equals the best one is forced": (
        "            owner[best[box]] = box",
        "            owner[iou[box] == iou[box, best[box]]] = box",
    ),
    "a box that loses its best anchor gets its next best": (
        "    best = iou.argmax(axis=1)\n",
        "    best, left = iou.argmax(axis=1), iou.copy()\n"
        "    for box in np.argsort(-iou.max(axis=1), kind='stable'):\n"
        "        best[box] = left[box].argmax()\n        left[:, best[box]] = -1.0\n",
    ),
    "boxes are numbered without the padding": (
        "    return owner",
        "    return np.append(np.cumsum(is_box) - 1, [-2, -1])[owner]",
    ),
    "padding is multiplied by 0, and NaN stays NaN": (
        "np.where(is_box[:, None], iou, -1.0)",
        "iou * is_box[:, None]",
    ),
    "padding takes part": ("np.where(is_box[:, None], iou, -1.0)", "iou.copy()"),
    "a match is forced even where the IoU is 0, and anchor 0 gets it": (
        "if iou[box, best[box]] > 0:",
        "if iou[box, best[box]] >= 0 or not is_box[box]:",
    ),
    "padding has an IoU of 0, whose argmax is anchor 0": (
        "iou[box, best[box]] > 0:",
        "not is_box[box] or iou[box, best[box]] > 0:",
    ),
    "the last box wins a shared anchor": (
        'np.argsort(-iou.max(axis=1), kind="stable")[::-1]',
        "range(len(iou))",
    ),
    "the first box wins a shared anchor": (
        'np.argsort(-iou.max(axis=1), kind="stable")[::-1]',
        "range(len(iou))[::-1]",
    ),
    "what lies between the bounds is background": ("-1, -2)", "-1, -1)"),
    "an IoU at the positive bound is not positive": ("most >= positive", "most > positive"),
    "an IoU at the negative bound is background": ("most < negative", "most <= negative"),
    "only unmatched anchors can be forced": (
        'np.argsort(-iou.max(axis=1), kind="stable")[::-1]:\n        if iou[box, best[box]] > 0:',
        "range(len(iou)):\n        if iou[box, best[box]] > 0 and owner[best[box]] < 0:",
    ),
    "the bounds are those of the default": (
        "    most = iou",
        "    positive, negative = 0.5, 0.4\n    most = iou",
    ),
    "the first box that is good enough is taken, not the best": (
        "iou.argmax(axis=0)",
        "(iou >= positive).argmax(axis=0)",
    ),
}
