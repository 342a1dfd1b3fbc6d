"""Real data of unknown origin: batches of which a known share is real, but nobody knows which samples."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import LARGEST, Array, share_of_real, word

__all__ = [
    "origin_efficiency",
    "origin_error",
    "origin_risk",
    "origin_risk_bounds",
    "origin_size",
    "origin_weights",
]


def origin_size(sizes: ArrayLike, shares: ArrayLike, *, gain: ArrayLike = 1.0) -> float:
    """Return the effective sample size of batches whose samples carry no label of origin.

    Parameters
    ----------
    sizes : array_like of int, shape (batches,)
        Samples in each batch, 1 to 10**9.
    shares : array_like, shape (batches,) or a number
        Share of real samples in each batch, above 0, at most 1.
    gain : array_like, shape (batches,) or a number, default 1.0
        What a watermark multiplies each term by, at least 1: see
        :func:`~collapse_lib.escape.watermark_gain`; the inverse share stands for perfect labels.

    Returns
    -------
    float
        The sum of size * share**2 * gain.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The order of the minimax error is Kanabar and Gastpar's (2026). See
    :doc:`/chapters/escape/unknown-origin` (thm-origin-chain, thm-origin-minimax).
    """
    sizes, shares = _batches(sizes, shares)
    gain = _per_batch("gain", _validate.finite("gain", gain, minimum=1.0), sizes.size)
    return float(np.sum(sizes * shares**2 * gain))


def origin_risk(
    probabilities: ArrayLike,
    sizes: ArrayLike,
    shares: ArrayLike,
    *,
    synthetic: ArrayLike,
    weights: ArrayLike | None = None,
) -> float:
    """Return the exact mean squared error of the unbiased estimator from batches of unknown origin.

    Parameters
    ----------
    probabilities : array_like, shape (m,)
        True frequencies of the words.
    sizes, shares : array_like, shape (batches,)
        As in :func:`origin_size`.
    synthetic : array_like, shape (m,) or (batches, m)
        Frequencies from which the samples that are not real are drawn, known to the estimator.
    weights : array_like, shape (batches,), optional
        Weights of the batches, which must sum to 1; default: in proportion to size * share**2.

    Returns
    -------
    float
        The expected squared Euclidean distance from the truth.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the shapes do not fit.

    Notes
    -----
    Each batch is corrected to (frequencies - (1 - share) * synthetic) / share. The smallest error has weights in
    proportion to size * share**2 / (1 - h) with the homozygosity h of the mixture that the batch is drawn from. See
    :doc:`/chapters/escape/unknown-origin` (prop-origin-estimate).
    """
    p = _validate.probabilities("probabilities", probabilities)
    sizes, shares = _batches(sizes, shares)
    q = _validate.probabilities("synthetic", synthetic, ndim=None)
    if q.shape not in (p.shape, (sizes.size, p.size)):
        raise ValueError(f"synthetic must have shape {p.shape} or {(sizes.size, p.size)}, got {q.shape}")
    size = sizes * shares**2
    if weights is None:
        w = size / size.sum()
    else:
        w = _per_batch("weights", _validate.finite("weights", weights, ndim=1), sizes.size)
        if abs(w.sum() - 1) > 1e-9:
            raise ValueError(f"weights must sum to 1 within 1e-09, got a sum of {float(w.sum())!r}")
    mixture = shares[:, None] * p + (1 - shares[:, None]) * q
    spread = np.sum(mixture * (1 - mixture), axis=1)
    return float(np.sum(w**2 * spread / size))


def origin_weights(sizes: ArrayLike, shares: ArrayLike) -> Array:
    """Return the best weight of each new batch against the last model, in a chain of models.

    Parameters
    ----------
    sizes, shares : array_like, shape (generations,)
        Samples in the batch of each generation, and its share of real ones; the first share must be 1.

    Returns
    -------
    ndarray, shape (generations,)
        The weight from 0 to 1 with which the frequencies of the batch enter model k; the last model has the rest.
        The first is 1, and so is that of a batch so much larger than the first one that the best weight of an
        unbiased estimate would exceed 1: the mixture could then be negative, and nothing could be drawn from it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/unknown-origin` (thm-origin-chain).
    """
    return _models(*_chain(sizes, shares), None)[0]


def origin_error(sizes: ArrayLike, shares: ArrayLike, *, weights: ArrayLike | None = None) -> Array:
    """Return the error of each model of a chain that learns from batches of unknown origin.

    Parameters
    ----------
    sizes, shares : array_like, shape (generations,)
        Samples in the batch of each generation, and its share of real ones; the others are drawn from the last
        model. The first share must be 1.
    weights : array_like, shape (generations,), optional
        Weight of each batch against the last model, 0 to 1, the first one 1; default: the best ones,
        :func:`origin_weights`.

    Returns
    -------
    ndarray, shape (generations,)
        Variance of the mean of any function under models 1, 2, ..., over its variance under the truth. One minus
        it is the diversity.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    A best weight below 1 makes the inverse error grow by size * share**2 / (1 - (1 - share)**2 * last error). See
    :doc:`/chapters/escape/unknown-origin` (thm-origin-chain).
    """
    sizes, shares = _chain(sizes, shares)
    w = None
    if weights is not None:
        w = _per_batch("weights", _validate.finite("weights", weights, minimum=0.0, maximum=1.0, ndim=1), sizes.size)
        if w[0] != 1:
            raise ValueError(f"weights must begin with 1, got {float(w[0])!r}")
    return _models(sizes, shares, w)[1]


def origin_risk_bounds(size: ArrayLike) -> tuple[Any, Any]:
    """Return a lower and an upper bound of the smallest worst-case error for two words of unknown origin.

    Parameters
    ----------
    size : float or array_like
        Effective sample size, above 0: see :func:`origin_size`.

    Returns
    -------
    lower, upper : float or ndarray
        1 / (2 (sqrt(size) + pi)**2), which no estimator's worst expected squared error falls below, and
        1 / (2 size), which the unbiased estimator never exceeds; of the shape of `size`.

    Raises
    ------
    TypeError, ValueError
        If `size` is of the wrong type or out of range.

    Notes
    -----
    Synthetic samples show both words equally often. The lower bound is van Trees' inequality (Gill and Levit 1995)
    with the best of the squared-cosine priors. See :doc:`/chapters/escape/unknown-origin` (thm-origin-minimax).
    """
    s = _validate.finite("size", size, above=0.0)
    lower, upper = 0.5 / (np.sqrt(s) + pi) ** 2, 0.5 / s
    return answer(lower), answer(upper)


def origin_efficiency(p: float, *, share: float, synthetic: ArrayLike) -> Any:
    """Return how much of the information on one word is left when the samples lose their labels of origin.

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    share : float
        Share of real samples, above 0, at most 1.
    synthetic : float or array_like
        Frequency of the word in the synthetic samples, 0 to 1, which must be known.

    Returns
    -------
    float or ndarray
        Fisher information on p of one sample without its label, over that with it: at most 1, `share` where the
        synthetic frequency is p, and (1 - p) / (1 - share * p) where it is 0; of the shape of `synthetic`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/unknown-origin` (prop-origin-novelty).
    """
    p, share = word(p), share_of_real(share)
    q = _validate.finite("synthetic", synthetic, minimum=0.0, maximum=1.0)
    seen = share * p + (1 - share) * q
    unseen = share * (1 - p) + (1 - share) * (1 - q)
    ratio = share * p * (1 - p) / (seen * unseen)
    return answer(ratio)


def _batches(sizes: ArrayLike, shares: ArrayLike) -> tuple[Array, Array]:
    n = _validate.integers("sizes", sizes, minimum=1, maximum=LARGEST).astype(np.float64)
    if n.ndim != 1:
        raise ValueError(f"sizes must have 1 dimension, got shape {n.shape}")
    a = _validate.finite("shares", shares, above=0.0, maximum=1.0)
    return n, _per_batch("shares", a, n.size)


def _chain(sizes: ArrayLike, shares: ArrayLike) -> tuple[Array, Array]:
    n, a = _batches(sizes, shares)
    if a[0] != 1:
        raise ValueError(f"shares must begin with 1 (the first batch is real), got {float(a[0])!r}")
    return n, a


def _models(sizes: Array, shares: Array, weights: Array | None) -> tuple[Array, Array]:
    """Weights and errors of the models of a chain; without weights the best ones from 0 to 1."""
    used, errors = np.ones(sizes.size), np.empty(sizes.size)
    last = errors[0] = 1 / sizes[0]
    for j in range(1, sizes.size):
        n, share = sizes[j], shares[j]
        spread = 1 - (1 - share) ** 2 * last
        w = min(1.0, n * share * last / (n * share**2 * last + spread)) if weights is None else weights[j]
        last = (1 - w * share) ** 2 * last + w**2 * spread / n
        used[j], errors[j] = w, last
    return used, errors


def _per_batch(name: str, values: Array, count: int) -> Array:
    if values.shape not in ((), (count,)):
        raise ValueError(f"{name} must be one number or one for each of {count} batches, got shape {values.shape}")
    return np.broadcast_to(values, (count,))
