"""`verify`: the check that stands behind each numbered result of the book.

A check compares a claim with an independent computation, prints one quiet line, and raises when the claim
fails. In the book's build the line carries the figures of that build to :doc:`/chapters/reference/ledger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

__all__ = ["Check", "binomial_interval", "verify"]

ERROR_PROBABILITY = 1e-6  # of a false alarm in one `frequency` check, all its entries together
STANDARD_ERRORS = 5.0  # of one entry in a `mean` check; more entries widen the band


@dataclass(frozen=True)
class Check:
    """A passed check: what was compared and with which figures.

    Parameters
    ----------
    label : str
        Label of the numbered result in the book, such as ``"thm-poisson-survival"``.
    what : str
        What was compared, in a few words.
    kind : {"equal", "ordered", "frequency", "mean"}
        How it was compared; see `verify`.
    figures : str
        The figures of the comparison: how many values, how far apart, how far they may be apart.
    """

    label: str
    what: str
    kind: str
    figures: str

    def __str__(self) -> str:
        return f"✓ {self.what}: {self.figures}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        attributes = " ".join(
            f'data-{name}="{escape(value)}"'
            for name, value in (
                ("label", self.label),
                ("what", self.what),
                ("kind", self.kind),
                ("figures", self.figures),
            )
        )
        line = (
            f'<p class="check" {attributes}><span aria-hidden="true">✓</span> '
            f"<b>Checked.</b> {escape(self.what)}: {escape(self.figures)}</p>"
        )
        return {"text/html": line, "text/plain": str(self)}


def verify(
    label: str,
    what: str,
    *,
    equal: tuple[ArrayLike, ArrayLike] | None = None,
    ordered: Sequence[ArrayLike] | None = None,
    frequency: tuple[ArrayLike, int, ArrayLike] | None = None,
    mean: tuple[ArrayLike, ArrayLike] | None = None,
    rtol: float = 1e-10,
    atol: float = 0.0,
) -> None:
    """Check a claim against an independent computation, show one line, or raise.

    Exactly one of `equal`, `ordered`, `frequency` and `mean` is given.

    Parameters
    ----------
    label : str
        Label of the numbered result that the check stands behind.
    what : str
        What is compared, in a few words.
    equal : (array_like, array_like), optional
        Two exact computations of the same values: ``abs(a - b) <= atol + rtol * abs(b)`` everywhere.
    ordered : sequence of array_like, optional
        Two or more quantities claimed to be in increasing order, entry by entry:
        each at most the next, but for rounding (1e-12 relative).
    frequency : (successes, trials, probability), optional
        Counts of an event in so many independent trials, and its exact probability: every probability lies
        in the exact binomial (Clopper-Pearson) interval of its count. The intervals together exclude a true
        claim with probability at most 1e-6.
    mean : (samples, expected), optional
        Independent samples along axis 0 and their exact mean: the sample mean lies within 5 standard errors
        (with m > 1 entries within the wider band that keeps the same error probability for all of them).
    rtol, atol : float, default 1e-10 and 0
        Tolerances of `equal`; they have no effect on the other kinds.

    Raises
    ------
    AssertionError
        When the claim fails; the message says by how much.
    ValueError
        When not exactly one kind is given, or an array is empty or holds a NaN.
    TypeError
        When `label` or `what` is not a string.

    Notes
    -----
    How to read a check: :doc:`/chapters/notation`.
    """
    for name, text in (("label", label), ("what", what)):
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a string, got {text!r}")
    given = {
        kind: claim
        for kind, claim in (("equal", equal), ("ordered", ordered), ("frequency", frequency), ("mean", mean))
        if claim is not None
    }
    if len(given) != 1:
        raise ValueError(f"exactly one of equal, ordered, frequency and mean must be given, got {sorted(given)}")
    (kind, claim), = given.items()
    if kind == "equal":
        holds, figures = _equal(*claim, rtol=rtol, atol=atol)
    else:
        holds, figures = {"ordered": _ordered, "frequency": _frequency, "mean": _mean}[kind](*claim)
    if not holds:
        raise AssertionError(f"{label}: the check failed: {what}: {figures}")
    _show(Check(label, what, kind, figures))


def binomial_interval(
    successes: ArrayLike, trials: int, *, error: float = ERROR_PROBABILITY
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact (Clopper-Pearson) interval of a probability from counts of successes.

    Parameters
    ----------
    successes : array_like of int
        Counts, each between 0 and `trials`; any shape.
    trials : int
        Number of independent trials behind each count.
    error : float, default 1e-6
        Probability at most that one interval misses the true probability.

    Returns
    -------
    low, high : ndarray
        Ends of the intervals, with the shape of `successes`.

    Raises
    ------
    ValueError
        When a count lies outside 0 to `trials`, `trials` is not positive, or `error` is not between 0 and 1.

    Notes
    -----
    Clopper and Pearson 1934; used in every simulation of the book (:doc:`/chapters/notation`).
    """
    count = _values("successes", successes)
    if not isinstance(trials, (int, np.integer)) or isinstance(trials, bool) or trials < 1:
        raise ValueError(f"trials must be a positive integer, got {trials!r}")
    if ((count < 0) | (count > trials) | (count != np.round(count))).any():
        raise ValueError(f"successes must be integers from 0 to trials = {trials}, got {successes!r}")
    if not 0 < error < 1:
        raise ValueError(f"error must lie strictly between 0 and 1, got {error!r}")
    inner = np.clip(count, 1, trials)
    low = np.where(count > 0, special.betaincinv(inner, trials - inner + 1, error / 2), 0.0)
    inner = np.clip(count, 0, trials - 1)
    high = np.where(count < trials, special.betaincinv(inner + 1, trials - inner, 1 - error / 2), 1.0)
    return low, high


