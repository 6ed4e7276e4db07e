"""The data of the lessons, generated afresh: pixels, canvases."""

import functools

from course_utils import boxes
from course_utils.checks import expects
from course_utils.heatmaps import CLUTTER_RANGE
import numpy as np


@expects(xy="int N 2", size=1)
def pixel_images(xy, size):
    """Black images with one white pixel each.

    xy: integers (N, 2), pixel (x, y) = (column, row), 0 <= x, y < size.
    Returns float32 (N, size, size, 1) with values 0 and 1.
    Raises TypeError when xy is not of integers, ValueError on another shape or place.
    """
    _check_inside(xy, size)
    images = np.zeros((len(xy), size, size, 1), dtype="float32")
    images[np.arange(len(xy)), xy[:, 1], xy[:, 0]] = 1
    return images


@expects(size=3)
@functools.lru_cache(maxsize=4)
def blurred_pixels(size):
    """The blurred white pixel at every place: what an image of `noisy_pixels` is without noise.

    size: at least 3. Returns float32 (size * size, size, size) in grey levels, 0 to 255, read-only;
    the place (x, y) is number y * size + x. Blurred by OpenCV's 5×5 Gaussian (its own sigma, about
    1.1), which mirrors the image at its edge, the edge pixel not repeated.
    """
    import cv2

    y, x = np.divmod(np.arange(size * size), size)
    white = 255 * pixel_images(np.stack([x, y], axis=1), size)
    blurred = np.stack([cv2.GaussianBlur(image, (5, 5), 0) for image in white])
    blurred.setflags(write=False)
    return blurred


@expects(xy="int N 2", size=3, rng=np.random.Generator, noise=">= 0", clutter="0 to 1")
def noisy_pixels(xy, size, rng, noise=10.0, clutter=0.02):
    """Images of one blurred white pixel under noise and clutter.

    xy: integers (N, 2), the true places; size: side in pixels, >= 3; rng: numpy Generator.
    To every pixel of `blurred_pixels`, each for itself: add Gaussian noise of standard deviation
    `noise`; with probability `clutter` add something uniform in CLUTTER_RANGE; clip to 0…255.
    All in grey levels; nothing is rounded. Returns float32 (N, size, size, 1) in [0, 1].
    Raises ValueError when noise < 0 or clutter is not in [0, 1], and as `pixel_images`.
    """
    _check_inside(xy, size)
    images = blurred_pixels(size)[xy[:, 1] * size + xy[:, 0]]
    images += np.float32(noise) * rng.standard_normal(images.shape, dtype="float32")
    hit = np.flatnonzero(rng.random(images.size, dtype="float32") < clutter)
    images.ravel()[hit] += rng.uniform(*CLUTTER_RANGE, size=len(hit)).astype("float32")
    return (np.clip(images, 0, 255) / 255)[..., None]


def _check_inside(xy, size):
    if (xy < 0).any() or (xy >= size).any():
        raise ValueError(f"xy must lie in the image, from 0 to below size, which is {size}")


@expects(n=0, rng=np.random.Generator, size=1)
def tile_canvases(x, y, n, rng, size=75):
    """Digits pasted whole, margin included, at random places of a black canvas.

    x: uint8 (N, 28, 28) and y: (N,), the digits and their labels, of which each canvas takes one
    at random; n: how many; rng: numpy Generator; size: side of the canvas in pixels. Returns
    uint8 images (n, size, size, 1), float32 boxes (n, 4), xyxy of the whole tile in pixels, and
    labels (n,). Raises ValueError when the tile does not fit or x and y do not belong together.
    """
    x, y = labelled_digits(x, y)
    side = x.shape[1]
    if side > size:
        raise ValueError(f"size must be at least {side} px for the digits to fit, got {size}")
    pick = rng.integers(len(x), size=n)
    xy = rng.integers(0, size - side + 1, size=(n, 2))
    images = np.zeros((n, size, size, 1), "uint8")
    span = np.arange(side)
    rows, columns = xy[:, 1, None] + span, xy[:, 0, None] + span
    images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :], 0] = x[pick]
    return images, np.concatenate([xy, xy + side], axis=1).astype("float32"), y[pick]


