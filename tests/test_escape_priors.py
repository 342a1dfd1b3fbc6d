"""A prior in the loop, and one record: against transition matrices and exact fractions."""

from fractions import Fraction
from math import comb, prod

import numpy as np
import pytest
from scipy import integrate, stats

from collapse_lib import escape, forgetting

CASES = [(1, 1.0, 0.4), (6, 0.5, 0.2), (12, 3.0, 0.5), (25, 40.0, 0.1)]


def law_matrix(n, a, c, update):
    """Transition matrix of the number of copies of a word among n samples."""
    x = np.arange(n + 1)
    if update == "sample":
        return np.array([stats.betabinom.pmf(x, n, a * c + i, a * (1 - c) + n - i) for i in x])
    return np.array([stats.binom.pmf(x, n, (a * c + i) / (n + a)) for i in x])


def moments_of_model(counts, n, a, c, update):
    """Mean and variance of the model whose counts have this law."""
    x = np.arange(n + 1)
    fit = (a * c + x) / (n + a)
    mean = counts @ fit
    extra = counts @ (fit * (1 - fit)) / (n + a + 1) if update == "sample" else 0.0
    return mean, counts @ (fit - mean) ** 2 + extra


@pytest.mark.parametrize("update", ["sample", "mean"])
@pytest.mark.parametrize(("n", "a", "c"), CASES)
@pytest.mark.parametrize("p", [0.0, 0.15, 0.9, 1.0])
def test_moments_are_the_matrix(n, a, c, p, update):
    matrix, counts = law_matrix(n, a, c, update), stats.binom.pmf(np.arange(n + 1), n, p)
    setting = {"n": n, "pseudo": a, "centre": c, "update": update}
    for k in range(1, 30):
        mean, variance = moments_of_model(counts, n, a, c, update)
        got = escape.prior_moments(p, k=k, **setting)
        assert got == pytest.approx((mean, variance), rel=1e-11, abs=1e-16)
        assert escape.prior_error(p, k=k, **setting) == pytest.approx(variance + (mean - p) ** 2, rel=1e-10, abs=1e-16)
        if 0 < p < 1:
            left = (mean * (1 - mean) - variance) / (p * (1 - p))
            assert escape.prior_diversity(p, k=k, **setting) == pytest.approx(left, rel=1e-11)
        assert escape.prior_memory(n=n, pseudo=a, k=k) == pytest.approx((n / (n + a)) ** k, rel=1e-13)
        assert mean - c == pytest.approx((p - c) * (n / (n + a)) ** k, abs=1e-14)
        counts = counts @ matrix
    limit = np.linalg.matrix_power(matrix, 2**14)[0]
    assert escape.prior_moments(p, **setting) == pytest.approx(
        moments_of_model(limit, n, a, c, update), rel=1e-9
    )
    assert escape.prior_error(p, **setting) == pytest.approx(
        (p - c) ** 2 + escape.prior_moments(p, **setting)[1], rel=1e-14
    )
    assert escape.prior_absence(**setting) == pytest.approx(limit[0], rel=1e-9)


def test_moments_in_fractions():
    """Three generations of n = 2 in exact numbers, the mean of the posterior."""
    n, a, c, p = 2, Fraction(3, 2), Fraction(1, 3), Fraction(7, 8)
    law = {p: Fraction(1)}
    for k in range(1, 4):
        new: dict[Fraction, Fraction] = {}
        for y, weight in law.items():
            for i in range(n + 1):
                z = (a * c + i) / (n + a)
                new[z] = new.get(z, Fraction(0)) + weight * comb(n, i) * y**i * (1 - y) ** (n - i)
        law = new
        mean = sum(z * w for z, w in law.items())
        variance = sum(z * z * w for z, w in law.items()) - mean * mean
        got = escape.prior_moments(0.875, n=2, pseudo=1.5, centre=1 / 3, update="mean", k=k)
        assert got == pytest.approx((float(mean), float(variance)), rel=1e-14)


