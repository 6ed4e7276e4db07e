"""What is said while a lesson runs: its section, and about how long it still takes."""

import os
import re
import subprocess
import sys
import time

import pytest

from conftest import ROOT, command, result_of
import course
from course import lessons, progress, results, run
from course.progress import Estimate, Progress, about, printable

CODE = {"cell_type": "code", "source": "# ## no heading"}


def markdown(text):
    return {"cell_type": "markdown", "source": text}


def enter(shown, *cells):
    for index, cell in enumerate(cells):
        shown.enter_cell(cell=cell, cell_index=index)


@pytest.fixture
def clock(monkeypatch):
    """A list whose only element is what the clock says."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


# --- the section ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("## The task\n\nWords.", "The task"),
        ("Words.\n\n### 2. Again? \n", "2. Again?"),
        ("## First\n\n### Second", "Second"),
        ("# The title", ""),
        ("#### Too deep\n\n##no space", ""),
        ("## Before\n\n```python\n## a comment\n```", "Before"),
    ],
)
def test_the_section_is_the_last_heading_above_the_code(text, section):
    shown = Progress()
    enter(shown, markdown(text), markdown("More words."))
    assert shown.section == ""  # nothing of it has run
    enter(shown, CODE)
    assert shown.section == section
    shown.__exit__()


def test_sections_of_every_lesson_are_found_and_can_be_printed_anywhere(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 100)
    for path in lessons.find_lessons():
        sections = set()
        with Progress() as shown:
            for cell in lessons.read_notebook(path)["cells"]:
                enter(shown, cell | {"source": "".join(cell["source"])})
                sections.add(shown.section)
        assert len(sections - {""}) >= 5, path.stem
        assert all(map(str.isprintable, sections)), path.stem


# --- the time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0.1, "about 10 s"),
        (31, "about 40 s"),
        (90, "about 90 s"),
        (91, "about 2 min"),
        (700, "about 12 min"),
    ],
)
def test_an_estimate_has_no_more_digits_than_it_is_worth(seconds, says):
    assert about(seconds) == says


def test_the_line_while_time_passes(clock):
    shown, unknown = Progress(100.0), Progress()
    assert (str(shown), str(unknown)) == ("0:00 (about 2 min left)", "0:00")
    for one in (shown, unknown):
        enter(one, markdown("## The task"), CODE)
        one.__exit__()
    clock[0] += 65.9
    assert str(shown) == "1:05 (about 40 s left) The task"
    assert str(unknown) == "1:05 The task"
    clock[0] += 34.1
    assert str(shown) == "1:40 (longer than expected) The task"


def test_what_is_left_follows_the_pace_of_this_machine(project):
    paths = [project / "notebooks" / f"{name}.ipynb" for name in ("01_where", "02_then")]
    known = [result_of(path, 0, seconds=70.0 + 50 * n) for n, path in enumerate(paths)]
    known.append(result_of(paths[0], 1, seconds=700.0, metrics={"total_s": 600.0}))
    jobs = [(path, parameters, project) for parameters in ({}, {"SEED": 1}) for path in paths]
    estimate = Estimate(jobs, known)
    assert estimate.left == [70, 120, 70, 120]
    assert str(estimate) == ", about 70 s; about 6 min to the end"
    estimate.done({"seconds": 140.0})  # half as fast
    assert estimate.left == [240, 140, 240]
    estimate.done({"seconds": 1.0, "error": {}})  # a failure says nothing about that
    assert estimate.left == [140, 240]
    estimate.done({"seconds": 140.0})
    assert str(estimate) == ", about 4 min"


@pytest.mark.parametrize("parameters", [{"QUICK": True}, {"EPOCHS": 2, "SEED": 0}])
def test_other_settings_take_another_time(project, parameters):
    path = project / "notebooks" / "01_where.ipynb"
    estimate = Estimate([(path, parameters, project)] * 2, [result_of(path, 0)])
    assert (estimate.left, str(estimate)) == ([None, None], "")
    estimate.done({"seconds": 5.0})
    assert (estimate.left, str(estimate)) == ([None], "")


def test_a_run_says_it_before_each_lesson(project, monkeypatch, capsys):
    asked = []

    def run_one(path, parameters, folder, minutes, expected):
        asked.append(expected)
        return result_of(path, 0, seconds=120.0)

    monkeypatch.setattr(run, "run_one", run_one)
    paths = [project / "notebooks" / f"{name}.ipynb" for name in ("01_where", "02_then")]
    results.write_results(course.RESULTS, [result_of(path, 0, seconds=60.0) for path in paths])
    command("run", "--out", project / "out")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "[1/2] 01_where, about 60 s; about 2 min to the end"
    assert "[2/2] 02_then, about 2 min" in said
    assert asked == [60, 120]
    command("run", "01", "-p", "EPOCHS", 2, "--seed", 3, "--out", project / "out")
    assert capsys.readouterr().out.startswith("[1/1] 01_where, seed 3\n")


# --- where it is shown ---------------------------------------------------------------------------


def test_a_log_has_a_line_for_each_section_that_takes_long(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    with Progress(100.0) as shown:
        enter(shown, CODE, markdown("## Short"), CODE, markdown("## Long"), CODE, CODE)
        time.sleep(0.4)
        enter(shown, CODE, markdown("## The end"), CODE)
    time.sleep(0.2)
    assert capsys.readouterr().out == "  0:00 (about 2 min left) Long\n"


SHOWN = """
import time
from course.progress import Progress
try:
    with Progress(100.0) as shown:
        for kind, source in (("markdown", "## A section of \\N{GREEK SMALL LETTER PI}"), ("code", "1")):
            shown.enter_cell({"cell_type": kind, "source": source}, 0)
        time.sleep(0.8)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("interrupted")
"""  # noqa: E501


def test_a_file_has_no_control_characters_whatever_the_environment_says():
    code = SHOWN.replace(
        "from course", "from course import progress; progress.PATIENCE = 0\nfrom course"
    )
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm", "PYTHONIOENCODING": "ascii"}
    of = {"capture_output": True, "text": True, "cwd": ROOT, "env": environment}
    done = subprocess.run([sys.executable, "-c", code], **of)
    assert done.stdout == "  0:00 (about 2 min left) A section of ?\ninterrupted\n"
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_terminal_has_one_line_cut_to_its_width_that_goes_in_the_end(term):
    ours, theirs = os.openpty()
    environment = os.environ | {"TERM": term, "COLUMNS": "32", "LINES": "5"}
    process = subprocess.Popen(
        [sys.executable, "-c", SHOWN], stdout=theirs, stderr=theirs, cwd=ROOT, env=environment
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 1000):
            said += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0, said
    if term == "dumb":
        assert said == b"interrupted\r\n"
        return
    assert said.startswith(b"\x1b[?25l")  # the cursor is hidden, and in the end shown
    assert re.search(rb"\r\x1b\[2K  0:0\d \(about 2 min left\) A sect\r", said)
    assert said.count(b"\n") == 2
    assert said.endswith(b"\r\n\x1b[?25h\r\x1b[1A\x1b[2Kinterrupted\r\n")


def test_texts_are_printed_as_far_as_they_can_be(monkeypatch):
    class Ascii:
        encoding = "ascii"

    assert printable("a\x1b[2J\nb\udcff") == "a?[2J?b?"
    monkeypatch.setattr("sys.stdout", Ascii())
    assert printable("ä b") == "? b"
