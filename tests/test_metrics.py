from course_utils.metrics import compute_metrics
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
    with pytest.raises(ValueError, match="true and pred"):
        compute_metrics(true, pred)
