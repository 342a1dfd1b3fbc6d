"""The loop itself, for all trajectories together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate
from collapse_lib.density._bumps import Bumps, checked_truth
from collapse_lib.density._common import HUGE, length

LARGEST = 10**7  # points of all trajectories together, which are held in memory
RULES = ("fixed", "ratio", "unbiased", "sample")


@dataclass(frozen=True, eq=False)
class Run:
    """The trajectories of a simulation.

    Attributes
    ----------
    rule : {"fixed", "ratio", "unbiased", "sample"}
        How the bandwidth was chosen.
    mean, sd : ndarray of float, shape (trajectories, generations + 1)
        Mean and standard deviation of the models (kernel included); generation 0 (the truth) first.
    points : ndarray of float, shape (trajectories, points)
        Where the kernels of the last model stand.
    bandwidth : ndarray of float, shape (trajectories,)
        Standard deviation of the kernels of the last model.
    """

    rule: str
    mean: NDArray[np.float64] = field(repr=False)
    sd: NDArray[np.float64] = field(repr=False)
    points: NDArray[np.float64] = field(repr=False)
    bandwidth: NDArray[np.float64] = field(repr=False)


def simulate(
    truth: Bumps,
    *,
    n: int,
    generations: int,
    bandwidth: float,
    rng: np.random.Generator | int,
    trajectories: int = 1,
    rule: str = "fixed",
    share: float = 0.0,
    accumulate: bool = False,
) -> Run:
    """Simulate recursive training of a kernel density estimate with normal kernels.

    Parameters
    ----------
    truth : Bumps
        The truth, generation 0.
    n : int
        Samples drawn from each generation for the next, at least 1 (2 unless rule="fixed").
    generations : int
        Number of fits, at least 1.
    bandwidth : float
        Standard deviation of the kernel for rule="fixed", otherwise the bandwidth over the standard deviation
        (divisor n - 1) of the points; at least 0.
    rng : numpy.random.Generator or int
        Generator, which is advanced, or a non-negative seed for a new one.
    trajectories : int, default 1
        Number of independent runs, at least 1; at most 10**7 points in all.
    rule : {"fixed", "ratio", "unbiased", "sample"}, default "fixed"
        "fixed" and "ratio" leave the points where they are; "unbiased" and "sample" contract the model about its
        mean until its variance is that of the points with the divisor n - 1, or n.
    share : float, default 0.0
        Probability with which a sample of generations 1, 2, ... is a fresh real one instead.
    accumulate : bool, default False
        Whether the points of all generations are kept; each generation still draws `n`.

    Returns
    -------
    Run
        Means, standard deviations and the last points.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the loop explodes beyond 1e140.

    Notes
    -----
    Points are held as mean + scale * u, so that the spread keeps its digits when it collapses. The pool of
    accumulate=True is held as it is. See :doc:`/chapters/escape/kernel-density`.
    """
    truth, rule = checked_truth(truth), _validate.choice("rule", rule, RULES)
    n = _validate.integer("n", n, minimum=1 if rule == "fixed" else 2, maximum=LARGEST)
    generations = _validate.integer("generations", generations, minimum=1, maximum=LARGEST)
    trajectories = _validate.integer("trajectories", trajectories, minimum=1, maximum=LARGEST)
    share, bandwidth = _validate.probability("share", share), length("bandwidth", bandwidth)
    if not isinstance(accumulate, (bool, np.bool_)):
        raise TypeError(f"accumulate must be True or False, got {accumulate!r}")
    if n * trajectories * (generations if accumulate else 1) > LARGEST:
        raise ValueError(f"trajectories must leave at most {LARGEST} points in all, got {trajectories}")
    rng = _validate.generator(rng)
    means, sds = np.empty((2, generations + 1, trajectories))
    means[0], sds[0] = truth.mean, np.sqrt(truth.variance)
    centre, scale = np.zeros(trajectories), np.ones(trajectories)
    pool, u = truth.draw((trajectories, n), rng), np.empty((trajectories, 0))
    for k in range(1, generations + 1):
        shift = pool.mean(axis=1)
        centre, u = centre + scale * shift, pool - shift[:, None]
        spread = np.sqrt((u * u).mean(axis=1))
        contraction, width = np.ones(trajectories), np.full(trajectories, bandwidth)
        if rule == "fixed":
            u, centre = pool, np.zeros(trajectories)
            means[k], sds[k] = shift, np.hypot(spread, width)
        else:
            unbiased = spread * np.sqrt(u.shape[1] / (u.shape[1] - 1))
            scale, width = scale * unbiased, width * (unbiased > 0)
            u = u / np.where(unbiased > 0, unbiased, 1.0)[:, None]
            inner = 1 - 1 / u.shape[1] + bandwidth**2
            target = {"ratio": inner, "unbiased": 1.0, "sample": 1 - 1 / u.shape[1]}[rule]
            contraction *= np.sqrt(target / inner)
            means[k], sds[k] = centre, scale * np.sqrt(target)
        if not max(np.abs(means[k]).max(), sds[k].max()) < HUGE:
            raise ValueError(f"generations must be fewer than {k}, where the loop passes {HUGE:g}")
        u, width = u * contraction[:, None], width * contraction
        if k == generations:
            break
        drawn = np.take_along_axis(u, rng.integers(u.shape[1], size=(trajectories, n)), axis=1)
        drawn += width[:, None] * rng.standard_normal((trajectories, n))
        if share > 0:
            fresh = truth.draw((trajectories, n), rng)
            with np.errstate(all="ignore"):
                fresh = np.where(scale[:, None] > 0, (fresh - centre[:, None]) / scale[:, None], fresh)
            drawn = np.where(rng.random((trajectories, n)) < share, fresh, drawn)
        pool = np.concatenate([u / contraction[:, None], drawn], axis=1) if accumulate else drawn
    return Run(rule, means.T, sds.T, centre[:, None] + scale[:, None] * u, scale * width)
