"""Theory of forgetting in the discrete models: exact laws, bounds, forgetting times.

One word of the vocabulary has probability p_0 in the truth (generation 0). Generation 1 is fitted to n real
samples, generation k + 1 to n samples of generation k: n P_{k+1} given P_k is Binomial(n, P_k) (the
Wright-Fisher chain), or, in the Poisson model, n Lambda_{k+1} given Lambda_k is Poisson(n Lambda_k).

Every function of a generation `k` takes a non-negative integer or an array of them and answers with its
shape. Chapters: :doc:`/chapters/forgetting/one-word` and :doc:`/chapters/forgetting/forgetting-time`.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, log
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from collapse_lib import _occupancy, _validate

__all__ = [
    "diversity_bounds",
    "expected_absorption_time",
    "expected_unique_bounds",
    "forgetting_quantile",
    "g",
    "g_bounds",
    "h",
    "heterozygosity",
    "survival",
    "survival_bounds",
    "survival_poisson",
    "survival_poisson_bounds",
    "unabsorbed",
]

Array = NDArray[np.float64]
Source = Literal["paper", "sharp"]

_SOURCES = ("paper", "sharp")
_MAX_ABSORPTION = 100_000
_CELLS = 2**24  # numbers held at a time by expected_absorption_time: 128 MiB


def _generations(k: ArrayLike) -> NDArray[np.int64]:
    return _validate.integers("k", k, minimum=0, maximum=10**18)


def _size(n: int) -> int:
    return _validate.integer("n", n, minimum=1, maximum=10**15)


def _count(count: float) -> float:
    return _validate.real("count", count, minimum=0.0, maximum=1e15)


def _answer(values: ArrayLike) -> Any:
    """A float for a number, an array for an array."""
    array = np.asarray(values)
    return array if array.ndim else array.item()


# -------------------------------------------------------------------------------- g and h


@lru_cache(maxsize=1)
def _g_table() -> Array:
    """g_0 = inf, g_1, ..., up to generation _occupancy.ITERATED."""
    table = np.empty(_occupancy.ITERATED + 1)
    table[0] = np.inf
    for k in range(_occupancy.ITERATED):
        table[k + 1] = -np.expm1(-table[k])
    return table


def _abel(y: Array) -> Array:
    """alpha(1/g_k) = k + constant up to O(g_k^3): one generation is one unit of alpha."""
    return 2 * y - np.log(y) / 3 + 1 / (36 * y) + 1 / (540 * y * y)


def _abel_constant() -> float:
    return float(_abel(1 / _g_table()[-1])) - _occupancy.ITERATED


def g(k: ArrayLike) -> Any:
    """Return g_k, the k-fold iterate of g(x) = 1 - exp(-x) started at infinity.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        g_0 = inf, g_1 = 1, g_{k+1} = 1 - exp(-g_k), of the shape of `k`, with relative error below 1e-12.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Suresh et al. 2025, Theorem 1. Beyond generation 4096 the value solves alpha(1/g_k) = k + A with the Abel
    function alpha(y) = 2y - ln(y)/3 + 1/(36y) + 1/(540y^2). See :doc:`/chapters/forgetting/forgetting-time`.
    """
    generations = _generations(k)
    values = np.array(_g_table()[np.minimum(generations, _occupancy.ITERATED)])
    late = generations > _occupancy.ITERATED
    if late.any():
        target = generations[late] + _abel_constant()
        y = target / 2
        for _ in range(6):  # Newton's method; alpha' = 2 - 1/(3y) + ... is almost constant
            y = y - (_abel(y) - target) / (2 - 1 / (3 * y))
        values[late] = 1 / y
    return _answer(values)


def g_bounds(k: ArrayLike, source: Source = "paper") -> tuple[Any, Any]:
    """Return bounds (lower, upper) on g_k.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0 (both bounds are inf at k = 0, like g_0).
    source : {"paper", "sharp"}, default "paper"
        "paper": 1/k and 3/k. "sharp": 2/(k + 1 + (H_k - 1)/3) and 2/(k + 1), H_k the k-th harmonic number.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    "paper": Suresh et al. 2025, Theorem 1. "sharp": proved in :doc:`/chapters/forgetting/forgetting-time`.
    """
    generations = _generations(k)
    _validate.choice("source", source, _SOURCES)
    with np.errstate(divide="ignore"):
        if source == "paper":
            lower, upper = 1 / generations.astype(float), 3 / generations.astype(float)
        else:
            upper = np.where(generations == 0, np.inf, 2 / (generations + 1.0))
            harmonic = digamma(generations + 1.0) + np.euler_gamma
            lower = 2 / (generations + 1 + (harmonic - 1) / 3)
            lower = np.where(generations == 0, np.inf, np.minimum(lower, upper))
    return _answer(lower), _answer(upper)


def h(k: ArrayLike, *, n: int) -> Any:
    """Return h_k, the finite-n partner of g_k: h_1 = 1 and h_{k+1} = 1 - (1 - 1/n)^(n h_k).

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0.
    n : int
        Sample size per generation, n >= 1.

    Returns
    -------
    float or ndarray
        h_k, of the shape of `k`; h_0 = inf. It falls to 1/n.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    n h_k is an upper bound on the mean number E A_k of real samples that generation k descends from.
    Proved in :doc:`/chapters/forgetting/one-word`.
    """
    return _answer(_occupancy.mean_fraction(_generations(k), _size(n)))


# -------------------------------------------------------------------------------- Wright-Fisher: exact


def _in_sample(p: float, size: Array) -> Array:
    """Probability 1 - (1 - p)^size that a word of probability p is among `size` > 0 independent draws."""
    return -np.expm1(size * np.log1p(-p)) if 0 < p < 1 else np.full(size.shape, p)


def _in_part(p: float, size: Array) -> Array:
    """Probability 1 - (1 - p)^size - p^size that it is among them, but not all of them (size >= 1)."""
    rare = min(p, 1 - p)
    return np.where(size > 1, np.maximum(_in_sample(rare, size) - rare**size, 0.0), 0.0)


def _exact_size(n: int, maximum: int) -> int:
    n = _size(n)
    if n > maximum:
        raise ValueError(f"n must be an integer <= {maximum:,} for the exact value, got {n:,}")
    return n


def _expect(n: int, k: NDArray[np.int64], values: Array, at_start: bool) -> Any:
    """E f(A_k) given values[a - 1] = f(a), and `at_start` at k = 0."""
    answer = _occupancy.chain(n).expectation(values, np.maximum(k, 1))
    return _answer(np.where(k == 0, float(at_start), np.minimum(answer, 1.0)))


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
    generation k descend from; see :doc:`/chapters/forgetting/one-word`. Relative error below 1e-10. The law
    of A_k does not depend on p0 and is kept, so that a second call with the same n is fast.
    """
    p0 = _validate.probability("p0", p0)
    n = _exact_size(n, _occupancy.MAX_SIZE)
    return _expect(n, _generations(k), _in_sample(p0, np.arange(1.0, n + 1)), p0 > 0)


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
    By duality the probability is E[1 - (1 - p0)^{A_k} - p0^{A_k}]; see :func:`survival`. The relative error
    is below 1e-10 as long as k <= 100,000, however small the probability (until it underflows).
    """
    p0 = _validate.probability("p0", p0)
    n = _exact_size(n, _occupancy.MAX_SIZE)
    return _expect(n, _generations(k), _in_part(p0, np.arange(1.0, n + 1)), 0 < p0 < 1)


def expected_absorption_time(p0: ArrayLike, *, n: int) -> Any:
    """Return the exact mean of the first generation k >= 0 in which P_k is 0 or 1.

    Parameters
    ----------
    p0 : float or one-dimensional array
        Probability of the word in the truth, any numbers in [0, 1].
    n : int
        Sample size per generation, 1 <= n <= 100,000.

    Returns
    -------
    float or ndarray
        Mean number of generations, of the shape of `p0`: 0 if p0 is 0 or 1, otherwise at least 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 100,000.

    Notes
    -----
    The sum over k of Pr(0 < P_k < 1) = E[1 - (1 - p0)^{A_k} - p0^{A_k}], in one sweep over the states of the
    dual chain: about 1 s at n = 100,000. See :doc:`/chapters/forgetting/one-word`.
    """
    start = _validate.finite("p0", p0, minimum=0.0, maximum=1.0)
    if start.ndim > 1:
        raise ValueError(f"p0 must be a number or a one-dimensional array, got shape {start.shape}")
    n = _exact_size(n, _MAX_ABSORPTION)
    flat, step = start.ravel(), max(1, _CELLS // n)
    times = np.concatenate([_mean_time(flat[i : i + step], n) for i in range(0, flat.size, step)])
    return _answer(np.where((start > 0) & (start < 1), times.reshape(start.shape), 0.0))


def _mean_time(p: Array, n: int) -> Array:
    """Sum over k >= 0 of Pr(0 < P_k < 1) for starts 0 < p < 1."""
    sizes = np.arange(1.0, n + 1)
    visits = np.stack([_in_part(float(value), sizes) for value in p], axis=1)
    total = np.zeros_like(visits)  # total[m - 1]: expected sum of 1 - (1 - p)^A - p^A from A = m on
    for balls, low, row in _occupancy.occupancy_rows(n):
        if balls > 1:
            lower = row[:-1] if low + row.size - 1 == balls else row  # without staying at A = m
            later = lower @ total[low - 1 : low - 1 + lower.size]
            total[balls - 1] = (visits[balls - 1] + later) / lower.sum()
    return 1 + total[-1]


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
    Classical (Wright 1931); see :doc:`/chapters/forgetting/one-word`.
    """
    p0 = _validate.probability("p0", p0)
    n = _size(n)
    generations = _generations(k)
    if n == 1:
        return _answer(np.where(generations == 0, p0 * (1 - p0), 0.0))
    return _answer(p0 * (1 - p0) * np.exp(generations * np.log1p(-1 / n)))


