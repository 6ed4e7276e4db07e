"""Runs that end badly: what is kept, what is said, and that nothing is left running."""

import json
import subprocess
import sys

from filelock import FileLock
import nbformat
import psutil
import pytest

from conftest import ROOT, command, lesson_notebook
from course import results, run

RECORD_PID = "import os, pathlib; pathlib.Path({!r}).write_text(str(os.getpid()))"


@pytest.fixture
def lesson(project):
    """Write the sources of lesson 01's cells; returns the file that its kernel's number is in."""

    def write(*cells):
        pid_file = project / "pid"
        record_pid = RECORD_PID.format(str(pid_file))
        notebook = lesson_notebook(record_pid, "print('this was done')", *cells)
        nbformat.write(notebook, project / "notebooks" / "01_where.ipynb")
        return pid_file

    return write


def entries(out):
    return {
        result["lesson"]: result.get("error", {}).get("message", "done")
        for result in json.loads((out / "results.json").read_text(encoding="utf-8"))
    }


def kept_text(out):
    """All text of the notebook that a failed run kept, sources and outputs."""
    return (out / "01_where.ipynb").read_text(encoding="utf-8")


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("cell", "arguments", "says"),
    [
        (
            "import time; time.sleep(100)",
            ["--timeout", "0.2"],
            "TimeoutError: not finished after 0.2 minutes",
        ),
        ("import signal; os.kill(os.getpid(), signal.SIGKILL)", [], "DeadKernelError: Kernel died"),
    ],
    ids=["timeout", "killed kernel"],
)
def test_a_lesson_that_does_not_end_well_is_kept_marked_and_alone(
    project, lesson, capsys, cell, arguments, says
):
    pid_file = lesson(cell)
    out = project / "out"
    assert command("run", "--out", out, *arguments) == 1
    assert entries(out) == {"01_where": says, "02_then": "done"}
    assert f"01_where failed: {says}" in capsys.readouterr().out
    kept = nbformat.read(out / "01_where.ipynb", as_version=4)
    nbformat.validate(kept)
    assert kept.cells[0].source.startswith(f"**This run was not finished:** {says}.")
    assert "this was done" in str([cell.get("outputs") for cell in kept.cells])
    assert not psutil.pid_exists(int(pid_file.read_text()))


@pytest.mark.notebook
def test_what_an_earlier_run_left_is_not_taken_for_this_ones(project, lesson):
    out = project / "out"
    out.mkdir()
    for name in ("01_where.ipynb", "01_where.html"):
        (out / name).write_text("old")
    lesson("1 / 0")
    assert command("run", "01", "--out", out) == 1
    assert "ZeroDivisionError" in kept_text(out)
    assert not (out / "01_where.html").exists()


FULL = """
import resource, sys
from pathlib import Path
import course
from course import cli
course.NOTEBOOKS = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
sys.exit(cli.main(["run", "--out", sys.argv[2]]))
"""


@pytest.mark.notebook
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
def test_no_room_for_a_notebook_is_one_line_and_the_next_lesson_runs(project, lesson):
    """A limit on the size of files stands in for a full disk: writing fails in the same way."""
    lesson("print('x' * 2_000_000)")
    out = project / "out"
    command = [sys.executable, "-c", FULL, str(project / "notebooks"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "01_where failed: OSError: [Errno 27] File too large" in done.stdout
    assert entries(out)["02_then"] == "done"
    assert not list(out.glob(".*.part"))


def test_results_that_cannot_be_written_are_said_and_the_summary_comes(
    project, capsys, monkeypatch
):
    def run_one(path, parameters, *_):
        found = results.gather({"cells": []})
        return {"lesson": path.stem, "parameters": parameters, **found, "seconds": 1.0}

    def no_room(path, found):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "run_one", run_one)
    monkeypatch.setattr(run, "write_results", no_room)
    assert command("run", "--out", project / "out") == 1
    said = capsys.readouterr().out
    assert "Summary" in said
    assert "results.json could not be written: No space left on device" in said


def test_a_second_run_into_the_same_folder_is_refused(project, capsys, monkeypatch):
    ran = []
    monkeypatch.setattr(run, "run_jobs", lambda todo, *_: ran.append(todo) or [])
    out = project / "out"
    out.mkdir()
    with FileLock(out / ".course.lock"):
        assert command("run", "--out", out) == 2
        assert f"course: another run is writing into {out}" in capsys.readouterr().err
        assert not ran
        assert command("run", "--out", project / "other") == 0
    assert command("run", "--out", out) == 0
    assert len(ran) == 2
