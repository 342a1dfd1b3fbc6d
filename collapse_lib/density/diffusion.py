"""The diffusion loop q -> a p + (1 - a) (q * G_s): its laws as mixtures, its limit, finite samples."""

from __future__ import annotations

from math import log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.density._bumps import Bumps, checked_truth, mixed
from collapse_lib.density._common import Array, generations, length, size

SMALLEST = 1e-3  # share of real data for densities: the limit has 40/share components
REST = 37.0  # components of the limit of total weight exp(-REST) are left out


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
    share = real_share(share)
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
    share, blur = real_share(share, minimum=SMALLEST), length("blur", blur)
    weights = diffusion_weights(components(share) if k is None else k, share=share)
    return answer(mixed(truth, x.ravel(), weights, blur * np.arange(weights.size)).reshape(x.shape))


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
    share, blur, truth = real_share(share), length("blur", blur), length("sigma0", sigma0) ** 2
    excess = blur * (1 - share) / share
    if k is None:
        return truth + excess
    k = generations(k)
    gone = -np.expm1(k * log1p(-share)) if share < 1 else np.where(k > 0, 1.0, 0.0)
    return answer(truth + excess * gone)


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
    share, blur = real_share(share), length("blur", blur)
    loss = -np.expm1(-blur * omega * omega / 2)  # 1 - exp(-s omega^2/2)
    limit = share / (share + (1 - share) * loss)
    if k is None:
        return answer(limit)
    k = _validate.integer("k", k, minimum=0, maximum=10**9)
    factor = ((1 - share) * (1 - loss)) ** k
    return answer(limit + (1 - limit) * factor)


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


def real_share(share: float, *, minimum: float | None = None) -> float:
    return _validate.real("share", share, minimum=minimum, above=0.0 if minimum is None else None, maximum=1.0)


def components(share: float) -> int:
    """Return after how many components of the limit the rest may go into the last one."""
    return 1 if share == 1 else int(REST / -log1p(-share)) + 1
