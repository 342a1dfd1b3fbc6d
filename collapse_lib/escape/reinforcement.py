"""Reinforcement learning among equally good answers: how fast the diversity of the right ones is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.escape import _common

__all__ = [
    "policy_gradient_shares",
    "reinforced_accuracy",
    "reinforced_diversity",
    "softmax_diversity_floor",
    "softmax_gap_bounds",
    "softmax_growth",
]

Array = NDArray[np.float64]

MOST_UPDATES = 10**6  # of a product that has no closed form
LARGEST_GAP = 700.0  # exp(700) is a number


def reinforced_diversity(k: ArrayLike, *, group: int, step: float, accuracy: float = 1.0) -> Any:
    """Return the share of the diversity of the right answers that k mixture updates leave.

    Parameters
    ----------
    k : int or array of int
        Number of updates, k >= 0; up to 10**6 if `accuracy` is below 1.
    group : int
        Number G >= 1 of right answers that one update reinforces (wrong ones are drawn again).
    step : float
        Weight of the group in the update, 0 < step <= 1: pi becomes (1 - step) pi + step times the group's
        frequencies.
    accuracy : float, default 1.0
        Probability of a right answer before the first update, 0 < accuracy <= 1.

    Returns
    -------
    float or ndarray
        E[1 - sum of squares of the shares of the right answers] over its first value, of the shape of `k`: the
        product of 1 - step^2/(group accuracy_j^2) over the updates j <= k; (1 - step^2/group)^k if all answers
        are right.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-mixture-update and prop-wrong-answers in :doc:`/chapters/escape/equal-answers`.
    """
    updates, step, accuracy = _common.generations(k), _step(step), _accuracy(accuracy)
    group = _common.size("group", group)
    if accuracy == 1.0:
        if step * step == group:
            return _common.answer(np.where(updates == 0, 1.0, 0.0))
        return _common.answer(np.exp(updates * np.log1p(-step * step / group)))
    _validate.integers("k", k, maximum=MOST_UPDATES)
    later = reinforced_accuracy(np.arange(1, int(updates.max()) + 2), step=step, accuracy=accuracy)
    factors = np.maximum(1 - step * step / group / np.square(later), 0.0)
    return _common.answer(np.append(1.0, np.cumprod(factors))[updates.astype(np.int64)])


def reinforced_accuracy(k: ArrayLike, *, step: float, accuracy: float) -> Any:
    """Return the probability of a right answer after k mixture updates with right answers only.

    Parameters
    ----------
    k : int or array of int
        Number of updates, k >= 0.
    step : float
        Weight of the group in the update, 0 < step <= 1.
    accuracy : float
        Probability of a right answer before the first update, 0 < accuracy <= 1.

    Returns
    -------
    float or ndarray
        1 - (1 - step)^k (1 - accuracy), of the shape of `k`; it is not random.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-wrong-answers in :doc:`/chapters/escape/equal-answers`.
    """
    updates, step, accuracy = _common.generations(k), _step(step), _accuracy(accuracy)
    return _common.answer(1 - (1 - accuracy) * (1 - step) ** updates)


def softmax_growth(*, group: int, rate: float) -> float:
    """Return the number B of the softmax bounds: the mean of cosh(gap) grows by at most B in one update.

    Parameters
    ----------
    group : int
        Number G >= 1 of answers that are drawn for one update.
    rate : float
        Learning rate, 0 < rate <= 3; both logits move by the rate times frequency minus probability.

    Returns
    -------
    float
        B = 2 (exp(c) - 1) with c = (G/4) (exp(h) - 1 - h) and h = 2 rate/G; about rate^2/G for a small rate.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-softmax-two in :doc:`/chapters/escape/equal-answers`.
    """
    group, rate = _common.size("group", group), _rate(rate)
    h = 2 * rate / group
    rest = h * h / 2 * (1 + h / 3 * (1 + h / 4 * (1 + h / 5 * (1 + h / 6)))) if h < 1e-2 else np.expm1(h) - h
    return float(2 * np.expm1(group / 4 * rest))


def softmax_diversity_floor(k: ArrayLike, *, group: int, rate: float, gap: float = 0.0) -> Any:
    """Return a proved lower bound on E[pi (1 - pi)] of two right answers after k softmax policy-gradient updates.

    Parameters
    ----------
    k : int or array of int
        Number of updates, k >= 0.
    group : int
        Number G >= 1 of answers that are drawn for one update, all of them right.
    rate : float
        Learning rate, 0 < rate <= 3.
    gap : float, default 0.0
        Difference of the two logits before the first update, between -700 and 700.

    Returns
    -------
    float or ndarray
        1/(2 (1 + cosh(gap) + B k)) with B = `softmax_growth`, of the shape of `k`: a power law.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-softmax-two in :doc:`/chapters/escape/equal-answers`.
    """
    updates, growth = _common.generations(k), softmax_growth(group=group, rate=rate)
    return _common.answer(0.5 / (1 + np.cosh(_gap(gap)) + growth * updates))


def softmax_gap_bounds(k: ArrayLike, *, group: int, rate: float, gap: float = 0.0) -> tuple[Any, Any]:
    """Return proved bounds on the mean square of the gap of two logits after k softmax policy-gradient updates.

    Parameters
    ----------
    k : int or array of int
        Number of updates, k >= 0.
    group : int
        Number G >= 1 of answers that are drawn for one update, all of them right.
    rate : float
        Learning rate, 0 < rate <= 3.
    gap : float, default 0.0
        Difference of the two logits before the first update, between -700 and 700.

    Returns
    -------
    (lower, upper) : pair of float or ndarray
        gap^2 + (2 b^2/B) ln(1 + B k/(1 + cosh(gap))), and the smaller of arcosh(cosh(gap) + B k)^2 and
        gap^2 + b^2 k, with b^2 = rate^2/group and B = `softmax_growth`; of the shape of `k`. By the identity of
        the page, (E gap_k^2 - gap^2)/(4 b^2) is the sum of E[pi_j (1 - pi_j)] over j < k.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-softmax-two in :doc:`/chapters/escape/equal-answers`.
    """
    updates, growth = _common.generations(k), softmax_growth(group=group, rate=rate)
    first, noise = _gap(gap), _rate(rate) ** 2 / group
    lower = first**2 + 2 * noise / growth * np.log1p(growth * updates / (1 + np.cosh(first)))
    upper = np.minimum(np.arccosh(np.cosh(first) + growth * updates) ** 2, first**2 + noise * updates)
    return _common.answer(lower), _common.answer(np.maximum(upper, lower))


def policy_gradient_shares(probabilities: ArrayLike, *, correct: ArrayLike, accuracy: float) -> Array:
    """Return the answers of a softmax policy when the exact policy gradient has brought it to an accuracy.

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        Probabilities of the answers at the start, each positive, of sum 1.
    correct : array_like of bool, shape (m,)
        Which answers are right (reward 1; the others have reward 0); at least one is, and at least one is not.
    accuracy : float
        Probability of a right answer at the end, below 1 and at least that at the start.

    Returns
    -------
    ndarray, shape (m,)
        Probabilities of the answers at that moment; no sampling noise, infinitely small steps.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Along the gradient flow exp(-logit) falls by the same amount for all right answers and rises by the same amount
    for all wrong ones, and the logits keep their sum; thm-softmax-bias in :doc:`/chapters/escape/equal-answers`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    if not (p > 0).all():
        raise ValueError(f"probabilities must be positive, got {probabilities!r}")
    right = np.asarray(correct)
    if right.dtype != np.bool_:
        raise TypeError(f"correct must be an array of booleans, got {correct!r}")
    if right.shape != p.shape or right.all() or not right.any():
        raise ValueError(f"correct must have {p.size} entries, some true and some false, got {correct!r}")
    start = float(p[right].sum())
    target = _validate.real("accuracy", accuracy, below=1.0)
    if target < start * (1 - 1e-12):
        raise ValueError(f"accuracy must be >= {start:.15g}, that of the start, got {accuracy!r}")
    good, bad = 1 / p[right], 1 / p[~right]
    highest = 600 * min(1.0, bad.size / good.size)  # far beyond every accuracy, and no overflow

    def missing(z: float) -> float:  # falls with z, by which the logit of the best right answer has grown
        good_now, bad_now = _flow(good, bad, z)
        return float(np.log(target * (1 / bad_now).sum()) - np.log((1 - target) * (1 / good_now).sum()))

    from scipy.optimize import brentq  # slow to import, and only needed here

    z = brentq(missing, 0.0, highest, xtol=1e-14, rtol=1e-14) if missing(0.0) > 0 else 0.0
    weights = np.empty_like(p)
    weights[right], weights[~right] = (1 / part for part in _flow(good, bad, z))
    return np.asarray(weights / weights.sum())


