from course_utils import boxes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import keras
import numpy as np
import pytest

COORDINATE = st.integers(-50, 50)


@st.composite
def some_boxes(draw, least=1, most=6):
    """Boxes (N, 4) with positive sides."""
    n = draw(st.integers(least, most))
    corner = draw(arrays("int64", (n, 2), elements=COORDINATE))
    size = draw(arrays("int64", corner.shape, elements=st.integers(1, 40)))
    return np.concatenate([corner, corner + size], axis=1)


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
    with pytest.raises(ValueError, match="image 1 has no pixel above 0"):
        boxes.tight_box(image)
    with pytest.raises(ValueError, match=r"\(N, H, W\)"):
        boxes.tight_box(image[0])


def giou_loss(first, second):
    first, second = np.asarray(first, "float32"), np.asarray(second, "float32")
    return keras.ops.convert_to_numpy(boxes.giou_loss(first, second))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0, 0, 4, 2], [0, 0, 4, 2], 0),
        ([0, 0, 10, 10], [2, 3, 4, 7], 1 - 8 / 100),  # nested: the hull is the larger box
        ([0, 0, 4, 4], [4, 0, 8, 4], 1),  # touching, the hull is filled
        ([0, 0, 2, 2], [5, 7, 9, 9], 1 + (81 - 4 - 8) / 81),
        ([2, 2, 8, 6], [4, 3, 11, 9], 1 - 12 / 54 + (63 - 54) / 63),
    ],
)
def test_known_giou_loss(first, second, expected):
    assert giou_loss(first, second) == pytest.approx(expected, abs=1e-6)


@given(some_boxes(least=5, most=5), some_boxes(least=5, most=5))
def test_giou_loss_is_at_least_the_iou_loss_and_at_most_two(first, second):
    loss = giou_loss(first, second)
    assert loss.shape == (5,)
    assert (loss >= 1 - boxes.iou(first, second) - 1e-6).all()
    assert (loss <= 2).all()
    np.testing.assert_allclose(loss, giou_loss(second, first), rtol=1e-6)
