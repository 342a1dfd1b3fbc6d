"""What the generations lose: mean variance, mean divergence, almost-sure rate."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib._family import LARGEST, Family
from collapse_lib.families import Bernoulli, Exponential, Gamma, GaussianLocation, GaussianScale, Poisson
from collapse_lib.information.law import divergence, potential, quadratic, variance_function
from collapse_lib.variance import _gamma_walk

__all__ = ["expected_divergence", "expected_variance_function", "log_rate"]

Array = NDArray[np.float64]

MOST = 4096  # counts of the transfer matrix


def expected_variance_function(family: Family, mean: float, *, k: ArrayLike, n: int) -> Any:
    """Return E V(mu_k) = V(mu_0) (1 + c/n)^k, c the quadratic coefficient of V.

    Parameters
    ----------
    family : Family
        A one-parameter exponential family of :mod:`collapse_lib.families`.
    mean : float
        The true mean mu_0.
    k : array_like of int
        Generations, 0 to 10^9.
    n : int
        Sample size per generation, 1 to 10^9.

    Returns
    -------
    float or ndarray
        Mean of the variance of one sample of generation k, with the shape of `k`; inf beyond the largest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Proved in :doc:`/chapters/collapse/exponential-families`.
    """
    curvature = quadratic(family)[2]
    mu, k, n = _arguments(family, mean, k, n)
    now = variance_function(family, mu)
    with np.errstate(over="ignore", divide="ignore"):  # n = 1, Bernoulli: ln 0 = -inf, and its exponential is 0
        growth = np.exp(np.maximum(k, 1) * np.log1p(curvature / n))
        return answer(np.where(k > 0, now * growth if now > 0 else 0.0, now))


def log_rate(family: Family, *, n: int) -> float:
    """Return -E ln(mu_{k+1}/mu_k) = ln(n r) - psi(n r), the almost-sure rate of a gamma family of shape r.

    Parameters
    ----------
    family : Exponential, Gamma or GaussianScale
        Shape r = 1, `shape`, 1/2; for GaussianScale mu is the variance.
    n : int
        Sample size per generation, 1 to 10^9.

    Returns
    -------
    float
        The rate per generation: -ln(mu_k)/k tends to it with probability one.

    Raises
    ------
    TypeError, ValueError
        If `family` is no gamma family (the others reach 0, or do not collapse), or `n` is out of range.

    Notes
    -----
    Proved in :doc:`/chapters/collapse/who-collapses`. Relative error below 1e-12.
    """
    if not isinstance(family, (Exponential, Gamma, GaussianScale)):
        raise TypeError(f"family must be Exponential(), Gamma(...) or GaussianScale(), got {family!r}")
    return 2 * _gamma_walk.log_rate(_validate.integer("n", n, minimum=1, maximum=LARGEST) * family._shape, 0.0)


def expected_divergence(
    family: Family, mean: float, *, k: ArrayLike, n: int, error: float = 1e-6
) -> Any:
    """Return E KL(P_k || P_0), the information lost by generation k, exactly.

    Closed forms for the gamma families and the Gaussian location; for the families of counts the law of the
    total is carried along by its transfer matrix.

    Parameters
    ----------
    family : Family
        A one-parameter exponential family of :mod:`collapse_lib.families`.
    mean : float
        The true mean mu_0.
    k : array_like of int
        Generations, 0 to 10^9 (0 to 10^4 for the families of counts).
    n : int
        Sample size per generation, 1 to 10^9 (1 to 4,095 for Bernoulli).
    error : float, default 1e-6
        Largest error in nats for Geometric and NegativeBinomial, whose laws have heavy tails: each call encloses
        the part of the mean that leaves the matrix. The others have that of rounding.

    Returns
    -------
    float or ndarray
        Nats per sample, with the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or 4,096 counts do not reach that accuracy.

    Notes
    -----
    Proved in :doc:`/chapters/collapse/exponential-families`.
    """
    quadratic(family)
    mu, k, n = _arguments(family, mean, k, n)
    error = _validate.real("error", error, above=0.0)
    if isinstance(family, GaussianLocation):
        return answer(k / (2 * n))
    if isinstance(family, (Exponential, Gamma, GaussianScale)):
        if mu == 0:
            return answer(0.0 * k)
        return answer(k * family._shape * log_rate(family, n=n))
    if k.max() > 10**4 or mu > 10**4:
        raise ValueError(
            f"k and mean must be at most 10000 for {family!r}, got k up to {int(k.max())} and mean = {mu!r}"
        )
    generations, where = np.unique(k.astype(np.int64), return_inverse=True)
    if mu == 0 or (mu == 1 and isinstance(family, Bernoulli)):
        return answer(0.0 * k)
    if isinstance(family, Bernoulli):
        values = _frequencies(mu, generations, n)
    elif isinstance(family, Poisson):
        values = _poisson(mu, generations, n)
    else:
        values = _waiting(family, mu, generations, n, error)
    return answer(values[where].reshape(k.shape))


def _frequencies(mu: float, generations: NDArray[np.int64], n: int) -> Array:
    """E KL(P_k || P_0) of a word: powers of the Wright-Fisher matrix."""
    if n >= MOST:
        raise ValueError(f"n must be an integer < {MOST} for Bernoulli(), got {n}")
    total, means = np.arange(n + 1), np.arange(n + 1) / n
    step, first = stats.binom.pmf(total, n, means[:, None]), stats.binom.pmf(total, n, mu)
    gap = divergence(Bernoulli(), means, mu)
    return np.array([law @ gap for law in _laws(first, step, generations)])


def _poisson(mu: float, generations: NDArray[np.int64], n: int) -> Array:
    """mu_0 E ln(N/c), N the size-biased count, whose Laplace transform is known: ln as Frullani's integral."""
    count = n * mu
    low, high = -32 - np.log(count + generations[-1] + 1), 6.0
    node, weight = special.roots_legendre(600)
    t = np.exp(low + (high - low) * (node + 1) / 2)
    iterate, spent, values = t.copy(), np.zeros(t.size), []
    for k in range(generations[-1] + 1):
        if k in generations:
            values.append((np.exp(-t) - np.exp(-spent - count * iterate)) @ weight * (high - low) / 2 - log(count))
        spent += iterate
        iterate = -np.expm1(-iterate)
    return mu * np.array([0.0 if k == 0 else value for k, value in zip(generations, values, strict=True)])


