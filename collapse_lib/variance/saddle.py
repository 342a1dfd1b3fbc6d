"""The tail of Sigma_k from both sides, and by the saddle point: one point of the transform instead of an integral."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from collapse_lib import _validate
from collapse_lib.variance import _common, _gamma_walk

Array = NDArray[np.float64]
Method = Literal["pole", "lugannani-rice"]

LEAST, MOST = 1 / sqrt(12), 1 / sqrt(2)  # a log-concave density at its mean, times its standard deviation


def survival_bounds(
    eps: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0
) -> tuple[Any, Any]:
    """Return proved bounds (lower, upper) of Pr(Sigma_k > eps), at most a factor sqrt(6) = 2.45 apart.

    Parameters
    ----------
    eps : float or array of float
        Level, eps > 0, in the unit of `sigma0`.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `eps`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, probabilities; at k = 0 both are the exact 0 or 1. What is below the smallest float
        is 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or eps and k do not broadcast.

    Notes
    -----
    With kappa = ln m_s, s > 0 the root of 1/s - k kappa'(s) = L = ln(sigma0/eps) and V = k kappa''(s),
    Pr(Sigma_k > eps) = theta exp(sL + k kappa(s)) / sqrt(1 + s^2 V) with 1/sqrt(12) <= theta <= 1/sqrt(2): theta is
    the value at its mean, times the standard deviation, of a log-concave density. The root -(n-1) < s < 0 bounds
    Pr(Sigma_k <= eps) in the same way, and we return what both say, so that the bounds tend to 1 where the
    probability does. We have not found the theorem stated elsewhere. For the numbers, no integral is needed. See
    :doc:`/chapters/collapse/both-sides`.
    """
    x, k, alpha, shrink = _arguments(eps, k, n, ddof, sigma0)
    lower = np.where(x < 0, 1.0, 0.0)
    upper = lower.copy()
    fitted = k > 0
    x, k = x[fitted], k[fitted]
    with np.errstate(under="ignore", over="ignore"):
        above, below = (_front(x, k, alpha, shrink, right=right) for right in (True, False))
        lower[fitted] = np.clip(np.maximum(LEAST * above, 1 - MOST * below), 0, 1)
        upper[fitted] = np.clip(np.minimum(MOST * above, 1 - LEAST * below), 0, 1)
    return lower[()], upper[()]


def survival_saddlepoint(
    eps: ArrayLike,
    *,
    k: ArrayLike,
    n: int,
    ddof: int = 1,
    sigma0: float = 1.0,
    method: Method = "lugannani-rice",
) -> Any:
    """Return a saddle-point approximation of Pr(Sigma_k > eps): very good, and not proved.

    Parameters
    ----------
    eps : float or array of float
        Level, eps > 0, in the unit of `sigma0`.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `eps`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.
    method : {"lugannani-rice", "pole"}, default "lugannani-rice"
        Where the saddle point is taken. "lugannani-rice": of the transform of ln Sigma_k, the pole at 0 of
        the inversion integral being subtracted. "pole": of the whole integrand, with the root of
        :func:`survival_bounds` and the first correction for the third and fourth cumulant.

    Returns
    -------
    float or ndarray
        The approximation, cut off at 0 and 1; the exact 0 or 1 at k = 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or eps and k do not broadcast.

    Notes
    -----
    Measured, not proved, for n and k up to 10^9 and probabilities from 1 down to 1e-290: the relative error of
    "lugannani-rice" (Lugannani & Rice 1980) is below 0.05/(kn) + 2e-7, where the latter is rounding and shows only
    for k > 10^5 or n > 10^5; that of "pole" is below 3.5 %. A proved enclosure of the same probability is
    :func:`survival_bounds`, the exact value :func:`survival`. See :doc:`/chapters/collapse/rare-events`.
    """
    method = _validate.choice("method", method, ("lugannani-rice", "pole"))
    x, k, alpha, shrink = _arguments(eps, k, n, ddof, sigma0)
    answer = np.where(x < 0, 1.0, 0.0)
    fitted = k > 0
    approximate = _with_pole if method == "pole" else _lugannani_rice
    with np.errstate(under="ignore", over="ignore"):
        answer[fitted] = np.clip(approximate(x[fitted], k[fitted], alpha, shrink), 0, 1)
    return answer[()]


def _arguments(eps: ArrayLike, k: ArrayLike, n: int, ddof: int, sigma0: float) -> tuple[Array, Array, float, float]:
    alpha, shrink = _common.size(n, ddof)
    x, k = _common.broadcast("eps", _common.log_ratio(eps, sigma0), _common.generations(k))
    return x, k, alpha, shrink


# ------------------------------------------------------------------ in h = s/2, as the laws of gamma variables are


def _slope(h: Array, z: Array, k: Array, alpha: float) -> Array:
    """Return k (psi(z) - ln(alpha)) for z = alpha + h, with a small relative error where h is small, too."""
    w = 1 / z**2
    large = -1 / (2 * z) - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240)))
    gap = np.where(z < 20, special.digamma(np.minimum(z, 20)) - np.log(z), large)  # psi(z) - ln(z)
    near = abs(h) < alpha / 2
    return k * (gap + np.where(near, np.log1p(np.where(near, h, 0) / alpha), np.log(z) - log(alpha)))


def _at(u: Array, alpha: float, right: bool) -> tuple[Array, Array]:
    """Return h and alpha + h, both with a small relative error, for `u` = ln(h/alpha) or the logit of 1 + h/alpha."""
    if right:
        h = alpha * np.exp(u)
        return h, alpha + h
    return -alpha * special.expit(-u), alpha * special.expit(u)


def _pole(x: Array, k: Array, alpha: float, shrink: float, *, right: bool) -> tuple[Array, Array]:
    """Return h and alpha + h, h the root of k K'(h) - 1/h = 2x + k shrink with h > 0, or (not `right`) with h < 0.

    K(h) = ln(Gamma(alpha + h) / (Gamma(alpha) alpha^h)), and the left side increases from -inf to inf on either
    side of 0. The root lies outside our bracket only where the tail is below the floats.
    """
    y = 2 * x + k * shrink
    low, high = np.full(x.shape, -40.0), np.full(x.shape, 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        h, z = _at(middle, alpha, right)
        beyond = _slope(h, z, k, alpha) - 1 / h > y
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return _at(low, alpha, right)


def _exponent(h: Array, x: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return sL + k kappa(s) for s = 2h."""
    return k * _gamma_walk.log_moment(h, alpha) - h * (2 * x + k * shrink)


