from types import SimpleNamespace

from course_utils import boxes
import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import keras
import numpy as np
import pytest

from conftest import some_boxes

COORDINATE = st.integers(-50, 50)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([2, 2, 8, 6], [4, 3, 11, 9], 12 / 54),  # counted by hand, and asymmetric in x and y
        ([0, 0, 4, 2], [0, 0, 4, 2], 1),
        ([0, 0, 10, 10], [2, 3, 4, 7], 8 / 100),  # nested
        ([0, 0, 4, 4], [4, 0, 8, 4], 0),  # touching along an edge
        ([0, 0, 2, 2], [5, 7, 9, 9], 0),  # apart in both directions: minus times minus
        ([0, 0, 2, 2], [0, 5, 2, 9], 0),
        ([3, 3, 3, 9], [3, 3, 3, 9], 0),  # no area, even against itself
        ([5, 5, 1, 1], [0, 0, 9, 9], 0),  # x2 < x1 has no area
    ],
)
def test_known_iou(first, second, expected):
    assert boxes.iou(first, second) == pytest.approx(expected)
    assert boxes.iou(second, first) == pytest.approx(expected)


def test_pairwise_is_every_pair():
    first = np.array([[0, 0, 4, 4], [2, 0, 6, 4], [9, 9, 10, 10]])
    second = np.array([[0, 0, 4, 4], [0, 2, 4, 6]])
    expected = [[1, 8 / 24], [8 / 24, 4 / 28], [0, 0]]
    np.testing.assert_allclose(boxes.pairwise_iou(first, second), expected)


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
def test_no_boxes(n, m):
    assert boxes.pairwise_iou(np.zeros((n, 4)), np.zeros((m, 4))).shape == (n, m)


@given(some_boxes(), some_boxes())
def test_pairwise_properties(first, second):
    iou = boxes.pairwise_iou(first, second)
    assert ((iou >= 0) & (iou <= 1)).all()
    np.testing.assert_array_equal(iou, boxes.pairwise_iou(second, first).T)
    np.testing.assert_allclose(np.diag(boxes.pairwise_iou(first, first)), 1)
    swapped = boxes.pairwise_iou(first[:, [1, 0, 3, 2]], second[:, [1, 0, 3, 2]])
    np.testing.assert_allclose(iou, swapped)


@given(some_boxes(), some_boxes(), st.integers(1, 9), COORDINATE, COORDINATE)
def test_scale_and_shift_change_nothing(first, second, scale, dx, dy):
    shift = [dx, dy, dx, dy]
    moved = boxes.pairwise_iou(first * scale + shift, second * scale + shift)
    np.testing.assert_allclose(boxes.pairwise_iou(first, second), moved)


@given(some_boxes(), some_boxes())
def test_pairwise_equals_keras(first, second):
    theirs = keras.utils.bounding_boxes.compute_iou(
        first.astype("float32"), second.astype("float32"), bounding_box_format="xyxy"
    )
    ours = boxes.pairwise_iou(first, second)
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs), atol=1e-5)


@pytest.mark.parametrize(
    "bad", [np.zeros(3), np.zeros((2, 5)), [0, 0, np.nan, 1], [0, 0, np.inf, 1]]
)
def test_bad_boxes_are_named(bad):
    with pytest.raises(ValueError, match="boxes2"):
        boxes.iou([0, 0, 1, 1], bad)


def test_pairwise_wants_lists_of_boxes():
    with pytest.raises(ValueError, match=r"\(N, 4\)"):
        boxes.pairwise_iou([0, 0, 1, 1], [[0, 0, 1, 1]])


@given(some_boxes(most=1))
def test_tight_box_finds_a_filled_rectangle(box):
    x1, y1, x2, y2 = box[0] + 50
    image = np.zeros((1, 160, 200), "uint8")
    image[0, y1:y2, x1:x2] = 9
    np.testing.assert_array_equal(boxes.tight_box(image), [[x1, y1, x2, y2]])


def test_tight_box_threshold_and_errors():
    image = np.zeros((2, 5, 6), "uint8")
    image[:, 1:3, 2] = 200
    image[:, 4, 5] = 10
    np.testing.assert_array_equal(boxes.tight_box(image)[0], [2, 1, 6, 5])
    np.testing.assert_array_equal(boxes.tight_box(image, threshold=10)[0], [2, 1, 3, 3])
    image[1] = 0
    with pytest.raises(ValueError, match=r"images\[1\] has no pixel above 0"):
        boxes.tight_box(image)
    with pytest.raises(ValueError, match=r"images must be \(N, H\+, W\+\)"):
        boxes.tight_box(image[0])


def suppressed(xyxy, scores, threshold, most):
    kept, left = boxes.nms(np.float32([xyxy]), np.float32([scores]), threshold, most)
    return np.array(kept)[0], np.array(left)[0]


