"""The discrete theory against rational arithmetic, transfer matrices, linear solves and iteration."""

from fractions import Fraction
from math import comb, exp, log
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from collapse_lib import _occupancy, forgetting

SOURCES = ("paper", "sharp")


def transfer_matrix(n):
    """Wright-Fisher transition probabilities between the counts 0, ..., n."""
    counts = np.arange(n + 1)
    return binom.pmf(counts[None, :], n, counts[:, None] / n)


def forward(n, p0, generations):
    """Laws of the count in generations 1, ..., `generations`."""
    matrix, law, laws = transfer_matrix(n), binom.pmf(np.arange(n + 1), n, p0), []
    for _ in range(generations):
        laws.append(law)
        law = law @ matrix
    return np.array(laws)


# -------------------------------------------------------------------------------- exact laws


@pytest.mark.parametrize("n", [1, 2, 5, 9])
@pytest.mark.parametrize("p0", [1e-12, 0.2, 0.5, 1 - 2.0**-40])
def test_survival_and_unabsorbed_in_rational_arithmetic(n, p0):
    def step(p):
        return [comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)]

    rows = [step(Fraction(j, n)) for j in range(n + 1)]
    law = step(Fraction(p0))
    for k in range(1, 8):
        assert forgetting.survival(p0, n=n, k=k) == pytest.approx(float(sum(law[1:])), rel=1e-13)
        assert forgetting.unabsorbed(p0, n=n, k=k) == pytest.approx(float(sum(law[1:n])), rel=1e-13)
        law = [sum(law[i] * rows[i][j] for i in range(n + 1)) for j in range(n + 1)]


@pytest.mark.parametrize("n", [3, 63, 64, 65, 100, 400, 513])
@pytest.mark.parametrize("p0", [1e-12, 0.01, 0.2, 0.97])
def test_survival_is_the_forward_transfer_matrix(n, p0):
    laws, k = forward(n, p0, 150), np.arange(1, 151)
    np.testing.assert_allclose(forgetting.survival(p0, n=n, k=k), laws[:, 1:].sum(axis=1), rtol=1e-11)
    np.testing.assert_allclose(forgetting.unabsorbed(p0, n=n, k=k), laws[:, 1:n].sum(axis=1), rtol=1e-11)


@pytest.mark.parametrize("n", [20, 400])
def test_late_generations(n):
    """k = 10,000 by repeated squaring of the transfer matrix; the interior decays by 1 - 1/n exactly."""
    late = np.linalg.matrix_power(transfer_matrix(n), 9_999)
    for p0 in (1e-12, 0.3):
        law = binom.pmf(np.arange(n + 1), n, p0) @ late
        assert forgetting.survival(p0, n=n, k=10_000) == pytest.approx(law[1:].sum(), rel=1e-10)
        assert forgetting.unabsorbed(p0, n=n, k=10_000) == pytest.approx(law[1:n].sum(), rel=1e-10)
    first, second = forgetting.unabsorbed(0.3, n=n, k=[70 * n, 100 * n])
    assert second / first == pytest.approx(exp(30 * n * np.log1p(-1 / n)), rel=1e-10)


@pytest.mark.parametrize("n", [10_000, 100_000])
def test_large_samples_against_the_chain_of_small_counts(n):
    """A rare word has few copies: for some generations its chain on 0, ..., 400 is exact to rounding."""
    counts = np.arange(401)
    matrix = binom.pmf(counts[None, :], n, counts[:, None] / n)
    law = binom.pmf(counts, n, 3 / n)
    for k in range(1, 16):
        assert forgetting.survival(3 / n, n=n, k=k) == pytest.approx(law[1:].sum(), rel=1e-11)
        law = law @ matrix


