"""Where the mean ends: the limit law for large n, and the tail for every n."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special, stats

from collapse_lib.variance import _common, _gamma_walk, _perpetuity

NODES = (25, 50, 100, 200)  # sample sizes from which the constant is extrapolated to larger ones (ML)


class MeanTail(NamedTuple):
    """Power tail of the last mean: Pr(abs(M_oo - mu_0) > x sigma_0) ~ constant x^(-index) as x grows.

    Parameters
    ----------
    index : float
        Exponent of the power.
    constant : float
        The limit of x^index Pr(abs(M_oo - mu_0) > x sigma_0), both tails together.
    """

    index: float
    constant: float


def mean_limit(*, n: int, ddof: int = 1) -> Any:
    """Return the limit law, for large n, of (M_oo - mu_0)/sigma_0, the place where the mean comes to rest.

    Parameters
    ----------
    n : int
        Sample size per generation, 2 <= n <= 10^9. The limit law is free of n and of any scale that depends on
        n: n says which law is approximated, and is only checked.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    scipy.stats frozen distribution
        Student's t with 2 degrees of freedom for near-ML; t with 4, divided by sqrt(2), for ML (variance 1, which
        is also the exact variance for every n).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Proved in :doc:`/chapters/collapse/where-the-mean-ends`, by a discrete form of Dufresne's identity. No law for
    finite n: measured there, the two distribution functions differ by at most about 0.05/n.
    """
    _common.size(n, ddof)
    return stats.t(df=2) if ddof else stats.t(df=4, scale=sqrt(0.5))


def mean_tail(*, n: int, ddof: int = 1) -> MeanTail:
    """Return index and constant of the power tail of (M_oo - mu_0)/sigma_0, for finite n.

    Parameters
    ----------
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    MeanTail
        The pair (index, constant): x^index Pr(abs(M_oo - mu_0) > x sigma_0) tends to the constant as x grows. Near-ML:
        index 2 and 1/(n (psi((n+1)/2) - ln((n-1)/2))). ML: the index is the zero of ln m_s above 4.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Kesten 1973, Goldie 1991 (Theorem 4.1); proved in :doc:`/chapters/collapse/where-the-mean-ends`. Near-ML: relative
    error below 1e-12. ML: the index is exact to 1e-12; the constant has no closed form that we know, and is computed
    from the stationary law on a grid for n <= 200 (about 0.1 s at most; relative error below 1e-10, measured against
    the exact mean of that law and finer grids) and beyond extrapolated in powers of 1/n to the limit 3/2 (below 1e-9,
    measured at n = 400 and 1000).
    """
    alpha, shrink = _common.size(n, ddof)
    if ddof:  # psi(alpha + 1) - ln(alpha) = 1/alpha - 2 rate
        return MeanTail(2.0, 1 / (n * (1 / alpha - 2 * _gamma_walk.log_rate(alpha, 0.0))))
    index = _index(alpha, shrink)
    if n <= _perpetuity.LARGEST:
        return MeanTail(index, _constant(n))
    sizes = np.array(NODES)
    values = [(_constant(int(m)) - 1.5) * m for m in sizes]  # a power series in 1/m
    x, nodes = 1 / n, 1 / sizes
    weights = [np.prod((x - np.delete(nodes, i)) / (nodes[i] - np.delete(nodes, i))) for i in range(len(nodes))]
    return MeanTail(index, 1.5 + float(np.dot(weights, values)) / n)


def _index(alpha: float, shrink: float) -> float:
    def log_moment(s: float) -> float:
        return float(_gamma_walk.log_gamma_ratio(np.array(s / 2), alpha)) - s / 2 * shrink

    return optimize.brentq(log_moment, 4.0, 6.0, xtol=1e-14)  # m_4 = 1 - 1/n^2 and m_6 > 1


@lru_cache(maxsize=256)
def _constant(n: int) -> float:
    """Return n^{-p} E|Z|^{2p} E[(1+W)^p - W^p] / (2p kappa'(2p)) for ML, 2p the index."""
    alpha, shrink = _common.size(n, 0)
    p = _index(alpha, shrink) / 2
    y, weighted = _perpetuity.stationary(alpha, shrink, p - 1)
    past = np.logaddexp(0, y)
    total = (weighted * np.exp(-(p - 1) * past)).sum()
    growth = (weighted * np.exp(past) * -np.expm1(-p * np.logaddexp(0, -y))).sum() / total
    normal = exp(p * log(2 / n) + lgamma(p + 0.5)) / sqrt(pi)  # n^{-p} E|Z|^{2p}
    slope = (float(special.digamma(alpha + p)) - log(alpha) - shrink) / 2
    return float(normal * growth / (2 * p * slope))
