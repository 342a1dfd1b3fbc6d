"""The kernel-density loop: exact second moments for a fixed bandwidth, for rules of thumb, and for a growing pool."""

from __future__ import annotations

from math import log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.density._common import generations, length, size

LONGEST = 10**7  # generations of a pool, which are summed one by one
CORRECTIONS = ("none", "unbiased", "sample")


def kernel_variance(k: ArrayLike | None = None, *, n: int, bandwidth: float, sigma0: float = 1.0) -> Any:
    """Return the mean variance of generation k of the kernel-density loop with a fixed bandwidth.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 to 10**9; None (the default) gives the limit.
    n : int
        Samples in each generation, 1 to 10**9.
    bandwidth : float
        Standard deviation of the kernel, at least 0.
    sigma0 : float, default 1.0
        Standard deviation of the truth, at least 0.

    Returns
    -------
    float or ndarray
        n h^2 + (sigma0^2 - n h^2) (1 - 1/n)^k, of the shape of `k`; the limit is n h^2, whatever the truth.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-kernel-equilibrium. The kernel has any law of mean 0 with this standard deviation. See
    :doc:`/chapters/escape/kernel-density`.
    """
    n, square, truth = size(n), length("bandwidth", bandwidth) ** 2, length("sigma0", sigma0) ** 2
    if k is None:
        return n * square
    return answer(truth + (truth - n * square) * _lost(generations(k), n))


def kernel_drift(k: ArrayLike, *, n: int, bandwidth: float, sigma0: float = 1.0) -> Any:
    """Return the variance of the mean of generation k of the kernel-density loop with a fixed bandwidth.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n, bandwidth, sigma0
        As in :func:`kernel_variance`.

    Returns
    -------
    float or ndarray
        sigma0^2 + k h^2 minus the mean variance of generation k, of the shape of `k`; it grows for ever.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-kernel-equilibrium. See :doc:`/chapters/escape/kernel-density`.
    """
    n, square, truth = size(n), length("bandwidth", bandwidth) ** 2, length("sigma0", sigma0) ** 2
    k = generations(k)
    return answer(k * square - (truth - n * square) * _lost(k, n))


def kernel_fluctuation(*, n: int) -> float:
    """Return the variance of the variance of the stationary model, over the square of its mean.

    Parameters
    ----------
    n : int
        Samples in each generation, 1 to 10**9.

    Returns
    -------
    float
        The relative variance, for a normal kernel of any fixed bandwidth > 0: 0 for n = 1, and 4/3 as n grows.

    Raises
    ------
    TypeError, ValueError
        If `n` is of the wrong type or out of range.

    Notes
    -----
    prop-kernel-fluctuation. See :doc:`/chapters/escape/kernel-density`.
    """
    n = size(n)
    return 2 * (n - 1) * (4 * n * n - 6 * n + 3) / (n * (6 * n * n - 11 * n + 6))


def silverman(*, n: int) -> float:
    """Return the rule-of-thumb bandwidth, over the standard deviation of the sample.

    Parameters
    ----------
    n : int
        Sample size, 2 to 10**9.

    Returns
    -------
    float
        (4/(3n))^(1/5), which is 1.06 n^(-1/5) in its usual rounding.

    Raises
    ------
    TypeError, ValueError
        If `n` is of the wrong type or out of range.

    Notes
    -----
    Silverman (1986). See :doc:`/chapters/escape/kernel-density`.
    """
    return (4 / (3 * size(n, minimum=2))) ** 0.2


def rule_variance(
    k: ArrayLike, *, n: int, ratio: float, correction: str = "none", sigma0: float = 1.0
) -> Any:
    """Return the mean variance of generation k where the bandwidth is a multiple of the sample's spread.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Samples in each generation, 2 to 10**9.
    ratio : float
        Bandwidth over the standard deviation (divisor n - 1) of the sample, at least 0; :func:`silverman` gives one.
    correction : {"none", "unbiased", "sample"}, default "none"
        "none": the kernel widens the model. Otherwise the model is contracted about its mean until its variance
        is that of the sample with the divisor n - 1 ("unbiased") or n ("sample").
    sigma0 : float, default 1.0
        Standard deviation of the truth, at least 0.

    Returns
    -------
    float or ndarray
        sigma0^2 times the k-th power of 1 - 1/n + ratio^2, of 1, or of 1 - 1/n; of the shape of `k`. Where it
        exceeds the largest float it is ``inf``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-kernel-rule. See :doc:`/chapters/escape/kernel-density`.
    """
    n, ratio, truth = size(n, minimum=2), length("ratio", ratio), length("sigma0", sigma0) ** 2
    correction = _validate.choice("correction", correction, CORRECTIONS)
    excess = {"none": ratio**2 - 1 / n, "unbiased": 0.0, "sample": -1 / n}[correction]
    with np.errstate(over="ignore"):
        growth = np.exp(generations(k) * log1p(excess))
    return answer(truth * growth if truth > 0 else np.zeros(growth.shape))


def kernel_pool_variance(
    k: ArrayLike,
    *,
    n: int,
    bandwidth: float,
    power: float = 0.0,
    about: str = "mean",
    sigma0: float = 1.0,
) -> Any:
    """Return the mean variance of generation k where all samples of all generations are kept.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**7.
    n : int
        Samples in each generation, 1 to 10**9; generation k has k n points.
    bandwidth : float
        Bandwidth h of generation 1, at least 0.
    power : float, default 0.0
        The bandwidth of generation k is h k^(-power), 0 <= power <= 100.
    about : {"mean", "truth"}, default "mean"
        Whether the variance is that of the model, or its mean squared distance from the true mean.
    sigma0 : float, default 1.0
        Standard deviation of the truth, at least 0.

    Returns
    -------
    float or ndarray
        The mean, of the shape of `k`. For a fixed bandwidth about the truth: sigma0^2 + h^2 H_k with the harmonic
        numbers H_k.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    thm-kernel-pool; time and memory grow like the largest `k`. See :doc:`/chapters/escape/kernel-density`.
    """
    n, square, truth = size(n), length("bandwidth", bandwidth) ** 2, length("sigma0", sigma0) ** 2
    power = _validate.real("power", power, minimum=0.0, maximum=100.0)
    about = _validate.choice("about", about, ("mean", "truth"))
    k = generations(k, maximum=LONGEST)
    j = np.arange(1, int(k.max()) + 1, dtype=np.float64)
    own = square * j ** (-2 * power)  # h_j^2
    before = np.concatenate([[0.0], np.cumsum(own / (j + 1))])  # the sum of h_j^2/(j + 1) for j <= k
    total = truth + np.concatenate([[0.0], own + before[:-1]])
    if about == "truth":
        return answer(total[k])
    kept = np.concatenate([[1.0], 1 - 1 / (n * j * j)])
    step = np.diff(total, prepend=0.0)
    if n == 1:  # nothing is left of the truth's variance in generation 1
        kept[1:2], step[0] = 1.0, 0.0
    product = np.cumprod(kept)
    spread = product * np.cumsum(step / product)
    spread[0] = truth
    return answer(spread[k])


def _lost(k: NDArray[np.int64], n: int) -> Any:
    """Return (1 - 1/n)^k - 1."""
    if n == 1:
        return np.where(k > 0, -1.0, 0.0)
    return np.expm1(k * log1p(-1 / n))
