"""Boxes as plain arrays: ``xyxy`` in pixels, x2 and y2 exclusive.

What compares every box with every other, here and in `anchors`, needs up to 70 bytes for each pair:
7 GB for 10,000 boxes.
"""

from course_utils.checks import expects
import numpy as np


@expects(boxes1="... 4", boxes2="... 4")
def iou(boxes1, boxes2):
    """Intersection over union of boxes in pairs: the first with the first, and so on.

    boxes1, boxes2: (..., 4) xyxy, shapes that broadcast. Returns float64 (...) in [0, 1].
    Boxes that only touch have IoU 0; a box without area (x2 <= x1 or y2 <= y1) has IoU 0 with
    every box, itself included. Raises ValueError on another shape, NaN or infinity.
    """
    boxes1, boxes2 = _boxes(boxes1, "boxes1"), _boxes(boxes2, "boxes2")
    top_left = np.maximum(boxes1[..., :2], boxes2[..., :2])
    bottom_right = np.minimum(boxes1[..., 2:], boxes2[..., 2:])
    intersection = _area(top_left, bottom_right)
    area1 = _area(boxes1[..., :2], boxes1[..., 2:])
    area2 = _area(boxes2[..., :2], boxes2[..., 2:])
    union = area1 + area2 - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=intersection > 0)


@expects(boxes1="N 4", boxes2="M 4")
def pairwise_iou(boxes1, boxes2):
    """Intersection over union of every box in boxes1 with every box in boxes2.

    boxes1 (N, 4), boxes2 (M, 4), both xyxy; returns float64 (N, M). Errors as in `iou`.
    """
    return iou(boxes1[:, None], boxes2[None])


@expects(images="N H+ W+", threshold=">= 0")
def tight_box(images, threshold=0):
    """The smallest box that holds every pixel brighter than `threshold`.

    images: (N, H, W). Returns float32 (N, 4) xyxy; x2, y2 are one past the last bright pixel.
    NaN is not bright. Raises ValueError when an image has no pixel above the threshold.
    """
    bright = images > threshold
    columns, rows = bright.any(axis=1), bright.any(axis=2)
    blank = np.flatnonzero(~columns.any(axis=1))
    if blank.size:
        raise ValueError(f"images[{blank[0]}] has no pixel above {threshold}: it has no box")
    height, width = images.shape[1:]
    x1, y1 = columns.argmax(axis=1), rows.argmax(axis=1)
    x2 = width - columns[:, ::-1].argmax(axis=1)
    y2 = height - rows[:, ::-1].argmax(axis=1)
    return np.stack([x1, y1, x2, y2], axis=1).astype("float32")


@expects(true="float ... 4", pred="float ... 4")
def mse_loss(true, pred):
    """Mean squared error of the four edges. As all losses here: of boxes in pairs.

    true, pred: tensors (..., 4) xyxy, or another format of four numbers. Returns a tensor (...)
    in squared units of the boxes: on boxes in shares of the image it is tiny. As in all losses,
    NaN in a pair of boxes is NaN in its loss; infinity is infinity, NaN, or an IoU of 0.
    """
    from keras import ops

    return ops.mean((true - pred) ** 2, axis=-1)


@expects(true="float ... 4", pred="float ... 4", beta="> 0")
def smooth_l1_loss(true, pred, beta=1.0):
    """Mean over the four edges of an error that is squared below `beta` and linear above it.

    true, pred: as in `mse_loss`; beta > 0 has the unit of the boxes. Returns a tensor (...):
    error² / (2 beta), and |error| - beta / 2. Girshick, Fast R-CNN, arXiv:1504.08083.
    """
    from keras import ops

    error = ops.abs(true - pred)
    small = 0.5 * error**2 / beta
    return ops.mean(ops.where(error < beta, small, error - 0.5 * beta), axis=-1)


@expects(true="float ... 4", pred="float ... 4")
def iou_loss(true, pred):
    """1 - IoU of boxes in pairs, from 0 (equal) to 1 (apart, and then without gradient).

    true, pred: tensors (..., 4) xyxy; a box without area (x2 <= x1 or y2 <= y1) has IoU 0 with
    every box. Returns a tensor (...). Yu et al., UnitBox, arXiv:1608.01471.
    """
    intersection, union, _ = _overlap(true, pred)
    return 1 - _ratio(intersection, union)


@expects(true="float ... 4", pred="float ... 4")
def giou_loss(true, pred):
    """1 - generalised IoU of boxes in pairs, a loss that pulls also at boxes that do not meet.

    true, pred: tensors as in `iou_loss`. Returns a tensor (...), from 0 (equal) up to 2 (far
    apart). Of a box with x2 < x1 or y2 < y1 the area counts with its sign, here and below, and
    the loss may lie outside its bounds. Rezatofighi et al., arXiv:1902.09630.
    """
    intersection, union, around = _overlap(true, pred)
    area_around = around[..., 0] * around[..., 1]
    return 1 - _ratio(intersection, union) + _ratio(area_around - union, area_around)


@expects(true="float ... 4", pred="float ... 4")
def diou_loss(true, pred):
    """1 - IoU + the squared distance of the centres, in diagonals of the box around both.

    true, pred: tensors as in `iou_loss`. Returns a tensor (...), from 0 (equal) up to 2 (far
    apart). Zheng et al., arXiv:1911.08287.
    """
    from keras import ops

    _, _, around = _overlap(true, pred)
    apart = (true[..., :2] + true[..., 2:] - pred[..., :2] - pred[..., 2:]) / 2
    diagonal2 = ops.sum(around**2, axis=-1)
    return iou_loss(true, pred) + _ratio(ops.sum(apart**2, axis=-1), diagonal2)


