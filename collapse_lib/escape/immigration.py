"""Immigration: each sample is real with a fixed probability; the stationary law by killed lineages."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, expm1, inf, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.escape._common import LARGEST, Array, generations, share_of_real, size, towards, word

__all__ = [
    "immigration_absence",
    "immigration_absence_bounds",
    "immigration_concentration",
    "immigration_diversity",
    "immigration_real_size",
    "immigration_return_time",
    "immigration_visit_length",
]

MOST_EXACT = 20_000  # n of the dual chain: n^2 / 2 steps
_SUMMED = 200_000  # terms of the bracket's sums; what follows is bounded by geometric series


def immigration_diversity(*, n: int, share: float, k: ArrayLike | None = None) -> Any:
    """Return the expected diversity when each sample is real with probability `share`.

    The chain with immigration: n P_{k+1} given P_k is multinomial with the probabilities s p + (1 - s) P_k.

    Parameters
    ----------
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float
        Probability s that a sample is real, 0 <= s <= 1.
    k : int or array of int, optional
        Generation, k >= 0. Without it: the limit, which is the mean under the stationary law.

    Returns
    -------
    float or ndarray
        E Var_{P_k}(f) / Var_{P_0}(f) for every function f, with the shape of `k`. The limit is
        1 - 1 / (n - (n - 1) (1 - s)^2).

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Classical for the chain with parent-independent mutation (Ewens 2004). See
    :doc:`/chapters/escape/fresh-real`.
    """
    n, s = size("n", n), _validate.probability("share", share)
    pull = (n - 1) * s * (2 - s)
    limit = pull / (1 + pull)
    if k is None:
        return limit
    factor = log1p(-1 / n) + 2 * log1p(-s) if n > 1 and s < 1 else -inf
    return towards(limit, factor, generations(k))


def _dual(n: int, s: float, killed: float, step: Callable[[int, Array, Array], float], start: float) -> float:
    """Solve f(m) = sum over a of w_m(a) f(a) (+ what `step` adds) upwards from f(0) = start, and return f(n).

    w_m(a) is the mean of killed^(number killed) over the event that m lineages, each killed with probability
    s and else thrown into one of n boxes, occupy a boxes.
    """
    occupied = np.arange(n + 1)
    stay = s * killed + (1 - s) * occupied / n
    enter = (1 - s) * (n - occupied) / n
    f, row = np.zeros(n + 1), np.zeros(n + 1)
    f[0], row[0], log_apart = start, 1.0, 0.0
    for m in range(1, n + 1):
        fresh = row[:m] * enter[:m]
        row[: m + 1] *= stay[: m + 1]
        row[1 : m + 1] += fresh
        log_apart += log1p(-s) + log1p(-(m - 1) / n) if s < 1 else -inf
        f[m] = step(m, row[:m], f[:m]) / -expm1(log_apart)
    return float(f[n])


def immigration_absence(p: float, *, n: int, share: float) -> float:
    """Return the stationary probability that a word is absent from the samples of a generation.

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 20,000.
    share : float
        Probability that a sample is real, 0 < share <= 1.

    Returns
    -------
    float
        lim Pr(N_k = 0) = E (1 - p)^D, where D real samples are the ancestors of a generation.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Lineages that are killed where they were real draws: sums of positive terms, of relative error about
    1e-13, in n^2 / 2 steps. Classical for parent-independent mutation. See
    :doc:`/chapters/escape/fresh-real`.
    """
    p, n, s = word(p), _validate.integer("n", n, minimum=1, maximum=MOST_EXACT), share_of_real(share)
    return _dual(n, s, 1 - p, lambda m, row, f: float(row @ f), 1.0)


def immigration_real_size(*, n: int, share: float) -> float:
    """Return E D, the mean number of real samples that the samples of a stationary generation go back to.

    Parameters
    ----------
    n : int
        Samples in each generation, 1 <= n <= 20,000.
    share : float
        Probability that a sample is real, 0 < share <= 1.

    Returns
    -------
    float
        The mean size of the real sample that is as diverse as the stationary model, at most n.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    See :doc:`/chapters/escape/fresh-real`.
    """
    n, s = _validate.integer("n", n, minimum=1, maximum=MOST_EXACT), share_of_real(share)
    return min(_dual(n, s, 1.0, lambda m, row, f: s * m + float(row @ f), 0.0), float(n))


def immigration_absence_bounds(p: float, *, n: int, share: float) -> tuple[float, float]:
    """Return a lower and an upper bound of the stationary probability that a word is absent.

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float
        Probability s that a sample is real, 0 < s <= 1.

    Returns
    -------
    lower, upper : float
        (1 - p)^(n s sum h_j) and exp(-n s p sum g_j), where g_1 = h_1 = 1, g_{j+1} = 1 - exp(-(1 - s) g_j),
        and h_{j+1} = 1 - (1 - (1 - s)/n)^{n h_j} while n h_j > 1, then (1 - s) h_j.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    We have not found the bracket stated elsewhere. After 200,000 terms the sums are closed by geometric
    series on the safe side. See :doc:`/chapters/escape/keep-or-heal` (thm-absence-bracket).
    """
    p, n, s = word(p), size("n", n), share_of_real(share)
    sum_g, sum_h = _sum_g(s), _sum_h(n, s)
    return exp(n * s * sum_h * log1p(-p)), exp(-n * s * p * sum_g)


def _sum_g(s: float) -> float:
    """At most the sum of the g_j: the ratio of successive terms is at least (1 - s)(1 - (1 - s) g_j / 2)."""
    total, g = 0.0, 1.0
    for _ in range(_SUMMED):
        total += g
        g = -expm1(-(1 - s) * g)
        if g < 1e-18 * s:
            return total
    return total + g / (s + (1 - s) ** 2 * g / 2)


def _sum_h(n: int, s: float) -> float:
    """At least the sum of the h_j, which fall at least as fast as (1 - s)^j once below 1/n, and before as well."""
    total, h, log_miss = 0.0, 1.0, log1p(-(1 - s) / n) if s < 1 or n > 1 else 0.0
    for _ in range(_SUMMED):
        if n * h <= 1:
            break
        total += h
        h = -expm1(n * h * log_miss)
    return total + h / s


# ------------------------------------------------------------------------------------ losing and coming back


def immigration_return_time(p: float, *, n: int, share: float) -> float:
    """Return the mean number of generations until a word that is absent occurs again: 1 / (1 - (1 - s p)^n).

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float
        Probability s that a sample is real, 0 < s <= 1.

    Returns
    -------
    float
        The mean; the time is geometric. inf where it is above the largest float.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    See :doc:`/chapters/escape/keep-or-heal` (prop-visits).
    """
    p, n, s = word(p), size("n", n), share_of_real(share)
    again = -expm1(n * log1p(-s * p))
    return 1 / again if again > 1e-308 else inf


def immigration_visit_length(p: float, *, n: int, share: float) -> float:
    """Return the mean number of generations from the return of a word to its next loss, in the stationary chain.

    Parameters
    ----------
    p : float
        True frequency of the word, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 20,000.
    share : float
        Probability that a sample is real, 0 < share <= 1.

    Returns
    -------
    float
        (1 - a) / (a r) where a is the probability of absence and 1/r the mean return time; inf where it is
        above the largest float.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    The stationary flow out of absence is the flow into it. See :doc:`/chapters/escape/keep-or-heal` (prop-visits).
    """
    absent, s = immigration_absence(p, n=n, share=share), float(share)
    present = 1 - absent
    if present < 0.5:  # of a rare word: by itself, without cancellation
        present = _dual(n, s, 1 - p, lambda m, row, f: -expm1(m * log1p(-s * p)) + float(row @ f), 0.0)
    again = -expm1(n * log1p(-s * p))
    return present / again / absent if absent > 1e-300 and again > 0 else inf


def immigration_concentration(*, n: int, share: float) -> float:
    """Return theta: the stationary frequencies are about Dirichlet(theta p_1, theta p_2, ...).

    Parameters
    ----------
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    share : float
        Probability s that a sample is real, 0 < s <= 1.

    Returns
    -------
    float
        (n - 1) s (2 - s), with which mean and covariances of the Dirichlet law are those of the chain. Of one
        word: Beta(theta p, theta (1 - p)). As n grows and n s is fixed, theta tends to 2 n s.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range, or n is 1, where every sample is one word.

    Notes
    -----
    Wright (1931). See :doc:`/chapters/escape/fresh-real`.
    """
    n, s = _validate.integer("n", n, minimum=2, maximum=LARGEST), share_of_real(share)
    return (n - 1) * s * (2 - s)
