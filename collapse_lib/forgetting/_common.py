"""What the modules of the theory share: types, argument checks, and means over the dual chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.forgetting import _duality

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
    "sizes",
]

Array = NDArray[np.float64]
Source = Literal["paper", "sharp"]

SOURCES = ("paper", "sharp")


def generations(k: ArrayLike, minimum: int = 0) -> NDArray[np.int64]:
    """Return `k` as an array of generations."""
    return _validate.integers("k", k, minimum=minimum, maximum=10**18)


def size(n: Any) -> int:
    """Return the sample size `n`."""
    return _validate.integer("n", n, minimum=1, maximum=10**15)


def exact_size(n: Any, maximum: int = _duality.MAX_SIZE) -> int:
    """Return the sample size `n`, not above what the exact value allows."""
    n = size(n)
    if n > maximum:
        raise ValueError(f"n must be an integer <= {maximum:,} for the exact value, got {n:,}")
    return n


def sizes(n: ArrayLike, k: NDArray[np.int64], maximum: int = _duality.MAX_SIZE) -> int | NDArray[np.int64]:
    """Return one sample size, or those of the generations up to the last of `k` of a schedule."""
    if not hasattr(n, "__len__") or (hasattr(n, "__array__") and np.ndim(n) == 0):
        return exact_size(n, maximum)
    schedule = _validate.integers("n", n, minimum=1)
    if schedule.ndim != 1:
        raise ValueError(f"n must be an integer or a one-dimensional sequence, got shape {schedule.shape}")
    if k.max() > schedule.size:
        raise ValueError(f"k must not exceed the length {schedule.size} of the schedule n, got {k.max()}")
    exact_size(int(schedule.max()), maximum)
    return schedule[: k.max()]


def count(count: float) -> float:
    """Return the expected count of a word in the Poisson model."""
    return _validate.real("count", count, minimum=0.0, maximum=1e15)


def in_sample(p: float, size: Array) -> Array:
    """Probability 1 - (1 - p)^size that a word of probability p is among `size` > 0 independent draws."""
    return -np.expm1(size * np.log1p(-p)) if 0 < p < 1 else np.full(size.shape, p)


def in_part(p: float, size: Array) -> Array:
    """Probability 1 - (1 - p)^size - p^size that it is among them, but not all of them (size >= 1)."""
    rare = min(p, 1 - p)
    return np.where(size > 1, np.maximum(in_sample(rare, size) - rare**size, 0.0), 0.0)


def expect(
    n: int | NDArray[np.int64], k: NDArray[np.int64], f: Callable[[Array], Array], at_start: float, most: float = 1.0
) -> Any:
    """E f(A_k), which is at most `most`, and `at_start` at k = 0; f takes an array of numbers of ancestors."""
    later = k > 0
    values = np.full(k.shape, float(at_start))
    if later.any():
        if isinstance(n, int):
            chain = _duality.dual_chain(n)
            mean = chain.expectation(f(chain.nodes), k[later])
        else:
            mean = _duality.scheduled(f, n, k[later])
        values[later] = np.minimum(mean, most)
    return answer(values)
