import json

from course_utils import boxes, coco, coins, pasting, photos
import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(coins, "BUILD", tmp_path)
    return coins.folder()


@pytest.fixture(scope="module")
def cuts():
    return [pasting.textured_disc(np.random.default_rng(i), 40) for i in range(5)]


def test_the_folder_holds_two_halves_with_twelve_coins_each(folder, tmp_path):
    assert folder == tmp_path / "coins"
    (upper, lower), names = coco.read_coco(folder)
    assert names == {1: "coin"}
    assert [upper["file_name"], lower["file_name"]] == ["upper.png", "lower.png"]
    assert (upper["height"], lower["height"], upper["width"]) == (150, 153, 384)
    assert len(upper["boxes"]) == len(lower["boxes"]) == 12
    assert sorted(path.name for path in folder.iterdir()) == [
        "annotations.json",
        "lower.png",
        "upper.png",
    ]


def test_boxes_hold_what_is_lighter_than_the_cloth(folder):
    pictures, _ = coco.read_coco(folder)
    for picture in pictures:
        grey = photos.read_image(picture["path"])[..., 0].astype(float)
        apart = boxes.pairwise_iou(picture["boxes"], picture["boxes"])
        assert (apart[~np.eye(12, dtype=bool)] == 0).all()
        for x1, y1, x2, y2 in picture["boxes"].astype(int):
            inside = grey[y1 + 8 : y2 - 8, x1 + 8 : x2 - 8].mean()
            rim = np.r_[grey[y1 - 4 : y2 + 4, x1 - 4], grey[y1 - 4, x1 - 4 : x2 + 2]].mean()
            assert inside > rim + 20


def test_a_changed_file_of_boxes_is_refused(tmp_path, monkeypatch):
    changed = tmp_path / "coins.json"
    changed.write_text(coins.DRAWN.read_text("utf-8").replace("[22, 35", "[23, 35"), "utf-8")
    monkeypatch.setattr(coins, "DRAWN", changed)
    with pytest.raises(ValueError, match="coins.json was changed or damaged"):
        coins.folder()


def test_where_nothing_can_be_written_a_temporary_folder_serves(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(coins, "BUILD", tmp_path / "file")
    monkeypatch.setattr(coins.tempfile, "tempdir", str(tmp_path))
    folder = coins.folder()
    assert folder.name.startswith("course-coins-") and len(coco.read_coco(folder)[0]) == 2


def test_the_cloth_has_no_coin():
    cloth = coins.cloth()
    assert cloth.shape == (303, 384, 3) and cloth.dtype == np.uint8
    for entry in json.loads(coins.DRAWN.read_text("utf-8"))["annotations"]:
        x, y, width, height = entry["bbox"]
        y += coins.CUT * (entry["image_id"] == 2)
        assert cloth[y : y + height, x : x + width].mean() < 115


@pytest.mark.parametrize("kind", coins.KINDS)
def test_harder_pictures_and_their_boxes(kind, cuts):
    images, true_boxes = coins.harder(kind, 3, cuts, np.random.default_rng(0))
    again, same = coins.harder(kind, 3, cuts, np.random.default_rng(0))
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(true_boxes, same)
    height, width = (192, 256) if kind == "a heap" else (303, 384)
    assert images.shape == (3, height, width, 3) and images.dtype == np.uint8
    is_box = true_boxes[..., 2] > 0
    assert is_box.sum() > 20
    real = true_boxes[is_box]
    assert (real[:, :2] >= 0).all() and (real[:, 2:] <= [width, height]).all()
    side = (real[:, 2:] - real[:, :2]).mean()
    assert side == pytest.approx(20 if kind == "half the size" else 40, abs=3)
    overlap = boxes.pairwise_iou(true_boxes[0][is_box[0]], true_boxes[0][is_box[0]])
    touching = (overlap[~np.eye(len(overlap), dtype=bool)] > 0).any()
    assert touching == (kind == "a heap")
    spread = images[0].std()
    assert (spread < 20) == (kind == "faint")
    assert (images.mean() > 128) == (kind == "dark on light")


def test_another_kind_is_refused(cuts):
    with pytest.raises(ValueError, match="kind must be one of apart, a heap"):
        coins.harder("easy", 1, cuts, np.random.default_rng(0))
