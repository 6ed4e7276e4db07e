"""How time grows with what is asked for, and whether on a straight line."""

from collections.abc import Callable
import itertools
import time

import numpy as np

from benchmarks.lesson_code import lesson_code

# For each curve: title, the quantity on the x axis, and its values.
CURVES = {
    "generator_size": ("Making a scene", "pixels", [48**2, 96**2, 144**2, 192**2, 256**2]),
    "generator_count": ("Making a scene of 192×192 px", "digits", [0, 2, 4, 6, 8]),
    "training_size": ("Training, 1 scene", "pixels", [64**2, 96**2, 128**2, 160**2]),
    "training_count": ("Training, 1 scene of 96×96 px", "digits", [1, 4, 8, 16]),
    "inference_batch": ("Detecting, 1 batch", "pictures of 96×96 px", [1, 4, 8, 16, 32, 64]),
}
ROUNDS = 5


def growth(seed=0, quick=False, on_measured=lambda *_: None):
    """For each of CURVES: its values and the seconds measured, (values, rounds)."""
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
        found[name] = {"x": values, "s": (seconds / parts[0]).tolist()}
        on_measured(name)
    return found


def line(x, seconds):
    """Least squares through the least time of each value: start, slope, and R²."""
    x, y = np.asarray(x, float), np.min(seconds, axis=1)
    slope, start = np.polyfit(x, y, 1)
    left = np.sum((y - start - slope * x) ** 2)
    return float(start), float(slope), float(1 - left / np.sum((y - y.mean()) ** 2))


SCENES, STEPS = 200, 8  # to a task


def make_task(name, value) -> tuple[Callable, int]:
    """What a curve measures at one value, and how many scenes or batches a call is."""
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
    of["SIZE"] = side
    of["grid"] = of["anchors"].anchor_grid(side, of["STRIDES"], of["SIDES"], of["RATIOS"])
    parts = of["network"]()
    if name == "inference_batch":
        pictures = rng.integers(0, 256, (value, side, side, 3), dtype="uint8")
        detector = of["detector"](parts)
        return lambda: detector.predict_on_batch(pictures), 1
    n, boxes = 8 * STEPS, value if name == "training_count" else 4
    images = rng.integers(0, 256, (n, side, side, 3), dtype="uint8")
    corner = rng.uniform(0, side - 20, (n, boxes, 2))
    true = np.concatenate([corner, corner + 20], axis=-1).astype("float32")
    labels = rng.integers(10, size=(n, boxes))
    extra = np.tile(true, (1, 3, 1))
    model = parts.model
    model.compile(keras.optimizers.Adam(1e-4), steps_per_execution=STEPS)
    y = {"boxes": true, "labels": labels}
    return lambda: model.fit([images, extra], y, batch_size=8, shuffle=False, verbose=0), n
