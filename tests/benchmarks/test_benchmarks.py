"""The benchmarks: code taken from notebooks, contests, their table."""

import ast
import json

import numpy as np
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import contest, growth, lesson_code, report, sides
from conftest import ROOT

COMMITTED = ROOT / "benchmarks"


def notebook(*sources):
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return {"cells": cells, "metadata": {}}


def sources(statements):
    return [ast.unparse(statement) for statement in statements]


def test_needed_takes_the_cell_and_what_it_depends_on():
    of = notebook(
        "import numpy as np\nimport os",
        "N = 3\nM = 4",
        "def double(x):\n    return 2 * x * K",  # K comes later
        "K = 1\nprint(K)",
        "x = np.arange(N)\nslow = double(x)\nx.sort()",
        "K = 5",
        "y = double(x)\nprint(y)",
        "x = 7",
    )
    assert sources(lesson_code.needed(of, "y"))[-2:] == ["y = double(x)", "print(y)"]
    assert sources(lesson_code.needed(of, "y"))[:-2] == [
        "import numpy as np",
        "N = 3",
        "def double(x):\n    return 2 * x * K",
        "K = 1",
        "x = np.arange(N)",
    ]
    assert "M = 4" in sources(lesson_code.needed(of, "y", also=["M"]))
    assert sources(lesson_code.needed(of, "slow"))[-1] == "x.sort()"
    with pytest.raises(KeyError, match="no cell assigns z"):
        lesson_code.needed(of, "z")


def test_needed_takes_every_statement_of_a_cell_that_assigns_the_name():
    of = notebook("total = 0\nfor i in range(3):\n    total += i", "result = total")
    found = lesson_code.needed(of, "result")
    assert len(found) == 3
    namespace: dict = {}
    exec(compile(ast.Module(found, []), "x", "exec"), namespace)
    assert namespace["result"] == 3


@pytest.mark.notebook
def test_lesson_code_takes_settings_and_knows_the_parameters():
    of = lesson_code.lesson_code("06", "recipe_params")
    assert of["recipe_params"] == 2_819_841_796
    with pytest.raises(KeyError, match="has no parameters"):
        lesson_code.lesson_code("01", "rng", settings={"EPOCHS": 1})
    assert lesson_code.lesson_code("01", "RECIPE_EPOCHS", settings={"SEED": 9})["SEED"] == 9


def point(s, **values):
    return {"s": s, **values}


def test_as_good_asks_for_everything_compared():
    points = [point(1, a=0.9, e=3.0), point(2, a=0.8, e=0.9), point(3, a=0.95, e=1.0)]
    bar = point(0, a=0.9, e=1.0)
    assert report.as_good(points, bar, {"a": "more"}) == 1
    assert report.as_good(points, bar, {"e": "less"}) == 2
    assert report.as_good(points, bar, {"a": "more", "e": "less"}) == 3
    assert report.as_good(points[:2], bar, {"a": "more", "e": "less"}) is None


def test_summary_compares_with_what_the_recipe_reached():
    key = "error (px)"
    recipe = {"points": [point(100, **{key: 38.0}), point(200, **{key: 37.0})]}
    ours = {"points": [point(2, **{key: 37.5}), point(4, **{key: 1.0}), point(50, **{key: 0.1})]}
    of = report.summary("R2", {"recipe": recipe, "ours": ours})
    assert of == {"recipe_s": 200, "ours_s": 50, "passed_s": 4, "ratio": 50}


def test_points_of_a_kept_run_stand_on_the_clock_of_this_run():
    points = contest.kept_points("R2", 50.0)
    kept = json.loads((COMMITTED / "kept" / "02_recipe.json").read_text(encoding="utf-8"))
    rows = kept["measured"]["epochs"]
    assert len(points) == len(rows) == 75
    assert [point["s"] for point in points[:3]] == [50, 100, 150]
    assert points[-1] == {"s": 75 * 50, "error (px)": rows[-1]["test_px"]}


def test_cells_of_a_line():
    assert report._line_cells([1, 2, 3], [10, 20, 30]) == ["10 to 30", "10", "1.000"]
    assert report._line_cells([1, 2, 3], [1, 4, 16])[2] == "**0.893**"
    assert report._line_cells([1, 2, 3], [1500, 1510, 1490]) == ["1,500 to 1,490", "–", "–"]


def test_line_finds_a_straight_line_and_says_when_it_is_none():
    x = [1, 2, 3, 4]
    start, slope, r2 = growth.line(x, [5.0, 7, 9, 11])
    assert (start, slope, r2) == pytest.approx((3, 2, 1))
    assert growth.line(x, [1, 16, 81, 256])[2] < 0.9


def test_wrong_part_is_named(capsys):
    with pytest.raises(SystemExit) as stop:
        benchmarks.main(["R9"])
    assert stop.value.code == 2
    assert (
        "no part R9; the parts are R1, R2, R3, R4, R5, R6, R7, growth, determinism"
        in capsys.readouterr().err
    )


def test_readme_shows_the_committed_results():
    found = json.loads((COMMITTED / "results.json").read_text(encoding="utf-8"))
    assert set(found) == {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "growth", "determinism"}
    text = (COMMITTED / "README.md").read_text(encoding="utf-8")
    assert report.table(found) in text
    for part in sides.CONTESTS:
        for side in sides.SIDES:
            seconds = [point["s"] for point in found[part][side]["points"]]
            assert len(seconds) >= 3
            assert np.all(np.diff(seconds) > 0)


@pytest.mark.notebook
@pytest.mark.slow
def test_a_quick_run_of_everything(tmp_path, capsys):
    parts = [*sides.CONTESTS, "growth", "determinism"]
    assert benchmarks.main([*parts, "--quick", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert set(found) == set(parts)
    for part, about in sides.CONTESTS.items():
        for side in sides.SIDES:
            assert found[part][side]["peak_mb"] > 100
            assert about["compared"].keys() < found[part][side]["points"][-1].keys()
    assert (tmp_path / "growth.png").exists()
    assert "R5, single-object box regression" in capsys.readouterr().out


@pytest.mark.notebook
def test_a_side_that_fails_fails_its_part_alone(tmp_path, capsys, monkeypatch):
    broken = sides.CONTESTS["R1"] | {"ours": {"cell": "gone", "turn": 1.0, "needs": []}}
    monkeypatch.setitem(sides.CONTESTS, "R1", broken)
    assert benchmarks.main(["R1", "R4", "--quick", "--out", str(tmp_path)]) == 1
    assert "R1 failed" in capsys.readouterr().err
    assert set(json.loads((tmp_path / "results.json").read_text())) == {"R4"}
