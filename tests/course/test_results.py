"""Results: gathered from outputs, kept one for each lesson and seed, shown in the README."""

from course_utils import CLAIM, RECORD, SETUP
import nbformat
from nbformat.v4 import new_code_cell, new_output
import pytest

from conftest import RECORDED, command, lesson_notebook, result_of
import course
from course import lessons, publish, results


def test_gather():
    notebook = lesson_notebook(outputs=RECORDED.items())
    notebook.cells.append(
        new_code_cell(
            outputs=[
                new_output("display_data", {RECORD: {"b": 2}}),
                new_output("display_data", {SETUP: {"digits": "mnist"}}),
            ]
        )
    )
    found = results.gather(notebook)
    assert found["metrics"] == {"mae_px": 0.5, "total_s": 61.0, "b": 2}
    assert (found["seed"], found["digits"], found["quick"]) == (0, "mnist", False)
    assert found["claims"] == [RECORDED[CLAIM]]


def test_results_are_kept_one_for_each_lesson_and_seed(tmp_path):
    path = tmp_path / "results.json"
    assert results.read_results(path) == []
    of = [{"lesson": lesson, "seed": seed, "n": seed} for lesson in ("02", "01") for seed in (1, 0)]
    results.write_results(path, [*of, {"lesson": "02", "seed": 1, "n": 5}])
    found = [(one["lesson"], one["seed"], one["n"]) for one in results.read_results(path)]
    assert found == [("01", 0, 0), ("01", 1, 1), ("02", 0, 0), ("02", 1, 5)]
    for damaged in ("[{", "{}"):
        path.write_text(damaged)
        assert results.read_results(path) == []


def test_table_shows_mean_and_deviation_machine_and_versions(project):
    path = project / "notebooks" / "01_where.ipynb"
    several = [result_of(path, seed, ours) for seed, ours in enumerate((0.011, 0.013, 0.015))]
    lines = results.results_table([path], several).splitlines()
    assert lines[2] == (
        "| [01 · Where?](notebooks/01_where.ipynb) | error (px)<br>"
        "**0.013\N{NBSP}±\N{NBSP}0.002** O<br>"
        "baseline 0<br>recipe 15.8<br>limit – | 2 to run<br>1 to read |"
    )
    assert lines[4] == (
        "Mean ± standard deviation over the seeds 0, 1, 2, minutes of the fastest; "
        "2 cores of Chip, Linux x86_64; Python 3.12, Keras 3.15; 0.1 hours for the 3 runs."
    )
    assert len(results.results_table([path], []).splitlines()) == 2


def test_table_says_how_many_results_are_of_older_code(project):
    path = project / "notebooks" / "01_where.ipynb"
    slow, older = {"total_s": 600.0}, {"made_by": {"cells": "older"}}
    several = [result_of(path, 0), result_of(path, 1, metrics=slow), result_of(path, 2, **older)]
    lines = results.results_table([path], several).splitlines()
    assert lines[2].endswith("| 2 to run<br>1 to read |")
    assert lines[4].endswith(
        " for the 3 runs. 1 of them were made by an earlier state of the code, see `course stale`."
    )


def test_time_is_told_apart_by_what_a_cell_shows():
    def cell(seconds, **data):
        outputs = [{"output_type": "display_data", "data": data}]
        metadata = {"papermill": {"duration": seconds}}
        return {"cell_type": "code", "metadata": metadata, "source": "", "outputs": outputs}

    trains = cell(3.0, **{"text/plain": "epoch 2 of 2 · loss 1", "image/png": "x"})
    cells = [cell(9.0), cell(2.0, **{"image/png": "x"}), trains, cell(4.0), cell(None)]
    assert results.spent({"cells": cells}) == {"training": 3.0, "figures": 2.0, "the rest": 4.0}


