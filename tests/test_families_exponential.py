"""Exponential families of one mean: laws of the draws, martingales, regimes, extremes; and what is known of them.

Bands: a p-value of 1e-6 (exact binomial, Kolmogorov-Smirnov) or five standard errors.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from math import log
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats
from test_families import assert_frequencies, assert_law, assert_mean

from collapse_lib import information
from collapse_lib.families import (
    Bernoulli,
    Categorical,
    Counts,
    Exponential,
    Family,
    Gamma,
    GaussianLocation,
    GaussianScale,
    Geometric,
    Moments,
    NegativeBinomial,
    Poisson,
    Sums,
)
from collapse_lib.training import Accumulate, FixedReal, FreshReal, Replace, simulate

SEED = 1
TRIALS = 20_000
# family, a mean, the law of the total of m samples, the law of one sample (of x^2 for the scale)
CASES: dict[str, tuple[Family, float, Any, Any]] = {
    "exponential": (Exponential(), 2.5, lambda m: stats.gamma(m, scale=2.5), stats.expon(scale=2.5)),
    "gamma": (Gamma(shape=3.0), 2.5, lambda m: stats.gamma(3 * m, scale=2.5 / 3), stats.gamma(3, scale=2.5 / 3)),
    "wide": (Gamma(shape=0.2), 0.7, lambda m: stats.gamma(0.2 * m, scale=3.5), stats.gamma(0.2, scale=3.5)),
    "scale": (GaussianScale(), 4.0, lambda m: stats.chi2(m, scale=4.0), stats.chi2(1, scale=4.0)),
    "location": (
        GaussianLocation(sd=2.0), -1.5, lambda m: stats.norm(-1.5 * m, 2 * np.sqrt(m)), stats.norm(-1.5, 2.0)
    ),
    "geometric": (Geometric(), 0.8, lambda m: stats.nbinom(m, 1 / 1.8), stats.nbinom(1, 1 / 1.8)),
    "binomial": (
        NegativeBinomial(size=2.5), 0.8, lambda m: stats.nbinom(2.5 * m, 2.5 / 3.3), stats.nbinom(2.5, 2.5 / 3.3)
    ),
}  # fmt: skip
LATTICE = ("geometric", "binomial")
EACH = pytest.mark.parametrize("name", CASES)
REGIMES = [Replace(), Accumulate(), FreshReal(size=3), FixedReal(size=4)]


def assert_total(total: Any, law: Any) -> None:
    if total.dtype.kind == "i":
        upper = int(law.isf(1e-4))
        assert_frequencies(total[:, None], {(j,): float(law.pmf(j)) for j in range(upper)})
    else:
        assert_law(total, law)


# ------------------------------------------------------------------------------------------------- the draws


@EACH
@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_total_has_its_law(name: str, size: int) -> None:
    family, mean, law, _ = CASES[name]
    total = family.draw(np.full(TRIALS, mean), size=size, rng=SEED).total
    assert_total(total, law(size))


@EACH
def test_totals_add_to_the_total_of_all_samples(name: str) -> None:
    family, mean, law, one = CASES[name]
    rng = np.random.default_rng(SEED)
    model = np.full(TRIALS, mean)
    both = family.draw(model, size=3, rng=rng) + family.draw(model, size=np.full(TRIALS, 4), rng=rng)
    assert np.all(both.size == 7)
    assert_total(both.total, law(7))
    drawn = np.asarray(one.rvs((TRIALS, 3), random_state=rng)).sum(axis=1)
    fast = family.draw(model, size=3, rng=rng).total
    assert stats.ks_2samp(drawn, fast, method="asymp").pvalue > 1e-6


@EACH
def test_the_fitted_mean_is_a_martingale_whose_step_has_the_variance_function(name: str) -> None:
    family, mean, _, one = CASES[name]
    run = simulate(family, mean, n=20, generations=3, trajectories=TRIALS, rng=SEED).parameter
    assert run.shape == (TRIALS, 4) and np.all(run[:, 0] == mean)
    variance = information.variance_function(family, mean)
    assert variance == pytest.approx(one.var(), rel=1e-12)
    for k in (1, 2, 3):
        assert_mean(run[:, k], mean)
        assert_mean((run[:, k] - run[:, k - 1]) ** 2 - information.variance_function(family, run[:, k - 1]) / 20, 0.0)


@EACH
@pytest.mark.parametrize("regime", REGIMES, ids=repr)
def test_every_regime_keeps_the_mean_and_has_the_variance_that_its_shares_give(name: str, regime: Any) -> None:
    family, mean, _, _ = CASES[name]
    run = simulate(family, mean, n=5, generations=4, trajectories=TRIALS, rng=SEED, regime=regime).parameter
    assert_mean(run[:, 4], mean)
    real = {Replace(): 5, Accumulate(): 5}.get(regime, 5 + getattr(regime, "size", 0))
    assert_mean((run[:, 1] - mean) ** 2, information.variance_function(family, mean) / real)
    if regime == Accumulate():  # generation 2: half the pool is kept, half of it is new
        spread = information.expected_variance_function(family, mean, k=1, n=5) / 5
        assert_mean((run[:, 2] - run[:, 1]) ** 2, spread / 4)


@EACH
def test_each_trajectory_has_its_own_mean_and_size_and_a_seed_gives_one_run(name: str) -> None:
    family, mean, law, _ = CASES[name]
    sizes = np.repeat([2, 6], TRIALS)
    statistic = family.draw(np.full(2 * TRIALS, mean), size=sizes, rng=SEED)
    assert_total(statistic.total[:TRIALS], law(2))
    assert_total(statistic.total[TRIALS:], law(6))
    again = family.draw(np.full(2 * TRIALS, mean), size=sizes, rng=SEED)
    np.testing.assert_array_equal(statistic.total, again.total)
    for lead in ((), (3,), (2, 3)):
        fitted = family.fit(family.draw(np.full(lead, mean), size=4, rng=SEED))
        assert np.shape(fitted) == lead
        family.draw(fitted, size=4, rng=SEED)


@EACH
def test_a_sample_of_size_zero_changes_nothing(name: str) -> None:
    family, mean, _, _ = CASES[name]
    empty = family.draw(np.full(3, mean), size=0, rng=SEED)
    some = family.draw(np.full(3, mean), size=5, rng=SEED)
    assert np.all(empty.total == 0)
    np.testing.assert_array_equal(family.fit(empty + some), family.fit(some))


def test_size_one_is_geometric_shape_one_exponential_and_shape_one_half_the_scale() -> None:
    for left, right in (
        (Geometric(), NegativeBinomial(size=1)),
        (Exponential(), Gamma(shape=1)),
        (GaussianScale(), Gamma(shape=0.5)),
    ):
        one, two = (f.draw(np.full(9, 3.0), size=4, rng=SEED).total for f in (left, right))
        np.testing.assert_array_equal(one, two)


def test_threads_with_generators_of_their_own_give_the_runs_of_one_after_the_other() -> None:
    def run(case: tuple[str, int]) -> Any:
        family, mean, _, _ = CASES[case[0]]
        return simulate(family, mean, n=5, generations=20, trajectories=200, rng=case[1]).parameter

    cases = list(itertools.product(CASES, range(3)))
    with ThreadPoolExecutor(4) as pool:
        for many, single in zip(pool.map(run, cases), map(run, cases), strict=True):
            np.testing.assert_array_equal(many, single)


# -------------------------------------------------------------------------------------------------- extremes


@pytest.mark.parametrize("name", LATTICE)
def test_zero_is_absorbing_and_reached(name: str) -> None:
    family = CASES[name][0]
    assert np.all(family.draw(np.zeros(1000), size=10**9, rng=SEED).total == 0)
    run = simulate(family, 0.5, n=3, generations=400, trajectories=500, rng=SEED).parameter
    dead = run == 0
    assert np.all(dead[:, 1:] >= dead[:, :-1]) and dead[:, -1].mean() > 0.95


@EACH
@pytest.mark.parametrize("size", [1, 7, 10**9])
def test_no_mean_gives_a_nan(name: str, size: int) -> None:
    family = CASES[name][0]
    means = [0.0, 5e-324, 1e-300, 1e-12, 1.0, 1e9]
    means += [] if name in LATTICE else [1e140]
    with np.errstate(over="raise", invalid="raise"):
        rng = np.random.default_rng(SEED)
        for _ in range(200):
            fitted = family.fit(family.draw(np.array(means), size=size, rng=rng))
            assert np.all(np.isfinite(fitted))
    if size == 10**9 and name != "location":
        np.testing.assert_allclose(fitted[4:], means[4:], rtol=2e-3)


@pytest.mark.parametrize("shape", [1e-3, 0.1, 1e4])
def test_the_widest_and_narrowest_shapes_have_their_laws(shape: float) -> None:
    for size in (1, 1000, 10**9):
        alpha = shape * size
        total = Gamma(shape=shape).draw(np.full(TRIALS, 2.0), size=size, rng=SEED).total
        if alpha < 0.01:  # half of the draws are below the smallest float
            level = stats.gamma(alpha).cdf(1e-100)
            assert stats.binomtest(int((total * shape / 2.0 <= 1e-100).sum()), TRIALS, level).pvalue > 1e-6
        elif alpha < 1e6:
            assert_law(total * shape / 2.0, stats.gamma(alpha))
        else:
            standard = (total * shape / 2.0 - alpha) / np.sqrt(alpha)
            assert_law(standard, stats.norm())  # skewness 2/sqrt(alpha) is below what 20,000 draws can see
        count = NegativeBinomial(size=shape).draw(np.full(TRIALS, 2.0), size=size, rng=SEED).total
        zero = np.exp(-alpha * np.log1p(2.0 / shape))
        assert stats.binomtest(int((count == 0).sum()), TRIALS, zero).pvalue > 1e-6
        assert_mean(count, 2.0 * size)


def test_totals_beyond_64_bits_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="^size times mean must .* 2\\*\\*62, got"):
        NegativeBinomial(size=1e-3).draw(np.full(20_000, 1e9), size=10**9 // 2, rng=SEED)
        for seed in range(100):
            NegativeBinomial(size=1e-3).draw(np.full(100_000, 1e9), size=500, rng=seed)
            Geometric()._draw(np.full(3, 1e18), 10, np.random.default_rng(seed))
    with pytest.raises(ValueError, match="^n must "):
        simulate(Geometric(), 1e9, n=10**9, generations=9, trajectories=1, rng=1, regime=Accumulate())
    with pytest.raises(ValueError, match="^total must stay a finite number"):
        Sums(1, np.array([1.7e308])) + Sums(1, np.array([1.7e308]))


@EACH
def test_bad_input_is_named(name: str) -> None:
    family, mean, _, _ = CASES[name]
    wrong = [None, "a", True, [], np.nan, np.inf, 1e141]
    wrong += [] if name == "location" else [-0.1]
    for value in wrong:
        with pytest.raises((TypeError, ValueError), match="^parameter "):
            family.draw(value, size=3, rng=SEED)
        with pytest.raises((TypeError, ValueError), match="^start "):
            simulate(family, value, n=3, generations=1, trajectories=1, rng=SEED)
    if name not in (*LATTICE, "location"):
        with pytest.raises(ValueError, match="^start must hold finite numbers > 0"):
            simulate(family, 0.0, n=3, generations=1, trajectories=1, rng=SEED)
    own = Counts if name in LATTICE else Sums
    other = Sums if name in LATTICE else Counts
    bad = [None, 3, Moments(3, 0.0, 1.0), other(3, np.ones(2, int)), own(0, 0), own(3, np.nan), own([3, 3], 1)]
    bad += [] if name == "location" else [own(3, -1)]
    for statistic in bad:
        with pytest.raises((TypeError, ValueError), match="^statistic"):
            family.fit(statistic)
    with pytest.raises(TypeError):
        own(3, np.ones(2, int)) + other(3, np.ones(2, int))


@pytest.mark.parametrize("value", [0, -1, 9e-4, 1.1e4, np.nan, np.inf, None, "a", True, [1.0]])
def test_bad_shapes_are_named(value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="^shape must "):
        Gamma(shape=value)
    with pytest.raises((TypeError, ValueError), match="^size must "):
        NegativeBinomial(size=value)
    if value not in (9e-4, 1.1e4):
        with pytest.raises((TypeError, ValueError), match="^sd must "):
            GaussianLocation(sd=value)


def test_families_are_values() -> None:
    assert Gamma(shape=2) == Gamma(2.0) != Gamma(shape=3) and Exponential() == Exponential()
    assert repr(NegativeBinomial(size=2)) == "NegativeBinomial(size=2.0)" and repr(Geometric()) == "Geometric()"
    with pytest.raises(AttributeError):
        Gamma(shape=2).shape = 3  # type: ignore[misc]


# ------------------------------------------------------------------------------------------- what is known

KNOWN: dict[str, tuple[Family, float]] = {name: case[:2] for name, case in CASES.items()} | {
    "bernoulli": (Bernoulli(), 0.3),
    "poisson": (Poisson(), 0.8),
}
KNOWING = pytest.mark.parametrize("name", KNOWN)


def one(name: str, mean: float) -> Any:
    """Support and log-density of one sample, from scipy."""
    grid = np.arange(4000)
    return {
        "bernoulli": lambda: (np.arange(2), stats.binom(1, mean).logpmf),
        "poisson": lambda: (np.arange(200), stats.poisson(mean).logpmf),
        "geometric": lambda: (grid, stats.nbinom(1, 1 / (1 + mean)).logpmf),
        "binomial": lambda: (grid, stats.nbinom(2.5, 2.5 / (2.5 + mean)).logpmf),
        "exponential": lambda: (None, stats.expon(scale=mean).logpdf),
        "gamma": lambda: (None, stats.gamma(3, scale=mean / 3).logpdf),
        "wide": lambda: (None, stats.gamma(0.2, scale=mean / 0.2).logpdf),
        "scale": lambda: (None, stats.gamma(0.5, scale=mean / 0.5).logpdf),
        "location": lambda: (None, stats.norm(mean, 2.0).logpdf),
    }[name]()


@KNOWING
@pytest.mark.parametrize("factor", [0.6, 1.3])
def test_divergences_are_sums_and_integrals_of_the_densities(name: str, factor: float) -> None:
    family, mean = KNOWN[name]
    other = factor * mean
    support, density = one(name, other)
    reference = one(name, mean)[1]
    if support is not None:
        direct = np.sum(np.exp(density(support)) * (density(support) - reference(support)))
    elif name == "location":
        direct = integrate.quad(lambda x: np.exp(density(x)) * (density(x) - reference(x)), -30, 30)[0]
    else:
        direct = integrate.quad(
            lambda y: np.exp(y + density(np.exp(y))) * (density(np.exp(y)) - reference(np.exp(y))),
            -120, 6, limit=500, points=[-5, 0, 2],
        )[0]  # fmt: skip
    assert information.divergence(family, other, mean) == pytest.approx(direct, rel=1e-6)
    slope = (information.potential(family, mean * (1 + 1e-5)) - information.potential(family, mean * (1 - 1e-5))) / (
        2e-5 * mean
    )
    bregman = information.potential(family, mean) + slope * (other - mean) - information.potential(family, other)
    assert bregman == pytest.approx(direct, rel=1e-4)


@KNOWING
def test_mean_divergences_and_variance_functions_are_those_of_runs(name: str) -> None:
    family, mean = KNOWN[name]
    k = np.array([1, 3, 6])
    run = simulate(family, mean, n=20, generations=6, trajectories=TRIALS, rng=SEED).parameter
    exact = information.expected_divergence(family, mean, k=k, n=20)
    variance = information.expected_variance_function(family, mean, k=k, n=20)
    for at, generation in enumerate(k):
        assert_mean(information.divergence(family, run[:, generation], mean), exact[at])
        if name != "location":  # its variance is constant
            assert_mean(information.variance_function(family, run[:, generation]), variance[at])
    assert information.expected_divergence(family, mean, k=0, n=20) == 0
    assert np.all(np.diff(exact) > 0) and isinstance(information.expected_divergence(family, mean, k=2, n=9), float)


@pytest.mark.parametrize("r", [1.0, 2.0])
def test_the_heavy_tails_are_enclosed(r: float) -> None:
    """Against a matrix of 2,000 counts and the sum of the mean divergences of the steps."""
    family, n, k, total = NegativeBinomial(size=r), 3, 5, np.arange(2000)
    means = total / n
    step = stats.nbinom.pmf(total, n * r, (r / (r + means))[:, None])
    step[0] = total == 0
    costs = np.sum(step * np.nan_to_num(
        special.kl_div(means, means[:, None]) - special.kl_div(means + r, means[:, None] + r), posinf=0), axis=1)
    law, spent = stats.nbinom.pmf(total, n * r, r / (r + 1.0)), 0.0
    spent = law @ information.divergence(family, means, 1.0)
    for _ in range(k - 1):
        spent, law = spent + law @ costs, law @ step
    assert information.expected_divergence(family, 1.0, k=k, n=n) == pytest.approx(spent, abs=2e-5)
    with pytest.raises(ValueError, match="^k, n and mean must be so small .* got k up to 60, n = 3"):
        information.expected_divergence(family, 1.0, k=60, n=3)
    rough, finer = (information.expected_divergence(family, 1.0, k=60, n=3, error=error) for error in (0.05, 0.01))
    assert abs(rough - finer) < 0.06 and 0 < information.potential(family, 1.0) - finer < 0.2


def test_the_poisson_divergence_is_that_of_the_law_of_the_count() -> None:
    count = np.arange(400)
    step = stats.poisson.pmf(count, count[:, None])
    law = stats.poisson.pmf(count, 8.0)
    for k in range(1, 6):
        assert information.expected_divergence(Poisson(), 0.8, k=k, n=10) == pytest.approx(
            law @ special.kl_div(count / 10, 0.8), abs=1e-10
        )
        law = law @ step


def test_rates_and_closed_forms() -> None:
    assert information.log_rate(Exponential(), n=10) == pytest.approx(log(10) - special.digamma(10), rel=1e-12)
    assert information.log_rate(GaussianScale(), n=7) == pytest.approx(log(3.5) - special.digamma(3.5), rel=1e-12)
    assert information.log_rate(Gamma(shape=3), n=10**9) == pytest.approx(1 / 6e9, rel=1e-9)
    assert information.expected_variance_function(Bernoulli(), 0.5, k=[0, 1, 2], n=1).tolist() == [0.25, 0, 0]
    assert information.expected_variance_function(Exponential(), 1.0, k=10**9, n=1) == np.inf
    assert information.expected_variance_function(Poisson(), 0.0, k=3, n=1) == 0
    assert information.divergence(Exponential(), 0.0, 1.0) == np.inf == information.divergence(Poisson(), 1.0, 0.0)
    assert information.potential(Geometric(), [0.0, 1.0]) == pytest.approx([0, 2 * log(2)])
    assert information.expected_divergence(Bernoulli(), 0.5, k=10_000, n=3) == pytest.approx(log(2), rel=1e-12)


@pytest.mark.parametrize("call", [
    lambda f: information.variance_function(f, 0.5), lambda f: information.potential(f, 0.5),
    lambda f: information.divergence(f, 0.5, 0.5), lambda f: information.expected_divergence(f, 0.5, k=1, n=1),
    lambda f: information.expected_variance_function(f, 0.5, k=1, n=1), lambda f: information.log_rate(f, n=1),
])  # fmt: skip
def test_families_that_are_none_are_named(call: Any) -> None:
    for wrong in (None, Exponential, Categorical(), "poisson"):
        with pytest.raises(TypeError, match="^family must be "):
            call(wrong)


def test_bad_arguments_of_the_theory_are_named() -> None:
    for k, n, mean, name in ((-1, 3, 1.0, "k"), (1.5, 3, 1.0, "k"), (1, 0, 1.0, "n"), (1, 3, -1.0, "mean"),
                             (1, 3, np.nan, "mean"), (1, 3, [1.0], "mean"), (10**5, 3, 1.0, "k")):  # fmt: skip
        with pytest.raises((TypeError, ValueError), match=f"^{name} "):
            information.expected_divergence(Geometric(), mean, k=k, n=n)
    with pytest.raises(ValueError, match="^n must be an integer < 4096"):
        information.expected_divergence(Bernoulli(), 0.5, k=1, n=5000)
    with pytest.raises(ValueError, match="^error "):
        information.expected_divergence(Geometric(), 1.0, k=1, n=3, error=0)
    with pytest.raises(TypeError, match="^family must be Exponential"):
        information.log_rate(Poisson(), n=3)
