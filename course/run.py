"""Running lessons here, one after another.

A job is a triple (path of the lesson, its parameters, folder for what the run leaves behind).
"""

import _thread
import contextlib
import os
from pathlib import Path
import signal
import threading
import time

import course
from course.fingerprint import kept_fingerprints, lesson_fingerprint, same, stamp_kept
from course.lessons import read_notebook
from course.progress import Estimate, Progress, printable
from course.publish import drop_widgets, mark_unfinished, write_page
from course.results import gather, machine, read_results, spent, write_results


def run_jobs(jobs, results_file, run):
    """Run every job, keeping `results_file` up to date; a result for each, in the order they end.

    run: function that takes jobs and yields their results as they end, such as `here`. A result
    has an "error" where the run failed. Raises KeyboardInterrupt after one that was interrupted.
    """
    before, results = read_results(results_file), []
    try:
        for result in run(jobs):
            results.append(result)
            try:
                write_results(results_file, before + results)
            except OSError as failure:  # a full disk: what the lesson found is still in the summary
                message = f"{results_file} could not be written: {failure.strerror}"
                result.setdefault("error", {"cell": None, "message": message})
            if result.get("error", {}).get("message") == "interrupted":
                raise KeyboardInterrupt
    finally:
        if results:
            _print_summary(results)
    return results


def unfinished(jobs, results_file):
    """The jobs without a result of the same lesson, code and parameters in `results_file`."""
    known = [result for result in read_results(results_file) if "error" not in result]
    left = []
    for job in jobs:
        path, parameters, _ = job
        made_by = fingerprints(path)[0]
        if any(
            (result["lesson"], result["parameters"]) == (path.stem, parameters)
            and same(made_by, result.get("made_by", {}))
            for result in known
        ):
            print(f"{job_name(path, parameters)}: finished before")
        else:
            left.append(job)
    return left


def here(jobs, minutes=None):
    """Run jobs one after another in this process, each at most `minutes` long."""
    estimate = Estimate(jobs, read_results(course.RESULTS))
    for number, (path, parameters, folder) in enumerate(jobs, start=1):
        print(f"[{number}/{len(jobs)}] {job_name(path, parameters)}{estimate}", flush=True)
        result = run_one(path, parameters, folder, minutes, estimate.left[0])
        estimate.done(result)
        yield result


def run_one(path, parameters, folder, minutes=None, expected=None):
    """Run one lesson through papermill into `folder`, at most `minutes` long; its result.

    Whatever goes wrong is told in the result's "error", and at the top of the notebook, which
    holds the cells that were done. expected: seconds that it may take, to say what is left.
    """
    target = folder / path.name
    made_by, of_kept, kept_before = fingerprints(path)
    about = {"lesson": path.stem, "parameters": parameters, "made_by": made_by}
    started = time.perf_counter()
    error: dict | None = None
    progress = Progress(expected)
    try:
        with _at_most(minutes), progress:
            _execute(path, parameters, target, progress.enter_cell)
    except KeyboardInterrupt:
        error = {"cell": None, "message": "interrupted"}
    except _CellFailed as failure:
        error = {"cell": failure.args[0], "message": failure.args[1]}
    except Exception as failure:  # a kernel that died or never came: the other lessons still run
        error = {"cell": None, "message": f"{type(failure).__name__}: {failure}"}
    seconds = time.perf_counter() - started
    if error and progress.section:
        error["section"] = progress.section
    for name, content in _kept_files(of_kept).items():
        if content != kept_before.get(name):  # measured anew
            stamp_kept(_kept_file(name), of_kept[name])
    found = gather({"cells": []})
    try:
        drop_widgets(target)
        found = gather(read_notebook(target)) | {"spent": spent(read_notebook(target))}
        if error is None:
            write_page(target)
        elif error["cell"] is None:  # papermill marks those where a cell failed
            mark_unfinished(target, error["message"])
    except (OSError, ValueError) as failure:  # there is none, or no room for it
        error = error or {"cell": None, "message": f"{type(failure).__name__}: {failure}"}
    found["quick"] = bool(found["quick"] or parameters.get("QUICK"))
    found["seed"] = parameters.get("SEED", found["seed"])  # also where `setup` was not reached
    result = {**about, **found, "seconds": round(seconds, 1), "machine": machine()}
    return result if error is None else result | {"error": error}


def fingerprints(path):
    """What makes a lesson's results, and what it keeps, before the run; and the kept files."""
    try:
        made_by = lesson_fingerprint(path, course.ROOT)
        of_kept = kept_fingerprints(path, course.ROOT)
    except ValueError:  # code that does not parse: the run will say so
        made_by, of_kept = {}, {}
    return made_by, of_kept, _kept_files(of_kept)


def _kept_files(names):
    return {name: _kept_file(name).read_bytes() for name in names if _kept_file(name).exists()}


def _kept_file(name):
    return course.ROOT / "benchmarks" / "kept" / f"{name}.json"


class _CellFailed(Exception):
    """A cell of the notebook raised: its number, and what it said."""


def _execute(path, parameters, target, enter_cell):
    from nbclient.output_widget import OutputWidget
    import papermill

    # nbclient tells the kernel what a control shows, on the socket where it awaits the end of the
    # cell; now and then that wakes nobody any more, and the run waits for ever (nbclient #312).
    OutputWidget.sync_state = lambda widget: None  # type: ignore
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in (target, target.with_suffix(".html")):  # by an earlier run
        left.unlink(missing_ok=True)
    quiet = {"progress_bar": False, "on_cell_start": enter_cell}  # the latter reaches nbclient
    try:
        with _stderr_into(target.with_suffix(".log")):
            papermill.execute_notebook(path, target, parameters, cwd=path.parent, **quiet)
    except papermill.PapermillExecutionError as failure:
        message = f"{failure.ename}: {failure.evalue}"
        raise _CellFailed(failure.exec_count, message) from None


@contextlib.contextmanager
def _at_most(minutes):
    """Raise TimeoutError in the main thread when what is inside takes longer."""
    if minutes is None:
        yield
        return
    late = threading.Event()

    def stop():
        late.set()
        _thread.interrupt_main(signal.SIGTERM)  # a shell may have it that SIGINT is ignored

    timer = threading.Timer(60 * minutes, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if late.is_set():
            raise TimeoutError(f"not finished after {minutes:g} minutes") from None
        raise
    finally:
        timer.cancel()


def job_name(path, parameters):
    return path.stem + (f", seed {parameters['SEED']}" if "SEED" in parameters else "")


def _print_summary(results):
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("lesson", "seed", "result", "claims", "seconds", title="Summary")
    for result in results:
        claims = [claim["passed"] for claim in result["claims"]]
        kept = f"{sum(claims)} of {len(claims)}" + (" (quick)" if result["quick"] else "")
        state = "failed" if "error" in result else "done"
        seed = "–" if result["seed"] is None else str(result["seed"])
        table.add_row(result["lesson"], seed, state, kept, f"{result['seconds']:.1f}")
    console.print(table)
    for result in results:
        if error := result.get("error"):
            where = f" in cell [{error['cell']}]" if error["cell"] else ""
            where += f' under "{printable(error["section"])}"' if "section" in error else ""
            name = job_name(Path(result["lesson"]), result["parameters"])
            line = f"{name} failed{where}: {error['message'].splitlines()[0]}"
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
