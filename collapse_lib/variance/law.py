"""The exact law of the standard deviation after k generations."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.variance import _common, _gamma_walk



def survival(eps: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact probability Pr(Sigma_k > eps) that the standard deviation still exceeds eps.

    Parameters
    ----------
    eps : float or array of float
        Level, eps > 0, in the unit of `sigma0`.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `eps`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML (the paper), 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    float or ndarray
        The probability; at k = 0 it is 1 if sigma0 > eps and 0 otherwise.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or eps and k do not broadcast.

    Notes
    -----
    ln Sigma_k is a sum of independent logarithms of chi-square variables, whose moment generating function is
    a power of a quotient of Gamma functions; we invert it along a contour through the saddle point. For k = 1
    and n <= 200 it is the incomplete Gamma function. Absolute error below 1e-13, relative error below 1e-11
    down to 1e-290; below 1e-308 the answer is 0. See :doc:`/chapters/collapse/exact-law`.
    """
    alpha, shrink = _common.size(n, ddof)
    x, k = _common.broadcast("eps", _common.log_ratio(eps, sigma0), _common.generations(k))
    answer = np.where(x < 0, 1.0, 0.0)
    fitted = k > 0
    answer[fitted] = _gamma_walk.law(x[fitted], k[fitted], alpha, shrink)[0]
    return answer[()]


def quantile(u: ArrayLike, *, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact u-quantile of Sigma_k: the level x with Pr(Sigma_k <= x) = u.

    Parameters
    ----------
    u : float or array of float
        Probability, 1e-15 <= u <= 1 - 1e-15.
    k : int or array of int
        Generation, 0 <= k <= 10^9; broadcasts with `u`.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    float or ndarray
        The quantile, in the unit of `sigma0`; `sigma0` at k = 0, and 0 where it is below the smallest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or u and k do not broadcast.

    Notes
    -----
    Inverts the law behind :func:`survival`, thm-exact-law in :doc:`/chapters/collapse/exact-law`. Relative
    error below 1e-10 down to 1e-300.
    """
    alpha, shrink = _common.size(n, ddof)
    u = _validate.finite("u", u, minimum=1e-15, maximum=1 - 1e-15)
    sigma0 = _validate.real("sigma0", sigma0, above=0)
    u, k = _common.broadcast("u", u, _common.generations(k))
    x = np.zeros(u.shape)
    fitted = k > 0
    x[fitted] = _gamma_walk.log_quantile(u[fitted], k[fitted], alpha, shrink)
    with np.errstate(over="ignore", under="ignore"):
        return np.where(fitted, np.exp(x + log(sigma0)), sigma0)[()]


def median(*, k: ArrayLike, n: int, ddof: int = 1, sigma0: float = 1.0) -> Any:
    """Return the exact median of Sigma_k, the standard deviation of a typical run.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 <= k <= 10^9.
    n : int
        Sample size per generation, 2 <= n <= 10^9.
    ddof : {1, 0}, default 1
        The divisor of the variance is n - ddof: 1 for near-ML, 0 for ML.
    sigma0 : float, default 1.0
        Standard deviation of the truth, sigma0 > 0.

    Returns
    -------
    float or ndarray
        The median, of the shape of `k`, in the unit of `sigma0`; 0 where it is below the smallest float.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    :func:`quantile` at 1/2; about sigma0 exp(-k log_rate), thm-typical-rate in
    :doc:`/chapters/collapse/exact-law`. Relative error below 1e-10 down to 1e-300.
    """
    return quantile(0.5, k=k, n=n, ddof=ddof, sigma0=sigma0)
