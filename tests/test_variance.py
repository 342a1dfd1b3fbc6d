"""Gaussian theory against independent computations: other algorithms, 34-digit arithmetic, Monte Carlo."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from collapse_lib import variance
from collapse_lib.variance import _gamma_walk

SOURCES = ("paper", "bertrand", "moment", "closed")

# eps, k, n, ddof, Pr(Sigma_k > eps), by a trapezoidal rule on a vertical line in 34-digit arithmetic (mpmath)
REFERENCE = [
    (0.001, 2, 2, 1, 0.99489196189589346),
    (0.5, 3, 2, 1, 0.2860650984995828),
    (3.0, 2, 2, 1, 0.019638597443093781),
    (20.0, 7, 2, 0, 6.7690472308614802e-8),
    (1e-30, 50, 2, 1, 0.99998233925419987),
    (2.5, 3, 3, 1, 0.029963870171795059),
    (0.0001, 10, 3, 0, 0.97467661192052708),
    (0.1, 2, 10, 1, 0.99999860089539558),
    (0.1, 100, 10, 1, 0.081562030538034026),
    (0.1, 200, 10, 1, 0.0040383294371975269),
    (0.1, 100, 10, 0, 0.00016172982151685511),
    (0.1, 200, 10, 0, 3.6062744370991625e-9),
    (4.0, 2, 10, 1, 9.8528710261293379e-9),
    (50.0, 10, 10, 1, 1.3298832521252381e-11),
    (1e-08, 200, 10, 1, 0.97383849695713253),
    (1e-60, 1000, 10, 1, 1.0),
    (0.1, 5000, 10, 1, 1.4131832264088258e-61),
    (1.0, 1000, 26, 0, 4.173668159053109e-19),
    (1e-10, 3000, 100, 1, 0.97716361019995416),
    (1e-200, 100000, 100, 0, 3.7816651145374384e-131),
    (1e-14, 100000, 1000, 1, 0.005880665558402202),
    (0.95, 100000, 1000000, 1, 0.50230756093397907),
    (1.003, 2, 1000000, 1, 0.0013595164350603794),
    (0.995, 3, 1000000, 0, 0.99997825682155421),
]


def log_gap(s: float, n: int, ddof: int) -> float:
    """ln m_s by ln Gamma."""
    nu = n - 1
    return float(special.gammaln((nu + s) / 2) - special.gammaln(nu / 2) + s / 2 * np.log(2 / (n - ddof)))


def lugannani_rice(eps: float, k: int, n: int, ddof: int) -> float:
    nu, scale = n - 1, 2 / (n - ddof)

    def slope(s: float) -> float:
        return k / 2 * (special.digamma((nu + s) / 2) + np.log(scale)) - np.log(eps)

    s = optimize.brentq(slope, -nu + 1e-9, 1e6, xtol=1e-13)
    w = np.sign(s) * np.sqrt(2 * (s * np.log(eps) - k * log_gap(s, n, ddof)))
    u = s * np.sqrt(k / 4 * special.polygamma(1, (nu + s) / 2))
    return stats.norm.sf(w) + stats.norm.pdf(w) * (1 / u - 1 / w)


# ------------------------------------------------------------------------------------ the exact law


@pytest.mark.parametrize(("eps", "k", "n", "ddof", "expected"), REFERENCE)
def test_survival_against_multiprecision(eps, k, n, ddof, expected):
    value = variance.survival(eps, k=k, n=n, ddof=ddof)
    assert abs(value - expected) < 1e-13
    assert value == pytest.approx(expected, rel=1e-11, abs=0)


@pytest.mark.parametrize("n", [2, 3, 10, 1000, 10**6])  # at n = 10^9 scipy's chi-square law is off by 1e-6
@pytest.mark.parametrize("ddof", [0, 1])
def test_survival_of_one_generation_is_chi_square(n, ddof):
    eps = np.exp(np.linspace(-15, 10, 201) * np.sqrt(special.polygamma(1, (n - 1) / 2)) / 2)
    expected = stats.chi2.sf((n - ddof) * eps**2, n - 1)
    np.testing.assert_allclose(variance.survival(eps, k=1, n=n, ddof=ddof), expected, rtol=1e-7, atol=1e-300)


@pytest.mark.parametrize("ddof", [0, 1])
def test_survival_of_two_generations_with_three_samples_is_a_bessel_function(ddof):
    eps = np.geomspace(1e-6, 15, 60)
    root = 2 * np.sqrt((eps * (3 - ddof) / 2) ** 2)  # C/2 is exponential, so C_1 C_2 / 4 is a product of two
    expected = root * special.k1(root)
    np.testing.assert_allclose(variance.survival(eps, k=2, n=3, ddof=ddof), expected, rtol=1e-11)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 40])
def test_survival_of_two_generations_by_quadrature(n):
    nu = n - 1
    for eps in (1e-4, 0.03, 0.4, 1.0, 1.7, 3.0):

        def integrand(v):  # C_1 = e^v
            return stats.chi2.pdf(np.exp(v), nu) * np.exp(v) * stats.chi2.sf(nu**2 * eps**2 * np.exp(-v), nu)

        parts = [integrate.quad(integrand, a, a + 10, epsabs=1e-14)[0] for a in np.arange(-70, 10, 10)]
        assert variance.survival(eps, k=2, n=n) == pytest.approx(sum(parts), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 10, 100])
@pytest.mark.parametrize("k", [2, 3, 4, 9, 30, 31])
def test_survival_satisfies_the_recursion_over_generations(n, k):
    # Pr(Sigma_{k+1} > eps) = int Pr(Sigma_k > eps e^{-x}) f(x) dx, f the density of ln(Sigma_1)
    nu = n - 1
    sd = np.sqrt(special.polygamma(1, nu / 2)) / 2
    x = np.arange(-45, 12, 0.1) * sd - variance.log_rate(n=n)
    half = nu / 2 * np.exp(2 * x)
    density = 2 * np.exp(nu / 2 * np.log(half) - half - special.gammaln(nu / 2))
    levels = np.exp(-k * variance.log_rate(n=n) + np.array([-4, -2, -1, 0, 1, 2.5, 5]) * sd * np.sqrt(k))
    before = variance.survival(levels[:, None] * np.exp(-x), k=k, n=n)
    expected = (before * density).sum(axis=1) * 0.1 * sd
    np.testing.assert_allclose(variance.survival(levels, k=k + 1, n=n), expected, rtol=1e-10, atol=1e-12)


def test_survival_figures_of_the_ledger():
    assert variance.survival(0.1, k=[100, 200], n=10) == pytest.approx([0.0815620, 0.00403833], rel=2e-6)
    exact_ml = variance.survival(0.1, k=[100, 200], n=10, ddof=0)
    assert exact_ml == pytest.approx([1.6173e-4, 3.6063e-9], rel=2e-5)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("k", [50, 200, 1000, 5000])
def test_deep_tails_against_lugannani_rice(ddof, k):
    value = variance.survival(0.1, k=k, n=10, ddof=ddof)
    assert value == pytest.approx(lugannani_rice(0.1, k, 10, ddof), rel=1e-4, abs=0)


@pytest.mark.parametrize("n", [2, 3, 4, 10, 25, 26, 100, 10**4, 10**6, 10**9])
@pytest.mark.parametrize("k", [2, 3, 10, 200, 10**5])
def test_more_nodes_change_nothing(n, k, monkeypatch):
    centre = -k * variance.log_rate(n=n)
    sd = np.sqrt(k * special.polygamma(1, (n - 1) / 2)) / 2
    x = centre + sd * np.r_[np.linspace(-12, 12, 61), 20, 30]
    arguments = x, np.full(x.size, float(k)), (n - 1) / 2, 0.0
    above, below, density = _gamma_walk.law(*arguments)
    monkeypatch.setattr(_gamma_walk, "_NODES", 500)
    fine = _gamma_walk.law(*arguments)
    np.testing.assert_allclose(above, fine[0], rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(below, fine[1], rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(density, fine[2], rtol=1e-11, atol=1e-300)
    assert np.all(np.diff(above) <= 1e-12)


@pytest.mark.parametrize(("k", "ddof", "extra"), [(100, 1, 1), (200, 1, 1), (100, 0, 2), (200, 0, 2)])
def test_survival_against_importance_sampling(k, ddof, extra):
    # adding degrees of freedom changes the measure: Pr(Sigma > eps) = m_s^k E_{nu+s}[Sigma^{-s}; Sigma > eps]
    n, eps, runs = 10, 0.1, 20_000
    rng = np.random.default_rng(7)
    log_sd = np.zeros(runs)
    for _ in range(k):
        log_sd += np.log(rng.chisquare(n - 1 + extra, runs) / (n - ddof)) / 2
    weights = np.where(log_sd > np.log(eps), np.exp(k * log_gap(extra, n, ddof) - extra * log_sd), 0)
    error = weights.std() / np.sqrt(runs)
    assert abs(weights.mean() - variance.survival(eps, k=k, n=n, ddof=ddof)) < 5 * error
    assert error < 0.05 * weights.mean()


def test_survival_broadcasts_and_keeps_shapes():
    k = np.arange(6).reshape(2, 3)
    grid = variance.survival([[[0.5]], [[0.1]]], k=k, n=5)
    assert grid.shape == (2, 2, 3)
    for index in np.ndindex(grid.shape):
        single = variance.survival((0.5, 0.1)[index[0]], k=int(k[index[1:]]), n=5)
        assert np.ndim(single) == 0
        assert single == pytest.approx(grid[index], rel=1e-14)
    assert variance.survival([0.5, 1.0, 2.0], k=0, n=5).tolist() == [1.0, 0.0, 0.0]


def test_more_rows_than_one_block():
    eps = np.geomspace(1e-3, 3, 5000)
    values = variance.survival(eps, k=7, n=4)
    for j in (0, 2047, 2048, 4999):
        assert values[j] == pytest.approx(variance.survival(eps[j], k=7, n=4), rel=1e-13)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [2, 10, 10**6, 10**9])
@pytest.mark.parametrize("sigma0", [1e-300, 1.0, 1e300])
def test_extreme_arguments(n, sigma0):
    eps = np.array([5e-324, 1e-300, 1e-10, 0.999999, 1, 1.0000001, 1e3, 1e100, 1.7e308])[:, None]
    k = np.array([0, 1, 2, 5, 1000, 10**6, 10**9])
    for ddof in (0, 1):
        exact = variance.survival(eps, k=k, n=n, ddof=ddof, sigma0=sigma0)
        assert np.all((exact >= 0) & (exact <= 1)) and np.all(np.diff(exact, axis=0) <= 1e-12)
        for source in SOURCES:
            bound = variance.survival_bound(eps, k=k, n=n, ddof=ddof, sigma0=sigma0, source=source)
            assert np.all(exact <= bound * (1 + 1e-9)) and np.all(bound <= 1)


def test_speed():
    k = np.arange(1, 201)
    times = []
    for _ in range(30):
        start = time.thread_time()
        variance.survival(0.1, k=k, n=10)
        times.append(time.thread_time() - start)
    assert min(times) < 0.020


# ------------------------------------------------------------------------------------ quantiles


@pytest.mark.parametrize("n", [2, 3, 10, 10**3, 10**6])
@pytest.mark.parametrize("ddof", [0, 1])
def test_quantile_inverts_survival(n, ddof):
    u = np.array([1e-12, 1e-3, 0.25, 0.5, 0.75, 0.999])
    k = np.array([1, 2, 3, 10, 100])[:, None]
    level = variance.quantile(u, k=k, n=n, ddof=ddof, sigma0=3.0)
    assert np.all(np.diff(level, axis=1) > 0)
    above = variance.survival(level, k=k, n=n, ddof=ddof, sigma0=3.0)
    np.testing.assert_allclose(above, np.broadcast_to(1 - u, above.shape), rtol=1e-9)


def test_median():
    k = np.arange(0, 60)
    centre = variance.median(k=k, n=10, sigma0=2.0)
    assert centre[0] == 2.0
    np.testing.assert_array_equal(centre, variance.quantile(0.5, k=k, n=10, sigma0=2.0))
    np.testing.assert_allclose(variance.survival(centre[1:], k=k[1:], n=10, sigma0=2.0), 0.5, rtol=1e-12)
    assert variance.median(k=1, n=10) == pytest.approx(np.sqrt(stats.chi2.median(9) / 9), rel=1e-13)
    assert variance.median(k=10**6, n=2) == 0.0  # below the smallest float
    far = variance.median(k=2000, n=100)
    assert far == pytest.approx(np.exp(-2000 * variance.log_rate(n=100)), rel=2e-3)


def test_extreme_quantiles():
    u = np.array([1e-15, 1e-9, 1 - 1e-9, 1 - 1e-15])
    for n in (2, 5, 30, 100, 10**6):
        for k in (1, 2, 40, 10**4):
            x = _gamma_walk.log_quantile(u, np.full(4, float(k)), (n - 1) / 2, 0.0)
            above, below, _ = _gamma_walk.law(x, np.full(4, float(k)), (n - 1) / 2, 0.0)
            np.testing.assert_allclose(below[:2], u[:2], rtol=1e-9)
            np.testing.assert_allclose(above[2:], 1 - u[2:], rtol=1e-9)


# ------------------------------------------------------------------------------------ moments and rates


@pytest.mark.parametrize("n", [2, 3, 10, 200])
@pytest.mark.parametrize("ddof", [0, 1])
def test_moment_by_quadrature(n, ddof):
    for s in (-0.5, 0.5, 1.0, 2.0, 3.7):

        def integrand(v):  # (C/D)^{s/2} at C = e^v
            return np.exp(s / 2 * (v - np.log(n - ddof)) + v) * stats.chi2.pdf(np.exp(v), n - 1)

        value = sum(integrate.quad(integrand, a, a + 10)[0] for a in np.arange(-150, 10, 10))
        assert variance.moment(s, k=1, n=n, ddof=ddof) == pytest.approx(value, rel=1e-8)
        later = variance.moment(s, k=3, n=n, ddof=ddof, sigma0=2.0)
        assert later == pytest.approx(2.0**s * value**3, rel=1e-8)


@pytest.mark.parametrize("n", [2, 3, 10, 1000, 10**6, 10**9])
def test_moments_known_in_closed_form(n):
    k = np.array([0, 1, 10, 10**5])
    np.testing.assert_allclose(variance.moment(2, k=k, n=n), 1, rtol=1e-10)  # unbiased variance: a martingale
    np.testing.assert_allclose(variance.moment(2, k=k, n=n, ddof=0), np.exp(k * np.log1p(-1 / n)), rtol=1e-10)
    np.testing.assert_allclose(variance.moment(0, k=k, n=n), 1, rtol=0)
    fourth = np.log((n + 1) / (n - 1))  # E C^2 = (n-1)(n+1)
    assert variance.log_moment(4, n=n) == pytest.approx(fourth, rel=1e-9 if n < 10**6 else 1e-6)
    if n > 3:
        inverse = np.log((n - 1) / (n - 3))
        assert variance.log_moment(-2, n=n) == pytest.approx(inverse, rel=1e-9 if n < 10**6 else 1e-6)


def test_survival_integrates_to_the_moment():
    # E Sigma_k^s = int_0^inf s eps^{s-1} Pr(Sigma_k > eps) d eps
    for n, k, s in ((2, 3, 1.0), (3, 2, 2.0), (10, 50, 1.0), (10, 50, 0.7), (100, 100, 3.0)):
        x = np.arange(-45, 15, 0.04)
        value = (s * np.exp(s * x) * variance.survival(np.exp(x), k=k, n=n)).sum() * 0.04
        assert value == pytest.approx(variance.moment(s, k=k, n=n), rel=1e-9)


def test_moment_out_of_float_range():
    assert variance.moment(500, k=10**5, n=3) == np.inf
    assert variance.moment(1, k=10**9, n=3) == 0.0


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 3, 10, 39, 40, 41, 42, 300])
def test_log_rate(n, ddof):
    expected = -(special.digamma((n - 1) / 2) + np.log(2 / (n - ddof))) / 2
    assert variance.log_rate(n=n, ddof=ddof) == pytest.approx(expected, rel=1e-12)
    slope = (variance.log_moment(1e-6, n=n, ddof=ddof) - variance.log_moment(-1e-6, n=n, ddof=ddof)) / 2e-6
    assert variance.log_rate(n=n, ddof=ddof) == pytest.approx(-slope, rel=1e-9)


def test_rates_of_the_ledger():
    for ddof, expected in ((1, [0.027721, 0.057603, 0.027731]), (0, [0.080402, 0.110283, 0.105367])):
        rates = variance.log_rate(n=10, ddof=ddof), variance.tail_rate(n=10, ddof=ddof)
        assert [-variance.log_moment(1, n=10, ddof=ddof), *rates] == pytest.approx(expected, abs=5e-7)
    n = 10**6
    assert variance.log_rate(n=n) == pytest.approx(1 / (2 * (n - 1)) + 1 / (6 * (n - 1) ** 2), rel=1e-14)
    assert variance.tail_rate(n=n) * 4 * n == pytest.approx(1, rel=1e-5)
    assert variance.tail_rate(n=n, ddof=0) * n == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_tail_rate_is_the_least_moment(n, ddof):
    least = optimize.minimize_scalar(lambda s: log_gap(s, n, ddof), bounds=(0, 4), method="bounded")
    assert variance.tail_rate(n=n, ddof=ddof) == pytest.approx(-least.fun, rel=1e-9)
    k = np.array([200, 400]) * n
    decay = -np.diff(np.log(variance.survival(0.1, k=k, n=n, ddof=ddof)))[0] / (k[1] - k[0])
    assert decay == pytest.approx(variance.tail_rate(n=n, ddof=ddof), rel=0.02)


# ------------------------------------------------------------------------------------ bounds


def test_bounds_by_their_formulas():
    n, k, eps, sigma0 = 10, 171, 0.2, 2.0
    log_ratio = np.log(sigma0 / eps)
    expected = {
        "paper": np.exp(log_ratio - k / 39),
        "bertrand": np.exp(log_ratio + k * log_gap(1, n, 1)),
        "closed": np.exp(-((2 * k - 37 * log_ratio) ** 2) / (4 * 37 * k)),
        "moment": np.exp(optimize.minimize_scalar(lambda s: s * log_ratio + k * log_gap(s, n, 1)).fun),
    }
    for source, value in expected.items():
        bound = variance.survival_bound(eps, k=k, n=n, sigma0=sigma0, source=source)
        assert bound == pytest.approx(value, rel=1e-10)
    default = variance.survival_bound(eps, k=k, n=n, sigma0=sigma0)
    assert default == pytest.approx(expected["paper"], rel=1e-14)
    closed = variance.survival_bound(0.1, k=93, n=10, ddof=0, source="closed")
    assert closed == pytest.approx(np.exp(-((93 - 10 * np.log(10)) ** 2) / 930), rel=1e-12)
    assert closed == pytest.approx(0.00517, abs=5e-6)


def test_bounds_are_one_where_they_say_nothing():
    assert variance.survival_bound(0.1, k=0, n=10) == 1.0
    assert variance.survival_bound(0.1, k=42, n=10, source="closed") == 1.0  # (4n-3)L/2 = 42.6
    assert variance.survival_bound(0.1, k=43, n=10, source="closed") < 1.0
    assert variance.survival_bound(0.1, k=23, n=10, ddof=0, source="closed") == 1.0  # nL = 23.03
    assert variance.survival_bound(0.1, k=24, n=10, ddof=0, source="closed") < 1.0


@pytest.mark.parametrize("n", [2, 3, 10, 100])
@pytest.mark.parametrize("ddof", [0, 1])
def test_order_of_the_bounds(n, ddof):
    eps = np.array([1e-10, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 10.0])[:, None]
    k = np.unique(np.geomspace(1, 2000 * n, 60).astype(int))
    k = np.r_[0, k]
    exact = variance.survival(eps, k=k, n=n, ddof=ddof)
    bound = {s: variance.survival_bound(eps, k=k, n=n, ddof=ddof, source=s) for s in SOURCES}
    tolerance = 1 + 1e-9
    assert np.all(exact <= bound["moment"] * tolerance)
    assert np.all(bound["moment"] <= np.minimum(bound["closed"], bound["bertrand"]) * tolerance)
    assert np.all(np.maximum(bound["closed"], bound["bertrand"]) <= bound["paper"] * tolerance)


def test_inequalities_behind_the_closed_bounds():
    s = np.linspace(0, 2, 81)
    for n in [*range(2, 60), 100, 1000, 10**4]:
        assert np.all(variance.log_moment(s, n=n) <= -s * (2 - s) / (4 * (n - 1) + s) + 1e-15)
        assert np.all(variance.log_moment(s, n=n, ddof=0) <= -s * (4 - s) / (4 * n) + 1e-15)
        mean = -variance.log_moment(1, n=n)
        assert 1 / (4 * n - 3) < mean <= 1 / (4 * n - 4)
        assert 1 / (4 * n - 3.57) < mean


@pytest.mark.parametrize(("n", "ddof"), [(2, 1), (3, 0), (10, 1), (10, 0)])
def test_first_passage_by_simulation(n, ddof):
    rng = np.random.default_rng(3)
    runs, eps = 20_000, 0.1
    log_sd, first, alive, k = np.zeros(runs), np.zeros(runs), np.arange(runs), 0
    while alive.size:
        k += 1
        log_sd[alive] += np.log(rng.chisquare(n - 1, alive.size) / (n - ddof)) / 2
        arrived = log_sd[alive] <= np.log(eps)
        first[alive[arrived]] = k
        alive = alive[~arrived]
    lower, upper = variance.expected_first_passage_bounds(2 * eps, n=n, ddof=ddof, sigma0=2.0)
    error = first.std() / np.sqrt(runs)
    assert lower - 5 * error < first.mean() < upper + 5 * error
    assert upper - lower < 0.2 * lower


@pytest.mark.parametrize("n", [2, 5, 100, 10**6])
@pytest.mark.parametrize("ddof", [0, 1])
def test_first_passage_bounds_around_wald_and_lorden(n, ddof):
    rate = variance.log_rate(n=n, ddof=ddof)
    spread = special.polygamma(1, (n - 1) / 2) / 4
    for eps in (1e-300, 0.1, 0.999):
        lower, upper = variance.expected_first_passage_bounds(eps, n=n, ddof=ddof)
        assert -np.log(eps) / rate < lower < upper < (-np.log(eps) + (spread + rate**2) / rate) / rate
    assert variance.expected_first_passage_bounds(1.0, n=n, ddof=ddof) == (0.0, 0.0)
    assert variance.expected_first_passage_bounds(3.0, n=n, ddof=ddof, sigma0=2.0) == (0.0, 0.0)


def test_first_passage_is_below_the_sum_of_survival():
    # T > k implies Sigma_k > eps, so E T <= sum over k of Pr(Sigma_k > eps)
    for ddof in (0, 1):
        total = variance.survival(0.1, k=np.arange(2000), n=10, ddof=ddof).sum()
        assert variance.expected_first_passage_bounds(0.1, n=10, ddof=ddof)[0] < total


# ------------------------------------------------------------------------------------ properties

levels = st.floats(1e-12, 1e3)
generations = st.integers(0, 3000)
sizes = st.integers(2, 10**6)
divisors = st.sampled_from([0, 1])


@settings(deadline=None, max_examples=60)
@given(
    eps=levels, factor=st.floats(1, 100), k=generations, n=sizes, ddof=divisors, sigma0=st.floats(1e-3, 1e3)
)
def test_survival_falls_in_eps_and_obeys_every_bound(eps, factor, k, n, ddof, sigma0):
    low, high = variance.survival([eps, eps * factor], k=k, n=n, ddof=ddof, sigma0=sigma0)
    assert 0 <= high <= low + 1e-12 <= 1 + 1e-12
    assert variance.survival(eps * 8, k=k, n=n, ddof=ddof, sigma0=sigma0 * 8) == pytest.approx(low, rel=1e-9)
    for source in SOURCES:
        bound = variance.survival_bound(eps, k=k, n=n, ddof=ddof, sigma0=sigma0, source=source)
        assert low <= bound * (1 + 1e-9) <= 1 + 1e-9
    smaller = variance.survival(eps, k=k, n=n, ddof=0, sigma0=sigma0)
    assert smaller <= variance.survival(eps, k=k, n=n, ddof=1, sigma0=sigma0) + 1e-12


@settings(deadline=None, max_examples=40)
@given(s=st.floats(-0.99, 10), t=st.floats(-0.99, 10), n=sizes, ddof=divisors)
def test_log_moment_is_convex(s, t, n, ddof):
    ends = variance.log_moment(s, n=n, ddof=ddof) + variance.log_moment(t, n=n, ddof=ddof)
    assert 2 * variance.log_moment((s + t) / 2, n=n, ddof=ddof) <= ends + 1e-12


REAL = {"wrong": ["0.1", None, 1j, True, {}], "outside": [float("nan"), float("inf"), -float("inf")]}
BAD = {
    "eps": ([*REAL["wrong"], [0.1, None]], [*REAL["outside"], 0, -1.0, [], [0.1, 0.0], [0.1, float("nan")]]),
    "sigma0": ([*REAL["wrong"], [1.0], np.ones(2)], [*REAL["outside"], 0, -1.0]),
    "k": ([1.0, "1", None, True, [1.5], float("nan"), 10**30], [-1, [1, -2], [], 10**9 + 1]),
    "n": ([10.0, "10", None, True, [10], float("nan")], [1, 0, -5, 10**9 + 1, 10**400]),
    "ddof": ([], [2, -1, True, 1.0, None, "1", [1], float("nan")]),
    "s": ([*REAL["wrong"], [1.0, None]], [*REAL["outside"], -9, -9.5, [1.0, -20.0], []]),
    "u": ([*REAL["wrong"], [0.5, None]], [*REAL["outside"], 0, 1, -0.1, 1.1, [0.5, 1.0], []]),
    "direction": ([], ["Reverse", "backward", "", None, 1, ["reverse"], float("nan")]),
    "dimension": ([3.0, "3", None, True, [3], float("nan")], [0, -1, 10**9 + 1, 10**400]),
    "order": ([1.0, "1", None, True, [1.5], float("nan"), 10**30], [-1, [1, -2], [], 1001]),
    "x": ([*REAL["wrong"], [0.5, None]], [*REAL["outside"], 0, -1.0, [1.0, 1e-13], []]),
    "ratio": ([*REAL["wrong"], [0.5], np.ones(2)], [*REAL["outside"], 0, -1.0]),
    "source": ([], ["Paper", "", None, 1, ["paper"], float("nan")]),
    "method": ([], ["Pole", "", None, 1, ["pole"], float("nan")]),
}
CALLS = {
    "survival": {"eps": 0.1, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
    "survival_bound": {"eps": 0.1, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0, "source": "paper"},
    "survival_bounds": {"eps": 0.1, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
    "survival_saddlepoint": {"eps": 0.1, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0, "method": "pole"},
    "quantile": {"u": 0.5, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
    "median": {"k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
    "moment": {"s": 1.0, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
    "log_moment": {"s": 1.0, "n": 10, "ddof": 1},
    "log_rate": {"n": 10, "ddof": 1},
    "tail_rate": {"n": 10, "ddof": 1},
    "expected_first_passage_bounds": {"eps": 0.1, "n": 10, "ddof": 1, "sigma0": 1.0},
    "wasserstein": {"k": 5, "n": 10, "ddof": 1},
    "kl": {"k": 5, "n": 10, "ddof": 1, "direction": "reverse"},
    "mean_limit": {"n": 10, "ddof": 1},
    "mean_tail": {"n": 10, "ddof": 1},
    "mixture_divisor": {"n": 10},
    "mixture_survival_bound": {"eps": 0.1, "k": 5, "n": 10, "sigma0": 1.0, "source": "paper"},
    "expected_determinant": {"k": 5, "n": 10, "dimension": 3, "ddof": 1},
    "expected_log_determinant": {"k": 5, "n": 10, "dimension": 3, "ddof": 1},
    "lyapunov_exponents": {"n": 10, "dimension": 3, "ddof": 1},
    "spectral_density": {"x": 0.5, "k": 2, "ratio": 0.5},
    "spectral_moments": {"order": 2, "k": 5, "ratio": 0.5},
    "expected_first_passage": {"eps": 0.1, "n": 10, "ddof": 1, "sigma0": 1.0},
    "expected_overshoot": {"n": 10, "ddof": 1},
    "first_passage_law": {"eps": 0.1, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
    "first_passage_survival": {"eps": 0.1, "k": 5, "n": 10, "ddof": 1, "sigma0": 1.0},
}


def test_every_public_function_is_tried():
    assert set(CALLS) == set(variance.__all__)


@pytest.mark.parametrize(("name", "argument"), [(name, a) for name, call in CALLS.items() for a in call])
def test_bad_arguments_are_named(name, argument):
    function = getattr(variance, name)
    function(**CALLS[name])
    for value in [*BAD[argument][0], *BAD[argument][1]]:
        with pytest.raises((TypeError, ValueError), match=rf"^{argument} must"):
            function(**{**CALLS[name], argument: value})


junk = st.one_of(
    st.none(), st.booleans(), st.text(max_size=3), st.complex_numbers(), st.just([]), st.just({}),
    st.floats(max_value=0), st.sampled_from([np.nan, np.inf, object(), np.array([None]), np.array(["1"])]),
)


@settings(deadline=None, max_examples=60)
@given(call=st.sampled_from([(name, a) for name in CALLS for a in CALLS[name] if a != "s"]), value=junk)
def test_junk_is_refused_by_name(call, value):
    name, argument = call
    with pytest.raises((TypeError, ValueError), match=rf"^{argument} must"):
        getattr(variance, name)(**{**CALLS[name], argument: value})


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("survival", "eps"),
        ("survival_bound", "eps"),
        ("survival_bounds", "eps"),
        ("survival_saddlepoint", "eps"),
        ("quantile", "u"),
        ("moment", "s"),
    ],
)
def test_shapes_that_do_not_broadcast(name, argument):
    with pytest.raises(ValueError, match=f"{argument} and k"):
        getattr(variance, name)(**{**CALLS[name], argument: [0.1, 0.2], "k": [1, 2, 3]})


def test_first_passage_takes_one_level():
    with pytest.raises(TypeError, match="eps"):
        variance.expected_first_passage_bounds([0.1, 0.2], n=10)


def test_arguments_are_keyword_only():
    with pytest.raises(TypeError):
        variance.survival(0.1, 5, 10)
