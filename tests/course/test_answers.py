"""A learner's files on the command line: what is found in them, and how it ends."""

import json
import time

from course_utils import exercises
import pytest

from conftest import ROOT, command
from course import answers

RIGHT = exercises.load("03.1").code
WRONG = RIGHT.replace("- shared\n", "\n")


@pytest.fixture(autouse=True)
def progress(tmp_path, monkeypatch):
    monkeypatch.setattr(exercises, "PROGRESS", tmp_path / ".course-progress.json")


@pytest.fixture
def check(tmp_path, capsys):
    """A function of a file's text (or of the sources of a notebook's cells) and more arguments.

    It returns the status, and the lines on stdout and stderr together.
    """

    def run(text, *arguments, name="my answers.py"):
        if not isinstance(text, str):
            name = "my answers.ipynb"
            cells = [{"cell_type": "code", "source": source.splitlines(True)} for source in text]
            text = json.dumps({"cells": [{"cell_type": "markdown", "source": ["def no("]}, *cells]})
        (tmp_path / name).write_text(text, encoding="utf-8")
        capsys.readouterr()
        status = command("check", tmp_path / name, *arguments)
        return status, "".join(capsys.readouterr()).splitlines()

    return run


def test_a_right_answer_is_all_that_ends_with_0(check, capsys):
    status, lines = check(RIGHT)
    assert status == 0
    assert lines[-1] == "1 of 1 passed" and lines[-2].startswith("✓ 03.1 ")
    assert command("exercises") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line[0] not in "○ "] == [
        "✓ 03.1       Intersection over union, by hand",
        f"1 of {len(exercises.names())} solved",
    ]


def test_a_wrong_answer_ends_with_1_and_is_listed(check, capsys):
    status, lines = check(WRONG, "03.1")
    assert status == 1
    assert "    It looks as if the union counts the shared part twice." in lines
    command("exercises")
    assert "✗ 03.1 " in capsys.readouterr().out


def test_one_that_is_not_written_yet_ends_with_1(check):
    status, lines = check(exercises.load("03.1").stub)
    assert status == 1 and lines[0].startswith("○ 03.1 ") and lines[-1] == "0 of 1 passed"


def test_a_notebook_is_checked_cell_by_cell(check):
    import_cell = "%matplotlib inline\nfrom course_utils.exercises import check"
    other = exercises.load("03.2").stub
    status, lines = check([import_cell, RIGHT, 'check("03.1", iou)\n', other, "1 / 0"])
    assert status == 1
    assert [line[:6] for line in lines] == ["✓ 03.1", "○ 03.2", "1 of 2"]


def test_only_those_that_are_named_are_checked(check):
    status, lines = check([RIGHT, exercises.load("03.2").stub], "03.1")
    assert status == 0 and lines[-1] == "1 of 1 passed"


@pytest.mark.parametrize("place", ["    while True:\n        pass\n", "while True:\n    pass\n"])
def test_a_loop_without_end_is_one_line(check, place):
    before, sign, after = RIGHT.partition("    # " if place[0] == "d" else '    """Inter')
    code = RIGHT + place if place[0] == "w" else before + place + sign + after
    start = time.monotonic()
    status, lines = check(code, "--timeout", "3")
    assert status == 1 and time.monotonic() - start < 20
    assert lines[0] == "✗ 03.1: no answer within 3 s. Is there a loop without end?"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import os; os._exit(0)", "✗ 03.1: the answer ended Python, with status 0"),
        ("raise SystemExit", "✗ 03.1 Intersection over union, by hand: 0 of 10 cases."),
        ("import numpi", "    gives   ModuleNotFoundError: No module named 'numpi' (line "),
    ],
)
def test_an_answer_that_ends_or_misses_something_is_one_line(check, line, said):
    status, lines = check(RIGHT.replace("    width = max(", f"    {line}\n    width = max(", 1))
    assert status == 1
    assert any(one.startswith(said) for one in lines)


def test_megabytes_are_not_shown(check):
    status, lines = check(f"{RIGHT}\nfor _ in range(1000):\n    print('x' * 5000)\n")
    assert status == 0 and sum(map(len, lines)) < 3000
    assert any("more characters were printed" in line for line in lines)


def test_a_file_that_fails_on_top_still_has_its_functions(check):
    status, lines = check(f"{RIGHT}\nraise SystemExit('done')\n")
    assert status == 0


