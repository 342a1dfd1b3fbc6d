"""Smoothed counts: against enumeration, generating functions, moments and the Poisson model."""

from math import exp, factorial

import numpy as np
import pytest

from collapse_lib import forgetting

CURVES = [([0.05, 0.8, 1.9, 3.0], 0.99), ([0.0, 1.0], 1.0), ([0.3], 0.7), ([2.0, 0.1, 0.5], 0.0), ([0.06], 1.0)]


def naive(start, k, rates, slope, most=120):
    """Law of the chain, with lambda and the Poisson law spelt out."""
    law = {start: 1.0}
    for _ in range(k):
        new = dict.fromkeys(range(most), 0.0)
        for x, weight in law.items():
            rate = rates[x] if x < len(rates) else rates[-1] + slope * (x - len(rates) + 1)
            term = exp(-rate)
            for y in range(most):
                new[y] += weight * term
                term *= rate / (y + 1)
        law = new
    return np.array([law.get(y, 0.0) for y in range(most)])


@pytest.mark.parametrize(("rates", "slope"), CURVES)
@pytest.mark.parametrize("start", [0, 1, 5])
def test_the_law_by_enumeration(rates, slope, start):
    for k in (0, 1, 2, 4):
        exact = naive(start, k, rates, slope)
        law = forgetting.smoothed_law(start, k=k, rates=rates, slope=slope)
        size = min(law.size, exact.size)
        np.testing.assert_allclose(law[:size], exact[:size], atol=1e-12)
        assert 0 <= 1 - law.sum() + 1e-14 and 1 - law.sum() < 1.1e-12
        assert forgetting.smoothed_absence(start, k=k, rates=rates, slope=slope) == pytest.approx(
            exact[0], abs=2e-12
        )


def test_starts_and_rounds_are_broadcast():
    starts, rounds = np.array([[0], [3], [9]]), np.array([0, 1, 5])
    for rates, slope in CURVES:
        several = forgetting.smoothed_absence(starts, k=rounds, rates=rates, slope=slope)
        assert several.shape == (3, 3)
        for (i, j), value in np.ndenumerate(several):
            alone = forgetting.smoothed_absence(
                int(starts[i, 0]), k=int(rounds[j]), rates=rates, slope=slope
            )
            assert isinstance(alone, float) and alone == pytest.approx(value, abs=2e-12)


def test_a_line_in_two_ways():
    """As one rate by the closed form, as a table by the states; and lambda(x) = x is the Poisson model."""
    for b, a in ((0.06, 1.0), (0.5, 0.9), (0.0, 1.0), (0.2, 0.0)):
        table = b + a * np.arange(4)
        one, other = (
            forgetting.smoothed_absence([0, 1, 7, 30], k=6, rates=rates, slope=a) for rates in ([b], table)
        )
        np.testing.assert_allclose(one, other, atol=2e-12)
    k = np.arange(1, 40)
    poisson = 1 - forgetting.survival_poisson(3.0, k=k)
    np.testing.assert_allclose(forgetting.smoothed_absence(3, k=k, rates=[0.0]), poisson, rtol=1e-12)


def test_moments_of_a_line():
    for b, a, c, k in ((0.3, 0.8, 4, 5), (0.06, 1.0, 2, 7)):
        law = forgetting.smoothed_law(c, k=k, rates=[b], slope=a)
        mean, variance = float(c), 0.0
        for _ in range(k):
            mean = a * mean + b
            variance = a * a * variance + mean
        y = np.arange(law.size)
        assert law @ y == pytest.approx(mean, rel=1e-9)
        assert law @ y**2 - mean**2 == pytest.approx(variance, rel=1e-8)


@pytest.mark.parametrize(("rates", "slope"), [([0.05, 0.8, 1.9, 3.0], 0.97), ([0.3], 0.7), ([2.0, 0.1, 0.5], 0.0)])
def test_the_stationary_law_is_kept_and_reached(rates, slope):
    law = forgetting.smoothed_stationary(rates, slope=slope)
    assert law.sum() == pytest.approx(1, abs=1e-12)
    late = forgetting.smoothed_law(3, k=600, rates=rates, slope=slope)
    size = min(law.size, late.size)
    np.testing.assert_allclose(law[:size], late[:size], atol=1e-7)


def test_the_stationary_law_of_a_line():
    b, a = 0.4, 0.8
    law, u, total = forgetting.smoothed_stationary([b], slope=a), 1.0, 0.0
    for _ in range(400):
        total, u = total + u, 1 - exp(-a * u)
    assert law[0] == pytest.approx(exp(-b * total), rel=1e-9)
    y = np.arange(law.size)
    assert law @ y == pytest.approx(b / (1 - a), rel=1e-9)
    assert law @ y**2 - (law @ y) ** 2 == pytest.approx(b / (1 - a) / (1 - a * a), rel=1e-8)
    flat = forgetting.smoothed_stationary([1.5], slope=0.0)
    np.testing.assert_allclose(flat[:6], [exp(-1.5) * 1.5**y / factorial(y) for y in range(6)], atol=1e-12)
    np.testing.assert_array_equal(forgetting.smoothed_stationary([0.0, 1.0], slope=0.5), [1.0])


def test_bad_input_is_named():
    good = dict(start=1, k=2, rates=[0.1, 1.0], slope=0.9)
    for bad, name in (
        (dict(start=-1), "start"), (dict(k=-1), "k"), (dict(rates=[-0.1]), "rates"), (dict(rates=[[0.1]]), "rates"),
        (dict(slope=1.1), "slope"), (dict(rates=[]), "rates"), (dict(start=10**4), "start"),
    ):  # fmt: skip
        arguments = good | bad
        start = arguments.pop("start")
        for function in (forgetting.smoothed_law, forgetting.smoothed_absence):
            with pytest.raises(ValueError, match=name):
                function(start, **arguments)
    with pytest.raises(ValueError, match="start and k must fit"):
        forgetting.smoothed_absence([1, 2], k=[1, 2, 3], rates=[0.1], slope=0.9)
    with pytest.raises(ValueError, match="below 4,000"):
        forgetting.smoothed_law(1000, k=100, rates=[0.0, 1.0])
    with pytest.raises(ValueError, match="slope"):
        forgetting.smoothed_stationary([0.1], slope=1.0)
