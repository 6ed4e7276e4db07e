import time

from course_utils import boxes, scenes
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest


def bars(n=30):
    """Digits that are easy to follow: upright white bars, 20 high and 10 wide."""
    x = np.zeros((n, 28, 28), "uint8")
    x[:, 4:24, 9:19] = 255
    return x, np.arange(n) % 10


def make(n=60, seed=0, part="train", **options):
    return scenes.scenes(*bars(), n, np.random.default_rng(seed), part, **options)


def test_shapes_types_and_padding():
    images, xyxy, labels = make(size=(80, 120), count=(0, 4), sides=(10, 30))
    assert images.shape == (60, 80, 120, 3) and images.dtype == np.uint8
    assert xyxy.shape == (60, 4, 4) and xyxy.dtype == np.float32
    assert labels.shape == (60, 4) and labels.dtype == np.int64
    there = labels >= 0
    assert set(there.sum(axis=1)) == {0, 1, 2, 3, 4}
    assert (np.diff(there.astype(int), axis=1) <= 0).all()  # the padding comes last
    assert (xyxy[~there] == 0).all() and (labels[~there] == -1).all()
    assert (xyxy[there][:, :2] >= 0).all() and (xyxy[there][:, 2:] <= [120, 80]).all()


def test_sizes_reach_from_end_to_end_log_uniformly():
    _, xyxy, _ = make(n=1500, size=70, sides=(12, 48))
    side = (xyxy[:, 0, 2:] - xyxy[:, 0, :2]).max(axis=1)
    assert side.min() == 12 and side.max() == 48
    assert np.median(side) == pytest.approx(24, abs=1)  # the geometric mean, not 30


def test_digits_cover_little_of_each_other():
    _, xyxy, labels = make(n=100, count=(4, 4), sides=(30, 40))
    assert (labels == -1).any()  # where there was no room
    for of_scene in xyxy:
        for i in range(4):
            for j in range(i):
                one, other = of_scene[i], of_scene[j]
                shared = np.clip(
                    np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None
                ).prod()
                areas = [(box[2:] - box[:2]).prod() for box in (one, other)]
                assert shared <= scenes.COVERED * min(areas) + 1e-3


def test_a_digit_is_cut_out_and_scaled_along_its_visible_ink():
    x, _ = bars()
    x[0, 0, 0] = scenes.VISIBLE  # a stray speck, too faint to count
    ink = scenes._rotate_and_cut(x[0], 0, 40)
    assert ink.shape == (40, 20)
    assert (ink == 255).mean() > 0.9
    turned = scenes._rotate_and_cut(x[0], 15, 40)
    assert turned.shape[0] == 40 and turned.shape[1] > 24  # a turned bar is wider


@given(st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_ink_differs_in_brightness_from_what_lies_behind(grey, seed):
    rng = np.random.default_rng(seed)
    image = np.full((20, 20, 3), grey, "uint8")
    image += rng.integers(0, 256 - grey, image.shape, dtype="uint8")
    before = (image[5:15, 5:15] @ scenes.LUMINANCE).mean()
    colors = rng.integers(256, size=(8, 3)).astype("float32")
    scenes._paint(image, (5, 5, 15, 15), np.full((10, 10), 255, "uint8"), colors)
    after = (image[5:15, 5:15] @ scenes.LUMINANCE).mean()
    assert abs(after - before) >= scenes.CONTRAST - 1  # the colour is rounded down


def test_training_and_testing_share_no_piece_of_a_photograph():
    parts = scenes.photographs()
    for train, test in zip(parts["train"], parts["test"], strict=True):
        assert train.shape == (427, 400, 3) and test.shape == (427, 240, 3)
        assert not np.shares_memory(train, test)
    images = make(seed=3, part="train")[0]
    assert (images != make(seed=3, part="test")[0]).any()


def test_same_state_same_bytes():
    x, y = bars()
    before = x.copy()
    first, again = (
        scenes.scenes(x, y, 20, np.random.default_rng(3), "test", count=(1, 3)) for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(x, before)
    assert [len(part) for part in make(n=0)] == [0, 0, 0]


def test_a_digit_stands_out_from_its_scene(monkeypatch):
    """The same scene with and without its last coat, the digit: they differ in the box alone."""
    x, y = bars()
    with_digit, xyxy, _ = scenes.scenes(x, y, 1, np.random.default_rng(1), "train", sides=(40, 40))
    paint, coats = scenes._paint, []
    monkeypatch.setattr(scenes, "_paint", lambda *coat: coats.append(coat))
    without, _, _ = scenes.scenes(x, y, 1, np.random.default_rng(1), "train", sides=(40, 40))
    for coat in coats[:-1]:
        paint(*coat)
    changed = (with_digit != without).any(axis=3)
    np.testing.assert_array_equal(boxes.tight_box(changed), xyxy[:, 0])


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"size": 40}, "must fit"),
        ({"size": (200, 60)}, "200×60"),
        ({"sides": (0, 20)}, "smallest side"),
        ({"sides": (30, 20)}, "smallest side"),
        ({"count": (3, 2)}, "fewest"),
        ({"count": (-1, 2)}, "fewest"),
        ({"part": "both"}, '"train" or "test"'),
    ],
)
def test_scenes_refuse(bad, says):
    with pytest.raises(ValueError, match=says):
        make(n=1, **bad)


def test_scenes_refuse_digits_that_cannot_be_seen():
    x, y = bars()
    with pytest.raises(ValueError, match="no ink above"):
        scenes.scenes(x // 8, y, 1, np.random.default_rng(0), "train")


def test_scenes_are_fast():
    make(n=10)
    started = time.process_time()
    make(n=500)
    assert time.process_time() - started < 1.2  # four times as long as it takes here
