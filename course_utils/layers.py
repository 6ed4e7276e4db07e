"""Keras layers that later lessons reuse; each is taught where it first appears."""

import functools
import itertools

from course_utils import _quiet, anchors, boxes  # noqa: F401
from course_utils.checks import expects
import keras
from keras import ops
import numpy as np


@keras.saving.register_keras_serializable(package="course")
class AddCoords(keras.layers.Layer):
    """Append every cell's own place as two channels: x and y, each from 0 to 1.

    (B, H, W, C) -> (B, H, W, C + 2). H and W must be known. A convolution after it is the
    CoordConv of Liu et al., arXiv:1807.03247.
    """

    @expects(images="B H W C")
    def call(self, images):
        _, height, width, _ = images.shape
        x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        grid = ops.cast(np.stack([x, y], axis=-1)[None], images.dtype)
        return ops.concatenate([images, ops.repeat(grid, ops.shape(images)[0], axis=0)], axis=-1)


@keras.saving.register_keras_serializable(package="course")
class SoftArgmax(keras.layers.Layer):
    """The mean place under a softmax over all places: an argmax that has a gradient.

    (B, H, W, K) logits, one map a channel -> (B, K, 2) expected (x, y) in pixels. H and W must
    be known. Also called integral regression (Sun et al., arXiv:1711.08229).
    """

    @expects(logits="B H W K")
    def call(self, logits):
        _, height, width, channels = logits.shape
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        places = ops.cast(np.stack([x.ravel(), y.ravel()], axis=-1), logits.dtype)
        logits = ops.reshape(logits, (-1, height * width, channels))
        probability = ops.softmax(logits, axis=1)
        return ops.matmul(ops.transpose(probability, (0, 2, 1)), places)


