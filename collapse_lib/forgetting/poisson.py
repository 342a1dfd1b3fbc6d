"""The Poisson model: the exact law, its bounds, and the quantiles of the forgetting time."""

from __future__ import annotations

from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.forgetting import _common
from collapse_lib.forgetting._common import Source
from collapse_lib.forgetting.rates import abel, abel_constant, g, g_bounds, g_table

__all__ = ["forgetting_quantile", "survival_poisson", "survival_poisson_bounds"]


def survival_poisson(count: float, *, k: ArrayLike) -> Any:
    """Return the exact probability Pr(Lambda_k != 0) of a word in the Poisson model.

    Parameters
    ----------
    count : float
        Expected number n lambda_0 >= 0 of copies of the word in the real sample.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        1 - exp(-count g_k), of the shape of `k`: 1 at k = 0 if count > 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Suresh et al. 2025, Theorem 2; see :doc:`/chapters/forgetting/forgetting-time`. Relative error below
    2e-12.
    """
    count = _common.count(count)
    rate = np.asarray(g(k))
    return _common.answer(-np.expm1(-count * rate) if count > 0 else np.zeros(rate.shape))


def survival_poisson_bounds(count: float, *, k: ArrayLike, source: Source = "paper") -> tuple[Any, Any]:
    """Return bounds (lower, upper) on :func:`survival_poisson`: g_k is replaced by its bounds.

    Parameters
    ----------
    count : float
        Expected number n lambda_0 >= 0 of copies of the word in the real sample.
    k : int or array of int
        Generation, k >= 0 (at k = 0 both bounds are the exact value).
    source : {"paper", "sharp"}, default "paper"
        Which bounds of :func:`g_bounds` are used.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`, in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Suresh et al. 2025, Theorem 2 with the bounds on g_k; see :doc:`/chapters/forgetting/forgetting-time`.
    """
    count = _common.count(count)
    rates: Any = g_bounds(k, source)
    if count == 0:
        rates = (np.zeros(np.shape(rate)) for rate in rates)  # also at k = 0, where g_0 = inf
    lower, upper = (_common.answer(-np.expm1(-count * np.asarray(rate))) for rate in rates)
    return lower, upper


def forgetting_quantile(count: float, u: float) -> int:
    """Return the smallest generation by which a word is forgotten with probability >= u (Poisson model).

    Parameters
    ----------
    count : float
        Expected number n lambda_0 >= 0 of copies of the word in the real sample.
    u : float
        Probability, 0 <= u < 1.

    Returns
    -------
    int
        The smallest k >= 0 with Pr(Lambda_k = 0) = exp(-count g_k) >= u: 0 if u = 0, and 0 if count = 0 (a
        word that the truth does not have is forgotten from the start); otherwise at least 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the answer is above 10^15.

    Notes
    -----
    About 2 count/ln(1/u). For large answers the Abel function of g replaces the iteration. The answer is
    right for a ln(u) that is off by at most 1e-14 of itself: up to about 10^12 that matters only for ties,
    beyond it g_k and g_{k+1} are hardly told apart. See :doc:`/chapters/forgetting/forgetting-time`.
    """
    count = _common.count(count)
    u = _validate.real("u", u, minimum=0.0, below=1.0)
    if count == 0 or u == 0:
        return 0
    target = -log(u) / count * (1 + 1e-15)  # the smallest k with g_k <= target; room for rounding
    if target < 2e-15:
        raise ValueError(f"count must be at most {-log(u) * 5e14:g} for u = {u!r}, got {count!r}")
    table = g_table()
    if table[-1] <= target:
        return 1 + int(np.searchsorted(-table[1:], -target))
    k = ceil(abel(1 / target) - abel_constant())
    while g(k - 1) <= target:
        k -= 1
    while g(k) > target:
        k += 1
    return k
