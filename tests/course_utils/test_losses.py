from course_utils import boxes, losses
from hypothesis import given, settings
from hypothesis import strategies as st
import keras
import numpy as np
import pytest

from conftest import gradients, some_boxes

IOU_LOSSES = [losses.iou_loss, losses.giou_loss, losses.diou_loss, losses.ciou_loss]
LOSSES = [losses.mse_loss, losses.smooth_l1_loss, *IOU_LOSSES]
SPECIAL = {  # two boxes each
    "disjoint": ([0, 0, 2, 2], [5, 7, 9, 9]),
    "nested": ([0, 0, 10, 10], [2, 3, 4, 7]),
    "touching": ([0, 0, 4, 4], [4, 0, 8, 4]),
    "touching at a corner": ([0, 0, 4, 4], [4, 4, 8, 8]),
    "identical": ([0, 0, 4, 2], [0, 0, 4, 2]),
    "a line": ([0, 0, 4, 2], [1, 1, 1, 2]),
    "a point": ([0, 0, 4, 2], [1, 1, 1, 1]),
    "nearly a point": ([0, 0, 4, 2], [1, 1, 1.000001, 1.0000001]),
    "the same point": ([3, 3, 3, 3], [3, 3, 3, 3]),
}


def value(loss, true, pred):
    true, pred = np.asarray(true, "float32"), np.asarray(pred, "float32")
    return keras.ops.convert_to_numpy(loss(true, pred))


def gradient(loss, true, pred):
    """The loss's gradient at the predicted box."""
    true, pred = np.asarray(true, "float32"), np.asarray(pred, "float32")
    return gradients(lambda box: loss(true, box), pred)[0]


@pytest.mark.parametrize(
    ("kind", "iou", "giou", "diou"),
    [
        ("identical", 0, 0, 0),
        ("nested", 1 - 8 / 100, 1 - 8 / 100, 1 - 8 / 100 + 4 / 200),
        ("touching", 1, 1, 1 + 16 / 80),  # the box around both is full
        ("touching at a corner", 1, 1.5, 1 + 32 / 128),
        ("disjoint", 1, 1 + (81 - 12) / 81, 1 + (36 + 49) / 162),
        ("a line", 1, 1, 1 + (1 + 0.25) / 20),
        ("the same point", 1, 1, 1),
    ],
)
def test_known_box_losses(kind, iou, giou, diou):
    true, pred = SPECIAL[kind]
    assert value(losses.iou_loss, true, pred) == pytest.approx(iou, abs=1e-6)
    assert value(losses.giou_loss, true, pred) == pytest.approx(giou, abs=1e-6)
    assert value(losses.diou_loss, true, pred) == pytest.approx(diou, abs=1e-6)


def test_known_ciou_loss():
    # One box in the middle of another, twice as wide as high and four times: IoU 1/2.
    true, pred = [0, 0, 4, 2], [0, 0.5, 4, 1.5]
    aspect = 4 / np.pi**2 * (np.arctan(2) - np.arctan(4)) ** 2
    expected = 0.5 + aspect**2 / (0.5 + aspect)
    assert value(losses.ciou_loss, true, pred) == pytest.approx(expected, rel=1e-5)


@settings(max_examples=15)
@given(some_boxes(least=5, most=5), some_boxes(least=5, most=5))
def test_box_losses_agree_with_keras(true, pred):
    true, pred = true.astype("float32"), pred.astype("float32")
    ciou = keras.utils.bounding_boxes.compute_ciou(true, pred, "xyxy")
    np.testing.assert_allclose(value(losses.ciou_loss, true, pred), 1 - ciou, atol=1e-5)
    iou = np.diag(keras.utils.bounding_boxes.compute_iou(true, pred, "xyxy"))
    np.testing.assert_allclose(value(losses.iou_loss, true, pred), 1 - iou, atol=1e-5)
    mse = keras.losses.mean_squared_error(true, pred)
    np.testing.assert_allclose(value(losses.mse_loss, true, pred), mse, rtol=1e-5)
    huber = keras.losses.Huber(delta=1.0, reduction="none")(true, pred)
    np.testing.assert_allclose(value(losses.smooth_l1_loss, true, pred), huber, rtol=1e-5)


def test_smooth_l1_changes_from_squared_to_linear_at_beta():
    def loss(true, pred):
        return losses.smooth_l1_loss(true, pred, beta=4.0)

    assert value(loss, [0, 0, 0, 0], [2, 4, 8, -8]) == pytest.approx((0.5 + 2 + 6 + 6) / 4)


