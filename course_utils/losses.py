"""Losses of boxes in pairs: tensors (..., 4) of true and predicted boxes to a loss (...).

NaN in a pair of boxes is NaN in its loss; infinity is infinity, NaN, or an IoU of 0.
"""

from course_utils.boxes import as_tensors, overlap, ratio
from course_utils.checks import expects
from keras import ops
import numpy as np


@expects(true_boxes="... 4", pred_boxes="... 4")
def mse_loss(true_boxes, pred_boxes):
    """Mean squared error of the four edges.

    true_boxes, pred_boxes: (..., 4) xyxy, or another format of four numbers. Returns (...) in
    squared units of the boxes: on boxes in shares of the image it is tiny.
    """
    true_boxes, pred_boxes = as_tensors(true_boxes, pred_boxes)
    return ops.mean((true_boxes - pred_boxes) ** 2, axis=-1)


@expects(true_boxes="... 4", pred_boxes="... 4", beta="> 0")
def smooth_l1_loss(true_boxes, pred_boxes, beta=1.0):
    """Mean over the four edges of an error that is squared below `beta` and linear above it.

    true_boxes, pred_boxes: as in `mse_loss`; beta has the unit of the boxes. Returns (...):
    error² / (2 beta), and |error| - beta / 2. Girshick, Fast R-CNN, arXiv:1504.08083.
    """
    true_boxes, pred_boxes = as_tensors(true_boxes, pred_boxes)
    error = ops.abs(true_boxes - pred_boxes)
    small = 0.5 * error**2 / beta
    return ops.mean(ops.where(error < beta, small, error - 0.5 * beta), axis=-1)


@expects(true_boxes="... 4", pred_boxes="... 4")
def iou_loss(true_boxes, pred_boxes):
    """1 - IoU of boxes in pairs, from 0 (equal) to 1 (apart, and then without gradient).

    true_boxes, pred_boxes: (..., 4) xyxy; a box without area (x2 <= x1 or y2 <= y1) has IoU 0
    with every box. Returns (...). After Yu et al., UnitBox, arXiv:1608.01471, who take -ln IoU.
    """
    true_boxes, pred_boxes = as_tensors(true_boxes, pred_boxes)
    intersection, union = overlap(true_boxes, pred_boxes)
    return 1 - ratio(intersection, union)


@expects(true_boxes="... 4", pred_boxes="... 4")
def giou_loss(true_boxes, pred_boxes):
    """1 - generalised IoU of boxes in pairs, a loss that pulls also at boxes that do not meet.

    true_boxes, pred_boxes: as in `iou_loss`. Returns (...), from 0 (equal) up to 2 (far apart).
    Of a box with x2 < x1 or y2 < y1 the area counts with its sign, here and below, and the loss
    may lie outside its bounds. Rezatofighi et al., arXiv:1902.09630.
    """
    true_boxes, pred_boxes = as_tensors(true_boxes, pred_boxes)
    intersection, union = overlap(true_boxes, pred_boxes)
    around = _around(true_boxes, pred_boxes)
    area_around = around[..., 0] * around[..., 1]
    return 1 - ratio(intersection, union) + ratio(area_around - union, area_around)


@expects(true_boxes="... 4", pred_boxes="... 4")
def diou_loss(true_boxes, pred_boxes):
    """1 - IoU + the squared distance of the centres, in diagonals of the box around both.

    true_boxes, pred_boxes: as in `iou_loss`. Returns (...), from 0 (equal) up to 2 (far apart).
    Zheng et al., arXiv:1911.08287.
    """
    true_boxes, pred_boxes = as_tensors(true_boxes, pred_boxes)
    corners = true_boxes[..., :2] + true_boxes[..., 2:] - pred_boxes[..., :2] - pred_boxes[..., 2:]
    apart = corners / 2  # of the centres
    diagonal2 = ops.sum(_around(true_boxes, pred_boxes) ** 2, axis=-1)
    return iou_loss(true_boxes, pred_boxes) + ratio(ops.sum(apart**2, axis=-1), diagonal2)


@expects(true_boxes="... 4", pred_boxes="... 4")
def ciou_loss(true_boxes, pred_boxes):
    """`diou_loss` and a term for the difference of the aspect ratios.

    true_boxes, pred_boxes: as in `iou_loss`. Returns (...), from 0 up to less than 3. Zheng et
    al., arXiv:1911.08287; its weight alpha passes no gradient, as there. Sides below 0.1 % of the
    diagonal of the box around both count as that much, or their angle would pull without bound.
    """
    true_boxes, pred_boxes = as_tensors(true_boxes, pred_boxes)
    diagonal2 = ops.sum(_around(true_boxes, pred_boxes) ** 2, axis=-1)
    least = 0.001 * ops.sqrt(ops.maximum(diagonal2, 1e-30))

    def angle(box):
        width, height = box[..., 2] - box[..., 0], box[..., 3] - box[..., 1]
        return ops.arctan(ops.maximum(width, least) / ops.maximum(height, least))

    aspect = 4 / np.pi**2 * (angle(true_boxes) - angle(pred_boxes)) ** 2
    alpha = ops.stop_gradient(ratio(aspect, iou_loss(true_boxes, pred_boxes) + aspect))
    return diou_loss(true_boxes, pred_boxes) + alpha * aspect


def _around(boxes1, boxes2):
    """Width and height (..., 2) of the smallest box around both."""
    bottom_right = ops.maximum(boxes1[..., 2:], boxes2[..., 2:])
    return bottom_right - ops.minimum(boxes1[..., :2], boxes2[..., :2])
