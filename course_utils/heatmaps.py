"""Heatmaps: a place as a bump on a map, how it is read back, and the exact posterior."""

from course_utils.checks import expects
import numpy as np
from scipy import sparse
from scipy.special import ndtr

CLUTTER_RANGE = 5.0, 40.0  # what a clutter pixel gets on top, in grey levels


@expects(size="int > 0", center="... 2", sigma="> 0")
def gaussian_heatmap(size, center, sigma):
    """A Gaussian bump of height 1 around `center`, on a square map.

    size: side of the map in pixels; center: (..., 2) as (x, y) in pixels, whole or between
    pixels; sigma: standard deviation in pixels. Returns float32 (..., size, size).
    Raises ValueError when sigma <= 0, size < 1, or a center lies outside the image.
    """
    center = np.asarray(center, dtype="float64")
    if not ((center >= -0.5) & (center <= size - 0.5)).all():
        raise ValueError(f"center must lie in the image, from -0.5 to {size - 0.5} px")
    along = np.exp(-((np.arange(size) - center[..., None]) ** 2) / (2 * sigma**2))
    return (along[..., 1, :, None] * along[..., 0, None, :]).astype("float32")


@expects(hm="... H+ W+")
def extract_coords_from_heatmap(hm):
    """The place of the highest value: (..., H, W) -> int64 (..., 2), (x, y) in pixels.

    Ties go to the first place in reading order. Raises ValueError on fewer than two axes, an
    empty map, NaN or infinity.
    """
    hm = _maps(hm)
    height, width = hm.shape[-2:]
    flat = hm.reshape(*hm.shape[:-2], height * width).argmax(axis=-1)
    return np.stack([flat % width, flat // width], axis=-1)


@expects(images="N H+ W+", templates="P+ H+ W+", noise="> 0", clutter="0 to below 1")
def log_posterior(images, templates, noise, clutter):
    """The logarithm of P(place | image), exactly, for every place.

    The images are taken to be made so: the template of one place, all places being equally
    likely; on every pixel Gaussian noise of standard deviation `noise`; on a share `clutter` of
    the pixels something uniform in CLUTTER_RANGE on top; what is below zero set to zero.
    (What is above 255 is set to 255 too: that is too rare to count here.)

    images (N, H, W) and templates (P, H, W) in grey levels, 0 to 255. Returns float64 (N, P).
    Raises ValueError when the shapes do not fit, noise <= 0 or clutter is not in [0, 1), and on
    NaN or infinity.
    """
    images, templates = np.asarray(images, "float64"), np.asarray(templates, "float64")
    if not np.isfinite(images).all() or not np.isfinite(templates).all():
        raise ValueError("images or templates hold NaN or infinity")
    levels = templates.reshape(len(templates), -1)
    pixels = images.reshape(len(images), levels.shape[1])
    if_dark = log_likelihood(pixels, 0.0, noise, clutter)
    evidence = np.zeros((len(images), len(templates)))
    # A template is zero nearly everywhere and has few different levels elsewhere: what a pixel
    # says for a level is computed once, and each place adds up what its own pixels say.
    lit = sparse.coo_array(levels)
    for level in np.unique(lit.data):
        place, pixel = (axis[lit.data == level] for axis in lit.coords)
        some, column = np.unique(pixel, return_inverse=True)
        says = log_likelihood(pixels[:, some], level, noise, clutter) - if_dark[:, some]
        of_place = sparse.csr_array(
            (np.ones(len(place)), (place, column)), shape=(len(levels), len(some))
        )
        evidence += (of_place @ says.T).T
    evidence -= evidence.max(axis=1, keepdims=True)
    return evidence - np.log(np.exp(evidence).sum(axis=1, keepdims=True))


@expects(value="finite", level="finite", noise="> 0", clutter="0 to below 1")
def log_likelihood(value, level, noise, clutter):
    """log p(value | level) of one pixel under the generator that `log_posterior` describes.

    A density above zero; at zero, where clipping puts all that fell below, a probability.
    value, level: finite numbers or arrays that broadcast, in grey levels. Returns float64.
    """
    low, high = CLUTTER_RANGE
    z, z_low, z_high = ((value - level - extra) / noise for extra in (0.0, low, high))
    plain = np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * noise)
    cluttered = (ndtr(-z_high) - ndtr(-z_low)) / (high - low)
    density = (1 - clutter) * plain + clutter * cluttered
    below = (1 - clutter) * ndtr(-level / noise) + clutter * noise / (high - low) * (
        _integral((level + high) / noise) - _integral((level + low) / noise)
    )
    return np.log(np.maximum(np.where(value > 0, density, below), np.finfo("float64").tiny))


def _integral(z):
    """The antiderivative of P(a standard normal number < -z)."""
    return z * ndtr(-z) - np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _maps(hm):
    hm = np.asarray(hm, dtype="float64")
    if not np.isfinite(hm).all():
        raise ValueError("hm holds NaN or infinity")
    return hm
