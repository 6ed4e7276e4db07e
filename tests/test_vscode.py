"""What VS Code shows of the committed notebooks, by its rules: it cannot be run here.

VS Code sorts the forms of an output in the order below, and shows the first that it has a renderer
for. It has none for the course's own types: beside each must stand what a reader is to see.
(`NOTEBOOK_DISPLAY_ORDER` and `resolveMimeTypes` in its `notebookCommon.ts` and
`cellOutputViewModel.ts`.)
"""

import re

from course_utils import CLAIM
import pytest

from course import lessons

ORDER = [
    *("application/json", "application/javascript", "text/html", "image/svg+xml"),
    *("text/latex", "text/markdown", "image/png", "image/jpeg", "text/plain"),
]
LESSONS = lessons.find_lessons()


def shown(bundle):
    """The form of an output that VS Code shows: its type, and its text."""
    kind = next((kind for kind in ORDER if kind in bundle), None)
    return kind, "".join(bundle[kind]) if kind else ""


def bundles(path):
    return [
        output["data"]
        for cell in lessons.read_notebook(path)["cells"]
        for output in cell.get("outputs", [])
        if "data" in output
    ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_output_shows_something_that_it_draws(path):
    for bundle in bundles(path):
        kind, text = shown(bundle)
        assert text.strip(), sorted(bundle)
        assert "text/plain" in bundle, kind


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_claim_is_its_line(path):
    claims = [bundle for bundle in bundles(path) if CLAIM in bundle]
    assert claims
    for bundle in claims:
        kind, text = shown(bundle)
        assert kind == "text/markdown"
        plain = re.sub(r"\\(\W)", r"\1", text)
        assert plain == "".join(bundle["text/plain"])
        assert plain.startswith(f"✓ {bundle[CLAIM]['sentence']}: ")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_figure_is_followed_by_its_caption_in_italics(path):
    found = bundles(path)
    figures = [number for number, bundle in enumerate(found) if "image/png" in bundle]
    assert figures
    for number in figures:
        assert shown(found[number])[0] == "image/png"
        sentence = "".join(found[number]["text/plain"])
        kind, text = shown(found[number + 1])
        assert (kind, text) == ("text/markdown", f"*{sentence}*")
        assert not re.search(r"[*]", sentence)  # would end the italics


def test_a_type_of_the_courses_own_is_not_what_is_shown():
    assert shown({CLAIM: {}, "text/plain": "line"}) == ("text/plain", "line")
    assert shown({CLAIM: {}}) == (None, "")
