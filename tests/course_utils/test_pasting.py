from course_utils import pasting
import numpy as np
import pytest

WHITE = np.full((60, 70, 3), 255, "uint8")
BLACK = np.zeros((40, 96, 96, 3), "uint8")


def rng(seed=0):
    return np.random.default_rng(seed)


def bright(image, level=127):
    """The box around what is brighter than a level."""
    y, x = np.nonzero(image.max(axis=-1) > level)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


@pytest.mark.parametrize("is_round", [True, False])
@pytest.mark.parametrize("box", [[10, 12, 40, 30], [0, 0, 20, 20], [50, 40, 70, 60]])
def test_a_cut_out_covers_its_box_and_no_more(box, is_round):
    cut = pasting.trimmed(pasting.cut_out(WHITE, box, is_round))
    assert cut.shape == (box[3] - box[1], box[2] - box[0], 4)
    assert cut.dtype == np.float32
    middle = cut[cut.shape[0] // 2, cut.shape[1] // 2]
    assert middle.tolist() == [255, 255, 255, 1]
    assert (cut[0, 0, 3] == 0) == is_round


def test_a_cut_out_shows_the_picture():
    picture = rng().integers(0, 256, (50, 50, 3)).astype("uint8")
    cut = pasting.cut_out(picture, [10, 10, 30, 40])
    np.testing.assert_array_equal(cut[..., :3], picture[6:44, 6:34])


def test_a_disc_is_grey_textured_and_nearly_round():
    shapes = []
    for seed in range(20):
        disc = pasting.trimmed(pasting.textured_disc(rng(seed)))
        assert (np.ptp(disc[..., :3], axis=-1) == 0).all()
        assert disc[..., 0][disc[..., 3] == 1].std() > 5
        shapes.append(disc.shape[:2])
    assert {width for _, width in shapes} == {44}
    assert len({height for height, _ in shapes}) > 3


@pytest.mark.parametrize("factor", [0.5, 1, 2])
def test_scale_and_box_go_together(factor):
    cut = pasting.cut_out(WHITE, [10, 10, 50, 50])
    changed = pasting.changed(cut, rng(), (factor, factor), relit=False)
    sides = pasting.trimmed(changed).shape[:2]
    np.testing.assert_allclose(sides, 40 * factor, atol=1.5)
    assert changed[..., :3].max() == 255


def test_changes_differ_and_stay_in_range():
    cut = pasting.cut_out(rng().integers(0, 256, (60, 70, 3)).astype("uint8"), [10, 10, 50, 50])
    before, generator = cut.copy(), rng()
    changed = [pasting.changed(cut, generator) for _ in range(50)]
    np.testing.assert_array_equal(cut, before)
    assert all(each.min() >= 0 and each[..., :3].max() <= 255 for each in changed)
    assert all(each[..., 3].max() <= 1 for each in changed)
    assert len({each.shape for each in changed}) > 20
    means = [np.average(each[..., 0], weights=each[..., 3]) for each in changed]
    assert max(means) - min(means) > 60


def test_boxes_are_where_things_were_pasted():
    cuts = [pasting.cut_out(WHITE, [10, 10, 50, 40])]
    images, boxes, labels = pasting.pasted(BLACK, cuts, rng(), count=(1, 1), change=None)
    assert (labels == 0).all() and boxes.shape == (40, 1, 4)
    assert [bright(image) for image in images] == boxes[:, 0].tolist()
    assert not BLACK.any()


def test_counts_padding_and_labels():
    cuts = [pasting.cut_out(WHITE, [0, 0, 12, 12]), pasting.cut_out(WHITE, [0, 0, 24, 24])]
    options = {"count": (0, 3), "change": None, "classes": [5, 7]}
    _, boxes, labels = pasting.pasted(BLACK, cuts, rng(), **options)
    is_box = labels >= 0
    assert set(is_box.sum(axis=1)) == {0, 1, 2, 3}
    assert (boxes[~is_box] == 0).all()
    sides = (boxes[..., 2] - boxes[..., 0])[is_box]
    assert (np.where(labels[is_box] == 5, 12, 24) == sides).all()


@pytest.mark.parametrize("covered", [0, 0.3])
def test_no_box_is_covered_more_than_allowed(covered):
    cuts = [pasting.cut_out(WHITE, [0, 0, 30, 30])]
    options = {"count": (6, 6), "change": None, "covered": covered}
    _, boxes, labels = pasting.pasted(BLACK, cuts, rng(), **options)
    shares = []
    for of_image, is_box in zip(boxes, labels >= 0, strict=True):
        of_image = of_image[is_box]
        low = np.maximum(of_image[:, None, :2], of_image[:, :2])
        high = np.minimum(of_image[:, None, 2:], of_image[:, 2:])
        common = np.clip(high - low, 0, None).prod(axis=-1)
        shares.append(common[~np.eye(len(of_image), dtype=bool)].max(initial=0) / 900)
    assert max(shares) <= covered
    assert (max(shares) > 0.1) == (covered > 0)


def test_what_is_too_large_is_left_out():
    cuts = [pasting.cut_out(WHITE, [0, 0, 60, 60])]
    _, boxes, labels = pasting.pasted(BLACK[:, :50], cuts, rng(), change=None)
    assert (labels == -1).all() and not boxes.any()


def picture_of_two():
    picture = np.zeros((90, 200, 3), "uint8")
    boxes = np.array([[10, 10, 50, 40], [120, 30, 170, 80]], float)
    for x1, y1, x2, y2 in boxes.astype(int):
        picture[y1:y2, x1:x2] = 200
    return picture, boxes


@pytest.mark.parametrize("change", [False, True])
def test_pieces_keep_boxes_where_things_are(change):
    picture, boxes = np.zeros((120, 120, 3), "uint8"), np.array([[30, 40, 70, 70.0]])
    picture[40:70, 30:70] = 200
    images, true_boxes, labels = pasting.cropped(picture, boxes, [3], 200, 96, rng(), change)
    assert images.shape == (200, 96, 96, 3) and images.dtype == np.uint8
    assert (true_boxes[labels == -1] == 0).all()
    is_in = labels[:, 0] == 3
    assert is_in.sum() > 150
    for image, box in zip(images[is_in], true_boxes[is_in, 0], strict=True):
        level = (int(image.max()) + int(image.min())) / 2
        np.testing.assert_allclose(bright(image, level), box, atol=1.5)
    widths = (true_boxes[..., 2] - true_boxes[..., 0])[is_in]
    assert (np.ptp(widths) > 20) == change


def test_a_box_of_which_less_than_half_is_seen_does_not_count():
    picture, boxes = picture_of_two()
    _, true_boxes, labels = pasting.cropped(picture, boxes, [0, 0], 300, 96, rng())
    sides = true_boxes[..., 2:] - true_boxes[..., :2]
    assert sides.prod(axis=-1)[labels >= 0].min() >= 0.5 * 30 * 40


def test_a_picture_without_boxes_and_smaller_than_a_piece():
    images, true_boxes, labels = pasting.cropped(
        WHITE[:40], np.zeros((0, 4)), np.zeros(0, int), 3, 96, rng()
    )
    assert images.shape == (3, 96, 96, 3) and (labels == -1).all() and not true_boxes.any()


def test_the_same_generator_gives_the_same_scenes():
    cuts = [pasting.textured_disc(rng(1))]
    first, second = (pasting.pasted(BLACK, cuts, rng(2)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
