"""Lessons for Colab: what the files carry, what their first cell does, and the badges."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib

from course_utils import __version__, exercises
import nbformat
import pytest

from conftest import ROOT, command, lesson_notebook
import course
from course import colab, lessons, results

LESSONS = lessons.find_lessons()
# Of what is carried: two modules that need no Keras, what they import, and a kept file.
SMALL = {
    "course_utils/__init__.py": "RECORD = 'record'\n",
    "course_utils/boxes.py": "from course_utils.checks import expects\n\n\ndef iou():\n    pass\n",
    "course_utils/checks.py": "import functools\nexpects = 'shapes'  # an inclusive range\n",
    "course_utils/losses.py": "def loss():\n    from course_utils import boxes\n    return boxes\n",
    "course_utils/lesson.py": """\
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / "benchmarks" / "kept"


def kept(name, measure, anew=False):
    return (KEPT / f"{name}.json").read_text()
""",
    "course_utils/scenes.py": "from course_utils import photos\n",
    "course_utils/photos.py": "raise ImportError('nobody asked for this')\n",
    "benchmarks/kept/05_losses.json": '{"measured": [1]}\n',
    "benchmarks/kept/06_other.json": '{"measured": [2]}\n',
    "course_utils/boxes.json": '{"drawn": []}\n',
    "course_utils/scenes.json": "of a module that nobody imports\n",
}
READS = """
from course_utils import RECORD, lesson, losses

numbers = lesson.kept("05_losses", lambda: [0], anew=False)
"""
WEIGHTS = bytes(range(256))
LOADS = """
def start(model):
    training.load_weights(model, "08_backbone")
