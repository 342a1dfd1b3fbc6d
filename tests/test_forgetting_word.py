"""One word: exact laws and bounds against rational arithmetic and transfer matrices."""

from fractions import Fraction
from math import comb, exp
from time import thread_time

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import binom
from wright_fisher import SLACK, SOURCES, TINY, forward, generations, probability, sizes, transfer_matrix

from collapse_lib import forgetting
from collapse_lib.forgetting import _occupancy


@pytest.mark.parametrize("n", [1, 2, 5, 9])
@pytest.mark.parametrize("p0", [1e-12, 0.2, 0.5, 1 - 2.0**-40])
def test_survival_and_unabsorbed_in_rational_arithmetic(n, p0):
    def step(p):
        return [comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)]

    rows = [step(Fraction(j, n)) for j in range(n + 1)]
    law = step(Fraction(p0))
    for k in range(1, 8):
        assert forgetting.survival(p0, n=n, k=k) == pytest.approx(float(sum(law[1:])), rel=1e-13)
        assert forgetting.unabsorbed(p0, n=n, k=k) == pytest.approx(float(sum(law[1:n])), rel=1e-13)
        law = [sum(law[i] * rows[i][j] for i in range(n + 1)) for j in range(n + 1)]


@pytest.mark.parametrize("n", [3, 63, 64, 65, 100, 400, 513])
@pytest.mark.parametrize("p0", [1e-12, 0.01, 0.2, 0.97])
def test_survival_is_the_forward_transfer_matrix(n, p0):
    laws, k = forward(n, p0, 150), np.arange(1, 151)
    np.testing.assert_allclose(forgetting.survival(p0, n=n, k=k), laws[:, 1:].sum(axis=1), rtol=1e-11)
    np.testing.assert_allclose(forgetting.unabsorbed(p0, n=n, k=k), laws[:, 1:n].sum(axis=1), rtol=1e-11)


@pytest.mark.parametrize("n", [20, 400])
def test_late_generations(n):
    """k = 10,000 by repeated squaring of the transfer matrix; the interior decays by 1 - 1/n exactly."""
    late = np.linalg.matrix_power(transfer_matrix(n), 9_999)
    for p0 in (1e-12, 0.3):
        law = binom.pmf(np.arange(n + 1), n, p0) @ late
        assert forgetting.survival(p0, n=n, k=10_000) == pytest.approx(law[1:].sum(), rel=1e-10)
        assert forgetting.unabsorbed(p0, n=n, k=10_000) == pytest.approx(law[1:n].sum(), rel=1e-10)
    first, second = forgetting.unabsorbed(0.3, n=n, k=[70 * n, 100 * n])
    assert second / first == pytest.approx(exp(30 * n * np.log1p(-1 / n)), rel=1e-10)


@pytest.mark.parametrize("n", [10_000, 100_000])
def test_large_samples_against_the_chain_of_small_counts(n):
    """A rare word has few copies: for some generations its chain on 0, ..., 400 is exact to rounding."""
    counts = np.arange(401)
    matrix = binom.pmf(counts[None, :], n, counts[:, None] / n)
    law = binom.pmf(counts, n, 3 / n)
    for k in range(1, 16):
        assert forgetting.survival(3 / n, n=n, k=k) == pytest.approx(law[1:].sum(), rel=1e-11)
        law = law @ matrix


@pytest.mark.parametrize("n", [1_000, 30_000])
def test_two_generations_of_a_frequent_word(n):
    counts = np.arange(n + 1)
    for p0 in (1e-4, 0.001, 0.01):
        lost = binom.pmf(counts, n, p0) @ (1 - counts / n) ** n
        assert 1 - forgetting.survival(p0, n=n, k=2) == pytest.approx(lost, rel=1e-10, abs=1e-14)


def test_the_order_of_the_questions_does_not_matter():
    k = np.array([[700, 3, 0], [1, 40, 3]])
    answers = forgetting.survival(0.01, n=317, k=k)
    _occupancy.chain.cache_clear()
    for generation, answer in zip(k.ravel(), answers.ravel()):
        assert forgetting.survival(0.01, n=317, k=int(generation)) == answer


def test_speed():
    _occupancy.chain.cache_clear()
    start = thread_time()
    forgetting.survival(0.001, n=10_000, k=np.arange(1_001))
    assert thread_time() - start < 2


