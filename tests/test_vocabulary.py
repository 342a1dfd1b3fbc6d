"""The simulator of living symbols: exact laws of small vocabularies, exact means of large ones, memory, input.

Bands: exact binomial tests of total error 1e-6, or five standard errors.
"""

from __future__ import annotations

import copy
import itertools
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from collapse_lib import forgetting, training, vocabulary
from collapse_lib.families import Categorical
from collapse_lib.vocabulary import Survivors, simulate

SEED = 1
TRIALS = 100_000
WORDS = np.array([0.5, 0.3, 0.2])


def zipf(symbols: int) -> NDArray[np.float64]:
    """Probabilities proportional to 1/rank."""
    weights = 1 / np.arange(1.0, symbols + 1)
    return weights / weights.sum()


def dense(run: Survivors, symbols: int) -> NDArray[np.int64]:
    """The last generation's counts of all symbols, shape (trajectories, symbols)."""
    counts = np.zeros((len(run.counts), symbols), np.int64)
    for row, where, count in zip(counts, run.symbols, run.counts, strict=True):
        row[where] = count
    return counts


def assert_frequencies(hits: NDArray[Any], trials: int, law: NDArray[Any]) -> None:
    """Each frequency passes the exact binomial test, all together with an error of 1e-6."""
    hits, law = np.ravel(hits), np.clip(np.ravel(law), 0.0, 1.0)
    for count, probability in zip(hits, law, strict=True):
        assert stats.binomtest(int(count), trials, probability).pvalue > 1e-6 / law.size, (count, probability)


def assert_mean(samples: NDArray[Any], expected: Any) -> None:
    """The mean over the trajectories is within five standard errors, in every other coordinate."""
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    np.testing.assert_array_less(np.abs(samples.mean(axis=0) - expected), 5 * error + 1e-9)


# ------------------------------------------------------------------------------------------------ exact laws


def states_and_law(sizes: Sequence[int]) -> tuple[list[tuple[int, ...]], NDArray[np.float64]]:
    """All counts of three words in the last sample and their probabilities, by the transition matrix."""
    states: list[tuple[int, ...]] = []
    law = np.ones(1)
    models = [tuple(WORDS)]
    for n in sizes:
        states = [state for state in itertools.product(range(n + 1), repeat=3) if sum(state) == n]
        law = law @ np.array([[stats.multinomial.pmf(state, n, p) for state in states] for p in models])
        models = [tuple(np.array(state) / n) for state in states]
    return states, law


@pytest.mark.parametrize("sizes", [[6], [1, 1], [6, 6], [6, 6, 6], [4, 9], [9, 3], [2, 2, 5, 5]], ids=str)
def test_three_words_have_exactly_the_multinomial_law(sizes: list[int]) -> None:
    states, law = states_and_law(sizes)
    n = sizes[0] if len(set(sizes)) == 1 else sizes
    run = simulate(WORDS, n=n, generations=len(sizes), trajectories=TRIALS, rng=SEED)
    counts = dense(run, 3)
    assert np.all(counts.sum(axis=1) == sizes[-1])
    found = Counter(map(tuple, counts.tolist()))
    assert_frequencies(np.array([found[state] for state in states]), TRIALS, law)


def assert_multinomial(counts: NDArray[np.int64], n: int, p: NDArray[np.float64]) -> None:
    """Rows of counts are multinomial: their sums, the law of each count, the covariances."""
    assert np.all(counts.sum(axis=1) == n)
    for column, share in zip(counts.T, p, strict=True):
        levels = np.unique(stats.binom.ppf([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99], n, share))
        below = (column[:, None] <= levels).sum(axis=0)
        assert_frequencies(below, len(counts), stats.binom.cdf(levels, n, share))
    centred = counts - n * p
    assert_mean(centred[:, :, None] * centred[:, None, :], n * (np.diag(p) - np.outer(p, p)))


def test_every_count_of_a_large_sample_is_multinomial() -> None:
    """From the truth, and from counts on both sides of the end of the guide table."""
    start, n, trials = np.array([2, 16, 120, 800, 3062]), 4000, 20_000
    run = simulate(start, n=n, generations=1, trajectories=trials, rng=SEED)
    assert_multinomial(dense(run, 5), n, start / n)
    state = vocabulary._State(np.arange(5 * trials), np.tile(start, trials), 5 * np.arange(trials), n)
    for size in (n, 3000, 5000):
        drawn = vocabulary._step(state, size, np.random.default_rng(SEED))
        assert_multinomial(drawn.reshape(trials, 5), size, start / n)