# -------------------------------------------------------------------------------- Wright-Fisher: bounds


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
    "paper": Suresh et al. 2025, Theorem 1. "sharp": proved in :doc:`/chapters/forgetting/one-word`.
    """
    p0 = _validate.probability("p0", p0)
    n = _size(n)
    generations = _generations(k)
    _validate.choice("source", source, _SOURCES)
    rate = np.asarray(g(generations))
    size = n * _occupancy.mean_fraction(generations, n) if source == "sharp" else rate
    lower, upper = _survival_bounds(p0, n, generations, source, rate, size)
    return _answer(lower), _answer(upper)


def _survival_bounds(
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
        upper = np.maximum(lower, _in_sample(p0, size))  # equal in the limit, up to rounding
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
    means. "paper": Seddik et al. 2024, Theorem 1, as quoted by Suresh et al. 2025. The second upper bound of
    "sharp" is Jensen's inequality for the dual chain; see :doc:`/chapters/forgetting/one-word`.
    """
    p0 = _validate.probability("p0", p0)
    n = _size(n)
    generations = _generations(k)
    _validate.choice("source", source, _SOURCES)
    mean = np.asarray(heterozygosity(p0, n=n, k=generations))
    if source == "paper" or n == 1:
        upper = 2 * n * mean
    else:
        size = n * _occupancy.mean_fraction(generations, n)
        jensen = np.where(size > 1, _in_part(p0, size), 1.0)  # the size may be rounded to its limit 1
        upper = np.minimum(n * n / (n - 1) * mean, jensen)
    start = float(0 < p0 < 1)
    lower = np.where(generations == 0, start, np.minimum(4 * mean, 1.0))
    return _answer(lower), _answer(np.where(generations == 0, start, np.minimum(upper, 1.0)))


