from course_utils import metrics
from course_utils.metrics import coco_metrics, compute_metrics, reliability
import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error


def test_by_hand():
    found = compute_metrics([[0, 0], [10, 10]], [[3, 4], [10, 10]])
    assert found["mae"] == 7 / 4
    assert found["mse"] == 25 / 4
    assert found["rmse"] == 2.5
    assert (found["mean"], found["std"], found["max"]) == (2.5, 2.5, 5)
    assert found["p50"] == 2.5


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    true, pred = rng.normal(size=(2, 100, 2))
    found = compute_metrics(true, pred)
    assert found["mae"] == pytest.approx(mean_absolute_error(true, pred))
    assert found["mse"] == pytest.approx(mean_squared_error(true, pred))
    distance = np.linalg.norm(true - pred, axis=1)
    assert found["p90"] == pytest.approx(np.percentile(distance, 90))


@pytest.mark.parametrize(
    ("true", "pred"),
    [
        (np.zeros((3, 2)), np.zeros((4, 2))),
        (np.zeros((3, 3)), np.zeros((3, 3))),
        (np.zeros(2), np.zeros(2)),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        ([[0, np.nan]], [[0, 0]]),
        ([[0, 0]], [[np.inf, 0]]),
    ],
)
def test_bad_input(true, pred):
    with pytest.raises(ValueError, match=r"true and pred|true must be|pred must be"):
        compute_metrics(true, pred)


def one_image(*rows):
    """Boxes (1, n, 4), labels (1, n) and, where rows have six numbers, scores (1, n)."""
    rows = np.array(rows, dtype="float64").reshape(1, len(rows), -1)
    return rows[..., :4], rows[..., 4].astype(int), rows[..., 5:]


TRUE = (0, 0, 30, 30, 0), (50, 50, 60, 60, 0)  # one of medium size, one small


def evaluate(true, pred):
    true, true_labels, _ = one_image(*true)
    pred, labels, scores = one_image(*pred)
    return coco_metrics(true, true_labels, pred, scores[..., 0], labels)


def test_coco_of_perfect_boxes():
    found = evaluate(TRUE, [(*row, 0.5) for row in TRUE])
    for name in ("ap", "ap50", "ap75", "ar10", "ar100", "ar100_small", "ap_medium"):
        assert found[name] == pytest.approx(1), name
    assert found["ar1"] == pytest.approx(0.5)  # one box for two digits
    assert np.isnan(found["ap_large"])


def test_coco_by_hand():
    # The first true box is found with IoU 0.8 (thresholds 0.50 to 0.80, 7 of 10); the second not.
    found = evaluate(TRUE, [(0, 0, 30, 24, 0, 0.9), (80, 80, 90, 90, 0, 0.8)])
    assert found["ar100"] == pytest.approx(0.5 * 0.7)
    assert found["ar100_medium"] == pytest.approx(0.7)
    assert found["ar100_small"] == 0
    # Precision 1 up to recall 0.5, which is 51 of COCO's 101 points.
    assert found["ap50"] == pytest.approx(51 / 101)
    assert found["ap"] == pytest.approx(0.7 * 51 / 101)
    # With the false box first, precision is 1/2 there.
    found = evaluate(TRUE, [(0, 0, 30, 24, 0, 0.7), (80, 80, 90, 90, 0, 0.8)])
    assert found["ap50"] == pytest.approx(0.5 * 51 / 101)


def test_coco_counts_a_second_box_on_one_digit_as_false():
    found = evaluate(TRUE[:1], [(0, 0, 30, 30, 0, 0.5), (0, 0, 30, 30, 0, 0.9)])
    assert found["ap"] == pytest.approx(1)  # the better score matched; the other comes after
    found = evaluate(TRUE, [(0, 0, 30, 30, 0, 0.5), (0, 0, 30, 30, 0, 0.9), (*TRUE[1], 0.1)])
    assert found["ap"] == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_coco_asks_for_the_class():
    found = evaluate(TRUE, [(*row[:4], 1, 0.5) for row in TRUE])
    assert (found["ap"], found["ar100"]) == (0, 0)


def test_coco_ignores_padding_and_bins_by_the_longer_side():
    padded = [*TRUE, (0, 0, 0, 0, -1)]
    found = evaluate(padded, [(*TRUE[0], 0.9), (*TRUE[1], 0.9), (90, 90, 10, 10, -1, 0.99)])
    assert found["ap"] == pytest.approx(1)
    for side, name in ((19, "small"), (20, "medium"), (35, "medium"), (36, "large")):
        found = evaluate([(0, 0, 5, side, 0)], [(0, 0, 5, side, 0, 0.9)])
        assert found[f"ar100_{name}"] == pytest.approx(1)
        assert sum(np.isnan(found[f"ar100_{size}"]) for size in ("small", "medium", "large")) == 2


