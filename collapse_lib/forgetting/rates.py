"""The rates of forgetting: g_k, its bounds, and its partner h_k at a finite sample size."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.forgetting import _common, _occupancy
from collapse_lib.forgetting._common import SOURCES, Array, Source

__all__ = ["g", "g_bounds", "h"]


@lru_cache(maxsize=1)
def g_table() -> Array:
    """g_0 = inf, g_1, ..., up to generation _occupancy.ITERATED."""
    table = np.empty(_occupancy.ITERATED + 1)
    table[0] = np.inf
    for k in range(_occupancy.ITERATED):
        table[k + 1] = -np.expm1(-table[k])
    return table


def abel(y: Array) -> Array:
    """alpha(1/g_k) = k + constant up to O(g_k^3): one generation is one unit of alpha."""
    return 2 * y - np.log(y) / 3 + 1 / (36 * y) + 1 / (540 * y * y)


def abel_constant() -> float:
    return float(abel(1 / g_table()[-1])) - _occupancy.ITERATED


def g(k: ArrayLike) -> Any:
    """Return g_k, the k-fold iterate of g(x) = 1 - exp(-x) started at infinity.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        g_0 = inf, g_1 = 1, g_{k+1} = 1 - exp(-g_k), of the shape of `k`, with relative error below 1e-12.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Suresh et al. 2025, Theorem 1. Beyond generation 4096 the value solves alpha(1/g_k) = k + A with the Abel
    function alpha(y) = 2y - ln(y)/3 + 1/(36y) + 1/(540y^2): thm-g-expansion in
    :doc:`/chapters/forgetting/forgetting-numbers`.
    """
    generations = _common.generations(k)
    values = np.array(g_table()[np.minimum(generations, _occupancy.ITERATED)])
    late = generations > _occupancy.ITERATED
    if late.any():
        target = generations[late] + abel_constant()
        y = target / 2
        for _ in range(6):  # Newton's method; alpha' = 2 - 1/(3y) + ... is almost constant
            y = y - (abel(y) - target) / (2 - 1 / (3 * y))
        values[late] = 1 / y
    return _common.answer(values)


def g_bounds(k: ArrayLike, source: Source = "paper") -> tuple[Any, Any]:
    """Return bounds (lower, upper) on g_k.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0 (both bounds are inf at k = 0, like g_0).
    source : {"paper", "sharp"}, default "paper"
        "paper": 1/k and 3/k. "sharp": 2/(k + 1 + (H_k - 1)/3) and 2/(k + 1), H_k the k-th harmonic number.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    "paper": Suresh et al. 2025, Theorem 1. "sharp": proved in :doc:`/chapters/forgetting/forgetting-time`.
    """
    generations = _common.generations(k)
    _validate.choice("source", source, SOURCES)
    with np.errstate(divide="ignore"):
        if source == "paper":
            lower, upper = 1 / generations.astype(float), 3 / generations.astype(float)
        else:
            from scipy.special import digamma  # slow to import, and only needed here

            upper = np.where(generations == 0, np.inf, 2 / (generations + 1.0))
            harmonic = digamma(generations + 1.0) + np.euler_gamma
            lower = 2 / (generations + 1 + (harmonic - 1) / 3)
            lower = np.where(generations == 0, np.inf, np.minimum(lower, upper))
    return _common.answer(lower), _common.answer(upper)


def h(k: ArrayLike, *, n: int) -> Any:
    """Return h_k, the finite-n partner of g_k: h_1 = 1 and h_{k+1} = 1 - (1 - 1/n)^(n h_k).

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0.
    n : int
        Sample size per generation, n >= 1.

    Returns
    -------
    float or ndarray
        h_k, of the shape of `k`; h_0 = inf. It falls to 1/n.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    n h_k is an upper bound on the mean number E A_k of real samples that generation k descends from.
    Proved in :doc:`/chapters/forgetting/how-fast`. Relative error below 1e-11.
    """
    return _common.answer(_occupancy.mean_fraction(_common.generations(k), _common.size(n)))
