"""Weights: exact chains in fractions, minima found by search, Fibonacci numbers, bad input."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import comb, sqrt
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from collapse_lib import escape

TRUTH = Fraction(3, 10)


def binomial(n: int, p: Fraction) -> list[tuple[int, Fraction]]:
    return [(j, comb(n, j) * p**j * (1 - p) ** (n - j)) for j in range(n + 1)]


@pytest.mark.parametrize(("real", "synthetic", "weight"), [(1, 2, Fraction(1, 4)), (2, 1, Fraction(1, 2)), (2, 3, Fraction(5, 8))])
def test_the_exact_chain_of_one_word(real: int, synthetic: int, weight: Fraction) -> None:
    law: dict[Fraction, Fraction] = {TRUTH: Fraction(1)}
    unit = TRUTH * (1 - TRUTH)
    for k in range(1, 4):
        following: dict[Fraction, Fraction] = defaultdict(Fraction)
        for p, chance in law.items():
            for a, x in binomial(real, TRUTH):
                for b, y in binomial(synthetic, p):
                    following[weight * Fraction(a, real) + (1 - weight) * Fraction(b, synthetic)] += chance * x * y
        law = dict(following)
        error = sum(c * (p - TRUTH) ** 2 for p, c in law.items()) / unit
        kept = sum(c * p * (1 - p) for p, c in law.items()) / unit
        assert error + kept == 1
        found = escape.weighted_error(k, real=real, synthetic=synthetic, weight=float(weight))
        assert found == pytest.approx(float(error), rel=1e-13)


@pytest.mark.parametrize("spread", ["learned", "given"])
@pytest.mark.parametrize(("real", "synthetic"), [(1, 1), (2, 2), (50, 50), (1, 49), (7, 2), (3, 10**6)])
def test_the_best_weight_is_the_minimum(real: int, synthetic: int, spread: str) -> None:
    size: dict[str, Any] = {"real": real, "synthetic": synthetic, "spread": spread}
    best = escape.best_weight(**size)
    search = optimize.minimize_scalar(
        lambda w: np.log(escape.weighted_error(weight=w, **size)), bounds=(1e-9, 1), method="bounded", options={"xatol": 1e-12}
    )
    assert best == pytest.approx(search.x, rel=1e-5)
    assert escape.weighted_error(weight=best, **size) == pytest.approx(best / real, rel=1e-11)
    error, errors = 0.0, [0.0]
    for _ in range(60):  # the best weight of each generation is that of two independent estimates
        other = 1 / synthetic + (1 - (spread == "learned") / synthetic) * error
        error = 1 / (real + 1 / other)
        errors.append(error)
    np.testing.assert_allclose(escape.adaptive_error(np.arange(61), **size), errors, rtol=1e-11, atol=1e-300)


def test_golden_ratio_and_fibonacci_numbers() -> None:
    golden = (1 + sqrt(5)) / 2
    assert escape.best_weight(real=7, synthetic=7, spread="given") == pytest.approx(1 / golden, rel=1e-14)
    fibonacci = [0, 1]
    while len(fibonacci) < 42:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    expected = [fibonacci[2 * k] / fibonacci[2 * k + 1] / 9 for k in range(20)]
    np.testing.assert_allclose(escape.adaptive_error(np.arange(20), real=9, synthetic=9, spread="given"), expected, rtol=1e-13)
    for n in (2, 50):
        closed = 1 - (3 * n - 1 - sqrt(5 * n**2 - 2 * n + 1)) / (2 * (n - 1))
        assert escape.best_weight(real=n, synthetic=n) == pytest.approx(closed, rel=1e-12)
    assert escape.best_weight(real=1, synthetic=49) == pytest.approx(1 / 8, rel=1e-12)


def test_without_real_samples_nothing_holds() -> None:
    np.testing.assert_allclose(
        escape.weighted_error([0, 1, 5], real=3, synthetic=4, weight=0), 1 - 0.75 ** np.array([0, 1, 5]), rtol=1e-13
    )
    assert escape.weighted_error(5, real=3, synthetic=4, weight=0, spread="given") == pytest.approx(1.25)
    with pytest.raises(ValueError, match="^weight must "):
        escape.weighted_error(real=3, synthetic=4, weight=0, spread="given")


def test_bad_arguments_are_named() -> None:
    good: dict[str, Any] = {"real": 3, "synthetic": 4}
    for name in ("real", "synthetic"):
        for value in (0, 1.5, "a", True, 10**9 + 1):
            for function, first in ((escape.best_weight, ()), (escape.adaptive_error, (2,))):
                with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
                    function(*first, **(good | {name: value}))
    for weight in (-0.1, 1.1, float("nan"), "a"):
        with pytest.raises((TypeError, ValueError), match="^weight must "):
            escape.weighted_error(3, weight=weight, **good)
    with pytest.raises(ValueError, match="^spread must "):
        escape.best_weight(spread="none", **good)
    for k in (-1, 0.5, "a"):
        with pytest.raises((TypeError, ValueError), match="^k must "):
            escape.adaptive_error(k, **good)
    assert escape.adaptive_error([[1, 2]], **good).shape == (1, 2) and isinstance(escape.adaptive_error(1, **good), float)


def test_a_tiny_weight_keeps_its_digits() -> None:
    """Against fractions, where 1 - factor cancels in floats."""
    for weight in (1e-17, 2.0**-40):
        w, k = Fraction(weight), 3
        noise, factor = w**2 / 100 + (1 - w) ** 2 / 50, (1 - w) ** 2
        told = escape.weighted_error(k, real=100, synthetic=50, weight=weight, spread="given")
        assert told == pytest.approx(float(noise * sum(factor**j for j in range(k))), rel=1e-14)
        limit = escape.weighted_error(real=100, synthetic=50, weight=weight, spread="given")
        assert limit == pytest.approx(float(noise / (1 - factor)), rel=1e-14)


def test_large_samples_keep_their_digits() -> None:
    size = 10**9
    assert escape.weighted_error(real=1, synthetic=size, weight=0.0) == pytest.approx(1, rel=1e-14)
    noise = Fraction(1, size)
    told = escape.weighted_error(2, real=1, synthetic=size, weight=0.0)
    assert told == pytest.approx(float(noise * (2 - noise)), rel=1e-14)


@pytest.mark.parametrize("spread", ["learned", "given"])
@pytest.mark.parametrize(("real", "synthetic"), [(10**9, 2), (10**9, 3), (10**9, 10**9), (2, 10**9)])
def test_the_best_sequence_at_the_ends_of_the_range(real: int, synthetic: int, spread: str) -> None:
    error, errors = Fraction(0), [0.0]
    for _ in range(6):
        other = Fraction(1, synthetic) + (1 - Fraction(spread == "learned", synthetic)) * error
        error = 1 / (real + 1 / other)
        errors.append(float(error))
    told = escape.adaptive_error(np.arange(7), real=real, synthetic=synthetic, spread=spread)
    np.testing.assert_allclose(told, errors, rtol=1e-11, atol=1e-300)
