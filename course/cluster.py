"""Running lessons on a Dask cluster that is there already."""

import json
from pathlib import Path
import subprocess
import sys
import tempfile
import uuid

import course
from course.fingerprint import same
from course.results import gather
from course.run import fingerprints, job_name


def on_cluster(address, minutes=None):
    """A function like `here` that gives the jobs to the Dask cluster at `address`.

    Every worker needs this same version of the course, and should run one task at a time. Raises
    ImportError without dask.distributed, and OSError when there is no scheduler at the address.
    """
    from distributed import Client, Event, as_completed

    client = Client(address, timeout="10s")

    def run(jobs):
        stop = Event(f"course-{uuid.uuid4()}", client=client)
        futures = {
            client.submit(_on_worker, _command(job, minutes), stop.name, pure=False, retries=0): job
            for job in jobs
        }
        print(f"{len(jobs)} lessons on {len(client.scheduler_info()['workers'])} workers")
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                path, parameters, folder = futures[future]
                result = _fetch(future, path, parameters, folder)
                state = "failed" if "error" in result else "done"
                print(f"[{number}/{len(jobs)}] {job_name(path, parameters)}: {state}", flush=True)
                yield result
        finally:
            stop.set()
            client.cancel(list(futures))
            client.close()

    return run


def _command(job, minutes):
    """Lesson, parameters and time limit of a job as arguments of `course run`."""
    path, parameters, _ = job
    arguments = [path.stem] if minutes is None else [path.stem, "--timeout", str(minutes)]
    for name, value in parameters.items():
        arguments += ["-p", name, str(value)]
    return arguments


def _on_worker(arguments, stop_name):
    """Run one lesson on a worker: exit status, what it said, and the files that it wrote."""
    from distributed import Event

    stop = Event(stop_name)
    with tempfile.TemporaryDirectory(prefix="course-job-") as folder:
        command = [sys.executable, "-m", "course", "run", *arguments, "--out", folder]
        with (Path(folder) / "said").open("w") as said:
            process = subprocess.Popen(
                command, stdout=said, stderr=subprocess.STDOUT, cwd=course.ROOT
            )
            try:
                while process.poll() is None:
                    if stop.wait(timeout=1):
                        break
            finally:
                process.terminate()
                process.wait()
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}
    return process.returncode, files


def _fetch(future, path, parameters, folder):
    """Write the files of a job that ended into its folder; its result."""
    made_by = fingerprints(path)[0]
    result: dict = {"lesson": path.stem, "parameters": parameters, "made_by": made_by}
    result |= {**gather({"cells": []}), "seed": parameters.get("SEED"), "seconds": 0.0}
    try:
        status, files = future.result()
    except Exception as failure:  # a worker that died, or has no course_utils
        message = f"{type(failure).__name__}: {failure}"
        return result | {"error": {"cell": None, "message": message}}
    if "results.json" not in files:
        said = files["said"].decode(errors="replace").strip() or f"exit status {status}"
        return result | {"error": {"cell": None, "message": said.splitlines()[-1]}}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if name.startswith(f"{path.stem}."):
            (folder / name).write_bytes(content)
    (found,) = json.loads(files["results.json"])
    if not same(made_by, found["made_by"]):
        message = "the worker has another version of the course"
        return result | {"error": {"cell": None, "message": message}}
    return found
