"""The Poisson model against iteration, search and the branching process."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from wright_fisher import SLACK, SOURCES, generations

from collapse_lib import forgetting


@pytest.mark.parametrize("count", [0.01, 0.5, 1, 3.7, 40, 700])
@pytest.mark.parametrize("u", [1e-9, 0.1, 0.5, 0.75, 0.95])
def test_quantile_by_search(count, u):
    k, value = 0, np.inf
    while exp(-count * value) < u:
        k, value = k + 1, 1 - exp(-value) if k else 1.0
    assert forgetting.forgetting_quantile(count, u) == k


def test_quantile_inverts_the_law():
    for count in (1, 10, 250.5):
        for k in (1, 2, 17, 300, 4_095, 4_096, 4_097, 4_098, 20_000):
            u = np.nextafter(exp(-count * forgetting.g(k)), 0)  # exp itself may have been rounded up
            assert forgetting.forgetting_quantile(count, u) == k


@settings(deadline=None)
@given(st.floats(1e4, 1e10), st.floats(1e-6, 0.99))
def test_quantile_of_large_counts(count, u):
    k = forgetting.forgetting_quantile(count, u)
    target = -log(u) / count
    assert forgetting.g(k) <= target * (1 + 2e-15) and forgetting.g(k - 1) > target
    crude = 2 / target
    assert k == pytest.approx(crude - log(crude / 2) / 3 - 1.0293, abs=1.1 + 0.01 * abs(log(u)))


def test_quantile_edges():
    assert forgetting.forgetting_quantile(0, 0.9) == forgetting.forgetting_quantile(5, 0.0) == 0
    assert forgetting.forgetting_quantile(5e-324, 0.5) == forgetting.forgetting_quantile(1, exp(-1)) == 1
    assert forgetting.forgetting_quantile(100, 0.5) == 286
    assert isinstance(forgetting.forgetting_quantile(1e9, 0.5), int)
    with pytest.raises(ValueError, match="count"):
        forgetting.forgetting_quantile(1e15, 0.999)


def test_survival_poisson_is_the_branching_process():
    """Law of the count as a Galton-Watson chain on 0, ..., 300."""
    counts = np.arange(301)
    matrix = poisson.pmf(counts[None, :], counts[:, None])
    law = poisson.pmf(counts, 2.5)
    for k in range(1, 21):
        assert forgetting.survival_poisson(2.5, k=k) == pytest.approx(1 - law[0], rel=1e-12)
        law = law @ matrix
    np.testing.assert_array_equal(forgetting.survival_poisson(0, k=[0, 1]), [0, 0])
    assert forgetting.survival_poisson(1e-300, k=0) == 1


@settings(deadline=None)
@given(st.one_of(st.floats(1e-290, 1e4), st.sampled_from([0, 1e15])), generations)
def test_survival_poisson_properties(count, k):
    k = np.sort(np.array(k))
    value = forgetting.survival_poisson(count, k=k)
    assert ((0 <= value) & (value <= 1)).all() and (np.diff(value) <= 0).all()
    for source in SOURCES:
        lower, upper = forgetting.survival_poisson_bounds(count, k=k, source=source)
        assert (lower <= value * (1 + SLACK)).all() and (value <= upper * (1 + SLACK)).all()
