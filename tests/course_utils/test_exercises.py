"""Exercises as a learner meets them: check, hint, solution, and what they leave."""

import io
import json
from pathlib import Path
import signal
import time

from course_utils import CHECK, exercises
import pytest

SOURCE = '''"""Half of it

Halve an array.
"""

import numpy as np


def half(numbers):
    """Half of numbers."""
    # begin solution
    return numbers / 2
    # end solution


HINTS = ["Divide.", "By two.", "With a slash."]
CASES = [
    ("two", "half(np.array([4.0, 2]))", [2, 1], "Each of them."),
    ("one", "half(np.array([1.0]))", [0.5], "No whole number."),
    ("none", "half(np.zeros(0))", np.zeros(0), "Nothing is nothing."),
]
WRONG = {
    "it is doubled": ("/ 2", "* 2"),
    "halves are cut off": ("/ 2", "// 2"),
}
'''


@pytest.fixture(autouse=True)
def sources(tmp_path, monkeypatch):
    """One exercise, in a folder of its own."""
    folder = tmp_path / "some exercises"
    folder.mkdir()
    (folder / "01_1_half.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(exercises, "SOURCES", folder)
    monkeypatch.setattr(exercises, "PROGRESS", tmp_path / ".course-progress.json")
    monkeypatch.setattr(exercises, "_asked", {})
    return folder


def said(capsys, *functions, name="01.1"):
    exercises.check(name, *functions)
    return capsys.readouterr().out.rstrip("\n")


def test_a_right_answer(capsys):
    assert said(capsys, lambda numbers: numbers * 0.5) == "✓ 01.1 Half of it: 3 of 3 cases"
    assert exercises.states() == {"01.1": "passed"}


def test_a_wrong_answer_says_which_case_and_what_was_thought(capsys):
    assert said(capsys, lambda numbers: numbers + numbers).splitlines() == [
        "✗ 01.1 Half of it: 1 of 3 cases. The first that fails: two",
        "    half(np.array([4.0, 2]))",
        "    gives   [8., 4.]",
        "    wanted  [2, 1]",
        "    Each of them.",
        "    It looks as if it is doubled.",
        '    hint("01.1") helps on.',
    ]
    assert exercises.states() == {"01.1": "failed"}


def test_a_wrong_answer_of_another_kind_gets_no_name(capsys):
    text = said(capsys, lambda numbers: numbers / 3)
    assert text.startswith("✗") and "It looks as if" not in text


def test_another_shape_is_said(capsys):
    text = said(capsys, lambda numbers: numbers[None] / 2)
    assert "wanted  [2, 1]   of shape (2,), not (1, 2)" in text


def test_what_is_not_written_yet(capsys):
    text = said(capsys, lambda numbers: ...)
    assert text == '○ 01.1 Half of it: not written yet. hint("01.1") helps to begin.'
    assert exercises.states() == {}


def changes_its_input(numbers):
    numbers /= 2
    return numbers


def imports_what_is_not_there(numbers):
    import numpi

    return numpi.divide(numbers, 2)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda numbers: exit(), "SystemExit: None (line "),
        (lambda numbers: numbers.halves, "AttributeError: 'numpy.ndarray' object has no"),
        (lambda: 1, "TypeError: "),
        (lambda numbers: "a half", "str, where numbers are wanted"),
        (lambda numbers: [[1, 2], [3]], "ValueError: "),
        (lambda numbers: {}, "dict, where numbers are wanted"),
        (changes_its_input, "ValueError: it changes what it is given. Let it work on a copy"),
        (imports_what_is_not_there, "ModuleNotFoundError: No module named 'numpi' (line "),
        (lambda numbers: Path("/no/such/file").read_text(), "FileNotFoundError: "),
    ],
)
def test_an_answer_that_goes_wrong_is_one_line(answer, line, capsys):
    gives = said(capsys, answer).splitlines()[2]
    assert gives.startswith(f"    gives   {line}")


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_a_loop_without_end_is_ended(handler, capsys, monkeypatch):
    monkeypatch.setattr(exercises, "SECONDS", 0.2)
    before = signal.signal(signal.SIGINT, handler)

    def loops(numbers):
        while True:
            pass

    start = time.monotonic()
    try:
        text = said(capsys, loops)
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert "gives   no answer within 0.2 s. Is there a loop that does not end?" in text
    assert time.monotonic() - start < 5


def test_ctrl_c_is_not_taken_for_the_end_of_time():
    def interrupted(numbers):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.check("01.1", interrupted)


def test_what_a_lesson_kept_is_read_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(exercises, "KEPT", tmp_path)
    (tmp_path / "01_long.json").write_text('{"made_by": {}, "measured": [{"n": 1}]}', "utf-8")
    assert exercises.stored("01_long") == [{"n": 1}]
    with pytest.raises(FileNotFoundError):
        exercises.stored("01_short")


