"""Expected distances of the model of generation k from the truth: Wasserstein, and relative entropy both ways."""

from __future__ import annotations

from math import log1p
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.variance import _common
from collapse_lib.variance.moments import log_moment, log_rate

Direction = Literal["reverse", "forward"]


def wasserstein(*, k: ArrayLike, n: int, ddof: int = 1) -> Any:
    """Return E W_2(P_k, P_0)^2, the expected squared Wasserstein distance, in units of sigma_0^2.

    P_k is the normal law with mean M_k and standard deviation Sigma_k, P_0 the truth, and
    W_2(P_k, P_0)^2 = (M_k - mu_0)^2 + (Sigma_k - sigma_0)^2.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 <= k <= 10^9.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.

    Returns
    -------
    float or ndarray
        k/n + 2 - 2 m_1^k for near-ML, 2 - 2 m_1^k for ML, of the shape of `k`; 0 at k = 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    For near-ML it grows without bound (Shumailov et al. 2024, Theorem 3.1), although in every run the distance
    stays bounded; for ML it stays below 2. See :doc:`/chapters/collapse/which-distance`. Relative error below
    1e-12.
    """
    drift = float(log_moment(1.0, n=n, ddof=ddof))
    k = _common.generations(k)
    return (-2 * np.expm1(k * drift) + (k / n if ddof else 0.0))[()]


def kl(*, k: ArrayLike, n: int, ddof: int = 1, direction: Direction = "reverse") -> Any:
    """Return the expected relative entropy (Kullback-Leibler divergence) of generation k and the truth, in nats.

    P_k is the normal law with mean M_k and standard deviation Sigma_k, P_0 the truth, and KL(P || Q) is the mean
    of ln(p/q) under P.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 <= k <= 10^9.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    direction : {"reverse", "forward"}, default "reverse"
        "reverse": E KL(P_k || P_0), the mean is taken under the model:
        ln(sigma_0/Sigma_k) + (Sigma_k^2 + (M_k - mu_0)^2) / (2 sigma_0^2) - 1/2.
        "forward": E KL(P_0 || P_k), the mean is taken under the truth, so it is how much the population log-loss
        of the model exceeds that of the truth:
        ln(Sigma_k/sigma_0) + (sigma_0^2 + (M_k - mu_0)^2) / (2 Sigma_k^2) - 1/2.

    Returns
    -------
    float or ndarray
        Of the shape of `k`, 0 at k = 0. With a the rate of :func:`log_rate`, "reverse" is a k + k/(2n) for near-ML
        and a k for ML; "forward" is (3n-1)/(4n) (((n-1)/(n-3))^k - 1) - a k for near-ML and
        2/3 ((n/(n-3))^k - 1) - a k for ML, both infinite for n <= 3 and k >= 1; inf also where it is above the
        largest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/collapse/which-distance`. Relative error below 1e-12.
    """
    rate = log_rate(n=n, ddof=ddof)
    k = _common.generations(k)
    if _validate.choice("direction", direction, ("reverse", "forward")) == "reverse":
        return (k * (rate + (1 / (2 * n) if ddof else 0.0)))[()]
    if n <= 3:  # E 1/C is infinite for one and for two degrees of freedom
        return np.where(k > 0, np.inf, 0.0)[()]
    weight, excess = ((3 * n - 1) / (4 * n), 2) if ddof else (2 / 3, 3)
    with np.errstate(over="ignore"):
        return (weight * np.expm1(k * log1p(excess / (n - 3))) - rate * k)[()]
