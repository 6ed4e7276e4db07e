"""The command line: list, run and publish the lessons."""

import argparse
import ast
import contextlib
import math
import os
from pathlib import Path
import signal
import sys
import tempfile
import time
import tomllib

from course_utils.results import (
    drop_widgets,
    gather,
    picture,
    read_notebook,
    replace_table,
    results_table,
    title,
    write_page,
    write_published,
    write_results,
)

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
QUICK = ROOT / "tests" / "quick"


class UsageError(Exception):
    """What the user asked for cannot be done; the message says what can."""


def main(argv=None):
    """The `course` command. Returns the exit status: 0, 1 (a lesson failed), 2 (usage), 130."""
    parser = argparse.ArgumentParser(prog="course", description="Run the lessons of the course.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    list_ = commands.add_parser("list", help="name, question and measured minutes of each lesson")
    run = commands.add_parser("run", help="run lessons into notebooks and HTML pages")
    run.add_argument("lessons", nargs="*", metavar="LESSON", help="such as 01; default: all")
    run.add_argument(
        "--quick", action="store_true", help="seconds, not minutes; claims not binding"
    )
    run.add_argument(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        dest="parameters",
        help="set a parameter of the lesson",
    )
    run.add_argument("--seed", metavar="N", help="short for -p SEED N")
    run.add_argument("--out", type=Path, default=ROOT / "build", metavar="DIR")
    publish = commands.add_parser("publish", help="run in full and write the committed notebooks")
    publish.add_argument("lessons", nargs="*", metavar="LESSON")
    results = commands.add_parser("results", help="the table of the committed notebooks' results")
    results.add_argument("--write", action="store_true", help="write it into the README")
    list_.set_defaults(action=_list)
    run.set_defaults(action=_run)
    publish.set_defaults(action=_publish)
    results.set_defaults(action=_results)
    arguments = parser.parse_args(argv)
    try:
        with _terminate_as_interrupt():
            return arguments.action(arguments)
    except UsageError as error:
        print(f"course: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("course: interrupted", file=sys.stderr)
        return 130


# --- the four commands ---------------------------------------------------------------------


def _list(arguments):
    for path in find_lessons():
        notebook = read_notebook(path)
        minutes = gather(notebook)["metrics"].get("total_s", math.nan) / 60
        shown = "not measured" if math.isnan(minutes) else f"{minutes:.1f} min"
        print(f"{path.stem:28} {title(notebook):55} {shown}")
    return 0


def _run(arguments):
    paths = find_lessons(arguments.lessons)
    wanted = dict(arguments.parameters)
    if arguments.seed is not None:
        wanted["SEED"] = arguments.seed
    jobs = [(path, _parameters(path, wanted, arguments.quick)) for path in paths]
    out = arguments.out.resolve()
    _check_writable(out)
    results = _run_all(jobs, out)
    print(f"Notebooks, pages and results.json: {out}")
    return int(any("error" in result for result in results))


def _publish(arguments):
    paths = find_lessons(arguments.lessons)
    with tempfile.TemporaryDirectory(prefix="course-publish-") as folder:
        results = _run_all([(path, {}) for path in paths], Path(folder))
        failed = False
        for path, result in zip(paths, results, strict=False):
            if "error" in result:
                print(f"{path.name} failed and was left as it is", file=sys.stderr)
            elif result["digits"] == "sklearn":
                print(
                    f"{path.name} was left as it is: lessons are published on MNIST, and it "
                    "was not found (see data/README.md)",
                    file=sys.stderr,
                )
            else:
                write_published(read_notebook(Path(folder) / path.name), path)
                continue
            failed = True
    return int(failed)


def _results(arguments):
    table = results_table(find_lessons())
    print(table)
    if arguments.write:
        readme = ROOT / "README.md"
        text = replace_table(readme.read_text(encoding="utf-8"), table)
        readme.write_text(text, encoding="utf-8", newline="\n")
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / "picture.png").write_bytes(picture(find_lessons()))
    return 0


# --- lessons and their parameters ------------------------------------------------------------


def find_lessons(names=()):
    """Paths of the lessons, all or those named: by number (1, 01) or by name."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    allowed = ", ".join(path.stem for path in paths)
    chosen = []
    for name in names:
        number = f"{int(name):02}_" if name.isdecimal() else name.removesuffix(".ipynb")
        found = [path for path in paths if path.stem == number or path.stem.startswith(number)]
        if len(found) != 1 or not name:
            raise UsageError(f"no lesson {name!r}; the lessons are {allowed}")
        chosen += found
    return sorted(set(chosen)) if names else paths


def declared_parameters(notebook):
    """Name and default of every parameter: the assignments of the cell tagged `parameters`."""
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            nodes = ast.parse("".join(cell["source"])).body
            return {
                node.targets[0].id: ast.literal_eval(node.value)
                for node in nodes
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
    return {}


def _parameters(path, wanted, quick):
    declared = declared_parameters(read_notebook(path))
    values = {}
    if quick:
        settings = QUICK / f"{path.stem}.toml"
        if not settings.exists():
            raise UsageError(f"{path.stem} has no quick settings: {settings} is missing")
        values = tomllib.loads(settings.read_text(encoding="utf-8")) | {"QUICK": True}
    for name in (*values, *wanted):
        if name not in declared:
            raise UsageError(
                f"{path.stem} has no parameter {name!r}; it has "
                + ", ".join(f"{known}={default!r}" for known, default in declared.items())
            )
    return values | {name: _parse(name, text, declared[name]) for name, text in wanted.items()}


def _parse(name, text, default):
    """`text` as a value of the default's type and within bounds, or a UsageError."""
    kind = type(default)
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise UsageError(f"{name} must be true or false, got {text!r}")
        return text.lower() == "true"
    if kind is str:
        return text
    least = 0 if name == "SEED" or kind is float else 1
    expected = f"{'an integer' if kind is int else 'a number'} >= {least}"
    try:
        value = kind(text)
    except ValueError:
        raise UsageError(f"{name} must be {expected}, got {text!r}") from None
    if not (math.isfinite(value) and least <= value < 2**32):
        raise UsageError(f"{name} must be {expected} and below 2**32, got {text}")
    return value


def _check_writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror}") from None


