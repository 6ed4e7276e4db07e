"""Non-maximum suppression

A detector finds each thing several times. Go down the boxes by falling score. Keep a box unless
its IoU with a box that was **kept** is above the threshold. A box that was dropped drops no
other. Return the numbers of the kept boxes, the best first; of equal scores the first box
first.
"""

import numpy as np


def iou_with(box, boxes):
    """IoU of one box (4,) with boxes (N, 4)."""
    shared = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.clip(shared, 0, None).prod(axis=1)
    areas = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return shared / (areas - shared)


def keep_best(boxes, scores, threshold):
    """Numbers of the boxes (N, 4) with scores (N,) that stay, best first."""
    # begin solution
    kept: list = []
    for number in np.argsort(-scores, kind="stable"):
        if not (iou_with(boxes[number], boxes[kept]) > threshold).any():
            kept.append(number)
    return np.array(kept, int)
    # end solution


HINTS = [
    '`np.argsort(-scores, kind="stable")` gives the numbers of the boxes by falling score.',
    "Compare each box with those that are kept so far, and with no others.",
    "`boxes[[]]` has shape (0, 4), and `.any()` of nothing is False: the first box needs no case of its own.",
]
ROW = "np.array([[0.0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10], [30, 0, 40, 10]])"  # neighbours have IoU 7 / 13
CASES = [
    (
        "a duplicate",
        "keep_best(np.array([[0.0, 0, 10, 10], [0, 0, 10, 9]]), np.array([0.8, 0.9]), 0.5)",
        [1],
        "IoU 0.9; the better one stays, though it comes later.",
    ),
    (
        "the best first",
        f"keep_best({ROW}[[0, 3]], np.array([0.2, 0.7]), 0.5)",
        [1, 0],
        "By falling score.",
    ),
    (
        "a chain",
        f"keep_best({ROW}, np.array([0.9, 0.8, 0.7, 0.1]), 0.5)",
        [0, 2, 3],
        "Box 1 is dropped for box 0, and so box 2 has nothing against it.",
    ),
    (
        "a chain from its middle",
        f"keep_best({ROW}, np.array([0.8, 0.9, 0.7, 0.1]), 0.5)",
        [1, 3],
        "Box 1 drops both its neighbours.",
    ),
    (
        "at the threshold",
        "keep_best(np.array([[0.0, 0, 10, 10], [0, 0, 10, 5]]), np.array([0.9, 0.8]), 0.5)",
        [0, 1],
        "An IoU of exactly 0.5 is not above 0.5.",
    ),
    (
        "a strict threshold",
        f"keep_best({ROW}, np.array([0.9, 0.8, 0.7, 0.1]), 0.2)",
        [0, 3],
        "IoU of box 0 and box 2 is 4 / 16, above 0.2.",
    ),
    (
        "equal scores",
        f"keep_best({ROW}, np.array([0.5, 0.5, 0.5, 0.5]), 0.5)",
        [0, 2, 3],
        "The first box first.",
    ),
    (
        "scores below zero",
        f"keep_best({ROW}[[0, 3]], np.array([-2.0, -1.0]), 0.5)",
        [1, 0],
        "Logits may be scores: nothing else depends on their sign.",
    ),
    (
        "none",
        "keep_best(np.zeros((0, 4)), np.zeros(0), 0.5)",
        np.zeros(0),
        "An empty array, and no error.",
    ),
    (
        "something in between",
        f"keep_best({ROW}[[0, 3, 1]], np.array([0.9, 0.8, 0.7]), 0.5)",
        [0, 1],
        "The third is near the first, though the second was kept in between.",
    ),
    (
        "a pair beside the best",
        f"keep_best({ROW}[[3, 0, 1]], np.array([0.9, 0.8, 0.7]), 0.5)",
        [0, 1],
        "The third is near the second, which was kept, though far from the best.",
    ),
    (
        "near two, not too near to either",
        f"keep_best({ROW}[[0, 2, 1]], np.array([0.9, 0.8, 0.7]), 0.6)",
        [0, 1, 2],
        "IoU 0.54 with both: neither is above 0.6.",
    ),
    (
        "many equal scores",
        "keep_best(np.arange(0, 800.0, 20)[:, None] + [0, 0, 9, 9], np.tile([0.5, 0.9], 20), 0.5)",
        [*range(1, 40, 2), *range(0, 40, 2)],
        "40 boxes far from each other. Among more than 16 numbers, `np.argsort` mixes equal ones.",
    ),
]
WRONG = {
    "a dropped box still drops others": (
        "boxes[kept])",
        "boxes[np.argsort(-scores, kind='stable')[: list(np.argsort(-scores, kind='stable')).index(number)]])",
    ),
    "a box is compared only with the last one kept": ("boxes[kept])", "boxes[kept[-1:]])"),
    "a box is compared only with the best one": ("boxes[kept])", "boxes[kept[:1]])"),
    "the IoUs with all kept boxes are added up": (
        "(iou_with(boxes[number], boxes[kept]) > threshold).any()",
        "iou_with(boxes[number], boxes[kept]).sum() > threshold",
    ),
    "the sort mixes boxes of equal score": (', kind="stable"', ""),
    "ranks are returned, not the numbers of the boxes": (
        "return np.array(kept, int)",
        "rank = np.argsort(np.argsort(-scores, kind='stable'))\n    return rank[np.array(kept, int)]",
    ),
    "the worst scores come first": ("np.argsort(-scores", "np.argsort(scores"),
    "the boxes are taken in their order, not by score": (
        'np.argsort(-scores, kind="stable")',
        "range(len(scores))",
    ),
    "an IoU at the threshold drops, too": ("> threshold", ">= threshold"),
    "the kept numbers are sorted": (
        "return np.array(kept, int)",
        "return np.array(sorted(kept), int)",
    ),
    "a box is dropped when it overlaps at all": ("> threshold", "> 0"),
    "of equal scores the last comes first": (
        'np.argsort(-scores, kind="stable")',
        "np.argsort(scores, kind='stable')[::-1]",
    ),
    "boxes with a score below zero are dropped": (
        "        if not (",
        "        if scores[number] >= 0 and not (",
    ),
    "no box at all is an error": (
        "    kept: list = []\n",
        "    kept: list = [int(np.argmax(scores))]\n    kept = []\n",
    ),
    "the boxes are returned, not their numbers": (
        "return np.array(kept, int)",
        "return boxes[kept]",
    ),
}
