"""Average precision, as COCO does it

Detections of one class, in all images together, have scores; it is known of each whether it is
right, and how many true boxes there are. Go down by falling score; of equal scores the first
stays first. After each detection, **recall** is the share of the true boxes that are found so
far, **precision** the share of the detections so far that are right. Precision goes up and
down: replace each value by the greatest that comes at the same recall or later. Then read it at
101 recalls, 0, 0.01, … 1: each takes the value at the first detection with at least this
recall, and 0 if recall never gets so far. The mean of the 101 is the average precision.

In floating-point numbers 70 · 0.01 is more than 7 / 10, so that a recall of 7 / 10 would not
count as 0.7: ask for a little less recall, by 1e-9. COCO's own code has no such tolerance.
"""

import numpy as np


def average_precision(scores, is_right, n_true):
    """Average precision, 0 to 1; scores (N,), is_right bool (N,), n_true > 0 true
    boxes."""
    # begin solution
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(is_right[order])
    recall = found / n_true
    precision = found / np.arange(1, len(scores) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    first = np.searchsorted(recall, np.linspace(0, 1, 101) - 1e-9)
    return np.append(precision, 0.0)[first].mean()
    # end solution


HINTS = [
    "Sort first. Then `np.cumsum` counts the right ones so far; divided by n_true that is recall, divided by 1, 2, 3 … precision.",
    "`np.maximum.accumulate` runs the greatest so far. You want the greatest *from here on*: run it over the reversed array.",
    "`np.searchsorted(recall, r)` is the number of the first entry that is at least r, or the length if there is none.",
    "Floating-point numbers: 0.1 · 3 is not 0.3. Ask for a little less recall: r − 1e-9.",
]


CASES = [
    (
        "perfect",
        "average_precision(np.array([0.9, 0.8]), np.array([True, True]), 2)",
        1,
        "Both found, nothing else said.",
    ),
    (
        "two of three",
        "average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 3)",
        (34 + 33 * 2 / 3) / 101,
        "Precision 1 at the 34 recalls from 0 to 0.33, 2/3 at the 33 to 0.66, and 0 beyond.",
    ),
    (
        "a false one first",
        "average_precision(np.array([0.9, 0.8]), np.array([False, True]), 1)",
        0.5,
        "Precision is 1/2 when the box is found.",
    ),
    (
        "a false one last",
        "average_precision(np.array([0.9, 0.8]), np.array([True, False]), 1)",
        1,
        "It comes after everything is found: it costs nothing.",
    ),
    (
        "not sorted",
        "average_precision(np.array([0.1, 0.9]), np.array([False, True]), 1)",
        1,
        "The right one has the higher score, though it comes later.",
    ),
    (
        "precision goes up again",
        "average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2)",
        (51 + 50 * 2 / 3) / 101,
        "1 up to recall 0.5, then 2/3: never the dip in between.",
    ),
    (
        "a bad beginning",
        "average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, True, True]), 3)",
        0.75,
        "1/2, 2/3, 3/4: the best that comes later counts for all.",
    ),
    (
        "7 / 10 is not 0.7",
        "average_precision(-np.arange(11.0), np.arange(11) != 7, 10)",
        (71 + 30 * 10 / 11) / 101,
        "Seven right ones, a false one, three right ones: the recall after seven is 0.7, though 7 / 10 and 0.7 differ in the last bit.",
    ),
    (
        "nothing right",
        "average_precision(np.array([0.9, 0.8]), np.array([False, False]), 3)",
        0,
        "Recall stays 0.",
    ),
    (
        "nothing said",
        "average_precision(np.zeros(0), np.zeros(0, bool), 3)",
        0,
        "No detection at all.",
    ),
    (
        "equal scores",
        "average_precision(np.array([0.5, 0.5]), np.array([True, False]), 1)",
        1,
        "Of equal scores the first stays first.",
    ),
]
WRONG = {
    "it is not sorted by score": ('np.argsort(-scores, kind="stable")', "np.arange(len(scores))"),
    "the worst scores come first": ("np.argsort(-scores", "np.argsort(scores"),
    "the dips of precision are left in": (
        "    precision = np.maximum.accumulate(precision[::-1])[::-1]\n",
        "",
    ),
    "the greatest so far is taken, not the greatest from here on": (
        "np.maximum.accumulate(precision[::-1])[::-1]",
        "np.maximum.accumulate(precision)",
    ),
    "recalls that are never reached are left out of the mean": (
        "np.append(precision, 0.0)[first].mean()",
        "precision[first[first < len(scores)]].mean() if len(scores) else 0.0",
    ),
    "beyond the last recall the last precision goes on": (
        "np.append(precision, 0.0)",
        "np.append(precision, [*precision, 0.0][max(len(scores) - 1, 0)])",
    ),
    "recall is the share of the detections, not of the true boxes": (
        "recall = found / n_true",
        "recall = found / max(found[-1:].sum(), 1)",
    ),
    "it is the precision at the end": (
        "    return",
        "    return precision[-1] if len(scores) else 0.0\n    return",
    ),
    "recalls are compared exactly, without a tolerance for rounding": (" - 1e-9", ""),
    "recall must be more than what is asked, not at least that": (" - 1e-9", " + 1e-9"),
    "the curve begins with precision 1 at recall 0, whatever was said": (
        "np.append(precision, 0.0)[first].mean()",
        "np.append(1.0, np.append(precision, 0.0)[first[1:]]).mean()",
    ),
    "recalls are rounded": ("found / n_true", "np.round(found / n_true, 2)"),
    "of equal scores the last comes first": (
        'np.argsort(-scores, kind="stable")',
        "np.argsort(scores, kind='stable')[::-1]",
    ),
    "no detection at all is an error": ("    order = ", "    scores[0]\n    order = "),
    "precision is averaged over the right detections, not over 101 recalls": (
        "    return",
        "    return (precision * is_right[order]).sum() / n_true\n    return",
    ),
    "100 recalls are asked, without 0": ("np.linspace(0, 1, 101)", "np.linspace(0.01, 1, 100)"),
    "11 recalls are asked, as in VOC 2007, not 101": (
        "np.linspace(0, 1, 101)",
        "np.linspace(0, 1, 11)",
    ),
}
