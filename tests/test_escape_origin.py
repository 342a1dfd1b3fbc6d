"""Data of unknown origin: exact enumeration in fractions, Bayes risks, Fisher information, bad input."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import product
from math import comb, pi
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from collapse_lib import escape

Law = dict[tuple[Fraction, ...], Fraction]


def counts(n: int, m: int) -> list[tuple[int, ...]]:
    return [c for c in product(range(n + 1), repeat=m) if sum(c) == n]


def multinomial(n: int, law: tuple[Fraction, ...]) -> dict[tuple[int, ...], Fraction]:
    chances = {}
    for c in counts(n, len(law)):
        chance, left = Fraction(1), n
        for number, p in zip(c, law):
            chance *= comb(left, number) * p**number
            left -= number
        chances[c] = chance
    return chances


def mixed(p: tuple[Fraction, ...], q: tuple[Fraction, ...], share: Fraction) -> tuple[Fraction, ...]:
    return tuple(share * a + (1 - share) * b for a, b in zip(p, q))


def distance(estimate: Any, truth: Any) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(estimate, truth)), Fraction(0))


def test_the_risk_of_two_batches_by_enumeration() -> None:
    p = (Fraction(1, 2), Fraction(3, 10), Fraction(1, 5))
    qs = ((Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)), (Fraction(1), Fraction(0), Fraction(0)))
    sizes, shares = (3, 2), (Fraction(2, 3), Fraction(1, 4))
    for weights in (None, (Fraction(1, 5), Fraction(4, 5))):
        size = [n * a**2 for n, a in zip(sizes, shares)]
        w = weights or tuple(s / sum(size) for s in size)
        mean, risk = [Fraction(0)] * 3, Fraction(0)
        first, second = (multinomial(n, mixed(p, q, a)) for n, q, a in zip(sizes, qs, shares))
        for (c1, x1), (c2, x2) in product(first.items(), second.items()):
            parts = [
                [(Fraction(c[i], n) - (1 - a) * q[i]) / a for i in range(3)]
                for c, n, a, q in zip((c1, c2), sizes, shares, qs)
            ]
            estimate = [w[0] * u + w[1] * v for u, v in zip(*parts)]
            mean = [old + x1 * x2 * e for old, e in zip(mean, estimate)]
            risk += x1 * x2 * distance(estimate, p)
        assert tuple(mean) == p
        told = escape.origin_risk(
            [float(x) for x in p], sizes, [float(a) for a in shares], synthetic=[[float(x) for x in q] for q in qs],
            weights=None if weights is None else [float(x) for x in weights],
        )  # fmt: skip
        assert told == pytest.approx(float(risk), rel=1e-13)


def test_the_best_weights_and_the_guarantee() -> None:
    p, sizes, shares = np.array([0.5, 0.3, 0.2]), np.array([40, 100, 7]), np.array([1, 0.2, 0.6])
    q = np.array([[1, 0, 0], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]])
    mixture = shares[:, None] * p + (1 - shares[:, None]) * q
    best = sizes * shares**2 / (1 - (mixture**2).sum(axis=1))
    found = escape.origin_risk(p, sizes, shares, synthetic=q, weights=best / best.sum())
    assert found == pytest.approx(1 / best.sum(), rel=1e-13)
    rng = np.random.default_rng(1)
    for w in rng.dirichlet([1, 1, 1], 50):
        assert escape.origin_risk(p, sizes, shares, synthetic=q, weights=w) >= found * (1 - 1e-12)
    assert found <= escape.origin_risk(p, sizes, shares, synthetic=q) <= 1 / escape.origin_size(sizes, shares)
    assert escape.origin_size(sizes, shares, gain=1 / shares) == pytest.approx(float(sizes @ shares), rel=1e-14)


@pytest.mark.parametrize("weights", [None, (Fraction(1), Fraction(1, 3), Fraction(3, 4))])
def test_the_chain_of_models_by_enumeration(weights: tuple[Fraction, ...] | None) -> None:
    """Three words, three generations, every history; the error of the means of two different functions."""
    p = (Fraction(1, 2), Fraction(3, 10), Fraction(1, 5))
    sizes, shares = (2, 3, 2), (Fraction(1), Fraction(1, 2), Fraction(1, 3))
    told = escape.origin_error(
        sizes, [float(a) for a in shares], weights=None if weights is None else [float(w) for w in weights]
    )
    law: Law = {p: Fraction(1)}
    last = Fraction(0)
    for k, (n, a) in enumerate(zip(sizes, shares)):
        if weights is not None:
            w = weights[k]
        elif k == 0:
            w = Fraction(1)
        else:  # the minimum of a parabola
            spread = 1 - (1 - a) ** 2 * last
            w = n * a * last / (n * a**2 * last + spread)
            assert escape.origin_weights(sizes, [float(x) for x in shares])[k] == pytest.approx(float(w), rel=1e-13)
        following: Law = defaultdict(Fraction)
        for model, chance in law.items():
            for c, x in multinomial(n, mixed(p, model, a)).items():
                new = tuple((1 - w) * old + w * Fraction(number, n) for old, number in zip(model, c))
                assert min(new) >= 0
                following[new] += chance * x
        law = dict(following)
        for f in ((1, 0, 0), (1, -2, 5)):
            truth = sum(a * b for a, b in zip(p, f))
            spread = sum(a * b**2 for a, b in zip(p, f)) - truth**2
            last = sum(x * (sum(a * b for a, b in zip(model, f)) - truth) ** 2 for model, x in law.items()) / spread
            assert told[k] == pytest.approx(float(last), rel=1e-12)


def test_the_best_weights_of_a_chain_are_the_best() -> None:
    sizes, shares = [50, 20, 400, 100], [1, 0.3, 0.05, 0.7]
    best, error = escape.origin_weights(sizes, shares), escape.origin_error(sizes, shares)
    np.testing.assert_allclose(escape.origin_error(sizes, shares, weights=best), error, rtol=1e-13)
    found = optimize.minimize(
        lambda w: 1e3 * escape.origin_error(sizes, shares, weights=[1, *np.clip(w, 0, 1)])[-1],
        [0.5, 0.5, 0.5], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000},
    )  # fmt: skip
    assert found.fun / 1e3 == pytest.approx(error[-1], rel=1e-9)


def test_a_batch_much_larger_than_the_first_has_the_whole_weight() -> None:
    """A weight above 1 would make a model with negative frequencies, from which nothing can be drawn."""
    sizes, shares = [2, 1000, 10], [1, 0.5, 0.25]
    weights, error = escape.origin_weights(sizes, shares), escape.origin_error(sizes, shares)
    assert weights[1] == 1 and weights[2] < 1
    assert error[1] == pytest.approx(0.25 / 2 + (1 - 0.25 / 2) / 1000, rel=1e-14)
    np.testing.assert_allclose(escape.origin_error(sizes, shares, weights=weights), error, rtol=1e-14)
    for w in np.linspace(0, 1, 11):
        assert escape.origin_error(sizes, shares, weights=[1, w, 0])[1] >= error[1]
    for n in (2, 3, 50):  # the condition of the page: no batch above 4 (n - 1) samples
        for share in (0.01, 0.5, 0.9, 1):
            assert escape.origin_weights([n, 4 * (n - 1)], [1, share])[1] <= 1
            raw = 4 * (n - 1) * share / (4 * (n - 1) * share**2 + n - (1 - share) ** 2)
            assert raw <= 1 and escape.origin_weights([n, 4 * (n - 1)], [1, share])[1] == pytest.approx(raw, rel=1e-14)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("n", [2, 50])
def test_the_sandwich_of_the_effective_size(n: int, power: float) -> None:
    shares = np.arange(1, 400) ** -power
    sizes = np.full(shares.size, n)
    error = escape.origin_error(sizes, shares)
    size = np.array([escape.origin_size(sizes[:k], shares[:k]) for k in range(1, shares.size + 1)])
    assert np.all(size <= 1 / error * (1 + 1e-12)) and np.all(1 / error <= size / (1 - 1 / n) * (1 + 1e-12))
    plain = escape.origin_error(sizes, shares, weights=np.minimum(1, sizes * shares / size))
    assert np.all(plain >= error * (1 - 1e-12)) and np.all(plain <= 1 / size * (1 + 1e-12))


def test_no_estimator_beats_the_lower_bound() -> None:
    """The Bayes risk for van Trees' prior lies between the bounds, and the bounds meet in the limit."""
    for n, share in ((30, 1.0), (400, 0.5), (3000, 0.3)):
        size = escape.origin_size([n], [share])
        lower, upper = escape.origin_risk_bounds(size)
        half = np.sqrt(pi / (np.sqrt(size) + pi)) / 2
        u = np.linspace(-half, half, 801)
        prior = np.cos(pi * u / (2 * half)) ** 2 / half * (u[1] - u[0])
        likelihood = stats.binom.pmf(np.arange(n + 1)[:, None], n, 0.5 + share * u) * prior
        bayes = 2 * (prior @ u**2 - np.sum((likelihood @ u) ** 2 / np.maximum(likelihood.sum(axis=1), 1e-300)))
        assert lower < bayes < upper
    low, high = escape.origin_risk_bounds([1e12, 1e14])
    np.testing.assert_allclose(low / high, 1, rtol=1e-5)


