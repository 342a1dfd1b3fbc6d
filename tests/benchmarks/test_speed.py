"""Speed of simulating through sufficient statistics, against drawing the samples one trajectory at a time.

Outside the default test run: `pytest tests/benchmarks -s`. Both sides run in one process and are timed in
processor time; the slow side, the loop of the paper's notebook, runs whole trajectories for at least a second
and is scaled up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

import numpy as np
import pytest

from collapse_lib.families import Bernoulli, Gaussian
from collapse_lib.training import simulate

pytestmark = pytest.mark.benchmark(timer=process_time, min_rounds=50, warmup=True)


def gaussian_trajectory(rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """200 generations at n = 10: draw the samples, take their mean and standard deviation (divisor n - 1)."""
    mean, sd = 0.0, 1.0
    for _ in range(200):
        samples = rng.normal(mean, sd, 10)
        mean, sd = np.mean(samples), np.std(samples, ddof=1)
        yield mean, sd


def bernoulli_trajectory(p: float, draw: Callable[[float, int], Any]) -> Iterator[float]:
    """50 generations at n = 10,000: draw the zeros and ones, take their mean."""
    for _ in range(50):
        p = np.mean(draw(p, 10_000))
        yield p


def seconds(trajectory: Callable[[], Iterator[Any]], at_least: float = 1.0) -> float:
    """Processor seconds of one trajectory: the average over at least `at_least` seconds of them."""
    begin, done = process_time(), 0
    while process_time() - begin < at_least:
        list(trajectory())
        done += 1
    return (process_time() - begin) / done


def report(benchmark: Any, what: str, slow: float) -> float:
    """Print and return how many times faster the median round of the benchmark is than `slow` seconds."""
    fast = benchmark.stats.stats.median
    benchmark.extra_info[what] = round(slow / fast, 1)
    print(
        f"\n{benchmark.name}: {slow / fast:.1f} times faster than {what} ({fast:.5f} s against {slow:.5f} s)"
    )
    return slow / fast


def test_gaussian(benchmark: Any) -> None:
    """1,000 trajectories x 200 generations at n = 10.

    Numpy's generator alone needs about three quarters of the time, for one normal and one gamma number per
    trajectory and generation; the second ratio says how close to that floor the whole simulation is.
    """
    rng = np.random.default_rng(1)

    def bare_draws() -> None:
        for _ in range(200):
            rng.standard_normal(1000)
            rng.standard_gamma(4.5, 1000)

    slow = 1000 * seconds(lambda: gaussian_trajectory(rng))
    floor = seconds(lambda: iter([bare_draws()]))
    benchmark(lambda: simulate(Gaussian(), (0.0, 1.0), n=10, generations=200, trajectories=1000, rng=rng))
    assert report(benchmark, "the notebook's loop", slow) > 200
    assert report(benchmark, "the bare random numbers", floor) > 0.5


@pytest.mark.parametrize("p", [0.001, 0.2])
def test_bernoulli(benchmark: Any, p: float) -> None:
    """5,000 trajectories x 50 generations at n = 10,000."""
    rng = np.random.default_rng(1)
    slow = 5000 * seconds(lambda: bernoulli_trajectory(p, lambda p, n: rng.binomial(1, p, n)))
    thrifty = 5000 * seconds(lambda: bernoulli_trajectory(p, lambda p, n: rng.random(n) < p))
    benchmark(lambda: simulate(Bernoulli(), p, n=10_000, generations=50, trajectories=5000, rng=rng))
    assert report(benchmark, "the notebook's loop", slow) > 500
    assert report(benchmark, "a loop with the cheapest zeros and ones", thrifty) > 300
