import copy
import json
import re

from course_utils import coco, photos
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
import numpy as np
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
import pytest

NAMES = {3: "cat", 7: "dog"}
DRAWN = {
    "images": [
        {"id": 12, "file_name": "a cat.png", "width": 30, "height": 20},
        {"id": 5, "file_name": "below/ein Hund – ä.png", "width": 16, "height": 24},
        {"id": 6, "file_name": "nothing.png", "width": 8, "height": 8},
    ],
    "annotations": [
        {"id": 1, "image_id": 12, "category_id": 7, "bbox": [2, 3, 10, 5], "iscrowd": 0},
        {"id": 2, "image_id": 5, "category_id": 3, "bbox": [0.25, 1.5, 15.75, 22.5]},
        {"id": 9, "image_id": 12, "category_id": 3, "bbox": [29, 19, 1, 1]},
    ],
    "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat", "supercategory": "pet"}],
}


@pytest.fixture
def folder(tmp_path):
    """A folder of three pictures, with a space in its name; annotations.json holds DRAWN."""
    root = tmp_path / "my pictures"
    for image in DRAWN["images"]:
        path = root / image["file_name"]
        path.parent.mkdir(exist_ok=True, parents=True)
        Image.new("RGB", (image["width"], image["height"]), "green").save(path)
    (root / "annotations.json").write_text(json.dumps(DRAWN))
    return root


def changed(folder, change):
    """The path of a file that holds DRAWN after `change` of it."""
    drawn = copy.deepcopy(DRAWN)
    change(drawn)
    path = folder / "changed.json"
    path.write_text(json.dumps(drawn))
    return path


