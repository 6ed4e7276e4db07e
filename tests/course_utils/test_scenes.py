import time

from course_utils import boxes, scenes
from course_utils.digits import Digits
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
    images, xyxy, labels = make(image_size=(80, 120), count=(0, 4), sides=(10, 30))
    assert images.shape == (60, 80, 120, 3) and images.dtype == np.uint8
    assert xyxy.shape == (60, 4, 4) and xyxy.dtype == np.float32
    assert labels.shape == (60, 4) and labels.dtype == np.int64
    there = labels >= 0
    assert set(there.sum(axis=1)) == {0, 1, 2, 3, 4}
    assert (np.diff(there.astype(int), axis=1) <= 0).all()  # the padding comes last
    assert (xyxy[~there] == 0).all() and (labels[~there] == -1).all()
    assert (xyxy[there][:, :2] >= 0).all() and (xyxy[there][:, 2:] <= [120, 80]).all()


def test_sizes_reach_from_end_to_end_log_uniformly():
    _, xyxy, _ = make(n=1500, image_size=70, sides=(12, 48))
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
        ({"image_size": 40}, "must fit"),
        ({"image_size": (200, 60)}, "200×60"),
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


@pytest.fixture
def drawn(monkeypatch):
    """300 scenes of one digit: the digits and angles, and the coats of paint of each scene."""
    cut, paint, background = scenes._rotate_and_cut, scenes._paint, scenes._background
    record: dict = {"digits": [], "angles": [], "coats": []}

    def recording_cut(digit, angle, longer):
        record["digits"].append(digit)
        record["angles"].append(angle)
        return cut(digit, angle, longer)

    def recording_background(*arguments):
        record["coats"].append([])
        return background(*arguments)

    def recording_paint(image, box, ink, colors):
        before = image.copy()
        paint(image, box, ink, colors)
        record["coats"][-1].append((box, (image.astype(int) - before)[box[1] : box[3]], colors))

    monkeypatch.setattr(scenes, "_rotate_and_cut", recording_cut)
    monkeypatch.setattr(scenes, "_background", recording_background)
    monkeypatch.setattr(scenes, "_paint", recording_paint)
    x, y = bars()
    x[np.arange(30), 12, 13] = np.arange(30)  # no two alike
    record["images"], record["boxes"], record["labels"] = scenes.scenes(
        x, y, 300, np.random.default_rng(0), "train"
    )
    record["x"], record["y"] = x, y
    return record


def test_digits_are_turned_to_both_sides(drawn):
    angles = np.array(drawn["angles"])
    assert -15 <= angles.min() < -13.5 and 13.5 < angles.max() <= 15
    assert abs(angles.mean()) < 2


def test_all_digits_are_drawn_each_with_its_label(drawn):
    picks = [(digit == drawn["x"]).all(axis=(1, 2)).argmax() for digit in drawn["digits"]]
    np.testing.assert_array_equal(drawn["labels"][:, 0], drawn["y"][picks])
    assert len(set(picks)) == 30


def test_two_or_three_distractors_lie_behind_the_digit(drawn):
    counts = np.array([len(coats) - 1 for coats in drawn["coats"]])
    assert set(counts) == {2, 3} and counts.mean() == pytest.approx(2.5, abs=0.1)
    np.testing.assert_array_equal([coats[-1][0] for coats in drawn["coats"]], drawn["boxes"][:, 0])


@pytest.mark.parametrize("coat", [0, -1])  # a distractor, the digit
def test_places_reach_over_the_whole_scene_in_x_and_in_y(drawn, coat):
    box = np.array([coats[coat][0] for coats in drawn["coats"]])
    room = 96 - (box[:, 2:] - box[:, :2])
    share = box[:, :2] / room
    assert (share.min(axis=0) < 0.03).all() and (share.max(axis=0) > 0.97).all()
    np.testing.assert_allclose(share.mean(axis=0), 0.5, atol=0.06)
    assert abs(np.corrcoef(share.T)[0, 1]) < 0.2


def test_ink_has_all_colors(drawn):
    colors = np.concatenate([of for coats in drawn["coats"] for _, _, of in coats])
    np.testing.assert_allclose(colors.mean(axis=0), 127.5, atol=4)
    assert colors.min() == 0 and colors.max() == 255
    assert (np.abs(np.corrcoef(colors.T) - np.eye(3)) < 0.1).all()
    # What is painted is one of them, not a grey.
    changes = [
        change.reshape(-1, 3).mean(axis=0) for coats in drawn["coats"] for _, change, _ in coats
    ]
    assert np.median(np.ptp(changes, axis=1)) > 1


def test_the_first_color_with_enough_contrast_is_taken_else_black_or_white():
    def painted(grey, *colors):
        image = np.full((4, 4, 3), grey, "uint8")
        scenes._paint(image, (1, 0, 3, 2), np.full((2, 2), 255, "uint8"), np.float32(colors))
        assert (image[2:] == grey).all() and (image[:, [0, 3]] == grey).all()
        return image[0, 1].tolist()

    blue, red, green = [0, 0, 255], [255, 0, 0], [0, 255, 0]  # of brightness 29, 76 and 150
    assert painted(0, blue, red, green, [255] * 3) == green
    assert painted(255, [200, 200, 200], blue, red) == blue
    assert painted(60, blue, red, green) == [255] * 3
    assert painted(140, [130] * 3, green) == [0] * 3
    assert painted(120, green) == [255] * 3
    assert painted(0, [99] * 3, [101] * 3) == [101] * 3


