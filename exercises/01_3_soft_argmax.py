"""An argmax with a gradient

Turn each map of logits into probabilities, with one softmax over **all** its places, and give
the mean place under them: the expected (x, y). It must not overflow, however large the logits
are.
"""

import numpy as np


def soft_argmax(logits):
    """Expected places (N, 2), (x, y) in pixels, of maps of logits (N, H, W)."""
    # begin solution
    count, height, width = logits.shape
    flat = logits.reshape(count, -1)
    weight = np.exp(flat - flat.max(axis=1, keepdims=True))
    probability = (weight / weight.sum(axis=1, keepdims=True)).reshape(logits.shape)
    x = (probability.sum(axis=1) * np.arange(width)).sum(axis=1)
    y = (probability.sum(axis=2) * np.arange(height)).sum(axis=1)
    return np.stack([x, y], axis=1)
    # end solution


HINTS = [
    "Three steps: exponentials, divided by their sum, then the mean place. The sum goes over all places of one map.",
    "Adding a number to all logits of a map changes no probability. Which number makes the largest exponent 0?",
    "The sum of the probabilities over the rows, `axis=1`, is left with one number for each column: the chance of each x.",
]
CASES = [
    (
        "all equal",
        "soft_argmax(np.zeros((1, 3, 3)))",
        [[1, 1]],
        "Nothing is preferred: the centre.",
    ),
    (
        "all equal, wide",
        "soft_argmax(np.zeros((1, 3, 5)))",
        [[2, 1]],
        "5 columns, 3 rows: x is the first.",
    ),
    (
        "one sharp peak",
        "soft_argmax(np.array([[[0, 0, 0], [0, 0, 40.0]]]))",
        [[2, 1]],
        "Nearly all probability is at (2, 1).",
    ),
    (
        "between two",
        "soft_argmax(np.array([[[0, -99, -99, np.log(3)]]]))",
        [[2.25, 0]],
        "A quarter at 0, three quarters at 3.",
    ),
    (
        "a constant more",
        "soft_argmax(np.array([[[5.0, 5, 5 + np.log(2)], [5, 5, 5]]]))",
        [[8 / 7, 3 / 7]],
        "Weights 1, 1, 2 above 1, 1, 1, whatever all logits have in common.",
    ),
    (
        "two maps",
        "soft_argmax(np.array([[[0.0, 0], [0, 0]], [[2000, 0], [0, 0]]]))",
        [[0.5, 0.5], [0, 0]],
        "Each map has a softmax of its own.",
    ),
    (
        "large logits",
        "soft_argmax(np.array([[[2000.0, 1000]]]))",
        [[0, 0]],
        "exp(2000) is infinite. Only differences matter.",
    ),
    (
        "negative logits",
        "soft_argmax(np.array([[[-2000.0, -2000]]]))",
        [[0.5, 0]],
        "exp(−2000) is 0 for both; 0 / 0 is no answer.",
    ),
]
WRONG = {
    "x and y are swapped": ("[x, y]", "[y, x]"),
    "the softmax goes over all maps together": (
        "weight / weight.sum(axis=1, keepdims=True)",
        "weight / weight.sum()",
    ),
    "the logits themselves are the weights, without exp": (
        "np.exp(flat - flat.max(axis=1, keepdims=True))",
        "flat",
    ),
    "nothing is subtracted before exp, which overflows": (
        "flat - flat.max(axis=1, keepdims=True)",
        "flat",
    ),
    "the least logit is subtracted, not the greatest": (
        "flat - flat.max(axis=1, keepdims=True)",
        "flat - flat.min(axis=1, keepdims=True)",
    ),
    "the largest of all maps is subtracted, not of each": (
        "flat.max(axis=1, keepdims=True)",
        "flat.max()",
    ),
    "each row has a softmax of its own": (
        "    x = (",
        "    weight = np.exp(logits - logits.max(axis=2, keepdims=True))\n"
        "    probability = weight / weight.sum(axis=2, keepdims=True) / height\n    x = (",
    ),
    "places are counted from 1": ("np.arange(width)", "np.arange(1, width + 1)"),
    "only the greatest counts, as in argmax": (
        "np.exp(flat - flat.max(axis=1, keepdims=True))",
        "1.0 * (flat == flat.max(axis=1, keepdims=True))",
    ),
}
