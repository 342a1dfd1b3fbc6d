"""Theory of variance collapse in the Gaussian model: exact law, moments, rates, bounds, first passage.

Generation 0 is the truth, with standard deviation sigma_0. Generation k + 1 is fitted to n samples of
generation k, so Sigma_{k+1}^2 = Sigma_k^2 C_{k+1} / D with C_1, C_2, ... independent, chi-square with n - 1
degrees of freedom, and the divisor D = n - ddof (ddof=1: "near-ML", the paper's estimator; ddof=0: ML). Write
L = ln(sigma_0/eps) and m_s = E (C/D)^{s/2}, so that E Sigma_k^s = sigma_0^s m_s^k.

Arguments that may be arrays (eps, k, s, u) broadcast together; the answer has their common shape, and numbers
give a number. n and k go up to 10^9. Chapters: :doc:`/chapters/collapse/one-step` and
:doc:`/chapters/collapse/the-rate`.
"""

from __future__ import annotations

from math import log, log1p
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _gamma_walk, _validate

__all__ = [
    "expected_first_passage_bounds",
    "log_moment",
    "log_rate",
    "median",
    "moment",
    "quantile",
    "survival",
    "survival_bound",
    "tail_rate",
]

Array = NDArray[np.float64]
Source = Literal["paper", "bertrand", "moment", "closed"]

_LARGEST = 10**9  # of n and k

# ------------------------------------------------------------------------------------ arguments


def _size(n: int, ddof: int) -> tuple[float, float]:
    """Return alpha = (n-1)/2 and shrink = ln(D/(n-1)): C/D is G e^{-shrink} / alpha with G ~ Gamma(alpha)."""
    n = _validate.integer("n", n, minimum=2, maximum=_LARGEST)
    ddof = _validate.choice("ddof", ddof, (0, 1))
    return (n - 1) / 2, 0.0 if ddof else log1p(1 / (n - 1))


def _generations(k: ArrayLike) -> Array:
    return _validate.integers("k", k, minimum=0, maximum=_LARGEST).astype(np.float64)


def _log_ratio(eps: ArrayLike, sigma0: float) -> Array:
    """Return ln(eps/sigma0) with a small relative error, near 1 and where the quotient leaves the floats too."""
    eps = _validate.finite("eps", eps, above=0)
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    with np.errstate(all="ignore"):
        ratio = eps / sigma0
        near = np.log1p((eps - sigma0) / sigma0)  # the difference is exact
        far = np.where((ratio > 1e-300) & (ratio < 1e300), np.log(ratio), np.log(eps) - log(sigma0))
        return np.where((ratio > 0.5) & (ratio < 2), near, far)


def _broadcast(name: str, value: Array, k: Array) -> tuple[Array, Array]:
    try:
        value, k = np.broadcast_arrays(value, k)
    except ValueError:
        shapes = f"{np.shape(value)} and {np.shape(k)}"
        raise ValueError(f"{name} and k must have shapes that broadcast together, got {shapes}") from None
    return value, k