@expects(image="B H W 3", depth=1, width=1)
def backbone(image, depth=1, width=16):
    """The bottom-up way of the lessons from 06 on: maps at strides 4, 8 and 16.

    image: Keras tensor (B, H, W, 3), 0 to 255; depth: convolutions for each map; width: channels
    at stride 2, from which the maps have 2, 4 and 4 times as many. The absolute value of
    the first convolution, which has no bias, makes an edge count the same from light to dark as
    from dark to light. Returns three tensors, finest first.
    """
    layers = keras.layers
    x = layers.Rescaling(1 / 64, offset=-2)(image)
    x = ops.abs(layers.Conv2D(8, 3, padding="same", use_bias=False)(x))
    x = layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(x)
    maps = []
    for channels in (2 * width, 4 * width, 4 * width):
        for strides in [2] + [1] * (depth - 1):
            x = layers.Conv2D(channels, 3, strides, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        maps.append(x)
    return maps


@expects(maps=["B _ _ _"], channels=1)
def feature_pyramid(maps, channels):
    """A feature pyramid: every map gets what the coarser ones know. Lin et al., arXiv:1612.03144.

    maps: Keras tensors (B, H, W, C), finest first, each with half the height and width of the
    one before, rounded up. A 1×1 convolution (lateral) gives each `channels` channels; from the
    coarsest on, each is doubled in size by nearest neighbours and added to the next finer one; a
    3×3 convolution smooths the sums. Returns as many tensors (B, H, W, channels), finest first.
    Raises ValueError when the sizes do not halve, or there is no map.
    """
    layers = keras.layers
    sizes = [tuple(m.shape[1:3]) for m in maps]
    if not maps:
        raise ValueError("maps must hold one map or more, got none")
    for (height, width), coarser in itertools.pairwise(sizes):
        if coarser != (-(-height // 2), -(-width // 2)):
            raise ValueError(f"each map must be half the size of the one before, got {sizes}")
    merged = layers.Conv2D(channels, 1)(maps[-1])
    pyramid = [merged]
    for finer in maps[-2::-1]:
        _, height, width, _ = finer.shape
        above = layers.UpSampling2D(2)(merged)[:, :height, :width]
        merged = above + layers.Conv2D(channels, 1)(finer)
        pyramid.insert(0, merged)
    return [layers.Conv2D(channels, 3, padding="same")(m) for m in pyramid]


@expects(pyramid=["B _ _ C"], shapes=1, classes=1)
def rpn_head(pyramid, shapes, classes=1):
    """A region proposal head, the same for all levels: logits and four deltas for each anchor.

    pyramid: Keras tensors (B, H, W, C), finest first; shapes: anchors at each cell; classes: logits
    of each anchor. One asks only whether there is something (Ren et al., arXiv:1506.01497); one
    for each class makes a detector in a single stage (Lin et al., arXiv:1708.02002, from where is
    the prior 0.01, at which the bias of the logits starts). A batch norm of its own brings
    each level to one scale. Returns logits (B, A, classes) and deltas (B, A, 4), in the order of
    `anchors.anchor_grid`.
    """
    layers = keras.layers
    prior = keras.initializers.Constant(float(np.log(0.01 / 0.99)))
    hidden = layers.Conv2D(pyramid[0].shape[-1], 3, padding="same", activation="relu")
    to_logits = layers.Conv2D(shapes * classes, 1, bias_initializer=prior)
    to_deltas = layers.Conv2D(4 * shapes, 1)
    logits, deltas = [], []
    for level in pyramid:
        x = hidden(layers.ReLU()(layers.BatchNormalization(momentum=0.9)(level)))
        logits.append(layers.Reshape((-1, classes))(to_logits(x)))
        deltas.append(layers.Reshape((-1, 4))(to_deltas(x)))
    return ops.concatenate(logits, axis=1), ops.concatenate(deltas, axis=1)


@expects(strides="> 0", size=1, samples=1)
@expects(maps=["float B _ _ C"], xyxy="float B R 4", level="int B R", strides="L")
def roi_align(maps, xyxy, level, strides, size, samples=1):
    """ROIAlign: the features inside boxes, brought to one size. He et al., arXiv:1703.06870.

    maps: tensors (B, H, W, C), one for each of `strides`; xyxy: boxes (B, R, 4) in pixels of the
    image; level: int tensor (B, R), from which map each box is read; size: cells along each side
    of the result; samples: points along each side of a cell, whose mean it is. The value at a
    point is interpolated between the four cells around it, whose centres lie half a stride from
    their edges (the "aligned" variant); beyond the outermost centres the map goes on unchanged.
    A level beyond the maps counts as the last or first, NaN in a box as 0, infinity as 1e6 px.
    Returns a tensor (B, R, size, size, C) with a gradient for the maps and for the boxes. Raises
    ValueError when maps, strides and boxes do not belong together.
    """
    stride, height, width, read = _reader(maps, level, strides)

    def between(start, end, count):
        """The two cells around each sample point along one axis, and the share of the second."""
        at = (start[..., None] + (end - start)[..., None] * shares) / stride - 0.5
        at = ops.minimum(ops.maximum(at, 0.0), ops.cast(count - 1, at.dtype))
        cell = ops.minimum(ops.cast(ops.floor(at), "int32"), ops.maximum(count - 2, 0))
        return (cell, ops.minimum(cell + 1, count - 1)), at - ops.cast(cell, at.dtype)

    xyxy = ops.nan_to_num(ops.cast(xyxy, "float32"), 0.0, 1e6, -1e6)
    points = size * samples
    shares = ((np.arange(points) + 0.5) / points).astype("float32")
    columns, right = between(xyxy[..., 0], xyxy[..., 2], width)
    rows, down = between(xyxy[..., 1], xyxy[..., 3], height)
    total = 0
    for row, share_y in zip(rows, (1 - down, down), strict=True):
        for column, share_x in zip(columns, (1 - right, right), strict=True):
            share = share_y[..., None] * share_x[..., None, :]
            total = total + read(row, column) * share[..., None]
    grid = (size, samples, size, samples)
    total = ops.reshape(total, (*ops.shape(xyxy)[:2], *grid, maps[0].shape[-1]))
    return ops.mean(total, axis=(3, 5))


@expects(strides="> 0", size=1)
@expects(maps=["float B _ _ C"], xyxy="float B R 4", level="int B R", strides="L")
def roi_pool(maps, xyxy, level, strides, size):
    """ROI pooling, ROIAlign's forerunner: whole cells only. Girshick, arXiv:1504.08083.

    Arguments and result as of `roi_align`. The edges of a box are rounded to edges of cells, the
    cells between them shared out to size × size bins (a cell may lie in two), and each bin gives
    its greatest value, of its first 4 × 4 cells: there are no more in a box of 3 · size cells
    a side. No gradient for the boxes.
    """
    stride, height, width, read = _reader(maps, level, strides)

    def bins(start, end, count):
        """For each bin along one axis, its first four cells; the last again when it has fewer."""
        start, end = (
            ops.cast(ops.floor(edge[..., None] / stride + 0.5), "int32") for edge in (start, end)
        )
        cells, number = ops.maximum(end - start, 1), np.arange(size)
        first = start + number * cells // size
        last = start + ((number + 1) * cells + size - 1) // size - 1
        for step in range(4):
            yield ops.minimum(ops.maximum(ops.minimum(first + step, last), 0), count - 1)

    xyxy = ops.nan_to_num(ops.cast(xyxy, "float32"), 0.0, 1e6, -1e6)
    columns = list(bins(xyxy[..., 0], xyxy[..., 2], width))
    rows = list(bins(xyxy[..., 1], xyxy[..., 3], height))
    pairs = itertools.product(rows, columns)
    return functools.reduce(ops.maximum, (read(row, column) for row, column in pairs))


def _reader(maps, level, strides):
    """Of each box's map its stride, height and width (B, R, 1), and a function that reads from it.

    The function takes rows (B, R, P) and columns (B, R, Q) and returns (B, R, P, Q, C).
    """
    if len(maps) != len(strides):
        raise ValueError(f"strides must be {len(maps)}, one for each of maps, got {strides}")
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


@expects(xyxy="float ... 4", levels=1)
def roi_level(xyxy, levels):
    """The pyramid's level from which a box is read: 0 is the finest, int32 (...).

    xyxy: tensor (..., 4) in pixels; levels: how many there are. Boxes of 28 to 56 px (the root of
    the area) belong to level 1, each level above to twice the size: the rule of Lin et al.,
    arXiv:1612.03144, with 28 px in place of 224, since the images are smaller. Without an area, or
    with NaN, a box belongs to level 0.
    """
    width, height = xyxy[..., 2] - xyxy[..., 0], xyxy[..., 3] - xyxy[..., 1]
    area = ops.where(width * height > 1e-6, width * height, 1e-6)
    octave = ops.log2(ops.sqrt(area) / 28)
    return ops.cast(ops.clip(ops.floor(1 + octave), 0, levels - 1), "int32")


@keras.saving.register_keras_serializable(package="course")
class Propose(keras.layers.Layer):
    """`anchors.propose` inside a model: logits (B, A, 1) and deltas (B, A, 4) -> boxes, scores.

    The anchors are those of `anchors.anchor_grid(size, strides, sides, ratios)`; the best
    `looked_at` go through suppression, and of what is left the first `most` are returned: boxes
    (B, most, 4) and scores (B, most). No gradient passes: where to look is learned from the
    anchors' own loss alone.
    """

    def __init__(self, size, strides, sides, ratios, looked_at, most, **of_layer):
        super().__init__(**of_layer)
        self.config = {"size": size, "strides": strides, "sides": sides, "ratios": ratios}
        self.config |= {"looked_at": looked_at, "most": most}
        self.anchors = anchors.anchor_grid(size, strides, sides, ratios)

    def call(self, logits, deltas):
        size, looked_at, most = (self.config[name] for name in ("size", "looked_at", "most"))
        found = anchors.propose(logits, deltas, self.anchors, size, looked_at, most)
        return tuple(ops.stop_gradient(part) for part in found)

    def get_config(self):
        return super().get_config() | self.config


@keras.saving.register_keras_serializable(package="course")
class RoiAlign(keras.layers.Layer):
    """`roi_align` inside a model, each box read from its `roi_level`: maps, boxes -> features.

    strides: of the maps; size: cells along each side of the features (B, R, size, size, C).
    """

    def __init__(self, strides, size, **of_layer):
        super().__init__(**of_layer)
        self.config = {"strides": strides, "size": size}

    def call(self, maps, xyxy):
        level = roi_level(xyxy, len(maps))
        return roi_align(maps, xyxy, level, self.config["strides"], self.config["size"])

    def get_config(self):
        return super().get_config() | self.config


@keras.saving.register_keras_serializable(package="course")
class RoiPool(RoiAlign):
    """`roi_pool` in the place of `roi_align`."""

    def call(self, maps, xyxy):
        level = roi_level(xyxy, len(maps))
        return roi_pool(maps, xyxy, level, self.config["strides"], self.config["size"])


@keras.saving.register_keras_serializable(package="course")
class Detect(keras.layers.Layer):
    """What a second stage says, as detections: boxes, scores and labels.

    logits (B, R, K + 1), background last, and deltas (B, R, 4) of proposals (B, R, 4) with scores
    (B, R), 0 where there is none -> boxes (B, most, 4), clipped to the square image of `size` px,
    scores (B, most), labels (B, most): what `boxes.class_nms` returns at `threshold`.
    """

    def __init__(self, size, most, threshold, **of_layer):
        super().__init__(**of_layer)
        self.config = {"size": size, "most": most, "threshold": threshold}

    def call(self, logits, deltas, proposals, scores):
        there = ops.cast(scores > 0, "float32")[..., None]
        xyxy = ops.clip(anchors.decode(deltas, proposals), 0, self.config["size"])
        probability = ops.softmax(logits)[..., :-1] * there
        return boxes.class_nms(xyxy, probability, self.config["threshold"], self.config["most"])

    def get_config(self):
        return super().get_config() | self.config
