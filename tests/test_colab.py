"""Lessons for Colab: what the files carry, what their first cell does, and the badges."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib

from course_utils import __version__, colab, results, runner
import nbformat
import pytest

from conftest import ROOT

LESSONS = runner.find_lessons()


@pytest.fixture(scope="module")
def cell():
    return colab.first_cell(colab.carried_files())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the notebooks and of the README, which the command may write to."""
    root = tmp_path / "le projet"
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copy(ROOT / "README.md", root)
    monkeypatch.setattr(runner, "ROOT", root)
    monkeypatch.setattr(runner, "NOTEBOOKS", root / "notebooks")
    return root


def run_in(folder, *cells, **more):
    """Run cells as one program in `folder`, with nothing of the project beside it."""
    return subprocess.run(
        [sys.executable, "-"],
        input="\n".join(cells),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"} | more,
    )


def texts(project):
    paths = [*(project / "notebooks").glob("*.ipynb"), project / "README.md"]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_export_is_the_lesson_behind_one_folded_cell(path, tmp_path):
    colab.export(path, tmp_path)
    notebook = nbformat.read(tmp_path / path.name, as_version=4)
    nbformat.validate(notebook)
    first, *rest = notebook.cells
    assert first.source.startswith("#@title ")
    assert first.metadata == {"cellView": "form", "jupyter": {"source_hidden": True}}
    assert rest == nbformat.read(path, as_version=4).cells
    assert (tmp_path / path.name).stat().st_size < 2e6


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_cell_carries_all_that_a_lesson_imports(path):
    carried = colab.carried_files()
    code = [c["source"] for c in results.read_notebook(path)["cells"] if c["cell_type"] == "code"]
    sources = ["".join(source) for source in code]
    while sources:
        for node in ast.walk(ast.parse(sources.pop())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
                module = node.module.removeprefix("course_utils").removeprefix(".")
                names = [module] if module else [alias.name for alias in node.names]
                for name in names:
                    known = name in ("CLAIM", "RECORD", "SETUP", "SUMMARY", "__version__")
                    assert known or f"{name}.py" in carried, name


def test_carried_modules_import_nothing_that_is_left_behind():
    for name, text in colab.carried_files().items():
        if name.endswith(".py"):
            for left in colab.COMMAND_LINE - {"__main__.py"}:
                assert f"course_utils.{left.removesuffix('.py')}" not in text
                assert not any(
                    alias.name == left.removesuffix(".py")
                    for node in ast.walk(ast.parse(text))
                    if isinstance(node, ast.ImportFrom) and node.module == "course_utils"
                    for alias in node.names
                )


def test_the_cell_puts_the_package_in_place(cell, tmp_path):
    folder = tmp_path / "mon dossier – 数字"
    folder.mkdir()
    look = (
        "from course_utils import boxes, heatmaps, digits; import course_utils, inspect; "
        "print(course_utils.__file__); print(digits.data_dir()); inspect.getsource(boxes.iou)"
    )
    done = run_in(folder, cell, look, COURSE_DATA="")
    assert done.returncode == 0, done.stderr
    said, file, data = done.stdout.splitlines()
    (home,) = folder.iterdir()
    assert said == f"course_utils {__version__}: {len(colab.carried_files())} files, in {home.name}"
    assert file == str(home / "course_utils" / "__init__.py")
    assert data == str(folder / "data")
    for name, text in colab.carried_files().items():
        assert (home / "course_utils" / name).read_bytes() == text.encode()


def test_the_cell_may_run_twice_and_leaves_what_a_learner_changed(cell, tmp_path):
    (tmp_path / "course_utils").mkdir()  # a folder of the learner's own
    (tmp_path / "course_utils" / "boxes.py").write_text("mine")
    assert run_in(tmp_path, cell, cell).returncode == 0
    (home,) = tmp_path.glob("course-*")
    changed = home / "course_utils" / "boxes.py"
    changed.write_text("# an exercise\n")
    done = run_in(tmp_path, cell, "import course_utils.boxes as b; print(b.__file__)")
    assert "Changed since it was written, and left so: " in done.stdout
    assert "boxes.py" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1] == str(changed)
    assert changed.read_text() == "# an exercise\n"
    assert (tmp_path / "course_utils" / "boxes.py").read_text() == "mine"


