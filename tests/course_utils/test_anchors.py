from course_utils import anchors
from hypothesis import given
from hypothesis import strategies as st
import keras
from keras import ops
import numpy as np
import pytest

from conftest import gradients


def test_cell_centers_go_row_by_row_and_lie_in_the_middle():
    centers = anchors.cell_centers(2, 3, stride=8)
    assert centers.dtype == np.float32
    np.testing.assert_array_equal(centers, [[4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12]])


def test_cell_shares_are_those_of_bilinear_interpolation():
    xyxy = np.array([[3, 3, 5, 5], [6, 2, 10, 6], [4, 8, 10, 12], [0, 0, 1, 1]], "float32")
    shares = anchors.cell_shares(xyxy, 2, 3, stride=8)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares[0], [1, 0, 0, 0, 0, 0])  # on the centre of a cell
    np.testing.assert_allclose(shares[1], [0.5, 0.5, 0, 0, 0, 0])  # half way between two
    np.testing.assert_allclose(shares[2], np.array([10, 6, 0, 30, 18, 0]) / 64, rtol=1e-6)
    np.testing.assert_allclose(shares[3], [1, 0, 0, 0, 0, 0])  # in the corner: still sums to 1
    centers = anchors.cell_centers(2, 3, stride=8)
    np.testing.assert_allclose(shares[:3] @ centers, (xyxy[:3, :2] + xyxy[:3, 2:]) / 2)


def test_anchors_stand_around_the_centers_of_the_cells():
    grid = anchors.anchor_grid(16, strides=(4, 8), sides=((6,), (8, 12)), ratios=(1, 4))
    assert grid.dtype == np.float32
    assert grid.shape == (16 * 2 + 4 * 2 * 2, 4)
    np.testing.assert_allclose(grid[0], [-1, -1, 5, 5])  # stride 4, first cell, square
    np.testing.assert_allclose(grid[1], [0.5, -4, 3.5, 8])  # four times as high as wide
    np.testing.assert_allclose(grid[2], [3, -1, 9, 5])  # the next cell lies to the right
    np.testing.assert_allclose(grid[32:36, 2] - grid[32:36, 0], [8, 4, 12, 6])
    np.testing.assert_allclose((grid[32:36, :2] + grid[32:36, 2:]) / 2, np.full((4, 2), 4))


def test_anchors_of_a_size_that_the_stride_does_not_divide():
    """As many cells as a convolution with "same" padding makes: rounded up."""
    assert len(anchors.anchor_grid(19, (4, 8), ((8,), (16,)), (1,))) == 25 + 9


def matched(xyxy, labels, grid, **bounds):
    return ops.convert_to_numpy(
        anchors.match(
            np.array(xyxy, "float32"), np.array(labels), np.array(grid, "float32"), **bounds
        )
    ).tolist()


def test_match_by_hand():
    grid = [[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 4.5], [0, 0, 10, 3], [50, 50, 60, 60]]
    one = [[0, 0, 10, 10], [0, 0, 0, 0]]  # IoU 1, 0.9, 0.45, 0.3, 0; one row of padding
    assert matched([one], [[3, -1]], grid) == [[0, 0, -2, -1, -1]]
    # The bounds themselves: at `positive` it is positive, at `negative` not background.
    halves = [[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 2.5]]
    assert matched([one], [[0, -1]], halves, positive=0.5, negative=0.25) == [[0, 0, -2]]


def test_the_best_anchor_of_a_box_answers_whatever_its_iou():
    grid = [[0, 0, 10, 10], [0, 0, 10, 3], [50, 50, 60, 60], [50, 50, 60, 60]]
    pair = [[0, 0, 10, 10], [50, 50, 53, 53]]  # the second has 0.09 with two equal anchors
    assert matched([pair], [[0, 0]], grid) == [[0, -1, 1, -1]]


