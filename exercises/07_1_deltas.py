"""A box as a correction of its anchor

An anchor is a box to start from. Write a box as four **deltas** from it, and the way back. With
centres (x, y) and sides (w, h):

    dx = (x − x_anchor) / w_anchor        dw = log(w / w_anchor)
    dy = (y − y_anchor) / h_anchor        dh = log(h / h_anchor)

Boxes and anchors are arrays `(N, 4)` of x1, y1, x2, y2; deltas are `(N, 4)` of dx, dy, dw, dh.
On the way back an untrained network may say anything: bound dw and dh from above by `MOST`, so
that no side grows more than a thousandfold.
"""

import numpy as np

MOST = np.log(1000)


def encode(boxes, anchors):
    """Deltas (N, 4) that lead from anchors (N, 4) to boxes (N, 4)."""
    # begin solution
    sides, of_anchor = boxes[:, 2:] - boxes[:, :2], anchors[:, 2:] - anchors[:, :2]
    move = (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2 / of_anchor
    return np.concatenate([move, np.log(sides / of_anchor)], axis=1)
    # end solution


def decode(deltas, anchors):
    """The boxes (N, 4) that deltas (N, 4) say."""
    # begin solution
    of_anchor = anchors[:, 2:] - anchors[:, :2]
    middle = (anchors[:, :2] + anchors[:, 2:]) / 2 + deltas[:, :2] * of_anchor
    half = of_anchor * np.exp(np.minimum(deltas[:, 2:], MOST)) / 2
    return np.concatenate([middle - half, middle + half], axis=1)
    # end solution


HINTS = [
    "Two small steps first: the centre of a box is the mean of its corners, its sides are the difference of its corners.",
    "`boxes[:, :2]` are all upper left corners, `boxes[:, 2:]` all lower right ones; both steps work on (N, 2) at once.",
    "`decode` undoes `encode` line by line: times instead of divided, `np.exp` instead of `np.log`, then half a side to either side of the centre.",
]
A = "np.array([[10.0, 20, 30, 60]])"  # an anchor of 20×40 around (20, 40)
CASES = [
    ("the anchor itself", f"encode({A}, {A})", [[0, 0, 0, 0]], "Nothing to move, nothing to grow."),
    (
        "moved",
        f"encode({A} + [5, 10, 5, 10], {A})",
        [[0.25, 0.25, 0, 0]],
        "5 of its width 20, 10 of its height 40.",
    ),
    (
        "twice as wide",
        f"encode(np.array([[0.0, 20, 40, 60]]), {A})",
        [[0, 0, np.log(2), 0]],
        "The centre stays; log 2 is 0.693.",
    ),
    (
        "half as high",
        f"encode(np.array([[10.0, 30, 30, 50]]), {A})",
        [[0, 0, 0, -np.log(2)]],
        "Shrinking is negative.",
    ),
    (
        "no deltas",
        f"decode(np.zeros((1, 4)), {A})",
        [[10, 20, 30, 60]],
        "Zero leads back to the anchor.",
    ),
    (
        "moved and grown",
        f"decode(np.array([[0.5, -0.25, np.log(2), 0]]), {A})",
        [[10, 10, 50, 50]],
        "Centre (30, 30), sides 40×40.",
    ),
    (
        "there and back",
        "decode(encode(np.array([[3.0, 5, 14, 9], [0, 0, 7, 30]]), np.array([[0.0, 0, 8, 8], [4, 4, 6, 40]])), np.array([[0.0, 0, 8, 8], [4, 4, 6, 40]]))",
        [[3, 5, 14, 9], [0, 0, 7, 30]],
        "What encode says, decode must understand; every row with its own anchor.",
    ),
    (
        "a wild answer",
        f"decode(np.array([[0, 0, 99.0, 99.0]]), {A})",
        [[-9980, -19960, 10020, 20040]],
        "Bounded: 20 px may become 20,000 and no more.",
    ),
    (
        "a vanishing answer",
        f"decode(np.array([[0, 0, -99.0, -99.0]]), {A})",
        [[20, 40, 20, 40]],
        "Bounded from above alone: a side may shrink to nothing.",
    ),
    (
        "a far move",
        f"decode(np.array([[20.0, 0, 0, 0]]), {A})",
        [[410, 20, 430, 60]],
        "Only growth is bounded, not the move.",
    ),
]
WRONG = {
    "centres are taken at the upper left corner": (
        "(boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2",
        "(boxes[:, :2] - anchors[:, :2])",
    ),
    "the move is divided by the box's sides, not the anchor's": ("/ 2 / of_anchor", "/ 2 / sides"),
    "no logarithm": ("np.log(sides / of_anchor)", "sides / of_anchor"),
    "the growth is upside down": ("np.log(sides / of_anchor)", "np.log(of_anchor / sides)"),
    "the growth is not bounded": ("np.minimum(deltas[:, 2:], MOST)", "deltas[:, 2:]"),
    "shrinking is bounded, too": (
        "np.minimum(deltas[:, 2:], MOST)",
        "np.clip(deltas[:, 2:], -MOST, MOST)",
    ),
    "bounded, but from below": ("np.minimum(", "np.maximum("),
    "whole sides, not half ones, to either side of the centre": ("MOST)) / 2", "MOST))"),
    "the move in pixels, not in sides of the anchor": (
        "deltas[:, :2] * of_anchor",
        "deltas[:, :2]",
    ),
    "the move is bounded, too": ("middle = (", "deltas = np.minimum(deltas, MOST)\n    middle = ("),
    "corners are compared, not centres and sides": (
        "    return np.concatenate([move",
        "    return (boxes - anchors) / np.tile(of_anchor, 2)\n    return np.concatenate([move",
    ),
    "the logarithm has base 2": ("np.log(sides / of_anchor)", "np.log2(sides / of_anchor)"),
    "the middle is taken for the upper left corner on the way back": (
        "[middle - half, middle + half]",
        "[middle, middle + 2 * half]",
    ),
}
