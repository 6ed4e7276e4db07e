"""Between the pixels: the top from three values

The peak of a map lies between pixels, and `argmax` rounds. Take the value at the highest pixel
and those of its two neighbours along one axis. If the bump is a Gaussian, their **logarithms**
lie on a parabola. Say where its top is, relative to the middle pixel.

The top of the parabola through (−1, a), (0, b) and (1, c) lies at (a − c) / (2 (a − 2b + c)).
Where the three do not bend downwards there is no top: answer 0. Values are positive.
"""

import numpy as np


def parabola_top(before, at, after):
    """Place (N,) of the top, in pixels from the middle one, for three arrays (N,)
    of values > 0."""
    # begin solution
    a, b, c = np.log(before), np.log(at), np.log(after)
    bend = a - 2 * b + c
    return np.divide(a - c, 2 * bend, out=np.zeros(len(a)), where=bend < 0)
    # end solution


HINTS = [
    "Take logarithms first: then it is the formula of the task, on whole arrays.",
    "Try it on exp(−(n − 0.3)²) at n = −1, 0, 1: the answer should be 0.3. Is the sign right?",
    "`np.divide` with `where=` and `out=` divides only where you allow it, and leaves what is in `out` elsewhere.",
]


def bump(top, width=1.0, height=1.0):
    """Three samples, at −1, 0 and 1, of a Gaussian with its top at `top`."""
    return [np.array([height * np.exp(-((n - top) ** 2) / (2 * width**2))]) for n in (-1, 0, 1)]


CASES = [
    (
        "in the middle",
        "parabola_top(np.array([0.5]), np.array([1.0]), np.array([0.5]))",
        [0],
        "Both neighbours are equal.",
    ),
    (
        "to the right",
        "parabola_top(np.array([np.exp(-1.69)]), np.array([np.exp(-0.09)]), np.array([np.exp(-0.49)]))",
        [0.3],
        "Samples of exp(−(n − 0.3)²): towards the higher neighbour, exactly.",
    ),
    ("to the left", "parabola_top(*bump(-0.4))", [-0.4], "Exact on a Gaussian, on either side."),
    ("wide", "parabola_top(*bump(0.25, width=3.0))", [0.25], "The width cancels."),
    ("high", "parabola_top(*bump(0.25, height=80.0))", [0.25], "The height cancels, too."),
    (
        "nearly flat",
        "parabola_top(*bump(0.5, width=40.0))",
        [0.5],
        "Little bend is bend: the top is there.",
    ),
    (
        "flat",
        "parabola_top(np.array([2.0]), np.array([2.0]), np.array([2.0]))",
        [0],
        "0 / 0: there is no top.",
    ),
    (
        "a valley",
        "parabola_top(np.array([2.0]), np.array([1.0]), np.array([4.0]))",
        [0],
        "It bends upwards: what the formula gives is the bottom.",
    ),
    (
        "many at once",
        "parabola_top(np.array([1.0, 1.0]), np.array([1.0, 2.0]), np.array([1.0, 2.0]))",
        [0, 0.5],
        "One flat, one with a top between two equal pixels.",
    ),
]
WRONG = {
    "the logarithm is missing": ("np.log(before), np.log(at), np.log(after)", "before, at, after"),
    "the sign is wrong": ("np.divide(a - c", "np.divide(c - a"),
    "the 2 in the denominator is missing": ("2 * bend,", "bend,"),
    "the middle value counts once, not twice": ("a - 2 * b + c", "a - b + c"),
    "a flat or upward bend is not caught": (
        "np.divide(a - c, 2 * bend, out=np.zeros(len(a)), where=bend < 0)",
        "(a - c) / (2 * bend)",
    ),
    "only the flat case is caught, not the valley": ("where=bend < 0", "where=bend != 0"),
    "it is a quarter of a pixel towards the higher neighbour": (
        "    return",
        "    return 0.25 * np.sign(c - a)\n    return",
    ),
    "a small bend is taken for none": ("where=bend < 0", "where=bend < -0.01"),
    "it is the mean place under the three values": (
        "    return",
        "    return (after - before) / (before + at + after)\n    return",
    ),
    "the place is counted from the first of the three": (
        "return np.divide(",
        "return 1 + np.divide(",
    ),
}
