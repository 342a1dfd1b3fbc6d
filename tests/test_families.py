"""Families: statistics have the law of real samples and add, fits are the textbook's, bad input fails.

Bands: a p-value of 1e-6 (exact binomial, Kolmogorov-Smirnov) or five standard errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import special, stats

from collapse_lib import _draws
from collapse_lib.families import (
    Bernoulli,
    Categorical,
    Counts,
    Family,
    Gaussian,
    Moments,
    MultivariateGaussian,
    Poisson,
    VectorMoments,
)

SEED = 1
TRIALS = 20_000
COVARIANCE = np.array([[2.0, -1.2, 0.3], [-1.2, 1.0, 0.1], [0.3, 0.1, 0.5]])
VECTOR = np.array([1.0, -2.0, 0.5])

# a family, a parameter of one trajectory, and the samples that a reader would draw: shape (trials, size[, d])
FAMILIES: dict[str, tuple[Family, Any, Callable[..., Any]]] = {
    "bernoulli": (Bernoulli(), 0.3, lambda rng, shape: rng.random(shape) < 0.3),
    "categorical": (
        Categorical(),
        [0.2, 0.3, 0.5],
        lambda rng, shape: np.eye(3, dtype=int)[rng.choice(3, shape, p=[0.2, 0.3, 0.5])],
    ),
    "poisson": (Poisson(), 0.7, lambda rng, shape: rng.poisson(0.7, shape)),
    "gaussian": (Gaussian(), (1.0, 2.0), lambda rng, shape: rng.normal(1.0, 2.0, shape)),
    "vectors": (
        MultivariateGaussian(),
        (VECTOR, COVARIANCE),
        lambda rng, shape: rng.multivariate_normal(VECTOR, COVARIANCE, shape),
    ),
}
EACH = pytest.mark.parametrize("name", FAMILIES)
ONES, SQUARE = np.ones(2), np.array([np.eye(2)] * 2)


def repeat(parameter: Any, trials: int) -> Any:
    """The parameter of one trajectory, once for each of `trials` trajectories."""
    if isinstance(parameter, tuple):
        return tuple(repeat(part, trials) for part in parameter)
    return np.broadcast_to(parameter, (trials, *np.shape(parameter)))


def summary(family: Family, samples: NDArray[Any]) -> Any:
    """The statistic of samples in hand, shape (trials, size[, d]), computed as its definition says."""
    size = samples.shape[1]
    if not family.parts:
        return Counts(size, samples.sum(axis=1))
    mean = samples.mean(axis=1)
    deviation = samples - mean[:, None]
    if isinstance(family, Gaussian):
        return Moments(size, mean, (deviation**2).sum(axis=1))
    return VectorMoments(size, mean, np.einsum("tni,tnj->tij", deviation, deviation))


def columns(parameter: Any) -> list[NDArray[np.float64]]:
    """Every coordinate of a fitted parameter as a one-dimensional array over the trajectories."""
    parts = parameter if isinstance(parameter, tuple) else (parameter,)
    return [column for part in parts for column in part.reshape(part.shape[0], -1).T]


def assert_frequencies(outcomes: NDArray[np.int64], law: dict[Any, float]) -> None:
    """Every outcome occurs as often as its probability says (exact binomial test)."""
    assert sum(law.values()) > 0.999
    for outcome, probability in law.items():
        hits = int(np.sum(np.all(outcomes == np.array(outcome), axis=-1)))
        assert stats.binomtest(hits, len(outcomes), probability).pvalue > 1e-6 / len(law), (outcome, hits)


def assert_law(samples: NDArray[np.float64], law: Any) -> None:
    """The samples follow the continuous law (Kolmogorov-Smirnov test)."""
    assert stats.kstest(samples, law.cdf).pvalue > 1e-6


def assert_mean(samples: NDArray[np.float64], expected: float) -> None:
    """The mean of the samples is within five standard errors."""
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    assert abs(samples.mean() - expected) < 5 * error, (samples.mean(), expected, error)


# ------------------------------------------------------------------------------------------ laws of the draws


def test_bernoulli_total_is_binomial() -> None:
    total = Bernoulli().draw(np.full(TRIALS, 0.3), size=5, rng=SEED).total
    assert_frequencies(total[:, None], {(j,): stats.binom.pmf(j, 5, 0.3) for j in range(6)})


def test_poisson_total_is_poisson() -> None:
    total = Poisson().draw(np.full(TRIALS, 0.4), size=5, rng=SEED).total
    assert_frequencies(total[:, None], {(j,): stats.poisson.pmf(j, 2.0) for j in range(9)})


def test_categorical_total_is_multinomial() -> None:
    p = np.array([0.2, 0.3, 0.5])
    total = Categorical().draw(np.tile(p, (TRIALS, 1)), size=3, rng=SEED).total
    outcomes = [c for c in product(range(4), repeat=3) if sum(c) == 3]
    assert_frequencies(total, {c: float(stats.multinomial.pmf(c, 3, p)) for c in outcomes})


@pytest.mark.parametrize("size", [2, 10, 1000])
def test_gaussian_mean_is_normal_and_scatter_chi_square(size: int) -> None:
    statistic = Gaussian().draw((np.full(TRIALS, 3.0), np.full(TRIALS, 2.0)), size=size, rng=SEED)
    assert_law(statistic.mean, stats.norm(3.0, 2.0 / np.sqrt(size)))
    assert_law(statistic.scatter / 4.0, stats.chi2(size - 1))
    standard = stats.zscore(statistic.mean)
    assert_mean(standard * stats.zscore(statistic.scatter), 0.0)
    assert_mean(standard**2 * stats.zscore(statistic.scatter), 0.0)


@pytest.mark.parametrize("size", [2, 3, 4, 12])
def test_vectors_have_a_normal_mean_and_a_wishart_scatter(size: int) -> None:
    statistic = MultivariateGaussian().draw(repeat((VECTOR, COVARIANCE), TRIALS), size=size, rng=SEED)
    gap = statistic.mean - VECTOR
    assert_law(size * np.einsum("ti,ij,tj->t", gap, np.linalg.inv(COVARIANCE), gap), stats.chi2(3))
    for direction in (*np.eye(3), np.array([1.0, 1.0, 1.0]), np.array([2.0, -1.0, 0.5])):
        variance = direction @ COVARIANCE @ direction
        assert_law(gap @ direction, stats.norm(0.0, np.sqrt(variance / size)))
        assert_law(statistic.scatter @ direction @ direction / variance, stats.chi2(size - 1))
        assert_mean((gap @ direction) ** 2 * stats.zscore(statistic.scatter @ direction @ direction), 0.0)
    if size > 3:
        ratio = np.linalg.slogdet(statistic.scatter)[1] - np.linalg.slogdet(COVARIANCE)[1]
        assert_mean(ratio, sum(special.digamma((size - 1 - i) / 2) + np.log(2) for i in range(3)))
    else:
        eigenvalues = np.linalg.eigvalsh(statistic.scatter[:200])
        assert np.all(np.sum(eigenvalues > 1e-12 * eigenvalues[:, -1:], axis=1) == size - 1)


@EACH
@pytest.mark.parametrize("size", [2, 7])
def test_draw_and_fit_agree_with_samples_drawn_and_fitted(name: str, size: int) -> None:
    family, parameter, sampler = FAMILIES[name]
    rng = np.random.default_rng(SEED)
    fast = family.fit(family.draw(repeat(parameter, TRIALS), size=size, rng=rng))
    slow = family.fit(summary(family, sampler(rng, (TRIALS, size))))
    for left, right in zip(columns(fast), columns(slow), strict=True):
        assert stats.ks_2samp(left, right, method="asymp").pvalue > 1e-6
        error = np.sqrt((left.var() + right.var()) / TRIALS)
        assert abs(left.mean() - right.mean()) <= 5 * error


def test_each_trajectory_is_drawn_from_its_own_model() -> None:
    p = np.repeat([0.1, 0.9], TRIALS)
    fitted = Bernoulli().fit(Bernoulli().draw(p, size=9, rng=SEED))
    assert_mean(fitted[:TRIALS], 0.1)
    assert_mean(fitted[TRIALS:], 0.9)
    mean, sd = Gaussian().fit(Gaussian().draw((10 * p, p), size=9, rng=SEED))
    for half, value in ((slice(None, TRIALS), 0.1), (slice(TRIALS, None), 0.9)):
        assert_mean(mean[half], 10 * value)
        assert_mean(sd[half] ** 2, value**2)


def test_each_trajectory_may_have_its_own_sample_size() -> None:
    sizes = np.repeat([2, 20], TRIALS)
    for name, (family, parameter, _) in FAMILIES.items():
        statistic = family.draw(repeat(parameter, 2 * TRIALS), size=sizes, rng=SEED)
        for column in columns(family.fit(statistic)):
            assert column[TRIALS:].var() < column[:TRIALS].var() / 5, name
    scatter = Gaussian().draw((np.zeros(2 * TRIALS), np.ones(2 * TRIALS)), size=sizes, rng=SEED).scatter
    assert_law(scatter[:TRIALS], stats.chi2(1))
    assert_law(scatter[TRIALS:], stats.chi2(19))


@EACH
@pytest.mark.parametrize("lead", [(), (4,), (2, 3)])
def test_shapes(name: str, lead: tuple[int, ...]) -> None:
    family, one, _ = FAMILIES[name]
    pair = isinstance(one, tuple)
    parts = [np.broadcast_to(part, lead + np.shape(part)) for part in (one if pair else (one,))]
    parameter = tuple(parts) if pair else parts[0]
    for size in (5, np.full(lead, 5)):
        fitted = family.fit(family.draw(parameter, size=size, rng=SEED))
        for before, after in zip(parts, fitted if pair else (fitted,), strict=True):
            assert np.shape(after) == before.shape
        family.draw(fitted, size=5, rng=SEED)  # what is fitted can be drawn from


@EACH
def test_a_draw_costs_the_same_for_a_thousand_million_samples(name: str) -> None:
    family, one, _ = FAMILIES[name]
    fitted = columns(family.fit(family.draw(repeat(one, 1), size=10**9, rng=SEED)))
    for column, truth in zip(fitted, columns(repeat(one, 1)), strict=True):
        assert abs(column[0] - truth[0]) < 1e-3


@EACH
def test_draws_come_from_the_generator_that_is_given(name: str) -> None:
    family, one, _ = FAMILIES[name]
    model = repeat(one, 3)
    rng = np.random.default_rng(SEED)
    legacy = np.random.get_state()[1].copy()
    first, second = (columns(family.fit(family.draw(model, size=9, rng=rng))) for _ in range(2))
    again = columns(family.fit(family.draw(model, size=9, rng=SEED)))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)


# ------------------------------------------------------------------------ lost symbols, and the largest draws

HUGE_N = 10**9
SEEDS = range(10)


@given(
    st.lists(st.sampled_from([0.0, 0.0, 5e-324, 1e-300, 1e-17, 1e-12, 1e-3, 0.1, 0.3, 1.0]), min_size=1, max_size=40)
    .filter(any),
    st.sampled_from([0, 1, 7, 1000, HUGE_N]),
    st.integers(0, 2**32),
)
def test_a_symbol_of_probability_zero_never_comes_up(weights: list[float], size: int, seed: int) -> None:
    """Nor, in generations to come, one that is lost; the trajectories differ in what they have lost."""
    rng = np.random.default_rng(seed)
    model = np.array([rng.permutation(weights) for _ in range(5)]) / sum(weights)
    for n in (size, HUGE_N, HUGE_N):
        total = Categorical().draw(model, size=n, rng=rng).total
        assert np.all(total[model == 0] == 0) and np.all(total >= 0) and np.all(total.sum(axis=-1) == n)
        if n > 0:
            model = Categorical().fit(Counts(n, total))


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("missing", [1e-9, -1e-9])
def test_what_rounding_leaves_over_goes_to_a_living_symbol(place: int, missing: float) -> None:
    """Sums of 1 -+ 1e-9, ten million times the rounding error, so that it shows in a thousand draws."""
    p = np.insert(np.array([0.2, 0.3 - missing, 0.5]), place, 0.0)
    total = _draws.multinomial(HUGE_N, np.tile(p, (1000, 1)), np.random.default_rng(SEED))
    assert np.all(total[:, place] == 0) and np.all(total.sum(axis=1) == HUGE_N)


@pytest.mark.parametrize("p", [0, 1, 5e-324, 1e-300, 1 - 2.0**-53])
def test_a_word_that_is_lost_or_alone_stays_so(p: float) -> None:
    total = Bernoulli().draw(np.full(1000, p), size=HUGE_N, rng=SEED).total
    assert np.all(total == (0 if p < 0.5 else HUGE_N)) if p in (0, 1) else np.ptp(total) < 10
    assert np.all(Poisson().draw(np.zeros(1000), size=HUGE_N, rng=SEED).total == 0)


def assert_spread(standard: NDArray[np.float64]) -> None:
    """Nearly normal variables have mean 0, variance 1 and the normal tails: exact tests, error 1e-6 together."""
    trials = standard.size
    assert 2 * stats.norm.sf(abs(standard.sum()) / np.sqrt(trials)) > 2.5e-7
    square = stats.chi2(trials).cdf((standard**2).sum())
    assert 1.25e-7 < square < 1 - 1.25e-7, (standard**2).mean()
    for tail in (standard > 2.5, standard < -2.5):
        assert stats.binomtest(int(tail.sum()), trials, stats.norm.sf(2.5)).pvalue > 2.5e-7


@pytest.mark.parametrize("rate", [1e-1, 1.0, 1e3, 1e6, 1e7, 1e8, 1e9])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_largest_poisson_totals_have_their_law(rate: float, seed: int) -> None:
    mean = HUGE_N * rate
    total = Poisson().draw(np.full(TRIALS, rate), size=HUGE_N, rng=seed).total
    assert_spread((total - int(mean)) / np.sqrt(mean))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_poisson_totals_drawn_by_rejection_are_poisson(seed: int) -> None:
    """Just above the mean from which numpy is not asked, and with a fraction, against the exact law."""
    mean = _draws.LARGE + 0.75
    drawn = _draws.poisson(np.full(10 * TRIALS, mean), np.random.default_rng(seed))
    levels = stats.poisson.ppf([1e-4, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 0.9999], mean)
    for level in levels:
        share = stats.poisson.cdf(level, mean)
        assert stats.binomtest(int((drawn <= level).sum()), drawn.size, share).pvalue > 1e-6 / 11
    parity = int((drawn % 2).sum())
    assert stats.binomtest(parity, drawn.size, 0.5).pvalue > 1e-6


@pytest.mark.parametrize("means", [[3.0, 1e17, 0.0, 2e8], [[1e9], [1e-9]], 1e12])
def test_small_and_large_poisson_means_side_by_side(means: Any) -> None:
    means = np.asarray(means)
    drawn = _draws.poisson(means, np.random.default_rng(SEED))
    assert np.shape(drawn) == means.shape and drawn.dtype == np.int64
    assert np.all(np.abs(drawn - means) <= 7 * np.sqrt(means) + 20 * (means > 0))
    with pytest.raises(ValueError, match="^size times lambda must be at most "):
        _draws.poisson(np.array([1.0, 2.0**63]), np.random.default_rng(SEED))


@pytest.mark.parametrize("p", [1e-6, 0.001, 0.3, 0.5, 0.9, 1 - 1e-6])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_largest_binomial_totals_have_their_law(p: float, seed: int) -> None:
    total = Bernoulli().draw(np.full(TRIALS, p), size=HUGE_N, rng=seed).total
    if 1e-3 <= p <= 0.999:
        assert_spread((total - HUGE_N * p) / np.sqrt(HUGE_N * p * (1 - p)))
    rare = total if p < 0.5 else HUGE_N - total
    law = stats.binom(HUGE_N, min(p, 1 - p))
    for level in law.ppf([1e-3, 0.02, 0.2, 0.5, 0.8, 0.98, 0.999]):
        assert stats.binomtest(int((rare <= level).sum()), TRIALS, law.cdf(level)).pvalue > 1e-7


@pytest.mark.parametrize("seed", SEEDS)
def test_the_largest_multinomial_totals_have_their_law(seed: int) -> None:
    p = np.array([0.05, 0.0, 0.6, 0.35, 0.0])
    total = Categorical().draw(np.tile(p, (TRIALS, 1)), size=HUGE_N, rng=seed).total
    for some in ([0], [2], [3], [0, 3]):
        share = p[some].sum()
        assert_spread((total[:, some].sum(axis=1) - HUGE_N * share) / np.sqrt(HUGE_N * share * (1 - share)))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_largest_gaussian_statistics_have_their_law(seed: int) -> None:
    freedom = HUGE_N - 1
    statistic = Gaussian().draw((np.full(TRIALS, 5.0), np.full(TRIALS, 3.0)), size=HUGE_N, rng=seed)
    assert_spread((statistic.mean - 5.0) / 3.0 * np.sqrt(HUGE_N))
    assert_spread((statistic.scatter / 9.0 - freedom) / np.sqrt(2 * freedom))
    model = repeat((np.zeros(2), np.array([[1.0, 0.6], [0.6, 1.0]])), TRIALS)
    scatter = MultivariateGaussian().draw(model, size=HUGE_N, rng=seed).scatter
    assert_spread((scatter[:, 0, 0] - freedom) / np.sqrt(2 * freedom))
    assert_spread((scatter[:, 0, 1] - 0.6 * freedom) / np.sqrt((1 + 0.36) * freedom))


@EACH
def test_the_largest_parameters_can_be_drawn_and_fitted(name: str) -> None:
    family, largest = {
        "bernoulli": (Bernoulli(), 1.0),
        "categorical": (Categorical(), [0.0, 1.0]),
        "poisson": (Poisson(), 1e9),
        "gaussian": (Gaussian(), (-1e140, 1e140)),
        "vectors": (MultivariateGaussian(), (np.full(2, 1e140), 1e140 * np.eye(2))),
    }[name]
    with np.errstate(over="raise", invalid="raise"):
        statistic = family.draw(repeat(largest, 3), size=HUGE_N, rng=SEED)
        fitted, truth = np.array(columns(family.fit(statistic))), np.array(columns(repeat(largest, 3)))
    np.testing.assert_allclose(fitted, truth, rtol=0, atol=1e-3 * np.abs(truth).max())


# ----------------------------------------------------------------------------------------- sums of statistics


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_counts_of_narrow_integers_add_in_64_bits(dtype: Any) -> None:
    most = int(min(np.iinfo(dtype).max, 2**61))
    for size in (dtype(most), np.full(2, most, dtype)):
        both = Counts(size, np.full(2, most, dtype)) + Counts(size, np.full(2, most, dtype))
        assert np.all(both.size == 2 * most) and both.total.tolist() == [2 * most] * 2
        assert Bernoulli().fit(both).tolist() == [1.0, 1.0]
        mean, sd = Gaussian(0).fit(Moments(size, ONES, ONES) + Moments(size, ONES, ONES))
        np.testing.assert_allclose(sd, np.sqrt(1 / most), rtol=1e-12)
        vectors = VectorMoments(size, SQUARE[0], SQUARE)
        mean, _ = MultivariateGaussian(0).fit(vectors + vectors)
        np.testing.assert_array_equal(mean, SQUARE[0])


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_counts_that_64_bits_cannot_hold_are_refused_by_name(dtype: Any) -> None:
    big = np.array([5, 2**62], dtype)
    with pytest.raises(ValueError, match="^total must .* 2\\*\\*63 - 1 .*got 9223372036854775808$"):
        Counts(3, big) + Counts(3, big)
    with pytest.raises(ValueError, match="^size must .*got 9223372036854775808$"):
        Moments(big, ONES, ONES) + Moments(big, ONES, ONES)
    with pytest.raises(ValueError, match="^total must .*got 9223372036854775808$"):
        Counts(3, np.array([2**63], np.uint64)) + Counts(3, np.array([1], np.uint64))
    for wrong in (Counts(3, [1.5]), Counts(3, ["a"]), Counts(None, [1]), Counts(3, [-1])):
        with pytest.raises((TypeError, ValueError), match="^(size|total) must "):
            wrong + Counts(3, [1])
    with pytest.raises(ValueError, match="^statistic.total must sum"):
        Categorical().fit(Counts(2**62, [2**62] * 5))  # the sum is 2**62 again, in 64 bits


def test_statistics_of_series_add_by_place_and_not_by_index() -> None:
    left, right = pd.Series([1, 2], index=[7, 8]), pd.Series([3, 4])
    assert (Counts(9, left) + Counts(9, right)).total.tolist() == [4, 6]
    assert (Moments(9, left, left) + Moments(9, right, right)).mean.tolist() == [2.0, 3.0]
    assert Bernoulli().fit(Counts(9, left)).tolist() == [1 / 9, 2 / 9]


@given(
    arrays(np.float64, (2, 3), elements=st.floats(-3, 3)),
    arrays(np.float64, (2, 5), elements=st.floats(-3, 3)),
    st.sampled_from([0.0, 1.0, -1e6]),
    st.sampled_from([1.0, 1e-3, 1e8]),
)
def test_moments_add_to_the_moments_of_all_samples(
    left: NDArray[np.float64], right: NDArray[np.float64], centre: float, scale: float
) -> None:
    family = Gaussian()
    left, right = centre + scale * left, centre + scale * right
    both, direct = summary(family, left) + summary(family, right), summary(family, np.hstack([left, right]))
    assert both.size == direct.size == 8
    rounding = 1e-15 * (abs(centre) + scale)
    np.testing.assert_allclose(both.mean, direct.mean, rtol=1e-14, atol=10 * rounding)
    np.testing.assert_allclose(both.scatter, direct.scatter, rtol=1e-12, atol=1000 * scale * rounding)


@given(
    arrays(np.float64, (2, 3, 2), elements=st.floats(-3, 3)),
    arrays(np.float64, (2, 5, 2), elements=st.floats(-3, 3)),
)
def test_vector_moments_add_to_the_moments_of_all_samples(
    left: NDArray[np.float64], right: NDArray[np.float64]
) -> None:
    family = MultivariateGaussian()
    both = summary(family, left) + summary(family, right)
    direct = summary(family, np.concatenate([left, right], axis=1))
    assert both.size == direct.size == 8
    np.testing.assert_allclose(both.mean, direct.mean, rtol=0, atol=1e-13)
    np.testing.assert_allclose(both.scatter, direct.scatter, rtol=0, atol=1e-12)


def test_moments_add_where_sums_of_squares_would_lose_every_digit() -> None:
    samples = 1e6 + 1e-3 * np.random.default_rng(SEED).standard_normal((1, 12))
    left, right = samples[:, :4], samples[:, 4:]
    both, direct = (summary(Gaussian(), left) + summary(Gaussian(), right)), summary(Gaussian(), samples)
    np.testing.assert_allclose(both.scatter, direct.scatter, rtol=1e-6)
    from_squares = np.sum(samples**2) - np.sum(samples) ** 2 / 12
    assert abs(from_squares / direct.scatter[0] - 1) > 0.5


@EACH
def test_sums_are_commutative_associative_and_of_one_kind(name: str) -> None:
    family, one, _ = FAMILIES[name]
    rng = np.random.default_rng(SEED)
    a, b, c = (family.draw(repeat(one, 4), size=size, rng=rng) for size in (3, np.array([1, 5, 0, 9]), 20))
    reference = columns(family.fit((a + b) + c))
    np.testing.assert_array_equal((a + b + c).size, [24, 28, 23, 32])
    np.testing.assert_allclose(columns(family.fit(c + (b + a))), reference, rtol=1e-12, atol=1e-14)
    with pytest.raises(TypeError):
        a + 1
    with pytest.raises(TypeError):
        a + (Counts(3, np.ones(4, int)) if family.parts else Moments(3, np.zeros(4), np.ones(4)))


@EACH
def test_a_sample_of_size_zero_changes_nothing(name: str) -> None:
    family, one, _ = FAMILIES[name]
    rng = np.random.default_rng(SEED)
    statistic = family.draw(repeat(one, 4), size=3, rng=rng)
    for empty in (
        family.draw(repeat(one, 4), size=0, rng=rng),
        family.draw(repeat(one, 4), size=np.zeros(4, int), rng=rng),
    ):
        expected = columns(family.fit(statistic))
        np.testing.assert_array_equal(columns(family.fit(statistic + empty)), expected)
        np.testing.assert_allclose(columns(family.fit(empty + statistic)), expected, rtol=1e-14)


# ------------------------------------------------------------------------------------------------------- fits


def test_fits_are_the_textbook_estimates() -> None:
    rng = np.random.default_rng(SEED)
    x = rng.normal(3.0, 2.0, (4, 9))
    vectors = rng.normal(3.0, 2.0, (4, 9, 2))
    for ddof in (0, 1):
        mean, sd = Gaussian(ddof=ddof).fit(summary(Gaussian(), x))
        np.testing.assert_allclose(mean, x.mean(axis=1), rtol=1e-14)
        np.testing.assert_allclose(sd, x.std(axis=1, ddof=ddof), rtol=1e-14)
        mean, covariance = MultivariateGaussian(ddof=ddof).fit(summary(MultivariateGaussian(), vectors))
        np.testing.assert_allclose(mean, vectors.mean(axis=1), rtol=1e-14)
        np.testing.assert_allclose(covariance, [np.cov(v.T, ddof=ddof) for v in vectors], rtol=1e-12)
    assert Bernoulli().fit(Counts(4, np.array([1, 4]))).tolist() == [0.25, 1.0]
    assert Poisson().fit(Counts(4, np.array([1, 40]))).tolist() == [0.25, 10.0]
    assert Categorical().fit(Counts(4, np.array([[1, 3], [4, 0]]))).tolist() == [[0.25, 0.75], [1.0, 0.0]]
    assert Categorical().fit(Counts(np.array([4, 2]), np.array([[1, 3], [2, 0]]))).tolist() == [
        [0.25, 0.75],
        [1.0, 0.0],
    ]


def test_one_dimension_is_the_gaussian() -> None:
    vectors = MultivariateGaussian().draw(
        (np.zeros((TRIALS, 1)), np.full((TRIALS, 1, 1), 4.0)), size=6, rng=SEED
    )
    assert_law(vectors.mean[:, 0], stats.norm(0.0, 2.0 / np.sqrt(6)))
    assert_law(vectors.scatter[:, 0, 0] / 4.0, stats.chi2(5))


@pytest.mark.parametrize("ddof", [0, 1])
def test_a_standard_deviation_that_underflows_stays_zero(ddof: int) -> None:
    rng = np.random.default_rng(SEED)
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        for sd in (1e-155, 1e-170, 5e-324, 0.0):
            model = (np.full(3, 7.0), np.full(3, sd))
            for _ in range(5):
                model = Gaussian(ddof=ddof).fit(Gaussian(ddof=ddof).draw(model, size=2, rng=rng))
            assert np.all(model[0] == 7.0) and np.all(model[1] <= 1e-150)
            if sd < 1e-165:
                assert np.all(model[1] == 0.0)
        model = (np.ones((3, 2)), np.zeros((3, 2, 2)))
        model = MultivariateGaussian(ddof=ddof).fit(
            MultivariateGaussian(ddof=ddof).draw(model, size=2, rng=rng)
        )
        assert np.all(model[0] == 1.0) and np.all(model[1] == 0.0)


# -------------------------------------------------------------------------------------------------- bad input

NUMBERS_ONLY: list[Any] = [
    None,
    "a",
    1j,
    True,
    [[1.0], [2.0, 3.0]],
    [],
    [None],
    np.nan,
    [0.5, np.nan],
    np.inf,
]
BAD: dict[str, list[Any]] = {
    "bernoulli": [*NUMBERS_ONLY, -0.1, 1.1, [0.5, 2.0]],
    "categorical": [*NUMBERS_ONLY, 1.0, [0.5, 0.6], [-0.5, 1.5], [[0.5, 0.5], [0.5, 0.4]]],
    "poisson": [*NUMBERS_ONLY, -0.1, 1.1e9],
    "gaussian": [
        *NUMBERS_ONLY, 1.0, (1.0,), (0.0, 1.0, 2.0), "ab", np.array([0.0, 1.0]), (0.0, -1.0), (np.nan, 1.0),
        (0.0, np.inf), (1e151, 1.0), (0.0, 1e151), ([0.0, 1.0], 1.0), ("a", 1.0), (0.0, None),
    ],
    "vectors": [
        *NUMBERS_ONLY, (0.0, 1.0), ([0.0], [1.0]), ([0.0], np.eye(2)), ([0.0, 0.0], [[1.0, 0.0], [0.5, 1.0]]),
        ([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]]), ([0.0, np.nan], np.eye(2)), ([0.0], [[np.inf]]),
        ([0.0], [[-1.0]]), ([0.0], [["a"]]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in BAD for value in BAD[name]])
def test_bad_parameters_are_named(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="^parameter "):
        FAMILIES[name][0].draw(value, size=3, rng=SEED)


BAD_INTEGERS = st.one_of(
    st.floats(), st.text(), st.none(), st.booleans(), st.integers(max_value=-1), st.integers(10**9 + 1),
    st.lists(st.integers(0, 5), min_size=2, max_size=3), st.just([]), st.just([1, [2]]), st.complex_numbers(),
)  # fmt: skip
BAD_SEEDS = st.one_of(
    st.floats(), st.text(), st.none(), st.booleans(), st.integers(max_value=-1), st.lists(st.integers()),
    st.just(np.random), st.just(np.random.RandomState(1)),
)  # fmt: skip


@EACH
@given(size=BAD_INTEGERS, seed=BAD_SEEDS)
def test_bad_sizes_and_seeds_are_named(name: str, size: Any, seed: Any) -> None:
    family, one, _ = FAMILIES[name]
    with pytest.raises((TypeError, ValueError), match="^size must "):
        family.draw(one, size=size, rng=SEED)
    with pytest.raises((TypeError, ValueError), match="^rng must "):
        family.draw(one, size=3, rng=seed)


@given(
    st.one_of(
        st.integers(max_value=-1), st.integers(min_value=2), st.floats(), st.none(), st.booleans(), st.text()
    )
)
def test_bad_divisors_are_named(ddof: Any) -> None:
    for family in (Gaussian, MultivariateGaussian):
        with pytest.raises((TypeError, ValueError), match="^ddof must "):
            family(ddof=ddof)


BAD_STATISTICS: dict[str, list[Any]] = {
    "bernoulli": [None, 3, (3, 1), Moments(3, ONES, ONES), Counts(0, 0), Counts(3, -1), Counts(3, 4),
                  Counts(3, 1.0), Counts(3.0, 1), Counts(None, 1), Counts(3, np.nan),
                  Counts([3, 3], [1, 1, 1]), Counts(3, [])],
    "categorical": [None, [3], Moments(3, ONES, ONES), Counts(3, [1, 1]), Counts(3, 3), Counts(0, [0, 0]),
                    Counts(3, [4, -1]), Counts([3, 3], [1, 2]), Counts(3, [1.5, 1.5])],
    "poisson": [None, 3, Counts(0, 0), Counts(3, -1), Counts(3, 0.5), Counts([1, 1], 1)],
    "gaussian": [None, (3, 0.0, 1.0), Counts(3, 1), VectorMoments(3, ONES, SQUARE), Moments(1, 0.0, 1.0),
                 Moments(3, np.nan, 1.0), Moments(3, 0.0, -1.0), Moments(3, ONES, 1.0),
                 Moments([3], 0.0, 1.0), Moments(3, "a", 1.0), Moments(3.0, 0.0, 1.0),
                 Moments(3, 0.0, np.inf)],
    "vectors": [None, Moments(3, 0.0, 1.0), VectorMoments(1, ONES, SQUARE[0]), VectorMoments(3, ONES, SQUARE),
                VectorMoments(3, ONES, -SQUARE[0]), VectorMoments([3, 3, 3], np.ones((2, 2)), SQUARE),
                VectorMoments(3, ONES, [[1.0, 2.0], [0.0, 1.0]]), VectorMoments(3, ONES, SQUARE[0] * np.nan)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in BAD for value in BAD_STATISTICS[name]])
def test_bad_statistics_are_named(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="^statistic"):
        FAMILIES[name][0].fit(value)


def test_families_and_statistics_are_values() -> None:
    assert Gaussian() == Gaussian(ddof=1) != Gaussian(ddof=0)
    assert repr(Gaussian(ddof=0)) == "Gaussian(ddof=0)"
    assert [family.minimum for family in (Bernoulli(), Gaussian(), Gaussian(ddof=0))] == [1, 2, 1]
    with pytest.raises(AttributeError):
        Gaussian().ddof = 0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Counts(3, 1).size = 4  # type: ignore[misc]
