"""Speed of the mixture's fits: all at once against one `fsolve` a fit. Outside the default test run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import fsolve

from collapse_lib import mixture


def one_by_one(samples: Any) -> None:
    """Solve mu = mean x tanh(x mu/(m2 - mu^2)) for every sample, from the truth."""
    for x in samples:
        square = np.mean(x * x)
        fsolve(lambda mu, x=x, square=square: mu - np.mean(x * np.tanh(x * mu / (square - mu * mu))), 1.0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("n", "floor"), [(10, 100), (100, 10)])
def test_speed(race: Any, n: int, floor: float) -> None:
    """At the paper's setting, (1, 1), with n = 10 and with ten times as many samples a fit."""
    rng, fits = np.random.default_rng(1), 400_000 // n
    x = rng.choice([-1, 1], (fits, n)) + rng.standard_normal((fits, n))

    def naive() -> float:
        one_by_one(x[:500])
        return 500 / fits

    race(
        f"mixture, n = {n}: {fits:,} fits",
        lambda: mixture.joint_ml(x),
        naive,
        against="one fsolve a fit",
        floor=floor,
    )
