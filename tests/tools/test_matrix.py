"""What `make matrix` kept: every environment passed, and CONTRIBUTING.md says so.

`make matrix` itself leaves this file out: it is what writes the results.
"""

import json
import re
import tomllib

import matrix
from packaging.version import Version
import pytest

from conftest import ROOT
from course import results

MATRIX = json.loads(matrix.RESULTS.read_text(encoding="utf-8"))


def test_contributing_shows_the_versions_that_were_tried():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert list(MATRIX) == list(matrix.ENVIRONMENTS)
    assert results.replace_table(text, matrix.table(MATRIX), matrix.MARKS) == text


@pytest.mark.parametrize("package", ["tensorflow", "keras", "numpy"])
def test_the_lowest_versions_that_are_allowed_were_tried(package):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (bound,) = [line for line in project["dependencies"] if line.startswith(f"{package}>=")]
    lowest = Version(bound.removeprefix(f"{package}>=")).release
    assert Version(MATRIX["lowest-3.11"][package]).release[: len(lowest)] == lowest


@pytest.mark.parametrize("name", MATRIX)
def test_every_environment_passed(name):
    found = MATRIX[name]
    assert found["python"].startswith(matrix.ENVIRONMENTS[name][0])
    for what in ("unit tests", "quick lessons"):
        assert re.fullmatch(r"[1-9]\d* passed(, \d+ skipped)?", found[what])


def test_above_bound_names_what_is_newer_than_its_bound():
    have = {"keras": "3.13.0", "numpy": "2.0.0", "pillow": "11.1.0", "opencv-python": "5.0.0.93"}
    have |= {"pyyaml": "6.0"}  # bound 6.0: the same, with as many numbers
    assert matrix.above_bound(have) == ["pillow 11.1.0 for 11"]
