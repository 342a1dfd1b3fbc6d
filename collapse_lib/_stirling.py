"""The two parts of log x! and of Poisson and binomial probabilities, to full accuracy (Loader 2000)."""

from __future__ import annotations

from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

__all__ = ["deviance", "excess", "log_poisson"]

Array = NDArray[np.float64]


def excess(x: Array) -> Array:
    """log x! - (x log x - x) for integers x >= 0."""
    table = np.array([0.0] + [lgamma(i + 1) - (i * log(i) - i) for i in range(1, 16)])
    large = np.maximum(x, 16.0)
    i = 1 / (large * large)
    series = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / large
    return np.where(x < 16, table[np.minimum(x, 15).astype(int)], series + np.log(2 * np.pi * large) / 2)


def deviance(x: Array, mean: Array) -> Array:
    """x log(x/mean) - x + mean, without cancellation near the mean."""
    mean = np.maximum(mean, 1e-300)
    e = (x - mean) / mean
    near = np.abs(e) < 0.05
    small = np.where(near, e, 0.0)
    series = np.zeros_like(small)
    for m in range(15, 1, -1):
        series = (series + 1 / (m * (m - 1))) * -small
    far = np.where(near, 0.0, e)
    direct = np.where(far > -1, (1 + far) * np.log1p(np.maximum(far, -1 + 1e-16)) - far, 1.0)
    return mean * np.where(near, -series * small, direct)


def log_poisson(x: Array, mean: Array) -> Array:
    """log of the Poisson probability of the integers x >= 0."""
    return -deviance(x, mean) - excess(x)
