"""What `make reproduce` calls a difference, and what it does not."""

import copy
import shutil

from course_utils import CLAIM, RECORD
import pytest
import reproduce

from course import lessons, run

PATH = lessons.find_lessons()[0]


@pytest.fixture
def pair():
    notebook = lessons.read_notebook(PATH)
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
    for data, _ in outputs(pair[1], RECORD):
        for name in data[RECORD]:
            if name.endswith("_s"):
                data[RECORD][name] *= 2
    for data, _ in outputs(pair[1], CLAIM):
        if data[CLAIM]["unit"] in ("s", "s/s"):
            data[CLAIM]["value"] *= 2
    assert pair[0] != pair[1]
    assert reproduce.compare(*pair, 0.0) == []


def test_a_record_is_compared_within_the_tolerance(pair):
    name = "recipe_mae_px"
    data, number = next(of for of in outputs(pair[1], RECORD) if name in of[0][RECORD])
    was = data[RECORD][name]
    data[RECORD][name] = was * 1.001
    assert reproduce.compare(*pair, 0.01) == []
    assert reproduce.compare(*pair, 0.0) == [f"cell [{number}]: {name} was {was}, is {was * 1.001}"]


def test_a_record_that_is_gone(pair):
    name = "recipe_mae_px"
    data, number = next(of for of in outputs(pair[1], RECORD) if name in of[0][RECORD])
    was = data[RECORD].pop(name)
    line = f"cell [{number}]: recipe_mae_px was {was}, is None"
    assert reproduce.compare(*pair, 1.0) == [line]


def test_a_claim_that_no_longer_holds(pair):
    data, number = next(outputs(pair[1], CLAIM))
    claim = data[CLAIM]
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


@pytest.fixture
def runs(monkeypatch):
    """Lessons that "run" by being copied; the paths of those that were, in order."""
    done = []

    def copied(path, parameters, folder, minutes=None):
        done.append(path)
        shutil.copy(path, folder)
        about = {"lesson": path.stem, "parameters": parameters, "seed": 0, "quick": False}
        return about | {"claims": [], "seconds": 1.0}

    monkeypatch.setattr(run, "run_one", copied)
    return done


def test_the_end_says_how_many_came_out(runs, capsys):
    assert reproduce.main(["01", "02"]) == 0
    said = capsys.readouterr().out
    assert "01_pixel_regression: the same" in said
    assert said.endswith("2 of 2 lessons came out as they are committed\n")


def test_a_lesson_that_fails_is_a_difference(runs, monkeypatch, capsys):
    copied = run.run_one
    failed = {"error": {"cell": 3, "message": "ClaimFailed: too far"}}
    monkeypatch.setattr(run, "run_one", lambda *job: copied(*job) | failed)
    assert reproduce.main(["01"]) == 1
    assert "  failed: ClaimFailed: too far\n" in capsys.readouterr().out


def test_ctrl_c_ends_all_of_it(runs, monkeypatch, capsys):
    copied = run.run_one
    interrupted = {"error": {"cell": None, "message": "interrupted"}}
    monkeypatch.setattr(run, "run_one", lambda *job: copied(*job) | interrupted)
    assert reproduce.main(["01", "02"]) == 130
    assert runs == [PATH]
    assert capsys.readouterr().err == "reproduce: interrupted\n"


def test_a_lesson_that_there_is_not(runs, capsys):
    assert reproduce.main(["99"]) == 2
    assert capsys.readouterr().err.startswith("reproduce: no lesson '99'; the lessons are 01_")
    assert runs == []
