"""The glossary: terms in order, each with the lesson that teaches it and uses it."""

import re

import pytest

from conftest import ROOT
from course import lessons

TEXT = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(
    r"^## ([^\n]+)\n(.+?)\(\[(\w+)\]\(\.\./(.+?)\)\)", TEXT, re.MULTILINE | re.DOTALL
)


def test_about_forty_terms_in_order():
    terms = [term for term, *_ in ENTRIES]
    assert len(terms) == TEXT.count("\n## ")
    assert 35 <= len(terms) <= 50
    assert terms == sorted(terms, key=str.casefold)


@pytest.mark.parametrize(("term", "text", "number", "path"), ENTRIES, ids=lambda entry: entry[:20])
def test_a_term_is_used_in_the_lesson_that_teaches_it(term, text, number, path):
    (lesson,) = lessons.find_lessons([number])
    assert (ROOT / path) == lesson
    cells = lessons.read_notebook(lesson)["cells"]
    shown = " ".join("".join(cell["source"]) for cell in cells).casefold()
    names = re.split(r", | \((?=[A-Z])", term.rstrip(")"))
    uses = [" ".join(name.casefold().split()) in " ".join(shown.split()) for name in names]
    assert any(uses), names
