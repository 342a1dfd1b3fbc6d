"""Fewer rows than weights: fits that go through every label, from nothing or from the last model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.regression._common import LARGEST, generations, square

__all__ = ["cold_error", "warm_error", "warm_factor", "warm_limit"]


def cold_error(k: ArrayLike, *, n: int, d: int, norm: float = 1.0, noise: float = 1.0) -> Any:
    """Return the error of generation k of minimum-norm interpolation: fewer rows than weights, data replaced.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Rows of each generation, 1 to d - 2 (for n = d - 1 and d the error is infinite).
    d : int
        Number of weights, 3 to 10**9.
    norm : float, default 1.0
        Length of the vector of true weights, 0 to 1e50.
    noise : float, default 1.0
        Standard deviation of the noise of a label, 0 to 1e50.

    Returns
    -------
    float or ndarray
        (1 - (n/d)^k) (norm^2 + noise^2 n d/((d - n)(d - n - 1))), of the shape of `k`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Fresh normal designs. That this loop forgets exponentially fast, even without noise, is a result of Dohmatob et
    al. (2024). See :doc:`/chapters/escape/warm-starts`.
    """
    n, d, size, variance = _wide(n, d, norm, noise)
    steps = generations(k)
    return answer(-np.expm1(steps * np.log(n / d)) * (size + variance * n * (d / (d - n)) / (d - n - 1)))


def warm_factor(*, n: int, d: int, real: int) -> float:
    """Return the factor by which a warm-started interpolating fit multiplies the error.

    Parameters
    ----------
    n : int
        Rows of a generation, 1 to d - 2.
    d : int
        Number of weights, 3 to 10**9.
    real : int
        How many of the n labels are real, 0 to n; the others are the last model's own.

    Returns
    -------
    float
        1 + real (2 n + 1 - d - real)/(d (d - n - 1)); above 1 the error explodes.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/warm-starts`.
    """
    n, d, _, _ = _wide(n, d, 0.0, 0.0)
    return 1.0 + _excess(n, d, real)


def warm_error(k: ArrayLike, *, n: int, d: int, real: int = 0, norm: float = 1.0, noise: float = 1.0) -> Any:
    """Return the error of generation k when each interpolating fit starts from the last model.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    n : int
        Rows of each generation, 1 to d - 2.
    d : int
        Number of weights, 3 to 10**9.
    real : int, default 0
        How many of the n labels are real in generations 2, 3, ..., 0 to n; in generation 1 all are.
    norm : float, default 1.0
        Length of the vector of true weights, 0 to 1e50; generation 1 starts at 0.
    noise : float, default 1.0
        Standard deviation of the noise of a label, 0 to 1e50.

    Returns
    -------
    float or ndarray
        Of the shape of `k`; infinite where it exceeds the range of floating-point numbers.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    Fresh normal designs; a fit is the solution nearest to its start, to which gradient descent converges. The error
    e becomes factor e + noise^2 n/(d - n - 1), with the factor of :func:`warm_factor`. See
    :doc:`/chapters/escape/warm-starts`.
    """
    n, d, size, variance = _wide(n, d, norm, noise)
    steps, excess, added = generations(k), _excess(n, d, real), variance * n / (d - n - 1)
    later = np.maximum(steps - 1, 0)
    first = size * (1 - n / d) + added
    with np.errstate(over="ignore"):
        growth = np.expm1(later * np.log1p(excess))
        terms = later if excess == 0 else growth / excess
        error = (first + first * growth if first > 0 else 0 * later) + (added * terms if added > 0 else 0.0)
    return answer(np.where(steps > 0, error, 0.0))


def warm_limit(*, n: int, d: int, real: int, noise: float = 1.0) -> float:
    """Return the error that warm-started interpolating fits tend to.

    Parameters
    ----------
    n, d, real
        As in :func:`warm_factor`.
    noise : float, default 1.0
        Standard deviation of the noise of a label, above 0 and up to 1e50.

    Returns
    -------
    float
        noise^2 n d/(real (d - 2 n - 1 + real)) if real > 0 and real > 2 n + 1 - d, otherwise infinite.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    See :doc:`/chapters/escape/warm-starts`.
    """
    n, d, _, variance = _wide(n, d, 0.0, _validate.real("noise", noise, above=0.0))
    excess = _excess(n, d, real)
    return float(variance * (n / (d - n - 1)) / -excess) if excess < 0 else np.inf


def _wide(n: int, d: int, norm: float, noise: float) -> tuple[int, int, float, float]:
    d = _validate.integer("d", d, minimum=3, maximum=LARGEST)
    n = _validate.integer("n", n, minimum=1, maximum=d - 2)
    return n, d, square("norm", norm), square("noise", noise)


def _excess(n: int, d: int, real: int) -> float:
    """Return the factor of a warm start minus 1."""
    real = _validate.integer("real", real, minimum=0, maximum=n)
    return real * (2 * n + 1 - d - real) / (d * (d - n - 1))
