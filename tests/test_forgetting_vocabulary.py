"""A whole vocabulary and its genealogy, against integers, full transfer matrices and inclusion-exclusion."""

from fractions import Fraction
from itertools import combinations
from time import thread_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wright_fisher import SLACK, SOURCES, TINY, generations, occupancy_matrix, vocabulary_laws

from collapse_lib import data, forgetting
from collapse_lib.forgetting import _occupancy

ZIPF = np.arange(1, 51) ** -1.2
ZIPF /= ZIPF.sum()

# -------------------------------------------------------------------------------- ancestors


@pytest.mark.parametrize("n", [1, 2, 5, 30, 90])
def test_ancestors_in_stirling_numbers(n):
    law, matrix = np.eye(n)[-1], occupancy_matrix(n)
    for k in range(1, 40):
        values, probabilities = forgetting.ancestors(n=n, k=k)
        np.testing.assert_array_equal(np.diff(values), 1)
        np.testing.assert_allclose(probabilities, law[values - 1], rtol=1e-11, atol=1e-19)
        assert probabilities.sum() == pytest.approx(1, abs=1e-13)
        mean = forgetting.expected_ancestors(k, n=n)
        assert mean == pytest.approx(law @ np.arange(1, n + 1), rel=1e-12)
        law = law @ matrix


def test_ancestors_far_out():
    for n in (1, 2, 700):
        values, probabilities = forgetting.ancestors(n=n, k=10**18)
        assert values[0] == 1 and probabilities[0] == pytest.approx(1, abs=1e-12)
        assert values.dtype.kind == "i"
    first, second = forgetting.ancestors(n=700, k=30), forgetting.ancestors(n=700, k=30)
    first[1][:] = 0  # the caller's own copy
    assert second[1].sum() == pytest.approx(1) and forgetting.ancestors(n=700, k=30)[1].sum() > 0.9


def test_expected_ancestors():
    """Between n g_k and n h_k; Tavare's limits of E A_k at k = n and k = 2n."""
    k = np.array([0, 1, 2, 10, 300, 20_000, 10**9])
    for n in (1, 3, 1_000, 20_000):
        mean = forgetting.expected_ancestors(k, n=n)
        assert mean[0] == np.inf and mean[1] == n and (mean >= 1 - 1e-12).all()
        assert (n * forgetting.g(k) <= mean * (1 + SLACK)).all()
        assert (mean <= n * forgetting.h(k, n=n) * (1 + SLACK)).all()
    limits = forgetting.expected_ancestors([20_000, 40_000], n=20_000)
    assert limits == pytest.approx([2.370, 1.418], abs=5e-4)


# -------------------------------------------------------------------------------- distinct words


