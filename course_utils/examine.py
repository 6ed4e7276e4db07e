"""How an answer to an exercise does: what each case gives, and what was probably thought wrong."""

import _thread
import ast
import contextlib
import functools
import signal
import threading
import traceback
import warnings

import numpy as np


def examine(exercise, answer, seconds=None):
    """The state of an answer, "unsolved", "failed" or "passed", and the text that says so.

    exercise: `exercises.Exercise`; answer: the functions by name; seconds: after which it is given
    up, None for never.
    """
    label = f"{exercise.name} {exercise.title}"
    got = _outcomes(exercise, answer, seconds)
    if all(kind == "nothing" for kind, _ in got):
        return "unsolved", f'○ {label}: not written yet. hint("{exercise.name}") helps to begin.'
    good = _good(exercise, got)
    count = f"{sum(good)} of {len(good)} cases"
    if all(good):
        return "passed", f"✓ {label}: {count}"
    first = good.index(False)
    case, expression, wanted, why = exercise.cases[first]
    lines = [f"✗ {label}: {count}. The first that fails: {case}", f"    {expression}"]
    for source in _needed(exercise.sources, expression).values():
        lines += [f"      {line}" for line in source.splitlines()]
    right = _shown(("value", np.asarray(wanted)), got[first])
    lines += [f"    gives   {_shown(got[first])}", f"    wanted  {right}", f"    {why}"]
    if thought := _likely(exercise, got, good, first):
        lines.append(f"    It looks as if {thought}{'' if thought.endswith('?') else '.'}")
    return "failed", "\n".join([*lines, f'    hint("{exercise.name}") helps on.'])


def passes(test, function):
    """Whether a test lets a function pass; None when it never calls it. For the bug museum.

    An error of the function is a failure, as in pytest; an error of the test itself is raised.
    """
    called = []

    def watched(*given, **named):
        called.append(True)
        try:
            return function(*given, **named)
        except Exception as error:
            raise AssertionError from error

    with contextlib.suppress(_Nothing):
        try:
            test(watched)
        except AssertionError:
            return False
    return True if called else None


def _needed(sources, code, found=None):
    """Of `sources`, by name, those that some code needs: what a learner does not have, in order."""
    found = {} if found is None else found
    known = sources | {"passes": "from course_utils.examine import passes"}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and node.id in known and node.id not in found:
            others = {name: sources[name] for name in sources if name != node.id}
            _needed(others, known[node.id], found)
            found[node.id] = known[node.id]
    return found


class _Nothing(Exception):
    """A function to be written returns nothing."""


def defined(code):
    """What running some code defines."""
    space: dict = {}
    exec(compile(code, "<exercise>", "exec"), space)
    return space


def wrong_answers(exercise):
    """The functions of each typical wrong answer, by what was thought wrong."""
    for thought, (right, instead) in exercise.wrong.items():
        if exercise.code.count(right) != 1:
            raise ValueError(f"{exercise.name}: {right!r} must stand in the solution once")
        yield thought, defined(exercise.code.replace(right, instead))


def _outcomes(exercise, answer, seconds=None):
    """What each case gives: ("value", array), ("nothing", None) or ("error", a line)."""
    functions = {name: _watched(answer[name]) for name in exercise.functions}
    written = [answer[name] for name in functions]
    files = {f.__code__.co_filename for f in written if hasattr(f, "__code__")}
    space = exercise.space | {"np": np, "passes": passes} | functions
    got: list = []
    limit = _time_limit(seconds) if seconds else contextlib.nullcontext()
    with contextlib.suppress(TimeoutError), limit:
        for _, expression, _, _ in exercise.cases:
            got.append(_outcome(expression, space, files))
    late = f"no answer within {seconds} s. Is there a loop that does not end?"
    return got + [("error", late)] * (len(exercise.cases) - len(got))


def _outcome(expression, space, files):
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = eval(expression, space)
            if given is None:  # of a museum's `passes`
                return "nothing", None
            value = np.asarray(given)
        if value.dtype.kind not in "biuf":
            return "error", f"{type(given).__name__}, where numbers are wanted"
        return "value", value
    except _Nothing:
        return "nothing", None
    except (Exception, SystemExit) as error:
        stack = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in stack if frame.filename in files]
        place = f" (line {lines[-1]} of the code)" if lines else ""
        return "error", f"{type(error).__name__}: {' '.join(str(error).split()):.200}{place}"


@contextlib.contextmanager
def _time_limit(seconds):
    """Raise TimeoutError when what is inside takes longer: by a Ctrl-C from within."""
    late: list = []

    def interrupt():
        late.append(True)
        _thread.interrupt_main()

    timer = threading.Timer(seconds, interrupt)
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:  # so it is in what a shell starts in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if late:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        if before == signal.SIG_IGN:
            signal.signal(signal.SIGINT, before)


def _watched(function):
    """The function, but it must return something, and not change what it is given."""

    @functools.wraps(function)
    def call(*given, **named):
        before = _frozen([given, named])
        value = function(*given, **named)
        if value is None or value is ...:
            raise _Nothing
        if _frozen([given, named]) != before:
            raise ValueError("it changes what it is given. Let it work on a copy")
        return value

    return call


def _frozen(value):
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, dict):
        return [(key, _frozen(value[key])) for key in value]
    if isinstance(value, list | tuple):
        return [_frozen(part) for part in value]
    return value if isinstance(value, int | float | str) else None


def _good(exercise, got):
    cases = zip(got, exercise.cases, strict=True)
    return [_equal(one, ("value", np.asarray(wanted))) for one, (_, _, wanted, _) in cases]


def _equal(a, b):
    if a[0] != b[0] or a[0] != "value":
        return a[0] == b[0] and (a[0] == "nothing" or a[1].split(":")[0] == b[1].split(":")[0])
    return a[1].shape == b[1].shape and np.allclose(a[1], b[1], 1e-5, 1e-6, equal_nan=True)


def _likely(exercise, got, good, first):
    """The typical wrong answer that does most as this one does, or None."""
    best, most = None, 0.5
    for thought, answer in wrong_answers(exercise):
        wrong = _outcomes(exercise, answer)
        either = [not (a and b) for a, b in zip(good, _good(exercise, wrong), strict=True)]
        equal = [_equal(a, b) for a, b in zip(got, wrong, strict=True)]
        share = sum(np.logical_and(equal, either)) / sum(either)
        if equal[first] and share > most:
            best, most = thought, share
    return best


def _shown(got, beside=("nothing", None)):
    kind, value = got
    if kind == "nothing":
        return "nothing. Is there a `return`, or in a test a call of the function?"
    if kind == "error":
        return value
    with np.printoptions(precision=4, suppress=True, threshold=40):
        text = np.array2string(value, separator=", ", prefix=" " * 12)
    if beside[0] == "value" and beside[1].shape != value.shape:
        text += f"   of shape {value.shape}, not {beside[1].shape}"
    return text