def refused(path, error=ValueError):
    """The one line with which a file is refused."""
    with pytest.raises(error) as refusal:
        coco.read_coco(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < 500
    return message


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("name", ["", "annotations.json"])
def test_boxes_and_labels_are_read_as_they_were_drawn(folder, name, as_text):
    source = folder / name
    pictures, names = coco.read_coco(str(source) if as_text else source)
    assert list(names.items()) == list(NAMES.items())
    assert [picture["id"] for picture in pictures] == [12, 5, 6]
    cat, dog, nothing = pictures
    np.testing.assert_array_equal(cat["boxes"], [[2, 3, 12, 8], [29, 19, 30, 20]])
    np.testing.assert_array_equal(cat["labels"], [1, 0])
    np.testing.assert_array_equal(dog["boxes"], [[0.25, 1.5, 16, 24]])
    assert nothing["boxes"].shape == (0, 4) and nothing["labels"].shape == (0,)
    for picture in pictures:
        assert photos.read_image(picture["path"]).shape[:2] == (picture["height"], picture["width"])
        assert picture["boxes"].dtype == np.float64 and picture["labels"].dtype == np.int64


def test_paths_of_windows_and_a_byte_order_mark(folder):
    text = json.dumps(DRAWN).replace("below/", "below\\\\")
    (folder / "annotations.json").write_text(text, encoding="utf-8-sig")
    assert coco.read_coco(folder)[0][1]["path"].parent == folder / "below"


def test_pycocotools_reads_the_same(folder):
    pictures, _ = coco.read_coco(folder)
    reference = COCO(str(folder / "annotations.json"))
    for picture in pictures:
        entries = reference.loadAnns(reference.getAnnIds(imgIds=picture["id"]))
        boxes = np.reshape([entry["bbox"] for entry in entries], (-1, 4))
        boxes[:, 2:] += boxes[:, :2]
        np.testing.assert_array_equal(picture["boxes"], boxes)


def test_a_box_over_the_edge_by_a_pixel_is_cut(folder):
    path = changed(folder, lambda d: d["annotations"][0].update(bbox=[-1, -0.5, 32, 20.75]))
    np.testing.assert_array_equal(coco.read_coco(path)[0][0]["boxes"][0], [0, 0, 30, 20])


def annotation(**values):
    return lambda drawn: drawn["annotations"][1].update(values)


def picture(**values):
    return lambda drawn: drawn["images"][1].update(values)


def the_third(**values):
    return lambda drawn: drawn["images"][2].update(values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (picture(file_name="gone.png"), "'gone.png': there is no such picture"),
        (picture(file_name=""), "'': there is no such picture"),
        (picture(file_name="below"), "'below': there is no such picture"),
        (picture(file_name="x" * 5000), "no such picture"),
        (picture(file_name="a\0b.png"), "no such picture"),
        (picture(file_name="\ud800.png"), "no such picture"),
        (picture(file_name="../out.png"), "'../out.png': a picture must lie beside the file"),
        (picture(file_name="below\\..\\..\\out.png"), "must lie beside the file"),
        (picture(file_name="/etc/passwd"), "must lie beside the file"),
        (picture(file_name="C:\\a cat.png"), "must lie beside the file"),
        (picture(file_name="\\\\server\\a.png"), "must lie beside the file"),
        (picture(file_name="annotations.json"), "no image that can be read"),
        (picture(file_name=4), "entry 2 of images: file_name must be a text, got 4"),
        (picture(id=12), "two of the images have id 12"),
        (picture(id="5"), "entry 2 of images: id must be a whole number, got '5'"),
        (picture(id=True), "id must be a whole number, got True"),
        (picture(width=None), "width must be a whole number, got None"),
        (picture(width=17), "is 16×24 px, its entry says 17×24: the boxes were drawn on another"),
        (the_third(file_name="a cat.png", width=30, height=20), "'a cat.png' is there twice"),
        (lambda d: d["images"].__setitem__(0, 5), "entry 1 of images: id must"),
        (lambda d: d.pop("images"), "it needs a list of images"),
        (lambda d: d.update(annotations={}), "it needs a list of annotations"),
        (lambda d: d.pop("categories"), "it needs a list of categories"),
        (lambda d: d["categories"][0].update(name="cat"), "two categories have one name"),
        (lambda d: d["categories"][0].update(id=3), "two of the categories have id 3"),
        (annotation(id=1), "two of the annotations have id 1"),
        (annotation(image_id=99), "annotation 2: no picture has id 99"),
        (annotation(category_id=0), "annotation 2: no category 0 in {3: 'cat', 7: 'dog'}"),
        (annotation(iscrowd=1), "annotation 2: a crowd"),
        (annotation(bbox=None), "bbox must be a list, got None"),
        (annotation(bbox=[1, 2, 3]), "a box is x, y, width and height in pixels, got [1, 2, 3]"),
        (annotation(bbox=[1, 2, 3, "4"]), "a box is x, y, width and height"),
        (annotation(bbox=[1, 2, 3, True]), "a box is x, y, width and height"),
        (annotation(bbox=[1, 2, 3, float("nan")]), "a box is x, y, width and height"),
        (annotation(bbox=[1, 2, 3, float("inf")]), "a box is x, y, width and height"),
        (annotation(bbox=[10**400, 2, 3, 4]), "a box is x, y, width and height"),
        (annotation(bbox=[1, 2, 0, 4]), "no area of the box [1, 2, 0, 4] lies"),
        (annotation(bbox=[5, 5, -3, 4]), "no area of the box"),
        (annotation(bbox=[16, 2, 1, 4]), "no area of the box"),
        (annotation(bbox=[100, 2, 5, 4]), "no area of the box"),
        (annotation(bbox=[4, 2, 13.5, 4]), "reaches over the edge of its 16×24 px"),
        (annotation(bbox=[-1.5, 2, 5, 4]), "reaches over the edge"),
    ],
)
def test_each_fault_is_one_line(folder, change, says):
    assert says in refused(changed(folder, change))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no JSON that can be read (Expecting value: line 1 column 1"),
        (b'{"images": [}', "no JSON that can be read (Expecting value: line 1 column 13"),
        (b"\xff\xfe{\x00}\x00", "no JSON that can be read ('utf-8' codec"),
        (b"[" * 200_000, "no JSON that can be read"),
        (b"[]", "no COCO file: an object with images, annotations and categories"),
        (b"null", "no COCO file"),
    ],
)
def test_what_is_no_coco_file(tmp_path, content, says):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert says in refused(path)


