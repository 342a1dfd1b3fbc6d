"""Models that read each other: diversity within and between the models of a network.

Each of n samples of model i is real with probability rho_i, and otherwise drawn from the last generation of
model j with probability W_ij. All models start as the truth. The chance that two draws differ is followed
backwards: two lineages walk over the network, and merge with probability 1/n whenever they meet.
"""

from __future__ import annotations

from math import inf, log, log1p, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import Array, generations, size

__all__ = [
    "island_diversity",
    "island_size",
    "network_diversity",
    "network_influence",
    "network_rate",
    "network_rate_bound",
]

MOST_MODELS = 40
MOST_STEPS = 10**5


def _network(weights: ArrayLike) -> Array:
    matrix = _validate.probabilities("weights", weights, ndim=2)
    if matrix.shape[0] != matrix.shape[1] or len(matrix) > MOST_MODELS:
        raise ValueError(f"weights must be square, with at most {MOST_MODELS} rows, got shape {matrix.shape}")
    return matrix


def _copied(matrix: Array, real: ArrayLike) -> Array:
    """Return the probability that a sample of each model is not real."""
    shares = _validate.finite("real", real, minimum=0.0, maximum=1.0)
    if shares.ndim > 1 or (shares.ndim == 1 and len(shares) != len(matrix)):
        raise ValueError(f"real must be a share, or one for each model, got shape {shares.shape}")
    return 1 - np.broadcast_to(shares, (len(matrix),))


def _classes(graph: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], bool]]:
    """Return the members of each strongly connected component, and whether no line leaves it."""
    count, labels = connected_components(csr_matrix(graph), connection="strong")
    members = [np.flatnonzero(labels == c) for c in range(count)]
    return [(inside, not graph[inside][:, labels != labels[inside[0]]].any()) for inside in members]


def _pairs(matrix: Array) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return the steps of an unordered pair of independent walks, and the two places of each pair."""
    models = len(matrix)
    first, second = np.triu_indices(models)
    both = np.einsum("ra,rb->rab", matrix[first], matrix[second])
    steps = both[:, first, second] + np.where(first == second, 0, 1) * both[:, second, first]
    return steps, first, second


def _limit(matrix: Array, copied: Array, n: int) -> Array:
    """Return the probability that two lineages never merge."""
    steps, first, second = _pairs(matrix * copied[:, None])
    safe = (first != second) & (copied[first] == 1) & (copied[second] == 1)
    value = np.zeros(len(first))
    for inside, closed in _classes(_pairs((matrix * copied[:, None] > 0).astype(float))[0] > 0):
        if closed and safe[inside].all():
            value[inside] = 1.0
    kept = np.where(first == second, 1 - 1 / n, 1.0)
    rest = np.flatnonzero(value == 0)
    source = 1 - copied[first] * copied[second] + steps @ value
    system = np.eye(len(rest)) - kept[rest, None] * steps[np.ix_(rest, rest)]
    value[rest] = np.linalg.solve(system, kept[rest] * source[rest])
    answer = np.zeros(matrix.shape)
    answer[first, second] = answer[second, first] = np.clip(value, 0.0, 1.0)
    return answer


def network_diversity(k: ArrayLike | None = None, *, weights: ArrayLike, n: int, real: ArrayLike = 0.0) -> Array:
    """Return the probability that two draws differ, within and between models, as a share of the truth's.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 <= k <= 10**5. Without it: the limit, which always exists.
    weights : array_like, shape (m, m)
        weights[i, j] is the probability that a synthetic sample of model i comes from model j; rows sum to 1,
        m <= 40.
    n : int
        Samples of each model in each generation, 1 <= n <= 10**9.
    real : float or array_like of m floats, default 0
        Probability that a sample of a model is real, the same for all models or one for each.

    Returns
    -------
    ndarray, shape k.shape + (m, m)
        Entry i, j: probability that a draw from model i and one from model j differ, over that for two draws from
        the truth. The mean over all entries belongs to the mixture of all models in equal parts.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    D_{k+1} = M o (A D_k A' + 1 - a a') with A = diag(a) W, a = 1 - real, M = 1 - I/n and o the product entry by
    entry: ``thm-network`` and ``thm-network-real`` of :doc:`/chapters/escape/network`. A structured coalescent
    of two lineages.

    Examples
    --------
    >>> network_diversity(weights=[[0, 1], [1, 0]], n=10).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    matrix = _network(weights)
    n, copied = size("n", n), _copied(matrix, real)
    if k is None:
        return _limit(matrix, copied, n)
    wanted = _validate.integers("k", k, minimum=0, maximum=MOST_STEPS)
    steps, new = matrix * copied[:, None], 1 - np.outer(copied, copied)
    kept = 1 - np.eye(len(matrix)) / n
    answer, now = np.empty((*wanted.shape, *matrix.shape)), np.ones(matrix.shape)
    for generation in range(int(wanted.max()) + 1):
        answer[wanted == generation] = now
        now = kept * (steps @ now @ steps.T + new)
    return answer


def network_rate(weights: ArrayLike, *, n: int, real: ArrayLike = 0.0) -> float:
    """Return the factor per generation by which the diversity of a network approaches its limit.

    Parameters
    ----------
    weights, n, real
        As for `network_diversity`.

    Returns
    -------
    float
        Spectral radius r of D -> M o (A D A'). Without real data the largest entry of D_k decays like r^k, and
        1/(1 - r) is the effective size of the network: that of the one model that forgets as fast. It is 1 if
        some diversity is never lost.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    ``thm-network`` of :doc:`/chapters/escape/network`. Computed class by class of pairs of models, so that the
    eigenvalue is simple.

    Examples
    --------
    >>> round(network_rate([[0.5, 0.5], [0.5, 0.5]], n=10), 12)
    0.95
    """
    matrix = _network(weights)
    n = size("n", n)
    steps, first, second = _pairs(matrix * _copied(matrix, real)[:, None])
    steps = steps * np.where(first == second, 1 - 1 / n, 1.0)[:, None]
    blocks = [steps[np.ix_(inside, inside)] for inside, _ in _classes(steps > 0)]
    return float(min(max(np.abs(np.linalg.eigvals(block)).max() for block in blocks), 1.0))