@pytest.mark.parametrize(("n", "a", "c"), CASES)
def test_eigenvalues_and_distance(n, a, c):
    x = np.arange(n + 1)
    matrix = law_matrix(n, a, c, "sample")
    values = np.sort(np.linalg.eigvals(matrix).real)[::-1]
    assert escape.prior_eigenvalues(x, n=n, pseudo=a) == pytest.approx(values, abs=1e-11)
    assert escape.prior_eigenvalues(n + 5, n=n, pseudo=a) == 0.0
    stationary = stats.betabinom.pmf(x, n, a * c, a * (1 - c))
    assert stationary @ matrix == pytest.approx(stationary, abs=1e-14)
    for update in ("sample", "mean"):
        matrix = law_matrix(n, a, c, update)
        end = np.linalg.matrix_power(matrix, 2**14)[0]
        for p in (0.0, 0.3, 1.0):
            law = stats.binom.pmf(x, n, p)
            for k in range(1, 40):
                low, high = escape.prior_distance_bounds(p, n=n, pseudo=a, centre=c, k=k)
                distance = abs(law - end).sum() / 2
                assert low <= distance + 1e-10 and distance <= high + 1e-10
                law = law @ matrix


def test_the_prior_is_a_stationary_density():
    """The kernel of the models themselves, n = 2, by quadrature."""
    n, a, c = 2, 3.0, 0.4
    prior = stats.beta(a * c, a * (1 - c))
    mass, _ = integrate.quad(
        lambda y: prior.pdf(y) * sum(
            stats.binom.pmf(i, n, y) * stats.beta.cdf(0.3, a * c + i, a * (1 - c) + n - i) for i in range(n + 1)
        ), 0, 1,
    )  # fmt: skip
    assert mass == pytest.approx(prior.cdf(0.3), rel=1e-7)


def test_large_samples_keep_their_digits():
    got = escape.prior_moments(0.3, n=10**9, pseudo=2.0, centre=0.5, update="mean", k=[0, 1, 2])
    assert got[1] == pytest.approx([0, 0.21e-9, 0.42e-9], rel=1e-8)
    assert escape.prior_moments(0.3, n=10**9, pseudo=2.0, centre=0.5, update="sample", k=1)[1] == pytest.approx(
        0.42e-9, rel=1e-8
    )
    assert escape.prior_error(0.3, n=10**9, pseudo=2.0, centre=0.5, update="sample", k=0) == 0
    assert escape.prior_memory(n=10**9, pseudo=1e-9, k=[[0, 1]]).shape == (1, 2)
    assert escape.prior_absence(n=10**9, pseudo=2.0, centre=0.5, update="sample") == pytest.approx(1e-9, rel=1e-6)