def test_a_file_that_is_not_there(tmp_path):
    message = refused(tmp_path / "gone.json", FileNotFoundError)
    assert "a folder of pictures has annotations.json" in message
    with pytest.raises(FileNotFoundError, match=re.escape(f"{tmp_path / coco.NAME}: ")):
        coco.read_coco(tmp_path)


def test_a_link_that_leaves_the_folder(folder, tmp_path):
    outside = tmp_path / "outside.png"
    Image.new("RGB", (16, 24)).save(outside)
    try:
        (folder / "link.png").symlink_to(outside)
        (folder / "round.png").symlink_to("round.png")
        (folder / "same.png").symlink_to("a cat.png")
    except OSError:
        pytest.skip("this system makes no links")
    path = changed(folder, picture(file_name="link.png"))
    assert "'link.png': a link that leaves the folder" in refused(path)
    assert "no such picture" in refused(changed(folder, picture(file_name="round.png")))
    same = the_third(file_name="same.png", width=30, height=20)
    assert "'same.png' is there twice" in refused(changed(folder, same))


def test_a_picture_that_its_camera_turns(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    shades = np.arange(16 * 24, dtype="uint16").reshape(16, 24).astype("uint8")
    Image.fromarray(shades).save(folder / "turned.png", exif=exif)
    path = changed(folder, the_third(file_name="turned.png", width=16, height=24))
    seen = photos.read_image(coco.read_coco(path)[0][2]["path"])
    np.testing.assert_array_equal(seen[..., 0], np.rot90(shades, -1))
    path = changed(folder, the_third(file_name="turned.png", width=24, height=16))
    says = "is 16×24 px, its entry says 24×16: the boxes were drawn on another picture, or before"
    assert f"{says} it is turned as its camera says" in refused(path)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
def test_other_modes_are_read(folder, mode):
    deep = np.full((24, 16), 65535, "uint16")
    image = Image.fromarray(deep) if mode == "I;16" else Image.new("L", (16, 24), 255).convert(mode)
    image.save(folder / "other.png")
    pictures, _ = coco.read_coco(changed(folder, picture(file_name="other.png")))
    read = photos.read_image(pictures[1]["path"])
    assert read.shape == (24, 16, 3) and read.dtype == np.uint8 and (read == 255).all()


def test_a_picture_that_is_cut_off_or_too_large(folder):
    path = folder / "below" / "ein Hund – ä.png"
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    assert "the file is damaged or cut off" in refused(folder / "annotations.json")
    Image.new("1", (8000, 8000)).save(path)
    assert "at most 50 million" in refused(folder / "annotations.json")


@given(
    part=st.sampled_from(["images", "annotations", "categories"]),
    which=st.integers(0, 1),
    key=st.sampled_from(["id", "file_name", "width", "bbox", "image_id", "category_id", "name", 0]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=6,
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_value_is_read_or_refused_in_a_line(folder, part, which, key, value):
    def change(drawn):
        if key == 0:
            drawn[part] = value
        elif key in drawn[part][which]:
            drawn[part][which][key] = value

    try:
        pictures, names = coco.read_coco(changed(folder, change))
    except ValueError as error:
        assert str(error).startswith(f"{folder / 'changed.json'}: ")
    else:
        for one in pictures:
            edges = [one["width"], one["height"]] * 2
            assert ((one["boxes"] >= 0) & (one["boxes"] <= edges)).all()
            assert (one["boxes"][:, 2:] > one["boxes"][:, :2]).all()
            assert set(one["labels"]) <= set(range(len(names)))


def predicted(folder):
    """The pictures of DRAWN with other boxes: two on the first, none on the second."""
    pictures, names = coco.read_coco(folder)
    boxes = np.array([[2, 3, 12.25, 8], [0.1, 0.2, 7.7, 6.6]], "float32")
    none = np.zeros((0, 4))
    first, second, third = pictures
    scores = np.float32([0.9, 0.3])
    first |= {"boxes": boxes, "scores": scores, "labels": np.array([1, 0], "int32")}
    second |= {"boxes": none, "scores": [], "labels": []}
    third |= {"boxes": [[0, 0, 8, 8]], "scores": [0.5], "labels": [0]}
    return pictures, names


def test_predictions_are_read_back_and_judged_by_pycocotools(folder, tmp_path):
    pictures, names = predicted(folder)
    path = tmp_path / "predictions.json"
    coco.write_coco(path, pictures, names)
    read = COCO(str(path))
    assert read.getImgIds() == [12, 5, 6] and read.getCatIds() == [3, 7]
    entries = read.loadAnns(read.getAnnIds(imgIds=12))
    np.testing.assert_allclose(
        [entry["bbox"] for entry in entries], [[2, 3, 10.25, 5], [0.1, 0.2, 7.6, 6.4]], rtol=1e-6
    )
    assert [entry["category_id"] for entry in entries] == [7, 3]
    np.testing.assert_allclose([entry["score"] for entry in entries], [0.9, 0.3], rtol=1e-6)
    truth = json.loads((folder / "annotations.json").read_text())
    for entry in truth["annotations"]:  # pycocotools wants them, the annotator writes them
        entry |= {"iscrowd": 0, "area": entry["bbox"][2] * entry["bbox"][3]}
    (folder / "annotations.json").write_text(json.dumps(truth))
    drawn = COCO(str(folder / "annotations.json"))
    judge = COCOeval(drawn, drawn.loadRes(read.dataset["annotations"]), "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    # The dog is found at every threshold up to its IoU of 0.976; of two cats none.
    np.testing.assert_allclose(judge.stats[0], 0.5)


def test_what_is_written_is_read_the_same(folder):
    pictures, names = predicted(folder)
    path = folder / "again.json"
    coco.write_coco(path, pictures, names)
    again, names_again = coco.read_coco(path)
    assert names_again == names
    for one, other in zip(pictures, again, strict=True):
        assert one.keys() - other.keys() == {"scores"}
        np.testing.assert_allclose(other["boxes"], np.reshape(one["boxes"], (-1, 4)), atol=1e-9)
        np.testing.assert_array_equal(other["labels"], one["labels"])


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_boxes_come_back(folder, data):
    pictures, names = coco.read_coco(folder)
    for one in pictures:
        sides = (one["width"], one["height"])
        axis = [st.floats(0, side, width=32).map(lambda v: round(v, 3)) for side in sides]
        pair = [st.tuples(a, a).filter(lambda p: abs(p[0] - p[1]) > 1e-3).map(sorted) for a in axis]
        spans = data.draw(st.lists(st.tuples(*pair), max_size=3))
        one["boxes"] = np.array([[x1, y1, x2, y2] for (x1, x2), (y1, y2) in spans]).reshape(-1, 4)
        one["labels"] = np.array([data.draw(st.integers(0, 1)) for _ in spans], "int64")
    path = folder / "any.json"
    path.unlink(missing_ok=True)
    coco.write_coco(path, pictures, names)
    for one, other in zip(pictures, coco.read_coco(path)[0], strict=True):
        np.testing.assert_allclose(other["boxes"], one["boxes"], rtol=0, atol=1e-9)
        np.testing.assert_array_equal(other["labels"], one["labels"])


def test_predictions_may_be_written_again_and_what_was_drawn_never_goes(folder):
    pictures, names = predicted(folder)
    before = (folder / "annotations.json").read_bytes()
    with pytest.raises(FileExistsError, match="holds what somebody drew"):
        coco.write_coco(folder / "annotations.json", pictures, names)
    assert (folder / "annotations.json").read_bytes() == before
    path = folder / "predictions.json"
    coco.write_coco(path, pictures, names)
    pictures[0] |= {"boxes": [], "scores": [], "labels": []}
    coco.write_coco(str(path), pictures, names)
    assert len(json.loads(path.read_text())["annotations"]) == 1
    other = folder / "notes.json"
    other.write_text("[1, 2]")
    with pytest.raises(FileExistsError, match="notes"):
        coco.write_coco(other, pictures, names)
    assert not list(folder.glob("*.part")) + list(folder.glob(".*.part"))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"labels": [0]}, "2 boxes, 2 scores and 1 labels"),
        ({"scores": [0.5, 0.5, 0.5]}, "2 boxes, 3 scores and 2 labels"),
        ({"scores": [0.5, np.nan]}, "scores must be finite"),
        ({"labels": [0, 2]}, "label 2; allowed are 0 to 1"),
        ({"labels": [0, -1]}, "label -1; allowed are 0 to 1"),
        ({"labels": [0, 0.5]}, "label 0.5"),
        ({"boxes": [[0, 0, 5, 5], [3, 3, 3, 9]]}, "no area"),
        ({"boxes": [[0, 0, 5, 5], [3, 3, 40, 9]]}, "over the edge"),
        ({"boxes": [[0, 0, 5, 5], [3, 3, np.nan, 9]]}, "a box is"),
        ({"id": 5}, "two pictures have one id"),
    ],
)
def test_predictions_that_cannot_be_read_back_are_not_written(folder, values, says):
    pictures, names = predicted(folder)
    pictures[0] |= values
    path = folder / "predictions.json"
    path.write_text('{"annotations": []}')
    with pytest.raises(ValueError, match=re.escape(says)):
        coco.write_coco(path, pictures, names)
    assert path.read_text() == '{"annotations": []}'


