"""A whole vocabulary: how many of its words are known after k generations, and when the first is lost."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.forgetting import _common, _occupancy
from collapse_lib.forgetting._common import SOURCES, Array, Source
from collapse_lib.forgetting.rates import g
from collapse_lib.forgetting.word import bounds_given_rates

__all__ = ["expected_unique", "expected_unique_bounds", "first_loss_survival"]

_CELLS = 2**20  # numbers held at a time: 8 MiB
_MAX_SIZE = 20_000  # largest n of the exact first loss


def expected_unique(probabilities: ArrayLike, *, n: ArrayLike, k: ArrayLike) -> Any:
    """Return the exact mean number of distinct words that are known after k generations.

    Parameters
    ----------
    probabilities : array, shape (words,)
        Probabilities of the words in the truth; their sum is 1.
    n : int or sequence of int
        Sample size of every generation, or those of generations 1, 2, ..., each from 1 to 10**12.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The mean, of the shape of `k`: the number of words of positive probability at k = 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or k is above the length of a schedule n.

    Notes
    -----
    The sum over the words of :func:`survival`, as one function of A_k; words of equal probability are counted
    together. Relative error below 1e-9. See :doc:`/chapters/forgetting/vocabulary`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    generations = _common.generations(k)
    sizes = _common.sizes(n, generations)
    values, words = np.unique(p[p > 0], return_counts=True)
    with np.errstate(divide="ignore"):
        log_missing = np.log1p(-values)  # -inf for a word of probability 1

    def distinct(draws: Array) -> Array:
        step, total = max(1, _CELLS // draws.size), np.zeros(draws.size)
        for i in range(0, values.size, step):
            known = -np.expm1(np.multiply.outer(draws, log_missing[i : i + step]))
            total += known @ words[i : i + step]
        return total

    return _common.expect(sizes, generations, distinct, words.sum(), most=words.sum())


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
    "paper": Suresh et al. 2025, Corollary 1. "sharp": proved in :doc:`/chapters/forgetting/vocabulary`.
    Words of equal probability are counted together.
    """
    p = _validate.probabilities("probabilities", probabilities)
    n = _common.size(n)
    generations, where = np.unique(_common.generations(k), return_inverse=True)
    _validate.choice("source", source, SOURCES)
    values, words = np.unique(p, return_counts=True)
    rate, lower, upper = np.asarray(g(generations)), np.zeros(generations.size), np.zeros(generations.size)
    size = n * _occupancy.mean_fraction(generations, n)
    for value, count in zip(values, words):
        low, high = bounds_given_rates(float(value), n, generations, source, rate, size)
        lower += count * low
        upper += count * high
    shape = np.shape(k)
    return _common.answer(lower[where].reshape(shape)), _common.answer(upper[where].reshape(shape))


def first_loss_survival(
    probabilities: ArrayLike, *, n: int, k: ArrayLike, source: Literal["exact", "poisson", "law"] = "exact"
) -> Any:
    """Return the probability that no word has been lost by generation k.

    Parameters
    ----------
    probabilities : array, shape (words,)
        Probabilities of the words in the truth; their sum is 1. Words of probability 0 do not count.
    n : int
        Sample size per generation, n >= 1; "exact" needs n <= 20,000.
    k : int or array of int
        Generation, k >= 0.
    source : {"exact", "poisson", "law"}, default "exact"
        "exact": the probability itself. "poisson": prod_i (1 - exp(-n p_i g_k)), exact for independent words
        in the Poisson model. "law": prod_i (1 - exp(-2 n p_i/k)), its limit for many generations.

    Returns
    -------
    float or ndarray
        The probability, of the shape of `k`: 1 at k = 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 20,000 for the exact value.

    Notes
    -----
    "exact": the probability that A_k real samples show every word, in time about proportional to
    n (n + 40 words); the error is below 1e-9 times the value plus 1e-15. "law": the first-extinction law of
    arXiv 2509.20101. See :doc:`/chapters/forgetting/first-loss`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    _validate.choice("source", source, ("exact", "poisson", "law"))
    n = _common.exact_size(n, _MAX_SIZE) if source == "exact" else _common.size(n)
    generations = _common.generations(k)
    p = p[p > 0]
    if source == "exact":
        mean = _occupancy.chain(n).expectation(_all_in_sample(p, n), np.maximum(generations, 1))
        return _common.answer(np.where(generations == 0, 1.0, np.minimum(mean, 1.0)))
    values, words = np.unique(p, return_counts=True)
    logs = np.zeros(generations.shape)
    with np.errstate(divide="ignore"):
        rate = np.asarray(g(generations)) if source == "poisson" else 2 / generations
        for value, count in zip(values, words):
            logs += count * np.log(-np.expm1(-n * value * rate))
    return _common.answer(np.exp(logs))


def _all_in_sample(p: Array, n: int) -> Array:
    """Probability that a independent draws show every word, for a = 1, ..., n.

    If the number of draws is Poisson with some mean, the counts of the words are independent Poisson numbers:
    the probability that all are positive and add up to a is a convolution of positive terms. Divided by the
    Poisson probability of a it is the answer, for the numbers of draws that this mean makes likely enough.
    """
    from scipy.special import gammaln, lambertw  # slow to import, and only needed here

    table, log_factorial = np.zeros(n), gammaln(np.arange(n + 1) + 1.0)
    high = n
    while high >= p.size:
        mean = -high * lambertw(-np.exp(-1 - 300 / high)).real  # Pr(Poisson(mean) = high) is about exp(-300)
        draws = np.arange(high + 1)
        log_poisson = draws * np.log(mean) - mean - log_factorial[: high + 1]
        low = max(p.size, int(np.argmax(log_poisson >= log_poisson[high])))
        shown = np.ones(1)  # shown[j]: all words so far have shown, in (number of words so far) + j draws
        for i, value in enumerate(np.sort(p)):
            count = value * high  # in `high` draws, on average; above `most` it is less likely than 1e-25
            most = min(high, int(count + 12 * np.sqrt(count) + 40))
            log_rate = np.log(value) + np.log(mean)
            copies = np.exp(draws[1 : most + 1] * log_rate - value * mean - log_factorial[1 : most + 1])
            shown = np.convolve(shown, copies)[: high - i]
        window = slice(low - p.size, high + 1 - p.size)
        table[low - 1 : high] = np.minimum(shown[window] / np.exp(log_poisson[low : high + 1]), 1.0)
        high = low - 1
    return table