def test_nms_by_hand():
    xyxy = [[0, 0, 10, 10], [1, 0, 11, 10], [2, 0, 12, 10], [50, 50, 60, 60]]
    # IoU with the best, number 1: 9/11 and 9/11. Number 3 is alone.
    kept, scores = suppressed(xyxy, [0.7, 0.9, 0.8, 0.1], 0.5, 4)
    np.testing.assert_array_equal(kept[scores > 0], [xyxy[1], xyxy[3]])
    np.testing.assert_allclose(scores, [0.9, 0, 0, 0.1])
    # No IoU is above 0.85 (0 and 2 have 8/12), so all stay.
    _, scores = suppressed(xyxy, [0.7, 0.9, 0.8, 0.1], 0.85, 4)
    np.testing.assert_allclose(scores, [0.9, 0.8, 0.7, 0.1])


def test_nms_a_suppressed_box_suppresses_nothing():
    xyxy = [[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10]]
    _, scores = suppressed(xyxy, [0.9, 0.8, 0.7], 0.2, 3)
    np.testing.assert_allclose(scores, [0.9, 0, 0.7])


def test_nms_at_the_threshold_ties_and_padding():
    xyxy = [[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 0, 0], [0, 0, 0, 0]]
    kept, scores = suppressed(xyxy, [0.5, 0.5, 0, 0], 0.5, 4)  # IoU exactly 0.5 stays
    np.testing.assert_array_equal(kept, xyxy)
    np.testing.assert_array_equal(scores, [0.5, 0.5, 0, 0])
    kept, scores = suppressed(xyxy, [0.5, 0.5, 0, 0], 0.49, 2)  # of equals the first stays
    np.testing.assert_array_equal(kept[0], xyxy[0])
    np.testing.assert_array_equal(scores, [0.5, 0])


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([0.3, 0.5, 0.7]))
@settings(max_examples=30)
def test_nms_agrees_with_tensorflow(seed, n, threshold):
    tensorflow = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 20, (n, 2, 2))
    xyxy = np.concatenate([corners.min(1), corners.max(1) + 1], axis=1).astype("float32")
    scores = rng.permutation(n).astype("float32") + 1
    theirs = tensorflow.image.non_max_suppression(xyxy, scores, n, threshold).numpy()
    kept, left = suppressed(xyxy, scores, threshold, n)
    np.testing.assert_array_equal(left[left > 0], scores[theirs])
    np.testing.assert_array_equal(kept[left > 0], xyxy[theirs])


def test_class_nms_by_hand():
    xyxy = np.float32([[[0, 0, 10, 10], [0, 0, 10, 9], [30, 30, 40, 40]]])
    scores = np.float32([[[0.9, 0.2], [0.8, 0.6], [0, 0.5]]])
    kept, left, labels = map(np.array, boxes.class_nms(xyxy, scores, 0.5, 5))
    # Of class 0 the first box suppresses the second; of class 1 the second suppresses the first.
    np.testing.assert_allclose(left, [[0.9, 0, 0.6, 0.5, 0]])
    np.testing.assert_array_equal(labels, [[0, -1, 1, 1, -1]])
    np.testing.assert_array_equal(kept[0, [0, 2, 3]], xyxy[0])


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_class_nms_agrees_with_tensorflow(seed):
    tensorflow = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-20, 20, (2, 12, 2))
    xyxy = np.concatenate([corner, corner + rng.uniform(3, 25, corner.shape)], -1).astype("float32")
    scores = rng.permuted(np.linspace(0.1, 1, 2 * 12 * 3)).reshape(2, 12, 3).astype("float32")
    kept, left, labels = map(np.array, boxes.class_nms(xyxy, scores, 0.4, 36))
    theirs = tensorflow.image.combined_non_max_suppression(
        xyxy[:, :, None], scores, 36, 36, iou_threshold=0.4, clip_boxes=False
    )
    for i in range(2):
        n = int(theirs.valid_detections[i])
        stays = left[i] > 0
        assert stays.sum() == n
        np.testing.assert_allclose(left[i][stays], theirs.nmsed_scores[i, :n])
        np.testing.assert_array_equal(labels[i][stays], theirs.nmsed_classes[i, :n])
        np.testing.assert_array_equal(kept[i][stays], theirs.nmsed_boxes[i, :n])


def test_nms_looks_at_the_best_of_each_picture():
    first = [[0, 0, 10, 10], [0, 0, 10, 9], [30, 30, 40, 40]]
    second = [[30, 30, 40, 40], [0, 0, 10, 10], [60, 60, 70, 70]]
    scores = np.float32([[0.9, 0.8, 0.7], [0.2, 0.6, 0.4]])
    kept, left = map(np.array, boxes.nms(np.float32([first, second]), scores, 0.5, 2))
    np.testing.assert_array_equal(kept, [first[:2], second[1:]])
    np.testing.assert_allclose(left, [[0.9, 0], [0.6, 0.4]])


