"""Families of models: `draw` the sufficient statistic of n fresh samples, `fit` a parameter to a statistic.

A fit sees a sample only through its sufficient statistic, and the statistics of two samples add to the
statistic of both together. So nothing here ever holds a sample: a draw costs O(1) per trajectory, whatever
the sample size. The chapter is :doc:`/chapters/setting/recursive-training`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate

__all__ = [
    "Bernoulli",
    "Categorical",
    "Counts",
    "Family",
    "Gaussian",
    "Moments",
    "MultivariateGaussian",
    "Poisson",
    "VectorMoments",
]

LARGEST = 10**9  # sample sizes and Poisson rates: their product is a count, which must fit into 64 bits
HUGE = 1e150  # means and standard deviations: their squares must be floats


@dataclass(frozen=True, slots=True)
class Counts:
    """Sufficient statistic of Bernoulli, categorical and Poisson samples; `+` is that of both samples.

    Attributes
    ----------
    size : int or ndarray of int
        Number of samples, one number for all trajectories or one for each.
    total : ndarray of int, shape (trajectories,) or (trajectories, symbols)
        Sum of the samples: number of ones (Bernoulli), count of each symbol (categorical), sum (Poisson).
    """

    size: Any
    total: Any

    def __add__(self, other: Counts) -> Counts:
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(self.size + other.size, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Moments:
    """Sufficient statistic of Gaussian samples; `+` is the statistic of both samples together.

    Attributes
    ----------
    size : int or ndarray of int
        Number of samples, one number for all trajectories or one for each.
    mean : ndarray of float, shape (trajectories,)
        Mean of the samples.
    scatter : ndarray of float, shape (trajectories,)
        Sum of the squared deviations of the samples from `mean`.

    Notes
    -----
    The sums of x and x^2 would add more simply, but lose every digit of the scatter once the standard
    deviation is below 1e-8 of the mean. The merge of Chan, Golub and LeVeque (1983), "Algorithms for
    computing the sample variance", The American Statistician 37, 242-247, keeps them.
    """

    size: Any
    mean: Any
    scatter: Any

    def __add__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        size, gap = self.size + other.size, other.mean - self.mean
        share = other.size / np.maximum(size, 1)
        return Moments(
            size, self.mean + share * gap, self.scatter + other.scatter + self.size * share * gap**2
        )


@dataclass(frozen=True, slots=True)
class VectorMoments:
    """Sufficient statistic of Gaussian vectors: as :class:`Moments`, with a mean vector and a scatter matrix.

    Attributes
    ----------
    size : int or ndarray of int
        Number of samples, one number for all trajectories or one for each.
    mean : ndarray of float, shape (trajectories, d)
        Mean of the samples.
    scatter : ndarray of float, shape (trajectories, d, d)
        Sum over the samples of the outer product of the deviation from `mean` with itself.
    """

    size: Any
    mean: Any
    scatter: Any

    def __add__(self, other: VectorMoments) -> VectorMoments:
        if not isinstance(other, VectorMoments):
            return NotImplemented
        size, gap = self.size + other.size, other.mean - self.mean
        share = np.asarray(other.size / np.maximum(size, 1))[..., None]
        weight = np.asarray(self.size)[..., None, None] * share[..., None]
        between = weight * gap[..., :, None] * gap[..., None, :]
        return VectorMoments(size, self.mean + share * gap, self.scatter + other.scatter + between)


class Family(ABC):
    """A family of models: `draw` a sufficient statistic, `fit` a parameter to one.

    Both act on all trajectories at once. They check their arguments and then call `_draw` and `_fit`, which
    the training loop calls directly because it has checked the start once.
    """

    parts: tuple[str, ...] = ()  # the names of the parameter's two parts, if it is a pair

    @property
    def minimum(self) -> int:
        """The smallest sample that can be fitted."""
        return 1

    def draw(self, parameter: Any, *, size: int | ArrayLike, rng: np.random.Generator | int) -> Any:
        """Draw the sufficient statistic of `size` fresh samples in each trajectory, at a cost free of `size`.

        Parameters
        ----------
        parameter : array_like or pair of array_like
            The model in each trajectory (leading axes), as the class describes it.
        size : int or array_like of int
            Number of samples, 0 to 10**9: one for all trajectories, or an array of one for each.
        rng : numpy.random.Generator or int
            Generator, which is advanced, or a non-negative seed for a new one.

        Returns
        -------
        Counts, Moments or VectorMoments
            The statistic, with the law that it has when the samples are drawn one by one.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type or shape or is out of range.
        """
        model = self._check("parameter", parameter)
        size = _sizes("size", size, self._lead(model), minimum=0, maximum=LARGEST)
        return self._draw(model, size, _validate.generator(rng))

    def fit(self, statistic: Any) -> Any:
        """Fit the family to a sufficient statistic, in every trajectory.

        Parameters
        ----------
        statistic : Counts, Moments or VectorMoments
            What `draw` returns, or a sum of such; its size must be at least `minimum`.

        Returns
        -------
        ndarray or pair of ndarray
            The parameter, as `draw` takes it.

        Raises
        ------
        TypeError, ValueError
            If `statistic` belongs to another family, holds too few samples or impossible values.
        """
        return self._fit(self._check_statistic(statistic))

    def _copies(self, start: Any, trajectories: int) -> Any:
        """Return the checked `start`, once for every trajectory."""
        model = self._check("start", start)
        if self._lead(model) != ():
            raise ValueError(f"start must be one parameter, without trajectory axes, got {start!r}")
        if self.parts:
            return tuple(np.broadcast_to(part, (trajectories, *part.shape)) for part in model)
        return np.broadcast_to(model, (trajectories, *model.shape))

    @abstractmethod
    def _check(self, name: str, value: Any) -> Any:
        """Return the parameter `value` as arrays, or raise an error that calls it `name`."""

    @abstractmethod
    def _check_statistic(self, statistic: Any) -> Any:
        """Return `statistic` with arrays in it, or raise an error if no sample can have it."""

    @abstractmethod
    def _lead(self, model: Any) -> tuple[int, ...]:
        """Return the shape of the trajectory axes of a checked parameter."""

    @abstractmethod
    def _draw(self, model: Any, size: Any, rng: np.random.Generator) -> Any:
        """`draw` without checks."""

    @abstractmethod
    def _fit(self, statistic: Any) -> Any:
        """`fit` without checks."""


class _Counting(Family):
    """What the families with a :class:`Counts` statistic share; a trajectory's parameter is one number."""

    def _check_statistic(self, statistic: Any) -> Counts:
        _instance(statistic, Counts)
        total = _validate.integers("statistic.total", statistic.total, minimum=0)
        return Counts(_sizes("statistic.size", statistic.size, self._lead(total), minimum=1), total)

    def _lead(self, model: NDArray[Any]) -> tuple[int, ...]:
        return model.shape

    def _fit(self, statistic: Counts) -> NDArray[np.float64]:
        return statistic.total / statistic.size


