"""The final projects from end to end: notebooks, limits and what they rest on, command line."""

import json

from course_utils import lesson, plots, projects, rubric
import numpy as np
import pytest

from benchmarks import projects as measured
from conftest import ROOT, command
from course.lessons import read_notebook

BOTH = pytest.mark.parametrize("project", projects.PROJECTS)
MEASURED = json.loads(measured.FILE.read_text(encoding="utf-8"))


@BOTH
def test_limits_rise_from_the_baseline_to_the_reference_with_margin(project):
    of = MEASURED[str(project)]
    levels = np.array([of["baseline"], *rubric.LIMITS[project], of["reference"]])
    assert np.diff(levels, axis=0).min() >= 0.0199
    assert of["cpu_s"] <= 2 * 120  # two minutes on two cores


@BOTH
def test_the_notebook_says_what_was_measured(project):
    cells = read_notebook(ROOT / "exercises" / f"project{project}.ipynb")["cells"]
    (text,) = ["".join(cell["source"]) for cell in cells if cell["id"] == "rubric"]
    assert f"\n\n{measured.table(project)}\n\n" in text
    title = "".join(cells[0]["source"]).splitlines()[0]
    assert title == f"# Project {project} · {projects.PROJECTS[project].title}"


@BOTH
def test_the_notebook_says_what_the_scenes_are_made_of(project):
    cells = read_notebook(ROOT / "exercises" / f"project{project}.ipynb")["cells"]
    (text,) = ["".join(cell["source"]) for cell in cells if cell["id"] == "maker"]
    assert f"standard deviation of {projects.NOISE:.0f} grey levels." in text
    assert f"tight around ink above {projects.VISIBLE} of 255" in text
    constant = (
        f"`APART` is {projects.APART};" if project == 1 else f"`CLEAR` is {projects.CLEAR} px;"
    )
    assert constant in text


@BOTH
def test_the_notebook_fits_the_books_page(project):
    for cell in read_notebook(ROOT / "exercises" / f"project{project}.ipynb")["cells"]:
        if cell["cell_type"] == "code":
            assert all(len(line) <= 88 for line in "".join(cell["source"]).splitlines())


@BOTH
def test_the_notebook_runs_and_what_it_hands_in_does_not_pass(
    project, tmp_path, monkeypatch, capsys
):
    for module in (lesson, plots):
        monkeypatch.setattr(module, "display", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    for cell in read_notebook(ROOT / "exercises" / f"project{project}.ipynb")["cells"]:
        if cell["cell_type"] == "code" and cell["id"] != "judge-mine":  # the same once more
            exec("".join(cell["source"]), space)
    printed = capsys.readouterr().out
    assert printed.count("Reached: no step yet") == 2  # on validation scenes, and of the file
    assert printed.count(f"Project {project}, {projects.PROJECTS[project].title}: seed 0") == 1
    assert command("check", f"project{project}.json", "--seed", 0) == 1
    said = capsys.readouterr().out
    assert "Reached: no step yet" in said and "It looks as if" not in said
    row = [float(line[34:42]) for line in said.splitlines() if line.startswith(rubric.CRITERIA)]
    np.testing.assert_allclose(row, MEASURED[str(project)]["baseline"], atol=0.05)


@pytest.fixture
def handed_in(tmp_path):
    """Path of a file with right answers to project 1, seed 7."""
    _, (_, *truth) = rubric._asked(1, 7)
    rubric.hand_in(1, 7, lambda images: truth, tmp_path)
    return tmp_path / "project1.json"


def test_right_answers_end_with_0(handed_in, capsys):
    capsys.readouterr()
    assert command("check", handed_in, "--seed", 7) == 0
    said = capsys.readouterr()
    assert "Reached: excellent" in said.out and not said.err
    assert command("check", handed_in) == 0


def test_what_cannot_be_judged_ends_with_2_and_one_line(handed_in, capsys):
    py = handed_in.with_suffix(".py")
    py.write_text("x = 1")
    for arguments, says in (
        ((handed_in, "--seed", 8), "the answers are those for seed 7"),
        ((handed_in, "03.1"), "answers a project, and no exercises"),
        ((handed_in, handed_in, "--seed", 7), "one file at a time, got 2"),
        ((py, "--seed", 7), f"project1.json or project2.json: {py} is no .json file"),
        ((handed_in.with_name("other.json"),), "cannot be read: No such file"),
    ):
        capsys.readouterr()
        assert command("check", *arguments) == 2
        said = capsys.readouterr()
        assert says in said.err and said.err.count("\n") == 1 and not said.out
    handed_in.write_text(handed_in.read_text()[:1000])
    assert command("check", handed_in, "--seed", 7) == 2
    assert "is no JSON, or damaged" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "1.5", "x", ""])
def test_a_seed_is_a_whole_number(seed, capsys):
    with pytest.raises(SystemExit):
        command("check", "project1.json", "--seed", seed)
    assert "must be a whole number from 0 on" in capsys.readouterr().err


def test_the_list_of_exercises_names_the_projects(capsys):
    assert command("exercises") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "  project1   A digit on a checkerboard: course check project1.json",
        "  project2   Two digits, one number: course check project2.json",
    ]