def test_overlap_counts_areas_with_their_sign_and_ratio_divides_by_no_zero():
    pair = np.float32([[0, 0, 4, 4], [4, 0, 0, 2]]), np.float32([[2, 1, 6, 5], [0, 0, 4, 4]])
    intersection, union = boxes.overlap(*map(keras.ops.convert_to_tensor, pair))
    np.testing.assert_array_equal(intersection, [6, 0])
    np.testing.assert_array_equal(union, [16 + 16 - 6, -8 + 16])
    whole = keras.ops.convert_to_tensor(np.float32([2, 0, -2]))
    np.testing.assert_array_equal(boxes.ratio(np.float32([3, 3, 3]), whole), [1.5, 3, 3])


def test_mser_boxes_are_the_largest_first_of_the_sides_that_are_asked_for(monkeypatch):
    regions = [np.zeros((n, 2)) for n in (50, 300, 200, 90)]
    rectangles = [(1, 2, 7, 12), (10, 20, 64, 30), (5, 6, 65, 9), (3, 4, 11, 9)]  # x, y, w, h
    found = SimpleNamespace(detectRegions=lambda grey: (regions, rectangles))
    monkeypatch.setattr(
        cv2, "MSER", SimpleNamespace(create=lambda min_area: found if min_area == 20 else None)
    )
    image = np.zeros((80, 100, 3), "uint8")
    xyxy, scores = boxes.mser_boxes(image, max_boxes=3)
    assert xyxy.dtype == scores.dtype == np.float32
    np.testing.assert_array_equal(xyxy, [[10, 20, 74, 50], [1, 2, 8, 14], [0] * 4])
    np.testing.assert_array_equal(scores, [300, 50, 0])
    np.testing.assert_array_equal(boxes.mser_boxes(image, 1, sides=(9, 12))[0], [[3, 4, 14, 13]])
    assert len(boxes.mser_boxes(image)[0]) == 100


def test_mser_boxes_find_soft_blobs():
    image = np.full((80, 100, 3), 60, "uint8")
    image[20:40, 10:41] = 200
    image[4:12, 80:88] = 250
    xyxy, scores = boxes.mser_boxes(cv2.GaussianBlur(image, (9, 9), 0), max_boxes=9)
    middle = ((xyxy[:, :2] + xyxy[:, 2:]) / 2)[scores > 0]
    np.testing.assert_allclose(middle, [[25.5, 30], [84, 8]], atol=1)


@pytest.mark.parametrize("far", [1e8, np.inf, np.nan])
def test_a_far_box_changes_nothing_in_another_picture(far):
    pair = [[0, 0, 3, 3], [0, 0, 3, 2.8], [50, 50, 60, 60]]
    pictures = np.float32([pair, [[0, 0, far, far], *pair[:2]]])
    scores = np.float32([[[0.1, 0.9], [0.2, 0.8], [0, 0.7]], [[0, 0.3], [0.1, 0.9], [0.2, 0.8]]])
    together = [np.array(part) for part in boxes.class_nms(pictures, scores, 0.5, 6)]
    alone = [np.array(part) for part in boxes.class_nms(pictures[:1], scores[:1], 0.5, 6)]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    assert (together[1] > 0).sum(axis=1).tolist() == [3, 3]  # both second boxes are suppressed


def test_boxes_of_two_classes_do_not_suppress_each_other_wherever_they_are():
    pair = np.float32([[[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 1e8, 1e8]]])
    scores = np.float32([[[0.9, 0], [0, 0.8], [0.1, 0]]])
    _, left, labels = boxes.class_nms(pair, scores, 0.5, 3)
    np.testing.assert_allclose(left, [[0.9, 0.8, 0.1]])
    np.testing.assert_array_equal(labels, [[0, 1, 0]])


def test_crops_correlate():
    rng = np.random.default_rng(0)
    picture = rng.integers(256, size=(20, 30)).astype("uint8")
    pictures = np.stack([picture, 255 - picture, np.full_like(picture, 9)])
    regions = np.float32([[3, 2, 11, 10]] * 3)
    rows = boxes.crops(pictures, regions, side=8)
    inside = picture[2:10, 3:11].astype("float32").ravel() - picture[2:10, 3:11].mean()
    np.testing.assert_allclose(rows[0], inside / np.linalg.norm(inside), atol=1e-5)
    np.testing.assert_allclose(rows @ rows[0], [1, -1, 0], atol=1e-5)
    for outside in ([3, 2, 3, 10], [3, 2, 31, 10], [-1, 2, 11, 10], [5, 9, 4, 10]):
        with pytest.raises(ValueError, match="inside of 20 × 30 px"):
            boxes.crops(pictures, [outside] * 3)


def test_arrays_of_different_lengths_become_one():
    rows = [np.ones((2, 4), "float32"), np.zeros((0, 4), "float32"), np.full((1, 4), 3, "float32")]
    padded = boxes.padded(rows, -1)
    assert padded.shape == (3, 2, 4) and padded.dtype == np.float32
    assert (padded[1] == -1).all() and (padded[2] == [[3] * 4, [-1] * 4]).all()
    assert boxes.padded([np.zeros(0, int)], -1).tolist() == [[-1]]
