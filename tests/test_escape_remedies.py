"""The table of remedies: every line against an exact chain in fractions, the least real data by trying all, bad input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest

from collapse_lib import escape

TRUTH = Fraction(3, 10)
State = tuple[Fraction, ...]
Step = Callable[[int, State], Iterator[tuple[Fraction, State]]]


def binomial(n: int, p: Fraction) -> list[tuple[int, Fraction]]:
    return [(j, comb(n, j) * p**j * (1 - p) ** (n - j)) for j in range(n + 1)]


def diversity(step: Step, generations: int) -> list[float]:
    """Exact diversity of one word, generation by generation; a state's first entry is the model."""
    law: dict[State, Fraction] = {(TRUTH,): Fraction(1)}
    kept = [1.0]
    for k in range(1, generations + 1):
        following: dict[State, Fraction] = defaultdict(Fraction)
        for state, chance in law.items():
            for more, new in step(k, state):
                following[new] += chance * more
        law = dict(following)
        assert sum(law.values()) == 1
        kept.append(float(sum(c * s[0] * (1 - s[0]) for s, c in law.items()) / (TRUTH * (1 - TRUTH))))
    return kept


def pooled(n: int, r: int) -> Step:
    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        for (a, x), (b, y) in product(binomial(r, TRUTH), binomial(n - r, state[0])):
            yield x * y, (Fraction(a + b, n),)

    return step


def kept_set(n: int, r: int) -> Step:
    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        sets = binomial(r, TRUTH) if k == 1 else [(int(state[1]), Fraction(1))]
        for (a, x), (b, y) in product(sets, binomial(n - r, state[0])):
            yield x * y, (Fraction(a + b, n), Fraction(a))

    return step


def weighted(n: int, r: int) -> Step:
    m, errors = n - r, [Fraction(0)]
    for _ in range(9):
        errors.append(1 / (r + 1 / (Fraction(1, m) + (1 - Fraction(1, m)) * errors[-1])))

    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        w = r * errors[k]
        for (a, x), (b, y) in product(binomial(r, TRUTH), binomial(m, state[0])):
            yield x * y, (w * a / r + (1 - w) * b / m,)

    return step


def pseudo(n: int, a: Fraction) -> Step:
    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        for b, y in binomial(n, state[0]):
            yield y, ((b + a * TRUTH) / (n + a),)

    return step


def pile(n: int, r: int) -> Step:
    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        real = n if k == 1 else r
        old = state[0] * n * (k - 1)
        for (a, x), (b, y) in product(binomial(real, TRUTH), binomial(n - real, state[0])):
            yield x * y, ((old + a + b) / (n * k),)

    return step


def compute(n: int) -> Step:
    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        past = state if k > 1 else (TRUTH,)
        for b, y in binomial(n, sum(past, Fraction(0)) / k):
            yield y, (Fraction(b, n), *past)

    return step


def real_only(n: int, r: int, *, keep: bool) -> Step:
    def step(k: int, state: State) -> Iterator[tuple[Fraction, State]]:
        old = (state[0] * (n + r * (k - 2)), n + r * (k - 2)) if keep and k > 1 else (Fraction(0), 0)
        size = n if k == 1 else r
        for a, x in binomial(size, TRUTH):
            yield x, ((old[0] + a) / (old[1] + size),)

    return step


@pytest.mark.parametrize(("n", "r"), [(3, 1), (4, 2), (3, 2)])
def test_every_line_of_the_table_against_its_exact_chain(n: int, r: int) -> None:
    chains = {
        "replace": pooled(n, 0), "kept, pooled": kept_set(n, r), "fresh alone": real_only(n, r, keep=False),
        "fresh, pooled": pooled(n, r), "fresh, weighted": weighted(n, r), "pseudo-counts": pseudo(n, Fraction(r)),
        "pile": pile(n, 0), "fixed compute": compute(n), "fresh, pile": pile(n, r),
        "all real": real_only(n, r, keep=True),
    }  # fmt: skip
    exact = {name: diversity(step, 4) for name, step in chains.items()}
    for K in range(1, 5):
        table = {line.name: line for line in escape.remedies(n=n, real=r, generations=K)}
        assert table.keys() == exact.keys() | {"first model"}
        for name, kept in exact.items():
            assert table[name].diversity == pytest.approx(kept[K], rel=1e-12), name
        assert table["first model"].diversity == table["first model"].limit == 1 - 1 / n


@pytest.mark.parametrize(("n", "r"), [(2, 1), (50, 1), (50, 5), (50, 49), (7, 0)])
def test_limits_are_those_of_late_generations(n: int, r: int) -> None:
    for line in escape.remedies(n=n, real=r, generations=10**6):
        slow = line.name == "fresh, pile"
        assert line.diversity == pytest.approx(line.limit, abs=0.06 if slow else 1e-5), line.name
    first = escape.remedies(n=n, real=r, generations=1)
    for line in first:
        assert line.name == "pseudo-counts" or line.diversity == pytest.approx(1 - 1 / n, rel=1e-12), line.name
        assert line.real == n and line.calls == 0 and line.read == n, line.name


