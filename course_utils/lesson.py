"""What a lesson says about itself: its seed, its records, its claims, its summary.

A record and a claim are printed as one line and stored beside that line in the cell's output,
where `course run` and `course results` find them.
"""

import ast
import importlib.metadata
import inspect
import json
import math
import platform
import time

import course_utils
from course_utils import BUILD, CLAIM, KEPT, RECORD, SETUP, SUMMARY, _tensorflow, digits
from IPython.display import display
import keras

_state: dict = {"quick": False, "digits": None, "started": 0.0, "recorded": {}}


class ClaimFailed(AssertionError):
    """A sentence of the lesson that this run does not bear out."""


def setup(seed, quick=False):
    """Make the run repeatable and say what it runs on. The first call of every lesson.

    Seeds Python, NumPy and Keras, and asks TensorFlow for operations that give the same bits
    each time. seed: int >= 0. quick: with True, a claim that fails is shown but does not stop
    the run (its numbers come from a shortened training).
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed must be an integer >= 0, got {seed!r}")
    keras.utils.set_random_seed(seed)
    _tensorflow.make_deterministic()
    backend = keras.backend.backend()
    _state.update(quick=bool(quick), digits=None, started=time.perf_counter(), recorded={})
    versions = {"python": platform.python_version(), "keras": keras.__version__}
    packages = importlib.metadata.packages_distributions()
    for module in (backend, "numpy"):
        versions[module] = importlib.metadata.version(packages[module][0])
    running = f"Keras {keras.__version__} on {backend} {versions[backend]}, seed {seed}"
    _show(
        running + (", quick run: claims do not bind" if quick else ""),
        {SETUP: {"seed": seed, "quick": bool(quick), "versions": versions}},
    )


def load_digits():
    """`digits.load_digits`, and a line that says which digits these are."""
    loaded = digits.load_digits()
    _state["digits"] = loaded.source
    n_train, n_test = len(loaded.x_train), len(loaded.x_test)
    name = {
        "mnist": "MNIST",
        "sklearn": "scikit-learn's bundled digits, enlarged to 28×28 (no MNIST here, "
        "and it could not be downloaded)",
    }[loaded.source]
    _show(
        f"Digits: {name}; {n_train:,} to train on, {n_test:,} to test on",
        {SETUP: {"digits": loaded.source}},
    )
    return loaded


def record(**metrics):
    """Keep named numbers as results of the lesson. Times end in ``_s`` or ``_ms``.

    Raises TypeError on a value that is not a number, ValueError on NaN or infinity.
    """
    values = {name: _number(name, value) for name, value in metrics.items()}
    _state["recorded"] |= values
    _show(
        "\n".join(f"{name} = {_format(value)}" for name, value in values.items()),
        {RECORD: {name: _whole(value) for name, value in values.items()}},
    )


def claim(sentence, value, *, at_most=None, at_least=None, unit=""):
    """State a result and check it: `value` is at most, or at least, the bound.

    A bound may be a dict with one number for each source of digits: {"mnist": …, "sklearn": …}.
    Units that hold seconds are "s" and "s/s", a ratio of two times. Raises ClaimFailed when the
    claim does not hold (in a quick run it is only shown); ValueError without exactly one bound, or
    without one for the digits that were loaded; errors for the value as of `record`.
    """
    if (at_most is None) == (at_least is None):
        raise ValueError("a claim needs at_most or at_least, and not both")
    sense, bound = ("at_most", at_most) if at_least is None else ("at_least", at_least)
    if isinstance(bound, dict):
        if _state["digits"] not in bound:
            raise ValueError(f"no bound for digits {_state['digits']}, only for {sorted(bound)}")
        bound = bound[_state["digits"]]
    value, bound = _number("value", value), _number("bound", bound)
    passed = value <= bound if sense == "at_most" else value >= bound
    unit_text = f" {unit}" if unit else ""
    comparison = f"{sense.replace('_', ' ')} {_format(bound)}{unit_text}"
    line = f"{'✓' if passed else '✗'} {sentence}: {_format(value)}{unit_text} ({comparison})"
    content = {"sentence": sentence, "value": _whole(value), "bound": _whole(bound), "sense": sense}
    content |= {"unit": unit, "passed": passed}
    # Beside the plain text Markdown, because JupyterLab breaks plain text within words.
    _show(line, {CLAIM: content, "text/markdown": course_utils.as_markdown(line)})
    if not passed and not _state["quick"]:
        raise ClaimFailed(line)


def say(text, **more):
    """Show a sentence of the lesson, in Markdown, with numbers of this run.

    text: with names in braces and a format, as "errs by {recipe_mae_px:.2f} px"; each is a number
    that was recorded, or one of `more`. Raises KeyError for another name.
    """
    numbers = _state["recorded"] | {name: _number(name, value) for name, value in more.items()}
    try:
        sentence = text.format(**numbers)
    except KeyError as missing:
        raise KeyError(f"{missing} was not recorded, nor given to `say`") from None
    _show(sentence, {"text/markdown": sentence})


def summary(columns, rows):
    """Show the lesson's table, baseline · recipe · ours · limit, and keep it for the README.

    columns: dict of the four roles ("baseline", "recipe", "ours", "limit") and what each was.
    rows: dict of a quantity and its four values, numbers or None where there is none; the
    first row is the one that the README shows.
    """
    cells = {
        name: [None if value is None else _number(name, value) for value in values]
        for name, values in rows.items()
    }
    if any(len(values) != len(columns) for values in cells.values()):
        raise ValueError(f"every row needs {len(columns)} values, one for each column")
    lines = ["| | " + " | ".join(f"**{role}**: {what}" for role, what in columns.items()) + " |"]
    lines.append("|---|" + "--:|" * len(columns))
    for name, values in cells.items():
        shown = ["–" if value is None else _format(value) for value in values]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    table = "\n".join(lines)
    # Lists, because notebook files sort the keys of objects.
    whole = [(name, [_whole(value) for value in values]) for name, values in cells.items()]
    content = {"columns": list(columns.items()), "rows": whole}
    _show(table, {SUMMARY: content, "text/markdown": table})


def kept(name, measure, anew=False):
    """Numbers that take too long to measure in every run of a lesson: measured once, and kept.

    name: of the file in `benchmarks/kept`; measure: function without arguments that returns dicts,
    lists and numbers; anew: True measures, and replaces the file (after the run `course run` adds
    which code it was). Returns what `measure` returned, as JSON keeps it (keys are strings).
    Raises FileNotFoundError when nothing was kept under that name, and ValueError in a quick run
    with `anew`.
    """
    path = KEPT / f"{name}.json"
    if anew:
        if _state["quick"]:
            raise ValueError("a quick run measures nothing worth keeping")
        text = json.dumps({"measured": measure()}, indent=1) + "\n"
        KEPT.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        for folder in (KEPT.parent, BUILD):  # see `epoch_by_epoch`
            for unfinished in (folder / "unfinished").glob(f"{name}.*"):
                unfinished.unlink()
    return json.loads(path.read_text(encoding="utf-8"))["measured"]


def finish():
    """Record how long the lesson took since `setup`."""
    record(total_s=time.perf_counter() - _state["started"])


def show_source(function):
    """Show the source of a function or class of `course_utils` as it runs, without decorators."""
    source = _without_decorators(inspect.getsource(function))
    _show(source, {"text/markdown": f"```python\n{source}\n```"})


def _without_decorators(source):
    lines = source.rstrip().splitlines()
    hidden: set = set()
    for node in ast.walk(ast.parse(source)):
        for decorator in getattr(node, "decorator_list", ()):
            hidden |= set(range(decorator.lineno, decorator.end_lineno + 1))
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in hidden)


def _show(text, more):
    display({"text/plain": text, **more}, raw=True)


def _number(name, value):
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}: a result must be finite")
    return value


def _whole(value):
    """A float that is whole as an int: so JupyterLab, which saves 1.0 as 1, changes no file."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _format(value):
    if isinstance(value, int):
        return f"{value:,}"
    return (
        f"{value:.0f}"
        if abs(value) >= 1000
        else f"{value:.4g}"
        if abs(value) >= 1e-4 or value == 0
        else f"{value:.1e}"
    )
