"""Speed, memory and survivors at full size: 1,000,000 symbols, 100,000,000 tokens, 1,000 generations.

Outside the default test run: `make benchmark`; a few minutes.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from collapse_lib import forgetting
from collapse_lib.vocabulary import simulate

SYMBOLS, TOKENS, GENERATIONS = 10**6, 10**8, 1000
RANKS = np.arange(1.0, SYMBOLS + 1)
TRUTHS = {"uniform": np.full(SYMBOLS, 1 / SYMBOLS), "zipf": 1 / RANKS / np.sum(1 / RANKS)}

MEMORY = f"""
from pathlib import Path
import numpy as np
from collapse_lib.vocabulary import simulate

def kibibytes(what):
    return int(Path("/proc/self/status").read_text().split(what + ":")[1].split()[0])

before = kibibytes("VmRSS")
truth = np.full({SYMBOLS}, 1 / {SYMBOLS})
simulate(truth, n={TOKENS}, generations={GENERATIONS}, rng=1)
print((kibibytes("VmHWM") - before) / 1024)
"""


def living_multinomial(truth: NDArray[Any], generations: int, rng: np.random.Generator) -> int:
    """The same chain by `rng.multinomial` on the living symbols: how many there are in the end."""
    weights = truth
    for _ in range(generations):
        weights = rng.multinomial(TOKENS, weights / weights.sum())
        weights = weights[weights > 0]
    return weights.size


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize(("generations", "rounds"), [(20, 2), (1_000, 1)])
def test_speed(race: Any, name: str, generations: int, rounds: int) -> None:
    """Early on, where nearly all symbols live, and later."""
    truth, rng = TRUTHS[name], np.random.default_rng(1)
    simulate(truth, n=TOKENS, generations=1, rng=rng)  # builds the guide table

    def naive() -> float:
        living_multinomial(truth, generations, rng)
        return 1.0

    race(
        f"{SYMBOLS:,} symbols, {name}, {TOKENS:,} tokens: {generations:,} generations",
        lambda: simulate(truth, n=TOKENS, generations=generations, rng=rng),
        naive,
        against="rng.multinomial on the living symbols",
        floor=1.2,
        rounds=rounds,
        warm=False,
    )


def test_memory() -> None:
    """The peak resident size of a process that simulates grows by less than 200 MiB, the truth included.

    VmHWM of /proc/self/status (Linux) after the run, less VmRSS before it, in a process of its own.
    """
    result = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    print(f"\npeak resident size: {float(result.stdout):.0f} MiB more than before")
    assert float(result.stdout) < 200


@pytest.mark.parametrize("name", TRUTHS)
def test_survivors(name: str) -> None:
    """Within five standard deviations of the exact mean, which two bounds enclose within a fraction of one.

    The number of survivors is that of the distinct symbols in A_k real samples. Its variance is, to leading
    order, sum e_i (1 - e_i) + (Var A_k - E A_k) (sum p_i e_i)^2 with e_i = exp(-p_i E A_k); the moments of A_k
    are those of one occupancy step after the other.
    """
    truth = TRUTHS[name]
    unique = simulate(truth, n=TOKENS, generations=GENERATIONS, rng=1).unique[0]
    variance = 0.0  # of A_k
    for k in range(1, GENERATIONS + 1):
        share = forgetting.h(k, n=TOKENS)
        if k in (1, 10, 30, 100, 300, GENERATIONS):
            upper = -np.expm1(TOKENS * share * np.log1p(-truth)).sum()
            lower = -np.expm1(-TOKENS * forgetting.g(k) * truth).sum()
            lost = np.exp(-TOKENS * share * truth)
            spread = (lost * (1 - lost)).sum() + (variance - TOKENS * share) * (truth * lost).sum() ** 2
            band = np.sqrt(max(spread, 0.0))
            print(f"\n{name}, k = {k}: {unique[k]:,} survivors, mean {lower:,.2f} to {upper:,.2f}, sd {band:.1f}")
            assert upper - lower < 0.01 * band + 1e-3
            assert lower - 5 * band - 1 <= unique[k] <= upper + 5 * band + 1
        kept = np.exp(-share)
        variance = kept**2 * variance + TOKENS * (kept - (1 + share) * kept**2)
