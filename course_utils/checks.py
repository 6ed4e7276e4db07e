"""What a function expects of its arguments: said once, above it, and checked at each call."""

import functools
import inspect
import re

import numpy as np

RANGES = {
    "finite": lambda numbers: np.isfinite(numbers),
    "> 0": lambda numbers: numbers > 0,
    ">= 0": lambda numbers: numbers >= 0,
    "0 to 1": lambda numbers: (numbers >= 0) & (numbers <= 1),
    "0 to below 1": lambda numbers: (numbers >= 0) & (numbers < 1),
}


def expects(**wanted):
    """Let a function refuse wrong shapes and numbers out of range, by the argument's name.

    wanted: for each argument a shape or a range. In a shape, as "B N 4", a number is an axis of
    that length, a letter an axis of any length, the same in all arguments, with + at least 1; _ is
    any axis, ... in front any axes that broadcast between arguments; "A 4 | B A 4" allows both. A
    range is one of RANGES, for a finite number or an array of them. After "int" only whole numbers
    will do. Arguments reach the function as they are; an axis that is known only when a model runs
    is not checked, nor None where that is the default. Raises TypeError for what holds no numbers,
    ValueError for another shape or range.
    """

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args, **kwargs):
            given: dict = signature.bind(*args, **kwargs).arguments
            lengths: dict = {}
            for name, want in wanted.items():
                optional = signature.parameters[name].default is None
                if name in given and not (optional and given[name] is None):
                    _check(name, given[name], want, lengths)
            return function(*args, **kwargs)

        return checked

    return decorate


def _check(name, value, want, lengths):
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        try:
            value = np.asarray(value)
        except ValueError:
            raise ValueError(f"{name} has rows of different lengths") from None
    dtype = str(getattr(value.dtype, "name", value.dtype))
    if not any(kind in dtype for kind in ("int", "float", "bool")):
        raise TypeError(f"{name} must hold numbers, got {dtype}")
    if want.startswith("int ") and "int" not in dtype:
        raise TypeError(f"{name} must hold whole numbers, got {dtype}")
    want = want.removeprefix("int ")
    if want in RANGES:
        if not (np.isfinite(value) & RANGES[want](value)).all():
            also = "" if want == "finite" else " and finite"
            raise ValueError(f"{name} must be {want}{also}, got {value}")
        return
    # None, or on JAX a symbol, where a length is not known yet.
    shape = tuple(length if isinstance(length, int) else None for length in value.shape)
    for axes in want.split(" | "):
        if _fits(shape, axes.split(), lengths):
            return
    allowed = " or ".join(f"({', '.join(axes.split())})" for axes in want.split(" | "))
    allowed = re.sub(r"\(([^ ,]+)\)", r"(\1,)", allowed)  # of one axis, as Python writes it
    named = {axis.removesuffix("+") for axis in want.split()} & lengths.keys()
    known = ", ".join(f"{axis} = {lengths[axis]}" for axis in sorted(named))
    raise ValueError(f"{name} must be {allowed}{known and f' where {known}'}, got shape {shape}")


def _fits(shape, axes, lengths):
    """Whether `shape` is as `axes` say; if so `lengths` learns the letters."""
    learned = dict(lengths)
    if axes[0] == "...":
        free = max(len(shape) - len(axes) + 1, 0)
        front = tuple(1 if length is None else length for length in shape[:free])
        try:
            learned["..."] = np.broadcast_shapes(front, learned.get("...", ()))
        except ValueError:
            return False
        shape, axes = shape[free:], axes[1:]
    if len(shape) != len(axes):
        return False
    for length, axis in zip(shape, axes, strict=True):
        if length is not None and axis != "_":
            letter = axis.removesuffix("+")
            known = int(axis) if axis.isdigit() else learned.setdefault(letter, length)
            if length != known or (length == 0 and letter != axis):
                return False
    lengths |= learned
    return True
