"""The diffusion loop q -> a p + (1 - a) (q * G_s): its laws as mixtures, its limit, its distances, finite samples."""

from __future__ import annotations

from math import exp, log1p, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from . import _validate
from ._bumps import Bumps, mixed
from ._kernel_loop import HUGE, generations, length, shaped, size

Array = NDArray[np.float64]

SMALLEST = 1e-3  # share of real data for densities: the limit has 40/share components
REST = 37.0  # components of the limit of total weight exp(-REST) are left out
GRID = 601  # points on which sign changes are sought
REFINED = 6  # steps that refine them; the distance is stationary in their places


def diffusion_weights(k: int, *, share: float) -> Array:
    """Return the weights of the truth blurred 0, 1, ..., k times in generation k of the diffusion loop.

    Parameters
    ----------
    k : int
        Generation, 0 to 10**6.
    share : float
        Share a of real data in each generation, 0 < a <= 1.

    Returns
    -------
    ndarray of float, shape (k + 1,)
        a (1 - a)^j for j < k, and (1 - a)^k for j = k.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-diffusion-limit; Khelifa, Turner and Venkataramanan (2026). See :doc:`/chapters/escape/diffusion-loop`.
    """
    k = _validate.integer("k", k, minimum=0, maximum=10**6)
    share = _share(share)
    weights = share * (1 - share) ** np.arange(k + 1.0)
    weights[k] = (1 - share) ** k
    return weights


def diffusion_density(
    x: ArrayLike, k: int | None = None, *, truth: Bumps, share: float, blur: float
) -> Any:
    """Return the density of generation k of the diffusion loop, or of its limit, exactly.

    Parameters
    ----------
    x : float or array of float
        Where.
    k : int, optional
        Generation, 0 to 10**6; None (the default) gives the limit.
    truth : Bumps
        The truth p, which is generation 0.
    share : float
        Share of real data in each generation, 0.001 <= share <= 1.
    blur : float
        Variance s of the noise that every generation adds, at least 0.

    Returns
    -------
    float or ndarray
        The density, of the shape of `x`; of the limit, components of total weight 1e-17 are left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-diffusion-limit. See :doc:`/chapters/escape/diffusion-loop`.
    """
    x, truth = _validate.finite("x", x), checked_truth(truth)
    share, blur = _share(share, minimum=SMALLEST), length("blur", blur)
    weights = diffusion_weights(_terms(share) if k is None else k, share=share)
    return shaped(mixed(truth, x.ravel(), weights, blur * np.arange(weights.size)).reshape(x.shape))


def diffusion_variance(
    k: ArrayLike | None = None, *, share: float, blur: float, sigma0: float = 1.0
) -> Any:
    """Return the variance of generation k of the diffusion loop, or of its limit.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 to 10**9; None (the default) gives the limit.
    share : float
        Share a of real data in each generation, 0 < a <= 1.
    blur : float
        Variance s of the noise that every generation adds, at least 0.
    sigma0 : float, default 1.0
        Standard deviation of the truth, at least 0.

    Returns
    -------
    float or ndarray
        sigma0^2 + s (1 - a) (1 - (1 - a)^k)/a, of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-diffusion-limit. See :doc:`/chapters/escape/diffusion-loop`.
    """
    share, blur, truth = _share(share), length("blur", blur), length("sigma0", sigma0) ** 2
    excess = blur * (1 - share) / share
    if k is None:
        return truth + excess
    k = generations(k)
    gone = -np.expm1(k * log1p(-share)) if share < 1 else np.where(k > 0, 1.0, 0.0)
    return shaped(truth + excess * gone)


def diffusion_filter(omega: ArrayLike, k: int | None = None, *, share: float, blur: float) -> Any:
    """Return by which factor generation k, or the limit, multiplies the truth's Fourier transform.

    Parameters
    ----------
    omega : float or array of float
        Angular frequency, of absolute value at most 1e70.
    k : int, optional
        Generation, 0 to 10**9; None (the default) gives the limit.
    share : float
        Share a of real data in each generation, 0 < a <= 1.
    blur : float
        Variance s of the noise that every generation adds, at least 0.

    Returns
    -------
    float or ndarray
        The factor, of the shape of `omega`; for the limit a/(1 - (1 - a) exp(-s omega^2/2)), from 1 down to a.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-diffusion-filter. See :doc:`/chapters/escape/diffusion-loop`.
    """
    omega = _validate.finite("omega", omega, minimum=-1e70, maximum=1e70)
    share, blur = _share(share), length("blur", blur)
    loss = -np.expm1(-blur * omega * omega / 2)  # 1 - exp(-s omega^2/2)
    limit = share / (share + (1 - share) * loss)
    if k is None:
        return shaped(limit)
    k = _validate.integer("k", k, minimum=0, maximum=10**9)
    factor = ((1 - share) * (1 - loss)) ** k
    return shaped(limit + (1 - limit) * factor)


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
    share = _share(share, minimum=SMALLEST)
    blur = _validate.real("blur", blur, above=0.0, maximum=HUGE)
    if share == 1:
        return 0.0
    weights = -diffusion_weights(_terms(share), share=share)
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
    k, share = _validate.integers("k", k, minimum=1, maximum=10**9), _share(share)
    return shaped(exp(-0.5) / sqrt(2 * pi) * (1 - share) ** (k + 1.0) / (share * k))


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
    share = _share(share)
    return shaped((1 - share) ** (generations(k) + 1.0) / share)


def diffusion_sample(*, n: int, share: float, blur: float, sigma0: float = 1.0) -> tuple[float, float]:
    """Return the stationary moments of the diffusion loop with n samples in a generation.

    Parameters
    ----------
    n : int
        Samples in each generation, 1 to 10**9: each is real with probability `share`, otherwise a sample of the
        last generation plus noise.
    share : float
        Share a of real data, 0 < a <= 1.
    blur : float
        Variance s of the noise, at least 0.
    sigma0 : float, default 1.0
        Standard deviation of the truth, at least 0.

    Returns
    -------
    variance, drift : float
        Mean of the sample's variance (divisor n), and variance of the sample's mean. They add up to the variance
        of the limit without sampling.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    prop-diffusion-sample. See :doc:`/chapters/escape/diffusion-loop`.
    """
    n = size(n)
    total = diffusion_variance(share=share, blur=blur, sigma0=sigma0)
    remix = (n - 1) * share * (2 - share)  # n - (n - 1)(1 - a)^2 is this plus 1
    return total * remix / (1 + remix), total / (1 + remix)


def _share(share: float, *, minimum: float | None = None) -> float:
    return _validate.real("share", share, minimum=minimum, above=0.0 if minimum is None else None, maximum=1.0)


def checked_truth(truth: Bumps) -> Bumps:
    if not isinstance(truth, Bumps):
        raise TypeError(f"truth must be a Bumps, got {truth!r}")
    return truth


def _terms(share: float) -> int:
    """Return after how many components of the limit the rest may go into the last one."""
    return 1 if share == 1 else int(REST / -log1p(-share)) + 1