def test_coco_without_predictions_and_without_digits():
    none = [(0, 0, 0, 0, -1, 0)]
    found = evaluate(TRUE, none)
    assert (found["ap"], found["ar100"]) == (0, 0)
    assert np.isnan(evaluate([(0, 0, 0, 0, -1)], [(*TRUE[0], 0.9)])["ap"])
    assert np.isnan(evaluate([(0, 0, 0, 0, -1)], none)["ap"])


def test_coco_is_quiet(capsys):
    evaluate(TRUE, [(*TRUE[0], 0.9)])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((30, 0, 0, 30, 0, 0.5), "x2 < x1"),
        ((0, 30, 30, 0, 0, 0.5), "y2 < y1"),
        ((0, 0, np.nan, 30, 0, 0.5), "boxes holds NaN"),
        ((0, 0, 30, 30, 0, np.nan), "scores hold NaN"),
        ((0, 0, 30, 30, 0, np.inf), "scores hold NaN or infinity"),
        ((0, 0, 30, 30, -2, 0.5), "-1 for padding"),
    ],
)
def test_coco_says_what_is_wrong(row, message):
    with pytest.raises(ValueError, match=message):
        evaluate(TRUE, [row])


def test_coco_of_unknown_images():
    true, labels, _ = one_image(*TRUE)
    with pytest.raises(ValueError, match=r"boxes must be \(N, K, 4\) where N = 1, got shape \(2,"):
        coco_metrics(true, labels, np.repeat(true, 2, 0), np.ones((2, 2)), np.repeat(labels, 2, 0))
    with pytest.raises(ValueError, match=r"true_boxes must be \(N, M, 4\)"):
        coco_metrics(true[0], labels, true, np.ones((1, 2)), labels)
    with pytest.raises(ValueError, match="scores must be"):
        coco_metrics(true, labels, true, np.ones((1, 3)), labels)
    with pytest.raises(TypeError, match="true_labels must hold whole numbers"):
        coco_metrics(true, labels * 0.5, true, np.ones((1, 2)), labels)


def kinds_of(true, true_labels, pred, scores, pred_labels, threshold=0.5):
    kinds, missed = metrics.error_kinds(
        np.array([true]),
        np.array([true_labels]),
        np.array([pred]),
        np.array([scores]),
        np.array([pred_labels]),
        threshold,
    )
    return [metrics.KINDS[k] if k >= 0 else "" for k in kinds[0]], missed[0].tolist()


def test_error_kinds_by_hand():
    true, labels = [[0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 10]], [3, 4, -1]
    pred = [
        [0, 0, 10, 9],  # IoU 0.9, but not the best score
        [0, 0, 10, 8],
        [0, 0, 10, 10],  # another class
        [0, 0, 10, 3],  # IoU 0.3
        [80, 80, 90, 90],
        [50, 50, 60, 60],  # padding
    ]
    kinds, missed = kinds_of(true, labels, pred, [0.5, 0.9, 0.8, 0.7, 0.6, 1], [3, 3, 4, 3, 3, -1])
    assert kinds == ["duplicate", "right", "class", "place", "background", ""]
    assert missed == [False, True, False]


def test_error_kinds_at_the_threshold_ties_and_of_two_equal_boxes():
    box, half = [0, 0, 10, 10], [0, 0, 10, 5]
    assert kinds_of([box], [1], [half, half], [0.5, 0.5], [1, 1])[0] == ["right", "duplicate"]
    assert kinds_of([box], [1], [half], [0.5], [1], 0.51)[0] == ["place"]
    # Two digits at one place: two detections are both right, a third is one too many.
    found = kinds_of([box, half], [1, 1], [box, box, box], [0.9, 0.8, 0.7], [1, 1, 1])
    assert found == (["right", "right", "duplicate"], [False, False])


def test_error_kinds_without_boxes():
    kinds, missed = metrics.error_kinds(
        np.zeros((2, 0, 4)),
        np.zeros((2, 0), int),
        np.zeros((2, 3, 4)),
        np.zeros((2, 3)),
        np.array([[0, 1, -1]] * 2),
    )
    assert kinds.tolist() == [[4, 4, -1]] * 2
    assert missed.shape == (2, 0)
    kinds, missed = metrics.error_kinds(
        np.ones((1, 2, 4)),
        np.array([[0, -1]]),
        np.zeros((1, 0, 4)),
        np.zeros((1, 0)),
        np.zeros((1, 0), int),
    )
    assert kinds.shape == (1, 0)
    assert missed.tolist() == [[True, False]]


