"""The symmetric mixture: fits against brute force and the paper's own formulas, and the loop against its laws.

Bands: five standard errors, or exact binomial intervals of error 1e-6.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, special, stats

from collapse_lib import mixture, variance
from collapse_lib.mixture import approximate_ml, joint_ml, simulate
from collapse_lib.verification import binomial_interval


def likelihood(samples: Any, mean: Any, sd: Any) -> NDArray[np.float64]:
    """Mean log-density of the mixture, from its definition."""
    x, mu, s = np.asarray(samples), np.asarray(mean)[..., None], np.asarray(sd)[..., None]
    density = np.logaddexp(-(((x - mu) / s) ** 2) / 2, -(((x + mu) / s) ** 2) / 2)
    return (density - np.log(2 * math.sqrt(2 * math.pi) * s)).mean(axis=-1)


def draws(kind: str, n: int, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Samples of many kinds, shape (size, n): from the model, heavy tails, clusters, almost equal ones."""
    normal = rng.standard_normal((size, n))
    if kind == "model":
        return rng.uniform(0, 3, (size, 1)) * rng.choice([-1, 1], (size, n)) + normal
    if kind == "cauchy":
        return rng.standard_t(1, (size, n))
    if kind == "clusters":
        return rng.choice([0.01, 0.1, 0.5, 1, 1.1, 2, 5], (size, n)) * (1 + 0.01 * normal)
    x = 1 + 10.0 ** rng.uniform(-5, -0.5, (size, 1)) * normal
    x[:, 0] *= 10.0 ** rng.uniform(-4, 1, size)
    return x


@pytest.mark.parametrize("kind", ["model", "cauchy", "clusters", "outlier"])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 7, 10, 20, 60])
def test_no_point_of_a_dense_grid_is_more_likely(kind: str, n: int) -> None:
    x = draws(kind, n, 60, np.random.default_rng(n))
    square = np.mean(x * x, axis=1)
    got = likelihood(x, *joint_ml(x))
    best = likelihood(x, 0 * square, np.sqrt(square))
    for share in np.concatenate([np.linspace(0.01, 0.99, 99), 1 - np.geomspace(1e-2, 1e-12, 31)]):
        best = np.maximum(best, likelihood(x, np.sqrt(share * square), np.sqrt((1 - share) * square)))
    assert (got - best).min() > -1e-12


@pytest.mark.parametrize("n", [2, 3, 5, 10, 15])
def test_no_root_from_a_grid_of_starts_is_more_likely(n: int) -> None:
    rng = np.random.default_rng(100 + n)
    for x in np.concatenate([draws(kind, n, 4, rng) for kind in ("model", "cauchy", "clusters")]):
        scale = math.sqrt(np.mean(x * x))

        def loss(p: NDArray[Any], x: NDArray[Any] = x) -> float:
            return -float(likelihood(x, p[0], math.exp(p[1])))

        starts = [(m * scale, math.log(s * scale)) for m in (0.05, 0.5, 1.0) for s in (0.1, 0.7)]
        found = [optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-7}) for start in starts]
        mean, sd = joint_ml(x)
        assert likelihood(x, mean, sd) >= -min(result.fun for result in found) - 1e-10


def test_two_interior_solutions() -> None:
    """Kurtosis above 3 makes 0 a maximum; another one is sometimes better, and mostly not."""
    rng = np.random.default_rng(5)
    x = rng.choice([-1, 1], (20_000, 20)) + rng.standard_normal((20_000, 20))
    x = x[np.mean(x**4, axis=1) > 3 * np.mean(x**2, axis=1) ** 2]
    mean, sd = joint_ml(x)
    assert 5 < np.count_nonzero(mean) < mean.size / 10
    x, mean, sd = x[mean > 0], mean[mean > 0], sd[mean > 0]
    assert np.all(likelihood(x, mean, sd) > likelihood(x, 0 * mean, np.sqrt(np.mean(x * x, axis=1))))


