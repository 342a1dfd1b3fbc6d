"""Many dimensions against ball arithmetic, exact fractions, other algorithms and simulation."""

from fractions import Fraction
from math import comb, log, pi, sqrt

import numpy as np
import pytest
from flint import arb, ctx
from scipy.linalg import lapack

from collapse_lib import families, training, variance

SEED = 4


@pytest.fixture(autouse=True, scope="module")
def precise():
    before, ctx.prec = ctx.prec, 256
    yield
    ctx.prec = before


def ball_exponent(m: int, divisor: int) -> arb:
    """E ln(C/D), C chi-square with m degrees of freedom."""
    return (arb(m) / 2).digamma() - (arb(divisor) / 2).log()


def bartlett(freedom: int, dimension: int, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    factor = np.tril(rng.standard_normal((*shape, dimension, dimension)), -1)
    i = np.arange(dimension)
    factor[..., i, i] = np.sqrt(rng.chisquare(np.broadcast_to(freedom - i, (*shape, dimension))))
    return factor


# ------------------------------------------------------------------------------------ exponents


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 3, 10, 41, 1000, 10**6, 10**9])
def test_exponents_against_balls(n, ddof):
    dimension = min(2000, n + 3)
    answer = variance.lyapunov_exponents(n=n, dimension=dimension, ddof=ddof)
    assert answer.shape == (min(dimension, n - 1),)
    assert np.all(answer < 0) and np.all(np.diff(answer) < 0)
    for i in range(0, answer.size, 37):
        exact = ball_exponent(n - 1 - i, n - ddof)
        assert abs(arb(float(answer[i])) - exact) < 1e-13 * abs(exact)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 10, 10**6])
def test_the_first_exponent_is_that_of_one_dimension(n, ddof):
    for dimension in (1, 3, 50):
        first = variance.lyapunov_exponents(n=n, dimension=dimension, ddof=ddof)[0]
        assert first == pytest.approx(-2 * variance.log_rate(n=n, ddof=ddof), rel=1e-12)


def test_exponents_of_the_ledger():
    answer = variance.lyapunov_exponents(n=10, dimension=3)
    np.testing.assert_allclose(answer, [-0.11521, -0.24796, -0.40092], atol=5e-6)
    answer = variance.lyapunov_exponents(n=10, dimension=3, ddof=0)
    np.testing.assert_allclose(answer, [-0.22057, -0.35332, -0.50628], atol=5e-6)
    answer = variance.lyapunov_exponents(n=5, dimension=8)
    np.testing.assert_allclose(answer, [-0.2704, -0.6567, -1.2704, -2.6566], atol=6e-5)


@pytest.mark.parametrize(("n", "dimension", "ddof"), [(10, 3, 1), (10, 3, 0), (4, 6, 1)])
def test_exponents_against_long_runs(n, dimension, ddof):
    rng, runs, start, stop = np.random.default_rng(SEED), 400, 100, 140
    factor, logs = np.tile(np.eye(dimension, min(dimension, n - 1)), (runs, 1, 1)), []
    factor[:, :, 0] += 0.3  # any start will do
    for k in range(1, stop + 1):
        factor = factor @ bartlett(n - 1, factor.shape[-1], (runs,), rng) / sqrt(n - ddof)
        if k in (start, stop):  # Jacobi's method keeps the small ones of a graded matrix
            graded = [lapack.dgejsv(one, joba=0, jobu=3, jobv=3)[:2] for one in factor]
            logs.append(2 * np.log([np.sort(sigma)[::-1] for sigma, _ in graded]))
    growth = (logs[1] - logs[0]) / (stop - start)
    error = growth.std(axis=0) / sqrt(runs)
    expected = variance.lyapunov_exponents(n=n, dimension=dimension, ddof=ddof)
    assert np.all(np.abs(growth.mean(axis=0) - expected) < 5 * error)