def test_the_guide_table_is_the_inverse_of_the_distribution_function() -> None:
    guide, _, _ = vocabulary._guide()
    guide = guide.reshape(vocabulary.ROWS + 1, vocabulary.CELLS)
    assert np.all(guide[-1] == vocabulary.OPEN)
    edges = np.arange(vocabulary.CELLS + 1) / vocabulary.CELLS
    for mean in (0, 1, 2, 10, 100, 500, 1000, 1023):
        decided = np.flatnonzero(guide[mean] != vocabulary.OPEN)
        assert decided.size > 0.9 * vocabulary.CELLS
        value = mean + guide[mean, decided].astype(int)
        assert np.all(stats.poisson.cdf(value - 1, mean) <= edges[decided])
        assert np.all(edges[decided + 1] <= stats.poisson.cdf(value, mean))


def test_what_the_guide_leaves_open_is_inverted() -> None:
    rng = np.random.default_rng(SEED)
    means, uniform = rng.integers(vocabulary.ROWS, size=50_000), rng.random(50_000)
    uniform[::2] = np.where(uniform[::2] < 0.5, 1e-3 * uniform[::2], 1 - 1e-3 * uniform[::2])  # the tails
    np.testing.assert_array_equal(vocabulary._invert(means, uniform), stats.poisson.ppf(uniform, means))
    assert np.all(vocabulary._invert(means, np.ones(50_000)) < means + 9 * np.sqrt(means) + 20)
    for mean in (1, 40, 1000):  # the first and the last cell have many values
        drawn = vocabulary._poisson(np.full(2_000_000, mean), rng)
        levels = np.unique(stats.poisson.ppf([2e-5, 5e-5, 1e-4, 1 - 1e-4, 1 - 5e-5, 1 - 2e-5], mean))
        below = np.array([(drawn <= level).sum() for level in levels])
        assert_frequencies(below, drawn.size, stats.poisson.cdf(levels, mean))


def test_the_poisson_variables_are_poisson() -> None:
    means = np.array([0, 1, 2, 5, 30, 200, 1000, 1023, 1024, 5000])
    drawn = vocabulary._poisson(np.tile(means, TRIALS), np.random.default_rng(SEED)).reshape(TRIALS, -1)
    for mean, values in zip(means, drawn.T, strict=True):
        ranks = [1e-4, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 0.9999]
        levels = np.unique(np.append(stats.poisson.ppf(ranks, mean), np.arange(6)))
        below = (values[:, None] <= levels).sum(axis=0)
        assert_frequencies(below, TRIALS, stats.poisson.cdf(levels, mean))
    assert np.all(np.abs(np.corrcoef(drawn[:, 1:], rowvar=False) - np.eye(9)) < 5.5 / np.sqrt(TRIALS))


def test_trajectories_are_independent() -> None:
    run = simulate(zipf(30), n=40, generations=6, trajectories=TRIALS, rng=SEED)
    for values in (run.unique[:, -1], run.heterozygosity[:, -1]):
        assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 5 / np.sqrt(TRIALS)


# ------------------------------------------------------------------------------- means, and the family's law


@pytest.mark.parametrize("n", [500, 20_000])
def test_survivors_agree_with_the_exact_mean(n: int) -> None:
    truth, generations = zipf(3000), 60
    run = simulate(truth, n=n, generations=generations, trajectories=300, rng=SEED)
    assert run.unique.shape == (300, generations + 1) and np.all(run.unique[:, 0] == 3000)
    k = np.array([1, 2, 3, 5, 10, 20, 40, 60])
    assert_mean(run.unique[:, k], forgetting.expected_unique(truth, n=n, k=k))
    start = 1 - (truth**2).sum()
    assert_mean(run.heterozygosity, start * (1 - 1 / n) ** np.arange(generations + 1))