def network_influence(weights: ArrayLike) -> Array:
    """Return the influence of each model: the share of its first generation in what the network ends with.

    Parameters
    ----------
    weights : array_like, shape (m, m)
        As for `network_diversity`.

    Returns
    -------
    ndarray, shape (m,)
        Stationary distribution pi of the matrix. For large n the effective size of an aperiodic network is about
        n / sum(pi^2).

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range, or the network has several recurrent classes.

    Notes
    -----
    ``thm-network-bound`` and ``prop-network-large`` of :doc:`/chapters/escape/network`.

    Examples
    --------
    >>> network_influence([[0.5, 0.5], [0.25, 0.75]]).round(12).tolist()
    [0.333333333333, 0.666666666667]
    """
    matrix = _network(weights)
    closed = [inside for inside, closed in _classes(matrix > 0) if closed]
    if len(closed) > 1:
        named = ", ".join(str(inside.tolist()) for inside in closed)
        raise ValueError(f"weights must have one recurrent class, got {len(closed)}: models {named}")
    inside = closed[0]
    system = np.vstack([matrix[np.ix_(inside, inside)].T - np.eye(len(inside)), np.ones(len(inside))])
    right = np.append(np.zeros(len(inside)), 1.0)
    influence = np.zeros(len(matrix))
    influence[inside] = np.clip(np.linalg.lstsq(system, right, rcond=None)[0], 0.0, 1.0)
    return influence / influence.sum()


def network_rate_bound(weights: ArrayLike, *, n: int) -> float:
    """Return a lower bound for the rate of a network, which also holds in every generation.

    Parameters
    ----------
    weights, n
        As for `network_diversity`; one recurrent class.

    Returns
    -------
    float
        1 - max(pi) / n with the influences pi of `network_influence`; pi' D_k pi is at least its k-th power.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range, or the network has several recurrent classes.

    Notes
    -----
    ``thm-network-bound`` of :doc:`/chapters/escape/network`; we have not found it stated elsewhere. If all columns
    of the matrix sum to 1 it is 1 - 1/(m n), the rate of the complete graph.

    Examples
    --------
    >>> network_rate_bound([[0, 1], [1, 0]], n=10)
    0.95
    """
    return float(1 - network_influence(weights).max() / size("n", n))


def _islands(islands: int, n: int, exchange: float) -> tuple[int, float, float, float]:
    """Return n, the chance that two lineages of one island stay together for a step, that two of different
    islands meet, and 1 - r for the rate r."""
    islands, n = size("islands", islands, minimum=2), size("n", n)
    mu = _validate.probability("exchange", exchange)
    y = mu * (2 - mu) / islands
    x = (1 - mu) ** 2 + y
    trace = 1 - (1 - 1 / n) * x + y
    return n, x, y, 2 * y / n / (trace + sqrt(trace * trace - 4 * y / n))


def island_diversity(k: ArrayLike, *, islands: int, n: int, exchange: float) -> tuple[Any, Any]:
    """Return the diversity within an island and that between two, as shares of the truth's.

    Islands read themselves with probability 1 - mu, and a model chosen among all with probability mu.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0.
    islands : int
        Number m of models, 2 <= m <= 10**9.
    n : int
        Samples of each model in each generation, 1 <= n <= 10**9.
    exchange : float
        Probability mu, 0 <= mu <= 1; with 1 the graph is complete.

    Returns
    -------
    within, between : float or ndarray
        With the shape of `k`. The mixture of all islands has within / m + (1 - 1/m) between.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    ``thm-islands`` of :doc:`/chapters/escape/network`; the finite island model of population genetics.
    """
    k = generations(k)
    n, x, y, gap = _islands(islands, n, exchange)
    slow = log1p(-gap)
    determinant = (1 - 1 / n) * (x - y)  # of the 2 x 2 matrix, the product of its eigenvalues
    small = determinant / (1 - gap)
    log_small = log(small) if small > 0 else -inf
    fast = np.exp(np.where(k > 0, log_small * np.maximum(k, 1), 0.0))
    late = np.exp(slow * k)
    within, between = (
        ((one - small) * late - (one - 1 + gap) * fast) / (1 - gap - small) for one in (1 - 1 / n, 1.0)
    )
    return answer(np.clip(within, 0.0, 1.0)), answer(np.clip(between, 0.0, 1.0))


def island_size(*, islands: int, n: int, exchange: float) -> float:
    """Return the effective size of a network of islands: that of the one model that forgets as fast.

    Parameters
    ----------
    islands, n, exchange
        As for `island_diversity`.

    Returns
    -------
    float
        1 / (1 - r) for the rate r: islands * n for the complete graph (exchange = 1), about islands / (2 exchange)
        for a small exchange, whatever n is, and infinite without any.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    ``thm-islands`` of :doc:`/chapters/escape/network`.

    Examples
    --------
    >>> round(island_size(islands=5, n=7, exchange=0.02), 1)
    151.4
    """
    gap = _islands(islands, n, exchange)[3]
    return 1 / gap if gap > 0 else inf
