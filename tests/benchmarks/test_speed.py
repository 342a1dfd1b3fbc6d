"""Speed of simulating through sufficient statistics, against drawing the samples one trajectory at a time.

Outside the default test run: `make benchmark`, on a machine with two idle cores. Both sides run in one process
and are timed by the clock; the slow side, the loop of the paper's notebook, runs whole trajectories for at least
a second and is scaled up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pytest

from collapse_lib import forgetting, variance
from collapse_lib.families import Bernoulli, Gaussian
from collapse_lib.forgetting import _duality
from collapse_lib.training import simulate, simulate_mrca

pytestmark = pytest.mark.benchmark(timer=perf_counter, min_rounds=50, warmup=True)


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
    """Seconds of one trajectory: the average over at least `at_least` seconds of them."""
    begin, done = perf_counter(), 0
    while perf_counter() - begin < at_least:
        list(trajectory())
        done += 1
    return (perf_counter() - begin) / done


def report(benchmark: Any, what: str, slow: float) -> float:
    """Print and return how many times faster the fastest round of the benchmark is than `slow` seconds."""
    fast = benchmark.stats.stats.min
    benchmark.extra_info[what] = round(slow / fast, 1)
    print(
        f"\n{benchmark.name}: {slow / fast:.1f} times faster than {what} ({fast:.5f} s against {slow:.5f} s)"
    )
    return slow / fast


def test_gaussian(benchmark: Any) -> None:
    """1,000 trajectories x 200 generations at n = 10: at least 400 times faster than the notebook's loop."""
    rng = np.random.default_rng(1)
    slow = 1000 * seconds(lambda: gaussian_trajectory(rng))
    benchmark(lambda: simulate(Gaussian(), (0.0, 1.0), n=10, generations=200, trajectories=1000, rng=rng))
    assert report(benchmark, "the notebook's loop", slow) > 400


@pytest.mark.parametrize("p", [0.001, 0.2])
def test_bernoulli(benchmark: Any, p: float) -> None:
    """5,000 trajectories x 50 generations at n = 10,000."""
    rng = np.random.default_rng(1)
    slow = 5000 * seconds(lambda: bernoulli_trajectory(p, lambda p, n: rng.binomial(1, p, n)))
    thrifty = 5000 * seconds(lambda: bernoulli_trajectory(p, lambda p, n: rng.random(n) < p))
    benchmark(lambda: simulate(Bernoulli(), p, n=10_000, generations=50, trajectories=5000, rng=rng))
    assert report(benchmark, "the notebook's loop", slow) > 500
    assert report(benchmark, "a loop with the cheapest zeros and ones", thrifty) > 300


EXACT = {
    "absorption, n = 10,000": (0.03, lambda: forgetting.expected_absorption_time(0.5, n=10**4)),
    "absorption, n = 100,000": (0.05, lambda: forgetting.expected_absorption_time(0.5, n=10**5)),
    "absorption, n = 1,000,000": (0.06, lambda: forgetting.expected_absorption_time(0.5, n=10**6)),
    "absorption, n = 10**9": (0.2, lambda: forgetting.expected_absorption_time(0.5, n=10**9)),
    "survival, n = 10,000": (0.05, lambda: forgetting.survival(0.001, n=10**4, k=np.arange(1_001))),
    "survival, n = 100,000": (0.1, lambda: forgetting.survival(0.001, n=10**5, k=np.arange(1_001))),
    "survival, n = 1,000,000": (0.2, lambda: forgetting.survival(0.001, n=10**6, k=np.arange(1_001))),
    "survival, n = 10**8": (0.3, lambda: forgetting.survival(1e-6, n=10**8, k=np.arange(10_001))),
    "ancestor, n = 100,000": (0.34, lambda: simulate_mrca(n=10**5, rng=1)),
    "100 ancestors, n = 100,000": (34, lambda: simulate_mrca(n=10**5, trajectories=100, rng=1)),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact(benchmark: Any, name: str) -> None:
    """Processor seconds from cold, all threads: exact values, and one ancestor against a coalescent simulator.

    msprime 1.4 takes 0.34 s for each history of its continuous approximation at n = 100,000.
    """
    most, ask = EXACT[name]

    def cold() -> float:
        _duality.dual_chain.cache_clear()
        begin = process_time()
        ask()
        return process_time() - begin

    times = [cold() for _ in range(5)]
    benchmark.pedantic(ask, rounds=1)
    benchmark.extra_info["processor seconds"] = round(min(times), 4)
    print(f"\n{name}: {min(times):.4f} processor seconds, at most {most}")
    assert min(times) < most


def test_expected_first_passage(benchmark: Any) -> None:
    """The exact mean first passage of one tenth, for four sample sizes and both divisors: below 0.1 s."""
    benchmark(
        lambda: [
            variance.expected_first_passage(0.1, n=n, ddof=ddof) for n in (5, 10, 100, 1000) for ddof in (0, 1)
        ]
    )
    assert benchmark.stats.stats.min < 0.1


def test_first_passage_law(benchmark: Any) -> None:
    """All of the exact law of the first passage of one tenth, n = 10: below 2 s."""
    k = np.arange(1000)
    benchmark.pedantic(lambda: variance.first_passage_law(0.1, k=k, n=10), rounds=3)
    assert benchmark.stats.stats.min < 2
