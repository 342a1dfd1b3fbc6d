"""Keeping all data: what an accumulating loop keeps, whatever the batch size, and what a biased sampler undoes."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import Array, generations, log_gamma_ratio, size

__all__ = [
    "accumulate_diversity",
    "accumulate_error",
    "accumulate_limit",
    "accumulate_variance",
    "biased_diversity",
    "fixed_compute_diversity",
    "uniform_edge",
]


def accumulate_diversity(k: ArrayLike, *, n: int, batch: int | None = None) -> Any:
    """Return the expected diversity of generation k, over that of the truth, when all data are kept.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Size of the real sample, which generation 1 is fitted to, 1 to 10**9.
    batch : int, optional
        Size of the batch that each later generation adds, 1 to 10**9; n by default.

    Returns
    -------
    float or ndarray
        The share that is kept, of the shape of `k`: 1 at k = 0, 1 - 1/n at k = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    (1 - 1/n) times the product over t = 1, ..., k-1 of 1 - batch/(n + batch t)^2; for batch = n the product
    over j = 1, ..., k of 1 - 1/(n j^2). It holds for the variance of every function of a sample under the
    empirical model: heterozygosity of a word, diversity of a vocabulary, variance of a Gaussian fitted by exact
    maximum likelihood (Kazdan et al. (2025) for the Gaussian). Relative error below 1e-12. See
    :doc:`/chapters/escape/accumulate`.
    """
    k, n, batch = _arguments(k, n, batch)
    return answer(_kept(k, n, batch, sqrt(1 / batch), -sqrt(1 / batch), 0.0, 1 - 1 / n))


def accumulate_variance(k: ArrayLike, *, n: int, batch: int | None = None, ddof: int = 1) -> Any:
    """Return the expected variance of an accumulating Gaussian, E Sigma_k^2 / sigma_0^2.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Size of the real sample, 2 to 10**9.
    batch : int, optional
        Size of the batch that each later generation adds, 1 to 10**9; n by default.
    ddof : {1, 0}, default 1
        1: the variance of the pool has the divisor "size of the pool - 1"; 0: exact maximum likelihood.

    Returns
    -------
    float or ndarray
        The share that is kept, of the shape of `k`: 1 at k = 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    With ddof = 0 this is `accumulate_diversity` (cor-sine-gaussian). With ddof = 1 nothing is lost in generation 1,
    and then the factors are 1 - batch/((n + batch t)(n + batch t - 1)): the divisor that stops the loss of the
    mean variance in the replacing loop does not stop it here, because a pool of batches with different means is no
    sample of one normal law. See :doc:`/chapters/escape/accumulate`.
    """
    k, n, batch = _arguments(k, n, batch, minimum=2)
    if _validate.choice("ddof", ddof, (0, 1)) == 0:
        return answer(_kept(k, n, batch, sqrt(1 / batch), -sqrt(1 / batch), 0.0, 1 - 1 / n))
    middle, spread = 0.5 / batch, sqrt(0.25 / batch**2 + 1 / batch)
    return answer(_kept(k, n, batch, middle + spread, middle - spread, 1 / batch, 1.0))


def accumulate_limit(*, n: int, batch: int | None = None) -> float:
    """Return the diversity that an accumulating loop keeps for ever, over that of the truth.

    Parameters
    ----------
    n : int
        Size of the real sample, 1 to 10**9.
    batch : int, optional
        Size of the batch that each later generation adds, 1 to 10**9; n by default.

    Returns
    -------
    float
        sin(pi/sqrt(n)) / (pi/sqrt(n)) for batch = n, (n - 1)/(n + 1) for batch = 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Euler's product of the sine. Relative error below 1e-12. See :doc:`/chapters/escape/accumulate` (thm-sine-law).
    """
    _, n, batch = _arguments(0, n, batch)
    start, root = np.float64(n / batch + 1), sqrt(1 / batch)
    lost = -log_gamma_ratio(start, root) - log_gamma_ratio(start, -root)
    return float((1 - 1 / n) * np.exp(lost))


def accumulate_error(k: ArrayLike, *, n: int, batch: int | None = None) -> Any:
    """Return the variance of the fitted mean, over that of one sample, when all data are kept and noise stays.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Size of the real sample, 1 to 10**9.
    batch : int, optional
        Size of the batch that each later generation adds, 1 to 10**9; n by default.

    Returns
    -------
    float or ndarray
        Of the shape of `k`; for batch = n the sum over j = 1, ..., k of 1/(n j^2), below pi^2/(6 n).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The law of a mean whose sampling variance does not change or changes linearly: a normal law of given spread,
    a Poisson rate. The mechanism of Gerstgrasser et al. (2024) and of Theorem 4.1 of Barzilai and Shamir (2025).
    See :doc:`/chapters/escape/accumulate`.
    """
    k, n, batch = _arguments(k, n, batch)
    shift = n / batch
    later = (special.zeta(2, shift + 1) - special.zeta(2, shift + np.maximum(k, 1))) / batch
    return answer(np.where(k == 0, 0.0, 1 / n + later))


def fixed_compute_diversity(k: ArrayLike, *, n: int, of: str = "model") -> Any:
    """Return the diversity when each of a generation's n samples is drawn from a random earlier generation.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Samples per fit, 1 to 10**9.
    of : {"model", "mixture"}, default "model"
        The diversity of generation k itself, or that of the mixture of generations 0, ..., k-1 that its samples
        are drawn from (1 at k = 0).

    Returns
    -------
    float or ndarray
        The share that is kept, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The model keeps exactly what :func:`accumulate_diversity` keeps; the mixture that divided by 1 - 1/n. See
    :doc:`/chapters/escape/batches` (thm-fixed-compute).
    """
    k, n, batch = _arguments(k, n, None)
    first = 1 - 1 / n if _validate.choice("of", of, ("model", "mixture")) == "model" else 1.0
    return answer(_kept(k, n, batch, sqrt(1 / n), -sqrt(1 / n), 0.0, first))


def biased_diversity(k: ArrayLike, *, n: int, shrink: float) -> Any:
    """Return the expected variance of an accumulating Gaussian whose synthetic samples have too little spread.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Size of the real sample and of each batch, 1 to 10**9.
    shrink : float
        Variance of a synthetic sample over that of the model, above 0 and up to 1.

    Returns
    -------
    float or ndarray
        E Sigma_k^2 / sigma_0^2 for exact maximum likelihood, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    (1 - 1/n) times the product over j = 2, ..., k of 1 - (1 - shrink)/j - shrink/(n j^2), which falls like
    k^-(1 - shrink). Relative error below 1e-12. See :doc:`/chapters/escape/batches` (thm-biased-pile).
    """
    k, n, _ = _arguments(k, n, None)
    shrink = _validate.real("shrink", shrink, above=0.0, maximum=1.0)
    middle = (1 - shrink) / 2
    spread = sqrt(middle**2 + shrink / n)
    last, one = np.maximum(k, 1) + 1, np.float64(2.0)
    roots = (middle + spread, middle - spread)
    logs = sum(log_gamma_ratio(last, -root) - log_gamma_ratio(one, -root) for root in roots)
    return answer(np.where(k == 0, 1.0, (1 - 1 / n) * np.exp(logs)))


def uniform_edge(k: ArrayLike, *, n: int, regime: str = "replace") -> Any:
    """Return the expected edge of a uniform law fitted by its largest sample, over the true edge.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Samples of each generation, 1 to 10**9.
    regime : {"replace", "accumulate"}, default "replace"
        Whether a generation is fitted to the last n samples or to all of them.

    Returns
    -------
    float or ndarray
        (n/(n+1))^k, or n/(n+1) for every k >= 1 when all data are kept; of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Synthetic samples lie below the first maximum, so a loop that keeps it never moves again. See
    :doc:`/chapters/escape/batches`.
    """
    k, n, _ = _arguments(k, n, None)
    steps = k if _validate.choice("regime", regime, ("replace", "accumulate")) == "replace" else np.minimum(k, 1)
    return answer(np.exp(-steps * np.log1p(1 / n)))


def _arguments(k: ArrayLike, n: int, batch: int | None, *, minimum: int = 1) -> tuple[Array, int, int]:
    n = size("n", n, minimum=minimum)
    return generations(k), n, n if batch is None else size("batch", batch)


def _kept(k: Array, n: int, batch: int, root: float, other: float, pole: float, first: float) -> Any:
    """Return first * prod over t < k of (y - root)(y - other)/(y (y - pole)) with y = n/batch + t, and 1 at k = 0."""
    start = np.float64(n / batch + 1)
    logs = np.zeros(np.shape(k))
    for sign, zero in ((1, root), (1, other), (-1, pole)):
        logs = logs + sign * (log_gamma_ratio(start + np.maximum(k, 1) - 1, -zero) - log_gamma_ratio(start, -zero))
    return np.where(k == 0, 1.0, first * np.exp(logs))
