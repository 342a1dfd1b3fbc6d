"""Counts that a model smooths: n -> Poisson(lambda(n)), a branching process with immigration where lambda is a line."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.forgetting import _common
from collapse_lib.forgetting._common import Array

__all__ = ["smoothed_absence", "smoothed_law", "smoothed_stationary"]

LEFT_OUT = 1e-12  # probability that the states which are left out may have
MOST_STATES = 4_000
LONGEST = 100_000  # generations


def smoothed_law(start: int, *, k: int, rates: ArrayLike, slope: float = 1.0) -> Array:
    """Return the law of the count after k rounds of the chain X_{k+1} ~ Poisson(lambda(X_k)).

    Parameters
    ----------
    start : int
        The count X_0, 0 <= start <= 1,000.
    k : int
        Number of rounds, 0 <= k <= 100,000.
    rates : array_like of float, shape (m,)
        lambda(0), ..., lambda(m - 1), all in [0, 1000].
    slope : float, default 1.0
        lambda(x) = lambda(m - 1) + slope (x - m + 1) for x >= m; 0 <= slope <= 1. One rate b is the line b + slope x.

    Returns
    -------
    ndarray of float
        Pr(X_k = 0), Pr(X_k = 1), ... Each is at most the exact value; together they fall short of 1 by at most
        1e-12, which bounds the error of each sum of them.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or 4,000 states do not hold that much of the law.

    Notes
    -----
    Forwards through the states below a bound, which is doubled until the probability of ever leaving them is
    small. See :doc:`/chapters/forgetting/smoothing`.
    """
    start = _validate.integer("start", start, minimum=0, maximum=1_000)
    k = _validate.integer("k", k, minimum=0, maximum=LONGEST)
    table, slope = _curve(rates, slope)
    states = _first_bound(start, k, table, slope)
    while True:
        step, law = _step(states, table, slope), np.zeros(states)
        law[start] = 1.0
        for _ in range(k):
            law = law @ step
        if 1 - law.sum() <= LEFT_OUT:
            return law
        states = _doubled(states, k)


def smoothed_absence(start: ArrayLike, *, k: ArrayLike, rates: ArrayLike, slope: float = 1.0) -> Any:
    """Return the exact probability Pr(X_k = 0) of the chain X_{k+1} ~ Poisson(lambda(X_k)).

    Parameters
    ----------
    start : int or array of int
        The count X_0 >= 0; at most 1,000 unless lambda is one line.
    k : int or array of int
        Number of rounds, 0 <= k <= 100,000; `start` and `k` are broadcast against each other.
    rates : array_like of float, shape (m,)
        lambda(0), ..., lambda(m - 1), all in [0, 1000].
    slope : float, default 1.0
        lambda(x) = lambda(m - 1) + slope (x - m + 1) for x >= m; 0 <= slope <= 1. One rate b is the line b + slope x.

    Returns
    -------
    float or ndarray
        Of one line b + a x: exp(-b (u_1 + ... + u_k) - a start u_k) with u_1 = 1, u_{j+1} = 1 - exp(-a u_j). Of
        any other curve: with an absolute error below 1e-12.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or 4,000 states do not hold that much of the law.

    Notes
    -----
    thm-smoothing-line of :doc:`/chapters/forgetting/smoothing`; for a curve backwards through the states below a bound,
    which is doubled until the probability of ever leaving them is small. lambda(x) = x is the Poisson model,
    where the answer is 1 - :func:`survival_poisson`, one generation on.
    """
    table, slope = _curve(rates, slope)
    line = table.size == 1
    starts = _validate.integers("start", start, minimum=0, maximum=10**12 if line else 1_000)
    rounds = _validate.integers("k", k, minimum=0, maximum=LONGEST)
    try:
        starts, rounds = np.broadcast_arrays(starts, rounds)
    except ValueError as error:
        raise ValueError(f"start and k must fit each other, got shapes {starts.shape} and {rounds.shape}") from error
    last = int(rounds.max())
    if line:
        u = np.zeros(last + 1)
        for j in range(1, last + 1):
            u[j] = -np.expm1(-slope * u[j - 1]) if j > 1 else 1.0
        lost = np.exp(-table[0] * np.cumsum(u)[rounds] - slope * starts * u[rounds])
        return _common.answer(np.where(rounds > 0, lost, (starts == 0) * 1.0))
    largest = int(starts.max())
    states = _first_bound(largest, last, table, slope)
    while True:
        step = _step(states, table, slope)
        absent, inside = np.zeros((last + 1, largest + 1)), np.ones(states)
        lost = (np.arange(states) == 0) * 1.0
        for j in range(last + 1):
            absent[j] = lost[: largest + 1]
            if j < last:
                lost, inside = step @ lost, step @ inside
        if 1 - inside[: largest + 1].min() <= LEFT_OUT:
            return _common.answer(np.minimum(absent[rounds, starts], 1.0))
        states = _doubled(states, last)


def smoothed_stationary(rates: ArrayLike, *, slope: float) -> Array:
    """Return the stationary law of the chain X_{k+1} ~ Poisson(lambda(X_k)), where the slope is below 1.

    Parameters
    ----------
    rates : array_like of float, shape (m,)
        lambda(0), ..., lambda(m - 1), all in [0, 1000].
    slope : float
        lambda(x) = lambda(m - 1) + slope (x - m + 1) for x >= m; 0 <= slope < 1.

    Returns
    -------
    ndarray of float
        Probabilities of 0, 1, 2, ...; they sum to 1. If lambda(0) = 0 the law is all at 0. The chain is cut
        where its stationary probability of leaving is below 1e-12.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or 4,000 states do not hold that much of the law.

    Notes
    -----
    What leaves the states is returned to 0, and the linear equations are solved. See
    :doc:`/chapters/forgetting/smoothing`.
    """
    slope = _validate.real("slope", slope, minimum=0.0, below=1.0)
    table, slope = _curve(rates, slope)
    if table[0] == 0:
        return np.array([1.0])
    states = _first_bound(table.size, 1, table, slope)
    while True:
        step = _step(states, table, slope)
        leave = 1 - step.sum(axis=1)
        step[:, 0] += leave
        equations = (np.eye(states) - step).T
        equations[0] = 1.0
        law = np.maximum(np.linalg.solve(equations, (np.arange(states) == 0) * 1.0), 0.0)
        law /= law.sum()
        if law @ leave <= LEFT_OUT:
            return law
        states = _doubled(states, 1)


def _curve(rates: ArrayLike, slope: float) -> tuple[Array, float]:
    table = _validate.finite("rates", rates, minimum=0.0, maximum=1_000.0)
    if table.ndim != 1:
        raise ValueError(f"rates must have 1 dimension, got shape {table.shape}")
    return table, _validate.real("slope", slope, minimum=0.0, maximum=1.0)


def _first_bound(start: int, k: int, table: Array, slope: float) -> int:
    """A guess: ten standard deviations above the largest mean."""
    gain = float(np.max(table - slope * np.arange(table.size)))
    rounds = min(float(k), 1 / (1 - slope) if slope < 1 else float(k))
    mean = start + max(gain, 0.0) * rounds + 1.0
    states = ceil(mean + 10 * sqrt(mean * (rounds + 1))) + table.size + 20
    return min(states, MOST_STATES)


def _doubled(states: int, k: int) -> int:
    if states >= MOST_STATES:
        raise ValueError(
            f"k, start and rates must lead to counts below {MOST_STATES:,} almost surely, got k = {k}"
        )
    return min(2 * states, MOST_STATES)


def _step(states: int, table: Array, slope: float) -> Array:
    """Probabilities of the next count, a row for each count below `states`."""
    from scipy.special import gammaln, xlogy  # slow to import

    y = np.arange(states)
    rate = np.where(y < table.size, 0.0, table[-1] + slope * (y - table.size + 1))
    rate[: table.size] = table[:states]
    rate = rate[:, None]
    return np.exp(xlogy(y, rate) - rate - gammaln(y + 1.0))
