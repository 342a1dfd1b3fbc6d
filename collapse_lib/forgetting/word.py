"""One word: the exact probability that it is still known, its heterozygosity, and their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.forgetting import _common, _occupancy
from collapse_lib.forgetting._common import SOURCES, Array, Source
from collapse_lib.forgetting.rates import g

__all__ = ["diversity_bounds", "heterozygosity", "survival", "survival_bounds", "unabsorbed"]


def survival(p0: float, *, n: int, k: ArrayLike) -> Any:
    """Return the exact probability Pr(P_k != 0) that a word is still known after k generations.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, any number in [0, 1].
    n : int
        Sample size per generation, 1 <= n <= 1,000,000.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The probability, of the shape of `k`: 1 at k = 0 if p0 > 0, and 1 - (1 - p0)^n at k = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 1,000,000.

    Notes
    -----
    By duality Pr(P_k = 0) = E (1 - p0)^{A_k}, where A_k is the number of real samples that the n samples of
    generation k descend from; see :doc:`/chapters/forgetting/how-fast`. Relative error below 1e-10. The law
    of A_k does not depend on p0 and is kept, so that a second call with the same n is fast.
    """
    p0 = _validate.probability("p0", p0)
    n = _common.exact_size(n, _occupancy.MAX_SIZE)
    return _common.expect(n, _common.generations(k), _common.in_sample(p0, np.arange(1.0, n + 1)), p0 > 0)


def unabsorbed(p0: float, *, n: int, k: ArrayLike) -> Any:
    """Return the exact probability Pr(0 < P_k < 1) that a word is neither forgotten nor the only one left.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, any number in [0, 1].
    n : int
        Sample size per generation, 1 <= n <= 1,000,000.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The probability, of the shape of `k`: 1 at k = 0 if 0 < p0 < 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 1,000,000.

    Notes
    -----
    By duality the probability is E[1 - (1 - p0)^{A_k} - p0^{A_k}]; see :func:`survival` and
    :doc:`/chapters/forgetting/lost-words`. The relative error is below 1e-10, however small the probability
    (until it underflows).
    """
    p0 = _validate.probability("p0", p0)
    n = _common.exact_size(n, _occupancy.MAX_SIZE)
    return _common.expect(n, _common.generations(k), _common.in_part(p0, np.arange(1.0, n + 1)), 0 < p0 < 1)


def heterozygosity(p0: float, *, n: int, k: ArrayLike) -> Any:
    """Return the mean heterozygosity E[P_k (1 - P_k)] = p0 (1 - p0) (1 - 1/n)^k.

    Parameters
    ----------
    p0 : float
        Probability of the word in the truth, in [0, 1].
    n : int
        Sample size per generation, n >= 1.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The mean, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Classical (Wright 1931); thm-one-word-heterozygosity in :doc:`/chapters/forgetting/one-word`. Relative
    error below 1e-12.
    """
    p0 = _validate.probability("p0", p0)
    n = _common.size(n)
    generations = _common.generations(k)
    if n == 1:
        return _common.answer(np.where(generations == 0, p0 * (1 - p0), 0.0))
    return _common.answer(p0 * (1 - p0) * np.exp(generations * np.log1p(-1 / n)))


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
