"""The loop and its regimes: exact laws and moments, real samples pooled by hand, shapes, seeds, bad input.

Bands: a p-value of 1e-6 (exact binomial, Kolmogorov-Smirnov) or five standard errors.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from collapse_lib.families import (
    Bernoulli,
    Categorical,
    Counts,
    Family,
    Gaussian,
    MultivariateGaussian,
    Poisson,
)
from collapse_lib.training import Accumulate, FixedReal, FreshReal, Regime, Replace, Run, loop, simulate

SEED = 1
TRIALS = 20_000
VOCABULARY = np.array([0.5, 0.3, 0.15, 0.05])
COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]])
STARTS: dict[str, tuple[Family, Any]] = {
    "bernoulli": (Bernoulli(), 0.3),
    "categorical": (Categorical(), VOCABULARY),
    "poisson": (Poisson(), 1.5),
    "gaussian": (Gaussian(), (1.0, 2.0)),
    "vectors": (MultivariateGaussian(), ([1.0, -1.0], COVARIANCE)),
}
REGIMES = [Replace(), Accumulate(), FreshReal(size=3), FixedReal(size=4)]
EACH = pytest.mark.parametrize("name", STARTS)
EACH_REGIME = pytest.mark.parametrize("regime", REGIMES, ids=repr)


def run_of(
    name: str,
    n: int | Sequence[int],
    generations: int,
    regime: Regime = REGIMES[0],
    *,
    start: Any = None,
    trajectories: int = TRIALS,
    seed: int = SEED,
    **options: int,
) -> Run:
    """A run of the family `name` from its usual start."""
    family, usual = STARTS[name]
    family = type(family)(**options)
    start = usual if start is None else start
    return simulate(
        family, start, n=n, generations=generations, trajectories=trajectories, regime=regime, rng=seed
    )


def assert_mean(samples: NDArray[np.float64], expected: Any) -> None:
    """The mean over the trajectories is within five standard errors, in every other coordinate."""
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    assert np.all(np.abs(samples.mean(axis=0) - expected) <= 5 * error + 1e-12), (
        samples.mean(axis=0),
        expected,
    )


# -------------------------------------------------------------------------------------- the seed paper's loop


def test_one_word_follows_the_wright_fisher_chain_exactly() -> None:
    n, generations = 4, 4
    states = np.arange(n + 1)
    matrix = stats.binom.pmf(states[None, :], n, states[:, None] / n)
    law = stats.binom.pmf(states, n, 0.3)
    run = run_of("bernoulli", n, generations)
    for k in range(1, generations + 1):
        for state in states:
            hits = int(np.sum(run.parameter[:, k] == state / n))
            assert stats.binomtest(hits, TRIALS, law[state]).pvalue > 1e-8
        law = law @ matrix


def test_a_step_depends_on_the_present_only_through_the_model() -> None:
    run = run_of("bernoulli", 4, 2)
    for state in range(5):
        rows = run.parameter[run.parameter[:, 1] == state / 4, 2]
        assert_mean(rows, state / 4)
        assert_mean((rows - state / 4) ** 2, state / 4 * (1 - state / 4) / 4)


def test_a_vocabulary_loses_heterozygosity_by_a_factor() -> None:
    run = run_of("categorical", 5, 6)
    assert_mean(run.parameter, VOCABULARY)
    heterozygosity = 1 - (run.parameter**2).sum(axis=-1)
    assert_mean(heterozygosity, heterozygosity[0, 0] * (1 - 1 / 5) ** np.arange(7))


def test_a_poisson_symbol_survives_with_the_probability_of_theorem_2() -> None:
    run = run_of("poisson", 3, 8, start=0.5)
    g = np.inf
    for k in range(1, 9):
        g = -np.expm1(-g)
        hits = int(np.sum(run.parameter[:, k] > 0))
        assert stats.binomtest(hits, TRIALS, -np.expm1(-1.5 * g)).pvalue > 1e-7
    assert_mean(run.parameter, 0.5)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 10])
def test_a_gaussian_loses_its_logarithm_at_the_digamma_rate(n: int, ddof: int) -> None:
    run = run_of("gaussian", n, 12, ddof=ddof)
    rate = 0.5 * (np.log((n - ddof) / 2) - special.digamma((n - 1) / 2))
    assert_mean(np.log(run.sd), np.log(2.0) - rate * np.arange(13))
    spread = special.polygamma(1, (n - 1) / 2) / 4 * np.arange(1, 13)  # variance of the logarithm
    logs = np.log(run.sd[:, 1:])
    assert_mean((logs - logs.mean(axis=0)) ** 2, spread * (1 - 1 / TRIALS))
    assert stats.kstest((n - ddof) * run.sd[:, 1] ** 2 / 4, stats.chi2(n - 1).cdf).pvalue > 1e-6


@pytest.mark.parametrize("ddof", [0, 1])
def test_the_gaussian_mean_walks_with_the_standard_deviation(ddof: int) -> None:
    n = 20
    run = run_of("gaussian", n, 4, ddof=ddof)
    shrink = ((n - 1) / (n - ddof)) ** np.arange(5)
    assert_mean(run.sd**2, 4 * shrink)
    assert_mean((run.mean - 1) ** 2, np.concatenate([[0], np.cumsum(4 * shrink[:-1] / n)]))
    steps = np.diff(run.mean, axis=1) / run.sd[:, :-1] * np.sqrt(n)
    for k in range(4):
        assert stats.kstest(steps[:, k], stats.norm.cdf).pvalue > 1e-6
    assert_mean(steps[:, :-1] * steps[:, 1:], 0.0)


def test_gaussian_vectors_keep_their_covariance_in_expectation_and_lose_its_determinant() -> None:
    run = run_of("vectors", 10, 4)
    assert_mean(run.covariance, COVARIANCE)
    assert_mean(run.mean, [1.0, -1.0])
    rate = sum(np.log(2 / 9) + special.digamma((9 - i) / 2) for i in range(2))
    expected = np.linalg.slogdet(COVARIANCE)[1] + rate * np.arange(5)
    assert_mean(np.linalg.slogdet(run.covariance)[1], expected)


def test_a_schedule_of_sample_sizes_multiplies_its_factors() -> None:
    schedule = [3, 10, 2, 50]
    run = run_of("bernoulli", schedule, 4)
    assert run.n == (3, 10, 2, 50)
    kept = np.cumprod([1.0, *(1 - 1 / np.array(schedule))])
    assert_mean(run.parameter * (1 - run.parameter), 0.21 * kept)
    for k, n in enumerate(schedule, start=1):
        count = run.parameter[:, k] * n
        assert np.all(np.abs(count - np.round(count)) < 1e-9)
    same = run_of("bernoulli", np.array(schedule), 4)
    np.testing.assert_array_equal(same.parameter, run.parameter)


# ------------------------------------------------------------------------------------------ the other regimes


def sine_law(n: int, generations: int) -> NDArray[np.float64]:
    """Share of the variance that accumulating keeps in expectation: the product of 1 - 1/(n j^2)."""
    return np.cumprod([1.0, *(1 - 1 / (n * np.arange(1.0, generations + 1) ** 2))])


def test_accumulating_keeps_the_heterozygosity_of_the_sine_law() -> None:
    run = run_of("bernoulli", 4, 8, Accumulate())
    assert_mean(run.parameter * (1 - run.parameter), 0.21 * sine_law(4, 8))
    assert_mean((run.parameter - 0.3) ** 2, 0.21 * (1 - sine_law(4, 8)))
    vocabulary = run_of("categorical", 4, 8, Accumulate()).parameter
    assert_mean(1 - (vocabulary**2).sum(axis=-1), (1 - (VOCABULARY**2).sum()) * sine_law(4, 8))


def test_accumulating_keeps_the_gaussian_variance_of_the_sine_law() -> None:
    run = run_of("gaussian", 4, 8, Accumulate(), ddof=0)
    assert_mean(run.sd**2, 4 * sine_law(4, 8))
    assert_mean((run.mean - 1) ** 2, 4 * (1 - sine_law(4, 8)))
    vectors = run_of("vectors", 4, 8, Accumulate(), ddof=0)
    assert_mean(vectors.covariance, COVARIANCE * sine_law(4, 8)[:, None, None])


def test_accumulating_bounds_the_variance_of_a_poisson_rate() -> None:
    run = run_of("poisson", 4, 8, Accumulate())
    assert_mean((run.parameter - 1.5) ** 2, np.cumsum([0, *(1.5 / (4 * np.arange(1.0, 9) ** 2))]))


@pytest.mark.parametrize("batch", [1, 6])
def test_accumulating_in_batches(batch: int) -> None:
    n, generations = 4, 6
    run = run_of("bernoulli", [n] + [batch] * (generations - 1), generations, Accumulate())
    factors = [1 - batch / (n + batch * t) ** 2 for t in range(1, generations)]
    assert_mean(run.parameter * (1 - run.parameter), 0.21 * np.cumprod([1.0, 1 - 1 / n, *factors]))


@pytest.mark.parametrize(("real", "n"), [(1, 9), (1, 30), (4, 6)])
def test_fresh_real_samples_hold_the_variance_up(real: int, n: int) -> None:
    pool = n + real
    share = real / pool
    lost = 1 / (pool * share * (2 - share) + 1 - share)
    generations = int(np.ceil(np.log(1e-4) / np.log((1 - share) ** 2)))  # by then stationary up to 1e-4
    run = run_of("bernoulli", n, generations, FreshReal(size=real))
    assert_mean((run.parameter[:, -1] - 0.3) ** 2, 0.21 * lost)
    assert_mean(run.parameter[:, -1] * (1 - run.parameter[:, -1]), 0.21 * (1 - lost))
    run = run_of("gaussian", n, generations, FreshReal(size=real), ddof=0)
    assert_mean((run.mean[:, -1] - 1) ** 2, 4 * lost)
    assert_mean(run.sd[:, -1] ** 2, 4 * (1 - lost))


def test_fixed_real_samples_hold_the_collision_probability_down() -> None:
    real, n, generations = 6, 15, 8
    run = run_of("categorical", [0] + [n] * (generations - 1), generations, FixedReal(size=real))
    alpha = n / (real + n)
    beta = alpha * ((1 + 1 / real) * alpha - 1 / real)
    start = (VOCABULARY**2).sum()
    powers = beta ** np.arange(generations)
    known = 1 + 2 * alpha - (1 - 1 / real) * alpha * powers
    unknown = 1 + alpha + alpha / real * powers
    expected = (known / real + (1 - 1 / real) * start * unknown) / (1 + (1 + 1 / real) * alpha)
    assert_mean((run.parameter[:, 1:] ** 2).sum(axis=-1), expected)


def test_fixed_real_samples_are_kept_in_each_trajectory() -> None:
    word = run_of("bernoulli", [0, 0, 0], 3, FixedReal(size=5), trajectories=200).parameter
    assert np.all(word[:, 1:] == word[:, 1:2]) and np.ptp(word[:, 1]) > 0
    run = run_of("gaussian", [0, 10**9, 0], 3, FixedReal(size=3), trajectories=200)
    np.testing.assert_allclose(run.mean[:, 2], run.mean[:, 1], atol=1e-3)  # 10**9 samples copy generation 1
    np.testing.assert_allclose(run.mean[:, 3], run.mean[:, 1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("regime", "pools"),
    [
        (Replace(), [7, 5, 2]),
        (Accumulate(), [7, 12, 14]),
        (FreshReal(size=4), [11, 9, 6]),
        (FixedReal(size=4), [11, 9, 6]),
    ],
    ids=repr,
)
def test_each_generation_is_fitted_to_as_many_samples_as_its_regime_says(
    regime: Regime, pools: list[int]
) -> None:
    run = run_of("bernoulli", [7, 5, 2], 3, regime, trajectories=500)
    for k, pool in enumerate(pools, start=1):
        assert {round(p * pool, 9) for p in run.parameter[:, k]} <= set(map(float, range(pool + 1)))


SAMPLERS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "bernoulli": (
        lambda rng, p, size: rng.random((TRIALS, size)) < p[:, None],
        lambda data: np.mean(data, axis=1),
    ),
    "poisson": (
        lambda rng, rate, size: rng.poisson(rate[:, None], (TRIALS, size)),
        lambda data: np.mean(data, axis=1),
    ),
    "gaussian": (
        lambda rng, model, size: rng.normal(model[0][:, None], model[1][:, None], (TRIALS, size)),
        lambda data: np.array([np.mean(data, axis=1), np.std(data, axis=1, ddof=1)]),
    ),
}


def pooled_by_hand(
    name: str, regime: Regime, n: int, generations: int, rng: np.random.Generator
) -> NDArray[Any]:
    """Every generation's parameter when the samples themselves are drawn, kept and pooled."""
    sample, estimate = SAMPLERS[name]
    start = np.array(STARTS[name][1])
    truth = model = np.broadcast_to(start[..., None], (*start.shape, TRIALS))
    models, seen = [model], np.empty((TRIALS, 0))
    kept = sample(rng, truth, regime.size) if isinstance(regime, FixedReal) else None
    for _ in range(generations):
        new = sample(rng, model, n)
        if isinstance(regime, Accumulate):
            new = seen = np.hstack([seen, new])
        if isinstance(regime, FreshReal):
            new = np.hstack([new, sample(rng, truth, regime.size)])
        if isinstance(regime, FixedReal):
            new = np.hstack([new, kept])
        model = estimate(new)
        models.append(model)
    return np.moveaxis(np.array(models), (0, -1), (-1, -2))


