"""The command `course`: runs the lessons, gathers their results, publishes them.

It imports `course_utils` only for its version and the MIME names of what lessons leave in their
outputs, and never TensorFlow, except where a command needs a lesson's own code.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
QUICK = ROOT / "tests" / "quick"
RESULTS = ROOT / "benchmarks" / "seeds.json"  # every lesson under three seeds, committed


class UsageError(Exception):
    """What the user asked for cannot be done; the message says what can."""
