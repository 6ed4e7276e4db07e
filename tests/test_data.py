import time

from course_utils import data
import cv2
import numpy as np
import pytest


def test_pixel_is_at_column_x_and_row_y():
    images = data.pixel_images(np.array([[3, 1], [0, 9]]), 10)
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
        ([[1, 5]], 5, ValueError, "size, which is 5"),
        ([[-1, 0]], 5, ValueError, "from 0"),
        ([[0, 0]], 0, ValueError, "size must be at least 1"),
    ],
)
def test_pixel_images_bad_input(xy, size, error, says):
    with pytest.raises(error, match=says):
        data.pixel_images(xy, size)


def test_pixel_images_are_fast():
    xy = np.random.default_rng(0).integers(0, 50, (15_000, 2))
    data.pixel_images(xy, 50)
    started = time.process_time()
    data.pixel_images(xy, 50)
    assert time.process_time() - started < 0.2


def test_noisy_pixels_without_noise_is_the_blurred_pixel():
    xy = np.array([[0, 0], [2, 1], [9, 6]])
    images = data.noisy_pixels(xy, 10, np.random.default_rng(0), noise=0, clutter=0)
    assert images.shape == (3, 10, 10, 1) and images.dtype == np.float32
    for image, (x, y) in zip(images[..., 0], xy, strict=True):
        white = np.zeros((10, 10), "float32")
        white[y, x] = 255
        np.testing.assert_allclose(255 * image, cv2.GaussianBlur(white, (5, 5), 0), rtol=1e-6)
    assert 255 * images[2].max() == pytest.approx(35, abs=1)


def test_noisy_pixels_has_the_noise_and_the_clutter_it_says():
    xy = np.zeros((400, 2), "int64")
    far = np.s_[:, 20:, 20:, 0]  # beyond the blurred pixel's reach
    noise = data.noisy_pixels(xy, 50, np.random.default_rng(0), noise=10, clutter=0)[far] * 255
    assert (noise == 0).mean() == pytest.approx(0.5, abs=0.005)  # the negative half, clipped
    assert np.sqrt((noise**2).mean() * 2) == pytest.approx(10, rel=0.01)
    hits = data.noisy_pixels(xy, 50, np.random.default_rng(0), noise=0, clutter=0.02)[far] * 255
    assert (hits > 0).mean() == pytest.approx(0.02, abs=0.001)
    assert hits[hits > 0].min() == pytest.approx(5, abs=0.1)
    assert hits.max() == pytest.approx(40, abs=0.1)


