"""The two fits of the symmetric mixture, many samples at a time.

A fit sees the absolute values |x_i| only. They come as base + unit*u_i, so that their spread keeps its digits
when it is far below the rounding of their mean. In units of the root mean square, with m_1 the mean and v
the variance (divisor n) of the |x_i|, and b = mu/sigma^2, a stationary point of the likelihood solves
w(b) = W(b),

    w(b) = 2/(1 + sqrt(1 + 4b^2)),   W(b) = v + e (2 m_1 - e),   e(b) = mean |x| (1 - tanh b|x|),

and has sigma^2 = w, mu = bw = m_1 - e. Nothing cancels in these formulas, however small v is. The likelihood
rises in b where w > W and falls where w < W.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Folded", "approximate", "fold", "joint"]

Array = NDArray[np.float64]

TOGETHER = 2**16  # samples that are fitted side by side
SEPARATED = 800.0  # beyond it e is 0 in double precision and no other root is as good
START = 1 / 8  # b max|x| of the first grid point; below it we use the power series
# (1 - tanh(y)/y)/y^2 = 1/3 - 2/15 y^2 + ...
SERIES = (1 / 3, -2 / 15, 17 / 315, -62 / 2835, 1382 / 155925, -21844 / 6081075, 929569 / 638512875)
FLOOR = 1e-60  # of exp(-2b|x|): smaller numbers change nothing, and below 1e-308 arithmetic is slow
STEPS = 80  # of a safeguarded iteration; bisection alone needs 60


class Folded(NamedTuple):
    """Absolute values of samples: mean, deviations from it, and standard deviation (divisor n)."""

    mean: Array  # (samples of fits,)
    deviations: Array  # (n, samples of fits)
    sd: Array


def fold(base: Array, unit: Array, u: Array) -> Folded:
    """Return the statistics of base + unit*u, the samples on axis 0 of u."""
    centre = u.mean(axis=0)
    u = u - centre
    slip = u.mean(axis=0)  # the rounding of the centre
    spread = np.einsum("ij,ij->j", u, u) / len(u) - slip * slip
    u *= unit
    return Folded(base + unit * centre, u, unit * np.sqrt(np.maximum(spread, 0.0)))


def approximate(folded: Folded, a: float) -> tuple[Array, Array]:
    """Return (mean, sd) of the seed paper's Algorithm 1, in the form that the public docstring gives."""
    n, (mean, _, sd) = len(folded.deviations), folded
    with np.errstate(all="ignore"):
        growth = np.exp((n + 15) / (4 * (n - 1) * (n + 7))) if n > 1 else np.inf  # 1 + kappa
        ratio = (sd / mean) ** 2  # r - 1; 0/0 where all samples are 0, infinite for very small means
        shrink = (1 + ratio) / (1 + 2 * (1 + ratio) / a)
        total = np.hypot(mean, sd)
        wide = 1 + ratio > growth
        fitted = np.where(wide, np.minimum(total, np.sqrt(growth) * sd), np.sqrt(shrink) * sd)
        rest = np.sqrt(np.maximum(total - fitted, 0.0)) * np.sqrt(total + fitted)
    return np.where(sd > 0, rest, mean), np.where(sd > 0, fitted, 0.0)


def joint(folded: Folded) -> tuple[Array, Array]:
    """Return (mean, sd) of maximum likelihood, the best of all stationary points."""
    mean, deviations, sd = folded
    total = np.hypot(mean, sd)
    total = np.where(total > 0, total, 1.0)
    m1, v = mean / total, (sd / total) ** 2
    x = np.maximum(deviations / total + m1, 0.0)
    with np.errstate(all="ignore"):
        top = m1 / v  # no root lies above
    search = np.flatnonzero(~(top * x.min(axis=0) > SEPARATED) & (v > 0))
    fitted_mean, fitted_sd = mean.copy(), sd.copy()  # the separated ones: e = 0
    if search.size:
        b, w = _search(np.ascontiguousarray(x[:, search]), m1[search], v[search], top[search])
        scale = total[search]
        fitted_sd[search] = scale * np.sqrt(w)
        fitted_mean[search] = scale * b * w
    return fitted_mean, fitted_sd


class _Samples(NamedTuple):
    """Absolute values in units of their root mean square, with m_1 and v."""

    x: Array
    m1: Array
    v: Array

    def take(self, which: NDArray[Any]) -> _Samples:
        return _Samples(self.x[:, which], self.m1[which], self.v[which])


