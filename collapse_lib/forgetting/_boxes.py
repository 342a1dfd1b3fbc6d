"""Laws of the number of occupied boxes for many numbers of balls at once, at a cost that does not grow with them.

If the numbers of balls in n boxes are independent Poisson(r) variables and their sum is `balls`, they are the
multinomial numbers, whatever r > 0. So the probability that b boxes are occupied is in proportion to

    Bin(n, 1 - exp(-r))(b) * Pr(b balls numbers of occupied boxes have the sum `balls`),

and the second factor is one Fourier sum. When collisions are few, their number is a finite sum of positive terms.
Each step is proved in :doc:`/chapters/reference/exact-at-scale`.
"""

from __future__ import annotations

from functools import lru_cache
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _stirling as stirling

__all__ = ["Points", "first_rows", "occupancy_points"]

Array = NDArray[np.float64]
Points = tuple[NDArray[np.int64], NDArray[np.int64], Array]  # number of the row, occupied boxes, weight

_FEW = 1.0  # up to this mean number of collisions they are counted
_MOST = 24  # more collisions than that then have a probability below 1e-23
_SPREAD, _TAIL = 8.6, 12  # the points reach this many standard deviations and boxes beyond the mean
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def first_rows(n: int, size: int) -> Array:
    """Transition matrix of 1, ..., `size` balls in n boxes: shape (size, size), ball by ball."""
    boxes = np.arange(1.0, size + 1)
    stay, enter = np.minimum(boxes / n, 1.0), np.maximum(1 - boxes / n, 0.0)
    rows = np.zeros((size, size))
    rows[0, 0] = 1.0
    for last, row in zip(rows, rows[1:]):
        np.multiply(last, stay, out=row)
        row[1:] += last[:-1] * enter[:-1]
    return rows


def occupancy_points(balls: NDArray[np.int64], n: int) -> Points:
    """Quadrature for the laws of the number of occupied boxes when `balls` balls fall into n boxes.

    Parameters
    ----------
    balls : array of int, shape (rows,)
        Numbers of balls, ascending, each above 1.
    n : int
        Number of boxes.

    Returns
    -------
    tuple of (ndarray of int, ndarray of int, ndarray), each of shape (points,)
        Number of the row, ascending; number of occupied boxes; weight. The weights of a row are positive and
        have the sum 1. Where the spread is small they are the probabilities of all values; otherwise they stand
        on a lattice that is coarse and yet too fine for a smooth function to see.
    """
    few = (balls * (balls - 1.0) <= 2 * _FEW * n) & (2 * balls <= n)
    spread = n * np.exp(-balls / n) * np.maximum(-np.expm1(-balls / n) - balls / n * np.exp(-balls / n), 0)
    wide = ~few & (spread >= 4.4**2)
    parts = [(few, _counted), (~few & ~wide, _transformed), (wide, _transformed)]
    found = []
    for chosen, method in parts:
        if chosen.any():
            boxes, weights = method(balls[chosen], n)
            rows = np.broadcast_to(np.flatnonzero(chosen)[:, None], boxes.shape)
            kept = weights > 1e-40
            found.append((rows[kept], boxes[kept], weights[kept]))
    rows, boxes, weights = (np.concatenate(part) for part in zip(*found))
    order = np.argsort(rows, kind="stable")
    return rows[order], boxes[order], weights[order]


@lru_cache(maxsize=1)
def _collisions() -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """For every d, j: the log of the number of ways to make j groups of two or more of d + j balls."""
    ways = [[1] + [0] * _MOST]
    for balls in range(1, 2 * _MOST + 1):
        before = ways[-2] if balls > 1 else [0] * (_MOST + 1)
        ways.append([0] + [j * ways[-1][j] + (balls - 1) * before[j - 1] for j in range(1, _MOST + 1)])
    pairs = [(d, j) for d in range(1, _MOST + 1) for j in range(1, d + 1)]
    collisions, groups = np.array(pairs).T
    return collisions, groups, np.array([log(ways[d + j][j]) for d, j in pairs])


