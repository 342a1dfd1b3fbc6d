"""Truncation: what cutting off rare words before sampling, by top-k or top-p, does to the loop."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib._answer import answer

__all__ = [
    "expected_distinct",
    "nucleus_mass",
    "top_k",
    "top_p",
    "top_p_bound",
    "top_p_mixture_limit",
    "top_p_sizes",
]

Array = NDArray[np.float64]
ROUNDING = 1e-12  # a head of mass eta (1 - ROUNDING) has the mass eta


def top_k(probabilities: ArrayLike, *, words: int) -> Array:
    """Return the law conditioned on its most frequent words (among equals, those that come first).

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        Probabilities of sum 1.
    words : int
        Number of words that are kept, words >= 1; all of them if it is at least m.

    Returns
    -------
    ndarray, shape (m,)
        Probabilities, 0 for the words that are cut off.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Fan, Lewis, Dauphin 2018; in the loop: prop-top-k in :doc:`/chapters/escape/temperature`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    return _head(p, _order(p)[: _validate.integer("words", words, minimum=1)])


def top_p(probabilities: ArrayLike, *, eta: float, split: bool = False) -> Array:
    """Return the law cut to the shortest head of mass at least eta (the nucleus), divided by the mass that is kept.

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        Probabilities of sum 1.
    eta : float
        Mass to keep, 0 < eta <= 1. A mass that misses it by rounding (1e-12 relative) counts as reached.
    split : bool, default False
        Whether the last word is cut, too, so that the mass that is kept is exactly eta.

    Returns
    -------
    ndarray, shape (m,)
        Probabilities, 0 for the words that are cut off; among equal words those that come first are kept.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Holtzman et al. 2020; in the loop: thm-top-p in :doc:`/chapters/escape/temperature`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    eta = _eta(eta)
    split = _validate.choice("split", split, (False, True))
    order = _order(p)
    mass = np.cumsum(p[order])
    kept = order[: _length(mass, eta)]
    if split:
        p = p.copy()
        p[kept[-1]] = eta - (mass[len(kept) - 2] if len(kept) > 1 else 0.0)
    return _head(p, kept)


def expected_distinct(probabilities: ArrayLike, *, n: int) -> Any:
    """Return the exact mean number of distinct words in n samples, sum of 1 - (1 - p_i)^n.

    Parameters
    ----------
    probabilities : array_like of float, shape (..., m)
        Probabilities along the last axis, for instance after `temper`, `top_k` or `top_p`.
    n : int
        Sample size, n >= 1.

    Returns
    -------
    float or ndarray, shape (...)
        Mean number of words that generation 1 knows.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-distinct-after in :doc:`/chapters/escape/temperature`. For k generations without a transform:
    `collapse_lib.forgetting.expected_unique`.
    """
    p = _validate.probabilities("probabilities", probabilities, ndim=None)
    n = _validate.integer("n", n, minimum=1)
    with np.errstate(divide="ignore"):
        mean = -np.expm1(n * np.log1p(-np.minimum(p, 1.0))).sum(axis=-1)
    return answer(mean)


def top_p_sizes(probabilities: ArrayLike, *, eta: float) -> NDArray[np.int64]:
    """Return how many words are left in generation 0, 1, ... with top-p and infinite samples, until it stops.

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        The truth; words of probability 0 do not count.
    eta : float
        Mass to keep in every generation, 0 < eta <= 1.

    Returns
    -------
    ndarray of int64
        Strictly decreasing numbers of words; the last one stays for ever and is at most ``top_p_bound(eta)``
        (for eta = 1 it is the first one).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-top-p in :doc:`/chapters/escape/temperature`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    eta = _eta(eta)
    mass = np.cumsum(np.sort(p[p > 0])[::-1])
    sizes = [len(mass)]
    while (shorter := _length(mass, eta * mass[sizes[-1] - 1])) < sizes[-1]:
        sizes.append(shorter)
    return np.array(sizes, dtype=np.int64)


def top_p_bound(eta: float) -> int:
    """Return the largest integer below 1/(1 - eta): at most so many words are left by top-p in the end.

    Parameters
    ----------
    eta : float
        Mass to keep in every generation, 0 < eta < 1.

    Returns
    -------
    int
        The bound, whatever the vocabulary; attained by every uniform vocabulary that is large enough.

    Raises
    ------
    TypeError, ValueError
        If `eta` is of the wrong type or out of range.

    Notes
    -----
    thm-top-p in :doc:`/chapters/escape/temperature`.
    """
    eta = _validate.real("eta", eta, above=0, below=1)
    return max(1, ceil((1 - 1e-9) / (1 - eta)) - 1)


def nucleus_mass(*, eta: float, share: float) -> float:
    """Return the mass of the truth that survives top-p with a share of real data, 1 - (1 - eta)/share, or 0.

    Parameters
    ----------
    eta : float
        Mass to keep, 0 < eta <= 1.
    share : float
        Share of real data in every generation, in [0, 1].

    Returns
    -------
    float
        Mass of the words that keep their proportions, in [0, eta]; 0 for share <= 1 - eta (for eta = 1: 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-top-p-real in :doc:`/chapters/escape/temperature`.
    """
    eta, share = _eta(eta), _validate.probability("share", share)
    if eta == 1.0:
        return 1.0
    return max(0.0, 1 - (1 - eta) / share) if share > 0 else 0.0


def top_p_mixture_limit(probabilities: ArrayLike, *, eta: float, share: float) -> Array:
    """Return the limit of the loop q' = share p + (1 - share) top_p(q, split=True), started from the truth p.

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        The truth p.
    eta : float
        Mass to keep, 0 < eta <= 1.
    share : float
        Share of real data in every generation, 0 < share <= 1.

    Returns
    -------
    ndarray, shape (m,)
        The limit law: inside the nucleus of mass A = nucleus_mass(eta, share) it is p eta/A, outside it is
        share p; the word across the border has what is left.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-top-p-real in :doc:`/chapters/escape/temperature`.
    """
    p = _validate.probabilities("probabilities", probabilities)
    share = _validate.real("share", share, above=0, maximum=1)
    eta = _eta(eta)
    if eta == 1.0:
        return p.copy()
    inside = nucleus_mass(eta=eta, share=share)
    order = _order(p)
    head = np.concatenate([[0.0], np.cumsum(p[order])])
    limit = share * head + 1 - share
    if inside > 0:
        limit = np.where(head <= inside, eta * head / inside, limit)
    limit[0] = 0.0
    answer = np.empty_like(p)
    answer[order] = np.diff(limit)
    return answer


def _eta(eta: Any) -> float:
    return _validate.real("eta", eta, above=0, maximum=1)


def _order(p: Array) -> NDArray[np.int64]:
    """The words from the most frequent to the rarest, equal ones in their order."""
    return np.argsort(-p, kind="stable")


def _length(mass: Array, wanted: float) -> int:
    """Length of the shortest head whose mass is at least `wanted`."""
    return min(int(np.searchsorted(mass, wanted * (1 - ROUNDING))) + 1, len(mass))


def _head(p: Array, kept: NDArray[np.int64]) -> Array:
    head = np.zeros_like(p)
    head[kept] = p[kept]
    return head / head.sum()
