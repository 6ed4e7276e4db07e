"""What `make matrix` kept: every environment passed, and CONTRIBUTING.md says so.

`make matrix` itself leaves this file out: it is what writes the results.
"""

import json
import re

from course_utils import results
import matrix
import pytest

from conftest import ROOT

MATRIX = json.loads(matrix.RESULTS.read_text(encoding="utf-8"))


def test_contributing_shows_the_versions_that_were_tried():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert MATRIX and set(MATRIX) <= set(matrix.ENVIRONMENTS)
    assert results.replace_table(text, matrix.table(MATRIX), matrix.MARKS) == text


@pytest.mark.parametrize("name", MATRIX)
def test_every_environment_passed(name):
    found = MATRIX[name]
    assert found["python"].startswith(matrix.ENVIRONMENTS[name][0])
    for what in ("unit tests", "quick lessons"):
        assert re.fullmatch(r"[1-9]\d* passed(, \d+ skipped)?", found[what])