def survival(eps: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact probability Pr(Sigma_k > eps) that the standard deviation still exceeds eps.

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

    Returns
    -------
    float or ndarray
        The probability; at k = 0 it is 1 if sigma0 > eps and 0 otherwise.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or eps and k do not broadcast.

    Notes
    -----
    ln Sigma_k is a sum of independent logarithms of chi-square variables, whose moment generating function is
    a power of a quotient of Gamma functions; we invert it along a contour through the saddle point. For k = 1
    and n <= 200 it is the incomplete Gamma function. Absolute error below 1e-13, relative error below 1e-11
    down to 1e-290; below 1e-308 the answer is 0. See :doc:`/chapters/collapse/the-rate`.
    """
    alpha, shrink = _size(n, ddof)
    x, k = _broadcast("eps", _log_ratio(eps, sigma0), _generations(k))
    answer = np.where(x < 0, 1.0, 0.0)
    fitted = k > 0
    answer[fitted] = _gamma_walk.law(x[fitted], k[fitted], alpha, shrink)[0]
    return answer[()]


def quantile(u: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact u-quantile of Sigma_k: the level x with Pr(Sigma_k <= x) = u.

    Parameters
    ----------
    u : float or array of float
        Probability, 1e-15 <= u <= 1 - 1e-15.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `u`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    float or ndarray
        The quantile, in the unit of `sigma0`; `sigma0` at k = 0, and 0 where it is below the smallest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or u and k do not broadcast.

    Notes
    -----
    Inverts the law behind :func:`survival`. Relative error below 1e-10 down to 1e-300. See
    :doc:`/chapters/collapse/the-rate`.
    """
    alpha, shrink = _size(n, ddof)
    u = _validate.finite("u", u, minimum=1e-15, maximum=1 - 1e-15)
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    u, k = _broadcast("u", u, _generations(k))
    x = np.zeros(u.shape)
    fitted = k > 0
    x[fitted] = _gamma_walk.log_quantile(u[fitted], k[fitted], alpha, shrink)
    with np.errstate(over="ignore", under="ignore"):
        return np.where(fitted, np.exp(x + log(sigma0)), sigma0)[()]


def median(*, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact median of Sigma_k, the standard deviation of a typical run.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 <= k <= 10^9.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    float or ndarray
        The median, of the shape of `k`, in the unit of `sigma0`; 0 where it is below the smallest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    :func:`quantile` at 1/2; about sigma0 exp(-k log_rate). Relative error below 1e-10 down to 1e-300. See
    :doc:`/chapters/collapse/the-rate`.
    """
    return quantile(0.5, k=k, n=n, ddof=ddof, sigma0=sigma0)


# ------------------------------------------------------------------------------------ moments and rates


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
    Classical moments of the chi-square law; see :doc:`/chapters/collapse/one-step`. The error is below 1e-12
    of the value, plus 1e-14/n for ddof=0, where the value vanishes near s = 4. At s = 0, and for ddof=1 at
    s = 2, the answer is 0.
    """
    alpha, shrink = _size(n, ddof)
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
    s, k = _broadcast("s", np.asarray(s, dtype=np.float64), _generations(k))
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
    Strong law of large numbers; see :doc:`/chapters/collapse/one-step`. Relative error below 1e-12.
    """
    return _gamma_walk.log_rate(*_size(n, ddof))


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
    Cramer's theorem; the minimum is where psi((n-1+s)/2) = ln(D/2). See :doc:`/chapters/collapse/the-rate`.
    Relative error below 1e-12.
    """
    alpha, shrink = _size(n, ddof)
    half = _gamma_walk.digamma_inverse(log(alpha) + shrink) - alpha
    return float(half * shrink - _gamma_walk.log_gamma_ratio(half, alpha))


# ------------------------------------------------------------------------------------ bounds


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
    "moment": Chernoff. "closed": the least of exp(sL - ks(2-s)/(4n-3)) over 0 <= s <= 1 (near-ML), of exp(sL
    - ks(4-s)/(4n)) over 0 <= s <= 2 (ML), which follow from Kershaw 1983; proved in
    :doc:`/chapters/collapse/the-rate`. Each of the other three is at most "paper"; "moment" is the smallest
    of the four.
    """
    alpha, shrink = _size(n, ddof)
    source = _validate.choice("source", source, ("paper", "bertrand", "moment", "closed"))
    x, k = _broadcast("eps", _log_ratio(eps, sigma0), _generations(k))
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
    See :doc:`/chapters/collapse/the-rate`.
    """
    alpha, shrink = _size(n, ddof)
    eps = _validate.real("eps", eps, above=0)
    distance = -float(_log_ratio(eps, sigma0))
    if distance <= 0:
        return 0.0, 0.0
    mean, positive = _gamma_walk.mean_positive_part(alpha, shrink)
    rate = _gamma_walk.log_rate(alpha, shrink)
    return (distance + 1 / (2 * alpha)) / rate, (distance + mean / positive) / rate