# --- running ---------------------------------------------------------------------------------


def _run_all(jobs, out):
    """Run each (path, parameters) into `out`; results, with an "error" where one failed."""
    from rich.console import Console

    console = Console(highlight=False)
    results = []
    try:
        for number, (path, parameters) in enumerate(jobs, start=1):
            print(f"[{number}/{len(jobs)}] {path.stem}", flush=True)
            results.append(_run_one(path, parameters, out))
            write_results(out / "results.json", results)
            if results[-1].get("error", {}).get("message") == "interrupted":
                raise KeyboardInterrupt
    finally:
        if results:
            _print_summary(console, results)
    return results


def _run_one(path, parameters, out):
    import papermill

    target = out / path.name
    started = time.perf_counter()
    error = None
    try:
        bar = {"desc": "  cells", "file": sys.stdout, "leave": False, "disable": None}
        with _stderr_into(target.with_suffix(".log")):
            papermill.execute_notebook(path, target, parameters, cwd=NOTEBOOKS, progress_bar=bar)
    except papermill.PapermillExecutionError as failure:
        error = {"cell": failure.exec_count, "message": f"{failure.ename}: {failure.evalue}"}
    except KeyboardInterrupt:
        error = {"cell": None, "message": "interrupted"}
    except Exception as failure:  # a kernel that died or never came: the other lessons still run
        error = {"cell": None, "message": f"{type(failure).__name__}: {failure}"}
    seconds = time.perf_counter() - started
    if target.exists():
        drop_widgets(target)
    found = gather(read_notebook(target)) if target.exists() else gather({"cells": []})
    found["quick"] = bool(found["quick"] or parameters.get("QUICK"))
    result = {"lesson": path.stem, **found, "seconds": round(seconds, 1)}
    if error is not None:
        return result | {"error": error}
    write_page(target)
    return result


def _print_summary(console, results):
    from rich.table import Table

    table = Table("lesson", "result", "claims", "seconds", title="Summary")
    for result in results:
        claims = [claim["passed"] for claim in result["claims"]]
        kept = f"{sum(claims)} of {len(claims)}" + (" (quick)" if result["quick"] else "")
        state = "failed" if "error" in result else "done"
        table.add_row(result["lesson"], state, kept, f"{result['seconds']:.1f}")
    console.print(table)
    for result in results:
        if error := result.get("error"):
            where = f" in cell [{error['cell']}]" if error["cell"] else ""
            line = f"{result['lesson']} failed{where}: {error['message'].splitlines()[0]}"
            console.print(line, soft_wrap=True, markup=False)
    console.print(f"{sum(result['seconds'] for result in results) / 60:.1f} minutes in all")


@contextlib.contextmanager
def _stderr_into(path):
    """Send this process's stderr to a file: the kernel inherits it, and TensorFlow chatters."""
    kept = os.dup(2)
    try:
        with path.open("wb") as log:
            os.dup2(log.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def _terminate_as_interrupt():
    """Let SIGTERM end a run as Ctrl-C does: partial results kept, no kernel left behind."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
