"""One word: the exact probability that it is still known, its heterozygosity, and their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.forgetting import _common, _duality, _occupancy
from collapse_lib.forgetting._common import SOURCES, Array, Source
from collapse_lib.forgetting.rates import g

__all__ = ["diversity_bounds", "heterozygosity", "loss_quantile", "survival", "survival_bounds", "unabsorbed"]


def survival(p0: float, *, n: ArrayLike, k: ArrayLike) -> Any:
    """Return the exact probability Pr(P_k != 0) that a word is still known after k generations.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, any number in [0, 1].
    n : int or sequence of int
        Sample size of every generation, or those of generations 1, 2, ..., each from 1 to 10**12.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The probability, of the shape of `k`: 1 at k = 0 if p0 > 0, and 1 - (1 - p0)^n at k = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or k is above the length of a schedule n.

    Notes
    -----
    By duality Pr(P_k = 0) = E (1 - p0)^{A_k}, where A_k is the number of real samples that the n samples of
    generation k descend from; see :doc:`/chapters/forgetting/how-fast`. Relative error below 1e-9 (1e-11 for
    n <= 100,000), and the time hardly grows with n: see :doc:`/chapters/reference/exact-at-scale`. The transition
    matrix does not depend on p0 and is kept, so that a second call with the same n is fast.
    """
    p0 = _validate.probability("p0", p0)
    generations = _common.generations(k)
    sizes = _common.sizes(n, generations)
    return _common.expect(sizes, generations, lambda a: _common.in_sample(p0, a), p0 > 0)


def loss_quantile(p0: ArrayLike, u: float, *, n: int) -> Any:
    """Return the smallest generation k by which a word is forgotten with probability Pr(P_k = 0) >= u.

    Parameters
    ----------
    p0 : float or array of float
        Probability of the word in the truth, in [0, 1].
    u : float
        Probability, 0 < u < 1; 1/2 gives the half-life of the word.
    n : int
        Sample size per generation, 1 <= n <= 10**12.

    Returns
    -------
    float or ndarray
        The generation, of the shape of `p0`: 0 for p0 = 0, and inf where it is above 2^20 = 1,048,576 or, for
        p0 >= 1 - u, there is none.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Inverts :func:`survival`, whose relative error below 1e-9 can shift the answer by one where u is hit that
    closely. The Poisson model's is :func:`forgetting_quantile`. See :doc:`/chapters/forgetting/your-text`.
    """
    p = np.asarray(_validate.finite("p0", p0, minimum=0, maximum=1), dtype=np.float64)
    u = _validate.real("u", u, above=0, below=1)
    chain = _duality.dual_chain(_common.exact_size(n))
    values, where = np.unique(p, return_inverse=True)
    answer = np.full(values.size, np.inf)
    answer[values == 0] = 0.0
    open_ = np.flatnonzero((values > 0) & (values < 1 - u))
    for i in range(0, open_.size, 2048):
        rows = open_[i : i + 2048]
        known = np.stack([_common.in_sample(float(value), chain.nodes) for value in values[rows]])
        first = chain.first_below(known, 1 - u, 20)
        answer[rows] = np.where(first > 2**20, np.inf, first)
    return _common.answer(answer[where].reshape(p.shape))


def unabsorbed(p0: float, *, n: ArrayLike, k: ArrayLike) -> Any:
    """Return the exact probability Pr(0 < P_k < 1) that a word is neither forgotten nor the only one left.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, any number in [0, 1].
    n : int or sequence of int
        Sample size of every generation, or those of generations 1, 2, ..., each from 1 to 10**12.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The probability, of the shape of `k`: 1 at k = 0 if 0 < p0 < 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or k is above the length of a schedule n.

    Notes
    -----
    By duality the probability is E[1 - (1 - p0)^{A_k} - p0^{A_k}]; see :func:`survival`. The relative error
    is below 1e-9, however small the probability (until it underflows). See :doc:`/chapters/forgetting/lost-words`.
    """
    p0 = _validate.probability("p0", p0)
    generations = _common.generations(k)
    sizes = _common.sizes(n, generations)
    return _common.expect(sizes, generations, lambda a: _common.in_part(p0, a), 0 < p0 < 1)


def heterozygosity(p0: float, *, n: ArrayLike, k: ArrayLike) -> Any:
    """Return the mean heterozygosity E[P_k (1 - P_k)] = p0 (1 - p0) (1 - 1/n_1) ... (1 - 1/n_k).

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, in [0, 1].
    n : int or sequence of int
        Sample size of every generation, or those n_1, n_2, ... of generations 1, 2, ..., each from 1 to 10**15.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The mean, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or k is above the length of a schedule n.

    Notes
    -----
    Classical (Wright 1931): thm-one-word-heterozygosity in :doc:`/chapters/forgetting/one-word`, and for sizes
    that vary :doc:`/chapters/forgetting/growing-samples`. Relative error below 1e-12.
    """
    p0 = _validate.probability("p0", p0)
    generations = _common.generations(k)
    sizes = _common.sizes(n, generations, 10**15)
    if isinstance(sizes, int):
        kept = np.log1p(-1 / sizes) if sizes > 1 else -np.inf
        logs = np.where(generations == 0, 0.0, np.maximum(generations, 1) * kept)
    else:
        with np.errstate(divide="ignore"):
            logs = np.append(0.0, np.cumsum(np.log1p(-1 / sizes)))[generations]
    return _common.answer(p0 * (1 - p0) * np.exp(logs))


def survival_bounds(p0: float, *, n: int, k: ArrayLike, source: Source = "paper") -> tuple[Any, Any]:
    """Return bounds (lower, upper) on :func:`survival`.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, in [0, 1].
    n : int
        Sample size per generation, n >= 1.
    k : int or array of int
        Generation, k >= 0 (at k = 0 both bounds are the exact value).
    source : {"paper", "sharp"}, default "paper"
        "paper": 1 - exp(-n p0 g_k) and 1 - (1 - 3 n p0^2 - 3 k p0) exp(-n p0 g_k).
        "sharp": max(p0, 1 - exp(-n p0 g_k)) and 1 - (1 - p0)^(n h_k).

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`. An upper bound above 1 is returned as 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    "paper": Suresh et al. 2025, Theorem 1. "sharp": proved in :doc:`/chapters/forgetting/how-fast`.
    """
    p0 = _validate.probability("p0", p0)
    n = _common.size(n)
    generations = _common.generations(k)
    _validate.choice("source", source, SOURCES)
    rate = np.asarray(g(generations))
    size = n * _occupancy.mean_fraction(generations, n) if source == "sharp" else rate
    lower, upper = bounds_given_rates(p0, n, generations, source, rate, size)
    return _common.answer(lower), _common.answer(upper)


def bounds_given_rates(
    p0: float, n: int, k: NDArray[np.int64], source: Source, rate: Array, size: Array
) -> tuple[Array, Array]:
    """The bounds of :func:`survival_bounds`, given rate = g_k and size = n h_k."""
    if p0 == 0:
        return np.zeros(k.shape), np.zeros(k.shape)
    lower = -np.expm1(-n * p0 * rate)
    if source == "paper":
        upper = lower + (3 * n * p0**2 + 3 * k * p0) * np.exp(-n * p0 * rate)
    else:
        lower = np.maximum(p0, lower)
        upper = np.maximum(lower, _common.in_sample(p0, size))  # equal in the limit, up to rounding
    return lower, np.minimum(upper, 1.0)


def diversity_bounds(p0: float, *, n: int, k: ArrayLike, source: Source = "paper") -> tuple[Any, Any]:
    """Return bounds (lower, upper) on :func:`unabsorbed`.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, in [0, 1].
    n : int
        Sample size per generation, n >= 1.
    k : int or array of int
        Generation, k >= 0 (at k = 0 both bounds are the exact value).
    source : {"paper", "sharp"}, default "paper"
        With D = p0 (1 - p0) (1 - 1/n)^k, "paper": 4 D and 2 n D, the bracket of Seddik et al. "sharp": 4 D
        and the smaller of n^2/(n - 1) D and 1 - (1 - p0)^x - p0^x at x = n h_k.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`. An upper bound above 1 is returned as 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    4 P (1 - P) <= 1, and P (1 - P) >= (n - 1)/n^2 for a multiple P of 1/n that is neither 0 nor 1; take
    means: thm-one-word-bracket in :doc:`/chapters/forgetting/one-word`. "paper": Seddik et al. 2024,
    Theorem 1, as quoted by Suresh et al. 2025. The second upper bound of "sharp" is Jensen's inequality for
    the dual chain of :doc:`/chapters/forgetting/how-fast`.
    """
    p0 = _validate.probability("p0", p0)
    n = _common.size(n)
    generations = _common.generations(k)
    _validate.choice("source", source, SOURCES)
    mean = np.asarray(heterozygosity(p0, n=n, k=generations))
    if source == "paper" or n == 1:
        upper = 2 * n * mean
    else:
        size = n * _occupancy.mean_fraction(generations, n)
        jensen = np.where(size > 1, _common.in_part(p0, size), 1.0)  # the size may be rounded to its limit 1
        upper = np.minimum(n * n / (n - 1) * mean, jensen)
    start = float(0 < p0 < 1)
    lower = np.where(generations == 0, start, np.minimum(4 * mean, 1.0))
    return _common.answer(lower), _common.answer(np.where(generations == 0, start, np.minimum(upper, 1.0)))
