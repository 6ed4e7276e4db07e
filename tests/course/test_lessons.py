"""The lessons as files: their names, parameters and how long they are to read."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
import pytest

from conftest import lesson_notebook
from course import UsageError, lessons


@pytest.fixture
def appendix(project):
    for name in ("A_more", "B_most", "Untitled", "MY_own"):
        nbformat.write(lesson_notebook(), project / "notebooks" / f"{name}.ipynb")
    return project


def stems(names=()):
    return [path.stem for path in lessons.find_lessons(names)]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("1", "01_where"),
        ("01", "01_where"),
        ("01_where", "01_where"),
        ("01_where.ipynb", "01_where"),
        ("A", "A_more"),
        ("a", "A_more"),
        ("A_more", "A_more"),
        ("A_more.ipynb", "A_more"),
        ("b", "B_most"),
    ],
)
def test_names_of_a_lesson(appendix, name, stem):
    assert stems([name]) == [stem]


@pytest.mark.parametrize("name", ["", "0", "C", "AB", "more", "Untitled", "MY", "01_here", "-1"])
def test_what_is_no_lesson_is_refused_with_those_there_are(appendix, name):
    with pytest.raises(UsageError, match="the lessons are 01_where, 02_then, A_more, B_most$"):
        stems([name])


def test_lessons_come_in_order_once_each_and_the_appendix_last(appendix):
    assert stems() == ["01_where", "02_then", "A_more", "B_most"]
    assert stems(["A", "2", "a", "01", "02_then"]) == ["01_where", "02_then", "A_more"]


def test_title_is_the_question(project):
    notebook = lesson_notebook()
    assert lessons.title(notebook) == "Where?"
    notebook.cells[0].source = "# A · Where · exactly?\n\nText"
    assert lessons.title(notebook) == "Where · exactly?"


def test_parameters_reach_the_lesson(project):
    path = project / "notebooks" / "01_where.ipynb"
    wanted = {"EPOCHS": "7", "RATE": "2", "QUICK": "True", "SEED": "3"}
    found = lessons.parameters(path, wanted, quick=False)
    assert found == {"EPOCHS": 7, "RATE": 2.0, "QUICK": True, "SEED": 3}
    assert lessons.parameters(path, {}, quick=True) == {"EPOCHS": 1, "QUICK": True}
    assert lessons.parameters(path, {"EPOCHS": "2"}, quick=True) == {"EPOCHS": 2, "QUICK": True}


def code(lines, *outputs, tags=()):
    """A code cell of so many lines, among them empty ones that do not count."""
    metadata = {"tags": list(tags)} if tags else {}
    shown = [new_output("display_data", bundle) for bundle in outputs]
    return new_code_cell("\n\n".join(["x = 1"] * lines), outputs=shown, metadata=metadata)


FIGURE = {"image/png": "aGk=", "text/plain": "A figure of five words."}


@pytest.mark.parametrize(
    ("cells", "minutes"),
    [
        ([new_markdown_cell("word " * 200)], 1),
        ([new_markdown_cell("word " * 201)], 2),
        ([new_markdown_cell("word " * 200 + "\n```\n" + "code " * 500 + "\n```")], 1),
        ([new_markdown_cell("word " * 200 + "<!-- " + "note " * 500 + "-->")], 1),
        ([new_markdown_cell("word " * 150), new_markdown_cell("word " * 50)], 1),
        ([code(15)], 1),
        ([code(16)], 2),
        ([code(10), code(6)], 2),
        ([code(150, tags=["hide-input"]), code(15)], 1),
        ([code(151, tags=["hide-input"]), code(15)], 2),
        ([code(100, tags=["hide-input"]), code(66, tags=["hide-input"])], 2),
        ([code(16, tags=["timing"])], 2),
        ([code(0, *[FIGURE] * 3)], 1),
        ([code(0, *[FIGURE] * 4)], 2),
        ([code(0, *[FIGURE] * 3, tags=["hide-input"]), code(1)], 2),  # figures are never folded
        ([code(0, {"text/markdown": "word " * 200})], 1),
        ([code(0, {"text/markdown": "word " * 201})], 2),
        ([code(0, {"text/markdown": "```python\n" + "x = 1\n\n" * 15 + "```"})], 1),
        ([code(0, {"text/markdown": "```python\n" + "x = 1\n\n" * 16 + "```"})], 2),
        ([code(0, {"text/plain": "word " * 1000})], 0),
        ([new_markdown_cell("word " * 100), code(15, FIGURE)], 2),  # 1/2 + 1 + 1/3
        ([new_markdown_cell("word " * 100), code(20, FIGURE)], 3),  # 1/2 + 4/3 + 1/3
    ],
)
def test_reading_minutes(cells, minutes):
    notebook = new_notebook(cells=cells)
    assert lessons.reading_minutes(notebook) == minutes


def test_reading_minutes_of_a_file_are_those_of_its_lists_of_lines(tmp_path):
    cells = [new_markdown_cell("word\n" * 201), code(1, {"text/markdown": "word\n" * 201})]
    nbformat.write(new_notebook(cells=cells), tmp_path / "01_where.ipynb")
    notebook = lessons.read_notebook(tmp_path / "01_where.ipynb")
    assert isinstance(notebook["cells"][0]["source"], list)
    assert lessons.reading_minutes(notebook) == 3
