"""The best box that never looks

A network that gives one box for every image can be beaten by four numbers. Which four? Find the
box whose **mean IoU** with all given boxes is as large as you can make it, without an image and
without training. The mean of the boxes and their median are good starts, and neither is the
best: IoU is no squared error.

There is no formula. Search: change one edge at a time, keep what is better, and go on until
nothing helps. The check wants all but 0.5 % of the best mean IoU that we know.
"""

import numpy as np


def mean_iou(box, boxes):
    """Mean IoU of one box (4,) with boxes (N, 4)."""
    shared = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.clip(shared, 0, None).prod(axis=1)
    areas = np.prod(box[2:] - box[:2]) + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return (shared / (areas - shared)).mean()


def best_constant_box(boxes):
    """The box (4,), x1, y1, x2, y2, of the greatest mean IoU with boxes (N, 4)."""

    # begin solution
    def score(box):
        return mean_iou(box, boxes)

    def climb(box):
        for _ in range(3):
            for edge in range(4):
                tries = np.tile(box, (len(boxes), 1))
                tries[:, edge] = boxes[:, edge]
                box = max([box, *tries], key=score)
        return box

    return max([climb(box) for box in boxes], key=score)
    # end solution


HINTS = [
    "Take one of the boxes and try other values for one edge, the other three fixed. Keep the best, go to the next edge, and round again.",
    "Which values are worth trying? Those that this edge has in the given boxes are a good choice; small steps will do as well.",
    "There can be several hills, where the boxes form groups: climb from several starts, and keep the best of all.",
]
GROUPS = np.array([[0, 0, 10, 10]] * 5 + [[40, 40, 70, 70]] * 4)
ONE = np.array([[3, 5, 9, 25]])
SPREAD = np.array(
    [
        [11, 1, 25, 13],
        [2, 3, 27, 30],
        [2, 11, 10, 21],
        [12, 8, 31, 26],
        [0, 1, 31, 22],
        [4, 6, 22, 25],
        [8, 6, 33, 29],
    ]
)
NESTED = np.array([[0, 0, s, s] for s in (10, 11, 12, 30, 40)])


def score_of(box, boxes):
    box = np.asarray(box, dtype=float)
    return mean_iou(box, boxes)


CASES = [
    ("four numbers", "np.shape(best_constant_box(SPREAD))", [4], "One box, not one for each."),
    ("a single box", "best_constant_box(ONE)", [3, 5, 9, 25], "The best box for one is that one."),
    (
        "better than the mean",
        "min(score_of(best_constant_box(SPREAD), SPREAD), 0.45)",
        0.45,
        "The mean box has 0.430.",
    ),
    (
        "better than the median",
        "min(score_of(best_constant_box(SPREAD), SPREAD), 0.48)",
        0.48,
        "The median of each edge alone has 0.472, and so has about the best of the given boxes.",
    ),
    (
        "as good as any",
        "min(score_of(best_constant_box(SPREAD), SPREAD), 0.4855)",
        0.4855,
        "0.4879 is the best that we found.",
    ),
    (
        "nested boxes",
        "min(score_of(best_constant_box(NESTED), NESTED), 0.5725)",
        0.5725,
        "0.5753 is the best that we found; three are small, two large, with one corner in common.",
    ),
    (
        "two groups",
        "min(score_of(best_constant_box(GROUPS), GROUPS), 0.553)",
        0.553,
        "The larger group wins: 5 of 9 boxes are met exactly. Between the groups there is nothing to climb.",
    ),
]
WRONG = {
    "the mean box is given": (
        "    def score(box)",
        "    return boxes.mean(axis=0)\n\n    def score(box)",
    ),
    "the median box is given, or what half of the boxes cover": (
        "    def score(box)",
        "    return np.median(boxes, axis=0)\n\n    def score(box)",
    ),
    "it climbs from the mean alone": ("for box in boxes]", "for box in [boxes.mean(axis=0)]]"),
    "the best of the given boxes is taken, without a search": ("range(3)", "range(0)"),
    "the first box is given": ("    def score(box)", "    return boxes[0]\n\n    def score(box)"),
    "one box is given for each": (
        "return max([climb(box) for box in boxes], key=score)",
        "return np.array([climb(box) for box in boxes])",
    ),
}
