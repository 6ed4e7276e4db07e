import tracemalloc

from course_utils import photos
from course_utils.boxes import iou
import cv2
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
import keras
import numpy as np
from PIL import Image
import pytest

rng = np.random.default_rng(0)
COLOR = rng.integers(0, 256, (20, 30, 3)).astype("uint8")


def saved(tmp_path, picture, name="a picture.png", **options):
    path = tmp_path / name
    picture.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.webp", "a.tif", "ein Bild – ä.png"])
def test_a_picture_is_read_as_it_was_saved(tmp_path, name):
    options = {"lossless": True} if name.endswith("webp") else {}
    read = photos.read_image(saved(tmp_path, Image.fromarray(COLOR), name, **options))
    np.testing.assert_array_equal(read, COLOR)
    assert read.dtype == np.uint8


def test_what_is_inside_counts_and_not_the_name(tmp_path):
    path = saved(tmp_path, Image.fromarray(COLOR), "a.jpg", format="PNG")
    np.testing.assert_array_equal(photos.read_image(str(path)), COLOR)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("L", (100, 100, 100)),
        ("1", (255, 255, 255)),
        ("P", (100, 100, 100)),
        ("CMYK", (100, 100, 100)),
        ("LA", (100, 100, 100)),
        ("RGBA", (100, 100, 100)),
    ],
)
def test_other_modes_become_rgb(tmp_path, mode, expected):
    picture = Image.new("RGB", (6, 4), (100, 100, 100)).convert(mode, dither=0)
    if mode == "1":
        picture = Image.new("1", (6, 4), 1)
    name = "a.tif" if mode == "CMYK" else "a.png"
    read = photos.read_image(saved(tmp_path, picture, name))
    assert read.shape == (4, 6, 3)
    np.testing.assert_allclose(read, np.broadcast_to(expected, read.shape), atol=2)


def test_transparent_is_white(tmp_path):
    clear = np.zeros((4, 6, 4), "uint8")
    clear[:, 3:, 3] = 255
    for read in (
        photos.read_image(clear),
        photos.read_image(saved(tmp_path, Image.fromarray(clear))),
    ):
        assert (read[:, :3] == 255).all()
        assert (read[:, 3:] == 0).all()
    paletted = Image.new("P", (4, 4))
    paletted.putdata(np.eye(4, dtype="uint8").ravel().tolist())
    paletted.putpalette([9, 9, 9, 50, 60, 70])
    read = photos.read_image(saved(tmp_path, paletted, transparency=0))
    assert read[0].tolist() == [[50, 60, 70], [255] * 3, [255] * 3, [255] * 3]


def test_sixteen_bits_become_eight(tmp_path):
    deep = (np.arange(256, dtype="uint16") * 257).reshape(16, 16)
    expected = np.repeat(np.arange(256).reshape(16, 16, 1), 3, axis=2)
    np.testing.assert_array_equal(photos.read_image(deep), expected)
    for name in ("a.png", "a.tif"):
        path = saved(tmp_path, Image.fromarray(deep), name)
        np.testing.assert_array_equal(photos.read_image(path), expected)
    for order in "<>":
        path = saved(tmp_path, Image.fromarray(deep.astype(f"{order}u2")), "a.tif")
        np.testing.assert_array_equal(photos.read_image(path), expected)


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn clockwise
    path = saved(tmp_path, Image.fromarray(COLOR), exif=exif)
    np.testing.assert_array_equal(photos.read_image(path), np.rot90(COLOR, -1))


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.zeros((4, 4)), TypeError, "uint8 or uint16, got float64"),
        (np.zeros((4, 4), bool), TypeError, "got bool"),
        (np.zeros(4, "uint8"), ValueError, r"got \(4,"),
        (np.zeros((4, 4, 2), "uint8"), ValueError, r"got \(4, 4, 2\)"),
        (np.zeros((2, 4, 4, 3), "uint8"), ValueError, r"got \(2, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), "uint8"), ValueError, "at least one pixel"),
        (np.broadcast_to(np.uint8(0), (20_000, 20_000)), ValueError, "20,000×20,000"),
        (None, TypeError, "got object"),
    ],
)
def test_other_arrays_are_refused(array, error, message):
    with pytest.raises(error, match=message):
        photos.read_image(array)


