"""Selection: one word preferred in every generation, against the drift of finite samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.escape import _common

__all__ = [
    "selected",
    "selection_fixation",
    "selection_fixation_bounds",
    "selection_fixation_formula",
]

Array = NDArray[np.float64]

LARGEST_EXACT = 2000  # samples: a dense linear system of this size takes half a second


def selected(probabilities: ArrayLike, *, advantage: ArrayLike, k: ArrayLike) -> Array:
    """Return generation k of the loop with selection and infinite samples: proportional to p_i (1 + s_i)^k.

    Parameters
    ----------
    probabilities : array_like of float, shape (m,)
        The truth, of sum 1.
    advantage : float or array_like of float, shape (m,)
        The advantages s_i, each above -1 and up to 10**9; a single number is that of the first word.
    k : int or array of int
        Generation, k >= 0; generation 0 is the truth, which is selected, too, when it is sampled.

    Returns
    -------
    ndarray, shape k.shape + (m,)
        Probabilities.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-selected in :doc:`/chapters/escape/selection`. The same loop with finite samples is
    ``training.Selected(advantage=...)``.
    """
    p = _validate.probabilities("probabilities", probabilities)
    s = _validate.finite("advantage", advantage, above=-1.0, maximum=1e9)
    if s.ndim == 0:
        s = np.where(np.arange(p.size) == 0, s, 0.0)
    elif s.shape != p.shape:
        raise ValueError(f"advantage must be one number or {p.size}, one for each word, got shape {s.shape}")
    with np.errstate(divide="ignore"):
        logarithm = np.log(p) + _common.generations(k)[..., None] * np.log1p(s)
    weights = np.exp(logarithm - logarithm.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def selection_fixation(p: ArrayLike, *, advantage: float, n: int) -> Any:
    """Return the exact probability that a preferred word is the only one left in the end.

    Parameters
    ----------
    p : float or array of float
        Frequency of the word in the model that is sampled first, in [0, 1].
    advantage : float
        Advantage s of the word, -1 < s <= 10**9: a sample of a model with frequency x is this word with the
        probability (1 + s) x/(1 + s x). Negative: the other words are preferred.
    n : int
        Sample size per generation, 1 <= n <= 2000.

    Returns
    -------
    float or ndarray
        The probability, of the shape of `p`; exact but for rounding, with a relative error below 1e-9 however
        small it is (0 below 1e-300).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    One linear system, for s < 0 for the quotient of the probability and its upper bound, so that tiny values keep
    their digits. See :doc:`/chapters/escape/selection`.
    """
    start, s = _start(p), _advantage(advantage)
    n = _validate.integer("n", n, minimum=1, maximum=LARGEST_EXACT)
    from scipy.special import gammaln  # slow to import, and only needed here

    j = np.arange(1.0, n + 1)
    paths = gammaln(n + 1.0) - gammaln(j + 1) - gammaln(n - j + 1)

    def log_law(x: Array) -> Array:
        """ln Pr(N = j) for j >= 1 after a model with frequency x inside (0, 1)."""
        x = x[..., None]
        word, other = np.log1p(s) + np.log(x) - np.log1p(s * x), np.log1p(-x) - np.log1p(s * x)
        return np.asarray(paths + j * word + (n - j) * other)

    ends = _log_fixation(j / n, 2 * np.arctanh(min(s, 0.0)), n)  # superharmonic: no row sum is above 1
    quotient = np.ones(n)
    if n > 1:
        matrix = np.exp(log_law(j[:-1] / n) + ends - ends[:-1, None])
        quotient[:-1] = np.linalg.solve(np.eye(n - 1) - matrix[:, :-1], matrix[:, -1])
    inside = (start > 0) & (start < 1)
    terms = np.exp(log_law(np.where(inside, start, 0.5)) + ends)
    return _common.answer(np.where(inside, np.minimum((terms * quotient).sum(axis=-1), 1.0), start))


def selection_fixation_bounds(p: ArrayLike, *, advantage: float, n: int) -> tuple[Any, Any]:
    """Return proved bounds on the probability that a preferred word is the only one left in the end.

    Parameters
    ----------
    p : float or array of float
        Frequency of the word in the model that is sampled first, in [0, 1].
    advantage : float
        Advantage s of the word, -1 < s <= 10**9; see `selection_fixation`.
    n : int
        Sample size per generation, 1 <= n <= 10**9.

    Returns
    -------
    (lower, upper) : pair of float or ndarray
        F(theta) = (1 - exp(-theta n p))/(1 - exp(-theta n)) at theta = ln(1 + 2 s) and at theta =
        ln((1 + s)/(1 - s)), of the shape of `p`. For s <= -1/2 the lower bound is 0, for s >= 1 the upper one is 1
        (but at p = 0 and p = 1, where both are exact).

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-selection-enclosure in :doc:`/chapters/escape/selection`, after the martingales of Moran (1960).
    """
    start, s, n = _start(p), _advantage(advantage), _common.size("n", n)
    lower = np.exp(_log_fixation(start, np.log1p(2 * s), n)) if s > -0.5 else np.where(start == 1, 1.0, 0.0)
    upper = np.exp(_log_fixation(start, 2 * np.arctanh(s), n)) if s < 1 else np.where(start == 0, 0.0, 1.0)
    return _common.answer(lower), _common.answer(upper)


def selection_fixation_formula(p: ArrayLike, *, advantage: float, n: int, source: str = "middle") -> Any:
    """Return a formula for the probability that a preferred word is the only one left in the end.

    Parameters
    ----------
    p : float or array of float
        Frequency of the word in the model that is sampled first, in [0, 1].
    advantage : float
        Advantage s of the word, -1 < s <= 10**9; see `selection_fixation`.
    n : int
        Sample size per generation, 1 <= n <= 10**9.
    source : {"middle", "kimura"}, default "middle"
        ``"middle"``: theta = 2 ln(1 + s), between the bounds of `selection_fixation_bounds` for every s and n;
        ``"kimura"``: theta = 2 s, the diffusion formula, above the upper bound for every s < 0.

    Returns
    -------
    float or ndarray
        F(theta) = (1 - exp(-theta n p))/(1 - exp(-theta n)), of the shape of `p`; an approximation.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Kimura (1962); prop-selection-formulas in :doc:`/chapters/escape/selection`.
    """
    start, s, n = _start(p), _advantage(advantage), _common.size("n", n)
    theta = 2 * s if _validate.choice("source", source, ("middle", "kimura")) == "kimura" else 2 * np.log1p(s)
    return _common.answer(np.exp(_log_fixation(start, theta, n)))


def _start(p: ArrayLike) -> Array:
    return _validate.finite("p", p, minimum=0.0, maximum=1.0)


def _advantage(advantage: float) -> float:
    return _validate.real("advantage", advantage, above=-1.0, maximum=1e9)


def _log_fixation(p: Array, theta: float, n: int) -> Array:
    """ln((1 - exp(-theta n p))/(1 - exp(-theta n))), without overflow; ln p for theta = 0."""
    size = abs(theta) * n
    with np.errstate(divide="ignore"):
        if size < 1e-300:
            return np.log(p)
        quotient = np.log(-np.expm1(-size * p)) - np.log(-np.expm1(-size))
    return np.asarray(quotient if theta > 0 else quotient - size * (1 - p))
