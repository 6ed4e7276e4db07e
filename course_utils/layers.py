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
    at stride 2, from which the maps have 2, 4 and 4 times as many. The first convolution has no
    bias and loses its sign: an edge counts whether it is lighter or darker than what lies around.
    Returns three tensors, finest first.
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
