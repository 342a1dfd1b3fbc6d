"""Where the mean ends: limit law and tail against simulation, another quadrature and a ledger of values."""

import time

import numpy as np
import pytest
from flint import arb, ctx
from scipy import integrate, special, stats

from collapse_lib import families, training, variance
from collapse_lib.variance import _perpetuity, limits

# n, index and constant for ML, constant for near-ML, from an independent Nystroem solution (7 digits)
LEDGER = [
    (2, 4.730299, 2.655496, 0.68527212),
    (3, 4.422232, 2.117635, 0.78842404),
    (5, 4.2293820218, 1.822278, 0.87093920),
    (10, 4.1069712475, 1.647163, 0.93444188),
    (20, 4.051703, 1.570550, None),
    (50, 4.020269, 1.527539, None),
    (100, 4.0100669468, 1.513659, 0.99334446),
    (200, 4.005017, 1.506802, None),
]


def ends(n, D, panels=60, order=20, right=35.0):
    """Values of V and their probabilities, from V = 1/n + (C/D) V' by Gauss-Legendre panels in ln V (n >= 5)."""
    edges = np.linspace(-np.log(n), right, panels + 1)  # V >= 1/n
    x, w = special.roots_legendre(order)
    half = np.diff(edges)[:, None] / 2
    V = np.exp(edges[:-1, None] + half * (1 + x)).ravel()
    w = (half * w).ravel()
    c = D * (V[:, None] - 1 / n) / V  # the C that leads from the column's V to the row's
    step = w[:, None] * stats.chi2.pdf(c, n - 1) * D * V[:, None] / V
    system = np.eye(V.size) - step
    system[0] = 1  # the equations are dependent: one of them gives way to a total of 1
    return V, np.linalg.solve(system, np.eye(V.size)[0])


def exceeding(x, V, mass):
    return (2 * stats.norm.sf(np.asarray(x)[:, None] / np.sqrt(V))) @ mass


# ------------------------------------------------------------------------------------ the limit


@pytest.mark.parametrize("n", [2, 10, 10**9])
def test_limit_laws(n):
    near, exact = variance.mean_limit(n=n), variance.mean_limit(n=n, ddof=0)
    x = np.linspace(-6, 6, 41)
    np.testing.assert_allclose(near.cdf(x), 1 / 2 + x / (2 * np.sqrt(2 + x * x)), rtol=1e-9)
    np.testing.assert_allclose(near.pdf(x), (2 + x * x) ** -1.5, rtol=1e-12)
    np.testing.assert_allclose(exact.pdf(x), 0.75 * (1 + x * x / 2) ** -2.5 / np.sqrt(2), rtol=1e-12)
    assert near.var() == np.inf and exact.var() == pytest.approx(1.0)


@pytest.mark.parametrize("ddof", [0, 1])
def test_limit_by_the_law_of_the_perpetuity(ddof):
    # V is 1/Gamma(1) or 1/Gamma(2) in the limit, and M_oo normal with variance V
    x = np.array([0.3, 1.0, 3.0, 8.0])

    def integrand(g, level):
        return 2 * stats.norm.sf(level * np.sqrt(g)) * stats.gamma.pdf(g, 2 - ddof)

    expected = [integrate.quad(integrand, 0, np.inf, args=(level,), epsabs=1e-13)[0] for level in x]
    np.testing.assert_allclose(2 * variance.mean_limit(n=5, ddof=ddof).sf(x), expected, rtol=1e-8)


@pytest.mark.parametrize(("n", "ddof"), [(10, 1), (10, 0), (60, 1), (60, 0)])
def test_distance_to_the_limit_falls_like_one_over_n(n, ddof):
    V, mass = ends(n, n - ddof)
    x = np.linspace(0.05, 6, 120)
    gap = np.abs(exceeding(x, V, mass) - 2 * variance.mean_limit(n=n, ddof=ddof).sf(x)).max() / 2
    assert n * gap == pytest.approx(0.0490 if ddof else 0.0408, rel=0.12)


@pytest.mark.parametrize("ddof", [0, 1])
def test_limit_against_simulation(ddof):
    n, runs = 200, 2000
    run = training.simulate(
        families.Gaussian(ddof=ddof), (0.0, 1.0), n=n, generations=6000, trajectories=runs, rng=5
    )
    last, law = np.abs(run.mean[:, -1]), variance.mean_limit(n=n, ddof=ddof)
    for level in (0.5, 1.0, 3.0):
        p = 2 * law.sf(level)
        assert abs(np.mean(last > level) - p) < 5 * np.sqrt(p * (1 - p) / runs) + 0.1 / n