def test_minutes_are_those_of_the_fastest_run_of_this_code(project):
    path = project / "notebooks" / "01_where.ipynb"
    spent = {"training": 50.0, "figures": 8.0, "the rest": 1.6}
    runs = [
        result_of(path, seed, metrics={"total_s": seconds}, spent=spent)
        for seed, seconds in enumerate((90.0, 60.0, 75.0))
    ]
    assert results.fastest(path, [*runs, result_of(path, 3, lesson="02_then")]) == runs[1]
    assert results.fastest(path, []) is None
    publish.write_published(lessons.read_notebook(path), path, runs[0]["made_by"])
    assert results.fastest(path, [*runs, {**runs[1], "made_by": {"cells": "older"}}]) == runs[1]
    older = [{**run, "made_by": {"cells": "older"}} for run in runs[1:]]
    assert results.fastest(path, [runs[0], *older]) == runs[0]
    assert results.times_table([path], runs).splitlines()[2:] == [
        "| 01_where | 50 | 8 | 2 | 60 | 1.0 |",
        "| all of these | 50 | 8 | 2 | 60 | 1.0 |",
    ]


def test_table_names_the_appendix_by_its_letter(project):
    path = project / "notebooks" / "A_more.ipynb"
    nbformat.write(lesson_notebook(), path)
    lines = results.results_table([path], [result_of(path, 0)]).splitlines()
    assert lines[2].startswith("| [A · Where?](notebooks/A_more.ipynb) |")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.5], "0.5"),
        ([2, 2, 2], "2"),
        ([0.635, 0.633, 0.633], "0.6337 ± 0.0012"),
        ([0.983, 0.985, 0.981], "0.983 ± 0.002"),
        ([13.46, 12.1, 14.9], "13.5 ± 1.4"),
        ([38.15, 30.0, 34.0], "34 ± 4"),
        ([1200, 1000, 1400], "1200 ± 200"),
        ([0.0005, 0.0001, 0.0003], "0.0003 ± 0.0002"),
    ],
)
def test_mean_and_deviation(values, shown):
    assert results.mean_and_deviation(values) == shown


def test_readme_table():
    begin, end = results.MARKS
    text = results.replace_table(f"before\n{begin}\nold\n{end}\nafter\n", "table", results.MARKS)
    assert text == f"before\n{begin}\ntable\n{end}\nafter\n"
    assert results.replace_table(text, "table", results.MARKS) == text
    with pytest.raises(ValueError, match="once each"):
        results.replace_table("no marks", "table", results.MARKS)


def test_results_of_a_run_are_added_where_they_are_fit(project, capsys):
    path = project / "notebooks" / "01_where.ipynb"
    fit = [result_of(path, seed) for seed in (0, 1)]
    results.write_results(course.RESULTS, [fit[0]])
    unfit = [
        result_of(path, 2, error={"cell": 1, "message": "no"}),
        result_of(path, 3, quick=True),
        result_of(path, 4, parameters={"SEED": 4, "EPOCHS": 1}),
        result_of(path, 5, digits="sklearn"),
        result_of(path, 6, made_by={"cells": "other", "boxes.iou": "one"}),
        result_of(path, 7, lesson="03_gone"),
    ]
    results.write_results(project / "new.json", [fit[1], *unfit])
    assert command("results", project / "new.json") == 0
    assert len(results.read_results(course.RESULTS)) == 1  # only shown
    said = capsys.readouterr()
    assert "over the seeds 0, 1, minutes" in said.out
    why = "it was made by other code: boxes.iou is gone, the lesson's cells changed"
    assert said.err.splitlines() == [
        "01_where, seed 2 is left out: it failed",
        "01_where, seed 3 is left out: it was a run on other settings",
        "01_where, seed 4 is left out: it was a run on other settings",
        "01_where, seed 5 is left out: it ran on the bundled digits, not on MNIST",
        f"01_where, seed 6 is left out: {why}",
        "03_gone, seed 7 is left out: there is no such lesson",
    ]
    assert command("results", project / "new.json", "--write") == 0
    assert results.read_results(course.RESULTS) == fit
    assert "over the seeds 0, 1, minutes" in (project / "README.md").read_text(encoding="utf-8")
    header = lessons.read_notebook(path)["cells"][0]["source"]
    assert "About **2 minutes** to run" in "".join(header)
    assert "| all of these |" in (project / "benchmarks" / "README.md").read_text(encoding="utf-8")
