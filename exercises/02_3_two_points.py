"""Two points on one map

One map shows **two** bumps. The highest pixel is the first point. The second highest pixel is
its neighbour, and no point of its own: the second point is the highest pixel that lies
*farther* than `apart` px from the first. Of equal pixels, the first in reading order.

Give both as (x, y), the higher first. If no pixel is far enough away, the second is (−1, −1).
"""

import numpy as np


def two_points(heatmap, apart):
    """Two places (2, 2), (x, y) in pixels, on a map (H, W), farther than `apart` px
    from each other."""
    # begin solution
    y, x = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    rows, columns = np.indices(heatmap.shape)
    is_far = (columns - x) ** 2 + (rows - y) ** 2 > apart**2
    if not is_far.any():
        return np.array([[x, y], [-1, -1]])
    rest = np.where(is_far, heatmap, -np.inf)
    y2, x2 = np.unravel_index(np.argmax(rest), heatmap.shape)
    return np.array([[x, y], [x2, y2]])
    # end solution


HINTS = [
    "The first is an ordinary argmax. Before the second, everything near the first must be taken out.",
    "`np.indices(heatmap.shape)` gives the row and the column of every pixel, as two arrays.",
    "Take out with a value that can never win, also where the map is negative. And leave the map that you were given as it is.",
    "The distance is Euclidean: a circle is taken out, not a square.",
]
CASES = [
    (
        "two lonely pixels",
        "two_points(np.array([[0, 0, 0, 9.0], [5, 0, 0, 0]]), 1)",
        [[3, 0], [0, 1]],
        "(x, y), the higher first.",
    ),
    (
        "the neighbour is no point",
        "two_points(np.array([[9, 8, 0, 0, 5.0]]), 1)",
        [[0, 0], [4, 0]],
        "8 is higher than 5, but only 1 px from the first.",
    ),
    (
        "exactly at the distance",
        "two_points(np.array([[9, 0, 0, 8, 7.0]]), 3)",
        [[0, 0], [4, 0]],
        "3 px is not farther than 3 px.",
    ),
    (
        "a circle, not a square",
        "two_points(np.array([[9, 0.0], [0, 0], [0, 0], [0, 6]]), 3)",
        [[0, 0], [1, 3]],
        "(1, 3) is 3.16 px away.",
    ),
    (
        "a circle, not a diamond",
        "two_points(np.array([[9, 0, 0.0, 2], [0, 0, 6, 0]]), 2.5)",
        [[0, 0], [3, 0]],
        "(2, 1) is 2.24 px away, though 3 steps.",
    ),
    (
        "nothing above zero",
        "two_points(np.array([[-1, -7, -3, -4.0]]), 1)",
        [[0, 0], [2, 0]],
        "A map of logarithms is negative: what is taken out must be lower still.",
    ),
    (
        "a tall map",
        "two_points(np.array([[0.0], [3], [0], [2]]), 1)",
        [[0, 1], [0, 3]],
        "4 rows, 1 column.",
    ),
    (
        "no room",
        "two_points(np.array([[1, 2.0], [0, 0]]), 5)",
        [[1, 0], [-1, -1]],
        "No pixel is farther than 5 px.",
    ),
    (
        "a tie",
        "two_points(np.array([[4, 0, 0, 4.0]]), 1)",
        [[0, 0], [3, 0]],
        "Of equal pixels the first in reading order.",
    ),
    (
        "far away all is equal",
        "two_points(np.array([[9, 1, 1, 1.0]]), 1)",
        [[0, 0], [2, 0]],
        "The first that is far enough: what is near must be lower than anything on the map.",
    ),
    (
        "a tie for the second",
        "two_points(np.array([[9, 0, 0, 0, 5.0], [0, 0, 0, 0, 0], [0, 0, 5, 0, 0]]), 1.5)",
        [[0, 0], [4, 0]],
        "Row 0 comes before row 2, though column 2 is farther left.",
    ),
]
WRONG = {
    "x and y are swapped": (
        "return np.array([[x, y], [x2, y2]])",
        "return np.array([[y, x], [y2, x2]])",
    ),
    "the second highest pixel is taken": (
        "y2, x2 = np.unravel_index(np.argmax(rest), heatmap.shape)",
        "y2, x2 = np.unravel_index(np.argsort(-heatmap.ravel(), kind='stable')[1], heatmap.shape)",
    ),
    "a pixel at exactly the distance counts as far": ("> apart**2", ">= apart**2"),
    "a square is taken out, not a circle": (
        "(columns - x) ** 2 + (rows - y) ** 2 > apart**2",
        "np.maximum(abs(columns - x), abs(rows - y)) > apart",
    ),
    "a diamond is taken out, not a circle": (
        "(columns - x) ** 2 + (rows - y) ** 2 > apart**2",
        "abs(columns - x) + abs(rows - y) > apart",
    ),
    "what is near is set to 0, which may win": ("heatmap, -np.inf)", "heatmap, 0)"),
    "what is near is set to the least value of the map, which may win": (
        "heatmap, -np.inf)",
        "heatmap, heatmap.min())",
    ),
    "the second is the first column by column, not in reading order": (
        "y2, x2 = np.unravel_index(np.argmax(rest), heatmap.shape)",
        "x2, y2 = np.unravel_index(np.argmax(rest.T), heatmap.T.shape)",
    ),
    "no pixel may be far enough, and that is forgotten": ("if not is_far.any():", "if False:"),
    "the squared distance is compared with apart, not with its square": ("> apart**2", "> apart"),
    "of equal pixels the last is taken": (
        "    y2, x2 = np.unravel_index(np.argmax(rest), heatmap.shape)",
        "    size = heatmap.size - 1\n"
        "    y, x = np.unravel_index(size - np.argmax(heatmap.ravel()[::-1]), heatmap.shape)\n"
        "    is_far = (columns - x) ** 2 + (rows - y) ** 2 > apart**2\n"
        "    rest = np.where(is_far, heatmap, -np.inf)\n"
        "    y2, x2 = np.unravel_index(size - np.argmax(rest.ravel()[::-1]), heatmap.shape)",
    ),
}
