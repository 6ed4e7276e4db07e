"""Width for height

TensorFlow's detectors give boxes as y1, x1, y2, x2, in shares of the image. To pixels, y is
multiplied by the height and x by the width. Here it is the other way round. On a square image
nothing is wrong, and square images are what one tests with.

Seen in roboflow/supervision, pull request
[#2360](https://github.com/roboflow/supervision/pull/2360), which repairs it.

Write `test_to_pixels(to_pixels)`, a test: a function of the function to be tested. It must
fail, by `assert`, on this one, and pass on every right one. The check tries it on this bug, on
the right function, and on two others that are right in another way.
"""

import numpy as np


def to_pixels(boxes, width, height):
    """Boxes (N, 4), x1, y1, x2, y2 in pixels, from y1, x1, y2, x2 in shares of the
    image."""
    boxes = np.array(boxes, float)
    boxes[:, [0, 2]] *= width
    boxes[:, [1, 3]] *= height
    return boxes[:, [1, 0, 3, 2]]


def test_to_pixels(to_pixels):
    """Fails when boxes do not come out in pixels as they should."""
    # begin solution
    pixels = to_pixels(np.array([[0.1, 0.2, 0.5, 0.6]]), 1000, 500)
    assert np.allclose(pixels, [[200, 50, 600, 250]])
    # end solution


HINTS = [
    "For which images do width and height make no difference?",
    "One box, four different shares, in an image that is twice as wide as high: work it out by hand.",
    "0.6 · 1000 may be 599.9999: compare with room. What type the numbers have was not said.",
]


def right(boxes, width, height):
    y1, x1, y2, x2 = np.array(boxes, float).T
    return np.stack([x1 * width, y1 * height, x2 * width, y2 * height], axis=1)


def in_float32(boxes, width, height):
    boxes = np.array(boxes, "float32")[:, [1, 0, 3, 2]]
    return boxes * np.array([width, height, width, height], "float32")


def gives_a_list(boxes, width, height):
    return [list(map(float, box)) for box in right(boxes, width, height)]


CASES = [
    (
        "the bug",
        "passes(test_to_pixels, to_pixels)",
        False,
        "On an image of 1000 × 500 px, y is twice too large.",
    ),
    ("the right one", "passes(test_to_pixels, right)", True, "y by the height, x by the width."),
    ("in single precision", "passes(test_to_pixels, in_float32)", True, "Right to seven digits."),
    ("a list", "passes(test_to_pixels, gives_a_list)", True, "Nobody asked for an array."),
]
WRONG = {
    "it does not see the bug: a square image, for instance, hides it": (
        "1000, 500)\n    assert np.allclose(pixels, [[200, 50, 600, 250]])",
        "500, 500)\n    assert np.allclose(pixels, [[100, 50, 300, 250]])",
    ),
    "numbers must be equal to the last bit": (
        "np.allclose(pixels, [[200, 50, 600, 250]])",
        "np.all(np.asarray(to_pixels(np.array([[0.1, 0.2, 0.3, 0.7]]), 997, 331)) == [[0.2 * 997, 0.1 * 331, 0.7 * 997, 0.3 * 331]])",
    ),
    "an array is asked for, which nobody promised": (
        "np.allclose(pixels, ",
        "pixels.shape == (1, 4) and np.allclose(pixels, ",
    ),
    "the expected box is wrong: in the order y, x, for instance": (
        "[[200, 50, 600, 250]]",
        "[[50, 200, 250, 600]]",
    ),
}
