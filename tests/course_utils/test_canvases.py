import time

from course_utils import canvases
import numpy as np
import pytest


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
    images, xyxy, labels = canvases.tile_canvases(
        x, y, 200, np.random.default_rng(0), image_size=40
    )
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
    images, xyxy, labels = canvases.canvases(
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
    _, xyxy, _ = canvases.canvases(x, np.array([1]), 50, np.random.default_rng(0), sides=(40, 40))
    np.testing.assert_array_equal(xyxy[:, 2:] - xyxy[:, :2], np.tile([10, 40], (50, 1)))


def test_canvases_have_the_noise_they_say():
    x, y = digits_of_ink()
    images, _, _ = canvases.canvases(x, y, 200, np.random.default_rng(0), contrast=(0, 0), noise=12)
    of_image = images.astype(float).std(axis=(1, 2, 3))
    bright = images.mean(axis=(1, 2, 3)) > 50  # nothing is clipped there
    assert of_image[bright].mean() == pytest.approx(12, rel=0.02)


def test_scramble_keeps_the_ink_and_loses_the_digit():
    x, _ = digits_of_ink()
    x = x + np.arange(28, dtype="uint8")  # no two columns alike
    scrambled = canvases.scramble(x, np.random.default_rng(0))
    assert scrambled.shape == (50, 20, 20)
    middle = x[:, 4:24, 4:24]
    np.testing.assert_array_equal(
        np.sort(scrambled.reshape(50, -1)), np.sort(middle.reshape(50, -1))
    )
    assert not (scrambled == middle).all(axis=(1, 2)).any()


@pytest.mark.parametrize("make", [canvases.tile_canvases, canvases.canvases])
def test_canvases_same_state_same_bytes(make):
    x, y = digits_of_ink()
    before = x.copy()
    first, again = (make(x, y, 20, np.random.default_rng(3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(x, before)
    assert [len(part) for part in make(x, y, 0, np.random.default_rng(3))] == [0, 0, 0]


@pytest.mark.parametrize("make", [canvases.tile_canvases, canvases.canvases])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image_size": 27}, "fit"),
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
        canvases.canvases(x, y, 2, np.random.default_rng(0), **bad)


def test_canvases_are_fast():
    x, y = digits_of_ink()
    canvases.canvases(x, y, 10, np.random.default_rng(0))
    started = time.process_time()
    canvases.canvases(x, y, 1000, np.random.default_rng(0))
    assert time.process_time() - started < 0.4  # four times as long as it takes here
