"""Regimes that say from what the samples of a generation are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate
from collapse_lib._family import HUGE, Family
from collapse_lib.training._regimes import Regime, Replace

__all__ = ["FixedCompute", "Immigration", "Selected", "Tempered"]


@dataclass(frozen=True)
class FixedCompute(Regime):
    """Generation k is fitted to n samples, each drawn from one of generations 0 to k-1, chosen at random.

    Every sample chooses its model anew, all with the same probability. So data of all ages are used, the truth's
    among them, but a fit costs what it costs with :class:`Replace`: about n/k of its samples are real.

    Notes
    -----
    The models are kept, and the time of a run grows with the square of the number of generations. The chapter is
    :doc:`/chapters/escape/batches`.
    """

    def pooling(self, real: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: new

    def drawing(
        self, family: Family, real: Callable[[Any], Any], rng: np.random.Generator
    ) -> Callable[[Any, int], Any]:
        models: list[Any] = []

        def draw(model: Any, n: int) -> Any:
            models.append(model)
            ages = [1 / len(models)] * len(models)
            sizes = rng.multinomial(n, ages, size=family._lead(model))
            each = np.moveaxis(sizes, -1, 0).astype(np.int64)
            return reduce(add, (family._draw(old, size, rng) for old, size in zip(models, each, strict=True)))

        return draw


@dataclass(frozen=True)
class Immigration(Regime):
    """Generation k is fitted to n samples, each real with probability `share`, otherwise of generation k-1.

    The origin of a sample is not known to the fit. With :class:`FreshReal` the number of real samples is fixed;
    here it is binomial.

    Parameters
    ----------
    share : float
        Probability that a sample is real, 0 to 1.

    Notes
    -----
    For a vocabulary this is the Wright-Fisher chain with parent-independent mutation.
    """

    share: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", _validate.probability("share", self.share))

    def pooling(self, real: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda new, pool: new

    def drawing(
        self, family: Family, real: Callable[[Any], Any], rng: np.random.Generator
    ) -> Callable[[Any, int], Any]:
        def draw(model: Any, n: int) -> Any:
            size = np.asarray(rng.binomial(n, self.share, size=family._lead(model)), dtype=np.int64)
            return real(size) + family._draw(model, n - size, rng)

        return draw


@dataclass(frozen=True)
class _Transformed(Regime):
    """What the regimes share that sample from a changed model."""

    within: Regime = Replace()
    truth: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.within, Regime):
            raise TypeError(f"within must be an instance of a regime such as Replace(), got {self.within!r}")
        if not isinstance(self.truth, (bool, np.bool_)):
            raise TypeError(f"truth must be True or False, got {self.truth!r}")

    @property
    def batch(self) -> int | None:  # type: ignore[override]
        """The batch size of the regime within."""
        return self.within.batch

    def pooling(self, real: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        return self.within.pooling(real)

    def drawing(
        self, family: Family, real: Callable[[Any], Any], rng: np.random.Generator
    ) -> Callable[[Any, int], Any]:
        change, draw = self._change(family), self.within.drawing(family, real, rng)
        plain = not self.truth  # whether the next samples are those of the truth, as it is

        def changed(model: Any, n: int) -> Any:
            nonlocal plain
            drawn = draw(model if plain else change(model), n)
            plain = False
            return drawn

        return changed

    def _change(self, family: Family) -> Callable[[Any], Any]:
        """Return the function that changes a model of this family, or raise an error that names both."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Tempered(_Transformed):
    """The samples of a model p are drawn from p^beta, normalised: with the temperature 1/beta.

    Parameters
    ----------
    beta : float
        Inverse temperature, 0.001 to 1000. Above 1 the sampler prefers what is probable, below 1 it flattens.
    within : Regime, default Replace()
        What is done with the samples. Real samples that it adds are not tempered.
    truth : bool, default True
        Whether the samples of generation 0 are tempered, too: then the start counts as the first model. If not,
        generation 1 is fitted to real samples.

    Raises
    ------
    TypeError, ValueError
        On simulation, for a family that does not contain p^beta, or when a model grows beyond 1e140.

    Notes
    -----
    Bernoulli, categorical, geometric and exponential models have powers of their kind, and normal models: the
    variance is divided by beta, which is the sampling bias of Alemohammad et al. (2024). A power of a Poisson, a
    gamma or a negative binomial law is not of that family, nor is that of a normal law of given spread. What it
    does to an accumulating loop is shown in :doc:`/chapters/escape/batches`.
    """

    beta: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "beta", _validate.real("beta", self.beta, minimum=1e-3, maximum=1e3))

    def _change(self, family: Family) -> Callable[[Any], Any]:
        if not hasattr(family, "_tempered"):
            raise TypeError(f"regime must not be {self} for {family}: a power of its law is not of the family")

        def change(model: Any) -> Any:
            tempered = family._tempered(model, self.beta)
            for part in tempered if family.parts else (tempered,):
                if np.max(np.abs(part)) > HUGE:
                    raise ValueError(f"beta must keep every parameter up to {HUGE:g}, got {self.beta!r}")
            return tempered

        return change


@dataclass(frozen=True, kw_only=True)
class Selected(_Transformed):
    """The samples of a model are drawn with the odds of each symbol changed by its advantage.

    Symbol i is drawn with a probability in proportion to (1 + s_i) p_i, where s_i is its advantage. A single number
    is the advantage of the word (Bernoulli) or of the first symbol (categorical).

    Parameters
    ----------
    advantage : float or sequence of float
        One number, or one for each symbol of a vocabulary, each above -1 and up to 10**9.
    within : Regime, default Replace()
        What is done with the samples. Real samples that it adds are not selected.
    truth : bool, default True
        Whether the samples of generation 0 are selected, too: then the start counts as the first model.

    Raises
    ------
    TypeError, ValueError
        On simulation, for a family that is not Bernoulli or categorical, or an advantage for another number of
        symbols.

    Notes
    -----
    The Wright-Fisher chain with selection.
    """

    advantage: float | tuple[float, ...] | Sequence[float]

    def __post_init__(self) -> None:
        super().__post_init__()
        values = _validate.finite("advantage", self.advantage, above=-1.0, maximum=1e9)
        if values.ndim > 1:
            raise ValueError(f"advantage must be a number or one for each symbol, got shape {values.shape}")
        object.__setattr__(self, "advantage", float(values) if values.ndim == 0 else tuple(values.tolist()))

    def _change(self, family: Family) -> Callable[[Any], Any]:
        if not hasattr(family, "_selected"):
            raise TypeError(f"regime must not be {self} for {family}: it selects among words or symbols")
        advantage: NDArray[np.float64] = np.asarray(self.advantage)
        return lambda model: family._selected(model, advantage)
