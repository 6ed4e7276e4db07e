"""Boxes as plain arrays: ``xyxy`` in pixels, x2 and y2 exclusive.

What compares every box with every other, here and in `anchors`, needs up to 70 bytes for each pair:
7 GB for 10,000 boxes.
"""

from course_utils import _tensorflow  # noqa: F401
from course_utils.checks import expects
from keras import ops
import numpy as np


@expects(boxes1="... 4", boxes2="... 4")
def iou(boxes1, boxes2):
    """Intersection over union of boxes in pairs: the first with the first, and so on.

    boxes1, boxes2: (..., 4) xyxy, shapes that broadcast. Returns float64 (...) in [0, 1].
    Boxes that only touch have IoU 0; a box without area (x2 <= x1 or y2 <= y1) has IoU 0 with
    every box, itself included. Raises ValueError on another shape, NaN or infinity.
    """
    boxes1, boxes2 = _finite(boxes1, "boxes1"), _finite(boxes2, "boxes2")
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
    return iou(np.asarray(boxes1)[:, None], np.asarray(boxes2)[None])


@expects(images="N H+ W+", threshold=">= 0")
def tight_box(images, threshold=0):
    """The smallest box that holds every pixel brighter than `threshold`.

    images: (N, H, W). Returns float32 (N, 4) xyxy; x2, y2 are one past the last bright pixel.
    NaN is not bright. Raises ValueError when an image has no pixel above the threshold.
    """
    bright = np.asarray(images) > threshold
    _check_not_blank(bright, threshold)
    columns, rows = bright.any(axis=1), bright.any(axis=2)
    height, width = bright.shape[1:]
    x1, y1 = columns.argmax(axis=1), rows.argmax(axis=1)
    x2 = width - columns[:, ::-1].argmax(axis=1)
    y2 = height - rows[:, ::-1].argmax(axis=1)
    return np.stack([x1, y1, x2, y2], axis=1).astype("float32")


@expects(image="H+ W+ 3", max_boxes="int > 0", sides="2")
def mser_boxes(image, max_boxes=100, sides=(12, 64)):
    """Boxes around regions of even brightness, the largest first: proposals without learning.

    image: uint8 (H, W, 3), RGB; sides: the least and greatest longer side of a box, in pixels.
    Returns float32 boxes (max_boxes, 4), xyxy in pixels, and scores (max_boxes,), the pixels of
    each region; both padded with zeros. MSER by OpenCV (Matas et al., BMVC 2002).
    """
    import cv2

    grey = cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2GRAY)
    regions, rectangles = cv2.MSER.create(min_area=20).detectRegions(grey)
    of_size = [
        (len(region), x, y, x + w, y + h)
        for region, (x, y, w, h) in zip(regions, rectangles, strict=True)
        if sides[0] <= max(w, h) <= sides[1]
    ]
    boxes, scores = np.zeros((max_boxes, 4), "float32"), np.zeros(max_boxes, "float32")
    for i, (area, *box) in enumerate(sorted(of_size, reverse=True)[:max_boxes]):
        boxes[i], scores[i] = box, area
    return boxes, scores


@expects(pictures="N+ H+ W+", regions="N+ 4", side="int > 0")
def crops(pictures, regions, side=28):
    """What lies inside the box of each grey picture, as rows whose products are correlations.

    pictures: (N, H, W); regions: (N, 4) xyxy in whole pixels, each with an area inside its picture.
    Each part is stretched to side × side px. Returns float32 (N, side²) rows of mean 0 and length
    1, or 0. Raises ValueError for another region.
    """
    import cv2

    pictures, regions = np.asarray(pictures), np.asarray(regions).astype(int)
    height, width = pictures.shape[1:]
    is_inside = (regions[:, :2] >= 0) & (regions[:, 2:] <= [width, height])
    if not (is_inside & (regions[:, :2] < regions[:, 2:])).all():
        raise ValueError(f"regions must have an area inside of {height} × {width} px")
    parts = [
        cv2.resize(picture[y1:y2, x1:x2], (side, side)).ravel()
        for picture, (x1, y1, x2, y2) in zip(pictures, regions, strict=True)
    ]
    rows = np.array(parts, "float32")
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


