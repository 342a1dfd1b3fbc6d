"""Data that are off: what real examples gain from unrealistic ones, in one fit, at a fixed share and in a loop."""

from __future__ import annotations

from math import ceil, floor, inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import LARGEST, Array, generations, size

__all__ = [
    "best_pool_size",
    "biased_best_weight",
    "biased_error",
    "biased_loop_error",
    "biased_worth",
    "strong_collapse_error",
]


def biased_error(*, real: int, synthetic: int, bias: float, weight: float | None = None) -> float:
    """Return the mean squared error of a mean of real and biased samples, over the variance of one sample.

    Parameters
    ----------
    real : int
        Number of real samples, 1 to 10**9.
    synthetic : int
        Number of samples from a source whose mean is off, 1 to 10**9.
    bias : float
        How far it is off, in standard deviations of one sample, 0 to 10**6.
    weight : float, optional
        Weight of the real samples together, 0 to 1; the others have the rest. By default all samples count alike.

    Returns
    -------
    float
        weight^2/real + (1 - weight)^2 (1/synthetic + bias^2).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Classical. Only the means and variances of the samples matter. See :doc:`/chapters/escape/biased-data`.
    """
    real, synthetic, bias = _arguments(real, synthetic, bias)
    if weight is None:
        total = real + synthetic
        return 1 / total + (synthetic / total * bias) ** 2
    weight = _validate.probability("weight", weight)
    return weight**2 / real + (1 - weight) ** 2 * (1 / synthetic + bias**2)


def biased_best_weight(*, real: int, synthetic: int, bias: float) -> float:
    """Return the weight of the real samples with the smallest mean squared error.

    Parameters
    ----------
    real, synthetic : int
        Number of real samples and of biased ones, 1 to 10**9.
    bias : float
        Bias of the source in standard deviations of one sample, 0 to 10**6.

    Returns
    -------
    float
        real/(real + biased_worth); the error is then 1/(real + biased_worth).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Weights in inverse proportion to mean squared errors. See :doc:`/chapters/escape/biased-data` (thm-biased-worth).
    """
    real, synthetic, bias = _arguments(real, synthetic, bias)
    return real / (real + synthetic / (1 + synthetic * bias**2))


def biased_worth(*, bias: float, synthetic: int | None = None) -> float:
    """Return how many real examples the samples of a biased source are worth.

    Parameters
    ----------
    bias : float
        Bias of the source in standard deviations of one sample, 0 to 10**6.
    synthetic : int, optional
        Number of its samples, 1 to 10**9; by default any number of them, which needs a positive bias.

    Returns
    -------
    float
        1/(1/synthetic + bias^2), which is below 1/bias^2 however many there are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    With the best weight they lower the mean squared error as so many more real examples would. See
    :doc:`/chapters/escape/biased-data` (thm-biased-worth).
    """
    if synthetic is None:
        return 1 / _validate.real("bias", bias, minimum=1e-100, maximum=1e6) ** 2
    synthetic = size("synthetic", synthetic)
    return synthetic / (1 + synthetic * _bias(bias) ** 2)


def best_pool_size(*, real: int, bias: float) -> float:
    """Return how many biased samples to add when every sample counts alike.

    Parameters
    ----------
    real : int
        Number of real samples, 1 to 10**9.
    bias : float
        Bias of the source in standard deviations of one sample, 0 to 10**6.

    Returns
    -------
    float
        The whole number with the smallest mean squared error, beside real/(2 real bias^2 - 1); infinity where
        2 real bias^2 <= 1 and more always helps.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    More than real/(real bias^2 - 1) of them do harm. See :doc:`/chapters/escape/biased-data` (prop-best-pool).
    """
    real, bias = size("real", real), _bias(bias)
    excess = 2 * real * bias**2 - 1
    if excess <= 0:
        return inf
    best = real / excess

    def error(m: float) -> float:
        return 1 / (real + m) + (m / (real + m) * bias) ** 2

    return float(min(floor(best), ceil(best), key=error))


def strong_collapse_error(n: ArrayLike | None = None, *, share: float, bias: float) -> Any:
    """Return the mean squared error of a fit to n samples of which a fixed share is biased.

    Parameters
    ----------
    n : int or array of int, optional
        Number of all samples, 1 to 10**9; None (the default) gives the floor that no number goes below.
    share : float
        Share of the samples that are biased, 0 to 1.
    bias : float
        Bias of these in standard deviations of one sample, 0 to 10**6. Where they are written by a fixed model that
        has read N real samples, the mean error is that for a bias of 1/sqrt(N).

    Returns
    -------
    float or ndarray
        1/n + (share bias)^2 in units of the variance of one sample, of the shape of `n`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The scalar core of strong model collapse, Dohmatob, Feng, Subramonian and Kempe (2025). See
    :doc:`/chapters/escape/biased-data`.
    """
    share = _validate.probability("share", share)
    below = (share * _bias(bias)) ** 2
    if n is None:
        return below
    return answer(1 / _validate.integers("n", n, minimum=1, maximum=LARGEST).astype(np.float64) + below)


def biased_loop_error(k: ArrayLike | None = None, *, n: int, share: float, bias: float) -> Any:
    """Return the mean squared error of a loop whose synthetic samples are off by a little in every generation.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 to 10**9; None (the default) gives the limit, which needs share < 1.
    n : int
        Samples of each generation, 1 to 10**9.
    share : float
        Share of them that is written by the last model (from generation 2 on), 0 to 1; the rest is real and fresh.
    bias : float
        How far a sample is off the mean of the model that wrote it, in standard deviations of one sample, 0 to 10**6.

    Returns
    -------
    float or ndarray
        In units of the variance of one sample, of the shape of `k`: 0 at k = 0, 1/n at k = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    (1 - share^(2k))/(n (1 - share^2)) + (share bias (1 - share^(k-1))/(1 - share))^2, for samples of given
    variance. See :doc:`/chapters/escape/biased-data` (thm-biased-loop).
    """
    n, share, bias = size("n", n), _validate.probability("share", share), _bias(bias)
    if k is None:
        _validate.real("share", share, below=1.0)
        return 1 / (n * (1 - share) * (1 + share)) + (share * bias / (1 - share)) ** 2
    k = generations(k)
    noise = _geometric(share * share, (1 - share) * (1 + share), k)
    drift = share * bias * _geometric(share, 1 - share, np.maximum(k - 1, 0))
    return answer(noise / n + drift**2)


def _geometric(ratio: float, rest: float, terms: Array) -> Array:
    """Return 1 + ratio + ... with so many terms, where rest is 1 - ratio without cancellation."""
    if rest == 0:
        return terms
    if ratio == 0:
        return np.minimum(terms, 1.0)
    return -np.expm1(terms * (np.log(ratio) if ratio < 0.5 else np.log1p(-rest))) / rest


def _bias(bias: float) -> float:
    return _validate.real("bias", bias, minimum=0.0, maximum=1e6)


def _arguments(real: int, synthetic: int, bias: float) -> tuple[int, int, float]:
    return size("real", real), size("synthetic", synthetic), _bias(bias)