def test_eigenvalues_of_the_family_follow_the_exponents():
    n, d, k = 12, 3, 20
    run = training.simulate(
        families.MultivariateGaussian(), (np.zeros(d), np.eye(d)), n=n, generations=k, trajectories=4000, rng=SEED
    )
    log_det = np.linalg.slogdet(run.covariance[:, -1])[1]
    expected = variance.expected_log_determinant(k=k, n=n, dimension=d)
    assert abs(log_det.mean() - expected) < 5 * log_det.std() / sqrt(4000)
    corner = np.log(run.covariance[:, -1, 1, 1])  # every direction by itself is the chain on the line
    first = variance.lyapunov_exponents(n=n, dimension=d)[0]
    assert abs(corner.mean() - k * first) < 5 * corner.std() / sqrt(4000)


# ------------------------------------------------------------------------------------ the determinant


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize(
    ("n", "dimension"),
    [(2, 1), (10, 3), (10, 9), (1001, 1), (1001, 1000), (1500, 700), (5000, 4999), (10**6, 1500), (10**9, 1)],
)
def test_log_determinant_against_balls(n, dimension, ddof):
    exact = sum((ball_exponent(n - i, n - ddof) for i in range(1, dimension + 1)), arb(0))
    k = np.array([0, 1, 7, 10**9])
    answer = variance.expected_log_determinant(k=k, n=n, dimension=dimension, ddof=ddof)
    assert answer[0] == 0
    for generation, value in zip(k[1:], answer[1:]):
        true = int(generation) * exact
        assert abs(arb(float(value)) - true) < 1e-13 * abs(true)


def digamma_primitive(y: arb) -> arb:
    """F with F(y + 1) - F(y) = psi(y)."""
    return (y - 1) * y.digamma() - y


def half_sum(a: int) -> arb:
    """psi(1/2) + psi(2/2) + ... + psi(a/2)."""
    half, f = arb(1) / 2, digamma_primitive
    return f(arb(a // 2 + 1)) - f(arb(1)) + f(half + (a + 1) // 2) - f(half)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize(
    ("n", "dimension"), [(10, 3), (10**6, 10**5), (10**9, 10**6), (10**9, 5 * 10**8), (10**9, 10**9 - 1)]
)
def test_large_log_determinants_against_balls(n, dimension, ddof):
    exact = half_sum(n - 1) - half_sum(n - 1 - dimension) - dimension * (arb(n - ddof) / 2).log()
    value = variance.expected_log_determinant(k=1, n=n, dimension=dimension, ddof=ddof)
    assert abs(arb(float(value)) - exact) < 1e-13 * abs(exact)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize(("n", "dimension"), [(2, 1), (10, 3), (10, 9), (2001, 30), (3000, 2000), (10**9, 10**4)])
def test_mean_determinants_against_balls(n, dimension, ddof):
    exact = sum(((arb(n - i) / (n - ddof)).log() for i in range(1, dimension + 1)), arb(0))
    for k in (0, 1, 5):
        value, true = variance.expected_determinant(k=k, n=n, dimension=dimension, ddof=ddof), (k * exact).exp()
        if true > arb("1e-300"):
            assert abs(arb(float(value)) - true) <= 1e-13 * (1 + abs(k * exact)) * true
        else:
            assert value < 1e-299


def test_mean_determinants_against_fractions():
    value = variance.expected_determinant(k=[0, 1, 4], n=7, dimension=4, ddof=0)
    step = Fraction(6 * 5 * 4 * 3, 7**4)
    np.testing.assert_allclose(value, [1, float(step), float(step**4)], rtol=1e-14)


def test_as_many_dimensions_as_samples_leave_no_volume():
    for n, dimension in ((2, 2), (5, 5), (5, 10**9)):
        log_volume = variance.expected_log_determinant(k=[0, 1, 3], n=n, dimension=dimension)
        np.testing.assert_array_equal(log_volume, [0, -np.inf, -np.inf])
        volume = variance.expected_determinant(k=[0, 1, 3], n=n, dimension=dimension)
        np.testing.assert_array_equal(volume, [1, 0, 0])
    assert variance.expected_log_determinant(k=1, n=5, dimension=4) > -np.inf


def test_too_many_exponents_are_refused():
    with pytest.raises(ValueError, match="^dimension must"):
        variance.lyapunov_exponents(n=10**9, dimension=10**8)
    assert variance.lyapunov_exponents(n=5, dimension=10**9).shape == (4,)


# ------------------------------------------------------------------------------------ the rank


@pytest.mark.parametrize("ddof", [0, 1])
def test_the_family_stays_on_the_hull_of_the_first_sample(ddof):
    n, d, runs = 4, 7, 50
    run = training.simulate(
        families.MultivariateGaussian(ddof=ddof), (np.zeros(d), np.diag(np.arange(1.0, d + 1))), n=n,
        generations=200, trajectories=runs, rng=SEED,
    )  # fmt: skip
    eigenvalues = np.linalg.eigvalsh(run.covariance)[..., ::-1]
    largest = eigenvalues[..., :1]
    assert np.all(np.isfinite(run.covariance)) and np.all(largest > 0)
    assert np.all(np.abs(eigenvalues[:, 1:, n - 1 :]) < 1e-14 * largest[:, 1:])  # rank at most n - 1 for ever
    assert np.all(eigenvalues[:, 1:4, n - 2] > 1e-13 * largest[:, 1:4, 0])  # and n - 1 as long as rounding allows
    hull = np.linalg.eigh(run.covariance[:, 1])[1][..., : d - n + 1]  # what is orthogonal to it
    for k, most in ((2, 1e-12), (3, 1e-12), (10, 1e-6), (200, 1e-6)):  # the mean stays there, too
        moved = (run.mean[:, k] - run.mean[:, 1])[:, None, :] @ hull
        assert np.abs(moved).max() < most
        outside = hull.swapaxes(-1, -2) @ run.covariance[:, k] @ hull
        assert np.abs(outside).max() < 1e-12


def test_the_units_of_the_coordinates_do_not_matter():
    scale = np.array([1e-60, 1.0, 1e60])
    correlation = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.0], [0.2, 0.0, 1.0]])
    model = np.zeros((4, 3)), np.tile(correlation, (4, 1, 1))
    graded = np.zeros((4, 3)), np.tile(scale[:, None] * correlation * scale, (4, 1, 1))
    plain, scaled = (families.MultivariateGaussian().draw(one, size=9, rng=SEED) for one in (model, graded))
    np.testing.assert_allclose(scaled.scatter, scale[:, None] * plain.scatter * scale, rtol=1e-12)
    np.testing.assert_allclose(scaled.mean, scale * plain.mean, rtol=1e-12)


