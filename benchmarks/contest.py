"""A recipe and a lesson's method, each in a process of its own, trained in turns."""

import contextlib
import json
import multiprocessing
import os
from pathlib import Path
import time

from benchmarks.lesson_code import lesson_code
from benchmarks.memory import peak_memory
from benchmarks.sides import CONTESTS, SIDES, quality, train_part

KEPT = Path(__file__).with_name("kept")


def contest(part, seed=0, quick=False, on_point=lambda *_: None):
    """Train recipe, ours, and ours in short where CONTESTS says how, in turns; for each side its
    points, parameters and peak memory.

    A point is {"s": seconds of training, and what is compared}. Where the recipe's whole run is
    kept, its first part alone is trained, and its points are those of the kept run on the clock of
    that part. on_point: called with the side and its new point. Raises RuntimeError when a side
    fails.
    """
    spawn = multiprocessing.get_context("spawn")
    sides = [*SIDES, "short"] if "short" in CONTESTS[part] else SIDES
    ends: dict = {}
    processes: dict = {}
    found: dict = {}
    try:
        for side in sides:
            ends[side], theirs = spawn.Pipe()
            processes[side] = spawn.Process(
                target=_train, args=(part, side, CONTESTS[part], seed, quick, theirs), daemon=True
            )
            processes[side].start()
            theirs.close()
            _receive(ends[side], part, side)  # ready
        points: dict = {side: [] for side in ends}
        while len(found) < len(ends):
            for side in sides:
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
    if "kept" in CONTESTS[part]:
        part_s = found["recipe"]["points"][-1]["s"]
        found["recipe"] |= {"part_s": part_s, "points": kept_points(part, part_s)}
    return found


def kept_points(part, part_s):
    """The points of a recipe's kept run, each of its rows counted as long as the part took here."""
    about = CONTESTS[part]["kept"]
    kept = json.loads((KEPT / f"{about['run']}.json").read_text(encoding="utf-8"))["measured"]
    return [
        {"s": number * part_s} | {name: row[key] for name, key in about["values"].items()}
        for number, row in enumerate(kept[about["rows"]], 1)
    ]


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
    cells = about["recipe" if side == "recipe" else "ours"]

    class Turns(training.Progress):
        """In place of the lesson's: stops the clock, and the training, after each turn."""

        def on_train_begin(self, logs=None):
            super().on_train_begin(logs)
            self.s = 0.0
            self._wait()

        def on_train_batch_end(self, batch, logs=None):
            if self.s + time.perf_counter() - self.resumed >= self.until:
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
            kept = side == "recipe" and "kept" in about
            values = {} if kept else quality(part, side, of, self.model)
            end.send({"s": self.s} | {name: float(value) for name, value in values.items()})

        def _wait(self):
            end.recv()
            self.resumed = time.perf_counter()
            self.until = self.s + cells["turn"]

    training.Progress = Turns  # type: ignore[misc]
    lesson.setup(seed, quick=True)
    end.send("ready")
    settings = about.get("settings", {}) | (about["short"] if side == "short" else {})
    settings |= (about["quick"] if quick else {}) | {"SEED": seed}
    lesson_code(about["lesson"], cells["cell"], cells["needs"], settings, of)
    if "network" in cells:
        train_part(of, of[cells["network"]])
    return {"params": trained[-1].count_params(), "peak_mb": peak_memory()}
