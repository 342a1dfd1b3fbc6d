"""Speed of the mixture's fits: all at once against one `fsolve` a fit. Outside the default test run."""

from __future__ import annotations

from time import process_time
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
@pytest.mark.parametrize(("n", "least"), [(10, 100), (100, 10)])
def test_speed(benchmark: Any, n: int, least: float) -> None:
    """At the paper's setting, (1, 1) and n = 10, at least 100 times faster than one `fsolve` a fit."""
    rng, fits = np.random.default_rng(1), 400_000 // n
    x = rng.choice([-1, 1], (fits, n)) + rng.standard_normal((fits, n))
    mixture.joint_ml(x)

    def fast() -> float:
        begin = process_time()
        mixture.joint_ml(x)
        return (process_time() - begin) / fits

    first = benchmark.pedantic(fast, rounds=1)
    begin = process_time()
    one_by_one(x[:1000])
    slow = (process_time() - begin) / 1000
    each = max(first, fast())
    benchmark.extra_info["fsolve"] = round(slow / each, 1)
    print(f"\nn = {n}: {1e6 * each:.2f} microseconds a fit, {slow / each:.0f} times faster than fsolve")
    assert slow / each > least
