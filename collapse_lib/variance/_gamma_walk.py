"""The law of a sum of logarithms of gamma variables: what the exact law of Sigma_k is computed from.

With alpha = (n-1)/2 and shrink = ln(D/(n-1)), X = ln(Sigma_k/sigma_0) is half a sum of k independent terms
ln(G_j/alpha) - shrink, where G_j has the gamma law with shape alpha. See :doc:`/chapters/collapse/the-rate`.
"""

from __future__ import annotations

from math import ceil, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

__all__ = ["digamma_inverse", "law", "log_gamma_ratio", "log_moment", "log_quantile", "log_rate", "mean_positive_part"]

Array = NDArray[np.float64]

_NODES = 56  # of the trapezoidal rule; twice as many change no probability by more than 1e-13
_POLE = 4.0  # how strongly the contour avoids the pole at 0: weight of ln|s| against the exponent

# ------------------------------------------------------------------------------------ special functions


def _stirling_difference(z: Any, base: float) -> Any:
    """Return R(base + z) - R(base), R(x) = 1/(12 x) - 1/(360 x^3) + ... Stirling's series, |base + z| >= 12.

    With u = 1/base and v = 1/(base + z), v^m - u^m = (v - u) (v^(m-1) + v^(m-2) u + ... + u^(m-1)).
    """
    u, v = 1 / base, 1 / (base + z)
    both, square, power, quotient = u + v, v * v, u, 1.0
    total = 1 / 12
    for coefficient in (-1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360):  # of x^-3, x^-5, ...
        quotient = square * quotient + power * both
        power = power * u * u
        total = total + coefficient * quotient
    return -z * u * v * total


def log_gamma_ratio(z: NDArray[Any], alpha: float) -> NDArray[Any]:
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
    rest = _stirling_difference(z, base) - log1p_e / 2
    return base * entropy + rest + z * log1p(shift / alpha) - special.log1p(product)


def log_moment(z: Array, alpha: float) -> Array:
    """Return ln(Gamma(alpha + z) / (Gamma(alpha) alpha^z)) for real z > -alpha, exactly 0 at z = 0 and z = 1."""
    by_one = abs(z - 1) < 0.5  # Gamma(alpha + z) = (alpha + z - 1) Gamma(alpha + z - 1)
    rest = np.where(by_one, z - 1, z)
    small = abs(rest) < alpha / 2
    near = log_gamma_ratio(np.where(small, rest, 0), alpha) + np.log1p(np.where(by_one, rest, 0) / alpha)
    far = special.gammaln(alpha + z) - special.gammaln(alpha) - z * log(alpha)
    return np.where(small, near, far)


def digamma_inverse(y: ArrayLike) -> Array:
    """Return x > 0 with psi(x) = y, for -1e4 <= y <= 30: Newton's method from Minka's start."""
    y = np.asarray(y, dtype=np.float64)
    x = np.where(y > -2.22, np.exp(y) + 0.5, -1 / (np.minimum(y, -2.22) + np.euler_gamma))
    for _ in range(6):
        x = x - (special.digamma(x) - y) / special.polygamma(1, x)
    return x


def log_rate(alpha: float, shrink: float) -> float:
    if alpha < 20:
        gap = log(alpha) - float(special.digamma(alpha))
    else:  # the same by its asymptotic series, which does not cancel
        w = 1 / alpha**2
        gap = 1 / (2 * alpha) + w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240)))
    return (gap + shrink) / 2


# ------------------------------------------------------------------------------------ the exact law


def law(x: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return Pr(X > x), Pr(X <= x) and the density of X = ln(Sigma_k/sigma_0) at x, for k >= 1."""
    out = np.empty((3, x.size))
    single = (k == 1) & (alpha < 100)  # beyond, the rounding of `half` shows
    half = alpha * np.exp(np.minimum(2 * x[single] + shrink, 600))  # C/2 is compared with it
    density = 2 * np.exp(special.xlogy(alpha, half) - half - special.gammaln(alpha))
    out[:, single] = special.gammaincc(alpha, half), special.gammainc(alpha, half), density
    several = np.flatnonzero(~single)
    for start in range(0, several.size, 2048):
        rows = several[start : start + 2048]
        out[:, rows] = _contour(x[rows], k[rows], alpha, shrink)
    return out


def _contour(x: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return what `law` returns, for k >= 2 or alpha >= 100, by the Mellin-Barnes integral through a saddle point.

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
    right = y > -2 * k * log_rate(alpha, 0.0) - np.sqrt(variance)

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
        return k * log_gamma_ratio(s, alpha) - s * y

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
    tail = np.clip(np.where(right, tail, -tail), 0, 1) + 0.0  # no -0.0
    above, below = np.where(right, tail, 1 - tail), np.where(right, 1 - tail, tail)
    return np.stack([above, below, np.maximum(density, 0)])


def mean_positive_part(alpha: float, shrink: float) -> tuple[float, float]:
    """Return E max(X, 0) and Pr(X > 0) for X = ln(Sigma_0/Sigma_1), the integral of Pr(X > v) and its start.

    The hazard of X rises, so Pr(X > v) falls at least as fast as with the hazard at 0, which sets the scale.
    """
    one = np.ones(1)
    _, (positive,), (density,) = law(0 * one, one, alpha, shrink)
    scale = float(positive / density)
    nodes, weights = np.polynomial.legendre.leggauss(80)  # on (-1, 1); we integrate over (0, 40)
    below = law(-20 * scale * (nodes + 1), np.ones(nodes.size), alpha, shrink)[1]
    return 20 * scale * float(weights @ below), float(positive)


def log_quantile(u: Array, k: Array, alpha: float, shrink: float) -> Array:
    """Return the u-quantile of ln(Sigma_k/sigma_0) for one-dimensional u, k >= 1.

    Newton's method on the logarithm of the smaller tail (concave, since ln C has a log-concave density), kept
    inside a bracket that starts from Cantelli's inequality.
    """
    mean, sd = -k * log_rate(alpha, shrink), np.sqrt(k * special.polygamma(1, alpha)) / 2
    low, high = mean - sd / np.sqrt(u), mean + sd / np.sqrt(1 - u)
    x, upper = mean + sd * special.ndtri(u), u > 0.5
    for _ in range(200):
        above, below, density = law(x, k, alpha, shrink)
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
