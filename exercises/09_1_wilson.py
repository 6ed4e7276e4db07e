"""How sure is a share?

Of n things k were found: the share is k / n, but another n would have given another share.
Wilson's interval holds the true share with a confidence of about 95 % (z = 1.96). With p = k /
n:

    centre = (p + z² / 2n) / (1 + z² / n)
    half   = z / (1 + z² / n) · √(p (1 − p) / n + z² / 4n²)

The interval that everybody writes first, p ± z √(p (1 − p) / n), has no width at 0 of 10 and
leaves the range from 0 to 1. Wilson's does neither: 0 of 10 is "at most 28 %". With n = 0
nothing is known: 0 to 1.
"""

import numpy as np


def wilson(k, n, z=1.96):
    """Lower and upper end of the interval for k of n: arrays (2,) of numbers from 0
    to 1."""
    # begin solution
    if n == 0:
        return np.array([0.0, 1.0])
    p = k / n
    width = 1 + z**2 / n
    centre = (p + z**2 / (2 * n)) / width
    half = z / width * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.array([centre - half, centre + half])
    # end solution


HINTS = [
    "Write it as it stands, with a name for 1 + z² / n, which occurs twice.",
    "In a formula z² / 2n means z² / (2n). Python reads `z**2 / 2 * n` otherwise.",
    "n = 0 comes first, before anything is divided.",
]


def both(p, n, z=1.96):
    root = np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [
        (p + z * z / (2 * n) - z * root) / (1 + z * z / n),
        (p + z * z / (2 * n) + z * root) / (1 + z * z / n),
    ]


CASES = [
    ("half of them", "wilson(5, 10)", both(0.5, 10), "Around 0.5: 0.237 to 0.763."),
    ("one in five", "wilson(20, 100)", both(0.2, 100), "0.133 to 0.289: farther up than down."),
    ("none of ten", "wilson(0, 10)", [0, 1.96**2 / (10 + 1.96**2)], "It has a width: up to 0.278."),
    ("all of ten", "wilson(10, 10)", [10 / (10 + 1.96**2), 1], "From 0.722 to 1."),
    ("one of one", "wilson(1, 1)", [1 / (1 + 1.96**2), 1], "One thing says little: from 0.207."),
    ("another confidence", "wilson(5, 10, z=1.0)", both(0.5, 10, 1.0), "z = 1 is 68 %."),
    ("nothing at all", "wilson(0, 0)", [0, 1], "Nothing was asked, nothing is known."),
    ("one of ten", "wilson(1, 10)", both(0.1, 10), "From 0.018 to 0.404: never below 0."),
]
WRONG = {
    "it is the interval that everybody writes first": (
        "    width = ",
        "    return p + z * np.sqrt(p * (1 - p) / n) * np.array([-1, 1])\n    width = ",
    ),
    "that interval, cut off at 0 and 1": (
        "    width = ",
        "    return np.clip(p + z * np.sqrt(p * (1 - p) / n) * np.array([-1, 1]), 0, 1)\n    width = ",
    ),
    "it is not divided by 1 + z² / n": ("width = 1 + z**2 / n", "width = 1"),
    "only the centre is divided by 1 + z² / n": ("z / width *", "z *"),
    "z² / 2n is read as (z² / 2) · n": ("z**2 / (2 * n)", "z**2 / 2 * n"),
    "the root is missing": (
        "np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))",
        "(p * (1 - p) / n + z**2 / (4 * n**2))",
    ),
    "z² / 4n² is missing under the root": (
        "np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))",
        "np.sqrt(p * (1 - p) / n)",
    ),
    "n = 0 is divided by": ("    if n == 0:", "    if n < 0:"),
    "n = 0 gives 0 to 0": ("np.array([0.0, 1.0])", "np.array([0.0, 0.0])"),
    "z is 1.96, whatever is said": ("    p = k / n", "    z = 1.96\n    p = k / n"),
    "centre and half width are returned": ("[centre - half, centre + half]", "[centre, half]"),
}
