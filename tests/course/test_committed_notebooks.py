"""What holds for every committed notebook, read as a file."""

import math
import re

from course_utils import RECORD, SUMMARY
import nbformat
import pytest

import course
from course import lessons, results, texts
from course.publish import FOLDED

PATHS = lessons.find_lessons()
pytestmark = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def outputs(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def test_is_valid_small_and_of_a_known_kernel(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stat().st_size < 1_500_000
    assert notebook.metadata.kernelspec == {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_was_executed_from_top_to_bottom(path):
    notebook = nbformat.read(path, as_version=4)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_has_clean_outputs(path):
    for cell, output in outputs(nbformat.read(path, as_version=4)):
        assert output.output_type != "error", cell.source
        assert output.get("name") != "stderr", output.text
        text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
        assert not re.search(r"(/home|/root|/tmp|/Users|[A-Z]:\\|site-packages)", text), text
        assert "Warning" not in text, text


def test_holds_no_run_times_in_its_metadata(path):
    notebook = nbformat.read(path, as_version=4)
    assert set(notebook.metadata) == {"course", "kernelspec", "language_info"}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        folded = FOLDED if "hide-input" in tags else {}
        assert cell.metadata == ({"tags": tags} if tags else {}) | folded


def test_every_figure_has_a_sentence(path):
    for cell, output in outputs(nbformat.read(path, as_version=4)):
        if "image/png" in output.get("data", {}):
            sentence = output.data["text/plain"]
            assert re.fullmatch(r"[A-Z][^<>]{20,}\.", sentence), (cell.source, sentence)
            assert output.metadata["image/png"]["alt"] == sentence


def test_ran_in_full_on_mnist_and_all_claims_hold(path):
    found = results.gather(lessons.read_notebook(path))
    assert found["quick"] is False
    assert found["seed"] == 0
    assert found["digits"] in ("mnist", None)
    assert found["claims"]
    assert all(claim["passed"] for claim in found["claims"])


def test_minutes_in_the_header_are_the_measured_and_the_counted_ones(path):
    notebook = lessons.read_notebook(path)
    header = "".join(notebook["cells"][0]["source"])
    said = re.search(r"About \*\*(\d+) minutes?\*\* to run, \*\*(\d+) minutes?\*\* to read", header)
    assert said, header
    run = results.fastest(path, results.read_results(course.RESULTS))
    assert int(said[1]) == math.ceil(run["metrics"]["total_s"] / 60)
    # Markdown is edited without a run: the header follows when the lesson is published again.
    assert abs(int(said[2]) - lessons.reading_minutes(notebook)) <= 2


def test_measured_times_stand_in_records_and_cells_tagged_timing_only(path):
    for cell, output in outputs(nbformat.read(path, as_version=4)):
        data = output.get("data", {})
        if SUMMARY in data and any("(s)" in row for row, _ in data[SUMMARY]["rows"]):
            assert "timing" in cell.metadata.get("tags", [])
        if RECORD not in data and "timing" not in cell.metadata.get("tags", []):
            assert not re.search(r"\d s\b(?!/s)", str(data.get("text/plain", "")))


def test_code_cells_are_short(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.source.count("\n") < 30, cell.source


def test_source_is_shown_as_it_is(path):
    for cell in nbformat.read(path, 4).cells:
        names = re.findall(r"lesson\.show_source\((\w+\.\w+)\)", cell.source)
        markdown = [
            output.get("data", {}).get("text/markdown") for output in cell.get("outputs", ())
        ]
        shown = [text for text in markdown if text and text.startswith("```python")]
        assert shown == [f"```python\n{texts.source_of(name)}\n```" for name in names]
