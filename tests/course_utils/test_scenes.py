import hashlib
import socket
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


def make(n=60, seed=0, part="train", count=(1, 1), **options):
    pictures = scenes.photographs()[part]
    return scenes.scenes(*bars(), n, np.random.default_rng(seed), pictures, count=count, **options)


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
    scenes._paint(image, (5, 5, 15, 15), np.full((10, 10), 255, "uint8"), colors, 1)
    after = (image[5:15, 5:15] @ scenes.LUMINANCE).mean()
    assert abs(after - before) >= scenes.CONTRAST - 1  # the colour is rounded down


def test_photographs_of_the_test_are_none_of_the_training():
    parts = scenes.photographs()
    assert parts.keys() == {"train", "test"} and [len(part) for part in parts.values()] == [4, 2]
    digests = [hashlib.sha256(p.tobytes()).digest() for part in parts.values() for p in part]
    assert len(set(digests)) == 6
    for picture in parts["train"] + parts["test"]:
        assert picture.dtype == np.uint8 and picture.shape[2:] == (3,)
        assert min(picture.shape[:2]) >= 300


def test_photographs_ask_for_nothing_outside(monkeypatch):
    """They come with the packages: no socket is opened, no cache written."""

    def no_socket(*_, **__):
        raise AssertionError("a network was asked for")

    monkeypatch.setattr(socket, "socket", no_socket)
    assert len(scenes.photographs.__wrapped__()["test"]) == 2


def test_same_state_same_bytes():
    x, y = bars()
    before = x.copy()
    first, again = (
        scenes.scenes(x, y, 20, np.random.default_rng(3), scenes.photographs()["test"])
        for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(x, before)
    assert [len(part) for part in make(n=0)] == [0, 0, 0]


def test_a_digit_stands_out_from_its_scene(monkeypatch):
    """The same scene with and without its last coat, the digit: they differ in the box alone."""
    with_digit, xyxy, _ = make(1, seed=1, sides=(40, 40))
    paint, coats = scenes._paint, []
    monkeypatch.setattr(scenes, "_paint", lambda *coat: coats.append(coat))
    without, _, _ = make(1, seed=1, sides=(40, 40))
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
        ({"count": (3, 2)}, r"most digits, got \(3, 2\)"),
        ({"count": (-1, 2)}, "fewest"),
        ({"clutter": (3, 2)}, r"most distractors, got \(3, 2\)"),
    ],
)
def test_scenes_refuse(bad, says):
    with pytest.raises(ValueError, match=says):
        make(n=1, **bad)


@pytest.mark.parametrize("pictures", [[], [np.zeros((9, 9, 3))], [np.zeros((9, 9), "uint8")]])
def test_scenes_refuse_pictures_that_are_none(pictures):
    with pytest.raises(ValueError, match=r"pictures must be uint8 \(H, W, 3\)"):
        scenes.scenes(*bars(), 1, np.random.default_rng(0), pictures)


