"""g and h against iteration in extended precision."""

import numpy as np
import pytest
from wright_fisher import SOURCES

from collapse_lib import forgetting


def test_g_against_iteration_in_extended_precision():
    x, wanted = np.longdouble(1), {1, 2, 100, 4_095, 4_096, 4_097, 10_000, 300_000}
    for k in range(1, 300_001):
        if k in wanted:
            assert abs(float(forgetting.g(k) / x - 1)) < 1e-13
        x = -np.expm1(-x)
    assert forgetting.g(0) == np.inf
    table = [0.632121, 0.312080, 0.172255, 0.019543]
    np.testing.assert_allclose(forgetting.g([2, 5, 10, 100]), table, atol=5e-7)


def test_g_far_out():
    """One generation is one step of g, and 1/g_k = k/2 + ln(k)/6 + C + ..., at k where nobody iterates."""
    k = np.array([10**6, 10**9, 10**12])
    value, after = forgetting.g(k), forgetting.g(k + 1)
    np.testing.assert_allclose(after, -np.expm1(-value), rtol=1e-14)
    np.testing.assert_allclose(1 / value, k / 2 + np.log(k) / 6 + 0.3991240771, rtol=0, atol=0.01)
    assert 1 / value[1] - k[1] / 2 - np.log(k[1]) / 6 == pytest.approx(0.3991240771, abs=2e-7)


def test_g_bounds():
    k = np.concatenate([np.arange(1, 30_000), 10 ** np.arange(5, 18)])
    value = forgetting.g(k)
    for source in SOURCES:
        lower, upper = forgetting.g_bounds(k, source)
        assert (lower <= value * (1 + 1e-14)).all() and (value <= upper * (1 + 1e-14)).all()
    lower, upper = forgetting.g_bounds(k, "sharp")
    assert (upper / lower).max() < 1.075
    assert forgetting.g_bounds(1, "sharp") == pytest.approx((1, 1), rel=1e-14)
    assert forgetting.g_bounds(0) == forgetting.g_bounds(0, source="sharp") == (np.inf, np.inf)


@pytest.mark.parametrize("n", [1, 2, 10, 51, 1_000, 10**6, 10**9])
def test_h_against_iteration_in_extended_precision(n):
    wanted = {1, 2, 10, 4_096, 4_097, 5_000, 40_000}
    one = np.longdouble(1)
    log_keep = np.log1p(-one / n) if n > 1 else -np.longdouble(np.inf)
    x = one
    for k in range(1, 40_001):
        if k in wanted:
            assert abs(float(forgetting.h(k, n=n) / x - 1)) < 2e-12
        x = -np.expm1(n * x * log_keep)
    assert forgetting.h(0, n=n) == np.inf
    assert forgetting.h(10**18, n=n) == pytest.approx(1 / n, rel=1e-11)


def test_h_below_its_closed_form():
    k = np.unique(np.geomspace(1, 10**7, 60).astype(int))
    for n in (2, 30, 1_000, 10**6):
        rate = -n * np.log1p(-1 / n)
        decay = rate ** -(k - 1.0)
        closed = 1 / (decay + 0.5 * rate / (rate - 1) * (1 - decay))
        assert (forgetting.h(k, n=n) <= closed * (1 + 1e-9)).all()
