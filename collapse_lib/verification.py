"""`verify`: the check that stands behind each numbered result of the book.

A check compares a claim with an independent computation, tries the claim with its constants and its generation
changed, prints one quiet line, and raises when the claim fails or when a changed claim passes. In the book's
build the line carries the figures of that build to :doc:`/chapters/reference/ledger`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _comparisons
from collapse_lib._comparisons import ERROR_PROBABILITY, TIGHT, Comparison

__all__ = ["Check", "binomial_interval", "verify"]

CHANGE = 1.05  # a constant is tried 5 % too large and 5 % too small
ROUGHEST = 1.02  # slack of an enclosed constant that is certain to fail when it is 5 % off
KINDS = ("equal", "ordered", "frequency", "mean", "enclosed")
Side = ArrayLike | Callable[..., ArrayLike]


@dataclass(frozen=True)
class Check:
    """A passed check: what was compared and with which figures.

    Parameters
    ----------
    label : str
        Label of the numbered result in the book, such as ``"thm-poisson-forgetting"``.
    what : str
        What was compared, in a few words.
    kind : {"equal", "ordered", "frequency", "mean", "enclosed"}
        How it was compared; see `verify`.
    figures : str
        The figures of the comparison: how many values, how far apart, how far they may be apart.
    slack : float
        The factor by which the claim could be wrong and still pass: 1 is sharp, ``inf`` says that no factor is
        noticed, NaN that factors mean nothing (the claim is 0).
    teeth : tuple of str
        Changes of the claim that were tried and failed, such as ``"k + 1"`` and ``"6 ± 5 %"``.
    order_only : bool
        An inequality of which the order is checked and the constants are not.
    """

    label: str
    what: str
    kind: str
    figures: str
    slack: float
    teeth: tuple[str, ...] = ()
    order_only: bool = False

    def __str__(self) -> str:
        return f"✓ {self.what}: {self._figures()}"

    def _figures(self) -> str:
        parts = [self.figures]
        if self.order_only:
            parts.append("order only")
        if self.teeth:
            parts.append(f"fails with {', '.join(self.teeth)}")
        return "; ".join(parts)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from collapse_lib.figures.markup import printed

        data = {
            "label": self.label,
            "what": self.what,
            "kind": self.kind,
            "figures": self.figures,
            "slack": "" if isnan(self.slack) else repr(self.slack),
            "teeth": ", ".join(self.teeth),
            "order-only": "yes" if self.order_only else "",
        }
        said = printed(f"{self.what}: {self._figures()}")
        attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
        line = (
            f'<p class="check" {attributes}><span aria-hidden="true">✓</span> '
            f"<b>Checked.</b> {escape(said)}</p>"
        )
        return {"text/html": line, "text/plain": str(self)}


def verify(
    label: str,
    what: str,
    *,
    equal: tuple[Side, Side] | None = None,
    ordered: Sequence[Side] | None = None,
    frequency: tuple[ArrayLike, int, Side] | None = None,
    mean: tuple[ArrayLike, Side] | None = None,
    enclosed: tuple[str | float, Callable[[Any], Any]] | None = None,
    k: ArrayLike | None = None,
    constants: Mapping[str, float] | None = None,
    order_only: bool = False,
    rtol: float = 1e-10,
    atol: float = 0.0,
) -> None:
    """Check a claim against an independent computation, show one line, or raise.

    Exactly one of `equal`, `ordered`, `frequency`, `mean` and `enclosed` is given. A side of the comparison that
    is typed from the statement may be a function of the generation and of the statement's constants, such as
    ``lambda k, four: four * p0 * q0 * (1 - 1 / n)**k``. It is evaluated at `k` and `constants`, and then with
    every generation one too late and with each constant 5 % too large and too small; if the claim passes all
    the same, the check has no teeth, and that is an error, too.

    Parameters
    ----------
    label : str
        Label of the numbered result that the check stands behind.
    what : str
        What is compared, in a few words.
    equal : (side, side), optional
        Two exact computations of the same values: ``abs(a - b) <= atol + rtol * abs(b)`` everywhere.
    ordered : sequence of sides, optional
        Two or more quantities claimed to be in increasing order, entry by entry:
        each at most the next, but for rounding (1e-12 relative). Neighbours must come within 5 % of each other in
        some entry (not counting those where both are 0 or both are 1), or `order_only` must be set. A changed
        constant or generation must fail in one direction (a bound may be wrong in the other).
    frequency : (successes, trials, side), optional
        Counts of an event in so many independent trials, and its exact probability: every probability lies
        in the exact binomial (Clopper-Pearson) interval of its count. The intervals together exclude a true
        claim with probability at most 1e-6.
    mean : (samples, side), optional
        Independent samples along axis 0 and their exact mean: the sample mean lies within 5 standard errors
        (with m > 1 entries within the wider band that keeps the same error probability for all of them).
    enclosed : (value, function), optional
        A constant as the book prints it, a string such as ``"2.418035"``, and a function that encloses it:
        ``function(arb)`` returns a ball of ``flint.arb``. All of the ball must lie within half a unit of the last
        printed digit (for a float: within `rtol`). The precision is raised until the ball is small.
    k : array_like of int, optional
        Generations, passed to every side that is a function with an argument named ``k``.
    constants : mapping of str to float, optional
        The statement's constants, passed to every side that is a function with arguments of these names.
    order_only : bool, default False
        Says that an inequality is checked in its order only; the line and the ledger say so, too.
    rtol, atol : float, default 1e-10 and 0
        Tolerances of `equal`; `rtol` also of `enclosed` for a float.

    Raises
    ------
    AssertionError
        When the claim fails, when a changed claim passes, or when neighbours of an inequality are never within
        5 % of each other and `order_only` is not set; the message says by how much.
    ValueError
        When not exactly one kind is given, an array is empty or holds a NaN, `k` or a constant is used by no
        side, or `order_only` is set where it does not belong.
    TypeError
        When `label` or `what` is not a string.
    ImportError
        When `enclosed` is used and python-flint is not installed.

    Notes
    -----
    How to read a check: :doc:`/chapters/notation`.
    """
    for name, text in (("label", label), ("what", what)):
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a string, got {text!r}")
    claims = zip(KINDS, (equal, ordered, frequency, mean, enclosed))
    given = {kind: claim for kind, claim in claims if claim is not None}
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(KINDS)} must be given, got {sorted(given)}")
    ((kind, sides),) = given.items()
    if order_only and kind != "ordered":
        raise ValueError(f"order_only must be False for {kind}, got True")
    options = {"equal": {"rtol": rtol, "atol": atol}, "enclosed": {"rtol": rtol}}.get(kind, {})
    compare = getattr(_comparisons, kind)
    arguments = dict(constants or {}) | ({} if k is None else {"k": np.asarray(k)})

    def trial(changed: Mapping[str, Any], only: int | None = None) -> Comparison:
        """Compare; with `only`, that side alone sees the changed arguments."""
        return compare(
            *(_value(kind, side, arguments if only not in (None, i) else changed) for i, side in enumerate(sides)),
            **options,
        )

    result = trial(arguments)
    if not result.holds:
        raise AssertionError(f"{label}: the check failed: {what}: {result.figures}")
    if kind == "ordered":
        _insist_on_tightness(label, what, result, order_only)
    if kind == "enclosed":
        if result.slack > ROUGHEST:
            raise AssertionError(f"{label}: the check has no teeth: {what}: {sides[0]} has too few digits")
        teeth: tuple[str, ...] = (f"{float(sides[0]):.10g} ± 5 %",)
    else:
        teeth = _teeth(label, what, kind, sides, arguments, trial)
    _show(Check(label, what, kind, result.figures, result.slack, teeth, order_only))


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
    return _comparisons.interval(successes, trials, error=error)


def _value(kind: str, side: Any, arguments: Mapping[str, Any]) -> Any:
    if kind == "enclosed" or not callable(side):
        return side
    return side(**{name: arguments[name] for name in _names(side) if name in arguments})


def _names(side: Any) -> list[str]:
    return list(inspect.signature(side).parameters)


def _insist_on_tightness(label: str, what: str, result: Comparison, order_only: bool) -> None:
    if order_only and result.slack <= TIGHT:
        raise ValueError(f"order_only must be False where two sides are within 5 %, got True for {label}: {what}")
    if not order_only and result.slack > TIGHT:
        raise AssertionError(
            f"{label}: no two sides come within 5 % of each other: {what}: {result.figures}; "
            "find a closer instance or say order_only=True"
        )


def _changes(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is tried instead of a generation or a constant."""
    if name != "k":
        yield f"{name} × {CHANGE}", value * CHANGE
        yield f"{name} / {CHANGE}", value / CHANGE
        return
    yield "k + 1", value + 1
    if value.min() >= 1:
        yield "k - 1", value - 1