def test_what_is_printed_is_shown_up_to_a_length(capsys):
    def talks(numbers):
        print("x" * 5_000_000)
        return numbers / 2

    text = said(capsys, talks)
    assert 2000 < len(text) < 2200
    assert "… and 14,998,003 more characters were printed" in text
    assert text.endswith("✓ 01.1 Half of it: 3 of 3 cases")


def test_little_is_printed_whole(capsys):
    def talks(numbers):
        print(len(numbers), end=" ")
        return numbers / 2

    assert said(capsys, talks) == "2 1 0 ✓ 01.1 Half of it: 3 of 3 cases"


def test_printing_goes_back_to_where_it_went(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    with pytest.raises(ZeroDivisionError), exercises.limited_printing():
        print("inside")
        raise ZeroDivisionError
    print("outside")
    assert stream.getvalue() == "inside\noutside\n"


def test_unknown_numbers_and_other_counts_of_functions(capsys):
    assert said(capsys, abs, name="01.7") == "✗ no exercise '01.7'; there are 01.1"
    assert said(capsys, abs, name="7") == "✗ no exercise '7'; there are 01.1 …"
    assert said(capsys) == '✗ 01.1: check("01.1", half) is wanted, 0 functions were given'
    exercises.hint("01.7")
    exercises.solution("no")
    assert capsys.readouterr().out.count("✗ no exercise") == 2


def test_a_learners_files_beside_them_are_no_exercises(sources, capsys):
    (sources / "01_1_half_mine.py").write_text("half = 0.5\n", encoding="utf-8")
    (sources / "my_2_tries.py").write_text("1 / 0\n", encoding="utf-8")
    assert exercises.names() == ["01.1"]
    assert said(capsys, lambda numbers: numbers / 2).startswith("✓ 01.1 Half of it")


def test_hints_come_one_after_the_other_and_the_solution(capsys):
    for line in ("Hint 1 of 3: Divide.", "Hint 2 of 3: By two."):
        exercises.hint("01.1")
        assert capsys.readouterr().out == line + "\n"
    for _ in range(2):
        exercises.hint("01.1")
        last = 'Hint 3 of 3: With a slash. That was the last; solution("01.1") shows ours.\n'
        assert capsys.readouterr().out == last
    exercises.solution("01.1")
    code = capsys.readouterr().out
    assert "    return numbers / 2\n" in code and "solution" not in code


def test_in_a_notebook_the_state_stands_beside_the_line(monkeypatch):
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    exercises.check("01.1", lambda numbers: numbers / 2)
    exercises.solution("01.1")
    assert shown[0][CHECK] == {"exercise": "01.1", "state": "passed"}
    assert shown[0]["text/plain"].startswith("✓ 01.1")
    assert shown[1]["text/markdown"].startswith("```python\nimport numpy")


# --- progress --------------------------------------------------------------------------------


def test_what_is_passed_stays_so_until_the_cases_change(capsys, sources):
    said(capsys, lambda numbers: numbers / 2)
    said(capsys, lambda numbers: numbers)
    assert exercises.states() == {"01.1": "passed"}
    path = sources / "01_1_half.py"
    path.write_text(SOURCE.replace("Each of them.", "All of them."), encoding="utf-8")
    assert exercises.states() == {"01.1": "passed"}
    path.write_text(SOURCE.replace("[4.0, 2]", "[4.0, 3]"), encoding="utf-8")
    assert exercises.states() == {}


def test_progress_of_other_exercises_stays(capsys):
    exercises.PROGRESS.write_text('{"77.1": "passed abc"}', encoding="utf-8")
    said(capsys, lambda numbers: numbers / 2)
    kept = json.loads(exercises.PROGRESS.read_text(encoding="utf-8"))
    assert kept["77.1"] == "passed abc" and kept["01.1"].startswith("passed ")
    assert [path.name for path in exercises.PROGRESS.parent.glob(".course*")] == [
        ".course-progress.json"
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"01.1": 3}', "\udcff"])
def test_a_damaged_progress_file_is_left_as_it_is(text, capsys):
    exercises.PROGRESS.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert exercises.states() == {}
    lines = said(capsys, lambda numbers: numbers / 2).splitlines()
    assert lines[0] == "✓ 01.1 Half of it: 3 of 3 cases"
    assert "is damaged. Delete it, and progress begins anew" in lines[1]
    assert exercises.PROGRESS.read_bytes() == text.encode("utf-8", "surrogateescape")


def test_a_folder_that_cannot_be_written_costs_the_progress_alone(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(exercises, "PROGRESS", tmp_path / "not there" / "progress.json")
    lines = said(capsys, lambda numbers: numbers / 2).splitlines()
    assert lines[0] == "✓ 01.1 Half of it: 3 of 3 cases"
    assert "cannot be written" in lines[1] and len(lines) == 2
