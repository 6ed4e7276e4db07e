"""Environments of other versions, made beside the project's own, to try the course in."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "environments"


def find_python(version):
    """Path of a Python such as "3.13": on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    if sys.platform == "win32":
        launched = subprocess.run(
            ["py", f"-{version}", "-c", "import sys; print(sys.executable)"],
            capture_output=True,
            text=True,
        )
        found.insert(0, launched.stdout.strip())
    for python in filter(None, found):  # pyenv's shims are there also where they do not work
        if subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return str(python)
    raise SystemExit(f"Python {version} was not found, neither on the PATH nor among pyenv's")


def make(name, version):
    """A new, empty environment; the path of its Python."""
    folder = FOLDER / name
    uv("venv", "--quiet", "--clear", "--seed", "--python", find_python(version), folder)
    inside = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    return folder / inside


def uv(*arguments):
    """Run uv, of this environment; CalledProcessError, with what it said on stderr, if it fails."""
    subprocess.run([sys.executable, "-m", "uv", *map(str, arguments)], check=True, cwd=ROOT)


def versions(python):
    """What is installed in the environment of `python`: name and version of each package."""
    code = (
        "import importlib.metadata, json\n"
        "found = importlib.metadata.distributions()\n"
        "print(json.dumps({d.name.lower().replace('_', '-'): d.version for d in found}))"
    )
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