# ------------------------------------------------------------------------------------ the tail


@pytest.mark.parametrize(("n", "index", "constant", "near"), LEDGER)
def test_tail_of_the_ledger(n, index, constant, near):
    tail = variance.mean_tail(n=n, ddof=0)
    assert tail.index == pytest.approx(index, abs=6e-7) and tail.constant == pytest.approx(constant, abs=1e-6)
    if near:
        assert variance.mean_tail(n=n).constant == pytest.approx(near, abs=6e-9)
    assert variance.mean_tail(n=n).index == 2.0


@pytest.mark.parametrize("n", [2, 3, 4, 10, 39, 41, 1000, 10**6, 10**9])
def test_tail_in_fifty_digits(n):
    before = ctx.dps
    ctx.dps = 60
    try:
        half = arb(n - 1) / 2
        constant = 1 / (n * ((half + 1).digamma() - half.log()))
        assert variance.mean_tail(n=n).constant == pytest.approx(float(constant), rel=1e-12)
        index = arb(variance.mean_tail(n=n, ddof=0).index)

        def log_moment(s):
            return (half + s / 2).lgamma() - half.lgamma() - s / 2 * (arb(n) / 2).log()

        assert log_moment(index - 4e-12) < 0 < log_moment(index + 4e-12)
    finally:
        ctx.dps = before


@pytest.mark.parametrize(("n", "ddof"), [(5, 1), (5, 0), (20, 1), (20, 0)])
def test_tail_is_reached_by_the_law(n, ddof):
    V, mass = ends(n, n - ddof)
    index, constant = variance.mean_tail(n=n, ddof=ddof)
    x = np.array([100.0, 200.0]) if ddof else np.array([60.0, 120.0])
    found = x**index * exceeding(x, V, mass)
    np.testing.assert_allclose(found, constant, rtol=2e-2)
    assert abs(found[1] / constant - 1) < 2e-3


@pytest.mark.parametrize("n", [2, 3, 7, 25, 50, 200])
def test_the_grid(n, monkeypatch):
    alpha, shrink = (n - 1) / 2, float(np.log1p(1 / (n - 1)))
    tilt = limits._index(alpha, shrink) / 2 - 1
    y, weighted = _perpetuity.stationary(alpha, shrink, tilt)
    density = weighted * np.exp(-tilt * np.logaddexp(0, y))
    assert np.all(density > -1e-14 * density.max())
    mean = (density * np.exp(y)).sum() / density.sum()
    assert mean == pytest.approx(n - 1, rel=1e-11)  # E W = m_2/(1 - m_2), m_2 = 1 - 1/n
    s, m = 1.2, np.exp(variance.log_moment(2.4, n=n, ddof=0))
    moments = [(density * np.exp(s * values)).sum() for values in (y, np.logaddexp(0, y))]
    assert moments[0] == pytest.approx(m * moments[1], rel=1e-10)  # E W^s = m_{2s} E (1 + W)^s
    coarse = limits._constant.__wrapped__(n)
    polygamma = special.polygamma
    monkeypatch.setattr(_perpetuity.special, "polygamma", lambda m, x: polygamma(m, x) / 1.7)
    assert coarse == pytest.approx(limits._constant.__wrapped__(n), rel=1e-10)


@pytest.mark.parametrize("n", [201, 400])
def test_extrapolation_of_the_constant(n):
    assert variance.mean_tail(n=n, ddof=0).constant == pytest.approx(limits._constant.__wrapped__(n), rel=1e-9)


def test_large_samples():
    assert variance.mean_tail(n=10**9, ddof=0) == pytest.approx((4.0, 1.5), rel=1e-8)
    constants = [variance.mean_tail(n=n, ddof=0).constant for n in (190, 200, 201, 220, 1000, 10**5)]
    assert np.all(np.diff(constants) < 0)
    assert variance.mean_tail(n=1000).constant == pytest.approx(1 - 2 / 3000, abs=1e-6)


def test_speed():
    limits._constant.cache_clear()
    start = time.thread_time()
    variance.mean_tail(n=1000, ddof=0)
    assert time.thread_time() - start < 0.5
