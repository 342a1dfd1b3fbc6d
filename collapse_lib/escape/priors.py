"""A prior in the loop: the model is a draw from the posterior, or its mean; where that ends and how fast."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import Array, generations, size, word
from collapse_lib.escape.immigration import MOST_EXACT, immigration_absence

__all__ = [
    "prior_absence",
    "prior_distance_bounds",
    "prior_diversity",
    "prior_eigenvalues",
    "prior_error",
    "prior_memory",
    "prior_moments",
]


def _prior(n: int, pseudo: float, centre: float = 0.5) -> tuple[int, float, float]:
    a = _validate.real("pseudo", pseudo, above=0.0, maximum=1e12)
    return size("n", n), a, _validate.real("centre", centre, above=0.0, below=1.0)


def prior_memory(*, n: int, pseudo: float, k: ArrayLike) -> Any:
    """Return (n / (n + a))^k, the weight that the truth still has in the mean of generation k.

    Parameters
    ----------
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    pseudo : float
        Number a of pseudo-counts of the prior, 0 < a <= 10**12; need not be an integer.
    k : int or array of int
        Generation, k >= 0.

    Returns
    -------
    float or ndarray
        The weight, with the shape of `k`; the prior has the rest.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    The same for a model drawn from the posterior and for its mean. See :doc:`/chapters/escape/priors`
    (thm-prior-rate).
    """
    n, a, _ = _prior(n, pseudo)
    return answer(np.exp(-generations(k) * np.log1p(a / n)))


def prior_eigenvalues(j: ArrayLike, *, n: int, pseudo: float) -> Any:
    """Return the eigenvalues of the chain of models that are drawn from their posterior.

    Parameters
    ----------
    j : int or array of int
        Degree of the eigenfunction, a polynomial; j >= 0.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    pseudo : float
        Number a of pseudo-counts of the Beta or Dirichlet prior, 0 < a <= 10**12.

    Returns
    -------
    float or ndarray
        n (n - 1) ... (n - j + 1) / ((n + a) (n + a + 1) ... (n + a + j - 1)), with the shape of `j`; 0 for
        j > n.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Diaconis, Khare and Saloff-Coste (2008). See :doc:`/chapters/escape/priors`.
    """
    degrees = _validate.integers("j", j, minimum=0, maximum=1_000_000)
    n, a, _ = _prior(n, pseudo)
    i = np.arange(min(int(degrees.max()), n))
    logs = np.append(0.0, np.cumsum(np.log1p(-i / n) - np.log1p((a + i) / n)))
    return answer(np.where(degrees <= n, np.exp(logs[np.minimum(degrees, n)]), 0.0))


def prior_moments(
    p: float, *, n: int, pseudo: float, centre: float, update: str, k: ArrayLike | None = None
) -> tuple[Any, Any]:
    """Return mean and variance of the frequency of a word in the model of generation k.

    Generation k + 1 is fitted to n samples of generation k with the prior Beta(a c, a (1 - c)) for the word's
    frequency: it is a draw from the posterior, or the posterior's mean.

    Parameters
    ----------
    p : float
        Frequency under the truth, 0 <= p <= 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    pseudo : float
        Number a of pseudo-counts, 0 < a <= 10**12; in a Dirichlet prior the sum of all its parameters.
    centre : float
        Mean c of the prior, 0 < c < 1.
    update : {"sample", "mean"}
        Whether the model is a draw from the posterior or its mean (smoothing with pseudo-counts).
    k : int or array of int, optional
        Generation, k >= 0. Without it: the limit.

    Returns
    -------
    mean, variance : float or ndarray
        With the shape of `k`. The limits are c and c (1 - c) times 1 / (1 + a) for "sample", and times
        1 / (1 + 2 a + a^2 / n) for "mean".

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    That draws converge to the prior: Griffiths and Kalish (2007). See :doc:`/chapters/escape/priors`.
    """
    p, (n, a, c) = _validate.probability("p", p), _prior(n, pseudo, centre)
    draws = _validate.choice("update", update, ("sample", "mean")) == "sample"
    if k is None:
        return c, c * (1 - c) / (1 + a if draws else 1 + 2 * a + a * (a / n))
    steps = generations(k)
    log_memory = -np.log1p(a / n)
    memory = np.exp(steps * log_memory)
    redraw = 1 / (n + a + 1) if draws else 0.0  # share of c (1 - c) that a draw from the posterior adds
    share = np.exp(log_memory)
    forced = [(1 - redraw) * share**2 / n + redraw * share**i for i in range(3)]
    factor = 2 * log_memory + (np.log1p(-1 / n) if n > 1 else -np.inf) + np.log1p(-redraw)
    gap = p - c
    variance = np.zeros_like(steps)
    for i, part in enumerate((c * (1 - c), (1 - 2 * c) * gap, -gap * gap)):
        variance = variance + part * forced[i] * _geometric(i * log_memory, factor, steps)
    return answer(c + gap * memory), answer(np.maximum(variance, 0.0))


def _geometric(slow: float, fast: float, k: Array) -> Array:
    """Return the sum over j < k of e^(slow j) e^(fast (k - 1 - j)), for fast < slow."""
    ends = -np.expm1(np.where(k > 0, np.maximum(k, 1.0) * (fast - slow), 0.0))
    return np.exp(np.maximum(k - 1, 0.0) * slow) * ends / -np.expm1(fast - slow)


def prior_error(
    p: float, *, n: int, pseudo: float, centre: float, update: str, k: ArrayLike | None = None
) -> Any:
    """Return the mean square error of the frequency of a word in generation k: bias squared plus variance.

    Parameters
    ----------
    p : float
        Frequency under the truth, 0 <= p <= 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    pseudo : float
        Number a of pseudo-counts, 0 < a <= 10**12.
    centre : float
        Mean of the prior, strictly between 0 and 1.
    update : {"sample", "mean"}
        Whether the model is a draw from the posterior or its mean.
    k : int or array of int, optional
        Generation, k >= 0. Without it: the limit.

    Returns
    -------
    float or ndarray
        E (P_k - p)^2, with the shape of `k`. Without a prior it is p (1 - p) (1 - (1 - 1/n)^k).

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    See :doc:`/chapters/escape/priors` (prop-prior-error).
    """
    _, variance = prior_moments(p, n=n, pseudo=pseudo, centre=centre, update=update, k=k)
    forgotten = 1.0
    if k is not None:
        forgotten = -np.expm1(-generations(k) * np.log1p(pseudo / n))
    return answer((float(p) - float(centre)) ** 2 * np.square(forgotten) + variance)


def prior_diversity(
    p: float, *, n: int, pseudo: float, centre: float, update: str, k: ArrayLike | None = None
) -> Any:
    """Return the expected diversity of generation k for one word, as a share of the truth's.

    Parameters
    ----------
    p : float
        Frequency under the truth, 0 < p < 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    pseudo : float
        Number a of pseudo-counts, 0 < a <= 10**12.
    centre : float
        Mean c of the prior, 0 < c < 1.
    update : {"sample", "mean"}
        Whether the model is a draw from the posterior or its mean.
    k : int or array of int, optional
        Generation, k >= 0. Without it: the limit.

    Returns
    -------
    float or ndarray
        E P_k (1 - P_k) / (p (1 - p)), with the shape of `k`; above 1 where the prior has more than the truth.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    See :doc:`/chapters/escape/priors` (thm-prior-equilibria).
    """
    p = word(p)
    mean, variance = prior_moments(p, n=n, pseudo=pseudo, centre=centre, update=update, k=k)
    return answer(np.maximum(mean * (1 - mean) - variance, 0.0) / (p * (1 - p)))


def prior_distance_bounds(
    p: float, *, n: int, pseudo: float, centre: float, k: ArrayLike
) -> tuple[Any, Any]:
    """Return bounds of the total variation between the counts of generation k and their limit law.

    Parameters
    ----------
    p : float
        Frequency of a word under the truth, 0 <= p <= 1.
    n : int
        Samples in each generation, 1 <= n <= 10**9.
    pseudo : float
        Number a of pseudo-counts, 0 < a <= 10**12.
    centre : float
        Frequency of the word under the prior, strictly between 0 and 1.
    k : int or array of int
        Generation whose n samples are counted, k >= 1; those of generation 1 are real.

    Returns
    -------
    lower, upper : float or ndarray
        abs(p - centre) m^(k-1) and min(1, n m^(k-1)) with m = n / (n + a), with the shape of `k`. They hold
        for draws from the posterior and for its mean, and the upper one for a whole vocabulary.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    Pólya's urn read backwards; we have not found the bounds stated elsewhere. See
    :doc:`/chapters/escape/priors` (thm-prior-rate).
    """
    p, (n, a, c) = _validate.probability("p", p), _prior(n, pseudo, centre)
    memory = np.exp(-(generations(k, minimum=1) - 1) * np.log1p(a / n))
    return answer(abs(p - c) * memory), answer(np.minimum(n * memory, 1.0))


def prior_absence(*, n: int, pseudo: float, centre: float, update: str) -> float:
    """Return the probability that a word is absent from the n samples of a generation, in the limit.

    Parameters
    ----------
    n : int
        Samples in each generation, 1 <= n <= 10**9; at most 20,000 for "mean".
    pseudo : float
        Number a of pseudo-counts, 0 < a <= 10**12.
    centre : float
        Frequency c of the word under the prior, 0 < c < 1.
    update : {"sample", "mean"}
        Whether the model is a draw from the posterior or its mean.

    Returns
    -------
    float
        For "sample" Gamma(a) Gamma(a (1 - c) + n) / (Gamma(a (1 - c)) Gamma(a + n)), for "mean" the absence
        in the chain with immigration of share a / (n + a) and frequency c.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.

    Notes
    -----
    See :doc:`/chapters/escape/priors` and :func:`immigration_absence`.
    """
    n, a, c = _prior(n, pseudo, centre)
    if _validate.choice("update", update, ("sample", "mean")) == "mean":
        n = _validate.integer("n", n, minimum=1, maximum=MOST_EXACT)
        return immigration_absence(c, n=n, share=a / (n + a))
    rest, seen = a * (1 - c), a * c
    later = special.betaln(rest + n, seen + 1) - special.betaln(rest + 1, seen + 1)
    return float(min((1 - c) * (a + n) / (a + 1) * np.exp(later), 1.0))