@EACH_REGIME
@pytest.mark.parametrize("name", SAMPLERS)
def test_statistics_do_what_real_samples_do(name: str, regime: Regime) -> None:
    by_hand = pooled_by_hand(name, regime, 4, 3, np.random.default_rng([SEED, 7]))
    run = np.array(run_of(name, 4, 3, regime).parameter)
    assert run.shape == by_hand.shape
    fast_parts, slow_parts = (run, by_hand) if run.ndim == 3 else ([run], [by_hand])
    for fast, slow in zip(fast_parts, slow_parts, strict=True):
        np.testing.assert_array_equal(fast[:, 0], slow[:, 0])
        for k in (1, 2, 3):
            assert stats.ks_2samp(fast[:, k], slow[:, k], method="asymp").pvalue > 1e-6
        for step in (1, 2):  # the joint law of neighbouring generations, not only each by itself
            left, right = fast[:, step + 1] - fast[:, step], slow[:, step + 1] - slow[:, step]
            assert stats.ks_2samp(np.round(left, 12), np.round(right, 12), method="asymp").pvalue > 1e-6


# ----------------------------------------------------------------------------------------------- the contract


@EACH_REGIME
@EACH
def test_shapes_and_the_truth_first(name: str, regime: Regime) -> None:
    family, start = STARTS[name]
    run = simulate(family, start, n=5, generations=3, trajectories=200, regime=regime, rng=SEED)
    assert (run.family, run.regime, run.n) == (family, regime, (5, 5, 5))
    parts = run.parameter if family.parts else (run.parameter,)
    truth = start if family.parts else (start,)
    for part, value in zip(parts, truth, strict=True):
        assert part.shape == (200, 4, *np.shape(value)) and part.dtype == np.float64
        np.testing.assert_array_equal(part[:, 0], np.broadcast_to(value, (200, *np.shape(value))))
        assert np.all(np.isfinite(part)) and np.all(np.ptp(part[:, 1:], axis=0) > 0)


