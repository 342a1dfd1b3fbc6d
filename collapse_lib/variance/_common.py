"""Arguments of the theory of variance collapse."""

from __future__ import annotations

from math import log, log1p

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate

Array = NDArray[np.float64]

LARGEST = 10**9  # of n and k


def size(n: int, ddof: int) -> tuple[float, float]:
    """Return alpha = (n-1)/2 and shrink = ln(D/(n-1)): C/D is G e^{-shrink} / alpha with G ~ Gamma(alpha)."""
    n = _validate.integer("n", n, minimum=2, maximum=LARGEST)
    ddof = _validate.choice("ddof", ddof, (0, 1))
    return (n - 1) / 2, 0.0 if ddof else log1p(1 / (n - 1))


def generations(k: ArrayLike) -> Array:
    return _validate.integers("k", k, minimum=0, maximum=LARGEST).astype(np.float64)


def log_ratio(eps: ArrayLike, sigma0: float) -> Array:
    """Return ln(eps/sigma0) with a small relative error, near 1 and where the quotient leaves the floats too."""
    eps = _validate.finite("eps", eps, above=0)
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    with np.errstate(all="ignore"):
        ratio = eps / sigma0
        near = np.log1p((eps - sigma0) / sigma0)  # the difference is exact
        far = np.where((ratio > 1e-300) & (ratio < 1e300), np.log(ratio), np.log(eps) - log(sigma0))
        return np.where((ratio > 0.5) & (ratio < 2), near, far)


def broadcast(name: str, value: Array, k: Array) -> tuple[Array, Array]:
    try:
        value, k = np.broadcast_arrays(value, k)
    except ValueError:
        shapes = f"{np.shape(value)} and {np.shape(k)}"
        raise ValueError(f"{name} and k must have shapes that broadcast together, got {shapes}") from None
    return value, k
