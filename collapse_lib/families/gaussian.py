"""Gaussian families, on the line and in many dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate
from collapse_lib._family import HUGE, Family, instance, pair, sizes
from collapse_lib._statistics import Moments, VectorMoments

__all__ = ["Gaussian", "MultivariateGaussian"]


@dataclass(frozen=True)
class _Normal(Family):
    """What the two Gaussian families share: the divisor of the variance, size - ddof."""

    ddof: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "ddof", _validate.integer("ddof", self.ddof, minimum=0, maximum=1))

    @property
    def minimum(self) -> int:
        """The smallest sample that can be fitted: its divisor is 1."""
        return self.ddof + 1


@dataclass(frozen=True)
class Gaussian(_Normal):
    """Normal samples on the line.

    The parameter is the pair (mean, sd) of arrays of shape (trajectories,), sd >= 0 the STANDARD DEVIATION,
    both up to 1e140; a start is a pair of numbers with sd > 0. The statistic is :class:`Moments`: a normal mean
    and, independent of it, sd^2 times a chi-square variable with size - 1 degrees of freedom. The fit is the
    sample mean and the square root of scatter/(size - ddof).

    Parameters
    ----------
    ddof : {1, 0}, default 1
        1 divides by n - 1: the seed paper's estimator, "near-ML". 0 divides by n: exact maximum likelihood.

    Notes
    -----
    Suresh et al. (2025), the model of Theorem 3; the law of the statistic is classical (Fisher 1925). A
    standard deviation below about 1e-162 has a scatter below the smallest float: it becomes 0 and stays 0.
    The chapter is :doc:`/chapters/collapse/one-step`.
    """

    parts = ("mean", "sd")

    def _check(self, name: str, value: Any) -> Any:
        mean, sd = pair(name, value, "(mean, sd)")
        mean = _validate.finite(f"{name} mean", mean, minimum=-HUGE, maximum=HUGE)
        sd = _validate.finite(f"{name} sd", sd, minimum=0.0, maximum=HUGE)
        if mean.shape != sd.shape:
            raise ValueError(
                f"{name} must be a pair (mean, sd) of one shape, got {mean.shape} and {sd.shape}"
            )
        return mean, sd

    def _check_statistic(self, statistic: Any) -> Moments:
        instance(statistic, Moments)
        mean = _validate.finite("statistic.mean", statistic.mean)
        scatter = _validate.finite("statistic.scatter", statistic.scatter, minimum=0.0)
        if mean.shape != scatter.shape:
            raise ValueError(
                f"statistic must have mean and scatter of one shape, got {mean.shape}, {scatter.shape}"
            )
        return Moments(
            sizes("statistic.size", statistic.size, mean.shape, minimum=self.minimum), mean, scatter
        )

    def _copies(self, start: Any, trajectories: int) -> Any:
        mean, sd = super()._copies(start, trajectories)
        _validate.finite("start sd", sd[0], above=0.0)
        return mean, sd

    def _lead(self, model: Any) -> tuple[int, ...]:
        return model[0].shape

    def _draw(self, model: Any, size: Any, rng: np.random.Generator) -> Moments:
        mean, sd = model
        sample_mean = rng.standard_normal(sd.shape)
        sample_mean *= sd
        sample_mean *= (size + (size == 0)) ** -0.5
        sample_mean += mean
        scatter = rng.standard_gamma((size - (size > 0)) / 2, sd.shape)
        scatter *= 2.0
        scatter *= sd
        scatter *= sd
        return Moments(size, sample_mean, scatter)

    def _fit(self, statistic: Moments) -> Any:
        return statistic.mean, np.sqrt(statistic.scatter / (statistic.size - self.ddof))

    def _tempered(self, model: Any, beta: float) -> Any:
        return model[0], model[1] / np.sqrt(beta)


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a matrix whose product with its transpose is `covariance`, without what is rounding in it.

    The eigenvalues are those of the correlations, so that the units of the coordinates do not matter.
    """
    sd = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0.0))
    unit = np.where(sd > 0, sd, 1.0)
    eigenvalues, axes = np.linalg.eigh(covariance / unit[..., :, None] / unit[..., None, :])
    noise = 4 * sd.shape[-1] * np.finfo(np.float64).eps
    return sd[..., :, None] * axes * np.sqrt(np.where(eigenvalues > noise, eigenvalues, 0.0))[..., None, :]