def test_a_gaussian_run_has_a_mean_and_a_spread() -> None:
    run = run_of("gaussian", 5, 3, trajectories=2)
    assert run.parameter[0] is run.mean and run.parameter[1] is run.sd
    vectors = run_of("vectors", 5, 3, trajectories=2)
    assert vectors.parameter[0] is vectors.mean and vectors.parameter[1] is vectors.covariance
    for wrong in (
        lambda: vectors.sd,
        lambda: run.covariance,
        lambda: run_of("poisson", 5, 3, trajectories=2).mean,
    ):
        with pytest.raises(AttributeError, match="a run of .* has no "):
            wrong()
    with pytest.raises(AttributeError):
        run.n = (1,)  # type: ignore[misc]
    assert repr(run) == "Run(family=Gaussian(ddof=1), regime=Replace())"


@EACH_REGIME
@EACH
def test_a_seed_fixes_the_run_and_a_generator_moves_on(name: str, regime: Regime) -> None:
    legacy = copy.deepcopy(np.random.get_state())
    rng = np.random.default_rng(5)
    first, second = (
        simulate(*STARTS[name], n=5, generations=3, trajectories=4, regime=regime, rng=rng).parameter
        for _ in range(2)
    )
    again = run_of(name, 5, 3, regime, trajectories=4, seed=5).parameter
    for one, two, three in zip(
        *(p if isinstance(p, tuple) else (p,) for p in (first, second, again)), strict=True
    ):
        np.testing.assert_array_equal(one, three)
        assert not np.array_equal(one, two)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy[1])
    assert np.random.get_state()[2:] == legacy[2:]