def _waiting(family: Any, mu: float, generations: NDArray[np.int64], n: int, error: float) -> Array:
    """phi(mu_0) - E phi(mu_k), from the law of the total on 0, ..., top; what leaves it is enclosed.

    phi is concave with phi(0) = 0. So a run that first leaves at x has 0 <= E phi(mu_k) <= phi(x) <= x times
    phi/mu at the top; and the mean that has left is what the martingale lacks.
    """
    r, start = family._successes, potential(family, mu)
    smallest = min(MOST, max(64, int(8 * n * mu)))
    for top in sorted({smallest, min(4 * smallest, MOST), min(16 * smallest, MOST), MOST}):
        total, means = np.arange(top + 1), np.arange(top + 1) / n
        ways = special.gammaln(total + n * r) - special.gammaln(n * r) - special.gammaln(total + 1)

        def law(mean: Array) -> Array:
            mean = mean[:, None]
            return np.exp(ways - n * r * np.log1p(mean / r) + special.xlogy(total, mean / (mean + r)))

        laws = np.array(list(_laws(law(np.array([mu]))[0], law(means), generations)))
        gone = np.where(generations > 0, np.maximum(mu - laws @ means, 0.0), 0.0)
        gone *= potential(family, means[-1]) / means[-1]
        if gone.max() <= 2 * error:
            return np.where(generations > 0, start - laws @ potential(family, means) - gone / 2, 0.0)
    raise ValueError(
        f"k, n and mean must be so small that {MOST} counts carry the law of the total within {error} nats, "
        f"got k up to {int(generations[-1])}, n = {n} and mean = {mu!r} for {family!r}"
    )


def _laws(first: Array, step: Array, generations: NDArray[np.int64]) -> Iterator[Array]:
    """Yield the law of the total in each of the increasing generations; for generation 0 that of the first."""
    law, at = first, 1
    for k in generations:
        for _ in range(k - at):
            law = law @ step
        at = max(at, int(k))
        yield law if k > 0 else np.zeros_like(first)


def _arguments(family: Family, mean: float, k: ArrayLike, n: int) -> tuple[float, Array, int]:
    mu = float(family._check("mean", _validate.real("mean", mean)))
    k = _validate.integers("k", k, minimum=0, maximum=LARGEST).astype(np.float64)
    return mu, k, _validate.integer("n", n, minimum=1, maximum=LARGEST)
