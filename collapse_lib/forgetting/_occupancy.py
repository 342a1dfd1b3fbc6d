"""The dual occupancy chain: how many real samples are the ancestors of a generation.

Every sample of generation k copies a sample of generation k - 1 chosen uniformly at random. Traced back to
the real data, generation k descends from A_k of the n real samples: A_1 = n, and given A_j = m the next
number A_{j+1} is the number of occupied boxes when m balls fall into n boxes. Everything here is a sum of
positive terms.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from itertools import islice
from threading import RLock

import numpy as np
from numpy.typing import NDArray

__all__ = ["ITERATED", "MAX_SIZE", "AncestorChain", "chain", "mean_fraction", "occupancy_rows"]

Array = NDArray[np.float64]
Law = tuple[int, Array]

MAX_SIZE = 1_000_000  # largest n of AncestorChain: about 10 s and 0.5 GiB
_TAIL = 1e-21  # probabilities below it are dropped at either end of a row or of a law
_BLOCK = 512  # rows of the transition matrix that are made and kept together
ITERATED = 4096  # g and h are iterated up to this generation, then continued as a flow
_SMALL = 64  # once A_k cannot exceed this number, many generations are taken at once


def occupancy_rows(
    n: int, balls: int = 1, low: int = 1, row: Array | None = None
) -> Iterator[tuple[int, int, Array]]:
    """Laws of the number of occupied boxes when `balls`, `balls` + 1, ..., n balls fall into n boxes.

    Parameters
    ----------
    n : int
        Number of boxes.
    balls, low, row
        Where to start: `row[i]` is the probability that `balls` balls occupy `low + i` boxes. Default: one
        ball.

    Yields
    ------
    tuple of (int, int, ndarray)
        The number of balls, the lowest number of occupied boxes that is kept, and the probabilities from
        there on. Probabilities below 1e-21 at either end are dropped.
    """
    occupied = np.arange(n + 1)
    stay, enter = occupied / n, (n - occupied) / n
    law = np.ones(1) if row is None else row
    while True:
        yield balls, low, law
        if balls == n:
            return
        balls, size = balls + 1, law.size
        new = np.empty(size + 1)
        np.multiply(law, stay[low : low + size], out=new[:size])
        new[size] = 0.0
        new[1:] += law * enter[low : low + size]
        if new[0] < _TAIL:
            new, low = new[1:], low + 1
        law = new[:-1] if new[-1] < _TAIL else new


class AncestorChain:
    """Laws of A_1, A_2, ... for one sample size n, made as far as they are asked for.

    As k grows the law of A_k moves down from n, so the rows of the transition matrix are made in blocks, each
    from its first row, when the law reaches them, and forgotten when it has passed. Once A_k <= 64 the powers
    T^(2^j) of the transition matrix on {1, ..., 64} give every later generation.

    Threads may share a chain, and an interrupt may end its work anywhere. What is kept is never changed: it is
    built aside and published by one assignment, and it is the same whoever builds it. So no lock is needed for
    the answers to be right; threads take turns only in order not to do the same work twice.

    Parameters
    ----------
    n : int
        Sample size, 1 <= n <= 1,000,000.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self._laws: list[Law] = [(n, np.ones(1))]  # k - 1 -> lowest value of A_k, probabilities; only grows
        self._first_rows: tuple[tuple[int, int, Array], ...] = ()  # of the blocks: balls, low, probabilities
        self._blocks: dict[int, tuple[int, Array]] = {}  # those under the last law: lowest column, rows
        self._powers: tuple[Array, ...] = ()

    def law(self, k: int) -> Law:
        """Return the lowest value a of A_k that is kept and the probabilities of a, a + 1, ... (k >= 1)."""
        while not self._reaches(k):  # one line, so that nothing comes between the work and the release
            with _turn(self.n): self._advance(k)  # fmt: skip # noqa: E701
        if k <= len(self._laws):
            return self._laws[k - 1]
        low, start = self._laws[-1]
        law = np.zeros(min(_SMALL, self.n))
        law[low - 1 : low - 1 + start.size] = start
        generations, power = k - len(self._laws), 0
        while generations >> power:
            if (generations >> power) & 1:
                law = law @ self._power(power)
            power += 1
        return 1, law

    def expectation(self, values: Array, k: NDArray[np.int64]) -> Array:
        """Return E f(A_k) for every entry of `k` (>= 1), given values[a - 1] = f(a) for a = 1, ..., n."""
        generations, where = np.unique(k, return_inverse=True)
        answer = np.empty(generations.size)
        for i, generation in enumerate(generations):
            low, law = self.law(int(generation))
            answer[i] = law @ values[low - 1 : low - 1 + law.size]
        return answer[where].reshape(k.shape)

    def _reaches(self, k: int) -> bool:
        """Whether generation k has its law, or the last law that is needed is there."""
        low, law = self._laws[-1]
        return k <= len(self._laws) or low + law.size - 1 <= _SMALL

    def _advance(self, k: int) -> None:
        """Add the law of the next generation, unless another thread has come as far as k meanwhile."""
        if self._reaches(k):
            return
        known = len(self._laws)
        low, law = self._laws[known - 1]
        needed = range((low - 1) // _BLOCK, (low + law.size - 2) // _BLOCK + 1)
        self._blocks = kept = {block: rows for block, rows in self._blocks.items() if block in needed}
        self._blocks = blocks = {block: kept.get(block) or self._block(block) for block in needed}
        bottom = blocks[needed[0]][0]
        new = np.zeros(max(base + rows.shape[1] for base, rows in blocks.values()) - bottom)
        for block, (base, rows) in blocks.items():
            begin, end = max(low, block * _BLOCK + 1), min(low + law.size, block * _BLOCK + 1 + len(rows))
            start = begin - block * _BLOCK - 1
            new[base - bottom : base - bottom + rows.shape[1]] += (
                law[begin - low : end - low] @ rows[start : start + end - begin]
            )
        below = int(np.searchsorted(np.cumsum(new), _TAIL))
        above = int(np.searchsorted(np.cumsum(new[::-1]), _TAIL))
        new = new[below : new.size - above]
        self._laws[known : known + 1] = [(bottom + below, new / new.sum())]

    def _block(self, block: int) -> tuple[int, Array]:
        """The rows block * _BLOCK + 1, ... of the transition matrix and the value of their first column."""
        if not self._first_rows:
            self._first_rows = tuple(first for first in occupancy_rows(self.n) if first[0] % _BLOCK == 1)
        made = [(low, row) for _, low, row in islice(occupancy_rows(self.n, *self._first_rows[block]), _BLOCK)]
        base, (last, row) = made[0][0], made[-1]
        rows = np.zeros((len(made), last + row.size - base))
        for i, (low, row) in enumerate(made):
            rows[i, low - base : low - base + row.size] = row
        return base, rows

    def _power(self, power: int) -> Array:
        """T^(2^power) for the transition matrix T on {1, ..., min(64, n)}.

        A squaring doubles the relative errors of the diagonal, so it is made anew from T(a, a) = (1 - 1/n) ...
        (1 - (a-1)/n), and the rows are brought to the sum 1: then the errors do not grow with 2^power.
        """
        powers, size = self._powers, min(_SMALL, self.n)
        if not powers:
            matrix = np.zeros((size, size))
            for balls, low, row in islice(occupancy_rows(self.n), size):
                matrix[balls - 1, low - 1 : low - 1 + row.size] = row
            powers = (matrix,)
        while len(powers) <= power:
            square = powers[-1] @ powers[-1]
            np.fill_diagonal(square, np.exp(np.cumsum(np.log1p(-np.arange(size) / self.n)) * 2.0 ** len(powers)))
            powers += (square / square.sum(axis=1, keepdims=True),)
        self._powers = powers
        return powers[power]


@lru_cache(maxsize=8)
def chain(n: int) -> AncestorChain:
    """The chain for sample size n; the last eight are kept."""
    return AncestorChain(n)


@lru_cache(maxsize=8)
def _turn(n: int) -> AbstractContextManager[bool]:
    """The lock by which threads take turns at the chain for n; a forked process, which has one, has its own."""
    return RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_turn.cache_clear)