def test_simulate_is_the_loop() -> None:
    family = Gaussian()
    truth = (np.zeros(3), np.ones(3))
    models = list(loop(family, truth, [5, 6], Accumulate(), np.random.default_rng(SEED)))
    run = simulate(family, (0, 1), n=[5, 6], generations=2, trajectories=3, regime=Accumulate(), rng=SEED)
    np.testing.assert_array_equal(np.stack([mean for mean, _ in models], axis=1), run.mean)
    np.testing.assert_array_equal(np.stack([sd for _, sd in models], axis=1), run.sd)
    lines = [line for line in inspect.getsource(loop).split('"""')[-1].splitlines() if line.strip()]
    assert len(lines) <= 10


@pytest.mark.parametrize("ddof", [0, 1])
def test_the_gaussian_short_cut_is_the_loop_in_law(ddof: int) -> None:
    """The same joint events of two generations, drawn by the loop and at once: exact two-sample test."""
    family, sizes = Gaussian(ddof), [4] * 6
    truth = (np.full(TRIALS, 2.0), np.full(TRIALS, 3.0))
    models = list(loop(family, truth, sizes, Replace(), np.random.default_rng(SEED)))
    run = simulate(family, (2.0, 3.0), n=4, generations=6, trajectories=TRIALS, rng=SEED + 1)
    looped = np.stack([np.stack(model) for model in models], axis=2)  # mean and sd, trajectory, generation
    for mean, sd in ((looped[0], looped[1]), (run.mean, run.sd)):
        assert mean.shape == sd.shape == (TRIALS, 7)
    for event in (
        lambda mean, sd: sd[:, 6] > 1.0,
        lambda mean, sd: mean[:, 6] > 3.0,
        lambda mean, sd: (sd[:, 3] > 2.0) & (sd[:, 6] > sd[:, 3]),
        lambda mean, sd: (mean[:, 1] > 2.5) & (mean[:, 6] < 2.0),
        lambda mean, sd: (mean[:, 2] > mean[:, 1]) & (sd[:, 1] > 3.0),
    ):
        hits = [int(event(looped[0], looped[1]).sum()), int(event(run.mean, run.sd).sum())]
        assert min(hits) > 100
        table = [hits, [TRIALS - hit for hit in hits]]
        assert stats.fisher_exact(table).pvalue > 1e-7


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("n", [3, 10**9])
@pytest.mark.parametrize("regime", [Replace(), Accumulate(), FreshReal(size=0), FixedReal(size=2)], ids=repr)
def test_a_lost_symbol_never_returns_and_an_impossible_one_never_appears(
    regime: Regime, n: int, place: int
) -> None:
    start = np.insert([0.2, 1e-9, 0.3, 0.5 - 1e-9], place, 0.0)
    parameter = run_of("categorical", n, 12, regime, start=start, trajectories=400).parameter
    assert np.all(parameter[..., place] == 0)
    if isinstance(regime, Replace):
        alive = parameter > 0
        assert not np.any(alive[:, 1:] & ~alive[:, :-1])
        assert alive[:, -1].sum() < alive[:, 0].sum()