def test_files_that_are_no_pictures(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        photos.read_image(tmp_path / "nothing.png")
    with pytest.raises(FileNotFoundError, match="no such file"):
        photos.read_image(tmp_path)
    path = tmp_path / "text.png"
    for content in (b"", b"not a picture", b"%PDF-1.7", b"GIF89a"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"text\.png: no image .* PNG, JPEG"):
            photos.read_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.tif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_files_that_are_cut_off(tmp_path, name, share):
    path = saved(tmp_path, Image.fromarray(rng.integers(0, 256, (90, 80, 3)).astype("uint8")), name)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"damaged or cut off|no image"):
        photos.read_image(path)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "bmp", "tiff", "tiff_lzw"])
@given(
    changes=st.dictionaries(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), max_size=8)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_files_with_other_bytes_in_them(tmp_path, form, changes):
    options = {"compression": "tiff_lzw"} if form == "tiff_lzw" else {}
    path = tmp_path / "changed"
    Image.fromarray(COLOR).save(path, form.split("_")[0], **options)
    content = bytearray(path.read_bytes())
    for share, new in changes.items():
        at = int(share * len(content))
        content[at : at + len(new)] = new
    path.write_bytes(content)
    try:
        picture = photos.read_image(path)
    except ValueError as refused:
        assert str(refused).startswith(f"{path}: ")
    else:
        assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3


def test_pixels_of_32_bits_are_refused(tmp_path):
    path = saved(tmp_path, Image.fromarray(np.zeros((4, 4), "float32")), "a.tif")
    with pytest.raises(ValueError, match="32 bits"):
        photos.read_image(path)