# ------------------------------------------------------------------------------------ spectra


@pytest.mark.parametrize("ratio", [Fraction(1, 7), Fraction(1), Fraction(5, 2)])
@pytest.mark.parametrize("k", [0, 1, 2, 9])
def test_moments_against_fractions(k, ratio):
    for j in range(1, 25):
        terms = [Fraction(comb(j, i + 1) * comb(k * j, i), j) * ratio**i for i in range(j)]
        answer = variance.spectral_moments(j, k=k, ratio=float(ratio))
        assert answer == pytest.approx(float(sum(terms)), rel=1e-13)


def test_moments_of_a_square_are_fuss_catalan_numbers():
    for k in (1, 2, 5, 10**6):
        j = np.arange(1, 9)
        exact = [comb((k + 1) * i, i) / (k * i + 1) for i in j.tolist()]
        np.testing.assert_allclose(variance.spectral_moments(j, k=k, ratio=1), exact, rtol=1e-12)
    assert variance.spectral_moments([0, 1], k=10**9, ratio=10**9).tolist() == [1, 1]
    assert variance.spectral_moments(1000, k=10**9, ratio=10.0) == np.inf


@pytest.mark.parametrize("ratio", [0.2, 0.7, 1.0, 1.8])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_moments_are_the_limit_of_exact_moments(k, ratio):
    limits = variance.spectral_moments([2, 3], k=k, ratio=ratio)
    for nu, error in ((10**4, 1e-2), (10**6, 1e-4)):
        d = round(ratio * nu)
        np.testing.assert_allclose(exact_moments(k, nu, d), limits, rtol=error)