"""
CARRIED = ["__init__", "boxes", "checks", "lesson", "losses"]


@pytest.fixture
def small(project):
    """A project of small modules; lesson 02 uses some of them, and a kept file."""
    for name, text in SMALL.items():
        path = project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    nbformat.write(lesson_notebook(READS), project / "notebooks" / "02_then.ipynb")
    return project


@pytest.fixture
def files(small):
    """What lesson 02 of the small project carries."""
    return colab.carried_files(lessons.read_notebook(small / "notebooks" / "02_then.ipynb"))


@pytest.fixture
def cell(files):
    return colab.first_cell(files)


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """A copy of the lessons, of what they carry and of the README; the command may write to it."""
    root = tmp_path / "le projet"
    for folder in ("notebooks", "course_utils", "benchmarks/kept"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns(".*", "__*__"))
    (root / "course_utils" / "__init__.py").touch()
    shutil.copy(ROOT / "README.md", root)
    monkeypatch.setattr(course, "ROOT", root)
    monkeypatch.setattr(course, "NOTEBOOKS", root / "notebooks")
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


def texts(root):
    paths = [*(root / "notebooks").glob("*.ipynb"), root / "README.md"]
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
def test_a_lesson_carries_all_that_it_imports_and_reads(path):
    notebook = lessons.read_notebook(path)
    carried = colab.carried_files(notebook)
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    sources = [*code, *(text for name, text in carried.items() if name.endswith(".py"))]
    known = {path.stem for path in (ROOT / "course_utils").glob("*.py")}
    imports = [
        node
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils")
    ]
    modules = {alias.name for node in imports for alias in node.names} & known
    modules |= {node.module.removeprefix("course_utils.") for node in imports} & known
    read = re.findall(r"lesson\.kept\(\s*\"(\w+)\"", "\n".join(code))
    wanted = {f"course_utils/{module}.py" for module in {"__init__", "lesson", *modules}}
    wanted |= {name for name in ("course_utils/coins.json",) if "coins" in modules}
    wanted |= {f"benchmarks/kept/{name}.json" for name in read}
    for name in re.findall(r"training\.load_weights\(\w+, \"(\w+)\"\)", "\n".join(code)):
        wanted |= {f"benchmarks/kept/{name}.{ending}" for ending in ("npz", "sha256")}
    assert carried.keys() == wanted


def test_what_is_carried_is_what_the_lesson_reaches(files):
    wanted = [f"course_utils/{name}.py" for name in CARRIED]
    assert files.keys() == {"benchmarks/kept/05_losses.json", "course_utils/boxes.json", *wanted}
    assert files == {name: SMALL[name] for name in files}


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import numpy as np", []),
        ("from course_utils import RECORD", []),
        ("from course_utils import checks", ["checks"]),
        ("from course_utils import checks as c, lesson", ["checks", "lesson"]),
        ("from course_utils.boxes import iou", ["boxes", "checks"]),
        ("import course_utils.boxes as b", ["boxes", "checks"]),
        ("import course_utils.boxes", ["boxes", "checks"]),
        ("def late():\n    from course_utils.losses import loss", ["boxes", "checks", "losses"]),
    ],
)
def test_each_way_to_import_is_followed(small, source, modules):
    carried = colab.carried_files(lesson_notebook(source))
    code = sorted(name for name in carried if name.endswith(".py"))
    assert code == [f"course_utils/{name}.py" for name in ["__init__", *modules]]


LOOK = """
import sys
from pathlib import Path
from course_utils import lesson
print(lesson.KEPT)
print({Path(m.__file__).parent.name for n, m in sys.modules.items() if n.startswith("course")})
print({str(Path(m.__file__).parent) for n, m in sys.modules.items() if n.startswith("course")})
"""


def test_the_cell_puts_files_in_place(files, cell, tmp_path):
    folder = tmp_path / "mon dossier – 数字"
    folder.mkdir()
    done = run_in(folder, cell, READS, "print(numbers, end='')", LOOK, COURSE_DATA="")
    assert done.returncode == 0, done.stderr
    said, numbers, kept, names, folders = done.stdout.splitlines()
    (home,) = folder.iterdir()
    assert said == f"course_utils {__version__}: {len(files)} files, in {home.name}"
    assert numbers == files["benchmarks/kept/05_losses.json"].strip()
    assert kept == str(home / "benchmarks" / "kept")
    assert ast.literal_eval(names) == {"course_utils"}
    assert ast.literal_eval(folders) == {str(home / "course_utils")}
    for name, text in files.items():
        assert (home / name).read_bytes() == text.encode()


def test_weights_are_carried_byte_by_byte(small, tmp_path):
    (small / "benchmarks/kept/08_backbone.npz").write_bytes(WEIGHTS)
    (small / "benchmarks/kept/08_backbone.sha256").write_text("0123\n")
    (small / "benchmarks/kept/08_other.npz").write_bytes(b"nobody reads these")
    nbformat.write(lesson_notebook(READS, LOADS), small / "notebooks" / "02_then.ipynb")
    carried = colab.carried_files(lessons.read_notebook(small / "notebooks" / "02_then.ipynb"))
    assert [name for name in carried if "08_" in name] == [
        "benchmarks/kept/08_backbone.npz",
        "benchmarks/kept/08_backbone.sha256",
    ]
    cell = colab.first_cell(carried)
    assert run_in(tmp_path, cell).returncode == 0
    assert "Changed" not in run_in(tmp_path, cell).stdout
    (placed,) = tmp_path.glob("course-*/benchmarks/kept/08_backbone.npz")
    assert placed.read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("lesson", "kept"), [("03", set()), ("08", {"08_seeds.json"}), ("museum", set())]
)
def test_exercises_carry_their_checks(lesson, kept, tmp_path):
    path = ROOT / "exercises" / f"{lesson}_exercises.ipynb"
    colab.export(path, tmp_path)
    cells = lessons.read_notebook(tmp_path / path.name)["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    folder = tmp_path / "un dossier vide"
    folder.mkdir()
    names = [name for name in exercises.names() if name.startswith(f"{lesson}.")]
    solved = [
        "\n".join([exercise.code, f'check("{exercise.name}", {", ".join(exercise.functions)})'])
        for exercise in map(exercises.load, names)
    ]
    done = run_in(folder, *code, *solved)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    marks = [line.split()[:2] for line in said[1:]]
    assert marks == [[mark, name] for mark in "○✓" for name in names]
    (home,) = folder.iterdir()
    assert len(list((home / "exercises").iterdir())) == len(names)
    modules = {path.stem for path in (home / "course_utils").glob("*.py")}
    assert modules == {"__init__", "examine", "exercises"}
    assert {path.name for path in home.glob("benchmarks/kept/*")} == kept


def test_exercises_go_with_their_lesson():
    def found(*names):
        return [path.stem for path in colab.exercises_of(lessons.find_lessons(names), names)]

    assert found("03", "A") == ["03_exercises", "A_exercises"]
    everything = {name.split(".")[0] for name in exercises.names()}
    exercises_of_lessons = sorted(f"{lesson}_exercises" for lesson in everything)
    assert found() == [*exercises_of_lessons, "project1", "project2"]


@pytest.mark.notebook
def test_a_real_lesson_finds_what_it_imports_and_reads(tmp_path):
    """Nothing of the project is used: what is imported lies in the folder, and so what is read."""
    path = next(path for path in LESSONS if "lesson.kept(" in path.read_text(encoding="utf-8"))
    colab.export(path, tmp_path)
    notebook = lessons.read_notebook(tmp_path / path.name)
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    first, imports = (
        code[0],
        [source for source in code[1:] if "from course_utils import" in source],
    )
    name = re.search(r"lesson\.kept\(\s*\"(\w+)\"", "\n".join(code[1:]))[1]
    read = f"assert lesson.kept({name!r}, None)\nfrom course_utils import digits"
    folder = tmp_path / "un dossier vide"
    folder.mkdir()
    data = "print(digits.data_dir())"
    done = run_in(folder, first, *imports, read, data, LOOK, COURSE_DATA="")
    assert done.returncode == 0, done.stderr
    *_, data, kept, _, folders = done.stdout.splitlines()
    (home,) = folder.iterdir()
    assert data == str(folder / "data")
    assert kept == str(home / "benchmarks" / "kept")
    assert ast.literal_eval(folders) == {str(home / "course_utils")}


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
    assert not list(tmp_path.glob("course-*"))


def test_another_course_utils_that_is_loaded_is_refused(cell, tmp_path):
    done = run_in(tmp_path, "import course_utils", cell)
    assert done.returncode == 1
    assert "restart the runtime" in done.stderr.splitlines()[-1]


def test_text_that_no_raw_string_holds_is_carried_all_the_same():
    for text in ("plain\n", "back\\slash\n", "it's '''quoted'''", "ends in '", "ends in \\", "é\t"):
        assert ast.literal_eval(colab._literal(text)) == text


def test_command_writes_files_and_no_badge_without_a_repository(whole, capsys):
    before = texts(whole)
    out = whole / "pour Colab"
    assert command("colab", "--out", out) == 0
    assert sorted(path.name for path in out.iterdir()) == [path.name for path in LESSONS]
    assert "none, no repository" in capsys.readouterr().out
    assert texts(whole) == before


def test_badges_are_written_replaced_and_removed(whole):
    out = whole / "out"
    before = texts(whole)
    for repository, branch in (("someone/a.course", "colab"), ("other/fork", "v2/x")):
        wanted = ["--repo", repository, "--branch", branch]
        assert command("colab", "1", *wanted, "--out", out) == 0
        for path in (whole / "notebooks").glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            link = (
                f"(https://colab.research.google.com/github/{repository}/blob/{branch}/{path.name})"
            )
            assert notebook.cells[0].source.count("Open in Colab") == 1
            assert notebook.cells[0].source.split("\n\n")[1].endswith(link)
            assert (whole / "README.md").read_text(encoding="utf-8").count(link) == 1
            assert lessons.title(notebook) == lessons.title(
                lessons.read_notebook(ROOT / "notebooks" / path.name)
            )
    assert command("colab", "1", "--repo", "none", "--out", out) == 0
    assert texts(whole) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--repo", "course"], "--repo must be OWNER/NAME on GitHub, or none, got 'course'"),
        (["--repo", "a/b/c"], "--repo must be OWNER/NAME"),
        (["--repo", "a/b)("], "--repo must be OWNER/NAME"),
        (["--repo", "a/b", "--branch", "x y"], "--branch must be the name of a branch, got 'x y'"),
        (["99"], "no lesson '99'"),
    ],
)
def test_wrong_use_changes_nothing(whole, capsys, arguments, says):
    before = texts(whole)
    assert command("colab", *arguments, "--out", whole / "out") == 2
    assert says in capsys.readouterr().err
    assert texts(whole) == before
    assert not (whole / "out").exists()


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
    settings = tomllib.loads((course.QUICK / f"{path.stem}.toml").read_text(encoding="utf-8"))
    papermill.execute_notebook(path, path, settings | {"QUICK": True}, cwd=folder)
    notebook = lessons.read_notebook(path)
    assert f"in course-{__version__}-" in "".join(notebook["cells"][0]["outputs"][0]["text"])
    assert results.gather(notebook)["claims"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("from course_utils import lesson\nlesson.kept('99_gone', None)", "99_gone.json"),
        ("def broken(:", "invalid syntax"),
    ],
)
def test_what_cannot_be_exported_is_one_line(small, source, says, capsys):
    nbformat.write(lesson_notebook(source), small / "notebooks" / "02_then.ipynb")
    (small / "README.md").write_text("\n".join(colab.MARKS), encoding="utf-8")
    assert command("colab", "02", "--out", small / "out", "--repo", "none") == 2
    said = capsys.readouterr().err
    assert said.startswith("course: 02_then cannot be exported") and says in said
    assert said.count("\n") == 1
