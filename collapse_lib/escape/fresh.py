"""Fresh real data in every generation: a fixed number of samples, a share that decays, what heals and what keeps."""

from __future__ import annotations

from math import exp, expm1, inf, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.escape._common import LARGEST, Array, generations, size, towards, word

__all__ = [
    "decaying_share_diversity",
    "fresh_real_diversity",
    "share_to_heal",
    "share_to_keep",
]


def fresh_real_diversity(*, n: int, real: int, k: ArrayLike | None = None) -> Any:
    """Return the expected diversity, as a share of the truth's, with fresh real samples in each generation.

    Generation k is fitted to n samples of generation k - 1 and `real` fresh real samples
    (:class:`collapse_lib.training.FreshReal`).

    Parameters
    ----------
    n : int
        Synthetic samples in each generation, 1 <= n <= 10**9.
    real : int
        Fresh real samples in each generation, 0 <= real <= 10**9.
    k : int or array of int, optional
        Generation, k >= 0. Without it: the limit, which is the mean under the stationary law.

    Returns
    -------
    float or ndarray
        E Var_{P_k}(f) / Var_{P_0}(f), the same for every function f of one sample, with the shape of `k`. The
        limit is r (2n + r - 1) / (r (2n + r) + n), for r = real.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Two samples of a model trace back to the same sample or to independent real ones; we have not found the
    formula stated elsewhere. It holds for maximum likelihood (divisor n + real for a variance). See
    :doc:`/chapters/escape/fresh-real` (thm-fresh-real).

    Examples
    --------
    >>> round(fresh_real_diversity(n=10**6, real=1), 6)
    0.666666
    """
    n = size("n", n)
    r = _validate.integer("real", real, minimum=0, maximum=LARGEST)
    limit = r * (2 * n + r - 1) / (r * (2 * n + r) + n)
    if k is None:
        return limit
    total = n + r
    factor = log1p(-(total * total - n * (n - 1)) / (total * total)) if n > 1 else -inf
    return towards(limit, factor, generations(k))


def decaying_share_diversity(shares: ArrayLike, *, n: int | ArrayLike) -> Array:
    """Return the expected diversity of all generations when share and sample size change.

    Parameters
    ----------
    shares : array of float, shape (generations,)
        Probability that a sample is real, in each of generations 1, 2, ...; each in [0, 1]. The first one has
        no effect, because generation 1 sees real samples only.
    n : int or array of int, shape (generations,)
        Samples of generations 1, 2, ..., each 1 to 10**9.

    Returns
    -------
    ndarray, shape (generations + 1,)
        E Var_{P_k}(f) / Var_{P_0}(f) for k = 0, 1, ..., generations.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape or is out of range.

    Notes
    -----
    1 - D_{k+1} = 1/n + (1 - 1/n) (1 - s)^2 (1 - D_k) with the size and the share of generation k + 1. See
    :doc:`/chapters/escape/keep-or-heal`; shares that decay are studied by Bakshi and Chakraborty (2026).
    """
    s = _validate.finite("shares", shares, minimum=0.0, maximum=1.0, ndim=1)
    sizes = _validate.integers("n", n, minimum=1, maximum=LARGEST)
    if sizes.shape not in ((), s.shape):
        raise ValueError(f"n must be an integer or have one entry a generation, shape {s.shape}, got {sizes.shape}")
    sizes = np.broadcast_to(sizes, s.shape).astype(float)
    real = s * (2 - s)
    diversity = np.ones(s.size + 1)
    for j in range(s.size):
        kept = diversity[j] + real[j] * (1 - diversity[j])
        diversity[j + 1] = (1 - 1 / sizes[j]) * kept
    return diversity


# ------------------------------------------------------------------------------------ lineages that are killed


def share_to_heal(p: float, *, n: int, generations: int, failure: float) -> float:
    """Return the share of real data with which a lost word is back in time.

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    generations : int
        Number of generations in which it must return, at least 1.
    failure : float
        Probability that it does not, 0 < failure < 1.

    Returns
    -------
    float
        The solution s of (1 - s p)^(n generations) = failure.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range, or no share in [0, 1] is enough.

    Notes
    -----
    See :doc:`/chapters/escape/keep-or-heal`.
    """
    p, n = word(p), size("n", n)
    K = size("generations", generations)
    failure = _validate.real("failure", failure, above=0.0, below=1.0)
    share = -expm1(log(failure) / (n * K)) / p
    if share > 1:
        raise ValueError(
            f"failure must be at least {exp(n * K * log1p(-p)):.4g}, with real data only, got {failure!r}"
        )
    return share


def share_to_keep(p: float, *, n: int) -> float:
    """Return 1 / (2 n p), the share of real data above which the diffusion of a word never reaches zero.

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.

    Returns
    -------
    float
        The threshold; above 1 for a word of less than half a copy, which no share keeps.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Feller's test for the diffusion limit (Feller 1951); at finite n the change is gradual. See
    :doc:`/chapters/escape/keep-or-heal`.
    """
    return 1 / (2 * size("n", n) * word(p))
