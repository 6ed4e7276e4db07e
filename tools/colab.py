"""The lessons as Colab would run them: its versions, an empty folder, nothing of the project.

Makes an environment with what a Colab runtime has (colab_constraints.txt) and a stand-in for
`google.colab`, puts one exported lesson at a time into an empty folder with a space in its name,
and runs it there: all with quick settings, and `--full` in full.
"""

import argparse
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
import tomllib

from environments import FOLDER, ROOT, make, uv, versions

from course import cli, colab, lessons, results

CONSTRAINTS = Path(__file__).with_name("colab_constraints.txt")
# What a lesson imports, and the kernel; Colab has more.
NEEDED = ["tensorflow", "keras", "numpy", "matplotlib", "pillow", "opencv-python"]
NEEDED += ["scikit-learn", "scikit-image", "pycocotools", "ipykernel", "ipython", "ipywidgets"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    parser.add_argument("--full", default="01", metavar="LESSON", help="also run in full (01)")
    arguments = parser.parse_args()
    jobs = [(path, True) for path in lessons.find_lessons(arguments.lessons)]
    jobs += [(path, False) for path in lessons.find_lessons([arguments.full])]
    python = colab_environment()
    have = versions(python)
    failed = 0
    for path, quick in jobs:
        started = time.perf_counter()
        error, found = run(path, quick)
        held = sum(claim["passed"] for claim in found["claims"])
        line = f"{path.stem:24} {'quick' if quick else 'in full':8} "
        line += error or f"{held} of {len(found['claims'])} claims, digits: {found['digits']}"
        print(f"{line}, {time.perf_counter() - started:.0f} s", flush=True)
        failed += bool(error)
    if versions(python) != have:
        print("A lesson changed what is installed")
        failed += 1
    print(", ".join(f"{name} {have[name]}" for name in ("tensorflow", "keras", "numpy", "ipython")))
    print(f"{failed} of {len(jobs)} failed" if failed else f"All {len(jobs)} ran")
    return int(failed > 0)


def colab_environment():
    """Path of the Python in an environment like Colab's, known to Jupyter as kernel `colab`."""
    python = make("colab", "3.13")
    uv("pip", "install", "--no-config", "--quiet", "--python", python, "-c", CONSTRAINTS, *NEEDED)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    said = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True)
    stand_in = Path(said.stdout.strip()) / "google" / "colab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    kernel = FOLDER / "jupyter" / "kernels" / "colab"
    kernel.mkdir(parents=True, exist_ok=True)
    start = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": start, "display_name": "Colab", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(FOLDER / "jupyter")
    for name in ("PYTHONPATH", "COURSE_DATA"):
        os.environ.pop(name, None)
    return python


def run(path, quick):
    """Run one exported lesson: (what went wrong or None, what its outputs hold)."""
    import papermill

    settings = {}
    if quick:
        file = ROOT / "tests" / "quick" / f"{path.stem}.toml"
        settings = tomllib.loads(file.read_text(encoding="utf-8")) | {"QUICK": True}
    error = None
    with tempfile.TemporaryDirectory(prefix="an empty folder ") as folder:
        lesson = Path(folder) / path.name
        colab.export(path, Path(folder))
        try:
            papermill.execute_notebook(
                lesson, lesson, settings, kernel_name="colab", cwd=folder, progress_bar=False
            )
        except papermill.PapermillExecutionError as failure:
            error = f"failed in cell [{failure.exec_count}]: {failure.ename}: {failure.evalue}"
        found = results.gather(lessons.read_notebook(lesson))
        left = {item.name for item in Path(folder).iterdir()} - {path.name, "data"}
        if error is None and len(left) != 1:
            error = f"left behind: {sorted(left)}"
        if error is None and not (quick or all(claim["passed"] for claim in found["claims"])):
            error = "a claim does not hold"
    return error, found


if __name__ == "__main__":
    sys.exit(cli.exit_status("colab", main))
