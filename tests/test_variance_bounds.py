"""The tail of Sigma_k from both sides and by the saddle point, against the exact law and against typed formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special

from collapse_lib import variance

SIZES = (2, 3, 5, 10, 30, 100, 1000, 10**6, 10**9)
GENERATIONS = (1, 2, 5, 10, 100, 1000, 10**5, 10**9)
ROUNDING = 1e-9  # of the exact law and of a bound, relative
TINY = 1e-304


def levels(n, k, ddof):
    """Levels at which the probability runs from 1 to below 1e-300, and some that it never reaches."""
    sd = np.sqrt(k * special.polygamma(1, (n - 1) / 2)) / 2
    x = -k * variance.log_rate(n=n, ddof=ddof) + sd * np.linspace(-40, 40, 81)
    extra = np.log([1e-300, 1e-30, 0.1, 0.999, 1, 1.001, 10, 1e30, 1e300])
    return np.exp(np.clip(np.r_[x, extra], -700, 700))


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", SIZES)
def test_the_bounds_enclose_the_exact_law(n, ddof):
    for k in GENERATIONS:
        eps = levels(n, k, ddof)
        exact = variance.survival(eps, k=k, n=n, ddof=ddof)
        lower, upper = variance.survival_bounds(eps, k=k, n=n, ddof=ddof)
        assert np.all((lower >= 0) & (upper <= 1))
        assert np.all(lower <= exact * (1 + ROUNDING) + TINY)
        assert np.all(exact * (1 - ROUNDING) <= upper + TINY)
        assert np.all(upper <= np.sqrt(6) * lower * (1 + ROUNDING) + TINY)


@settings(deadline=None, max_examples=300)
@given(
    eps=st.floats(min_value=5e-324, max_value=1e308),
    sigma0=st.floats(min_value=1e-308, max_value=1e308),
    k=st.integers(0, 10**9),
    n=st.integers(2, 10**9),
    ddof=st.sampled_from([0, 1]),
)
def test_the_bounds_are_in_order_for_all_arguments(eps, sigma0, k, n, ddof):
    settled = dict(k=k, n=n, ddof=ddof, sigma0=sigma0)
    lower, upper = variance.survival_bounds(eps, **settled)
    assert 0 <= lower <= upper <= 1
    assert upper <= np.sqrt(6) * lower * (1 + ROUNDING) + TINY
    exact = variance.survival(eps, **settled)
    assert lower <= exact * (1 + ROUNDING) + TINY and exact * (1 - ROUNDING) <= upper + TINY
    for method in ("pole", "lugannani-rice"):
        assert 0 <= variance.survival_saddlepoint(eps, method=method, **settled) <= 1


@settings(deadline=None, max_examples=200)
@given(
    n=st.integers(2, 3000),
    units=st.floats(min_value=0.01, max_value=60),
    sds=st.floats(min_value=-12, max_value=36),
    ddof=st.sampled_from([0, 1]),
)
def test_the_bounds_enclose_the_law_where_it_is_neither_0_nor_1(n, units, sds, ddof):
    k = max(1, round(units * n))
    x = -k * variance.log_rate(n=n, ddof=ddof) + sds * np.sqrt(k * special.polygamma(1, (n - 1) / 2)) / 2
    eps = np.exp(np.clip(x, -700, 700))
    exact = variance.survival(eps, k=k, n=n, ddof=ddof)
    lower, upper = variance.survival_bounds(eps, k=k, n=n, ddof=ddof)
    assert lower <= exact * (1 + ROUNDING) + TINY and exact * (1 - ROUNDING) <= upper + TINY


def typed(L, k, n, D):
    """The two roots and exp(sL + k kappa(s)) / sqrt(1 + s^2 V) there, from the theorem, by a root finder."""
    nu = n - 1
    found = []
    for ends in ((1e-9, 1e4), (-nu + 1e-9, -1e-9)):
        s = optimize.brentq(
            lambda s: -k / 2 * (special.digamma((nu + s) / 2) + np.log(2 / D)) + 1 / s - L, *ends, xtol=1e-13
        )
        kappa = special.gammaln((nu + s) / 2) - special.gammaln(nu / 2) + s / 2 * np.log(2 / D)
        found.append(np.exp(s * L + k * kappa) / np.sqrt(1 + s**2 * k / 4 * special.polygamma(1, (nu + s) / 2)))
    return found


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize(("n", "k", "eps"), [(2, 1, 0.5), (2, 7, 20.0), (10, 60, 0.1), (10, 5, 0.2), (100, 400, 0.1)])
def test_the_bounds_are_those_of_the_theorem(n, k, eps, ddof):
    above, below = typed(-np.log(eps), k, n, n - ddof)
    lower, upper = variance.survival_bounds(eps, k=k, n=n, ddof=ddof)
    assert lower == pytest.approx(max(above / np.sqrt(12), 1 - below / np.sqrt(2), 0), rel=1e-9)
    assert upper == pytest.approx(min(above / np.sqrt(2), 1 - below / np.sqrt(12), 1), rel=1e-9)


def test_the_bounds_tend_to_one_with_the_probability():
    eps = np.geomspace(1e-3, 1e-14, 12)
    lower, upper = variance.survival_bounds(eps, k=10, n=10)
    below = 1 - variance.survival(eps, k=10, n=10)
    assert np.all(1 - lower <= 2.5 * below + 1e-14) and lower[-1] > 1 - 1e-12 and upper[-1] == 1


@pytest.mark.parametrize("method", ["pole", "lugannani-rice"])
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", SIZES)
def test_the_saddle_point_is_as_good_as_its_docstring_says(n, ddof, method):
    for k in GENERATIONS:
        eps = levels(n, k, ddof)
        exact = variance.survival(eps, k=k, n=n, ddof=ddof)
        seen = exact > 1e-290
        if not seen.any():  # all levels that are floats lie above
            continue
        value = variance.survival_saddlepoint(eps[seen], k=k, n=n, ddof=ddof, method=method)
        allowed = 0.05 / (k * n) + 2e-7 if method == "lugannani-rice" else 0.035
        np.testing.assert_allclose(value, exact[seen], rtol=allowed, atol=0)


def test_lugannani_rice_passes_through_the_mean():
    # where its saddle point meets the pole, the formula is 0/0 and the library takes the series
    centre = -50 * variance.log_rate(n=10)
    eps = np.exp(centre + np.linspace(-0.03, 0.03, 601) * np.sqrt(50 * special.polygamma(1, 4.5)) / 2)
    error = variance.survival_saddlepoint(eps, k=50, n=10) / variance.survival(eps, k=50, n=10) - 1
    assert abs(np.diff(error)).max() < 1e-8 and abs(error).max() < 0.05 / 500


@pytest.mark.parametrize("function", [variance.survival_bounds, variance.survival_saddlepoint])
def test_generation_zero_shapes_and_units(function):
    assert np.all(np.equal(function([0.5, 1.0, 2.0], k=0, n=10), [1.0, 0.0, 0.0]))
    one = function(0.1, k=60, n=10)
    assert all(isinstance(value, float) for value in (one if isinstance(one, tuple) else (one,)))
    table = function([[0.1], [0.2]], k=[0, 3, 60], n=10)
    assert np.shape(table)[-2:] == (2, 3)
    np.testing.assert_allclose(function(0.3, k=60, n=10, sigma0=3.0), one, rtol=1e-12)
    column = function([0.1, 0.2], k=60, n=10)
    np.testing.assert_array_equal(np.asarray(table)[..., 2], column)
