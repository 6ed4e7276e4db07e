"""What a function expects of its arguments: said once, above it, and checked at each call."""

import functools
import inspect
import operator

import numpy as np

NUMBERS: dict = {
    "finite": np.isfinite,
    "> 0": lambda number: number > 0,
    ">= 0": lambda number: number >= 0,
    "0 to 1": lambda number: (number >= 0) & (number <= 1),
    "0 to below 1": lambda number: (number >= 0) & (number < 1),
}


def expects(**wanted):
    """Let a function refuse arguments of another kind, by name, before it does anything.

    wanted: what each argument must be, as one of

    - a shape, as "B N 4": a number is an axis of that length, a letter an axis of any length, the
      same in all arguments, with + at least 1; _ any axis; ... in front any axes, which must
      broadcast between arguments. After "int" it must hold whole numbers; after "float", lists and
      whole numbers become float32, so that none wraps around below 0. "A 4 | B A 4" allows both;
    - a text of NUMBERS, as "> 0": a finite number, or an array of them, in that range;
    - a whole number: the least that the argument, a whole number too, may be;
    - a class, of which it must be;
    - a list of one of these, which holds for each item of a list.

    Nested lists reach the function as arrays. Not checked are axes that are known only when a
    model runs, as the size of its batch, and an argument that is its default. Raises TypeError
    for another type, ValueError for another shape or range.
    """

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            letters: dict = {}
            for name, want in wanted.items():
                default = signature.parameters[name].default
                value = bound.arguments.get(name, default)
                if value is not default:
                    bound.arguments[name] = _checked(name, value, want, letters)
            return function(*bound.args, **bound.kwargs)

        return checked

    return decorate


def _checked(name, value, want, letters):
    """`value`, as an array if a shape is wanted; an error unless it is as `want` says."""
    if isinstance(want, list):
        if not hasattr(value, "__len__"):
            raise TypeError(f"{name} must be a list, got {value!r}")
        return [_checked(f"{name}[{i}]", item, want[0], letters) for i, item in enumerate(value)]
    if isinstance(want, type):
        if not isinstance(value, want):
            raise TypeError(f"{name} must be a {want.__module__}.{want.__name__}, got {value!r}")
    elif isinstance(want, int):
        _check_whole(name, value, want)
    elif want in NUMBERS:
        numbers = _array(name, value)
        if not (np.isfinite(numbers) & NUMBERS[want](numbers)).all():
            also = "" if want == "finite" else " and finite"
            raise ValueError(f"{name} must be {want}{also}, got {value}")
    else:
        value = _array(name, value)
        # None, or on JAX a symbol, where a length is not known yet.
        shape = tuple(length if isinstance(length, int) else None for length in value.shape)
        _check_shape(name, shape, want, letters)
        return _of_kind(name, value, want)
    return value


def _check_whole(name, value, least):
    try:
        whole = operator.index(value)
    except TypeError:
        whole = None
    if whole is None or isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if whole < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def _array(name, value):
    """What has a shape and a type, as it is; lists and numbers as an array of numbers."""
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        try:
            value = np.asarray(value)
        except ValueError:
            raise ValueError(f"{name} has rows of different lengths") from None
    if isinstance(value.dtype, np.dtype) and value.dtype.kind in "OSUVcmM":
        raise TypeError(f"{name} must hold numbers, got {value.dtype}")
    return value


def _check_shape(name, shape, want, letters):
    """Learn from `shape` how long the axes are that `want` names; ValueError if it does not fit."""
    allowed = [
        [axis for axis in one.split() if axis not in ("int", "float")] for one in want.split(" | ")
    ]
    for axes in allowed:
        learned = _lengths(shape, axes, letters)
        if learned is not None:
            letters.update(learned)
            return
    said = " or ".join(f"({', '.join(axes)}{',' * (len(axes) == 1)})" for axes in allowed)
    named = {axis.removesuffix("+") for axes in allowed for axis in axes} & set(letters)
    known = ", ".join(f"{axis} = {letters[axis]}" for axis in sorted(named))
    raise ValueError(f"{name} must be {said}{known and f' where {known}'}, got shape {shape}")


def _lengths(shape, axes, letters):
    """`letters` and those that `shape` adds; None if it does not fit `axes`."""
    letters = dict(letters)
    if axes[:1] == ["..."]:
        free = len(shape) - len(axes) + 1
        front = tuple(1 if length is None else length for length in shape[: max(free, 0)])
        try:
            letters["..."] = np.broadcast_shapes(front, letters.get("...", ()))
        except ValueError:
            return None
        shape, axes = shape[max(free, 0) :], axes[1:]
    if len(shape) != len(axes):
        return None
    for length, axis in zip(shape, axes, strict=True):
        if length is not None and axis != "_":
            letter = axis.removesuffix("+")
            wanted = int(axis) if axis.isdigit() else letters.setdefault(letter, length)
            if length != wanted or (length == 0 and letter != axis):
                return None
    return letters


def _of_kind(name, value, want):
    """`value`, after a look at its type where `want` begins with int or float."""
    dtype = str(getattr(value.dtype, "name", value.dtype))
    if want.startswith("int") and "int" not in dtype:
        raise TypeError(f"{name} must hold whole numbers, got {dtype}")
    if want.startswith("float") and "float" not in dtype:
        if isinstance(value, np.ndarray | np.generic):
            return value.astype("float32")
        from keras import ops

        return ops.cast(value, "float32")
    return value
