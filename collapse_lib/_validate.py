"""Argument checks shared by every public function: name the argument, its value and what is allowed."""

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


def _array(name: str, value: Any, kinds: str, what: str) -> NDArray[Any]:
    """Return `value` as an array that is not empty and whose dtype is of one of the `kinds`."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:  # a ragged list, for example
        raise TypeError(f"{name} must be {what}, got {value!r}") from error
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got {value!r}")
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must be {what}, got {value!r}")
    return array


def integer(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return `value` as an int, or raise an error that names it (booleans and 3.0 are refused)."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
        raise ValueError(
            f"{name} must be an integer {_interval(minimum, maximum, None, None)}, got {value!r}"
        )
    return int(value)


def integers(
    name: str, value: ArrayLike, *, minimum: int | None = None, maximum: int | None = None
) -> NDArray[np.int64]:
    """Return `value` (an integer or an array of integers, any shape) as an int64 array."""
    array = _array(name, value, "iu", "an integer or an array of integers of at most 64 bits")
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
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {value!r}")
    try:
        number = float(value)
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
        raise ValueError(f"{name} must be a finite number{' ' + allowed if allowed else ''}, got {value!r}")
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
    array = _array(name, value, "iuf", "a real number or an array of them")
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
    """Return `value` as an array of probabilities whose sum along the last axis is 1 within 1e-9."""
    array = finite(name, value, minimum=0.0, maximum=1.0, ndim=ndim)
    if array.ndim == 0:
        raise ValueError(f"{name} must have at least 1 dimension, got {value!r}")
    sums = array.sum(axis=-1)
    error = np.abs(sums - 1.0)
    if error.max() > 1e-9:
        raise ValueError(f"{name} must sum to 1, got a sum of {float(sums.flat[error.argmax()])!r}")
    return array


def choice(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """Return `value` if it is one of `allowed`."""
    if not any(type(value) is type(option) and value == option for option in allowed):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def generator(rng: Any) -> np.random.Generator:
    """Return a Generator: `rng` itself, or a new one seeded with the non-negative integer `rng`."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (bool, np.bool_)) or not isinstance(rng, Integral):
        raise TypeError(f"rng must be a numpy.random.Generator or an integer seed, got {rng!r}")
    return np.random.default_rng(integer("rng", rng, minimum=0))
