"""A verifier that filters what the model writes: the gain, the best moment to stop, and where the loop ends."""

from __future__ import annotations

from math import ceil, exp, expm1, inf, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import Array, generations, size

__all__ = [
    "interval_mean",
    "interval_slope",
    "verifier_acceptance",
    "verifier_best_stop",
    "verifier_contraction",
    "verifier_error",
    "verifier_variance",
]

FAR = 1e6  # distances and biases; widths lie between 1/FAR and FAR
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def verifier_contraction(*, width: float) -> float:
    """Return the factor by which a round of Gaussian filtering brings the model closer to the verifier.

    Parameters
    ----------
    width : float
        A sample at the distance x from the verifier's centre is accepted with probability
        exp(-x^2/(2 width^2)); x and width in standard deviations of a sample. From 1e-6 to 1e6; a small width is a
        strict verifier.

    Returns
    -------
    float
        width^2/(1 + width^2), which is also the variance of an accepted sample over that of any sample.

    Raises
    ------
    TypeError, ValueError
        If `width` is not a number or out of range.

    Notes
    -----
    The density of an accepted sample is a product of two normal densities, so that their precisions add. See
    :doc:`/chapters/escape/verifier` (thm-verifier-loop).
    """
    return exp(-log1p(1 / _width(width) ** 2))


def verifier_acceptance(distance: ArrayLike, *, width: float) -> Any:
    """Return the probability that the verifier accepts a sample of the model.

    Parameters
    ----------
    distance : float or array of float
        From the model's mean to the verifier's centre, in standard deviations of a sample, at most 1e6 either way.
    width : float
        Width of the Gaussian acceptance in the same unit, 1e-6 to 1e6.

    Returns
    -------
    float or ndarray
        sqrt(kappa) exp(-distance^2/(2 (1 + width^2))) with kappa = `verifier_contraction`; its inverse is the mean
        number of samples that the model has to write for one accepted.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The integral of the same product. See :doc:`/chapters/escape/verifier` (thm-verifier-loop).
    """
    width = _width(width)
    distance = _validate.finite("distance", distance, minimum=-FAR, maximum=FAR)
    return answer(np.exp(-0.5 * (log1p(1 / width**2) + distance**2 / (1 + width**2))))


def verifier_error(
    k: ArrayLike | None = None, *, real: int, bias: float, width: float, n: int | None = None
) -> Any:
    """Return the mean squared error of a model that is retrained on what a verifier accepts.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 to 10**9: generation 1 is fitted to real samples, every later one to accepted samples of the
        last. None (the default) gives the limit.
    real : int
        Number of real samples, 1 to 10**9.
    bias : float
        Distance of the verifier's centre from the truth, in standard deviations of a sample, 0 to 1e6.
    width : float
        Width of the Gaussian acceptance in the same unit, 1e-6 to 1e6.
    n : int, optional
        Accepted samples in each generation, 1 to 10**9; by default infinitely many.

    Returns
    -------
    float or ndarray
        In units of the variance of one sample, of the shape of `k`: 0 at k = 0, 1/real at k = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    A mean of normal samples of given variance, an autoregression of order one around the verifier's centre. The
    phenomenon is that of Yi, Liu, Cheng and Xu (2026). See :doc:`/chapters/escape/verifier`.
    """
    start, bias, log_factor, settled = _arguments(real, bias, width, n)
    if k is None:
        return bias**2 + settled
    k = generations(k)
    return answer(np.where(k == 0, 0.0, _error(np.maximum(k - 1, 0), start, bias, log_factor, settled)))


def verifier_best_stop(*, real: int, bias: float, width: float, n: int | None = None) -> float:
    """Return the generation with the smallest mean squared error.

    Parameters
    ----------
    real, bias, width, n
        As in :func:`verifier_error`.

    Returns
    -------
    float
        A whole number: 1 if filtering never helps; infinity if every further round does, for which the verifier must
        be unbiased.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The error is a parabola in kappa^(k-1), kappa = `verifier_contraction`. See :doc:`/chapters/escape/verifier`
    (thm-verifier-stop).
    """
    start, bias, log_factor, settled = _arguments(real, bias, width, n)
    if settled >= start:
        return 1.0
    if bias == 0:
        return inf
    log_turn = 2 * log(bias) - log(bias**2 + start - settled)
    rounds = max(0, ceil((log1p(exp(log_factor)) - log(2) - log_turn) / -log_factor))
    near = np.array([max(0, rounds - 1), rounds, rounds + 1], dtype=np.float64)
    return float(near[np.argmin(_error(near, start, bias, log_factor, settled))]) + 1


