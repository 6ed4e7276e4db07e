"""Executed notebooks as files: their pages, and the committed notebooks."""

import json

from bs4 import BeautifulSoup
from nbclient.output_widget import OutputWidget
import nbformat
from nbformat.v4 import new_output
import pytest

from conftest import RECORDED, RECORDING, command, lesson_notebook
import course
from course import fingerprint, lessons, publish, results

MADE_BY = {"cells": "0123456789ab"}
HIDDEN = "plumbing = 'hidden'"
SHOWN = "subject = 'shown'"


def published(notebook, path, seconds=61.0):
    """`notebook` as `write_published` writes it."""
    publish.write_published(notebook, path, MADE_BY)
    run = {"lesson": path.stem, "metrics": {"total_s": seconds}}
    publish.write_minutes(path, *results.minutes(path, [run]))
    node = nbformat.read(path, as_version=4)
    nbformat.validate(node)
    return node


@pytest.fixture
def measured():
    """A small executed lesson; its third cell is tagged as plumbing, the fourth is not."""
    notebook = lesson_notebook(HIDDEN, SHOWN, outputs=RECORDED.items())
    notebook.cells[2].metadata["tags"] = ["timing", "hide-input"]
    return notebook


def page_of(notebook, folder):
    nbformat.write(notebook, folder / "page.ipynb")
    publish.write_page(folder / "page.ipynb")
    return BeautifulSoup((folder / "page.html").read_text(encoding="utf-8"), "html.parser")


def test_page_has_the_figure_sentence_as_alt_and_its_caption_once(tmp_path):
    notebook = lesson_notebook()
    sentence = 'A "quoted" & short sentence.'
    for bundle in (
        {"image/png": "aGk=", "text/plain": sentence},
        {"text/markdown": f"*{sentence}*", "text/plain": sentence},
    ):
        notebook.cells[1].outputs.append(new_output("display_data", bundle))
    page = page_of(notebook, tmp_path)
    assert page.img["alt"] == sentence
    assert page.figcaption is None
    assert [shown.text for shown in page.find_all("em")] == [sentence]
    assert page.body.text.count(sentence) == 1
    assert "No description has been provided" not in str(page)


def test_page_escapes_what_an_alt_text_may_hold(tmp_path):
    notebook = lesson_notebook()
    bundle = {"image/png": "aGk=", "text/plain": 'A "quoted" <figure>.'}
    notebook.cells[1].outputs.append(new_output("display_data", bundle))
    assert page_of(notebook, tmp_path).img["alt"] == bundle["text/plain"]


def test_page_folds_cells_tagged_hide_input(measured, tmp_path):
    measured.cells[2].outputs.append(new_output("stream", text="it said so\n"))
    page = page_of(measured, tmp_path)
    (folded,) = page.find_all("details")
    assert folded.summary.text == "Show this code"
    assert not folded.has_attr("open")
    assert HIDDEN in folded.text
    assert SHOWN not in folded.text
    assert SHOWN in page.body.text
    assert "it said so" not in folded.text  # what it puts out stays in sight
    assert "it said so" in page.body.text


def test_controls_without_a_kernel_are_dropped(tmp_path):
    path = tmp_path / "01_where.ipynb"
    notebook = lesson_notebook(outputs=[(publish.WIDGET, {"model_id": "1"}), ("text/html", "x")])
    notebook.metadata["widgets"] = {"state": {}}
    nbformat.write(notebook, path)
    publish.drop_widgets(path)
    (output,) = nbformat.read(path, as_version=4).cells[1].outputs
    assert "text/html" in output["data"]


@pytest.mark.notebook
def test_a_lesson_with_controls_runs_and_shows_the_figure_before_them(project, monkeypatch):
    source = "import ipywidgets\nipywidgets.interact(lambda x: print('moved'), x=1);"
    sent = []
    monkeypatch.setattr(OutputWidget, "send", lambda *of, **more: sent.append(of))
    nbformat.write(lesson_notebook("print('still')", source), project / "notebooks/01_where.ipynb")
    assert command("run", "01", "--out", project / "out") == 0
    written = nbformat.read(project / "out" / "01_where.ipynb", as_version=4)
    assert "widgets" not in written.metadata
    assert [len(cell.get("outputs", [])) for cell in written.cells[2:]] == [1, 0]
    page = (project / "out" / "01_where.html").read_text(encoding="utf-8")
    assert "still" in page
    assert not sent  # nothing on the socket where the kernel's reply is awaited
    assert "widget-view" not in page


