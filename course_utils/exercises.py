"""Exercises that check themselves: NumPy alone, no network, and nothing is trained.

Each is one file in `exercises`: title and task as its docstring; the functions, their solution
between `# begin solution` and `# end solution`; HINTS, CASES and WRONG, typical wrong answers.
"""

import ast
import contextlib
import hashlib
import io
import json
import os
from pathlib import Path
import re
import sys
from typing import NamedTuple

from course_utils import CHECK, KEPT
from course_utils.examine import defined, examine
import numpy as np

SOURCES = Path(__file__).resolve().parent.parent / "exercises"
PROGRESS = SOURCES.parent / ".course-progress.json"
SECONDS = 10  # after which `check` takes an answer for one that does not end
PRINTED = 2000  # characters of what an answer prints that are shown
SOLUTION = re.compile(r"^( *)# begin solution\n(.*?)^ *# end solution\n", re.M | re.S)
_asked: dict = {}  # hints, by exercise


class Exercise(NamedTuple):
    """One exercise, as its file says it."""

    name: str
    title: str
    task: str
    code: str  # imports, constants and functions, solved
    stub: str  # the same, to be completed
    functions: list  # names of those to be completed
    sources: dict  # of the functions and constants that cases need, by name
    space: dict  # all that the file defines
    hints: list
    cases: list  # (name, expression, what it should give, why)
    wrong: dict  # what was thought wrong: (text of the code, what stands there instead)


def names():
    """The numbers of all exercises, as "03.1"."""
    files = (re.match(r"(\d\d|[A-Z]|museum)_(\d+)_", path.name) for path in SOURCES.glob("*.py"))
    found = {(file[1], int(file[2])) for file in files if file}
    return [f"{lesson}.{number}" for lesson, number in sorted(found)]


def load(name):
    """The exercise of that number; ValueError, one line, when there is none."""
    if name not in names():
        lessons = sorted({known.split(".")[0] for known in names()})
        here = [known for known in names() if known.split(".")[0] == str(name).split(".")[0]]
        here = here or [f"{lesson}.1 …" for lesson in lessons]
        raise ValueError(f"no exercise {name!r}; there are {', '.join(here)}")
    path, *_ = sorted(SOURCES.glob(f"{name.replace('.', '_')}_*.py"))  # not a learner's copy
    text = path.read_text(encoding="utf-8")
    tree, space = ast.parse(text), defined(text)
    title, _, task = str(ast.get_docstring(tree)).partition("\n\n")
    parts = {n.name: str(ast.get_source_segment(text, n)) for n in tree.body if hasattr(n, "name")}
    todo = [function for function, source in parts.items() if "# begin solution" in source]
    (end,) = (n.lineno for n in tree.body if ast.unparse(n).startswith("HINTS = "))
    below = {getattr(n, "name", ast.unparse(n).split()[0]): n for n in tree.body if n.lineno > end}
    code = "".join(text.splitlines(keepends=True)[tree.body[0].end_lineno : end - 1]).strip() + "\n"
    return Exercise(
        name,
        title,
        task,
        code=SOLUTION.sub(lambda found: found[2], code),
        stub=SOLUTION.sub(lambda found: f"{found[1]}...  # your code\n", code),
        functions=todo,
        sources={
            name: str(ast.get_source_segment(text, node))
            for name, node in below.items()
            if name not in ("CASES", "WRONG")
        },
        space=space,
        **{key.lower(): space[key] for key in ("HINTS", "CASES", "WRONG")},
    )


def stored(name):
    """What a lesson measured once and kept under that name, as `lesson.kept` returns it."""
    return json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))["measured"]


def check(name, *functions):
    """Try functions on the cases of an exercise, and say how it went.

    name: such as "03.1"; functions: those that the exercise asks for, in its order. Raises nothing,
    whatever the functions do.
    """
    try:
        exercise = load(name)
    except ValueError as error:
        return _say(f"✗ {error}")
    if len(functions) != len(exercise.functions):
        wanted = ", ".join([f'"{name}"', *exercise.functions])
        return _say(f"✗ {name}: check({wanted}) is wanted, {len(functions)} functions were given")
    with limited_printing():
        answer = dict(zip(exercise.functions, functions, strict=True))
        state, text = examine(exercise, answer, SECONDS)
    return _say(text + note(exercise, state), {CHECK: {"exercise": name, "state": state}})


def hint(name):
    """Show the next hint of an exercise; after the last, the last again."""
    try:
        hints = load(name).hints
    except ValueError as error:
        return _say(f"✗ {error}")
    _asked[name] = min(_asked.get(name, 0) + 1, len(hints))
    more = (
        "" if _asked[name] < len(hints) else f' That was the last; solution("{name}") shows ours.'
    )
    return _say(f"Hint {_asked[name]} of {len(hints)}: {hints[_asked[name] - 1]}{more}")


def solution(name):
    """Show our solution of an exercise."""
    try:
        code = load(name).code
    except ValueError as error:
        return _say(f"✗ {error}")
    return _say(code, {"text/markdown": f"```python\n{code}```"})


def _say(text, more=None):
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return print(text)
    if get_ipython() is None:
        return print(text)
    return display({"text/plain": text} | (more or {}), raw=True)


class _Printed(io.TextIOBase):
    """A stream that passes on the first characters, and counts the rest."""

    def __init__(self, stream):
        self.stream, self.left = stream, PRINTED

    def write(self, text):
        self.stream.write(text[: max(self.left, 0)])
        self.left -= len(text)
        return len(text)


@contextlib.contextmanager
def limited_printing():
    """Show the first `PRINTED` characters that are printed inside, and how many more there were."""
    printed = _Printed(sys.stdout)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        yield
    if printed.left < 0:
        print(f"\n… and {-printed.left:,} more characters were printed")


# --- progress --------------------------------------------------------------------------------


def states():
    """State of each exercise that was tried, with its cases as they are: {"03.1": "passed"}."""
    try:
        found = _noted()
    except (OSError, ValueError):
        return {}
    noted = {name: found[name].rpartition(" ") for name in names() if name in found}
    return {name: state for name, (state, _, at) in noted.items() if at == _cases_hash(load(name))}


def note(exercise, state):
    """Keep the state of an exercise; returns a line to show where that cannot be done, else "".

    What is passed stays so, until the cases change. A damaged file is left as it is.
    """
    if state == "unsolved" or states().get(exercise.name) == "passed":
        return ""
    try:
        found = _noted() | {exercise.name: f"{state} {_cases_hash(exercise)}"}
        beside = PROGRESS.with_name(f"{PROGRESS.name}.{os.getpid()}.part")
        beside.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        beside.replace(PROGRESS)
    except OSError as error:
        return f"\n    (Not noted: {PROGRESS} cannot be written, {error.strerror}.)"
    except ValueError:
        return f"\n    (Not noted: {PROGRESS} is damaged. Delete it, and progress begins anew.)"
    return ""


def _noted():
    if not PROGRESS.exists():
        return {}
    found = json.loads(PROGRESS.read_text(encoding="utf-8"))
    if not isinstance(found, dict) or not all(isinstance(s, str) for s in found.values()):
        raise ValueError("no object of texts")
    return found


def _cases_hash(exercise):
    cases = [
        (said, np.round(np.asarray(wanted, float), 6).tolist())
        for _, said, wanted, _ in exercise.cases
    ]
    return hashlib.sha256(repr(cases).encode()).hexdigest()[:12]
