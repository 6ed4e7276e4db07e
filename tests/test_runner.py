import json
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from threading import Thread
import time

from bs4 import BeautifulSoup
from course_utils import CLAIM, RECORD, SETUP, SUMMARY, jobs, results, runner
import nbformat
from nbformat.v4 import new_code_cell, new_output
import psutil
import pytest

from conftest import lesson_notebook, wait_for

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
        (["run", "--seeds", "0", "x"], "SEED must be an integer >= 0"),
        (["run", "--scheduler", "nowhere:1"], "no Dask scheduler at 'nowhere:1'"),
        (["results", "nothing.json"], "nothing.json holds no results"),
        (["run", "--seed", "99999999999"], "below 2**32"),
    ],
)
def test_wrong_use_is_one_line_and_status_2_before_any_kernel(
    project, capsys, monkeypatch, arguments, says
):
    monkeypatch.setattr(jobs, "run_one", lambda *_: pytest.fail("a kernel would have started"))
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


def test_fingerprint_depends_on_code_alone(tmp_path):
    def of(*cells):
        notebook = lesson_notebook(*cells, outputs=RECORDED.items())
        nbformat.write(notebook, tmp_path / "01_where.ipynb")
        return results.fingerprint(tmp_path / "01_where.ipynb")

    first = of("1 + 1")
    assert of("1 + 1") == first
    assert of("1 + 2")["code"] != first["code"]
    notebook = json.loads((tmp_path / "01_where.ipynb").read_text())
    notebook["cells"][0]["source"] = "# 01 · Where else?"
    before = results.fingerprint(tmp_path / "01_where.ipynb")
    (tmp_path / "01_where.ipynb").write_text(json.dumps(notebook))
    assert results.fingerprint(tmp_path / "01_where.ipynb") == before


def result_of(path, seed, ours=0.001, **changes):
    """A result as a full run of a lesson leaves it, with `ours` in its summary."""
    found = results.gather(results.read_notebook(path))
    row = ["error (px)", [0, 15.8, ours, None]]
    columns = RECORDED[SUMMARY]["columns"]
    found |= {"seed": seed, "quick": False, "digits": "mnist", "metrics": {"total_s": 61.0}}
    found |= {"summary": {"columns": columns, "rows": [row]}, "seconds": 70.0}
    found["versions"] = {"python": "3.12", "keras": "3.15"}
    place = {"system": "Linux x86_64", "processor": "Chip", "cores": 2}
    about = {"lesson": path.stem, "parameters": {"SEED": seed}, **results.fingerprint(path)}
    return {**about, **found, "machine": place, **changes}


def test_table_shows_mean_and_deviation_machine_and_versions(project):
    path = project / "notebooks" / "01_where.ipynb"
    several = [result_of(path, seed, ours) for seed, ours in enumerate((0.011, 0.013, 0.015))]
    lines = results.results_table([path], several).splitlines()
    assert lines[2] == (
        "| [01 · Where?](notebooks/01_where.ipynb) | error (px) | **0** argmax | **15.8** R "
        "| **0.013 ± 0.002** O | – exact | 1.0 |"
    )
    assert lines[4] == (
        "Mean ± standard deviation over the seeds 0, 1, 2; 2 cores of Chip, Linux x86_64; "
        "Python 3.12, Keras 3.15; 0.1 hours for the 3 runs."
    )
    assert len(results.results_table([path], []).splitlines()) == 2


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
    text = results.replace_table(f"before\n{begin}\nold\n{end}\nafter\n", "table")
    assert text == f"before\n{begin}\ntable\n{end}\nafter\n"
    assert results.replace_table(text, "table") == text
    with pytest.raises(ValueError, match="once each"):
        results.replace_table("no marks", "table")


def test_results_of_a_run_are_added_where_they_are_fit(project, capsys, monkeypatch):
    monkeypatch.setattr(runner, "picture", lambda paths: b"png")
    path = project / "notebooks" / "01_where.ipynb"
    fit = [result_of(path, seed) for seed in (0, 1)]
    results.write_results(runner.RESULTS, [fit[0]])
    unfit = [
        result_of(path, 2, error={"cell": 1, "message": "no"}),
        result_of(path, 3, quick=True),
        result_of(path, 4, parameters={"SEED": 4, "EPOCHS": 1}),
        result_of(path, 5, digits="sklearn"),
        result_of(path, 6, code="other"),
        result_of(path, 7, lesson="03_gone"),
    ]
    results.write_results(project / "new.json", [fit[1], *unfit])
    assert run("results", project / "new.json") == 0
    assert len(results.read_results(runner.RESULTS)) == 1  # only shown
    said = capsys.readouterr()
    assert "over the seeds 0, 1;" in said.out
    assert said.err.splitlines() == [
        "01_where, seed 2 is left out: it failed",
        "01_where, seed 3 is left out: it was a run on other settings",
        "01_where, seed 4 is left out: it was a run on other settings",
        "01_where, seed 5 is left out: it ran on the bundled digits, not on MNIST",
        "01_where, seed 6 is left out: the lesson's code has changed since",
        "03_gone, seed 7 is left out: there is no such lesson",
    ]
    assert run("results", project / "new.json", "--write") == 0
    assert results.read_results(runner.RESULTS) == fit
    assert "over the seeds 0, 1;" in (project / "README.md").read_text(encoding="utf-8")


