"""A box that must hold its cell

A cell gives a box as four numbers: how far its left, top, right and bottom edges lie from the
cell's centre, each as the **logarithm** of the distance in strides. Write both directions, and
see what comes with the format: *whatever* four numbers a network says, the box holds the centre
and has an area. The price: a box that does not hold the centre cannot be said. For such an
edge, take the nearest distance that can, `LEAST` strides.
"""

import numpy as np

LEAST = 0.01


def to_logs(boxes, centers, stride):
    """Logarithms (N, 4), left, top, right, bottom, of boxes (N, 4) around cell
    centres (N, 2)."""
    # begin solution
    left_top = centers - boxes[:, :2]
    right_bottom = boxes[:, 2:] - centers
    distances = np.concatenate([left_top, right_bottom], axis=1) / stride
    return np.log(np.maximum(distances, LEAST))
    # end solution


def to_boxes(logs, centers, stride):
    """Boxes (N, 4), x1, y1, x2, y2, that logarithms (N, 4) say, around cell centres
    (N, 2)."""
    # begin solution
    distances = np.exp(logs) * stride
    return np.concatenate([centers - distances[:, :2], centers + distances[:, 2:]], axis=1)
    # end solution


HINTS = [
    "All four distances are positive when the box holds the centre. Left and top: centre minus corner. Right and bottom: the other way round.",
    "Divide by the stride before the logarithm; on the way back multiply after the exponential.",
    "`np.maximum(distances, LEAST)` before the logarithm keeps a box that does not hold its centre from becoming NaN.",
]
C = "np.array([[24.0, 40.0]])"
CASES = [
    (
        "one stride to each side",
        f"to_logs(np.array([[16, 32, 32, 48.0]]), {C}, 8)",
        [[0, 0, 0, 0]],
        "log 1 is 0.",
    ),
    (
        "four distances",
        f"to_logs(np.array([[8, 36, 28, 72.0]]), {C}, 8)",
        np.log([[2, 0.5, 0.5, 4]]),
        "Left 16 px, top 4, right 4, bottom 32; a stride is 8.",
    ),
    (
        "another stride",
        f"to_logs(np.array([[8, 36, 28, 72.0]]), {C}, 4)",
        np.log([[4, 1, 1, 8]]),
        "In strides of 4 px.",
    ),
    (
        "the centre on an edge",
        f"to_logs(np.array([[24, 32, 32, 48.0]]), {C}, 8)",
        [[np.log(0.01), 0, 0, 0]],
        "log 0 is no target.",
    ),
    (
        "the centre outside",
        f"to_logs(np.array([[8, 32, 20, 48.0]]), {C}, 8)",
        [[np.log(2), 0, np.log(0.01), 0]],
        "The right edge lies left of the centre: it cannot be said.",
    ),
    (
        "zeros",
        f"to_boxes(np.zeros((1, 4)), {C}, 8)",
        [[16, 32, 32, 48]],
        "One stride to each side.",
    ),
    (
        "four numbers",
        f"to_boxes(np.log([[2, 0.5, 0.25, 4]]), {C}, 8)",
        [[8, 36, 26, 72]],
        "16 px left, 4 up, 2 right, 32 down.",
    ),
    (
        "there and back",
        "to_boxes(to_logs(np.array([[1.0, 2, 30, 50], [60, 8, 71, 9.5]]), np.array([[4.0, 20], [64, 9]]), 16), np.array([[4.0, 20], [64, 9]]), 16)",
        [[1, 2, 30, 50], [60, 8, 71, 9.5]],
        "Every box that holds its centre comes back.",
    ),
    (
        "whatever it says",
        f"to_boxes(np.array([[-9.0, -9, -9, -9]]), {C}, 1000)[0, 2:] > to_boxes(np.array([[-9.0, -9, -9, -9]]), {C}, 1000)[0, :2]",
        [True, True],
        "It has an area.",
    ),
]
WRONG = {
    "the stride is forgotten": ("axis=1) / stride", "axis=1)"),
    "the stride is forgotten on the way back": ("np.exp(logs) * stride", "np.exp(logs)"),
    "right and bottom have the wrong sign": ("boxes[:, 2:] - centers", "centers - boxes[:, 2:]"),
    "there is no logarithm": (
        "np.log(np.maximum(distances, LEAST))",
        "np.maximum(distances, LEAST)",
    ),
    "there is no exponential": ("np.exp(logs) * stride", "logs * stride"),
    "the least distance is forgotten": ("np.maximum(distances, LEAST)", "np.maximum(distances, 0)"),
    "the size of a negative distance is taken": (
        "np.maximum(distances, LEAST)",
        "np.maximum(np.abs(distances), LEAST)",
    ),
    "left and top are added on the way back": (
        "[centers - distances[:, :2], centers",
        "[centers + distances[:, :2], centers",
    ),
    "LEAST is taken in pixels, not in strides": (
        "np.maximum(distances, LEAST)",
        "np.maximum(distances, LEAST / stride)",
    ),
    "width and height are said, not the far edges": (
        "right_bottom = boxes[:, 2:] - centers",
        "right_bottom = boxes[:, 2:] - boxes[:, :2]",
    ),
}
