"""Mean times against linear solves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from wright_fisher import occupancy_matrix, transfer_matrix, vocabulary_laws

from collapse_lib import forgetting
from collapse_lib.forgetting import times


@pytest.mark.parametrize("n", [1, 2, 3, 30, 250])
def test_absorption_time_is_the_linear_solve(n):
    p0 = np.array([0, 1e-12, 0.1, 1 / 3, 0.5, 0.95, 1])
    times = np.zeros(n + 1)
    if n > 1:
        times[1:n] = np.linalg.solve(np.eye(n - 1) - transfer_matrix(n)[1:n, 1:n], np.ones(n - 1))
    expected = 1 + binom.pmf(np.arange(n + 1), n, p0[:, None]) @ times
    expected[[0, -1]] = 0
    answer = forgetting.expected_absorption_time(p0, n=n)
    np.testing.assert_allclose(answer, expected, rtol=1e-11)
    assert forgetting.expected_absorption_time(p0[2], n=n) == pytest.approx(answer[2], rel=1e-14)
    assert (answer <= 2 * n - 1 + 1e-9).all()


def test_absorption_time_known_digits():
    """Printed by WFES2 (truncated transition matrix); and the sum of the exact survival of diversity."""
    answer = forgetting.expected_absorption_time(np.array([0.5, 0.001]), n=1_000)
    assert answer == pytest.approx([1383.5009772, 15.166967776], rel=1e-10)
    assert forgetting.expected_absorption_time(0.5, n=100_000) == pytest.approx(1.3862510778e5, rel=1e-9)
    total = forgetting.unabsorbed(0.02, n=200, k=np.arange(8_001)).sum()
    assert forgetting.expected_absorption_time(0.02, n=200) == pytest.approx(total, rel=1e-11)


def test_many_starts_at_once(monkeypatch):
    p0 = np.linspace(0, 1, 101)
    whole = forgetting.expected_absorption_time(p0, n=300)
    np.testing.assert_allclose(whole, whole[::-1], rtol=1e-12)
    monkeypatch.setattr(times, "_CELLS", 5_000)  # in parts of about 16 starts
    np.testing.assert_allclose(forgetting.expected_absorption_time(p0, n=300), whole, rtol=1e-13)
    monkeypatch.setattr(times, "_CELLS", 100)  # a single start does not fit: one at a time
    np.testing.assert_allclose(forgetting.expected_absorption_time(p0[:3], n=300), whole[:3], rtol=1e-13)


# -------------------------------------------------------------------------------- given that the word is lost


@pytest.mark.parametrize("n", [1, 2, 3, 30, 250, 1_000])
def test_conditional_loss_time_is_the_linear_solve(n):
    """Doob's transform: given loss, the chain of counts i moves by B(i, j) (n - j)/(n - i)."""
    p0, counts = np.array([1e-6, 0.001, 0.1, 0.5, 0.99]), np.arange(n)  # the count n is never lost
    lost = (n - counts) / n
    matrix = transfer_matrix(n)[:n, :n] * lost / lost[:, None]
    times_from = np.zeros(n)
    if n > 1:
        times_from[1:] = np.linalg.solve(np.eye(n - 1) - matrix[1:, 1:], np.ones(n - 1))
    later = (binom.pmf(counts, n, p0[:, None]) * lost) @ times_from / (1 - p0)
    answer = forgetting.conditional_loss_time(p0, n=n)
    np.testing.assert_allclose(answer, 1 + later, rtol=1e-11)
    assert answer[0] - 1 == pytest.approx(later[0], rel=1e-9)
    assert forgetting.conditional_loss_time([0, 0.001], n=n) == pytest.approx([0, answer[1]], rel=1e-14)


def test_conditional_loss_time_of_the_ledger():
    answer = forgetting.conditional_loss_time([0.001, 0.01, 0.1], n=1_000)
    np.testing.assert_allclose(answer, [13.18418, 91.54709, 509.42887], rtol=1e-6)