@pytest.mark.parametrize("share", [0.0, 1e-3, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_survival_of_a_record_is_the_chain(n, share):
    x = np.arange(n + 1)
    matrix = stats.binom.pmf(x, n, (1 - share) * x[:, None] / n)
    law, k = np.eye(n + 1)[1], np.arange(1, 60)
    present, mean = [], []
    for _ in k:
        present.append(1 - law[0])
        mean.append(law @ x)
        law = law @ matrix
    exact = escape.record_survival(k, n=n, share=share)
    assert exact == pytest.approx(present, rel=1e-10, abs=1e-13)
    low, high = escape.record_survival_bounds(k, n=n, share=share)
    assert np.all(low <= exact * (1 + 1e-12)) and np.all(exact <= high * (1 + 1e-12))
    assert np.all(high <= (1 - share) ** (k - 1.0) * (1 + 1e-12))
    if share < 1:
        copies = escape.record_copies(k, n=n, share=share)
        assert copies * exact == pytest.approx(mean, rel=1e-9)
    if share == 0:
        assert exact == pytest.approx(forgetting.survival(1 / n, n=n, k=k - 1), rel=1e-8)
        assert low == pytest.approx(forgetting.g(k), rel=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4])
def test_influence_between_its_bounds(share):
    n, c = 12, 0.3
    x = np.arange(n + 1)
    matrix = stats.binom.pmf(x, n, (share * c + (1 - share) * x / n)[:, None])
    for others in (np.eye(n)[4], stats.binom.pmf(np.arange(n), n - 1, 0.3)):
        with_it, without = np.append(0, others), np.append(others, 0)
        before = 1.0
        for k in range(1, 300):
            distance = abs(with_it - without).sum() / 2
            low, high = escape.record_influence_bounds(k, n=n, share=share)
            assert low <= distance + 1e-13 and distance <= min(high, before) + 1e-13
            with_it, without, before = with_it @ matrix, without @ matrix, distance
        if share == 0:
            assert distance == pytest.approx(1 / n, rel=1e-9)


def test_unlearning_time():
    assert escape.unlearning_time(0.01, n=10, share=1.0) == (2, 2)
    assert escape.unlearning_time(0.25, n=10, share=0.5) == (1, 3)
    earliest, latest = escape.unlearning_time(1e-3, n=100, share=0.02)
    assert 0.98 ** (earliest - 1) <= 0.1 < 0.98 ** (earliest - 2)
    assert 0.98 ** (latest - 1) <= 1e-3 < 0.98 ** (latest - 2)


GOOD = {"n": 5, "pseudo": 1.0, "centre": 0.5, "update": "mean", "k": 2}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        *[(lambda v=v: escape.prior_moments(0.5, **(GOOD | v)), next(iter(v))) for v in (
            {"n": 0}, {"n": 1.5}, {"pseudo": 0}, {"pseudo": np.nan}, {"pseudo": "1"}, {"centre": 0}, {"centre": 1.0},
            {"update": "map"}, {"k": -1}, {"k": 1.5},
        )],
        (lambda: escape.prior_moments(1.5, **GOOD), "p"),
        (lambda: escape.prior_diversity(0, **GOOD), "p"),
        (lambda: escape.prior_error(-0.1, **GOOD), "p"),
        (lambda: escape.prior_memory(n=5, pseudo=-1, k=1), "pseudo"),
        (lambda: escape.prior_eigenvalues(-1, n=5, pseudo=1), "j"),
        (lambda: escape.prior_distance_bounds(0.5, n=5, pseudo=1, centre=0.5, k=0), "k"),
        (lambda: escape.prior_absence(n=20_001, pseudo=1, centre=0.5, update="mean"), "n"),
        (lambda: escape.record_survival(0, n=5), "k"),
        (lambda: escape.record_survival(1, n=0), "n"),
        (lambda: escape.record_survival(1, n=2001, share=0.1), "n"),
        (lambda: escape.record_survival(1, n=5, share=1.1), "share"),
        (lambda: escape.record_survival_bounds(0, n=5), "k"),
        (lambda: escape.record_survival_bounds(1, n=5, share=-0.1), "share"),
        (lambda: escape.record_copies(1, n=5, share=1.0), "share"),
        (lambda: escape.record_copies(5000, n=5, share=0.5), "k"),
        (lambda: escape.record_influence_bounds(1, n=True), "n"),
        (lambda: escape.unlearning_time(0, n=5, share=0.1), "tolerance"),
        (lambda: escape.unlearning_time(0.1, n=5, share=0.0), "share"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
        call()


@pytest.mark.parametrize("pseudo", [1e-300, 0.3, 7.0])
@pytest.mark.parametrize("centre", [1e-17, 0.2, 0.999])
@pytest.mark.parametrize("n", [1, 2, 20])
def test_absence_is_the_urn(pseudo, centre, n):
    """Draw by draw from an urn in which every draw so far was another word."""
    rest = Fraction(pseudo) * (1 - Fraction(centre))
    told = escape.prior_absence(n=n, pseudo=pseudo, centre=centre, update="sample")
    assert told == pytest.approx(float(prod((rest + i) / (Fraction(pseudo) + i) for i in range(n))), rel=1e-11)
