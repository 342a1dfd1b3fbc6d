"""Expected distances from the truth against 50-digit arithmetic, quadrature and simulation."""

import numpy as np
import pytest
from flint import arb, ctx
from scipy import integrate, stats

from collapse_lib import families, training, variance

SIZES = (2, 3, 4, 5, 6, 10, 39, 41, 100, 1000, 10**6, 10**9)
GENERATIONS = (0, 1, 2, 5, 17, 100, 1000, 10**6, 10**9)


def digits(n, k, ddof):
    """E W_2^2, E KL(P_k || P_0) and E KL(P_0 || P_k) in ball arithmetic, from sums as the definitions give them."""
    nu, D = arb(n - 1), arb(n - ddof)
    m1 = ((nu + 1) / 2).lgamma() - (nu / 2).lgamma()
    m1 = m1.exp() * (2 / D).sqrt()
    square = nu / D
    log_sd = -k * ((D / 2).log() - (nu / 2).digamma()) / 2  # E ln Sigma_k

    def sum_of_powers(x, first):  # x^first + ... , k terms
        return k * arb(1) if x.overlaps(arb(1)) else x**first * (x**k - 1) / (x - 1)

    spread = sum_of_powers(square, 0) / n  # Var M_k
    wasserstein = square**k + 1 - 2 * m1**k + spread
    reverse = -log_sd + (square**k + spread - 1) / 2
    if k == 0:
        return wasserstein, reverse, arb(0)
    if n <= 3:
        return wasserstein, reverse, None
    inverse = D / (nu - 2)
    forward = log_sd + (inverse**k + sum_of_powers(inverse, 1) / n - 1) / 2
    return wasserstein, reverse, forward


@pytest.fixture
def precision():
    before = ctx.dps
    ctx.dps = 80
    yield
    ctx.dps = before


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", SIZES)
def test_against_fifty_digits(n, ddof, precision):
    k = np.array(GENERATIONS)
    found = (
        variance.wasserstein(k=k, n=n, ddof=ddof),
        variance.kl(k=k, n=n, ddof=ddof),
        variance.kl(k=k, n=n, ddof=ddof, direction="forward"),
    )
    for j, generation in enumerate(GENERATIONS):
        for values, ball in zip(found, digits(n, generation, ddof)):
            value = float(values[j])
            if ball is None or ball > arb(1.7e308):
                assert value == np.inf
            elif generation == 0:
                assert value == 0.0 and ball.contains(0) and ball.rad() < arb("1e-50")
            else:
                assert ball.rad() < abs(ball) * arb("1e-40")
                assert value == pytest.approx(float(ball), rel=1e-12, abs=0), (n, generation)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [4, 7, 30])
def test_one_generation_by_quadrature(n, ddof):
    def mean(function):  # over C = e^v and over Z, of which only the square matters: E Z^2 = 1
        def integrand(v):
            c = np.exp(v)
            return function(np.sqrt(c / (n - ddof))) * stats.chi2.pdf(c, n - 1) * c

        return sum(integrate.quad(integrand, a, a + 5, epsabs=1e-14)[0] for a in np.arange(-60, 10, 5))

    shift = 1 / n  # E (M_1 - mu_0)^2
    assert variance.wasserstein(k=1, n=n, ddof=ddof) == pytest.approx(mean(lambda s: shift + (s - 1) ** 2), rel=1e-9)
    reverse = mean(lambda s: -np.log(s) + (s * s + shift - 1) / 2)
    assert variance.kl(k=1, n=n, ddof=ddof) == pytest.approx(reverse, rel=1e-9)
    forward = mean(lambda s: np.log(s) + ((1 + shift) / (s * s) - 1) / 2)
    assert variance.kl(k=1, n=n, ddof=ddof, direction="forward") == pytest.approx(forward, rel=1e-8)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize(("n", "generations"), [(30, 8), (100, 30)])
def test_against_simulation(n, generations, ddof):
    run = training.simulate(
        families.Gaussian(ddof=ddof), (0.0, 1.0), n=n, generations=generations, trajectories=40_000, rng=21
    )
    mean, sd = run.mean, run.sd
    with np.errstate(divide="raise"):
        distances = {
            "wasserstein": mean**2 + (sd - 1) ** 2,
            "reverse": -np.log(sd) + (sd**2 + mean**2 - 1) / 2,
            "forward": np.log(sd) + (1 + mean**2) / (2 * sd**2) - 1 / 2,
        }
    k = np.arange(generations + 1)
    for name, values in distances.items():
        exact = (
            variance.wasserstein(k=k, n=n, ddof=ddof)
            if name == "wasserstein"
            else variance.kl(k=k, n=n, ddof=ddof, direction=name)
        )
        error = values.std(axis=0) / np.sqrt(values.shape[0])
        assert np.all(np.abs(values.mean(axis=0) - exact) <= 5 * error + 1e-15), name
        assert exact[-1] > 20 * error[-1]


def test_what_diverges():
    k = np.array([1, 10**3, 10**5, 10**7])
    near, exact = (variance.wasserstein(k=k, n=10, ddof=ddof) for ddof in (1, 0))
    assert np.all(np.diff(near) > 0) and near[-1] == pytest.approx(1e6, rel=1e-5)
    assert np.all(exact <= 2) and exact[-1] == 2
    assert variance.kl(k=7, n=10, ddof=0) == 7 * variance.log_rate(n=10, ddof=0)


@pytest.mark.parametrize("n", [2, 3])
def test_forward_is_infinite_for_two_and_three_samples(n):
    for ddof in (0, 1):
        values = variance.kl(k=[0, 1, 5], n=n, ddof=ddof, direction="forward")
        assert values.tolist() == [0.0, np.inf, np.inf]


def test_shapes():
    k = np.arange(6).reshape(2, 3)
    for found in (
        variance.wasserstein(k=k, n=5),
        variance.kl(k=k, n=5),
        variance.kl(k=k, n=5, direction="forward"),
        variance.kl(k=k, n=2, direction="forward"),
    ):
        assert found.shape == (2, 3)
    assert np.ndim(variance.wasserstein(k=3, n=5)) == 0
    assert np.ndim(variance.kl(k=3, n=3, direction="forward")) == 0
