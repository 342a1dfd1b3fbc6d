"""The multinomial chain of a whole vocabulary: a forecast from its counts, and a simulation of what lives.

:func:`forecast` tells the fate of a corpus. :func:`simulate` draws from the law of :class:`collapse_lib.families.Categorical` under
:class:`collapse_lib.training.Replace`, but drops a symbol once it is lost and spends nanoseconds on one that
lives. The chapter is :doc:`/chapters/forgetting/vocabulary`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from . import _draws, _validate
from ._family import LARGEST
from ._forecast import Forecast, forecast
from .families import Categorical
from .training import Replace
from .training._simulate import schedule

__all__ = ["Forecast", "Survivors", "forecast", "simulate"]

TOGETHER = 2**20  # symbols and corrected samples, over all trajectories, that are simulated side by side
BLOCK = 2**16  # symbols of one look into the guide table: the temporary arrays stay in the cache
ROWS = 1024  # the guide table serves means below this one ...
CELLS = 4096  # ... and cuts the unit interval into so many cells
OPEN = -128  # stands in a cell in which the uniform variable does not decide the value yet


@dataclass(frozen=True, eq=False)
class Survivors:
    """What is left of the vocabulary, generation by generation.

    Attributes
    ----------
    n : tuple of int
        Samples drawn for generations 1, 2, ...
    unique : ndarray of int, shape (trajectories, generations + 1)
        Number of symbols of positive probability; generation 0 is the truth.
    entropy : ndarray of float, shape (trajectories, generations + 1)
        Entropy of each generation, in nats.
    heterozygosity : ndarray of float, shape (trajectories, generations + 1)
        1 minus the sum of the squared probabilities.
    symbols : tuple of ndarray of int
        For each trajectory the symbols that live in the last generation: ascending indices into the truth.
    counts : tuple of ndarray of int
        The numbers of their copies in the last sample.
    """

    n: tuple[int, ...] = field(repr=False)
    unique: NDArray[np.int64]
    entropy: NDArray[np.float64] = field(repr=False)
    heterozygosity: NDArray[np.float64] = field(repr=False)
    symbols: tuple[NDArray[np.int64], ...] = field(repr=False)
    counts: tuple[NDArray[np.int64], ...] = field(repr=False)


def simulate(
    truth: ArrayLike,
    *,
    n: int | Sequence[int],
    generations: int,
    rng: np.random.Generator | int,
    trajectories: int = 1,
) -> Survivors:
    """Simulate the recursive training of a vocabulary, exactly in law, on the symbols that still live.

    A generation costs some tens of nanoseconds, and about 90 bytes, for each living symbol and for each of
    sqrt(n) samples.

    Parameters
    ----------
    truth : array_like, shape (symbols,)
        Generation 0: probabilities (floats with sum 1 within 1e-9, or within 1e-5 in 32 bits), or counts
        (integers >= 0, not all 0), whose relative frequencies are the probabilities.
    n : int or sequence of int
        Samples drawn from each generation for the next, 1 to 10**9: one number, or a schedule with one for
        each of generations 1, 2, ..., `generations`.
    generations : int
        Number of fits, at least 1.
    rng : numpy.random.Generator or int
        Generator, which is advanced, or a non-negative seed for a new one.
    trajectories : int, default 1
        Number of independent runs, at least 1.

    Returns
    -------
    Survivors
        The number of living symbols, the entropy and the heterozygosity of each generation; the symbols that
        live in the last one, with their counts.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape or is out of range.

    Notes
    -----
    The chain of Suresh et al. (2025), Corollary 1. Independent Poisson counts with means n p_i have a random
    total N; given N they are multinomial. If N < n, further n - N samples make them the counts of n samples;
    if N > n, taking away N - n of the N samples, chosen at random, does. That concerns about sqrt(n) samples.
    From generation 2 on, n p_i is a whole number (while n stays the same), so one guide table (Chen and Asau
    1974, "On generating random variates from an empirical distribution", AIIE Transactions 6, 163-166) serves
    all symbols with fewer than 1,024 copies. "Exactly" is up to the rounding of double-precision numbers. The
    chapter is :doc:`/chapters/forgetting/vocabulary`.
    """
    probabilities = _probabilities(truth)
    generations = _validate.integer("generations", generations, minimum=1, maximum=LARGEST)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1, maximum=LARGEST)
    sizes = schedule(n, generations, Categorical(), Replace(), LARGEST)
    rng = _validate.generator(rng)
    original = np.flatnonzero(probabilities)
    living = probabilities[original]
    shape = (trajectories, generations + 1)
    unique, entropy, heterozygosity = np.empty(shape, np.int64), np.empty(shape), np.empty(shape)
    symbols, counts = [], []
    batch = max(1, TOGETHER // (living.size + math.isqrt(max(sizes))))
    for first in range(0, trajectories, batch):
        rows = slice(first, min(first + batch, trajectories))
        for k, state in enumerate(_chain(living, sizes, rows.stop - first, rng)):
            p = state.weights / state.total
            unique[rows, k] = np.diff(state.starts, append=p.size)
            entropy[rows, k] = 0.0 - np.add.reduceat(p * np.log(p), state.starts)
            heterozygosity[rows, k] = 1.0 - np.add.reduceat(p * p, state.starts)
        symbols += np.split(original[state.places % living.size], state.starts[1:])
        counts += np.split(state.weights, state.starts[1:])
    return Survivors(sizes, unique, entropy, heterozygosity, tuple(symbols), tuple(counts))


class _State(NamedTuple):
    """The living symbols of all trajectories, one trajectory after the other (none is ever empty).

    Symbol i of trajectory j has the place i + j * (number of symbols), so that `places` ascends. `weights`
    are the probabilities (generation 0) or the counts, of sum `total` in each trajectory; `starts` is where
    the trajectories begin.
    """

    places: NDArray[np.int64]
    weights: NDArray[Any]
    starts: NDArray[np.int64]
    total: int


def _chain(
    truth: NDArray[np.float64], sizes: Sequence[int], trajectories: int, rng: np.random.Generator
) -> Iterator[_State]:
    """Yield generations 0, 1, 2, ... of `trajectories` vocabularies."""
    firsts = truth.size * np.arange(trajectories)
    state = _State(np.arange(truth.size * trajectories), np.tile(truth, trajectories), firsts, 1)
    yield state
    for size in sizes:
        drawn = _step(state, size, rng)
        alive = drawn > 0
        places = state.places[alive]
        state = _State(places, drawn[alive], np.searchsorted(places, firsts), size)
        yield state


def _step(state: _State, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the counts of `size` samples of the model in each trajectory."""
    # the means stay whole numbers, which the guide table wants, while the sample size stays the same
    drawn = _poisson(state.weights if size == state.total else state.weights * (size / state.total), rng)
    missing = size - np.add.reduceat(drawn, state.starts)
    _add(drawn, state, np.maximum(missing, 0), rng)
    _remove(drawn, size, np.maximum(-missing, 0), rng)
    return drawn


