"""What public functions expect of their arguments, said once and checked at each call."""

import functools
import inspect
import math
import operator

import numpy as np


def expects(**wanted):
    """Let a function refuse arguments of another kind, by name, before it does anything.

    wanted: for an argument either the least that it may be, if it is a whole number, or its shape
    as a tuple: a number is an axis of that length; a letter an axis of any length, the same in
    all arguments of a call; ... any number of axes. Arrays, nested lists and tensors of numbers
    pass; an axis that a tensor does not know yet passes too. The function raises TypeError for
    what is no whole number or holds no numbers, ValueError for another size or shape.
    """

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args, **kwargs):
            given = signature.bind(*args, **kwargs).arguments
            letters: dict = {}
            for name, want in wanted.items():
                if name in given and isinstance(want, tuple):
                    _check_shape(name, given[name], want, letters)
                elif name in given:
                    _check_whole(name, given[name], want)
            return function(*args, **kwargs)

        return checked

    return decorate


def _check_whole(name, value, least):
    try:
        whole = operator.index(value)
    except TypeError:
        whole = None
    if whole is None or isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if whole < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def _check_shape(name, value, want, letters):
    said = "(" + ", ".join("..." if axis is ... else str(axis) for axis in want) + ")"
    if not hasattr(value, "shape"):
        try:
            value = np.asarray(value)
        except ValueError:
            raise ValueError(f"{name} must be {said}, got rows of different lengths") from None
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold numbers, got dtype {value.dtype}")
    shape = tuple(value.shape)
    axes = want
    if want[0] is ...:
        axes = (None,) * (len(shape) - len(want) + 1) + want[1:]
    fits = len(shape) == len(axes)
    for length, axis in zip(shape, axes, strict=False):
        known = letters.setdefault(axis, length) if isinstance(axis, str) else axis
        if known is None and isinstance(axis, str):
            letters[axis] = length
        fits = fits and (known is None or length is None or known == length)
    if not fits:
        where = ", ".join(f"{a} = {n}" for a, n in letters.items() if a in axes and n is not None)
        elsewhere = f" where {where}" if where and len(shape) == len(axes) else ""
        raise ValueError(f"{name} must be {said}{elsewhere}, got {shape}")


def positive(name, value):
    """Raise ValueError, by name, unless a number is above 0 and finite; TypeError for none."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be above 0 and finite, got {value}")
