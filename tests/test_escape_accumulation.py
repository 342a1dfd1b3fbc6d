"""What accumulating loops keep: exact chains in fractions, products term by term, limits, bad input."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import comb, pi, prod, sin, sqrt
from typing import Any

import numpy as np
import pytest

from collapse_lib import escape, families, training
from collapse_lib.escape import accumulation

TRUTH = Fraction(3, 10)


def binomial(n: int, p: Fraction) -> list[tuple[int, Fraction]]:
    return [(j, comb(n, j) * p**j * (1 - p) ** (n - j)) for j in range(n + 1)]


def kept_by_the_chain(n: int, batch: int, generations: int) -> list[Fraction]:
    """Diversity of one word, generation by generation, from the exact law of the number of ones in the pool."""
    law, pool, answer = dict(binomial(n, TRUTH)), n, []
    for _ in range(generations):
        diversity = sum(c * Fraction(j, pool) * (1 - Fraction(j, pool)) for j, c in law.items())
        answer.append(diversity / (TRUTH * (1 - TRUTH)))
        following: dict[int, Fraction] = defaultdict(Fraction)
        for ones, chance in law.items():
            for j, more in binomial(batch, Fraction(ones, pool)):
                following[ones + j] += chance * more
        law, pool = dict(following), pool + batch
    return answer


@pytest.mark.parametrize(("n", "batch"), [(1, 1), (3, 3), (4, 1), (2, 5), (1, 4)])
def test_the_exact_chain_keeps_the_product(n: int, batch: int) -> None:
    exact = [1.0, *map(float, kept_by_the_chain(n, batch, 4))]
    np.testing.assert_allclose(escape.accumulate_diversity(np.arange(5), n=n, batch=batch), exact, rtol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_exact_chain_of_fixed_compute(n: int) -> None:
    law: dict[Any, Fraction] = {(TRUTH,): Fraction(1)}
    for k in range(1, 5):
        following: dict[Any, Fraction] = defaultdict(Fraction)
        mixed = Fraction(0)
        for past, chance in law.items():
            mean = sum(past, Fraction(0)) / len(past)
            mixed += chance * mean * (1 - mean)
            for j, more in binomial(n, mean):
                following[(*past, Fraction(j, n))] += chance * more
        law = dict(following)
        own = sum(c * past[-1] * (1 - past[-1]) for past, c in law.items())
        unit = TRUTH * (1 - TRUTH)
        assert escape.fixed_compute_diversity(k, n=n, of="mixture") == pytest.approx(float(mixed / unit), rel=1e-13)
        assert escape.fixed_compute_diversity(k, n=n) == pytest.approx(float(own / unit), rel=1e-13, abs=1e-16)


@pytest.mark.parametrize(("n", "batch"), [(1, 1), (2, 7), (10, 10), (50, 3), (10**6, 10**6), (3, 10**6)])
def test_products_term_by_term(n: int, batch: int) -> None:
    k = np.array([1, 2, 3, 30, 700])

    def product(factor: Any, first: Fraction) -> list[float]:
        return [float(first * prod(factor(t) for t in range(1, last))) for last in k]

    terms = product(lambda t: 1 - Fraction(batch, (n + batch * t) ** 2), 1 - Fraction(1, n))
    np.testing.assert_allclose(escape.accumulate_diversity(k, n=n, batch=batch), terms, rtol=2e-13)
    errors = [float(Fraction(1, n) + sum(Fraction(batch, (n + batch * t) ** 2) for t in range(1, last))) for last in k[:4]]
    np.testing.assert_allclose(escape.accumulate_error(k[:4], n=n, batch=batch), errors, rtol=1e-12)
    if n > 1:
        pool = [n + batch * t for t in range(700)]
        terms = product(lambda t: 1 - Fraction(batch, pool[t] * (pool[t] - 1)), Fraction(1))
        np.testing.assert_allclose(escape.accumulate_variance(k, n=n, batch=batch), terms, rtol=2e-13)
        np.testing.assert_array_equal(
            escape.accumulate_variance(k, n=n, batch=batch, ddof=0), escape.accumulate_diversity(k, n=n, batch=batch)
        )
    shrink = Fraction(3, 4)
    terms = [
        float((1 - Fraction(1, n)) * prod(1 - (1 - shrink) / j - shrink / (n * j**2) for j in range(2, last + 1)))
        for last in k[:4]
    ]
    np.testing.assert_allclose(escape.biased_diversity(k[:4], n=n, shrink=0.75), terms, rtol=2e-13, atol=1e-300)


def test_limits() -> None:
    for n in (2, 4, 10, 1000, 10**9):
        x = pi / sqrt(n)
        assert escape.accumulate_limit(n=n) == pytest.approx(sin(x) / x, rel=1e-13)
        assert escape.accumulate_limit(n=n, batch=1) == pytest.approx((n - 1) / (n + 1), rel=1e-13)
        assert escape.accumulate_limit(n=n, batch=10**9) == pytest.approx(1 - 1 / n, rel=2e-9)
        assert escape.accumulate_diversity(10**9, n=n) == pytest.approx(escape.accumulate_limit(n=n), rel=2e-9)
        assert escape.accumulate_error(10**9, n=n) == pytest.approx(pi**2 / (6 * n), rel=2e-9)
    assert escape.accumulate_limit(n=4) == pytest.approx(2 / pi, rel=1e-14)
    assert escape.accumulate_limit(n=1) == 0
    np.testing.assert_allclose(escape.biased_diversity([0, 5, 10**6], n=9, shrink=1.0),
                               escape.accumulate_diversity([0, 5, 10**6], n=9), rtol=1e-13)  # fmt: skip
    slope = np.diff(np.log(escape.biased_diversity([10**6, 10**8], n=10, shrink=0.9)))[0] / np.log(100)
    assert slope == pytest.approx(-0.1, abs=1e-7)


def test_the_near_ml_divisor_is_simulated() -> None:
    for batch in (None, 2):
        run = training.simulate(
            families.Gaussian(), (0.0, 1.0), n=3, generations=8, trajectories=20_000, rng=2,
            regime=training.Accumulate(batch=batch),
        )  # fmt: skip
        error = (run.sd**2).std(axis=0, ddof=1) / np.sqrt(20_000)
        exact = escape.accumulate_variance(np.arange(9), n=3, batch=batch)
        assert np.all(np.abs((run.sd**2).mean(axis=0) - exact) <= 5 * error + 1e-12)


def test_the_edge_of_a_uniform_law() -> None:
    edges = np.random.default_rng(3).random((20_000, 6)) ** (1 / 4)  # a maximum of 4 samples over the edge
    replaced = np.cumprod(edges, axis=1)
    error = replaced.std(axis=0, ddof=1) / np.sqrt(20_000)
    assert np.all(np.abs(replaced.mean(axis=0) - escape.uniform_edge(np.arange(1, 7), n=4)) <= 5 * error)
    np.testing.assert_allclose(escape.uniform_edge([0, 1, 7], n=4, regime="accumulate"), [1, 0.8, 0.8])


@pytest.mark.parametrize("name", [name for name in accumulation.__all__ if "accumul" in name or "diversity" in name])
def test_arguments_are_checked_and_shapes_kept(name: str) -> None:
    function = getattr(escape, name)
    extra: dict[str, Any] = {"shrink": 0.5} if name == "biased_diversity" else {}
    batched = "batch" in function.__kwdefaults__ if function.__kwdefaults__ else False
    if name != "accumulate_limit":
        assert isinstance(function(3, n=5, **extra), float)
        assert function([[0, 1, 2]], n=5, **extra).shape == (1, 3)
        for k in (-1, 1.5, "a", 10**9 + 1, []):
            with pytest.raises((TypeError, ValueError), match="^k must "):
                function(k, n=5, **extra)
    first = () if name == "accumulate_limit" else (3,)
    for n in (0, -1, 2.0, True, None, 10**9 + 1):
        with pytest.raises((TypeError, ValueError), match="^n must "):
            function(*first, n=n, **extra)
    if batched:
        for batch in (0, 1.5, "a"):
            with pytest.raises((TypeError, ValueError), match="^batch must "):
                function(*first, n=5, batch=batch)


def test_other_bad_arguments_are_named() -> None:
    for shrink in (0, 1.1, float("nan"), "a"):
        with pytest.raises((TypeError, ValueError), match="^shrink must "):
            escape.biased_diversity(3, n=5, shrink=shrink)
    with pytest.raises(ValueError, match="^of must "):
        escape.fixed_compute_diversity(3, n=5, of="pool")
    with pytest.raises(ValueError, match="^regime must "):
        escape.uniform_edge(3, n=5, regime="keep")
    with pytest.raises(ValueError, match="^ddof must "):
        escape.accumulate_variance(3, n=5, ddof=2)
    with pytest.raises(ValueError, match="^n must "):
        escape.accumulate_variance(3, n=1)
