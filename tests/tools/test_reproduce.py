"""What `make reproduce` calls a difference, and what it does not."""

import copy
import math
import re
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
    assert reproduce.compare(*pair) == []
    assert reproduce.judge(*pair, {}) == ([], [])


def test_measured_times_may_differ(pair):
    for data, _ in outputs(pair[1], RECORD):
        for name in data[RECORD]:
            if name.endswith("_s"):
                data[RECORD][name] *= 2
    for data, _ in outputs(pair[1], CLAIM):
        claim = data[CLAIM]
        if claim["unit"] in ("s", "s/s"):
            claim["value"] *= 2
            claim["sentence"] = claim["sentence"].replace("for 2 s", "for 14 s")
            claim["sentence"] = re.sub(r"0\.\d\d times", "0.99 times", claim["sentence"])
    assert "for 14 s" in str(pair[1]) and "0.99 times" in str(pair[1])
    assert reproduce.compare(*pair) == []
    assert reproduce.judge(*pair, {}) == ([], [])


@pytest.fixture
def record(pair):
    """The bundle of the second notebook that holds recipe_mae_px, what it was, and its cell."""
    name = "recipe_mae_px"
    data, number = next(of for of in outputs(pair[1], RECORD) if name in of[0][RECORD])
    return data[RECORD], data[RECORD][name], number


def test_a_record_must_be_the_same(pair, record):
    records, was, number = record
    records["recipe_mae_px"] = now = math.nextafter(was, 1)
    assert reproduce.compare(*pair) == [f"cell [{number}]: recipe_mae_px was {was}, is {now}"]


def test_a_record_that_is_gone(pair, record):
    records, was, number = record
    del records["recipe_mae_px"]
    line = f"recipe_mae_px was {was}, is None"
    assert reproduce.compare(*pair) == [f"cell [{number}]: {line}"]
    assert reproduce.judge(*pair, {"recipe_mae_px": 100.0}) == ([line], [])


@pytest.mark.parametrize(
    ("off", "deviations", "apart", "is_allowed"),
    [
        (0.02, {"recipe_mae_px": 0.01}, 2.0, True),
        (-0.04, {"recipe_mae_px": 0.01}, 4.0, False),
        (0.001, {"recipe_mae_px": 0.0}, math.inf, False),
        (0.001, {}, math.inf, False),
        (1e-13, {"recipe_mae_px": 0.0}, 0.0, True),
        (1e-13, {}, 0.0, True),
    ],
)
def test_a_record_is_judged_by_its_deviation(pair, record, off, deviations, apart, is_allowed):
    records, was, _ = record
    records["recipe_mae_px"] = now = was + off
    lines, ((says, *row),) = reproduce.judge(*pair, deviations)
    assert says == pytest.approx(apart)
    assert row == ["recipe_mae_px", was, now]
    assert lines == (
        [] if is_allowed else [f"recipe_mae_px was {was}, is {now}: {apart:.1f} deviations away"]
    )


def test_a_deviation_needs_two_seeds():
    def run_of(seed, *values):
        metrics = dict(zip(("a", "b", "c"), values, strict=False))
        return {"lesson": PATH.stem, "seed": seed, "metrics": metrics}

    of_other = {"lesson": "other", "metrics": {"a": 50}}
    assert reproduce.deviations(PATH, [run_of(0, 1.0, 2.0), of_other]) == {}
    two = [run_of(0, 1.0, 2.0), run_of(1, 3.0, 2.0, 9.0), of_other]
    assert reproduce.deviations(PATH, two) == {"a": pytest.approx(math.sqrt(2)), "b": 0.0}


def test_the_table_begins_with_what_is_furthest_away():
    rows = [(0.5, "near", 2.0, 2.5, "01"), (math.inf, "far", 0, 1e-3, "A"), (4, "some", 1, 2, "02")]
    lines = reproduce.table(rows).splitlines()
    assert [line.split() for line in lines] == [
        ["record", "committed", "now", "apart", "relative", "deviations"],
        ["A", "far", "0", "0.001", "1.0e-03", "-", "inf"],
        ["02", "some", "1", "2", "1.0e+00", "1.0e+00", "4.00"],
        ["01", "near", "2", "2.5", "5.0e-01", "2.5e-01", "0.50"],
    ]
    assert len(set(map(len, lines))) == 1
    assert reproduce.table([]) == ""


def test_a_claim_that_no_longer_holds(pair):
    data, number = next(outputs(pair[1], CLAIM))
    claim = data[CLAIM]
    was = claim["sentence"]
    claim["passed"] = False
    assert reproduce.compare(*pair) == [f"cell [{number}]: holds once only: {was}"]
    assert reproduce.judge(*pair, {}) == ([f"holds no longer: {was}: {claim['value']}"], [])
    claim |= {"passed": True, "sentence": "Another"}
    (line,) = reproduce.compare(*pair)
    assert line.startswith(f"cell [{number}]: {was}: ") and "; now: Another: " in line
    assert reproduce.judge(*pair, {}) == ([], [])  # numbers in it may differ


def test_a_claim_that_is_gone(pair):
    data, number = next(outputs(pair[1], CLAIM))
    count = len(list(outputs(pair[0], CLAIM)))
    del data[CLAIM]
    (line,) = reproduce.compare(*pair)
    assert line.startswith(f"cell [{number}]: ") and line.endswith(" were made")
    assert reproduce.judge(*pair, {})[0] == [f"{count} claims are committed, {count - 1} were made"]


def test_a_figure_of_other_bytes(pair):
    data, number = next(outputs(pair[1], "image/png"))
    data["image/png"] = data["image/png"][::-1]
    (line,) = reproduce.compare(*pair)
    assert line.startswith(f"cell [{number}]: 1 of ")
    assert reproduce.judge(*pair, {}) == ([], [])
    del data["image/png"]
    count = len(list(outputs(pair[0], "image/png")))
    line = f"{count} figures are committed, {count - 1} were made"
    assert reproduce.judge(*pair, {}) == ([line], [])


def test_other_cells(pair):
    pair[1]["cells"].pop()
    pair[1]["cells"] = [c for c in pair[1]["cells"] if c["cell_type"] == "markdown"]
    (line,) = reproduce.compare(*pair)
    assert line.endswith("0 were run")


@pytest.fixture
def runs(monkeypatch):
    """Lessons that "run" by being copied; the paths of those that were, in order."""
    done = []

    def copied(path, parameters, folder, *_):
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


def test_with_tolerance_the_end_says_how_many_records_differ(runs, monkeypatch, capsys):
    rows = [(2.0, "recipe_mae_px", 1.0, 1.5)]
    monkeypatch.setattr(reproduce, "judge", lambda *_: ([], rows))
    assert reproduce.main(["01", "A", "--tolerance"]) == 0
    said = capsys.readouterr().out
    assert "A_the_exact_limit: the same within 3 deviations\n" in said
    assert [line.split()[:2] for line in said.splitlines()[-3:-1]] == [
        ["01", "recipe_mae_px"],
        ["A", "recipe_mae_px"],
    ]
    end = "2 of 2 lessons came out as they are committed within 3 deviations; 2 records differ\n"
    assert said.endswith(end)
    monkeypatch.setattr(reproduce, "judge", lambda *_: (["too far"], rows))
    assert reproduce.main(["01", "--tolerance"]) == 1
    assert "01_pixel_regression: 1 differences\n  too far\n" in capsys.readouterr().out


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
