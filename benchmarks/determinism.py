"""What it costs that numbers come out again: training with op determinism, and without."""

import contextlib
import os
from pathlib import Path
import subprocess
import sys
import time

from benchmarks.growth import ROUNDS, make_task

SIDES = ("with", "without")
TURNS = 3


def determinism(quick=False, on_measured=lambda *_: None):
    """Of each side the seconds of training lesson 08's detector for a step, least of a process.

    Determinism cannot be switched off again, so each turn of a side is a process of its own.
    """
    found: dict = {side: [] for side in SIDES}
    for turn in range(1 if quick else TURNS):
        for side in SIDES:
            command = [sys.executable, "-m", "benchmarks.determinism", side]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[side].append(float(done.stdout))
            on_measured(f"{side}, turn {turn + 1}")
    return found


def measure(side):
    """The least seconds of a step, in this process, of several rounds."""
    from course_utils import lesson
    import tensorflow

    if side == "without":
        tensorflow.config.experimental.enable_op_determinism = lambda: None
    seconds = []
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        lesson.setup(0, quick=True)
        task, steps = make_task("training_count", 4)
        for _ in range(ROUNDS + 1):  # the first builds the graph, and is never the least
            started = time.perf_counter()
            task()
            seconds.append((time.perf_counter() - started) / steps)
    return min(seconds)


if __name__ == "__main__":
    print(measure(sys.argv[1]))
