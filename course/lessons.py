"""The lessons as files: which there are, their parameters, how long they are to read."""

import ast
import json
import math
from pathlib import Path
import re
import tomllib

from course_utils import CLAIM

import course
from course import UsageError

NUMBER = r"(\d\d|[A-Z])_"  # of a lesson, or the letter of an appendix


def read_notebook(path):
    """The notebook file as plain dicts and lists (faster than nbformat, which checks it)."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def title(notebook):
    """The lesson's question: the first heading, without its number."""
    heading = "".join(notebook["cells"][0]["source"]).splitlines()[0]
    return heading.lstrip("# ").split("·", 1)[-1].strip()


def find_lessons(names=()):
    """Paths of the lessons, all or those named: by number or letter (1, 01, A) or by name."""
    paths = [
        path for path in sorted(course.NOTEBOOKS.glob("*.ipynb")) if re.match(NUMBER, path.stem)
    ]
    allowed = ", ".join(path.stem for path in paths)
    chosen = []
    for name in names:
        short = f"{int(name):02}" if name.isdecimal() else name.removesuffix(".ipynb")
        found = [path for path in paths if f"{path.stem}_".lower().startswith(f"{short}_".lower())]
        found = found or [path for path in paths if path.stem.startswith(short)]
        if len(found) != 1 or not name:
            raise UsageError(f"no lesson {name!r}; the lessons are {allowed}")
        chosen += found
    return sorted(set(chosen)) if names else paths


def declared_parameters(notebook):
    """Name and default of every parameter: the assignments of the cell tagged `parameters`."""
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            nodes = ast.parse("".join(cell["source"])).body
            return {
                node.targets[0].id: ast.literal_eval(node.value)
                for node in nodes
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
    return {}


def parameters(path, wanted, quick):
    declared = declared_parameters(read_notebook(path))
    values = {}
    if quick:
        settings = course.QUICK / f"{path.stem}.toml"
        if not settings.exists():
            raise UsageError(f"{path.stem} has no quick settings: {settings} is missing")
        values = tomllib.loads(settings.read_text(encoding="utf-8")) | {"QUICK": True}
    for name in (*values, *wanted):
        if name not in declared:
            raise UsageError(
                f"{path.stem} has no parameter {name!r}; it has "
                + ", ".join(f"{known}={default!r}" for known, default in declared.items())
            )
    return values | {name: _parse(name, text, declared[name]) for name, text in wanted.items()}


def _parse(name, text, default):
    """`text` as a value of the default's type and within bounds, or a UsageError."""
    kind = type(default)
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise UsageError(f"{name} must be true or false, got {text!r}")
        return text.lower() == "true"
    if kind is str:
        return text
    least = 0 if name == "SEED" or kind is float else 1
    expected = f"{'an integer' if kind is int else 'a number'} >= {least}"
    try:
        value = kind(text)
    except ValueError:
        raise UsageError(f"{name} must be {expected}, got {text!r}") from None
    if not (math.isfinite(value) and least <= value < 2**32):
        raise UsageError(f"{name} must be {expected} and below 2**32, got {text}")
    return value


def reading_minutes(notebook):
    """Whole minutes to read a lesson: 200 words a minute, 4 s a line of code, 20 s a figure.

    Words are those of Markdown, shown or written, without claims. Folded lines, of cells tagged
    `hide-input`, count from the 151st on.
    """
    words = lines = folded = figures = 0
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            words += _words(re.sub(r"```.*?```|<!--.*?-->", "", source, flags=re.DOTALL))
            continue
        count = sum(bool(line.strip()) for line in source.splitlines())
        is_folded = "hide-input" in cell["metadata"].get("tags", [])
        folded, lines = folded + count * is_folded, lines + count * (not is_folded)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            shown = "" if CLAIM in data else "".join(data.get("text/markdown", ""))
            figures += "image/png" in data
            if shown.startswith("```"):
                lines += sum(bool(line.strip()) for line in shown.splitlines()) - 2
            else:
                words += _words(shown)
    return math.ceil(words / 200 + (lines + max(0, folded - 150)) * 4 / 60 + figures / 3)


def _words(text):
    return len(re.findall(r"\w+", text))
