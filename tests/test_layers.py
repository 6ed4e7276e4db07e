import subprocess
import sys

from course_utils import layers
from course_utils.layers import AddCoords, SoftArgmax, backbone, feature_pyramid, rpn_head
import keras
from keras import ops
import numpy as np
import pytest

from conftest import gradients


def test_coordinates_are_x_then_y():
    out = ops.convert_to_numpy(AddCoords()(np.full((2, 3, 5, 1), 7, "float32")))
    assert out.shape == (2, 3, 5, 3)
    assert (out[..., 0] == 7).all()
    np.testing.assert_allclose(out[1, 2, :, 1], [0, 0.25, 0.5, 0.75, 1])  # x along a row
    np.testing.assert_allclose(out[1, :, 4, 2], [0, 0.5, 1])  # y down a column


def test_softargmax_of_a_sharp_peak_is_its_place():
    logits = np.zeros((2, 4, 7, 3), "float32")
    places = [(6, 1), (0, 3), (2, 0)]  # (x, y) of each channel's peak, on a map that is not square
    for channel, (x, y) in enumerate(places):
        logits[:, y, x, channel] = 100
    out = ops.convert_to_numpy(SoftArgmax()(logits))
    np.testing.assert_allclose(out, [places, places], atol=1e-4)


def test_softargmax_is_the_mean_under_the_softmax():
    logits = np.random.default_rng(0).normal(size=(3, 5, 6, 2)).astype("float32")
    probability = np.exp(logits) / np.exp(logits).sum(axis=(1, 2), keepdims=True)
    x = (probability * np.arange(6)[None, None, :, None]).sum(axis=(1, 2))
    y = (probability * np.arange(5)[None, :, None, None]).sum(axis=(1, 2))
    out = ops.convert_to_numpy(SoftArgmax()(logits))
    np.testing.assert_allclose(out, np.stack([x, y], axis=-1), rtol=1e-4)


