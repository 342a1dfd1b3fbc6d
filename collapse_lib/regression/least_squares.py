"""At least as many rows as weights: least squares and ridge, data replaced or accumulated."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.regression._common import HUGE, LARGEST, Array, generations, square

__all__ = ["accumulate_error", "accumulate_limit", "replace_error", "ridge_error", "ridge_limit"]

FAR = 30.0  # from here on Stirling's series of the trigamma function has all digits


def replace_error(k: ArrayLike, *, n: int, d: int, noise: float = 1.0) -> Any:
    """Return the error of generation k when every generation is fitted to the last n rows, by least squares.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Rows of each generation, d + 2 to 10**9 (for n = d and d + 1 the error is infinite).
    d : int
        Number of weights, at least 1.
    noise : float, default 1.0
        Standard deviation of the noise of a label, 0 to 1e50.

    Returns
    -------
    float or ndarray
        k noise^2 d/(n - d - 1), of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Normal designs, fresh or the same in every generation. Gerstgrasser et al. (2024), Dohmatob et al. (2024). See
    :doc:`/chapters/escape/regression`.
    """
    n, d, variance = _tall(n, d, noise)
    return answer(generations(k) * (variance * d / (n - d - 1)))


def accumulate_error(
    k: ArrayLike, *, n: int, d: int, noise: float = 1.0, designs: Literal["fresh", "same"] = "fresh"
) -> Any:
    """Return the error of generation k when every generation is fitted to all rows so far, by least squares.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Rows that each generation adds, d + 2 to 10**9.
    d : int
        Number of weights, at least 1.
    noise : float, default 1.0
        Standard deviation of the noise of a label, 0 to 1e50.
    designs : {"fresh", "same"}, default "fresh"
        Whether every generation draws its own normal inputs or all have those of the first one.

    Returns
    -------
    float or ndarray
        noise^2 d times the sum over j = 1, ..., k of 1/(j (j n - d - 1)), or of 1/(j^2 (n - d - 1)) for the same
        design; of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Gerstgrasser et al. (2024) for the same design. Relative error below 1e-12. See
    :doc:`/chapters/escape/regression`.
    """
    n, d, variance = _tall(n, d, noise)
    return answer(variance * d * _pooled(generations(k), n, d + 1, designs))


def accumulate_limit(*, n: int, d: int, noise: float = 1.0, designs: Literal["fresh", "same"] = "fresh") -> float:
    """Return the error that accumulating least squares tends to.

    Parameters
    ----------
    n, d, noise, designs
        As in :func:`accumulate_error`.

    Returns
    -------
    float
        -noise^2 d/(d + 1) (psi(1 - (d + 1)/n) + gamma), or pi^2/6 noise^2 d/(n - d - 1) for the same design.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    psi is the digamma function and gamma Euler's constant. See :doc:`/chapters/escape/regression`.
    """
    n, d, variance = _tall(n, d, noise)
    return float(variance * d * _pooled(np.float64(np.inf), n, d + 1, designs))


def ridge_error(
    k: ArrayLike,
    *,
    n: int,
    d: int,
    ridge: float,
    norm: float = 1.0,
    noise: float = 1.0,
    regime: Literal["replace", "accumulate"] = "replace",
) -> Any:
    """Return the error of generation k of ridge regression with orthogonal designs.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Rows of each generation, d to 10**9; the columns of a design are orthogonal, of squared length n.
    d : int
        Number of weights, at least 1.
    ridge : float
        Penalty on the squared norm of the weights, the same in every fit, 0 to 1e50.
    norm : float, default 1.0
        Length of the vector of true weights, 0 to 1e50.
    noise : float, default 1.0
        Standard deviation of the noise of a label, 0 to 1e50.
    regime : {"replace", "accumulate"}, default "replace"
        Whether a generation is fitted to the last n rows or to all rows so far.

    Returns
    -------
    float or ndarray
        With q = n/(n + ridge): (1 - q^k)^2 norm^2 plus noise^2 d/n times the sum of q^2, q^4, ..., q^2k when data
        are replaced; (1 - q)^2 norm^2 plus noise^2 d n times the sum over j <= k of (j n + ridge)^-2 when they are
        accumulated; of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/regression`.
    """
    n, d, ridge, size, variance = _penalised(n, d, ridge, norm, noise)
    steps, log = generations(k), -np.log1p(ridge / n)
    if _validate.choice("regime", regime, ("replace", "accumulate")) == "replace":
        bias = np.expm1(steps * log)
        terms = steps if ridge == 0 else np.exp(2 * log) * np.expm1(2 * log * steps) / np.expm1(2 * log)
    else:
        bias = np.where(steps > 0, np.expm1(log), 0.0)
        terms = _inverse_squares(steps, ridge / n)
    return answer(size * bias**2 + variance * d / n * terms)


def ridge_limit(
    *,
    n: int,
    d: int,
    ridge: float,
    norm: float = 1.0,
    noise: float = 1.0,
    regime: Literal["replace", "accumulate"] = "replace",
) -> float:
    """Return the error that ridge regression with orthogonal designs tends to.

    Parameters
    ----------
    n, d, ridge, norm, noise, regime
        As in :func:`ridge_error`, but ridge > 0.

    Returns
    -------
    float
        With q = n/(n + ridge): norm^2 + noise^2 d/n q^2/(1 - q^2) when data are replaced: the truth is forgotten;
        (1 - q)^2 norm^2 + noise^2 d/n psi'(1 + ridge/n) when they are accumulated.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    psi' is the trigamma function. See :doc:`/chapters/escape/regression`.
    """
    n, d, ridge, size, variance = _penalised(n, d, _validate.real("ridge", ridge, above=0.0), norm, noise)
    log = -np.log1p(ridge / n)
    if _validate.choice("regime", regime, ("replace", "accumulate")) == "replace":
        return float(size + variance * d / n * np.exp(2 * log) / -np.expm1(2 * log))
    return float(size * np.expm1(log) ** 2 + variance * d / n * special.zeta(2, 1 + ridge / n))


def _tall(n: int, d: int, noise: float) -> tuple[int, int, float]:
    d = _validate.integer("d", d, minimum=1, maximum=LARGEST - 2)
    return _validate.integer("n", n, minimum=d + 2, maximum=LARGEST), d, square("noise", noise)


def _penalised(n: int, d: int, ridge: float, norm: float, noise: float) -> tuple[int, int, float, float, float]:
    d = _validate.integer("d", d, minimum=1, maximum=LARGEST)
    n = _validate.integer("n", n, minimum=d, maximum=LARGEST)
    ridge = _validate.real("ridge", ridge, minimum=0.0, maximum=HUGE)
    return n, d, ridge, square("norm", norm), square("noise", noise)


def _pooled(k: Array, n: int, a: int, designs: str) -> Any:
    """Return the sum over j = 1, ..., k of 1/(j (j n - a)), or of 1/(j^2 (n - a)) for the same design."""
    if _validate.choice("designs", designs, ("fresh", "same")) == "same":
        return _inverse_squares(k, 0.0) / (n - a)
    share, rest = a / n, (n - a) / n
    if share > 0.5:  # partial fractions
        last = np.where(np.isfinite(k), k, 0.0)
        ends = np.where(np.isfinite(k), special.digamma(last + rest) - special.digamma(last + 1), 0.0)
        return np.where(k > 0, ends - special.digamma(rest) + special.digamma(1.0), 0.0) / a
    total = np.zeros(np.shape(k))  # 1/(j (j - share)) is the sum of share^m / j^(m + 2)
    for power in range(60):
        tail = np.where(np.isfinite(k), special.zeta(power + 2, np.where(np.isfinite(k), k, 0.0) + 1), 0.0)
        total = total + share**power * (special.zeta(power + 2, 1) - tail)
    return total / n


def _inverse_squares(k: Array, shift: float) -> Any:
    """Return the sum over j = 1, ..., k of (j + shift)^-2."""
    if shift < FAR:
        last = np.where(np.isfinite(k), k, 0.0)
        return special.zeta(2, 1 + shift) - np.where(np.isfinite(k), special.zeta(2, last + 1 + shift), 0.0)
    x, y = shift + 1, shift + 1 + k
    total = k / (x * y) + k * (x + y) / (2 * (x * x) * (y * y))
    for power, factor in ((3, 1 / 6), (5, -1 / 30), (7, 1 / 42), (9, -1 / 30)):
        total = total + factor * (x**-power - y**-power)
    return total
