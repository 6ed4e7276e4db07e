"""Whole builds of the book, in copies of the project, with the packages of `make book`."""

import json
import os
from pathlib import Path
import re
import shutil
import subprocess

from bs4 import BeautifulSoup
import pytest

from conftest import ROOT

FOLDER = ROOT / ".venv-book" / ("Scripts" if os.name == "nt" else "bin")
PARTS = [
    "book",
    "course",
    "course_utils",
    "benchmarks",
    "data",
    "docs",
    "exercises",
    "notebooks",
    "README.md",
    "CONTRIBUTING.md",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.exists(), reason="no .venv-book: `make book` makes it"),
]


def copied(target, lessons="*"):
    """A copy of what the book needs of the project, with some of its lessons."""
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("*.npz"))
        else:
            shutil.copyfile(ROOT / name, target / name)
    for path in set(target.glob("notebooks/*.ipynb")) - set(target.glob(f"notebooks/{lessons}")):
        path.unlink()
    return target


def build(project):
    command = [FOLDER / "python", "-m", "book"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8")


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_book_is_the_same_bytes_twice_and_wherever_it_is_built(tmp_path):
    built = []
    for name in ("a course", "elsewhere"):
        project = copied(tmp_path / name)
        done = build(project)
        assert done.returncode == 0, done.stdout + done.stderr
        built.append(files(project / "build" / "book"))
    assert built[0].keys() == built[1].keys()
    assert [path for path in built[0] if built[0][path] != built[1][path]] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A project of a lesson and an appendix, whose links to other notebooks are only words."""
    project = copied(tmp_path_factory.mktemp("books") / "a small course", "*[1A]_*.ipynb")
    shutil.rmtree(project / "exercises")
    for path in (path for kind in ("md", "ipynb", "html") for path in project.rglob(f"*.{kind}")):
        path.write_text(_without_dead_links(path), encoding="utf-8")
    return project


def _without_dead_links(path):
    def link(found):
        return found[0] if (path.parent / found["to"]).exists() else found["words"]

    text = re.sub(
        r"\[(?P<words>[^\[\]]+)\]\((?P<to>[^()\s]+\.ipynb)\)",
        link,
        path.read_text(encoding="utf-8"),
    )
    return re.sub(r'<a href="(?P<to>[^"]+\.ipynb)">(?P<words>.+?)</a>', link, text)


@pytest.fixture
def planted(small, tmp_path):
    """The small project anew, for faults to be planted in."""
    return shutil.copytree(small, tmp_path / "a small course")


def test_terms_claims_exercises_and_playgrounds_in_a_small_book(planted):
    for name in ("exercises/solutions", "book/playgrounds"):
        (planted / name).mkdir(parents=True, exist_ok=True)
    line = "[Two](../book/playgrounds/two.html)\n\n"
    line += "[![A screenshot](../book/playgrounds/boxes.png)](../book/playgrounds/boxes.html)\n"
    text = f"# Exercises of lesson 01\n\n{line}"
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (planted / "exercises" / "01_exercises.ipynb").write_text(json.dumps(notebook))
    (planted / "exercises" / "solutions" / "01_solutions.md").write_text("# Solutions\n")
    (planted / "book" / "playgrounds" / "two.html").write_text("<title>Two</title><p>two</p>")
    (path,) = planted.glob("notebooks/01_*.ipynb")
    lesson = json.loads(path.read_text(encoding="utf-8"))
    lesson["cells"].insert(1, cells[0] | {"source": "Average precision, and average precision."})
    path.write_text(json.dumps(lesson), encoding="utf-8")
    done = build(planted)
    assert done.returncode == 0, done.stdout + done.stderr
    built = planted / "build" / "book"
    page = (built / "exercises" / "01_exercises.html").read_text(encoding="utf-8")
    exercises = BeautifulSoup(page, "html.parser")
    assert exercises.select_one('a[href="../book/playgrounds/two.html"]').get_text() == "Two"
    image = exercises.select_one('a[href="../book/playgrounds/boxes.html"] img')
    assert image["alt"] == "A screenshot"
    assert (built / "exercises" / image["src"]).resolve().is_file()
    assert (built / "exercises" / "solutions" / "01_solutions.html").exists()
    playgrounds = (built / "book" / "playgrounds" / "README.html").read_text(encoding="utf-8")
    for name in ("boxes", "annotator"):
        assert f'href="{name}.html"' in playgrounds
        assert (built / "book" / "playgrounds" / f"{name}.html").exists()
    (path,) = built.glob("notebooks/01_*.html")
    lesson = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    terms = [tag["href"] for tag in lesson.select("a.term")]
    assert "../book/glossary.html#soft-argmax" in terms
    assert len(terms) == len(set(terms)) >= 4
    assert not lesson.select(".claim a.term, h2 a.term, code a.term, a a.term")
    (twice,) = (tag for tag in lesson.select("p") if "and average precision" in tag.get_text())
    assert [tag.get_text() for tag in twice.select("a.term")] == ["Average precision"]
    assert lesson.select("#references") and not lesson.select("#references a.term")
    assert lesson.select("details .cell_input, details > div.highlight, details.hide")


def with_output(project, output):
    """Plant an output in the lesson's first cell of code."""
    (path,) = project.glob("notebooks/01_*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"].append(output)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def shown(html):
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("broken link", "no such place: #nowhere"),
        ("outside request", "asks for https://cdn.org/x.js"),
        ("picture without alt", "a picture without alt text"),
        ("stderr", "stderr"),
        ("widget", "asks for https://"),
        ("page that nothing leads to", "isn't included in any toctree"),
        ("warning", "Unknown"),
    ],
)
def test_a_planted_fault_fails_and_the_book_of_before_stays(planted, fault, said):
    before = planted / "build" / "book"
    before.mkdir(parents=True)
    (before / "index.html").write_text("of before")
    if fault == "broken link":
        with_output(planted, shown("<a href='#nowhere'>x</a>"))
    elif fault == "outside request":
        with_output(planted, shown("<script src='https://cdn.org/x.js'></script>"))
    elif fault == "picture without alt":
        with_output(planted, shown("<img src='data:image/png;base64,'>"))
    elif fault == "stderr":
        with_output(planted, {"output_type": "stream", "name": "stderr", "text": "Oh no\n"})
    elif fault == "widget":
        mime = "application/vnd.jupyter.widget-view+json"
        with_output(planted, shown("x") | {"data": {mime: {"model_id": "a"}}})
        (path,) = planted.glob("notebooks/01_*.ipynb")
        notebook = json.loads(path.read_text(encoding="utf-8"))
        states = {"version_major": 2, "version_minor": 0, "state": {"a": {}}}
        notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": states}
        path.write_text(json.dumps(notebook), encoding="utf-8")
    else:
        text = "# A page\n\n```{nonsense}\n```\n" if fault == "warning" else "# A page\n"
        (planted / "book" / "more.md").write_text(text)
    done = build(planted)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert files(before) == {Path("index.html"): b"of before"}
