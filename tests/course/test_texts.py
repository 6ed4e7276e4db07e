"""`course publish --texts`: captions, claims and shown sources follow the code without a run."""

import importlib
import re

from course_utils import CLAIM, RECORD, as_markdown
import nbformat
from nbformat.v4 import new_output
import pytest

from conftest import command, lesson_notebook
from course import lessons, texts

BOXES = '''\
"""Boxes."""
from course_utils.checks import expects


def half(x):
    return x / 2


@expects(
    x="N 4"
)
def iou(x):
    """Overlap."""

    @property
    def inner(self):
        return 1

    return half(x)  # a comment
'''
SHOWN = '''\
def iou(x):
    """Overlap."""

    def inner(self):
        return 1

    return half(x)  # a comment'''


def claim(sentence):
    line = f"✓ {sentence}: 0.5 (≤ 1)"
    data = {CLAIM: {"sentence": sentence, "value": 0.5}, "text/plain": line}
    data |= {"text/markdown": as_markdown(line)}
    return new_output("display_data", data)


def figure(sentence):
    data = {"image/png": "aGk=", "text/plain": sentence}
    return new_output("display_data", data, metadata={"image/png": {"alt": sentence}})


def caption(sentence):
    return new_output("display_data", {"text/markdown": f"*{sentence}*", "text/plain": sentence})


def source(text):
    data = {"text/markdown": f"```python\n{text}\n```", "text/plain": text}
    return new_output("display_data", data)


@pytest.fixture
def renewed(project):
    """A function of a cell's source and its outputs: its outputs after the command."""
    (project / "course_utils").mkdir()
    (project / "course_utils" / "boxes.py").write_text(BOXES, encoding="utf-8")
    path = project / "notebooks" / "01_where.ipynb"

    def renew(cell, *outputs):
        notebook = lesson_notebook(cell)
        notebook.cells[2].outputs += outputs
        nbformat.write(notebook, path)
        before = nbformat.read(path, as_version=4).cells
        assert command("publish", "1", "--texts") == 0
        written = nbformat.read(path, as_version=4)
        nbformat.validate(written)
        assert written.cells[0] == before[0]
        assert written.cells[2].source == cell
        return written.cells[2].outputs

    return renew


def test_a_caption_is_renewed_in_the_figure_and_below_it(renewed):
    cell = 'plots.show(fig, "Old was this.")\nplots.show(bx, "New is "\n "this.")'
    old = [figure("Old was this."), caption("Old was this."), figure("Old."), caption("Old.")]
    new = [old[0], old[1], figure("New is this."), caption("New is this.")]
    assert renewed(cell, *old) == new


def test_texts_given_by_keyword_are_renewed_too(renewed):
    cell = 'plots.show(fig, sentence="New.")\nlesson.claim(sentence="New", value=1, at_most=2)'
    old = [figure("Old."), caption("Old."), claim("Old")]
    assert renewed(cell, *old) == [figure("New."), caption("New."), claim("New")]


def test_a_figure_without_a_caption_gets_one(renewed):
    found = renewed('plots.show(fig, "New.")', figure("Old."), source("x"))
    assert found == [figure("New."), caption("New."), source("x")]


def test_a_claims_sentence_is_renewed_with_its_line(renewed):
    record = new_output("display_data", {RECORD: {"a": 1}, "text/plain": "a = 1"})
    cell = 'lesson.record(a=1)\nlesson.claim("New", a, at_most=1)'
    assert renewed(cell, record, claim("Old")) == [record, claim("New")]


def test_a_source_is_renewed_and_shown_without_decorators(renewed):
    assert renewed("lesson.show_source(boxes.iou)", source("old")) == [source(SHOWN)]


@pytest.mark.parametrize(
    ("cell", "outputs"),
    [
        ('plots.show(fig, f"{n} boxes.")', [figure("3 boxes."), caption("3 boxes.")]),
        ('for ax in axes:\n    plots.show(ax, "New.")', [figure("Old."), figure("Old.")]),
        ('lesson.claim(f"New {n}", 1, at_most=2)', [claim("Old 3")]),
        ('print("New.")', [figure("Old.")]),
    ],
)
def test_what_only_a_run_knows_is_left_as_it_is(renewed, cell, outputs):
    assert renewed(cell, *outputs) == outputs


def test_what_is_as_it_should_be_is_not_written(project, capsys):
    path = project / "notebooks" / "01_where.ipynb"
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert command("publish", "--texts") == 0
    assert capsys.readouterr().out.splitlines()[0] == "01_where: 0 cells renewed"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_number_of_renewed_cells_is_said(project):
    path = project / "notebooks" / "01_where.ipynb"
    notebook = lesson_notebook(*['plots.show(fig, "New.")'] * 3)
    for cell, was in zip(notebook.cells[2:], ("Old.", "New.", "Older."), strict=True):
        cell.outputs += [figure(was), caption(was)]
    nbformat.write(notebook, path)
    assert texts.renew_texts(path) == 2
    assert texts.renew_texts(path) == 0


@pytest.mark.slow
def test_shown_sources_are_those_that_a_run_shows(monkeypatch):
    """Of every function that a committed lesson shows: what needs no run, and what a run says."""
    from course_utils import lesson

    shown = []
    monkeypatch.setattr(lesson, "display", lambda data, raw: shown.append(data["text/plain"]))
    committed = [path.read_text(encoding="utf-8") for path in lessons.find_lessons()]
    names = sorted(set(re.findall(r"lesson\.show_source\((\w+\.\w+)\)", "\n".join(committed))))
    for name in names:
        module, function = name.split(".")
        lesson.show_source(getattr(importlib.import_module(f"course_utils.{module}"), function))
    assert len(names) > 10
    assert shown == [texts.source_of(name) for name in names]
