"""What `expects` lets pass, and what it says of the rest."""

from course_utils.checks import expects
import numpy as np
import pytest


@expects(a="N 2", b="N M+", weight="0 to 1", count="int >= 0", mask="N")
def function(a, b, weight=0.5, count=0, mask=None):
    return a


A, B = np.zeros((3, 2)), np.zeros((3, 5))


def test_arguments_reach_the_function_as_they_are():
    of_lists = A.tolist()
    assert function(of_lists, B) is of_lists
    assert function(a=A, b=B) is A
    assert function.__name__ == "function"


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"a": np.zeros((3, 3))}, ValueError, r"a must be \(N, 2\), got shape \(3, 3\)"),
        ({"a": np.zeros(3)}, ValueError, r"a must be \(N, 2\), got shape \(3,\)"),
        ({"b": np.zeros((4, 5))}, ValueError, r"b must be \(N, M\+\) where N = 3, got shape \(4, "),
        ({"b": np.zeros((3, 0))}, ValueError, r"b must be \(N, M\+\)"),
        ({"b": [[1], [1, 2]]}, ValueError, "b has rows of different lengths"),
        ({"a": np.full((3, 2), "x")}, TypeError, "a must hold numbers, got str"),
        ({"a": A * 1j}, TypeError, "a must hold numbers, got complex128"),
        ({"weight": 1.1}, ValueError, "weight must be 0 to 1 and finite, got 1.1"),
        ({"weight": [0.2, -0.1]}, ValueError, "weight must be 0 to 1"),
        ({"weight": np.nan}, ValueError, "weight must be 0 to 1"),
        ({"weight": None}, TypeError, "weight must hold numbers, got object"),
        ({"count": 1.0}, TypeError, "count must hold whole numbers, got float64"),
        ({"count": True}, TypeError, "count must hold whole numbers, got bool"),
        ({"count": -1}, ValueError, "count must be >= 0"),
        ({"mask": np.zeros(2)}, ValueError, r"mask must be \(N,\) where N = 3"),
    ],
)
def test_what_is_wrong_is_said(change, error, says):
    with pytest.raises(error, match=says):
        function(**{"a": A, "b": B} | change)


def test_what_is_allowed_passes():
    function(np.zeros((0, 2)), np.zeros((0, 1)))  # only + wants at least one
    function(A, B, weight=0, count=np.uint8(0), mask=None)
    function(A > 0, B, weight=np.array([0, 1]), mask=[1, 2, 3])


@pytest.mark.parametrize(
    ("want", "good", "bad"),
    [
        ("> 0", 0.1, 0),
        (">= 0", 0, -0.1),
        ("0 to below 1", 0, 1),
        ("finite", -1, np.inf),
        (">= 0", 5, np.inf),
    ],
)
def test_ranges(want, good, bad):
    one = expects(x=want)(lambda x: x)
    assert one(good) == good
    with pytest.raises(ValueError, match=f"x must be {want}"):
        one(bad)


def test_axes_in_front_broadcast_and_one_of_two_shapes_will_do():
    pair = expects(x="... 4", y="... 4")(lambda x, y: None)
    pair(np.zeros((5, 1, 4)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"y must be \(..., 4\)"):
        pair(np.zeros((5, 4)), np.zeros((3, 4)))
    either = expects(b="B _ 2", x="A 4 | B A 4")(lambda b, x: None)
    b = np.zeros((2, 9, 2))
    either(b, np.zeros((7, 4)))
    either(b, np.zeros((2, 7, 4)))
    with pytest.raises(ValueError, match=r"x must be \(A, 4\) or \(B, A, 4\) where B = 2, got"):
        either(b, np.zeros((3, 7, 4)))


def test_an_axis_that_is_not_known_yet_is_not_checked():
    class Symbol:
        shape, dtype = (None, 4), "float32"

    pair = expects(x="N 4", y="N 4")(lambda x, y: True)
    assert pair(Symbol(), np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"y must be \(N, 4\), got shape \(3, 5\)"):
        pair(Symbol(), np.zeros((3, 5)))
