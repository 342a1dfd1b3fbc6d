"""First passage against 40-digit values, two integral equations, Wald's bounds and simulation."""

import numpy as np
import pytest
from scipy import special, stats

from collapse_lib import variance

# n, ddof, ln(sigma0/eps), E T: Wiener-Hopf integrals in 40-digit arithmetic (mpmath), 13 digits
MEAN = [
    (5, 1, np.log(10), 19.373652440322), (5, 0, np.log(10), 10.699257122383),
    (10, 1, np.log(10), 43.094165893437), (10, 0, np.log(10), 22.613090015882),
    (100, 1, np.log(10), 463.179724687290), (100, 0, np.log(10), 232.682844389640),
    (1000, 1, np.log(10), 4625.6602397385), (1000, 0, np.log(10), 2313.9185683214),
    (10**6, 1, 1e-3, 2823.307571430), (10**6, 0, 1e-3, 1411.777859854),
]
OVERSHOOT = [
    (5, 1, 0.316372804697), (5, 0, 0.337490812954), (10, 1, 0.179778281073), (10, 0, 0.191265462324),
    (100, 1, 0.044582526928), (100, 0, 0.045807780517), (1000, 1, 0.013332659407), (1000, 0, 0.013456883718),
]
CASES = [(2, 1, 0.3), (2, 0, 0.05), (3, 1, 0.9), (5, 0, 0.1), (10, 1, 0.1), (10, 0, 0.5), (40, 1, 0.7)]


def kernel(n, ddof, level, points=600):
    """Gauss points x of the distance to the level, their weights times the density of a step, the start."""
    nu, divisor = n - 1, n - ddof
    x, w = special.roots_legendre(points)
    far = level + 16
    x, w = (x + 1) * far / 2, w * far / 2

    def density(step):
        c = divisor * np.exp(-2 * step)
        return 2 * c * stats.chi2.pdf(c, nu)

    return density(x[:, None] - x) * w, density(level - x) * w


@pytest.mark.parametrize(("n", "ddof", "level", "expected"), MEAN)
def test_mean_against_multiprecision(n, ddof, level, expected):
    mean = variance.expected_first_passage(np.exp(-level), n=n, ddof=ddof)
    assert mean == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "ddof", "expected"), OVERSHOOT)
def test_overshoot_against_multiprecision(n, ddof, expected):
    assert variance.expected_overshoot(n=n, ddof=ddof) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "ddof", "eps"), CASES)
def test_mean_and_law_against_the_renewal_equation(n, ddof, eps):
    matrix, start = kernel(n, ddof, -np.log(eps))
    one = np.ones(matrix.shape[0])
    mean = 1 + start @ np.linalg.solve(np.eye(one.size) - matrix, one)
    assert variance.expected_first_passage(eps, n=n, ddof=ddof) == pytest.approx(mean, rel=1e-10)
    alive, waiting = [1.0], one
    for _ in range(120):
        alive.append(start @ waiting)
        waiting = matrix @ waiting
    k = np.arange(121)
    survival = variance.first_passage_survival(eps, k=k, n=n, ddof=ddof)
    np.testing.assert_allclose(survival, alive, rtol=0, atol=1e-12)
    law = variance.first_passage_law(eps, k=k, n=n, ddof=ddof)
    np.testing.assert_allclose(law[1:], -np.diff(alive), rtol=0, atol=1e-12)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 3, 10, 1000, 10**6, 10**9])
@pytest.mark.parametrize("level", [1e-13, 1e-3, 0.1, 3.0, 700.0])
def test_mean_lies_between_the_bounds(n, ddof, level):
    sigma0 = 1e300 if level > 100 else 1.0
    eps = sigma0 * np.exp(-level)
    low, high = variance.expected_first_passage_bounds(eps, n=n, ddof=ddof, sigma0=sigma0)
    mean = variance.expected_first_passage(eps, n=n, ddof=ddof, sigma0=sigma0)
    assert max(low, 1) * (1 - 1e-12) <= mean <= high * (1 + 1e-12)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 10, 10**6])
def test_a_far_level_costs_one_overshoot(n, ddof):
    mean = variance.expected_first_passage(1e-300, n=n, ddof=ddof, sigma0=1e134)  # ln(sigma0/eps) = 999.3
    limit = np.log(10) * 434 + variance.expected_overshoot(n=n, ddof=ddof)
    assert mean * variance.log_rate(n=n, ddof=ddof) == pytest.approx(limit, rel=1e-13)


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_overshoot_tends_to_that_of_the_gaussian_walk(n):
    gaussian = 0.5825971579390106 / np.sqrt(2 * n)
    for ddof, next_term in ((1, 7 / 24), (0, 5 / 12)):
        excess = n * (variance.expected_overshoot(n=n, ddof=ddof) - gaussian)
        assert excess == pytest.approx(next_term, abs=0.6 / np.sqrt(n))


