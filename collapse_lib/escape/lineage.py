"""What is left of one record: the chance that it has descendants, and what they change."""

from __future__ import annotations

from math import ceil, inf, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from collapse_lib import _validate, forgetting
from collapse_lib._answer import answer
from collapse_lib.escape._common import Array, generations, size

__all__ = [
    "record_copies",
    "record_influence_bounds",
    "record_survival",
    "record_survival_bounds",
    "unlearning_time",
]

MOST_EXACT = 2000  # n of the chain of descendants: n^2 numbers
MOST_STEPS = 100_000  # its generations


def record_survival(k: ArrayLike, *, n: int, share: float = 0.0) -> Any:
    """Return the probability that a real record has a descendant among the samples of generation k.

    Each sample of generation k + 1 copies a random one of the n samples of generation k, or, with probability
    `share`, comes from elsewhere (fresh real data, or a prior).

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 1, at most 100,000 if share > 0. The samples of generation 1 are the real records.
    n : int
        Samples in each generation, 1 <= n <= 10**12; at most 2,000 if share > 0.
    share : float, default 0
        Probability s that a sample is no copy, 0 <= s <= 1; a / (n + a) for the mean of a posterior with a
        pseudo-counts.

    Returns
    -------
    float or ndarray
        The probability, with the shape of `k`: 1 at k = 1. With share 0 it is E A_k / n, A_k the number of
        ancestors, and about 2 / k for k small against n.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    It is the probability that ablating the record, all other decisions unchanged, changes generation k. With
    share > 0 the chain of descendants is run, with sums of positive terms. See
    :doc:`/chapters/escape/lineage` (prop-attributability).
    """
    share = _validate.probability("share", share)
    if share == 0:
        _validate.integers("k", k, minimum=1)
        return forgetting.expected_ancestors(k, n=n) / n
    n = _validate.integer("n", n, minimum=1, maximum=MOST_EXACT)
    steps = _validate.integers("k", k, minimum=1, maximum=MOST_STEPS)
    counts = np.arange(1, n + 1)
    matrix = stats.binom.pmf(counts, n, (1 - share) * counts[:, None] / n)
    alive, found = np.ones(n), np.empty(int(steps.max()))
    for j in range(found.size):
        found[j] = alive[0]
        alive = matrix @ alive
    return answer(found[steps - 1])


def record_survival_bounds(k: ArrayLike, *, n: int, share: float = 0.0) -> tuple[Any, Any]:
    """Return bounds of the probability that a record has a descendant among the samples of generation k.

    Parameters
    ----------
    k : int or array of int
        Generation, 1 <= k <= 10,000,000.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float, default 0
        Probability s that a sample is no copy, 0 <= s <= 1.

    Returns
    -------
    lower, upper : float or ndarray
        The forgetting numbers with immigration, with the shape of `k`: g_1 = h_1 = 1,
        g_{j+1} = 1 - exp(-(1 - s) g_j), and h_{j+1} = 1 - (1 - (1 - s)/n)^{n h_j} while n h_j > 1, then
        (1 - s) h_j.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    The upper one is at most (1 - s)^(k-1). We have not found the bounds stated elsewhere. See
    :doc:`/chapters/escape/lineage` (prop-attributability).
    """
    steps = _validate.integers("k", k, minimum=1, maximum=10_000_000)
    n, s = size("n", n), _validate.probability("share", share)
    kept, last = 1 - s, int(steps.max())
    g, h = np.empty(last), np.empty(last)
    g[0] = h[0] = 1.0
    log_miss = log1p(-kept / n) if n > kept else -inf
    for j in range(1, last):
        g[j] = -np.expm1(-kept * g[j - 1])
        h[j] = -np.expm1(n * h[j - 1] * log_miss) if n * h[j - 1] > 1 else kept * h[j - 1]
    return answer(g[steps - 1]), answer(h[steps - 1])


def record_copies(k: ArrayLike, *, n: int, share: float = 0.0) -> Any:
    """Return the mean number of descendants of a record in generation k, given that it has any.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 1, at most 100,000 if share > 0.
    n : int
        Samples in each generation, 1 <= n <= 10**12; at most 2,000 if share > 0.
    share : float, default 0
        Probability s that a sample is no copy, 0 <= s < 1.

    Returns
    -------
    float or ndarray
        (1 - s)^(k-1) over the probability of `record_survival`, with the shape of `k`; with share 0 about
        k / 2 for k small against n.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    See :doc:`/chapters/escape/lineage`.
    """
    share = _validate.real("share", share, minimum=0.0, below=1.0)
    alive = np.asarray(record_survival(k, n=n, share=share))
    if np.any(alive < 1e-290):
        raise ValueError(f"k must leave a descendant with probability above 1e-290, got {k!r}, {share=}")
    return answer(_mean_descendants(generations(k, minimum=1), share) / alive)


def record_influence_bounds(k: ArrayLike, *, n: int, share: float = 0.0) -> tuple[Any, Any]:
    """Return bounds of what one record still changes in the law of the counts of generation k.

    Two loops start from real samples that differ in one record, which is a different word.

    Parameters
    ----------
    k : int or array of int
        Generation, 1 <= k <= 10,000,000.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float, default 0
        Probability s that a sample is no copy, 0 <= s <= 1.

    Returns
    -------
    lower, upper : float or ndarray
        (1 - s)^(k-1) / n and the upper bound of `record_survival_bounds`: the total variation between the two
        laws lies between them. With share 0 the lower one is 1 / n, which is also the limit.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    We have not found the bounds stated elsewhere. See :doc:`/chapters/escape/lineage` (thm-record-influence).
    """
    _, upper = record_survival_bounds(k, n=n, share=share)
    return answer(_mean_descendants(generations(k, minimum=1), share) / n), upper


def _mean_descendants(k: Array, share: float) -> Array:
    logs = (k - 1) * log1p(-share) if share < 1 else np.where(k > 1, -inf, 0.0)
    return np.exp(logs)


def unlearning_time(tolerance: float, *, n: int, share: float) -> tuple[int, int]:
    """Return bounds of the generation by which the influence of a record is at most `tolerance` for good.

    Parameters
    ----------
    tolerance : float
        Total variation between the loops with and without the record, 0 < tolerance < 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float
        Probability s that a sample is no copy, 1e-9 <= s <= 1.

    Returns
    -------
    earliest, latest : int
        The first generations k with (1 - s)^(k-1) / n and with (1 - s)^(k-1) at most `tolerance`.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Without a prior and without fresh real data (s = 0) the influence never falls below 1 / n. See
    :doc:`/chapters/escape/lineage` (cor-unlearning).
    """
    tolerance = _validate.real("tolerance", tolerance, above=0.0, below=1.0)
    n, s = size("n", n), _validate.real("share", share, minimum=1e-9, maximum=1.0)

    def first(level: float) -> int:
        return 1 if level >= 1 else 2 if s == 1 else 1 + ceil(log(level) / log1p(-s) * (1 - 1e-14))

    return first(n * tolerance), first(tolerance)
