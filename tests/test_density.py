"""The loops of densities: moments against enumerated ancestries and matrices, laws against quadrature, runs at 5 se."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from collapse_lib import density
from collapse_lib.density import Bumps, simulate

TWO = Bumps((-1, 2), (0.4, 0.6), (0.7, 0.3))
SEEDS = range(3)


def close(samples: Any, exact: Any) -> None:
    """Require the mean over axis 0 to lie within five standard errors of the exact one."""
    samples = np.asarray(samples)
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    assert (np.abs(samples.mean(axis=0) - exact) < 5 * error).all()


def families(n: int, k: int, blur: float, sigma0: float, share: float = 0.0) -> tuple[float, float]:
    """Mean variance and variance of the mean of the n points of generation k, over all ways to choose parents."""
    points = sigma0**2 * np.eye(n)  # their covariance; the mean of the truth is 0
    for _ in range(k - 1):
        total = np.zeros((n, n))
        for parents in itertools.product(range(-1, n), repeat=n):
            chosen = np.array(parents)
            weight = math.prod(share if j < 0 else (1 - share) / n for j in parents)
            both = (chosen >= 0)[:, None] & (chosen >= 0)
            diagonal = np.where(chosen >= 0, blur, sigma0**2)
            total += weight * (np.where(both, points[np.ix_(chosen, chosen)], 0.0) + np.diag(diagonal))
        points = total
    return float(np.trace(points) / n - points.sum() / n**2), float(points.sum() / n**2)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("h", [0.0, 0.7])
def test_a_fixed_bandwidth_against_all_families(n: int, h: float) -> None:
    for k in range(1, 6):
        variance, drift = families(n, k, h**2, 1.3)
        assert density.kernel_variance(k, n=n, bandwidth=h, sigma0=1.3) == pytest.approx(variance + h**2, rel=1e-12)
        assert density.kernel_drift(k, n=n, bandwidth=h, sigma0=1.3) == pytest.approx(drift, rel=1e-12)
    far = np.array([0, 10**9])
    assert density.kernel_variance(far, n=n, bandwidth=h, sigma0=1.3) == pytest.approx([1.69, n * h**2], abs=1e-12)
    assert density.kernel_variance(n=n, bandwidth=h) == n * h * h


def central(n: int) -> tuple[float, float]:
    """Stationary E V and E V^2 of the model's variance for h = 1, from the joint law of two and of three pairs."""
    q = 1 - 1 / n
    v, v2, fourth = 1.0, 1.0, 3.0
    for _ in range(60 * n):
        s2 = q * q * v2 + (n - 1) ** 2 / n**3 * fourth - (n - 1) * (n - 3) / n**3 * v2
        m4 = (n - 1) / n**3 * ((n * n - 3 * n + 3) * fourth + 3 * (2 * n - 3) * v2)
        v, v2, fourth = q * v + 1, s2 + 2 * q * v + 1, m4 + 6 * q * v + 3
    return v, v2


@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_the_fluctuation_is_that_of_the_recursion(n: int) -> None:
    v, v2 = central(n)
    assert v == pytest.approx(n, rel=1e-12)
    assert density.kernel_fluctuation(n=n) == pytest.approx(v2 / v**2 - 1, rel=1e-10)


