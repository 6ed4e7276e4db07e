"""The tests on every Python and version that `pyproject.toml` allows; a table of what came out.

Each environment is made anew, then runs the unit tests and the lessons with quick settings, on JAX
the first four. What came out is kept in matrix.json; CONTRIBUTING.md's table is written from it.
"""

import argparse
import json
import os
from pathlib import Path
import platform
import re
import subprocess
import sys
import time
import tomllib

from environments import FOLDER, ROOT, make, uv, versions
from packaging.requirements import Requirement
from packaging.version import Version
import yaml

from course import cli
from course.results import replace_table, write_file

RESULTS = Path(__file__).with_name("matrix.json")
MARKS = ("<!-- matrix: begin, written by `make matrix` -->", "<!-- matrix: end -->")
# Name: Python, what is installed, and the backend of Keras.
ENVIRONMENTS = {
    "lock-3.11": ("3.11", "lock", "tensorflow"),
    "lock-3.12": ("3.12", "lock", "tensorflow"),
    "lock-3.13": ("3.13", "lock", "tensorflow"),
    "lowest-3.11": ("3.11", "lowest", "tensorflow"),
    "newest-3.13": ("3.13", "newest", "tensorflow"),
    "jax-3.13": ("3.13", "jax", "jax"),
}
# As `make test` runs them: in two processes with one thread each.
UNIT = "not notebook and not slow and not browser"
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"
)
SAID = {
    "lock": "`requirements.lock`",
    "lowest": "the lowest that `pyproject.toml` allows",
    "newest": "the newest, by the pip section of `environment.yml`",
    "jax": "lock and JAX, without TensorFlow",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENVIRONMENTS))
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(ENVIRONMENTS):
        parser.error(f"no environment {sorted(unknown)}; there are {', '.join(ENVIRONMENTS)}")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    failed, tried = [], commit()  # before the results of the first row differ from it
    for name in arguments.names or ENVIRONMENTS:
        print(f"{name}: making the environment", flush=True)
        results[name] = try_environment(name) | {"commit": tried}
        print(f"{name}: {results[name]}", flush=True)
        failed += [name] if "failed" in str(results[name]) else []
        ordered = {key: results[key] for key in ENVIRONMENTS if key in results}
        RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8", newline="\n")
    path = ROOT / "CONTRIBUTING.md"
    text = path.read_text(encoding="utf-8")
    write_file(path, replace_table(text, table(results), MARKS))
    print(f"Failed: {', '.join(failed)}; see {FOLDER}" if failed else "All passed")
    return int(bool(failed))


def try_environment(name):
    """Make one environment and run the tests in it; what came out, as a dict of texts."""
    version, kind, backend = ENVIRONMENTS[name]
    started = time.perf_counter()
    try:
        python = make(name, version)
        install(python, kind)
    except subprocess.CalledProcessError as failure:
        return {"installed": f"failed: {failure}"}
    have = versions(python)
    if kind == "lowest" and (newer := above_bound(have)):
        return {"installed": f"failed: newer than the bound of pyproject.toml: {newer}"}
    tensorflow = have.get("tensorflow-cpu") or have.get("tensorflow")
    found = {"python": version_of(python), "tensorflow": tensorflow, "jax": have.get("jax")}
    found |= {"keras": have["keras"], "numpy": have["numpy"]}
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": ""} | ONE_THREAD
    quick = "test_quick_run"
    if backend == "jax":
        quick += " and (01 or 02 or 03 or 04)"
    for what, selected in (
        ("unit tests", ["-m", UNIT, "--ignore", "tests/tools/test_matrix.py"]),
        ("quick lessons", ["-m", "notebook", "-k", quick, "tests/test_notebooks.py"]),
    ):
        log = FOLDER / f"{name}, {what}.log"
        with log.open("w", encoding="utf-8") as file:
            command = [python, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *selected]
            subprocess.run(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
        last = log.read_text(encoding="utf-8").splitlines()[-1]
        counts = re.findall(r"(\d+ (?:passed|failed|skipped|errors?))", last)
        found[what] = ", ".join(counts) or "failed to start"
    found["system"] = f"{platform.system()} {platform.machine()}"
    return found | {"seconds": round(time.perf_counter() - started)}


def install(python, kind):
    """Install the packages of one kind, and the course itself without touching them."""
    into = ["--quiet", "--python", python]
    if kind in ("lock", "jax"):
        uv("pip", "install", *into, "--require-hashes", "-r", ROOT / "requirements.lock")
    if kind == "jax":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        uv("pip", "install", *into, *project["optional-dependencies"]["jax"])
        uv("pip", "uninstall", *into, "tensorflow", "tensorflow-cpu")
    if kind == "lowest":
        pins = FOLDER / "lowest.txt"
        lowest = ["--resolution", "lowest-direct", "--extra", "dev", "--group", "lock"]
        uv("pip", "compile", "--quiet", "pyproject.toml", *lowest, "--python", python, "-o", pins)
        uv("pip", "install", *into, "-r", pins)
    if kind == "newest":  # as conda does it: with pip
        environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
        names = FOLDER / "pip section.txt"
        names.write_text("\n".join(environment["dependencies"][-1]["pip"]) + "\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", names], check=True)
    uv("pip", "install", *into, "--no-deps", "-e", ROOT)


def above_bound(have):
    """Packages with a lower bound of pyproject.toml that are installed newer; have: versions."""
    file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = file["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    newer = []
    for needs in map(Requirement, lines + file["dependency-groups"]["lock"]):
        name = needs.name.lower()
        if name not in have or not (needs.marker is None or needs.marker.evaluate()):
            continue  # on Linux tensorflow-cpu stands for tensorflow
        (bound,) = (Version(part.version) for part in needs.specifier)
        installed = Version(have[name])
        # 6.0 and 6.0.0 are one; a further number, as OpenCV's builds have, is not newer
        if (*installed.release, 0, 0)[:3] != (*bound.release, 0, 0)[:3]:
            newer.append(f"{name} {installed} for {bound}")
    return newer


def commit():
    """Short name of the commit that is tried, with + where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def version_of(python):
    code = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


def table(results):
    """The Markdown table of `results`, as CONTRIBUTING.md shows it.

    Without the counts of tests: rows that were tried at different commits have different ones.
    """
    lines = ["| Python | Packages | TensorFlow | Keras | NumPy | Unit tests | Lessons | Tried at |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, found in results.items():
        said = SAID[ENVIRONMENTS[name][1]]
        if "installed" in found:
            lines.append(f"| {ENVIRONMENTS[name][0]} | {said} | – | – | – | not installed | – |")
            continue
        backend = found["tensorflow"] or f"– (JAX {found['jax']})"
        cells = [found["python"], said, backend, found["keras"], found["numpy"]]
        tests = re.sub(r"\d+ passed", "passed", found["unit tests"])
        cells += [tests, found["quick lessons"], found.get("commit", "–")]
        lines.append("| " + " | ".join(cells) + " |")
    systems = {found["system"] for found in results.values() if "system" in found}
    return "\n".join([*lines, "", f"On {' and '.join(sorted(systems))}."])


if __name__ == "__main__":
    sys.exit(cli.exit_status("matrix", main))
