"""What the modules of the theory share: types, argument checks, and means over the dual chain."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.forgetting import _occupancy

__all__ = [
    "SOURCES",
    "Array",
    "Source",
    "answer",
    "count",
    "exact_size",
    "expect",
    "generations",
    "in_part",
    "in_sample",
    "size",
]

Array = NDArray[np.float64]
Source = Literal["paper", "sharp"]

SOURCES = ("paper", "sharp")


def generations(k: ArrayLike, minimum: int = 0) -> NDArray[np.int64]:
    """Return `k` as an array of generations."""
    return _validate.integers("k", k, minimum=minimum, maximum=10**18)


def size(n: int) -> int:
    """Return the sample size `n`."""
    return _validate.integer("n", n, minimum=1, maximum=10**15)


def exact_size(n: int, maximum: int) -> int:
    """Return the sample size `n`, not above what the exact value allows."""
    n = size(n)
    if n > maximum:
        raise ValueError(f"n must be an integer <= {maximum:,} for the exact value, got {n:,}")
    return n


def count(count: float) -> float:
    """Return the expected count of a word in the Poisson model."""
    return _validate.real("count", count, minimum=0.0, maximum=1e15)


def answer(values: ArrayLike) -> Any:
    """A float for a number, an array for an array."""
    array = np.asarray(values)
    return array if array.ndim else array.item()


def in_sample(p: float, size: Array) -> Array:
    """Probability 1 - (1 - p)^size that a word of probability p is among `size` > 0 independent draws."""
    return -np.expm1(size * np.log1p(-p)) if 0 < p < 1 else np.full(size.shape, p)


def in_part(p: float, size: Array) -> Array:
    """Probability 1 - (1 - p)^size - p^size that it is among them, but not all of them (size >= 1)."""
    rare = min(p, 1 - p)
    return np.where(size > 1, np.maximum(in_sample(rare, size) - rare**size, 0.0), 0.0)


def expect(n: int, k: NDArray[np.int64], values: Array, at_start: float) -> Any:
    """E f(A_k), a probability, given values[a - 1] = f(a), and `at_start` at k = 0."""
    mean = _occupancy.chain(n).expectation(values, np.maximum(k, 1))
    return answer(np.where(k == 0, float(at_start), np.minimum(mean, 1.0)))