@dataclass(frozen=True)
class Bernoulli(_Counting):
    """One word: a sample is 1 with probability p, otherwise 0.

    The parameter is the array of p, shape (trajectories,), every entry in [0, 1]; a start is one such number.
    The statistic is :class:`Counts` with a binomial total; the fit, total/size, is the maximum-likelihood
    estimate.

    Notes
    -----
    Suresh et al. (2025), the model of Theorem 1. The chapter is :doc:`/chapters/forgetting/one-word`.
    """

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        return _validate.finite(name, value, minimum=0.0, maximum=1.0)

    def _check_statistic(self, statistic: Any) -> Counts:
        statistic = super()._check_statistic(statistic)
        if np.any(statistic.total > statistic.size):
            raise ValueError(f"statistic.total must be at most statistic.size, got {statistic.total!r}")
        return statistic

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        return Counts(size, rng.binomial(size, model))


@dataclass(frozen=True)
class Poisson(_Counting):
    """A symbol whose occurrences are Poisson: a sample is a Poisson number of mean lambda.

    The parameter is the array of lambda, shape (trajectories,), every entry in [0, 10**9]; a start is one
    such number. The statistic is :class:`Counts` with a Poisson total of mean size*lambda; the fit,
    total/size, is the maximum-likelihood estimate.

    Notes
    -----
    Suresh et al. (2025), the model of Theorem 2. The chapter is :doc:`/chapters/forgetting/forgetting-time`.
    """

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        return _validate.finite(name, value, minimum=0.0, maximum=LARGEST)

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        return Counts(size, rng.poisson(size * model))


