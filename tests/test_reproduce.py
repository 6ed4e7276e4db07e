"""What `make reproduce` calls a difference, and what it does not."""

import copy

from course_utils import results, runner
import pytest
import reproduce

PATH = runner.find_lessons()[0]


@pytest.fixture
def pair():
    notebook = results.read_notebook(PATH)
    return notebook, copy.deepcopy(notebook)


def outputs(notebook, mime):
    """The bundles that hold `mime`, and the number of their cell."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if mime in output.get("data", {}):
                yield output["data"], cell["execution_count"]


def test_a_notebook_is_the_same_as_itself(pair):
    assert reproduce.compare(*pair, 0.0) == []


def test_measured_times_may_differ(pair):
    for data, _ in outputs(pair[1], reproduce.RECORD):
        for name in data[reproduce.RECORD]:
            if name.endswith("_s"):
                data[reproduce.RECORD][name] *= 2
    for data, _ in outputs(pair[1], reproduce.CLAIM):
        if data[reproduce.CLAIM]["unit"] in ("s", "s/s"):
            data[reproduce.CLAIM]["value"] *= 2
    assert pair[0] != pair[1]
    assert reproduce.compare(*pair, 0.0) == []


def test_a_record_is_compared_within_the_tolerance(pair):
    data, number = next(outputs(pair[1], reproduce.RECORD))
    name = next(name for name in data[reproduce.RECORD] if not name.endswith("_s"))
    was = data[reproduce.RECORD][name]
    data[reproduce.RECORD][name] = was * 1.001
    assert reproduce.compare(*pair, 0.01) == []
    assert reproduce.compare(*pair, 0.0) == [f"cell [{number}]: {name} was {was}, is {was * 1.001}"]


def test_a_record_that_is_gone(pair):
    data, number = next(outputs(pair[1], reproduce.RECORD))
    was = data[reproduce.RECORD].pop("recipe_mae_px")
    line = f"cell [{number}]: recipe_mae_px was {was}, is None"
    assert reproduce.compare(*pair, 1.0) == [line]


def test_a_claim_that_no_longer_holds(pair):
    data, number = next(outputs(pair[1], reproduce.CLAIM))
    claim = data[reproduce.CLAIM]
    claim["passed"] = False
    line = f"cell [{number}]: holds once only: {claim['sentence']}"
    assert reproduce.compare(*pair, 1.0) == [line]
    claim["sentence"] = "Another"
    assert len(reproduce.compare(*pair, 1.0)) == 2


def test_a_figure_of_other_bytes(pair):
    data, number = next(outputs(pair[1], "image/png"))
    data["image/png"] = data["image/png"][::-1]
    (line,) = reproduce.compare(*pair, 0.0)
    assert line.startswith(f"cell [{number}]: 1 of ")
    assert reproduce.compare(*pair, 1e-6) == []


def test_other_cells(pair):
    pair[1]["cells"].pop()
    pair[1]["cells"] = [c for c in pair[1]["cells"] if c["cell_type"] == "markdown"]
    (line,) = reproduce.compare(*pair, 0.0)
    assert line.endswith("0 were run")
