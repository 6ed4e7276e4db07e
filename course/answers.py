"""A learner's answers to exercises: found in a file, and each checked in a process of its own."""

import json
import os
from pathlib import Path
import re
import subprocess
import sys

from course_utils import exercises
from course_utils.examine import examine

import course
from course import UsageError
from course.lessons import find_lessons, read_notebook, title
from course.results import write_file

STATUS = {"passed": 0, "failed": 1, "unsolved": 3}  # of the process


def check_file(path, names, seconds, seed=None):
    """Check a file's answers, those named or all that it has, and print how it went.

    path: of a .py or .ipynb file; seconds: for each; or of a project's .json file; seed: of its
    scenes. Returns whether all passed. Raises UsageError for a file that cannot be read or holds no
    answer, for an unknown number, and for names or a seed where the file has none.
    """
    if Path(path).suffix == ".json":
        if any(Path(name).suffix == ".json" for name in names):
            raise UsageError(f"one file at a time, got {1 + len(names)}")
        if names:
            raise UsageError(f"{path} answers a project, and no exercises")
        return check_project(path, seed)
    if seed is not None:
        asked = "--seed is for a project's answers, project1.json or project2.json"
        raise UsageError(f"{asked}: {path} is no .json file")
    if not Path(path).exists() and str(path) in exercises.names():
        notebook = f"exercises/{str(path).split('.')[0]}_exercises.ipynb"
        raise UsageError(f"{path} is an exercise, not a file: course check {notebook} {path}")
    written = set(re.findall(r"^def (\w+)", "\n".join(source for _, source in cells(path)), re.M))
    try:
        chosen = [exercises.load(name) for name in names or exercises.names()]
    except ValueError as error:
        raise UsageError(error) from None
    if not names:
        chosen = [exercise for exercise in chosen if written.issuperset(exercise.functions)]
    if not chosen:
        raise UsageError(f"{path} has no function that an exercise asks for")
    states = [check_one(path, exercise, seconds) for exercise in chosen]
    print(f"{states.count('passed')} of {len(states)} passed")
    return states.count("passed") == len(states)


def check_one(path, exercise, seconds):
    """Check one answer and print how it went; returns its state."""
    command = [sys.executable, "-m", "course.answers", exercise.name, str(path)]
    environment = os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    given: dict = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    try:
        done = subprocess.run(command, timeout=seconds, env=environment, **given)
    except subprocess.TimeoutExpired:
        print(f"✗ {exercise.name}: no answer within {seconds:g} s. Is there a loop without end?")
        return "failed"
    states = [state for state, status in STATUS.items() if status == done.returncode]
    if not states or f"{exercise.name}" not in done.stdout:
        print(f"✗ {exercise.name}: the answer ended Python, with status {done.returncode}")
        return "failed"
    print(done.stdout.rstrip() + exercises.note(exercise, states[0]))
    return states[0]


def check_project(path, seed):
    """Judge a file of answers to a final project, and print how it went; whether it passes."""
    from course_utils import rubric  # which brings Keras: seconds

    try:
        step, text = rubric.check_file(path, seed)
    except ValueError as error:
        raise UsageError(error) from None
    print(text)
    return step > 0


def cells(path):
    """The pieces of code in a file: [(where, source)]; UsageError if it cannot be read."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".ipynb":
            return [(path.name, text)]
        found = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in found]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is neither Python code nor a notebook") from None
    return [  # lines for the notebook itself, as %matplotlib, are left out
        (f"{path.name}, code cell {number}", re.sub(r"^[%!].*$", "", source, flags=re.M))
        for number, source in enumerate(sources, 1)
    ]


def run(pieces):
    """Run the pieces of a learner's file; what they define, and a line for each that fails."""
    space: dict = {"__name__": "answers"}
    problems = []
    for where, source in pieces:
        try:
            exec(compile(source, where, "exec"), space)
        except SyntaxError as error:
            line = (error.text or "").strip()
            problems.append(f"{where}, line {error.lineno}: {error.msg}: {line}")
        except (Exception, SystemExit) as error:
            problems.append(f"{where}: {type(error).__name__}: {' '.join(str(error).split())}")
    return space, problems


