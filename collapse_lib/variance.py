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

from math import ceil, exp, log, log1p
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, special

from collapse_lib import _validate

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
_NODES = 56  # of the trapezoidal rule; twice as many change no probability by more than 1e-13
_POLE = 4.0  # how strongly the contour avoids the pole at 0: weight of ln|s| against the exponent

# ------------------------------------------------------------------------------------ arguments


def _size(n: int, ddof: int) -> tuple[float, float]:
    """Return alpha = (n-1)/2 and shrink = ln(D/(n-1)): C/D is G e^{-shrink} / alpha with G ~ Gamma(alpha)."""
    n = _validate.integer("n", n, minimum=2, maximum=_LARGEST)
    ddof = _validate.choice("ddof", ddof, (0, 1))
    return (n - 1) / 2, 0.0 if ddof else log1p(1 / (n - 1))


def _generations(k: ArrayLike) -> Array:
    return _validate.integers("k", k, minimum=0, maximum=_LARGEST).astype(np.float64)


def _log_ratio(eps: ArrayLike, sigma0: float) -> Array:
    """Return ln(eps/sigma0); where the quotient leaves the range of floats, as a difference."""
    eps = _validate.finite("eps", eps, above=0)
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    with np.errstate(all="ignore"):
        ratio = eps / sigma0
        return np.where((ratio > 1e-300) & (ratio < 1e300), np.log(ratio), np.log(eps) - log(sigma0))


def _broadcast(name: str, value: Array, k: Array) -> tuple[Array, Array]:
    try:
        value, k = np.broadcast_arrays(value, k)
    except ValueError:
        shapes = f"{np.shape(value)} and {np.shape(k)}"
        raise ValueError(f"{name} and k must have shapes that broadcast together, got {shapes}") from None
    return value, k


# ------------------------------------------------------------------------------------ special functions


def _stirling(z: Any) -> Any:
    """Return ln Gamma(z) - (z - 1/2) ln z + z - ln(2 pi)/2 for |z| >= 12, by Stirling's series."""
    w = 1 / (z * z)
    series = 1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360))))
    return (1 / 12 - w * series) / z


def _log_gamma_ratio(z: NDArray[Any], alpha: float) -> NDArray[Any]:
    """Return ln(Gamma(alpha + z) / (Gamma(alpha) alpha^z)), z real or complex, up to multiples of 2 pi i.

    The answer is multiplied by k before it is exponentiated, so a difference of two values of ln Gamma, which
    loses the digits of ln Gamma(alpha), would not do. The functional equation shifts alpha to base >= 12, for
    Stirling's series; each part is so computed that a small z gives it with a small error. (base + z may be
    small too, but only where we compute a probability below 1e-20 that is subtracted from 1.)
    """
    shift = max(0, ceil(12 - alpha))
    product = np.zeros_like(z)  # (1 + z/alpha) ... (1 + z/(alpha + shift - 1)), minus 1
    for j in range(shift):
        factor = z / (alpha + j)
        product = product + factor + product * factor
    base = alpha + shift
    e = z / base
    log1p_e = special.log1p(e)
    v = e / (2 + e)  # ln(1 + e) = 2 (v + v^3/3 + v^5/5 + ...)
    w = v * v
    series = 1 / 3 + w * (1 / 5 + w * (1 / 7 + w * (1 / 9 + w * (1 / 11 + w / 13))))
    entropy = np.where(abs(e) < 0.1, e * v + 2 * (1 + e) * v * w * series, (1 + e) * log1p_e - e)
    rest = _stirling(base + z) - _stirling(base) - log1p_e / 2
    return base * entropy + rest + z * log1p(shift / alpha) - special.log1p(product)


def _digamma_inverse(y: ArrayLike) -> Array:
    """Return x > 0 with psi(x) = y, for -1e4 <= y <= 30: Newton's method from Minka's start."""
    y = np.asarray(y, dtype=np.float64)
    x = np.where(y > -2.22, np.exp(y) + 0.5, -1 / (np.minimum(y, -2.22) + np.euler_gamma))
    for _ in range(6):
        x = x - (special.digamma(x) - y) / special.polygamma(1, x)
    return x


def _log_rate(alpha: float, shrink: float) -> float:
    if alpha < 20:
        gap = log(alpha) - float(special.digamma(alpha))
    else:  # the same by its asymptotic series, which does not cancel
        w = 1 / alpha**2
        gap = 1 / (2 * alpha) + w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240)))
    return (gap + shrink) / 2


# ------------------------------------------------------------------------------------ the exact law