def _flow(good: Array, bad: Array, z: float) -> tuple[Array, Array]:
    """exp(-logit) of the right and the wrong answers when that of the best right one has fallen by exp(-z)."""
    best = good.min()
    good_now = good - best + best * np.exp(-z)
    total = np.log(good / good_now).sum()  # what the wrong answers gain, all together, in ln exp(-logit)
    if total == 0.0:
        return good_now, bad
    y = np.log(bad.max()) + np.log(np.expm1(total / bad.size))  # ln of the rise if all were as rare as the rarest
    while True:  # Newton's iteration for an increasing convex function falls to its zero
        inside = np.exp(y) / bad
        later = y - (np.log1p(inside).sum() - total) / (inside / (1 + inside)).sum()
        if not later < y - 1e-15 * abs(y):
            return good_now, bad + np.exp(y)
        y = later


def _step(step: float) -> float:
    return _validate.real("step", step, above=0.0, maximum=1.0)


def _accuracy(accuracy: float) -> float:
    return _validate.real("accuracy", accuracy, above=0.0, maximum=1.0)


def _rate(rate: float) -> float:
    return _validate.real("rate", rate, above=0.0, maximum=3.0)


def _gap(gap: float) -> float:
    return _validate.real("gap", gap, minimum=-LARGEST_GAP, maximum=LARGEST_GAP)
