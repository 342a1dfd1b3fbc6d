"""What the kernel-density loop and the diffusion loop share: generations, sample sizes and lengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate

Array = NDArray[np.float64]

LARGEST = 10**9  # sample sizes and generations
HUGE = 1e140  # of standard deviations and bandwidths


def generations(k: ArrayLike, *, maximum: int = LARGEST) -> NDArray[np.int64]:
    return _validate.integers("k", k, minimum=0, maximum=maximum)


def size(n: int, *, minimum: int = 1) -> int:
    return _validate.integer("n", n, minimum=minimum, maximum=LARGEST)


def length(name: str, value: float) -> float:
    return _validate.real(name, value, minimum=0.0, maximum=HUGE)