@expects(true="float ... 4", pred="float ... 4")
def ciou_loss(true, pred):
    """`diou_loss` and a term for the difference of the aspect ratios.

    true, pred: tensors as in `iou_loss`. Returns a tensor (...), from 0 up to less than 3. Zheng
    et al., arXiv:1911.08287; its weight alpha passes no gradient, as there. Sides below 0.1 % of
    the diagonal of the box around both count as that much, or their angle would pull without
    bound.
    """
    from keras import ops

    _, _, around = _overlap(true, pred)
    least = 0.001 * ops.sqrt(ops.maximum(ops.sum(around**2, axis=-1), 1e-30))

    def angle(box):
        width, height = box[..., 2] - box[..., 0], box[..., 3] - box[..., 1]
        return ops.arctan(ops.maximum(width, least) / ops.maximum(height, least))

    aspect = 4 / np.pi**2 * (angle(true) - angle(pred)) ** 2
    alpha = ops.stop_gradient(_ratio(aspect, iou_loss(true, pred) + aspect))
    return diou_loss(true, pred) + alpha * aspect


@expects(xyxy="float B N 4", scores="float B N", threshold="0 to 1", most=1)
def nms(xyxy, scores, threshold, most):
    """Non-maximum suppression: of boxes that overlap, only the one with the highest score stays.

    xyxy: tensors (B, N, 4); scores (B, N), at least 0; threshold: a box is suppressed when its
    IoU with a better one that stays is above it; most: how many of the best boxes are looked
    at, 1 to N. Returns boxes (B, most, 4) and scores (B, most) by falling score, those of
    suppressed boxes 0: the shapes do not depend on the values, so that it can be part of a model.
    Of equal scores the first comes first; a score of NaN or below 0 counts as 0; a box with NaN
    overlaps none. ValueError when `most` is above N. Greedy, as in Girshick et al.,
    arXiv:1311.2524.
    """
    from keras import ops

    _check_most(most, xyxy.shape[1])
    scores, order = ops.top_k(ops.where(scores > 0, scores, 0), most)
    xyxy = ops.take_along_axis(xyxy, order[..., None], axis=1)
    intersection, union, _ = _overlap(xyxy[:, :, None], xyxy[:, None])
    earlier = np.arange(most)[:, None] < np.arange(most)
    over = ops.cast((_ratio(intersection, union) > threshold) & earlier, scores.dtype)

    def suppress(i, stays):
        return stays * (1 - stays[:, i, None] * over[:, i])

    return xyxy, scores * ops.fori_loop(0, most, suppress, ops.ones_like(scores))


@expects(xyxy="float B N 4", scores="float B N K", threshold="0 to 1", most=1)
def class_nms(xyxy, scores, threshold, most):
    """`nms` among the boxes of each class: one box may be an answer for several.

    xyxy: tensors (B, N, 4); scores (B, N, K), one for each class; threshold, most: as in `nms`,
    `most` pairs of box and class. Returns boxes (B, most, 4), scores (B, most) and labels
    (B, most), int32, in the order of the scores before suppression; what is suppressed keeps its
    place, with score 0 and label -1. Boxes of different classes are moved apart, as in torchvision:
    with NaN or infinity in one box, none is suppressed. ValueError when `most` is above N · K.
    """
    from keras import ops

    classes = scores.shape[-1]
    _check_most(most, xyxy.shape[1] and xyxy.shape[1] * classes)
    scores, pair = ops.top_k(ops.reshape(scores, (-1, scores.shape[1] * classes)), most)
    xyxy = ops.take_along_axis(xyxy, (pair // classes)[..., None], axis=1)
    label = ops.cast(pair % classes, "int32")
    apart = ops.cast(label, xyxy.dtype)[..., None] * (ops.max(xyxy) - ops.min(xyxy) + 1)
    _, scores = nms(xyxy + apart, scores, threshold, most)
    return xyxy, scores, ops.where(scores > 0, label, -1)


def _overlap(true, pred):
    """Intersection and union (...), and width and height (..., 2) of the box around both."""
    from keras import ops

    def area(sides):
        return sides[..., 0] * sides[..., 1]

    shared = ops.minimum(true[..., 2:], pred[..., 2:]) - ops.maximum(true[..., :2], pred[..., :2])
    intersection = area(ops.maximum(shared, 0))
    union = area(true[..., 2:] - true[..., :2]) + area(pred[..., 2:] - pred[..., :2])
    around = ops.maximum(true[..., 2:], pred[..., 2:]) - ops.minimum(true[..., :2], pred[..., :2])
    return intersection, union - intersection, around


def _check_most(most, there):
    if there is not None and most > there:
        raise ValueError(f"most must be at most {there}, as many as there are, got {most}")


def _ratio(part, whole):
    """part / whole, and 0 where the whole is 0."""
    from keras import ops

    return part / ops.where(whole > 0, whole, 1)


def _area(top_left, bottom_right):
    return np.clip(bottom_right - top_left, 0, None).prod(axis=-1)


def _boxes(boxes, name):
    boxes = np.asarray(boxes, dtype="float64")
    if not np.isfinite(boxes).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return boxes