@settings(max_examples=15)
@given(some_boxes(least=5, most=5), some_boxes(least=5, most=5), st.sampled_from([0.01, 0.5, 8]))
def test_losses_of_the_iou_family_have_their_properties(true, pred, scale):
    iou, giou, diou, ciou = (value(loss, true, pred) for loss in IOU_LOSSES)
    np.testing.assert_allclose(iou, 1 - boxes.iou(true, pred), atol=1e-6)
    assert (giou >= iou - 1e-6).all() and (giou <= 2).all()  # so GIoU is at most IoU
    assert (diou >= iou - 1e-6).all() and (diou <= 2).all()
    assert (ciou >= diou - 1e-6).all() and (ciou < 3).all()
    for loss, before in zip(IOU_LOSSES, (iou, giou, diou, ciou), strict=True):
        assert before.shape == (5,)
        np.testing.assert_allclose(value(loss, pred, true), before, atol=1e-5)
        np.testing.assert_allclose(value(loss, true * scale, pred * scale), before, atol=1e-5)
        np.testing.assert_allclose(value(loss, true + 7, pred + 7), before, atol=1e-5)


@settings(max_examples=15)
@given(some_boxes(least=5, most=5), some_boxes(least=5, most=5))
def test_losses_by_edges_are_symmetric_and_move_with_the_boxes(true, pred):
    for loss in (losses.mse_loss, losses.smooth_l1_loss):
        before = value(loss, true, pred)
        assert (before >= 0).all() and (before[(true == pred).all(axis=1)] == 0).all()
        np.testing.assert_allclose(value(loss, pred, true), before, rtol=1e-6)
        np.testing.assert_allclose(value(loss, true + 7, pred + 7), before, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_losses_have_a_value_and_a_bounded_gradient_everywhere(loss, kind, scale):
    for true, pred in (SPECIAL[kind], SPECIAL[kind][::-1]):
        true, pred = (scale * np.array(box, "float32") for box in (true, pred))
        slope = gradient(loss, true, pred)
        assert np.isfinite(value(loss, true, pred)) and np.isfinite(slope).all()
        if loss in IOU_LOSSES:  # per side of a box, since these losses know no unit
            sides = max(true[2] - true[0], pred[2] - pred[0], 1e-3 * scale)
            assert np.abs(slope * sides).max() < 20


def test_the_weight_of_ciou_passes_no_gradient():
    true, pred = np.float32([0, 0, 10, 20]), np.float32([2, 1, 18, 13])

    def aspect(box):
        angle = keras.ops.arctan((box[2] - box[0]) / (box[3] - box[1]))
        return 4 / np.pi**2 * (np.arctan(10 / 20) - angle) ** 2

    there = float(aspect(pred))
    alpha = there / (float(value(losses.iou_loss, true, pred)) + there)
    assert alpha > 0.1
    with_constant_weight = gradients(lambda b: losses.diou_loss(true, b) + alpha * aspect(b), pred)
    np.testing.assert_allclose(
        gradient(losses.ciou_loss, true, pred), with_constant_weight[0], rtol=1e-4, atol=1e-7
    )


def test_apart_only_plain_iou_lets_go():
    for loss in LOSSES:
        slope = gradient(loss, *SPECIAL["disjoint"])
        assert np.abs(slope).max() > 0 or loss is losses.iou_loss
    assert (gradient(losses.iou_loss, *SPECIAL["disjoint"]) == 0).all()


def test_losses_take_boxes_that_broadcast():
    true, pred = np.zeros((3, 1, 4)) + [0, 0, 4, 4], np.zeros((3, 7, 4)) + [1, 1, 4, 5]
    for loss in LOSSES:
        assert value(loss, true, pred).shape == (3, 7)


def test_losses_by_edges_by_hand():
    true, pred = [0, 0, 0, 0], [0.5, -1, 2, 0]
    assert value(losses.mse_loss, true, pred) == pytest.approx((0.25 + 1 + 4) / 4)
    assert value(losses.smooth_l1_loss, true, pred) == pytest.approx((0.125 + 0.5 + 1.5) / 4)


def test_ciou_counts_a_line_as_a_thousandth_of_the_diagonal():
    true, line = [0, 0, 40, 30], [0, 0, 40, 0]  # 50 px across: the line counts as 0.05 px high
    aspect = 4 / np.pi**2 * (np.arctan(40 / 30) - np.arctan(40 / 0.05)) ** 2
    expected = 1 + 15**2 / 50**2 + aspect**2 / (1 + aspect)
    assert value(losses.ciou_loss, true, line) == pytest.approx(expected, rel=1e-5)