def test_an_anchor_that_is_the_best_of_two_boxes_answers_for_the_nearer():
    two = [[0, 0, 10, 4], [0, 0, 10, 6]]  # IoU 0.4 and 0.6 with the first anchor
    assert matched([two], [[0, 0]], [[0, 0, 10, 10], [50, 50, 60, 60]]) == [[1, -1]]


def test_padding_and_images_without_boxes_match_nothing():
    grid = [[0, 0, 10, 10], [0, 0, 1, 1]]
    two = [[0, 0, 10, 10], [0, 0, 1, 1]]
    assert matched([two, two], [[-1, -1], [-1, 5]], grid) == [[-1, -1], [-1, 1]]
    assert matched([two], [[-1, -1]], [[70, 0, 80, 10]]) == [[-1]]


def test_a_box_that_meets_no_anchor_has_none():
    assert matched([[[0, 0, 10, 10]]], [[0]], [[50, 50, 60, 60], [70, 0, 80, 9]]) == [[-1, -1]]


def test_match_with_anchors_of_their_own_for_each_image():
    xyxy = [[[0, 0, 10, 10]], [[20, 20, 30, 30]]]
    grids = [[[0, 0, 10, 9], [40, 40, 50, 50]], [[40, 40, 50, 50], [20, 20, 30, 29]]]
    assert matched(xyxy, [[1], [1]], grids) == [[0, -1], [-1, 0]]


POSITIVE = st.lists(
    st.tuples(*[st.floats(-50, 50, width=32)] * 2, *[st.floats(1, 60, width=32)] * 2),
    min_size=2,
    max_size=2,
)


@given(POSITIVE)
def test_deltas_there_and_back(pair):
    box, anchor = (np.array([[x, y, x + w, y + h]], "float32") for x, y, w, h in pair)
    back = anchors.decode(anchors.encode(box, anchor), anchor)
    np.testing.assert_allclose(ops.convert_to_numpy(back), box, atol=2e-3)


def test_deltas_are_those_of_keras():
    rng = np.random.default_rng(0)
    corner, sides = rng.uniform(0, 50, (2, 30, 2)), rng.uniform(2, 60, (2, 30, 2))
    box, anchor = np.concatenate([corner, corner + sides], axis=-1).astype("float32")
    formats = {"image_shape": (96, 96, 3), "variance": anchors.VARIANCES}
    theirs = keras.utils.bounding_boxes.encode_box_to_deltas(
        anchor, box, "xyxy", "xyxy", encoding_format="center_xywh", **formats
    )
    ours = anchors.encode(box, anchor)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    back = keras.utils.bounding_boxes.decode_deltas_to_boxes(
        anchor, ours, "xyxy", "xyxy", encoded_format="center_xywh", **formats
    )
    np.testing.assert_allclose(anchors.decode(ours, anchor), back, atol=1e-2)


def test_a_wild_delta_decodes_to_something_finite():
    box = ops.convert_to_numpy(
        anchors.decode(np.full((1, 4), 1e4, "float32"), np.array([[0, 0, 16, 16]], "float32"))
    )
    assert np.isfinite(box).all()
    np.testing.assert_allclose(box[:, 2:] - box[:, :2], 1000, rtol=1e-4)


GRID = np.array([[0, 0, 10, 10], [0, 0, 10, 4.5], [50, 50, 60, 60]], "float32")


def rpn_loss(true_boxes, labels, logits, deltas):
    loss, positives = anchors.rpn_loss(
        np.array(true_boxes, "float32"),
        np.array(labels),
        np.array(logits, "float32")[..., None],
        np.array(deltas, "float32"),
        GRID,
    )
    return float(loss), float(positives)