def _counted(balls: NDArray[np.int64], n: int) -> tuple[NDArray[np.int64], Array]:
    """All numbers of collisions up to _MOST, each a sum of positive terms relative to no collision."""
    collisions, groups, log_ways = _collisions()
    steps, number = np.arange(2 * _MOST), np.arange(_MOST + 1)
    with np.errstate(divide="ignore"):
        log_choices = np.cumsum(np.log(np.maximum(balls[:, None] - steps, 0.0) / (steps + 1)), axis=1)
    log_boxes = np.cumsum(np.log((n - balls[:, None]) + number[1:]), axis=1)
    terms = np.exp(log_choices[:, collisions + groups - 1] + log_ways - log_boxes[:, collisions - 1])
    weights = np.ones((balls.size, _MOST + 1))
    weights[:, 1:] = np.add.reduceat(terms, np.flatnonzero(groups == 1), axis=1)
    return balls[:, None] - number, weights / weights.sum(axis=1, keepdims=True)


def _transformed(balls: NDArray[np.int64], n: int) -> tuple[NDArray[np.int64], Array]:
    """Points on a lattice of occupied boxes, weighted by the binomial probability and one Fourier sum."""
    a, r = balls.astype(float), balls / n
    full, empty = -np.expm1(-r), np.exp(-r)
    deviation = np.sqrt(n * empty * np.maximum(full - r * empty, 0.0))
    crowd = np.sqrt(n * r * (1 + r - r / full))  # standard deviation of the sum over the occupied boxes
    stride = np.where(deviation >= 4.4, np.floor(deviation / 1.7), 1).astype(np.int64)
    reaches = np.ceil((_SPREAD * deviation + _TAIL) / stride).astype(np.int64)
    reach = int(reaches.max())
    lowest = np.rint(n * full).astype(np.int64) - reach * stride
    # frequencies: the period is out of reach of the sum, and beyond the last the transform is below 1e-16 for
    # all points, or there is none beyond it
    period = 2 * np.ceil((2 * _SPREAD * crowd + 2 * _TAIL) / 2) + 1
    last = np.arccos(np.maximum(1 - _SPREAD**2 / 2 / crowd**2, -1.0))
    last[reaches * stride > n * full / 10] = np.pi
    count = np.minimum(period // 2, np.ceil(last * period / (2 * np.pi)))
    index = np.arange(int(count.max()) + 1.0)
    t = 2 * np.pi * index / period[:, None]
    part = np.where(index == 0, 1.0, 2.0) * (index <= count[:, None])
    log_psi = _log_transform(r[:, None], t)
    terms = np.empty((2 * reach + 1, *t.shape), dtype=complex)
    np.exp(lowest[:, None] * log_psi - 1j * (balls - lowest)[:, None] * t, out=terms[0])
    terms[1:] = np.exp(stride[:, None] * (log_psi + 1j * t))
    np.multiply.accumulate(terms, axis=0, out=terms)
    sums = np.einsum("jik,ik->ij", terms.real, part)
    steps = np.arange(-reach, reach + 1)
    boxes = (lowest + reach * stride)[:, None] + stride[:, None] * steps
    possible = (np.abs(steps) <= reaches[:, None]) & (boxes >= 1) & (boxes <= np.minimum(balls, n)[:, None])
    boxes = np.clip(boxes, 1, np.minimum(balls, n)[:, None])
    log_weight = _log_binomial(boxes.astype(float), float(n), full[:, None], empty[:, None])
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weights = np.where(possible, np.maximum(sums, 0.0) * np.exp(log_weight), 0.0)
    return boxes, weights / weights.sum(axis=1, keepdims=True)


def _log_transform(r: Array, t: Array) -> NDArray[np.complex128]:
    """log E exp(it(X - 1)) for a Poisson(r) variable X given X >= 1, without cancellation for small t or r."""
    small = np.minimum(r, 1.0)
    total = small / 2 * np.expm1(1j * t)
    for m, bernoulli in enumerate(_BERNOULLI, start=1):
        coefficient = bernoulli / (2 * m) * np.exp(2 * m * np.log(small) - lgamma(2 * m + 1))
        total += coefficient * np.expm1(2j * m * t)
    if r.max() > 1:
        u = np.expm1(r * np.expm1(1j * t)) / -np.expm1(-r)
        modulus = np.maximum(u.real * (2 + u.real) + u.imag**2, -1 + 1e-16)
        direct = np.log1p(modulus) / 2 + 1j * (np.arctan2(u.imag, 1 + u.real) - t)
        total = np.where(r > 1, direct, total)
    return total


def _log_binomial(b: Array, n: float, full: Array, empty: Array) -> Array:
    """log Bin(n, full)(b) up to a constant, by Loader's form of Stirling's formula."""
    return -stirling.excess(b) - stirling.excess(n - b) - stirling.deviance(b, n * full) - stirling.deviance(n - b, n * empty)
