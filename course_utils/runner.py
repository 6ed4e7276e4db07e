"""The command line: list, run and publish the lessons."""

import argparse
import ast
import contextlib
import functools
import math
from pathlib import Path
import re
import signal
import sys
import tempfile
import tomllib

from course_utils import jobs
from course_utils.results import (
    gather,
    merged,
    picture,
    read_notebook,
    read_results,
    replace_table,
    results_table,
    title,
    unfit,
    write_published,
    write_results,
)

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
QUICK = ROOT / "tests" / "quick"
RESULTS = ROOT / "benchmarks" / "seeds.json"  # every lesson under three seeds, committed


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
    seeds = run.add_mutually_exclusive_group()
    seeds.add_argument("--seed", metavar="N", help="short for -p SEED N")
    seeds.add_argument(
        "--seeds", nargs="+", metavar="N", help="run under each; what is finished is not run again"
    )
    run.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the Dask cluster there (tcp://host:8786)"
    )
    run.add_argument("--timeout", type=_minutes, metavar="MINUTES", help="end a lesson after that")
    run.add_argument("--out", type=Path, default=ROOT / "build", metavar="DIR")
    publish = commands.add_parser("publish", help="run in full and write the committed notebooks")
    publish.add_argument("lessons", nargs="*", metavar="LESSON")
    results = commands.add_parser("results", help="the table of the committed results")
    results.add_argument(
        "file", nargs="?", type=Path, help="add the results of this results.json to them"
    )
    results.add_argument(
        "--write", action="store_true", help="keep the results, write the table into the README"
    )
    colab = commands.add_parser("colab", help="write each lesson as one file for Google Colab")
    colab.add_argument("lessons", nargs="*", metavar="LESSON")
    colab.add_argument("--out", type=Path, default=ROOT / "build" / "colab", metavar="DIR")
    colab.add_argument(
        "--repo",
        metavar="OWNER/NAME",
        help="write badges that open the files there; `none` removes them; default: the git remote",
    )
    colab.add_argument("--branch", default="colab", help="that holds the files (default: colab)")
    list_.set_defaults(action=_list)
    run.set_defaults(action=_run)
    publish.set_defaults(action=_publish)
    results.set_defaults(action=_results)
    colab.set_defaults(action=_colab)
    arguments = parser.parse_args(argv)
    return exit_status("course", lambda: arguments.action(arguments))


def exit_status(name, action):
    """What `action` returns, or 2 after a UsageError, 130 after Ctrl-C or SIGTERM, and one line."""
    try:
        with _terminate_as_interrupt():
            return action()
    except UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130


# --- the five commands ---------------------------------------------------------------------


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
    out = arguments.out.resolve()
    if arguments.seeds is None:
        if arguments.seed is not None:
            wanted["SEED"] = arguments.seed
        todo = [(path, _parameters(path, wanted, arguments.quick), out) for path in paths]
    else:
        todo = []
        for path in paths:
            for seed in dict.fromkeys(arguments.seeds):
                parameters = _parameters(path, wanted | {"SEED": seed}, arguments.quick)
                todo.append((path, parameters, out / f"seed-{parameters['SEED']}"))
    _check_writable(out)
    with _alone_in(out):
        if arguments.scheduler is None:
            run = functools.partial(jobs.here, minutes=arguments.timeout)
        else:
            run = _cluster(arguments.scheduler, arguments.timeout)
        if arguments.seeds is not None:
            todo = jobs.unfinished(todo, out / "results.json")
        results = jobs.run_jobs(todo, out / "results.json", run)
    print(f"Notebooks, pages and results.json: {out}")
    return int(any("error" in result for result in results))


def _cluster(address, minutes):
    try:
        return jobs.on_cluster(address, minutes)
    except ImportError:
        raise UsageError(
            "--scheduler needs dask.distributed: pip install 'localization-course[dask]'"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler at {address!r}: {error}") from None


def _publish(arguments):
    paths = find_lessons(arguments.lessons)

    def run_and_write(todo):
        """Each notebook is written when it is done: an interrupted run keeps what it has."""
        for (path, _, folder), result in zip(todo, jobs.here(todo), strict=True):
            if reason := unfit(result, path):
                result = result | {"unpublished": reason}
                print(f"{path.name} is left as it was: {reason}", file=sys.stderr)
            else:
                write_published(read_notebook(folder / path.name), path)
                write_results(RESULTS, [*read_results(RESULTS), result])
            yield result

    with tempfile.TemporaryDirectory(prefix="course-publish-") as folder:
        todo: list = [(path, {}, Path(folder)) for path in paths]
        results = jobs.run_jobs(todo, Path(folder) / "results.json", run_and_write)
    return int(any("unpublished" in result for result in results))


def _results(arguments):
    paths = {path.stem: path for path in find_lessons()}
    found = read_results(RESULTS)
    if arguments.file:
        new = read_results(arguments.file)
        if not new:
            raise UsageError(f"{arguments.file} holds no results; `course run` writes results.json")
        found += new
    fit = []
    for result in found:
        path = paths.get(result["lesson"])
        if reason := unfit(result, path) if path else "there is no such lesson":
            name = f"{result['lesson']}, seed {result['seed']}"
            print(f"{name} is left out: {reason}", file=sys.stderr)
        else:
            fit.append(result)
    table = results_table(paths.values(), merged(fit))
    print(table)
    if arguments.write:
        write_results(RESULTS, fit)
        readme = ROOT / "README.md"
        text = replace_table(readme.read_text(encoding="utf-8"), table)
        readme.write_text(text, encoding="utf-8", newline="\n")
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs" / "picture.png").write_bytes(picture(paths.values()))
    return 0


def _colab(arguments):
    from course_utils import colab

    paths = find_lessons(arguments.lessons)
    repository = arguments.repo or colab.remote_repository(ROOT)
    if repository == "none":
        repository = None
    elif repository and not re.fullmatch(colab.REPOSITORY, repository):
        raise UsageError(f"--repo must be OWNER/NAME on GitHub, or none, got {repository!r}")
    if not re.fullmatch(r"[\w./-]+", arguments.branch):
        raise UsageError(f"--branch must be the name of a branch, got {arguments.branch!r}")
    out = arguments.out.resolve()
    _check_writable(out)
    colab.write_badges(find_lessons(), ROOT / "README.md", repository, arguments.branch)
    for path in paths:
        colab.export(path, out)
    print(f"{len(paths)} notebooks to upload: {out}")
    opened = (
        f"open {repository}, branch {arguments.branch}" if repository else "none, no repository"
    )
    print(f"Badges in notebooks/ and README.md: {opened}")
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


def _minutes(text):
    with contextlib.suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"invalid number of minutes: {text!r}")


@contextlib.contextmanager
def _alone_in(folder):
    """Refuse a second run into a folder: each would overwrite what the other writes."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / ".course.lock", timeout=0):
            yield
    except Timeout:
        raise UsageError(
            f"another run is writing into {folder}: wait for its end, or choose another --out"
        ) from None


def _check_writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror}") from None


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
