"""Canvases: one digit anywhere, between clutter and under noise; the data of lesson 04."""

from typing import NamedTuple

from course_utils.boxes import tight_box
from course_utils.checks import expects
import numpy as np


class Plan(NamedTuple):
    """What lies on one canvas, before it is drawn: the digit first, then its distractors."""

    inks: list  # uint8 pictures of strokes, each to be resized to its box
    places: np.ndarray  # (k, 4), xyxy in whole pixels
    contrasts: np.ndarray  # (k,), how far each ink takes the grey level towards white
    level: np.float32  # grey level of the canvas


@expects(n="int >= 0", image_size="int > 0", sides="int 2", contrast="2", noise=">= 0")
def canvases(x, y, n, rng, image_size=75, sides=(14, 40), contrast=(0.25, 1.0), noise=12.0):
    """Digits of many sizes anywhere on grey canvases, between scrambled strokes, under noise.

    x: uint8 (N, 28, 28), digits; y: (N,), their labels; rng: numpy Generator; image_size: S, side
    of the canvas; sides: least and greatest longer side of digit and distractors, in pixels;
    contrast: least and greatest; noise: standard deviation in every pixel, in grey levels.
    Returns uint8 images (n, S, S, 1), float32 tight boxes (n, 4), xyxy in pixels, and labels (n,).
    Tight means: around all ink that was there before the noise, also where the noise hides it.
    Raises ValueError when digits do not fit, a range is empty, or x and y do not match.
    """
    plans, boxes, labels = plan_canvases(x, y, n, rng, image_size, sides, contrast)
    images = np.empty((n, image_size, image_size, 1), "uint8")
    for image, plan in zip(images, plans, strict=True):
        image[..., 0] = draw_canvas(plan, image_size, rng, noise)
    return images, boxes, labels


@expects(n="int >= 0", image_size="int > 0", sides="int 2", contrast="2")
def plan_canvases(x, y, n, rng, image_size=75, sides=(14, 40), contrast=(0.25, 1.0)):
    """What lies on each of n canvases: one digit, and 2 or 3 distractors of the same sizes.

    x: uint8 (N, 28, 28), digits; y: (N,), labels; image_size: S; sides: of the longer sides of
    digit and distractors, in pixels. Returns Plans, tight boxes (n, 4), xyxy, labels (n,).
    """
    x, y = labelled_digits(x, y)
    _check_ranges(sides, image_size, contrast)
    pick = rng.integers(len(x), size=n)
    digits, width_height = _cut_out(x[pick], rng.integers(sides[0], sides[1] + 1, size=(n, 1)))
    x1y1 = rng.integers(0, image_size - width_height + 1)
    boxes = np.concatenate([x1y1, x1y1 + width_height], axis=1)
    squares = _distractor_boxes(boxes, sides, image_size, rng)
    strokes = scramble(x[rng.integers(len(x), size=3 * n)], rng).reshape(n, 3, 20, 20)
    contrasts = rng.uniform(*contrast, size=(n, 4))[:, [3, 0, 1, 2]]
    levels = rng.uniform(0, 100, size=n).astype("float32")
    places = np.concatenate([boxes[:, None], squares], axis=1)
    plans = [
        Plan([digits[i], *strokes[i, :k]], places[i, : k + 1], contrasts[i, : k + 1], levels[i])
        for i, k in enumerate(rng.integers(2, 4, size=n))
    ]
    return plans, boxes.astype("float32"), y[pick]


@expects(image_size="int > 0", noise=">= 0")
def draw_canvas(plan, image_size, rng, noise=12.0):
    """One canvas of a plan: uint8 (S, S). Where inks meet, the brighter one is seen."""
    ink = np.zeros((image_size, image_size), "uint8")
    pasted = zip(plan.inks, plan.places, plan.contrasts, strict=True)
    for picture, (x1, y1, x2, y2), contrast in pasted:
        resized = _resize(picture, x2 - x1, y2 - y1, contrast)
        ink[y1:y2, x1:x2] = np.maximum(ink[y1:y2, x1:x2], resized)
    grey = np.float32(noise) * rng.standard_normal(ink.shape, dtype="float32")
    grey += plan.level + ink * (1 - plan.level / 255)
    return np.rint(np.clip(grey, 0, 255)).astype("uint8")


@expects(x="N 28 28")
def scramble(x, rng):
    """Strokes that are no digit: the middle 20×20 of digits, its 5×5 tiles in another order.

    x: (N, 28, 28). Every second tile, by chance, is transposed. Returns (N, 20, 20).
    """
    n, x = len(x), np.asarray(x)
    tiles = x[:, 4:24, 4:24].reshape(n, 4, 5, 4, 5).swapaxes(2, 3).reshape(n, 16, 5, 5)
    order = rng.permuted(np.tile(np.arange(16), (n, 1)), axis=1)
    tiles = tiles[np.arange(n)[:, None], order]
    tiles = np.where(rng.random((n, 16, 1, 1)) < 0.5, tiles.swapaxes(2, 3), tiles)
    return tiles.reshape(n, 4, 4, 5, 5).swapaxes(2, 3).reshape(n, 20, 20)


def _distractor_boxes(boxes, sides, image_size, rng):
    """Three squares (N, 3, 4) for each box (N, 4): of eight tries, that of the least overlap."""
    n = len(boxes)
    side = rng.integers(sides[0], sides[1] + 1, size=(n, 3, 1, 1))
    x1y1 = rng.integers(0, image_size - side + 1, size=(n, 3, 8, 2))
    squares = np.concatenate([x1y1, x1y1 + side], axis=-1)
    shared = np.minimum(squares[..., 2:], boxes[:, None, None, 2:])
    shared -= np.maximum(squares[..., :2], boxes[:, None, None, :2])
    best = np.clip(shared, 0, None).prod(axis=-1).argmin(axis=2)
    return squares[np.arange(n)[:, None], np.arange(3), best]


def _cut_out(x, longer):
    """Digits (N, 28, 28) cut out along their tight boxes; width and height (N, 2) at that size."""
    tight = tight_box(x).astype(int)
    width_height = tight[:, 2:] - tight[:, :2]
    scale = longer / width_height.max(axis=1, keepdims=True)
    cut = [picture[y1:y2, x1:x2] for picture, (x1, y1, x2, y2) in zip(x, tight, strict=True)]
    return cut, np.maximum(np.rint(width_height * scale), 1).astype(int)


def _resize(picture, width, height, contrast):
    import cv2

    picture = cv2.convertScaleAbs(picture, alpha=contrast)
    return cv2.resize(picture, (int(width), int(height)), interpolation=cv2.INTER_AREA)


def _check_ranges(sides, image_size, contrast):
    if not 1 <= sides[0] <= sides[1] <= image_size:
        raise ValueError(
            f"need 1 <= smallest side <= largest side <= image_size, got sides {sides} and "
            f"image_size {image_size}: the digits must fit the canvas"
        )
    if not 0 <= contrast[0] <= contrast[1] <= 1:
        raise ValueError(f"need 0 <= contrast <= 1, the least first, got {contrast}")


@expects(x="int N 28 28", y="int N")
def labelled_digits(x, y):
    """x and y as arrays; an error unless they are uint8 (N, 28, 28) and labels (N,), N >= 1."""
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype != np.uint8 or not len(x):
        raise ValueError(f"x must be uint8 (N, 28, 28), N >= 1, got {x.dtype} {x.shape}")
    return x, y
