"""The committed notebooks once more: does every number come out as it stands there?

Runs lessons in full, as they were published, and compares with the committed files, cell by cell:
every record within `--tolerance` (relative), every claim, and the bytes of every figure. Times are
left out: they are never the same.
"""

import argparse
import math
from pathlib import Path
import sys
import tempfile

from course_utils import CLAIM, RECORD

from course import cli, lessons, run


def main(argv=None):
    """Exit status 0, 1 (something differs, or a lesson failed), 2 (usage) or 130 (interrupted)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    parser.add_argument("--tolerance", type=float, default=0.0, help="relative (default 0: equal)")
    arguments = parser.parse_args(argv)
    return cli.exit_status("reproduce", lambda: reproduce(arguments.lessons, arguments.tolerance))


def reproduce(names, tolerance):
    """Run the lessons and say of each what differs; 1 if anything does."""
    paths = lessons.find_lessons(names)
    same = []

    def run_and_compare(todo):
        for (path, _, out), result in zip(todo, run.here(todo), strict=True):
            yield result
            if "error" in result:
                lines = [f"failed: {result['error']['message']}"]
            else:
                pair = [lessons.read_notebook(where / path.name) for where in (path.parent, out)]
                lines = compare(*pair, tolerance)
            print(f"{path.stem}: " + ("the same" if not lines else f"{len(lines)} differences"))
            print("".join(f"  {line}\n" for line in lines), end="", flush=True)
            same.append(not lines)

    with tempfile.TemporaryDirectory(prefix="course-reproduce-") as folder:
        out = Path(folder)
        run.run_jobs([(path, {}, out) for path in paths], out / "results.json", run_and_compare)
    print(f"{sum(same)} of {len(paths)} lessons came out as they are committed")
    return int(not all(same))


def compare(committed, run, tolerance):
    """What differs between the outputs of two notebooks, one line each."""
    lines = []
    cells = [cell for cell in committed["cells"] if cell["cell_type"] == "code"]
    again = [cell for cell in run["cells"] if cell["cell_type"] == "code"]
    if len(cells) != len(again):
        return [f"{len(cells)} code cells are committed, {len(again)} were run"]
    for before, after in zip(cells, again, strict=True):
        where = f"cell [{before['execution_count']}]"
        old, new = ([o.get("data", {}) for o in cell["outputs"]] for cell in (before, after))
        records = [
            {name: value for data in side for name, value in data.get(RECORD, {}).items()}
            for side in (old, new)
        ]
        for name in sorted(records[0].keys() | records[1].keys()):
            values = [side.get(name) for side in records]
            if not (name.endswith(("_s", "_ms")) or _close(*values, tolerance)):
                lines.append(f"{where}: {name} was {values[0]}, is {values[1]}")
        claims = [
            {data[CLAIM]["sentence"]: data[CLAIM] for data in side if CLAIM in data}
            for side in (old, new)
        ]
        for sentence in sorted(claims[0].keys() | claims[1].keys()):
            sides = [side.get(sentence) for side in claims]
            if None in sides:
                lines.append(f"{where}: claimed once only: {sentence}")
            elif sides[0]["passed"] != sides[1]["passed"]:
                lines.append(f"{where}: holds once only: {sentence}")
            elif sides[0]["unit"] not in ("s", "s/s"):
                values = [side["value"] for side in sides]
                if not _close(*values, tolerance):
                    lines.append(f"{where}: {sentence}: was {values[0]}, is {values[1]}")
        figures = [
            [data["image/png"] for data in side if "image/png" in data] for side in (old, new)
        ]
        if tolerance == 0 and "timing" not in before["metadata"].get("tags", []):
            changed = sum(a != b for a, b in zip(*figures, strict=False))
            changed += abs(len(figures[0]) - len(figures[1]))
            if changed:
                lines.append(f"{where}: {changed} of {len(figures[0])} figures differ")
    return lines


def _close(old, new, tolerance):
    return None not in (old, new) and math.isclose(old, new, rel_tol=tolerance)


if __name__ == "__main__":
    sys.exit(main())