def test_the_fluctuation_at_its_ends() -> None:
    assert density.kernel_fluctuation(n=1) == 0
    assert density.kernel_fluctuation(n=10**9) == pytest.approx(4 / 3, rel=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_of_a_fixed_bandwidth(seed: int) -> None:
    run = simulate(TWO, n=8, generations=60, bandwidth=0.5, rng=seed, trajectories=4000)
    sigma0, k = math.sqrt(TWO.variance), [1, 2, 10, 60]
    close(run.sd[:, k] ** 2, density.kernel_variance(k, n=8, bandwidth=0.5, sigma0=sigma0))
    close((run.mean[:, k] - TWO.mean) ** 2, density.kernel_drift(k, n=8, bandwidth=0.5, sigma0=sigma0))
    close(run.sd[:, 60] ** 4, (1 + density.kernel_fluctuation(n=8)) * (8 * 0.25) ** 2)
    assert run.points.shape == (4000, 8) and (run.bandwidth == 0.5).all()
    assert run.points.var(axis=1) + 0.25 == pytest.approx(run.sd[:, -1] ** 2)
    assert run.points.mean(axis=1) == pytest.approx(run.mean[:, -1])


@pytest.mark.parametrize("rule, correction", [("ratio", "none"), ("unbiased", "unbiased"), ("sample", "sample")])
@pytest.mark.parametrize("n", [2, 12])
def test_runs_of_the_rules(rule: str, correction: str, n: int) -> None:
    ratio, k = density.silverman(n=n) / 2, [0, 1, 2, 4]
    run = simulate(TWO, n=n, generations=4, bandwidth=ratio, rng=n, trajectories=40_000, rule=rule)
    exact = density.rule_variance(k, n=n, ratio=ratio, correction=correction, sigma0=math.sqrt(TWO.variance))
    close(run.sd[:, k[1:]] ** 2, exact[1:])
    assert run.sd[:, 0] ** 2 == pytest.approx(exact[0])
    kernels = run.points.var(axis=1) + run.bandwidth**2
    assert np.sqrt(kernels) == pytest.approx(run.sd[:, -1], rel=1e-10)


def test_the_rule_of_thumb() -> None:
    x = np.random.default_rng(1).normal(size=50)
    kde = stats.gaussian_kde(x, "silverman")
    assert density.silverman(n=50) == pytest.approx(kde.factor)
    mean_variance = density.rule_variance(1, n=50, ratio=kde.factor, sigma0=1.0)
    assert kde.covariance[0, 0] + x.var() == pytest.approx(mean_variance * x.var(ddof=1))
    assert density.rule_variance([0, 10**9], n=5, ratio=1.0).tolist() == [1.0, math.inf]
    assert density.rule_variance(10**9, n=5, ratio=1.0, sigma0=0.0) == 0.0


def test_a_collapsed_run_keeps_its_digits_and_an_exploded_one_is_refused() -> None:
    run = simulate(Bumps((100,), (1,)), n=5, generations=2000, bandwidth=0.1, rng=1, rule="unbiased", trajectories=5)
    assert 0 < run.sd[:, -1].min() < run.sd[:, -1].max() < 1e-30
    with pytest.raises(ValueError, match="^generations must be fewer than "):
        simulate(TWO, n=10, generations=3000, bandwidth=1, rng=1, rule="ratio")


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("power", [0.0, 0.2, 1.0])
def test_a_pool_against_its_weights(n: int, power: float) -> None:
    """Covariance of all points of a pool, batch by batch: a new point copies an old one and adds noise."""
    h, sigma0 = 0.8, 1.2
    points = sigma0**2 * np.eye(n)
    for k in range(1, 7):
        own, size = h * h * k ** (-2 * power), len(points)
        second, square = np.trace(points) / size, points.sum() / size**2
        got = {about: density.kernel_pool_variance(k, n=n, bandwidth=h, power=power, about=about, sigma0=sigma0)
               for about in ("mean", "truth")}  # fmt: skip
        assert got["truth"] == pytest.approx(second + own, rel=1e-12)
        assert got["mean"] == pytest.approx(second + own - square, rel=1e-12)
        cross = np.tile(points.mean(axis=1), (n, 1))
        fresh = np.full((n, n), square) + (second + own - square) * np.eye(n)
        points = np.block([[points, cross.T], [cross, fresh]])
    assert density.kernel_pool_variance([0], n=n, bandwidth=h, sigma0=sigma0) == pytest.approx([1.44])


def test_a_pool_with_one_bandwidth_is_a_harmonic_sum() -> None:
    H = np.cumsum(1 / np.arange(1.0, 1001))
    got = density.kernel_pool_variance(np.arange(1, 1001), n=7, bandwidth=0.3, about="truth")
    np.testing.assert_allclose(got, 1 + 0.09 * H, rtol=1e-13)
    run = simulate(TWO, n=6, generations=12, bandwidth=0.6, rng=4, trajectories=8000, accumulate=True)
    assert run.points.shape == (8000, 72)
    exact = density.kernel_pool_variance([1, 5, 12], n=6, bandwidth=0.6, sigma0=math.sqrt(TWO.variance))
    close(run.sd[:, [1, 5, 12]] ** 2, exact)


def test_bumps() -> None:
    area, mean, square = (integrate.quad(lambda x, j=j: x**j * TWO.density(x), -9, 9, limit=200)[0] for j in range(3))
    assert (area, mean, square - mean**2) == pytest.approx((1, TWO.mean, TWO.variance))
    x = np.array([[0.3, -2.0]])
    wide = 0.7 * stats.norm.pdf(x, -1, math.sqrt(0.16 + 0.5)) + 0.3 * stats.norm.pdf(x, 2, math.sqrt(0.36 + 0.5))
    np.testing.assert_allclose(TWO.density(x, blur=0.5), wide, rtol=1e-13)
    drawn = TWO.draw((100_000,), np.random.default_rng(3))
    close(np.stack([drawn, (drawn - TWO.mean) ** 2], axis=1), [TWO.mean, TWO.variance])
    assert Bumps() == Bumps([0.0], [1.0], [1.0])


def test_the_limit_is_a_fixed_point_and_generations_obey_the_loop() -> None:
    """On a grid, with the convolution done by the fast Fourier transform."""
    share, blur, x = 0.3, 0.5, np.linspace(-40, 40, 2**12, endpoint=False)
    dx, omega = x[1] - x[0], 2 * np.pi * np.fft.fftfreq(x.size, x[1] - x[0])
    p = TWO.density(x)
    q = p
    for k in range(1, 6):
        q = share * p + (1 - share) * np.fft.ifft(np.fft.fft(q) * np.exp(-blur * omega**2 / 2)).real
        exact = density.diffusion_density(x, k, truth=TWO, share=share, blur=blur)
        np.testing.assert_allclose(exact, q, atol=1e-14)
        v = density.diffusion_variance(k, share=share, blur=blur, sigma0=math.sqrt(TWO.variance))
        assert (x**2 * q).sum() * dx - ((x * q).sum() * dx) ** 2 == pytest.approx(v, rel=1e-10)
        filtered = np.fft.fft(p) * density.diffusion_filter(omega, k, share=share, blur=blur)
        np.testing.assert_allclose(np.fft.ifft(filtered).real, q, atol=1e-14)
    limit = density.diffusion_density(x, truth=TWO, share=share, blur=blur)
    after = share * p + (1 - share) * np.fft.ifft(np.fft.fft(limit) * np.exp(-blur * omega**2 / 2)).real
    np.testing.assert_allclose(limit, after, atol=1e-14)
    filtered = np.fft.fft(p) * density.diffusion_filter(omega, share=share, blur=blur)
    np.testing.assert_allclose(np.fft.ifft(filtered).real, limit, atol=1e-14)
    assert density.diffusion_filter(1e9, share=share, blur=blur) == pytest.approx(share)


@pytest.mark.parametrize("share, blur", [(0.1, 0.1), (0.5, 2.0), (0.9, 0.01), (0.03, 0.05)])
def test_distances_against_fine_sums(share: float, blur: float) -> None:
    x = np.linspace(-70, 70, 20_001)
    limit = density.diffusion_density(x, truth=TWO, share=share, blur=blur)
    for k in (0, 1, 4, 10):
        gap = np.abs(density.diffusion_density(x, k, truth=TWO, share=share, blur=blur) - limit)
        exact = density.diffusion_distance(k, truth=TWO, share=share, blur=blur)
        assert exact == pytest.approx(gap.sum() * (x[1] - x[0]) / 2, rel=3e-5, abs=1e-14)
        bound = density.diffusion_chi_square_bound(k, share=share)
        assert (gap**2 / np.maximum(limit, 1e-300)).sum() * (x[1] - x[0]) <= bound


def test_the_distance_tends_to_its_rate() -> None:
    for k, allowed in ((50, 0.3), (500, 0.04)):
        ratio = density.diffusion_distance(k, truth=TWO, share=0.2, blur=0.5) / density.diffusion_rate(k, share=0.2)
        assert 1 - allowed < ratio < 1
    assert density.diffusion_rate([1, 2], share=0.5) == pytest.approx(stats.norm.pdf(1) * np.array([0.5, 0.125]))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_finite_samples_against_all_families(n: int) -> None:
    got = density.diffusion_sample(n=n, share=0.3, blur=0.4, sigma0=1.3)
    assert got == pytest.approx(families(n, 90, 0.4, 1.3, share=0.3), rel=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_with_finite_samples(seed: int) -> None:
    run = simulate(TWO, n=10, generations=40, bandwidth=0.5, share=0.25, rng=seed, trajectories=4000)
    variance, drift = density.diffusion_sample(n=10, share=0.25, blur=0.25, sigma0=math.sqrt(TWO.variance))
    close(run.sd[:, -1] ** 2 - 0.25, variance)
    close((run.mean[:, -1] - TWO.mean) ** 2, drift)


def test_only_real_data() -> None:
    assert density.diffusion_weights(3, share=1).tolist() == [1, 0, 0, 0]
    assert density.diffusion_weights(0, share=0.2).tolist() == [1]
    assert density.diffusion_weights(2, share=0.2) == pytest.approx([0.2, 0.16, 0.64])
    assert density.diffusion_distance(3, truth=TWO, share=1, blur=1) == 0
    assert density.diffusion_variance([0, 3], share=1, blur=1).tolist() == [1, 1]
    assert density.diffusion_density(0.3, truth=TWO, share=1, blur=1) == pytest.approx(TWO.density(0.3))


def test_what_is_wrong_is_refused_by_name() -> None:
    usual: dict[str, Any] = {"truth": TWO, "n": 5, "generations": 2, "bandwidth": 0.1, "rng": 1}
    for name, value in (("truth", "normal"), ("n", 0), ("generations", 0), ("bandwidth", -1), ("rng", -1),
                        ("trajectories", 10**7), ("rule", "thumb"), ("share", 1.5), ("accumulate", 1)):  # fmt: skip
        with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
            simulate(**(usual | {name: value}))
    calls: list[tuple[str, Any]] = [
        ("n", lambda: simulate(**(usual | {"n": 1, "rule": "ratio"}))),
        ("k", lambda: density.kernel_variance(-1, n=3, bandwidth=1)),
        ("bandwidth", lambda: density.kernel_drift(1, n=3, bandwidth=math.nan)),
        ("n", lambda: density.kernel_fluctuation(n=0)),
        ("n", lambda: density.silverman(n=1)),
        ("ratio", lambda: density.rule_variance(1, n=3, ratio=-1)),
        ("correction", lambda: density.rule_variance(1, n=3, ratio=1, correction="all")),
        ("about", lambda: density.kernel_pool_variance(1, n=3, bandwidth=1, about="0")),
        ("power", lambda: density.kernel_pool_variance(1, n=3, bandwidth=1, power=-1)),
        ("k", lambda: density.diffusion_weights(-1, share=0.5)),
        ("share", lambda: density.diffusion_weights(1, share=0)),
        ("share", lambda: density.diffusion_density(0, truth=TWO, share=1e-4, blur=1)),
        ("x", lambda: density.diffusion_density(math.inf, truth=TWO, share=0.5, blur=1)),
        ("truth", lambda: density.diffusion_distance(1, truth=None, share=0.5, blur=1)),  # type: ignore[arg-type]
        ("blur", lambda: density.diffusion_distance(1, truth=TWO, share=0.5, blur=0)),
        ("omega", lambda: density.diffusion_filter(math.nan, share=0.5, blur=1)),
        ("k", lambda: density.diffusion_rate(0, share=0.5)),
        ("k", lambda: density.diffusion_chi_square_bound(-1, share=0.5)),
        ("sigma0", lambda: density.diffusion_sample(n=3, share=0.5, blur=1, sigma0=-1)),
        ("rng", lambda: TWO.draw(3, None)),  # type: ignore[arg-type]
        ("rng", lambda: TWO.draw(3, 2.5)),  # type: ignore[arg-type]
        ("widths", lambda: Bumps((0, 1), (1,))),
        ("widths", lambda: Bumps((0,), (0,))),
        ("weights", lambda: Bumps((0, 1), (1, 1), (0.5, 0.6))),
    ]
    for name, call in calls:
        with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
            call()
