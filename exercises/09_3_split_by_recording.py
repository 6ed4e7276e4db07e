"""Split by recording, in three

Many annotations belong to one picture, and pictures belong to a **recording**: frames of one
video are nearly copies of each other. Whoever splits by annotation, or by picture, tests what
was learned by heart. Split annotations into training, validation and test (0, 1, 2) so that no
recording lies on two sides.

The shares are of the *recordings*: validation gets its share of all recordings, rounded, and at
least one; so does test; training gets what is left, and at least one, at the cost of another
part. Which goes where is drawn from `rng`.
"""

import numpy as np


def split_by_recording(recordings, rng, validation=0.2, test=0.2):
    """The part, 0, 1 or 2, of each annotation, int (N,); recordings (N,): numbers
    or names, at least three different ones."""
    # begin solution
    different, number = np.unique(recordings, return_inverse=True)
    count = len(different)
    n_validation = min(max(round(validation * count), 1), count - 2)
    n_test = max(round(test * count), 1)
    part = np.zeros(count, int)
    part[:n_validation] = 1
    part[n_validation : n_validation + n_test] = 2
    part[-1] = 0
    return rng.permutation(part)[number]
    # end solution


HINTS = [
    "Find the different recordings first, and for each annotation which of them it is: `np.unique` with `return_inverse`.",
    "Make one part number for each *recording*: so many ones, so many twos, the rest zeros, the last of them in any case. Shuffle these.",
    "`parts[number]` hands the part of each recording to all its annotations.",
]
MANY = np.arange(400) % 23 % 10  # ten recordings, unequally long


def parts_of(function, recordings=MANY, seed=0, **shares):
    """For each recording the parts that its annotations are in."""
    parts = np.asarray(function(recordings.copy(), np.random.default_rng(seed), **shares))
    if parts.shape != recordings.shape:
        raise TypeError(f"it returns shape {parts.shape} for {recordings.shape}")
    return [set(parts[recordings == one].tolist()) for one in np.unique(recordings)]


def on_two_sides(function):
    return sum(len(parts) > 1 for parts in parts_of(function))


def recordings_in(function, **given):
    """How many recordings have something in training, validation, test."""
    return [sum(part in parts for parts in parts_of(function, **given)) for part in (0, 1, 2)]


def always_the_same(function):
    return all(parts_of(function, seed=seed) == parts_of(function, seed=0) for seed in range(9))


def repeats_with_its_seed(function):
    return all(parts_of(function, seed=s) == parts_of(function, seed=s) for s in range(5))


CASES = [
    (
        "no recording on two sides",
        "on_two_sides(split_by_recording)",
        0,
        "400 annotations of ten recordings: each recording lies in one part.",
    ),
    (
        "six, two, two",
        "recordings_in(split_by_recording)",
        [6, 2, 2],
        "Shares of 0.2 of ten recordings, however long each is.",
    ),
    (
        "other shares",
        "recordings_in(split_by_recording, validation=0.1, test=0.5)",
        [4, 1, 5],
        "Validation and test are not the same.",
    ),
    (
        "one of each at least",
        "recordings_in(split_by_recording, recordings=np.array([5, 6, 7, 5, 5]))",
        [1, 1, 1],
        "0.2 of three rounds to 1; all three parts are there.",
    ),
    (
        "small shares",
        "recordings_in(split_by_recording, validation=0.01, test=0.01)",
        [8, 1, 1],
        "0.01 of ten rounds to 0, but at least one.",
    ),
    (
        "names",
        'recordings_in(split_by_recording, recordings=np.array(["b", "a", "c", "a"]))',
        [1, 1, 1],
        "Recordings may be texts.",
    ),
    (
        "drawn at random",
        "always_the_same(split_by_recording)",
        False,
        "Another seed, another split.",
    ),
    (
        "from the generator",
        "repeats_with_its_seed(split_by_recording)",
        True,
        "The same seed, the same split: all randomness comes from `rng`.",
    ),
    (
        "training, too",
        "[sorted(recordings_in(split_by_recording, recordings=np.arange(4), validation=v, test=1 - v)) for v in (0.5, 0.9, 0.1)]",
        [[1, 1, 2]] * 3,
        "Two and two of four would leave nothing to train on.",
    ),
]
WRONG = {
    "annotations are drawn, not recordings": (
        "    return",
        "    part, order = np.zeros(len(recordings), int), rng.permutation(len(recordings))\n"
        "    n_validation = max(round(validation * len(order)), 1)\n"
        "    part[order[:n_validation]] = 1\n"
        "    part[order[n_validation:][: max(round(test * len(order)), 1)]] = 2\n"
        "    return part\n    return",
    ),
    "the shares are of the annotations": (
        "round(validation * count), 1)",
        "min(round(validation * len(number)), count - 2), 1)",
    ),
    "validation and test are swapped": ("[-1] = 0\n", "[-1] = 0\n    part = (3 - part) % 3\n"),
    "a part may be left empty": ("max(round(test * count), 1)", "round(test * count)"),
    "training may be left empty": (
        "    part[-1] = 0\n",
        "    n_validation = max(round(validation * count), 1)\n"
        "    part[:n_validation], part[n_validation : n_validation + n_test] = 1, 2\n",
    ),
    "shares are rounded up": ("max(round(validation * count), 1)", "int(validation * count) + 1"),
    "always the same recordings are taken: is rng used?": ("rng.permutation(part)", "part"),
    "the randomness is not that of rng": ("rng.permutation(part)", "np.random.permutation(part)"),
    "recordings must be numbers from 0 on": (
        "rng.permutation(part)[number]",
        "rng.permutation(part)[recordings]",
    ),
    "only two parts are made": ("    part[n_validation : n_validation + n_test] = 2\n", ""),
}
