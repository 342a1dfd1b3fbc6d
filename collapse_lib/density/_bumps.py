"""Mixtures of normal laws as the truths of experiments with densities."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.density._common import HUGE, Array, length

CHUNK = 2**20  # kernel values computed together


@dataclass(frozen=True)
class Bumps:
    """A mixture of normal laws, the truth of an experiment with densities.

    Parameters
    ----------
    centres, widths : sequence of float
        Means and standard deviations of the components, widths > 0.
    weights : sequence of float, optional
        Probabilities of the components; equal by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, out of range, or of another length.

    Notes
    -----
    See :doc:`/chapters/escape/diffusion-loop`.
    """

    centres: tuple[float, ...] = (0.0,)
    widths: tuple[float, ...] = (1.0,)
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        centres = _validate.finite("centres", self.centres, minimum=-HUGE, maximum=HUGE, ndim=1)
        widths = _validate.finite("widths", self.widths, above=0.0, maximum=HUGE, ndim=1)
        equal = np.full(centres.size, 1 / centres.size)
        weights = equal if self.weights is None else _validate.probabilities("weights", self.weights)
        for name, array in (("widths", widths), ("weights", weights)):
            if array.shape != centres.shape:
                raise ValueError(f"{name} must have one entry for each of {centres.size} centres, got {array.size}")
        for name, array in (("centres", centres), ("widths", widths), ("weights", weights)):
            object.__setattr__(self, name, tuple(array.tolist()))

    @property
    def mean(self) -> float:
        """Mean of the law."""
        return float(np.dot(self.weights, self.centres))

    @property
    def variance(self) -> float:
        """Variance of the law."""
        inner = np.square(self.widths) + (np.asarray(self.centres) - self.mean) ** 2
        return float(np.dot(self.weights, inner))

    def density(self, x: ArrayLike, *, blur: float = 0.0) -> Any:
        """Return the density at `x`, an array of any shape, of the law or of its convolution with N(0, blur)."""
        x, blur = _validate.finite("x", x), length("blur", blur)
        return answer(mixed(self, x.ravel(), np.array([1.0]), np.array([blur])).reshape(x.shape))

    def draw(self, shape: Any, rng: np.random.Generator | int) -> Array:
        """Return independent samples in an array of this shape."""
        rng = _validate.generator(rng)
        which = rng.choice(len(self.centres), size=shape, p=self.weights)
        return np.asarray(self.centres)[which] + np.asarray(self.widths)[which] * rng.standard_normal(shape)


def _normal(z: Array) -> Array:
    return np.exp(-z * z / 2) / sqrt(2 * pi)


def mixed(truth: Bumps, x: Array, weights: Array, spreads: Array, *, kernel: Any = None) -> Array:
    """Return the sum of weights times the truth * N(0, spread) at x: densities, or kernel=ndtr for masses below x."""
    total = np.zeros(x.size)
    step = max(1, CHUNK // max(1, x.size))
    for weight, centre, width in zip(truth.weights, truth.centres, truth.widths):
        for first in range(0, weights.size, step):
            scale = np.sqrt(width**2 + spreads[first : first + step])[:, None]
            part = weight * weights[first : first + step]
            z = (x - centre) / scale
            total += part @ (_normal(z) / scale if kernel is None else kernel(z))
    return total


def checked_truth(truth: Bumps) -> Bumps:
    if not isinstance(truth, Bumps):
        raise TypeError(f"truth must be a Bumps, got {truth!r}")
    return truth
