"""How far off: the error of predicted points."""

import numpy as np


def compute_metrics(true, pred):
    """Errors of predicted points, in the unit of the points (here always pixels).

    true, pred: (N, 2), the same shape, N >= 1. Returns a dict of floats: ``mae``, ``mse``
    (squared unit) and ``rmse`` over all 2N coordinates; ``mean`` and ``std`` of the Euclidean
    distance over the N points, and its percentiles ``p50``, ``p90``, ``p99`` and ``max``.
    Raises ValueError on other shapes, no point, NaN or infinity.
    """
    true, pred = np.asarray(true, dtype="float64"), np.asarray(pred, dtype="float64")
    if true.shape != pred.shape or true.ndim != 2 or true.shape[1] != 2 or not len(true):
        raise ValueError(
            f"true and pred must both be (N, 2) with N >= 1, got {true.shape} and {pred.shape}"
        )
    if not (np.isfinite(true).all() and np.isfinite(pred).all()):
        raise ValueError("true and pred must be finite: one of them holds NaN or infinity")
    difference = pred - true
    distance = np.hypot(difference[:, 0], difference[:, 1])
    mse = float(np.mean(difference**2))
    p50, p90, p99 = (float(p) for p in np.percentile(distance, [50, 90, 99]))
    return {
        "mae": float(np.abs(difference).mean()),
        "mse": mse,
        "rmse": mse**0.5,
        "mean": float(distance.mean()),
        "std": float(distance.std()),
        "p50": p50,
        "p90": p90,
        "p99": p99,
        "max": float(distance.max()),
    }