def mean_fraction(k: NDArray[np.int64], n: int) -> Array:
    """h_k with h_0 = inf, h_1 = 1, h_{k+1} = 1 - (1 - 1/n)^(n h_k): n h_k is an upper bound on E A_k."""
    last = min(int(k.max()), ITERATED)
    log_keep = np.log1p(-1 / n) if n > 1 else -np.inf
    table = np.empty(last + 2)
    table[:2] = np.inf, 1.0
    for j in range(1, last):
        table[j + 1] = -np.expm1(n * table[j] * log_keep)
    values = np.array(table[np.minimum(k, ITERATED)])
    late = k > ITERATED
    if late.any():
        values[late] = _late_h(k[late], n, float(table[ITERATED]))
    return values


def _late_h(k: NDArray[np.int64], n: int, start: float) -> Array:
    """h_k for k > ITERATED, where h_{ITERATED} = start, from the flow whose time-one map is one generation.

    In z = 1/(lambda h) with lambda = -n ln(1 - 1/n), one generation adds delta(z) = z/lambda - z
    + (1/2 + 1/(12 z) - 1/(720 z^3))/lambda; the flow is dz/dt = delta ln(1 + delta')/delta', up to O(z^-3).
    """
    from scipy.integrate import solve_ivp  # slow to import, and only needed here

    if n < 50:  # h has reached its limit
        return np.full(k.shape, 1 / n)
    excess = sum(n ** -float(j) / (j + 1) for j in range(1, 12))  # lambda - 1 without cancellation
    a, beta = 1 / (1 + excess), excess / (1 + excess)
    limit = n / (1 + excess)

    def flow(log_t: float, z: Array) -> Array:
        product = z * limit
        ratio = beta + a / (12 * product) - a * (z * z + product + limit * limit) / (720 * product**3)
        slope = -beta - a / (12 * z * z) + a / (240 * z**4)
        delta = (limit - z) * ratio  # its zero is the limit
        return np.exp(log_t) * delta * np.log1p(slope) / slope

    times, where = np.unique(np.minimum(k, max(100.0 * n, ITERATED + 1.0)), return_inverse=True)
    solution = solve_ivp(
        flow,
        (np.log(ITERATED), np.log(times[-1])),
        [a / start],
        method="DOP853",
        t_eval=np.log(times),
        rtol=1e-13,
        atol=0.0,
        max_step=0.05,
    )
    return (a / solution.y[0])[where.reshape(k.shape)]
