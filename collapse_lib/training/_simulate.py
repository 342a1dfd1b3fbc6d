"""Simulation of recursive training: arguments checked, many trajectories at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate
from collapse_lib._family import LARGEST, Family
from collapse_lib._statistics import Counts
from collapse_lib.families import Gaussian
from collapse_lib.training._loop import loop
from collapse_lib.training._regimes import Regime, Replace
from collapse_lib.training._run import Run

__all__ = ["schedule", "simulate"]


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
    generations = _validate.integer("generations", generations, minimum=1, maximum=LARGEST)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1, maximum=LARGEST)
    truth = family._copies(start, trajectories)
    sizes = schedule(n, generations, family, regime, family._most(truth))
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
    hold this short cut against the loop and against the exact law. Where no thread can be started, as in a
    browser, the same numbers are drawn one after the other.
    """
    mean, sd = (np.empty((generations + 1, part.size)) for part in truth)
    mean[0], sd[0] = truth
    normal = np.random.default_rng(rng.integers(2**63, size=4)).standard_normal  # a stream of its own
    with ThreadPoolExecutor(1) as thread:
        try:
            wait = thread.submit(normal, out=mean[1:]).result
        except RuntimeError:  # no thread can be started
            wait = partial(normal, out=mean[1:])
        rng.standard_gamma((n - 1) / 2, out=sd[1:])
        wait()
    sd[1:] *= 2 / (n - family.ddof)
    np.sqrt(sd[1:], out=sd[1:])
    mean[1:] *= n**-0.5
    for k in range(generations):
        mean[k + 1] *= sd[k]
        mean[k + 1] += mean[k]
        sd[k + 1] *= sd[k]
    return [mean, sd]


def schedule(
    n: int | Sequence[int], generations: int, family: Family, regime: Regime, most: int
) -> tuple[int, ...]:
    """Return the sample sizes of all generations, or raise an error that names n."""
    given = _validate.integers("n", n, minimum=0, maximum=LARGEST)
    if given.ndim == 0:
        n = _validate.integer("n", n, minimum=1)
        sizes = (n, *(n if regime.batch is None else regime.batch,) * (generations - 1))
    elif regime.batch is not None:
        raise TypeError(f"n must be one integer for {regime}, which has a batch size, got {given.tolist()}")
    elif given.shape == (generations,):
        sizes = tuple(given.tolist())
    else:
        raise ValueError(
            f"n must be an integer or have one entry for each of the {generations} generations, "
            f"got shape {given.shape}"
        )
    add, pool = regime.pooling(lambda size: Counts(size, 0)), None  # the rule adds sizes with the statistics
    for k, size in enumerate(sizes, start=1):
        pool = add(Counts(size, 0), pool)
        if not family.minimum <= pool.size <= most:
            raise ValueError(
                f"n must leave from {family.minimum} to {most} samples to fit each generation of {family}, "
                f"got {pool.size} in generation {k}"
            )
    return sizes