def test_published_notebook_holds_no_times_and_keeps_its_ids_and_what_made_it(measured, tmp_path):
    ids = [cell.id for cell in measured.cells]
    measured.metadata["papermill"] = {"input_path": "/home/me/x.ipynb"}
    measured.cells[3].metadata = {"papermill": {"duration": 1.5}, "execution": {}, "tags": []}
    path = tmp_path / "01_where.ipynb"
    written = published(measured, path)
    first = path.read_bytes()
    assert b"papermill" not in first
    assert b"duration" not in first
    assert [cell.id for cell in written.cells] == ids
    assert written.cells[1].metadata == {"tags": ["parameters"]}
    assert written.cells[3].metadata == {}
    assert written.metadata.course == {"made_by": MADE_BY}
    published(json.loads(first), path)
    assert path.read_bytes() == first


def test_cells_tagged_hide_input_are_folded_and_others_are_not(measured, tmp_path):
    path = tmp_path / "01_where.ipynb"
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    written = published(measured, path)
    assert written.cells[2].metadata == {"tags": ["timing", "hide-input"], **folded}
    assert written.cells[3].metadata == {}
    written.cells[2].metadata.tags.remove("hide-input")
    assert published(written, path).cells[2].metadata == {"tags": ["timing"]}


@pytest.mark.parametrize(
    "before",
    [
        "About **9 minutes**.",
        "About **1 minute**.",
        "About **9 minutes** to run, **40 minutes** to read.",
        "About **1 minute** to run, **1 minute** to read.",
    ],
)
@pytest.mark.parametrize(
    ("seconds", "words", "after"),
    [
        (61.0, 1000, "About **2 minutes** to run, **6 minutes** to read."),
        (3.0, 10, "About **1 minute** to run, **1 minute** to read."),
        (120.0, 200, "About **2 minutes** to run, **2 minutes** to read."),
    ],
)
def test_the_header_says_how_long_to_run_and_to_read(tmp_path, before, seconds, words, after):
    notebook = lesson_notebook(outputs=[("image/png", "aGk=")])
    notebook.cells[
        0
    ].source = f"# 01 · Where?\n\n{before} It takes **5 minutes** elsewhere.\n\n{'word ' * words}"
    written = published(notebook, tmp_path / "01_where.ipynb", seconds)
    assert (
        f"# 01 · Where?\n\n{after} It takes **5 minutes** elsewhere.\n" in written.cells[0].source
    )
    assert written.cells[0].source.count("minute") == 3


@pytest.mark.notebook
def test_publish_keeps_the_old_file_of_a_lesson_that_fails(project, capsys):
    path = project / "notebooks" / "01_where.ipynb"
    nbformat.write(lesson_notebook("1 / 0"), path)
    before = path.read_bytes()
    assert command("publish", "01") == 1
    assert path.read_bytes() == before
    assert "left as it was: it failed" in capsys.readouterr().err


@pytest.mark.notebook
def test_publish_writes_the_notebook_and_keeps_its_result(project):
    path = project / "notebooks" / "A_more.ipynb"
    source = RECORDING.replace("SEED}", 'SEED, "total_s": 61}')
    notebook = lesson_notebook(source)
    notebook.cells[2].metadata["tags"] = ["hide-input"]
    nbformat.write(notebook, path)
    assert command("publish", "A") == 0
    written = nbformat.read(path, as_version=4)
    assert "About **2 minutes** to run, **1 minute** to read." in written.cells[0].source
    assert written.cells[2].metadata.jupyter.source_hidden
    assert written.cells[2].outputs
    (result,) = results.read_results(course.RESULTS)
    assert result["lesson"] == "A_more"
    assert result["metrics"] == results.gather(lessons.read_notebook(path))["metrics"]
    made_by = fingerprint.lesson_fingerprint(path, course.ROOT)
    assert result["made_by"] == written.metadata.course.made_by == made_by
