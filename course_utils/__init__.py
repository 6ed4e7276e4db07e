"""Helpers of the course *Where is it?*, one module a subject.

Coordinates are pixels, (x, y) = (column, row). A box is ``xyxy`` in pixels: x1, y1 inclusive,
x2, y2 exclusive, so that width = x2 - x1.
"""

import os
from pathlib import Path
import re

# Before any import of TensorFlow: it logs its own affairs to stderr, into every notebook.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "0.1.0"

# What a lesson leaves in its outputs for the command line to gather (see `lesson` and `course`).
RECORD = "application/vnd.course.record+json"
CLAIM = "application/vnd.course.claim+json"
SETUP = "application/vnd.course.setup+json"
SUMMARY = "application/vnd.course.summary+json"
CHECK = "application/vnd.course.check+json"  # how an answer to an exercise does

# What is measured once: numbers that take too long for every run (see `lesson.kept`).
KEPT = Path(__file__).resolve().parent.parent / "benchmarks" / "kept"
# What can be lost: models of this machine.
BUILD = KEPT.parents[1] / "build"


def as_markdown(line):
    """A line of plain text as Markdown that shows the same."""
    return re.sub(r"[\\`*_<>|$#~\[\]]", r"\\\g<0>", line)
