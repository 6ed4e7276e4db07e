"""The course in a folder with spaces and letters of other scripts, which nobody may write to."""

import os
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, bound_by_permissions


def snapshot(folder):
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def read_only_project(tmp_path):
    """A copy of what lesson 01 needs, without the permission to write anything in it."""
    root = tmp_path / "où est-il – 数字 (1)"
    for folder in ("course", "course_utils", "tests/quick", "benchmarks/kept"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "01_pixel_regression.ipynb", root / "notebooks")
    paths = [root, *root.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield root
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)


def course(project, *arguments):
    """Run the `course` command of a project, from a folder outside of it."""
    return subprocess.run(
        bound_by_permissions([sys.executable, "-m", "course", *map(str, arguments)]),
        cwd=project.parent,
        env=os.environ
        | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.notebook
def test_a_read_only_project_runs_into_another_folder(read_only_project, tmp_path):
    out = tmp_path / "résultats – 二"
    before = snapshot(read_only_project)
    done = course(read_only_project, "run", "01", "--quick", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in out.iterdir()} >= {
        "01_pixel_regression.ipynb",
        "01_pixel_regression.html",
        "results.json",
    }
    assert snapshot(read_only_project) == before


def test_the_default_folder_of_a_read_only_project_is_refused(read_only_project):
    if bound_by_permissions([]) == [] and getattr(os, "geteuid", lambda: 1)() == 0:
        pytest.skip("root without setpriv writes anywhere")
    if sys.platform == "win32":
        pytest.skip("on Windows a folder is not read-only by its mode")
    done = course(read_only_project, "run", "01", "--quick")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"course: cannot write into {read_only_project / 'build'}: ")
