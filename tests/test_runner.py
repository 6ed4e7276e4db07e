import json
from pathlib import Path
import subprocess
import sys

from bs4 import BeautifulSoup
from course_utils import CLAIM, RECORD, SETUP, SUMMARY, results, runner
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
import pytest

RECORDED = {
    SETUP: {"seed": 0, "quick": False, "versions": {"keras": "3"}},
    RECORD: {"mae_px": 0.5, "total_s": 61.0},
    CLAIM: {
        "sentence": "S",
        "value": 1,
        "bound": 2,
        "sense": "at_most",
        "unit": "",
        "passed": True,
    },
    SUMMARY: {
        "columns": [["baseline", "argmax"], ["recipe", "R"], ["ours", "O"], ["limit", "exact"]],
        "rows": [["error (px)", [0, 15.8, 0.001, None]], ["parameters", [0, 1, 2, 3]]],
    },
}


def lesson_notebook(*cells, outputs=()):
    """A small lesson: a title, parameters, and the given sources as cells."""
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# 01 · Where?\n\nAbout **9 minutes**."),
            new_code_cell("SEED = 0\nEPOCHS = 5\nRATE = 0.1\nQUICK = False  # a flag"),
            *[new_code_cell(source) for source in cells],
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}},
    )
    notebook.cells[1].metadata["tags"] = ["parameters"]
    for mime, content in outputs:
        notebook.cells[1].outputs.append(
            new_output("display_data", {mime: content, "text/plain": "line"})
        )
    return notebook


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder (with a space in its name) that holds two small lessons."""
    root = tmp_path / "a course"
    for name, folder in (("NOTEBOOKS", "notebooks"), ("QUICK", "quick")):
        (root / folder).mkdir(parents=True)
        monkeypatch.setattr(runner, name, root / folder)
    monkeypatch.setattr(runner, "ROOT", root)
    for name in ("01_where", "02_then"):
        nbformat.write(lesson_notebook("1 + 1"), root / "notebooks" / f"{name}.ipynb")
        (root / "quick" / f"{name}.toml").write_text("EPOCHS = 1\n")
    return root


def run(*arguments):
    return runner.main([str(argument) for argument in arguments])


def test_list(project, capsys):
    assert run("list") == 0
    assert capsys.readouterr().out.split("\n")[0].split() == [
        "01_where",
        "Where?",
        "not",
        "measured",
    ]


def test_the_command_line_is_light():
    """`course list` answers within a second, without TensorFlow."""
    code = (
        "import sys, time; t = time.perf_counter(); from course_utils import runner; "
        "runner.main(['list']); print(time.perf_counter() - t); "
        "assert not {'tensorflow', 'keras', 'papermill', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout.split()[-1]) < 1
    assert "01_pixel_regression" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "09"], "no lesson '09'; the lessons are 01_where, 02_then"),
        (["run", "0"], "no lesson '0'"),
        (["run", ""], "no lesson ''"),
        (["publish", "where"], "no lesson 'where'"),
        (["run", "-p", "EPOCH", "1"], "01_where has no parameter 'EPOCH'; it has SEED=0, EPOCHS=5"),
        (["run", "-p", "EPOCHS", "0"], "EPOCHS must be an integer >= 1"),
        (["run", "-p", "EPOCHS", "-3"], "EPOCHS must be an integer >= 1"),
        (["run", "-p", "EPOCHS", "two"], "EPOCHS must be an integer >= 1, got 'two'"),
        (["run", "-p", "EPOCHS", "1.5"], "EPOCHS must be an integer"),
        (["run", "-p", "RATE", "nan"], "RATE must be a number >= 0"),
        (["run", "-p", "RATE", "-1"], "RATE must be a number >= 0"),
        (["run", "-p", "QUICK", "perhaps"], "QUICK must be true or false"),
        (["run", "--seed", "-1"], "SEED must be an integer >= 0"),
        (["run", "--seed", "99999999999"], "below 2**32"),
    ],
)
def test_wrong_use_is_one_line_and_status_2_before_any_kernel(
    project, capsys, monkeypatch, arguments, says
):
    monkeypatch.setattr(runner, "_run_all", lambda *_: pytest.fail("a kernel would have started"))
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_folder_that_cannot_be_written(project, capsys):
    (project / "file").touch()
    assert run("run", "--out", project / "file" / "out") == 2
    assert "cannot write into" in capsys.readouterr().err


def test_parameters_reach_the_lesson(project):
    path = project / "notebooks" / "01_where.ipynb"
    wanted = {"EPOCHS": "7", "RATE": "2", "QUICK": "True", "SEED": "3"}
    found = runner._parameters(path, wanted, quick=False)
    assert found == {"EPOCHS": 7, "RATE": 2.0, "QUICK": True, "SEED": 3}
    assert runner._parameters(path, {}, quick=True) == {"EPOCHS": 1, "QUICK": True}
    assert runner._parameters(path, {"EPOCHS": "2"}, quick=True) == {"EPOCHS": 2, "QUICK": True}


@pytest.mark.parametrize("name", ["1", "01", "01_where", "01_where.ipynb"])
def test_names_of_a_lesson(project, name):
    assert [path.stem for path in runner.find_lessons([name])] == ["01_where"]


def test_gather_and_merge(tmp_path):
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
    path = tmp_path / "results.json"
    results.write_results(path, [{"lesson": "02", "seconds": 1}, {"lesson": "01", "seconds": 2}])
    results.write_results(path, [{"lesson": "02", "seconds": 3}])
    assert json.loads(path.read_text()) == [
        {"lesson": "01", "seconds": 2},
        {"lesson": "02", "seconds": 3},
    ]


def test_table_and_readme(tmp_path):
    path = tmp_path / "01_where.ipynb"
    nbformat.write(lesson_notebook(outputs=RECORDED.items()), path)
    table = results.results_table([path])
    assert table.splitlines()[2] == (
        "| [01 · Where?](notebooks/01_where.ipynb) | error (px) | **0** argmax | **15.8** R "
        "| **0.001** O | – exact | 1.0 |"
    )
    begin, end = results.MARKS
    text = results.replace_table(f"before\n{begin}\nold\n{end}\nafter\n", table)
    assert text == f"before\n{begin}\n{table}\n{end}\nafter\n"
    assert results.replace_table(text, table) == text
    with pytest.raises(ValueError, match="once each"):
        results.replace_table("no marks", table)


def test_page_has_the_figure_sentence_as_alt_and_caption(tmp_path):
    notebook = lesson_notebook()
    bundle = {"image/png": "aGk=", "text/plain": 'A "quoted" <figure>.'}
    notebook.cells[1].outputs.append(new_output("display_data", bundle))
    nbformat.write(notebook, tmp_path / "page.ipynb")
    results.write_page(tmp_path / "page.ipynb")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert BeautifulSoup(page, "html.parser").img["alt"] == bundle["text/plain"]
    assert BeautifulSoup(page, "html.parser").figcaption.text == bundle["text/plain"]
    assert "No description has been provided" not in page


def test_controls_without_a_kernel_are_dropped(tmp_path):
    path = tmp_path / "01_where.ipynb"
    notebook = lesson_notebook(outputs=[(results.WIDGET, {"model_id": "1"}), ("text/html", "x")])
    notebook.metadata["widgets"] = {"state": {}}
    nbformat.write(notebook, path)
    results.drop_widgets(path)
    (output,) = nbformat.read(path, as_version=4).cells[1].outputs
    assert "text/html" in output["data"]


def test_a_lesson_with_controls_runs_and_shows_the_figure_before_them(project):
    source = "import ipywidgets\nipywidgets.interact(lambda x: print('moved'), x=1);"
    nbformat.write(lesson_notebook("print('still')", source), project / "notebooks/01_where.ipynb")
    assert run("run", "01", "--out", project / "out") == 0
    written = nbformat.read(project / "out" / "01_where.ipynb", as_version=4)
    assert "widgets" not in written.metadata
    assert [len(cell.get("outputs", [])) for cell in written.cells[2:]] == [1, 0]
    page = (project / "out" / "01_where.html").read_text(encoding="utf-8")
    assert "still" in page
    assert "widget-view" not in page


def test_published_notebook_holds_no_times_and_keeps_its_ids(tmp_path):
    notebook = lesson_notebook("1", outputs=RECORDED.items())
    ids = [cell.id for cell in notebook.cells]
    notebook.metadata["papermill"] = {"input_path": "/home/me/x.ipynb"}
    notebook.cells[2].metadata = {"papermill": {"duration": 1.5}, "execution": {"x": 1}, "tags": []}
    path = tmp_path / "01_where.ipynb"
    results.write_published(notebook, path)
    first = path.read_bytes()
    published = nbformat.read(path, as_version=4)
    assert b"papermill" not in first
    assert b"duration" not in first
    assert [cell.id for cell in published.cells] == ids
    assert published.cells[1].metadata == {"tags": ["parameters"]}
    assert "About **2 minutes**." in published.cells[0].source
    results.write_published(json.loads(first), path)
    assert path.read_bytes() == first


# --- with kernels ------------------------------------------------------------------------------

RECORDING = f"""
from IPython.display import display
display({{"text/plain": "x", {RECORD!r}: {{"answer": SEED}}}}, raw=True)
"""


@pytest.mark.notebook
def test_a_lesson_that_fails_does_not_stop_the_others(project, capsys, monkeypatch):
    monkeypatch.chdir(project)
    broken = lesson_notebook("kept = 'partial'\nprint(kept)", "1 / 0", "print('never')")
    nbformat.write(broken, project / "notebooks" / "01_where.ipynb")
    nbformat.write(lesson_notebook(RECORDING), project / "notebooks" / "02_then.ipynb")
    assert run("run", "--seed", "5", "--out", "build") == 1
    printed = capsys.readouterr().out
    assert "01_where failed in cell [4]: ZeroDivisionError: division by zero\n" in printed
    first, second = json.loads((project / "build" / "results.json").read_text())
    assert first["error"] == {"cell": 4, "message": "ZeroDivisionError: division by zero"}
    assert second["metrics"] == {"answer": 5}
    assert "error" not in second
    assert second["seconds"] > 0
    assert "partial" in (project / "build" / "01_where.ipynb").read_text()
    assert (project / "build" / "02_then.html").exists()


@pytest.mark.notebook
def test_publish_keeps_the_old_file_of_a_lesson_that_fails(project, capsys):
    path = project / "notebooks" / "01_where.ipynb"
    nbformat.write(lesson_notebook("1 / 0"), path)
    before = path.read_bytes()
    assert run("publish", "01") == 1
    assert path.read_bytes() == before
    assert "failed and was left as it is" in capsys.readouterr().err


@pytest.mark.notebook
@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_run_keeps_what_it_has_and_leaves_no_kernel(project, name):
    import os
    import signal
    import time

    pid_file = project / "pid"
    source = (
        f"import os, pathlib, time\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))"
    )
    nbformat.write(
        lesson_notebook(source, "time.sleep(100)"), project / "notebooks" / "01_where.ipynb"
    )
    code = (
        "import sys; from pathlib import Path; from course_utils import runner; "
        f"runner.NOTEBOOKS = Path({str(project / 'notebooks')!r}); "
        f"sys.exit(runner.main(['run', '--out', {str(project / 'out')!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that a shell started in the background inherit that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(getattr(signal, name))
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, (out, error)
    assert "Summary" in out
    assert "interrupted" in error
    assert (project / "out" / "01_where.ipynb").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


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