def test_percentiles_of_the_distance():
    pred = np.stack([np.zeros(101), np.arange(101)], axis=1)
    found = compute_metrics(np.zeros((101, 2)), pred)
    assert [found[name] for name in ("p50", "p90", "p99", "max")] == [50, 90, 99, 100]


@pytest.mark.parametrize(
    ("rank", "recalls"), [(1, (1, 1, 1)), (10, (0, 1, 1)), (11, (0, 0, 1)), (101, (0, 0, 0))]
)
def test_coco_recall_asks_for_one_ten_and_a_hundred_boxes(rank, recalls):
    wrong = [(60 + i % 9, 60, 90, 90, 0, 0.9 - 0.001 * i) for i in range(rank - 1)]
    found = evaluate(TRUE[:1], [*wrong, (*TRUE[0], 0.1)])
    assert (found["ar1"], found["ar10"], found["ar100"]) == recalls
    assert found["ar10_medium"] == found["ar10"]


def test_coco_ap75_and_the_mean_over_thresholds_and_classes():
    found = evaluate(TRUE[:1], [(0, 0, 30, 23.1, 0, 0.9)])  # IoU 0.77: 0.50 to 0.75
    assert (found["ap50"], found["ap75"]) == pytest.approx((1, 1))
    assert found["ap"] == pytest.approx(0.6)
    assert [found[f"ap{t}"] for t in range(50, 100, 5)] == pytest.approx(6 * [1] + 4 * [0])
    found = evaluate(TRUE[:1], [(0, 0, 30, 21.9, 0, 0.9)])  # IoU 0.73
    assert (found["ap50"], found["ap75"]) == pytest.approx((1, 0))
    two = [TRUE[0], (*TRUE[1][:4], 1)]  # each class counts as much, however many boxes it has
    found = evaluate([*two, (70, 0, 80, 10, 1)], [(*two[0], 0.9)])
    assert found["ap"] == pytest.approx(0.5)


def test_is_found_by_hand():
    true = [[[0, 0, 10, 10], [50, 50, 60, 60]]]
    found = {
        "boxes": [[[0, 0, 10, 4.9], [50, 50, 60, 60], [0, 0, 10, 5], [50, 50, 60, 60]]],
        "scores": [[0.9, 0.1, 0.8, 0]],  # the last is none
        "true_boxes": true,
    }
    assert metrics.is_found(**found).tolist() == [[True, True]]  # at the threshold, 0.5, too
    assert metrics.is_found(**found, threshold=0.51).tolist() == [[False, True]]
    assert metrics.is_found(**found, max_boxes=1).tolist() == [[False, False]]
    assert metrics.is_found(**found, max_boxes=2).tolist() == [[True, False]]
    assert not metrics.is_found(**found | {"scores": np.zeros((1, 4))}).any()


@pytest.mark.parametrize(("rank", "found"), [(100, True), (101, False)])
def test_is_found_asks_a_hundred_boxes(rank, found):
    boxes, scores = np.zeros((1, 101, 4)), np.linspace(1, 0.1, 101)[None]
    boxes[0, rank - 1] = [0, 0, 10, 10]
    assert metrics.is_found(boxes, scores, boxes[:, rank - 1, None]).tolist() == [[found]]


def test_error_kinds_by_default_at_iou_a_half_and_a_tenth():
    box = [0, 0, 10, 10]
    for height, kind in ((5, "right"), (4.9, "place"), (1, "place"), (0.9, "background")):
        arrays = [[box]], [[1]], [[[0, 0, 10, height]]], [[0.5]], [[1]]
        kinds, _ = metrics.error_kinds(*map(np.array, arrays))
        assert metrics.KINDS[kinds[0, 0]] == kind


def test_reliability_by_hand():
    said = np.array([0.05, 0.05, 0.82, 0.84, 0.86, 0.88, 1.0])
    is_right = np.array([False, True, True, True, False, True, True])
    tenths, right, error = reliability(said, is_right)
    np.testing.assert_allclose(tenths, [0.05, 0.85, 1.0])
    np.testing.assert_allclose(right, [0.5, 0.75, 1.0])
    assert error == pytest.approx((2 * 0.45 + 4 * 0.1) / 7)
