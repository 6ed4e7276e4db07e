"""``python -m benchmarks [PART…]``: recipes against the lessons, and how time grows."""

import argparse
import contextlib
import importlib.metadata
import json
import os
from pathlib import Path
import platform
import sys

os.environ["MPLBACKEND"] = "agg"

from benchmarks import report
from benchmarks.contest import contest
from benchmarks.determinism import determinism
from benchmarks.growth import growth
from benchmarks.sides import CONTESTS
from course.results import machine

HERE = Path(__file__).resolve().parent


def main(argv=None):
    """Run the parts; exit status 0, 1 (a part failed), 2 (usage) or 130 (interrupted)."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    parts = [*CONTESTS, "growth", "determinism"]
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--quick", action="store_true", help="a trial: seconds, numbers mean little"
    )
    build = HERE.parent / "build"
    parser.add_argument(
        "--out", type=Path, help="for results and table; default: here, of a trial build/benchmarks"
    )
    arguments = parser.parse_args(argv)
    if unknown := sorted(set(arguments.parts) - set(parts)):
        parser.error(f"no part {', '.join(unknown)}; the parts are {', '.join(parts)}")
    out = arguments.out or (build / "benchmarks" if arguments.quick else HERE)
    file = out / "results.json"
    found = json.loads(file.read_text("utf-8")) if file.exists() else {}
    status = 0
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for part in arguments.parts or parts:
            task = progress.add_task(part, total=1)

            def show(*said, part=part, task=task):
                progress.update(task, description=f"{part} · {report.brief(*said)}")

            try:
                result = run(part, arguments.seed, arguments.quick, show)
            except KeyboardInterrupt:
                print("benchmarks: interrupted; what was finished is kept", file=sys.stderr)
                return 130
            except Exception as failure:
                print(f"{part} failed: {type(failure).__name__}: {failure}", file=sys.stderr)
                status = 1
                continue
            found[part] = result | {"seed": arguments.seed, "where": where()}
            found = {name: found[name] for name in parts if name in found}
            progress.update(task, completed=1, description=f"{part} · done")
            if not progress.console.is_terminal:  # there the lines above do not show until the end
                print(f"{part}: done", flush=True)
            report.write(found, out)  # after each part: nothing is lost
    print(report.table(found))
    return status


def run(part, seed, quick, show):
    """The result of one part, a dict that JSON can hold."""
    if part in CONTESTS:
        return contest(part, seed, quick, show)
    if part == "determinism":
        return determinism(quick, show)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        return growth(seed, quick, show)


def where():
    names = ("tensorflow", "keras", "numpy")
    packages = importlib.metadata.packages_distributions()
    versions = {name: importlib.metadata.version(packages[name][0]) for name in names}
    return machine() | {"versions": {"python": platform.python_version()} | versions}


if __name__ == "__main__":
    sys.exit(main())