@pytest.mark.parametrize("p", [[0.2, 0.3, 0.5], [1e-9, 0.4, 0.6 - 1e-9], [1.0, 0.0, 0.0], [1 / 3] * 3])
@pytest.mark.parametrize("n", [1, 2, 6, 11])
def test_vocabulary_of_three_words(p, n):
    """All states of the multinomial chain: mean number of words, and no word lost."""
    k, positive = np.arange(1, 31), np.array(p) > 0
    states, _, laws = vocabulary_laws(p, n, k[-1])
    unique, complete = (states > 0).sum(axis=1), (states[:, positive] > 0).all(axis=1)
    np.testing.assert_allclose(forgetting.expected_unique(p, n=n, k=k), laws @ unique, rtol=1e-11)
    exact = forgetting.first_loss_survival(p, n=n, k=k)
    np.testing.assert_allclose(exact, laws @ complete, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("n", [60, 5_000])
def test_expected_unique_is_the_sum_of_the_survivals(n, monkeypatch):
    k, p = np.array([[0, 1, 8], [30, 8, 900]]), np.concatenate([ZIPF / 2, ZIPF / 4, ZIPF / 4, [0.0]])
    expected = sum(forgetting.survival(value, n=n, k=k) for value in p)
    for cells in (2**20, 5_000, 1):
        monkeypatch.setattr("collapse_lib.forgetting.vocabulary._CELLS", cells)
        np.testing.assert_allclose(forgetting.expected_unique(p, n=n, k=k), expected, rtol=1e-12)
    assert forgetting.expected_unique(p, n=n, k=0) == 150


def test_expected_unique_of_the_ledger():
    assert forgetting.expected_unique(ZIPF, n=60, k=8) == pytest.approx(7.983, abs=5e-4)


def test_expected_unique_of_wikitext2():
    """19,919 words, 436,577 tokens: after 10 generations 52.30 % of the words, in a few seconds."""
    counts = data.wikitext2_counts()
    n, k = int(counts.sum()), np.arange(11)
    start = thread_time()
    mean = forgetting.expected_unique(counts / n, n=n, k=k)
    assert thread_time() - start < 20
    assert mean[0] == 19_919 and mean[10] / 19_919 == pytest.approx(0.5230, abs=5e-5)
    lower, upper = forgetting.expected_unique_bounds(counts / n, n=n, k=k, source="sharp")
    assert (lower <= mean * (1 + SLACK)).all() and (mean <= upper * (1 + SLACK)).all()


# -------------------------------------------------------------------------------- the first loss


def all_shown(p, draws):
    """Inclusion-exclusion in rational arithmetic."""
    p = [Fraction(value) for value in p]
    missing = (
        (-1) ** size * (1 - sum(words) / sum(p)) ** draws
        for size in range(len(p) + 1)
        for words in combinations(p, size)
    )
    return float(sum(missing))


@pytest.mark.parametrize("n", [3, 10, 200, 2_500])
@pytest.mark.parametrize("p", [[1.0], [0.5, 0.3, 0.15, 0.05], [1e-7, 0.2, 0.8 - 1e-7], [0.25] * 4])
def test_one_generation_is_inclusion_exclusion(p, n):
    assert forgetting.first_loss_survival(p, n=n, k=1) == pytest.approx(all_shown(p, n), rel=1e-10)


@pytest.mark.parametrize("words, n", [(2, 40), (40, 40), (40, 300), (1_000, 8_000), (2_000, 20_000)])
def test_equal_words_are_boxes(words, n):
    """One generation: n balls, one by one, occupy all of the boxes."""
    law, boxes = np.eye(words + 1)[0], np.arange(words + 1) / words
    for _ in range(n):
        law[1:], law[0] = law[1:] * boxes[1:] + law[:-1] * (1 - boxes[:-1]), 0.0
    p = np.full(words, 1 / words)
    assert forgetting.first_loss_survival(p, n=n, k=1) == pytest.approx(law[-1], rel=1e-9)


@pytest.mark.parametrize("n", [15, 800, 20_000])
@pytest.mark.parametrize("p", [1e-5, 0.03, 0.5])
def test_first_loss_of_two_words_is_absorption(n, p):
    k = np.array([0, 1, 2, 5, 30, 1_000, 50_000])
    exact = forgetting.first_loss_survival([p, 1 - p], n=n, k=k)
    np.testing.assert_allclose(exact, forgetting.unabsorbed(p, n=n, k=k), rtol=1e-10)


def test_first_loss_edges():
    single = forgetting.first_loss_survival([1.0, 0.0], n=4, k=[0, 1, 50])
    assert single == pytest.approx([1, 1, 1], abs=1e-14)
    never = forgetting.first_loss_survival([5e-324, 0.4, 0.6], n=4, k=[0, 1, 50])
    np.testing.assert_allclose(never, [1, 0, 0], atol=1e-300)
    nine = np.full(9, 1 / 9)
    np.testing.assert_array_equal(forgetting.first_loss_survival(nine, n=8, k=[0, 1, 3]), [1, 0, 0])
    all_differ = forgetting.first_loss_survival(nine, n=9, k=1)
    assert all_differ == pytest.approx(362_880 / 9**9, rel=1e-12)
    far = forgetting.first_loss_survival([0.5, 0.5], n=10**15, k=10**15, source="law")
    assert far == pytest.approx((1 - np.exp(-1)) ** 2, rel=1e-14)


def test_first_loss_law():
    """Sharp in the limit it is made for: many copies of the rarest word, and many generations."""
    p, k = np.array([0.02, 0.08, 0.3, 0.6]), np.array([[0, 3], [70, 200]])
    law = forgetting.first_loss_survival(p, n=5_000, k=k, source="law")
    with np.errstate(divide="ignore"):
        expected = np.prod([1 - np.exp(-10_000 * value / k) for value in p], axis=0)
    np.testing.assert_allclose(law, expected, rtol=1e-13)
    np.testing.assert_allclose(law, forgetting.first_loss_survival(p, n=5_000, k=k), atol=0.01)


def test_first_loss_in_the_poisson_model():
    """Independent words: the product of their survivals; near the exact value from generation 1 on."""
    k = np.array([0, 1, 5, 20])
    product = np.prod([forgetting.survival_poisson(60 * value, k=k) for value in ZIPF], axis=0)
    poisson = forgetting.first_loss_survival(ZIPF, n=60, k=k, source="poisson")
    np.testing.assert_allclose(poisson, product, rtol=1e-12)
    p = ZIPF[:10] / ZIPF[:10].sum()
    poisson = forgetting.first_loss_survival(p, n=1_000, k=k, source="poisson")
    np.testing.assert_allclose(poisson, forgetting.first_loss_survival(p, n=1_000, k=k), atol=0.03)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=8), st.integers(1, 300), generations)
