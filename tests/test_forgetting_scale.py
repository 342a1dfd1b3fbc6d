"""Exact values at any sample size: against the sweep over all states, closed forms, and expansions in n."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from wright_fisher import occupancy_matrix, sweep

from collapse_lib import forgetting
from collapse_lib.forgetting import _boxes, _common, _duality, _occupancy

SCALES = [10**4, 10**6, 10**9, 10**12]

# -------------------------------------------------------------------------------- rows


@pytest.mark.parametrize("n", [1, 2, 5, 40, 90])
def test_the_rows_are_stirling_numbers(n):
    balls = np.arange(2, 91)
    matrix = occupancy_matrix(90) if n == 90 else None
    rows, boxes, weights = _boxes.occupancy_points(balls, n)
    first = _boxes.first_rows(n, 90)
    for i, m in enumerate(balls):
        law = np.zeros(90)
        np.add.at(law, boxes[rows == i] - 1, weights[rows == i])
        np.testing.assert_allclose(law, first[m - 1], rtol=1e-10, atol=1e-15)
        if matrix is not None:
            np.testing.assert_allclose(first[m - 1], matrix[m - 1], rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("n", [500, 20_000])
def test_the_rows_are_the_laws_ball_by_ball(n):
    balls = np.unique(np.geomspace(2, n, 40).astype(int))
    rows, boxes, weights = _boxes.occupancy_points(balls, n)
    exact = {m: (low, law) for m, low, law in _occupancy.occupancy_rows(n) if m in balls}
    for i, m in enumerate(balls):
        low, law = exact[m]
        mine, at = weights[rows == i], boxes[rows == i]
        inside = (at >= low) & (at < low + law.size)
        own = law[at[inside] - low]
        np.testing.assert_allclose(mine[inside] / mine.sum(), own / own.sum(), rtol=1e-9, atol=1e-15)
        assert mine[~inside].sum() < 1e-15


@pytest.mark.parametrize("n", SCALES)
def test_moments_of_the_rows(n):
    """Mean and variance of the number of occupied boxes; few collisions: their probability."""
    balls = np.unique(np.geomspace(2, 3.0 * n, 80).astype(int))
    rows, boxes, weights = _boxes.occupancy_points(balls, n)
    mean = -n * np.expm1(balls * np.log1p(-1 / n))
    assert np.bincount(rows, weights) == pytest.approx(1, rel=1e-14)
    np.testing.assert_allclose(np.bincount(rows, weights * boxes), mean, rtol=1e-14)
    empty = np.exp(balls * np.log1p(-1 / n))
    pairs = n * n * empty**2 * np.expm1(balls * np.log1p(-1 / (n - 1) ** 2))
    variance = pairs - n * empty * np.expm1(balls * np.log1p(-1 / (n - 1)))
    at = balls > 1e-4 * n  # below, the formula cancels
    found = np.bincount(rows, weights * (boxes - mean[rows]) ** 2)
    np.testing.assert_allclose(found[at], variance[at], rtol=1e-8)
    for i in np.flatnonzero(balls * balls < n)[:20]:
        apart = np.log1p(-np.arange(min(balls[i], 10**6)) / n).sum()
        met = weights[(rows == i) & (boxes < balls[i])].sum()
        assert met == pytest.approx(-np.expm1(apart), rel=1e-11)


# -------------------------------------------------------------------------------- against the sweep


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 66, 100, 129, 777, 10_000, 100_000])
def test_mean_times_are_the_sweep(n):
    states = np.arange(1.0, n + 1)
    starts = [0.5, 0.03, 1e-12]
    columns = [_common.in_part(p, states) for p in starts]
    columns += [-np.expm1((states - 1) * np.log1p(-p)) for p in starts]
    exact = 1 + sweep(np.stack([*columns, states > 1.0], axis=1))
    found = [*forgetting.expected_absorption_time(starts, n=n), *forgetting.conditional_loss_time(starts, n=n)]
    np.testing.assert_allclose([*found, forgetting.expected_mrca_time(n=n)], exact, rtol=1e-11)


@pytest.mark.parametrize("n", [65, 128, 300, 2_000, 30_000, 100_000])
def test_generations_are_the_sweep(n):
    """Every k up to 300, and late ones on both sides of 2n, where the eigenfunctions take over."""
    k = np.append(np.arange(1, 301), [n // 2, 2 * n - 1, 2 * n, 2 * n + 1, 2 * n + 2, 5 * n, 30 * n])
    chain, states = _occupancy.chain(n), np.arange(1.0, n + 1)
    np.testing.assert_allclose(forgetting.expected_ancestors(k, n=n), chain.expectation(states, k), rtol=1e-11)
    for p in (1 / n, 0.01, 0.7):
        known = chain.expectation(_common.in_sample(p, states), k)
        np.testing.assert_allclose(forgetting.survival(p, n=n, k=k), known, rtol=1e-11)
        open_ = chain.expectation(_common.in_part(p, states), k)
        np.testing.assert_allclose(forgetting.unabsorbed(p, n=n, k=k), open_, rtol=1e-11)


def test_scattered_generations_are_the_same_as_all():
    n, draw = 50_000, np.random.default_rng(1)
    k = np.arange(1, 4_000)
    whole = forgetting.survival(0.001, n=n, k=k)
    for size in (1, 7, 300):
        some = draw.choice(k, size)
        np.testing.assert_allclose(forgetting.survival(0.001, n=n, k=some), whole[some - 1], rtol=1e-13)


# -------------------------------------------------------------------------------- beyond the sweep


@pytest.mark.parametrize("n", [10**6, 10**9, 10**12])
def test_a_rare_word_is_the_chain_of_small_counts(n):
    """For some generations a chain on 0, ..., 400 holds all that happens to a word of three copies."""
    counts = np.arange(401)
    matrix = binom.pmf(counts[None, :], n, counts[:, None] / n)
    law = binom.pmf(counts, n, 3 / n)
    for k in range(1, 16):
        assert forgetting.survival(3 / n, n=n, k=k) == pytest.approx(law[1:].sum(), rel=1e-11)
        law = law @ matrix


SMALL = [1_500, 3_000, 6_000, 12_000, 24_000]


@pytest.fixture(scope="module")
def swept():
    """Mean times by the sweep for p = 1/2, for all ancestors, and for p = 1/n: one row for each n of SMALL."""
    states = [np.arange(1.0, m + 1) for m in SMALL]
    times = [np.stack([_common.in_part(0.5, a), a > 1, _common.in_part(1 / a[-1], a)], axis=1) for a in states]
    return 1 + np.array([sweep(values) for values in times])


def continued(small, values, terms, n):
    """Richardson: solve for the coefficients of an expansion at `small`, and evaluate it at n."""
    design = np.array([terms(float(m)) for m in small])
    return np.array(terms(float(n))) @ np.linalg.solve(design, values)


@pytest.mark.parametrize("n", [10**6, 10**9, 10**12])
def test_mean_times_continue_the_expansion_in_n(swept, n):
    """The sweep at n <= 24,000 and Richardson: the diffusion limit, a logarithm, and powers of 1/n."""
    half, merged, rare = swept.T

    def common(m):
        return [1, 1 / m, np.log(m) / m]

    for limit, values, found in (
        (2 * np.log(2), half, forgetting.expected_absorption_time(0.5, n=n)),
        (2, merged, forgetting.expected_mrca_time(n=n)),
    ):
        rest = values - limit * np.array(SMALL)
        expected = limit * n + continued(SMALL, rest, lambda m: [np.log(m), *common(m), 1 / m**2], n)
        assert found == pytest.approx(expected, rel=1e-11)
    rest = rare - 2 * np.log(SMALL)
    expected = 2 * np.log(n) + continued(SMALL, rest, lambda m: [*common(m), 1 / m**2, np.log(m) / m**2], n)
    assert forgetting.expected_absorption_time(1 / n, n=n) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [10**9, 10**12])
def test_limits_of_the_mean_number_of_ancestors(n):
    a = np.arange(1, 40)
    for share in (0.5, 1, 2, 3):
        limit = ((2 * a - 1) * np.exp(-a * (a - 1) / 2 * share)).sum()  # Tavare 1984
        assert forgetting.expected_ancestors(int(share * n), n=n) == pytest.approx(limit, rel=20 / n + 1e-10)
    k = np.array([1, 2, 3, 10, 1_000])
    mean, upper = forgetting.expected_ancestors(k, n=n), n * forgetting.h(k, n=n)
    assert mean[:2] == pytest.approx([n, -n * np.expm1(n * np.log1p(-1 / n))], rel=1e-13)
    np.testing.assert_allclose(mean, upper, rtol=1e-6)
    assert (n * forgetting.g(k) <= mean * (1 + 1e-11)).all() and (mean <= upper * (1 + 1e-11)).all()


@pytest.mark.parametrize("n", SCALES)
def test_identities_at_scale(n):
    """Loss or fixation; two words; a finer grid."""
    p = np.array([2 / n, 0.003, 0.4])
    lost, fixed = forgetting.conditional_loss_time(p, n=n), forgetting.conditional_loss_time(1 - p, n=n)
    expected = forgetting.expected_absorption_time(p, n=n)
    np.testing.assert_allclose((1 - p) * lost + p * fixed, expected, rtol=1e-9)
    assert forgetting.total_collapse_time([0.003, 0.997], n=n) == pytest.approx(expected[1], rel=1e-12)
    unique = forgetting.expected_unique([0.003, 0.997], n=n, k=[0, 5, 10**4])
    single = [forgetting.survival(value, n=n, k=[0, 5, 10**4]) for value in (0.003, 0.997)]
    np.testing.assert_allclose(unique, np.sum(single, axis=0), rtol=1e-12)
    later = forgetting.unabsorbed(0.2, n=n, k=[10 * n, 30 * n])
    assert later[1] / later[0] == pytest.approx(np.exp(20 * n * np.log1p(-1 / n)), rel=1e-10)


def test_a_finer_grid_changes_nothing(monkeypatch):
    n, p = 10**9, [1e-9, 0.1]
    coarse = forgetting.expected_absorption_time(p, n=n), forgetting.survival(1e-9, n=n, k=[5, 300, 10**8])
    monkeypatch.setattr(_duality, "_DEGREE", 22)
    monkeypatch.setattr(_duality, "_RATIO", 1.6)
    _duality.dual_chain.cache_clear()
    fine = forgetting.expected_absorption_time(p, n=n), forgetting.survival(1e-9, n=n, k=[5, 300, 10**8])
    _duality.dual_chain.cache_clear()
    for one, other in zip(coarse, fine):
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_memory_at_scale():
    _duality.dual_chain.cache_clear()
    tracemalloc.start()
    forgetting.expected_absorption_time(0.5, n=10**9)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


# -------------------------------------------------------------------------------- sizes that vary


def backwards(sizes, f):
    """E f(A_k) for k = 1, 2, ...: full matrices, ball by ball."""
    values, answers = f(np.arange(1.0, sizes[0] + 1)), []
    for boxes, balls in zip(sizes, [*sizes[1:], 1]):
        answers.append(values[-1])
        law, rows = np.eye(boxes)[0], []
        for _ in range(balls):
            rows.append(law @ values)
            stay = np.arange(1, boxes + 1) / boxes
            law = law * stay + np.append(0.0, law[:-1] * (1 - stay[:-1]))
        values = np.array(rows)
    return answers


@pytest.mark.parametrize(
    "sizes",
    [[1], [3, 1, 7], [6, 9, 4, 30, 12, 8, 25, 40, 5], [70, 300, 65, 700, 1, 90], [5, 2_000, 100], [900, 10, 900]],
)
@pytest.mark.parametrize("p", [1e-9, 0.02, 0.6])
def test_a_schedule_is_its_chain(sizes, p):
    k = np.arange(1, len(sizes) + 1)
    known = backwards(sizes, lambda a: _common.in_sample(p, a))
    np.testing.assert_allclose(forgetting.survival(p, n=sizes, k=k), known, rtol=1e-11)
    open_ = backwards(sizes, lambda a: _common.in_part(p, a))
    np.testing.assert_allclose(forgetting.unabsorbed(p, n=sizes, k=k), open_, rtol=1e-11)
    vocabulary = [p, (1 - p) / 2, (1 - p) / 2, 0.0]
    unique = backwards(sizes, lambda a: sum(_common.in_sample(q, a) for q in vocabulary))
    np.testing.assert_allclose(forgetting.expected_unique(vocabulary, n=sizes, k=k), unique, rtol=1e-11)


def test_a_schedule_in_forward_matrices():
    """The word itself: binomial counts, sizes n_1, n_2, ..."""
    sizes, p = [12, 30, 7, 40], 0.15
    law = binom.pmf(np.arange(13), 12, p)
    for k, (size, following) in enumerate(zip(sizes, [*sizes[1:], 1]), start=1):
        share = np.arange(size + 1) / size
        assert forgetting.survival(p, n=sizes, k=k) == pytest.approx(law[1:].sum(), rel=1e-12)
        assert forgetting.unabsorbed(p, n=sizes, k=k) == pytest.approx(law[1:-1].sum(), rel=1e-12)
        mean = law @ (share * (1 - share))
        assert forgetting.heterozygosity(p, n=sizes, k=k) == pytest.approx(mean, rel=1e-12)
        law = law @ binom.pmf(np.arange(following + 1), following, share[:, None])


@pytest.mark.parametrize("n", [1, 50, 20_000, 10**9])
def test_a_constant_schedule_is_a_size(n):
    k = np.array([[0, 1], [2, 7]])
    for function in (forgetting.survival, forgetting.unabsorbed, forgetting.heterozygosity):
        np.testing.assert_allclose(function(0.1, n=[n] * 7, k=k), function(0.1, n=n, k=k), rtol=1e-12)
    words = [0.1, 0.9]
    schedule = forgetting.expected_unique(words, n=np.full(9, n), k=k)
    np.testing.assert_allclose(schedule, forgetting.expected_unique(words, n=n, k=k), rtol=1e-12)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=4), st.floats(1e-9, 1))
def test_any_schedule_falls(sizes, p):
    k = np.arange(len(sizes) + 1)
    known, open_ = forgetting.survival(p, n=sizes, k=k), forgetting.unabsorbed(p, n=sizes, k=k)
    assert (np.diff(known) <= 1e-11 * known[:-1]).all() and (0 <= open_).all() and (open_ <= known).all()
    diversity = forgetting.heterozygosity(p, n=sizes, k=k)
    assert (4 * diversity <= open_ * (1 + 1e-10) + 1e-15).all()


def test_a_schedule_that_is_too_short():
    for ask in (
        lambda k: forgetting.survival(0.1, n=[5, 6], k=k),
        lambda k: forgetting.unabsorbed(0.1, n=[5, 6], k=k),
        lambda k: forgetting.heterozygosity(0.1, n=[5, 6], k=k),
        lambda k: forgetting.expected_unique([0.1, 0.9], n=[5, 6], k=k),
    ):
        assert 0 < ask(2) < 2
        with pytest.raises(ValueError, match="k must not exceed the length 2 of the schedule n, got 3"):
            ask([1, 3])
