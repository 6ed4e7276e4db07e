"""Places on the image that a network's cells answer for."""

import math

from course_utils.boxes import as_tensors, nms, overlap, ratio
from course_utils.checks import expects
from course_utils.losses import smooth_l1_loss
import keras
from keras import ops
import numpy as np

VARIANCES = np.array([0.1, 0.1, 0.2, 0.2], "float32")  # scales of deltas: x, y, width, height
MOST_GROWTH = float(np.log(1000 / 16))  # of width or height, as a logarithm: exp stays finite


@expects(rows="int > 0", columns="int > 0", stride="> 0")
def cell_centers(rows, columns, stride):
    """The centres of the cells of a feature map, on the image.

    A cell covers stride × stride pixels; that of row i and column j has its centre at
    ((j + 0.5) * stride, (i + 0.5) * stride), and number i * columns + j. Returns float32
    (rows * columns, 2), (x, y) in pixels.
    """
    y, x = np.mgrid[:rows, :columns]
    return (stride * (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5)).astype("float32")


@expects(boxes="N 4", rows="int > 0", columns="int > 0", stride="> 0")
def cell_shares(boxes, rows, columns, stride):
    """How much each cell of a feature map answers for each box: the nearer, the more.

    The weights of bilinear interpolation at the box's centre: 1 for a cell whose own centre lies
    there, falling to 0 at a distance of one cell, in x and in y. boxes: (N, 4) xyxy in pixels,
    their centres on the map. Returns float32 (N, rows * columns); each row sums to 1. Raises
    ValueError when a centre lies beside the map, or is NaN.
    """
    boxes = np.asarray(boxes, "float32")
    middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    distance = np.abs(cell_centers(rows, columns, stride) - middle) / stride
    shares = np.clip(1 - distance, 0, None).prod(axis=-1)
    if not (shares.sum(axis=1) > 0).all():
        raise ValueError(f"one of boxes has its centre beside the map of {rows}×{columns} cells")
    return (shares / shares.sum(axis=1, keepdims=True)).astype("float32")