def _gap(samples: _Samples, b: Array, power: Array) -> tuple[Array, Array]:
    """Return ln(w/W) and its derivative in ln b; `power` is exp(-2b|x|)."""
    x, m1, v = samples
    rest = power + 1.0
    np.divide(power, rest, out=rest)
    rest *= 2.0  # 1 - tanh
    rest *= x
    e = rest.mean(axis=0)
    slope = 2 * np.einsum("ij,ij->j", x, rest) - np.einsum("ij,ij->j", rest, rest)  # sum of x^2 sech^2
    slope /= len(x)
    big = v + e * (2 * m1 - e)
    root = np.sqrt(1 + 4 * b * b)
    return np.log(2 / (1 + root) / big), 1 / root - 1 + 2 * (m1 - e) * b * slope / big


def _power(x: Array, b: Array) -> Array:
    """Return exp(-2b|x|), at least FLOOR."""
    power = x * (-2 * b)
    np.maximum(power, np.log(FLOOR), out=power)
    return np.exp(power, out=power)


def _search(x: Array, m1: Array, v: Array, top: Array) -> tuple[Array, Array]:
    """Return b and w of the best stationary point of each column; b = 0 is always one."""
    samples = _Samples(x, m1, v)
    square = x * x
    at_zero = 1 - SERIES[0] * np.einsum("ij,ij->j", square, square) / len(x)  # positive: a minimum at b = 0
    near, far = _brackets(samples, at_zero, top)
    fits = np.concatenate([near.fit, far.fit])
    roots = np.concatenate([_near_zero(x[:, near.fit], near.high), _polish(samples.take(far.fit), far)])
    wide = _squared_sd(roots)
    b, w = np.zeros(m1.size), np.ones(m1.size)
    # where 0 is a minimum and there is one root, it is the best one; else the likelihoods decide
    sure = (np.bincount(fits, minlength=m1.size) == 1)[fits] & (at_zero[fits] > 0)
    b[fits[sure]], w[fits[sure]] = roots[sure], wide[sure]
    compared = np.flatnonzero(~sure)
    if compared.size:
        value = _likelihood(samples.take(fits[compared]), roots[compared], wide[compared])
        best = np.where(at_zero > 0, -np.inf, -0.5)  # of b = 0
        for j in np.argsort(value, kind="stable"):  # the best one comes last
            fit = fits[compared[j]]
            if value[j] > best[fit]:
                best[fit], b[fit], w[fit] = value[j], roots[compared[j]], wide[compared[j]]
    return b, w


def _squared_sd(b: Array) -> Array:
    return 2 / (1 + np.sqrt(1 + 4 * b * b))


class _Brackets(NamedTuple):
    """Intervals in which ln(w/W) becomes negative, with its values and slopes at the ends."""

    fit: NDArray[np.int64]
    low: Array
    high: Array
    ends: Array  # (value, slope at low, value, slope at high; brackets)


def _brackets(samples: _Samples, at_zero: Array, top: Array) -> tuple[_Brackets, _Brackets]:
    """Bracket every maximum of the likelihood inside b > 0: those below the first grid point, and the others.

    The grid doubles b from START/max|x| until it is beyond `top`; between two points of the same sign with an
    extremum of ln(w/W) between them, that extremum is located and adds a point.
    """
    low = START / samples.x.max(axis=0)
    power = _power(samples.x, low)
    value, slope = _gap(samples, low, power)
    fits, found = np.arange(low.size), []
    first = np.flatnonzero((at_zero > 0) & (value <= 0))
    near = _Brackets(first, 0 * low[first], low[first], np.empty((4, first.size)))
    while fits.size:
        power *= power
        np.maximum(power, FLOOR, out=power)
        high = 2 * low
        after, after_slope = _gap(samples, high, power)
        ends = np.array([value, slope, after, after_slope])
        crossing = np.flatnonzero((value > 0) & (after <= 0))
        found.append(_Brackets(fits[crossing], low[crossing], high[crossing], ends[:, crossing]))
        # a pair of roots between points of one sign: ln(w/W) turns towards 0 and back
        sign = np.where(value > 0, 1.0, -1.0)
        turned = ((value > 0) == (after > 0)) & (sign * slope < 0) & (sign * after_slope > 0)
        for k in np.flatnonzero(turned):
            middle = _turn(samples.take(np.array([k])), low[k], high[k], sign[k])
            if middle is not None:
                pair = (low[k], middle) if sign[k] > 0 else (middle, high[k])
                unknown = np.full((4, 1), np.nan)
                found.append(_Brackets(fits[[k]], *np.array(pair)[:, None], unknown))
        going = np.flatnonzero(high < top)
        low, value, slope = high[going], after[going], after_slope[going]
        if going.size < fits.size:
            fits, top, power, samples = fits[going], top[going], power[:, going], samples.take(going)
    return near, _Brackets(*(np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True)))


