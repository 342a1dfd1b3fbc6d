"""First passage of a walk of logarithms of gamma variables: Spitzer's identity as two contour integrals.

The walk S_k = ln(Sigma_0/Sigma_k) has m_u = E e^{-u S_1} = (Sigma_k's moment of order u after one step), and
alpha, shrink are those of :mod:`collapse_lib.variance._gamma_walk`. For a curve C from -i oo to i oo that
separates the two zeros of 1 - z m next to each other, the Wiener-Hopf factors are

    A_-(x) = -(1/2 pi i) int_C ln(1 - z m_u) du/(u - x)  (x left of C),   A_+(x) = + the same  (x right of C).

All curves are hyperbolas with nodes at sinh of an arithmetic progression: what happens next to the real axis has
the scale of the distance to a zero, the rest that of sqrt(n), and sinh joins the two. On them the trapezoidal rule
converges geometrically, at a rate that depends on angles only. See :doc:`/chapters/collapse/first-passage-exactly`.
"""

from __future__ import annotations

from math import ceil, log, pi, sqrt, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from collapse_lib.variance._gamma_walk import digamma_inverse, log_gamma_ratio, log_rate

__all__ = ["law", "mean", "overshoot"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_NEGLIGIBLE = -42.0  # logarithm of a factor that may be left out
_GAUSS = np.polynomial.legendre.leggauss(40)  # on each unit of the parameter of the curve of z
_GAUSS[0].setflags(write=False)
_GAUSS[1].setflags(write=False)


def _log_m(u: NDArray[Any], alpha: float, shrink: float) -> NDArray[Any]:
    """Return ln m_u, up to multiples of 2 pi i."""
    return log_gamma_ratio(u / 2, alpha) - u * (shrink / 2)


def _curve(theta: Array, crossing: float, grade: float, bend: float, angle: float) -> tuple[Complex, Complex]:
    """Return points and derivative of a hyperbola through `crossing`, bent to the left by `angle` in the end.

    Its points have the heights grade sinh(theta), and it is upright up to the height `bend`.
    """
    height, slope = grade * np.sinh(theta), grade * np.cosh(theta)
    size, tangent = np.hypot(bend, height), tan(angle)
    return crossing - tangent * (size - bend) + 1j * height, slope * (1j - tangent * height / size)


# ------------------------------------------------------------------------------------ the mean


def _line(alpha: float, shrink: float) -> tuple[Complex, Complex]:
    """Return nodes in the upper half of a vertical line C (z = 1), and ln(1 - m_u) du / (2 pi i)."""
    crossing = 2.0 if shrink > 0 else 1.0
    theta = 0.05 * (np.arange(420) + 0.5)
    u = crossing * (1 + 1j * np.sinh(theta))
    size = _log_m(u, alpha, shrink)
    kept = size.real > _NEGLIGIBLE
    u, size, theta = u[kept], size[kept], theta[kept]
    m = np.exp(size)
    logarithm = np.where(abs(m) < 0.5, special.log1p(-m), np.log(-np.expm1(size)))
    return u, logarithm * (0.05 * crossing / (2 * pi)) * np.cosh(theta)


def overshoot(alpha: float, shrink: float) -> float:
    """Return the limit of the mean overshoot of a far level."""
    u, weight = _line(alpha, shrink)
    rate = log_rate(alpha, shrink)
    start = float(special.polygamma(1, alpha)) / (8 * rate) + rate / 2
    return start + 2 * float((weight / u**2).sum().real)


def mean(distance: Array, alpha: float, shrink: float) -> Array:
    """Return E T at positive distances L: (L + overshoot)/rate + the integral over the curve left of 0."""
    n = 2 * alpha + 1
    rate = log_rate(alpha, shrink)
    u, weight = _line(alpha, shrink)
    left = 1.1 * sqrt(n) if n > 3.5 else 1.0
    reach = log(2 - 2 * _NEGLIGIBLE / (1.2 * left * tan(0.39) * float(distance.min())))
    theta = 0.05 * (np.arange(ceil(reach / 0.05)) + 0.5)
    x, slope = _curve(theta, -left, 1.2 * left, 1.2 * left, 0.39)
    difference = x[:, None] * weight / (u * (u - x[:, None]))  # 1/(u - x) - 1/u
    conjugate = x[:, None] * weight.conj() / (u.conj() * (u.conj() - x[:, None]))
    factor = np.exp((difference + conjugate).sum(axis=1))  # exp(A_-(0) - A_-(x))
    with np.errstate(over="ignore", invalid="ignore"):
        below = -np.expm1(_log_m(x, alpha, shrink))
    term = factor * slope / (x * below)
    rest = np.exp(distance[:, None] * x) @ term
    return (distance + overshoot(alpha, shrink)) / rate + 0.05 / pi * rest.imag


# ------------------------------------------------------------------------------------ the law


def _transform(
    z: Complex, distance: float, crossing: float, width: float, bend: float, angle: float, step: float,
    alpha: float, shrink: float,
) -> Complex:
    """Return Q(z) = sum_k z^k Pr(T > k), by curves through crossing (C) and crossing + width (Lambda).

    Q(z) = (1/2 pi i) int_Lambda exp(x L + A_-(0) + A_+(x)) dx/x, Lambda to the right of C, and C of 0.
    """
    reach = log(1e5 * max(1.0, sqrt(alpha)) / width)
    theta = step * (np.arange(-ceil(reach / step), ceil(reach / step)) + 0.5)
    u, slope = _curve(theta, crossing, width, bend, 2 * angle)
    size = _log_m(u, alpha, shrink)
    kept = size.real + np.log(abs(z)).max() > _NEGLIGIBLE
    u, slope, m = u[kept], slope[kept], np.exp(size[kept])

    reach = log(2 + 2 * (bend - _NEGLIGIBLE / (tan(angle) * distance)) / width)
    theta = step * (np.arange(-ceil(reach / step), ceil(reach / step)) + 0.5)
    x, turn = _curve(theta, crossing + width, width, bend, angle)
    kernel = step / (2j * pi) * slope[:, None] * x / (u[:, None] * (u[:, None] - x))  # 1/(u - x) - 1/u
    front = step / (2j * pi) * np.exp(distance * x) * turn / x

    out = np.empty(z.shape, dtype=np.complex128)
    for start in range(0, z.size, 256):
        part = slice(start, start + 256)
        out[part] = np.exp(special.log1p(-z[part, None] * m) @ kernel) @ front
    return out


def _coefficients(k: Array, w: Complex, values: Complex) -> Array:
    """Return (1/2 pi i) int e^(-k w) f(w) dw, `values` being f dw at the nodes in the upper half-plane."""
    out = np.empty(k.shape)
    for start in range(0, k.size, 1024):
        part = slice(start, start + 1024)
        out[part] = (np.exp(-k[part, None] * w) @ values).imag / pi
    return out


def _early(k: Array, distance: float, alpha: float, shrink: float, density: bool) -> Array:
    """Return what `law` returns, z on the unit circle.

    The zero v of 1 - z m that is 0 for z = 1 goes straight up, up to a height of about the saddle point of m,
    and then to the left at 45 degrees. The curves C and Lambda keep thirds of that angle.
    """
    saddle = _least(alpha, shrink)
    width = min(0.3, max(0.1, 0.5 / distance)) * min(1.0, saddle)
    theta = np.arange(0, log(1e5 * max(1.0, sqrt(alpha)) / width), 0.02)
    v, _ = _curve(theta, 0.0, width, saddle, pi / 4)
    angle = np.unwrap(-_log_m(v, alpha, shrink).imag)
    there = v.real * distance < 1.1 * _NEGLIGIBLE  # E z^T, about exp(v L), is negligible
    there[-1] = True
    high = pi if alpha < 1 else min(float(np.maximum.accumulate(angle)[np.argmax(there)]), pi)

    cuts = [0.0, min(0.05 * width / alpha, high / 2)]  # pieces of Gauss points, none too long for k
    longest = min(20 / float(k.max()), high / 4)
    while cuts[-1] < high:
        cuts.append(min(cuts[-1] + min(cuts[-1], longest), high))
    start, length = np.array(cuts[:-1])[:, None], np.diff(cuts)[:, None]
    w = 1j * (start + length * (_GAUSS[0] + 1) / 2).ravel()
    weights = 1j * (length * _GAUSS[1] / 2).ravel()
    step = min(0.045, 0.13 * sqrt(width / saddle))  # two curves come closest at heights about sqrt(width saddle)
    q = _transform(np.exp(w), distance, width, width, saddle, pi / 12, step, alpha, shrink)
    passed = 1 + np.expm1(w) * q  # E z^T
    if density:
        return _coefficients(k, w, passed * weights)
    return 0.5 + _coefficients(k, w, passed * weights / np.expm1(w))  # 1/2 is the part 1/(1 - z) of Q


def _late(k: Array, distance: float, alpha: float, shrink: float, density: bool) -> Array:
    """Return what `law` returns for late k, within a factor 1.5 of each other, with a small relative error.

    Q is analytic off the cut [1/m_s0, oo), m_s0 the least moment. We take z = 1/m_v, where v runs through a
    hyperbola to the left of C: v is then the zero of 1 - z m next to C, and keeps its angle from it. It crosses
    the axis next to the saddle point of exp(v L) m_v^k.
    """
    first = float(k.min())
    saddle = 2 * (float(digamma_inverse(log(alpha) + shrink - 2 * distance / first)) - alpha)
    curvature = float(special.polygamma(1, alpha + max(saddle, 0) / 2)) / 4
    width = min(0.3, 0.5 / distance, 0.5 / sqrt(first * curvature))
    crossing = max(saddle, width)
    angle, step = 0.2, 0.018  # z^-k falls until v has turned to 45 degrees, 0.185 further to the left

    theta = step * (np.arange(ceil(log(1e5 * max(1.0, sqrt(alpha)) / width) / step)) + 0.5)
    v, slope = _curve(theta, crossing - width, width, width, 3 * angle)
    w = -_log_m(v, alpha, shrink)
    last = 1 + int(np.argmax(first * (w.real - w.real[0]) > -_NEGLIGIBLE))
    v, slope, w = v[:last], slope[:last], w[:last]
    rate = (log(alpha) + shrink - special.digamma(alpha + v / 2)) / 2  # dw/dv
    values = _transform(np.exp(w), distance, crossing, width, width, angle, 2 * step, alpha, shrink)
    if density:
        values = np.expm1(w) * values
    return _coefficients(k, w, values * slope * rate * step)


def _least(alpha: float, shrink: float) -> float:
    """Return s_0 > 0, the order of the least moment."""
    return 2 * (float(digamma_inverse(log(alpha) + shrink)) - alpha)


def law(k: Array, distance: float, alpha: float, shrink: float, density: bool) -> Array:
    """Return Pr(T > k), or Pr(T = k) if `density`, for one-dimensional k >= 1 and one distance L in (0, 30]."""
    out = np.empty(k.shape)
    late = max(64.0, 1.6 * alpha * distance**2, 1.5 * distance / log_rate(alpha, shrink))
    early = k < late
    if early.any():
        out[early] = _early(k[early], distance, alpha, shrink, density)
    window = np.floor(np.log(np.maximum(k / late, 1)) / log(1.5))
    for number in np.unique(window[~early]):
        rows = ~early & (window == number)
        out[rows] = _late(k[rows], distance, alpha, shrink, density)
    return out
