"""Imports Keras in silence: TensorFlow's C++ code logs to stderr before it reads any setting."""

import os

_kept = os.dup(2)
with open(os.devnull, "wb") as _nothing:  # noqa: PTH123
    os.dup2(_nothing.fileno(), 2)
try:
    import keras  # noqa: F401
finally:
    os.dup2(_kept, 2)
    os.close(_kept)