@expects(image_size="int > 0", strides="int > 0", ratios="> 0")
def anchor_grid(image_size, strides, sides, ratios):
    """Anchors: boxes of fixed shapes around the centre of every cell of every level.

    image_size: side of the square image in pixels; strides: of the levels, finest first; sides:
    for each level the sides in pixels, each the root of an anchor's area; ratios: height / width.
    Returns float32 (A, 4) xyxy in pixels, by level, then cell as in `cell_centers`, then side,
    then ratio. Anchors may reach over the edge of the image. Raises ValueError for a side that is
    not above 0, or other levels than those of strides. Ren et al., arXiv:1506.01497.
    """
    _check_sides(sides, strides)
    levels = []
    for stride, of_level in zip(strides, sides, strict=True):
        side, root = np.asarray(of_level)[:, None], np.sqrt(ratios)
        half = np.stack([side / root, side * root], axis=-1).reshape(1, -1, 2) / 2
        count = math.ceil(image_size / stride)
        cells = cell_centers(count, count, stride)[:, None]
        levels.append(np.concatenate([cells - half, cells + half], axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype("float32")


@expects(
    true_boxes="B+ M+ 4",
    labels="B M",
    anchors="A+ 4 | B A+ 4",
    positive="0 to 1",
    negative="0 to 1",
)
def match(true_boxes, labels, anchors, positive=0.5, negative=0.4):
    """For each anchor, which box it answers for.

    true_boxes: tensors (B, M, 4); labels (B, M), -1 for padding; anchors (A, 4) or (B, A, 4).
    Returns an int32 tensor (B, A): the number of the box with the highest IoU, if that is at least
    `positive`; -1 (background) if it is below `negative`; -2 (ignored) between. Besides, the best
    anchor of each box answers for it whatever its IoU, unless that is 0; the best of two boxes
    answers for the one that it overlaps more. Of equals, the first. Padding is matched by none;
    where there is nothing else all are -1, and with NaN in a box all are -2. Raises ValueError
    unless negative <= positive. Ren et al., arXiv:1506.01497; bounds of Lin et al.,
    arXiv:1708.02002.
    """
    _check_bounds(positive, negative)
    true_boxes, anchors = as_tensors(true_boxes, anchors)
    iou = ratio(*overlap(true_boxes[:, :, None], anchors[..., None, :, :]))  # (B, M, A)
    iou = ops.where(ops.convert_to_tensor(labels)[..., None] >= 0, iou, -1.0)
    most = ops.max(iou, axis=1)
    unmatched = ops.where(most < negative, -1, -2)
    owner = ops.where(most >= positive, ops.argmax(iou, axis=1), unmatched)
    best = ops.one_hot(ops.argmax(iou, axis=2), iou.shape[-1]) * ops.maximum(iou, 0)  # (B, M, A)
    return ops.where(ops.max(best, axis=1) > 0, ops.argmax(best, axis=1), owner)


@expects(boxes="... 4", anchors="... 4")
def encode(boxes, anchors):
    """Boxes as deltas from anchors: how far to move, and how much to grow.

    boxes, anchors: tensors (..., 4) xyxy in pixels, with areas above 0. Returns a tensor (..., 4):
    the move of the centre in widths and heights of the anchor, and the logarithms of the growth
    of width and height, divided by VARIANCES; infinity or NaN for a box or anchor without area.
    Girshick et al., arXiv:1311.2524, appendix C.
    """
    boxes, anchors = as_tensors(boxes, anchors)
    middle, sides = _middle_and_sides(boxes)
    of_anchor, sides_of_anchor = _middle_and_sides(anchors)
    move, growth = (middle - of_anchor) / sides_of_anchor, ops.log(sides / sides_of_anchor)
    return ops.concatenate([move, growth], axis=-1) / VARIANCES


@expects(deltas="... 4", anchors="... 4")
def decode(deltas, anchors):
    """The boxes that deltas say: `encode` backwards, with the growth bounded by MOST_GROWTH.

    deltas, anchors: tensors (..., 4). Returns boxes, a tensor (..., 4) xyxy in pixels. NaN in
    deltas or anchor is NaN in the box.
    """
    deltas, anchors = as_tensors(deltas, anchors)
    of_anchor, sides_of_anchor = _middle_and_sides(anchors)
    deltas = deltas * VARIANCES
    middle = of_anchor + deltas[..., :2] * sides_of_anchor
    half = sides_of_anchor * ops.exp(ops.minimum(deltas[..., 2:], MOST_GROWTH)) / 2
    return ops.concatenate([middle - half, middle + half], axis=-1)


@expects(true_boxes="B+ M+ 4", labels="B M", logits="B A K+", deltas="B A 4", anchors="A+ 4")
def rpn_loss(true_boxes, labels, logits, deltas, anchors):
    """What a region proposal network is trained with: focal loss, and smooth L1 of the deltas.

    true_boxes: (B, M, 4) with labels (B, M), below K, and -1 for padding; logits (B, A, K) and
    deltas (B, A, 4) of the anchors (A, 4): tensors. K is 1 for proposals, or the number of classes;
    the anchors of a box whose label is K or more count as positive, and learn no class. The first
    loss is summed over the anchors that `match` does not ignore, the second over the positive
    ones; both are divided by the number of these, at least 1. Returns the loss, a scalar tensor,
    and the mean number of positive anchors an image. Ren et al., arXiv:1506.01497, with the focal
    loss of Lin et al., arXiv:1708.02002, for their sampling.
    """
    true_boxes, logits, anchors = as_tensors(true_boxes, logits, anchors)
    owner = match(true_boxes, labels, anchors)
    positive = ops.cast(owner >= 0, "float32")
    label = ops.take_along_axis(ops.cast(labels, "int32"), ops.maximum(owner, 0), axis=1)
    yes = ops.one_hot(label, logits.shape[-1]) * positive[..., None]
    focal = keras.losses.BinaryFocalCrossentropy(
        apply_class_balancing=True, from_logits=True, reduction="none"
    )
    objectness = (
        focal(yes[..., None], logits[..., None]) * ops.cast(owner != -2, "float32")[..., None]
    )
    of_anchor = ops.take_along_axis(true_boxes, ops.maximum(owner, 0)[..., None], axis=1)
    of_anchor = ops.where(owner[..., None] >= 0, of_anchor, anchors)  # padding has no logarithm
    moved = positive * smooth_l1_loss(encode(of_anchor, anchors), deltas, beta=0.5)
    total = ops.maximum(ops.sum(positive), 1)
    loss = (ops.sum(objectness) + ops.sum(moved)) / total
    return loss, ops.mean(ops.sum(positive, axis=1))


@expects(
    logits="B A 1",
    deltas="B A 4",
    anchors="A 4",
    image_size="> 0",
    pre_nms_boxes="int > 0",
    max_boxes="int > 0",
    threshold="0 to 1",
    min_side=">= 0",
)
def propose(
    logits, deltas, anchors, image_size, pre_nms_boxes, max_boxes, threshold=0.7, min_side=4
):
    """The places where something might be: decoded, clipped, suppressed, the best first.

    logits: tensors (B, A, 1), deltas (B, A, 4), anchors (A, 4); image_size: side of the square
    image in pixels; pre_nms_boxes: how many of the best boxes go through `boxes.nms` at
    `threshold`; max_boxes: how many are returned, at most as many. Boxes with a side below
    `min_side` px after clipping do not count. Returns boxes (B, max_boxes, 4), xyxy in pixels, and
    scores (B, max_boxes), falling, 0 where there was none, or NaN: the shapes do not depend on the
    values. Raises ValueError unless max_boxes <= pre_nms_boxes <= A.
    """
    _check_at_most(max_boxes, pre_nms_boxes)
    logits, deltas = as_tensors(logits, deltas)
    boxes = ops.clip(decode(deltas, anchors), 0, image_size)
    is_large = ops.all(boxes[..., 2:] - boxes[..., :2] >= min_side, axis=-1)
    scores = ops.where(is_large, ops.sigmoid(logits[..., 0]), 0.0)
    boxes, scores = nms(boxes, scores, threshold, pre_nms_boxes)
    scores, order = ops.top_k(scores, max_boxes)
    return ops.take_along_axis(boxes, order[..., None], axis=1), scores


def _check_bounds(positive, negative):
    if positive < negative:
        raise ValueError(f"positive must be at least negative, {negative}, got {positive}")


def _check_sides(sides, strides):
    if len(sides) != len(strides):
        raise ValueError(f"sides must be given for {len(strides)} levels, got {len(sides)}")
    for of_level in sides:
        if not (np.asarray(of_level) > 0).all():
            raise ValueError(f"sides must be above 0, got {of_level}")


def _check_at_most(max_boxes, pre_nms_boxes):
    if max_boxes > pre_nms_boxes:
        raise ValueError(
            f"max_boxes must be at most pre_nms_boxes, {pre_nms_boxes}, got {max_boxes}"
        )


def _middle_and_sides(boxes):
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
