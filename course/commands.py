"""What each command does; its arguments are those that `cli` has parsed."""

import contextlib
import functools
from pathlib import Path
import re
import sys
import tempfile

import course
from course import UsageError, detect, run
from course.lessons import find_lessons, parameters, read_notebook, reading_minutes, title
from course.publish import write_minutes, write_published
from course.results import (
    MARKS,
    TIMES,
    fastest,
    merged,
    minutes,
    read_results,
    replace_table,
    results_table,
    times_table,
    unfit,
    write_results,
)
from course.texts import renew_texts


def list_lessons(arguments):
    measured = read_results(course.RESULTS)
    for path in find_lessons():
        notebook = read_notebook(path)
        run = fastest(path, measured)
        to_run = f"{run['metrics']['total_s'] / 60:.1f} min to run" if run else "not measured"
        print(
            f"{path.stem:24} {title(notebook):52} {to_run:>14}, "
            f"{reading_minutes(notebook):2} min to read"
        )
    return 0


def run_lessons(arguments):
    paths = find_lessons(arguments.lessons)
    wanted = dict(arguments.parameters)
    out = arguments.out.resolve()
    if arguments.seeds is None:
        if arguments.seed is not None:
            wanted["SEED"] = arguments.seed
        todo = [(path, parameters(path, wanted, arguments.quick), out) for path in paths]
    else:
        todo = []
        for path in paths:
            for seed in dict.fromkeys(arguments.seeds):
                values = parameters(path, wanted | {"SEED": seed}, arguments.quick)
                todo.append((path, values, out / f"seed-{values['SEED']}"))
    with _alone_in(out):
        if arguments.scheduler is None:
            run_them = functools.partial(run.here, minutes=arguments.timeout)
        else:
            run_them = _on_cluster(arguments.scheduler, arguments.timeout)
        if arguments.seeds is not None:
            todo = run.unfinished(todo, out / "results.json")
        found = run.run_jobs(todo, out / "results.json", run_them)
    print(f"Notebooks, pages and results.json: {out}")
    return int(any("error" in result for result in found))


def _on_cluster(address, minutes):
    from course import cluster

    try:
        return cluster.on_cluster(address, minutes)
    except ImportError:
        raise UsageError(
            "--scheduler needs dask.distributed: pip install 'localization-course[dask]'"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler at {address!r}: {error}") from None


def publish_lessons(arguments):
    paths = find_lessons(arguments.lessons)
    if arguments.texts:
        for path in paths:
            print(f"{path.stem}: {renew_texts(path)} cells renewed")
        return 0

    def run_and_write(todo):
        """Each notebook is written when it is done: an interrupted run keeps what it has."""
        for (path, _, folder), result in zip(todo, run.here(todo), strict=True):
            if reason := unfit(result, path):
                result = result | {"unpublished": reason}
                print(f"{path.name} is left as it was: {reason}", file=sys.stderr)
            else:
                write_published(read_notebook(folder / path.name), path, result["made_by"])
                write_results(course.RESULTS, [*read_results(course.RESULTS), result])
                _renew_minutes([path])
            yield result

    with tempfile.TemporaryDirectory(prefix="course-publish-") as folder:
        todo: list = [(path, {}, Path(folder)) for path in paths]
        found = run.run_jobs(todo, Path(folder) / "results.json", run_and_write)
    return int(any("unpublished" in result for result in found))


def _renew_minutes(paths):
    """Headers of committed notebooks say the minutes of the fastest run, as the tables do."""
    measured = read_results(course.RESULTS)
    for path in paths:
        to_run, to_read = minutes(path, measured)
        if to_run:
            write_minutes(path, to_run, to_read)


def show_results(arguments):
    paths = {path.stem: path for path in find_lessons()}
    found = read_results(course.RESULTS)
    if arguments.file:
        new = read_results(arguments.file)
        if not new:
            raise UsageError(f"{arguments.file} holds no results; `course run` writes results.json")
        for result in new:  # what stands in the committed file is `course stale`'s affair
            path = paths.get(result["lesson"])
            if reason := unfit(result, path) if path else "there is no such lesson":
                name = f"{result['lesson']}, seed {result['seed']}"
                print(f"{name} is left out: {reason}", file=sys.stderr)
            else:
                found.append(result)
    found = merged(result for result in found if result["lesson"] in paths)
    table = results_table(paths.values(), found)
    print(table)
    if arguments.write:
        write_results(course.RESULTS, found)
        _renew_minutes(paths.values())
        times = times_table(paths.values(), found)
        for file, shown, marks in (
            (course.ROOT / "README.md", table, MARKS),
            (course.ROOT / "benchmarks" / "README.md", times, TIMES),
        ):
            text = replace_table(file.read_text(encoding="utf-8"), shown, marks)
            file.write_text(text, encoding="utf-8", newline="\n")
    return 0


def show_stale(arguments):
    from course import stale

    return stale.main(arguments.strict)


def show_exercises(arguments):
    from course import answers

    answers.write_generated() if arguments.write else answers.list_exercises()
    return 0


def check_answers(arguments):
    from course import answers

    asked = arguments.file, arguments.exercises, arguments.timeout, arguments.seed
    return int(not answers.check_file(*asked))


def detect_digits(arguments):
    out = arguments.out.resolve()
    with _alone_in(out):
        return detect.main(arguments.pictures, arguments.model, out, arguments.score)


def export_for_colab(arguments):
    from course import colab

    paths = find_lessons(arguments.lessons)
    repository = arguments.repo or colab.remote_repository(course.ROOT)
    if repository == "none":
        repository = None
    elif repository and not re.fullmatch(colab.REPOSITORY, repository):
        raise UsageError(f"--repo must be OWNER/NAME on GitHub, or none, got {repository!r}")
    if not re.fullmatch(r"[\w./-]+", arguments.branch):
        raise UsageError(f"--branch must be the name of a branch, got {arguments.branch!r}")
    _check_writable(out := arguments.out.resolve())
    colab.write_badges(find_lessons(), course.ROOT / "README.md", repository, arguments.branch)
    paths += colab.exercises_of(paths, arguments.lessons)
    for path in paths:
        try:
            colab.export(path, out)
        except (OSError, SyntaxError) as error:  # a kept file that is missing, broken code
            raise UsageError(f"{path.stem} cannot be exported: {error}") from None
    print(f"{len(paths)} notebooks to upload: {out}")
    opened = (
        f"open {repository}, branch {arguments.branch}" if repository else "none, no repository"
    )
    print(f"Badges in notebooks/ and README.md: {opened}")
    return 0


@contextlib.contextmanager
def _alone_in(folder):
    """Refuse a second run into a folder: each would overwrite what the other writes."""
    from filelock import FileLock, Timeout

    _check_writable(folder)
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