def test_rpn_loss_by_hand():
    true, labels = [[[0, 0, 10, 10], [9, 9, 9, 9]]], [[0, -1]]
    perfect = [[20, 0, -20]]  # the second anchor has IoU 0.45: whatever it says does not count
    assert rpn_loss(true, labels, perfect, np.zeros((1, 3, 4))) == (pytest.approx(0, abs=1e-6), 1)
    # A move of one width is 10 in units of the variance; smooth L1 with beta 0.5: 9.75, over 4.
    moved = np.zeros((1, 3, 4))
    moved[0, 0, 0] = 10
    assert rpn_loss(true, labels, perfect, moved)[0] == pytest.approx(9.75 / 4, rel=1e-4)
    moved[0, 1:] = 7  # what others than the positive say does not count
    assert rpn_loss(true, labels, perfect, moved)[0] == pytest.approx(9.75 / 4, rel=1e-4)
    # At logit 0, focal losses are 0.25 · 0.25 · ln 2 for yes and 0.75 · 0.25 · ln 2 for no.
    unsure = rpn_loss(true, labels, [[0, 0, 0]], np.zeros((1, 3, 4)))[0]
    assert unsure == pytest.approx(0.25 * np.log(2), rel=1e-4)


def test_rpn_loss_of_an_image_without_objects_is_that_of_its_negatives():
    nothing = np.zeros((1, 2, 4))
    loss, positives = rpn_loss(nothing, [[-1, -1]], [[0, 0, 0]], np.full((1, 3, 4), 5))
    assert positives == 0
    assert loss == pytest.approx(3 * 0.75 * 0.25 * np.log(2), rel=1e-4)


def test_rpn_loss_of_classes_asks_for_the_label_of_the_digit():
    nothing, logits = np.zeros((1, 3, 4), "float32"), np.full((1, 3, 3), -10, "float32")
    logits[0, 0, 1] = 10
    digit = np.array([[[0, 0, 10, 10]]], "float32")

    def loss(label):
        return float(anchors.rpn_loss(digit, np.array([[label]]), logits, nothing, GRID)[0])

    assert loss(1) == pytest.approx(0, abs=1e-6)
    assert loss(2) == pytest.approx(0.25 * 10 + 0.75 * 10, rel=1e-3)  # a no too many, a yes missing


def test_rpn_loss_has_a_finite_gradient_with_padding():
    true = np.array([[[0, 0, 10, 10], [0, 0, 0, 0]]], "float32")
    logits = np.zeros((1, 3, 1), "float32")

    def loss(deltas):
        return anchors.rpn_loss(true, np.array([[0, -1]]), logits, deltas, GRID)[0]

    (gradient,) = gradients(loss, np.ones((1, 3, 4), "float32"))
    assert np.isfinite(gradient).all()
    assert (gradient[0, 0] != 0).all()
    assert (gradient[0, 1:] == 0).all()


def test_propose_by_hand():
    grid = np.array(
        [[-4, 0, 12, 16], [20, 20, 36, 36], [21, 20, 37, 36], [-10, 30, 2, 46], [60, 60, 76, 76]],
        "float32",
    )
    logits = np.array([[1, 3, 2, 4, -1]], "float32")[..., None]
    deltas = np.zeros((1, 5, 4), "float32")
    xyxy, scores = anchors.propose(logits, deltas, grid, 64, pre_nms_boxes=5, max_boxes=4)
    # The third is suppressed by the second; of the fourth a strip of 2 px is left: too small.
    expected = [[20, 20, 36, 36], [0, 0, 12, 16], [60, 60, 64, 64]]
    np.testing.assert_allclose(xyxy[0, :3], expected)
    np.testing.assert_allclose(scores[0], [*(1 / (1 + np.exp([-3.0, -1, 1]))), 0], rtol=1e-5)
    few, _ = anchors.propose(logits, deltas, grid, 64, pre_nms_boxes=1, max_boxes=1)
    np.testing.assert_allclose(few[0], [[20, 20, 36, 36]])


