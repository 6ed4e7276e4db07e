"""The top-down pathway

A feature pyramid hands what the coarse maps know to the finer ones. From the coarsest on:
double the merged coarser map by **nearest neighbours** (each cell becomes 2 × 2 equal ones),
cut it to the finer map's size where that is odd, and add the finer map. What was added is
handed on.

    1, 10, 100 (finest to coarsest) becomes 111, 110, 100
"""

import numpy as np


def top_down(maps):
    """Merged maps, a list of arrays (H, W) as given: finest first, each half the
    size of the one before, rounded up."""
    # begin solution
    merged = [maps[-1]]
    for finer in maps[-2::-1]:
        doubled = merged[0].repeat(2, axis=0).repeat(2, axis=1)
        merged.insert(0, finer + doubled[: finer.shape[0], : finer.shape[1]])
    return merged
    # end solution


HINTS = [
    "Go from the last map to the first. The coarsest stays as it is.",
    "`a.repeat(2, axis=0)` doubles every row where it stands. Columns in the same way.",
    "What you double next is the *sum* that you have just made, not the map that you were given.",
    "A map of 3 rows has a coarser one of 2: doubled 4. `[:3]` cuts the last off.",
]
FINE = "np.array([[1, 2, 3, 4], [5, 6, 7, 8]])"
CASES = [
    (
        "three levels",
        "[m[0, 0] for m in top_down([np.full((4, 4), 1), np.full((2, 2), 10), np.full((1, 1), 100)])]",
        [111, 110, 100],
        "Every level hands on what it got.",
    ),
    (
        "the coarsest",
        "top_down([np.zeros((2, 2)), np.array([[7]])])[1]",
        [[7]],
        "It stays as it is.",
    ),
    (
        "finest first",
        "len(top_down([np.zeros((2, 2)), np.array([[7]])])[0])",
        2,
        "In the order in which they were given.",
    ),
    (
        "nearest neighbours",
        "top_down([np.zeros((2, 4)), np.array([[10, 20]])])[0]",
        [[10, 10, 20, 20], [10, 10, 20, 20]],
        "10 10 20 20, not 10 20 10 20.",
    ),
    (
        "added",
        f"top_down([{FINE}, np.array([[10, 20]])])[0]",
        [[11, 12, 23, 24], [15, 16, 27, 28]],
        "Each cell keeps what is its own.",
    ),
    (
        "odd sizes",
        "top_down([np.zeros((3, 1)), np.array([[1], [2]])])[0]",
        [[1], [1], [2]],
        "Four rows are cut to three, at the end.",
    ),
    (
        "odd in both",
        "top_down([np.zeros((3, 3)), np.array([[1, 2], [3, 4]])])[0]",
        [[1, 1, 2], [1, 1, 2], [3, 3, 4]],
        "Rows and columns.",
    ),
    (
        "odd all the way",
        "top_down([np.zeros((5, 1)), np.array([[0], [10], [20]]), np.array([[1], [2]])])[0]",
        [[1], [1], [11], [11], [22]],
        "5, 3 and 2 rows.",
    ),
    ("one level", "top_down([np.array([[3, 4]])])[0]", [[3, 4]], "Nothing to hand down."),
]
WRONG = {
    "what the next level gets is the map as it was, not the sum": (
        "doubled = merged[0].",
        "doubled = maps[len(maps) - len(merged)].",
    ),
    "the finer map is replaced, not added to": ("finer + doubled[", "doubled["),
    "cells are tiled, not doubled where they stand": (
        "merged[0].repeat(2, axis=0).repeat(2, axis=1)",
        "np.tile(merged[0], (2, 2))",
    ),
    "the result is in the order of the work, coarsest first": (
        "return merged",
        "return merged[::-1]",
    ),
    "it goes upwards, from fine to coarse": (
        "    merged = [maps[-1]]\n",
        "    if len(maps) > 1:\n        return [maps[0]] + [c + f[::2, ::2] for f, c in zip(maps, maps[1:])]\n    merged = [maps[-1]]\n",
    ),
    "odd sizes are cut at the beginning": (
        "doubled[: finer.shape[0], : finer.shape[1]]",
        "doubled[-finer.shape[0] :, -finer.shape[1] :]",
    ),
    "odd sizes are not cut": ("[: finer.shape[0], : finer.shape[1]]", ""),
    "only the rows are doubled": (".repeat(2, axis=0).repeat(2, axis=1)", ".repeat(2, axis=0)"),
    "the coarsest map is doubled, too": ("return merged", "return merged[:-1] + [2 * merged[-1]]"),
    "the mean is taken, not the sum": (
        "merged.insert(0, finer + doubled[: finer.shape[0], : finer.shape[1]])",
        "merged.insert(0, (finer + doubled[: finer.shape[0], : finer.shape[1]]) / 2)",
    ),
}
