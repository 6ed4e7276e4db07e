from course_utils import pasting
import numpy as np
from PIL import Image
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


@pytest.fixture
def drawn(tmp_path):
    """A function of boxes of a picture, 400×240 px, grey, where they are white; read with them."""

    def draw(*boxes, color=(90, 90, 90), labels=None):
        picture = np.full((240, 400, 3), color, "uint8")
        for x1, y1, x2, y2 in boxes:
            picture[y1:y2, x1:x2] = 255
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.png"
        Image.fromarray(picture).save(path)
        corners = np.reshape(boxes, (-1, 4)).astype("float64")
        labels = np.zeros(len(boxes), int) if labels is None else np.array(labels)
        size = {"width": 400, "height": 240}
        return size | {"path": path, "boxes": corners, "labels": labels}

    return draw


def black(n, rng, is_grey):
    return np.zeros((n, 96, 96, 3), "uint8")


def test_scenes_of_drawn_pictures_are_crops_and_copies_at_one_scale(drawn):
    pictures = [drawn((100, 60, 188, 148)), drawn((20, 20, 108, 64), labels=[1]), drawn()]
    made = pasting.drawn_scenes(pictures, 300, 0.5, 96, False, black, rng())
    images, boxes, labels = made
    assert images.shape == (300, 96, 96, 3) and len(boxes) == len(labels) == 300
    is_copy = (images[:, 0, 0] == 0).all(axis=-1) | (images[:, -1, -1] == 0).all(axis=-1)
    assert 130 < is_copy.sum() < 170
    sides = (boxes[..., 2:] - boxes[..., :2])[(labels == 0) & is_copy[:, None]].max(axis=-1)
    # 44 px, changed by 0.6 to 1.6 and turned
    assert 44 * 0.6 - 1 <= sides.min() < 35 and 80 < sides.max() <= 96
    assert {-1, 0, 1} == set(np.unique(labels))
    again = pasting.drawn_scenes(pictures, 300, 0.5, 96, False, black, rng())
    for one, other in zip(made, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_would_be_too_small_is_not_pasted(drawn):
    tiny, large = (10, 10, 18, 16), (100, 60, 188, 148)
    both = drawn(tiny, large, labels=[1, 0])
    _, boxes, labels = pasting.drawn_scenes([both], 200, 0.5, 96, True, black, rng())
    sides = (boxes[..., 2:] - boxes[..., :2]).max(axis=-1)
    assert sides[labels == 1].max() < 8  # in crops alone
    images, _, labels = pasting.drawn_scenes([drawn(tiny)], 200, 0.5, 96, True, black, rng())
    assert len(images) == 100 and (images > 0).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("color", [(90, 90, 90), (90, 91, 90)])
def test_backgrounds_are_grey_where_all_pictures_are(drawn, color):
    given = []

    def behind(n, rng, is_grey):
        given.append((n, bool(is_grey)))
        return black(n, rng, is_grey)

    pictures = [drawn((100, 60, 188, 148), color=color), drawn((100, 60, 188, 148))]
    pasting.drawn_scenes(pictures, 40, 0.5, 96, True, behind, rng())
    assert given == [(20, color == (90, 90, 90))]