def ramp_photographs():
    """Pictures that get lighter from left to right, and in the two parts of other colours."""
    train = np.zeros((427, 400, 3), "uint8")
    train[...] = np.arange(400)[:, None] // 2
    test = train[:, :240].copy()
    test[..., 0] = 255
    return {"train": [train], "test": [test]}


def test_backgrounds_are_pieces_of_photographs_and_mirror_images_of_pieces(monkeypatch):
    monkeypatch.setattr(scenes, "photographs", ramp_photographs)
    rng = np.random.default_rng(0)
    backgrounds = np.array([scenes._background(96, 96, rng, "train") for _ in range(400)]).astype(
        int
    )
    is_photograph = (np.ptp(backgrounds, axis=(1, 3)) <= 1).all(axis=1)
    assert is_photograph.mean() == pytest.approx(0.7, abs=0.06)
    row = backgrounds[is_photograph, 0, :, 0]
    assert (row[:, 0] > row[:, -1]).mean() == pytest.approx(0.5, abs=0.1)
    # From a quarter of the largest piece to all of it: 100 to 400 columns, half a grey level each.
    seen = np.ptp(row, axis=1)
    assert 48 <= seen.min() < 58 and 190 < seen.max() <= 200
    assert row.min() < 5 and row.max() > 194  # up to both rims


def test_a_texture_is_coloured_and_soft(monkeypatch):
    monkeypatch.setattr(scenes, "photographs", ramp_photographs)
    rng = np.random.default_rng(0)
    backgrounds = np.array([scenes._background(96, 96, rng, "test") for _ in range(200)]).astype(
        float
    )
    of_photograph = (backgrounds[..., 0] == 255).all(axis=(1, 2))  # the other part's are not red
    assert of_photograph.mean() == pytest.approx(0.7, abs=0.08)
    means = backgrounds[~of_photograph].mean(axis=(1, 2))
    assert means.min() < 70 and means.max() > 185
    assert (np.ptp(means, axis=1) > 10).mean() > 0.8
    spread = backgrounds[~of_photograph].std(axis=(1, 2)).mean(axis=1)
    assert spread.min() < 12 and spread.max() > 30
    beside = np.abs(np.diff(backgrounds[~of_photograph], axis=2)).mean(axis=(1, 2, 3))
    assert np.median(beside) < 12


def test_scene_set_is_that_of_the_lessons():
    x, y = bars()
    digits = Digits(x, y * 0 + 1, x, y * 0 + 2, "sklearn")
    images, xyxy, labels = scenes.scene_set(digits, 150, "train", np.random.default_rng(0))
    assert images.shape == (150, 96, 96, 3)
    assert set(labels.ravel()) == {-1, 1} and set((labels > 0).sum(axis=1)) == {1, 2, 3, 4}
    side = (xyxy[..., 2:] - xyxy[..., :2]).max(axis=2)[labels > 0]
    assert side.min() == 12 and side.max() > 60
    assert set(scenes.scene_set(digits, 5, "test", np.random.default_rng(0))[2].ravel()) <= {-1, 2}


def test_the_faint_rim_of_a_digit_is_cut_off_and_its_corners_are_not():
    x, _ = bars()
    x[0, 4:24, 5:9], x[1, 4:24, 5:9] = 60, 70
    assert [scenes._rotate_and_cut(digit, 0, 40).shape for digit in x[:2]] == [(40, 20), (40, 28)]
    turned = scenes._rotate_and_cut(np.full((28, 28), 255, "uint8"), 15, 40)
    turn = np.deg2rad(15)
    assert turned.mean() / 255 == pytest.approx((np.cos(turn) + np.sin(turn)) ** -2, abs=0.02)


def test_a_place_is_free_where_a_tenth_is_covered():
    tries = np.array([[8.5, 0], [9.5, 0], [20, 0]]) / 31
    assert scenes._free_place((10, 10), tries, (40, 41), [(0, 0, 10, 10)]) == (9, 0, 19, 10)
    assert scenes._free_place((10, 10), tries[:1], (40, 41), [(0, 0, 10, 10)]) is None


def test_a_digit_has_eight_tries_to_find_a_place():
    _, _, labels = make(n=100, count=(4, 4), sides=(30, 40))
    assert (labels >= 0).sum(axis=1).mean() > 3.5


def test_sizes_by_default(drawn):
    longer = (drawn["boxes"][:, 0, 2:] - drawn["boxes"][:, 0, :2]).max(axis=1)
    assert longer.min() == 12 and 60 < longer.max() <= 64


def test_all_photographs_of_a_part_are_used(monkeypatch):
    flat = [np.full((427, 400, 3), grey, "uint8") for grey in (50, 200)]
    monkeypatch.setattr(scenes, "photographs", lambda: {"train": flat})
    rng = np.random.default_rng(0)
    backgrounds = [scenes._background(20, 30, rng, "train") for _ in range(60)]
    flats = [image[0, 0, 0] for image in backgrounds if np.ptp(image) == 0]
    assert flats.count(50) > 10 and flats.count(200) > 10
