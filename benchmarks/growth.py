"""How time and memory grow with what is asked for, and whether on a straight line."""

from collections.abc import Callable
import itertools
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np

from benchmarks.lesson_code import lesson_code
from benchmarks.memory import peak_memory

# For each curve: title, the quantity on the x axis, and its values. Pictures have 96×96 px, batches
# 8 scenes, scenes 4 digits, where nothing else is said.
CURVES = {
    "generator_size": ("Making a scene", "pixels", [48**2, 96**2, 144**2, 192**2, 256**2]),
    "generator_count": ("Making a scene of 192×192 px", "digits", [0, 2, 4, 6, 8]),
    "training_size": ("A training step", "pixels a scene", [64**2, 128**2, 192**2, 256**2]),
    "training_count": ("A training step", "digits a scene", [1, 8, 16, 32]),
    "training_anchors": ("A training step", "anchors a scene", [1512, 6048, 12096, 24192]),
    "training_batch": ("A training step", "scenes", [1, 2, 4, 8, 16, 32]),
    "inference_batch": ("Detecting in a batch", "pictures", [1, 4, 8, 16, 32, 64]),
    "inference_anchors": ("Detecting in 8 pictures", "anchors each", [1512, 6048, 12096, 24192]),
}
ROUNDS = 7
CELLS = 24**2 + 12**2 + 6**2  # of a picture of 96×96 px
SCENES, STEPS = 200, 8  # made, or trained on, in a call


def growth(seed=0, quick=False, on_measured=lambda *_: None):
    """For each of CURVES: its values, the seconds measured, (values, rounds), and peak memory.

    Memory, in MB, is of a process of its own for each value; None for making scenes.
    """
    from course_utils import lesson

    lesson.setup(seed, quick=True)
    found: dict = {}
    for name, (_, _, values) in CURVES.items():
        values = values[:2] if quick else values
        tasks, parts = zip(*(make_task(name, value) for value in values), strict=True)
        for task in tasks:
            task()  # once untimed: builds graphs, warms caches
        seconds = np.empty((len(values), 1 if quick else ROUNDS))
        # Round after round, so that a slow minute of the machine hits every value alike.
        for turn, (i, task) in itertools.product(range(seconds.shape[1]), enumerate(tasks)):
            started = time.perf_counter()
            task()
            seconds[i, turn] = time.perf_counter() - started
        of_scenes = name.startswith("generator")
        memory = None if of_scenes else [_memory(name, value, on_measured) for value in values]
        found[name] = {"x": values, "s": (seconds / parts[0]).tolist(), "mb": memory}
        on_measured(name)
    return found


def _memory(name, value, on_measured):
    command = [sys.executable, "-m", "benchmarks.growth", name, str(value)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    on_measured(f"{name}, memory for {value:,}")
    return float(done.stdout.splitlines()[-1])


def line(x, y):
    """Least squares through points: start, slope, and R²."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    slope, start = np.polyfit(x, y, 1)
    left = np.sum((y - start - slope * x) ** 2)
    return float(start), float(slope), float(1 - left / np.sum((y - y.mean()) ** 2))


def make_task(name, value) -> tuple[Callable, int]:
    """What a curve measures at one value, and how many scenes, steps or batches a call is."""
    from course_utils.scenes import photographs, scenes
    import keras

    rng = np.random.default_rng(0)
    if name.startswith("generator"):
        digits = lesson_code("08", "digits")["digits"]
        x, y = digits.x_train, digits.y_train
        size, count = (int(value**0.5), (1, 4)) if "size" in name else (192, (value, value))
        sides = (12, min(40, size))
        pictures = photographs()["train"]
        return lambda: scenes(x, y, SCENES, rng, pictures, size, count, sides), SCENES
    of = lesson_code("08", "grid", ["network", "detector"])
    side = int(value**0.5) if name == "training_size" else 96
    if name.endswith("anchors"):
        more_anchors(of, value // CELLS)
    of["SIZE"] = side
    of["grid"] = of["anchors"].anchor_grid(side, of["STRIDES"], of["SIDES"], of["RATIOS"])
    parts = of["network"]()
    batch = value if name.endswith("batch") else 8
    if name.startswith("inference"):
        pictures = rng.integers(0, 256, (batch, side, side, 3), dtype="uint8")
        detector = of["detector"](parts)
        return lambda: detector.predict_on_batch(pictures), 1
    n, boxes = batch * STEPS, value if name == "training_count" else 4
    images = rng.integers(0, 256, (n, side, side, 3), dtype="uint8")
    corner = rng.uniform(0, side - 20, (n, boxes, 2))
    true = np.concatenate([corner, corner + 20], axis=-1).astype("float32")
    labels = rng.integers(10, size=(n, boxes))
    extra = np.tile(true, (1, 3, 1))
    model = parts.model
    model.compile(keras.optimizers.Adam(1e-4), steps_per_execution=STEPS)
    x, y = [images, extra], {"boxes": true, "labels": labels}
    return lambda: model.fit(x, y, batch_size=batch, shuffle=False, verbose=0), STEPS


def more_anchors(of, per_cell):
    """Give lesson 08's network `per_cell` anchors in each cell, half of them of either side."""
    layers = of["layers"]
    names = {name: getattr(layers, name) for name in dir(layers) if not name.startswith("__")}
    names["rpn_head"] = lambda maps, anchors_per_cell: layers.rpn_head(maps, per_cell)
    of["layers"] = SimpleNamespace(**names)
    of["RATIOS"] = tuple(np.linspace(0.8, 2.4, per_cell // 2))


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    from course_utils import lesson

    lesson.setup(0, quick=True)
    task, _ = make_task(sys.argv[1], int(sys.argv[2]))
    task()
    task()
    print(peak_memory())