@pytest.mark.parametrize("n", [1_000, 30_000])
def test_two_generations_of_a_frequent_word(n):
    counts = np.arange(n + 1)
    for p0 in (1e-4, 0.001, 0.01):
        lost = binom.pmf(counts, n, p0) @ (1 - counts / n) ** n
        assert 1 - forgetting.survival(p0, n=n, k=2) == pytest.approx(lost, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("n", [1, 2, 100, 5_000])
def test_laws_of_the_number_of_ancestors(n):
    chain = _occupancy.chain(n)
    for k in (1, 2, 3, 10, 100, 5_000):
        low, law = chain.law(k)
        assert low >= 1 and low + law.size - 1 <= n and (law >= 0).all()
        assert law.sum() == pytest.approx(1, abs=1e-12)
        mean = law @ np.arange(low, low + law.size)
        assert n * forgetting.g(k) <= mean * (1 + 1e-12) and mean <= n * forgetting.h(k, n=n) * (1 + 1e-12)
    if n > 1:
        low, law = chain.law(2)
        mean = law @ np.arange(low, low + law.size)
        assert mean == pytest.approx(n * (1 - (1 - 1 / n) ** n), rel=1e-12)


def test_the_order_of_the_questions_does_not_matter():
    k = np.array([[700, 3, 0], [1, 40, 3]])
    answers = forgetting.survival(0.01, n=317, k=k)
    _occupancy.chain.cache_clear()
    for generation, answer in zip(k.ravel(), answers.ravel()):
        assert forgetting.survival(0.01, n=317, k=int(generation)) == answer


def test_speed():
    _occupancy.chain.cache_clear()
    start = perf_counter()
    forgetting.survival(0.001, n=10_000, k=np.arange(1_001))
    assert perf_counter() - start < 2


def test_known_values():
    """Figures of the ledger, and the limits of E A_k at k = n and k = 2n (Tavare 1984)."""
    assert forgetting.survival(0.2, n=100, k=50) == pytest.approx(0.5946, abs=5e-5)
    assert forgetting.survival_bounds(0.2, n=100, k=50) == pytest.approx((0.5358, 1), abs=5e-5)
    assert forgetting.survival_bounds(0.2, n=100, k=50, source="sharp")[1] == pytest.approx(0.6203, abs=5e-5)
    zipf = np.arange(1, 51) ** -1.2
    zipf /= zipf.sum()
    assert sum(forgetting.survival(p, n=60, k=8) for p in zipf) == pytest.approx(7.983, abs=5e-4)
    assert forgetting.expected_unique_bounds(zipf, n=60, k=8)[1] == pytest.approx(17.88, abs=5e-3)
    sharp = forgetting.expected_unique_bounds(zipf, n=60, k=8, source="sharp")
    assert sharp == pytest.approx((7.782, 8.049), abs=5e-4)
    ratio = forgetting.unabsorbed(0.3, n=100, k=2_000) / forgetting.heterozygosity(0.3, n=100, k=2_000)
    assert ratio == pytest.approx(5.8884, abs=5e-5)
    for k, expected in ((20_000, 2.370), (40_000, 1.418)):
        low, law = _occupancy.chain(20_000).law(k)
        assert law @ np.arange(low, low + law.size) == pytest.approx(expected, abs=1e-3)


def test_heterozygosity_of_the_chain():
    n, p0 = 30, 0.15
    frequency = np.arange(n + 1) / n
    np.testing.assert_allclose(
        forgetting.heterozygosity(p0, n=n, k=np.arange(1, 101)),
        forward(n, p0, 100) @ (frequency * (1 - frequency)),
        rtol=1e-12,
    )
    np.testing.assert_array_equal(forgetting.heterozygosity(0.5, n=1, k=[0, 1, 2]), [0.25, 0, 0])


# -------------------------------------------------------------------------------- absorption


@pytest.mark.parametrize("n", [1, 2, 3, 30, 250])
def test_absorption_time_is_the_linear_solve(n):
    p0 = np.array([0, 1e-12, 0.1, 1 / 3, 0.5, 0.95, 1])
    times = np.zeros(n + 1)
    if n > 1:
        times[1:n] = np.linalg.solve(np.eye(n - 1) - transfer_matrix(n)[1:n, 1:n], np.ones(n - 1))
    expected = 1 + binom.pmf(np.arange(n + 1), n, p0[:, None]) @ times
    expected[[0, -1]] = 0
    answer = forgetting.expected_absorption_time(p0, n=n)
    np.testing.assert_allclose(answer, expected, rtol=1e-11)
    assert forgetting.expected_absorption_time(p0[2], n=n) == pytest.approx(answer[2], rel=1e-14)
    assert (answer <= 2 * n - 1 + 1e-9).all()


def test_absorption_time_known_digits():
    """Printed by WFES2 (truncated transition matrix); and the sum of the exact survival of diversity."""
    answer = forgetting.expected_absorption_time(np.array([0.5, 0.001]), n=1_000)
    assert answer == pytest.approx([1383.5009772, 15.166967776], rel=1e-10)
    assert forgetting.expected_absorption_time(0.5, n=100_000) == pytest.approx(1.3862510778e5, rel=1e-9)
    total = forgetting.unabsorbed(0.02, n=200, k=np.arange(8_001)).sum()
    assert forgetting.expected_absorption_time(0.02, n=200) == pytest.approx(total, rel=1e-11)


def test_many_starts_at_once(monkeypatch):
    p0 = np.linspace(0, 1, 101)
    whole = forgetting.expected_absorption_time(p0, n=300)
    np.testing.assert_allclose(whole, whole[::-1], rtol=1e-12)
    monkeypatch.setattr(forgetting, "_CELLS", 5_000)  # in parts of about 16 starts
    np.testing.assert_allclose(forgetting.expected_absorption_time(p0, n=300), whole, rtol=1e-13)
    monkeypatch.setattr(forgetting, "_CELLS", 100)  # a single start does not fit: one at a time
    np.testing.assert_allclose(forgetting.expected_absorption_time(p0[:3], n=300), whole[:3], rtol=1e-13)


# -------------------------------------------------------------------------------- g and h


def test_g_against_iteration_in_extended_precision():
    x, wanted = np.longdouble(1), {1, 2, 100, 4_095, 4_096, 4_097, 10_000, 300_000}
    for k in range(1, 300_001):
        if k in wanted:
            assert abs(float(forgetting.g(k) / x - 1)) < 1e-13
        x = -np.expm1(-x)
    assert forgetting.g(0) == np.inf
    table = [0.632121, 0.312080, 0.172255, 0.019543]
    np.testing.assert_allclose(forgetting.g([2, 5, 10, 100]), table, atol=5e-7)


def test_g_far_out():
    """One generation is one step of g, and 1/g_k = k/2 + ln(k)/6 + C + ..., at k where nobody iterates."""
    k = np.array([10**6, 10**9, 10**12])
    value, after = forgetting.g(k), forgetting.g(k + 1)
    np.testing.assert_allclose(after, -np.expm1(-value), rtol=1e-14)
    np.testing.assert_allclose(1 / value, k / 2 + np.log(k) / 6 + 0.3991240771, rtol=0, atol=0.01)
    assert 1 / value[1] - k[1] / 2 - np.log(k[1]) / 6 == pytest.approx(0.3991240771, abs=2e-7)


def test_g_bounds():
    k = np.concatenate([np.arange(1, 30_000), 10 ** np.arange(5, 18)])
    value = forgetting.g(k)
    for source in SOURCES:
        lower, upper = forgetting.g_bounds(k, source)
        assert (lower <= value * (1 + 1e-14)).all() and (value <= upper * (1 + 1e-14)).all()
    lower, upper = forgetting.g_bounds(k, "sharp")
    assert (upper / lower).max() < 1.075
    assert forgetting.g_bounds(1, "sharp") == pytest.approx((1, 1), rel=1e-14)
    assert forgetting.g_bounds(0) == forgetting.g_bounds(0, source="sharp") == (np.inf, np.inf)


@pytest.mark.parametrize("n", [1, 2, 10, 51, 1_000, 10**6, 10**9])
def test_h_against_iteration_in_extended_precision(n):
    wanted = {1, 2, 10, 4_096, 4_097, 5_000, 40_000}
    one = np.longdouble(1)
    log_keep = np.log1p(-one / n) if n > 1 else -np.longdouble(np.inf)
    x = one
    for k in range(1, 40_001):
        if k in wanted:
            assert abs(float(forgetting.h(k, n=n) / x - 1)) < 2e-12
        x = -np.expm1(n * x * log_keep)
    assert forgetting.h(0, n=n) == np.inf
    assert forgetting.h(10**18, n=n) == pytest.approx(1 / n, rel=1e-11)


def test_h_below_its_closed_form():
    k = np.unique(np.geomspace(1, 10**7, 60).astype(int))
    for n in (2, 30, 1_000, 10**6):
        rate = -n * np.log1p(-1 / n)
        decay = rate ** -(k - 1.0)
        closed = 1 / (decay + 0.5 * rate / (rate - 1) * (1 - decay))
        assert (forgetting.h(k, n=n) <= closed * (1 + 1e-9)).all()


# -------------------------------------------------------------------------------- Poisson


@pytest.mark.parametrize("count", [0.01, 0.5, 1, 3.7, 40, 700])
@pytest.mark.parametrize("u", [1e-9, 0.1, 0.5, 0.75, 0.95])
def test_quantile_by_search(count, u):
    k, value = 0, np.inf
    while exp(-count * value) < u:
        k, value = k + 1, 1 - exp(-value) if k else 1.0
    assert forgetting.forgetting_quantile(count, u) == k


def test_quantile_inverts_the_law():
    for count in (1, 10, 250.5):
        for k in (1, 2, 17, 300, 4_095, 4_096, 4_097, 4_098, 20_000):
            u = np.nextafter(exp(-count * forgetting.g(k)), 0)  # exp itself may have been rounded up
            assert forgetting.forgetting_quantile(count, u) == k


@settings(deadline=None)
@given(st.floats(1e4, 1e10), st.floats(1e-6, 0.99))
def test_quantile_of_large_counts(count, u):
    k = forgetting.forgetting_quantile(count, u)
    target = -log(u) / count
    assert forgetting.g(k) <= target * (1 + 2e-15) and forgetting.g(k - 1) > target
    crude = 2 / target
    assert k == pytest.approx(crude - log(crude / 2) / 3 - 1.0293, abs=1.1 + 0.01 * abs(log(u)))


def test_quantile_edges():
    assert forgetting.forgetting_quantile(0, 0.9) == forgetting.forgetting_quantile(5, 0.0) == 0
    assert forgetting.forgetting_quantile(5e-324, 0.5) == forgetting.forgetting_quantile(1, exp(-1)) == 1
    assert forgetting.forgetting_quantile(100, 0.5) == 286
    assert isinstance(forgetting.forgetting_quantile(1e9, 0.5), int)
    with pytest.raises(ValueError, match="count"):
        forgetting.forgetting_quantile(1e15, 0.999)


def test_survival_poisson_is_the_branching_process():
    """Law of the count as a Galton-Watson chain on 0, ..., 300."""
    from scipy.stats import poisson

    counts = np.arange(301)
    matrix = poisson.pmf(counts[None, :], counts[:, None])
    law = poisson.pmf(counts, 2.5)
    for k in range(1, 21):
        assert forgetting.survival_poisson(2.5, k=k) == pytest.approx(1 - law[0], rel=1e-12)
        law = law @ matrix
    np.testing.assert_array_equal(forgetting.survival_poisson(0, k=[0, 1]), [0, 0])
    assert forgetting.survival_poisson(1e-300, k=0) == 1


# -------------------------------------------------------------------------------- properties

# below 1e-300 numbers lose their relative accuracy, so nothing is asked of them
TINY = 1e-300
probability = st.one_of(st.floats(1e-290, 1), st.sampled_from([0, 1e-290, 1e-12, 0.5, 1 - 1e-12, 1]))
sizes = st.one_of(st.integers(1, 80), st.sampled_from([400, 1_500]))
generations = st.lists(st.integers(0, 3_000), min_size=1, max_size=5)
SLACK = 1e-11


@settings(deadline=None, max_examples=150)
@given(probability, probability, sizes, generations)
def test_survival_falls_with_k_rises_with_p0_and_lies_between_its_bounds(p, q, n, k):
    k = np.sort(np.array(k))
    value = forgetting.survival(p, n=n, k=k)
    assert ((0 <= value) & (value <= 1)).all()
    assert (value[1:] <= value[:-1] * (1 + SLACK)).all()
    low, high = sorted((p, q))
    assert (forgetting.survival(low, n=n, k=k) <= forgetting.survival(high, n=n, k=k) * (1 + SLACK)).all()
    inside = forgetting.unabsorbed(p, n=n, k=k)
    assert ((0 <= inside) & (inside <= value * (1 + SLACK) + TINY)).all()
    for source in SOURCES:
        for exact, bounds in ((value, forgetting.survival_bounds), (inside, forgetting.diversity_bounds)):
            lower, upper = bounds(p, n=n, k=k, source=source)
            assert ((0 <= lower) & (lower <= exact * (1 + SLACK) + TINY)).all()
            assert ((exact <= upper * (1 + SLACK) + TINY) & (upper <= 1)).all()
    paper = forgetting.survival_bounds(p, n=n, k=k)
    sharp = forgetting.survival_bounds(p, n=n, k=k, source="sharp")
    assert (paper[0] <= sharp[0]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any), st.integers(1, 60), generations)
