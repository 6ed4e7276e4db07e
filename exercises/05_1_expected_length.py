"""A length as a mean

A network of lesson 05 gives the distance to an edge as logits for the lengths 0, 4, 8 … px. Its
answer is the **mean** length under the softmax of these logits: it can be any number between,
and its gradient never dies. Logits are `(…, K)` with any axes in front, for the lengths 0,
step, 2 · step … Nothing may overflow.
"""

import numpy as np


def expected_length(logits, step):
    """Mean lengths (…) in pixels under the softmax over the last axis of logits,
    (…, K)."""
    # begin solution
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    lengths = step * np.arange(logits.shape[-1])
    return (weight * lengths).sum(axis=-1) / weight.sum(axis=-1)
    # end solution


HINTS = [
    "Softmax first: exponentials, divided by their sum along the last axis.",
    "The lengths are step times 0, 1, 2 …; their mean is the sum of length times probability.",
    "Subtract the greatest logit of each row before the exponential. `axis=-1` and `keepdims=True` fit any number of axes.",
]
CASES = [
    ("all equal", "expected_length(np.zeros(5), 4)", 8, "The mean of 0, 4, 8, 12, 16."),
    (
        "sure",
        "expected_length(np.array([0, 0, 50.0, 0]), 4)",
        8,
        "All probability is at the third length.",
    ),
    (
        "between two",
        "expected_length(np.array([-99, 0, np.log(3), -99]), 4)",
        7,
        "A quarter at 4, three quarters at 8.",
    ),
    (
        "another step",
        "expected_length(np.array([-99, 0, np.log(3), -99]), 2)",
        3.5,
        "The same in steps of 2 px.",
    ),
    (
        "two edges",
        "expected_length(np.array([[0.0, 0], [0, np.log(3)]]), 4)",
        [2, 3],
        "One answer for each row.",
    ),
    (
        "axes in front",
        "expected_length(np.zeros((2, 1, 3)), 4)",
        [[4], [4]],
        "(2, 1, 3) gives (2, 1).",
    ),
    (
        "large logits",
        "expected_length(np.array([[1000.0, 1000], [1000, 900]]), 4)",
        [2, 0],
        "exp(1000) is infinite; 1000 is far more than 900.",
    ),
    (
        "very negative logits",
        "expected_length(np.array([[-2000.0, -2000], [2000, 2000]]), 4)",
        [2, 2],
        "Each row is shifted by its own greatest logit.",
    ),
]
WRONG = {
    "the logits are the weights, without exp": (
        "np.exp(logits - logits.max(axis=-1, keepdims=True))",
        "logits",
    ),
    "the likeliest length is taken, as in argmax": (
        "    return",
        "    return step * logits.argmax(axis=-1)\n    return",
    ),
    "it is not divided by the sum": (" / weight.sum(axis=-1)", ""),
    "the step is forgotten": ("step * np.arange", "np.arange"),
    "lengths begin at one step": (
        "np.arange(logits.shape[-1])",
        "np.arange(1, logits.shape[-1] + 1)",
    ),
    "nothing is subtracted before exp, which overflows": (
        "logits - logits.max(axis=-1, keepdims=True)",
        "logits",
    ),
    "logits are cut off at 700": (
        "logits - logits.max(axis=-1, keepdims=True)",
        "np.clip(logits, -700, 700)",
    ),
    "the greatest of all rows is subtracted, not of each": (
        "logits.max(axis=-1, keepdims=True)",
        "logits.max()",
    ),
    "the sum goes over the first axis": (
        "(weight * lengths).sum(axis=-1) / weight.sum(axis=-1)",
        "(weight * lengths).sum(axis=0) / weight.sum(axis=0)",
    ),
    "each length is the middle of its step": (
        "np.arange(logits.shape[-1])",
        "(np.arange(logits.shape[-1]) + 0.5)",
    ),
}
