"""Recursive training: draw samples from a model, fit, repeat.

A regime says which samples a generation is fitted to. Since sufficient statistics add, it only says which of
them are added before the fit. The chapter is :doc:`/chapters/setting/recursive-training`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _validate
from ._coalescence import simulate_mrca
from ._family import LARGEST, Family
from ._sweep import Sweep, SweepError, sweep
from .families import Gaussian

__all__ = [
    "Accumulate",
    "FixedReal",
    "FreshReal",
    "Regime",
    "Replace",
    "Run",
    "Sweep",
    "SweepError",
    "loop",
    "simulate",
    "simulate_mrca",
    "sweep",
]


def loop(
    family: Family, truth: Any, sizes: Sequence[int], regime: Regime, rng: np.random.Generator
) -> Iterator[Any]:
    """Yield the parameters of generation 0, 1, 2, ... of any family under any regime.

    `truth` has one copy of the start in each trajectory; nothing is checked.
    Short cuts with the same law: `simulate` for the Gaussian, `Replace` and
    one n throughout; `vocabulary.simulate` for large vocabularies.
    """
    draw, fit = partial(family._draw, rng=rng), family._fit
    add = regime.pooling(partial(draw, truth))
    model, pool = truth, None
    yield model
    for n in sizes:
        pool = add(draw(model, n), pool)
        model = fit(pool)
        yield model


class Regime(ABC):
    """Which statistics are added before a fit; the regimes are the subclasses."""

    @abstractmethod
    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        """Return the rule `add(new, pool)`, which gives the statistic that the next generation is fitted to.

        `new` is the statistic of the new samples, `pool` the one that the last generation was fitted to (None
        for generation 0), `real(size)` draws the statistic of `size` fresh real samples.
        """


@dataclass(frozen=True)
class Replace(Regime):
    """Generation k is fitted to the n samples of generation k-1 alone: the seed paper's loop."""

    def pooling(self, real: Callable[[int], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: new


@dataclass(frozen=True)
class Accumulate(Regime):
    """Generation k is fitted to all samples so far: n real ones, n from each of generations 1 to k-1."""

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


def simulate(
    family: Family,
    start: Any,
    *,
    n: int | Sequence[int],
    generations: int,
    trajectories: int,
    rng: np.random.Generator | int,
    regime: Regime = Replace(),
) -> Run:
    """Simulate recursive training, exactly in law, at a cost that does not depend on the sample size.

    Parameters
    ----------
    family : Family
        The models: an instance of a class of :mod:`collapse_lib.families`.
    start : float, array_like or pair
        The truth, generation 0: p (Bernoulli), probabilities (categorical), lambda (Poisson), (mean, sd)
        (Gaussian, sd > 0), (mean vector, covariance matrix) (multivariate Gaussian), the mean (the families of
        one mean; for GaussianScale the variance).
    n : int or sequence of int
        Samples drawn from each generation for the next, 1 to 10**9: one number, or a schedule with one for
        each of generations 1, 2, ..., `generations`. An entry of a schedule may be 0 where the regime
        supplies samples.
    generations : int
        Number of fits, at least 1.
    trajectories : int
        Number of independent runs, at least 1.
    rng : numpy.random.Generator or int
        Generator, which is advanced, or a non-negative seed for a new one.
    regime : Regime, default Replace()
        Which samples a generation is fitted to.

    Returns
    -------
    Run
        `run.parameter` (Gaussian: `run.mean`, `run.sd`), generation 0 first.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape or is out of range, or a generation has fewer samples than
        a fit needs (`family.minimum`) or more than 64 bits can count.

    Notes
    -----
    The Markov chain of Suresh et al. (2025). Generation 1 is fitted to real samples only, since its n samples
    are drawn from the truth. Every run is :func:`loop`, except that for the Gaussian, :class:`Replace` and one
    n throughout all random numbers are drawn at once. "Exactly" is up to the rounding of double-precision
    numbers. The chapter is :doc:`/chapters/setting/recursive-training`.
    """
    if not isinstance(family, Family):
        raise TypeError(f"family must be an instance of a class of collapse_lib.families, got {family!r}")
    if not isinstance(regime, Regime):
        raise TypeError(f"regime must be an instance of a regime such as Replace(), got {regime!r}")
    generations = _validate.integer("generations", generations, minimum=1)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1)
    truth = family._copies(start, trajectories)
    sizes = _schedule(n, generations, family, regime, family._most(truth))
    rng = _validate.generator(rng)
    if isinstance(family, Gaussian) and isinstance(regime, Replace) and len(set(sizes)) == 1:
        records = _gaussian_replaced(family, truth, sizes[0], generations, rng)
    else:
        parts = truth if family.parts else (truth,)
        records = [np.empty((generations + 1, *part.shape)) for part in parts]
        for k, model in enumerate(loop(family, truth, sizes, regime, rng)):
            for record, part in zip(records, model if family.parts else (model,), strict=True):
                record[k] = part
    by_trajectory = tuple(record.swapaxes(0, 1) for record in records)
    return Run(family, regime, sizes, by_trajectory if family.parts else by_trajectory[0])


def _gaussian_replaced(
    family: Gaussian, truth: Any, n: int, generations: int, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """The loop for the Gaussian and Replace, with all its random numbers drawn at once, on two threads.

    Neither the normal nor the chi-square variables depend on the model that they are scaled by. The tests
    hold this short cut against the loop and against the exact law.
    """
    mean, sd = (np.empty((generations + 1, part.size)) for part in truth)
    mean[0], sd[0] = truth
    normal = np.random.default_rng(rng.integers(2**63, size=4)).standard_normal  # a stream of its own
    with ThreadPoolExecutor(1) as thread:
        drawn = thread.submit(normal, out=mean[1:])
        rng.standard_gamma((n - 1) / 2, out=sd[1:])
        drawn.result()
    sd[1:] *= 2 / (n - family.ddof)
    np.sqrt(sd[1:], out=sd[1:])
    mean[1:] *= n**-0.5
    for k in range(generations):
        mean[k + 1] *= sd[k]
        mean[k + 1] += mean[k]
        sd[k + 1] *= sd[k]
    return [mean, sd]


def _schedule(
    n: int | Sequence[int], generations: int, family: Family, regime: Regime, most: int
) -> tuple[int, ...]:
    """Return the sample sizes of all generations, or raise an error that names n."""
    schedule = _validate.integers("n", n, minimum=0, maximum=LARGEST)
    if schedule.ndim == 0:
        sizes = (_validate.integer("n", n, minimum=1),) * generations
    elif schedule.shape == (generations,):
        sizes = tuple(schedule.tolist())
    else:
        raise ValueError(
            f"n must be an integer or have one entry for each of the {generations} generations, "
            f"got shape {schedule.shape}"
        )
    add, pool = regime.pooling(lambda size: size), None  # the rule adds sizes as it adds statistics
    for k, size in enumerate(sizes, start=1):
        pool = add(size, pool)
        if not family.minimum <= pool <= most:
            raise ValueError(
                f"n must leave from {family.minimum} to {most} samples to fit each generation of {family}, "
                f"got {pool} in generation {k}"
            )
    return sizes
