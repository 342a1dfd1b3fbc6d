"""Speed of simulating through sufficient statistics, of the exact values, and of the import.

Outside the default test run: `make benchmark`. The naive simulation is the loop of the paper's notebook, a
trajectory at a time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from performance import Speed
from scipy.stats import binom
from wright_fisher import forward, sweep, transfer_matrix

from collapse_lib import forgetting, variance
from collapse_lib.families import Bernoulli, Gaussian
from collapse_lib.forgetting import _duality
from collapse_lib.training import simulate, simulate_mrca


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


def some(trajectory: Callable[[], Iterator[Any]], done: int, of: int) -> float:
    """Run `done` trajectories and return their share."""
    for _ in range(done):
        list(trajectory())
    return done / of


def test_gaussian(race: Any) -> None:
    """1,000 trajectories x 200 generations at n = 10."""
    rng = np.random.default_rng(1)
    race(
        "Gaussian, n = 10: 1,000 trajectories of 200 generations",
        lambda: simulate(Gaussian(), (0.0, 1.0), n=10, generations=200, trajectories=1000, rng=rng),
        lambda: some(lambda: gaussian_trajectory(rng), 50, 1000),
        against="the notebook's loop",
        floor=300,
        rounds=5,
        repeat=10,
    )


DRAWS = {
    "the notebook's loop": (400, lambda rng: lambda p, n: rng.binomial(1, p, n)),
    "a loop with the cheapest zeros and ones": (200, lambda rng: lambda p, n: rng.random(n) < p),
}


@pytest.mark.parametrize("against", DRAWS)
@pytest.mark.parametrize("p", [0.001, 0.2])
def test_bernoulli(race: Any, p: float, against: str) -> None:
    """5,000 trajectories x 50 generations at n = 10,000."""
    rng = np.random.default_rng(1)
    floor, draw = DRAWS[against]
    race(
        f"one word of frequency {p}, n = 10,000: 5,000 trajectories of 50 generations",
        lambda: simulate(Bernoulli(), p, n=10_000, generations=50, trajectories=5000, rng=rng),
        lambda: some(lambda: bernoulli_trajectory(p, draw(rng)), 20, 5000),
        against=against,
        floor=floor,
        rounds=5,
        repeat=5,
    )


def solved(n: int) -> float:
    """The mean absorption time from one half, by linear equations for all counts."""
    times = np.linalg.solve(np.eye(n - 1) - transfer_matrix(n)[1:-1, 1:-1], np.ones(n - 1))
    return 1 + binom.pmf(np.arange(1, n), n, 0.5) @ times


def swept(n: int) -> float:
    """The same from the dual chain, one state after the other."""
    return 1 + sweep(1 - 2 * 0.5 ** np.arange(1, n + 1.0))


def multiplied(n: int) -> float:
    """Survival to generation 1,000, from the law of the count in each, by the matrix of the chain."""
    return forward(n, 0.001, 1000)[-1][1:].sum()


EQUATIONS, STATES = "linear equations for all counts", "a sweep over all states"
PRODUCTS = "products with the matrix of all counts"
EXACT: dict[str, tuple[Any, ...]] = {  # task, limit in seconds, naive way, its name, floor
    "mean absorption time, n = 1,000": (
        lambda: forgetting.expected_absorption_time(0.5, n=10**3), 0.03, lambda: solved(10**3), EQUATIONS, 5,
    ),
    "mean absorption time, n = 10,000": (
        lambda: forgetting.expected_absorption_time(0.5, n=10**4), 0.03, lambda: swept(10**4), STATES, 2,
    ),
    "mean absorption time, n = 100,000": (
        lambda: forgetting.expected_absorption_time(0.5, n=10**5), 0.05, lambda: swept(10**5), STATES, 20,
    ),
    "mean absorption time, n = 1,000,000": (lambda: forgetting.expected_absorption_time(0.5, n=10**6), 0.06),
    "mean absorption time, n = 10⁹": (lambda: forgetting.expected_absorption_time(0.5, n=10**9), 0.2),
    "survival to 1,000 generations, n = 1,000": (
        lambda: forgetting.survival(0.001, n=10**3, k=np.arange(1_001)), 0.05, lambda: multiplied(10**3), PRODUCTS, 5,
    ),
    "survival to 1,000 generations, n = 10,000": (
        lambda: forgetting.survival(0.001, n=10**4, k=np.arange(1_001)), 0.05,
    ),
    "survival to 1,000 generations, n = 100,000": (
        lambda: forgetting.survival(0.001, n=10**5, k=np.arange(1_001)), 0.1,
    ),
    "survival to 1,000 generations, n = 1,000,000": (
        lambda: forgetting.survival(0.001, n=10**6, k=np.arange(1_001)), 0.2,
    ),
    "survival to 10,000 generations, n = 10⁸": (
        lambda: forgetting.survival(1e-6, n=10**8, k=np.arange(10_001)), 0.3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_exact(race: Any, name: str) -> None:
    """From cold: nothing of the chain is kept from the round before. Both ways give the same number."""
    ours, limit, *rival = EXACT[name]
    before = _duality.dual_chain.cache_clear
    if not rival:
        race(name, ours, limit=limit, before=before)
        return
    way, against, floor = rival
    found = []

    def naive() -> float:
        found.append(way())
        return 1.0

    race(name, ours, naive, against=against, floor=floor, limit=limit, before=before, rounds=3)
    assert found[-1] == pytest.approx(np.ravel(ours())[-1], rel=1e-8)


def parents_drawn(n: int) -> float:
    """Trace one history back, a generation at a time: every sample that is left draws its parent."""
    rng, left = np.random.default_rng(1), n
    while left > 1:
        left = np.unique(rng.integers(n, size=left)).size
    return 1.0


def test_ancestor(race: Any) -> None:
    """One history at n = 100,000 against drawing every parent."""
    race(
        "time to one ancestor, n = 100,000: one history",
        lambda: simulate_mrca(n=10**5, rng=1),
        lambda: parents_drawn(10**5),
        against="a draw of every parent",
        floor=10,
        limit=0.34,
        rounds=3,
    )


def test_ancestor_against_msprime(race: Any) -> None:
    """100 histories against those of msprime, a continuous approximation, where it is installed."""
    msprime = pytest.importorskip("msprime")

    def coalescent() -> float:
        msprime.sim_ancestry(10**5, ploidy=1, population_size=10**5, random_seed=1)
        return 1 / 100

    race(
        "time to one ancestor, n = 100,000: 100 histories",
        lambda: simulate_mrca(n=10**5, trajectories=100, rng=1),
        coalescent,
        against="msprime's approximation",
        floor=1,
        rounds=3,
    )


def test_expected_first_passage(race: Any) -> None:
    """The exact mean first passage of one tenth, for four sample sizes and both divisors."""
    race(
        "mean first passage of 1/10, n = 5, 10, 100, 1,000, both divisors",
        lambda: [
            variance.expected_first_passage(0.1, n=n, ddof=ddof) for n in (5, 10, 100, 1000) for ddof in (0, 1)
        ],
        limit=0.1,
    )


def test_first_passage_law(race: Any) -> None:
    """All of the exact law of the first passage of one tenth, n = 10."""
    k = np.arange(1000)
    race("law of the first passage of 1/10, n = 10", lambda: variance.first_passage_law(0.1, k=k, n=10), limit=2, rounds=2)


def test_import(record: Callable[[Speed], None]) -> None:
    """In processes of their own."""
    code = "import time; t = time.process_time(); import collapse_lib.forgetting; print(time.process_time() - t)"
    command = [sys.executable, "-c", code]
    times = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(7)]
    record(Speed("import of collapse_lib.forgetting, numpy included", times, limit=0.25))
