"""A place as a picture

Draw a square map with a bump of height 1 at a centre (x, y), which may lie between pixels, or
outside the map:

    exp(−distance² / (2 σ²))

with each pixel's distance to the centre, in pixels. No loop is needed.
"""

import numpy as np


def gaussian_heatmap(size, center, sigma):
    """A map (size, size) with a Gaussian bump at center (x, y); sigma in pixels."""
    # begin solution
    x, y = center
    along = np.arange(size)
    squared = (along - x) ** 2 + (along[:, None] - y) ** 2
    return np.exp(-squared / (2 * sigma**2))
    # end solution


HINTS = [
    "`np.arange(size)` is the x of all pixels of a row, and the y of all pixels of a column.",
    "`a[:, None]` stands upright. An upright array and a lying one, added, make a square.",
    "An array is indexed [row, column]: what depends on y must change from row to row.",
]
ROOT = np.exp(-0.5)  # one σ away
CASES = [
    (
        "the top",
        "gaussian_heatmap(5, (2, 2), 1.0)[2, 2]",
        1.0,
        "The height is 1 at the centre, whatever σ is.",
    ),
    (
        "one σ to the right",
        "gaussian_heatmap(7, (2, 3), 2.0)[3, 4]",
        ROOT,
        "Two pixels, σ = 2: exp(−1/2).",
    ),
    ("x is the column", "gaussian_heatmap(5, (4, 1), 1.0)[1, 4]", 1.0, "Row 1, column 4."),
    ("diagonal", "gaussian_heatmap(5, (1, 1), 1.0)[2, 2]", ROOT**2, "Distance² is 1 + 1."),
    (
        "the whole map",
        "gaussian_heatmap(2, (0, 0), 1.0)",
        [[1, ROOT], [ROOT, ROOT**2]],
        "Four pixels, by hand.",
    ),
    (
        "between pixels",
        "gaussian_heatmap(2, (0.5, 0), 0.5)",
        [[ROOT, ROOT], [ROOT**5, ROOT**5]],
        "Half a pixel from both of the upper row; nothing is rounded.",
    ),
    (
        "far away, and outside",
        "gaussian_heatmap(3, (-3, 1), 1.0)[1]",
        [ROOT**9, ROOT**16, ROOT**25],
        "A centre outside still shines in, in one direction.",
    ),
    (
        "narrow",
        "gaussian_heatmap(3, (1, 1), 0.25)[1]",
        [ROOT**16, 1, ROOT**16],
        "A distance of 4 σ on both sides.",
    ),
]
WRONG = {
    "x and y are swapped": (
        "(along - x) ** 2 + (along[:, None] - y) ** 2",
        "(along - y) ** 2 + (along[:, None] - x) ** 2",
    ),
    "the distance is not squared": ("np.exp(-squared", "np.exp(-np.sqrt(squared)"),
    "the 2 of 2 σ² is missing": ("(2 * sigma**2)", "sigma**2"),
    "σ is not squared": ("sigma**2", "sigma"),
    "the map is normalised to a sum of 1": (
        "    return ",
        "    bump = np.exp(-squared / (2 * sigma**2))\n    return bump / bump.sum()\n    return ",
    ),
    "the centre is rounded to whole pixels": ("x, y = center", "x, y = np.round(center)"),
    "a centre outside is moved into the map": (
        "x, y = center",
        "x, y = np.clip(center, 0, size - 1)",
    ),
    "distances along x and y are added before they are squared": (
        "(along - x) ** 2 + (along[:, None] - y) ** 2",
        "(np.abs(along - x) + np.abs(along[:, None] - y)) ** 2",
    ),
    "the height is that of a probability density, 1 / (2 π σ²)": (
        "    return ",
        "    return np.exp(-squared / (2 * sigma**2)) / (2 * np.pi * sigma**2)\n    return ",
    ),
}
