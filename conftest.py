"""For all tests: where MNIST may lie, and what nbval must not compare."""

import os
from pathlib import Path

from course_utils import CLAIM, RECORD, SETUP, SUMMARY
from hypothesis import settings
import numpy as np

settings.register_profile("course", deadline=None)  # a busy machine is no failure
settings.load_profile("course")

ROOT = Path(__file__).resolve().parent
SHARED = ROOT.parent / "shared" / "data"
if SHARED.exists():
    os.environ.setdefault("COURSE_DATA", str(SHARED))


def pytest_collectstart(collector):
    # Measured numbers differ between machines; that the claims hold is checked by the cells.
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += (RECORD, CLAIM, SETUP, SUMMARY)


def gradients(function, *arrays):
    """Gradients of the sum of what `function` of `arrays` returns, by the backend of Keras."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        argnums = tuple(range(len(arrays)))
        found = jax.grad(lambda *of: keras.ops.sum(function(*of)), argnums)(*arrays)
    else:
        import tensorflow

        variables = [tensorflow.Variable(array) for array in arrays]
        with tensorflow.GradientTape() as tape:
            out = function(*variables)
        found = tape.gradient(out, variables, unconnected_gradients="zero")
        found = [tensorflow.convert_to_tensor(slope) for slope in found]
    return [np.array(slope) for slope in found]
