"""How far off: the error of points, and average precision and recall of boxes."""

import contextlib
import io
import itertools

from course_utils.boxes import iou
from course_utils.checks import expects
import numpy as np

SMALL, LARGE = 20, 36  # sides in px: a digit is small below the first, large from the second on


@expects(true="N 2", pred="N 2")
def compute_metrics(true, pred):
    """Errors of predicted points, in the unit of the points (here always pixels).

    true, pred: (N, 2), the same shape, N >= 1. Returns a dict of floats: ``mae``, ``mse``
    (squared unit) and ``rmse`` over all 2N coordinates; ``mean`` and ``std`` of the Euclidean
    distance over the N points, and its percentiles ``p50``, ``p90``, ``p99`` and ``max``.
    Raises ValueError on other shapes, no point, NaN or infinity.
    """
    true, pred = np.asarray(true, dtype="float64"), np.asarray(pred, dtype="float64")
    if not len(true):
        raise ValueError("true and pred must be (N, 2) with N >= 1, got no point")
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


@expects(true_boxes="N M 4", true_labels="int N M", boxes="N K 4", scores="N K", labels="int N K")
def coco_metrics(true_boxes, true_labels, boxes, scores, labels):
    """Average precision and recall as COCO defines them, with the size bins of the course.

    true_boxes: (N, M, 4), xyxy in pixels, with true_labels (N, M); boxes: detections (N, K, 4)
    with scores and labels (N, K), all of the same N images in the same order. Rows with label -1
    are padding. With all labels 0 the metrics ask for any digit (class-agnostic).

    Returns a dict of floats: ``ap50``, ``ap55`` … ``ap95``, one for each IoU, and ``ap``, their
    mean; ``ar1``, ``ar10``, ``ar100`` (greatest recall with so many boxes an image, mean over the
    same IoU); and ``ap`` and these three for one size, as ``ap_small`` or ``ar10_large``:
    longer side below SMALL px, from there (medium), from LARGE px on. NaN where there is no such
    true box. Computed by pycocotools. Raises ValueError when the images do not match, a box has
    x2 < x1 or y2 < y1, or a box or score is not finite.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    true_boxes, true_labels = _padded_boxes(true_boxes, true_labels, "true_boxes")
    boxes, labels = _padded_boxes(boxes, labels, "boxes")
    scores = _scores(scores, labels)
    detections = [
        one | {"score": float(score)}
        for one, score in zip(_coco(boxes, labels), scores[labels >= 0], strict=True)
    ]
    truth, answers = COCO(), COCO()
    categories = [{"id": label} for label in {0, *true_labels.ravel(), *labels.ravel()} - {-1}]
    images = [{"id": image} for image in range(len(true_boxes))]
    with contextlib.redirect_stdout(io.StringIO()):
        for coco, annotations in ((truth, _coco(true_boxes, true_labels)), (answers, detections)):
            coco.dataset = {"images": images, "categories": categories, "annotations": annotations}
            coco.createIndex()
        evaluation = COCOeval(truth, answers, "bbox")
        below = 1e-6  # ranges hold both ends
        sizes = [0, SMALL**2, LARGE**2, 1e10]
        ranges = [[0, 1e10], *([a, b - below] for a, b in itertools.pairwise(sizes))]
        evaluation.params.areaRng = ranges
        evaluation.params.areaRngLbl = ["all", "small", "medium", "large"]
        evaluation.params.maxDets = [1, 10, 100]
        evaluation.evaluate()
        evaluation.accumulate()
    # IoU thresholds, recalls, labels, sizes, boxes an image; -1 where there is nothing.
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]

    def mean(values):
        return float(values[values > -1].mean()) if (values > -1).any() else float("nan")

    thresholds = range(50, 100, 5)
    result = {f"ap{t}": mean(precision[i, :, :, 0, 2]) for i, t in enumerate(thresholds)}
    for i, size in enumerate(("", "_small", "_medium", "_large")):
        result[f"ap{size}"] = mean(precision[:, :, :, i, 2])
        for j, most in enumerate((1, 10, 100)):
            result[f"ar{most}{size}"] = mean(recall[:, :, i, j])
    return result


@expects(boxes="N K 4", scores="N K", true_boxes="N M 4", threshold="0 to 1", max_boxes="int > 0")
def is_found(boxes, scores, true_boxes, threshold=0.5, max_boxes=100):
    """For each true box, whether one of the best boxes of its image meets it: what recall counts.

    boxes: (N, K, 4), xyxy in pixels, with scores (N, K), 0 for none; true_boxes: (N, M, 4);
    threshold: the least IoU; max_boxes: how many boxes of each image are asked, those with the
    highest scores. Returns bool (N, M).
    """
    best = np.argsort(-np.asarray(scores), axis=1, kind="stable")[:, :max_boxes]
    boxes = np.take_along_axis(np.asarray(boxes), best[..., None], axis=1)
    is_box = np.take_along_axis(np.asarray(scores), best, axis=1) > 0
    good = iou(np.asarray(true_boxes)[:, :, None], boxes[:, None]) >= threshold
    return (good & is_box[:, None]).any(axis=2)


KINDS = ("right", "duplicate", "class", "place", "background")


@expects(
    true_boxes="N M 4",
    true_labels="int N M",
    boxes="N K 4",
    scores="N K",
    labels="int N K",
    threshold="> 0",
)
def error_kinds(true_boxes, true_labels, boxes, scores, labels, threshold=0.5):
    """What is wrong with each detection, and for which true boxes none is right.

    Arguments as of `coco_metrics`. In each image, highest score first, a detection is "right" if
    a true box of its class that is not yet found has an IoU of at least `threshold`; else a
    "duplicate", if one that is found has; else "class", if one of another class has; else "place",
    if any has an IoU of at least 0.1; else "background". Returns int64 (N, K), numbers in KINDS, -1
    for padding, and bool (N, M), true where no detection of a true box is right. After Bolya et
    al., arXiv:2008.08115, whose kinds are finer.
    """
    true_boxes, true_labels = _padded_boxes(true_boxes, true_labels, "true_boxes")
    boxes, labels = _padded_boxes(boxes, labels, "boxes")
    kinds = np.full(labels.shape, -1)
    missed = true_labels >= 0
    order = np.argsort(-_scores(scores, labels), axis=1, kind="stable")
    overlap = iou(boxes[:, :, None], true_boxes[:, None]) * missed[:, None]
    for i, column in enumerate(order):
        for j in column[labels[i, column] >= 0]:
            of_box, same = overlap[i, j], true_labels[i] == labels[i, j]
            free = np.where(same & missed[i], of_box, 0)
            if free.max(initial=0) >= threshold:
                kinds[i, j], missed[i, free.argmax()] = 0, False
            else:
                met = of_box >= threshold
                wrong = [(met & same).any(), met.any(), (of_box >= 0.1).any(), True]
                kinds[i, j] = 1 + np.argmax(wrong)
    return kinds, missed


@expects(said="N+", is_right="N+")
def reliability(said, is_right):
    """Whether probabilities can be believed: by tenths, what is said and what comes true.

    said: (N,) from 0 to 1; is_right: bool (N,). Returns for each tenth that is not empty the mean
    of what is said and the share that is right, two arrays, and their mean distance over all N:
    the expected calibration error of Guo et al., arXiv:1706.04599.
    """
    tenth = np.clip(np.floor(10 * np.asarray(said)), 0, 9).astype(int)
    number = np.bincount(tenth, minlength=10)
    sums = [np.bincount(tenth, np.asarray(values, float), 10) for values in (said, is_right)]
    said, right = (total[number > 0] / number[number > 0] for total in sums)
    return said, right, float(np.abs(sums[0] - sums[1]).sum() / len(tenth))


def _coco(boxes, labels):
    """COCO's annotations of padded boxes, in the order of the images. Size is the longer side²."""
    annotations: list[dict] = []
    for i, j in np.argwhere(labels >= 0):
        x1, y1, x2, y2 = boxes[i, j].tolist()
        names = {"id": len(annotations) + 1, "image_id": int(i), "category_id": int(labels[i, j])}
        width, height = x2 - x1, y2 - y1
        size = {"bbox": [x1, y1, width, height], "area": max(width, height) ** 2}
        annotations.append(names | size | {"iscrowd": 0})
    return annotations


def _scores(scores, labels):
    scores = np.asarray(scores, dtype="float64")
    if not np.isfinite(scores[labels >= 0]).all():
        raise ValueError("scores hold NaN or infinity")
    return scores


def _padded_boxes(boxes, labels, name):
    boxes, labels = np.asarray(boxes, dtype="float64"), np.asarray(labels)
    if (labels < -1).any():
        raise ValueError(f"{name}'s labels must be whole numbers from 0 on, or -1 for padding")
    real = boxes[labels >= 0]
    if not np.isfinite(real).all():
        raise ValueError(f"{name} holds NaN or infinity")
    if (real[:, 2:] < real[:, :2]).any():
        raise ValueError(f"{name} holds a box with x2 < x1 or y2 < y1: boxes are xyxy")
    return boxes, labels
