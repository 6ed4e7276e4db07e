"""Boxes as plain arrays: ``xyxy`` in pixels, x2 and y2 exclusive."""

import numpy as np


def iou(boxes1, boxes2):
    """Intersection over union of boxes in pairs: the first with the first, and so on.

    boxes1, boxes2: (..., 4) xyxy, shapes that broadcast. Returns float64 (...) in [0, 1].
    Boxes that only touch have IoU 0; a box without area (x2 <= x1 or y2 <= y1) has IoU 0 with
    every box, itself included. Raises ValueError on another last axis, NaN or infinity.
    """
    boxes1, boxes2 = _boxes(boxes1, "boxes1"), _boxes(boxes2, "boxes2")
    top_left = np.maximum(boxes1[..., :2], boxes2[..., :2])
    bottom_right = np.minimum(boxes1[..., 2:], boxes2[..., 2:])
    intersection = _area(top_left, bottom_right)
    area1 = _area(boxes1[..., :2], boxes1[..., 2:])
    area2 = _area(boxes2[..., :2], boxes2[..., 2:])
    union = area1 + area2 - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=intersection > 0)


def pairwise_iou(boxes1, boxes2):
    """Intersection over union of every box in boxes1 with every box in boxes2.

    boxes1 (N, 4), boxes2 (M, 4), both xyxy; returns float64 (N, M). Errors as in `iou`.
    """
    boxes1, boxes2 = _boxes(boxes1, "boxes1"), _boxes(boxes2, "boxes2")
    if boxes1.ndim != 2 or boxes2.ndim != 2:
        raise ValueError(
            f"pairwise_iou expects (N, 4) and (M, 4), got {boxes1.shape} and {boxes2.shape}"
        )
    return iou(boxes1[:, None], boxes2[None])


def tight_box(images, threshold=0):
    """The smallest box that holds every pixel brighter than `threshold`.

    images: (N, H, W). Returns float32 (N, 4) xyxy; x2, y2 are one past the last bright pixel.
    Raises ValueError when an image has no pixel above the threshold.
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(f"images must be (N, H, W), got shape {images.shape}")
    bright = images > threshold
    columns, rows = bright.any(axis=1), bright.any(axis=2)
    blank = np.flatnonzero(~columns.any(axis=1))
    if blank.size:
        raise ValueError(f"image {blank[0]} has no pixel above {threshold}: it has no box")
    height, width = images.shape[1:]
    x1, y1 = columns.argmax(axis=1), rows.argmax(axis=1)
    x2 = width - columns[:, ::-1].argmax(axis=1)
    y2 = height - rows[:, ::-1].argmax(axis=1)
    return np.stack([x1, y1, x2, y2], axis=1).astype("float32")


def giou_loss(true, pred):
    """1 - generalised IoU of boxes in pairs, a loss that pulls also at boxes that do not meet.

    true, pred: tensors (..., 4) xyxy with x1 < x2 and y1 < y2. Returns a tensor (...), from 0
    (equal) up to 2 (far apart). Rezatofighi et al., arXiv:1902.09630.
    """
    from keras import ops

    def area(top_left, bottom_right):
        return ops.prod(ops.maximum(bottom_right - top_left, 0), axis=-1)

    true_1, true_2, pred_1, pred_2 = true[..., :2], true[..., 2:], pred[..., :2], pred[..., 2:]
    intersection = area(ops.maximum(true_1, pred_1), ops.minimum(true_2, pred_2))
    union = area(true_1, true_2) + area(pred_1, pred_2) - intersection
    enclosing = area(ops.minimum(true_1, pred_1), ops.maximum(true_2, pred_2))
    return 1 - intersection / union + (enclosing - union) / enclosing


def _area(top_left, bottom_right):
    return np.clip(bottom_right - top_left, 0, None).prod(axis=-1)


def _boxes(boxes, name):
    boxes = np.asarray(boxes, dtype="float64")
    if boxes.shape[-1:] != (4,):
        raise ValueError(f"{name} must have 4 numbers on its last axis, got shape {boxes.shape}")
    if not np.isfinite(boxes).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return boxes
