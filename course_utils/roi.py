"""Regions of interest: features inside boxes, and what a second stage makes of them."""

import functools
import itertools

from course_utils.anchors import decode
from course_utils.boxes import as_tensors, class_nms
from course_utils.checks import expects
import keras
from keras import ops
import numpy as np


@expects(boxes="B R 4", level="int B R", strides="> 0", output_size="int > 0", samples="int > 0")
def roi_align(maps, boxes, level, strides, output_size, samples=1):
    """ROIAlign: the features inside boxes, brought to one size. He et al., arXiv:1703.06870.

    maps: tensors (B, H, W, C), one for each of `strides`; boxes: (B, R, 4), xyxy in pixels of the
    image; level: int tensor (B, R), from which map each box is read; output_size: cells along each
    side of the result; samples: points along each side of a cell, whose mean it is. The value at a
    point is interpolated between the four cells around it, whose centres lie half a stride from
    their edges (the "aligned" variant); beyond the outermost centres the map goes on unchanged.
    A level beyond the maps counts as the last or first, NaN in a box as 0, infinity as 1e6 px.
    Returns a tensor (B, R, output_size, output_size, C) with a gradient for the maps and for the
    boxes. Raises ValueError when there is not one stride for each map.
    """
    stride, height, width, read = _reader(maps, level, strides)

    def between(start, end, count):
        """The two cells around each sample point along one axis, and the share of the second."""
        at = (start[..., None] + (end - start)[..., None] * shares) / stride - 0.5
        at = ops.minimum(ops.maximum(at, 0.0), ops.cast(count - 1, at.dtype))
        cell = ops.minimum(ops.cast(ops.floor(at), "int32"), ops.maximum(count - 2, 0))
        return (cell, ops.minimum(cell + 1, count - 1)), at - ops.cast(cell, at.dtype)

    boxes = ops.nan_to_num(*as_tensors(boxes), 0.0, 1e6, -1e6)
    points = output_size * samples
    shares = ((np.arange(points) + 0.5) / points).astype("float32")
    columns, right = between(boxes[..., 0], boxes[..., 2], width)
    rows, down = between(boxes[..., 1], boxes[..., 3], height)
    total = 0
    for row, share_y in zip(rows, (1 - down, down), strict=True):
        for column, share_x in zip(columns, (1 - right, right), strict=True):
            share = share_y[..., None] * share_x[..., None, :]
            total = total + read(row, column) * share[..., None]
    grid = (output_size, samples, output_size, samples)
    total = ops.reshape(total, (*ops.shape(boxes)[:2], *grid, maps[0].shape[-1]))
    return ops.mean(total, axis=(3, 5))


@expects(boxes="B R 4", level="int B R", strides="> 0", output_size="int > 0")
def roi_pool(maps, boxes, level, strides, output_size):
    """ROI pooling, ROIAlign's forerunner: whole cells only. Girshick, arXiv:1504.08083.

    Arguments and result as of `roi_align`. The edges of a box are rounded to edges of cells, the
    cells between them shared out to output_size × output_size bins (a cell may lie in two), and
    each bin gives its greatest value, of its first 4 × 4 cells: there are no more in a box of
    3 · output_size cells a side. No gradient for the boxes.
    """
    stride, height, width, read = _reader(maps, level, strides)

    def bins(start, end, count):
        """For each bin along one axis, its first four cells; the last again when it has fewer."""
        start, end = (
            ops.cast(ops.floor(edge[..., None] / stride + 0.5), "int32") for edge in (start, end)
        )
        cells, number = ops.maximum(end - start, 1), np.arange(output_size)
        first = start + number * cells // output_size
        last = start + ((number + 1) * cells + output_size - 1) // output_size - 1
        for step in range(4):
            yield ops.minimum(ops.maximum(ops.minimum(first + step, last), 0), count - 1)

    boxes = ops.nan_to_num(*as_tensors(boxes), 0.0, 1e6, -1e6)
    columns = list(bins(boxes[..., 0], boxes[..., 2], width))
    rows = list(bins(boxes[..., 1], boxes[..., 3], height))
    pairs = itertools.product(rows, columns)
    return functools.reduce(ops.maximum, (read(row, column) for row, column in pairs))


