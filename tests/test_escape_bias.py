"""Biased data: enumerated samples in fractions, minima found by search, bad input."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import comb, inf
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from collapse_lib import escape

Law = list[tuple[Fraction, Fraction]]
SIZES = [(1, 1), (3, 2), (50, 10_000), (10**9, 7)]


def mean_of_signs(m: int) -> Law:
    """The law of the mean of m fair signs, whose variance is 1."""
    return [(Fraction(2 * j - m, m), Fraction(comb(m, j), 2**m)) for j in range(m + 1)]


def squares(law: Any) -> Fraction:
    return sum(chance * value**2 for value, chance in law)


@pytest.mark.parametrize(("real", "synthetic"), [(1, 1), (3, 2), (2, 5)])
@pytest.mark.parametrize("weight", [None, Fraction(0), Fraction(3, 8), Fraction(1)])
def test_all_samples_enumerated(real: int, synthetic: int, weight: Fraction | None) -> None:
    bias = Fraction(3, 4)
    w = Fraction(real, real + synthetic) if weight is None else weight
    law = [
        (w * a + (1 - w) * (b + bias), x * y) for a, x in mean_of_signs(real) for b, y in mean_of_signs(synthetic)
    ]
    told = escape.biased_error(
        real=real, synthetic=synthetic, bias=float(bias), weight=None if weight is None else float(w)
    )
    assert told == pytest.approx(float(squares(law)), rel=1e-14)


@pytest.mark.parametrize(("real", "synthetic"), SIZES)
@pytest.mark.parametrize("bias", [0.0, 0.2, 3.0])
def test_the_best_weight_is_the_minimum(real: int, synthetic: int, bias: float) -> None:
    size: dict[str, Any] = {"real": real, "synthetic": synthetic, "bias": bias}
    best = escape.biased_best_weight(**size)
    found = optimize.minimize_scalar(
        lambda w: np.log(escape.biased_error(weight=w, **size)), bounds=(0, 1), method="bounded", options={"xatol": 1e-12}
    )
    assert found.fun >= np.log(escape.biased_error(weight=best, **size)) - 1e-12
    worth = escape.biased_worth(synthetic=synthetic, bias=bias)
    assert escape.biased_error(weight=best, **size) == pytest.approx(1 / (real + worth), rel=1e-13)
    assert worth <= synthetic and (bias == 0 or worth < escape.biased_worth(bias=bias))


@pytest.mark.parametrize(("real", "bias"), [(1, 0.8), (7, 0.3), (50, 0.2), (100, 0.0710), (400, 3.0), (3, 0.4083)])
def test_the_best_pool_by_trying_all(real: int, bias: float) -> None:
    errors = [1 / real] + [escape.biased_error(real=real, synthetic=m, bias=bias) for m in range(1, 40_000)]
    best = escape.best_pool_size(real=real, bias=bias)
    if 2 * real * bias**2 <= 1:
        assert best == inf and errors[-1] == min(errors)
    else:
        assert errors[int(best)] == min(errors)
        harm = real * bias**2 - 1
        if harm > 0:
            last = int(real / harm)
            assert errors[last] <= errors[0] * (1 + 1e-12) and errors[last + 1] > errors[0]


def test_a_fixed_share_enumerated() -> None:
    bias = Fraction(1, 2)
    for real, synthetic in ((3, 1), (2, 4)):
        law = [
            ((real * a + synthetic * (b + bias)) / (real + synthetic), x * y)
            for a, x in mean_of_signs(real)
            for b, y in mean_of_signs(synthetic)
        ]
        told = escape.strong_collapse_error(real + synthetic, share=synthetic / (real + synthetic), bias=0.5)
        assert told == pytest.approx(float(squares(law)), rel=1e-14)
    floor = escape.strong_collapse_error(share=0.01, bias=2.0)
    assert floor == pytest.approx(4e-4, rel=1e-14)
    assert escape.strong_collapse_error([10**9], share=0.01, bias=2.0)[0] == pytest.approx(floor, rel=1e-5)


@pytest.mark.parametrize(("real", "synthetic"), [(1, 1), (2, 1), (1, 2), (0, 2)])
def test_the_loop_enumerated(real: int, synthetic: int) -> None:
    n, bias = real + synthetic, Fraction(1, 3)
    law: dict[Fraction, Fraction] = dict(mean_of_signs(n))
    for k in range(1, 6):
        told = escape.biased_loop_error(k, n=n, share=synthetic / n, bias=1 / 3)
        assert told == pytest.approx(float(squares(law.items())), rel=1e-13)
        following: dict[Fraction, Fraction] = defaultdict(Fraction)
        for model, chance in law.items():
            for noise, x in mean_of_signs(n):  # n signs, wherever they come from
                following[Fraction(synthetic, n) * (model + bias) + noise] += chance * x
        law = dict(following)


@pytest.mark.parametrize("share", [1e-200, 1e-12, 1e-9, 0.3, 0.9, 1 - 1e-12])
def test_the_loop_in_fractions(share: float) -> None:
    """Each generation by itself: the error of the mean is carried on, and a sample is off by the bias."""
    s, noise, drift, errors = Fraction(share), Fraction(0), Fraction(0), [0.0]
    for k in range(4):
        noise, drift = Fraction(1, 10) + s * s * noise, s * (drift + 2) if k else Fraction(0)
        errors.append(float(noise + drift**2))
    told = escape.biased_loop_error(np.arange(5), n=10, share=share, bias=2.0)
    np.testing.assert_allclose(told, errors, rtol=1e-13)


def test_the_limits_of_the_loop() -> None:
    assert escape.biased_loop_error([0, 1, 5], n=4, share=0.0, bias=1.0).tolist() == [0, 0.25, 0.25]
    assert escape.biased_loop_error(10, n=4, share=1.0, bias=0.5) == pytest.approx(10 / 4 + 4.5**2)
    for share in (0.1, 0.5, 0.9):
        limit = escape.biased_loop_error(n=9, share=share, bias=0.2)
        assert escape.biased_loop_error(10**6, n=9, share=share, bias=0.2) == pytest.approx(limit, rel=1e-12)
    near = 1 - 2.0**-40
    assert escape.biased_loop_error(100, n=1, share=near, bias=0.0) == pytest.approx(100, rel=1e-9)
    with pytest.raises(ValueError, match="^share must "):
        escape.biased_loop_error(n=9, share=1, bias=0.1)


def test_bad_arguments_are_named() -> None:
    good: dict[str, Any] = {"real": 3, "synthetic": 4, "bias": 0.5}
    calls: list[tuple[Any, tuple[str, ...]]] = [
        (escape.biased_error, ("real", "synthetic", "bias")),
        (escape.biased_best_weight, ("real", "synthetic", "bias")),
        (escape.biased_worth, ("synthetic", "bias")),
        (escape.best_pool_size, ("real", "bias")),
    ]
    for function, names in calls:
        for name in names:
            for value in (-1, "a", True, float("nan"), 10**10):
                with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
                    function(**({key: good[key] for key in names} | {name: value}))
    with pytest.raises(ValueError, match="^bias must "):
        escape.biased_worth(bias=0)
    for name, value in (("weight", 1.1), ("weight", "a")):
        with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
            escape.biased_error(**good, **{name: value})
    for n in (0, 1.5, 10**10):
        with pytest.raises((TypeError, ValueError), match="^n must "):
            escape.strong_collapse_error(n, share=0.1, bias=1)
        with pytest.raises((TypeError, ValueError), match="^n must "):
            escape.biased_loop_error(3, n=n, share=0.1, bias=1)
    with pytest.raises(ValueError, match="^share must "):
        escape.strong_collapse_error(10, share=1.2, bias=1)
    with pytest.raises(ValueError, match="^k must "):
        escape.biased_loop_error(-1, n=3, share=0.1, bias=1)
    assert escape.biased_loop_error([[1, 2]], n=3, share=0.1, bias=1).shape == (1, 2)
