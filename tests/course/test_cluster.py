"""Lessons on a Dask cluster: as here, and nothing of them is left running."""

import json
import shutil
import signal
from threading import Thread
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from conftest import RECORDING, ROOT, command, lesson_notebook, result_of, wait_for
from course import cluster, results


@pytest.fixture
def two_workers(project, monkeypatch):
    """A Dask cluster of two workers on this machine, which have the project's two lessons."""
    distributed = pytest.importorskip("distributed")
    for package in ("course", "course_utils"):
        shutil.copytree(ROOT / package, project / package)
    monkeypatch.syspath_prepend(project)  # what the workers, new processes, import
    options = {"host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options) as started:
        yield started


@pytest.mark.notebook
def test_seeds_on_a_cluster(project, capsys, two_workers):
    nbformat.write(lesson_notebook(RECORDING), project / "notebooks" / "01_where.ipynb")
    broken = lesson_notebook("assert SEED == 0")
    nbformat.write(broken, project / "notebooks" / "02_then.ipynb")
    out, address = project / "out", two_workers.scheduler_address
    assert command("run", "--seeds", 0, 1, "--scheduler", address, "--out", out) == 1
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


def test_what_a_worker_gives_back_is_judged(project):
    path, folder = project / "notebooks" / "01_where.ipynb", project / "out"
    result = result_of(path, 1)
    files = {"said": b"first\nlast\n", "01_where.html": b"page", "results.json": b""}

    def fetched(status, files):
        future = SimpleNamespace(result=lambda: (status, files))
        return cluster._fetch(future, path, {"SEED": 1}, folder)

    def holding(result):
        return files | {"results.json": json.dumps([result]).encode()}

    other = fetched(0, holding(result | {"made_by": {"cells": "other"}}))
    assert other["error"]["message"] == "the worker has another version of the course"
    assert (other["lesson"], other["seed"]) == ("01_where", 1)
    none = fetched(2, {"said": b"first\nlast\n"})
    assert none["error"]["message"] == "last"
    assert fetched(-9, {"said": b""})["error"]["message"] == "exit status -9"
    assert fetched(0, holding(result)) == result
    assert sorted(path.name for path in folder.iterdir()) == ["01_where.html"]


@pytest.mark.notebook
def test_interrupted_on_a_cluster_nothing_is_left_running(project, two_workers):
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
        arguments = ("--scheduler", two_workers.scheduler_address, "--out", project / "out")
        assert command("run", "01", *arguments) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    wait_for(lambda: not psutil.pid_exists(int(pid_file.read_text())))
