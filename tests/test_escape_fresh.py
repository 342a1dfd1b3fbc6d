"""Fresh real data, and immigration: against transition matrices and exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from collapse_lib import escape, families, training
from collapse_lib.escape import immigration

P, K = 0.3, 40


def immigration_matrix(n, share, p):
    counts = np.arange(n + 1)
    return binom.pmf(counts, n, (share * p + (1 - share) * counts / n)[:, None])


def stationary(matrix):
    size = len(matrix)
    equations = np.vstack([matrix.T - np.eye(size), np.ones(size)])
    return np.linalg.lstsq(equations, np.append(np.zeros(size), 1), rcond=None)[0]


def pooled_matrix(n, real, p):
    """Counts of n + real samples, n of the last model and `real` of the truth."""
    total = n + real
    rows = []
    for count in range(total + 1):
        rows.append(np.convolve(binom.pmf(np.arange(n + 1), n, count / total), binom.pmf(np.arange(real + 1), real, p)))
    return np.array(rows)


def het(law, p):
    x = np.arange(len(law)) / (len(law) - 1)
    return law @ (x * (1 - x)) / (p * (1 - p))


@pytest.mark.parametrize("n, real", [(1, 1), (5, 1), (12, 3), (4, 20), (30, 0)])
def test_fresh_real_is_the_matrix(n, real):
    matrix, law = pooled_matrix(n, real, P), binom.pmf(np.arange(n + real + 1), n + real, P)
    for k in range(1, K):
        assert escape.fresh_real_diversity(n=n, real=real, k=k) == pytest.approx(het(law, P), rel=1e-11)
        law = law @ matrix
    if real:
        assert escape.fresh_real_diversity(n=n, real=real) == pytest.approx(het(stationary(matrix), P), rel=1e-9)


def test_shapes_limits_and_start():
    assert escape.fresh_real_diversity(n=5, real=2, k=0) == 1.0
    assert isinstance(escape.fresh_real_diversity(n=5, real=2, k=3), float)
    assert escape.fresh_real_diversity(n=5, real=2, k=[[1, 2, 3]]).shape == (1, 3)
    assert escape.fresh_real_diversity(n=10, real=0) == 0.0
    assert escape.fresh_real_diversity(n=10, real=1) == pytest.approx(20 / 31, rel=1e-15)
    assert escape.fresh_real_diversity(n=7, real=0, k=9) == pytest.approx((6 / 7) ** 9, rel=1e-13)
    assert escape.immigration_diversity(n=9, share=1, k=[0, 1, 5]) == pytest.approx([1, 8 / 9, 8 / 9])


def test_a_gaussian_with_the_variance_of_its_data_keeps_the_same_diversity_and_a_poisson_symbol_does_not():
    n, r, runs = 10, 1, 20_000
    settled = {"n": n, "generations": 30, "trajectories": runs, "regime": training.FreshReal(r), "rng": 1}
    kept = escape.fresh_real_diversity(n=n, real=r, k=30)
    gaussian = training.simulate(families.Gaussian(ddof=0), (0, 1), **settled)
    inside, moved = gaussian.sd[:, -1] ** 2, gaussian.mean[:, -1] ** 2
    for values, exact in ((inside, kept), (moved, 1 - kept)):
        assert abs(values.mean() - exact) < 5 * values.std() / runs**0.5
    rates = training.simulate(families.Poisson(), 1.0, **settled).parameter[:, -1]
    assert abs(rates.mean() - 1) < 5 * rates.std() / runs**0.5
    assert rates.var() > 1.2 * (1 - kept)


@pytest.mark.parametrize("n, share", [(1, 0.5), (6, 0.2), (25, 0.04), (12, 1.0), (20, 0.0)])
def test_immigration_is_the_matrix(n, share):
    matrix, law = immigration_matrix(n, share, P), binom.pmf(np.arange(n + 1), n, P)
    values = []
    for k in range(1, K):
        values.append(het(law, P))
        assert escape.immigration_diversity(n=n, share=share, k=k) == pytest.approx(values[-1], rel=1e-11, abs=1e-15)
        law = law @ matrix
    if share:
        limit = stationary(matrix)
        assert escape.immigration_diversity(n=n, share=share) == pytest.approx(het(limit, P), rel=1e-9, abs=1e-12)
        absent = escape.immigration_absence(P, n=n, share=share)
        assert absent == pytest.approx(limit[0], rel=1e-9)
        low, high = escape.immigration_absence_bounds(P, n=n, share=share)
        assert low * (1 - 1e-12) <= absent <= high * (1 + 1e-12)
        flow = limit[1:] @ matrix[1:, 0]  # a visit ends at this rate
        assert escape.immigration_visit_length(P, n=n, share=share) == pytest.approx(limit[1:].sum() / flow, rel=1e-8)
        assert escape.immigration_return_time(P, n=n, share=share) == pytest.approx(1 / (1 - matrix[0, 0]), rel=1e-9)
    assert escape.decaying_share_diversity([share] * (K - 1), n=n)[1:] == pytest.approx(values, rel=1e-11, abs=1e-15)


def test_absence_in_fractions():
    """n = 3 by Cramer's rule in exact numbers."""
    p, s, n = Fraction(1, 5), Fraction(1, 7), 3
    from math import comb

    def row(y):
        return [comb(n, j) * y**j * (1 - y) ** (n - j) for j in range(n + 1)]

    a = [row(s * p + (1 - s) * Fraction(x, n)) for x in range(n + 1)]
    system = [[a[j][i] - (i == j) for j in range(n + 1)] + [Fraction(0)] for i in range(n)] + [[Fraction(1)] * (n + 2)]
    for c in range(n + 1):
        pivot = next(r for r in range(c, n + 1) if system[r][c])
        system[c], system[pivot] = system[pivot], system[c]
        system[c] = [x / system[c][c] for x in system[c]]
        for r in range(n + 1):
            if r != c:
                system[r] = [x - system[r][c] * y for x, y in zip(system[r], system[c])]
    assert escape.immigration_absence(0.2, n=3, share=1 / 7) == pytest.approx(float(system[0][-1]), rel=1e-14)


