"""The sources of the book, in one folder: the project's own files, and what is written from them.

The folder has the project's layout, so that the links between its files hold.
"""

import os.path
from pathlib import Path
import re
import shutil

from book.ladder import ladder
from course import results
from course.colab import BADGE
from course.lessons import read_notebook, title

# Files that are pages, or shown on one, as they are.
COPIED = [
    *("book/[!i]*.md", "benchmarks/*.md", "benchmarks/*.png", "docs/*.png", "data/*.md"),
    *("CONTRIBUTING.md", "notebooks/*.ipynb", "exercises/*.ipynb", "exercises/solutions/*.*"),
    "book/playgrounds/*.*",
]


def stage(root, target):
    """Write the sources of the book of the project `root` into `target`, a folder of its own."""
    shutil.rmtree(target, ignore_errors=True)
    paths = sorted(path for pattern in COPIED for path in root.glob(pattern) if path.is_file())
    written = {path.relative_to(root): None for path in paths} | generated(root)
    for path, text in written.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        if text is None and path.suffix not in (".md", ".ipynb"):
            shutil.copyfile(root / path, target / path)
            continue
        text = (root / path).read_text(encoding="utf-8") if text is None else text
        if path.suffix == ".md":
            text = linked_to_pages(text, path.parent, set(written))
        text = BADGE.sub("", text)  # a picture from elsewhere
        (target / path).write_text(text, encoding="utf-8", newline="\n")


def linked_to_pages(text, folder, there):
    """Markdown whose links to files of the project lead to their pages, among the paths `there`.

    A module's page has its name, that of a folder is its index or README, that of the project's
    README the first. Where there is none, only the link's words stay.
    """

    def link(found):
        words, address, place = found.groups(default="")
        if ":" in address or not address:
            return found[0]
        path = Path(os.path.normpath(folder / address))
        path = Path("index.md") if path == Path("README.md") else path
        for page in (path, path.with_suffix(".md"), path / "index.md", path / "README.md"):
            if page in there:
                return f"[{words}]({Path(os.path.relpath(page, folder)).as_posix()}{place})"
        return words

    return re.sub(r"(?<!!)\[([^\[\]]+)\]\(([^()\s#]*)(#[^()\s]*)?\)", link, text)


def generated(root):
    """The pages that are written from the project's files: {path: Markdown}."""
    lessons = sorted(path for path in root.glob("notebooks/*.ipynb") if _number(path))
    appendices = [path for path in lessons if _number(path).isalpha()]
    lessons = [path for path in lessons if path not in appendices]
    found = results.read_results(root / "benchmarks" / "seeds.json")
    pages = {f"course_utils/{name}.md": text for name, text in api(root).items()}
    if exercises := sorted(root.glob("exercises/*.ipynb")):
        solutions = sorted(root.glob("exercises/solutions/*.*"))
        pages["exercises/index.md"] = exercises_page(exercises, solutions)
    to_try = [name for name in ("exercises/index.md",) if name in pages]
    to_try += [name for name in ("book/playgrounds/README.md",) if (root / name).exists()]
    trees = toctree("Lessons", [f"notebooks/{path.name}" for path in lessons])
    trees += toctree("Appendix", [f"notebooks/{path.name}" for path in appendices])
    trees += toctree("To try", to_try) if to_try else ""
    parts = from_readme((root / "README.md").read_text(encoding="utf-8"))
    parts |= {"lessons": cards(lessons, found), "appendix": cards(appendices, found)}
    parts["ladder"] = ladder([*lessons, *appendices], found)
    text = (root / "book" / "index.md").read_text(encoding="utf-8")
    for name, part in {**parts, "contents": trees}.items():
        text = text.replace(f"<!-- {name} -->", part)
    pages["index.md"] = text
    return {Path(name): text for name, text in pages.items()}


def _number(path):
    """Number of a lesson, letter of an appendix, or nothing for another notebook."""
    found = re.match(r"(\d\d|[A-Z])_", path.stem)
    return found[1] if found else ""


def from_readme(readme):
    """Of the README the question with its picture, how to start, without its list of badges, and
    what is in it: {part: Markdown}."""
    before, *sections = re.split(r"(?m)^(?=## )", readme)
    of = {section.split("\n", 1)[0]: section for section in sections}
    start = re.sub(r"<!-- badges: begin.*?badges: end -->\n", "", of["## Start"], flags=re.DOTALL)
    return {"question": before, "start": start, "readers": of["## What is in it"]}


def cards(paths, found):
    """A card for each lesson: question, result against baseline and limit, minutes."""
    lines = [":::::{grid} 1 1 2 2", ":gutter: 3", ""]
    for path in paths:
        notebook = read_notebook(path)
        runs = [result for result in found if result["lesson"] == path.stem]
        lines += [f"::::{{grid-item-card}} {_number(path)} · {title(notebook)}"]
        lines += [f":link: notebooks/{path.stem}", ":link-type: doc", ""]
        if runs:
            name, columns = results.compared(runs)
            lines += [f"{name}", ""]
            lines += [f"- {role}: **{value}** {what}" for role, value, what in columns]
        to_run, to_read = results.minutes(path, runs)
        time = f"{to_run} min to run, " * bool(to_run) + f"{to_read} min to read"
        lines += ["", ":::{card-footer}", time, ":::", "::::", ""]
    return "\n".join([*lines, ":::::"])


def toctree(caption, documents):
    """A table of contents: with a caption, a part of the sidebar; without, shown on its page."""
    options = [":hidden:", f":caption: {caption}"] if caption else [":maxdepth: 1"]
    return "\n".join(["```{toctree}", *options, "", *documents, "```", ""])


def exercises_page(paths, solutions):
    """The page that lists the notebooks of exercises, and the solutions where there are any."""
    text = "# Exercises\n\nNotebooks to complete: they check your answers by themselves, offline. "
    text += "Here they are to be read; open them in JupyterLab.\n\n"
    text += toctree("", [path.name for path in paths])
    if solutions:
        text += "\n## Solutions\n\n" + toctree("", [f"solutions/{path.name}" for path in solutions])
    return text


def playground(text):
    """A playground as a page of the book: its links to notebooks lead to their pages.

    It gets an empty icon, or a browser would ask the server for one.
    """
    text = text.replace("<title>", '<link rel="icon" href="data:,">\n<title>', 1)
    return re.sub(r'(href="\.\./[^":]+)\.(?:ipynb|md)(?=[#"])', r"\1.html", text)


def api(root):
    """A page for each module of `course_utils`, and one that lists them: {name: Markdown}."""
    names = sorted(path.stem for path in root.glob("course_utils/[a-z]*.py"))
    text = "# What lessons import\n\n" + _automodule("course_utils") + toctree("", names)
    pages = {name: f"# {name}\n\n{_automodule(f'course_utils.{name}')}" for name in names}
    return pages | {"index": text}


def _automodule(name):
    return f"```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```\n\n"
