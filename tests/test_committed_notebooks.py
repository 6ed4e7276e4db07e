"""What holds for every committed notebook, read as a file."""

import importlib
import inspect
import math
import re

from course_utils import RECORD, SUMMARY, results, runner
import nbformat
import pytest

PATHS = runner.find_lessons()
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
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


def test_every_figure_has_a_sentence(path):
    for cell, output in outputs(nbformat.read(path, as_version=4)):
        if "image/png" in output.get("data", {}):
            sentence = output.data["text/plain"]
            assert re.fullmatch(r"[A-Z][^<>]{20,}\.", sentence), (cell.source, sentence)
            assert output.metadata["image/png"]["alt"] == sentence


def test_ran_in_full_on_mnist_and_all_claims_hold(path):
    found = results.gather(results.read_notebook(path))
    assert found["quick"] is False
    assert found["seed"] == 0
    assert found["digits"] in ("mnist", None)
    assert found["claims"]
    assert all(claim["passed"] for claim in found["claims"])


def test_minutes_in_the_title_are_the_measured_ones(path):
    notebook = results.read_notebook(path)
    minutes = math.ceil(results.gather(notebook)["metrics"]["total_s"] / 60)
    assert re.search(rf"About \*\*{minutes} minutes?\*\*", "".join(notebook["cells"][0]["source"]))


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
        names = re.findall(r"lesson\.show_source\((\w+)\.(\w+)\)", cell.source)
        markdown = [
            output.get("data", {}).get("text/markdown") for output in cell.get("outputs", ())
        ]
        shown = [text for text in markdown if text and text.startswith("```python")]
        modules = [importlib.import_module(f"course_utils.{module}") for module, _ in names]
        sources = [
            inspect.getsource(getattr(module, name)).rstrip()
            for module, (_, name) in zip(modules, names, strict=True)
        ]
        assert shown == [f"```python\n{source}\n```" for source in sources]
