"""For all tests: where MNIST may lie, and what nbval must not compare."""

import os
from pathlib import Path
import shutil
import time

from course_utils import CLAIM, RECORD, SETUP, SUMMARY
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
import numpy as np
import pytest

import course
from course import cli, fingerprint, lessons, results

# A busy machine is no failure; and the same examples in every run, as everything here.
settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")

ROOT = Path(__file__).resolve().parent
SHARED = ROOT.parent / "shared" / "data"
if SHARED.exists():
    os.environ.setdefault("COURSE_DATA", str(SHARED))


def pytest_collectstart(collector):
    # Measured numbers differ between machines; that the claims hold is checked by the cells.
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += (RECORD, CLAIM, SETUP, SUMMARY)


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium without a window, or a skip that says what is missing."""
    from lab import BROWSERS, FLAGS

    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield window
        window.close()


@st.composite
def some_boxes(draw, least=1, most=6):
    """Boxes (N, 4) of whole numbers, with positive sides."""
    n = draw(st.integers(least, most))
    corner = draw(arrays("int64", (n, 2), elements=st.integers(-50, 50)))
    size = draw(arrays("int64", corner.shape, elements=st.integers(1, 40)))
    return np.concatenate([corner, corner + size], axis=1)


def gradients(function, *arrays):
    """Gradients of the sum of what `function` of `arrays` returns, by the backend of Keras."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        argnums = tuple(range(len(arrays)))
        found = jax.grad(lambda *of: keras.ops.sum(function(*of)), argnums)(*arrays)
    else:
        import tensorflow

        variables = [tensorflow.Variable(array) for array in arrays]
        with tensorflow.GradientTape() as tape:
            out = function(*variables)
        found = tape.gradient(out, variables, unconnected_gradients="zero")
        found = [tensorflow.convert_to_tensor(slope) for slope in found]
    return [np.array(slope) for slope in found]


def lesson_notebook(*cells, outputs=()):
    """A small lesson: a title, parameters, and the given sources as cells."""
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# 01 · Where?\n\nAbout **9 minutes**."),
            new_code_cell("SEED = 0\nEPOCHS = 5\nRATE = 0.1\nQUICK = False  # a flag"),
            *[new_code_cell(source) for source in cells],
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}},
    )
    notebook.cells[1].metadata["tags"] = ["parameters"]
    for mime, content in outputs:
        notebook.cells[1].outputs.append(
            new_output("display_data", {mime: content, "text/plain": "line"})
        )
    return notebook


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder (with a space in its name) that holds two small lessons."""
    root = tmp_path / "a course"
    for name, folder in (("NOTEBOOKS", "notebooks"), ("QUICK", "quick")):
        (root / folder).mkdir(parents=True)
        monkeypatch.setattr(course, name, root / folder)
    monkeypatch.setattr(course, "ROOT", root)
    monkeypatch.setattr(course, "RESULTS", root / "benchmarks" / "seeds.json")
    (root / "benchmarks").mkdir()
    marks = "\n".join(results.MARKS)
    (root / "README.md").write_text(f"before\n{marks}\nafter\n", encoding="utf-8")
    marks = "\n".join(results.TIMES)
    (root / "benchmarks" / "README.md").write_text(marks, encoding="utf-8")
    for name in ("01_where", "02_then"):
        nbformat.write(lesson_notebook("1 + 1"), root / "notebooks" / f"{name}.ipynb")
        (root / "quick" / f"{name}.toml").write_text("EPOCHS = 1\n")
    return root


RECORDED = {
    SETUP: {"seed": 0, "quick": False, "versions": {"keras": "3"}},
    RECORD: {"mae_px": 0.5, "total_s": 61.0},
    CLAIM: {
        "sentence": "S",
        "value": 1,
        "bound": 2,
        "sense": "at_most",
        "unit": "",
        "passed": True,
    },
    SUMMARY: {
        "columns": [["baseline", "argmax"], ["recipe", "R"], ["ours", "O"], ["limit", "exact"]],
        "rows": [["error (px)", [0, 15.8, 0.001, None]], ["parameters", [0, 1, 2, 3]]],
    },
}
# Source of a cell that records its seed, as `lesson.record` would.
RECORDING = f"""
from IPython.display import display
display({{"text/plain": "x", {RECORD!r}: {{"answer": SEED}}}}, raw=True)
"""


def result_of(path, seed, ours=0.001, **changes):
    """A result as a full run of a lesson leaves it, with `ours` in its summary."""
    found = results.gather(lessons.read_notebook(path))
    row = ["error (px)", [0, 15.8, ours, None]]
    columns = RECORDED[SUMMARY]["columns"]
    found |= {"seed": seed, "quick": False, "digits": "mnist", "metrics": {"total_s": 61.0}}
    found |= {"summary": {"columns": columns, "rows": [row]}, "seconds": 70.0}
    found["versions"] = {"python": "3.12", "keras": "3.15"}
    place = {"system": "Linux x86_64", "processor": "Chip", "cores": 2}
    made_by = fingerprint.lesson_fingerprint(path, course.ROOT)
    about = {"lesson": path.stem, "parameters": {"SEED": seed}, "made_by": made_by}
    return {**about, **found, "machine": place, **changes}


def command(*arguments):
    """Exit status of the command `course` with these arguments, in this process."""
    return cli.main([str(argument) for argument in arguments])


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def bound_by_permissions(command):
    """`command` so that it must heed permissions also where root runs it."""
    if getattr(os, "geteuid", lambda: 1)() == 0 and shutil.which("setpriv"):
        without = "-dac_override,-dac_read_search"
        return ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}", *command]
    return command
