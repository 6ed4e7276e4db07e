"""The Cramér–Rao bound, added up

A blob P · exp(−(x² + y²) / (2 s²)) around the middle pixel of a square map with an odd side, in
Gaussian noise of deviation σ. No unbiased estimate of its x has a smaller standard deviation
than

    1 / √I,   I = (1 / σ²) · Σ (slope in x)²

The slope of a pixel is the derivative of the blob by x: −x / s² times its value. The sum goes
over **all** pixels. Add it up. On a map that is large enough you should find σ / P · √(2 / π),
whatever the width is; on a small one the blob does not fit.
"""

import numpy as np


def cramer_rao(sigma, height, width, size):
    """The least standard deviation of x, in pixels; size: odd side of the map in
    pixels."""
    # begin solution
    x = np.arange(size) - size // 2
    blob = height * np.exp(-(x**2 + x[:, None] ** 2) / (2 * width**2))
    slope = x / width**2 * blob
    return sigma / np.sqrt((slope**2).sum())
    # end solution


HINTS = [
    "Build the map first: x counts from the middle, so it runs from −(size // 2) to size // 2, and y does the same.",
    "Squares lose the sign: the slope is x / s² times the blob, pixel by pixel. Its square is what is added up.",
    "1 / √(S / σ²) is σ / √S.",
]
LARGE = np.sqrt(2 / np.pi)
CASES = [
    ("a large map", "cramer_rao(1.0, 1.0, 2.0, 41)", LARGE, "√(2 / π), the whole integral."),
    (
        "wider",
        "cramer_rao(1.0, 1.0, 4.0, 81)",
        LARGE,
        "Gentler slopes, but more pixels on them: the width cancels.",
    ),
    (
        "twice the noise",
        "cramer_rao(2.0, 1.0, 2.0, 41)",
        2 * LARGE,
        "The bound grows with the noise.",
    ),
    (
        "four times as high",
        "cramer_rao(1.0, 4.0, 2.0, 41)",
        LARGE / 4,
        "The bound falls with the height, not with its root.",
    ),
    (
        "three by three",
        "cramer_rao(1.0, 1.0, 1.0, 3)",
        1 / np.sqrt(2 * np.exp(-1) + 4 * np.exp(-2)),
        "Two pixels beside the middle, and four at the corners: rows above and below count, too.",
    ),
    (
        "a blob that does not fit",
        "cramer_rao(0.5, 2.0, 2.0, 3)",
        0.25 * 4 / np.sqrt(2 * np.exp(-0.25) + 4 * np.exp(-0.5)),
        "The same six pixels, with slopes of a wider blob.",
    ),
]
WRONG = {
    "the slopes are not squared": ("(slope**2).sum()", "np.abs(slope).sum()"),
    "only one row is added up": ("x[:, None] ** 2", "0 * x[:1, None] ** 2"),
    "the root is missing": ("np.sqrt((slope**2).sum())", "(slope**2).sum()"),
    "σ is not in it": ("return sigma /", "return 1 /"),
    "the height is not in it": ("height * np.exp", "1 * np.exp"),
    "the slope is divided by s, not s²": ("x / width**2 * blob", "x / width * blob"),
    "the 2 of 2 s² is missing": ("(2 * width**2)", "width**2"),
    "the values are added up, not the slopes": ("slope = x / width**2 * blob", "slope = blob"),
    "both axes are counted": (
        "(slope**2).sum()",
        "(slope**2).sum() + ((x[:, None] / width**2 * blob) ** 2).sum()",
    ),
}
