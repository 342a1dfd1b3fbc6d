"""Families whose samples are counted: one word, a symbol, a vocabulary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _draws, _validate
from collapse_lib._family import COUNTABLE, LARGEST, Family, instance, sizes
from collapse_lib._statistics import Counts

__all__ = ["Bernoulli", "Categorical", "Poisson"]


class _Counting(Family):
    """What the families with a :class:`Counts` statistic share; a trajectory's parameter is one number."""

    def _check_statistic(self, statistic: Any) -> Counts:
        instance(statistic, Counts)
        total = _validate.integers("statistic.total", statistic.total, minimum=0)
        return Counts(sizes("statistic.size", statistic.size, self._lead(total), minimum=1), total)

    def _lead(self, model: NDArray[Any]) -> tuple[int, ...]:
        return model.shape

    def _fit(self, statistic: Counts) -> NDArray[np.float64]:
        return statistic.total / statistic.size


@dataclass(frozen=True)
class Bernoulli(_Counting):
    """One word: a sample is 1 with probability p, otherwise 0.

    The parameter is the array of p, shape (trajectories,), every entry in [0, 1]; a start is one such number.
    The statistic is :class:`Counts` with a binomial total; the fit, total/size, is the maximum-likelihood
    estimate.

    Notes
    -----
    Suresh et al. (2025), the model of Theorem 1. The chapter is :doc:`/chapters/forgetting/one-word`.
    """

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        return _validate.finite(name, value, minimum=0.0, maximum=1.0)

    def _check_statistic(self, statistic: Any) -> Counts:
        statistic = super()._check_statistic(statistic)
        if np.any(statistic.total > statistic.size):
            raise ValueError(f"statistic.total must be at most statistic.size, got {statistic.total!r}")
        return statistic

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        return Counts(size, rng.binomial(size, model))

    def _tempered(self, model: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
        return _powers(np.stack([model, 1 - model], axis=-1), beta)[..., 0]

    def _selected(self, model: NDArray[np.float64], advantage: NDArray[np.float64]) -> NDArray[np.float64]:
        if advantage.ndim > 0:
            raise ValueError(f"advantage must be one number for one word, got {tuple(advantage.tolist())}")
        favoured = (1 + advantage) * model
        return favoured / (favoured + (1 - model))


@dataclass(frozen=True)
class Poisson(_Counting):
    """A symbol whose occurrences are Poisson: a sample is a Poisson number of mean lambda.

    The parameter is the array of lambda, shape (trajectories,), every entry in [0, 10**9]; a start is one
    such number. The statistic is :class:`Counts` with a Poisson total of mean size*lambda; the fit,
    total/size, is the maximum-likelihood estimate.

    Notes
    -----
    Suresh et al. (2025), the model of Theorem 2. The chapter is :doc:`/chapters/forgetting/forgetting-time`.
    """

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        return _validate.finite(name, value, minimum=0.0, maximum=LARGEST)

    def _most(self, truth: NDArray[np.float64]) -> int:
        return COUNTABLE // max(1, math.ceil(truth.max()))

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        return Counts(size, _draws.poisson(size * model, rng))


@dataclass(frozen=True)
class Categorical(_Counting):
    """A vocabulary: a sample is symbol i with probability p_i.

    The parameter is the array of probabilities, shape (trajectories, symbols), each row with sum 1 (within
    1e-9; within 1e-5 in 32 bits); a start is one such row. The statistic is :class:`Counts` with multinomial
    totals, always 0 where the probability is 0; the fit, total/size, is the maximum-likelihood estimate.

    Notes
    -----
    Suresh et al. (2025), the model of Corollary 1. The chapter is
    :doc:`/chapters/forgetting/vocabulary`.
    """

    def _check(self, name: str, value: Any) -> NDArray[np.float64]:
        rows = _validate.probabilities(name, value, ndim=None)
        return rows / rows.sum(axis=-1, keepdims=True)

    def _check_statistic(self, statistic: Any) -> Counts:
        statistic = super()._check_statistic(statistic)
        total, size = statistic.total, statistic.size
        wrong = total.ndim == 0 or total.sum(axis=-1) != size
        if np.any(wrong) or np.any(total.sum(axis=-1, dtype=np.float64) > 2.0 * size):  # 64 bits wrapped round
            raise ValueError(f"statistic.total must sum to statistic.size in each row, got {total!r}")
        return statistic

    def _lead(self, model: NDArray[Any]) -> tuple[int, ...]:
        return model.shape[:-1]

    def _draw(self, model: NDArray[np.float64], size: Any, rng: np.random.Generator) -> Counts:
        return Counts(size, _draws.multinomial(size, model, rng))

    def _fit(self, statistic: Counts) -> NDArray[np.float64]:
        return statistic.total / np.asarray(statistic.size)[..., None]

    def _tempered(self, model: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
        return _powers(model, beta)

    def _selected(self, model: NDArray[np.float64], advantage: NDArray[np.float64]) -> NDArray[np.float64]:
        symbols = model.shape[-1]
        if advantage.ndim == 0:
            advantage = np.append(advantage, np.zeros(symbols - 1))
        if advantage.size != symbols:
            raise ValueError(
                f"advantage must be one number or one for each of the {symbols} symbols, "
                f"got {tuple(advantage.tolist())}"
            )
        favoured = (1 + advantage) * model
        return favoured / favoured.sum(axis=-1, keepdims=True)


def _powers(p: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """Return p^beta along the last axis, normalised; the largest power is 1, so that their sum never underflows."""
    powers = (p / p.max(axis=-1, keepdims=True)) ** beta
    return powers / powers.sum(axis=-1, keepdims=True)
