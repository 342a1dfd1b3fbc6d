"""Multinomial and Poisson draws that are right where numpy's are not: zeros at the end, very large means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["multinomial", "poisson"]

LARGE = 1e8  # means above it are drawn by rejection here, the others by numpy
MARGIN = 0.03  # the logarithm of target over proposal stays below it within 12 standard deviations


def multinomial(size: int | NDArray[np.int64], p: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw multinomial counts along the last axis; a symbol of probability 0 never comes up.

    numpy draws one symbol after the other and gives all that is left to the last one, which it does even when
    only rounding errors are left and the last symbol is impossible. So the most probable symbol goes last.

    Parameters
    ----------
    size : int or ndarray of int, shape (...)
        Number of samples.
    p : ndarray, shape (..., symbols)
        Probabilities; each row has the sum 1.
    rng : numpy.random.Generator
        Source of randomness.
    """
    rows = p.reshape(-1, p.shape[-1]).copy()
    each, likeliest = np.arange(len(rows)), rows.argmax(axis=1)
    rows[each, likeliest] = rows[:, -1]  # numpy never reads the last one
    drawn = rng.multinomial(size if isinstance(size, int) else size.ravel(), rows)
    rest = drawn[:, -1].copy()
    drawn[:, -1] = drawn[each, likeliest]
    drawn[each, likeliest] = rest
    return drawn.reshape(p.shape)


def poisson(mean: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw independent Poisson variables of means up to 2**62.

    numpy's rejection compares logarithms as large as m ln m with their rounding errors; at a mean m of 1e15
    the variance is 4 % too large, at 1e17 63 %.

    Parameters
    ----------
    mean : ndarray of float or int
        The means.
    rng : numpy.random.Generator
        Source of randomness.
    """
    largest = mean.max()
    if largest <= LARGE:
        return rng.poisson(mean)
    if largest > 2**62:
        raise ValueError(f"size times lambda must be at most 2**62, got {float(largest)!r}")
    large = mean > LARGE
    drawn = np.asarray(rng.poisson(np.where(large, 0, mean)))
    drawn[large] = _rejected(mean[large].astype(np.float64), rng)
    return drawn


def _rejected(mean: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw Poisson variables of large means: rounded-down normal variables, accepted by the ratio of the laws.

    The value floor(mean) + step = mean (1 + e) has the Poisson probability, by Stirling's formula,
    exp(-mean (e^2/2 - e^3/6 + e^4/12)) / sqrt(2 pi mean (1 + e)), with a relative error below 1e-7.
    """
    drawn, whole = np.empty(mean.shape, np.int64), np.floor(mean)
    todo = np.arange(mean.size)
    while todo.size:
        m, fraction = mean[todo], (mean - whole)[todo]
        z = rng.standard_normal(todo.size)
        step = np.floor(fraction + np.sqrt(m) * z)
        e = (step - fraction) / m
        ratio = z * z / 2 - m * e * e * (1 / 2 - e / 6 + e * e / 12) - np.log1p(e) / 2
        accepted = np.log1p(-rng.random(todo.size)) < ratio - MARGIN
        drawn[todo[accepted]] = whole[todo[accepted]].astype(np.int64) + step[accepted].astype(np.int64)
        todo = todo[~accepted]
    return drawn