def test_a_damaged_cell_says_so_and_writes_nothing(cell, tmp_path):
    done = run_in(tmp_path, cell.replace("inclusive", "exclusive", 1))
    assert done.returncode == 1
    assert "are not those of course_utils" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_another_course_utils_that_is_loaded_is_refused(cell, tmp_path):
    done = run_in(tmp_path, "import course_utils", cell)
    assert done.returncode == 1
    assert "restart the runtime" in done.stderr.splitlines()[-1]


def test_text_that_no_raw_string_holds_is_carried_all_the_same():
    for text in ("plain\n", "back\\slash\n", "it's '''quoted'''", "ends in '", "ends in \\", "é\t"):
        assert ast.literal_eval(colab._literal(text)) == text


def test_command_writes_files_and_no_badge_without_a_repository(project, capsys):
    before = texts(project)
    out = project / "pour Colab"
    assert runner.main(["colab", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [path.name for path in LESSONS]
    assert "none, no repository" in capsys.readouterr().out
    assert texts(project) == before


def test_badges_are_written_replaced_and_removed(project):
    out = str(project / "out")
    before = texts(project)
    for repository, branch in (("someone/a.course", "colab"), ("other/fork", "v2/x")):
        wanted = ["--repo", repository, "--branch", branch]
        assert runner.main(["colab", "1", *wanted, "--out", out]) == 0
        for path in (project / "notebooks").glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            link = (
                f"(https://colab.research.google.com/github/{repository}/blob/{branch}/{path.name})"
            )
            assert notebook.cells[0].source.count("Open in Colab") == 1
            assert notebook.cells[0].source.split("\n\n")[1].endswith(link)
            assert (project / "README.md").read_text(encoding="utf-8").count(link) == 1
            assert results.title(notebook) == results.title(
                results.read_notebook(ROOT / "notebooks" / path.name)
            )
    assert runner.main(["colab", "1", "--repo", "none", "--out", out]) == 0
    assert texts(project) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--repo", "course"], "--repo must be OWNER/NAME on GitHub, or none, got 'course'"),
        (["--repo", "a/b/c"], "--repo must be OWNER/NAME"),
        (["--repo", "a/b)("], "--repo must be OWNER/NAME"),
        (["--repo", "a/b", "--branch", "x y"], "--branch must be the name of a branch, got 'x y'"),
        (["09"], "no lesson '09'"),
    ],
)
def test_wrong_use_changes_nothing(project, capsys, arguments, says):
    before = texts(project)
    assert runner.main(["colab", *arguments, "--out", str(project / "out")]) == 2
    assert says in capsys.readouterr().err
    assert texts(project) == before
    assert not (project / "out").exists()


@pytest.mark.parametrize(
    ("address", "repository"),
    [
        ("https://github.com/someone/the-course.git", "someone/the-course"),
        ("https://github.com/someone/the.course", "someone/the.course"),
        ("git@github.com:someone/course.git", "someone/course"),
        ("ssh://git@github.com/someone/course", "someone/course"),
        ("https://example.org/someone/course.git", None),
        ("/a/folder", None),
        (None, None),
    ],
)
def test_repository_of_the_git_remote(tmp_path, address, repository):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    if address:
        add = ["git", "-C", str(tmp_path), "remote", "add", "origin", address]
        subprocess.run(add, check=True)
    assert colab.remote_repository(tmp_path) == repository


def test_without_git_there_is_no_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert colab.remote_repository(tmp_path) is None


@pytest.mark.notebook
def test_an_exported_lesson_runs_with_nothing_beside_it(tmp_path):
    import papermill

    folder = tmp_path / "un dossier vide"
    folder.mkdir()
    colab.export(LESSONS[0], folder)
    path = folder / LESSONS[0].name
    settings = tomllib.loads((runner.QUICK / f"{path.stem}.toml").read_text(encoding="utf-8"))
    papermill.execute_notebook(path, path, settings | {"QUICK": True}, cwd=folder)
    notebook = results.read_notebook(path)
    assert f"in course-{__version__}-" in "".join(notebook["cells"][0]["outputs"][0]["text"])
    assert results.gather(notebook)["claims"]
