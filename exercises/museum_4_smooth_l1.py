"""A loss with a step

Smooth L1 is quadratic for small errors and linear beyond β: |e| < β gives e² / (2β), and from
there on it is |e| − β / 2, so that both meet. Here β decides only *where* one formula takes
over from the other. With β = 1 nothing is wrong. With another β the loss jumps, and its slope
with it.

Seen in keras-team/keras-cv, issue [#920](https://github.com/keras-team/keras-cv/issues/920).

Write `test_smooth_l1(smooth_l1)`, a test: a function of the function to be tested. It must
fail, by `assert`, on this one, and pass on every right one. The check tries it on this bug, on
the right function, and on two others that are right in another way.
"""

import numpy as np


def smooth_l1(errors, beta):
    """Smooth L1 loss (N,) of an array of errors (N,), for beta > 0."""
    size = np.abs(errors)
    return np.where(size < beta, 0.5 * size**2, size - 0.5)


def test_smooth_l1(smooth_l1):
    """Fails when the loss is not what it should be."""
    # begin solution
    loss = smooth_l1(np.array([1.0, 0.3, 3.0]), 2.0)
    assert np.allclose(loss, [0.25, 0.0225, 2])
    # end solution


HINTS = [
    "β = 1 hides it. Take another.",
    "One error below β, one above it, worked out by hand; or two errors just below and just above β, whose losses must be nearly equal.",
    "An array of errors was promised as input, and a β above 0. Nothing else.",
]


def right(errors, beta):
    size = np.abs(errors)
    return np.where(size < beta, 0.5 * size**2 / beta, size - 0.5 * beta)


def in_float32(errors, beta):
    return right(errors.astype("float32"), np.float32(beta))


def without_a_case(errors, beta):
    near = np.minimum(abs(errors), beta)
    return near * (abs(errors) - near / 2) / beta


CASES = [
    (
        "the bug",
        "passes(test_smooth_l1, smooth_l1)",
        False,
        "At β = 2 an error of 1 gives 0.5, where 0.25 is right.",
    ),
    ("the right one", "passes(test_smooth_l1, right)", True, "Both formulas with β in them."),
    (
        "in single precision",
        "passes(test_smooth_l1, in_float32)",
        True,
        "Right to seven digits, for the arrays that were promised.",
    ),
    (
        "written without a case",
        "passes(test_smooth_l1, without_a_case)",
        True,
        "Another formula for the same numbers.",
    ),
]
WRONG = {
    "it does not see the bug: β = 1, for instance, hides it": (
        "2.0)\n    assert np.allclose(loss, [0.25, 0.0225, 2])",
        "1.0)\n    assert np.allclose(loss, [0.5, 0.045, 2.5])",
    ),
    "numbers must be equal to the last bit": (
        "np.allclose(loss, [0.25, 0.0225, 2])",
        "(loss == np.array([0.25, 0.5 * 0.3**2 / 2, 2])).all()",
    ),
    "a list is given, where an array was promised": (
        "np.array([1.0, 0.3, 3.0])",
        "[1.0, 0.3, 3.0]",
    ),
    "β = 0 is tried, of which nothing was said": (
        "    assert np.allclose",
        "    assert smooth_l1(np.array([0.0]), 0.0)[0] == 0\n    assert np.allclose",
    ),
    "the expected value is wrong: without the half of β, for instance": (
        "0.0225, 2]",
        "0.0225, 3]",
    ),
}
