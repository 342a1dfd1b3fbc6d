"""The mixture loop of Theorem 4, dominated path by path by a Gaussian loop: what that guarantees."""

from __future__ import annotations

from math import log1p
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.variance import _common, _gamma_walk

__all__ = ["mixture_divisor", "mixture_survival_bound"]

Source = Literal["paper", "dominated", "mean", "closed"]


def mixture_divisor(n: int) -> float:
    """Return the divisor n e^{-c}, n-1 < n e^{-c} < n, of the Gaussian loop that dominates the mixture loop.

    Parameters
    ----------
    n : int
        Sample size per generation, 2 <= n <= 10^9.

    Returns
    -------
    float
        The divisor, with c = (n+15)/(4(n-1)(n+7)).

    Raises
    ------
    TypeError, ValueError
        If n is no integer or out of range.

    Notes
    -----
    The correction 1 + kappa = e^c is that of Suresh et al. 2025, Algorithm 1. See
    :doc:`/chapters/collapse/mixture-theorem`.
    """
    n = _validate.integer("n", n, minimum=2, maximum=_common.LARGEST)
    return float(n * np.exp(-_correction(n)))


def mixture_survival_bound(
    eps: ArrayLike, *, k: ArrayLike, n: int, sigma0: float = 1.0, source: Source = "paper"
) -> Any:
    """Return an upper bound of Pr(Sigma_k > eps) in the mixture loop with the approximate joint estimator.

    Parameters
    ----------
    eps : float or array of float
        Level, eps > 0, in the unit of `sigma0`.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `eps`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    sigma0 : float, default 1.0
        Standard deviation of each component of the truth, sigma0 > 0. The mean of the truth does not matter.
    source : {"paper", "dominated", "mean", "closed"}, default "paper"
        "paper": (sigma0/eps) exp(-k/(4n)).
        "dominated": the exact probability for the Gaussian loop with the divisor :func:`mixture_divisor`.
        "mean": (sigma0/eps) exp(-k/(2n)).
        "closed": with L = ln(sigma0/eps), exp(-(3k-4nL)^2/(16nk)) from k = 4nL/3 on and 1 before; for n >= 6
        and eps <= sigma0, otherwise as "mean".

    Returns
    -------
    float or ndarray
        The bound; where the formula gives more than 1, it is 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or eps and k do not broadcast.

    Notes
    -----
    "paper": Suresh et al. 2025, Theorem 4. The loop is that of :func:`collapse_lib.mixture.simulate` with
    ``estimator="approximate"``, any a > 2. Proofs: :doc:`/chapters/collapse/mixture-theorem`. "dominated" is
    the smallest of the four.
    """
    n = _validate.integer("n", n, minimum=2, maximum=_common.LARGEST)
    alpha, shrink = _common.size(n, 0)
    source = _validate.choice("source", source, ("paper", "dominated", "mean", "closed"))
    x, k = _common.broadcast("eps", _common.log_ratio(eps, sigma0), _common.generations(k))
    if source == "dominated":
        answer = np.where(x < 0, 1.0, 0.0)
        fitted = k > 0
        answer[fitted] = _gamma_walk.law(x[fitted], k[fitted], alpha, log1p(1 / (n - 1)) - _correction(n))[0]
        return answer[()]
    if source == "closed" and n >= 6:
        s = np.clip(3 / 2 + 2 * n * x / np.maximum(k, 1e-9), 0, 3 / 2)
        exponent = np.where(x > 0, -x - k / (2 * n), -s * x - k * s * (3 - s) / (4 * n))
    else:
        exponent = -x - k / ((4 if source == "paper" else 2) * n)
    with np.errstate(under="ignore"):
        return np.exp(np.minimum(exponent, 0))[()]


def _correction(n: int) -> float:
    """Return c = ln(1 + kappa)."""
    return (n + 15) / (4 * (n - 1) * (n + 7))