def test_degenerate_truths_stay_what_they_are() -> None:
    assert np.all(run_of("bernoulli", 5, 3, start=0).parameter == 0)
    assert np.all(run_of("bernoulli", 5, 3, start=1).parameter == 1)
    assert np.all(run_of("poisson", 5, 3, start=0.0).parameter == 0)
    assert np.all(run_of("categorical", 5, 3, start=[0, 1]).parameter == [0, 1])


def test_a_collapsed_gaussian_has_no_nan() -> None:
    for regime in (Replace(), FreshReal(0)):  # at once and in the loop
        run = run_of("gaussian", 2, 2000, trajectories=20, regime=regime)
        assert np.all(np.isfinite(run.mean)) and np.all(run.sd >= 0) and np.all(run.sd[:, -1] == 0)


# -------------------------------------------------------------------------------------- input as people have it


def test_numbers_of_every_make_are_the_same_numbers() -> None:
    usual = run_of("bernoulli", [30, 40], 2, FreshReal(size=300), start=0.25, trajectories=5).parameter
    for whole in (np.int64, np.uint16, np.int32, lambda value: np.array(value, np.int16)):
        regime = FreshReal(size=whole(300))
        assert regime == FreshReal(size=300) and repr(regime) == "FreshReal(size=300)"
        for schedule in ([30, 40], (30, 40), np.array([30, 40], np.uint8), pd.Series([30, 40], index=[7, 8])):
            run = simulate(
                Bernoulli(), np.array(0.25, np.float32), n=schedule, generations=whole(2),
                trajectories=whole(5), regime=regime, rng=whole(SEED),
            )  # fmt: skip
            assert run.n == (30, 40)
            np.testing.assert_array_equal(run.parameter, usual)
    flat = simulate(Bernoulli(), 0.25, n=np.array(30), generations=2, trajectories=5, rng=SEED)
    np.testing.assert_array_equal(flat.parameter, run_of("bernoulli", 30, 2, start=0.25, trajectories=5).parameter)


