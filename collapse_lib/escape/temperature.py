"""Temperature: what raising the probabilities to a power before sampling does to the loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate

__all__ = [
    "critical_share",
    "critical_temperature",
    "temper",
    "tempered",
    "tempered_fixed_point",
]

Array = NDArray[np.float64]


def temper(probabilities: ArrayLike, *, beta: float) -> Array:
    """Return the law proportional to p_i^beta: sampling at temperature 1/beta.

    Parameters
    ----------
    probabilities : array_like of float, shape (..., m)
        Probabilities along the last axis, of sum 1.
    beta : float
        Inverse temperature, beta > 0; 1 changes nothing, above 1 is colder. Words of probability 0 stay 0.

    Returns
    -------
    ndarray, shape (..., m)
        The tempered probabilities.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Marchi et al. 2024 study the loop that applies it in every generation: :doc:`/chapters/escape/temperature`.
    """
    return _powers(_validate.probabilities("probabilities", probabilities, ndim=None), _beta(beta))


def tempered(probabilities: ArrayLike, *, beta: float, k: ArrayLike) -> Array:
    """Return generation k of the loop with temperature and infinite samples: proportional to p_i^(beta^k).

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        The truth, of sum 1.
    beta : float
        Inverse temperature, beta > 0.
    k : int or array of int
        Generation, k >= 0; generation 0 is the truth, which is tempered, too, when it is sampled.

    Returns
    -------
    ndarray, shape k.shape + (m,)
        Probabilities. Where beta^k overflows, its limit: the uniform law on the most frequent words.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-heat-death in :doc:`/chapters/escape/temperature`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    logarithm = _validate.integers("k", k, minimum=0) * np.log(_beta(beta))
    return _powers(p, np.exp(np.clip(logarithm, -700.0, 700.0))[..., None])


def critical_share(beta: float) -> float:
    """Return 1 - 1/beta, the share of real data above which a uniform law is stable at inverse temperature beta.

    Parameters
    ----------
    beta : float
        Inverse temperature, beta > 0.

    Returns
    -------
    float
        The share, in [0, 1); 0 for beta <= 1, where every positive share will do.

    Raises
    ------
    TypeError, ValueError
        If `beta` is of the wrong type or out of range.

    Notes
    -----
    thm-pitchfork and prop-uniform-stable in :doc:`/chapters/escape/temperature`. With top-p in place of
    temperature the share is 1 - eta: see `nucleus_mass`.
    """
    return max(0.0, 1 - 1 / _beta(beta))


def tempered_fixed_point(*, beta: float, share: float) -> float:
    """Return where the larger of two words ends that were equally frequent: infinite samples, a share of real data.

    Parameters
    ----------
    beta : float
        Inverse temperature, beta > 0.
    share : float
        Share of real data in every generation, in [0, 1]; the real frequencies are 1/2 and 1/2.

    Returns
    -------
    float
        Limit of the frequency, from every start above 1/2 (and below 1); 1/2 if share >= critical_share(beta).
        Absolute error below 1e-12, but 1e-7 within 1e-12 of the critical share.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-pitchfork in :doc:`/chapters/escape/temperature`.
    """
    beta, share = _beta(beta), _validate.probability("share", share)
    if (1 - share) * beta <= 1:
        return 0.5
    if share == 0.0:
        return 1.0
    low, high = 0.0, 1 - share  # z = 2 x - 1: above z on the left of the fixed point, below on its right
    for _ in range(200):
        z = (low + high) / 2
        low, high = (z, high) if (1 - share) * np.tanh(beta * np.arctanh(z)) > z else (low, z)
    return float(0.5 + low / 2)


def critical_temperature(*, n: int, ddof: int = 1) -> float:
    """Return the temperature at which the Gaussian loop neither collapses nor explodes.

    Parameters
    ----------
    n : int
        Sample size per generation, n >= 2.
    ddof : {0, 1}, default 1
        The divisor of the variance is n - ddof.

    Returns
    -------
    float
        (D/2) exp(-psi((n - 1)/2)) with D = n - ddof, above 1; the variance of every sample is multiplied by the
        temperature. Below it the standard deviation tends to 0 with probability one, above it to infinity.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-critical-temperature in :doc:`/chapters/escape/temperature`.
    """
    from scipy.special import digamma  # slow to import, and only needed here

    n = _validate.integer("n", n, minimum=2)
    divisor = n - _validate.choice("ddof", ddof, (0, 1))
    return float(divisor / 2 * np.exp(-digamma((n - 1) / 2)))


def _beta(beta: Any) -> float:
    return _validate.real("beta", beta, above=0)


def _powers(p: Array, beta: ArrayLike) -> Array:
    """p^beta, normalised along the last axis, without underflow of the largest."""
    with np.errstate(divide="ignore"):
        logarithm = np.log(p / p.max(axis=-1, keepdims=True))
    weights = np.exp(beta * logarithm)  # exp(-inf) = 0: a word of probability 0 stays 0
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
