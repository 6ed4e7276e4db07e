"""Keras layers that later lessons reuse; each is taught where it first appears."""

import itertools
import math

from course_utils.anchors import anchor_grid, propose
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


@expects(image="B H W 3", depth="int > 0", width="int > 0")
def backbone(image, depth=1, width=16):
    """The bottom-up pathway of the lessons from 06 on: maps at strides 4, 8 and 16.

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


@expects(channels="int > 0", kernel="int > 0")
def feature_pyramid(maps, channels, kernel=3):
    """A feature pyramid: every map gets what the coarser ones know. Lin et al., arXiv:1612.03144.

    maps: Keras tensors (B, H, W, C), finest first, each half as high and wide, rounded up, as the
    one before. Returns as many tensors (B, H, W, channels). A 1×1 convolution (lateral) comes
    first; from the coarsest on, each map is doubled in size by nearest neighbours and added to the
    next; a kernel×kernel convolution smooths. ValueError unless the sizes halve, or without a map.
    """
    layers = keras.layers
    _check_sizes_halve(maps)
    merged = layers.Conv2D(channels, 1)(maps[-1])
    pyramid = [merged]
    for finer in maps[-2::-1]:
        _, height, width, _ = finer.shape
        above = layers.UpSampling2D(2)(merged)[:, :height, :width]
        merged = above + layers.Conv2D(channels, 1)(finer)
        pyramid.insert(0, merged)
    return [layers.Conv2D(channels, kernel, padding="same")(m) for m in pyramid]


def _check_sizes_halve(maps):
    if not maps:
        raise ValueError("maps must hold one map or more, got none")
    sizes = [tuple(m.shape[1:3]) for m in maps]
    for (height, width), coarser in itertools.pairwise(sizes):
        if coarser != (math.ceil(height / 2), math.ceil(width / 2)):
            raise ValueError(f"each map must be half the size of the one before, got {sizes}")


@expects(anchors_per_cell="int > 0", classes="int > 0", numbers="int > 0", depth="int > 0")
def rpn_head(pyramid, anchors_per_cell, classes=1, numbers=4, depth=1):
    """A region proposal head, the same for all levels: logits and four deltas for each anchor.

    pyramid: Keras tensors (B, H, W, C), finest first; classes: logits of each
    anchor. One asks only whether there is something (Ren et al., arXiv:1506.01497); one
    for each class makes a detector in a single stage (Lin et al., arXiv:1708.02002, from where is
    the prior 0.01, at which the bias of the logits starts). numbers: in place of the four deltas,
    where a box is said otherwise; depth: 3×3 convolutions before the answers. Before each of them
    a batch norm of its own brings each level to one scale. Returns logits (B, A, classes) and
    deltas (B, A, numbers), in the order of `anchors.anchor_grid`.
    """
    layers = keras.layers
    prior = keras.initializers.Constant(float(np.log(0.01 / 0.99)))
    channels = pyramid[0].shape[-1]
    hidden = [layers.Conv2D(channels, 3, padding="same", activation="relu") for _ in range(depth)]
    to_logits = layers.Conv2D(anchors_per_cell * classes, 1, bias_initializer=prior)
    to_deltas = layers.Conv2D(numbers * anchors_per_cell, 1)
    logits, deltas = [], []
    for x in pyramid:
        for conv in hidden:
            x = conv(layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x)))
        logits.append(layers.Reshape((-1, classes))(to_logits(x)))
        deltas.append(layers.Reshape((-1, numbers))(to_deltas(x)))
    return ops.concatenate(logits, axis=1), ops.concatenate(deltas, axis=1)


@keras.saving.register_keras_serializable(package="course")
class Propose(keras.layers.Layer):
    """`anchors.propose` inside a model: logits (B, A, 1) and deltas (B, A, 4) -> boxes, scores.

    The anchors are those of `anchors.anchor_grid(image_size, strides, sides, ratios)`; the best
    `pre_nms_boxes` go through suppression, and of what is left the first `max_boxes` are returned:
    boxes (B, max_boxes, 4) and scores (B, max_boxes). No gradient passes: where to look is learned
    from the anchors' own loss alone.
    """

    def __init__(self, image_size, strides, sides, ratios, pre_nms_boxes, max_boxes, **kwargs):
        super().__init__(**kwargs)
        self.image_size, self.strides, self.sides, self.ratios = image_size, strides, sides, ratios
        self.pre_nms_boxes, self.max_boxes = pre_nms_boxes, max_boxes
        self.anchors = anchor_grid(image_size, strides, sides, ratios)

    def call(self, logits, deltas):
        counts = self.pre_nms_boxes, self.max_boxes
        boxes, scores = propose(logits, deltas, self.anchors, self.image_size, *counts)
        return ops.stop_gradient(boxes), ops.stop_gradient(scores)

    def get_config(self):
        names = ("image_size", "strides", "sides", "ratios", "pre_nms_boxes", "max_boxes")
        return super().get_config() | {name: getattr(self, name) for name in names}