def _front(x: Array, k: Array, alpha: float, shrink: float, *, right: bool) -> Array:
    """Return exp(sL + k kappa(s)) / sqrt(1 + s^2 V) at the root s = 2h of `_pole`."""
    h, z = _pole(x, k, alpha, shrink, right=right)
    return np.exp(_exponent(h, x, k, alpha, shrink)) / np.sqrt(1 + h**2 * k * special.polygamma(1, z))


def _with_pole(x: Array, k: Array, alpha: float, shrink: float) -> Array:
    h, z = _pole(x, k, alpha, shrink, right=True)
    second = 1 + h**2 * k * special.polygamma(1, z)  # derivatives of k K(h) - ln(h), times powers of h
    third = h**3 * k * special.polygamma(2, z) - 2
    fourth = h**4 * k * special.polygamma(3, z) + 6
    correction = 1 + fourth / (8 * second**2) - 5 * third**2 / (24 * second**3)
    return np.exp(_exponent(h, x, k, alpha, shrink)) / np.sqrt(2 * pi * second) * correction


def _lugannani_rice(x: Array, k: Array, alpha: float, shrink: float) -> Array:
    y = 2 * x + k * shrink
    low, high = np.full(x.shape, -40.0), np.full(x.shape, 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        beyond = _slope(alpha * np.expm1(middle), alpha * np.exp(middle), k, alpha) > y
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    h, z = alpha * np.expm1(low), alpha * np.exp(low)
    second, third, fourth = (k * special.polygamma(order, z) for order in (1, 2, 3))
    u = h * np.sqrt(second)
    w = np.copysign(np.sqrt(np.maximum(-2 * _exponent(h, x, k, alpha, shrink), 0)), h)
    skewness, excess = third / second**1.5, fourth / second**2
    central = abs(u) < 0.02  # the difference 1/u - 1/w would cancel: its series
    series = -skewness / 6 + u * (excess - skewness**2) / 24
    quotients = 1 / np.where(central, 1, u) - 1 / np.where(central, 1, w)
    density = np.exp(-(w**2) / 2) / sqrt(2 * pi)
    return special.ndtr(-w) + density * np.where(central, series, quotients)