def test_softargmax_survives_huge_logits():
    out = SoftArgmax()(np.full((1, 3, 3, 1), 1e30, "float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(out), [[[1, 1]]])


@pytest.mark.parametrize("layer", [AddCoords, SoftArgmax])
def test_layers_survive_saving(layer, tmp_path):
    model = keras.Sequential([keras.Input((4, 5, 2)), layer()])
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(2, 4, 5, 2)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        model.predict(images, verbose=0), loaded.predict(images, verbose=0)
    )


def test_a_model_file_brings_no_code(tmp_path):
    path = tmp_path / "of a stranger.keras"
    run = keras.layers.Lambda(lambda x: x + 1)
    keras.Sequential([keras.Input((2,)), run]).save(path)
    with pytest.raises(ValueError, match="Lambda"):
        keras.saving.load_model(path)


@pytest.mark.parametrize("side", [24, 19, 17])
def test_feature_pyramid_shapes_at_any_size(side):
    image = keras.Input((side, side + 5, 3))
    maps = [image]
    for channels in (4, 6, 8):
        maps.append(keras.layers.Conv2D(channels, 3, 2, padding="same")(maps[-1]))
    pyramid = feature_pyramid(maps[1:], 5)
    assert [p.shape for p in pyramid] == [(*m.shape[:3], 5) for m in maps[1:]]
    out = keras.Model(image, pyramid).predict(np.zeros((2, side, side + 5, 3)), verbose=0)
    assert [o.shape[1:] for o in out] == [p.shape[1:] for p in pyramid]


def test_feature_pyramid_adds_the_coarser_map_to_the_finer():
    fine, coarse = keras.Input((3, 4, 1)), keras.Input((2, 2, 1))
    model = keras.Model([fine, coarse], feature_pyramid([fine, coarse], 1))
    one, center = np.ones((1, 1, 1, 1)), np.zeros((3, 3, 1, 1))
    center[1, 1] = 1
    for weights in model.weights:  # laterals pass on, smoothing leaves as it is
        value = {1: np.zeros(1), 4: one if weights.shape[0] == 1 else center}[len(weights.shape)]
        weights.assign(value)
    x = np.arange(12.0).reshape(1, 3, 4, 1), np.array([[100.0, 200], [300, 400]])[None, ..., None]
    finer, coarser = model.predict(x, verbose=0)
    np.testing.assert_allclose(coarser, x[1])
    above = [[100, 100, 200, 200], [100, 100, 200, 200], [300, 300, 400, 400]]
    np.testing.assert_allclose(finer[0, ..., 0], x[0][0, ..., 0] + above)


def test_feature_pyramid_of_maps_that_do_not_halve():
    maps = [keras.Input((24, 24, 1)), keras.Input((6, 6, 1))]
    with pytest.raises(ValueError, match="half the size"):
        feature_pyramid(maps, 4)


@pytest.mark.parametrize("depth", [1, 2])
def test_backbone_halves_and_does_not_ask_which_side_of_an_edge_is_light(depth):
    image = keras.Input((19, 32, 3))
    model = keras.Model(image, backbone(image, depth))
    assert [m.shape for m in model.outputs] == [
        (None, 5, 8, 32),
        (None, 3, 4, 64),
        (None, 2, 2, 64),
    ]
    picture = np.random.default_rng(0).integers(256, size=(2, 19, 32, 3)).astype("float32")
    for of_one, of_other in zip(model(picture), model(256 - picture), strict=True):
        np.testing.assert_allclose(of_one, of_other, atol=1e-5)
        assert np.ptp(ops.convert_to_numpy(of_one)) > 0.01


def test_rpn_head_answers_in_the_order_of_the_anchors():
    """A change at one cell of a level changes the answers of the anchors around it alone."""
    pyramid = [keras.Input((6, 8, 5)), keras.Input((3, 4, 5))]
    model = keras.Model(pyramid, rpn_head(pyramid, shapes=2))
    assert [m.shape for m in model.outputs] == [(None, 120, 1), (None, 120, 4)]
    for weight in model.weights:  # so that no change is lost in a ReLU
        weight.assign(ops.absolute(weight) if len(weight.shape) > 1 else weight)
    one = [np.zeros((1, 6, 8, 5), "float32"), np.zeros((1, 3, 4, 5), "float32")]
    other = [level.copy() for level in one]
    other[1][0, 2, 3] = 1  # the last cell of the coarser level
    grid = np.arange(12).reshape(3, 4)
    around = np.isin(np.repeat(grid, 2), grid[1:, 2:])
    before, after = ([np.array(a) for a in model(maps)] for maps in (one, other))
    changed = (before[0] != after[0])[0, :, 0]
    assert not changed[:96].any()
    np.testing.assert_array_equal(changed[96:], around)
    np.testing.assert_array_equal((before[1] != after[1]).any(axis=-1)[0], changed)
    np.testing.assert_allclose(before[0], np.log(0.01 / 0.99), rtol=1e-5)  # the prior


def ramps(sides, strides):
    """Maps that say the place of every cell's centre on the image: x and y, in pixels."""
    maps = []
    for (height, width), stride in zip(sides, strides, strict=True):
        y, x = np.mgrid[:height, :width]
        maps.append((stride * (np.stack([x, y], axis=-1) + 0.5)).astype("float32")[None])
    return maps


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_roi_align_of_a_ramp_is_exact(samples):
    """A linear map must come out as the centres of the cells, at any level and sampling."""
    maps = [np.repeat(m, 2, axis=0) for m in ramps([(12, 16), (6, 8)], (4, 8))]
    boxes = np.array(
        [[[5, 7, 17, 31], [8, 8, 9, 40]], [[20, 6, 44, 30], [4, 4, 60, 44]]], "float32"
    )
    level = np.array([[0, 0], [1, 1]])
    out = ops.convert_to_numpy(layers.roi_align(maps, boxes, level, (4, 8), 4, samples))
    assert out.shape == (2, 2, 4, 4, 2)
    share = (np.arange(4) + 0.5) / 4
    for i, j in np.ndindex(2, 2):
        x1, y1, x2, y2 = boxes[i, j]
        np.testing.assert_allclose(
            out[i, j, ..., 0], np.tile(x1 + share * (x2 - x1), (4, 1)), rtol=1e-4
        )
        np.testing.assert_allclose(
            out[i, j, ..., 1].T, np.tile(y1 + share * (y2 - y1), (4, 1)), rtol=1e-4
        )


def test_roi_align_reads_the_right_image_and_level():
    maps = [np.zeros((3, 4, 4, 1), "float32"), np.zeros((3, 2, 2, 1), "float32")]
    for image in range(3):
        maps[0][image], maps[1][image] = 10 * image, 10 * image + 1
    boxes = np.tile(np.array([2, 2, 12, 12], "float32"), (3, 2, 1))
    out = layers.roi_align(maps, boxes, np.array([[0, 1]] * 3), (4, 8), 2)
    np.testing.assert_allclose(out[:, :, 0, 0, 0], [[0, 1], [10, 11], [20, 21]])


def test_roi_align_beyond_the_edge_goes_on_unchanged():
    maps = ramps([(3, 3)], (4,))
    boxes = np.array([[[-20, 0, -10, 12], [0, 0, 0, 0], [100, 100, 200, 200]]], "float32")
    out = ops.convert_to_numpy(layers.roi_align(maps, boxes, np.zeros((1, 3), int), (4,), 2))
    np.testing.assert_allclose(out[0, 0, ..., 0], 2)  # the outermost centres lie at 2 and 10
    np.testing.assert_allclose(out[0, 1], 2)
    np.testing.assert_allclose(out[0, 2], 10)


def test_roi_align_of_a_map_with_one_cell():
    boxes = np.array([[[0, 0, 8, 8]]], "float32")
    out = layers.roi_align(
        [np.full((1, 1, 1, 3), 7.0, "float32")], boxes, np.zeros((1, 1), int), (8,), 2
    )
    np.testing.assert_allclose(out, 7)


def test_roi_align_passes_a_gradient_to_maps_and_boxes():
    boxes = np.array([[[4, 4, 16, 16]]], "float32")

    def total(fine, coarse, boxes):
        out = layers.roi_align([fine, coarse], boxes, np.array([[0]]), (4, 8), 2)
        return ops.sum(out[..., 0])

    fine, coarse, edges = gradients(total, *ramps([(6, 6), (3, 3)], (4, 8)), boxes)
    assert fine.sum() == pytest.approx(4)  # every cell's shares sum to 1
    assert np.abs(coarse).sum() == 0
    np.testing.assert_allclose(edges[0, 0], [2, 0, 2, 0], atol=1e-4)  # x of the ramp


def test_roi_pool_by_hand():
    maps = [
        np.arange(36, dtype="float32").reshape(1, 6, 6, 1),
        np.full((1, 3, 3, 1), -5.0, "float32"),
    ]
    boxes = np.float32([[[3, 9, 17, 21], [0, 0, 8, 8], [90, 90, 99, 99], [5, 5, 5, 5]]])
    out = layers.roi_pool(maps, boxes, np.array([[0, 1, 0, 0]]), (4, 8), 2)
    # The first is rounded to columns 1 to 3 and rows 2 to 4; the bins share the middle ones.
    expected = [[20, 21], [26, 27]]
    np.testing.assert_array_equal(out[0, 0, ..., 0], expected)
    np.testing.assert_array_equal(out[0, 1, ..., 0], -5)
    np.testing.assert_array_equal(out[0, 2, ..., 0], 35)  # beyond the edge: the last cell
    np.testing.assert_array_equal(out[0, 3, ..., 0], 7)  # no area: one cell


def test_roi_pool_is_the_maximum_of_slices():
    rng = np.random.default_rng(0)
    maps = [rng.standard_normal((2, 24, 20, 3)).astype("float32")]
    corner = rng.uniform(0, 40, (2, 9, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(1, 40, corner.shape)], -1).astype(
        "float32"
    )
    out = np.array(layers.roi_pool(maps, boxes, np.zeros((2, 9), int), (4,), 3))
    for i, j in np.ndindex(2, 9):
        x1, y1, x2, y2 = np.floor(boxes[i, j] / 4 + 0.5).astype(int)
        inside = maps[0][i, y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
        for row, column in np.ndindex(3, 3):
            top, left = (int(k * n / 3) for k, n in zip((row, column), inside.shape, strict=False))
            low, right = (
                -int(-(k + 1) * n // 3) for k, n in zip((row, column), inside.shape, strict=False)
            )
            expected = inside[top:low, left:right].max(axis=(0, 1))
            np.testing.assert_array_equal(out[i, j, row, column], expected)


@pytest.mark.parametrize("pool", [layers.RoiAlign, layers.RoiPool])
def test_a_detector_survives_saving(pool, tmp_path):
    image = keras.Input((32, 32, 3))
    pyramid = feature_pyramid(backbone(image), 6)
    logits, deltas = rpn_head(pyramid, 1)
    sides = ((8,), (16,), (24,))
    found, scores = layers.Propose(32, (4, 8, 16), sides, (1.2,), 20, 5)(logits, deltas)
    features = pool((4, 8, 16), 3)(pyramid, found)
    assert features.shape == (None, 5, 3, 3, 6)
    said = keras.layers.Dense(7)(keras.layers.Reshape((-1, 54))(features))
    detections = layers.Detect(32, 8, 0.5)(said[..., :3], said[..., 3:], found, scores)
    model = keras.Model(image, detections)
    picture = np.random.default_rng(0).integers(256, size=(3, 32, 32, 3)).astype("float32")
    before = model.predict(picture, verbose=0)
    assert [part.shape for part in before] == [(3, 8, 4), (3, 8), (3, 8)]
    assert set(np.unique(before[2])) <= {-1, 0, 1}
    model.save(tmp_path / "detector.keras")
    again = keras.saving.load_model(tmp_path / "detector.keras")
    for one, other in zip(before, again.predict(picture, verbose=0), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_detector_loads_in_a_process_of_its_own(tmp_path):
    logits, deltas = keras.Input((84, 1)), keras.Input((84, 4))
    propose = layers.Propose(32, (4, 8, 16), ((8,), (16,), (24,)), (1.2,), 20, 5)
    keras.Model([logits, deltas], propose(logits, deltas)).save(tmp_path / "first.keras")
    script = (
        "import sys, keras, course_utils.layers as _\n"
        "print(keras.saving.load_model(sys.argv[1]).output_shape)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "first.keras")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[(None, 5, 4), (None, 5)]"


def test_roi_level_doubles_at_twice_the_size():
    side = np.array([1, 14, 27.9, 28, 55.9, 56, 500], "float32")
    boxes = np.stack([0 * side, 0 * side, side, side], axis=-1)
    np.testing.assert_array_equal(layers.roi_level(boxes, 3), [0, 0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(layers.roi_level(boxes, 1), [0] * 7)
    np.testing.assert_array_equal(layers.roi_level(np.array([[0, 0, 14.0, 56.0]]), 3), [1])
