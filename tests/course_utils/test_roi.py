import subprocess
import sys

from course_utils import layers, roi
from course_utils.layers import backbone, feature_pyramid, rpn_head
import keras
from keras import ops
import numpy as np
import pytest

from conftest import gradients


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
    out = ops.convert_to_numpy(roi.roi_align(maps, boxes, level, (4, 8), 4, samples))
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
    out = roi.roi_align(maps, boxes, np.array([[0, 1]] * 3), (4, 8), 2)
    np.testing.assert_allclose(out[:, :, 0, 0, 0], [[0, 1], [10, 11], [20, 21]])


def test_roi_align_beyond_the_edge_goes_on_unchanged():
    maps = ramps([(3, 3)], (4,))
    boxes = np.array([[[-20, 0, -10, 12], [0, 0, 0, 0], [100, 100, 200, 200]]], "float32")
    out = ops.convert_to_numpy(roi.roi_align(maps, boxes, np.zeros((1, 3), int), (4,), 2))
    np.testing.assert_allclose(out[0, 0, ..., 0], 2)  # the outermost centres lie at 2 and 10
    np.testing.assert_allclose(out[0, 1], 2)
    np.testing.assert_allclose(out[0, 2], 10)


def test_roi_align_of_a_map_with_one_cell():
    boxes = np.array([[[0, 0, 8, 8]]], "float32")
    out = roi.roi_align(
        [np.full((1, 1, 1, 3), 7.0, "float32")], boxes, np.zeros((1, 1), int), (8,), 2
    )
    np.testing.assert_allclose(out, 7)


def test_roi_align_passes_a_gradient_to_maps_and_boxes():
    boxes = np.array([[[4, 4, 16, 16]]], "float32")

    def total(fine, coarse, boxes):
        out = roi.roi_align([fine, coarse], boxes, np.array([[0]]), (4, 8), 2)
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
    out = roi.roi_pool(maps, boxes, np.array([[0, 1, 0, 0]]), (4, 8), 2)
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
    out = np.array(roi.roi_pool(maps, boxes, np.zeros((2, 9), int), (4,), 3))
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


@pytest.mark.parametrize("pool", [roi.RoiAlign, roi.RoiPool])
def test_a_detector_survives_saving(pool, tmp_path):
    image = keras.Input((32, 32, 3))
    pyramid = feature_pyramid(backbone(image), 6)
    logits, deltas = rpn_head(pyramid, 1)
    sides = ((8,), (16,), (24,))
    found, scores = layers.Propose(32, (4, 8, 16), sides, (1.2,), 20, 5)(logits, deltas)
    features = pool((4, 8, 16), 3)(pyramid, found)
    assert features.shape == (None, 5, 3, 3, 6)
    said = keras.layers.Dense(8)(keras.layers.Reshape((-1, 54))(features))
    probability, iou = ops.softmax(said[..., :3]), ops.sigmoid(said[..., 7])
    moved = roi.Move(32)(said[..., 3:7], found)
    detections = roi.Detect(8, 0.5)(moved, probability, iou, scores)
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
    np.testing.assert_array_equal(roi.roi_level(boxes, 3, 28), [0, 0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(roi.roi_level(boxes, 3), [0, 0, 0, 0, 0, 1, 2])
    np.testing.assert_array_equal(roi.roi_level(boxes, 1), [0] * 7)
    np.testing.assert_array_equal(roi.roi_level(np.array([[0, 0, 14.0, 56.0]]), 3, 28), [1])


def test_roi_align_takes_the_mean_of_its_samples():
    maps = [np.random.default_rng(0).normal(size=(1, 8, 8, 2)).astype("float32")]
    boxes, level = np.float32([[[3, 5, 27, 22]]]), np.zeros((1, 1), int)
    fine = np.array(roi.roi_align(maps, boxes, level, (4,), 4))
    expected = fine.reshape(1, 1, 2, 2, 2, 2, 2).mean(axis=(3, 5))
    out = roi.roi_align(maps, boxes, level, (4,), 2, samples=2)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "function"), [(roi.RoiAlign, roi.roi_align), (roi.RoiPool, roi.roi_pool)]
)
def test_each_box_is_read_from_the_map_of_its_size(layer, function):
    strides, side = (4, 8, 16), np.float32([20, 30, 60, 120])
    maps = ramps([(32, 32), (16, 16), (8, 8)], strides)
    maps = [ramp[..., :1] + 1000 * i for i, ramp in enumerate(maps)]
    boxes = np.stack([3 + 0 * side, 0 * side, 3 + side, side], axis=-1)[None]
    out = np.array(layer(strides, 3, finest=28)(maps, boxes))
    assert out.shape == (1, 4, 3, 3, 1)
    np.testing.assert_array_equal(out, function(maps, boxes, np.array([[0, 1, 2, 2]]), strides, 3))
    if layer is roi.RoiAlign:  # the level, and x of the ramp in the middle of the boxes
        expected = np.array([0, 1000, 2000, 2000]) + 3 + side / 2
        np.testing.assert_allclose(out[0, :, 1, 1, 0], expected, rtol=1e-5)