def test_a_schedule_multiplies_its_factors() -> None:
    sizes = [50, 7, 120, 120, 30]
    run = simulate(zipf(20), n=sizes, generations=5, trajectories=20_000, rng=SEED)
    assert run.n == tuple(sizes)
    kept = np.cumprod([1.0, *(1 - 1 / np.array(sizes))])
    assert_mean(run.heterozygosity, (1 - (zipf(20) ** 2).sum()) * kept)
    assert_mean(dense(run, 20) / 30, zipf(20))
    same = simulate(zipf(20), n=np.array(sizes), generations=5, trajectories=20_000, rng=SEED)
    np.testing.assert_array_equal(same.unique, run.unique)


def test_it_is_the_categorical_family_in_law() -> None:
    truth, options = zipf(40), {"n": 60, "generations": 12, "trajectories": 20_000}
    run = simulate(truth, **options, rng=SEED)
    slow = training.simulate(Categorical(), truth, **options, rng=SEED + 1).parameter
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(slow > 0, slow * np.log(slow), 0.0).sum(axis=-1)
    pairs = [
        (run.unique, (slow > 0).sum(axis=-1)),
        (run.entropy, entropy),
        (run.heterozygosity, 1 - (slow**2).sum(axis=-1)),
    ]
    for fast, other in pairs:
        np.testing.assert_allclose(fast[:, 0], other[:, 0], rtol=1e-12)
        for k in (1, 2, 6, 12):
            columns = np.round(fast[:, k], 9), np.round(other[:, k], 9)
            assert stats.ks_2samp(*columns, method="asymp").pvalue > 1e-6
        steps = np.round(fast[:, 12] - fast[:, 6], 9), np.round(other[:, 12] - other[:, 6], 9)
        assert stats.ks_2samp(*steps, method="asymp").pvalue > 1e-6


# ----------------------------------------------------------------------------------------------- the contract


def test_the_record_belongs_to_the_counts() -> None:
    run = simulate(zipf(500), n=300, generations=4, trajectories=7, rng=SEED)
    assert len(run.symbols) == len(run.counts) == 7
    for j, (symbols, counts) in enumerate(zip(run.symbols, run.counts, strict=True)):
        p = counts / 300
        assert symbols.size == run.unique[j, -1] and np.all(np.diff(symbols) > 0) and symbols[-1] < 500
        assert counts.sum() == 300 and counts.min() > 0
        np.testing.assert_allclose(run.entropy[j, -1], -(p * np.log(p)).sum(), rtol=1e-12)
        np.testing.assert_allclose(run.heterozygosity[j, -1], 1 - (p**2).sum(), rtol=1e-12)
    assert np.all(np.diff(run.unique, axis=1) <= 0)
    assert repr(run).startswith("Survivors(unique=")
    with pytest.raises(AttributeError):
        run.n = (1,)  # type: ignore[misc]


def test_counts_are_relative_frequencies_and_a_symbol_without_one_stays_out() -> None:
    by_counts = simulate([0, 3, 0, 1, 4], n=50, generations=3, trajectories=5, rng=SEED)
    by_share = simulate([0, 0.375, 0, 0.125, 0.5], n=50, generations=3, trajectories=5, rng=SEED)
    assert np.all(by_counts.unique[:, 0] == 3)
    for name in ("unique", "entropy", "heterozygosity", "symbols", "counts"):
        for one, two in zip(getattr(by_counts, name), getattr(by_share, name), strict=True):
            np.testing.assert_array_equal(one, two)
    assert all(set(symbols) <= {1, 3, 4} for symbols in by_counts.symbols)
    again = simulate(by_counts.counts[0], n=50, generations=3, rng=SEED)  # a run can be continued
    assert again.unique[0, 0] == by_counts.unique[0, -1]
    np.testing.assert_allclose(again.entropy[0, 0], by_counts.entropy[0, -1], rtol=1e-12)


def test_a_seed_fixes_the_run_and_a_generator_moves_on() -> None:
    legacy = copy.deepcopy(np.random.get_state())
    rng = np.random.default_rng(5)
    first, second = (simulate(zipf(50), n=30, generations=9, trajectories=4, rng=rng) for _ in range(2))
    again = simulate(zipf(50), n=30, generations=9, trajectories=4, rng=5)
    np.testing.assert_array_equal(first.entropy, again.entropy)
    assert not np.array_equal(first.entropy, second.entropy)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy[1])


