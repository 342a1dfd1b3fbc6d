"""Bounds of the tail and of the mean first passage, proved."""

from __future__ import annotations

from math import log
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.variance import _common, _gamma_walk
from collapse_lib.variance.moments import log_moment

Source = Literal["paper", "bertrand", "moment", "closed"]



def survival_bound(
    eps: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0, source: Source = "paper"
) -> Any:
    """Return an upper bound of Pr(Sigma_k > eps), see :func:`survival`.

    Parameters
    ----------
    eps : float or array of float
        Level, eps > 0, in the unit of `sigma0`.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `eps`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML (the paper), 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.
    source : {"paper", "bertrand", "moment", "closed"}, default "paper"
        "paper": (sigma0/eps) exp(-k/(4n-1)).
        "bertrand": (sigma0/eps) m_1^k.
        "moment": the least of (sigma0/eps)^s m_s^k over all s >= 0.
        "closed": with L = ln(sigma0/eps), near-ML exp(-(2k-(4n-3)L)^2 / (4(4n-3)k)) from k = (4n-3)L/2 on,
        and ML exp(-(k-nL)^2 / (nk)) from k = nL on; 1 before. For eps > sigma0, which these formulas do not
        cover, (sigma0/eps) exp(-k/(4n-3)) and (sigma0/eps)^2 exp(-k/n).

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
    "paper": Suresh et al. 2025, Theorem 3, stated for ddof=1; it holds for ddof=0 too, since with the same
    samples ML gives a smaller Sigma_k. "bertrand": Markov's inequality with the mean of Bertrand et al. 2024.
    "moment": Chernoff. "closed": the least of exp(sL - ks(2-s)/(4n-3)) over 0 <= s <= 1 (near-ML), of
    exp(sL - ks(4-s)/(4n)) over 0 <= s <= 2 (ML), which follow from Kershaw 1983; proved in
    :doc:`/chapters/collapse/the-rate`. Each of the other three is at most "paper"; "moment" is the smallest
    of the four.
    """
    alpha, shrink = _common.size(n, ddof)
    source = _validate.choice("source", source, ("paper", "bertrand", "moment", "closed"))
    x, k = _common.broadcast("eps", _common.log_ratio(eps, sigma0), _common.generations(k))
    safe = np.maximum(k, 1e-9)  # at k = 0 the best order is 0 or as large as allowed
    if source == "paper":
        exponent = -x - k / (4 * n - 1)
    elif source == "bertrand":
        exponent = -x + k * log_moment(1, n=n, ddof=ddof)
    elif source == "closed":
        divisor, zero, largest = (4 * n - 3, 2, 1) if ddof else (4 * n, 4, 2)
        s = np.clip(zero / 2 + divisor * x / (2 * safe), 0, largest)
        exponent = -s * x - k * s * (zero - s) / divisor
    else:  # the derivative in s vanishes where psi(alpha + s/2) = ln(D/2) + 2x/k
        level = np.clip(log(alpha) + shrink + 2 * x / safe, -1e4, 30)
        half = np.maximum(_gamma_walk.digamma_inverse(level) - alpha, 0)
        exponent = -2 * half * x + k * (_gamma_walk.log_gamma_ratio(half, alpha) - half * shrink)
    with np.errstate(under="ignore"):
        return np.exp(np.minimum(exponent, 0))[()]


def expected_first_passage_bounds(
    eps: float, *, n: int, ddof: int = 1, sigma0: float = 1.0
) -> tuple[float, float]:
    """Return bounds (lower, upper) of E T, T = min{k : Sigma_k <= eps} the generation that first reaches eps.

    Parameters
    ----------
    eps : float
        Level, eps > 0, in the unit of `sigma0`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    tuple of two floats
        Lower and upper bound in generations; (0, 0) if eps >= sigma0, because generation 0 is already there.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    X_j = ln(Sigma_{j-1}/Sigma_j) are independent with mean a = log_rate, and T is the first k with
    X_1+...+X_k >= L, L = ln(sigma0/eps). Wald's identity (Wald 1944) gives a E T = L + E R, where R >= 0 is
    the overshoot. Given that the walk stood u > 0 below L before the last step, R is X - u given X > u. The
    density of X is log-concave, so E[X - u | X > u] falls with u, from E[X | X > 0] to its limit 1/(n-1) at
    infinity (Pr(X > u) decays like exp(-(n-1)u)). Hence (L + 1/(n-1))/a <= E T <= (L + E[X | X > 0])/a. This
    upper bound is below that of Lorden 1970, E R <= E max(X, 0)^2 / a. Relative error below 1e-12.
    See :doc:`/chapters/collapse/first-passage`.
    """
    alpha, shrink = _common.size(n, ddof)
    eps = _validate.real("eps", eps, above=0)
    distance = -float(_common.log_ratio(eps, sigma0))
    if distance <= 0:
        return 0.0, 0.0
    mean, positive = _gamma_walk.mean_positive_part(alpha, shrink)
    rate = _gamma_walk.log_rate(alpha, shrink)
    return (distance + 1 / (2 * alpha)) / rate, (distance + mean / positive) / rate
