import time

from course_utils import pixels
import cv2
import numpy as np
import pytest


def test_pixel_is_at_column_x_and_row_y():
    images = pixels.pixel_images(np.array([[3, 1], [0, 9]]), 10)
    assert images.shape == (2, 10, 10, 1)
    assert images.dtype == np.float32
    assert images[0, 1, 3, 0] == 1
    assert images[1, 9, 0, 0] == 1
    assert images.sum() == 2


@pytest.mark.parametrize(
    ("xy", "size", "error", "says"),
    [
        ([[1.0, 2.0]], 5, TypeError, "whole numbers"),
        ([1, 2], 5, ValueError, r"\(N, 2\)"),
        ([[1, 5]], 5, ValueError, "image_size, 5"),
        ([[-1, 0]], 5, ValueError, "from 0"),
        ([[0, 0]], 0, ValueError, "image_size must be > 0"),
    ],
)
def test_pixel_images_bad_input(xy, size, error, says):
    with pytest.raises(error, match=says):
        pixels.pixel_images(xy, size)


def test_pixel_images_are_fast():
    xy = np.random.default_rng(0).integers(0, 50, (15_000, 2))
    pixels.pixel_images(xy, 50)
    started = time.process_time()
    pixels.pixel_images(xy, 50)
    assert time.process_time() - started < 0.2


def test_noisy_pixels_without_noise_is_the_blurred_pixel():
    xy = np.array([[0, 0], [2, 1], [9, 6]])
    images = pixels.noisy_pixels(xy, 10, np.random.default_rng(0), noise=0, clutter=0)
    assert images.shape == (3, 10, 10, 1) and images.dtype == np.float32
    for image, (x, y) in zip(images[..., 0], xy, strict=True):
        white = np.zeros((10, 10), "float32")
        white[y, x] = 255
        np.testing.assert_allclose(255 * image, cv2.GaussianBlur(white, (5, 5), 0), rtol=1e-6)
    assert 255 * images[2].max() == pytest.approx(35, abs=1)


def test_noisy_pixels_has_the_noise_and_the_clutter_it_says():
    xy = np.zeros((400, 2), "int64")
    far = np.s_[:, 20:, 20:, 0]  # beyond the blurred pixel's reach
    noise = pixels.noisy_pixels(xy, 50, np.random.default_rng(0), noise=10, clutter=0)[far] * 255
    assert (noise == 0).mean() == pytest.approx(0.5, abs=0.005)  # the negative half, clipped
    assert np.sqrt((noise**2).mean() * 2) == pytest.approx(10, rel=0.01)
    hits = pixels.noisy_pixels(xy, 50, np.random.default_rng(0), noise=0, clutter=0.02)[far] * 255
    assert (hits > 0).mean() == pytest.approx(0.02, abs=0.001)
    assert hits[hits > 0].min() == pytest.approx(5, abs=0.1)
    assert hits.max() == pytest.approx(40, abs=0.1)


def test_noisy_pixels_same_state_same_bytes_and_nothing_shared():
    xy = np.array([[3, 4]])
    first, again = (pixels.noisy_pixels(xy, 9, np.random.default_rng(5)) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert not pixels.blurred_pixels(9).flags.writeable


@pytest.mark.parametrize("bad", [{"noise": -1}, {"clutter": 1.5}, {"clutter": -0.1}])
def test_noisy_pixels_refuses(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        pixels.noisy_pixels(np.zeros((1, 2), int), 5, np.random.default_rng(0), **bad)


def test_noisy_pixels_by_default_has_noise_of_ten_and_clutter_of_two_in_a_hundred():
    xy = np.zeros((100, 2), "int64")
    default, said = (
        pixels.noisy_pixels(xy, 30, np.random.default_rng(0), **options)
        for options in ({}, {"noise": 10, "clutter": 0.02})
    )
    np.testing.assert_array_equal(default, said)


def test_blurred_pixels_are_in_reading_order_and_as_wide_as_a_deviation_of_one():
    blurred = pixels.blurred_pixels(9)
    peak = blurred[3 * 9 + 5]  # the place (5, 3)
    along = np.array([1, 4, 6, 4, 1]) / 16
    np.testing.assert_allclose(peak[1:6, 3:8], 255 * np.outer(along, along), rtol=1e-5)
    with pytest.raises(ValueError, match="image_size must be at least 3, got 2"):
        pixels.blurred_pixels(2)


def test_the_mirrored_blur_puts_the_peak_beside_places_next_to_the_border():
    """As the docstring of `blurred_pixels` says, and lesson 02."""
    peak = pixels.blurred_pixels(50).reshape(2500, -1).argmax(axis=1)
    beside = np.flatnonzero(peak != np.arange(2500))
    y, x = np.divmod(beside, 50)
    from_border = np.minimum(np.minimum(x, 49 - x), np.minimum(y, 49 - y))
    assert len(beside) == 196
    assert (from_border <= 1).all() and (from_border == 1).sum() == 188
    kernel = pixels.blurred_pixels(50)[25 * 50 + 25][23:28, 23:28] / 255
    line = np.array([1, 4, 6, 4, 1]) / 16
    np.testing.assert_allclose(kernel, np.outer(line, line), atol=1e-6)
    assert line @ np.arange(-2, 3) ** 2 == 1


def test_noisy_pixels_stay_between_black_and_white():
    images = pixels.noisy_pixels(np.zeros((9, 2), int), 9, np.random.default_rng(0), noise=300)
    assert (images.min(), images.max()) == (0, 1)
