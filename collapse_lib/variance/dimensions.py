"""Many dimensions: the determinant and the eigenvalues of the covariance matrix.

V_k is the d x d covariance matrix of generation k (Sigma is a standard deviation, here as everywhere), V_0 is
regular, nu = n - 1 and D = n - ddof. Then V_{k+1} = R W R'/D with V_k = R R' and W a Wishart matrix with nu
degrees of freedom. By Bartlett's decomposition all that follows is made of independent chi-square variables
with nu, nu - 1, ..., nu - d + 1 degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from collapse_lib import _validate
from collapse_lib.variance import _common
from collapse_lib.variance._common import LARGEST, Array

__all__ = [
    "expected_determinant",
    "expected_log_determinant",
    "lyapunov_exponents",
    "spectral_density",
    "spectral_moments",
]

MOST_EXPONENTS = 10**7
LARGEST_ORDER = 1000
_DIRECT = 1000  # terms with so few degrees of freedom are added one by one
_NODES, _WEIGHTS = special.roots_legendre(20)


def lyapunov_exponents(*, n: int, dimension: int, ddof: int = 1) -> Array:
    """Return the almost-sure growth of the logarithms of the covariance's eigenvalues, per generation.

    ln(ell_i(V_k))/k tends to entry i-1 of the answer, where ell_1 >= ell_2 >= ... are the eigenvalues that
    stay positive. The half-axes of the ellipsoid, which are their roots, grow at half of these rates.

    Parameters
    ----------
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    dimension : int
        d, 1 <= d <= 10^9, with min(d, n-1) <= 10^7.
    ddof : {1, 0}, default 1
        The divisor of the covariance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    ndarray, shape (min(d, n-1),)
        psi((n-i)/2) - ln(D/2), i = 1, 2, ...: negative and decreasing. For d >= n they belong to the hull of
        the first sample, which has n-1 dimensions; the other d - n + 1 eigenvalues are 0 from generation 1 on.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Newman (1986) for Gaussian factors; see :doc:`/chapters/collapse/many-dimensions` and, for d >= n,
    :doc:`/chapters/collapse/dimension-grows`. The relative error is below 1e-13.
    """
    alpha, shrink, d = _arguments(n, dimension, ddof)
    freedom = 2 * alpha
    count = min(d, int(freedom))
    if count > MOST_EXPONENTS:
        raise ValueError(f"dimension must be at most {MOST_EXPONENTS} or n - 1 that small, got {dimension!r}")
    return _log_mean(freedom - np.arange(count), freedom, shrink)


def expected_log_determinant(*, k: ArrayLike, n: int, dimension: int, ddof: int = 1) -> Any:
    """Return E ln(det V_k / det V_0), the mean change of the log-volume (squared) in k generations.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 <= k <= 10^9.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    dimension : int
        d, 1 <= d <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the covariance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    float or ndarray
        k times the sum of psi((n-i)/2) - ln(D/2) over i = 1, ..., d, of the shape of `k`; -inf for d >= n and
        k >= 1, where V_k is singular.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Bartlett (1933); see :doc:`/chapters/collapse/many-dimensions`. The relative error is below 1e-13. The time
    does not grow with d.
    """
    alpha, shrink, d = _arguments(n, dimension, ddof)
    k = _common.generations(k)
    if d > 2 * alpha:
        return np.where(k > 0, -np.inf, 0.0)[()]
    freedom = 2 * alpha
    step = _sum(
        lambda m: _log_mean(m, freedom, shrink), lambda m: special.polygamma(1, m / 2) / 2, freedom - d, freedom
    )
    return (k * step + 0.0)[()]


def expected_determinant(*, k: ArrayLike, n: int, dimension: int, ddof: int = 1) -> Any:
    """Return E det V_k / det V_0.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 <= k <= 10^9.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    dimension : int
        d, 1 <= d <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the covariance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    float or ndarray
        The product of ((n-i)/D)^k over i = 1, ..., d, of the shape of `k`: 1 for d = 1 and near-ML, otherwise
        less; 0 for d >= n and k >= 1, and where it is below the smallest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Classical (Wilks 1932); see :doc:`/chapters/collapse/many-dimensions`. The relative error is below 1e-13
    (1 + the absolute value of the logarithm of the answer). The time does not grow with d.
    """
    alpha, shrink, d = _arguments(n, dimension, ddof)
    k = _common.generations(k)
    if d > 2 * alpha:
        return np.where(k > 0, 0.0, 1.0)[()]
    freedom = 2 * alpha
    step = _sum(lambda m: np.log1p((m - freedom) / freedom) - shrink, lambda m: 1 / m, freedom - d, freedom)
    with np.errstate(under="ignore"):
        return np.exp(k * step)[()]


def spectral_moments(order: ArrayLike, *, k: ArrayLike, ratio: float) -> Any:
    """Return the limit of (1/d) tr(V_k^order) for V_0 the unit matrix, k fixed, n to infinity, d/n to `ratio`.

    Parameters
    ----------
    order : int or array of int
        0 <= order <= 1000.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `order`.
    ratio : float
        The limit of d/n, above 0 and up to 10^9.

    Returns
    -------
    float or ndarray
        (1/j) [z^(j-1)] (1+z)^j (1 + ratio z)^(kj) for j = order >= 1: 1, 1 + k ratio, ...; inf where it is above
        the largest float. For ratio = 1 these are the Fuss-Catalan numbers.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or order and k do not broadcast.

    Notes
    -----
    Moments of the k-th free multiplicative power of the Marchenko-Pastur law, the same for both divisors. See
    :doc:`/chapters/collapse/dimension-grows`. The relative error is below 1e-12.
    """
    order = _validate.integers("order", order, minimum=0, maximum=LARGEST_ORDER)
    order, k = _common.broadcast("order", order.astype(np.float64), _common.generations(k))
    ratio = _validate.real("ratio", ratio, above=0, maximum=float(LARGEST))
    total, term = np.ones(order.shape), np.ones(order.shape)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for i in range(int(order.max(initial=0)) - 1):  # term i is C(j, i+1) C(kj, i) ratio^i / j, all of one sign
            factor = (order - i - 1) / (i + 2) * ((k * order - i) / (i + 1)) * ratio
            term = np.where((i + 1 < order) & (factor > 0), term * factor, 0.0)
            total = total + term
    return total[()]


def spectral_density(x: ArrayLike, *, k: int, ratio: float) -> Any:
    """Return the limit density of the eigenvalues of V_k, for V_0 the unit matrix, k fixed, d/n to `ratio`.

    For k = 1 it is the density of Marchenko and Pastur, on the interval from (1 - sqrt(ratio))^2 to
    (1 + sqrt(ratio))^2. For ratio > 1 the missing mass, 1 - 1/ratio, sits at 0.

    Parameters
    ----------
    x : float or array of float
        Where, x >= 1e-12.
    k : int
        Generation, 1 <= k <= 1000.
    ratio : float
        The limit of d/n, from 1e-4 to 10^4.

    Returns
    -------
    float or ndarray
        The density, of the shape of `x`; 0 outside the support.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    With S the sum over j >= 1 of the moments times x^-j, S x = (1 + S)(1 + ratio S)^k. On the support S =
    rho e^(i theta): for each angle theta the equation fixes rho, and x falls from the upper end of the support to
    the lower one as theta goes from 0 to pi. Newton's method starts from a table of this
    curve. The relative error is below 1e-7 where the distance from an end, divided by x, is above 1e-3. See :doc:`/chapters/collapse/dimension-grows`.
    """
    x = _validate.finite("x", x, minimum=1e-12)
    k = _validate.integer("k", k, minimum=1, maximum=1000)
    ratio = _validate.real("ratio", ratio, minimum=1e-4, maximum=1e4)
    place = np.log(x)
    angle = np.append(np.linspace(0, pi, 514)[1:-1], pi - np.geomspace(6e-3, 1e-8, 120))
    table = _on_the_curve(angle, k, ratio)  # its x falls
    s = np.exp(np.interp(place, _equation(table, k, ratio).real[::-1], np.log(table)[::-1]))
    for _ in range(8):  # Newton's method
        s = s - (_equation(s, k, ratio) - place) / (1 / (1 + s) + k * ratio / (1 + ratio * s) - 1 / s)
    bottom, top = _support(k, ratio)
    density = s.imag / (pi * x)
    return np.where((x > bottom) & (x < top), density, 0.0)[()]


# ------------------------------------------------------------------------------------ parts


def _arguments(n: int, dimension: int, ddof: int) -> tuple[float, float, int]:
    alpha, shrink = _common.size(n, ddof)
    return alpha, shrink, _validate.integer("dimension", dimension, minimum=1, maximum=LARGEST)


def _log_mean(m: Array, freedom: float, shrink: float) -> Array:
    """Return E ln(C/D), C chi-square with m degrees of freedom: a sum of three terms of one sign (m <= freedom)."""
    half = m / 2
    w = 1 / np.maximum(half, 20) ** 2
    series = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240)))
    gap = np.where(half < 20, np.log(half) - special.digamma(half), 1 / m + series)  # ln(half) - psi(half)
    return np.log1p((m - freedom) / freedom) - gap - shrink


def _sum(f: Callable[[Array], Array], slope: Callable[[Array], Array], low: float, high: float) -> float:
    """Return f(low + 1) + ... + f(high), the arguments whole: by the midpoint rule with its first correction where
    they are large, from an integral and not from its primitive, whose values would cancel."""
    direct = min(high, max(low, _DIRECT))
    total = float(f(np.arange(low + 1, direct + 1)).sum()) if direct > low else 0.0
    if direct == high:
        return total
    start, end = direct + 0.5, high + 0.5
    ends = np.append(start * 2.0 ** np.arange(int(np.log2(end / start)) + 1), end)
    half = np.diff(ends)[:, None] / 2
    integral = (half * _WEIGHTS * f(ends[:-1, None] + half * (1 + _NODES))).sum()
    return total + float(integral - (slope(np.array(end)) - slope(np.array(start))) / 24)


def _on_the_curve(theta: Array, k: int, ratio: float) -> Any:
    """Return S = rho e^(i theta) with arg(1 + S) + k arg(1 + ratio S) = theta; the left side increases in rho."""
    unit = np.exp(1j * theta)
    low, high = np.full(theta.shape, -40.0), np.full(theta.shape, 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        s = np.exp(middle) * unit
        above = np.angle(1 + s) + k * np.angle(1 + ratio * s) > theta
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.exp((low + high) / 2) * unit


def _equation(s: Any, k: int, ratio: float) -> Any:
    """Return ln((1 + s)(1 + ratio s)^k / s), which is ln x on the curve."""
    return np.log(1 + s) + k * np.log(1 + ratio * s) - np.log(s)


def _support(k: int, ratio: float) -> tuple[float, float]:
    """Return the ends of the support: x at the two zeros of its derivative, k ratio s^2 + (k-1) ratio s = 1."""
    centre, root = (k - 1) * ratio, sqrt(((k - 1) * ratio) ** 2 + 4 * k * ratio)
    bottom = 0.0
    if ratio < 1 or (k == 1 and ratio > 1):
        bottom = float(np.exp(_equation(complex(-(root + centre) / (2 * k * ratio)), k, ratio).real))
    return bottom, float(np.exp(_equation(2 / (root + centre), k, ratio)))
