"""What a watermark buys: how much a detector of synthetic samples multiplies the effective sample size."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import Array, share_of_real

__all__ = [
    "erasure_gain",
    "score_gain",
    "score_separation",
    "watermark_floor",
    "watermark_gain",
    "watermark_gain_bound",
]

FARTHEST = 50.0  # separation of two normal scores
STEP = 0.4  # of the trapezium rule: times min(1, 1/separation), its error is below 1e-16
REACH = 9.0  # standard deviations


def watermark_gain(real: ArrayLike, synthetic: ArrayLike, *, share: float) -> float:
    """Return what a detector multiplies the effective sample size by.

    Parameters
    ----------
    real, synthetic : array_like, shape (outputs,)
        Law of the detector's output on a real and on a synthetic sample.
    share : float
        Share of real samples, above 0, at most 1.

    Returns
    -------
    float
        1 + chi-square divergence of `real` from the mixture share * real + (1 - share) * synthetic; 1 to 1/share.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the laws differ in length.

    Notes
    -----
    The factor is Kanabar and Gastpar's (arXiv:2608.31091). See
    :doc:`/chapters/escape/watermark` (prop-watermark-gain).
    """
    share = share_of_real(share)
    q1, q0 = _validate.probabilities("real", real), _validate.probabilities("synthetic", synthetic)
    if q1.shape != q0.shape:
        raise ValueError(f"synthetic must have the length of real, {q1.size}, got {q0.size}")
    shown = q1 > 0
    return float(np.sum(q1[shown] ** 2 / (share * q1[shown] + (1 - share) * q0[shown])))


def watermark_gain_bound(floor: ArrayLike, *, share: float) -> Any:
    """Return the largest gain of a detector whose outputs are at least `floor` times as likely on synthetic samples.

    Parameters
    ----------
    floor : float or array_like
        Smallest ratio of the probabilities of an output on a synthetic and on a real sample, 0 to 1.
    share : float
        Share of real samples, above 0, at most 1.

    Returns
    -------
    float or ndarray
        1 / (share + floor - share * floor), attained by a one-sided flag; of the shape of `floor`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    After Kanabar and Gastpar (arXiv:2608.31091). See
    :doc:`/chapters/escape/watermark` (prop-watermark-bound).
    """
    share = share_of_real(share)
    low = _validate.finite("floor", floor, minimum=0.0, maximum=1.0)
    return answer(1 / (share + (1 - share) * low))


def watermark_floor(fraction: float, *, share: float) -> float:
    """Return the largest ratio of likelihoods with which a detector can be worth a fraction of perfect labels.

    Parameters
    ----------
    fraction : float
        Share of the effective sample size of perfect labels that is wanted; at least `share`, at most 1.
    share : float
        Share of real samples, above 0, below 1.

    Returns
    -------
    float
        The ratio, 0 to 1: some output must be at most so many times as likely on synthetic samples as on real ones.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Solves :func:`watermark_gain_bound` = fraction / share. See
    :doc:`/chapters/escape/watermark` (prop-watermark-bound).
    """
    share = _validate.real("share", share, above=0.0, below=1.0)
    fraction = _validate.real("fraction", fraction, minimum=share, maximum=1.0)
    return share * (1 - fraction) / (fraction * (1 - share))


def erasure_gain(erasure: ArrayLike, *, share: float) -> Any:
    """Return the gain of a detector that tells the origin of a sample, or says that it does not know.

    Parameters
    ----------
    erasure : float or array_like
        Probability that it does not know, 0 to 1, for real and synthetic samples alike.
    share : float
        Share of real samples, above 0, at most 1.

    Returns
    -------
    float or ndarray
        (1 - erasure) / share + erasure, of the shape of `erasure`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Kanabar and Gastpar (arXiv:2608.31091) state another value in Claim 1. See
    :doc:`/chapters/escape/watermark` (prop-watermark-erasure).
    """
    share = share_of_real(share)
    e = _validate.finite("erasure", erasure, minimum=0.0, maximum=1.0)
    return answer((1 - e) / share + e)


def score_gain(separation: ArrayLike, *, share: float) -> Any:
    """Return the gain of a detector whose output is a normal score.

    Parameters
    ----------
    separation : float or array_like
        Distance of the mean score of real samples from that of synthetic ones, in standard deviations, 0 to 50.
    share : float
        Share of real samples, above 0, at most 1.

    Returns
    -------
    float or ndarray
        The gain, of the shape of `separation`, at most 1/share and at most exp(separation**2).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The mean of 1 / (share + (1 - share) exp(-Z)) for a normal Z of mean separation**2 / 2 and standard deviation
    separation, by the trapezium rule, which converges geometrically here: error below 1e-13 of the value. See
    :doc:`/chapters/escape/watermark` (prop-watermark-score).
    """
    share = share_of_real(share)
    d = _validate.finite("separation", separation, minimum=0.0, maximum=FARTHEST)
    return answer(np.array([_score_gain(x, share) for x in d.flat]).reshape(d.shape))


def score_separation(fraction: float, *, share: float) -> float:
    """Return how far apart the scores must be for a fraction of the effective sample size of perfect labels.

    Parameters
    ----------
    fraction : float
        The fraction wanted, from `share`, which is had without a watermark, to 0.999.
    share : float
        Share of real samples, 1e-12 to below 1.

    Returns
    -------
    float
        The separation in standard deviations; sqrt(2 ln(1/share - 1)) for one half, if share < 1/2.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See
    :doc:`/chapters/escape/watermark` (prop-watermark-score).
    """
    share = _validate.real("share", share, minimum=1e-12, below=1.0)
    fraction = _validate.real("fraction", fraction, minimum=share, maximum=0.999)
    if fraction == share:
        return 0.0
    return float(optimize.brentq(lambda d: share * _score_gain(d, share) - fraction, 0.0, FARTHEST, xtol=1e-13))


def _score_gain(separation: float, share: float) -> float:
    if share == 1 or separation == 0:
        return 1.0
    step = STEP * min(1.0, 1 / separation)
    nodes: Array = np.arange(-REACH, REACH + separation + step, step)
    density = np.exp(-(nodes**2) / 2) * step / sqrt(2 * np.pi)
    odds = separation**2 / 2 + separation * nodes + log(share / (1 - share))
    return float(np.sum(density * special.expit(odds)) / share)