def test_expected_unique_bounds_are_sums(weights, n, k):
    p = np.array(weights) / sum(weights)
    exact = sum(forgetting.survival(value, n=n, k=k) for value in p)
    for source in SOURCES:
        lower, upper = forgetting.expected_unique_bounds(p, n=n, k=k, source=source)
        parts = [forgetting.survival_bounds(value, n=n, k=k, source=source) for value in p]
        np.testing.assert_allclose([lower, upper], np.sum(parts, axis=0), rtol=1e-12)
        assert (lower <= exact * (1 + SLACK) + TINY).all() and (exact <= upper * (1 + SLACK) + TINY).all()


@settings(deadline=None)
@given(st.one_of(st.floats(1e-290, 1e4), st.sampled_from([0, 1e15])), generations)
def test_survival_poisson_properties(count, k):
    k = np.sort(np.array(k))
    value = forgetting.survival_poisson(count, k=k)
    assert ((0 <= value) & (value <= 1)).all() and (np.diff(value) <= 0).all()
    for source in SOURCES:
        lower, upper = forgetting.survival_poisson_bounds(count, k=k, source=source)
        assert (lower <= value * (1 + SLACK)).all() and (value <= upper * (1 + SLACK)).all()


@pytest.mark.parametrize("n", [2, 3, 7, 50, 51, 80, 777])
def test_bounds_on_diversity_hold_to_the_end(n):
    k = n * np.arange(1, 300, 7)
    exact = forgetting.unabsorbed(0.3, n=n, k=k)
    for source in SOURCES:
        lower, upper = forgetting.diversity_bounds(0.3, n=n, k=k, source=source)
        assert (lower <= exact * (1 + SLACK) + TINY).all() and (exact <= upper * (1 + SLACK) + TINY).all()


