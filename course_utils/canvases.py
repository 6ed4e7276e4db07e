"""Canvases: one digit anywhere, on black or between clutter; the data of lesson 04."""

from course_utils.boxes import tight_box
from course_utils.checks import expects
import numpy as np


@expects(n="int >= 0", image_size="int > 0")
def tile_canvases(x, y, n, rng, image_size=75):
    """Digits pasted whole, margin included, at random places of a black canvas.

    x: uint8 (N, 28, 28) and y: (N,), the digits and their labels, of which each canvas takes one
    at random; n: how many; rng: numpy Generator; image_size: S, side of the canvas in pixels.
    Returns uint8 images (n, S, S, 1), float32 boxes (n, 4), xyxy of the whole tile in pixels, and
    labels (n,). Raises ValueError when the tile does not fit or x and y do not belong together.
    """
    x, y = labelled_digits(x, y)
    side = x.shape[1]
    if side > image_size:
        raise ValueError(f"image_size must be at least {side} px for the digits, got {image_size}")
    pick = rng.integers(len(x), size=n)
    xy = rng.integers(0, image_size - side + 1, size=(n, 2))
    images = np.zeros((n, image_size, image_size, 1), "uint8")
    span = np.arange(side)
    rows, columns = xy[:, 1, None] + span, xy[:, 0, None] + span
    images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :], 0] = x[pick]
    return images, np.concatenate([xy, xy + side], axis=1).astype("float32"), y[pick]


@expects(n="int >= 0", image_size="int > 0", sides="int 2", contrast="2", noise=">= 0")
def canvases(x, y, n, rng, image_size=75, sides=(14, 40), contrast=(0.25, 1.0), noise=12.0):
    """Digits of many sizes anywhere on grey canvases, between scrambled strokes, under noise.

    One digit a canvas, cut out along its tight box and resized until its longer side is one of
    `sides` (px, both included); then 2 or 3 distractors, squares of `scramble`d strokes of the
    same sizes, at the place of eight random ones where they hide least of the digit. Each ink is
    brighter than the canvas by its own share of `contrast`, the canvas itself is of one grey
    level out of 0 to 100, and to every pixel Gaussian noise of standard deviation `noise` (grey
    levels) is added; the sum is clipped to 0…255.

    x, y, n, rng, image_size: as in `tile_canvases`. Returns uint8 images (n, S, S, 1), float32
    tight boxes (n, 4), xyxy in pixels, and labels (n,). Tight means: around all ink that was there
    before the noise, also where the noise hides it. Raises ValueError when the digits do not
    fit, a range is empty, or x and y do not belong together.
    """
    x, y = labelled_digits(x, y)
    if not 1 <= sides[0] <= sides[1] <= image_size:
        raise ValueError(
            f"need 1 <= smallest side <= largest side <= image_size, got sides {sides} and "
            f"image_size {image_size}: the digits must fit the canvas"
        )
    if not 0 <= contrast[0] <= contrast[1] <= 1:
        raise ValueError(f"need 0 <= contrast <= 1, the least first, got {contrast}")
    pick = rng.integers(len(x), size=n)
    tight = tight_box(x[pick]).astype(int)
    width_height = tight[:, 2:] - tight[:, :2]
    longer = rng.integers(sides[0], sides[1] + 1, size=(n, 1))
    scale = longer / width_height.max(axis=1, keepdims=True)
    width_height = np.maximum(np.rint(width_height * scale), 1).astype(int)
    x1y1 = rng.integers(0, image_size - width_height + 1)
    boxes = np.concatenate([x1y1, x1y1 + width_height], axis=1)
    beside = _distractor_boxes(boxes, sides, image_size, rng)
    strokes = scramble(x[rng.integers(len(x), size=3 * n)], rng).reshape(n, 3, 20, 20)
    strength = rng.uniform(*contrast, size=(n, 4))
    level = rng.uniform(0, 100, size=n).astype("float32")
    images = np.empty((n, image_size, image_size, 1), "uint8")
    # One image after the other: each stays in the processor's cache, and that is twice as fast.
    for i, count in enumerate(rng.integers(2, 4, size=n)):
        left, top, right, bottom = tight[i]
        ink = np.zeros((image_size, image_size), "uint8")
        _paste(ink, x[pick[i], top:bottom, left:right], boxes[i], strength[i, 3])
        for j in range(count):
            _paste(ink, strokes[i, j], beside[i, j], strength[i, j])
        grey = np.float32(noise) * rng.standard_normal(ink.shape, dtype="float32")
        grey += level[i] + ink * (1 - level[i] / 255)
        images[i, ..., 0] = np.rint(np.clip(grey, 0, 255))
    return images, boxes.astype("float32"), y[pick]


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


def _paste(canvas, ink, box, strength):
    import cv2

    x1, y1, x2, y2 = box.tolist()
    ink = cv2.convertScaleAbs(ink, alpha=strength)
    ink = cv2.resize(ink, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA)
    region = canvas[y1:y2, x1:x2]
    np.maximum(region, ink, out=region)


@expects(x="int N 28 28", y="int N")
def labelled_digits(x, y):
    """x and y as arrays; an error unless they are uint8 (N, 28, 28) and labels (N,), N >= 1."""
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype != np.uint8 or not len(x):
        raise ValueError(f"x must be uint8 (N, 28, 28), N >= 1, got {x.dtype} {x.shape}")
    return x, y
