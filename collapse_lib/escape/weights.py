"""Weighing fresh real samples against synthetic ones: the error of each weight, the best one, the best sequence."""

from __future__ import annotations

from math import expm1, inf, log1p, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib.escape._common import generations, size

__all__ = ["adaptive_error", "best_weight", "weighted_error"]

SPREADS = ("learned", "given")


def weighted_error(
    k: ArrayLike | None = None, *, real: int, synthetic: int, weight: float, spread: str = "learned"
) -> Any:
    """Return the variance of the fitted mean, over that of one real sample, under weighting.

    Parameters
    ----------
    k : int or array of int, optional
        Generation, 0 to 10**9; None (the default) gives the limit.
    real, synthetic : int
        Fresh real samples, and samples of the last model, in each generation, 1 to 10**9.
    weight : float
        Weight of the real samples together, 0 to 1; the synthetic ones have the rest.
    spread : {"learned", "given"}, default "learned"
        Whether the models' variance is fitted, too, so that diversity and this error add to 1 (words,
        vocabularies, Gaussians by exact maximum likelihood), or is that of the truth for ever (a normal law of
        given spread; with weight 0 it has no limit).

    Returns
    -------
    float or ndarray
        The error, of the shape of `k`. For spread="learned" the diversity is 1 minus it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or there is no limit.

    Notes
    -----
    The loop of He, Xu and Cheng (2025). See :doc:`/chapters/escape/weights`.
    """
    real, synthetic, memory = _arguments(real, synthetic, spread)
    weight = _validate.probability("weight", weight)
    noise = weight**2 / real + (1 - weight) ** 2 / synthetic
    if memory == 1 and weight == 0:
        if k is None:
            raise ValueError("weight must be > 0 for a limit with spread='given', got 0.0")
        return answer(noise * generations(k))
    log_memory = 0.0 if memory == 1 else log1p(-1 / synthetic) if synthetic > 1 else -inf
    log_factor = log_memory + 2 * log1p(-weight) if weight < 1 else -inf
    if k is None:
        return noise / -expm1(log_factor)
    k = generations(k)
    return answer(noise * np.where(k > 0, np.expm1(log_factor * np.maximum(k, 1)), 0.0) / expm1(log_factor))


def best_weight(*, real: int, synthetic: int, spread: str = "learned") -> float:
    """Return the weight of the real samples with the smallest long-run error.

    Parameters
    ----------
    real, synthetic : int
        Fresh real samples, and samples of the last model, in each generation, 1 to 10**9.
    spread : {"learned", "given"}, default "learned"
        As in :func:`weighted_error`.

    Returns
    -------
    float
        The weight; the error with it is the weight divided by `real`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    As many real as synthetic samples: 1 over the golden ratio for spread="given" (He, Xu and Cheng 2025), and in
    the limit of large samples for spread="learned". See :doc:`/chapters/escape/weights` (thm-best-weight).
    """
    real, synthetic, memory = _arguments(real, synthetic, spread)
    ratio = real / synthetic
    root = sqrt((1 - memory) ** 2 + 2 * ratio * (1 + memory) + ratio**2)
    return (ratio + memory - 1 + root) / (1 + memory + ratio + root)


def adaptive_error(k: ArrayLike, *, real: int, synthetic: int, spread: str = "learned") -> Any:
    """Return the smallest error that any sequence of weights reaches in generation k.

    Parameters
    ----------
    k : int or array of int
        Generation, 0 to 10**9.
    real, synthetic : int
        Fresh real samples, and samples of the last model, in each generation, 1 to 10**9.
    spread : {"learned", "given"}, default "learned"
        As in :func:`weighted_error`.

    Returns
    -------
    float or ndarray
        The error, of the shape of `k`; the weight of generation k is this error times `real`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    As many real as synthetic samples, n each, spread given: F_{2k} / (n F_{2k+1}) with the Fibonacci numbers. In
    general a Möbius map's iterates, in closed form by its two fixed points. See
    :doc:`/chapters/escape/weights` (prop-fibonacci).
    """
    real, synthetic, memory = _arguments(real, synthetic, spread)
    k = generations(k)
    limit = best_weight(real=real, synthetic=synthetic, spread=spread) / real
    if memory == 0:
        return answer(np.where(k == 0, 0.0, limit))
    other = -1 / (real * synthetic * memory * limit)  # the product of the two fixed points is -1/(rmc)
    eigenvalue = 1 + real / synthetic + real * memory * limit  # of the map's matrix, whose determinant is the memory
    powers = np.exp(-k * np.log(eigenvalue**2 / memory))
    return answer(limit * (1 - powers) / (1 - powers * limit / other))


def _arguments(real: int, synthetic: int, spread: str) -> tuple[int, int, float]:
    """Return the sizes and how much of the last model's error its samples' noise takes back."""
    real, synthetic = size("real", real), size("synthetic", synthetic)
    memory = 1.0 if _validate.choice("spread", spread, SPREADS) == "given" else 1 - 1 / synthetic
    return real, synthetic, memory
