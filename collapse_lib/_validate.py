"""Argument checks shared by every public function: name the argument, its value and what is allowed.

A number may be a Python or numpy number or an array without axes, an array anything that numpy makes one of
without guessing: nested lists, pandas Series (their index is ignored), fractions. Every array that is
returned is a new one, so that nothing that is done to it reaches the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["choice", "finite", "generator", "integer", "integers", "probability", "probabilities", "real"]


def _interval(minimum: float | None, maximum: float | None, above: float | None, below: float | None) -> str:
    parts = [
        f"{sign} {bound if isinstance(bound, int) else format(bound, '.15g')}"
        for sign, bound in ((">=", minimum), (">", above), ("<=", maximum), ("<", below))
        if bound is not None
    ]
    return " and ".join(parts)


def _shown(value: Any) -> str:
    """Return the representation of `value`, cut where it would bury the message."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:400]}... ({len(text)} characters)"


def _scalar(value: Any) -> Any:
    """Return a numpy number, or what an array without axes holds, as Python's own; the rest as it is."""
    if not hasattr(value, "__array__") or np.ndim(value) > 0:
        return value
    array = np.asarray(value)
    return array.item() if array.dtype.kind in "biufU" else array


def _is(kind: type, value: Any) -> bool:
    """Whether `value` is a number of this kind, and no boolean."""
    return isinstance(value, kind) and not isinstance(value, (bool, np.bool_))


def _array(name: str, value: Any, kind: type, what: str) -> NDArray[Any]:
    """Return `value` as an array that is not empty and holds numbers of the `kind` Integral or Real."""
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and all(_is(kind, entry) for entry in array.flat):
            array = array.astype(np.int64 if kind is Integral else np.float64)
    except (TypeError, ValueError, OverflowError) as error:  # a ragged list, an integer of 65 bits
        raise TypeError(f"{name} must be {what}, got {_shown(value)}") from error
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got {_shown(value)}")
    if array.dtype.kind not in ("iu" if kind is Integral else "iuf"):
        raise TypeError(f"{name} must be {what}, got {_shown(value)}")
    if np.ma.is_masked(value):
        raise TypeError(f"{name} must be {what}, without a mask, got {_shown(value)}")
    return array


def integer(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return `value` as an int, or raise an error that names it (booleans and 3.0 are refused)."""
    number = _scalar(value)
    if not _is(Integral, number):
        raise TypeError(f"{name} must be an integer, got {_shown(value)}")
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        allowed = _interval(minimum, maximum, None, None)
        raise ValueError(f"{name} must be an integer {allowed}, got {_shown(number)}")
    return int(number)


def integers(
    name: str, value: ArrayLike, *, minimum: int | None = None, maximum: int | None = None
) -> NDArray[np.int64]:
    """Return `value` (an integer or an array of integers, any shape) as an int64 array."""
    array = _array(name, value, Integral, "an integer or an array of integers of at most 64 bits")
    low, high = int(array.min()), int(array.max())
    maximum = 2**63 - 1 if maximum is None and high >= 2**63 else maximum  # what an int64 array can hold
    if (minimum is not None and low < minimum) or (maximum is not None and high > maximum):
        wrong = low if minimum is not None and low < minimum else high
        raise ValueError(f"{name} must hold integers {_interval(minimum, maximum, None, None)}, got {wrong}")
    return array.astype(np.int64)


def real(
    name: str,
    value: Any,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """Return `value` as a finite float inside the stated interval, or raise an error that names it."""
    number = _scalar(value)
    if not _is(Real, number):
        raise TypeError(f"{name} must be a real number, got {_shown(value)}")
    try:
        number = float(number)
    except OverflowError:
        number = np.inf
    outside = (
        not np.isfinite(number)
        or (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
        or (above is not None and number <= above)
        or (below is not None and number >= below)
    )
    if outside:
        allowed = _interval(minimum, maximum, above, below)
        raise ValueError(
            f"{name} must be a finite number{' ' + allowed if allowed else ''}, got {_shown(value)}"
        )
    return number


def finite(
    name: str,
    value: ArrayLike,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    ndim: int | None = None,
) -> NDArray[np.float64]:
    """Return `value` (a number or an array of numbers) as a float array, every entry inside the interval."""
    array = _array(name, value, Real, "a real number or an array of them")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(
            f"{name} must have {ndim} dimension{'s' if ndim != 1 else ''}, got shape {array.shape}"
        )
    array = array.astype(np.float64)
    wrong = ~np.isfinite(array)
    if minimum is not None:
        wrong |= array < minimum
    if maximum is not None:
        wrong |= array > maximum
    if above is not None:
        wrong |= array <= above
    if below is not None:
        wrong |= array >= below
    if wrong.any():
        allowed = _interval(minimum, maximum, above, below)
        first = float(array[wrong][0])
        raise ValueError(f"{name} must hold finite numbers{' ' + allowed if allowed else ''}, got {first!r}")
    return array


def probability(name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1]."""
    return real(name, value, minimum=0.0, maximum=1.0)


def probabilities(name: str, value: ArrayLike, *, ndim: int | None = 1) -> NDArray[np.float64]:
    """Return `value` as an array of probabilities whose sum along the last axis is 1 within 1e-9.

    Numbers of 32 or 16 bits cannot keep to that: their sum, in 64 bits, may miss 1 by 1e-5 or 1e-2, and they
    are divided by it.
    """
    array = finite(name, value, minimum=0.0, maximum=1.0, ndim=ndim)
    if array.ndim == 0:
        raise ValueError(f"{name} must have at least 1 dimension, got {_shown(value)}")
    dtype = np.asarray(value).dtype
    tolerance = {np.dtype(np.float32): 1e-5, np.dtype(np.float16): 1e-2}.get(dtype, 1e-9)
    sums = array.sum(axis=-1, keepdims=True)
    error = np.abs(sums - 1.0)
    if error.max() > tolerance:
        raise ValueError(
            f"{name} must sum to 1 within {tolerance:g}, got a sum of {float(sums.flat[error.argmax()])!r}; "
            f"to renormalise in 64 bits: p = numpy.asarray(p, dtype=float); p /= p.sum(axis=-1, keepdims=True)"
        )
    return array / sums if tolerance > 1e-9 else array


def choice(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """Return `value` if it is one of `allowed`."""
    chosen = _scalar(value)
    if not any(type(chosen) is type(option) and chosen == option for option in allowed):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {_shown(value)}")
    return chosen


def generator(rng: Any) -> np.random.Generator:
    """Return a Generator: `rng` itself, or a new one seeded with the non-negative integer `rng`."""
    if isinstance(rng, np.random.Generator):
        return rng
    if not _is(Integral, _scalar(rng)):
        raise TypeError(f"rng must be a numpy.random.Generator or an integer seed, got {_shown(rng)}")
    return np.random.default_rng(integer("rng", rng, minimum=0))