def test_pools_of_narrow_integers_do_not_wrap_round() -> None:
    for regime in (FreshReal(size=np.int16(30_000)), FixedReal(size=np.int16(30_000))):
        run = run_of("bernoulli", 10_000, 3, regime, trajectories=50)
        assert np.all(np.abs(run.parameter - 0.3) < 0.05)
    for ddof in (np.uint8(1), np.int8(0), np.array(1)):
        assert repr(Gaussian(ddof)) == f"Gaussian(ddof={ddof})"
        assert np.all(np.abs(run_of("gaussian", 1000, 2, trajectories=50, ddof=ddof).sd - 2) < 1)


def test_start_vectors_of_every_make_are_the_same_vector() -> None:
    start = np.array([0.5, 0.125, 0.25, 0.125])
    series = pd.Series(start, index=[9, 3, 3, 1])
    usual = run_of("categorical", 20, 3, start=start, trajectories=5).parameter
    frozen = np.repeat(start, 2)[::2]
    frozen.flags.writeable = False
    fractions = [Fraction(1, 2), Fraction(1, 8), Fraction(1, 4), Fraction(1, 8)]
    narrow = [start.astype(np.float32), start.astype(np.float16)]
    for same in (start.tolist(), tuple(start), series, *narrow, frozen, fractions):
        np.testing.assert_array_equal(run_of("categorical", 20, 3, start=same, trajectories=5).parameter, usual)
    logits = np.random.default_rng(SEED).normal(size=50_000).astype(np.float32)
    softmax = np.exp(logits) / np.exp(logits).sum()
    truth = run_of("categorical", 20, 1, start=softmax, trajectories=1).parameter[0, 0]
    assert abs(truth.sum() - 1) < 1e-12 and abs(softmax.astype(float).sum() - 1) > 1e-12
    np.testing.assert_allclose(truth, softmax, rtol=1e-6)
    refuse("start", family=Categorical(), start=softmax[:-100])


