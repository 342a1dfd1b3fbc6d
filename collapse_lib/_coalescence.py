"""The time to one ancestor, simulated by its merging generations alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import _validate
from ._draws import multinomial, poisson
from ._family import LARGEST
from ._stirling import log_poisson

__all__ = ["simulate_mrca"]

Counts = NDArray[np.int64]

_DRAWS = 2**14  # mergers of several states drawn at a time
_AT_ONCE = 2**15  # mergers whose tables are held at a time


def simulate_mrca(*, n: int, trajectories: int = 1, rng: np.random.Generator | int) -> Counts:
    """Simulate the first generation that descends from a single real sample, exactly in law.

    Parameters
    ----------
    n : int
        Sample size per generation, 1 to 10**9.
    trajectories : int, default 1
        Number of independent histories, at least 1.
    rng : numpy.random.Generator or int
        Generator, which is advanced, or a non-negative seed for a new one.

    Returns
    -------
    ndarray of int, shape (trajectories,)
        The first k >= 1 with A_k = 1, for each history: 1 if n = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Traced back, m samples that have not yet met are m balls in n boxes: the whole Wright-Fisher genealogy, with
    any number of mergers in a generation and of any number of samples. The number of generations without a
    merger is geometric; the generation with mergers that ends them costs the same whatever m. The time grows like
    sqrt(n). The mean is :func:`collapse_lib.forgetting.expected_mrca_time`; see
    :doc:`/chapters/reference/exact-at-scale`.
    """
    n = _validate.integer("n", n, minimum=1, maximum=LARGEST)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1, maximum=LARGEST)
    rng = _validate.generator(rng)
    times, lineages = np.ones(trajectories, dtype=np.int64), np.full(trajectories, n)
    most = min(n, int(12 * n**0.5) + 12)  # more than that never stay apart: the probability is below exp(-70)
    log_apart = np.concatenate([[0.0, 0.0], np.cumsum(np.log1p(-np.arange(1, most) / n))])  # of 0, ..., most balls

    def merge(balls: Counts) -> tuple[Counts, Counts]:
        wait = rng.geometric(-np.expm1(log_apart[np.minimum(balls, most)]))
        return wait, _merged(balls, n, rng)

    crossover = int((1 + 10 / trajectories**0.5) * n**0.5) + 1
    while (open_ := np.flatnonzero(lineages > crossover)).size:
        wait, lineages[open_] = merge(lineages[open_])
        times[open_] += wait
    # below, nearly every state is visited, and once at most: what happens there is drawn for many states at once
    states, width = np.arange(int(lineages.max()), 1, -1), 1 + _DRAWS // trajectories
    for begin in range(0, states.size, width):
        block = states[begin : begin + width]
        shape = (block.size, trajectories)
        waits, nexts = (drawn.reshape(shape) for drawn in merge(np.repeat(block, trajectories)))
        for state, wait, following in zip(block, waits, nexts):
            here = lineages == state
            times += wait * here
            np.copyto(lineages, following, where=here)
    return times


def _merged(balls: Counts, n: int, rng: np.random.Generator) -> Counts:
    """Draw the numbers of boxes that `balls` balls occupy in n boxes, given that at least two share one.

    If the numbers of boxes with 0, 1, 2, ... balls were independent Poisson variables with the means
    n exp(-r) r^j/j!, r = balls/n, their law given the right numbers of boxes and of balls would be the one we
    want. So draw those with j >= 2, not all zero; the right numbers then leave one value each for j = 1 and
    j = 0; accept with the probability of these values over the largest one.
    """
    boxes, todo = np.empty_like(balls), np.arange(balls.size)
    while todo.size:
        now, todo = todo[:_AT_ONCE], todo[_AT_ONCE:]
        m = balls[now]
        r = m / n
        means = [n * np.exp(-r) * r * r / 2]
        while means[-1].max() > 1e-20:
            means.append(means[-1] * r / (len(means) + 2))
        crowds = np.stack(means, axis=1)  # mean numbers of boxes with 2, 3, ... balls
        total = crowds.sum(axis=1)
        first = -np.log1p(rng.random(now.size) * np.expm1(-total))  # of a Poisson process on [0, total]
        crowded = 1 + poisson(np.maximum(total - first, 0.0), rng)
        kinds = multinomial(crowded, crowds / total[:, None], rng)
        single = m - kinds @ np.arange(2, len(means) + 2)
        empty = n - crowded - single
        possible = (single >= 0) & (empty >= 0)
        log_ratio = np.zeros(now.size)
        for number, mean in ((single, n * r * np.exp(-r)), (empty, n * np.exp(-r))):
            log_ratio += log_poisson(np.maximum(number, 0.0), mean) - log_poisson(np.floor(mean), mean)
        accepted = possible & (np.log1p(-rng.random(now.size)) < log_ratio)
        boxes[now[accepted]] = (crowded + single)[accepted]
        todo = np.append(todo, now[~accepted])
    return boxes
