"""The command line as it is typed: what it says, and with which status it ends."""

import os
import subprocess
import sys

from course_utils import __version__
import nbformat
import pytest

from conftest import ROOT, command, lesson_notebook, result_of
import course
from course import results, run


def test_list_gives_question_and_minutes_of_each_lesson(project, capsys):
    path = project / "notebooks" / "A_more.ipynb"
    nbformat.write(lesson_notebook(outputs=[("text/markdown", "word " * 210)]), path)
    results.write_results(course.RESULTS, [result_of(path, 0)])
    assert command("list") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "01_where Where? not measured, 1 min to read",
        "02_then Where? not measured, 1 min to read",
        "A_more Where? 1.0 min to run, 2 min to read",
    ]


def test_the_command_line_is_light():
    """`course list` answers within a second, without TensorFlow."""
    code = (
        "import sys, time; t = time.perf_counter(); from course import cli; "
        "cli.main(['list']); print(time.perf_counter() - t); "
        "assert not {'tensorflow', 'keras', 'papermill', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=ROOT
    )
    assert float(done.stdout.split()[-1]) < 1
    assert "01_pixel_regression" in done.stdout


def test_python_m_course_is_the_command():
    def said(*arguments):
        of = [sys.executable, "-m", "course", *arguments]
        return subprocess.run(of, capture_output=True, text=True, cwd=ROOT)

    assert said("--version").stdout == f"course {__version__}\n"
    nothing = said()
    assert nothing.returncode == 2
    assert nothing.stdout.startswith("usage: course ") and "    run " in nothing.stdout
    assert not nothing.stderr
    assert said("run", "99").returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
def test_a_reader_that_has_gone_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "course", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        command("--help")
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    for name in ("list", "run", "publish", "results", "stale", "colab"):
        assert f"\n    {name} " in said
        with pytest.raises(SystemExit) as stopped:
            command(name, "--help")
        assert stopped.value.code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "09"], "no lesson '09'; the lessons are 01_where, 02_then"),
        (["run", "0"], "no lesson '0'"),
        (["run", ""], "no lesson ''"),
        (["run", "A"], "no lesson 'A'"),
        (["publish", "where"], "no lesson 'where'"),
        (["publish", "01", "3", "--texts"], "no lesson '3'"),
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
        (["run", "--seeds", "0", "x"], "SEED must be an integer >= 0"),
        pytest.param(
            ["run", "--scheduler", "nowhere:1"],
            "no Dask scheduler at 'nowhere:1'",
            marks=pytest.mark.notebook,
        ),
        (["results", "nothing.json"], "nothing.json holds no results"),
    ],
)
def test_wrong_use_is_one_line_and_status_2_before_any_kernel(
    project, capsys, monkeypatch, arguments, says
):
    monkeypatch.setattr(run, "run_one", lambda *_: pytest.fail("a kernel would have started"))
    assert command(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("course: ")
    assert says in error
    assert error.count("\n") == 1


def test_a_lesson_without_quick_settings(project, capsys):
    nbformat.write(lesson_notebook(), project / "notebooks" / "A_more.ipynb")
    assert command("run", "a", "--quick") == 2
    assert "A_more has no quick settings: " in capsys.readouterr().err


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_limit_is_a_number_of_minutes(project, capsys, minutes):
    with pytest.raises(SystemExit) as stopped:
        command("run", "--timeout", minutes)
    assert stopped.value.code == 2
    assert "--timeout: must be a number above 0" in capsys.readouterr().err


def test_folder_that_cannot_be_written(project, capsys):
    (project / "file").touch()
    assert command("run", "--out", project / "file" / "out") == 2
    assert "cannot write into" in capsys.readouterr().err


def test_the_appendix_runs_by_its_letter_and_after_the_numbered_lessons(project, monkeypatch):
    nbformat.write(lesson_notebook("2 + 2"), project / "notebooks" / "A_more.ipynb")
    ran = []

    def run_one(path, parameters, *_):
        ran.append(path.stem)
        return result_of(path, 0)

    monkeypatch.setattr(run, "run_one", run_one)
    assert command("run", "a", "--out", project / "out") == 0
    assert ran == ["A_more"]
    assert command("run", "--out", project / "out") == 0
    assert ran[1:] == ["01_where", "02_then", "A_more"]
    assert [one["lesson"] for one in results.read_results(project / "out" / "results.json")] == [
        "01_where",
        "02_then",
        "A_more",
    ]