def test_sharp_bounds_meet_at_fixation():
    """In the end the word is the only one left with probability p0; the paper's lower bound falls to 0."""
    sharp = forgetting.survival_bounds(0.2, n=100, k=10**6, source="sharp")
    assert sharp == pytest.approx((0.2, 0.2), rel=1e-11)
    assert forgetting.survival_bounds(0.2, n=100, k=10**6)[0] < 1e-4
    assert forgetting.survival(0.2, n=100, k=10**6) == pytest.approx(0.2, rel=1e-11)


@pytest.mark.parametrize("source", SOURCES)
def test_bounds_work_for_any_size_and_generation(source):
    for k in (0, 1, 10**6, 10**18):
        for p0 in (0.0, 1e-12, 0.4, 1.0):
            for bounds in (forgetting.survival_bounds, forgetting.diversity_bounds):
                lower, upper = bounds(p0, n=10**15, k=k, source=source)
                assert 0 <= lower <= upper <= 1


OF_K = {
    "g": lambda k: forgetting.g(k),
    "h": lambda k: forgetting.h(k, n=9),
    "survival": lambda k: forgetting.survival(0.3, n=9, k=k),
    "unabsorbed": lambda k: forgetting.unabsorbed(0.3, n=9, k=k),
    "heterozygosity": lambda k: forgetting.heterozygosity(0.3, n=9, k=k),
    "survival_poisson": lambda k: forgetting.survival_poisson(3, k=k),
    "g_bounds": lambda k: forgetting.g_bounds(k, "sharp")[0],
    "survival_bounds": lambda k: forgetting.survival_bounds(0.3, n=9, k=k, source="sharp")[1],
    "diversity_bounds": lambda k: forgetting.diversity_bounds(0.3, n=9, k=k)[1],
    "survival_poisson_bounds": lambda k: forgetting.survival_poisson_bounds(3, k=k)[0],
    "expected_unique_bounds": lambda k: forgetting.expected_unique_bounds([0.5, 0.5], n=9, k=k)[1],
}