@EACH
def test_nothing_that_is_given_is_changed(name: str) -> None:
    family, start = STARTS[name]
    parts = [np.array(part) for part in (start if family.parts else (start,))]
    before, sizes = copy.deepcopy(parts), np.array([4, 5, 6])
    given = tuple(parts) if family.parts else parts[0]
    run = simulate(family, given, n=sizes, generations=3, trajectories=6, rng=SEED)
    for part in run.parameter if family.parts else (run.parameter,):
        part[:] = 0
    for regime in REGIMES:
        simulate(family, given, n=sizes, generations=3, trajectories=6, regime=regime, rng=SEED)
    assert sizes.tolist() == [4, 5, 6]
    for part, old in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part, old)


def test_threads_simulate_what_they_simulate_alone() -> None:
    def ask(seed: int) -> NDArray[np.float64]:
        name = ("gaussian", "bernoulli", "categorical")[seed % 3]
        return np.array(run_of(name, 9, 20, trajectories=300, seed=seed).parameter)

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(ask, range(24)))
    for seed, answer in enumerate(together):
        np.testing.assert_array_equal(answer, ask(seed))


def test_pools_that_64_bits_cannot_count_are_refused_by_name() -> None:
    most = {"n": 10**9, "generations": 20, "trajectories": 3, "rng": SEED}
    for regime in (Accumulate(), FreshReal(size=10**9), FixedReal(size=10**9)):
        simulate(Poisson(), 1e9, n=10**9, generations=2, trajectories=2, regime=regime, rng=SEED)
    with pytest.raises(ValueError, match="^n must leave from 1 to 4611686018 .*got 5000000000 in generation 5$"):
        simulate(Poisson(), 1e9, regime=Accumulate(), **most)
    run = simulate(Poisson(), 1e9, **most)
    assert np.all(np.abs(run.parameter - 1e9) < 6 * np.sqrt(20))  # each step has variance 1
    total = np.full(3, 2**61)
    with pytest.raises(ValueError, match="^total must .*got 9223372036854775808$"):
        pool = Counts(1, total)
        for _ in range(3):
            pool = pool + Counts(1, total)
    assert Poisson().fit(Counts(1, total)).tolist() == [2.0**61] * 3


# -------------------------------------------------------------------------------------------------- bad input

GOOD: dict[str, Any] = {
    "family": Bernoulli(),
    "start": 0.3,
    "n": 5,
    "generations": 3,
    "trajectories": 2,
    "regime": Replace(),
    "rng": 1,
}


def refuse(name: str, **wrong: Any) -> None:
    """Require an error whose message begins with the name of the argument."""
    arguments = GOOD | wrong
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        simulate(arguments.pop("family"), arguments.pop("start"), **arguments)


