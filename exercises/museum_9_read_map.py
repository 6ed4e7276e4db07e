"""Half a pixel, and a test that agrees with it

ROIAlign reads a map between its cells. The value of cell 0 stands at that cell's *centre*, half
a stride from the edge. Here it is taken to stand at the edge, and all is read half a cell off.
For years the reference implementation did so, a test had its output for the expected value, and
whoever did it right failed the test.

Seen in microsoft/onnxruntime, issue
[#6921](https://github.com/microsoft/onnxruntime/issues/6921); the test with the wrong expected
value is onnx/onnx, issue [#3428](https://github.com/onnx/onnx/issues/3428).

Write `test_read_map(read_map)`, a test: a function of the function to be tested. It must fail,
by `assert`, on this one, and pass on every right one. The check tries it on this bug, on the
right function, and on two others that are right in another way.
"""

import numpy as np


def read_map(values, x, stride):
    """Value of a map of one row, values (W,), at x px: linear between the centres
    of its cells.

    A cell covers `stride` px; x lies between the first and the last centre.
    """
    at = x / stride
    first = min(int(at), len(values) - 2)
    return values[first] + (at - first) * (values[first + 1] - values[first])


def test_read_map(read_map):
    """Fails when the map is read in the wrong place."""
    # begin solution
    values = np.array([10.0, 20, 40])
    assert np.isclose(read_map(values, 4, 8), 10)
    assert np.isclose(read_map(values, 16.7, 8), 20 + 20 * (16.7 - 12) / 8)
    # end solution


HINTS = [
    "A map of equal values looks the same everywhere. Which map tells where it is read?",
    "At a cell's centre you must find its own value: at stride 8 the first centre is at 4 px.",
    "Do not take the expected value from a run of the function that you test: work it out.",
    "What happens left of the first centre was not promised.",
]


def right(values, x, stride):
    return np.interp(x, (np.arange(len(values)) + 0.5) * stride, values)


def by_shares(values, x, stride):
    share = np.maximum(1 - np.abs(np.arange(len(values)) + 0.5 - x / stride), 0)
    return float((share * values).sum() / share.sum())


def goes_on_rising(values, x, stride):
    at = x / stride - 0.5
    first = min(max(int(np.floor(at)), 0), len(values) - 2)
    return values[first] + (at - first) * (values[first + 1] - values[first])


CASES = [
    (
        "the bug",
        "passes(test_read_map, read_map)",
        False,
        "At the first centre, 4 px, it reads 15 instead of 10.",
    ),
    ("the right one", "passes(test_read_map, right)", True, "x / stride − 0.5."),
    (
        "as a weighted mean",
        "passes(test_read_map, by_shares)",
        True,
        "The same, up to the last bit.",
    ),
    (
        "one that goes on rising beyond the ends",
        "passes(test_read_map, goes_on_rising)",
        True,
        "Beyond the centres nothing was promised.",
    ),
]
WRONG = {
    "it does not see the bug: a map that is the same everywhere, for instance, hides it": (
        "np.isclose(read_map(values, 4, 8), 10)\n    assert np.isclose(read_map(values, 16.7, 8), 20 + 20 * (16.7 - 12) / 8)",
        "np.isclose(read_map(np.full(3, 10.0), 4, 8), 10)",
    ),
    "numbers must be equal to the last bit": (
        "assert np.isclose(read_map(values, 16.7, 8), 20 + 20 * (16.7 - 12) / 8)",
        "for x in np.linspace(4, 20, 50):\n        assert read_map(values, x, 8) == np.interp(x, [4, 12, 20], values)",
    ),
    "a place outside the centres is tried, of which nothing was said": (
        "assert np.isclose(read_map(values, 16.7, 8), 20 + 20 * (16.7 - 12) / 8)",
        "assert np.isclose(read_map(values, 1, 8), 10)",
    ),
    "the expected value is wrong: what the bug gives, for instance": (
        "np.isclose(read_map(values, 4, 8), 10)\n    assert np.isclose(read_map(values, 16.7, 8), 20 + 20 * (16.7 - 12) / 8)",
        "np.isclose(read_map(values, 4, 8), 15)",
    ),
}