def _reader(maps, level, strides):
    """Of each box's map its stride, height and width (B, R, 1), and a function that reads from it.

    The function takes rows (B, R, P) and columns (B, R, Q) and returns (B, R, P, Q, C).
    """
    _check_maps(maps, level, strides)
    level = ops.clip(level, 0, len(maps) - 1)
    batch, channels = ops.shape(maps[0])[0], maps[0].shape[-1]
    shapes = np.array([m.shape[1:3] for m in maps])
    cells = shapes.prod(axis=1)
    first = np.concatenate([[0], np.cumsum(cells)[:-1]])  # of each map in the flat one
    flat = ops.concatenate([ops.reshape(m, (batch, -1, channels)) for m in maps], axis=1)
    flat = ops.reshape(flat, (-1, channels))
    height, width, first, stride = (
        ops.take(ops.convert_to_tensor(of_map, dtype), level, axis=0)[..., None]
        for of_map, dtype in zip(
            (*shapes.T, first, strides), [*["int32"] * 3, "float32"], strict=True
        )
    )
    image = ops.reshape(ops.arange(batch), (-1, 1, 1)) * int(cells.sum()) + first

    def read(row, column):
        index = (image + row * width)[..., None] + column[..., None, :]
        return ops.take(flat, index, axis=0)

    return stride, height, width, read


def _check_maps(maps, level, strides):
    if len(maps) != len(strides):
        raise ValueError(f"strides must be {len(maps)}, one for each of maps, got {strides}")
    images = {array.shape[0] for array in (*maps, level)}
    images = {count for count in images if isinstance(count, int)}  # of those that are known
    if len(images) > 1 or len({each.shape[-1] for each in maps}) > 1:
        shapes = [tuple(each.shape) for each in maps]
        raise ValueError(f"maps must be of the images of boxes, with equal channels, got {shapes}")


@expects(boxes="... 4", levels="int > 0", finest="> 0")
def roi_level(boxes, levels, finest=56):
    """The pyramid's level from which a box is read: 0 is the finest, int32 (...).

    boxes: tensor (..., 4), xyxy in pixels; levels: how many there are. Boxes whose side (the root
    of the area) is below `finest` px belong to level 0, those below twice that to level 1, and so
    on: the rule of Lin et al., arXiv:1612.03144, for which a box of the second level has 14 to 28
    cells across; at strides 4, 8, 16 they are so many with `finest` = 112. Without an area, or with
    NaN, a box belongs to level 0.
    """
    (boxes,) = as_tensors(boxes)
    sides = ops.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    area = sides[..., 0] * sides[..., 1]
    area = ops.where(area > 1e-6, area, 1e-6)
    octave = ops.log2(ops.sqrt(area) / finest)
    return ops.cast(ops.clip(ops.floor(1 + octave), 0, levels - 1), "int32")


@keras.saving.register_keras_serializable(package="course")
class RoiAlign(keras.layers.Layer):
    """`roi_align` inside a model, each box read from its `roi_level`: maps, boxes -> features.

    strides: of the maps; finest: as of `roi_level`; features: (B, R, output_size, output_size, C).
    """

    read = staticmethod(roi_align)

    def __init__(self, strides, output_size, finest=56, **kwargs):
        super().__init__(**kwargs)
        self.strides, self.output_size, self.finest = strides, output_size, finest

    def call(self, maps, boxes):
        level = roi_level(boxes, len(maps), self.finest)
        return self.read(maps, boxes, level, self.strides, self.output_size)

    def get_config(self):
        names = ("strides", "output_size", "finest")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable(package="course")
class RoiPool(RoiAlign):
    """`roi_pool` in the place of `roi_align`."""

    read = staticmethod(roi_pool)


@keras.saving.register_keras_serializable(package="course")
class Move(keras.layers.Layer):
    """Bounding-box regression inside a model: deltas (B, R, 4), boxes (B, R, 4) -> moved boxes.

    The boxes are clipped to the square image of `image_size` px; no gradient passes.
    """

    def __init__(self, image_size, **kwargs):
        super().__init__(**kwargs)
        self.image_size = image_size

    def call(self, deltas, boxes):
        return ops.stop_gradient(ops.clip(decode(deltas, boxes), 0, self.image_size))

    def get_config(self):
        return super().get_config() | {"image_size": self.image_size}


@keras.saving.register_keras_serializable(package="course")
class Detect(keras.layers.Layer):
    """What a second stage says, as detections: boxes, scores and labels.

    Its boxes (B, R, 4), class probabilities (B, R, K + 1), background last, predicted IoU (B, R),
    and the scores of the proposals (B, R), 0 where there is none -> boxes (B, max_boxes, 4), scores
    (B, max_boxes), labels (B, max_boxes): what `boxes.class_nms` returns at `threshold`. A score is
    the probability times the root of the IoU: how likely it is this class, and how well it fits;
    after Wu et al., arXiv:1912.05992.
    """

    def __init__(self, max_boxes, threshold, **kwargs):
        super().__init__(**kwargs)
        self.max_boxes, self.threshold = max_boxes, threshold

    def call(self, boxes, probability, iou, proposal_scores):
        fit = ops.where(proposal_scores > 0, ops.sqrt(iou), 0.0)
        scores = probability[..., :-1] * fit[..., None]
        return class_nms(boxes, scores, self.threshold, self.max_boxes)

    def get_config(self):
        names = ("max_boxes", "threshold")
        return super().get_config() | {name: getattr(self, name) for name in names}