def _law(x: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return Pr(X > x), Pr(X <= x) and the density of X = ln(Sigma_k/sigma_0) at x, for k >= 1."""
    out = np.empty((3, x.size))
    single = k == 1
    half = alpha * np.exp(np.minimum(2 * x[single] + shrink, 600))  # C/2 is compared with it
    density = 2 * np.exp(special.xlogy(alpha, half) - half - special.gammaln(alpha))
    out[:, single] = special.gammaincc(alpha, half), special.gammainc(alpha, half), density
    several = np.flatnonzero(~single)
    for start in range(0, several.size, 2048):
        rows = several[start : start + 2048]
        out[:, rows] = _contour(x[rows], k[rows], alpha, shrink)
    return out


def _contour(x: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return what `_law` returns, for k >= 2, by the Mellin-Barnes integral through a saddle point.

    With Z = sum_j ln(C_j/(n-1)) and y = 2x + k shrink, X > x means Z > y, and
        Pr(Z > y) = (1/2 pi i) int e^{k K(s) - s y} ds/s,  K(s) = ln(Gamma(alpha+s) / (Gamma(alpha) alpha^s)),
    along any path from -i oo to i oo that crosses the real axis at some c > 0. For -alpha < c < 0 the
    integral is -Pr(Z <= y). We take the side of the smaller tail, c near the saddle point of the integrand,
    and the parabola s = c + it + bend t^2, tangent to second order to the path of steepest descent. On it the
    integrand is analytic and falls like a Gaussian, so the trapezoidal rule converges geometrically; c sets
    the scale, hence a small tail has a small relative error.
    """
    y = 2 * x + k * shrink
    variance = k * special.polygamma(1, alpha)
    right = y > -2 * k * _log_rate(alpha, 0.0) - np.sqrt(variance)

    def crossing(u: Array) -> tuple[Array, Array]:  # c and alpha + c
        near = alpha * special.expit(u)
        grown = alpha * np.exp(u)
        return np.where(right, grown, near - alpha), np.where(right, alpha + grown, near)

    def slope(u: Array) -> Array:  # of k K(s) - s y - _POLE ln|s|, which is convex on either side of 0
        c, z = crossing(u)
        return k * (special.digamma(z) - log(alpha)) - y - _POLE / c

    low, high = np.full_like(x, -30.0), np.full_like(x, 30.0)
    for _ in range(24):  # bisection; the contour need not hit the saddle point
        middle = (low + high) / 2
        positive = slope(middle) > 0
        low, high = np.where(positive, low, middle), np.where(positive, middle, high)
    c, z = crossing(middle)
    second, third = special.polygamma(1, z), special.polygamma(2, z)
    width = 1 / np.sqrt(k * second + 1 / c**2)
    c, k, y, bend = c[:, None], k[:, None], y[:, None], (third / (6 * second))[:, None]

    def exponent(s: NDArray[Any]) -> NDArray[Any]:
        return k * _log_gamma_ratio(s, alpha) - s * y

    with np.errstate(all="ignore"):  # far down the left branch the path meets the region where Stirling fails
        top = exponent(c)
        reach = np.geomspace(5, 80, 24)
        t = width[:, None] * reach
        s = c + 1j * t + bend * t * t
        negligible = exponent(s).real - top - np.log(abs(s / c)) < -38
        negligible[:, -1] = True
        step = width * reach[np.argmax(negligible, axis=1)] / _NODES
        t = step[:, None] * (np.arange(_NODES) + 0.5)
        s = c + 1j * t + bend * t * t
        integrand = np.exp(exponent(s) - top) * (1 - 2j * bend * t)
        integrand[~np.isfinite(integrand)] = 0
        scale = np.exp(top[:, 0]) * step / np.pi
        tail = scale * (integrand / s).real.sum(axis=1)
        density = 2 * scale * integrand.real.sum(axis=1)
    tail = np.clip(np.where(right, tail, -tail), 0, 1)
    above, below = np.where(right, tail, 1 - tail), np.where(right, 1 - tail, tail)
    return np.stack([above, below, np.maximum(density, 0)])


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
    a power of a quotient of Gamma functions; we invert it along a contour through the saddle point. k = 1 is
    the incomplete Gamma function. Measured against 34-digit arithmetic: absolute error below 1e-13, relative
    error below 1e-11 down to 1e-290; below 1e-308 the answer is 0. See :doc:`/chapters/collapse/the-rate`.
    """
    alpha, shrink = _size(n, ddof)
    x, k = _broadcast("eps", _log_ratio(eps, sigma0), _generations(k))
    answer = np.where(x < 0, 1.0, 0.0)
    fitted = k > 0
    answer[fitted] = _law(x[fitted], k[fitted], alpha, shrink)[0]
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
    Inverts the law behind :func:`survival`. See :doc:`/chapters/collapse/the-rate`.
    """
    alpha, shrink = _size(n, ddof)
    u = _validate.finite("u", u, minimum=1e-15, maximum=1 - 1e-15)
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    u, k = _broadcast("u", u, _generations(k))
    x = np.zeros(u.shape)
    fitted = k > 0
    x[fitted] = _log_quantile(u[fitted], k[fitted], alpha, shrink)
    with np.errstate(over="ignore", under="ignore"):
        return np.where(fitted, np.exp(x + log(sigma0)), sigma0)[()]


def _log_quantile(u: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return the u-quantile of ln(Sigma_k/sigma_0) for one-dimensional u, k >= 1.

    Newton's method on the logarithm of the smaller tail (concave, since ln C has a log-concave density), kept
    inside a bracket that starts from Cantelli's inequality.
    """
    mean, sd = -k * _log_rate(alpha, shrink), np.sqrt(k * special.polygamma(1, alpha)) / 2
    low, high = mean - sd / np.sqrt(u), mean + sd / np.sqrt(1 - u)
    x, upper = mean + sd * special.ndtri(u), u > 0.5
    for _ in range(200):
        above, below, density = _law(x, k, alpha, shrink)
        beyond = np.where(upper, above < 1 - u, below > u)
        low, high = np.where(beyond, low, x), np.where(beyond, x, high)
        with np.errstate(all="ignore"):
            excess = np.where(upper, above * np.log(above / (1 - u)), -below * np.log(below / u))
            newton = x + excess / density
        better = np.where((newton >= low) & (newton <= high), newton, (low + high) / 2)
        done = abs(better - x) <= 1e-13 * sd + 1e-15 * abs(x)
        x = better
        if done.all():
            break
    return x


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
    :func:`quantile` at 1/2; about sigma0 exp(-k log_rate). See :doc:`/chapters/collapse/the-rate`.
    """
    return quantile(0.5, k=k, n=n, ddof=ddof, sigma0=sigma0)


# ------------------------------------------------------------------------------------ moments and rates


def log_moment(s: ArrayLike, *, n: int, ddof: int = 1) -> Any:
    """Return ln m_s = ln E (Sigma_{k+1}/Sigma_k)^s, the growth of the moment of order s per generation.

    Parameters
    ----------
    s : float or array of float
        Order of the moment, s > -(n-1): below, the moment is infinite.
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
    Classical moments of the chi-square law; see :doc:`/chapters/collapse/one-step`.
    """
    alpha, shrink = _size(n, ddof)
    half = _validate.finite("s", s, above=-2 * alpha) / 2
    small = _log_gamma_ratio(np.where(abs(half) < alpha / 2, half, 0), alpha)
    large = special.gammaln(alpha + half) - special.gammaln(alpha) - half * log(alpha)
    return (np.where(abs(half) < alpha / 2, small, large) - half * shrink)[()]


def moment(s: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact moment E Sigma_k^s = sigma0^s m_s^k.

    Parameters
    ----------
    s : float or array of float
        Order of the moment, s > -(n-1): below, the moment is infinite.
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
    The factors of Sigma_k are independent. See :doc:`/chapters/collapse/one-step`.
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
    Strong law of large numbers; see :doc:`/chapters/collapse/one-step`.
    """
    return _log_rate(*_size(n, ddof))


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
    """
    alpha, shrink = _size(n, ddof)
    half = _digamma_inverse(log(alpha) + shrink) - alpha
    return float(half * shrink - _log_gamma_ratio(half, alpha))


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
        half = np.maximum(_digamma_inverse(level) - alpha, 0)
        exponent = -2 * half * x + k * (_log_gamma_ratio(half, alpha) - half * shrink)
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
    upper bound is below that of Lorden 1970, E R <= E max(X, 0)^2 / a.
    See :doc:`/chapters/collapse/the-rate`.
    """
    alpha, shrink = _size(n, ddof)
    eps = _validate.real("eps", eps, above=0)
    distance = -float(_log_ratio(eps, sigma0))
    if distance <= 0:
        return 0.0, 0.0
    rate, half = _log_rate(alpha, shrink), alpha * exp(shrink)  # X > v means C/2 < half e^{-2v}
    positive = special.gammainc(alpha, half)
    scale = positive * exp(special.gammaln(alpha) - alpha * log(half) + half) / 2  # 1/hazard of X at 0
    residual = integrate.quad(lambda v: special.gammainc(alpha, half * exp(-2 * v * scale)), 0, 40)[0] * scale
    return (distance + 1 / (2 * alpha)) / rate, float((distance + residual / positive) / rate)
