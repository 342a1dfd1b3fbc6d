"""All remedies side by side at equal cost: what each one keeps, what it asks for, and how much real data a target needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import LARGEST, generations, size, towards
from collapse_lib.escape.accumulation import accumulate_diversity, accumulate_limit
from collapse_lib.escape.fixed import fixed_real_diversity
from collapse_lib.escape.fresh import fresh_real_diversity
from collapse_lib.escape.weights import adaptive_error, best_weight

__all__ = [
    "Remedy",
    "accumulate_fresh_diversity",
    "pseudo_count_diversity",
    "real_needed",
    "remedies",
]

LONGEST = 10**6  # generations of a pile with fresh real data, summed one by one
ROUNDING = 1e-12  # a target that is missed by so little is reached


def accumulate_fresh_diversity(k: ArrayLike, *, n: int, real: int) -> Any:
    """Return the expected diversity when all data are kept and each batch brings fresh real samples.

    Generation 1 is fitted to n real samples; each later one adds `real` fresh real samples and n - real of the
    last model to the pile, and is fitted to all of it.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**6.
    n : int
        Samples in each batch, 1 to 10**9.
    real : int
        Fresh real samples among them, 0 to n.

    Returns
    -------
    float or ndarray
        E Var_{P_k}(f) / Var_{P_0}(f) for every function f of one sample, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    With rho = real/n and v = 1 - diversity, v_{k+1} = ((1 - rho/(k+1))^2 - (1 - rho)/(n (k+1)^2)) v_k
    + 1/(n (k+1)^2). It tends to 0 like k^(-2 rho) for rho < 1/2 and like 1/(n (2 rho - 1) k) for rho > 1/2. We have
    not found it stated elsewhere. See :doc:`/chapters/escape/which-remedy` (prop-pile-fresh).
    """
    n = size("n", n)
    r = _validate.integer("real", real, minimum=0, maximum=n)
    k = _validate.integers("k", k, minimum=0, maximum=LONGEST)
    last = max(int(k.max()), 1)
    share, j = r / n, np.arange(2.0, last + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((j - share) ** 2 - (1 - share) / n) - 2 * np.log(j))])
    fading = np.exp(logs)
    noise = 1 / (n * np.arange(1.0, last + 1) ** 2)
    error = np.concatenate([[0.0], fading * np.cumsum(noise / fading)])
    return answer(1 - error[k])


def pseudo_count_diversity(k: ArrayLike | None = None, *, n: int, pseudo: float) -> Any:
    """Return the expected diversity when each fit adds pseudo-counts in the proportions of the truth.

    Generation k is (N + a p)/(n + a), where N are the counts of n samples of generation k - 1, p the true
    frequencies and a = `pseudo`.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 to 10**9. Without it: the limit.
    n : int
        Synthetic samples in each generation, 1 to 10**9.
    pseudo : float
        Pseudo-counts a, 0 <= a <= 10**9, not necessarily whole.

    Returns
    -------
    float or ndarray
        E Var_{P_k}(f) / Var_{P_0}(f) for every function f of one sample, of the shape of `k`. The limit is
        1 - 1/(1 + 2 a + a^2/n). With proportions estimated from R real samples: (1 - 1/R) times the value.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/which-remedy`.
    """
    n, a = size("n", n), _validate.real("pseudo", pseudo, minimum=0.0, maximum=LARGEST)
    pull = 2 * a + a * a / n
    limit = pull / (1 + pull)
    if k is None:
        return limit
    return towards(limit, 2 * log(n / (n + a)) + log1p(-1 / n) if n > 1 else -inf, generations(k))


# ------------------------------------------------------------------------------------ the table


@dataclass(frozen=True)
class Remedy:
    """One line of the table of remedies; see `remedies`.

    Attributes
    ----------
    name : str
        Its name; `real_needed` takes those that use new or kept real data.
    diversity : float
        Expected diversity of the last generation, as a share of the truth's.
    limit : float
        The same after very many generations.
    real : float
        Real samples bought, in all generations together (for ``"fixed compute"`` their expected number).
    calls : float
        Samples drawn from models, in all generations together.
    read : int
        Samples read by all fits together.
    memory : str
        What must be kept from one generation to the next beside the last model: ``"nothing"`` or what.
    stored : int
        How many samples that is after the last generation.
    """

    name: str
    diversity: float
    limit: float
    real: float
    calls: float
    read: int
    memory: str
    stored: int


def _weighted(n: int, r: int, K: int | None) -> float:
    if r == 0:
        return _replaced(n, K)
    if K is None:
        return 1 - best_weight(real=r, synthetic=n - r) / r
    return 1 - float(adaptive_error(K, real=r, synthetic=n - r))


def _replaced(n: int, K: int | None) -> float:
    return 0.0 if K is None else float(fresh_real_diversity(n=n, real=0, k=K))


def _pile(n: int, r: int, K: int | None) -> float:
    if K is None:
        return 1.0 if r else accumulate_limit(n=n)
    return float(accumulate_fresh_diversity(K, n=n, real=r)) if r else float(accumulate_diversity(K, n=n))


def _alone(n: int, r: int, K: int | None) -> float:
    size_now = n if K == 1 else r
    return 1 - 1 / size_now if size_now else 0.0


def _all_real(n: int, r: int, K: int | None) -> float:
    if K is None:
        return 1.0 if r else 1 - 1 / n
    return 1 - 1 / (n + r * (K - 1))


_LAWS: dict[str, Callable[[int, int, int | None], float]] = {
    "kept, pooled": lambda n, r, K: float(fixed_real_diversity(K, n=n - r, real=r)),
    "fresh, pooled": lambda n, r, K: float(fresh_real_diversity(n=n - r, real=r, k=K)),
    "fresh, weighted": _weighted,
    "pseudo-counts": lambda n, r, K: float(pseudo_count_diversity(K, n=n, pseudo=r)),
    "fresh, pile": _pile,
    "fresh alone": _alone,
    "all real": _all_real,
}


def remedies(*, n: int, real: int, generations: int) -> tuple[Remedy, ...]:
    """Return all remedies side by side, each with n samples a fit and the same supply of real data.

    Parameters
    ----------
    n : int
        Samples that a fit reads, 2 to 10**9; a pile grows by n in each generation. Generation 1 is fitted to n
        real samples.
    real : int
        Real samples among the n of each later generation, 0 to n - 1; also the size of the kept set and the
        number of pseudo-counts.
    generations : int
        Number of generations K, 1 to 10**6.

    Returns
    -------
    tuple of Remedy
        The lines of the table: doing nothing (``"replace"``), last model only, more memory, no synthetic data.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Every line is a theorem of the part; the page has the links: :doc:`/chapters/escape/which-remedy`. The weights
    are the best sequence of weights (`adaptive_error`); their limit belongs to the constant `best_weight`, too.

    Examples
    --------
    >>> table = {line.name: line for line in remedies(n=50, real=1, generations=100)}
    >>> round(table["fresh, weighted"].limit, 4), round(table["all real"].diversity, 4)
    (0.875, 0.9933)
    """
    n, r, K = _arguments(n, real, generations)
    bought, later, m = n + r * (K - 1), K - 1, n - r
    kept = float(accumulate_diversity(K, n=n))
    harmonic = float(np.sum(1 / np.arange(1.0, K + 1)))

    def line(name: str, real: float, calls: float, read: int, memory: str, stored: int) -> Remedy:
        law = _LAWS[name]
        return Remedy(name, law(n, r, K), law(n, r, None), real, calls, read, memory, stored)

    none = "nothing"
    everything = n * K * (K + 1) // 2
    return (
        Remedy("replace", _replaced(n, K), 0.0, n, n * later, n * K, none, 0),
        line("kept, pooled", n, m * later, n * K, "the real set", r),
        line("fresh alone", bought, 0, n + r * later, none, 0),
        line("fresh, pooled", bought, m * later, n * K, none, 0),
        line("fresh, weighted", bought, m * later, n * K, none, 0),
        line("pseudo-counts", n, n * later, n * K, "the truth", 0),
        Remedy("pile", kept, accumulate_limit(n=n), n, n * later, everything, "all data", n * K),
        Remedy("fixed compute", kept, accumulate_limit(n=n), n * harmonic, n * (K - harmonic), n * K, "all models", 0),
        line("fresh, pile", bought, m * later, everything, "all data", n * K),
        Remedy("first model", 1 - 1 / n, 1 - 1 / n, n, 0, n, none, 0),
        line("all real", bought, 0, n * K + r * K * later // 2, "real data", bought),
    )


def real_needed(target: float, *, remedy: str, n: int, generations: int) -> int | None:
    """Return how many real samples a generation a remedy needs for a target.

    Parameters
    ----------
    target : float
        Diversity that generation K must have, as a share of the truth's, 0 < target < 1. One that is missed by
        rounding (1e-12) counts as reached.
    remedy : {"fresh, pooled", "fresh, weighted", "pseudo-counts", "fresh, pile", "fresh alone", "all real"}
        The name of a remedy whose diversity grows with the number of real samples.
    n : int
        Samples that a fit reads, 2 to 10**9, as in :func:`remedies`.
    generations : int
        Number of generations K, 1 to 10**6.

    Returns
    -------
    int or None
        The smallest number in 0, ..., n - 1 (of pseudo-counts, where these are the remedy), or None where not even
        n - 1 is enough.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/which-remedy`.
    """
    target = _validate.real("target", target, above=0.0, below=1.0)
    law = _LAWS[_validate.choice("remedy", remedy, [name for name in _LAWS if name != "kept, pooled"])]
    n, _, K = _arguments(n, 0, generations)
    target -= ROUNDING
    low, high = -1, n - 1  # not enough at low
    if law(n, high, K) < target:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if law(n, middle, K) >= target else (middle, high)
    return high


def _arguments(n: int, real: int, generations: int) -> tuple[int, int, int]:
    n = size("n", n, minimum=2)
    r = _validate.integer("real", real, minimum=0, maximum=n - 1)
    return n, r, _validate.integer("generations", generations, minimum=1, maximum=LONGEST)