def _teeth(
    label: str, what: str, kind: str, sides: Sequence[Any], arguments: Mapping[str, Any], trial: Callable[..., Comparison]
) -> tuple[str, ...]:
    """Try the claim with each argument of each side changed; return what was noticed, raise if something was not."""
    found: dict[str, None] = {}
    used: set[str] = set()
    for index, side in enumerate(sides):
        if not callable(side):
            continue
        for name in _names(side):
            if name not in arguments:
                raise ValueError(f"{name} must be k or in constants, got a side of {label} that asks for it")
            used.add(name)
            tried = dict(_changes(name, arguments[name]))
            noticed = [
                change for change, value in tried.items() if not _passes(trial, {**arguments, name: value}, index)
            ]
            needed = {"ordered": 1, "k": 1}.get("k" if name == "k" else kind, len(tried))
            if len(noticed) < needed:
                raise AssertionError(f"{label}: the check has no teeth: {what}: it passes with {' and '.join(tried)}")
            found[noticed[0] if name == "k" else f"{arguments[name]:.10g} ± 5 %"] = None
    if unused := set(arguments) - used:
        raise ValueError(f"k and constants must each be an argument of a side, got {sorted(unused)} for {label}")
    return tuple(found)


def _passes(trial: Callable[..., Comparison], arguments: Mapping[str, Any], side: int) -> bool:
    """Whether the changed claim passes; one that cannot be computed proves nothing, so it counts as passing."""
    try:
        with np.errstate(all="ignore"):
            return trial(arguments, side).holds
    except (ArithmeticError, ValueError):
        return True


def _show(check: Check) -> None:
    """Display in a notebook, print elsewhere, also where the terminal cannot print every character."""
    try:
        from IPython import get_ipython
    except ImportError:
        get_ipython = None
    if get_ipython is not None and get_ipython() is not None:
        from IPython.display import display

        display(check)
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = str(check)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace("✓", "ok").encode(encoding, "replace").decode(encoding)
    print(text)