def test_efficiency_is_a_ratio_of_informations() -> None:
    p, share, h = 0.2, 0.1, 1e-5
    for q in (0.0, 0.05, 0.2, 0.9, 1.0):
        with_label = share * sum((h_ / (2 * h)) ** 2 / x for h_, x in ((2 * h, p), (-2 * h, 1 - p)))
        up, down = (np.array([y, 1 - y]) for y in (share * (p + h) + (1 - share) * q, share * (p - h) + (1 - share) * q))
        without = np.sum(((up - down) / (2 * h)) ** 2 / ((up + down) / 2))
        assert escape.origin_efficiency(p, share=share, synthetic=q) == pytest.approx(without / with_label, rel=1e-9)
    assert escape.origin_efficiency(p, share=share, synthetic=p) == pytest.approx(share, rel=1e-14)
    assert escape.origin_efficiency(p, share=share, synthetic=0) == pytest.approx(0.8 / 0.98, rel=1e-14)
    assert escape.origin_efficiency(p, share=1, synthetic=[[0.1, 0.7]]) == pytest.approx(1, rel=1e-14)


def test_bad_arguments_are_named() -> None:
    good: dict[str, Any] = {"sizes": [3, 4], "shares": [1, 0.5]}
    wrong = {
        "sizes": (0, [0, 1], [1.5, 2], "a", [True, True], [[1, 2]], [10**9 + 1, 1], [1]),
        "shares": ([0, 0.5], [1, 1.1], [1, float("nan")], "a", [1], [0.5, 0.5], [[1, 1]]),
    }
    for name, values in wrong.items():
        for value in values:
            for function in (escape.origin_error, escape.origin_weights):
                with pytest.raises((TypeError, ValueError), match="^(sizes|shares) must "):
                    function(**(good | {name: value}))
    for gain in (0.5, [1, 2, 3], "a"):
        with pytest.raises((TypeError, ValueError), match="^gain must "):
            escape.origin_size([3, 4], [1, 0.5], gain=gain)
    for weights in ([0.5, 0.5], [1, 1.5], [1], "a", [[1, 1]]):
        with pytest.raises((TypeError, ValueError), match="^weights must "):
            escape.origin_error([3, 4], [1, 0.5], weights=weights)
    for weights in ([0.5, 0.6], [1], "a"):
        with pytest.raises((TypeError, ValueError), match="^weights must "):
            escape.origin_risk([0.5, 0.5], [3, 4], [1, 0.5], synthetic=[0.5, 0.5], weights=weights)
    for synthetic in ([1.0], [[0.5, 0.5]], [0.5, 0.6], "a"):
        with pytest.raises((TypeError, ValueError), match="^synthetic must "):
            escape.origin_risk([0.5, 0.5], [3, 4], [1, 0.5], synthetic=synthetic)
    with pytest.raises((TypeError, ValueError), match="^probabilities must "):
        escape.origin_risk([0.5, 0.6], [3, 4], [1, 0.5], synthetic=[0.5, 0.5])
    for size in (0, -1, float("inf"), "a"):
        with pytest.raises((TypeError, ValueError), match="^size must "):
            escape.origin_risk_bounds(size)
    for name, value in (("p", 0), ("p", 1), ("share", 0), ("share", 1.1), ("synthetic", -0.1), ("synthetic", "a")):
        with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
            escape.origin_efficiency(**({"p": 0.5, "share": 0.5, "synthetic": 0.5} | {name: value}))