def test_first_loss_properties(weights, n, k):
    """Falls with k, below the survival of the rarest word; not below what the union bound leaves."""
    p, k = np.array(weights) / sum(weights), np.sort(np.array(k))
    exact = forgetting.first_loss_survival(p, n=n, k=k)
    lost = len(p) - forgetting.expected_unique(p, n=n, k=k)
    assert ((0 <= exact) & (exact <= 1)).all() and (exact[1:] <= exact[:-1] * (1 + 1e-10) + 1e-18).all()
    assert (exact <= forgetting.survival(p.min(), n=n, k=k) * (1 + 1e-10)).all()
    assert (1 - exact <= lost + 1e-10).all()


def test_first_loss_speed():
    p = np.arange(1, 1_001) ** -0.5
    start = thread_time()
    forgetting.first_loss_survival(p / p.sum(), n=10_000, k=np.arange(1, 101))
    assert thread_time() - start < 20


# -------------------------------------------------------------------------------- laws and bounds


@pytest.mark.parametrize("n", [1, 2, 100, 5_000])
def test_laws_of_the_number_of_ancestors(n):
    chain = _occupancy.chain(n)
    for k in (1, 2, 3, 10, 100, 5_000):
        low, law = chain.law(k)
        assert low >= 1 and low + law.size - 1 <= n and (law >= 0).all()
        assert law.sum() == pytest.approx(1, abs=1e-12)
        mean = law @ np.arange(low, low + law.size)
        assert n * forgetting.g(k) <= mean * (1 + 1e-12) and mean <= n * forgetting.h(k, n=n) * (1 + 1e-12)
    if n > 1:
        low, law = chain.law(2)
        mean = law @ np.arange(low, low + law.size)
        assert mean == pytest.approx(n * (1 - (1 - 1 / n) ** n), rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any), st.integers(1, 60), generations)
def test_expected_unique_bounds_are_sums(weights, n, k):
    p = np.array(weights) / sum(weights)
    exact = sum(forgetting.survival(value, n=n, k=k) for value in p)
    for source in SOURCES:
        lower, upper = forgetting.expected_unique_bounds(p, n=n, k=k, source=source)
        parts = [forgetting.survival_bounds(value, n=n, k=k, source=source) for value in p]
        np.testing.assert_allclose([lower, upper], np.sum(parts, axis=0), rtol=1e-12)
        assert (lower <= exact * (1 + SLACK) + TINY).all() and (exact <= upper * (1 + SLACK) + TINY).all()
