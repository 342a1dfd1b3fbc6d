"""How fast the diffusion loop converges: total variation, exactly and to leading order, and a bound of chi-square."""

from __future__ import annotations

from math import exp, log1p, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.density._bumps import Bumps, checked_truth, mixed
from collapse_lib.density._common import HUGE, generations
from collapse_lib.density.diffusion import SMALLEST, components, diffusion_weights, real_share

GRID = 601  # points on which sign changes are sought
REFINED = 6  # steps that refine them; the distance is stationary in their places


def diffusion_distance(k: int, *, truth: Bumps, share: float, blur: float) -> float:
    """Return the total variation distance between generation k of the diffusion loop and its limit.

    Parameters
    ----------
    k : int
        Generation, 0 to 10**6.
    truth : Bumps
        The truth p, which is generation 0.
    share : float
        Share of real data in each generation, 0.001 <= share <= 1.
    blur : float
        Variance of the noise that every generation adds, > 0.

    Returns
    -------
    float
        The distance, in [0, 1]; about nine digits where the truth is not much finer than its spread.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The difference of the two densities is (1 - a)^k f * G_{ks} with f the truth minus the limit; it is never
    computed as a difference of nearly equal numbers. See :doc:`/chapters/escape/diffusion-loop`.
    """
    k, truth = _validate.integer("k", k, minimum=0, maximum=10**6), checked_truth(truth)
    share = real_share(share, minimum=SMALLEST)
    blur = _validate.real("blur", blur, above=0.0, maximum=HUGE)
    if share == 1:
        return 0.0
    weights = -diffusion_weights(components(share), share=share)
    weights[0] += 1
    spreads = blur * (k + np.arange(weights.size))
    reach = 9 * np.sqrt(np.square(truth.widths) + spreads[0] + blur / share)  # then come exponential tails
    tail = 20 * sqrt(blur) / max(sqrt(-2 * log1p(-share)), 0.1)
    left, right = np.min(truth.centres - reach) - tail, np.max(truth.centres + reach) + tail
    x = np.linspace(left, right, GRID)
    f = mixed(truth, x, weights, spreads)
    at = np.flatnonzero(f[:-1] * f[1:] < 0)
    low, high, below, above = x[at], x[at + 1], f[at], f[at + 1]
    for _ in range(REFINED):  # a point by linear interpolation, then the half with the change of sign
        roots = low + (high - low) * below / (below - above)
        middle = mixed(truth, roots, weights, spreads)
        left_half = below * middle <= 0
        high, above = np.where(left_half, roots, high), np.where(left_half, middle, above)
        low, below = np.where(left_half, low, roots), np.where(left_half, below, middle)
        below, above = np.where(left_half, below / 2, below), np.where(left_half, above, above / 2)
    mass = mixed(truth, roots, weights, spreads, kernel=special.ndtr)
    jumps = np.abs(np.diff(np.concatenate([[0.0], mass, [0.0]])))
    return float(exp(k * log1p(-share)) * jumps.sum() / 2)


def diffusion_rate(k: ArrayLike, *, share: float) -> Any:
    """Return the sharp asymptotic total variation distance between generation k and the limit.

    Parameters
    ----------
    k : int or array of int
        Generation, 1 to 10**9.
    share : float
        Share a of real data in each generation, 0 < a <= 1.

    Returns
    -------
    float or ndarray
        phi(1) (1 - a)^(k + 1)/(a k), of the shape of `k`; may exceed 1 for small `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-diffusion-rate: the distance over this tends to 1 for every truth of finite variance and every blur. See
    :doc:`/chapters/escape/diffusion-loop`.
    """
    k, share = _validate.integers("k", k, minimum=1, maximum=10**9), real_share(share)
    return answer(exp(-0.5) / sqrt(2 * pi) * (1 - share) ** (k + 1.0) / (share * k))


def diffusion_chi_square_bound(k: ArrayLike, *, share: float) -> Any:
    """Return a bound for the chi-square divergence of generation k from the limit.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    share : float
        Share a of real data in each generation, 0 < a <= 1.

    Returns
    -------
    float or ndarray
        (1 - a)^(k + 1)/a, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-diffusion-chi-square: holds for every truth with a density and every blur. See
    :doc:`/chapters/escape/diffusion-loop`.
    """
    share = real_share(share)
    return answer((1 - share) ** (generations(k) + 1.0) / share)