@pytest.mark.parametrize("side", [8_000, 20_000])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, side):
    path = saved(tmp_path, Image.new("1", (side, side)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="50 million"):
        photos.read_image(path)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


@pytest.fixture(scope="module")
def model():
    """Says always the same: a box, a second one worse, one beyond the lower edge, and nothing."""

    @keras.saving.register_keras_serializable(package="test")
    class Says(keras.layers.Layer):
        def call(self, image):
            nothing = 0 * keras.ops.sum(image, axis=(1, 2, 3))[:, None]
            boxes = np.float32([[10, 5, 50, 25], [60, 10, 96, 60], [0, 80, 20, 90], [0, 0, 9, 9]])
            return (
                nothing[..., None] + boxes,
                nothing + np.float32([0.9, 0.7, 0.6, 0]),
                keras.ops.cast(nothing, "int32") + np.int32([3, 8, 1, -1]),
            )

    image = keras.Input((96, 96, 3))
    return keras.Model(image, Says()(image))


def test_a_transparent_photograph_needs_less_than_a_gigabyte():
    shades = np.zeros((2000, 2500, 4), "uint8")
    tracemalloc.start()
    photos.read_image(shades)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak * photos.MOST_PIXELS / (2000 * 2500) < 1e9


@given(height=st.integers(1, 300), width=st.integers(1, 300), image_size=st.integers(1, 200))
@example(height=3000, width=4000, image_size=96)
@example(height=1, width=5000, image_size=96)
@example(height=5000, width=1, image_size=96)
@settings(deadline=None)
def test_a_letterbox_is_as_large_as_fits_and_boxes_go_there_and_back(height, width, image_size):
    small, scale = photos.letterbox(np.full((height, width, 3), 200, "uint8"), image_size)
    assert small.shape == (image_size, image_size, 3) and small.dtype == np.uint8
    assert (small == 200).all()  # what the picture does not fill repeats its edge
    w, h = scale * [width, height]
    assert max(w, h) == pytest.approx(image_size)
    assert abs(w * height - h * width) <= max(height, width)  # to a pixel of the small picture
    boxes = rng.uniform(-10, [width + 10, height + 10] * 2, (2, 5, 4))
    back = photos.from_letterbox(photos.to_letterbox(boxes, scale), scale)
    np.testing.assert_allclose(back, boxes, rtol=0, atol=0.01)
    whole = photos.to_letterbox([0, 0, width, height], scale).astype("float32")
    back = photos.from_letterbox(whole, scale)
    np.testing.assert_allclose(back, [0, 0, width, height], rtol=0, atol=0.01)


@given(
    sides=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    image_size=st.integers(16, 200),
    draw=st.data(),
)
@settings(deadline=None)
def test_what_is_seen_in_a_letterbox_lies_where_to_letterbox_says(sides, image_size, draw):
    least = -(-max(sides) // image_size)  # a pixel of the small picture: less may vanish in it
    spans = []
    for side in sides:
        length = draw.draw(st.integers(min(least, side), side))
        start = draw.draw(st.integers(0, side - length))
        spans.append((start, start + length))
    (x1, x2), (y1, y2) = spans
    picture = np.zeros((sides[1], sides[0], 3), "uint8")
    picture[y1:y2, x1:x2] = 255
    small, scale = photos.letterbox(picture, image_size)
    w, h = np.rint(scale * sides).astype(int)
    # Of a pixel that is partly covered something is seen when shrunk; enlarged, edges are soft.
    seen = small[:h, :w, 0] > (127 if max(sides) < image_size else 0)
    (rows,), (columns,) = seen.any(axis=1).nonzero(), seen.any(axis=0).nonzero()
    visible = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(
        visible, photos.to_letterbox([x1, y1, x2, y2], scale), rtol=0, atol=1
    )


def test_a_letterbox_shrinks_by_means_and_enlarges_smoothly():
    stripes = np.zeros((960, 960, 3), "uint8")
    stripes[:, ::2] = 200
    assert (photos.letterbox(stripes, 96)[0] == 100).all()
    enlarged = photos.letterbox(stripes[:2, :2], 96)[0][0, :, 0]
    assert (np.diff(enlarged.astype(int)) <= 0).all() and len(set(enlarged)) > 40


def test_a_letterbox_of_what_is_no_picture():
    with pytest.raises(ValueError, match="at least one pixel"):
        photos.letterbox(np.zeros((0, 4, 3), "uint8"), 8)
    with pytest.raises(TypeError, match="uint8 or uint16, got float64"):
        photos.letterbox(np.zeros((4, 4, 3)), 8)
    with pytest.raises(ValueError, match="image_size must be > 0"):
        photos.letterbox(COLOR, 0)


def test_detections_are_in_the_pictures_own_pixels(model):
    picture = np.full((24, 48, 3), 128, "uint8")  # 48 of the 96 rows are picture
    boxes, scores, labels = photos.detect(model, picture)
    np.testing.assert_allclose(boxes, [[5, 2.5, 25, 12.5], [30, 5, 48, 24]])
    np.testing.assert_array_equal(labels, [3, 8])
    np.testing.assert_allclose(scores, [0.9, 0.7])
    assert len(photos.detect(model, picture, min_score=0.8)[0]) == 1
    assert len(photos.detect(model, picture, min_score=0)[0]) == 2  # label -1 is none


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3000, 2), (7, 9, 4), (400, 300, 3)])
def test_detect_takes_any_size(model, shape):
    boxes, scores, labels = photos.detect(model, np.zeros(shape, "uint8"))
    assert len(boxes) == len(labels) == len(scores)
    height, width = shape[:2]
    assert (boxes >= 0).all()
    assert (boxes <= [width, height, width, height]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50_000), (3000, 2), (7, 9), (40, 30), (900, 800)])
