"""What an answer gives, and how it is compared."""

from course_utils import examine, exercises
import numpy as np
import pytest


def test_a_test_that_calls_nothing_passes_nothing():
    def right(number):
        return number + 1

    def calls(function):
        assert function(1) == 2

    assert examine.passes(calls, right) is True
    assert examine.passes(calls, lambda number: 1) is False
    assert examine.passes(lambda function: None, right) is None
    assert examine.passes(calls, lambda number: 1 / 0) is False
    with pytest.raises(TypeError):
        examine.passes(lambda function: function(1)[0], right)


def test_a_wrong_answer_whose_text_is_not_there_is_an_error():
    exercise = exercises.load("03.1")._replace(wrong={"it is 7": ("shared / 7", "7")})
    with pytest.raises(ValueError, match="'shared / 7' must stand in the solution once"):
        list(examine.wrong_answers(exercise))


def test_what_a_case_needs_is_shown_and_can_be_run():
    sources = {
        "rows": "rows = 2",
        "twice": "def twice(function, number):\n    return rows * function(number)",
        "other": "def other():\n    return other()",
        "unused": "unused = twice",
    }
    needed = examine._needed(sources, "twice(half, 3) + passes(half, other)")
    assert sorted(needed) == ["other", "passes", "rows", "twice"]
    assert needed["passes"] == "from course_utils.examine import passes"
    space: dict = {}
    exec("\n".join(needed.values()), space)
    assert space["twice"](abs, -3) == 6


@pytest.mark.parametrize("name", exercises.names())
def test_a_message_names_nothing_that_a_learner_cannot_run(name):
    exercise = exercises.load(name)
    for _, expression, _, _ in exercise.cases:
        shown = "\n".join(examine._needed(exercise.sources, expression).values())
        space = examine.defined(f"{exercise.code}\n{shown}")
        with np.errstate(all="ignore"):
            eval(expression, space)


def test_a_question_ends_with_its_mark():
    exercise = exercises.load("01.2")
    answer = dict(examine.wrong_answers(exercise))[
        "always the same positions are taken: is rng used?"
    ]
    _, text = examine.examine(exercise, answer)
    assert "    It looks as if always the same positions are taken: is rng used?\n" in text


def test_numbers_are_compared_with_room():
    ours = ("value", np.array([1.0, 2.0]))
    assert examine._equal(ours, ("value", np.array([1.000001, 2], "float32")))
    assert not examine._equal(ours, ("value", np.array([1.001, 2])))
    assert not examine._equal(ours, ("error", "KeyError"))