def expected_unique_bounds(
    probabilities: ArrayLike, *, n: int, k: ArrayLike, source: Source = "paper"
) -> tuple[Any, Any]:
    """Return bounds (lower, upper) on the mean number of distinct words known after k generations.

    Parameters
    ----------
    probabilities : array, shape (words,)
        Probabilities of the words in the truth; their sum is 1.
    n : int
        Sample size per generation, n >= 1.
    k : int or array of int
        Generation, k >= 0 (at k = 0 both bounds are the exact value, the number of words of positive
        probability).
    source : {"paper", "sharp"}, default "paper"
        Which bounds of :func:`survival_bounds` are summed over the words.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`. An upper bound above 1 on the probability of a single
        word is taken as 1 before the sum.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    "paper": Suresh et al. 2025, Corollary 1. "sharp": proved in :doc:`/chapters/forgetting/forgetting-time`.
    Words of equal probability are counted together.
    """
    p = _validate.probabilities("probabilities", probabilities)
    n = _size(n)
    generations, where = np.unique(_generations(k), return_inverse=True)
    _validate.choice("source", source, _SOURCES)
    values, words = np.unique(p, return_counts=True)
    rate, lower, upper = np.asarray(g(generations)), np.zeros(generations.size), np.zeros(generations.size)
    size = n * _occupancy.mean_fraction(generations, n)
    for value, count in zip(values, words):
        low, high = _survival_bounds(float(value), n, generations, source, rate, size)
        lower += count * low
        upper += count * high
    shape = np.shape(k)
    return _answer(lower[where].reshape(shape)), _answer(upper[where].reshape(shape))


