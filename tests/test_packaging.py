"""pyproject.toml, environment.yml and requirements.lock name the same things."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

from packaging.requirements import Requirement
from packaging.version import Version
import pytest
import yaml

from conftest import ROOT
import course
from course import lessons, results, stale

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [
    Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
BOOK_LOCK = (ROOT / "requirements-book.lock").read_text(encoding="utf-8")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_environment_has_the_same_names_and_bounds():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert [Requirement(text) for text in pip["pip"]] == DECLARED
    assert f"python{PROJECT['requires-python']}" in conda


def test_bounds_are_lower_bounds_only():
    for requirement in DECLARED:
        assert [specifier.operator for specifier in requirement.specifier] == [">="], requirement


def test_lock_has_every_name_within_its_bound():
    pins: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, flags=re.MULTILINE):
        pins.setdefault(canonical(name), []).append(Version(version))
    for requirement in DECLARED:
        versions = pins[canonical(requirement.name)]
        assert all(version in requirement.specifier for version in versions), requirement
    assert pins["tensorflow-cpu"] == pins["tensorflow"]


def test_the_book_has_one_version_of_every_package_for_all_pythons():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==([\w.]+)", BOOK_LOCK, flags=re.MULTILINE)
    pins = dict(found)
    assert len(pins) == len(found) > 50
    for requirement in map(Requirement, tomllib.loads(text)["dependency-groups"]["book"]):
        assert [specifier.operator for specifier in requirement.specifier] == [">="], requirement
        assert Version(pins[requirement.name]) in requirement.specifier, requirement


@pytest.mark.parametrize("lock", [LOCK, BOOK_LOCK], ids=["course", "book"])
def test_lock_is_hashed_and_names_no_address(lock):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock)
    pinned = [block for block in blocks if "==" in block.splitlines()[0]]
    assert len(pinned) > 50
    assert all("--hash=sha256:" in block for block in pinned)
    assert "://" not in lock
    assert "index-url" not in lock


def test_the_lock_of_axe_is_hashed_and_names_no_address():
    lock = (ROOT / "tools" / "axe" / "package-lock.json").read_text(encoding="utf-8")
    project = (ROOT / "tools" / "axe" / "package.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    pinned = {f"node_modules/{name}": v for name, v in json.loads(project)["dependencies"].items()}
    assert {name: packages[name]["version"] for name in pinned} == pinned
    assert all(packages[name]["integrity"].startswith("sha512-") for name in packages if name)
    assert "://" not in lock and "resolved" not in lock


def test_the_lock_is_installed_as_it_is():
    """A resolver would take the newest of what packages ask of each other, without a hash."""
    files = [ROOT / "Makefile", ROOT / "README.md", ROOT / ".github" / "workflows" / "test.yml"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    installs = re.findall(r"pip install.*requirements\.lock", text)
    assert len(installs) == 3
    assert all("--no-deps" in command for command in installs)


def test_readme_shows_the_committed_results():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    paths, found = lessons.find_lessons(), results.read_results(course.RESULTS)
    assert results.replace_table(text, results.results_table(paths, found), results.MARKS) == text
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert results.replace_table(text, results.times_table(paths, found), results.TIMES) == text


def test_every_result_belongs_to_this_code_or_is_known_to_be_due(capsys):
    assert stale.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", lessons.find_lessons(), ids=lambda path: path.stem)
def test_committed_results_hold_what_the_lesson_claims(path):
    of_seed = {
        result["seed"]: result
        for result in results.read_results(course.RESULTS)
        if result["lesson"] == path.stem
    }
    for result in of_seed.values():
        assert result["claims"]
        assert all(claim["passed"] for claim in result["claims"])
    shown = results.gather(lessons.read_notebook(path))["metrics"]
    assert shown.keys() == of_seed[0]["metrics"].keys()
    for name, value in of_seed[0]["metrics"].items():  # times may be of another, faster run
        assert name.endswith(("_s", "_ms")) or value == shown[name], name


def test_every_lesson_has_quick_settings_that_it_knows():
    for path in lessons.find_lessons():
        settings = tomllib.loads((course.QUICK / f"{path.stem}.toml").read_text(encoding="utf-8"))
        declared = lessons.declared_parameters(json.loads(path.read_text(encoding="utf-8")))
        assert settings.keys() <= declared.keys()
        assert {"SEED", "QUICK"} <= declared.keys()


def test_what_is_imported_is_declared():
    """Also what comes along with something else today."""
    brings = importlib.metadata.packages_distributions()
    code = [
        *ROOT.glob("course/*.py"),
        *ROOT.glob("course_utils/*.py"),
        *ROOT.glob("benchmarks/*.py"),
    ]
    imported = set()
    for node in (node for path in code for node in ast.walk(ast.parse(path.read_text("utf-8")))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    ours = {"course", "course_utils", "benchmarks"}
    # What ipykernel, nbconvert and Matplotlib are made of.
    parts = {"IPython", "psutil", "jinja2", "cycler"}
    others = imported - ours - set(sys.stdlib_module_names) - parts
    declared = {canonical(requirement.name) for requirement in DECLARED}
    for module in sorted(others):
        packages = brings.get(module, [module])  # on JAX there is no TensorFlow
        assert {canonical(name) for name in packages} & (declared | {"tensorflow-cpu"}), module


# What a module may import stands before it.
ORDER = re.findall(
    r"\w+",
    """checks _tensorflow digits boxes heatmaps pixels losses canvases scenes anchors metrics layers
    training roi plots lesson tiles photos coco pasting coins projects rubric examine exercises""",
)


def test_imports_of_course_utils_go_one_way():
    for path in (ROOT / "course_utils").glob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
            for name in (
                [alias.name for alias in node.names]
                if node.module == "course_utils"
                else [(node.module or "").removeprefix("course_utils.")]
            )
        }
        if path.stem != "__init__":
            assert names & set(ORDER) <= set(ORDER[: ORDER.index(path.stem)]), path.stem


def test_exercises_are_in_reach_of_the_lab():
    """They lie beside the lessons: JupyterLab must open the folder that holds both."""
    for name in ("Makefile", "README.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        labs = re.findall(r"^\s*(?:\S*[/\\])?\S*jupyter\"? lab(.*)$", text, re.MULTILINE)
        assert labs and not any(labs), name


def test_no_module_is_longer_than_220_lines():
    lines = {
        path: path.read_text(encoding="utf-8").count("\n")
        for package in ("course", "course_utils", "book")
        for path in (ROOT / package).glob("*.py")
    }
    assert [path.name for path in lines if lines[path] > 220] == []


def test_the_command_line_needs_no_tensorflow_and_no_lesson():
    code = "import sys, course.cli, course.stale, course.colab; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert not {"tensorflow", "keras", "numpy"} & set(loaded)
    assert {name for name in loaded if name.startswith("course_utils")} == {"course_utils"}
