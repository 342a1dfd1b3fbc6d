"""Families: statistics have the law of real samples and add, fits are the textbook's, bad input fails.

Bands: a p-value of 1e-6 (exact binomial, Kolmogorov-Smirnov) or five standard errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import special, stats

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


# ----------------------------------------------------------------------------------------- sums of statistics


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


ONES, SQUARE = np.ones(2), np.array([np.eye(2)] * 2)
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