def exact_moments(k: int, nu: int, d: int) -> list[float]:
    """(1/d) E tr V_k^2 and (1/d) E tr V_k^3 near-ML, V_0 = 1, from the moments of real Wishart matrices."""
    two, three = [d, d**2], [d, d**2, d**3]  # tr A^2, (tr A)^2; tr A^3, tr A^2 tr A, (tr A)^3
    for _ in range(k):
        x, y = two
        two = [nu * (nu + 1) * x + nu * y, 2 * nu * x + nu**2 * y]
        x, y, z = three
        three = [
            (nu**3 + 3 * nu**2 + 4 * nu) * x + (3 * nu**2 + 3 * nu) * y + nu * z,
            (4 * nu**2 + 4 * nu) * x + (nu**3 + nu**2 + 4 * nu) * y + nu**2 * z,
            8 * nu * x + 6 * nu**2 * y + nu**3 * z,
        ]
    return [float(Fraction(two[0], d * nu ** (2 * k))), float(Fraction(three[0], d * nu ** (3 * k)))]


def test_exact_moments_in_one_dimension_are_those_of_chi_square():
    for k in (1, 3):
        expected = [(9 * 11 / 81) ** k, (9 * 11 * 13 / 729) ** k]
        np.testing.assert_allclose(exact_moments(k, 9, 1), expected, rtol=1e-14)


@pytest.mark.parametrize("ratio", [0.01, 0.5, 0.999, 1.5, 40.0])
def test_one_generation_is_marchenko_and_pastur(ratio):
    low, high = (1 - sqrt(ratio)) ** 2, (1 + sqrt(ratio)) ** 2
    x = low + (high - low) * np.linspace(0.01, 0.99, 99)
    exact = np.sqrt((high - x) * (x - low)) / (2 * pi * ratio * x)
    np.testing.assert_allclose(variance.spectral_density(x, k=1, ratio=ratio), exact, rtol=1e-9)
    outside = variance.spectral_density([low * 0.999, high * 1.001], k=1, ratio=ratio)
    assert outside.tolist() == [0, 0]


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_the_density_of_a_square_is_that_of_haagerup_and_moeller(k):
    phi = np.linspace(0.01, 0.99, 60) * pi / (k + 1)
    x = np.sin((k + 1) * phi) ** (k + 1) / (np.sin(phi) * np.sin(k * phi) ** k)
    exact = np.sin(phi) ** 2 * np.sin(k * phi) ** (k - 1) / (pi * np.sin((k + 1) * phi) ** k)
    seen = x > 1e-9
    answer = variance.spectral_density(x[seen], k=k, ratio=1)
    np.testing.assert_allclose(answer, exact[seen], rtol=1e-7)


@pytest.mark.parametrize("ratio", [0.1, 0.6, 0.9])
@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_the_density_has_its_moments(k, ratio):
    s = [(1 - k) * ratio + sign * sqrt(((k - 1) * ratio) ** 2 + 4 * k * ratio) for sign in (-1, 1)]
    low, high = ((1 + z) * (1 + ratio * z) ** k / z for z in np.array(s) / (2 * k * ratio))
    angle = (np.arange(2000) + 0.5) * pi / 2000  # x = e^(middle + half cos): the integrand is smooth in the angle
    middle, half = log(low * high) / 2, log(high / low) / 2
    x = np.exp(middle + half * np.cos(angle))
    weight = variance.spectral_density(x, k=k, ratio=ratio) * x * half * np.sin(angle) * pi / 2000
    for j in range(4):
        expected = variance.spectral_moments(j, k=k, ratio=ratio)
        assert weight @ x**j == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("k", "ratio"), [(1, 0.5), (3, 0.5), (2, 1.0), (2, 2.0)])
def test_the_density_against_a_spectrum(k, ratio):
    rng, nu = np.random.default_rng(SEED), 400
    d = round(ratio * nu)
    root = np.eye(d)
    for _ in range(k):
        root = root @ rng.standard_normal((root.shape[1], nu)) / sqrt(nu)
    eigenvalues = np.sort(np.linalg.svd(root, compute_uv=False)[: min(d, nu)] ** 2)
    x = np.geomspace(1.0001e-12, eigenvalues[-1] * 1.2, 20_001)
    density = variance.spectral_density(x, k=k, ratio=ratio)
    law = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(x))]) / min(1, 1 / ratio)
    places = np.interp(eigenvalues, x, law)
    assert np.abs(places - (np.arange(eigenvalues.size) + 0.5) / eigenvalues.size).max() < 0.02
