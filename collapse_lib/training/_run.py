"""What a simulation returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib._family import Family
from collapse_lib.training._regimes import Regime

__all__ = ["Run"]


@dataclass(frozen=True, eq=False)
class Run:
    """The trajectories of a simulation.

    Attributes
    ----------
    family, regime : Family, Regime
        What was simulated.
    n : tuple of int
        Samples drawn for generations 1, 2, ...
    parameter : ndarray, or pair of ndarray
        Axis 0 are the trajectories, axis 1 the generations, generation 0 (the truth) first. Shape
        (trajectories, generations + 1) for the families of one number, (trajectories, generations + 1, symbols)
        for categorical models; for the Gaussians the pair (`mean`, `sd`) or (`mean`, `covariance`).
    """

    family: Family
    regime: Regime
    n: tuple[int, ...] = field(repr=False)
    parameter: Any = field(repr=False)

    def _part(self, name: str) -> NDArray[np.float64]:
        if name not in self.family.parts:
            raise AttributeError(
                f"a run of {self.family} has no {name}, only {self.family.parts or 'parameter'}"
            )
        return self.parameter[self.family.parts.index(name)]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Means of a Gaussian run, shape (trajectories, generations + 1), and (..., d) for vectors."""
        return self._part("mean")

    @property
    def sd(self) -> NDArray[np.float64]:
        """Standard deviations of a Gaussian run, shape (trajectories, generations + 1)."""
        return self._part("sd")

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Covariance matrices of a multivariate Gaussian run, shape (trajectories, generations + 1, d, d)."""
        return self._part("covariance")
