"""Keras layers that later lessons reuse; each is taught where it first appears."""

import itertools

from course_utils import _quiet  # noqa: F401
import keras
from keras import ops
import numpy as np


@keras.saving.register_keras_serializable(package="course")
class AddCoords(keras.layers.Layer):
    """Append every cell's own place as two channels: x and y, each from 0 to 1.

    (B, H, W, C) -> (B, H, W, C + 2). H and W must be known. A convolution after it is the
    CoordConv of Liu et al., arXiv:1807.03247.
    """

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

    def call(self, logits):
        _, height, width, channels = logits.shape
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        places = ops.cast(np.stack([x.ravel(), y.ravel()], axis=-1), logits.dtype)
        logits = ops.reshape(logits, (-1, height * width, channels))
        probability = ops.softmax(logits, axis=1)
        return ops.matmul(ops.transpose(probability, (0, 2, 1)), places)


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


def feature_pyramid(maps, channels):
    """A feature pyramid: every map gets what the coarser ones know. Lin et al., arXiv:1612.03144.

    maps: Keras tensors (B, H, W, C), finest first, each with half the height and width of the
    one before, rounded up. A 1×1 convolution (lateral) gives each `channels` channels; from the
    coarsest on, each is doubled in size by nearest neighbours and added to the next finer one; a
    3×3 convolution smooths the sums. Returns as many tensors (B, H, W, channels), finest first.
    Raises ValueError when the sizes do not halve.
    """
    layers = keras.layers
    sizes = [tuple(m.shape[1:3]) for m in maps]
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


def rpn_head(pyramid, shapes):
    """A region proposal head, the same for all levels: a logit and four deltas for each anchor.

    pyramid: Keras tensors (B, H, W, C), finest first; shapes: anchors at each cell. A batch norm of
    its own brings each level to one scale. The bias of the logits starts at the prior 0.01 (Lin et
    al., arXiv:1708.02002). Returns logits (B, A) and deltas (B, A, 4), in the order of
    `anchors.anchor_grid`. Ren et al., arXiv:1506.01497.
    """
    layers = keras.layers
    prior = keras.initializers.Constant(float(np.log(0.01 / 0.99)))
    hidden = layers.Conv2D(pyramid[0].shape[-1], 3, padding="same", activation="relu")
    objectness, boxes = (
        layers.Conv2D(shapes, 1, bias_initializer=prior),
        layers.Conv2D(4 * shapes, 1),
    )
    logits, deltas = [], []
    for level in pyramid:
        x = hidden(layers.ReLU()(layers.BatchNormalization(momentum=0.9)(level)))
        logits.append(layers.Flatten()(objectness(x)))
        deltas.append(layers.Reshape((-1, 4))(boxes(x)))
    return ops.concatenate(logits, axis=1), ops.concatenate(deltas, axis=1)


def roi_align(maps, xyxy, level, strides, size, samples=2):
    """ROIAlign: the features inside boxes, brought to one size. He et al., arXiv:1703.06870.

    maps: tensors (B, H, W, C), one for each of `strides`; xyxy: boxes (B, R, 4) in pixels of the
    image; level: int tensor (B, R), from which map each box is read; size: cells along each side
    of the result; samples: points along each side of a cell, whose mean it is. The value at a
    point is interpolated between the four cells around it, whose centres lie half a stride from
    their edges (the "aligned" variant); beyond the outermost centres the map goes on unchanged.
    Returns a tensor (B, R, size, size, C) with a gradient for the maps and for the boxes.
    """
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

    def between(start, end, count):
        """The two cells around each sample point along one axis, and the share of the second."""
        at = (start[..., None] + (end - start)[..., None] * shares) / stride - 0.5
        at = ops.minimum(ops.maximum(at, 0.0), ops.cast(count - 1, at.dtype))
        cell = ops.minimum(ops.cast(ops.floor(at), "int32"), ops.maximum(count - 2, 0))
        return (cell, ops.minimum(cell + 1, count - 1)), at - ops.cast(cell, at.dtype)

    xyxy = ops.cast(xyxy, "float32")
    points = size * samples
    shares = ((np.arange(points) + 0.5) / points).astype("float32")
    columns, right = between(xyxy[..., 0], xyxy[..., 2], width)
    rows, down = between(xyxy[..., 1], xyxy[..., 3], height)
    image = ops.reshape(ops.arange(batch), (-1, 1, 1)) * int(cells.sum()) + first
    total = 0
    for row, share_y in zip(rows, (1 - down, down), strict=True):
        for column, share_x in zip(columns, (1 - right, right), strict=True):
            index = (image + row * width)[..., None] + column[..., None, :]
            share = share_y[..., None] * share_x[..., None, :]
            total = total + ops.take(flat, index, axis=0) * share[..., None]
    boxes = xyxy.shape[1]
    total = ops.reshape(total, (-1, boxes, size, samples, size, samples, channels))
    return ops.mean(total, axis=(3, 5))


def roi_level(xyxy, levels):
    """The pyramid's level from which a box is read: 0 is the finest, int32 (...).

    xyxy: tensor (..., 4) in pixels; levels: how many there are. Boxes of 28 to 56 px (the root of
    the area) belong to level 1, each level above to twice the size: the rule of Lin et al.,
    arXiv:1612.03144, with 28 px in place of 224, since the images are smaller.
    """
    width, height = xyxy[..., 2] - xyxy[..., 0], xyxy[..., 3] - xyxy[..., 1]
    octave = ops.log2(ops.sqrt(ops.maximum(width * height, 1e-6)) / 28)
    return ops.cast(ops.clip(ops.floor(1 + octave), 0, levels - 1), "int32")
