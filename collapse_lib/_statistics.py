"""Sufficient statistics of samples. They add: `+` gives the statistic of both samples together.

Public names are re-exported by `collapse_lib.families`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _validate

__all__ = ["Counts", "Moments", "Sums", "VectorMoments", "blend"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Sufficient statistic of samples that are counted, such as Bernoulli ones; `+` is that of both samples.

    Attributes
    ----------
    size : int or ndarray of int
        Number of samples, one number for all trajectories or one for each.
    total : ndarray of int, shape (trajectories,) or (trajectories, symbols)
        Sum of the samples: number of ones (Bernoulli), count of each symbol (categorical), sum (others).
    """

    size: Any
    total: Any

    def __add__(self, other: Counts) -> Counts:
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(_sum("size", self.size, other.size), _sum("total", self.total, other.total))


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
        size, gap = _sum("size", self.size, other.size), _real(other.mean) - _real(self.mean)
        share = _real(other.size) / np.maximum(size, 1)
        within = _real(self.scatter) + _real(other.scatter)
        return Moments(size, _real(self.mean) + share * gap, within + _real(self.size) * share * gap**2)


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
        size, gap = _sum("size", self.size, other.size), _real(other.mean) - _real(self.mean)
        share = (_real(other.size) / np.maximum(size, 1))[..., None]
        between = (_real(self.size)[..., None] * share)[..., None] * gap[..., :, None] * gap[..., None, :]
        within = _real(self.scatter) + _real(other.scatter)
        return VectorMoments(size, _real(self.mean) + share * gap, within + between)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sufficient statistic of one real number: the sum of x (of x^2 for a scale); `+` is that of both samples.

    Attributes
    ----------
    size : int or ndarray of int
        Number of samples, one number for all trajectories or one for each.
    total : ndarray of float, shape (trajectories,)
        Sum over the samples.
    """

    size: Any
    total: Any

    def __add__(self, other: Sums) -> Sums:
        if not isinstance(other, Sums):
            return NotImplemented
        with np.errstate(over="ignore"):
            total = _real(self.total) + _real(other.total)
        if not np.all(np.isfinite(total)):
            raise ValueError(f"total must stay a finite number when statistics are added, got {total!r}")
        return Sums(_sum("size", self.size, other.size), total)


def blend(first: Any, second: Any, weight: float) -> Any:
    """Return a statistic of both samples in which all of the first has the weight `weight`, the second the rest.

    Its size is that of both, its sums are those of samples whose weights are 1 on average. Where the second sample
    is empty the first has all the weight.

    Parameters
    ----------
    first, second : statistic
        Two statistics of one kind; the first sample is not empty.
    weight : float
        From 0 to 1.
    """
    size = _sum("size", first.size, second.size)
    share = np.where(np.equal(second.size, 0), 1.0, weight)
    if isinstance(first, (Counts, Sums)):
        left, right = _mean(first), _mean(second)
        return type(first)(size, _per(size, left) * (right + _per(share, left) * (left - right)))
    gap = _real(first.mean) - _real(second.mean)
    squared = gap**2 if isinstance(first, Moments) else gap[..., :, None] * gap[..., None, :]
    left, right = first.scatter / _per(first.size, squared), second.scatter / _per(_some(second.size), squared)
    share_of_scatter = _per(share, squared)
    within = right + share_of_scatter * (left - right)
    between = share_of_scatter * (1 - share_of_scatter) * squared
    return type(first)(size, second.mean + _per(share, gap) * gap, _per(size, squared) * (within + between))


def _mean(statistic: Any) -> Any:
    """Return the mean of the samples, 0 if there are none."""
    return _real(statistic.total) / _per(_some(statistic.size), statistic.total)


def _some(size: Any) -> Any:
    """Return sizes with 1 in place of 0."""
    return np.maximum(size, 1)


def _per(value: Any, array: Any) -> Any:
    """Return one number for all trajectories, or one for each, so that it multiplies an array of them."""
    value = _real(value)
    return value.reshape(value.shape + (1,) * (np.ndim(array) - value.ndim)) if value.ndim else value


def _sum(name: str, left: Any, right: Any) -> Any:
    """Return the sum of two counts or arrays of counts in 64 bits, or raise an error that names them."""
    if type(left) is int and type(right) is int:
        return left + right
    left, right = _whole(name, left), _whole(name, right)
    total = left + right
    if total.min() < 0:  # a sum that needs more than 64 bits comes out negative
        first = total.argmin()
        exact = sum(int(np.broadcast_to(part, total.shape).flat[first]) for part in (left, right))
        raise ValueError(f"{name} must stay from 0 to 2**63 - 1 when statistics are added, got {exact}")
    return total


def _whole(name: str, value: Any) -> Any:
    """Return counts as an array of 64-bit integers."""
    if isinstance(value, np.ndarray) and value.dtype == np.int64:
        return value
    return _validate.integers(name, value, minimum=0)


def _real(value: Any) -> Any:
    """Return numbers as an array of 64-bit floats."""
    return np.asarray(value, dtype=np.float64)