def test_the_costs() -> None:
    n, r, K = 7, 2, 5
    table = {line.name: line for line in escape.remedies(n=n, real=r, generations=K)}
    for name in ("fresh, pooled", "fresh, weighted"):
        assert (table[name].real, table[name].calls, table[name].read, table[name].stored) == (15, 20, 35, 0)
    assert (table["all real"].real, table["all real"].calls, table["all real"].stored) == (15, 0, 15)
    assert table["all real"].read == 7 + 9 + 11 + 13 + 15
    assert table["pile"].read == table["fresh, pile"].read == 7 + 14 + 21 + 28 + 35
    assert table["fresh, pile"].stored == 35 and table["kept, pooled"].stored == 2
    draws = sum(Fraction(7, k) for k in range(1, 6))
    assert table["fixed compute"].real == pytest.approx(float(draws), rel=1e-14)
    assert table["fixed compute"].calls == pytest.approx(float(35 - draws), rel=1e-14)


@pytest.mark.parametrize(("n", "r"), [(3, 0), (3, 1), (3, 3), (2, 1)])
def test_a_pile_with_fresh_real_data(n: int, r: int) -> None:
    exact = diversity(pile(n, r), 4)
    np.testing.assert_allclose(escape.accumulate_fresh_diversity(np.arange(5), n=n, real=r), exact, rtol=1e-13)


def test_a_pile_with_fresh_real_data_at_its_ends() -> None:
    k = np.array([[0, 1], [7, 1000]])
    assert escape.accumulate_fresh_diversity(k, n=9, real=0) == pytest.approx(escape.accumulate_diversity(k, n=9), rel=1e-11)
    assert escape.accumulate_fresh_diversity(k[1], n=9, real=9) == pytest.approx(1 - 1 / (9 * k[1]), rel=1e-12)
    assert isinstance(escape.accumulate_fresh_diversity(3, n=9, real=1), float)
    late = escape.accumulate_fresh_diversity(10**6, n=10, real=8)
    assert (1 - late) * 10**6 == pytest.approx(1 / (10 * (2 * 0.8 - 1)), rel=1e-3)


@pytest.mark.parametrize(("n", "a"), [(1, Fraction(2)), (3, Fraction(1, 2)), (4, Fraction(3)), (3, Fraction(0))])
def test_pseudo_counts(n: int, a: Fraction) -> None:
    exact = diversity(pseudo(n, a), 4)
    found = escape.pseudo_count_diversity(np.arange(5), n=n, pseudo=float(a))
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-15)
    late = escape.pseudo_count_diversity(10**9, n=n, pseudo=float(a))
    assert late == pytest.approx(escape.pseudo_count_diversity(n=n, pseudo=float(a)), abs=1e-12)


def test_the_least_real_data_by_trying_all() -> None:
    names = ("fresh, pooled", "fresh, weighted", "pseudo-counts", "fresh, pile", "fresh alone", "all real")
    for n, K, target, name in product((2, 5, 30), (1, 2, 7, 300), (0.3, 0.8, 0.97, 0.999), names):
        lines = [{x.name: x.diversity for x in escape.remedies(n=n, real=r, generations=K)}[name] for r in range(n)]
        enough = [r for r, kept in enumerate(lines) if kept >= target - 1e-12]
        expected = enough[0] if enough else None
        assert escape.real_needed(target, remedy=name, n=n, generations=K) == expected
        assert expected is None or enough == list(range(expected, n))


def test_when_pseudo_counts_beat_the_best_weight() -> None:
    for n in (2, 3, 10, 50, 333):
        for r in range(1, n):
            smoothed = escape.pseudo_count_diversity(n=n, pseudo=r)
            best = 1 - escape.best_weight(real=r, synthetic=n - r) / r
            assert (smoothed > best) == ((n + r) ** 3 + n * (2 * n + r) > 2 * n**3), (n, r)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: escape.remedies(n=1, real=0, generations=1), "n"),
        (lambda: escape.remedies(n=5, real=5, generations=1), "real"),
        (lambda: escape.remedies(n=5, real=-1, generations=1), "real"),
        (lambda: escape.remedies(n=5, real=1, generations=0), "generations"),
        (lambda: escape.remedies(n=5, real=1, generations=10**7), "generations"),
        (lambda: escape.remedies(n=5.0, real=1, generations=3), "n"),  # type: ignore[arg-type]
        (lambda: escape.real_needed(1.0, remedy="all real", n=5, generations=3), "target"),
        (lambda: escape.real_needed(0.5, remedy="pile", n=5, generations=3), "remedy"),
        (lambda: escape.real_needed(0.5, remedy="kept, pooled", n=5, generations=3), "remedy"),
        (lambda: escape.real_needed(0.5, remedy="all real", n=1, generations=3), "n"),
        (lambda: escape.accumulate_fresh_diversity(10**7, n=5, real=1), "k"),
        (lambda: escape.accumulate_fresh_diversity(1, n=5, real=6), "real"),
        (lambda: escape.accumulate_fresh_diversity(-1, n=5, real=1), "k"),
        (lambda: escape.pseudo_count_diversity(1, n=5, pseudo=-0.5), "pseudo"),
        (lambda: escape.pseudo_count_diversity(1, n=5, pseudo=float("nan")), "pseudo"),
        (lambda: escape.pseudo_count_diversity(1.5, n=5, pseudo=1), "k"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call: Callable[[], Any], name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name} must"):
        call()