def test_what_fails_before_the_function_is_said(check):
    status, lines = check(f"import numpi\n{RIGHT}")
    assert status == 1
    assert lines[0].endswith("my answers.py: ModuleNotFoundError: No module named 'numpi'")


def test_a_syntax_error_is_shown_with_its_line(check):
    status, lines = check(RIGHT.replace("shared = width * height", "shared = (width * height"))
    assert status == 1
    assert "my answers.py, line 8: '(' was never closed: shared = (width * height" in lines[0]
    status, lines = check([RIGHT, "def move(image, box, dx, dy:\n    pass"])
    assert status == 1 and lines[0].startswith("✓ 03.1")
    assert "my answers.ipynb, code cell 2, line 1: " in lines[1]
    assert lines[1].endswith(": def move(image, box, dx, dy:")


def test_a_function_that_is_missing_is_said(check):
    status, lines = check([RIGHT], "03.2")
    assert status == 1
    assert lines[0].endswith("my answers.ipynb has no function move")


@pytest.mark.parametrize(
    ("text", "name", "arguments", "said"),
    [
        ("x = 1", "a.py", [], "has no function that an exercise asks for"),
        (RIGHT, "a.py", ["03.9"], "no exercise '03.9'; there are 03.1, 03.2, 03.3"),
        (RIGHT, "a.py", ["x"], "no exercise 'x'; there are 01.1 …, 02.1 …, "),
        ("{", "a.ipynb", [], "is neither Python code nor a notebook"),
        ("[1]", "a.ipynb", [], "is neither Python code nor a notebook"),
    ],
)
def test_what_cannot_be_checked_is_one_line(check, text, name, arguments, said):
    status, lines = check(text, *arguments, name=name)
    assert status == 2 and len(lines) == 1 and said in lines[0]


def test_a_file_that_is_not_there_is_one_line(tmp_path, capsys):
    assert command("check", tmp_path / "none.py") == 2
    assert "none.py cannot be read: No such file" in capsys.readouterr().err
    (tmp_path / "a.py").write_bytes(b"\xff\xfe\x00")
    assert command("check", tmp_path / "a.py") == 2
    assert "a.py is neither Python code nor a notebook" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "file"), [("01.2", "01"), ("museum.6", "museum")])
def test_a_number_without_a_file_is_one_line(name, file, capsys):
    assert command("check", name) == 2
    hint = (
        f"{name} is an exercise, not a file: course check exercises/{file}_exercises.ipynb {name}"
    )
    assert capsys.readouterr().err == f"course: {hint}\n"


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "soon"])
def test_a_time_limit_is_above_zero(seconds, capsys):
    with pytest.raises(SystemExit):
        command("check", "a.py", "--timeout", seconds)
    assert "--timeout: must be a number above 0" in capsys.readouterr().err


def test_checking_in_this_process_says_the_same(tmp_path, capsys):
    for code, status in ((RIGHT, 0), (WRONG, 1), (exercises.load("03.1").stub, 3), ("x = 1", 1)):
        (tmp_path / "a.py").write_text(code, encoding="utf-8")
        assert answers.examine_here("03.1", tmp_path / "a.py") == status
    lines = capsys.readouterr().out.splitlines()
    assert [line[:6] for line in lines if line[0] != " "] == [
        "✓ 03.1",
        "✗ 03.1",
        "○ 03.1",
        "✗ 03.1",
    ]
    assert lines[-1].endswith("a.py has no function iou")


def test_writing_them_anew_changes_nothing(capsys, tmp_path, monkeypatch):
    import course

    monkeypatch.setattr(course, "ROOT", tmp_path)
    (tmp_path / "exercises").mkdir()
    assert command("exercises", "--write") == 0
    for path in (ROOT / "exercises").rglob("*"):
        if path.name.endswith(("_exercises.ipynb", ".md")):
            copy = tmp_path / path.relative_to(ROOT)
            assert copy.read_bytes() == path.read_bytes(), path
    mine = tmp_path / "exercises" / "museum_exercises.ipynb"
    text = mine.read_text(encoding="utf-8").replace(
        '"execution_count": null', '"execution_count": 7'
    )
    mine.write_text(text, encoding="utf-8")
    (tmp_path / "exercises" / "01_exercises.ipynb").unlink()
    assert command("exercises", "--write") == 2
    assert "was run and may hold answers: move it away first" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == text
    assert not (tmp_path / "exercises" / "01_exercises.ipynb").exists()