def _add(
    drawn: NDArray[np.int64], state: _State, missing: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Add to the counts `drawn` of each trajectory its `missing` samples of the model `state`."""
    row = np.repeat(np.arange(missing.size), missing)
    if state.weights.dtype.kind == "f":
        symbols = state.weights.size // missing.size
        added = state.starts[row] + rng.choice(symbols, row.size, p=state.weights[:symbols])
    else:
        added = _owners(state.weights, row * state.total + rng.integers(state.total, size=row.size))
    np.add.at(drawn, added, 1)


def _remove(
    drawn: NDArray[np.int64], size: int, surplus: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Take from the counts `drawn` of each trajectory `surplus` of its size + surplus samples, at random."""
    ends = np.cumsum(size + surplus)
    begins = ends - size - surplus
    chosen = np.empty(0, np.int64)
    while (lacking := surplus - np.diff(np.searchsorted(chosen, ends), prepend=0)).any():
        row = np.repeat(np.arange(surplus.size), lacking)
        chosen = np.sort(np.concatenate([chosen, begins[row] + rng.integers(size + surplus[row])]))
        chosen = chosen[np.diff(chosen, prepend=-1) > 0]  # what came up twice is chosen anew
    np.subtract.at(drawn, _owners(drawn, chosen), 1)


def _owners(counts: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of the symbols of `samples`, all samples being numbered symbol by symbol."""
    if not samples.size:
        return samples
    return np.searchsorted(np.cumsum(counts), np.sort(samples), side="right")


@cache
def _guide() -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.float64]]:
    """Return the guide table of the Poisson laws of mean 0, ..., ROWS - 1, and their distribution functions.

    Row m of the guide has, for each cell of the uniform variable, the value minus m, or OPEN; a last row, for
    all larger means, is OPEN throughout. Row m of the third array has Pr(value <= low + j), j = 0, 1, ...,
    low being entry m of the second; outside these windows lies less than 1e-17. Both tables are flat.
    """
    means = np.arange(ROWS)
    lows = np.maximum(means - 9 * np.sqrt(means), 0).astype(np.int64)
    width = int(18 * np.sqrt(ROWS)) + 32
    cdf = special.pdtr(lows[:, None] + np.arange(width), means[:, None].astype(np.float64))
    cdf[cdf == 1.0] = np.inf  # ends the bisection even where a uniform variable is rounded to 1
    guide = np.full((ROWS + 1, CELLS), OPEN, np.int8)
    for mean, row in enumerate(cdf):
        at_edges = np.searchsorted(row, np.arange(CELLS + 1) / CELLS, side="right")
        decided = at_edges[1:] == at_edges[:-1]
        guide[mean, decided] = at_edges[:-1][decided] + lows[mean] - mean
    return guide.ravel(), lows, cdf.ravel()


def _poisson(means: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw independent Poisson variables; with whole-numbered means by inversion through the guide table."""
    if means.dtype.kind == "f":
        return _draws.poisson(means, rng)
    guide, _, _ = _guide()
    drawn = np.empty_like(means)
    open_parts = []  # of each block: the positions of its undecided variables, and their cells
    for begin in range(0, means.size, BLOCK):
        mean = means[begin : begin + BLOCK]
        cell = rng.integers(CELLS, size=mean.size, dtype=np.uint16)
        growth = guide[np.minimum(mean, ROWS) * CELLS + cell]
        np.add(mean, growth, out=drawn[begin : begin + BLOCK])
        undecided = np.flatnonzero(growth == OPEN)
        open_parts.append((undecided + begin, cell[undecided]))
    undecided, cell = (np.concatenate(parts) for parts in zip(*open_parts, strict=True))
    is_small = means[undecided] < ROWS
    small, large = undecided[is_small], undecided[~is_small]
    drawn[small] = _invert(means[small], (cell[is_small] + rng.random(small.size)) / CELLS)
    if large.size:
        drawn[large] = _draws.poisson(means[large], rng)
    return drawn


def _invert(means: NDArray[np.int64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the smallest values at which the distribution functions of means below ROWS exceed `uniform`."""
    _, lows, cdf = _guide()
    length = cdf.size // ROWS
    first = at = means * length
    while length > 1:  # the answer is one of the `length` entries from `at` on
        half = length // 2
        at = at + half * (cdf[at + half - 1] <= uniform)
        length -= half
    return lows[means] + at - first


def _probabilities(truth: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities of the truth, or raise an error that names it."""
    try:
        array = _validate.finite("truth", _validate.integers("truth", truth, minimum=0), ndim=1)
    except TypeError:  # not integers, so no counts
        array = _validate.probabilities("truth", truth)
    if not array.any():
        raise ValueError(f"truth must hold a count above 0, got {truth!r}")
    return array / array.sum()
