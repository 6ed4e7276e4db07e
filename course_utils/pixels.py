"""Images of one pixel, white or blurred under noise: the data of lessons 01 and 02."""

import functools

from course_utils.checks import expects
from course_utils.heatmaps import CLUTTER_RANGE
import numpy as np


@expects(xy="int N 2", image_size="int > 0")
def pixel_images(xy, image_size):
    """Black images with one white pixel each.

    xy: integers (N, 2), pixel (x, y) = (column, row), 0 <= x, y < image_size.
    Returns float32 (N, image_size, image_size, 1) with values 0 and 1.
    Raises TypeError when xy is not of integers, ValueError on another shape or place.
    """
    xy = _inside(xy, image_size)
    images = np.zeros((len(xy), image_size, image_size, 1), dtype="float32")
    images[np.arange(len(xy)), xy[:, 1], xy[:, 0]] = 1
    return images


@expects(image_size="int > 0")
@functools.lru_cache(maxsize=4)
def blurred_pixels(image_size):
    """The blurred white pixel at every place: what an image of `noisy_pixels` is without noise.

    image_size: S, at least 3. Returns float32 (S * S, S, S) in grey levels, 0 to 255, read-only;
    the place (x, y) is number y * S + x. Blurred by OpenCV's 5×5 Gaussian, which is
    [1, 4, 6, 4, 1] / 16 along each axis, of standard deviation exactly 1: the peak falls to 35.9.
    It mirrors the image at its edge, the edge pixel not repeated: of a place one pixel from the
    border the brightest pixel is therefore the one beside it, on the border (so it is with 196 of
    2,500 places).
    """
    import cv2

    if image_size < 3:
        raise ValueError(f"image_size must be at least 3, got {image_size}")
    y, x = np.divmod(np.arange(image_size**2), image_size)
    white = 255 * pixel_images(np.stack([x, y], axis=1), image_size)
    blurred = np.stack([cv2.GaussianBlur(image, (5, 5), 0) for image in white])
    blurred.setflags(write=False)
    return blurred


@expects(xy="int N 2", image_size="int > 0", noise=">= 0", clutter="0 to 1")
def noisy_pixels(xy, image_size, rng, noise=10.0, clutter=0.02):
    """Images of one blurred white pixel under noise and clutter.

    xy: integers (N, 2), the true places; image_size: S, side in pixels, >= 3; rng: numpy Generator.
    To every pixel of `blurred_pixels`, each for itself: add Gaussian noise of standard deviation
    `noise`; with probability `clutter` add something uniform in CLUTTER_RANGE; clip to 0…255.
    All in grey levels; nothing is rounded. Returns float32 (N, S, S, 1) in [0, 1].
    Raises ValueError when noise < 0 or clutter is not in [0, 1], and as `pixel_images`.
    """
    xy = _inside(xy, image_size)
    images = blurred_pixels(image_size)[xy[:, 1] * image_size + xy[:, 0]]
    images += np.float32(noise) * rng.standard_normal(images.shape, dtype="float32")
    hit = np.flatnonzero(rng.random(images.size, dtype="float32") < clutter)
    images.ravel()[hit] += rng.uniform(*CLUTTER_RANGE, size=len(hit)).astype("float32")
    return (np.clip(images, 0, 255) / 255)[..., None]


def _inside(xy, image_size):
    xy = np.asarray(xy)
    if (xy < 0).any() or (xy >= image_size).any():
        raise ValueError(f"xy must lie in the image, from 0 to below image_size, {image_size}")
    return xy