def verifier_variance(k: ArrayLike, *, width: float) -> Any:
    """Return the variance of a Gaussian model whose spread is refitted to infinitely many accepted samples.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9; generation 1 is fitted to real samples and knows the truth.
    width : float
        Width of the Gaussian acceptance in true standard deviations, 1e-6 to 1e6.

    Returns
    -------
    float or ndarray
        Sigma_k^2 / sigma_0^2 = 1/(1 + (k - 1)/width^2), of the shape of `k`; the distance of the mean from the
        verifier's centre shrinks by the same factor.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The precisions add in every round: 1/v becomes 1/v + 1/width^2. See :doc:`/chapters/escape/verifier`
    (thm-verifier-refit).
    """
    return answer(1 / (1 + np.maximum(generations(k) - 1, 0) / _width(width) ** 2))


def interval_mean(distance: ArrayLike, *, width: float) -> Any:
    """Return the mean of the samples that an interval around the verifier's centre accepts.

    Parameters
    ----------
    distance : float or array of float
        Model's mean minus the verifier's centre, in standard deviations of a sample, at most 1e6 either way.
    width : float
        Samples within this distance of the centre are accepted, in the same unit; 1e-6 to 1e6.

    Returns
    -------
    float or ndarray
        Measured from the centre, in the same unit; odd and increasing in `distance`. Absolute error below 1e-12
        times the smaller of `width` and 1 + abs(distance).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Gauss's quadrature on the part of the interval that matters. See :doc:`/chapters/escape/verifier`
    (thm-verifier-interval).
    """
    peak, inside, chance, sign = _accepted(distance, width)
    return answer(sign * (chance * (peak - inside)).sum(axis=-1))


def interval_slope(distance: ArrayLike, *, width: float) -> Any:
    """Return the derivative of `interval_mean`, which is the variance of an accepted sample.

    Parameters
    ----------
    distance, width
        As in :func:`interval_mean`.

    Returns
    -------
    float or ndarray
        Above 0, below width^2 and (but for rounding) 1, and decreasing in abs(distance): its value at 0 is the factor
        of the contraction. Relative error below 1e-10.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Accepted samples are an exponential family in the model's mean, so the derivative of their mean is their variance.
    See :doc:`/chapters/escape/verifier` (thm-verifier-interval).
    """
    _, inside, chance, _ = _accepted(distance, width)
    middle = (chance * inside).sum(axis=-1, keepdims=True)
    return answer((chance * (inside - middle) ** 2).sum(axis=-1))


def _accepted(distance: ArrayLike, width: float) -> tuple[Array, Array, Array, Array]:
    """Return the point of the interval closest to the model, nodes measured from it, their chances, and the side."""
    width = _width(width)
    distance = _validate.finite("distance", distance, minimum=-FAR, maximum=FAR)
    peak = np.minimum(np.abs(distance), width)[..., None]  # the log-density is -beyond y - y^2/2 at the point peak - y
    beyond = np.maximum(np.abs(distance)[..., None] - width, 0.0)
    deep = 12.0  # standard deviations
    low = np.maximum(peak - width, -deep)
    high = np.minimum(deep**2 / (beyond + np.sqrt(beyond**2 + deep**2)), peak + width)
    inside = low + (high - low) * (NODES + 1) / 2
    exponent = -(beyond + inside / 2) * inside
    chance = WEIGHTS * np.exp(exponent)
    return peak, inside, chance / chance.sum(axis=-1, keepdims=True), np.where(distance < 0, -1.0, 1.0)


def _error(rounds: Array, start: float, bias: float, log_factor: float, settled: float) -> Array:
    lost = -np.expm1(rounds * log_factor)
    left = np.exp(rounds * log_factor)
    return (bias * lost) ** 2 + left**2 * start + settled * -np.expm1(2 * rounds * log_factor)


def _arguments(real: int, bias: float, width: float, n: int | None) -> tuple[float, float, float, float]:
    """Return 1/real, the bias, the logarithm of the factor and the variance around the verifier's centre."""
    start = 1 / size("real", real)
    bias = _validate.real("bias", bias, minimum=0.0, maximum=FAR)
    log_factor = -log1p(1 / _width(width) ** 2)
    settled = 0.0 if n is None else exp(log_factor) / (size("n", n) * -expm1(2 * log_factor))
    return start, bias, log_factor, settled


def _width(width: float) -> float:
    return _validate.real("width", width, minimum=1 / FAR, maximum=FAR)
