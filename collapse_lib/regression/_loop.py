"""The loop itself: designs, labels of the last model, fits."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.regression._common import HUGE, Array

LARGEST = 10**7  # of the entries of a design, which is held in memory
WIDEST = 10**4  # of the number of weights: a matrix of its square is held, too
TOGETHER = 10**6  # entries of the designs that are fitted at a time


@dataclass(frozen=True, eq=False)
class Run:
    """The trajectories of a simulation.

    Attributes
    ----------
    weights : ndarray of float, shape (trajectories, generations + 1, d)
        The fitted weights; axis 1 are the generations, generation 0 (the truth) first.
    """

    weights: Array = field(repr=False)

    @property
    def error(self) -> Array:
        """Squared distances from the truth, shape (trajectories, generations + 1)."""
        return ((self.weights - self.weights[:, :1]) ** 2).sum(axis=2)


def simulate(
    truth: ArrayLike,
    *,
    n: int,
    generations: int,
    rng: np.random.Generator | int,
    trajectories: int = 1,
    noise: float = 1.0,
    regime: Literal["replace", "accumulate"] = "replace",
    designs: Literal["fresh", "same"] = "fresh",
    entries: Literal["normal", "uniform", "signs", "orthogonal"] = "normal",
    ridge: float = 0.0,
    start: Literal["cold", "warm"] = "cold",
    real: int = 0,
) -> Run:
    """Simulate linear regression whose labels are re-drawn from the last fitted model.

    Parameters
    ----------
    truth : array_like, shape (d,)
        Weights of the truth (generation 0), at most 10**4, of absolute values up to 1e50.
    n : int
        Rows (examples) of each generation, at least 1; n d is at most 10**7.
    generations : int
        Number of fits, at least 1.
    rng : numpy.random.Generator or int
        Generator, which is advanced, or a non-negative seed for a new one.
    trajectories : int, default 1
        Number of independent runs, at least 1.
    noise : float, default 1.0
        Standard deviation of the normal noise of every label, real or not, 0 to 1e50.
    regime : {"replace", "accumulate"}, default "replace"
        Whether a generation is fitted to the last n rows or to all rows so far.
    designs : {"fresh", "same"}, default "fresh"
        Whether every generation draws its own inputs or all have those of the first one.
    entries : {"normal", "uniform", "signs", "orthogonal"}, default "normal"
        Law of the independent entries of a design, of mean 0 and variance 1: normal, uniform, or signs 1 and -1;
        "orthogonal" is a fixed design whose columns are orthogonal and have the squared length n >= d.
    ridge : float, default 0.0
        Penalty on the squared distance from the start, 0 to 1e50. With 0 the fit is least squares, and of several
        solutions the one that is nearest to the start.
    start : {"cold", "warm"}, default "cold"
        Where a fit starts: at 0, or (from generation 2 on) at the last model.
    real : int, default 0
        How many of the n labels are drawn from the truth in generations 2, 3, ...; in generation 1 all are.

    Returns
    -------
    Run
        `run.weights` and `run.error`, generation 0 first.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape or is out of range; if accumulating is combined with a warm start,
        or with n < d without a ridge; if `real` is not 0 with an orthogonal design; if weights leave the range of
        floating-point numbers.

    Notes
    -----
    The loop of Gerstgrasser et al. (2024) and Dohmatob et al. (2024). See :doc:`/chapters/escape/regression` and
    :doc:`/chapters/escape/warm-starts`.
    """
    truth = _validate.finite("truth", truth, minimum=-HUGE, maximum=HUGE, ndim=1)
    d = truth.size
    if d > WIDEST:
        raise ValueError(f"truth must have at most {WIDEST} weights, got {d}")
    n = _validate.integer("n", n, minimum=1, maximum=LARGEST // d)
    generations = _validate.integer("generations", generations, minimum=1, maximum=LARGEST)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1, maximum=LARGEST)
    noise = _validate.real("noise", noise, minimum=0.0, maximum=HUGE)
    pooled = _validate.choice("regime", regime, ("replace", "accumulate")) == "accumulate"
    fresh = _validate.choice("designs", designs, ("fresh", "same")) == "fresh"
    entries = _validate.choice("entries", entries, ("normal", "uniform", "signs", "orthogonal"))
    ridge = _validate.real("ridge", ridge, minimum=0.0, maximum=HUGE)
    warm = _validate.choice("start", start, ("cold", "warm")) == "warm"
    real = _validate.integer("real", real, minimum=0, maximum=0 if entries == "orthogonal" else n)
    if pooled and warm:
        raise ValueError("start must be 'cold' where regime is 'accumulate', got 'warm'")
    if n < d and (entries == "orthogonal" or (pooled and ridge == 0)):
        raise ValueError(f"n must be an integer >= {d} (weights) for this design and regime, got {n}")
    rng = _validate.generator(rng)
    draw = partial(_design, entries, n, d, rng)
    weights = np.empty((trajectories, generations + 1, d))
    batch = max(1, TOGETHER // (d * (max(n, d) if pooled else n)))
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, trajectories, batch):
            part = weights[first : first + batch]
            part[:, 0] = truth
            X, S, moment = draw(len(part)), np.zeros((len(part), d, d)), np.zeros((len(part), d))
            for k in range(1, generations + 1):
                X = draw(len(part)) if fresh and k > 1 else X
                y = _times(X, part[:, k - 1])
                if k > 1 and real:
                    y[:, :real] = X[:, :real] @ truth
                y += noise * rng.standard_normal(y.shape)
                if pooled:
                    S += X.mT @ X
                    moment += _times(X.mT, y)
                    part[:, k] = _solved(S, moment, ridge, entries)
                else:
                    origin = part[:, k - 1] if warm and k > 1 else np.zeros((len(part), d))
                    part[:, k] = origin + _fit(X, y - _times(X, origin), ridge, entries)
    if not np.isfinite(weights).all():
        raise ValueError(f"generations must be fewer: the weights leave the range of numbers, got {generations}")
    return Run(weights)


def _design(entries: str, n: int, d: int, rng: np.random.Generator, size: int) -> Array:
    """Return designs, shape (size, n, d)."""
    if entries == "normal":
        return rng.standard_normal((size, n, d))
    if entries == "uniform":
        return rng.uniform(-(3**0.5), 3**0.5, (size, n, d))
    if entries == "signs":
        return 2.0 * rng.integers(0, 2, (size, n, d)) - 1
    return np.broadcast_to(np.sqrt(n) * np.eye(n, d), (size, n, d))


def _times(matrices: Array, vectors: Array) -> Array:
    return (matrices @ vectors[..., None])[..., 0]


def _fit(X: Array, y: Array, ridge: float, entries: str) -> Array:
    """Return the ridge solution, or the least-squares solution of smallest norm, from the smaller Gram matrix."""
    if X.shape[1] >= X.shape[2]:
        return _solved(X.mT @ X, _times(X.mT, y), ridge, entries)
    return _times(X.mT, _solved(X @ X.mT, y, ridge, entries))


def _solved(gram: Array, right: Array, ridge: float, entries: str) -> Array:
    """Solve (gram + ridge) x = right; where signs repeat themselves and gram is singular, by its pseudoinverse."""
    size = gram.shape[-1]
    if entries == "signs" and ridge == 0:
        inverse: Any = np.linalg.pinv(gram, rcond=10 * size * np.finfo(float).eps, hermitian=True)
        return _times(inverse, right)
    return np.linalg.solve(gram + ridge * np.eye(size), right[..., None])[..., 0]