@pytest.mark.parametrize("n", [7, 900, 20_000])
def test_absorption_is_loss_or_fixation(n):
    """E T = (1 - p) E[T | lost] + p E[T | fixed], and to be fixed is to be lost for the other word."""
    p = np.array([1e-9, 0.003, 0.4])
    lost, fixed = forgetting.conditional_loss_time(p, n=n), forgetting.conditional_loss_time(1 - p, n=n)
    expected = forgetting.expected_absorption_time(p, n=n)
    np.testing.assert_allclose((1 - p) * lost + p * fixed, expected, rtol=1e-11)


# -------------------------------------------------------------------------------- one word left, one ancestor


@pytest.mark.parametrize("n", [2, 3, 5, 12, 40, 100])
def test_mrca_time_is_the_linear_solve(n):
    interior = occupancy_matrix(n)[1:, 1:]
    expected = 1 + np.linalg.solve(np.eye(n - 1) - interior, np.ones(n - 1))[-1]
    assert forgetting.expected_mrca_time(n=n) == pytest.approx(expected, rel=1e-11)


def test_mrca_time():
    assert forgetting.expected_mrca_time(n=1) == 1 and forgetting.expected_mrca_time(n=2) == 3
    for n in (2, 3, 10, 200, 1_000):
        time = forgetting.expected_mrca_time(n=n)
        assert 1.9 * (n - 1) < time <= 2 * n - 1
        assert forgetting.conditional_loss_time(1 - 2.0**-53, n=n) == pytest.approx(time, rel=1e-9)
    assert forgetting.expected_mrca_time(n=200) / 200 == pytest.approx(1.9876, abs=5e-5)
    assert forgetting.expected_mrca_time(n=1_000) / 1_000 == pytest.approx(1.99698, abs=5e-6)


@pytest.mark.parametrize("p", [[0.2, 0.3, 0.5], [0.001, 0.499, 0.5], [1e-12, 1e-9, 1 - 1.001e-9]])
@pytest.mark.parametrize("n", [1, 2, 6, 10])
def test_total_collapse_time_is_the_linear_solve(p, n):
    states, matrix, (law,) = vocabulary_laws(p, n, 1)
    open_ = states.max(axis=1) < n
    times_from = np.linalg.solve(np.eye(open_.sum()) - matrix[np.ix_(open_, open_)], np.ones(open_.sum()))
    assert forgetting.total_collapse_time(p, n=n) == pytest.approx(1 + law[open_] @ times_from, rel=1e-11)


@pytest.mark.parametrize("n", [2, 50, 3_000])
@pytest.mark.parametrize("p", [1e-12, 0.01, 0.5])
def test_total_collapse_of_two_words_is_absorption(n, p):
    expected = forgetting.expected_absorption_time(p, n=n)
    for vocabulary in ([p, 1 - p], [1 - p, p, 0.0]):
        time = forgetting.total_collapse_time(vocabulary, n=n)
        assert time == pytest.approx(expected, rel=1e-13)
        assert time - 1 == pytest.approx(expected - 1, rel=2e-4)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=30).filter(any), st.integers(2, 150))
def test_total_collapse_time_between_its_bounds(weights, n):
    """Seddik et al. 2024, Theorem 1, from below; the genealogy, 2n - 1, from above."""
    p = np.array(weights) / sum(weights)
    time, words, diversity = forgetting.total_collapse_time(p, n=n), (p > 0).sum(), 1 - (p**2).sum()
    if words == 1:
        assert time == 0
    else:
        assert time >= (1 + diversity / (1 - 1 / words) * (n - 1)) * (1 - 1e-12)
        assert time <= forgetting.expected_mrca_time(n=n) * (1 + 1e-12) <= (2 * n - 1) * (1 + 1e-12)


def test_many_words_collapse_like_the_genealogy():
    """If all real samples differ, one word is left when there is one ancestor."""
    time = forgetting.total_collapse_time(np.full(10**6, 1e-6), n=50)
    limit = forgetting.expected_mrca_time(n=50)
    assert limit - 1e-3 < time < limit
