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


def test_canvases_same_state_same_bytes():
    make = canvases.canvases
    x, y = digits_of_ink()
    before = x.copy()
    first, again = (make(x, y, 20, np.random.default_rng(3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_array_equal(x, before)
    assert [len(part) for part in make(x, y, 0, np.random.default_rng(3))] == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image_size": 39}, "image_size"),
        ({"x": np.zeros((3, 8, 8), "uint8")}, r"x must be \(N, 28, 28\)"),
        ({"x": np.zeros((3, 28, 28))}, "float64"),
        ({"x": np.zeros((3, 28, 28), int)}, r"uint8 \(N, 28, 28\), N >= 1, got int64"),
        ({"y": np.zeros(4, int)}, r"y must be \(N,\) where N = 3"),
        ({"x": np.zeros((0, 28, 28), "uint8"), "y": np.zeros(0, int)}, "N >= 1"),
    ],
)
def test_canvases_refuse(change, says):
    good = {"x": np.full((3, 28, 28), 9, "uint8"), "y": np.zeros(3, int)}
    with pytest.raises((TypeError, ValueError), match=says):
        canvases.canvases(n=2, rng=np.random.default_rng(0), **(good | change))


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


def test_scramble_moves_every_tile_and_transposes_one_in_two():
    tiles = 10 * np.arange(16).reshape(4, 4, 1, 1) + np.arange(5)[:, None] + np.zeros(5, int)
    x = np.zeros((200, 28, 28), "uint8")
    x[:, 4:24, 4:24] = tiles.swapaxes(1, 2).reshape(20, 20)  # each says its number and its row
    scrambled = canvases.scramble(x, np.random.default_rng(0)).astype(int)
    tiles = scrambled.reshape(200, 4, 5, 4, 5).swapaxes(2, 3).reshape(200, 16, 5, 5)
    is_transposed = tiles[..., 0, 0] == tiles[..., 4, 0]
    assert (np.where(is_transposed, tiles[..., 0, 4], tiles[..., 4, 0]) % 10 == 4).all()
    assert is_transposed.mean() == pytest.approx(0.5, abs=0.05)
    order = tiles[..., 0, 0] // 10
    np.testing.assert_array_equal(np.sort(order), np.tile(np.arange(16), (200, 1)))
    np.testing.assert_allclose(order.mean(axis=0), 7.5, atol=1.5)  # each at every place


@pytest.fixture
def plans():
    """What lies on 300 canvases: plans, tight boxes, labels."""
    return canvases.plan_canvases(*digits_of_ink(), 300, np.random.default_rng(0))


def test_two_or_three_distractors_of_the_sizes_of_the_digits(plans):
    counts = np.array([len(plan.inks) - 1 for plan in plans[0]])
    assert set(counts) == {2, 3} and counts.mean() == pytest.approx(2.5, abs=0.1)
    x1, y1, x2, y2 = np.concatenate([plan.places[1:] for plan in plans[0]]).T
    np.testing.assert_array_equal(x2 - x1, y2 - y1)
    assert set(x2 - x1) == set(range(14, 41))


def test_inks_have_contrasts_of_their_own(plans):
    contrasts = np.array([plan.contrasts[:3] for plan in plans[0]])
    assert (contrasts.min(axis=0) < 0.3).all() and (contrasts.max(axis=0) > 0.95).all()
    assert contrasts.min() >= 0.25 and contrasts.max() <= 1
    assert (np.abs(np.corrcoef(contrasts.T) - np.eye(3)) < 0.2).all()


def test_canvases_are_of_all_greys_up_to_100(plans):
    level = np.array([plan.level for plan in plans[0]])
    assert level.min() < 5 and 95 < level.max() <= 100
    assert level.mean() == pytest.approx(50, abs=6)


def test_digits_lie_anywhere_in_x_and_in_y(plans):
    _, xyxy, _ = plans
    share = xyxy[:, :2] / (75 - xyxy[:, 2:] + xyxy[:, :2])
    assert (share.min(axis=0) == 0).all() and (share.max(axis=0) == 1).all()
    np.testing.assert_allclose(share.mean(axis=0), 0.5, atol=0.06)
    assert abs(np.corrcoef(share.T)[0, 1]) < 0.2


def test_a_plan_drawn_without_its_digit_changes_only_where_the_digit_is(plans):
    rng = np.random.default_rng(0)
    for plan, box in zip(plans[0][:30], plans[1], strict=False):
        beside = plan._replace(
            inks=plan.inks[1:], places=plan.places[1:], contrasts=plan.contrasts[1:]
        )
        whole, rest = (canvases.draw_canvas(one, 75, rng, noise=0) for one in (plan, beside))
        x1, y1, x2, y2 = box.astype(int)
        assert (whole >= rest).all() and (whole > rest).any()
        assert not (whole != rest)[:y1].any() and not (whole != rest)[y2:].any()
        assert not (whole != rest)[:, :x1].any() and not (whole != rest)[:, x2:].any()


def test_distractors_hide_little_of_the_digit():
    digit = np.tile([0, 0, 40, 75], (200, 1))  # of 66 columns, 40 meet it; of eight tries one not
    beside = canvases._distractor_boxes(digit, (10, 10), 75, np.random.default_rng(0))
    assert (beside[..., 0] >= 40).mean() > 0.95
    assert beside[..., 1].min() < 3 and beside[..., 3].max() > 72


def test_canvases_have_noise_of_twelve_grey_levels():
    x, y = digits_of_ink()
    images, _, _ = canvases.canvases(x, y, 100, np.random.default_rng(0), contrast=(0, 0))
    bright = images.mean(axis=(1, 2, 3)) > 50
    assert images[bright].astype(float).std(axis=(1, 2, 3)).mean() == pytest.approx(12, rel=0.03)


def test_ink_is_brighter_than_its_canvas_by_its_share_of_the_contrast():
    x, y = digits_of_ink()
    x[:] = 255 * (x > 0)
    options = {"contrast": (0.5, 0.5), "noise": 0}
    images, _, _ = canvases.canvases(x, y, 100, np.random.default_rng(0), **options)
    level, ink = images.min(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))
    np.testing.assert_allclose(ink, level + 0.5 * (255.0 - level), atol=1.5)


def test_canvases_are_of_75_pixels():
    images, _, _ = canvases.canvases(*digits_of_ink(), 2, np.random.default_rng(0))
    assert images.shape == (2, 75, 75, 1)