@dataclass(frozen=True)
class Categorical(_Counting):
    """A vocabulary: a sample is symbol i with probability p_i.

    The parameter is the array of probabilities, shape (trajectories, symbols), each row with sum 1; a start
    is one such row. The statistic is :class:`Counts` with multinomial totals; the fit, total/size, is the
    maximum-likelihood estimate.

    Notes
    -----
    Suresh et al. (2025), the model of Corollary 1. The chapter is
    :doc:`/chapters/forgetting/vocabulary`.
    """

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        rows = _validate.probabilities(name, value, ndim=None)
        return rows / rows.sum(axis=-1, keepdims=True)

    def _check_statistic(self, statistic: Any) -> Counts:
        statistic = super()._check_statistic(statistic)
        if statistic.total.ndim == 0 or np.any(statistic.total.sum(axis=-1) != statistic.size):
            raise ValueError(
                f"statistic.total must sum to statistic.size in each row, got {statistic.total!r}"
            )
        return statistic

    def _lead(self, model: NDArray[Any]) -> tuple[int, ...]:
        return model.shape[:-1]

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        return Counts(size, rng.multinomial(size, model))

    def _fit(self, statistic: Counts) -> NDArray[np.float64]:
        return statistic.total / np.asarray(statistic.size)[..., None]


@dataclass(frozen=True)
class _Normal(Family):
    """What the two Gaussian families share: the divisor of the variance, size - ddof."""

    ddof: int = 1

    def __post_init__(self) -> None:
        _validate.integer("ddof", self.ddof, minimum=0, maximum=1)

    @property
    def minimum(self) -> int:
        """The smallest sample that can be fitted: its divisor is 1."""
        return self.ddof + 1


