"""Everything that is done to TensorFlow: imported in silence, and the same bits each time."""

import functools
import inspect
import os

# TensorFlow's C++ code logs to stderr before it reads any setting.
_kept = os.dup(2)
with open(os.devnull, "wb") as _nothing:  # noqa: PTH123
    os.dup2(_nothing.fileno(), 2)
try:
    import keras
finally:
    os.dup2(_kept, 2)
    os.close(_kept)


def make_deterministic():
    """Let TensorFlow give the same bits each time; nothing where Keras runs on another backend."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    tensorflow.config.experimental.enable_op_determinism()
    tensorflow.get_logger().setLevel("ERROR")  # it warns of every second model in a lesson
    _switch_off_autotuner(tensorflow.data)
    _switch_off_memory_optimizer()


def _switch_off_autotuner(data):
    """Let datasets of `tensorflow.data` run without its autotuner.

    When an epoch ends, TensorFlow 2.21 may wait for the autotuner's thread, asleep for as long as
    the epoch took, with all cores idle; and there is nothing to tune in these lessons.
    """
    iterate = inspect.unwrap(data.Dataset.__iter__)

    @functools.wraps(iterate)
    def iterate_untuned(dataset):
        options = data.Options()
        options.autotune.enabled = False
        return iterate(dataset.with_options(options))

    data.Dataset.__iter__ = iterate_untuned


def _switch_off_memory_optimizer():
    """Let compiled functions add up gradients in one order, large ones too.

    In a graph that it expects to need more than 256 MB, TensorFlow's memory optimizer lets the
    terms of a sum be added as they arrive, op determinism or not. No public option says no to it.
    """
    try:
        from tensorflow.python.eager import context

        config = context.context().config
        rewriting = config.graph_options.rewrite_options
        rewriting.memory_optimization = rewriting.NO_MEM_OPT
        options = context.FunctionCallOptions(config_proto=config)
        context.context().function_call_options = options
    except (ImportError, AttributeError):
        pass  # a TensorFlow that keeps it elsewhere: the last digits of large models may vary