def test_noisy_pixels_same_state_same_bytes_and_nothing_shared():
    xy = np.array([[3, 4]])
    first, again = (data.noisy_pixels(xy, 9, np.random.default_rng(5)) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert not data.blurred_pixels(9).flags.writeable


@pytest.mark.parametrize("bad", [{"noise": -1}, {"clutter": 1.5}, {"clutter": -0.1}])
def test_noisy_pixels_refuses(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        data.noisy_pixels(np.zeros((1, 2), int), 5, np.random.default_rng(0), **bad)


def digits_of_ink(n=50):
    """Digits that are easy to follow: a filled rectangle of random size and grey in the middle."""
    rng = np.random.default_rng(1)
    x = np.zeros((n, 28, 28), "uint8")
    for picture, (height, width) in zip(x, rng.integers(6, 21, (n, 2)), strict=True):
        top, left = 14 - height // 2, 14 - width // 2
        picture[top : top + height, left : left + width] = rng.integers(100, 256)
    return x, rng.integers(0, 10, n)


def test_tile_canvases_hold_the_tile_at_its_box_and_nothing_else():
    x, y = digits_of_ink()
    images, xyxy, labels = data.tile_canvases(x, y, 200, np.random.default_rng(0), size=40)
    assert images.shape == (200, 40, 40, 1) and images.dtype == np.uint8
    assert xyxy.shape == (200, 4) and xyxy.dtype == np.float32
    for image, (x1, y1, x2, y2), label in zip(
        images[..., 0], xyxy.astype(int), labels, strict=True
    ):
        tile = image[y1:y2, x1:x2]
        source = np.flatnonzero((x == tile).all(axis=(1, 2)))
        assert label in y[source]
        assert image.sum() == tile.sum()
    assert set(xyxy[:, 0]) == set(range(13))  # every place, both ends included
    assert set(xyxy[:, 1]) == set(range(13))


def test_canvases_without_noise_show_the_digit_in_its_tight_box():
    x, y = digits_of_ink()
    x[:] = 255 * (x > 0)
    images, xyxy, labels = data.canvases(
        x, y, 300, np.random.default_rng(0), contrast=(1, 1), noise=0
    )
    assert images.shape == (300, 75, 75, 1) and images.dtype == np.uint8
    assert xyxy.dtype == np.float32 and labels.shape == (300,)
    assert (xyxy[:, :2] >= 0).all() and (xyxy[:, 2:] <= 75).all()
    longer = (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1)
    assert set(longer) == set(range(14, 41))
    for image, (x1, y1, x2, y2) in zip(images[..., 0], xyxy.astype(int), strict=True):
        assert (image[y1:y2, x1:x2] == 255).all()
    # Beside the digit there are strokes too, and between them the grey of the canvas.
    assert (
        np.mean([(image == 255).sum() for image in images])
        > np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1).mean()
    )
    assert images.min(axis=(1, 2)).max() <= 100


def test_canvases_keep_the_proportions_of_the_digit():
    x = np.zeros((1, 28, 28), "uint8")
    x[0, 4:24, 10:15] = 255  # 20 high, 5 wide
    _, xyxy, _ = data.canvases(x, np.array([1]), 50, np.random.default_rng(0), sides=(40, 40))
    np.testing.assert_array_equal(xyxy[:, 2:] - xyxy[:, :2], np.tile([10, 40], (50, 1)))


def test_canvases_have_the_noise_they_say():
    x, y = digits_of_ink()
    images, _, _ = data.canvases(x, y, 200, np.random.default_rng(0), contrast=(0, 0), noise=12)
    of_image = images.astype(float).std(axis=(1, 2, 3))
    bright = images.mean(axis=(1, 2, 3)) > 50  # nothing is clipped there
    assert of_image[bright].mean() == pytest.approx(12, rel=0.02)


def test_scramble_keeps_the_ink_and_loses_the_digit():
    x, _ = digits_of_ink()
    x = x + np.arange(28, dtype="uint8")  # no two columns alike
    scrambled = data.scramble(x, np.random.default_rng(0))
    assert scrambled.shape == (50, 20, 20)
    middle = x[:, 4:24, 4:24]
    np.testing.assert_array_equal(
        np.sort(scrambled.reshape(50, -1)), np.sort(middle.reshape(50, -1))
    )
    assert not (scrambled == middle).all(axis=(1, 2)).any()


@pytest.mark.parametrize("make", [data.tile_canvases, data.canvases])
def test_canvases_same_state_same_bytes(make):
    x, y = digits_of_ink()
    before = x.copy()
    first, again = (make(x, y, 20, np.random.default_rng(3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(x, before)
    assert [len(part) for part in make(x, y, 0, np.random.default_rng(3))] == [0, 0, 0]


@pytest.mark.parametrize("make", [data.tile_canvases, data.canvases])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": 27}, "fit"),
        ({"x": np.zeros((3, 8, 8), "uint8")}, r"x must be \(N, 28, 28\)"),
        ({"x": np.zeros((3, 28, 28))}, "float64"),
        ({"x": np.zeros((3, 28, 28), int)}, r"uint8 \(N, 28, 28\), N >= 1, got int64"),
        ({"y": np.zeros(4, int)}, r"y must be \(N,\) where N = 3"),
        ({"x": np.zeros((0, 28, 28), "uint8"), "y": np.zeros(0, int)}, "N >= 1"),
    ],
)
def test_canvases_refuse(make, change, says):
    good = {"x": np.full((3, 28, 28), 9, "uint8"), "y": np.zeros(3, int)}
    with pytest.raises((TypeError, ValueError), match=says):
        make(n=2, rng=np.random.default_rng(0), **(good | change))


@pytest.mark.parametrize(
    "bad", [{"sides": (0, 9)}, {"sides": (20, 10)}, {"contrast": (0.5, 2)}, {"noise": -1}]
)
def test_honest_canvases_refuse(bad):
    x, y = digits_of_ink()
    with pytest.raises(ValueError, match=next(iter(bad))):
        data.canvases(x, y, 2, np.random.default_rng(0), **bad)


def test_canvases_are_fast():
    x, y = digits_of_ink()
    data.canvases(x, y, 10, np.random.default_rng(0))
    started = time.process_time()
    data.canvases(x, y, 1000, np.random.default_rng(0))
    assert time.process_time() - started < 0.4  # four times as long as it takes here