def test_a_picture_is_drawn_with_what_was_found_in_it(shape):
    height, width = shape
    picture, box = np.full((*shape, 3), 128, "uint8"), [0, 0, width, height / 2]
    image = photos.drawn(picture, [box], [0.9], [3])
    assert 800 <= max(image.shape[:2]) <= 16_060 and image.dtype == np.uint8
    orange = (image[..., 0] > 200) & (image[..., 2] < 50)
    assert orange[:20].sum() > 100  # a label fits in above
    (zoom,) = {round(max(image.shape[0] - 20, image.shape[1] - 60) / max(shape), 3)}
    assert zoom == round(np.clip(1, 800 / max(shape), 16_000 / max(shape)), 3)


def test_a_large_picture_is_drawn_one_pixel_a_pixel():
    picture = rng.integers(0, 256, (700, 900, 3)).astype("uint8")
    np.testing.assert_array_equal(
        photos.drawn(picture, np.zeros((0, 4)), [], [])[20:, :900], picture
    )
    seen = photos.drawn(picture, [[100, 200, 140, 260]], [0.5], [7])[20:, :900]
    is_same = (seen == picture).all(axis=-1)
    assert is_same[200:260, 100:140].all()  # lines lie around the box
    assert not is_same[198:262, [98, 99, 140, 141]].any() and is_same[200:260, 143:].all()


def test_lines_and_labels_grow_with_a_photograph():
    picture = np.full((3000, 4000, 3), 128, "uint8")
    image = photos.drawn(picture, [[1000, 500, 3000, 2000]], [0.9], [3])
    assert image.shape == (3060, 4180, 3)
    changed = (image[60:, :4000] != 128).any(axis=-1)
    assert changed[1000, 991:1000].all() and not changed[1000, [990, 1000]].any()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match=r"scores must be \(N,\) where N = 1"):
        photos.drawn(COLOR, [[0, 0, 4, 4]], [0.5, 0.5], [1])
    with pytest.raises(ValueError, match=r"picture must be \(H\+, W\+, 3\)"):
        photos.drawn(COLOR[..., 0], [[0, 0, 4, 4]], [0.5], [1])


def test_detect_of_a_file(model, tmp_path):
    path = saved(tmp_path, Image.fromarray(COLOR))
    np.testing.assert_array_equal(photos.detect(model, path)[0], photos.detect(model, COLOR)[0])


def test_what_the_system_refuses_is_said_as_it_says_it(monkeypatch, tmp_path):
    path = saved(tmp_path, Image.fromarray(COLOR))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(ValueError, match=r"a picture\.png: Permission denied$"):
        photos.read_image(path)


BRIGHT = {0: (1, 0, 0), 1: (0, 1, 0), 2: (0, 0, 1)}  # of each label the colour


class BrightRectangles:
    """A detector: what is red, green or blue and at least 5 × 5 px, its brightness the score."""

    input_shape = (None, 96, 96, 3)

    def __init__(self):
        self.batches = []

    def predict_on_batch(self, images):
        assert images.dtype == np.uint8 and images.shape[1:] == self.input_shape[1:]
        self.batches.append(len(images))
        boxes = np.zeros((len(images), 100, 4), "float32")
        scores, labels = np.zeros(boxes.shape[:2], "float32"), np.full(boxes.shape[:2], -1)
        for i, image in enumerate(images):
            n = 0
            for label in range(3):
                bright = (image[..., label] > 100).astype("uint8")
                for x, y, w, h, _ in cv2.connectedComponentsWithStats(bright)[2][1:]:
                    if min(w, h) >= 5:
                        boxes[i, n] = x, y, x + w, y + h
                        scores[i, n] = image[y : y + h, x : x + w, label].mean() / 256
                        labels[i, n] = label
                        n += 1
        return boxes, scores, labels


