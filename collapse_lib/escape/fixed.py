"""One real sample, kept and reused in every generation."""

from __future__ import annotations

from math import inf, log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import generations, size

__all__ = ["fixed_real_diversity", "fixed_real_distance"]
FIRST = ("both", "real")


def _arguments(n: int, real: int, first: str, least: int) -> tuple[int, int, str]:
    return size("n", n), size("real", real, minimum=least), _validate.choice("first", first, FIRST)


def _limit(n: int, r: int) -> float:
    return (r - 1) * (2 * n + r) / (r * (2 * n + r) + n) if r else 0.0


def fixed_real_diversity(k: ArrayLike | None = None, *, n: int, real: int, first: str = "both") -> Any:
    """Return the expected diversity, as a share of the truth's, with one real sample in every generation.

    Generation k is fitted to n samples of generation k - 1 and the same `real` real samples
    (:class:`collapse_lib.training.FixedReal`).

    Parameters
    ----------
    k : int or array of int, optional
        Generation, k >= 0. Without it: the limit.
    n : int
        Synthetic samples in each generation, 1 <= n <= 10**9.
    real : int
        Size of the kept sample, 0 <= real <= 10**9 (for ``first="real"`` at least 1).
    first : {"both", "real"}
        What generation 1 is fitted to: n + real real samples, or the kept sample alone (Seddik et al. 2024).

    Returns
    -------
    float or ndarray
        E Var_{P_k}(f) / Var_{P_0}(f) for every function f of one sample, with the shape of `k`. The limit is
        (r - 1) (2n + r) / (r (2n + r) + n) for r = real >= 1.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    With first="real" this is Theorem 2 of Seddik et al. (2024), with one sign corrected:
    E sum p_i^2 = 1 - (1 - S_0) times the value. Maximum likelihood (divisor n + real for a variance). See
    :doc:`/chapters/escape/fixed-real`.

    Examples
    --------
    >>> round(fixed_real_diversity(n=45, real=5), 4)
    0.7308
    """
    n, r, first = _arguments(n, real, first, 0 if first == "both" else 1)
    limit = _limit(n, r)
    if k is None:
        return limit
    k = generations(k)
    total = n + r
    log_beta = log(n * (n - 1) / total**2) if n > 1 else -inf
    if first == "real":
        later = np.exp(np.where(k > 1, log_beta * np.maximum(k - 1, 1), 0.0))
        values = np.where(k > 0, limit + (1 - 1 / r - limit) * later, 1.0)
    elif r == 0:
        values = np.exp(np.where(k > 0, log_beta * np.maximum(k, 1), 0.0))
    else:
        alpha, beta = (np.exp(np.where(k > 0, x * np.maximum(k, 1), 0.0)) for x in (log(n / total), log_beta))
        values = limit + (1 - limit) * beta + 2 / (r + 1) * (alpha - beta)
    return answer(values)


def fixed_real_distance(k: ArrayLike | None = None, *, n: int, real: int, known_variance: bool = False) -> Any:
    """Return the mean squared distance of generation k from the model fitted to the kept real sample alone.

    Generation 1 is that model; the others are fitted to n samples of the last one and to the kept sample.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, k >= 1. Without it: the limit.
    n : int
        Synthetic samples in each generation, 1 <= n <= 10**9.
    real : int
        Size of the kept sample, 1 <= real <= 10**9.
    known_variance : bool, default False
        False: maximum likelihood, whose samples scatter less as diversity is lost. True: models of known
        variance (:class:`collapse_lib.families.GaussianLocation`).

    Returns
    -------
    float or ndarray
        E (mean of f in generation k - mean of f in generation 1)^2 / Var_{P_0}(f), with the shape of `k`. With
        known variance n (1 - (n / (n + r))^{2 (k - 1)}) / (r (2n + r)), for r = real.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    As a function of n it has a hump, the "phase transition" of Fu et al. (2024). We have not found the
    formulas stated elsewhere. See :doc:`/chapters/escape/fixed-real`.
    """
    n, r, _ = _arguments(n, real, "real", 1)
    _validate.choice("known_variance", known_variance, (False, True))
    top = n / (r * (2 * n + r))
    total = n + r
    steps = None if k is None else generations(k, minimum=1) - 1
    square = 0.0 if steps is None else np.exp(2 * steps * log(n / total))
    if known_variance:
        return answer(top * (1 - square))
    limit = _limit(n, r)
    if steps is None:
        beta = 0.0
    elif n == 1:
        beta = np.equal(steps, 0).astype(float)
    else:
        beta = np.exp(steps * log(n * (n - 1) / total**2))
    # the excess of the diversity over its limit decays like beta^steps, and alpha^2 - beta = n / total^2
    return answer(top * limit * (1 - square) + (1 - 1 / r - limit) * (square - beta))
