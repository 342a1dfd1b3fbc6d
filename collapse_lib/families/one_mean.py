"""Exponential families with one parameter, their mean: what a generation sees of its samples is their sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _draws, _validate
from collapse_lib._family import COUNTABLE, HUGE, LARGEST, Family, instance, sizes
from collapse_lib._statistics import Counts, Sums
from collapse_lib.families.counting import _Counting

__all__ = ["Exponential", "Gamma", "GaussianLocation", "GaussianScale", "Geometric", "NegativeBinomial"]

NARROW, WIDE = 1e-3, 1e4  # shapes: beyond them a gamma variable of n times the shape has no float, or a wrong law


class _Summing(Family):
    """What the families with a :class:`Sums` statistic share."""

    _lowest = 0.0

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        return _validate.finite(name, value, minimum=self._lowest, maximum=HUGE)

    def _check_statistic(self, statistic: Any) -> Sums:
        instance(statistic, Sums)
        lowest = self._lowest if self._lowest == 0 else None
        total = _validate.finite("statistic.total", statistic.total, minimum=lowest)
        return Sums(sizes("statistic.size", statistic.size, total.shape, minimum=1), total)

    def _lead(self, model: NDArray[Any]) -> tuple[int, ...]:
        return model.shape

    def _fit(self, statistic: Sums) -> NDArray[np.float64]:
        return statistic.total / statistic.size


class _GammaSums(_Summing):
    """Positive samples whose sum has a gamma law: its shape is `size` times that of one sample."""

    _shape: float

    def _copies(self, start: Any, trajectories: int) -> Any:
        copies = super()._copies(start, trajectories)
        _validate.finite("start", copies[0], above=0.0)
        return copies

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Sums:
        return Sums(size, rng.standard_gamma(size * self._shape, model.shape) / self._shape * model)


@dataclass(frozen=True)
class Exponential(_GammaSums):
    """Waiting times: a sample is exponential.

    The parameter is the array of MEANS (1 over the rate), shape (trajectories,), every entry from 0 to 1e140; a
    start is one such number above 0. The statistic is :class:`Sums` with a gamma total; the fit, total/size, is
    the maximum-likelihood estimate.

    Notes
    -----
    A mean below the smallest float becomes 0 and stays 0. The chapter is
    :doc:`/chapters/collapse/exponential-families`.
    """

    _shape = 1.0

    def _tempered(self, model: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
        return model / beta


@dataclass(frozen=True)
class Gamma(_GammaSums):
    """Gamma samples of known shape and unknown scale.

    The parameter is the array of MEANS (shape times scale), shape (trajectories,), every entry from 0 to 1e140;
    a start is one such number above 0. The statistic is :class:`Sums` with a gamma total; the fit, total/size,
    is the maximum-likelihood estimate.

    Parameters
    ----------
    shape : float
        Shape of one sample, 0.001 to 10,000: the variance is mean^2/shape.

    Notes
    -----
    A mean below the smallest float becomes 0 and stays 0. The chapter is
    :doc:`/chapters/collapse/exponential-families`.
    """

    shape: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _validate.real("shape", self.shape, minimum=NARROW, maximum=WIDE))

    @property
    def _shape(self) -> float:  # type: ignore[override]
        return self.shape


@dataclass(frozen=True)
class GaussianScale(_GammaSums):
    """Normal samples of known mean 0 and unknown spread.

    The parameter is the array of VARIANCES, the mean of x^2, shape (trajectories,), every entry from 0 to 1e140;
    a start is one such number above 0. The statistic is :class:`Sums`, the sum of squares: the variance times a
    chi-square variable with `size` degrees of freedom. The fit, total/size, is the maximum-likelihood estimate.

    Notes
    -----
    x^2 is a gamma variable of shape 1/2. A variance below the smallest float becomes 0 and stays 0. The chapter
    is :doc:`/chapters/collapse/exponential-families`.
    """

    _shape = 0.5

    def _tempered(self, model: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
        return model / beta


@dataclass(frozen=True)
class GaussianLocation(_Summing):
    """Normal samples of known spread and unknown mean.

    The parameter is the array of means, shape (trajectories,), every entry from -1e140 to 1e140; a start is one
    such number. The statistic is :class:`Sums` with a normal total; the fit, total/size, is the
    maximum-likelihood estimate.

    Parameters
    ----------
    sd : float, default 1.0
        Standard deviation of one sample, above 0 and up to 1e140.

    Notes
    -----
    The chapter is :doc:`/chapters/collapse/exponential-families`.
    """

    sd: float = 1.0
    _lowest = -HUGE

    def __post_init__(self) -> None:
        object.__setattr__(self, "sd", _validate.real("sd", self.sd, above=0.0, maximum=HUGE))

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Sums:
        return Sums(size, size * model + np.sqrt(size) * self.sd * rng.standard_normal(model.shape))


class _Waiting(_Counting):
    """Failures before so many successes: a Poisson count whose rate is a gamma variable."""

    _successes: float

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        return _validate.finite(name, value, minimum=0.0, maximum=LARGEST)

    def _most(self, truth: NDArray[np.float64]) -> int:
        return COUNTABLE // max(1, int(np.ceil(truth.max())))

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        rate = rng.standard_gamma(size * self._successes, model.shape) / self._successes * model
        if np.max(rate) > COUNTABLE:
            raise ValueError(
                f"size times mean must stay so small that 64 bits can count the samples' total, at most 2**62, "
                f"got a total near {float(np.max(rate))!r}"
            )
        return Counts(size, _draws.poisson(rate, rng))


@dataclass(frozen=True)
class Geometric(_Waiting):
    """Failures before the first success: a sample is j >= 0 with probability (1 - q) q^j.

    The parameter is the array of MEANS q/(1 - q), shape (trajectories,), every entry in [0, 10**9]; a start is
    one such number. The statistic is :class:`Counts` with a negative binomial total; the fit, total/size, is the
    maximum-likelihood estimate.

    Notes
    -----
    Counted from 0: a mean of 0 is absorbing. The chapter is :doc:`/chapters/collapse/exponential-families`.
    """

    _successes = 1.0

    def _tempered(self, model: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", over="ignore"):
            return 1 / np.expm1(beta * np.log1p(1 / model))  # 1/q - 1 = 1/mean


@dataclass(frozen=True)
class NegativeBinomial(_Waiting):
    """Overdispersed counts: negative binomial samples of known size and unknown mean.

    The parameter is the array of MEANS, shape (trajectories,), every entry in [0, 10**9]; a start is one such
    number. The statistic is :class:`Counts` with a negative binomial total; the fit, total/size, is the
    maximum-likelihood estimate.

    Parameters
    ----------
    size : float
        Number of successes that are waited for, not necessarily whole, 0.001 to 10,000: the variance of a sample
        is mean + mean^2/size. Size 1 is :class:`Geometric`; a large size approaches :class:`Poisson`.

    Notes
    -----
    With unknown size this would not be an exponential family. The chapter is
    :doc:`/chapters/collapse/exponential-families`.
    """

    size: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _validate.real("size", self.size, minimum=NARROW, maximum=WIDE))

    @property
    def _successes(self) -> float:  # type: ignore[override]
        return self.size
