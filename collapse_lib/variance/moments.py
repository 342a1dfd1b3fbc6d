"""Moments of the standard deviation, and the rates of its collapse."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.variance import _common, _gamma_walk



def log_moment(s: ArrayLike, *, n: int, ddof: int = 1) -> Any:
    """Return ln m_s = ln E (Sigma_{k+1}/Sigma_k)^s, the growth of the moment of order s per generation.

    Parameters
    ----------
    s : float or array of float
        Order of the moment, -(n-1) < s <= 1e300: below, the moment is infinite.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    float or ndarray
        ln m_s, of the shape of `s`; m_s = Gamma((n-1+s)/2) / Gamma((n-1)/2) (2/D)^{s/2}.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Classical moments of the chi-square law; see :doc:`/chapters/collapse/the-rate`. The error is below 1e-12
    of the value, plus 1e-14/n for ddof=0, where the value vanishes near s = 4. At s = 0, and for ddof=1 at
    s = 2, the answer is 0.
    """
    alpha, shrink = _common.size(n, ddof)
    half = _validate.finite("s", s, above=-2 * alpha, maximum=1e300) / 2
    return (_gamma_walk.log_moment(half, alpha) - half * shrink)[()]


def moment(s: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact moment E Sigma_k^s = sigma0^s m_s^k.

    Parameters
    ----------
    s : float or array of float
        Order of the moment, -(n-1) < s <= 1e300: below, the moment is infinite.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `s`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    float or ndarray
        The moment, in the unit of `sigma0` to the power s; inf where it is above the largest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or s and k do not broadcast.

    Notes
    -----
    The factors of Sigma_k are independent. See :doc:`/chapters/collapse/one-step`. The relative error is below
    1e-9, for ddof=0 below 1e-9 + 1e-14 k/n.
    """
    growth = np.asarray(log_moment(s, n=n, ddof=ddof))
    s, k = _common.broadcast("s", np.asarray(s, dtype=np.float64), _common.generations(k))
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(k * growth + s * log(sigma0))[()]


def log_rate(*, n: int, ddof: int = 1) -> float:
    """Return -E ln(Sigma_{k+1}/Sigma_k) > 0, the almost-sure rate of collapse: -ln(Sigma_k)/k tends to it.

    Parameters
    ----------
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML (about 1/(2n)), 0 for ML (about 1/n).

    Returns
    -------
    float
        (ln(D/2) - psi((n-1)/2)) / 2, per generation.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Strong law of large numbers; see :doc:`/chapters/collapse/neutral-divisor`. Relative error below 1e-12.
    """
    return _gamma_walk.log_rate(*_common.size(n, ddof))


def tail_rate(*, n: int, ddof: int = 1) -> float:
    """Return -min_s ln m_s, the rate of the tail: -ln(Pr(Sigma_k > eps))/k tends to it, for every eps > 0.

    Parameters
    ----------
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML (about 1/(4n), at s near 1), 0 for ML (about
        1/n, at s near 2).

    Returns
    -------
    float
        The rate per generation.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Cramér's theorem; the minimum is where psi((n-1+s)/2) = ln(D/2). See :doc:`/chapters/collapse/exact-law`.
    Relative error below 1e-12.
    """
    alpha, shrink = _common.size(n, ddof)
    half = _gamma_walk.digamma_inverse(log(alpha) + shrink) - alpha
    return float(half * shrink - _gamma_walk.log_gamma_ratio(half, alpha))