def test_finished_pairs_are_not_run_again_and_one_failure_loses_nothing(
    project, capsys, monkeypatch
):
    ran = []

    def run_one(path, parameters, folder, minutes):
        ran.append((path.stem, parameters["SEED"]))
        result = result_of(path, parameters["SEED"], parameters=parameters)
        broken = ran[-1] == ("01_where", 1) and len(ran) <= 4
        return result | ({"error": {"cell": 2, "message": "E: no"}} if broken else {})

    monkeypatch.setattr(jobs, "run_one", run_one)
    out = project / "out"
    pairs = [("01_where", 0), ("01_where", 1), ("02_then", 0), ("02_then", 1)]
    assert run("run", "--seeds", 0, 1, 1, "--out", out) == 1
    assert ran == pairs
    assert "01_where, seed 1 failed in cell [2]: E: no" in capsys.readouterr().out
    assert run("run", "--seeds", 0, 1, "--out", out) == 0
    assert ran[4:] == [("01_where", 1)]
    assert capsys.readouterr().out.count("finished before") == 3
    assert len(results.read_results(out / "results.json")) == 4
    assert run("run", "--seeds", 0, 1, "--out", out) == 0
    assert len(ran) == 5
    run("run", "01", "--seeds", 0, "-p", "EPOCHS", 2, "--out", out)  # other parameters
    assert ran[5:] == [("01_where", 0)]
    nbformat.write(lesson_notebook("1 + 2"), project / "notebooks" / "02_then.ipynb")  # other code
    run("run", "02", "--seeds", 0, "--out", out)
    assert ran[6:] == [("02_then", 0)]


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
    assert "01_where, seed 5 failed in cell [4]: ZeroDivisionError: division by zero\n" in printed
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
    assert "left as it was: it failed" in capsys.readouterr().err


@pytest.mark.notebook
def test_publish_writes_the_notebook_and_keeps_its_result(project):
    source = RECORDING.replace("SEED}", 'SEED, "total_s": 61}')
    nbformat.write(lesson_notebook(source), project / "notebooks" / "01_where.ipynb")
    assert run("publish", "01") == 0
    path = project / "notebooks" / "01_where.ipynb"
    assert "About **2 minutes**." in path.read_text(encoding="utf-8")
    (result,) = results.read_results(runner.RESULTS)
    assert result["metrics"] == results.gather(results.read_notebook(path))["metrics"]
    assert result["code"] == results.fingerprint(path)["code"]


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


@pytest.fixture
def cluster(project, monkeypatch):
    """A Dask cluster of two workers on this machine, which have the project's two lessons."""
    distributed = pytest.importorskip("distributed")
    shutil.copytree(results.PACKAGE, project / "course_utils")
    monkeypatch.syspath_prepend(project)  # what the workers, new processes, import
    options = {"host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster:
        yield cluster


@pytest.mark.notebook
def test_seeds_on_a_cluster(project, capsys, cluster):
    nbformat.write(lesson_notebook(RECORDING), project / "notebooks" / "01_where.ipynb")
    broken = lesson_notebook("assert SEED == 0")
    nbformat.write(broken, project / "notebooks" / "02_then.ipynb")
    out, address = project / "out", cluster.scheduler_address
    assert run("run", "--seeds", 0, 1, "--scheduler", address, "--out", out) == 1
    said = capsys.readouterr().out
    assert "4 lessons on 2 workers" in said
    assert "[4/4]" in said
    assert "02_then, seed 1 failed in cell [3]: AssertionError" in said
    found = results.read_results(out / "results.json")
    assert [(one["lesson"], one["seed"], "error" in one) for one in found] == [
        ("01_where", 0, False),
        ("01_where", 1, False),
        ("02_then", 0, False),
        ("02_then", 1, True),
    ]
    for seed in (0, 1):
        assert "answer" in (out / f"seed-{seed}" / "01_where.ipynb").read_text(encoding="utf-8")
        assert (out / f"seed-{seed}" / "01_where.html").exists()


@pytest.mark.notebook
def test_interrupted_on_a_cluster_nothing_is_left_running(project, cluster, monkeypatch):
    source = (
        f"import os, pathlib, time\n"
        f"pathlib.Path({str(project / 'pid')!r}).write_text(str(os.getpid()))"
    )
    nbformat.write(lesson_notebook(source, "time.sleep(100)"), project / "notebooks/01_where.ipynb")
    pid_file = project / "pid"

    def interrupt():
        wait_for(lambda: pid_file.exists() and pid_file.read_text())
        signal.raise_signal(signal.SIGINT)

    # Tests that a shell started in the background inherit that SIGINT is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        Thread(target=interrupt).start()
        arguments = ("--scheduler", cluster.scheduler_address, "--out", project / "out")
        assert run("run", "01", *arguments) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    wait_for(lambda: not psutil.pid_exists(int(pid_file.read_text())))