def painted(height, width, boxes, labels, brightness=255):
    """A black picture (height, width, 3) with a filled rectangle for each box."""
    picture = np.zeros((height, width, 3), "uint8")
    for (x1, y1, x2, y2), label in zip(boxes, labels, strict=True):
        picture[y1:y2, x1:x2] = brightness * np.array(BRIGHT[label])
    return picture


def by_place(boxes, labels):
    order = np.lexsort(boxes.T)
    return boxes[order], labels[order]


def detected(picture, min_score=0.5):
    return photos.detect(BrightRectangles(), picture, min_score)


def test_small_digits_in_a_large_picture_are_found_each_once():
    y, x = np.mgrid[:900:100, :1200:100].reshape(2, -1)
    corners = np.stack([x, y], axis=1) + rng.integers(0, 31, (len(x), 2))
    boxes = np.concatenate([corners, corners + rng.integers(6, 30, corners.shape)], axis=1)
    labels = rng.integers(0, 3, len(boxes))
    found, scores, found_labels = detected(painted(900, 1200, boxes, labels))
    for got, there in zip(by_place(found, found_labels), by_place(boxes, labels), strict=True):
        np.testing.assert_array_equal(got, there)
    assert len(scores) == len(boxes)


@given(data=st.data(), height=st.integers(20, 400), width=st.integers(20, 400))
@settings(max_examples=60)
def test_digits_of_any_size_anywhere_are_found_each_once(data, height, width):
    """One in each of three quarters of the picture, at most twice as wide as high, or as high."""
    boxes, most = [], min(height, width) // 2 - 5
    for x, y in ((0, 0), (width // 2, 0), (0, height // 2)):
        w = data.draw(st.integers(5, most))
        h = data.draw(st.integers(max(5, -(-w // 2)), min(2 * w, most)))
        left = x + data.draw(st.integers(0, width // 2 - 5 - w))
        top = y + data.draw(st.integers(0, height // 2 - 5 - h))
        boxes.append((left, top, left + w, top + h))
    found, _, labels = detected(painted(height, width, boxes, [0, 1, 2]))
    assert sorted(labels) == [0, 1, 2]
    assert (iou(found, np.array(boxes)[labels]) > 0.6).all()


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 10, 10),  # at the picture's edges, which cut nothing
        (1193, 889, 1203, 899),
        (0, 853, 45, 899),
        (48, 48, 60, 60),  # at a tile's edge
        (84, 84, 96, 96),
        (40, 90, 56, 102),  # across it
        (47, 49, 92, 94),  # almost half a tile
        (1106, 802, 1118, 814),  # round the corner of the last tile
    ],
)
def test_what_lies_on_a_tiles_edge_is_neither_cut_nor_found_twice(box):
    found, _, labels = detected(painted(899, 1203, [box], [1]))
    np.testing.assert_array_equal(found, [box])
    np.testing.assert_array_equal(labels, [1])


def test_what_is_larger_than_a_tile_is_found_in_the_whole_picture():
    boxes = [(100, 200, 400, 450), (700, 300, 860, 800), (30, 30, 50, 50)]
    picture = painted(900, 1200, boxes, [0, 2, 2])
    found, _, labels = detected(picture)
    found, labels = by_place(found, labels)
    np.testing.assert_array_equal(labels, [2, 0, 2])
    np.testing.assert_array_equal(found[0], boxes[2])
    np.testing.assert_allclose(found[1:], boxes[:2], rtol=0, atol=1200 / 96)


def test_what_several_passes_find_is_said_once_and_as_the_finest_sees_it():
    box = (151, 61, 180, 86)  # at half the size, with the same score, 150 to 180 and 60 to 86
    np.testing.assert_array_equal(detected(painted(150, 288, [box], [0]))[0], [box])


def test_two_labels_may_share_a_place():
    box = (50, 60, 70, 80)
    picture = painted(200, 300, [box], [0]) | painted(200, 300, [box], [1])
    found, _, labels = detected(picture)
    np.testing.assert_array_equal(found, [box, box])
    assert sorted(labels) == [0, 1]


def test_the_highest_score_comes_first():
    boxes = [(10 + 40 * k, 10, 30 + 40 * k, 30) for k in range(5)]
    picture = sum(
        painted(300, 400, [box], [k % 3], brightness)
        for k, (box, brightness) in enumerate(zip(boxes, (140, 250, 120, 200, 180), strict=True))
    )
    found, scores, labels = detected(picture, 0.5)
    np.testing.assert_array_equal(found, [boxes[k] for k in (1, 3, 4, 0)])
    np.testing.assert_allclose(scores, np.array([250, 200, 180, 140]) / 256)
    np.testing.assert_array_equal(labels, [1, 0, 1, 0])


@pytest.mark.parametrize("shape", [(900, 1200), (60, 80), (96, 96), (1, 1)])
def test_an_empty_picture_has_no_box(shape):
    boxes, scores, labels = detected(np.zeros(shape, "uint8"))
    assert (boxes.shape, scores.shape, labels.shape) == ((0, 4), (0,), (0,))


@pytest.mark.parametrize("shape", [(60, 80), (96, 96), (96, 20)])
def test_a_picture_no_larger_than_the_models_is_read_once(shape):
    picture = painted(*shape, [(4, 5, 15, 18), (6, 30, 18, 42)], [0, 1])
    model = BrightRectangles()
    assert len(photos.detect(model, picture)[0]) == 2 and model.batches == [1]


@pytest.mark.parametrize("shape", [(30, 1000), (1000, 30), (97, 96)])
def test_a_narrow_picture_is_read_in_tiles(shape):
    height, width = shape
    boxes = [(0, 0, 9, 12), (width - 12, height - 12, width, height)]
    found, _, labels = detected(painted(*shape, boxes, [0, 1]))
    np.testing.assert_array_equal(by_place(found, labels)[0], boxes)


def test_tiles_of_a_large_photograph_are_cut_batch_by_batch():
    boxes = [(3900, 2900, 3930, 2920), (10, 1500, 40, 1530)]
    picture, model, told = painted(3000, 4000, boxes, [0, 1]), BrightRectangles(), []
    tracemalloc.start()
    found, _, labels = photos.detect(model, picture, progress=lambda *counts: told.append(counts))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(by_place(found, labels)[0], boxes[::-1])
    assert peak < 300e6  # the picture itself has 36 MB
    total = 62 * 47 + 31 * 23 + 16 * 12 + 8 * 6 + 4 * 3 + 2 * 1 + 1
    assert max(model.batches) == 32 and sum(model.batches) == total
    assert [done for done, _ in told] == np.cumsum([0, *model.batches[:-1]]).tolist()
    assert {of for _, of in told} == {total}


def test_a_folder_is_found_from_home_and_from_here(tmp_path, monkeypatch):
    folder = tmp_path / "my pictures"
    folder.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for path in ("~/my pictures", "my pictures", f"{folder}/", folder):
        assert photos.find_folder(path) == folder


def test_a_folder_that_is_not_there_is_said_with_its_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "annotations.json").write_text("{}")
    for path in ("gone", "annotations.json"):
        with pytest.raises(FileNotFoundError) as refusal:
            photos.find_folder(path)
        says = "there is no such folder; give its whole path"
        assert str(refusal.value) == f"{tmp_path / path}: {says}"


def test_a_scale_makes_no_picture_too_long():
    pictures = [{"width": 300, "height": 400}, {"width": 1000, "height": 20}]
    photos.check_scale(pictures, 4)
    with pytest.raises(ValueError, match="must be 4,001 px long, and 4,000 is the most"):
        photos.check_scale(pictures, 4.001)


@pytest.mark.parametrize("min_score", [-0.1, 1.1, float("nan"), "a"])
def test_a_score_is_a_share(min_score):
    with pytest.raises((TypeError, ValueError), match="min_score must"):
        photos.detect(BrightRectangles(), COLOR, min_score)
