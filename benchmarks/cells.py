"""Where the time of the lessons goes: the seconds of each kind of cell."""

import re

from course.lessons import read_notebook
from course.results import gather

KINDS = ("import", "training", "figures", "the rest")


def cells(folder):
    """Seconds of each of KINDS for every executed notebook under a folder: {lesson: {...}}.

    The first code cell imports; a cell trains that shows the line of `training.Progress`, and is
    one of figures if it shows a picture and trains nothing; the rest makes data and evaluates. Of
    several runs of a lesson the last by name counts. Raises FileNotFoundError when there is none.
    """
    found = {}
    for path in sorted(folder.rglob("*_*.ipynb")):
        notebook = read_notebook(path)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        if gather(notebook)["quick"] or not all(_seconds(cell) for cell in code):
            continue
        seconds = dict.fromkeys(KINDS, 0.0)
        for number, cell in enumerate(code):
            seconds["import" if number == 0 else _kind(cell)] += _seconds(cell)
        found[path.stem] = {kind: round(value, 1) for kind, value in seconds.items()}
    if not found:
        raise FileNotFoundError(f"no complete runs under {folder}: `course run` makes them")
    return found


def _seconds(cell):
    return cell["metadata"].get("papermill", {}).get("duration")


def _kind(cell):
    shown = [output.get("data", {}) for output in cell["outputs"]]
    if any(re.match(r"epoch \d+ of \d+", "".join(data.get("text/plain", ""))) for data in shown):
        return "training"
    return "figures" if any("image/png" in data for data in shown) else "the rest"
