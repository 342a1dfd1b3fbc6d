"""How `verification.verify` compares: one function a kind, each returning a `Comparison`.

A comparison says whether the claim holds, with which figures, and its slack: the factor by which the claimed
values could be wrong, all at once, and still pass.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from math import inf, log10
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from collapse_lib import _validate

__all__ = ["ERROR_PROBABILITY", "TIGHT", "Comparison", "enclosed", "equal", "frequency", "interval", "mean", "ordered"]

ERROR_PROBABILITY = 1e-6  # of a false alarm in one `frequency` check, all its entries together
STANDARD_ERRORS = 5.0  # of one entry in a `mean` check; more entries widen the band
TIGHT = 1.05  # an inequality whose closest instance has a larger ratio is checked in its order only
PRECISIONS = (64, 128, 256, 512, 1024, 2048)  # bits, until the ball is small enough

Array = NDArray[np.float64]


class Comparison(NamedTuple):
    """Whether a claim holds, the figures of the comparison, and its slack (a factor >= 1, inf, or NaN)."""

    holds: bool
    figures: str
    slack: float


def values(name: str, given: ArrayLike) -> Array:
    """Return `given` as a float array with at least one entry and no NaN."""
    array = np.asarray(given, dtype=float)
    if array.size == 0 or np.isnan(array).any():
        raise ValueError(f"{name} must hold at least one value and no NaN, got {given!r}")
    return array


def equal(left: ArrayLike, right: ArrayLike, *, rtol: float, atol: float) -> Comparison:
    a, b = np.broadcast_arrays(values("equal", left), values("equal", right))
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.where(a == b, 0.0, np.abs(a - b))
        relative = np.where(difference == 0, 0.0, difference / np.abs(b))
    allowed = atol + rtol * np.abs(b)
    if atol == 0:
        figures = f"largest relative difference {relative.max():.1e} (allowed {rtol:.0e})"
    else:
        figures = f"largest difference {difference.max():.1e} (allowed {allowed.max():.0e})"
    sign = np.sign(b)
    slack = _factor(sign * a, sign * b - allowed, sign * b + allowed)
    return Comparison(bool((difference <= allowed).all()), f"{_count(a.size)}, {figures}", slack)


def ordered(*quantities: ArrayLike) -> Comparison:
    if len(quantities) < 2:
        raise ValueError(f"ordered must hold at least two quantities, got {len(quantities)}")
    arrays = np.broadcast_arrays(*(values("ordered", quantity) for quantity in quantities))
    pairs = list(zip(arrays, arrays[1:]))
    excess = max(_excess(low, high) for low, high in pairs)
    if excess > 0:
        return Comparison(False, f"{_count(arrays[0].size)}, the order is violated by up to {excess:.1e}", inf)
    slack = max(_closest(low, high) for low, high in pairs)
    factor = f"{slack:.3g}" if slack >= 1.005 or slack == 1 else f"1 + {slack - 1:.1g}"
    far = "no two sides of one sign" if slack == inf else f"closest sides differ by the factor {factor}"
    return Comparison(True, f"{_count(arrays[0].size)}, in order; {far}", slack)


def _excess(low: Array, high: Array) -> float:
    """By how much `low` exceeds `high` at most, but for rounding; 0 where it does not."""
    wrong = (low > high) & ~np.isclose(low, high, rtol=1e-12, atol=0)
    return float(np.subtract(low, high, where=wrong, out=np.zeros(low.shape)).max())


def _closest(low: Array, high: Array) -> float:
    """The smallest ratio of the larger to the smaller side; sides that are both 0 or both 1 say nothing."""
    telling = (low * high > 0) & ~((low == high) & (high == 1)) & np.isfinite(low) & np.isfinite(high)
    small, large = np.abs(low[telling]), np.abs(high[telling])
    return float(max((np.maximum(small, large) / np.minimum(small, large)).min(), 1.0)) if telling.any() else inf


def frequency(successes: ArrayLike, trials: int, probability: ArrayLike) -> Comparison:
    count, exact = np.broadcast_arrays(values("successes", successes), values("probability", probability))
    low, high = interval(count, trials, error=ERROR_PROBABILITY / count.size)
    holds = bool(((low <= exact) & (exact <= high)).all())
    largest = np.abs(count / trials - exact).max()
    place = "inside" if holds else "outside"
    figures = f"{_count(count.size)} from {trials:,} runs, largest deviation {largest:.1e}, "
    figures += f"{place} the exact binomial interval (error {ERROR_PROBABILITY:.0e})"
    return Comparison(holds, figures, _factor(exact, low, high))


def interval(successes: ArrayLike, trials: int, *, error: float) -> tuple[Array, Array]:
    """The Clopper-Pearson interval; see `verification.binomial_interval`."""
    error = _validate.real("error", error, above=0.0, below=1.0)
    if not isinstance(trials, (int, np.integer)) or isinstance(trials, bool) or trials < 1:
        raise ValueError(f"trials must be a positive integer, got {trials!r}")
    count = _validate.finite("successes", successes, minimum=0, maximum=int(trials))
    if (count != np.round(count)).any():
        raise ValueError(f"successes must be integers from 0 to trials = {trials}, got {successes!r}")
    inner = np.clip(count, 1, trials)
    low = np.where(count > 0, special.betaincinv(inner, trials - inner + 1, error / 2), 0.0)
    inner = np.clip(count, 0, trials - 1)
    high = np.where(count < trials, special.betaincinv(inner + 1, trials - inner, 1 - error / 2), 1.0)
    return low, high


def mean(samples: ArrayLike, expected: ArrayLike) -> Comparison:
    sample = values("samples", samples)
    if sample.ndim == 0 or sample.shape[0] < 2:
        raise ValueError(f"samples must hold at least two samples along axis 0, got shape {sample.shape}")
    error = sample.std(axis=0, ddof=1) / np.sqrt(sample.shape[0])
    average, exact, error = np.broadcast_arrays(sample.mean(axis=0), values("expected", expected), error)
    allowed = float(stats.norm.isf(stats.norm.sf(STANDARD_ERRORS) / average.size))
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = float(np.where(average == exact, 0.0, np.abs(average - exact) / error).max())
    figures = f"{_count(average.size)} from {sample.shape[0]:,} runs, largest deviation {largest:.1f} standard errors"
    sign = np.sign(exact)
    slack = _factor(sign * exact, sign * average - allowed * error, sign * average + allowed * error)
    return Comparison(largest <= allowed, f"{figures} (allowed {allowed:.1f})", slack)


def enclosed(value: str | float, function: Callable[[Any], Any], *, rtol: float) -> Comparison:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise TypeError(f"enclosed must begin with a number as it is printed, or a float, got {value!r}")
    try:
        claimed = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"enclosed must begin with a decimal number, got {value!r}") from None
    if isinstance(value, str):
        tolerance = Decimal((0, (5,), claimed.as_tuple().exponent - 1))  # half a unit of the last digit
    else:
        tolerance = abs(claimed) * Decimal(rtol)
    from flint import arb, ctx  # only here: the library itself does not need it

    before = ctx.prec
    try:
        last = arb("inf")
        for ctx.prec in PRECISIONS:
            ball = function(arb)
            if ball.is_finite() and (ball.rad() < arb(str(tolerance)) / 1000 or ball.rad() > last / 2):
                break  # small enough, or no smaller with more digits: limited by a bound of its own
            last = ball.rad()
        distance = abs(ball - arb(str(claimed)))
        inside, radius = distance <= arb(str(tolerance)), ball.rad()
        shown = ball.mid().str(max(8, len(claimed.as_tuple().digits) + 4), radius=False)
        figures = f"in the ball {shown} ± {_power_above(float(radius))}"
    finally:
        ctx.prec = before
    return Comparison(bool(inside), figures, 1 + float(tolerance) / max(abs(float(claimed)), 1e-300))


def _power_above(radius: float) -> str:
    return "0" if radius == 0 else f"1e{int(np.ceil(log10(radius)))}"


def _factor(claim: Array, low: Array, high: Array) -> float:
    """The largest factor, up or down, by which all claims (>= 0) stay between `low` and `high`; NaN if all are 0."""
    telling = (claim > 0) & np.isfinite(claim)
    if not telling.any():
        return float("nan")
    claim, low, high = claim[telling], low[telling], high[telling]
    lowest = float((low / claim).max())
    return max(float((high / claim).min()), 1 / lowest if lowest > 0 else inf, 1.0)


def _count(number: int) -> str:
    return f"{number:,} value{'s' if number != 1 else ''}"