def test_move_by_hand():
    boxes = np.float32([[[0, 0, 10, 10], [20, 20, 30, 40]]])
    deltas = np.float32([[[-5, 0, 0, 0], [0, 0, 0, np.log(2) / 0.2]]])  # left; twice as high
    moved = roi.Move(48)(deltas, boxes)
    np.testing.assert_allclose(moved, [[[0, 0, 5, 10], [20, 10, 30, 48]]], rtol=1e-5)


def test_move_passes_no_gradient():
    boxes = np.float32([[[10, 10, 20, 20]]])
    zeros = np.zeros((1, 1, 4), "float32")
    of_deltas, of_boxes = gradients(lambda d, b: ops.sum(roi.Move(48)(d, b)), zeros, boxes)
    assert not np.any(of_deltas)
    assert not np.any(of_boxes)


def detected(boxes, probability, iou, scores, **options):
    """What `Detect` says for one picture."""
    given = (np.float32([part]) for part in (boxes, probability, iou, scores))
    return [np.array(part)[0] for part in roi.Detect(**options)(*given)]


def test_detect_by_hand():
    boxes = [[0, 0, 10, 10], [20, 20, 30, 40], [50, 50, 60, 60]]
    probability = [[0.1, 0.8, 0.1], [0.6, 0.15, 0.25], [0.98, 0.01, 0.01]]
    # Of the third box there is nothing; how sure its proposal was does not count.
    given = boxes, probability, [0.25, 1, 1], [0.9, 0.1, 0]
    found, scores, labels = detected(*given, max_boxes=5, threshold=0.5)
    np.testing.assert_allclose(scores, [0.6, 0.4, 0.15, 0.05, 0], rtol=1e-5)
    np.testing.assert_array_equal(labels, [0, 1, 1, 0, -1])
    np.testing.assert_array_equal(found[:4], np.float32(boxes)[[1, 0, 1, 0]])


@pytest.mark.parametrize(("threshold", "kept"), [(0.5, 1), (0.7, 2)])
def test_detect_suppresses_at_its_threshold(threshold, kept):
    boxes, probability = [[0, 0, 10, 10], [0, 0, 10, 6]], [[0.9, 0.1], [0.8, 0.2]]
    given = boxes, probability, [1, 1], [1, 1]
    _, scores, _ = detected(*given, max_boxes=2, threshold=threshold)
    assert (scores > 0).sum() == kept


def test_a_box_with_edges_out_of_order_belongs_to_the_finest_level():
    backwards = np.float32([[100, 100, 0, 0], [100, 0, 0, 100], [0, 100, 100, 0]])
    np.testing.assert_array_equal(roi.roi_level(backwards, 4), [0, 0, 0])
    np.testing.assert_array_equal(roi.roi_level(backwards[:, [2, 3, 0, 1]], 4), [1, 0, 0])


def test_maps_that_do_not_belong_together_are_named():
    maps = [np.zeros((2, 4, 4, 3), "float32"), np.zeros((2, 2, 2, 3), "float32")]
    level = np.zeros((2, 1), int)
    boxes = np.zeros((2, 1, 4), "float32")
    for bad in ([maps[0], maps[1][..., :2]], [maps[0], maps[1][:1]]):
        with pytest.raises(ValueError, match="maps must be of the images of boxes"):
            roi.roi_align(bad, boxes, level, (4, 8), 2)
    with pytest.raises(ValueError, match="maps must be of the images of boxes"):
        roi.roi_align(maps, boxes[:1], level[:1], (4, 8), 2)