def test_batches_and_blocks_change_nothing_in_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "TOGETHER", 130)
    monkeypatch.setattr(vocabulary, "BLOCK", 7)
    truth = zipf(30)
    run = simulate(truth, n=40, generations=5, trajectories=801, rng=SEED)
    assert_mean(run.unique[:, 1:], forgetting.expected_unique(truth, n=40, k=np.arange(1, 6)))
    assert len(run.counts) == 801 and all(counts.sum() == 40 for counts in run.counts)
    assert len({tuple(row) for row in run.entropy}) > 700


@pytest.mark.parametrize(("truth", "n"), [([1.0], 5), ([1], 10**9), ([0, 7], 1), (zipf(9), 1)], ids=str)
def test_what_is_collapsed_stays_collapsed(truth: Any, n: int) -> None:
    run = simulate(truth, n=n, generations=5, trajectories=3, rng=SEED)
    assert np.all(run.unique[:, 1:] == 1)
    assert np.all(run.entropy[:, 1:] == 0) and np.all(run.heterozygosity[:, 1:] == 0)
    assert all(counts.tolist() == [n] for counts in run.counts)


def test_two_words_collapse_in_the_end_onto_one_of_them() -> None:
    run = simulate([3, 1], n=5, generations=150, trajectories=20_000, rng=SEED)
    assert np.all(run.unique[:, -1] == 1)
    hits = sum(int(symbols[0] == 0) for symbols in run.symbols)
    assert stats.binomtest(hits, 20_000, 0.75).pvalue > 1e-6


def test_the_largest_sample_does_not_overflow() -> None:
    run = simulate([0.5, 0.5], n=10**9, generations=3, trajectories=50, rng=SEED)
    assert np.all(run.unique == 2) and all(counts.sum() == 10**9 for counts in run.counts)
    assert all(np.all(np.abs(counts / 10**9 - 0.5) < 2e-4) for counts in run.counts)  # 7 standard deviations


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_sample_has_the_multinomial_law(seed: int) -> None:
    """From the truth and from counts: variance within the exact chi-square band, mean, no overshoot."""
    p, n, trials = np.array([0.05, 0.6, 0.35]), 10**9, 250
    counts = np.tile(np.round(p * n).astype(np.int64), trials)
    state = vocabulary._State(np.arange(3 * trials), counts, 3 * np.arange(trials), n)
    from_counts = vocabulary._step(state, n, np.random.default_rng(seed)).reshape(trials, 3)
    from_truth = dense(simulate(p, n=n, generations=1, trajectories=trials, rng=seed), 3)
    for counts in (from_counts, from_truth):
        assert np.all(counts.sum(axis=1) == n)
        standard = (counts - n * p) / np.sqrt(n * p * (1 - p))
        assert np.all(np.abs(standard.sum(axis=0)) < stats.norm.isf(1e-7) * np.sqrt(trials))
        square = stats.chi2(trials).cdf((standard**2).sum(axis=0))
        assert np.all((square > 1e-7) & (square < 1 - 1e-7))


