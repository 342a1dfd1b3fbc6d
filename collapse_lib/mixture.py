"""The symmetric mixture of two normal laws: fits of raw samples, and recursive training.

The model has one mean mu >= 0 and one standard deviation sigma: a sample is N(mu, sigma^2) or
N(-mu, sigma^2), each with probability 1/2. It is no exponential family, so a fit needs the samples
themselves, and the cost grows with n: that is why the mixture is not one of :mod:`collapse_lib.families`.
The chapters are :doc:`/chapters/collapse/mixture` and :doc:`/chapters/collapse/mixture-theorem`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _mixture_fit, _validate

__all__ = ["Run", "approximate_ml", "joint_ml", "simulate"]

HUGE = 1e140  # of a mean and a standard deviation, as for the Gaussian families
LARGEST = 10**7  # of n: the samples of a generation are held in memory

Fit = Callable[[_mixture_fit.Folded], tuple[Any, Any]]


def joint_ml(samples: ArrayLike) -> tuple[Any, Any]:
    """Return the maximum-likelihood estimate (mean, sd), the global one.

    Parameters
    ----------
    samples : array_like, shape (..., n)
        The samples of a fit on the last axis, n >= 1; any finite numbers.

    Returns
    -------
    mean, sd : float or ndarray, shape (...)
        mean >= 0 and sd >= 0, with mean^2 + sd^2 the mean of the squared samples. Where the absolute values
        of all samples are equal (always if n = 1), the likelihood has no bound: mean is that value, sd is 0.

    Raises
    ------
    TypeError, ValueError
        If the samples are no finite numbers or have no axis.

    Notes
    -----
    The stationary points of the likelihood are mean = 0, which is always one, and the solutions of mu = mean
    of x tanh(x mu/sigma^2), sigma^2 = mean of x^2 - mu^2. Both sides are functions of b = mu/sigma^2; a grid
    of doubling b, refined where two roots may hide between its points, brackets the roots, Newton's method
    polishes them, and the likelihoods are compared. Where the mean is far above the sd, sigma^2 is computed
    as the variance of abs(x) plus a positive term, so nothing cancels. See :doc:`/chapters/collapse/mixture`.
    """
    return _fitted(_mixture_fit.joint, samples)


def approximate_ml(samples: ArrayLike, *, a: float = 50.0) -> tuple[Any, Any]:
    """Return the seed paper's approximate joint estimate (mean, sd).

    Parameters
    ----------
    samples : array_like, shape (..., n)
        The samples of a fit on the last axis, n >= 1; any finite numbers.
    a : float, default 50.0
        Constant of the algorithm for well separated samples, a > 2; ``math.inf`` is allowed.

    Returns
    -------
    mean, sd : float or ndarray, shape (...)
        mean >= 0 and sd >= 0, with mean^2 + sd^2 the mean of the squared samples; sd is 0 if n = 1.

    Raises
    ------
    TypeError, ValueError
        If the samples are no finite numbers or have no axis, or `a` is out of range.

    Notes
    -----
    Suresh et al. (2025), Algorithm 1, with a = 50 as in its code. Let m_1 and v be the mean and the variance
    (divisor n) of abs(x), m_2 = m_1^2 + v, r = m_2/m_1^2 and 1 + kappa = exp((n+15)/(4(n-1)(n+7))). Then sd^2 is
    min(m_2, (1+kappa) v) if r > 1 + kappa, and a r/(a + 2r) v otherwise: the same numbers as in the original
    form, without its cancellation. See :doc:`/chapters/collapse/mixture-theorem`.
    """
    return _fitted(partial(_mixture_fit.approximate, a=_constant(a)), samples)


@dataclass(frozen=True, eq=False)
class Run:
    """The trajectories of a simulation.

    Attributes
    ----------
    n : tuple of int
        Samples drawn for generations 1, 2, ...
    estimator : {"joint", "approximate"}
        The fit.
    mean, sd : ndarray of float, shape (trajectories, generations + 1)
        The parameters; axis 1 are the generations, generation 0 (the truth) first.
    """

    n: tuple[int, ...] = field(repr=False)
    estimator: str
    mean: NDArray[np.float64] = field(repr=False)
    sd: NDArray[np.float64] = field(repr=False)


def simulate(
    mean: float,
    sd: float,
    *,
    n: int | Sequence[int],
    generations: int,
    rng: np.random.Generator | int,
    trajectories: int = 1,
    estimator: Literal["joint", "approximate"] = "joint",
    a: float = 50.0,
) -> Run:
    """Simulate recursive training of the symmetric mixture.

    Parameters
    ----------
    mean : float
        Mean of the truth (generation 0), 0 <= mean <= 1e140.
    sd : float
        Standard deviation of each component of the truth, 0 < sd <= 1e140.
    n : int or sequence of int
        Samples drawn from each generation for the next, 1 to 10**7: one number, or a schedule with one for
        each of generations 1, 2, ..., `generations`.
    generations : int
        Number of fits, at least 1.
    rng : numpy.random.Generator or int
        Generator, which is advanced, or a non-negative seed for a new one.
    trajectories : int, default 1
        Number of independent runs, at least 1.
    estimator : {"joint", "approximate"}, default "joint"
        The fit: :func:`joint_ml` or :func:`approximate_ml`.
    a : float, default 50.0
        Constant of :func:`approximate_ml`; the other estimator does not use it.

    Returns
    -------
    Run
        `run.mean` and `run.sd`, generation 0 first.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape or is out of range.

    Notes
    -----
    The chain of Suresh et al. (2025), Theorem 4. Both fits see the absolute values of the samples only, and
    abs(mu + sigma w) has the law of a sample's absolute value, w standard normal; so no component is drawn. The
    samples are held as mean + sd*u, and the sd keeps its digits down to about 1e-308, long after the samples
    themselves would have been rounded to the mean. See :doc:`/chapters/collapse/mixture`.
    """
    mean = _validate.real("mean", mean, minimum=0.0, maximum=HUGE)
    sd = _validate.real("sd", sd, above=0.0, maximum=HUGE)
    generations = _validate.integer("generations", generations, minimum=1, maximum=LARGEST)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1, maximum=LARGEST)
    sizes = _schedule(n, generations)
    estimator = _validate.choice("estimator", estimator, ("joint", "approximate"))
    a = _constant(a)
    fit: Fit = _mixture_fit.joint if estimator == "joint" else partial(_mixture_fit.approximate, a=a)
    rng = _validate.generator(rng)
    means, sds = np.empty((2, generations + 1, trajectories))
    means[0], sds[0] = mean, sd
    for k, size in enumerate(sizes):
        batch = max(1, _mixture_fit.TOGETHER // size)
        for first in range(0, trajectories, batch):
            rows = slice(first, first + batch)
            means[k + 1, rows], sds[k + 1, rows] = fit(_draw(means[k, rows], sds[k, rows], size, rng))
    return Run(sizes, estimator, means.T, sds.T)


def _draw(mean: Any, sd: Any, n: int, rng: np.random.Generator) -> _mixture_fit.Folded:
    """Return n absolute values |mean + sd w| for each trajectory, as mean + sd u."""
    with np.errstate(all="ignore"):
        ratio = np.where(sd > 0, 2 * (mean / np.where(sd > 0, sd, 1.0)), np.inf)
    w = rng.standard_normal((n, mean.size))
    np.maximum(w, -w - ratio, out=w)  # |w + mean/sd| - mean/sd
    return _mixture_fit.fold(mean, sd, w)


def _fitted(fit: Fit, samples: ArrayLike) -> tuple[Any, Any]:
    """Fit all samples, in chunks that stay in the cache, each divided by its largest absolute value."""
    x = np.abs(_validate.finite("samples", samples))
    if x.ndim == 0:
        raise ValueError(f"samples must have at least 1 dimension, got {samples!r}")
    rows = x.reshape(-1, x.shape[-1])
    scale = rows.max(axis=1)
    unit = np.where(scale > 0, scale, 1.0)[:, None]
    mean, sd = np.empty((2, len(rows)))
    batch = max(1, _mixture_fit.TOGETHER // rows.shape[1])
    for first in range(0, len(rows), batch):
        part = slice(first, first + batch)
        u = (rows[part] / unit[part]).T
        u = np.ascontiguousarray(u) if u.shape[1] > u.shape[0] else u
        zero, one = np.zeros(u.shape[1]), np.ones(u.shape[1])
        mean[part], sd[part] = fit(_mixture_fit.fold(zero, one, u))
    shape = x.shape[:-1]
    return tuple((scale * part).reshape(shape)[()] for part in (mean, sd))


def _constant(a: float) -> float:
    return np.inf if a == np.inf else _validate.real("a", a, above=2.0)


def _schedule(n: int | Sequence[int], generations: int) -> tuple[int, ...]:
    """Return the sample sizes of all generations, or raise an error that names n."""
    sizes = _validate.integers("n", n, minimum=1, maximum=LARGEST)
    if sizes.ndim == 0:
        return (_validate.integer("n", n),) * generations
    if sizes.shape != (generations,):
        raise ValueError(
            f"n must be an integer or have one entry for each of the {generations} generations, "
            f"got shape {sizes.shape}"
        )
    return tuple(sizes.tolist())