# -------------------------------------------------------------------------------- the Poisson model


def survival_poisson(count: float, *, k: ArrayLike) -> Any:
    """Return the exact probability Pr(Lambda_k != 0) of a word in the Poisson model.

    Parameters
    ----------
    count : float
        Expected number n lambda_0 >= 0 of copies of the word in the real sample.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        1 - exp(-count g_k), of the shape of `k`: 1 at k = 0 if count > 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Suresh et al. 2025, Theorem 2; see :doc:`/chapters/forgetting/forgetting-time`.
    """
    count = _count(count)
    rate = np.asarray(g(k))
    return _answer(-np.expm1(-count * rate) if count > 0 else np.zeros(rate.shape))


def survival_poisson_bounds(count: float, *, k: ArrayLike, source: Source = "paper") -> tuple[Any, Any]:
    """Return bounds (lower, upper) on :func:`survival_poisson`: g_k is replaced by its bounds.

    Parameters
    ----------
    count : float
        Expected number n lambda_0 >= 0 of copies of the word in the real sample.
    k : int or array of int
        Generation, k >= 0 (at k = 0 both bounds are the exact value).
    source : {"paper", "sharp"}, default "paper"
        Which bounds of :func:`g_bounds` are used.

    Returns
    -------
    tuple of two floats or two ndarrays
        Lower and upper bound, each of the shape of `k`, in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Suresh et al. 2025, Theorem 2 with the bounds on g_k; see :doc:`/chapters/forgetting/forgetting-time`.
    """
    count = _count(count)
    rates: Any = g_bounds(k, source)
    if count == 0:
        rates = (np.zeros(np.shape(rate)) for rate in rates)  # also at k = 0, where g_0 = inf
    lower, upper = (_answer(-np.expm1(-count * np.asarray(rate))) for rate in rates)
    return lower, upper


def forgetting_quantile(count: float, u: float) -> int:
    """Return the smallest generation by which a word is forgotten with probability >= u (Poisson model).

    Parameters
    ----------
    count : float
        Expected number n lambda_0 >= 0 of copies of the word in the real sample.
    u : float
        Probability, 0 <= u < 1.

    Returns
    -------
    int
        The smallest k >= 0 with Pr(Lambda_k = 0) = exp(-count g_k) >= u: 0 if u = 0, and 0 if count = 0 (a
        word that the truth does not have is forgotten from the start); otherwise at least 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the answer is above 10^15.

    Notes
    -----
    About 2 count/ln(1/u). For large answers the Abel function of g replaces the iteration; the answer is
    exact up to about 10^12, where g_k and g_{k+1} are still told apart. See
    :doc:`/chapters/forgetting/forgetting-time`.
    """
    count = _count(count)
    u = _validate.real("u", u, minimum=0.0, below=1.0)
    if count == 0 or u == 0:
        return 0
    target = -log(u) / count * (1 + 1e-15)  # the smallest k with g_k <= target; room for rounding
    if target < 2e-15:
        raise ValueError(f"count must be at most {-log(u) * 5e14:g} for u = {u!r}, got {count!r}")
    table = _g_table()
    if table[-1] <= target:
        return 1 + int(np.searchsorted(-table[1:], -target))
    k = ceil(_abel(1 / target) - _abel_constant())
    while g(k - 1) <= target:
        k -= 1
    while g(k) > target:
        k += 1
    return k