@pytest.mark.parametrize(
    ("n", "ddof", "level"),
    [(2, 1, 0.001), (2, 0, 30.0), (3, 1, 10.0), (10, 1, 2.3), (100, 0, 0.001)],
)
def test_the_law_adds_up_to_the_mean(n, ddof, level):
    eps, k = np.exp(-level), np.arange(150 * n + int(8 * n * level))
    survival = variance.first_passage_survival(eps, k=k, n=n, ddof=ddof)
    law = variance.first_passage_law(eps, k=k, n=n, ddof=ddof)
    assert survival.sum() == pytest.approx(variance.expected_first_passage(eps, n=n, ddof=ddof), rel=1e-11)
    np.testing.assert_allclose(law[1:], -np.diff(survival), rtol=0, atol=1e-12)
    assert law.sum() == pytest.approx(1, abs=1e-11)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("n", [2, 10, 10**4])
@pytest.mark.parametrize("level", [1e-6, 0.1, 12.0])
def test_the_first_step_is_chi_square(n, ddof, level):
    eps = np.exp(-level)
    expected = variance.survival(eps, k=1, n=n, ddof=ddof)
    assert variance.first_passage_survival(eps, k=1, n=n, ddof=ddof) == pytest.approx(expected, abs=1e-12)
    assert variance.first_passage_law(eps, k=1, n=n, ddof=ddof) == pytest.approx(1 - expected, abs=1e-12)


def test_values_of_the_law():
    law = variance.first_passage_law(0.1, k=[1, 20, 43, 100], n=10)
    np.testing.assert_allclose(law, [1.60184e-8, 0.0211636, 0.0141493, 0.00168595], rtol=3e-6, atol=1e-13)


def test_late_times_have_small_relative_errors():
    k = np.array([10**5, 10**5 + 1, 10**6, 10**9])
    survival = variance.first_passage_survival(0.1, k=k, n=1000)
    decay = np.exp(variance.log_moment(1, n=1000))  # the least moment is next to that of order 1
    assert 0 < survival[0] < 1e-8
    assert survival[1] / survival[0] == pytest.approx(decay, rel=1e-4)
    assert survival[2] < 1e-100
    assert survival[3] == 0


@pytest.mark.parametrize(("n", "ddof", "eps"), [(2, 1, 0.5), (10, 1, 0.1), (10, 0, 0.3), (100, 1, 0.9)])
def test_simulation(n, ddof, eps):
    rng, runs = np.random.default_rng(8), 20_000
    log_sd, alive = np.zeros(runs), []
    for _ in range(60):
        log_sd += np.log(rng.chisquare(n - 1, log_sd.size) / (n - ddof)) / 2
        log_sd = log_sd[log_sd > np.log(eps)]
        alive.append(log_sd.size / runs)
    exact = variance.first_passage_survival(eps, k=np.arange(1, 61), n=n, ddof=ddof)
    assert (abs(alive - exact) <= 5 * np.sqrt(exact * (1 - exact) / runs) + 1e-3 / runs).all()


def test_shapes_units_and_levels_already_reached():
    eps = np.array([[0.1], [0.5], [1.0], [3.0]])
    k = np.array([0, 1, 7])
    for function in (variance.first_passage_law, variance.first_passage_survival):
        values = function(eps, k=k, n=10)
        assert values.shape == (4, 3)
        assert values[1, 2] == pytest.approx(function(1.0, k=7, n=10, sigma0=2.0), abs=1e-14)
    np.testing.assert_array_equal(variance.first_passage_law(2.0, k=k, n=10), [1, 0, 0])
    np.testing.assert_array_equal(variance.first_passage_survival(2.0, k=k, n=10), [0, 0, 0])
    mean = variance.expected_first_passage(eps, n=10)
    assert mean.shape == (4, 1)
    assert (mean[2:] == 0).all()
    assert mean[1, 0] == pytest.approx(variance.expected_first_passage(1.0, n=10, sigma0=2.0), rel=1e-14)
    assert isinstance(float(variance.expected_first_passage(0.1, n=10)), float)


def test_a_law_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"^eps must be at least"):
        variance.first_passage_law(1e-14, k=1, n=10)
    with pytest.raises(ValueError, match=r"^n must"):
        variance.first_passage_law(0.1, k=1, n=10_001)
