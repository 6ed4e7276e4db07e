"""The posterior of a place

An image is one of several templates, all equally likely, plus Gaussian noise of deviation σ on
every pixel. By Bayes, the probability of a template is its likelihood, divided by the sum of
all of them:

    P(template | image) ∝ exp(−Σ (pixel − template)² / (2 σ²))

Compute it for all templates. The exponents are thousands below zero: work with logarithms as
long as you can. This is the limit that no network of lesson 02 can beat.
"""

import numpy as np


def posterior(image, templates, sigma):
    """Probabilities (P,) of templates (P, H, W), given an image (H, W)."""
    # begin solution
    squared = ((image - templates) ** 2).sum(axis=(1, 2))
    log = -squared / (2 * sigma**2)
    weight = np.exp(log - log.max())
    return weight / weight.sum()
    # end solution


HINTS = [
    "One number for each template first: the sum of the squared differences over its pixels.",
    "Exponentials of −5000 are 0, and 0 / 0 is no probability. Which number may be added to all logarithms?",
    "Add what makes the largest logarithm 0; then take exponentials and divide by their sum.",
]
PAIR = "np.array([[[1.0, 0]], [[0, 1.0]]])"
LIKE = 1 / (1 + np.exp(-1))
CASES = [
    (
        "undecided",
        f"posterior(np.array([[0.5, 0.5]]), {PAIR}, 1.0)",
        [0.5, 0.5],
        "Both fit equally.",
    ),
    (
        "the first fits",
        f"posterior(np.array([[1.0, 0]]), {PAIR}, 1.0)",
        [LIKE, 1 - LIKE],
        "Squares of 0 and 2: the exponents are 0 and −1.",
    ),
    (
        "less noise",
        f"posterior(np.array([[1.0, 0]]), {PAIR}, 0.5)",
        [1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4))],
        "Half the σ, four times the exponent.",
    ),
    (
        "three",
        "posterior(np.array([[0.0]]), np.array([[[0.0]], [[1.0]], [[2.0]]]), 1.0)",
        np.exp([0, -0.5, -2]) / np.exp([0, -0.5, -2]).sum(),
        "They sum to 1.",
    ),
    (
        "far from all",
        f"posterior(np.array([[90.0, 90]]), {PAIR}, 1.0)",
        [0.5, 0.5],
        "exp(−8000) is 0 for both, but their ratio is 1.",
    ),
    (
        "far, and nearer to one",
        f"posterior(np.array([[90.5, 90]]), {PAIR}, 1.0)",
        [1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(0.5))],
        "Only the difference of the exponents counts: 0.5.",
    ),
    (
        "rows count, too",
        "posterior(np.zeros((2, 2)), np.array([[[0.0, 0], [1, 0]], [[0, 1], [0, 1]]]), 1.0)",
        [1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(0.5))],
        "Squares of 1 and 2, over all pixels.",
    ),
    (
        "no doubt",
        f"posterior(np.array([[60.0, 0]]), {PAIR}, 0.2)",
        [1, 0],
        "Exponents of 1500 less: no chance, but no overflow.",
    ),
]
WRONG = {
    "the 2 of 2 σ² is missing": ("(2 * sigma**2)", "sigma**2"),
    "σ is not squared": ("sigma**2", "sigma"),
    "it is not divided by the sum": ("return weight / weight.sum()", "return weight"),
    "nothing is subtracted before exp, which gives 0 / 0": (
        "np.exp(log - log.max())",
        "np.exp(log)",
    ),
    "the smallest exponent is subtracted, which overflows": ("log.max()", "log.min()"),
    "the sign is wrong": ("-squared /", "squared /"),
    "differences are not squared": ("(image - templates) ** 2", "np.abs(image - templates)"),
    "the mean over the pixels is taken, not the sum": (".sum(axis=(1, 2))", ".mean(axis=(1, 2))"),
    "only the best gets a probability": (
        "    return",
        "    weight = 1.0 * (log == log.max())\n    return",
    ),
}
