"""The regimes that change what is drawn or how it is weighted: exact laws on small samples, built independently.

The laws are dictionaries from what a chain remembers to fractions; a simulated frequency lies in the exact
binomial interval with error 1e-6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy import stats

from collapse_lib import families as f
from collapse_lib.training import (
    Accumulate,
    FixedCompute,
    FixedReal,
    FreshReal,
    Immigration,
    Regime,
    Replace,
    Selected,
    Tempered,
    Weighted,
    simulate,
)

SEED = 5
TRIALS = 20_000
TRUTH = Fraction(3, 10)
N = 3
GENERATIONS = 3
Law = dict[Any, Any]


def binomial(n: int, p: Any) -> list[tuple[int, Any]]:
    return [(j, comb(n, j) * p**j * (1 - p) ** (n - j)) for j in range(n + 1)]


def laws(step: Callable[[Any], list[tuple[Any, Any]]], start: Any, model: Callable[[Any], Any]) -> list[Law]:
    """The law of the model in generations 1, 2, ... when `step` gives what follows a state, with probabilities."""
    law: Law = {start: Fraction(1)}
    answer = []
    for _ in range(GENERATIONS):
        following: Law = defaultdict(Fraction)
        for state, probability in law.items():
            for new, chance in step(state):
                following[new] += probability * chance
        law = dict(following)
        models: Law = defaultdict(Fraction)
        for state, probability in law.items():
            models[model(state)] += probability
        answer.append(dict(models))
    return answer


def weighted(real: int, weight: Fraction) -> list[Law]:
    def step(p: Fraction) -> list[tuple[Any, Any]]:
        pairs = product(binomial(real, TRUTH), binomial(N, p))
        return [
            (weight * Fraction(a, real) + (1 - weight) * Fraction(b, N), x * y) for (a, x), (b, y) in pairs
        ]

    return laws(step, TRUTH, lambda p: p)


def fixed_compute() -> list[Law]:
    def step(past: tuple[Fraction, ...]) -> list[tuple[Any, Any]]:
        mean = sum(past, Fraction(0)) / len(past)
        return [((*past, Fraction(j, N)), chance) for j, chance in binomial(N, mean)]

    return laws(step, (TRUTH,), lambda past: past[-1])


def accumulated(batch: int, change: Callable[[Any], Any] = lambda p: p) -> list[Law]:
    def step(state: tuple[int, int]) -> list[tuple[Any, Any]]:
        ones, size = state
        n, p = (batch, change(Fraction(ones, size))) if size else (N, TRUTH)
        return [((ones + j, size + n), chance) for j, chance in binomial(n, p)]

    return laws(step, (0, 0), lambda state: Fraction(*state))


def sampled(change: Callable[[Any], Any], truth: bool = True) -> list[Law]:
    def step(state: tuple[Any, int]) -> list[tuple[Any, Any]]:
        p, k = state
        q = change(p) if truth or k > 0 else p
        return [((Fraction(j, N), k + 1), chance) for j, chance in binomial(N, q)]

    return laws(step, (TRUTH, 0), lambda state: state[0])


def hot(p: Any) -> Any:
    return p**2 / (p**2 + (1 - p) ** 2)


def favoured(p: Any) -> Any:
    return Fraction(3, 2) * p / (1 + p / 2)


CASES: dict[str, tuple[Regime, list[Law]]] = {
    "weighted": (Weighted(real=2, weight=0.625), weighted(2, Fraction(5, 8))),
    "weighted, one real": (Weighted(real=1, weight=0.25), weighted(1, Fraction(1, 4))),
    "only real": (Weighted(real=2, weight=1), weighted(2, Fraction(1))),
    "pooled": (Weighted(real=1, weight=1 / 4), weighted(1, Fraction(1, 4))),
    "fixed compute": (FixedCompute(), fixed_compute()),
    "batch of one": (Accumulate(batch=1), accumulated(1)),
    "large batch": (Accumulate(batch=5), accumulated(5)),
    "immigration": (
        Immigration(share=0.25),
        sampled(lambda p: Fraction(1, 4) * TRUTH + Fraction(3, 4) * p),
    ),
    "no immigration": (Immigration(share=0), sampled(lambda p: p)),
    "tempered": (Tempered(beta=2), sampled(hot)),
    "tempered later": (Tempered(beta=2, truth=False), sampled(hot, truth=False)),
    "tempered, accumulated": (
        Tempered(beta=2, within=Accumulate(batch=2), truth=False),
        accumulated(2, hot),
    ),
    "tempered, immigration": (
        Tempered(beta=2, within=Immigration(share=0.5)),
        sampled(lambda p: (TRUTH + hot(p)) / 2),
    ),
    "selected": (Selected(advantage=0.5), sampled(favoured)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_law_is_that_of_the_exact_chain(name: str) -> None:
    regime, exact = CASES[name]
    for family, start in ((f.Bernoulli(), 0.3), (f.Categorical(), [0.3, 0.7])):
        run = simulate(
            family, start, n=N, generations=GENERATIONS, trajectories=TRIALS, regime=regime, rng=SEED
        )
        word = run.parameter if run.parameter.ndim == 2 else run.parameter[..., 0]
        for k, law in enumerate(exact, start=1):
            assert sum(law.values()) == 1
            values, places = np.unique([float(value) for value in law], return_inverse=True)
            chances = np.bincount(places, [float(chance) for chance in law.values()])
            nearest = np.abs(word[:, k, None] - values[None, :]).argmin(axis=1)
            assert np.abs(word[:, k] - values[nearest]).max() < 1e-12
            for value in range(values.size):
                hits = int(np.sum(nearest == value))
                assert stats.binomtest(hits, TRIALS, min(chances[value], 1.0)).pvalue > 1e-7


def test_selection_among_symbols_follows_their_odds() -> None:
    run = simulate(
        f.Categorical(), [0.2, 0.3, 0.5], n=10**8, generations=2, trajectories=3, rng=SEED,
        regime=Selected(advantage=[1.0, 0.0, -0.5]),
    )  # fmt: skip
    odds = np.array([0.2, 0.3, 0.5]) * np.array([2.0, 1.0, 0.5]) ** np.arange(3)[:, None]
    expected = np.broadcast_to(odds / odds.sum(axis=1, keepdims=True), run.parameter.shape)
    np.testing.assert_allclose(run.parameter, expected, atol=5e-4)


# ------------------------------------------------------------------------------- every family, every regime

TEMPERED: dict[str, tuple[Any, Any, Callable[[Any], Any]]] = {
    "exponential": (f.Exponential(), 2.0, lambda mean: mean / 3),
    "scale": (f.GaussianScale(), 2.0, lambda variance: variance / 3),
    "geometric": (f.Geometric(), 2.0, lambda mean: (2 / 3) ** 3 / (1 - (2 / 3) ** 3)),
    "gaussian": (f.Gaussian(), (1.0, 2.0), lambda model: (1.0, 2.0 / np.sqrt(3))),
    "vectors": (f.MultivariateGaussian(), ([1.0, 0.0], [[2, 1], [1, 3]]), None),
    "categorical": (f.Categorical(), [0.2, 0.3, 0.5], lambda p: np.array([8, 27, 125]) / 160),
}
POWERLESS: dict[str, tuple[Any, Any]] = {
    "poisson": (f.Poisson(), 2.0),
    "gamma": (f.Gamma(2.0), 2.0),
    "negative binomial": (f.NegativeBinomial(2.0), 2.0),
    "location": (f.GaussianLocation(), 2.0),
}
FAMILIES = (
    {name: case[:2] for name, case in TEMPERED.items()} | POWERLESS | {"bernoulli": (f.Bernoulli(), 0.3)}
)
REGIMES = [
    Replace(), Accumulate(), Accumulate(batch=2), FreshReal(2), FixedReal(2), Weighted(real=2, weight=0.6),
    FixedCompute(), Immigration(share=0.3), Tempered(beta=1.25), Tempered(beta=0.8, within=FreshReal(2)),
    Selected(advantage=0.2),
]  # fmt: skip


@pytest.mark.parametrize("regime", REGIMES, ids=repr)
@pytest.mark.parametrize("name", FAMILIES)
def test_every_regime_takes_every_family_or_names_both(name: str, regime: Regime) -> None:
    family, start = FAMILIES[name]
    senseless = (isinstance(regime, Tempered) and name in POWERLESS) or (
        isinstance(regime, Selected) and name not in ("bernoulli", "categorical")
    )
    arguments: dict[str, Any] = {"n": 6, "generations": 4, "trajectories": 50, "regime": regime, "rng": SEED}
    if senseless:
        with pytest.raises(TypeError, match="^regime must not be ") as error:
            simulate(family, start, **arguments)
        assert repr(family) in str(error.value) and repr(regime) in str(error.value)
        return
    run = simulate(family, start, **arguments)
    again = simulate(family, start, **arguments)
    assert run.n == (6, *(3 * [2] if regime.batch else 3 * [6]))
    for part, same in zip(
        run.parameter if family.parts else [run.parameter], again.parameter if family.parts else [again.parameter]
    ):
        assert part.shape[:2] == (50, 5) and np.all(np.isfinite(part))
        np.testing.assert_array_equal(part, same)


@pytest.mark.parametrize("name", TEMPERED)
def test_a_power_of_a_law_is_the_law_of_the_power(name: str) -> None:
    family, start, power = TEMPERED[name]
    run = simulate(family, start, n=10**8, generations=1, trajectories=4, regime=Tempered(beta=3), rng=SEED)
    if name == "vectors":
        np.testing.assert_allclose(run.covariance[:, 1], np.broadcast_to(np.array([[2, 1], [1, 3]]) / 3, (4, 2, 2)), rtol=2e-3)
    elif name == "gaussian":
        np.testing.assert_allclose(run.sd[:, 1], 2 / np.sqrt(3), rtol=1e-3)
        np.testing.assert_allclose(run.mean[:, 1], 1.0, rtol=1e-3)
    else:
        np.testing.assert_allclose(run.parameter[:, 1], np.broadcast_to(power(start), run.parameter[:, 1].shape), rtol=2e-3)


# ------------------------------------------------------------------------------------------ what moments say


def assert_mean(samples: Any, expected: Any) -> None:
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    assert np.all(np.abs(samples.mean(axis=0) - expected) <= 5 * error + 1e-12), (samples.mean(axis=0), expected)


def sine_law(n: int, generations: int) -> Any:
    return np.cumprod([1.0, *(1 - 1 / (n * np.arange(1.0, generations + 1) ** 2))])


def test_fixed_compute_keeps_what_accumulating_keeps() -> None:
    arguments: dict[str, Any] = {
        "n": 4, "generations": 8, "trajectories": TRIALS, "regime": FixedCompute(), "rng": SEED,
    }  # fmt: skip
    run = simulate(f.Bernoulli(), 0.3, **arguments)
    assert_mean(run.parameter * (1 - run.parameter), 0.21 * sine_law(4, 8))
    run = simulate(f.Gaussian(ddof=0), (1.0, 2.0), **arguments)
    assert_mean(run.sd**2, 4 * sine_law(4, 8))
    run = simulate(f.MultivariateGaussian(ddof=0), ([0.0, 0.0], [[2, 1], [1, 3]]), **arguments)
    assert_mean(run.covariance[..., 0, 1], sine_law(4, 8))


@pytest.mark.parametrize("weight", [0.2, 0.6])
def test_weights_move_mean_and_variance_of_a_gaussian_as_one_weighted_sample(weight: float) -> None:
    n, real, generations = 5, 3, 6
    regime = Weighted(real=real, weight=weight)
    lost = [0.0]
    for _ in range(generations):
        kept = 1 - lost[-1]
        lost.append(weight**2 / real + (1 - weight) ** 2 * (lost[-1] + kept / n))
    run = simulate(
        f.Gaussian(ddof=0), (1.0, 2.0), n=n, generations=generations, trajectories=TRIALS, regime=regime, rng=SEED
    )
    assert_mean((run.mean - 1) ** 2, 4 * np.array(lost))
    assert_mean(run.sd**2, 4 * (1 - np.array(lost)))
    near = simulate(
        f.Gaussian(), (1.0, 2.0), n=n, generations=generations, trajectories=50, regime=regime, rng=SEED
    )
    exact = simulate(
        f.Gaussian(ddof=0), (1.0, 2.0), n=n, generations=1, trajectories=50, regime=regime, rng=SEED
    )
    np.testing.assert_allclose(near.sd[:, 1] ** 2 * 7 / 8, exact.sd[:, 1] ** 2, rtol=1e-12)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_pooled_weight_is_that_of_adding(name: str) -> None:
    family, start = FAMILIES[name]
    rng, truth = np.random.default_rng(SEED), family._copies(start, 20)
    new, real = family._draw(truth, 6, rng), family._draw(truth, 2, rng)
    blended = family._fit(Weighted(real=2, weight=0.25).pooling(lambda size: real)(new, None))
    pooled = family._fit(new + real)
    for one, other in zip(*((model if family.parts else (model,)) for model in (blended, pooled))):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_without_synthetic_samples_the_real_ones_have_all_the_weight() -> None:
    regime = Weighted(real=4, weight=0.1)
    run = simulate(f.Gaussian(), (0.0, 1.0), n=[0, 5], generations=2, trajectories=TRIALS, regime=regime, rng=SEED)
    assert_mean(run.mean[:, 1] ** 2, 1 / 4)
    assert_mean(run.sd[:, 1] ** 2, 1.0)
    run = simulate(f.Bernoulli(), 1.0, n=[0, 5], generations=2, trajectories=9, regime=regime, rng=SEED)
    assert np.all(run.parameter == 1.0)


def test_biased_sampling_breaks_accumulation_with_its_power() -> None:
    n, shrunk, generations = 4, 0.8, 10
    j = np.arange(2.0, generations + 1)
    kept = np.cumprod([1 - 1 / n, *(1 - (1 - shrunk) / j - shrunk / (n * j**2))])
    regime = Tempered(beta=1 / shrunk, within=Accumulate(), truth=False)
    run = simulate(
        f.Gaussian(ddof=0), (1.0, 2.0), n=n, generations=generations, trajectories=TRIALS, regime=regime, rng=SEED
    )
    assert_mean(run.sd[:, 1:] ** 2, 4 * kept)


# -------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Weighted(real=0, weight=0.5), "real"),
        (lambda: Weighted(real=1, weight=1.5), "weight"),
        (lambda: Weighted(real=1, weight=float("nan")), "weight"),
        (lambda: Weighted(real=1.0, weight=0.5), "real"),
        (lambda: Immigration(share=-0.1), "share"),
        (lambda: Immigration(share="a"), "share"),
        (lambda: Accumulate(batch=0), "batch"),
        (lambda: Accumulate(batch=2.5), "batch"),
        (lambda: Tempered(beta=0), "beta"),
        (lambda: Tempered(beta=float("inf")), "beta"),
        (lambda: Tempered(beta=1, within=Replace), "within"),
        (lambda: Tempered(beta=1, truth=1), "truth"),
        (lambda: Selected(advantage=-1), "advantage"),
        (lambda: Selected(advantage=[[0.1]]), "advantage"),
        (lambda: Selected(advantage=[]), "advantage"),
        (lambda: Selected(advantage="a"), "advantage"),
    ],
)
def test_bad_arguments_are_named(make: Callable[[], Regime], name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
        make()


def test_what_does_not_fit_together_is_named() -> None:
    arguments: dict[str, Any] = {"generations": 2, "trajectories": 2, "rng": SEED}
    with pytest.raises(TypeError, match="^n must be one integer"):
        simulate(f.Bernoulli(), 0.3, n=[3, 3], regime=Accumulate(batch=2), **arguments)
    for family, start in ((f.Bernoulli(), 0.3), (f.Categorical(), [0.2, 0.3, 0.5])):
        with pytest.raises(ValueError, match="^advantage must "):
            simulate(family, start, n=3, regime=Selected(advantage=[0.1, 0.2]), **arguments)
    with pytest.raises(ValueError, match="^beta must keep"):
        simulate(
            f.Gaussian(), (0.0, 1.0), n=5, generations=200, trajectories=2, rng=SEED, regime=Tempered(beta=0.001)
        )