def test_match_has_the_bounds_of_retinanet():
    grid = [[0, 0, 10, height] for height in (10, 5.1, 4.9, 4.1, 3.9)]
    assert matched([[[0, 0, 10, 10]]], [[0]], grid) == [[0, 0, -2, -2, -1]]


def test_padding_that_lies_on_an_anchor_takes_it_from_no_box():
    pair = [[0, 0, 10, 10], [0, 0, 10, 6]]  # the padding would fit the first anchor better
    assert matched([pair], [[-1, 4]], [[0, 0, 10, 10], [50, 50, 60, 60]]) == [[1, -1]]


def test_deltas_by_hand():
    anchor, box = np.float32([[0, 0, 10, 20]]), np.float32([[5, -12, 15, 28]])
    # Half a width to the right, a tenth of a height up; as wide, twice as high.
    expected = [[0.5 / 0.1, -0.1 / 0.1, 0, np.log(2) / 0.2]]
    np.testing.assert_allclose(anchors.encode(box, anchor), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(anchors.decode(np.float32(expected), anchor), box, rtol=1e-5)


def test_rpn_loss_is_divided_by_the_positive_anchors_of_the_batch():
    near, far = [0, 0, 10, 10], [50, 50, 60, 60]
    # Two positive anchors and one that is ignored; one positive, and two negative.
    true, labels = [[near, far], [near, far]], [[0, 0], [-1, 0]]
    deltas = np.zeros((2, 3, 4))
    deltas[0, 2, 1], deltas[1, 2, 3] = 10, 0.2
    loss, positives = rpn_loss(true, labels, np.zeros((2, 3)), deltas)
    focal = (3 * 0.25 + 2 * 0.75) * 0.25 * np.log(2)
    smooth_l1 = (10 - 0.25) / 4 + 0.2**2 / (2 * 0.5) / 4
    assert loss == pytest.approx((focal + smooth_l1) / 3, rel=1e-4)
    assert positives == 1.5


def test_rpn_loss_asks_each_anchor_for_its_own_box():
    far, near = [51, 50, 61, 60], [0, 0, 10, 9.9]
    true, logits = np.float32([[far, near]]), np.full((1, 3, 3), -20, "float32")
    logits[0, 0, 2] = logits[0, 2, 1] = 20
    deltas = np.array(anchors.encode(true[:, [1, 1, 0]], GRID))
    loss, _ = anchors.rpn_loss(true, np.array([[1, 2]]), logits, deltas, GRID)
    assert float(loss) == pytest.approx(0, abs=1e-6)


def test_propose_suppresses_above_07_and_drops_sides_below_four_pixels():
    grid = [
        *([0, 0, 20, 20], [0, 0, 20, 13.8]),  # IoU 0.69
        *([40, 40, 60, 60], [40, 40, 60, 54.2]),  # IoU 0.71
        *([0, 70, 3.9, 80], [80, 0, 90, 3.9], [80, 80, 84, 84]),
    ]
    logits = np.arange(7, 0, -1, dtype="float32").reshape(1, 7, 1)
    deltas = np.zeros((1, 7, 4), "float32")
    xyxy, scores = anchors.propose(logits, deltas, np.float32(grid), 100, 7, 5)
    np.testing.assert_allclose(xyxy[0, :4], np.float32(grid)[[0, 1, 2, 6]], rtol=1e-6)
    assert (np.array(scores) > 0).tolist() == [[True, True, True, True, False]]


def test_propose_of_two_pictures_moves_the_anchors_of_each():
    grid = np.float32([[0, 0, 10, 10], [30, 30, 40, 40]])
    deltas = np.zeros((2, 2, 4), "float32")
    deltas[1, 1, 0] = 5  # half a width
    logits = np.float32([[1, 2], [4, 3]])[..., None]
    xyxy, _ = anchors.propose(logits, deltas, grid, 64, 2, 2)
    np.testing.assert_allclose(xyxy, [grid[::-1], [grid[0], [35, 30, 45, 40]]], rtol=1e-6)