def test_stationary() -> None:
    """The equations of the paper: mu = mean x tanh(x mu/s^2), s^2 = mean x^2 - mu^2."""
    x = draws("model", 10, 2000, np.random.default_rng(6))
    mean, sd = joint_ml(x)
    np.testing.assert_allclose(np.mean(x * np.tanh(x * (mean / sd**2)[:, None]), axis=1), mean, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(mean**2 + sd**2, np.mean(x * x, axis=1), rtol=1e-13)


def test_weakly_separated_roots_keep_their_digits() -> None:
    """A kurtosis just below 3 puts the root next to 0; the exact one comes from a series in rational numbers."""
    for small in (1e-3, 1e-6, 1e-9):
        # half the mass at 1 - t, a tail at 3: solve for a kurtosis of 3 - small by the number of copies
        low, high = 0.2, 1.0
        for _ in range(200):
            middle = (low + high) / 2
            x = np.array([middle] * 6 + [0.8] * 2 + [1.9] * 2)
            low, high = (low, middle) if np.mean(x**4) / np.mean(x**2) ** 2 < 3 - small else (middle, high)
            if high - low < 1e-16:
                break
        mean, sd = joint_ml(x)
        m = [Fraction(0)] + [sum(Fraction(float(v)) ** (2 * j) for v in x) / len(x) for j in range(1, 6)]
        kurtosis, sixth = float(m[2] / m[1] ** 2), float(m[3] / m[1] ** 3)
        # (1 - m4/3) + (2 m6/15 - 2) B + O(B^2) = 0
        square = (1 - kurtosis / 3) / (2 - 2 * sixth / 15)
        assert mean / sd**2 * math.sqrt(m[1]) == pytest.approx(math.sqrt(square), rel=3 * square + 1e-6 + 1e-15 / small)


@pytest.mark.parametrize("fit", [joint_ml, approximate_ml])
def test_equivariance(fit: Any) -> None:
    rng = np.random.default_rng(7)
    x = draws("model", 8, 500, rng)
    mean, sd = fit(x)
    for factor in (2.0**-900, 2.0**800):
        scaled = fit(x * factor)
        assert np.array_equal(scaled[0], mean * factor) and np.array_equal(scaled[1], sd * factor)
    for changed in (3.7 * x, -3.7 * x, 3.7 * np.abs(x), 3.7 * x[:, ::-1]):
        np.testing.assert_allclose(fit(changed), np.multiply(3.7, (mean, sd)), rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("fit", [joint_ml, approximate_ml])
def test_shapes_and_types(fit: Any) -> None:
    x = np.random.default_rng(8).standard_normal((3, 4, 6))
    mean, sd = fit(x)
    assert mean.shape == sd.shape == (3, 4) and mean.dtype == np.float64
    one = fit(x[1, 2])
    assert isinstance(one[0], float) and one == (mean[1, 2], sd[1, 2])
    assert fit([1, -2, 4]) == fit(np.array([1.0, 2.0, 4.0]))
    untouched = x.copy()
    fit(x)
    assert np.array_equal(x, untouched)


@pytest.mark.parametrize("fit", [joint_ml, approximate_ml])
@pytest.mark.parametrize("value", [1.0, 0.1, 5e-324, 1e-300, 1.7e308])
def test_equal_absolute_values(fit: Any, value: float) -> None:
    assert fit([value]) == (value, 0.0)
    assert fit([value, -value, value]) == (value, 0.0)
    assert fit(np.full(1000, -value)) == (value, 0.0)


@pytest.mark.parametrize("fit", [joint_ml, approximate_ml])
def test_degenerate_samples(fit: Any) -> None:
    assert fit([0.0]) == (0.0, 0.0)
    assert fit(np.zeros((2, 5)))[1].tolist() == [0.0, 0.0]
    for x in ([0.0, 1.0], [0.0, 0.0, 0.0, 1e300], [1e-300, 1e300], [1e-320, 2e-320], [0.0] * 99 + [1.0]):
        mean, sd = fit(x)
        total = math.hypot(*(np.array(x) / max(x))) / math.sqrt(len(x)) * max(x)
        assert mean >= 0 and sd > 0
        assert math.hypot(mean / max(x), sd / max(x)) * max(x) == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("fit", [joint_ml, approximate_ml])
@pytest.mark.parametrize("n", [1, 2, 1000, 100_000])
def test_many_and_few(fit: Any, n: int) -> None:
    """A fit in a batch is the fit alone."""
    x = draws("model", n, 3, np.random.default_rng(n)) if n > 1 else np.ones((3, 1))
    np.testing.assert_allclose(fit(x), np.transpose([fit(row) for row in x]), rtol=1e-10)


def test_spread_far_below_the_mean() -> None:
    """The sd is that of the deviations, whose digits the samples still hold."""
    u = np.array([-1.0, 0.5, 2.0, -1.5, 0.25])
    for j in (20, 27, 34, 40):
        sd = joint_ml((1 + u * 2.0**-j) * np.array([1, -1, 1, 1, -1]))[1]
        assert sd == pytest.approx(u.std() * 2.0**-j, rel=1e-13)
    assert approximate_ml(1 + u * 2.0**-40, a=math.inf)[1] == pytest.approx(u.std() * 2.0**-40, rel=1e-11)
    assert approximate_ml(1 + u * 2.0**-40)[1] == pytest.approx(u.std() * 2.0**-40 * math.sqrt(50 / 52), rel=1e-11)


def algorithm_1(x: NDArray[Any], a_separated: float = 50.0) -> tuple[float, float]:
    """The paper's Algorithm 1 as it stands, in exact fractions but for the exponential and the roots."""
    y = [abs(Fraction(float(value))) for value in x]
    n, eta = len(y), 2
    m1, m2 = sum(y) / n, sum(value**2 for value in y) / n
    c = Fraction((eta - 1) * ((n - 1) + 8 * eta), 2 * eta * (n - 1) * (n + 4 * eta - 1))
    kappa = Fraction(math.expm1(float(c)))
    if m2 <= (1 + kappa) * m1**2:
        a = Fraction(a_separated)
    else:
        a = 2 * (1 + kappa) * m2 / (m2 - (1 + kappa) * m1**2)
    square = a * m2 * (m2 - m1**2) / (a * m1**2 + 2 * m2) if m2 <= 2 * a / (a - 2) * m1**2 else m2
    return math.sqrt(m2 - square), math.sqrt(square)


@pytest.mark.parametrize("a", [50.0, 2.5, 1e6])
@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_approximate_is_algorithm_1(n: int, a: float) -> None:
    rng = np.random.default_rng(n)
    x = np.concatenate([draws(kind, n, 100, rng) for kind in ("model", "cauchy", "clusters", "outlier")])
    mean, sd = approximate_ml(x, a=a)
    exact = np.array([algorithm_1(row, a) for row in x])
    size = np.sqrt(np.mean(x * x, axis=1))
    np.testing.assert_allclose(sd, exact[:, 1], rtol=1e-12)
    np.testing.assert_allclose((mean / size) ** 2, (exact[:, 0] / size) ** 2, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("fit", [joint_ml, approximate_ml])
@pytest.mark.parametrize("bad", [[], [1.0, math.nan], [math.inf], 3.0, np.empty((2, 0))])
def test_bad_samples(fit: Any, bad: Any) -> None:
    with pytest.raises(ValueError, match="samples must"):
        fit(bad)


def test_bad_arguments() -> None:
    with pytest.raises(TypeError, match="samples must"):
        joint_ml(["1"])
    for a in (2.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="a must be"):
            approximate_ml([1.0, 2.0], a=a)
    good: dict[str, Any] = {"n": 5, "generations": 2, "rng": 1}
    for start in ((-1.0, 1.0), (0.0, 0.0), (0.0, -1.0), (math.inf, 1.0), (0.0, 1e141)):
        with pytest.raises(ValueError, match="mean must|sd must"):
            simulate(*start, **good)
    for name, value in (("n", 0), ("n", 10**8), ("n", [5, 5, 5]), ("generations", 0), ("trajectories", 0), ("trajectories", 10**30), ("generations", 10**30), ("rng", -1),
                        ("estimator", "ml"), ("a", 2.0)):
        with pytest.raises(ValueError, match=f"{name} must"):
            simulate(0.0, 1.0, **{**good, name: value})
    for name, value in (("n", 2.5), ("generations", 1.0), ("rng", None), ("n", True)):
        with pytest.raises(TypeError, match=f"{name} must"):
            simulate(0.0, 1.0, **{**good, name: value})


@pytest.mark.parametrize("estimator", ["joint", "approximate"])
def test_run(estimator: Any) -> None:
    run = simulate(1.0, 2.0, n=[4, 6, 5], generations=3, trajectories=7, estimator=estimator, rng=3)
    assert run.mean.shape == run.sd.shape == (7, 4) and run.n == (4, 6, 5) and run.estimator == estimator
    assert np.all(run.mean[:, 0] == 1) and np.all(run.sd[:, 0] == 2) and np.all(run.mean >= 0)
    rng = np.random.default_rng(3)
    again = simulate(1.0, 2.0, n=[4, 6, 5], generations=3, trajectories=7, estimator=estimator, rng=rng)
    assert np.array_equal(run.sd, again.sd)
    assert simulate(0.0, 1.0, n=3, generations=2, rng=1).sd.shape == (1, 3)
    assert simulate(1.0, 1.0, n=1, generations=2, rng=1, estimator=estimator).sd.tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize("estimator", ["joint", "approximate"])
def test_one_generation_has_the_law_of_a_fit_to_drawn_samples(estimator: Any) -> None:
    """The simulator never draws a component; here they are drawn."""
    rng, trials = np.random.default_rng(4), 40_000
    fit = joint_ml if estimator == "joint" else approximate_ml
    for mean, n in ((0.0, 5), (1.0, 10), (3.0, 4)):
        x = mean * rng.choice([-1.0, 1.0], (trials, n)) + rng.standard_normal((trials, n))
        run = simulate(mean, 1.0, n=n, generations=1, trajectories=trials, estimator=estimator, rng=rng)
        for one, other in zip(fit(x), (run.mean[:, 1], run.sd[:, 1]), strict=True):
            for f in (np.asarray, np.square, lambda y: y < 1):
                one_f, other_f = np.asarray(f(one), float), np.asarray(f(other), float)
                error = math.sqrt((one_f.var() + other_f.var()) / trials)
                assert abs(one_f.mean() - other_f.mean()) < 5 * error + 1e-12


def test_two_samples_by_integration() -> None:
    """n = 2, mean 0: joint ML puts the mean at the root of one equation; E sd by integration over the angle."""
    angles = (np.arange(4000) + 0.5) * np.pi / 8000  # |x| = radius (cos, sin), uniform on the first quadrant
    radius = math.sqrt(np.pi / 2)  # mean of a Rayleigh variable
    pairs = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    for name, fit in (("joint", joint_ml), ("approximate", approximate_ml)):
        run = simulate(0.0, 1.0, n=2, generations=1, trajectories=100_000, estimator=name, rng=9).sd[:, 1]
        assert abs(run.mean() - radius * fit(pairs)[1].mean()) < 5 * run.std() / math.sqrt(run.size)


@pytest.mark.parametrize("estimator", ["joint", "approximate"])
def test_second_moment_is_a_martingale(estimator: Any) -> None:
    run = simulate(1.0, 1.0, n=20, generations=3, trajectories=40_000, estimator=estimator, rng=10)
    second = run.mean[:, 1:] ** 2 + run.sd[:, 1:] ** 2
    assert np.all(np.abs(second.mean(axis=0) - 2) < 5 * second.std(axis=0) / math.sqrt(len(second)))


@pytest.mark.parametrize("a", [2.01, 50.0, math.inf])
@pytest.mark.parametrize(("n", "start"), [(2, 0.0), (5, 1.0), (10, 1.0), (30, 2.0), (100, 0.5)])
def test_domination_path_by_path(n: int, start: float, a: float) -> None:
    """Sigma_k^2 <= product of C_j/(n e^-c), C_j the scatter of the unfolded normal variables; from the samples."""
    rng = np.random.default_rng(n)
    divisor = n * math.exp(-(n + 15) / (4 * (n - 1) * (n + 7)))
    assert n - 1 < divisor < n and variance.mixture_divisor(n) == pytest.approx(divisor, rel=1e-14)
    mean, sd, above = np.full(500, start), np.ones(500), np.ones(500)
    for _ in range(60):
        w = rng.standard_normal((500, n))
        above *= w.var(axis=1) * n / divisor
        mean, sd = approximate_ml(mean[:, None] + sd[:, None] * w, a=a)
        assert np.all(sd**2 <= above * (1 + 1e-9))


def test_sd_keeps_falling_below_the_rounding_of_the_mean() -> None:
    """Deep in the collapse the joint fit is the Gaussian loop with divisor n: its rate, and no run stuck."""
    run = simulate(1.0, 1e-3, n=5, generations=2000, trajectories=200, rng=11)
    rate = variance.log_rate(n=5, ddof=0)
    steps = -np.diff(np.log(run.sd), axis=1).ravel()
    assert abs(steps.mean() - rate) < 5 * steps.std() / math.sqrt(steps.size)
    assert 0 < run.sd[:, -1].max() < 1e-150


def test_sd_zero_is_absorbing_and_never_nan() -> None:
    for estimator in ("joint", "approximate"):
        run = simulate(1.0, 1.0, n=3, generations=3000, trajectories=20, rng=12, estimator=estimator)
        assert np.all(np.isfinite(run.sd)) and np.all(np.isfinite(run.mean)) and np.all(run.sd[:, -1] == 0)


def test_bounds_hold_in_simulation_and_are_ordered() -> None:
    k, trials = np.array([20, 40, 60]), 20_000
    run = simulate(1.0, 1.0, n=10, generations=60, trajectories=trials, estimator="approximate", rng=13)
    low, _ = binomial_interval((run.sd[:, k] > 0.1).sum(axis=0), trials)
    sources = ("paper", "dominated", "mean", "closed")
    bound = {source: variance.mixture_survival_bound(0.1, k=k, n=10, source=source) for source in sources}
    assert np.all(low < bound["dominated"])
    assert np.all(bound["dominated"] <= bound["closed"]) and np.all(bound["closed"] <= bound["mean"])
    assert np.all(bound["mean"] <= bound["paper"])


@pytest.mark.parametrize("n", [2, 3, 5, 6, 10, 1000])
def test_bound_formulas(n: int) -> None:
    eps, k = np.array([0.01, 0.5, 1.0, 2.0])[:, None], np.array([0, 1, 3 * n, 40 * n])
    level, c = np.log(1 / eps), (n + 15) / (4 * (n - 1) * (n + 7))
    paper = np.minimum(1, np.exp(level - k / (4 * n)))
    mean = np.minimum(1, np.exp(level - k / (2 * n)))
    orders = np.linspace(0, 1.5, 30_001)[:, None, None]
    least = np.exp(np.minimum(0, (orders * level - k * orders * (3 - orders) / (4 * n)).min(axis=0)))
    closed = np.where(eps <= 1, least, mean) if n >= 6 else mean
    for source, formula in (("paper", paper), ("mean", mean), ("closed", closed)):
        np.testing.assert_allclose(variance.mixture_survival_bound(eps, k=k, n=n, source=source), formula, rtol=1e-6)
    one = variance.mixture_survival_bound(eps[:, 0], k=1, n=n, source="dominated")
    np.testing.assert_allclose(one, stats.chi2(n - 1).sf(eps[:, 0] ** 2 * n * np.exp(-c)), rtol=1e-9)
    assert variance.mixture_survival_bound(0.5, k=7, n=n, sigma0=2.0) == pytest.approx(
        variance.mixture_survival_bound(0.25, k=7, n=n), rel=1e-12
    )


def test_mean_factor() -> None:
    """e^{c/2} m_1 <= e^{-1/(2n)}, n = 2 to 2,000, from Gamma functions."""
    n = np.arange(2, 2001)
    c = (n + 15) / (4 * (n - 1) * (n + 7))
    log = c / 2 + special.gammaln(n / 2) - special.gammaln((n - 1) / 2) + np.log(2 / n) / 2
    assert np.all(n * log < -0.5) and (n * log).max() == pytest.approx(-0.5996, abs=5e-5)


def test_joint_ml_breaks_the_one_step_inequality() -> None:
    """n = 100, mean 0.9: E sd > 1 > exp(-1/(4n)), beyond five standard errors."""
    sd = simulate(0.9, 1.0, n=100, generations=1, trajectories=20_000, rng=14).sd[:, 1]
    assert sd.mean() - 5 * sd.std() / math.sqrt(sd.size) > 1


def test_large_sample_is_consistent() -> None:
    rng = np.random.default_rng(15)
    mean, sd = joint_ml(1.5 * rng.choice([-1, 1], 10**6) + rng.standard_normal(10**6))
    assert mean == pytest.approx(1.5, abs=0.01) and sd == pytest.approx(1.0, abs=0.01)


def test_integrated_mean_of_the_fold() -> None:
    """E v of the folded normal law is below sigma^2 (n-1)/n: folding contracts."""
    for mu in (0.0, 0.5, 1.0, 3.0):
        first = integrate.quad(lambda x: abs(x) * stats.norm.pdf(x, mu), -12, 15, points=[0])[0]
        assert 1 + mu**2 - first**2 <= 1 + 1e-12
        run = mixture.simulate(mu, 1.0, n=2, generations=1, trajectories=20_000, rng=17, estimator="approximate")
        square, most = run.sd[:, 1] ** 2, math.exp(17 / 36) * (1 + mu**2 - first**2) / 2
        assert square.mean() < most + 5 * square.std() / math.sqrt(square.size)
