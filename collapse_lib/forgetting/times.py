"""Mean times, exact: a mean number of generations is a sum over k, from one triangular system of the dual chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.forgetting import _common, _duality
from collapse_lib.forgetting._common import Array

__all__ = ["conditional_loss_time", "expected_absorption_time", "expected_mrca_time", "total_collapse_time"]

_CELLS = 2**24  # numbers held at a time: 128 MiB


def _starts(p0: ArrayLike, below: float | None = None) -> Array:
    start = _validate.finite("p0", p0, minimum=0.0, maximum=None if below else 1.0, below=below)
    if start.ndim > 1:
        raise ValueError(f"p0 must be a number or a one-dimensional array, got shape {start.shape}")
    return start


def _mean_times(start: Array, n: int, values: Callable[[float, Array], Array]) -> Array:
    """1 + E sum over k >= 1 of f(A_k) for every start p, where f(sizes) = values(p, sizes)."""
    chain, flat = _duality.dual_chain(n), start.ravel()
    step = max(1, _CELLS // chain.nodes.size)
    parts = [
        chain.total(np.stack([values(float(p), chain.nodes) for p in flat[i : i + step]], axis=1))
        for i in range(0, flat.size, step)
    ]
    return 1 + np.concatenate(parts).reshape(start.shape)


def expected_absorption_time(p0: ArrayLike, *, n: int) -> Any:
    """Return the exact mean of the first generation k >= 0 in which P_k is 0 or 1.

    Parameters
    ----------
    p0 : float or one-dimensional array
        Probability of the word in the truth, any numbers in [0, 1].
    n : int
        Sample size per generation, 1 <= n <= 10**12.

    Returns
    -------
    float or ndarray
        Mean number of generations, of the shape of `p0`: 0 if p0 is 0 or 1, otherwise at least 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 10**12.

    Notes
    -----
    The sum over k of Pr(0 < P_k < 1) = E[1 - (1 - p0)^{A_k} - p0^{A_k}], from one triangular system of a few
    hundred equations: a few hundredths of a second whatever n. Relative error below 1e-9 (1e-11 for
    n <= 100,000). See :doc:`/chapters/forgetting/lost-words` and :doc:`/chapters/reference/exact-at-scale`.
    """
    start = _starts(p0)
    times = _mean_times(start, _common.exact_size(n), _common.in_part)
    return _common.answer(np.where((start > 0) & (start < 1), times, 0.0))


def conditional_loss_time(p0: ArrayLike, *, n: int) -> Any:
    """Return the exact mean generation in which a word is lost, given that it is lost and not fixed.

    Parameters
    ----------
    p0 : float or one-dimensional array
        Probability of the word in the truth, 0 <= p0 < 1.
    n : int
        Sample size per generation, 1 <= n <= 10**12.

    Returns
    -------
    float or ndarray
        E[T | P_k = 0 for some k], T the first generation k >= 0 with P_k = 0, of the shape of `p0`: 0 if
        p0 = 0, otherwise at least 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 10**12.

    Notes
    -----
    A word is lost with probability q = 1 - p0, and Pr(P_k = 0) = E q^{A_k}, so the mean is the sum over k of
    E[(q - q^{A_k})/q] = E[1 - q^{A_k - 1}]: all terms positive, exact for tiny p0 too. About
    -2 n p0 ln(p0)/(1 - p0) (Kimura and Ohta 1969). Relative error below 1e-9. See
    :doc:`/chapters/forgetting/lost-words`.
    """

    def later_than(p: float, sizes: Array) -> Array:
        return -np.expm1((sizes - 1) * np.log1p(-p))

    start = _starts(p0, below=1.0)
    times = _mean_times(start, _common.exact_size(n), later_than)
    return _common.answer(np.where(start > 0, times, 0.0))


def expected_mrca_time(*, n: int) -> float:
    """Return the exact mean of the first generation that descends from a single real sample.

    Parameters
    ----------
    n : int
        Sample size per generation, 1 <= n <= 10**12.

    Returns
    -------
    float
        E min{k >= 1 : A_k = 1}: 1 at n = 1, 3 at n = 2, at most 2n - 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 10**12.

    Notes
    -----
    The time back to the most recent common ancestor (MRCA). From that generation on one word is left,
    whatever the vocabulary: the mean bounds every :func:`total_collapse_time`. Relative error below 1e-9.
    See :doc:`/chapters/forgetting/total-collapse`.
    """
    chain = _duality.dual_chain(_common.exact_size(n))
    return 1 + float(chain.total((chain.nodes > 1).astype(float)))


def total_collapse_time(probabilities: ArrayLike, *, n: int) -> float:
    """Return the exact mean of the first generation in which a single word is left.

    Parameters
    ----------
    probabilities : array, shape (words,)
        Probabilities of the words in the truth; their sum is 1.
    n : int
        Sample size per generation, 1 <= n <= 10**12.

    Returns
    -------
    float
        Mean number of generations: 0 if the truth has a single word of positive probability, otherwise at
        least 1 and at most 2n - 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 10**12.

    Notes
    -----
    The sum over k of Pr(two words or more in generation k) = E[1 - sum_i p_i^{A_k}]. Of two words:
    :func:`expected_absorption_time`. Relative error below 1e-9. See :doc:`/chapters/forgetting/total-collapse`.
    """
    p = np.sort(_validate.probabilities("probabilities", probabilities))[::-1]
    n = _common.exact_size(n)
    rest = p[1:].sum()
    if rest == 0:
        return 0.0
    chain = _duality.dual_chain(n)
    several = -np.expm1(chain.nodes * np.log1p(-rest))  # without rounding if p[0] is almost 1
    several[0] = 0.0
    others = p[1:]  # none above 1/2
    for i, draws in enumerate(chain.nodes[1:], start=1):
        others = others[: np.searchsorted(-(others ** (draws - 1.0)), -1e-20)]
        if others.size == 0:
            break
        several[i] -= (others**draws).sum()
    return 1 + float(chain.total(several))