def _values(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    if array.size == 0 or np.isnan(array).any():
        raise ValueError(f"{name} must hold at least one value and no NaN, got {values!r}")
    return array


def _count(number: int) -> str:
    return f"{number:,} value{'s' if number != 1 else ''}"


def _equal(left: ArrayLike, right: ArrayLike, *, rtol: float, atol: float) -> tuple[bool, str]:
    a, b = np.broadcast_arrays(_values("equal", left), _values("equal", right))
    with np.errstate(invalid="ignore"):
        difference = np.where(a == b, 0.0, np.abs(a - b))
    allowed = atol + rtol * np.abs(b)
    largest = difference.max()
    if atol == 0:
        with np.errstate(divide="ignore", invalid="ignore"):
            largest = np.where(difference == 0, 0.0, difference / np.abs(b)).max()
        return bool((difference <= allowed).all()), (
            f"{_count(a.size)}, largest relative difference {largest:.1e} (allowed {rtol:.0e})"
        )
    return bool((difference <= allowed).all()), (
        f"{_count(a.size)}, largest difference {largest:.1e} (allowed {allowed.max():.0e})"
    )


def _ordered(*quantities: ArrayLike) -> tuple[bool, str]:
    if len(quantities) < 2:
        raise ValueError(f"ordered must hold at least two quantities, got {len(quantities)}")
    arrays = np.broadcast_arrays(*(_values("ordered", quantity) for quantity in quantities))
    pairs = list(zip(arrays, arrays[1:]))
    excess = max(float((low - high - 1e-12 * np.maximum(abs(low), abs(high))).max()) for low, high in pairs)
    if excess > 0:
        return False, f"{_count(arrays[0].size)}, the order is violated by up to {excess:.1e}"
    # how far apart neighbours are where they are closest, relative to the larger: 0 says that a bound is attained
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps = [
            float(np.nanmin(np.where(high == low, 0.0, (high - low) / np.maximum(abs(low), abs(high)))))
            for low, high in pairs
        ]
    return True, f"{_count(arrays[0].size)}, in order; smallest relative gap {max(min(gaps), 0.0):.1e}"


def _frequency(successes: ArrayLike, trials: int, probability: ArrayLike) -> tuple[bool, str]:
    count, exact = np.broadcast_arrays(_values("successes", successes), _values("probability", probability))
    low, high = binomial_interval(count, trials, error=ERROR_PROBABILITY / count.size)
    holds = bool(((low <= exact) & (exact <= high)).all())
    largest = np.abs(count / trials - exact).max()
    return holds, (
        f"{_count(count.size)} from {trials:,} runs, largest deviation {largest:.1e}, "
        f"{'inside' if holds else 'outside'} the exact binomial interval (error {ERROR_PROBABILITY:.0e})"
    )


def _mean(samples: ArrayLike, expected: ArrayLike) -> tuple[bool, str]:
    sample = _values("samples", samples)
    if sample.ndim == 0 or sample.shape[0] < 2:
        raise ValueError(f"samples must hold at least two samples along axis 0, got shape {sample.shape}")
    error = sample.std(axis=0, ddof=1) / np.sqrt(sample.shape[0])
    deviation = np.abs(sample.mean(axis=0) - _values("expected", expected))
    allowed = float(stats.norm.isf(stats.norm.sf(STANDARD_ERRORS) / deviation.size))
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = float(np.where(deviation == 0, 0.0, deviation / error).max())
    return bool(largest <= allowed), (
        f"{_count(deviation.size)} from {sample.shape[0]:,} runs, largest deviation "
        f"{largest:.1f} standard errors (allowed {allowed:.1f})"
    )


def _show(check: Check) -> None:
    """Display in a notebook, print elsewhere."""
    try:
        from IPython import get_ipython
    except ImportError:
        get_ipython = None
    if get_ipython is not None and get_ipython() is not None:
        from IPython.display import display

        display(check)
    else:
        print(check)
