"""A recipe and a lesson's method, each in a process of its own, trained in turns."""

import contextlib
import multiprocessing
import os
from pathlib import Path
import sys
import time

from benchmarks.lesson_code import lesson_code

SIDES = ("recipe", "ours")
# For each recipe: its lesson; what is compared, and whether more is better; and for both sides
# the cell to run (by a name that it assigns first), parameters in place of the lesson's, names
# that the comparison needs, and the seconds of training of a turn. "quick": for a test.
CONTESTS: dict = {
    "R1": {
        "lesson": "01",
        "title": "direct pixel regression",
        "compared": {"error (px)": "less"},
        "recipe": {"cell": "recipe_fit_s", "turn": 4.0, "needs": ["x_test"]},
        "ours": {"cell": "softargmax_fit_s", "turn": 0.25, "needs": ["x_test"]},
        "quick": {"N_IMAGES": 2000, "RECIPE_EPOCHS": 1, "SHORT_EPOCHS": 1},
    },
    "R2": {
        "lesson": "02",
        "title": "heatmap regression",
        "compared": {"error (px)": "less"},
        "whole": 75,  # epochs; run are RECIPE_EPOCHS of them
        "settings": {"RECIPE_IMAGES": 7_200, "RECIPE_EPOCHS": 2},
        "recipe": {
            "cell": "recipe_epoch_s",
            "turn": 60.0,
            "needs": ["x_recipe", "with_batch_statistics"],
        },
        "ours": {"cell": "heatmap_fit_s", "turn": 2.0, "needs": ["x_recipe"]},
        "quick": {"RECIPE_IMAGES": 64, "RECIPE_EPOCHS": 1, "STEPS": 20},
    },
    "R3": {
        "lesson": "03",
        "title": "MNIST with two heads",
        "compared": {"accuracy": "more", "IoU with the tight box": "more"},
        "recipe": {"cell": "recipe_fit_s", "turn": 6.0, "needs": ["x_test", "tight_test"]},
        "ours": {"cell": "fit_s", "turn": 1.0, "needs": ["x_test", "tight_test"]},
        "quick": {"N_TRAIN": 6_000, "RECIPE_EPOCHS": 1, "EPOCHS": 1},
    },
    "R4": {
        "lesson": "04",
        "title": "digit on a canvas",
        "compared": {"accuracy": "more", "IoU": "more"},
        "settings": {"RECIPE_CANVASES": 60_000, "RECIPE_EPOCHS": 10, "N_TEST": 2_000},
        "recipe": {"cell": "recipe_images", "turn": 30.0, "needs": ["tile_images"]},
        "ours": {"cell": "tile_fit_s", "turn": 2.0, "needs": ["tile_images", "predict"]},
        "quick": {"RECIPE_CANVASES": 320, "RECIPE_EPOCHS": 1, "N_TEST": 50, "TILE_STEPS": 20},
    },
    "R5": {
        "lesson": "05",
        "title": "single-object box regression",
        "compared": {"IoU": "more"},
        "settings": {"RECIPE_IMAGES": 10_000, "N_TEST": 500},
        "recipe": {"cell": "kept_recipe", "turn": 25.0, "needs": ["answer", "true_boxes"]},
        "ours": {"cell": "fit_s", "turn": 8.0, "needs": ["predict", "images", "true_boxes"]},
        "quick": {"RECIPE_IMAGES": 32, "N_TEST": 40, "N_VALIDATION": 40, "POOL": 640, "STEPS": 20},
    },
}