def examine_here(name, path):
    """Check one answer in this process, and print how it went; the exit status."""
    exercise = exercises.load(name)
    with exercises.limited_printing():
        space, problems = run(cells(path))
        missing = [function for function in exercise.functions if function not in space]
        if missing:
            why = problems[0] if problems else f"{Path(path).name} has no function {missing[0]}"
            state, text = "failed", f"✗ {name} {exercise.title}: {why}"
        else:
            state, text = examine(exercise, space)
    print(text)
    return STATUS[state]


def list_exercises():
    """Print all exercises, with what is known of the learner's tries."""
    states = exercises.states()
    for name in exercises.names():
        mark = {"passed": "✓", "failed": "✗"}.get(states.get(name, ""), "○")
        print(f"{mark} {name:10} {exercises.load(name).title}")
    print(f"{list(states.values()).count('passed')} of {len(exercises.names())} solved")
    for path in sorted((course.ROOT / "exercises").glob("project?.ipynb")):
        print(f"  {path.stem:10} {title(read_notebook(path))}: course check {path.stem}.json")


# --- what is generated -----------------------------------------------------------------------

INTRO = """# Exercises{of_lesson}

{about}

Complete each function, run its cell, then the cell below it. A check usually takes less than a
second, and says which case fails and why. Stuck? `hint("{first}")` says more each time it is
called, `solution("{first}")` shows ours. Nothing is trained, and no network is needed."""


def generated():
    """What is made of the exercises: {path: text} of notebooks and of pages with solutions."""
    files = {}
    for lesson in sorted({name.split(".")[0] for name in exercises.names()}):
        chosen = [exercises.load(n) for n in exercises.names() if n.startswith(f"{lesson}.")]
        of_lesson = ": the bug museum" if lesson == "museum" else f" of lesson {lesson}"
        folder = course.ROOT / "exercises"
        intro = INTRO.format(of_lesson=of_lesson, about=_about(lesson), first=chosen[0].name)
        text = json.dumps(_notebook(chosen, intro), indent=1, ensure_ascii=False) + "\n"
        files[folder / f"{lesson}_exercises.ipynb"] = text
        pages = [f"# Solutions of the exercises{of_lesson}\n", *map(_solution, chosen)]
        files[folder / "solutions" / f"{lesson}_solutions.md"] = "\n".join(pages)
    return files


def write_generated():
    """Write them; UsageError, and nothing written, where a learner's answers would be lost."""
    files = generated()
    for path in files:
        if path.exists() and re.search(r'"execution_count": \d', path.read_text(encoding="utf-8")):
            raise UsageError(f"{path} was run and may hold answers: move it away first")
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        write_file(path, text)
    print(f"Notebooks and solutions: {course.ROOT / 'exercises'}")


def _about(lesson):
    """The first sentence of a notebook of exercises: what they are, or where one learns it."""
    if lesson == "museum":
        return "Bugs of published code: for each, write the test that would have found it."
    (path,) = find_lessons([lesson])
    return f"What they ask for is taught in [lesson {lesson}](../notebooks/{path.name})."


def _notebook(chosen, intro):
    cells = [_cell("markdown", "intro", intro)]
    cells += [_cell("code", "import", "from course_utils.exercises import check, hint, solution")]
    for exercise in chosen:
        key, call = exercise.name.replace(".", "-"), [f'"{exercise.name}"', *exercise.functions]
        task = f"## {exercise.name} · {exercise.title}\n\n{exercise.task}"
        cells.append(_cell("markdown", f"task-{key}", task))
        cells.append(_cell("code", f"answer-{key}", exercise.stub.rstrip()))
        cells.append(_cell("code", f"check-{key}", f"check({', '.join(call)})"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind, key, source):
    cell = {"cell_type": kind, "id": key, "metadata": {}, "source": source.splitlines(True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _solution(exercise):
    hints = "\n".join(f"{number}. {text}" for number, text in enumerate(exercise.hints, 1))
    wrong = "\n".join(f"- {thought}" for thought in exercise.wrong)
    code = f"```python\n{exercise.code}```\n\nWrong answers that the check knows:\n\n{wrong}"
    folded = f"<details><summary>Our solution</summary>\n\n{code}\n\n</details>"
    return f"## {exercise.name} · {exercise.title}\n\n{hints}\n\n{folded}\n"


if __name__ == "__main__":
    for name in ("check", "hint", "solution"):  # a learner's own calls are not asked for
        setattr(exercises, name, lambda *_: None)
    sys.exit(examine_here(*sys.argv[1:]))