def test_scenes_refuse_digits_that_cannot_be_seen():
    x, y = bars()
    with pytest.raises(ValueError, match="no ink above"):
        scenes.scenes(x // 8, y, 1, np.random.default_rng(0), scenes.photographs()["train"])


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

    def recording_paint(image, box, ink, colors, opacity):
        before = image.copy()
        paint(image, box, ink, colors, opacity)
        record["coats"][-1].append((box, (image.astype(int) - before)[box[1] : box[3]], colors))

    monkeypatch.setattr(scenes, "_rotate_and_cut", recording_cut)
    monkeypatch.setattr(scenes, "_background", recording_background)
    monkeypatch.setattr(scenes, "_paint", recording_paint)
    x, y = bars()
    x[np.arange(30), 12, 13] = np.arange(30)  # no two alike
    record["images"], record["boxes"], record["labels"] = scenes.scenes(
        x, y, 300, np.random.default_rng(0), scenes.photographs()["train"], count=(1, 1)
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
        scenes._paint(image, (1, 0, 3, 2), np.full((2, 2), 255, "uint8"), np.float32(colors), 1)
        assert (image[2:] == grey).all() and (image[:, [0, 3]] == grey).all()
        return image[0, 1].tolist()

    blue, red, green = [0, 0, 255], [255, 0, 0], [0, 255, 0]  # of brightness 29, 76 and 150
    assert painted(0, blue, red, green, [255] * 3) == green
    assert painted(255, [200, 200, 200], blue, red) == blue
    assert painted(60, blue, red, green) == [255] * 3
    assert painted(140, [130] * 3, green) == [0] * 3
    assert painted(120, green) == [255] * 3
    assert painted(0, [99] * 3, [101] * 3) == [101] * 3


def ramp(red):
    """A picture of one red that gets lighter from left to right, half a level a column."""
    picture = np.zeros((427, 400, 3), "uint8")
    picture[...] = np.arange(400)[:, None] // 2
    picture[..., 0] = red
    return picture


def test_backgrounds_are_pieces_of_photographs_and_mirror_images_of_pieces():
    rng, pictures = np.random.default_rng(0), [ramp(255)]
    backgrounds = np.array([scenes._background(96, 96, rng, pictures) for _ in range(400)])
    backgrounds = backgrounds.astype(int)
    is_photograph = (backgrounds[..., 0] == 255).all(axis=(1, 2))
    assert (np.ptp(backgrounds[is_photograph, ..., 1], axis=1) <= 1).all()  # of vertical stripes
    assert is_photograph.mean() == pytest.approx(0.7, abs=0.06)
    row = backgrounds[is_photograph, 0, :, 1]
    assert (row[:, 0] > row[:, -1]).mean() == pytest.approx(0.5, abs=0.1)
    # From a quarter of the largest piece to all of it: 100 to 400 columns, half a grey level each.
    seen = np.ptp(row, axis=1)
    assert 48 <= seen.min() < 58 and 190 < seen.max() <= 200
    assert row.min() < 5 and row.max() > 194  # up to both rims


def test_a_texture_is_coloured_and_soft():
    rng, pictures = np.random.default_rng(0), [ramp(255)]
    backgrounds = np.array([scenes._background(96, 96, rng, pictures) for _ in range(200)])
    backgrounds = backgrounds.astype(float)
    of_photograph = (backgrounds[..., 0] == 255).all(axis=(1, 2))
    assert of_photograph.mean() == pytest.approx(0.7, abs=0.08)
    means = backgrounds[~of_photograph].mean(axis=(1, 2))
    assert means.min() < 70 and means.max() > 185
    assert (np.ptp(means, axis=1) > 10).mean() > 0.8
    spread = backgrounds[~of_photograph].std(axis=(1, 2)).mean(axis=1)
    assert spread.min() < 12 and spread.max() > 30
    beside = np.abs(np.diff(backgrounds[~of_photograph], axis=2)).mean(axis=(1, 2, 3))
    assert np.median(beside) < 12


@pytest.fixture
def digits():
    """Thirty training digits, of which the last five are labelled 5, and test digits, all 6."""
    x, _ = bars()
    return Digits(x, np.r_[np.arange(25) % 5, [5] * 5], x, np.full(30, 6), "sklearn")


def test_scene_set_is_that_of_the_lessons(digits):
    images, xyxy, labels = scenes.scene_set(digits, 150, "train", np.random.default_rng(0))
    assert images.shape == (150, 96, 96, 3)
    assert set((labels >= 0).sum(axis=1)) == {1, 2, 3, 4}
    side = (xyxy[..., 2:] - xyxy[..., :2]).max(axis=2)[labels >= 0]
    assert side.min() == 12 and side.max() > 60


def test_parts_share_no_digits_and_no_photographs_that_they_should_not(digits, monkeypatch):
    """Choices are made on "validation": it has no digit of "train", no photograph of the test."""
    monkeypatch.setattr(scenes, "photographs", lambda: {"train": [ramp(0)], "test": [ramp(255)]})
    seen, red = {}, {}
    for part in scenes.PARTS:
        images, _, labels = scenes.scene_set(digits, 60, part, np.random.default_rng(0))
        seen[part] = set(labels[labels >= 0])
        reds = np.median(images[..., 0], axis=(1, 2))
        red[part] = (reds == 255).any(), (reds == 0).any()
    train, validation, test = set(range(5)), {5}, {6}
    assert seen == dict(zip(scenes.PARTS, (train, validation, test, test, test), strict=True))
    familiar, unseen = (False, True), (True, False)
    pictures = (familiar, familiar, unseen, familiar, unseen)
    assert red == dict(zip(scenes.PARTS, pictures, strict=True))


def test_the_harder_part_has_more_digits_more_clutter_and_less_contrast(digits, monkeypatch):
    coats = []
    monkeypatch.setattr(scenes, "_paint", lambda *coat: coats.append(coat))
    for part, most, inks, clutter, opacity in (
        ("test", 4, 2.5, 2.5, 1),
        ("harder", 6, 4.3, 4.5, 0.6),
    ):
        coats.clear()
        _, _, labels = scenes.scene_set(digits, 200, part, np.random.default_rng(0))
        assert labels.shape == (200, most)
        drawn = (labels >= 0).sum()
        assert drawn / 200 == pytest.approx(inks, abs=0.2)
        assert (len(coats) - drawn) / 200 == pytest.approx(clutter, abs=0.1)
        assert {coat[-1] for coat in coats} == {opacity}


def test_options_of_scenes_go_before_those_of_the_part(digits):
    rng = np.random.default_rng(0)
    options = {"image_size": 64, "count": (1, 1), "sides": (28, 56)}
    images, xyxy, _ = scenes.scene_set(digits, 20, "harder", rng, **options)
    assert images.shape == (20, 64, 64, 3) and xyxy.shape == (20, 1, 4)
    assert (xyxy[..., 2:] - xyxy[..., :2]).max(axis=2).min() >= 28


def test_a_part_that_there_is_not(digits):
    with pytest.raises(ValueError, match="train, validation, test, familiar, harder, got 'both'"):
        scenes.scene_set(digits, 1, "both", np.random.default_rng(0))


def test_ink_hides_as_much_of_what_lies_behind_as_is_asked_for():
    image = np.full((4, 4, 3), 50, "uint8")
    scenes._paint(image, (0, 0, 4, 4), np.full((4, 4), 255, "uint8"), np.float32([[250] * 3]), 0.6)
    assert (image == 170).all()  # 60 % of the way from 50 to 250


@given(st.integers(0, 19), st.floats(-15, 15), st.integers(12, 64))
def test_a_resized_digit_has_visible_ink_in_all_four_edges(which, angle, longer):
    """Its own last rows and columns may fade when it is resized: they are cut off."""
    digit = faint_edges()[which]
    ink = scenes._rotate_and_cut(digit, angle, longer) > scenes.VISIBLE
    assert ink[0].any() and ink[-1].any() and ink[:, 0].any() and ink[:, -1].any()
    assert max(ink.shape) <= longer


def faint_edges():
    """Twenty bars with a faint tip at each end, a pixel wide."""
    x = np.repeat(bars(1)[0], 20, axis=0)
    x[:, [3, 24], 13] = np.linspace(66, 200, 20, dtype="uint8")[:, None]
    return x


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


def test_all_pictures_are_used():
    flat = [np.full((427, 400, 3), grey, "uint8") for grey in (50, 200)]
    rng = np.random.default_rng(0)
    backgrounds = [scenes._background(20, 30, rng, flat) for _ in range(60)]
    flats = [image[0, 0, 0] for image in backgrounds if np.ptp(image) == 0]
    assert flats.count(50) > 10 and flats.count(200) > 10
