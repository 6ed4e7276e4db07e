"""The matched filter

How well does a small template fit at each place of an image? Multiply the template with the
pixels under it and add up, with the template's centre on each pixel in turn. What lies outside
the image counts as 0. The template has odd sides, and is **not** mirrored: this is a
correlation, as in every convolution layer, and not the mathematician's convolution.
"""

import numpy as np


def matched_scores(image, template):
    """Scores (H, W) of an image (H, W) and a template (h, w) with odd sides."""
    # begin solution
    height, width = template.shape
    padded = np.pad(image, ((height // 2, height // 2), (width // 2, width // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, template.shape)
    return (windows * template).sum(axis=(2, 3))
    # end solution


HINTS = [
    "Pad the image with zeros first, by half of the template on each side: then every place has a full window.",
    "Half of the template is `h // 2` rows and `w // 2` columns.",
    "Two loops over rows and columns will do; `np.lib.stride_tricks.sliding_window_view` gives all windows at once.",
]
DOT = "np.array([[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])"
CASES = [
    (
        "no mirror",
        f"matched_scores({DOT}, np.array([[1, 2, 3]]))",
        [[0, 0, 0, 0], [0, 3, 2, 1], [0, 0, 0, 0]],
        "With its centre left of the dot, the template's *right* number lies on the dot.",
    ),
    (
        "upright",
        f"matched_scores({DOT}, np.array([[1], [2], [4]]))",
        [[0, 0, 4, 0], [0, 0, 2, 0], [0, 0, 1, 0]],
        "3 rows, 1 column.",
    ),
    (
        "the border",
        "matched_scores(np.ones((2, 3)), np.ones((3, 3)))",
        [[4, 6, 4], [4, 6, 4]],
        "Outside is 0: fewer pixels count at the border.",
    ),
    (
        "itself fits best",
        "np.argmax(matched_scores(np.array([[0, 5, 0, 0, 2], [0, 0, 0, 1, 3]]), np.array([[0, 0, 0], [0, 0, 2], [0, 1, 3]])))",
        3,
        "Not under the brightest pixel: where the shape fits.",
    ),
    (
        "wider than the image",
        "matched_scores(np.array([[2.0, 3]]), np.array([[1, 10, 100, 1000, 10000]]))",
        [[3200, 320]],
        "Five wide, on an image of two.",
    ),
    (
        "negative weights",
        f"matched_scores({DOT}, np.array([[-0.5, 1, -0.5]]))",
        [[0, 0, 0, 0], [0, -0.5, 1, -0.5], [0, 0, 0, 0]],
        "Scores may be below zero, and fractions though the pixels are whole numbers.",
    ),
]
WRONG = {
    "the template is mirrored": ("(windows * template)", "(windows * template[::-1, ::-1])"),
    "the border is repeated, not 0": (
        "(width // 2, width // 2)))",
        "(width // 2, width // 2)), mode='edge')",
    ),
    "only places where the whole template fits are scored": (
        "padded = np.pad(image, ((height // 2, height // 2), (width // 2, width // 2)))",
        "padded = image",
    ),
    "the mean is taken, not the sum": (".sum(axis=(2, 3))", ".mean(axis=(2, 3))"),
    "height and width of the template are swapped": (
        "height, width = template.shape",
        "width, height = template.shape",
    ),
    "the template's corner, not its centre, lies on the pixel": (
        "((height // 2, height // 2), (width // 2, width // 2))",
        "((0, height - 1), (0, width - 1))",
    ),
    "only the size of a product counts, not its sign": (
        "(windows * template)",
        "np.abs(windows * template)",
    ),
    "scores become whole numbers": (
        "(windows * template).sum(axis=(2, 3))",
        "(windows * template).sum(axis=(2, 3)).astype(image.dtype)",
    ),
    "the brightest pixel under the template counts, not the sum": (
        "(windows * template).sum(",
        "(windows * template).max(",
    ),
}
