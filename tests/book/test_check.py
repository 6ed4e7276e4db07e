"""What the check of the built pages must find: each fault is planted in pages without any."""

import json

from course_utils import CLAIM
import nbformat
import pytest

from book import check
from conftest import lesson_notebook

CLAIMED = {"sentence": "A's error < B's", "value": 1, "bound": 2, "sense": "at_most"}
OTHER_CLAIMS = "1 claims are shown of 1, or other ones"
PAGE = """<!doctype html><link rel="stylesheet" href="../_static/a.css"><p id="there">
<a href="../index.html#top">up</a> <a href="#there">here</a> <a href="https://elsewhere.org">out</a>
<div class="claim"><p>✓ A's error &lt; B's: 1 (at most 2)</p></div>
<figure class="output"><img src="../_static/p.png" alt="Two  curves"><figcaption>
<p><span class="caption-text">Two curves</span><a href="#there">#</a></p></figcaption></figure>
"""


@pytest.fixture
def built(tmp_path):
    """A book of two pages without a fault, and the notebook of one of them."""
    folder = tmp_path / "a book"
    for name, text in {
        "index.html": "<h1 id='top'>Where?</h1><a href='notebooks/01_where.html?q=1'>01</a>",
        "notebooks/01_where.html": PAGE,
        "_static/a.css": "p { background: url(p.png) }",
        "_static/p.png": "",
        "_static/template.html": "<a href='nowhere.html'>a template of the theme</a>",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    notebook = lesson_notebook("1", outputs=[(CLAIM, CLAIMED), ("image/png", "")])
    notebook.cells[1].outputs[0].data["text/plain"] = "✓ A's error < B's: 1 (at most 2)"
    notebook.cells[1].outputs[1].metadata = {"image/png": {"alt": "Two curves"}}
    nbformat.write(notebook, tmp_path / "01_where.ipynb")
    return folder, tmp_path / "01_where.ipynb"


def faults(built):
    for cached in (check.page, check.anchors, check.file_of):
        cached.cache_clear()
    folder, notebook = built
    return check.problems(folder) + check.lost(folder, [notebook])


def plant(built, old, new, name="notebooks/01_where.html"):
    path = built[0] / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_pages_without_a_fault_have_none(built):
    assert faults(built) == []
    assert check.extent(built[0]) == (3, sum(p.stat().st_size for p in built[0].rglob("*.*")))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("../index.html#top", "../indx.html", "no such page: ../indx.html"),
        ("../index.html#top", "../index.html#bottom", "no such place: ../index.html#bottom"),
        ('"#there">here', '"#nowhere">here', "no such place: #nowhere"),
        ("../index.html#top", "../../01_where.ipynb", "no such page: ../../01_where.ipynb"),
        ("../_static/a.css", "../_static/b.css", "no such page: ../_static/b.css"),
        ("../_static/a.css", "//cdn.org/a.css", "asks for //cdn.org/a.css"),
        ("../_static/p.png", "https://cdn.org/p.png", "asks for https://cdn.org/p.png"),
        ("<p id", "<script src='HTTP://cdn.org/x.js'></script><p id", "asks for HTTP://cdn.org/x"),
        ("<p id", "<iframe src='https://a.org'></iframe><p id", "asks for https://a.org"),
        ("<p id", "<form action='https://a.org'></form><p id", "asks for https://a.org"),
        ("<p id", "<p style='background:url(//a.org/x)' id", "a style asks for something outside"),
        ("<p id", "<style>@import 'http://a.org';</style><p id", "a style asks for something out"),
        (' alt="Two  curves"', ' alt=" "', "a picture without alt text: ../_static/p.png"),
    ],
)
def test_a_planted_fault_is_found(built, old, new, said):
    plant(built, old, new)
    found = faults(built)
    assert any(line.startswith(f"notebooks/01_where.html: {said}") for line in found), found


def test_a_request_of_a_style_sheet_is_found(built):
    plant(built, "url(p.png)", "url('https://fonts.org/f')", "_static/a.css")
    assert faults(built) == ["_static/a.css: asks for something outside"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("A's error &lt; B's", "A is better", OTHER_CLAIMS),
        (": 1 (at most 2)", ": 1.5 (at most 2)", OTHER_CLAIMS),
        ('class="claim"', "", "0 claims are shown of 1, or other ones"),
        ("Two  curves", "A curve", "alt texts of figures are not the notebook's"),
        (">Two curves<", "><", "captions of figures are not the notebook's"),
        ('class="output"', "", "alt texts of figures are not the notebook's"),
    ],
)
def test_what_a_page_lost_of_its_notebook_is_found(built, old, new, said):
    plant(built, old, new)
    assert f"01_where: {said}" in faults(built)


def test_a_claim_of_the_notebook_that_no_page_shows_is_found(built):
    notebook = json.loads(built[1].read_text(encoding="utf-8"))
    notebook["cells"][1]["outputs"] *= 2
    built[1].write_text(json.dumps(notebook))
    found = faults(built)
    assert "01_where: 1 claims are shown of 2, or other ones" in found
    assert "01_where: captions of figures are not the notebook's" in found


def test_too_many_bytes_are_a_fault(built, monkeypatch):
    monkeypatch.setattr(check, "MOST_MB", 0.0001)
    assert any("more than 0.0001" in line for line in faults(built))