@expects(boxes="B N 4", scores="B N", threshold="0 to 1", max_boxes="int > 0")
def nms(boxes, scores, threshold, max_boxes):
    """Non-maximum suppression: of boxes that overlap, only the one with the highest score stays.

    boxes: tensors (B, N, 4); scores (B, N), at least 0; threshold: a box is suppressed when its
    IoU with a better one that stays is above it; max_boxes: how many of the best boxes are looked
    at, 1 to N. Returns boxes (B, max_boxes, 4) and scores (B, max_boxes) by falling score, those
    of suppressed boxes 0: the shapes do not depend on the values, so that it can be part of a
    model. Of equal scores the first comes first; a score of NaN or below 0 counts as 0; a box with
    NaN overlaps none. ValueError when `max_boxes` is above N. Greedy, as in Girshick et al.,
    arXiv:1311.2524.
    """
    boxes, scores = as_tensors(boxes, scores)
    _check_count(max_boxes, boxes.shape[1])
    scores, order = ops.top_k(ops.where(scores > 0, scores, 0), max_boxes)
    boxes = ops.take_along_axis(boxes, order[..., None], axis=1)
    too_close = ratio(*overlap(boxes[:, :, None], boxes[:, None])) > threshold
    return boxes, suppress(scores, too_close)


@expects(boxes="B N 4", scores="B N K", threshold="0 to 1", max_boxes="int > 0")
def class_nms(boxes, scores, threshold, max_boxes):
    """`nms` among the boxes of each class: one box may be an answer for several.

    boxes: tensors (B, N, 4); scores (B, N, K), one for each class; threshold, max_boxes: as in
    `nms`, `max_boxes` pairs of box and class. Returns boxes (B, max_boxes, 4), scores
    (B, max_boxes) and labels (B, max_boxes), int32, in the order of the scores before suppression;
    what is suppressed keeps its place, with score 0 and label -1; a box with NaN overlaps none.
    ValueError when `max_boxes` is above N · K.
    """
    boxes, scores = as_tensors(boxes, scores)
    classes = scores.shape[-1]
    _check_count(max_boxes, boxes.shape[1] and boxes.shape[1] * classes)
    scores, pair = ops.top_k(ops.reshape(scores, (-1, scores.shape[1] * classes)), max_boxes)
    boxes = ops.take_along_axis(boxes, (pair // classes)[..., None], axis=1)
    labels = ops.cast(pair % classes, "int32")
    too_close = ratio(*overlap(boxes[:, :, None], boxes[:, None])) > threshold
    scores = suppress(scores, too_close & (labels[:, :, None] == labels[:, None]))
    return boxes, scores, ops.where(scores > 0, labels, -1)


def padded(rows, value=0):
    """Arrays of different lengths as one (N, M, ...), filled up with `value`; M is at least 1."""
    rows = [np.asarray(row) for row in rows]
    most = max(1, *map(len, rows))
    return np.stack(
        [
            np.concatenate([row, np.full((most - len(row), *row.shape[1:]), value, row.dtype)])
            for row in rows
        ]
    )


def suppress(scores, too_close):
    """Go down a ranking: what stays sets the score of all that is too close to it to 0.

    scores: tensor (B, N), falling; too_close: bool (B, N, N). Returns scores (B, N).
    """
    count = scores.shape[1]
    later = np.arange(count)[:, None] < np.arange(count)
    hits = ops.cast(too_close & later, scores.dtype)

    def step(i, stays):
        return stays * (1 - stays[:, i, None] * hits[:, i])

    return scores * ops.fori_loop(0, count, step, ops.ones_like(scores))


def overlap(boxes1, boxes2):
    """Intersection and union of boxes in pairs: tensors (..., 4) xyxy to two tensors (...).

    Of a box with x2 < x1 or y2 < y1 the area counts with its sign.
    """
    shared = ops.minimum(boxes1[..., 2:], boxes2[..., 2:]) - ops.maximum(
        boxes1[..., :2], boxes2[..., :2]
    )
    intersection = _product(ops.maximum(shared, 0))
    areas = _product(boxes1[..., 2:] - boxes1[..., :2]) + _product(
        boxes2[..., 2:] - boxes2[..., :2]
    )
    return intersection, areas - intersection


def ratio(part, whole):
    """part / whole, and part where the whole is not above 0: tensors, with gradients."""
    return part / ops.where(whole > 0, whole, 1)


def as_tensors(*arrays):
    """Arrays, lists or tensors of numbers as float32 tensors, so that no uint8 wraps around."""
    return [ops.convert_to_tensor(array, "float32") for array in arrays]


def _product(sides):
    return sides[..., 0] * sides[..., 1]


def _area(top_left, bottom_right):
    return np.clip(bottom_right - top_left, 0, None).prod(axis=-1)


def _check_not_blank(bright, threshold):
    blank = np.flatnonzero(~bright.any(axis=(1, 2)))
    if blank.size:
        raise ValueError(f"images[{blank[0]}] has no pixel above {threshold}: it has no box")


def _check_count(count, there):
    if there is not None and count > there:
        raise ValueError(f"max_boxes must be at most {there}, as many as there are, got {count}")


def _finite(boxes, name):
    boxes = np.asarray(boxes, dtype="float64")
    if not np.isfinite(boxes).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return boxes