def test_numbers_of_the_ledger():
    assert escape.immigration_absence(0.1, n=50, share=0.02) == pytest.approx(0.474428, abs=5e-7)
    assert escape.immigration_real_size(n=50, share=0.02) == pytest.approx(7.3230, abs=5e-5)
    assert escape.immigration_visit_length(0.1, n=50, share=0.02) == pytest.approx(11.63007, abs=5e-6)
    low, high = escape.immigration_absence_bounds(0.1, n=50, share=0.02)
    assert high == pytest.approx(0.5056, abs=5e-5) and 0.4268 <= low + 5e-5


@pytest.mark.parametrize("n", [1, 2, 10, 60])
@pytest.mark.parametrize("share", [1e-9, 1e-3, 0.3, 1.0])
def test_the_real_size_is_the_slope_of_absence_in_p(n, share):
    size = escape.immigration_real_size(n=n, share=share)
    p = 1e-7
    assert (1 - escape.immigration_absence(p, n=n, share=share)) / p == pytest.approx(size, rel=1e-5)
    low, high = escape.immigration_absence_bounds(p, n=n, share=share)
    assert (1 - high) / p <= size * (1 + 1e-5) and size <= (1 - low) / p * (1 + 1e-5)
    assert 1 - 1e-12 <= size <= n


@pytest.mark.parametrize("p", [1e-300, 1e-14, 1e-9])
def test_a_visit_of_a_very_rare_word(p):
    """It is there with the probability p E D, and comes back with the probability n s p, but for the order p."""
    n, share = 7, 0.1
    told = escape.immigration_visit_length(p, n=n, share=share)
    assert told == pytest.approx(escape.immigration_real_size(n=n, share=share) / (n * share), rel=10 * n * p + 1e-12)


def test_bracket_of_a_tiny_share():
    low, high = escape.immigration_absence_bounds(0.01, n=1000, share=1e-7)
    assert 0.9 < low < escape.immigration_absence(0.01, n=1000, share=1e-7) < high < 1


def test_bracket_sums_from_below_and_above(monkeypatch):
    exact = immigration._sum_g(0.01)
    monkeypatch.setattr(immigration, "_SUMMED", 50)
    assert immigration._sum_g(0.01) <= exact * (1 + 1e-12)
    assert immigration._sum_g(0.01) >= 0.9 * exact


def test_concentration_matches_mean_and_variance():
    theta = escape.immigration_concentration(n=25, share=0.04)
    assert 1 / (1 + theta) == pytest.approx(1 - escape.immigration_diversity(n=25, share=0.04), rel=1e-13)


def test_shares_to_heal_and_to_keep():
    share = escape.share_to_heal(0.01, n=500, generations=20, failure=0.05)
    assert (1 - share * 0.01) ** 10_000 == pytest.approx(0.05, rel=1e-10)
    assert escape.share_to_keep(0.01, n=500) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="failure"):
        escape.share_to_heal(0.001, n=10, generations=2, failure=0.05)


def test_decaying_share_with_sizes():
    sizes, shares = [3, 9, 4], [0.9, 0.5, 0.1]
    v = 1 / 3
    for n, s in ((9, 0.5), (4, 0.1)):
        v = 1 / n + (1 - 1 / n) * (1 - s) ** 2 * v
    assert escape.decaying_share_diversity(shares, n=sizes)[-1] == pytest.approx(1 - v, rel=1e-14)
    with pytest.raises(ValueError, match="n must"):
        escape.decaying_share_diversity(shares, n=[3, 4])


@pytest.mark.parametrize(
    "call",
    [
        lambda: escape.fresh_real_diversity(n=0, real=1),
        lambda: escape.fresh_real_diversity(n=5, real=-1),
        lambda: escape.fresh_real_diversity(n=5, real=1, k=-1),
        lambda: escape.immigration_diversity(n=5, share=1.5),
        lambda: escape.immigration_absence(0.0, n=5, share=0.1),
        lambda: escape.immigration_absence(0.1, n=30_000, share=0.1),
        lambda: escape.immigration_absence(0.1, n=5, share=0.0),
        lambda: escape.immigration_concentration(n=1, share=0.5),
    ],
)
def test_bad_arguments_are_named(call):
    with pytest.raises(ValueError, match=r"^(n|real|k|share|p) must"):
        call()