@expects(n=0, rng=np.random.Generator, size=1, sides="int 2", contrast="2", noise=">= 0")
def canvases(x, y, n, rng, size=75, sides=(14, 40), contrast=(0.25, 1.0), noise=12.0):
    """Digits of many sizes anywhere on grey canvases, between scrambled strokes, under noise.

    One digit a canvas, cut out along its tight box and resized until its longer side is one of
    `sides` (px, both included); then 2 or 3 distractors, squares of `scramble`d strokes of the
    same sizes, at the place of eight random ones where they hide least of the digit. Each ink is
    brighter than the canvas by its own share of `contrast`, the canvas itself is of one grey
    level out of 0 to 100, and to every pixel Gaussian noise of standard deviation `noise` (grey
    levels) is added; the sum is clipped to 0…255.

    x, y, n, rng, size: as in `tile_canvases`. Returns uint8 images (n, size, size, 1), float32
    tight boxes (n, 4), xyxy in pixels, and labels (n,). Raises ValueError when the digits do not
    fit, a range is empty, or x and y do not belong together.
    """
    x, y = labelled_digits(x, y)
    if not 1 <= sides[0] <= sides[1] <= size:
        raise ValueError(
            f"need 1 <= smallest side <= largest side <= size, got sides {sides} and size {size}: "
            "the digits must fit the canvas"
        )
    if not 0 <= contrast[0] <= contrast[1] <= 1:
        raise ValueError(f"need 0 <= contrast <= 1, the least first, got {contrast}")
    pick = rng.integers(len(x), size=n)
    tight = boxes.tight_box(x[pick]).astype(int)
    width_height = tight[:, 2:] - tight[:, :2]
    longer = rng.integers(sides[0], sides[1] + 1, size=(n, 1))
    scale = longer / width_height.max(axis=1, keepdims=True)
    width_height = np.maximum(np.rint(width_height * scale), 1).astype(int)
    x1y1 = rng.integers(0, size - width_height + 1)
    xyxy = np.concatenate([x1y1, x1y1 + width_height], axis=1)
    beside = _distractor_boxes(xyxy, sides, size, rng)
    strokes = scramble(x[rng.integers(len(x), size=3 * n)], rng).reshape(n, 3, 20, 20)
    strength = rng.uniform(*contrast, size=(n, 4))
    level = rng.uniform(0, 100, size=n).astype("float32")
    images = np.empty((n, size, size, 1), "uint8")
    # One image after the other: each stays in the processor's cache, and that is twice as fast.
    for i, count in enumerate(rng.integers(2, 4, size=n)):
        left, top, right, bottom = tight[i]
        ink = np.zeros((size, size), "uint8")
        _paste(ink, x[pick[i], top:bottom, left:right], xyxy[i], strength[i, 3])
        for j in range(count):
            _paste(ink, strokes[i, j], beside[i, j], strength[i, j])
        grey = np.float32(noise) * rng.standard_normal(ink.shape, dtype="float32")
        grey += level[i] + ink * (1 - level[i] / 255)
        images[i, ..., 0] = np.rint(np.clip(grey, 0, 255))
    return images, xyxy.astype("float32"), y[pick]


@expects(x="N 28 28", rng=np.random.Generator)
def scramble(x, rng):
    """Strokes that are no digit: the middle 20×20 of digits, its 5×5 tiles in another order.

    x: (N, 28, 28). Every second tile, by chance, is transposed. Returns (N, 20, 20).
    """
    n = len(x)
    tiles = x[:, 4:24, 4:24].reshape(n, 4, 5, 4, 5).swapaxes(2, 3).reshape(n, 16, 5, 5)
    order = rng.permuted(np.tile(np.arange(16), (n, 1)), axis=1)
    tiles = tiles[np.arange(n)[:, None], order]
    tiles = np.where(rng.random((n, 16, 1, 1)) < 0.5, tiles.swapaxes(2, 3), tiles)
    return tiles.reshape(n, 4, 4, 5, 5).swapaxes(2, 3).reshape(n, 20, 20)


def _distractor_boxes(xyxy, sides, size, rng):
    """Three squares (N, 3, 4) for each box (N, 4): of eight tries, that of the least overlap."""
    n = len(xyxy)
    side = rng.integers(sides[0], sides[1] + 1, size=(n, 3, 1, 1))
    x1y1 = rng.integers(0, size - side + 1, size=(n, 3, 8, 2))
    squares = np.concatenate([x1y1, x1y1 + side], axis=-1)
    shared = np.minimum(squares[..., 2:], xyxy[:, None, None, 2:])
    shared -= np.maximum(squares[..., :2], xyxy[:, None, None, :2])
    best = np.clip(shared, 0, None).prod(axis=-1).argmin(axis=2)
    return squares[np.arange(n)[:, None], np.arange(3), best]


def _paste(canvas, ink, xyxy, strength):
    import cv2

    x1, y1, x2, y2 = xyxy.tolist()
    ink = cv2.convertScaleAbs(ink, alpha=strength)
    ink = cv2.resize(ink, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA)
    region = canvas[y1:y2, x1:x2]
    np.maximum(region, ink, out=region)


@expects(x="int N 28 28", y="int N")
def labelled_digits(x, y):
    """x and y as arrays; an error unless they are uint8 (N, 28, 28) and labels (N,), N >= 1."""
    if x.dtype != np.uint8 or not len(x):
        raise ValueError(f"x must be uint8 (N, 28, 28), N >= 1, got {x.dtype} {x.shape}")
    return x, y