NOT_INTEGERS = st.one_of(
    st.floats(), st.text(), st.none(), st.booleans(), st.complex_numbers(), st.integers(max_value=0),
    st.just([]), st.just([1, [2]]), st.lists(st.floats(), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)  # fmt: skip


@given(NOT_INTEGERS)
def test_bad_numbers_are_named(value: Any) -> None:
    for name in ("n", "generations", "trajectories"):
        refuse(name, **{name: value})
        refuse(name, **{name: 10**30})


@given(
    st.one_of(
        st.lists(st.integers(1, 9), max_size=2),
        st.lists(st.integers(1, 9), min_size=4, max_size=9),
        st.lists(st.integers(max_value=0), min_size=3, max_size=3),
        st.lists(st.integers(min_value=10**9 + 1), min_size=3, max_size=3),
        st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=3, max_size=3),
        st.integers(min_value=10**9 + 1),
        st.text(min_size=3, max_size=3),
    )
)
def test_bad_schedules_are_named(value: Any) -> None:
    refuse("n", n=value)


@given(
    st.one_of(st.floats(), st.text(), st.none(), st.booleans(), st.integers(max_value=-1), st.just(np.random))
)
def test_bad_seeds_are_named(value: Any) -> None:
    refuse("rng", rng=value)


@given(
    st.one_of(
        st.floats(max_value=-1e-9), st.floats(min_value=1.000001), st.just(np.nan), st.text(), st.none(),
        st.booleans(), st.lists(st.floats(0, 1), max_size=3),
    )
)  # fmt: skip
def test_bad_starts_are_named(value: Any) -> None:
    refuse("start", start=value)


@pytest.mark.parametrize(
    ("family", "start"),
    [
        (Categorical(), 0.5), (Categorical(), [0.5, 0.6]), (Categorical(), [[0.5, 0.5]]), (Categorical(), []),
        (Poisson(), -1.0), (Poisson(), [1.0]), (Poisson(), 1e10),
        (Gaussian(), 1.0), (Gaussian(), (0.0, 0.0)), (Gaussian(), (0.0, -1.0)), (Gaussian(), (np.nan, 1.0)),
        (Gaussian(), ([0.0], [1.0])), (Gaussian(), (0.0, 1.0, 2.0)), (Gaussian(), None),
        (Gaussian(), (0.0, "1")),
        (MultivariateGaussian(), (0.0, 1.0)), (MultivariateGaussian(), ([0.0], [[-1.0]])),
        (MultivariateGaussian(), ([[0.0]], [[[1.0]]])), (MultivariateGaussian(), ([0.0], [[np.nan]])),
    ],
)  # fmt: skip
def test_bad_starts_of_each_family_are_named(family: Family, start: Any) -> None:
    refuse("start", family=family, start=start)


def test_bad_families_and_regimes_are_named() -> None:
    for value in (None, "Bernoulli", Bernoulli, 0.3, Replace()):
        refuse("family", family=value)
    for value in (None, "Replace", Replace, 3, Bernoulli()):
        refuse("regime", regime=value)


@given(
    st.one_of(
        st.floats(), st.text(), st.none(), st.booleans(), st.integers(max_value=-1), st.integers(10**9 + 1)
    )
)
def test_bad_numbers_of_real_samples_are_named(value: Any) -> None:
    for regime in (FreshReal, FixedReal):
        with pytest.raises((TypeError, ValueError), match="^size must "):
            regime(size=value)


@pytest.mark.parametrize(
    ("family", "n", "regime"),
    [
        (Gaussian(), 1, Replace()),
        (Gaussian(), [5, 1, 5], Replace()),
        (Gaussian(), [1, 5, 5], Accumulate()),
        (Gaussian(ddof=0), [5, 0, 5], Replace()),
        (Gaussian(), [0, 5, 5], FixedReal(size=1)),
        (Gaussian(), [5, 5, 0], FreshReal(size=1)),
    ],
)
def test_too_few_samples_for_a_fit_are_named(family: Family, n: Any, regime: Regime) -> None:
    refuse("n", family=family, start=(0.0, 1.0), n=n, regime=regime)


def test_the_seed_is_required_and_keywords_are_keywords() -> None:
    with pytest.raises(TypeError, match="rng"):
        simulate(Bernoulli(), 0.3, n=5, generations=3, trajectories=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        simulate(Bernoulli(), 0.3, 5, 3, 2, 1)  # type: ignore[misc]
