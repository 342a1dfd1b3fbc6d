"""Watermarks: fractions, random detectors, adaptive quadrature, exact enumeration of a marked batch, bad input."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from collapse_lib import escape


def fraction_gain(real: list[Fraction], synthetic: list[Fraction], share: Fraction) -> Fraction:
    """1 + chi-square, from the definition of the divergence."""
    mixture = [share * a + (1 - share) * b for a, b in zip(real, synthetic)]
    return 1 + sum(((a - c) ** 2 / c for a, c in zip(real, mixture) if c), Fraction(0))


def test_the_gain_in_fractions() -> None:
    share = Fraction(3, 20)
    for e in (Fraction(0), Fraction(1, 5), Fraction(2, 3), Fraction(1)):
        erasure = fraction_gain([1 - e, Fraction(0), e], [Fraction(0), 1 - e, e], share)
        assert erasure == (1 - e) / share + e
        assert escape.erasure_gain(float(e), share=float(share)) == pytest.approx(float(erasure), rel=1e-14)
        symmetric = escape.watermark_gain([float(1 - e), float(e)], [float(e), float(1 - e)], share=float(share))
        assert symmetric == pytest.approx(float(fraction_gain([1 - e, e], [e, 1 - e], share)), rel=1e-14)
    assert escape.erasure_gain(0.2, share=0.15) == pytest.approx(1 + 68 / 15, rel=1e-14)


def test_a_thousand_random_detectors_keep_to_the_bound() -> None:
    rng = np.random.default_rng(5)
    for _ in range(1000):
        outputs, share = int(rng.integers(2, 6)), float(10 ** rng.uniform(-4, 0))
        real, synthetic = rng.dirichlet(np.full(outputs, 0.5), 2)
        gain = escape.watermark_gain(real, synthetic, share=share)
        floor = min(1.0, float(np.min(synthetic / real)))
        assert 1 - 1e-12 <= gain <= escape.watermark_gain_bound(floor, share=share) * (1 + 1e-12)
        merged = escape.watermark_gain(*(np.append(q[:-2], min(1.0, q[-2:].sum())) for q in (real, synthetic)), share=share)
        assert merged <= gain * (1 + 1e-12)
        assert gain <= np.sum(real**2 / synthetic) * (1 + 1e-12)


def test_the_one_sided_flag_attains_the_bound() -> None:
    for floor, share in product((0.0, 0.01, 0.3, 1.0), (0.001, 0.2, 1.0)):
        flag = escape.watermark_gain([1, 0], [floor, 1 - floor], share=share)
        assert flag == pytest.approx(escape.watermark_gain_bound(floor, share=share), rel=1e-14)
    for fraction, share in ((0.5, 0.01), (0.9, 0.2), (1.0, 0.3), (0.3, 0.3)):
        floor = escape.watermark_floor(fraction, share=share)
        assert share * escape.watermark_gain_bound(floor, share=share) == pytest.approx(fraction, rel=1e-13)


@pytest.mark.parametrize("share", [1e-6, 0.01, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("d", [0.0, 0.1, 1.0, 3.0, 6.0, 20.0])
def test_the_score_by_adaptive_quadrature(d: float, share: float) -> None:
    def density(x: float) -> float:  # of the score of a real sample, times the ratio of densities
        ratio = (d / 2 - x) * d  # ln of synthetic over real
        return stats.norm.pdf(x, d) / (share + (1 - share) * exp(min(ratio, 700)))

    points = sorted({x for x in (d, d / 2, d / 2 + log(1 / share) / max(d, 1)) if -9 < x < d + 9})
    value, _ = integrate.quad(density, -9, d + 9, points=points, epsabs=0, epsrel=1e-12, limit=400)
    told = escape.score_gain(d, share=share)
    assert told == pytest.approx(value, rel=1e-10)
    assert 1 - 1e-14 <= told <= min(1 / share, exp(min(d**2, 700))) * (1 + 1e-12)


def test_half_of_the_labels() -> None:
    for share in (1e-9, 0.01, 0.4):
        d = sqrt(2 * log(1 / share - 1))
        assert share * escape.score_gain(d, share=share) == pytest.approx(0.5, rel=1e-13)
        assert escape.score_separation(0.5, share=share) == pytest.approx(d, rel=1e-11)
    assert escape.score_separation(0.3, share=0.3) == 0
    gains = escape.score_gain(np.linspace(0, 12, 200), share=0.01)
    assert np.all(np.diff(gains) >= -1e-10)
    assert escape.score_gain([[1.0, 2.0]], share=0.5).shape == (1, 2) and isinstance(escape.score_gain(1, share=0.5), float)
    assert escape.score_gain(0.3, share=1e-9) == pytest.approx(exp(0.09), rel=1e-8)


def test_a_marked_batch_by_enumeration() -> None:
    """Every origin, mark and word of three samples: the estimator that weighs each sample by its chance to be real."""
    p, q, share, n = Fraction(3, 10), Fraction(3, 5), Fraction(1, 3), 3
    real, synthetic = [Fraction(3, 4), Fraction(1, 4)], [Fraction(1, 5), Fraction(4, 5)]
    mixture = [share * a + (1 - share) * b for a, b in zip(real, synthetic)]
    chance_real = [share * a / c for a, c in zip(real, mixture)]
    mean_size = n * sum(c * x**2 for c, x in zip(mixture, chance_real))
    told = n * share**2 * Fraction(escape.watermark_gain([0.75, 0.25], [0.2, 0.8], share=1 / 3)).limit_denominator(10**6)
    assert abs(mean_size - told) < Fraction(1, 10**9)
    for marks in product(range(2), repeat=n):
        x = [chance_real[d] for d in marks]
        size, mean, square = sum(a**2 for a in x), Fraction(0), Fraction(0)
        for words in product(range(2), repeat=n):
            chance, estimate = Fraction(1), Fraction(0)
            for d, seen, a in zip(marks, words, x):
                y = (share * real[d] * p + (1 - share) * synthetic[d] * q) / mixture[d]
                chance *= y if seen else 1 - y
                estimate += a * (seen - (1 - a) * q) / size
            mean, square = mean + chance * estimate, square + chance * estimate**2
        assert mean == p
        assert 2 * (square - p**2) == sum(a**2 * 2 * y * (1 - y) for a in x for y in [a * p + (1 - a) * q]) / size**2
        told_risk = escape.origin_risk([0.3, 0.7], [1] * n, [float(a) for a in x], synthetic=[0.6, 0.4])
        assert told_risk == pytest.approx(float(2 * (square - p**2)), rel=1e-13)


def test_bad_arguments_are_named() -> None:
    law: dict[str, Any] = {"real": [0.5, 0.5], "synthetic": [0.2, 0.8], "share": 0.1}
    for name, values in {"real": ([0.5, 0.6], "a"), "synthetic": ([1.0], [0.5, 0.6]), "share": (0, 1.1, "a")}.items():
        for value in values:
            with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
                escape.watermark_gain(**(law | {name: value}))
    for function, name, values in (
        (escape.watermark_gain_bound, "floor", (-0.1, 1.1, "a", [])),
        (escape.erasure_gain, "erasure", (-0.1, 1.1, "a", [])),
        (escape.score_gain, "separation", (-0.1, 50.1, "a", float("nan"))),
        (escape.watermark_floor, "fraction", (0.1, 1.1, "a")),
        (escape.score_separation, "fraction", (0.1, 1.0, "a")),
    ):
        for value in values:
            with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
                function(value, share=0.2)
        for share in (0, 1.1, "a"):
            with pytest.raises((TypeError, ValueError), match="^share must "):
                function(0.5, share=share)
