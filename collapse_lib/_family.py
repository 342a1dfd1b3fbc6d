"""What all families of models share: the checks of `draw` and `fit`, and the limits of their arguments.

Public names are re-exported by `collapse_lib.families`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate

__all__ = ["COUNTABLE", "HUGE", "LARGEST", "Family", "instance", "pair", "sizes"]

LARGEST = 10**9  # sample sizes and Poisson rates
COUNTABLE = 2**62  # counts, which are kept in 64 bits
HUGE = 1e140  # means and standard deviations: the sum of the squares of all samples must be a float


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
        Counts, Sums, Moments or VectorMoments
            The statistic, with the law that it has when the samples are drawn one by one.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type or shape or is out of range.
        """
        model = self._check("parameter", parameter)
        size = sizes("size", size, self._lead(model), minimum=0, maximum=LARGEST)
        return self._draw(model, size, _validate.generator(rng))

    def fit(self, statistic: Any) -> Any:
        """Fit the family to a sufficient statistic, in every trajectory.

        Parameters
        ----------
        statistic : Counts, Sums, Moments or VectorMoments
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

    def _most(self, truth: Any) -> int:
        """Return the largest sample whose statistic 64 bits can hold, by a factor of two."""
        return COUNTABLE

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


def pair(name: str, value: Any, parts: str) -> tuple[Any, Any]:
    """Return the two parts of `value`, or raise an error that calls it `name`."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name} must be a pair {parts}, got {value!r}")
    return value[0], value[1]


def instance(statistic: Any, kind: type) -> None:
    """Raise an error if `statistic` is not of its family's kind."""
    if not isinstance(statistic, kind):
        raise TypeError(f"statistic must be of type {kind.__name__}, got {statistic!r}")


def sizes(name: str, value: Any, lead: tuple[int, ...], **limits: int) -> int | NDArray[np.int64]:
    """Return sample sizes: an integer for all trajectories, or an array of their shape `lead`."""
    array = _validate.integers(name, value, **limits)
    if array.ndim > 0 and array.shape != lead:
        raise ValueError(
            f"{name} must be an integer or have the trajectories' shape {lead}, got shape {array.shape}"
        )
    return int(array) if array.ndim == 0 else array