@dataclass(frozen=True)
class MultivariateGaussian(_Normal):
    """Normal vectors in d dimensions.

    The parameter is the pair (mean, covariance) of arrays of shapes (trajectories, d) and (trajectories, d,
    d), with entries up to 1e140; a start is a vector and a symmetric positive semidefinite matrix. The
    statistic is :class:`VectorMoments`: a normal mean and, independent of it, a Wishart scatter with size - 1
    degrees of freedom, singular when size - 1 < d. The fit is the sample mean and scatter/(size - ddof).

    Parameters
    ----------
    ddof : {1, 0}, default 1
        1 divides by n - 1 ("near-ML"), 0 by n (exact maximum likelihood).

    Notes
    -----
    The Wishart matrix is drawn by Bartlett's decomposition (Bartlett 1933): a lower triangular factor with
    independent entries, chi on the diagonal and normal below it. What is left of a coordinate's variance when the
    other coordinates are known must be above about 1e-16 of that variance: below, it is lost in the rounding of
    the covariance matrix, and it counts as 0. A long run comes there, because its directions die at different
    rates (:doc:`/chapters/collapse/many-dimensions`, which carries a root of the covariance instead).
    """

    parts = ("mean", "covariance")

    def _check(self, name: str, value: Any) -> Any:
        return self._symmetric(name, value, "covariance", HUGE)

    def _symmetric(self, name: str, value: Any, matrix: str, huge: float) -> Any:
        mean, covariance = pair(name, value, f"(mean, {matrix})")
        mean = _validate.finite(f"{name} mean", mean, minimum=-huge, maximum=huge)
        covariance = _validate.finite(f"{name} {matrix}", covariance, minimum=-huge, maximum=huge)
        if mean.ndim == 0 or covariance.shape != (*mean.shape, mean.shape[-1]):
            raise ValueError(
                f"{name} must have a mean of shape (..., d) and a {matrix} of shape (..., d, d), "
                f"got {mean.shape} and {covariance.shape}"
            )
        scale = np.abs(covariance).max(axis=(-1, -2))
        asymmetry = np.abs(covariance - covariance.swapaxes(-1, -2)).max(axis=(-1, -2))
        if np.any(asymmetry > 1e-9 * scale):
            raise ValueError(f"{name} {matrix} must be symmetric, got {covariance!r}")
        if np.any(np.linalg.eigvalsh(covariance)[..., 0] < -1e-9 * scale):
            raise ValueError(f"{name} {matrix} must have eigenvalues >= 0, got {covariance!r}")
        return mean, covariance

    def _check_statistic(self, statistic: Any) -> VectorMoments:
        instance(statistic, VectorMoments)
        mean, scatter = self._symmetric("statistic", (statistic.mean, statistic.scatter), "scatter", HUGE**2)
        return VectorMoments(
            sizes("statistic.size", statistic.size, mean.shape[:-1], minimum=self.minimum), mean, scatter
        )

    def _lead(self, model: Any) -> tuple[int, ...]:
        return model[0].shape[:-1]

    def _draw(self, model: Any, size: Any, rng: np.random.Generator) -> VectorMoments:
        mean, covariance = model
        columns = np.arange(mean.shape[-1])
        samples = np.asarray(size)[..., None]
        root = _root(covariance)
        error = rng.standard_normal(mean.shape) / np.sqrt(np.maximum(samples, 1))
        freedom = np.broadcast_to(np.maximum(samples - 1 - columns, 0), mean.shape)
        factor = np.tril(rng.standard_normal(covariance.shape), -1) * (freedom > 0)[..., None, :]
        factor[..., columns, columns] = np.sqrt(2.0 * rng.standard_gamma(freedom / 2))
        half = root @ factor
        return VectorMoments(size, mean + (root @ error[..., None])[..., 0], half @ half.swapaxes(-1, -2))

    def _fit(self, statistic: VectorMoments) -> Any:
        return statistic.mean, statistic.scatter / (np.asarray(statistic.size)[..., None, None] - self.ddof)

    def _tempered(self, model: Any, beta: float) -> Any:
        return model[0], model[1] / beta