def test_known_values():
    """Figures of the ledger, and the limits of E A_k at k = n and k = 2n (Tavare 1984)."""
    assert forgetting.survival(0.2, n=100, k=50) == pytest.approx(0.5946, abs=5e-5)
    assert forgetting.survival_bounds(0.2, n=100, k=50) == pytest.approx((0.5358, 1), abs=5e-5)
    assert forgetting.survival_bounds(0.2, n=100, k=50, source="sharp")[1] == pytest.approx(0.6203, abs=5e-5)
    zipf = np.arange(1, 51) ** -1.2
    zipf /= zipf.sum()
    assert sum(forgetting.survival(p, n=60, k=8) for p in zipf) == pytest.approx(7.983, abs=5e-4)
    assert forgetting.expected_unique_bounds(zipf, n=60, k=8)[1] == pytest.approx(17.88, abs=5e-3)
    sharp = forgetting.expected_unique_bounds(zipf, n=60, k=8, source="sharp")
    assert sharp == pytest.approx((7.782, 8.049), abs=5e-4)
    ratio = forgetting.unabsorbed(0.3, n=100, k=2_000) / forgetting.heterozygosity(0.3, n=100, k=2_000)
    assert ratio == pytest.approx(5.8884, abs=5e-5)
    for k, expected in ((20_000, 2.370), (40_000, 1.418)):
        low, law = _occupancy.chain(20_000).law(k)
        assert law @ np.arange(low, low + law.size) == pytest.approx(expected, abs=1e-3)


def test_heterozygosity_of_the_chain():
    n, p0 = 30, 0.15
    frequency = np.arange(n + 1) / n
    np.testing.assert_allclose(
        forgetting.heterozygosity(p0, n=n, k=np.arange(1, 101)),
        forward(n, p0, 100) @ (frequency * (1 - frequency)),
        rtol=1e-12,
    )
    np.testing.assert_array_equal(forgetting.heterozygosity(0.5, n=1, k=[0, 1, 2]), [0.25, 0, 0])


def test_start():
    for p0, expected in ((0.0, 0.0), (0.3, 1.0), (1.0, 1.0)):
        assert forgetting.survival(p0, n=7, k=0) == expected
        assert forgetting.survival(p0, n=7, k=1) == pytest.approx(1 - (1 - p0) ** 7, rel=1e-14)
        assert forgetting.unabsorbed(p0, n=7, k=0) == (0 < p0 < 1)
        for source in SOURCES:
            assert forgetting.survival_bounds(p0, n=7, k=0, source=source) == (expected, expected)


@settings(deadline=None, max_examples=150)
@given(probability, probability, sizes, generations)
def test_survival_falls_with_k_rises_with_p0_and_lies_between_its_bounds(p, q, n, k):
    k = np.sort(np.array(k))
    value = forgetting.survival(p, n=n, k=k)
    assert ((0 <= value) & (value <= 1)).all()
    assert (value[1:] <= value[:-1] * (1 + SLACK)).all()
    low, high = sorted((p, q))
    assert (forgetting.survival(low, n=n, k=k) <= forgetting.survival(high, n=n, k=k) * (1 + SLACK)).all()
    inside = forgetting.unabsorbed(p, n=n, k=k)
    assert ((0 <= inside) & (inside <= value * (1 + SLACK) + TINY)).all()
    for source in SOURCES:
        for exact, bounds in ((value, forgetting.survival_bounds), (inside, forgetting.diversity_bounds)):
            lower, upper = bounds(p, n=n, k=k, source=source)
            assert ((0 <= lower) & (lower <= exact * (1 + SLACK) + TINY)).all()
            assert ((exact <= upper * (1 + SLACK) + TINY) & (upper <= 1)).all()
    paper = forgetting.survival_bounds(p, n=n, k=k)
    sharp = forgetting.survival_bounds(p, n=n, k=k, source="sharp")
    assert (paper[0] <= sharp[0]).all()


@pytest.mark.parametrize("n", [2, 3, 7, 50, 51, 80, 777])
def test_bounds_on_diversity_hold_to_the_end(n):
    k = n * np.arange(1, 300, 7)
    exact = forgetting.unabsorbed(0.3, n=n, k=k)
    for source in SOURCES:
        lower, upper = forgetting.diversity_bounds(0.3, n=n, k=k, source=source)
        assert (lower <= exact * (1 + SLACK) + TINY).all() and (exact <= upper * (1 + SLACK) + TINY).all()


def test_sharp_bounds_meet_at_fixation():
    """In the end the word is the only one left with probability p0; the paper's lower bound falls to 0."""
    sharp = forgetting.survival_bounds(0.2, n=100, k=10**6, source="sharp")
    assert sharp == pytest.approx((0.2, 0.2), rel=1e-11)
    assert forgetting.survival_bounds(0.2, n=100, k=10**6)[0] < 1e-4
    assert forgetting.survival(0.2, n=100, k=10**6) == pytest.approx(0.2, rel=1e-11)


@pytest.mark.parametrize("source", SOURCES)
def test_bounds_work_for_any_size_and_generation(source):
    for k in (0, 1, 10**6, 10**18):
        for p0 in (0.0, 1e-12, 0.4, 1.0):
            for bounds in (forgetting.survival_bounds, forgetting.diversity_bounds):
                lower, upper = bounds(p0, n=10**15, k=k, source=source)
                assert 0 <= lower <= upper <= 1
