"""Running lessons: what is run again, what is kept, and how a run ends."""

import json
from pathlib import Path
import signal
import subprocess
import sys
import time

import nbformat
from nbformat.v4 import new_markdown_cell
import psutil
import pytest

from conftest import RECORDING, ROOT, command, lesson_notebook, result_of, wait_for
import course
from course import fingerprint, results, run


def test_finished_pairs_are_not_run_again_and_one_failure_loses_nothing(
    project, capsys, monkeypatch
):
    ran = []

    def run_one(path, parameters, *_):
        ran.append((path.stem, parameters["SEED"]))
        result = result_of(path, parameters["SEED"], parameters=parameters)
        broken = ran[-1] == ("01_where", 1) and len(ran) <= 4
        return result | ({"error": {"cell": 2, "message": "E: no"}} if broken else {})

    monkeypatch.setattr(run, "run_one", run_one)
    out = project / "out"
    pairs = [("01_where", 0), ("01_where", 1), ("02_then", 0), ("02_then", 1)]
    assert command("run", "--seeds", 0, 1, 1, "--out", out) == 1
    assert ran == pairs
    assert "01_where, seed 1 failed in cell [2]: E: no" in capsys.readouterr().out
    assert command("run", "--seeds", 0, 1, "--out", out) == 0
    assert ran[4:] == [("01_where", 1)]
    assert capsys.readouterr().out.count("finished before") == 3
    assert len(results.read_results(out / "results.json")) == 4
    assert command("run", "--seeds", 0, 1, "--out", out) == 0
    assert len(ran) == 5
    command("run", "01", "--seeds", 0, "-p", "EPOCHS", 2, "--out", out)  # other parameters
    assert ran[5:] == [("01_where", 0)]
    nbformat.write(lesson_notebook("1 + 2"), project / "notebooks" / "02_then.ipynb")  # other code
    command("run", "02", "--seeds", 0, "--out", out)
    assert ran[6:] == [("02_then", 0)]


def test_code_that_does_not_parse_is_left_to_the_run(project, monkeypatch):
    nbformat.write(lesson_notebook("1 +"), project / "notebooks" / "01_where.ipynb")
    ran = []

    def run_one(path, parameters, *_):
        ran.append(path.stem)
        made_by, _, _ = run.fingerprints(path)
        found = results.gather({"cells": []})
        about = {"lesson": path.stem, "parameters": parameters, "made_by": made_by}
        return {**about, **found, "seed": 0, "seconds": 1.0, "error": {"cell": 3, "message": "S"}}

    monkeypatch.setattr(run, "run_one", run_one)
    for _ in range(2):
        assert command("run", "01", "--seeds", 0, "--out", project / "out") == 1
    assert ran == ["01_where", "01_where"]


# --- with kernels ------------------------------------------------------------------------------


@pytest.mark.notebook
def test_a_lesson_that_fails_does_not_stop_the_others(project, capsys, monkeypatch):
    monkeypatch.chdir(project)
    broken = lesson_notebook("kept = 'partial'\nprint(kept)", "1 / 0", "print('never')")
    broken.cells.insert(3, new_markdown_cell("Words.\n\n## Division"))
    broken.cells.append(new_markdown_cell("## Never"))
    nbformat.write(broken, project / "notebooks" / "01_where.ipynb")
    nbformat.write(lesson_notebook(RECORDING), project / "notebooks" / "02_then.ipynb")
    assert command("run", "--seed", "5", "--out", "build") == 1
    printed = capsys.readouterr().out
    line = (
        '01_where, seed 5 failed in cell [4] under "Division": ZeroDivisionError: division by zero'
    )
    assert line in printed.splitlines()
    first, second = json.loads((project / "build" / "results.json").read_text())
    message = "ZeroDivisionError: division by zero"
    assert first["error"] == {"cell": 4, "message": message, "section": "Division"}
    assert second["metrics"] == {"answer": 5}
    assert "error" not in second
    assert second["seconds"] > 0
    assert "partial" in (project / "build" / "01_where.ipynb").read_text()
    assert (project / "build" / "02_then.html").exists()


KEEPING = """
import sys
sys.path.insert(0, {root!r})
from course_utils import lesson
lesson.kept("sums", lambda: [SEED + 1], anew=ANEW)
"""
LESSON = """
import json
from pathlib import Path

def kept(name, measure, anew=False):
    path = Path(__file__).parent.parent / "benchmarks" / "kept" / f"{name}.json"
    if anew:
        path.write_text(json.dumps({"measured": measure()}))
    return json.loads(path.read_text())["measured"]
"""


@pytest.mark.notebook
def test_what_is_measured_anew_is_marked_with_the_code_that_did(project):
    (project / "course_utils").mkdir()
    (project / "course_utils" / "__init__.py").touch()
    (project / "course_utils" / "lesson.py").write_text(LESSON)
    kept = project / "benchmarks" / "kept" / "sums.json"
    kept.parent.mkdir()
    path = project / "notebooks" / "01_where.ipynb"
    notebook = lesson_notebook("ANEW = False", KEEPING.format(root=str(project)))
    notebook.cells[1].source += "\nANEW = False"
    notebook.cells.pop(2)
    nbformat.write(notebook, path)
    out = project / "out"
    assert command("run", "01", "-p", "ANEW", "true", "--seed", 4, "--out", out) == 0
    made_by = fingerprint.kept_fingerprints(path, course.ROOT)["sums"]
    assert json.loads(kept.read_text()) == {"made_by": made_by, "measured": [5]}
    kept.write_text(json.dumps({"made_by": {"cells": "before"}, "measured": [5]}))
    before = kept.read_bytes()
    assert command("run", "01", "--out", out) == 0
    assert kept.read_bytes() == before


@pytest.mark.notebook
@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_run_keeps_what_it_has_and_leaves_no_kernel(project, name):
    pid_file = project / "pid"
    source = (
        f"import os, pathlib, time\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))"
    )
    nbformat.write(
        lesson_notebook(source, "time.sleep(100)"), project / "notebooks" / "01_where.ipynb"
    )
    code = (
        "import sys; from pathlib import Path; import course; from course import cli; "
        f"course.NOTEBOOKS = Path({str(project / 'notebooks')!r}); "
        f"sys.exit(cli.main(['run', '--out', {str(project / 'out')!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # Tests that a shell started in the background inherit that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    time.sleep(0.5)
    process.send_signal(getattr(signal, name))
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, (out, error)
    assert "Summary" in out
    assert "interrupted" in error
    assert (project / "out" / "01_where.ipynb").exists()
    assert not psutil.pid_exists(int(pid_file.read_text()))


@pytest.mark.notebook
def test_nbval_fails_on_a_broken_notebook(tmp_path):
    for name, source in (("good", "assert True"), ("broken", "assert False")):
        nbformat.write(lesson_notebook(source), tmp_path / f"{name}.ipynb")
    codes = {
        name: subprocess.run(
            [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q",
             str(Path(tmp_path / f"{name}.ipynb"))],
            capture_output=True,
        ).returncode
        for name in ("good", "broken")
    }  # fmt: skip
    assert codes == {"good": 0, "broken": 1}
