"""Move the digit, and its box

Has a network learned to look, or does it always give the same box? Move the digit and see. Shift
an image by whole pixels, dx to the right and dy down, and its box with it. What leaves the
image is lost, what comes in is black: **nothing wraps around**. The box is cut off at the
image's edge; if nothing of it is left, it is [0, 0, 0, 0].
"""

import numpy as np


def move(image, box, dx, dy):
    """Image (H, W) and box (4,), x1, y1, x2, y2, both moved by whole dx and dy: a
    tuple."""
    # begin solution
    height, width = image.shape
    moved = np.zeros_like(image)
    rows = slice(max(dy, 0), max(height + dy, 0)), slice(max(-dy, 0), max(height - dy, 0))
    columns = slice(max(dx, 0), max(width + dx, 0)), slice(max(-dx, 0), max(width - dx, 0))
    moved[rows[0], columns[0]] = image[rows[1], columns[1]]
    x1, y1, x2, y2 = np.clip(np.add(box, [dx, dy, dx, dy]), 0, [width, height, width, height])
    if x1 >= x2 or y1 >= y2:
        return moved, np.zeros(4)
    return moved, np.array([x1, y1, x2, y2])
    # end solution


HINTS = [
    "Start with a black image of the same size, and copy the part that stays inside into it.",
    "Moved to the right by dx, the columns 0 to W − dx of the image become the columns dx to W. To the left it is the other way round.",
    "The box: add dx, dy, dx, dy, then `np.clip` between 0 and width, height, width, height.",
    "A negative start of a slice counts from the end: `max(…, 0)` prevents that. And dx may be larger than the image.",
]
IMAGE = "np.array([[1, 2, 3], [4, 5, 6]])"
BOX = "[0, 0, 2, 1]"
CASES = [
    (
        "to the right",
        f"move({IMAGE}, {BOX}, 1, 0)[0]",
        [[0, 1, 2], [0, 4, 5]],
        "Black comes in, 3 and 6 leave.",
    ),
    ("to the left", f"move({IMAGE}, {BOX}, -1, 0)[0]", [[2, 3, 0], [5, 6, 0]], "A negative dx."),
    ("down", f"move({IMAGE}, {BOX}, 0, 1)[0]", [[0, 0, 0], [1, 2, 3]], "y counts downwards."),
    ("up", f"move({IMAGE}, {BOX}, 0, -1)[0]", [[4, 5, 6], [0, 0, 0]], "A negative dy."),
    (
        "its box",
        f"move({IMAGE}, {BOX}, 1, 1)[1]",
        [1, 1, 3, 2],
        "It moves along with all four edges.",
    ),
    (
        "a box cut off on the right",
        f"move({IMAGE}, {BOX}, 2, 0)[1]",
        [2, 0, 3, 1],
        "x2 ends at the width, 3.",
    ),
    (
        "a box cut off on the left",
        f"move({IMAGE}, {BOX}, -1, 0)[1]",
        [0, 0, 1, 1],
        "x1 begins at 0.",
    ),
    (
        "a box cut off below",
        f"move({IMAGE}, [0, 0, 3, 2], 0, 1)[1]",
        [0, 1, 3, 2],
        "The height is 2, the width 3.",
    ),
    (
        "a box that is gone to the side",
        f"move({IMAGE}, {BOX}, -2, 0)[1]",
        [0, 0, 0, 0],
        "Nothing is left of it.",
    ),
    (
        "a box that is gone upwards",
        f"move({IMAGE}, {BOX}, 0, -1)[1]",
        [0, 0, 0, 0],
        "No row is left.",
    ),
    (
        "far out",
        f"move({IMAGE}, {BOX}, 70, -50)[0]",
        [[0, 0, 0], [0, 0, 0]],
        "Farther than the image is wide: black.",
    ),
    (
        "far out to the left",
        f"move({IMAGE}, {BOX}, -4, 3)[0]",
        [[0, 0, 0], [0, 0, 0]],
        "And to the other side.",
    ),
    (
        "fractions",
        "move(np.array([[0.5, 0.25]]), np.array([0, 0, 1, 1]), 1, 0)[0]",
        [[0, 0.5]],
        "An image of floating-point numbers stays one.",
    ),
]
WRONG = {
    "what leaves comes in on the other side": (
        "    x1, y1, x2, y2",
        "    moved = np.roll(image, (dy, dx), axis=(0, 1))\n    x1, y1, x2, y2",
    ),
    "dx and dy are swapped in the image": (
        "    x1, y1, x2, y2",
        "    moved = np.zeros_like(image)\n    for y in range(height):\n        for x in range(width):\n            if 0 <= y - dx < height and 0 <= x - dy < width:\n                moved[y, x] = image[y - dx, x - dy]\n    x1, y1, x2, y2",
    ),
    "the box stays where it was": ("np.add(box, [dx, dy, dx, dy])", "np.array(box)"),
    "the box is not cut off": (
        "np.clip(np.add(box, [dx, dy, dx, dy]), 0, [width, height, width, height])",
        "np.add(box, [dx, dy, dx, dy])",
    ),
    "the box is cut off at the right and below only": ("0, [width, height", "-99, [width, height"),
    "width and height are swapped where the box is cut off": (
        "[width, height, width, height]",
        "[height, width, height, width]",
    ),
    "a box that is gone is not noticed": ("if x1 >= x2 or y1 >= y2:", "if False:"),
    "a box that is gone upwards is not noticed": ("x1 >= x2 or y1 >= y2", "x1 >= x2"),
    "only the first corner of the box moves": ("[dx, dy, dx, dy]", "[dx, dy, 0, 0]"),
    "the image becomes whole numbers": ("np.zeros_like(image)", "np.zeros(image.shape, int)"),
    "it moves the other way": (
        "    height, width = image.shape\n",
        "    height, width = image.shape\n    dx, dy = -dx, -dy\n",
    ),
    "slices begin before 0 when it moves far out": (
        "max(width + dx, 0)), slice(max(-dx, 0), max(width - dx, 0))",
        "width + dx), slice(max(-dx, 0), width - dx)",
    ),
}