@pytest.mark.parametrize("name", OF_K)
def test_answers_have_the_shape_of_k(name):
    of_k = OF_K[name]
    k = np.array([[0, 3, 9_000], [1, 4, 5]])
    answer = of_k(k)
    assert isinstance(answer, np.ndarray) and answer.shape == (2, 3)
    for generation, value in zip(k.ravel(), answer.ravel()):
        alone = of_k(int(generation))
        assert isinstance(alone, float) and alone == pytest.approx(value, rel=1e-13)
    assert of_k([2]).shape == (1,) and isinstance(of_k(np.uint8(2)), float)


def test_start():
    for p0, expected in ((0.0, 0.0), (0.3, 1.0), (1.0, 1.0)):
        assert forgetting.survival(p0, n=7, k=0) == expected
        assert forgetting.survival(p0, n=7, k=1) == pytest.approx(1 - (1 - p0) ** 7, rel=1e-14)
        assert forgetting.unabsorbed(p0, n=7, k=0) == (0 < p0 < 1)
        for source in SOURCES:
            assert forgetting.survival_bounds(p0, n=7, k=0, source=source) == (expected, expected)


# -------------------------------------------------------------------------------- bad input

JUNK = st.sampled_from(["x", "0.5", None, True, 1j, object(), {}])
OUTSIDE = st.one_of(
    st.floats(max_value=0, exclude_max=True), st.floats(min_value=1, exclude_min=True), st.just(float("nan"))
)
NOT_INTEGER = st.one_of(JUNK, st.floats())
BAD = {
    "p0": st.one_of(JUNK, OUTSIDE, st.just([0.5])),
    "starts": st.one_of(
        JUNK, OUTSIDE, OUTSIDE.map(lambda x: [0.5, x]), st.sampled_from([[], [[0.5]], ["x"]])
    ),
    "n": st.one_of(NOT_INTEGER, st.integers(max_value=0), st.just([3]), st.just(10**16)),
    "k": st.one_of(
        NOT_INTEGER,
        st.integers(max_value=-1),
        st.floats().map(lambda x: [1, x]),
        st.sampled_from([[], [3, -1], 10**19]),
    ),
    "count": st.one_of(
        JUNK, st.floats(max_value=0, exclude_max=True), st.sampled_from([np.nan, np.inf, 1.1e15, [1.0]])
    ),
    "u": st.one_of(JUNK, OUTSIDE, st.sampled_from([1.0, 1, [0.5]])),
    "source": st.one_of(JUNK, st.sampled_from(["Paper", "", 1, ["paper"]])),
    "probabilities": st.one_of(
        JUNK,
        OUTSIDE.map(lambda x: [0.5, x]),
        st.sampled_from([[], 1.0, [0.5, 0.6], [[0.5, 0.5]], ["x"], [1.5, -0.5]]),
    ),
}
GOOD = {"p0": 0.3, "n": 5, "k": 2, "count": 2.0, "u": 0.5, "source": "sharp", "probabilities": [0.5, 0.5]}
ARGUMENTS = {
    "g": "k",
    "h": "k n",
    "g_bounds": "k source",
    "survival": "p0 n k",
    "unabsorbed": "p0 n k",
    "heterozygosity": "p0 n k",
    "expected_absorption_time": "p0 n",
    "survival_bounds": "p0 n k source",
    "diversity_bounds": "p0 n k source",
    "expected_unique_bounds": "probabilities n k source",
    "survival_poisson": "count k",
    "survival_poisson_bounds": "count k source",
    "forgetting_quantile": "count u",
}


def test_every_public_function_is_tried():
    assert set(ARGUMENTS) == set(forgetting.__all__)


@pytest.mark.parametrize(
    "name, argument", [(name, argument) for name, names in ARGUMENTS.items() for argument in names.split()]
)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_bad_input_is_named(name, argument, data):
    arguments = {one: GOOD[one] for one in ARGUMENTS[name].split()}
    assert getattr(forgetting, name)(**arguments) is not None
    kind = "starts" if (name, argument) == ("expected_absorption_time", "p0") else argument
    arguments[argument] = data.draw(BAD[kind])
    with pytest.raises((TypeError, ValueError), match=rf"\b{argument}\b"):
        getattr(forgetting, name)(**arguments)


@pytest.mark.parametrize(
    "name, n", [("survival", 1_000_001), ("unabsorbed", 10**15), ("expected_absorption_time", 100_001)]
)
def test_exact_values_say_how_far_they_go(name, n):
    k = {} if name == "expected_absorption_time" else {"k": 1}
    with pytest.raises(ValueError, match=f"n must be an integer <= .*got {n:,}"):
        getattr(forgetting, name)(0.1, n=n, **k)