@given(
    st.lists(st.sampled_from([0.0, 0.0, 5e-324, 1e-300, 1e-17, 1e-9, 0.1, 0.3]), min_size=1, max_size=20).filter(any),
    st.sampled_from([1, 5, 1000, 10**8]),
    st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_an_impossible_symbol_never_appears_and_a_lost_one_never_returns(
    weights: list[float], n: int, seed: int
) -> None:
    truth = np.array(weights) / sum(weights)
    rng = np.random.default_rng(seed)
    living = set(np.flatnonzero(truth).tolist())
    for _ in range(3):
        run = simulate(truth, n=n, generations=2, rng=rng)
        assert set(run.symbols[0].tolist()) <= living and run.counts[0].sum() == n
        assert np.all(np.diff(run.unique[0]) <= 0)
        living = set(run.symbols[0].tolist())
        truth = np.zeros(truth.size, np.int64)
        truth[run.symbols[0]] = run.counts[0]


def test_truths_of_every_make_are_the_same_truth() -> None:
    counts = [4, 2, 0, 1, 1]
    share = np.array(counts) / 8
    usual = simulate(counts, n=50, generations=3, trajectories=3, rng=SEED)
    same: list[Any] = [
        np.array(counts, np.uint8), np.array(counts, object), pd.Series(counts, index=list("abcab")),
        pd.Series(counts, dtype="Int64"), share, share.astype(np.float32), share.astype(np.float16),
        pd.Series(share, index=[9, 8, 7, 6, 5]), [Fraction(count, 8) for count in counts],
        np.repeat(share, 3)[::3],
    ]  # fmt: skip
    for truth in same:
        run = simulate(truth, n=np.array(50), generations=np.array(3), trajectories=np.int8(3), rng=np.uint8(SEED))
        np.testing.assert_array_equal(run.entropy, usual.entropy)
    softmax = np.exp(np.random.default_rng(SEED).normal(size=50_000).astype(np.float32))
    softmax /= softmax.sum()
    assert simulate(softmax, n=50, generations=1, rng=SEED).unique[0, 0] == 50_000
    with pytest.raises(ValueError, match="^truth must sum to 1 within 1e-09, .*renormalise in 64 bits"):
        simulate(np.array([0.5, 0.5 + 7e-8]), n=50, generations=1, rng=SEED)
    frozen = np.array(counts)
    frozen.flags.writeable = False
    simulate(frozen, n=50, generations=3, rng=SEED)
    assert frozen.tolist() == counts


def test_threads_on_a_cold_guide_table() -> None:
    def ask(seed: int) -> NDArray[np.float64]:
        return simulate(zipf(300), n=2000, generations=5, trajectories=4, rng=seed).entropy

    alone = [ask(seed) for seed in range(9)]
    vocabulary._guide.cache_clear()
    with ThreadPoolExecutor(3) as threads:
        for one, other in zip(alone, threads.map(ask, range(9)), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_million_symbols_fit_into_200_mib() -> None:
    """Peak of the memory that simulate allocates (numpy reports it to tracemalloc), truth not included."""
    truth = zipf(10**6)
    tracemalloc.start()
    try:
        simulate(truth, n=10**8, generations=3, rng=SEED)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200 * 2**20


# -------------------------------------------------------------------------------------------------- bad input

GOOD: dict[str, Any] = {"truth": WORDS, "n": 5, "generations": 3, "trajectories": 2, "rng": 1}


def refuse(name: str, **wrong: Any) -> None:
    """Require an error whose message begins with the name of the argument."""
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        simulate(**(GOOD | wrong))


@given(
    st.one_of(
        st.floats(), st.text(), st.none(), st.booleans(), st.complex_numbers(), st.integers(max_value=0),
        st.just([]), st.just([1, [2]]), st.lists(st.floats(), min_size=3, max_size=3),
    )
)  # fmt: skip
def test_bad_numbers_are_named(value: Any) -> None:
    for name in ("n", "generations", "trajectories"):
        refuse(name, **{name: value})
        refuse(name, **{name: 10**30})


@given(
    st.one_of(
        st.lists(st.integers(1, 9), max_size=2),
        st.lists(st.integers(1, 9), min_size=4, max_size=9),
        st.lists(st.integers(max_value=0), min_size=3, max_size=3),
        st.integers(min_value=10**9 + 1),
        st.lists(st.integers(min_value=10**9 + 1), min_size=3, max_size=3),
    )
)
def test_bad_schedules_are_named(value: Any) -> None:
    refuse("n", n=value)


@given(
    st.one_of(
        st.floats(), st.integers(), st.text(), st.none(), st.booleans(),
        st.lists(st.integers(-5, 5), min_size=1).filter(lambda counts: min(counts) < 0),
        st.lists(st.just(0)),
        st.lists(st.floats(0, 1), min_size=1).filter(lambda p: abs(sum(p) - 1) > 1e-6),
        st.lists(st.floats(max_value=-1e-300), min_size=1),
        st.sampled_from([[np.nan, 1.0], [np.inf], [[0.5, 0.5]], [[1, 2]], [0.5, None], ["1"], [1, [2]]]),
        st.sampled_from([[True, False], [1j], [-1, 2], [2**70, 1], np.zeros(4), np.zeros((2, 0), int)]),
    )
)  # fmt: skip
def test_bad_truths_are_named(value: Any) -> None:
    refuse("truth", truth=value)


@given(
    st.one_of(st.floats(), st.text(), st.none(), st.booleans(), st.integers(max_value=-1), st.just(np.random))
)
def test_bad_seeds_are_named(value: Any) -> None:
    refuse("rng", rng=value)


def test_keywords_are_keywords_and_the_seed_is_required() -> None:
    with pytest.raises(TypeError, match="rng"):
        simulate(WORDS, n=5, generations=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        simulate(WORDS, 5, 3, 1)  # type: ignore[misc]