def test_a_folder_that_is_not_there_is_an_error_and_leaves_nothing(folder, tmp_path):
    pictures, names = predicted(folder)
    with pytest.raises(FileNotFoundError):
        coco.write_coco(tmp_path / "gone" / "a.json", pictures, names)
    assert [path.name for path in tmp_path.iterdir()] == ["my pictures"]


def with_boxes(*counts):
    """Pictures with so many boxes."""
    return [{"id": i, "boxes": np.zeros((count, 4))} for i, count in enumerate(counts)]


@given(
    counts=st.lists(st.integers(0, 2), max_size=40).map(lambda counts: [1, *counts, 3]),
    share=st.floats(0, 1, exclude_min=True, exclude_max=True),
    seed=st.integers(0, 99),
)
def test_no_picture_is_on_both_sides_of_a_split(counts, share, seed):
    pictures = with_boxes(*counts)
    train, test = coco.split_by_picture(pictures, share, np.random.default_rng(seed))
    ids = [[one["id"] for one in side] for side in (train, test)]
    assert sorted(ids[0] + ids[1]) == list(range(len(pictures)))
    assert ids == [sorted(side) for side in ids]
    for has_boxes in (True, False):  # both kinds by the same share
        of, chosen = (
            [one for one in some if bool(len(one["boxes"])) is has_boxes]
            for some in (pictures, test)
        )
        assert abs(len(chosen) - share * len(of)) <= 1
    assert all(any(len(one["boxes"]) for one in side) for side in (train, test))
    again = coco.split_by_picture(pictures, share, np.random.default_rng(seed))
    assert [[one["id"] for one in side] for side in again] == ids


def test_splits_differ_by_seed_and_every_picture_is_judged_in_one_of_them():
    pictures = with_boxes(1, 1, 1, 1, 0, 0, 0, 0)
    splits = [
        coco.split_by_picture(pictures, 0.25, np.random.default_rng(seed))[1] for seed in range(40)
    ]
    assert {one["id"] for test in splits for one in test} == set(range(8))


@pytest.mark.parametrize("share", [0, 1, -1, np.nan])
def test_a_share_is_neither_nothing_nor_all(share):
    with pytest.raises(ValueError, match="test_share must lie above 0 and below 1, got"):
        coco.split_by_picture(with_boxes(1, 1, 1), share, np.random.default_rng(0))


@pytest.mark.parametrize("counts", [(), (1,), (0, 0, 0), (0, 5, 0)])
def test_boxes_on_one_picture_cannot_be_split(counts):
    says = f"^boxes on {sum(map(bool, counts))} of {len(counts)} pictures; draw on two at least: "
    with pytest.raises(ValueError, match=says):
        coco.split_by_picture(with_boxes(*counts), 0.3, np.random.default_rng(0))