@dataclass(frozen=True)
class Gaussian(_Normal):
    """Normal samples on the line.

    The parameter is the pair (mean, sd) of arrays of shape (trajectories,), sd >= 0 the STANDARD DEVIATION; a
    start is a pair of numbers with sd > 0. The statistic is :class:`Moments`: a normal mean and, independent
    of it, sd^2 times a chi-square variable with size - 1 degrees of freedom. The fit is the sample mean and
    the square root of scatter/(size - ddof).

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
        mean, sd = _pair(name, value, "(mean, sd)")
        mean = _validate.finite(f"{name} mean", mean, minimum=-HUGE, maximum=HUGE)
        sd = _validate.finite(f"{name} sd", sd, minimum=0.0, maximum=HUGE)
        if mean.shape != sd.shape:
            raise ValueError(
                f"{name} must be a pair (mean, sd) of one shape, got {mean.shape} and {sd.shape}"
            )
        return mean, sd

    def _check_statistic(self, statistic: Any) -> Moments:
        _instance(statistic, Moments)
        mean = _validate.finite("statistic.mean", statistic.mean)
        scatter = _validate.finite("statistic.scatter", statistic.scatter, minimum=0.0)
        if mean.shape != scatter.shape:
            raise ValueError(
                f"statistic must have mean and scatter of one shape, got {mean.shape}, {scatter.shape}"
            )
        return Moments(
            _sizes("statistic.size", statistic.size, mean.shape, minimum=self.minimum), mean, scatter
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


@dataclass(frozen=True)
class MultivariateGaussian(_Normal):
    """Normal vectors in d dimensions.

    The parameter is the pair (mean, covariance) of arrays of shapes (trajectories, d) and (trajectories, d,
    d); a start is a vector and a symmetric positive semidefinite matrix. The statistic is
    :class:`VectorMoments`: a normal mean and, independent of it, a Wishart scatter with size - 1 degrees of
    freedom, singular when size - 1 < d. The fit is the sample mean and scatter/(size - ddof).

    Parameters
    ----------
    ddof : {1, 0}, default 1
        1 divides by n - 1 ("near-ML"), 0 by n (exact maximum likelihood).

    Notes
    -----
    The Wishart matrix is drawn by Bartlett's decomposition (Bartlett 1933): a lower triangular factor with
    independent entries, chi on the diagonal and normal below it. A direction whose variance is below about
    1e-16 of the largest one is lost in the rounding of the covariance matrix. The chapter is
    :doc:`/chapters/collapse/one-step`.
    """

    parts = ("mean", "covariance")

    def _check(self, name: str, value: Any, matrix: str = "covariance") -> Any:
        mean, covariance = _pair(name, value, "(mean, covariance)")
        mean = _validate.finite(f"{name} mean", mean, minimum=-HUGE, maximum=HUGE)
        covariance = _validate.finite(f"{name} {matrix}", covariance, minimum=-HUGE, maximum=HUGE)
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
        _instance(statistic, VectorMoments)
        mean, scatter = self._check("statistic", (statistic.mean, statistic.scatter), "scatter")
        return VectorMoments(
            _sizes("statistic.size", statistic.size, mean.shape[:-1], minimum=self.minimum), mean, scatter
        )

    def _lead(self, model: Any) -> tuple[int, ...]:
        return model[0].shape[:-1]

    def _draw(self, model: Any, size: Any, rng: np.random.Generator) -> VectorMoments:
        mean, covariance = model
        columns = np.arange(mean.shape[-1])
        samples = np.asarray(size)[..., None]
        variances, axes = np.linalg.eigh(covariance)
        root = axes * np.sqrt(np.maximum(variances, 0.0))[..., None, :]
        error = rng.standard_normal(mean.shape) / np.sqrt(np.maximum(samples, 1))
        freedom = np.broadcast_to(np.maximum(samples - 1 - columns, 0), mean.shape)
        factor = np.tril(rng.standard_normal(covariance.shape), -1) * (freedom > 0)[..., None, :]
        factor[..., columns, columns] = np.sqrt(2.0 * rng.standard_gamma(freedom / 2))
        half = root @ factor
        return VectorMoments(size, mean + (root @ error[..., None])[..., 0], half @ half.swapaxes(-1, -2))

    def _fit(self, statistic: VectorMoments) -> Any:
        return statistic.mean, statistic.scatter / (np.asarray(statistic.size)[..., None, None] - self.ddof)


def _pair(name: str, value: Any, parts: str) -> tuple[Any, Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name} must be a pair {parts}, got {value!r}")
    return value[0], value[1]


def _instance(statistic: Any, kind: type) -> None:
    if not isinstance(statistic, kind):
        raise TypeError(f"statistic must be of type {kind.__name__}, got {statistic!r}")


def _sizes(name: str, value: Any, lead: tuple[int, ...], **limits: int) -> int | NDArray[np.int64]:
    sizes = _validate.integers(name, value, **limits)
    if sizes.ndim > 0 and sizes.shape != lead:
        raise ValueError(
            f"{name} must be an integer or have the trajectories' shape {lead}, got shape {sizes.shape}"
        )
    return int(sizes) if sizes.ndim == 0 else sizes
