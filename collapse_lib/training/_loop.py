"""The loop behind every simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from collapse_lib._family import Family
from collapse_lib.training._regimes import Regime

__all__ = ["loop"]


def loop(
    family: Family, truth: Any, sizes: Sequence[int], regime: Regime, rng: np.random.Generator
) -> Iterator[Any]:
    """Yield the parameters of generation 0, 1, 2, ... of any family under any regime.

    `truth` has one copy of the start in each trajectory; nothing is checked.
    Short cuts with the same law: `simulate` for the Gaussian, `Replace` and
    one n throughout; `vocabulary.simulate` for large vocabularies.
    """
    real = partial(family._draw, truth, rng=rng)
    draw, add = regime.drawing(family, real, rng), regime.pooling(real)
    model, pool = truth, None
    yield model
    for n in sizes:
        pool = add(draw(model, n), pool)
        model = family._fit(pool)
        yield model
