"""Every exercise is proved: its stub, its reference, its cases, its wrong answers, its hints."""

import ast
import copy
import json
import subprocess
import sys

from course_utils import exercises
from course_utils.examine import _good, _outcomes, defined, examine, wrong_answers
import numpy as np
import pytest

from conftest import ROOT
from course import answers

NAMES = exercises.names()
LESSONS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "A")
# Loops that a mutant makes endless, and NumPy's own warnings, are no news here.
SECONDS = 2


def good(exercise, answer, seconds=None):
    return _good(exercise, _outcomes(exercise, answer, seconds))


def test_every_lesson_has_three_exercises_and_the_museum_ten():
    for lesson in LESSONS:
        assert len([name for name in NAMES if name.startswith(f"{lesson}.")]) >= 3, lesson
    assert len([name for name in NAMES if name.startswith("museum.")]) == 10


def test_no_two_exercises_ask_for_a_function_of_one_name():
    functions = [function for name in NAMES for function in exercises.load(name).functions]
    assert len(functions) == len(set(functions))


@pytest.mark.parametrize("name", NAMES)
def test_its_parts(name):
    exercise = exercises.load(name)
    assert exercise.functions and exercise.title and exercise.task
    assert len(exercise.hints) >= 3 and len(exercise.wrong) >= 4
    solved = set(exercise.code.splitlines()) - set(exercise.stub.splitlines())
    for line in {line.strip() for line in solved if len(line.strip()) > 5}:
        assert not any(line in text for text in exercise.hints), line


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_solved_in_a_notebook(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exercises, "PROGRESS", tmp_path / "progress.json")
    exercise = exercises.load(name)
    answer = defined(exercise.code)
    exercises.check(name, *[answer[function] for function in exercise.functions])
    assert capsys.readouterr().out.startswith(f"✓ {name} ")
    assert exercises.states() == {name: "passed"}


@pytest.mark.parametrize("name", NAMES)
def test_its_stub_is_not_written_yet(name):
    exercise = exercises.load(name)
    state, text = examine(exercise, defined(exercise.stub))
    assert state == "unsolved" and text.startswith("○") and "\n" not in text


def test_each_reference_passes_in_less_than_a_second_and_without_tensorflow():
    code = """
import json, sys, time
from course_utils import examine, exercises
found = {}
for name in exercises.names():
    exercise, start = exercises.load(name), time.process_time()
    state, text = examine.examine(exercise, examine.defined(exercise.code))
    found[name] = state, text, time.process_time() - start
print(json.dumps([found, sorted({"keras", "tensorflow"} & set(sys.modules))]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    found, imported = json.loads(done.stdout)
    assert not imported
    assert list(found) == NAMES
    for name, (state, text, seconds) in found.items():
        assert state == "passed" and seconds < 1, f"{name}: {text}, {seconds} s"


@pytest.mark.parametrize("name", NAMES)
def test_each_wrong_answer_is_caught_and_named_and_each_case_catches_one(name):
    exercise = exercises.load(name)
    catches = np.zeros(len(exercise.cases), int)
    for thought, answer in wrong_answers(exercise):
        state, text = examine(exercise, answer)
        assert state == "failed", thought
        lines = [line.rstrip(".") for line in text.splitlines()]
        assert f"    It looks as if {thought}" in lines, f"{thought}\n{text}"
        catches += ~np.array(good(exercise, answer))
    idle = [case[0] for case, count in zip(exercise.cases, catches, strict=True) if not count]
    assert not idle, idle


SWAPS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.Mod: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.USub: [ast.UAdd],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}


def mutants(exercise):
    """Copies of the solution with one operator changed: [(text, code)]."""
    tree = ast.parse(exercise.code)
    for number, node in enumerate(ast.walk(tree)):
        inside = any(
            isinstance(function, ast.FunctionDef)
            and function.name in exercise.functions
            and node in list(ast.walk(function))
            for function in tree.body
        )
        for field in ("op", "ops"):
            op = getattr(node, field, None)
            op = op[0] if isinstance(op, list) else op
            for instead in SWAPS.get(type(op), []) if inside else []:
                mutant = copy.deepcopy(tree)
                changed = list(ast.walk(mutant))[number]
                setattr(changed, field, [instead()] if field == "ops" else instead())
                if field == "ops" and len(node.ops) > 1:
                    changed.ops += node.ops[1:]
                yield ast.unparse(changed), ast.unparse(mutant)


@pytest.mark.parametrize("name", NAMES)
def test_nine_of_ten_mutants_are_caught(name):
    exercise = exercises.load(name)
    made = list(mutants(exercise))
    survive = [text for text, code in made if all(good(exercise, defined(code), SECONDS))]
    assert len(survive) <= 0.1 * len(made), survive


def test_notebooks_and_solutions_are_those_of_the_exercises():
    generated = answers.generated()
    for path, text in generated.items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: course exercises --write"
    there = {*ROOT.glob("exercises/*_exercises.ipynb"), *ROOT.glob("exercises/solutions/*")}
    assert there == set(generated)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("exercises/*_exercises.ipynb")), ids=lambda p: p.stem
)
def test_a_notebook_of_unsolved_exercises_runs_to_its_end(path, capsys):
    space: dict = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)
    lines = capsys.readouterr().out.splitlines()
    lesson = path.stem.partition("_")[0]
    assert len(lines) == len([name for name in NAMES if name.startswith(f"{lesson}.")])
    assert all(line.startswith("○") for line in lines)
