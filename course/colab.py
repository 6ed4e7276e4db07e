"""Lessons and exercises for Colab: each as one file that carries what it needs; and badges."""

import ast
import base64
import contextlib
import inspect
import json
import re
import subprocess

from course_utils import __version__

import course
from course.lessons import read_notebook
from course.results import replace_table, write_file

MARKS = ("<!-- badges: begin, written by `course colab` -->", "<!-- badges: end -->")
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)\n*")
REPOSITORY = r"[\w-]+/[\w.-]+"
# Functions that read what is kept: which argument names it, and its files.
READS = (("lesson.kept", 0, [".json"]), ("training.load_weights", 1, [".npz", ".sha256"]))


def checksum(files):
    """SHA-256 over the names and texts of `files`, in the order of their names."""
    import hashlib

    carried = "".join(f"{name}\n{files[name]}" for name in sorted(files))
    return hashlib.sha256(carried.encode()).hexdigest()


def place(files, version, sha256):
    """Put `course_utils` into a folder beside this notebook, and let Python import it from there.

    files: path in that folder and text of each; of .npz files the bytes, in base64. A file that is
    there already is left as it is.
    """
    import base64
    import os
    from pathlib import Path
    import sys

    if checksum(files) != sha256:
        raise ValueError(
            f"the files in this cell are not those of course_utils {version}: they were changed or "
            "damaged. Take the notebook anew, and change the files that it writes, not this cell"
        )
    home = Path.cwd() / f"course-{version}-{sha256[:8]}"
    package = home / "course_utils"
    for name, text in files.items():
        path = home / name
        content = base64.b64decode(text) if name.endswith(".npz") else text.encode()
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f"{path.name}.part")
            beside.write_bytes(content)
            beside.replace(path)
        elif path.read_bytes() != content:
            print(f"Changed since it was written, and left so: {path.relative_to(Path.cwd())}")
    loaded = sys.modules.get("course_utils")
    if loaded is not None and Path(loaded.__path__[0]).resolve() != package.resolve():
        raise ImportError(
            f"another course_utils is loaded, from {loaded.__path__[0]}: "
            "restart the runtime, then run this cell first"
        )
    if str(home) not in sys.path:
        sys.path.insert(0, str(home))
    os.environ["COURSE_DATA"] = os.environ.get("COURSE_DATA") or str(Path.cwd() / "data")
    print(f"course_utils {version}: {len(files)} files, in {home.name}")


def carried_files(notebook):
    """What a notebook imports of `course_utils`, reads and checks: paths and texts.

    A module's own data, the .json of its name, comes with it; kept weights are in base64.
    """
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    trees = [ast.parse(source) for source in code]
    modules, todo = {"__init__"}, [name for tree in trees for name in _imported(tree)]
    while todo:
        if (name := todo.pop()) not in modules:
            modules.add(name)
            todo += _imported(ast.parse(_module(name).read_text(encoding="utf-8")))
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    folder = course.ROOT / "benchmarks" / "kept"
    kept = []
    for function, place, endings in READS:
        names = [ast.literal_eval(c.args[place]) for c in calls if ast.unparse(c.func) == function]
        kept += [folder / f"{name}{ending}" for name in names for ending in endings]
    checked = re.findall(r'^check\("(\w+)\.(\d+)"', "\n".join(code), re.MULTILINE)
    found = [course.ROOT.glob(f"exercises/{name}_{n}_*.py") for name, n in checked]
    sources = [path for paths in found for path in paths]
    read = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    kept += [folder / f"{name}.json" for name in re.findall(r'\bstored\("(\w+)"\)', read)]
    needed = [_module(name) for name in sorted(modules)]
    needed += [data for path in needed if (data := path.with_suffix(".json")).exists()]
    files = [*needed, *kept, *sources]
    return {path.relative_to(course.ROOT).as_posix(): _text(path) for path in files}


def _text(path):
    if path.suffix == ".npz":
        return base64.b64encode(path.read_bytes()).decode()
    return path.read_text(encoding="utf-8")


def exercises_of(paths, names):
    """The notebooks of exercises that belong to the lessons at `paths`; without `names`, all, and
    those of the final projects."""
    found = sorted((course.ROOT / "exercises").glob("*.ipynb"))
    numbers = {path.stem.split("_")[0] for path in paths}
    return [path for path in found if not names or path.stem.split("_")[0] in numbers]


def _module(name):
    return course.ROOT / "course_utils" / f"{name}.py"


def _imported(tree):
    """The modules of course_utils that a piece of code imports, wherever in it."""
    for node in ast.walk(tree):
        paths: list = []
        if isinstance(node, ast.ImportFrom):
            paths = [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            paths = [each.name for each in node.names]
        for package, *rest in (path.split(".") for path in paths):
            if package == "course_utils" and rest and _module(rest[0]).exists():
                yield rest[0]


def first_cell(files):
    """Source of the cell that carries `files` in the open, and calls `place`."""
    lines = [f"    {name!r}: {_literal(text)}," for name, text in files.items()]
    return "\n".join(
        [
            '#@title Run this first: it brings the helpers of the course { display-mode: "form" }',
            f"# course_utils {__version__}, MIT licence, whole and readable. Nothing is installed.",
            "",
            inspect.getsource(checksum),
            "",
            inspect.getsource(place),
            "",
            "FILES = {",
            *lines,
            "}",
            "",
            f'place(FILES, "{__version__}", "{checksum(files)}")',
            "del checksum, place, FILES",
        ]
    )


def _literal(text):
    """`text` as a Python literal, in its own lines if that is possible."""
    literal = f"r'''{text}'''"
    with contextlib.suppress(SyntaxError):
        if ast.literal_eval(literal) == text:
            return literal
    return repr(text)


def export(path, folder):
    """Write the notebook at `path` into `folder`, with `first_cell` in front."""
    notebook = read_notebook(path)
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "course-utils",
        "metadata": {"cellView": "form", "jupyter": {"source_hidden": True}},
        "outputs": [],
        "source": first_cell(carried_files(notebook)).splitlines(keepends=True),
    }
    notebook["cells"].insert(0, cell)
    write_file(folder / path.name, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


# --- badges ----------------------------------------------------------------------------------


def remote_repository(root):
    """OWNER/NAME of the git remote `origin` if that is on GitHub, where Colab can read; or None."""
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:  # no git
        return None
    pattern = rf"(?:https://|ssh://git@|git@)github\.com[/:]({REPOSITORY}?)(?:\.git)?/?"
    found = re.fullmatch(pattern, done.stdout.strip())
    return found[1] if found else None


def badge(path, repository, branch):
    """Markdown of a picture that opens the exported notebook, at the top of `branch`, in Colab."""
    picture = "https://colab.research.google.com/assets/colab-badge.svg"
    place = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path.name}"
    return f"[![Open in Colab]({picture})]({place})"


def write_badges(paths, readme, repository, branch):
    """Write badges under the titles of the notebooks and into the README's list; without a
    repository (None), remove them."""
    lines = []
    for path in paths:
        notebook = read_notebook(path)
        first = notebook["cells"][0]
        before = "".join(first["source"])
        heading, _, rest = BADGE.sub("", before).partition("\n\n")
        if repository:
            lines.append(f"- {path.stem} {badge(path, repository, branch)}")
            heading += f"\n\n{badge(path, repository, branch)}"
        after = f"{heading}\n\n{rest}"
        if after != before:
            first["source"] = after.splitlines(keepends=True)
            text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
            write_file(path, text)
    text = readme.read_text(encoding="utf-8")
    write_file(readme, replace_table(text, "\n".join(lines), MARKS))
