"""What the exact errors of regression share: generations, sizes, squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate

Array = NDArray[np.float64]

HUGE = 1e50  # of weights, noise and ridge: products of their powers are numbers, too
LARGEST = 10**9  # rows, weights and generations


def generations(k: ArrayLike) -> Array:
    return _validate.integers("k", k, minimum=0, maximum=LARGEST).astype(np.float64)


def square(name: str, value: float) -> float:
    return _validate.real(name, value, minimum=0.0, maximum=HUGE) ** 2
