"""Heatmaps, how they are read, and the exact posterior against brute force."""

import re

from course_utils import heatmaps, pixels
import numpy as np
import pytest
from scipy import integrate, stats


def test_gaussian_heatmap_off_centre_by_hand():
    hm = heatmaps.gaussian_heatmap(5, (3, 1), 1.0)
    assert hm.shape == (5, 5) and hm.dtype == np.float32
    assert hm[1, 3] == 1
    assert hm[1, 4] == pytest.approx(np.exp(-0.5))
    assert hm[3, 3] == pytest.approx(np.exp(-2))
    assert hm[2, 1] == pytest.approx(np.exp(-0.5 * (2**2 + 1**2)))


def test_gaussian_heatmap_takes_many_centers_between_pixels():
    centers = np.array([[[1.5, 2.0], [0.0, 0.0], [3.2, 3.9]]])
    maps = heatmaps.gaussian_heatmap(6, centers, 1.8)
    assert maps.shape == (1, 3, 6, 6)
    assert maps[0, 0, 2, 1] == maps[0, 0, 2, 2] < 1
    for hm, center in zip(maps[0], centers[0], strict=True):
        np.testing.assert_array_equal(hm, heatmaps.gaussian_heatmap(6, center, 1.8))


@pytest.mark.parametrize(
    ("size", "center", "sigma", "message"),
    [
        (5, (2, 2), 0, "sigma must be > 0"),
        (5, (2, 2), -1, "sigma must be > 0"),
        (5, (2, 2), float("nan"), "sigma must be > 0"),
        (0, (0, 0), 1, "size must be > 0"),
        (5, (5, 2), 1, "must lie in the image, from -0.5 to 4.5"),
        (5, (2, -1), 1, "must lie in the image"),
        (5, (2, float("nan")), 1, "must lie in the image"),
        (5, (2, 2, 2), 1, r"\(\.\.\., 2\)"),
    ],
)
def test_gaussian_heatmap_refuses(size, center, sigma, message):
    with pytest.raises(ValueError, match=message):
        heatmaps.gaussian_heatmap(size, center, sigma)


def test_argmax_reads_x_before_y_and_ties_go_to_the_first():
    hm = np.zeros((4, 6))
    hm[2, 5] = 1
    assert heatmaps.extract_coords_from_heatmap(hm).tolist() == [5, 2]
    hm[3, 0] = 1
    assert heatmaps.extract_coords_from_heatmap(hm).tolist() == [5, 2]


def test_argmax_takes_batches_and_refuses_what_is_no_map():
    decode = heatmaps.extract_coords_from_heatmap
    maps = heatmaps.gaussian_heatmap(9, np.array([[[4.3, 2.8], [3.0, 5.0]]]), 1.2)
    assert decode(maps).tolist() == [[[4, 3], [3, 5]]]
    assert decode(np.zeros((0, 3, 3)) + 1).shape == (0, 2)
    for bad, message in (
        (np.ones(4), "(..., H+, W+)"),
        (np.ones((0, 3)), "(..., H+, W+)"),
        (np.full((3, 3), np.nan), "NaN"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            decode(bad)


def brute_force(image, templates, noise, clutter):
    """The posterior by numerical integration over what a clutter pixel got on top."""
    low, high = heatmaps.CLUTTER_RANGE
    likelihoods = []
    for template in templates:
        product = 1.0
        for value, level in zip(image.ravel(), template.ravel(), strict=True):
            normal = stats.norm(level, noise)
            if value > 0:
                plain = normal.pdf(value)
                cluttered = integrate.quad(lambda c, n=normal, v=value: n.pdf(v - c), low, high)[0]
            else:
                plain = normal.cdf(0)
                cluttered = integrate.quad(lambda c, n=normal: n.cdf(-c), low, high)[0]
            product *= (1 - clutter) * plain + clutter * cluttered / (high - low)
        likelihoods.append(product)
    return np.array(likelihoods) / np.sum(likelihoods)


@pytest.mark.parametrize(("noise", "clutter"), [(10, 0.02), (5, 0), (20, 0.5)])
def test_posterior_is_the_one_by_enumeration(noise, clutter):
    rng = np.random.default_rng(0)
    xy = rng.integers(0, 4, size=(6, 2))
    images = 255 * pixels.noisy_pixels(xy, 4, rng, noise, clutter)[..., 0].astype("float64")
    templates = pixels.blurred_pixels(4)
    posterior = np.exp(heatmaps.log_posterior(images, templates, noise, clutter))
    assert posterior.shape == (6, 16)
    assert (images == 0).any() and (images > 0).any()
    for image, ours in zip(images, posterior, strict=True):
        np.testing.assert_allclose(ours, brute_force(image, templates, noise, clutter), rtol=1e-6)


def test_the_likelihood_adds_up_to_one():
    density = integrate.quad(
        lambda v: np.exp(heatmaps.log_likelihood(v, 15.0, 10, 0.1)), 1e-12, 120
    )
    at_zero = np.exp(heatmaps.log_likelihood(0.0, 15.0, 10, 0.1))
    assert density[0] + at_zero == pytest.approx(1, abs=1e-6)


def test_posterior_is_calibrated():
    """Over many images, the chance that it gives to its best place is how often it is right."""
    rng = np.random.default_rng(1)
    xy = rng.integers(0, 12, size=(3000, 2))
    images = 255 * pixels.noisy_pixels(xy, 12, rng, noise=14)[..., 0]
    posterior = np.exp(heatmaps.log_posterior(images, pixels.blurred_pixels(12), 14, 0.02))
    right = posterior.argmax(axis=1) == xy[:, 1] * 12 + xy[:, 0]
    confidence = posterior.max(axis=1)
    tolerance = 4 * np.sqrt((confidence * (1 - confidence)).mean() / len(xy))
    assert abs(confidence.mean() - right.mean()) < tolerance
    assert 0.5 < right.mean() < 0.95


def test_posterior_bears_impossible_images():
    image = np.full((1, 4, 4), 255.0)
    for noise in (0.5, 10):
        assert np.isfinite(heatmaps.log_posterior(image, pixels.blurred_pixels(4), noise, 0)).all()


def test_posterior_refuses():
    images, templates = np.zeros((2, 4, 4)), pixels.blurred_pixels(4)
    with pytest.raises(ValueError, match="H = 5, W = 4"):
        heatmaps.log_posterior(np.zeros((2, 5, 4)), templates, 10, 0.02)
    with pytest.raises(ValueError, match="noise must be > 0"):
        heatmaps.log_posterior(images, templates, 0, 0.02)
    with pytest.raises(ValueError, match="clutter must be 0 to below 1"):
        heatmaps.log_posterior(images, templates, 10, 1)
