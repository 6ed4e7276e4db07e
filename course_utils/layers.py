"""Keras layers that later lessons reuse; each is taught where it first appears."""

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