def quality(part, side, of, model):
    """What CONTESTS compares, as {name: number}; of: the namespace of the lesson's code."""
    import numpy as np

    if part == "R1":
        said = model.predict(of["x_test"], batch_size=500, verbose=0).reshape(-1, 2)
        return {"error (px)": np.abs(said - of["y_test"]).mean()}
    if part == "R2":
        pictures, places = of["x_recipe"][:512], of["xy_recipe"][:512]
        if side == "recipe":  # as in training: the averages of its batch norm are cold so early
            maps = of["with_batch_statistics"](model, pictures)
        else:
            maps = model.predict(pictures, batch_size=64, verbose=0)
        found = of["heatmaps"].extract_coords_from_heatmap(maps.reshape(-1, of["SIZE"], of["SIZE"]))
        return {"error (px)": of["metrics"].compute_metrics(places, found)["mean"]}
    if part == "R3":
        out = model.predict(of["x_test"], batch_size=512, verbose=0)
        right = out["classification"].argmax(axis=1) == of["y_test"]
        iou = of["boxes"].iou(28 * out["bbox"], of["tight_test"])
        return {"accuracy": right.mean(), "IoU with the tight box": iou.mean()}
    if part == "R4" and side == "recipe":
        out = model.predict(of["tile_images"], batch_size=256, verbose=0)
        classes, said = out["classification"], 75 * out["bounding_box"]
    elif part == "R4":
        large = of.setdefault("large", of["network"](75, of["SMALL"]))
        large.set_weights(model.get_weights())
        classes, said, _ = of["predict"](large, of["tile_images"])
    if part == "R4":
        right = classes.argmax(axis=1) == of["tile_labels"]
        return {"accuracy": right.mean(), "IoU": of["boxes"].iou(said, of["tile_boxes"]).mean()}
    if side == "recipe":
        said = of["answer"](model, len(of["true_boxes"]))
    else:
        said = of["predict"](model, of["images"])
    return {"IoU": of["boxes"].iou(said, of["true_boxes"]).mean()}


def contest(part, seed=0, quick=False, on_point=lambda *_: None):
    """Train recipe and ours in turns; for each its points, parameters and peak memory.

    A point is {"s": seconds of training, and what is compared}. on_point: called with the side
    and its new point. Raises RuntimeError when a side fails.
    """
    spawn = multiprocessing.get_context("spawn")
    ends: dict = {}
    processes: dict = {}
    found: dict = {}
    try:
        for side in SIDES:
            ends[side], theirs = spawn.Pipe()
            processes[side] = spawn.Process(
                target=_train, args=(part, side, CONTESTS[part], seed, quick, theirs), daemon=True
            )
            processes[side].start()
            theirs.close()
            _receive(ends[side], part, side)  # ready
        points: dict = {side: [] for side in ends}
        while len(found) < len(ends):
            for side in SIDES:
                if side in found:
                    continue
                ends[side].send("go on")
                said = _receive(ends[side], part, side)
                if "params" in said:
                    found[side] = {"points": points[side], **said}
                else:
                    points[side].append(said)
                    on_point(side, said)
    finally:
        for process in processes.values():
            process.terminate()
            process.join()
    return found


def _receive(end, part, side):
    try:
        said = end.recv()
    except EOFError:
        raise RuntimeError(f"{part}, {side}: the process ended without a result") from None
    if isinstance(said, str) and said != "ready":
        raise RuntimeError(f"{part}, {side}: {said}")
    return said


def _train(part, side, about, seed, quick, end):
    """In a process of its own: train one side, pausing at every turn."""
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            end.send(_train_quietly(part, side, about, seed, quick, end))
    except Exception as failure:
        end.send(f"{type(failure).__name__}: {failure}")
    end.recv()  # until the last message has arrived


def _train_quietly(part, side, about, seed, quick, end):
    from course_utils import lesson, training

    of: dict = {}
    trained: list = []

    class Turns(training.Progress):
        """In place of the lesson's: stops the clock, and the training, after each turn."""

        def on_train_begin(self, logs=None):
            super().on_train_begin(logs)
            self.s = 0.0
            self._wait()

        def on_train_batch_end(self, batch, logs=None):
            if time.perf_counter() - self.resumed >= about[side]["turn"]:
                self._point()
                self._wait()

        def on_test_begin(self, logs=None):  # a look at validation data is no training
            self.s += time.perf_counter() - self.resumed

        def on_test_end(self, logs=None):
            self.resumed = time.perf_counter()

        def on_train_end(self, logs=None):
            super().on_train_end(logs)
            self._point()
            trained.append(self.model)

        def _point(self):
            self.s += time.perf_counter() - self.resumed
            values = quality(part, side, of, self.model)
            end.send({"s": self.s} | {name: float(value) for name, value in values.items()})

        def _wait(self):
            end.recv()
            self.resumed = time.perf_counter()

    training.Progress = Turns  # type: ignore[misc]
    lesson.setup(seed, quick=True)
    end.send("ready")
    settings = about.get("settings", {}) | (about["quick"] if quick else {}) | {"SEED": seed}
    lesson_code(about["lesson"], about[side]["cell"], about[side]["needs"], settings, of)
    return {"params": trained[-1].count_params(), "peak_mb": peak_memory()}


def peak_memory():
    """The most memory that this process has had in use until now, in MB."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3
