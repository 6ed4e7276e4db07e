"""The committed notebooks once more: does every number come out as it stands there?

Runs lessons in full, as they were published, and compares with the committed files, cell by cell:
every record, every claim, and the bytes of every figure. Times are left out: they are never the
same. Another processor rounds otherwise: for it `--tolerance` asks that every claim holds, and that
no record is further away than LIMIT standard deviations over the committed seeds.
"""

import argparse
import math
from pathlib import Path
import re
import statistics
import sys
import tempfile

from course_utils import CLAIM, RECORD

import course
from course import cli, lessons, run
from course.results import read_results

LIMIT = 3


def main(argv=None):
    """Exit status 0, 1 (something differs, or a lesson failed), 2 (usage) or 130 (interrupted)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    parser.add_argument(
        "--tolerance",
        action="store_true",
        help="for another machine: claims must hold, and records be no further away than "
        f"{LIMIT} standard deviations over the committed seeds; a table says how far they are",
    )
    arguments = parser.parse_args(argv)
    return cli.exit_status("reproduce", lambda: reproduce(arguments.lessons, arguments.tolerance))


def reproduce(names, tolerance):
    """Run the lessons and say of each what differs; 1 if anything does."""
    paths = lessons.find_lessons(names)
    results = read_results(course.RESULTS)
    same, rows = [], []
    good = f"the same within {LIMIT} deviations" if tolerance else "the same"

    def run_and_compare(todo):
        for (path, _, out), result in zip(todo, run.here(todo), strict=True):
            yield result
            if "error" in result:
                lines = [f"failed: {result['error']['message']}"]
            else:
                pair = [lessons.read_notebook(where / path.name) for where in (path.parent, out)]
                if tolerance:
                    lines, apart = judge(*pair, deviations(path, results))
                    rows.extend((*row, path.stem.split("_")[0]) for row in apart)
                else:
                    lines = compare(*pair)
            print(f"{path.stem}: " + (f"{len(lines)} differences" if lines else good))
            print("".join(f"  {line}\n" for line in lines), end="", flush=True)
            same.append(not lines)

    with tempfile.TemporaryDirectory(prefix="course-reproduce-") as folder:
        out = Path(folder)
        run.run_jobs([(path, {}, out) for path in paths], out / "results.json", run_and_compare)
    print(table(rows), end="")
    allowed = f" within {LIMIT} deviations; {len(rows)} records differ" if tolerance else ""
    print(f"{sum(same)} of {len(paths)} lessons came out as they are committed{allowed}")
    return int(not all(same))


def compare(committed, run):
    """What differs between the outputs of two notebooks, one line each."""
    lines = []
    cells = [cell for cell in committed["cells"] if cell["cell_type"] == "code"]
    again = [cell for cell in run["cells"] if cell["cell_type"] == "code"]
    if len(cells) != len(again):
        return [f"{len(cells)} code cells are committed, {len(again)} were run"]
    for before, after in zip(cells, again, strict=True):
        where = f"cell [{before['execution_count']}]"
        (records, claims, figures), (new_records, new_claims, new_figures) = (
            _shown([cell]) for cell in (before, after)
        )
        for name in sorted(records.keys() | new_records.keys()):
            old, new = records.get(name), new_records.get(name)
            if old != new:
                lines.append(f"{where}: {name} was {old}, is {new}")
        if len(claims) != len(new_claims):
            lines.append(
                f"{where}: {len(claims)} claims are committed, {len(new_claims)} were made"
            )
        for old, new in zip(claims, new_claims, strict=False):
            if old["passed"] != new["passed"]:
                lines.append(f"{where}: holds once only: {old['sentence']}")
            elif _timeless(old) != _timeless(new):
                lines.append(f"{where}: {_said(old)}; now: {_said(new)}")
        if "timing" not in before["metadata"].get("tags", []):
            changed = sum(a != b for a, b in zip(figures, new_figures, strict=False))
            changed += abs(len(figures) - len(new_figures))
            if changed:
                lines.append(f"{where}: {changed} of {len(figures)} figures differ")
    return lines


def judge(committed, run, deviations):
    """What another processor does not explain, one line each; and each record that differs:
    (how many deviations apart, its name, committed, now).

    deviations: standard deviation of each record. Without one, or where it is 0, a record must be
    equal to nine digits.
    """
    (records, claims, figures), (new_records, new_claims, new_figures) = (
        _shown(notebook["cells"]) for notebook in (committed, run)
    )
    lines, rows = [], []
    for name in sorted(records.keys() | new_records.keys()):
        old, new = records.get(name), new_records.get(name)
        if None in (old, new):
            lines.append(f"{name} was {old}, is {new}")
        elif old != new:
            apart = _apart(old, new, deviations.get(name))
            rows.append((apart, name, old, new))
            if apart > LIMIT:
                lines.append(f"{name} was {old}, is {new}: {apart:.1f} deviations away")
    lines += [f"holds no longer: {_said(claim)}" for claim in new_claims if not claim["passed"]]
    for what, old, new in (("claims", claims, new_claims), ("figures", figures, new_figures)):
        if len(old) != len(new):
            lines.append(f"{len(old)} {what} are committed, {len(new)} were made")
    return lines, rows


def _apart(old, new, deviation):
    if math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-9):
        return 0.0
    return abs(new - old) / deviation if deviation else math.inf


def deviations(path, results):
    """Of each record of a lesson the standard deviation over its seeds; none of a single seed."""
    seeds = [result["metrics"] for result in results if result["lesson"] == path.stem]
    names = set.intersection(*map(set, seeds)) if len(seeds) > 1 else ()
    return {name: statistics.stdev(of[name] for of in seeds) for name in names}


def table(rows):
    """Lines for (how many deviations apart, name, committed, now, lesson), the furthest first."""
    heads = "committed", "now", "apart", "relative", "deviations"
    lines = [f"   {'record':34}" + "".join(f"{head:>12}" for head in heads)] if rows else []
    for apart, name, old, new, lesson in sorted(rows, key=lambda row: -row[0]):
        off = abs(new - old)
        relative = f"{off / abs(old):.1e}" if old else "-"
        numbers = f"{old:12.6g}{new:12.6g}{off:12.1e}{relative:>12}{apart:12.2f}"
        lines.append(f"{lesson:3}{name:34}{numbers}")
    return "".join(f"{line}\n" for line in lines)


def _shown(cells):
    """What cells show: their records but times, their claims, their figures."""
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    records = {name: value for data in bundles for name, value in data.get(RECORD, {}).items()}
    timeless = {name: value for name, value in records.items() if not name.endswith(("_s", "_ms"))}
    claims = [data[CLAIM] for data in bundles if CLAIM in data]
    return timeless, claims, [data["image/png"] for data in bundles if "image/png" in data]


def _timeless(claim):
    if claim["unit"] in ("s", "s/s"):  # of such a sentence any number may be a time, or of times
        return re.sub(r"\d[\d.,]*", "", claim["sentence"]), None
    return re.sub(r"\d+ s\b", "", claim["sentence"]), claim["value"]


def _said(claim):
    return f"{claim['sentence']}: {claim['value']}"


if __name__ == "__main__":
    sys.exit(main())
