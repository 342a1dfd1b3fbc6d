"""Regimes that say which statistics a generation is fitted to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from collapse_lib import _validate
from collapse_lib._family import LARGEST, Family
from collapse_lib._statistics import blend

__all__ = ["Accumulate", "FixedReal", "FreshReal", "Regime", "Replace", "Weighted"]


class Regime(ABC):
    """What a generation is fitted to; the regimes are the subclasses.

    Attributes
    ----------
    batch : int or None
        How many samples are drawn from generations 1, 2, ...; None: n, as from generation 0.
    """

    batch: int | None = None

    @abstractmethod
    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        """Return the rule `add(new, pool)`, which gives the statistic that the next generation is fitted to.

        `new` is the statistic of the new samples, `pool` the one that the last generation was fitted to (None
        for generation 0), `real(size)` draws the statistic of `size` fresh real samples.
        """

    def drawing(
        self, family: Family, real: Callable[[Any], Any], rng: np.random.Generator
    ) -> Callable[[Any, int], Any]:
        """Return the rule `draw(model, n)`, which gives the statistic of n new samples in each trajectory.

        It is called once for each of generations 0, 1, ... in turn. Here, and in most regimes, the samples are
        drawn from the model as it is.
        """
        return partial(family._draw, rng=rng)


@dataclass(frozen=True)
class Replace(Regime):
    """Generation k is fitted to the n samples of generation k-1 alone: the seed paper's loop."""

    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: new


@dataclass(frozen=True)
class Accumulate(Regime):
    """Generation k is fitted to all samples so far: n real ones, a batch from each of generations 1 to k-1.

    Parameters
    ----------
    batch : int, optional
        Size of the synthetic batches, 1 to 10**9; by default they are as large as the real sample. With a batch
        size, `n` of `simulate` is one number; without, a schedule may give each batch its own size.
    """

    batch: int | None = None

    def __post_init__(self) -> None:
        if self.batch is not None:
            object.__setattr__(
                self, "batch", _validate.integer("batch", self.batch, minimum=1, maximum=LARGEST)
            )

    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: new if pool is None else pool + new


@dataclass(frozen=True)
class FreshReal(Regime):
    """Generation k is fitted to n samples of generation k-1 and `size` fresh real samples.

    Generation 1, whose n samples come from the truth too, is fitted to n + size real samples.

    Parameters
    ----------
    size : int
        Number of fresh real samples in each generation, 0 to 10**9.
    """

    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _validate.integer("size", self.size, minimum=0, maximum=LARGEST))

    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: new + real(self.size)


@dataclass(frozen=True)
class FixedReal(Regime):
    """Generation k is fitted to n samples of generation k-1 and one real sample that is drawn once and kept.

    Each trajectory has its own real sample. Generation 1, whose n samples come from the truth too, is fitted
    to n + size real samples, of which `size` are kept. With the schedule n = [0, n, n, ...] generation 1 is
    fitted to the kept sample alone, as in Seddik et al. (2024), "partially synthetic" data.

    Parameters
    ----------
    size : int
        Number of real samples that are kept, 0 to 10**9.
    """

    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _validate.integer("size", self.size, minimum=0, maximum=LARGEST))

    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        kept = real(self.size)
        return lambda new, pool: new + kept


@dataclass(frozen=True)
class Weighted(Regime):
    """Generation k is fitted to n samples of generation k-1 and `real` fresh real samples, weighted.

    All real samples together have the weight `weight`, all synthetic ones the rest, whatever their numbers. For
    the families of one number or of counts the new parameter is weight * (real mean) + (1 - weight) * (synthetic
    mean); the Gaussians are fitted to the weighted mean and the weighted scatter of all samples, scaled as if each
    of the n + real samples had the weight 1 on average. The weight real/(n + real) is :class:`FreshReal`.
    Generation 1, whose n samples come from the truth too, is weighted like the others.

    Parameters
    ----------
    real : int
        Number of fresh real samples in each generation, 1 to 10**9.
    weight : float
        Weight of the real samples, 0 to 1. In a generation without other samples they have all of it.

    Notes
    -----
    He, Xu and Cheng (2025). The chapter is :doc:`/chapters/escape/weights`.
    """

    real: int
    weight: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "real", _validate.integer("real", self.real, minimum=1, maximum=LARGEST))
        object.__setattr__(self, "weight", _validate.probability("weight", self.weight))

    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: blend(real(self.real), new, self.weight)