def _turn(sample: _Samples, low: float, high: float, sign: float) -> float | None:
    """Return a point between low and high where ln(w/W) has the other sign, or None if there is none."""
    for _ in range(STEPS):
        middle = np.sqrt(low * high)
        value, slope = _gap(sample, np.array([middle]), _power(sample.x, np.array([middle])))
        if sign * value[0] <= 0:
            return float(middle)
        if sign * value[0] - abs(slope[0]) * np.log(high / low) > 0:  # the tangent stays on this side
            return None
        low, high = (middle, high) if sign * slope[0] < 0 else (low, middle)
        if high <= low * (1 + 1e-12):
            return None
    return None


def _polish(samples: _Samples, brackets: _Brackets) -> Array:
    """Return the roots in the brackets, by Newton's method in ln b, and by bisection where it leaves them."""
    fits, low, high, ends = brackets
    todo, roots = np.arange(fits.size), np.empty(fits.size)
    b = low * _cubic_root(ends, np.log(high / low))
    for _ in range(STEPS):
        if not todo.size:
            break
        value, slope = _gap(samples, b, _power(samples.x, b))
        low, high = np.where(value > 0, b, low), np.where(value > 0, high, b)
        with np.errstate(all="ignore"):
            step = -value / slope
            after = b * np.exp(step)
        inside = (after >= low) & (after <= high)
        done = (np.abs(step) < 1e-7) & inside | (high <= low * (1 + 4e-16))
        roots[todo] = b = np.where(inside, after, np.sqrt(low * high))
        if 3 * np.count_nonzero(done) > done.size:
            going = np.flatnonzero(~done)
            todo, samples, low, high, b = todo[going], samples.take(going), low[going], high[going], b[going]
    return roots


def _cubic_root(ends: Array, width: Array) -> Array:
    """Return exp of the root in [0, width] of the cubic with these values and slopes at the ends."""
    value, slope, after, after_slope = ends
    with np.errstate(all="ignore"):
        chord = (after - value) / width
        square = (3 * chord - 2 * slope - after_slope) / width
        cube = (slope + after_slope - 2 * chord) / width**2
        u = -value / chord
        for _ in range(3):
            height = value + u * (slope + u * (square + u * cube))
            u = u - height / (slope + u * (2 * square + 3 * u * cube))
        return np.exp(np.where((u > 0) & (u < width), u, width / 2))


def _near_zero(x: Array, high: Array) -> Array:
    """Return the roots below `high`, of the power series of (w - W)/b^4, in which nothing cancels."""
    square = x * x
    moments, power = [], square
    for coefficient in SERIES:
        moments.append(coefficient * np.einsum("ij,ij->j", power, square) / len(x))
        power = power * square
    low, high = np.zeros(high.size), high * high  # of b^2
    b2 = high / 2
    for _ in range(STEPS):
        value, slope = np.zeros((2, b2.size))
        for moment in moments[::-1]:
            slope = slope * b2 + value
            value = value * b2 + moment
        root = np.sqrt(1 + 4 * b2)
        w = 2 / (1 + root)
        value, slope = w * w - value, -2 * w**3 / root - slope
        low, high = np.where(value > 0, b2, low), np.where(value > 0, high, b2)
        with np.errstate(all="ignore"):
            after = b2 - value / slope
        after = np.where((after >= low) & (after <= high), after, (low + high) / 2)
        done = np.abs(after - b2) <= 1e-15 * b2
        b2 = after
        if done.all():
            break
    return np.sqrt(b2)


def _likelihood(samples: _Samples, b: Array, w: Array) -> Array:
    """Return the mean log-likelihood + ln(2 pi)/2, where w = W(b); at b = 0 it is -1/2."""
    x, _, v = samples
    power = _power(x, b)
    e = (x * (2 * power / (1 + power))).mean(axis=0)
    return -(v + e * e) / (2 * w) - np.log(w) / 2 - np.log(2) + np.log1p(power).mean(axis=0)
