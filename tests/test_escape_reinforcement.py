"""Equally good answers: the closed formulas against sums over all groups, and against a flow that is integrated."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import integrate

from collapse_lib import escape


def after_mixture_updates(shares, accuracy, step, group, updates):
    """E[1 - sum of w^2] of the right answers, from all groups, in fractions."""
    if updates == 0:
        return 1 - sum(w * w for w in shares)
    later, mean = (1 - step) * accuracy + step, Fraction(0)
    for drawn in product(range(len(shares)), repeat=group):
        weight, new = Fraction(1), [w + step / later * (Fraction(drawn.count(a), group) - w) for a, w in enumerate(shares)]
        for a in drawn:
            weight *= shares[a]
        mean += weight * after_mixture_updates(new, later, step, group, updates - 1)
    return mean


@pytest.mark.parametrize("accuracy", [Fraction(1), Fraction(1, 4)])
@pytest.mark.parametrize("group", [1, 2, 3])
def test_mixture_updates_in_fractions(accuracy, group):
    shares, step = [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], Fraction(1, 5)
    start = 1 - sum(w * w for w in shares)
    exact = [float(after_mixture_updates(shares, accuracy, step, group, k) / start) for k in range(4 if group < 3 else 3)]
    k = np.arange(len(exact))
    kept = escape.reinforced_diversity(k, group=group, step=0.2, accuracy=float(accuracy))
    assert kept == pytest.approx(exact, rel=1e-13)
    right = [float(1 - (1 - step) ** j * (1 - accuracy)) for j in range(len(exact))]
    assert escape.reinforced_accuracy(k, step=0.2, accuracy=float(accuracy)) == pytest.approx(right)


def test_mixture_updates_at_the_ends():
    assert escape.reinforced_diversity([0, 1, 5], group=1, step=1).tolist() == [1, 0, 0]
    assert escape.reinforced_diversity([0, 1, 5], group=1, step=1, accuracy=0.5).tolist() == [1, 0, 0]
    assert escape.reinforced_diversity(0, group=4, step=0.1, accuracy=0.1) == 1
    assert escape.reinforced_diversity(1000, group=5, step=0.1) == pytest.approx(0.998**1000)
    tiny = escape.reinforced_diversity(10**6, group=10, step=1e-3, accuracy=1 - 1e-12)
    assert tiny == pytest.approx(np.exp(10**6 * np.log1p(-1e-7)), rel=1e-9)


def softmax_step(law, group, rate):
    """The law of the gap of two logits, a dictionary, after one update; from all groups."""
    new = {}
    for gap, mass in law.items():
        p = 1 / (1 + np.exp(-gap))
        for j in range(group + 1):
            chance = comb(group, j) * p**j * (1 - p) ** (group - j)
            at = gap + 2 * rate * (j / group - p)
            new[at] = new.get(at, 0.0) + mass * chance
    return new


@pytest.mark.parametrize(("group", "rate", "gap"), [(1, 0.5, 0.0), (2, 0.3, 1.5), (3, 2.0, -0.7), (2, 0.05, 4.0)])
def test_softmax_bounds_against_all_groups(group, rate, gap):
    law, total = {gap: 1.0}, 0.0
    for k in range(8 if group < 3 else 6):
        gaps, mass = np.array(list(law)), np.array(list(law.values()))
        diversity = mass @ (0.5 / (1 + np.cosh(gaps)))
        assert escape.softmax_diversity_floor(k, group=group, rate=rate, gap=gap) <= diversity * (1 + 1e-12)
        square = mass @ gaps**2
        assert square == pytest.approx(gap**2 + 4 * rate**2 / group * total, rel=1e-12)
        lower, upper = escape.softmax_gap_bounds(k, group=group, rate=rate, gap=gap)
        assert lower * (1 - 1e-12) <= square <= upper * (1 + 1e-12)
        growth = escape.softmax_growth(group=group, rate=rate)
        assert mass @ np.cosh(gaps) <= (np.cosh(gap) + growth * k) * (1 + 1e-12)
        total += diversity
        law = softmax_step(law, group, rate)


def test_growth_of_small_steps():
    for group, rate in ((10, 1e-4), (1, 1e-6), (10**6, 1.0)):
        assert escape.softmax_growth(group=group, rate=rate) == pytest.approx(rate**2 / group, rel=2 * rate)
    values = [escape.softmax_growth(group=1, rate=r) for r in (0.5e-2 - 1e-12, 0.5e-2 + 1e-12)]
    assert values[0] == pytest.approx(values[1], rel=1e-8)
    assert np.isfinite(escape.softmax_gap_bounds(10**9, group=1, rate=3, gap=700)).all()
    assert escape.softmax_gap_bounds(0, group=4, rate=0.1, gap=1e-5) == pytest.approx((1e-10, 1e-10))


@pytest.mark.parametrize(
    ("p", "correct", "accuracy"),
    [([0.1, 0.2, 0.7], [1, 1, 0], 0.99), ([0.05, 0.1, 0.05, 0.5, 0.3], [1, 1, 1, 0, 0], 0.9),
     ([0.3, 0.3, 0.4], [1, 1, 0], 0.95), ([0.2, 0.1, 0.7], [1, 1, 0], 0.300001)],
)  # fmt: skip
def test_policy_gradient_against_the_flow(p, correct, accuracy):
    right = np.array(correct, bool)

    def softmax(theta):
        weights = np.exp(theta - theta.max())
        return weights / weights.sum()

    def flow(_, theta):
        q = softmax(theta)
        return q * (right - q[right].sum())

    def there(_, theta):
        return softmax(theta)[right].sum() - accuracy

    there.terminal = True
    end = integrate.solve_ivp(flow, (0, 1e6), np.log(p), events=there, rtol=1e-10, atol=1e-12, method="LSODA")
    exact = softmax(end.y_events[0][0])
    answer = escape.policy_gradient_shares(p, correct=right, accuracy=accuracy)
    assert answer == pytest.approx(exact, rel=1e-6)
    assert answer[right].sum() == pytest.approx(accuracy, rel=1e-12)


def test_policy_gradient_at_the_ends():
    p = [0.1, 0.2, 0.7]
    assert escape.policy_gradient_shares(p, correct=[True, True, False], accuracy=0.3) == pytest.approx(p)
    late = escape.policy_gradient_shares(p, correct=[True, True, False], accuracy=1 - 1e-12)
    assert late[0] < 1e-5 and late.sum() == pytest.approx(1)
    same = escape.policy_gradient_shares([0.2, 0.2, 0.6], correct=[True, True, False], accuracy=0.999)
    assert same[0] == pytest.approx(same[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: escape.reinforced_diversity(-1, group=4, step=0.1), "k must"),
        (lambda: escape.reinforced_diversity(10**7, group=4, step=0.1, accuracy=0.5), "k must"),
        (lambda: escape.reinforced_diversity(1, group=0, step=0.1), "group"),
        (lambda: escape.reinforced_diversity(1, group=4, step=0), "step"),
        (lambda: escape.reinforced_accuracy(1, step=1.1, accuracy=0.5), "step"),
        (lambda: escape.reinforced_accuracy(1, step=0.1, accuracy=0), "accuracy"),
        (lambda: escape.softmax_growth(group=4, rate=3.1), "rate"),
        (lambda: escape.softmax_growth(group=0, rate=1), "group"),
        (lambda: escape.softmax_diversity_floor(-1, group=4, rate=1), "k must"),
        (lambda: escape.softmax_diversity_floor(1, group=4, rate=1, gap=701), "gap"),
        (lambda: escape.softmax_gap_bounds(1, group=4, rate=0), "rate"),
        (lambda: escape.policy_gradient_shares([0.5, 0.5, 0], correct=[True, False, False], accuracy=0.9), "probabilities"),
        (lambda: escape.policy_gradient_shares([0.5, 0.5], correct=[True, True], accuracy=0.9), "correct"),
        (lambda: escape.policy_gradient_shares([0.5, 0.5], correct=[True], accuracy=0.9), "correct"),
        (lambda: escape.policy_gradient_shares([0.5, 0.5], correct=[True, False], accuracy=0.4), "accuracy"),
        (lambda: escape.policy_gradient_shares([0.5, 0.5], correct=[True, False], accuracy=1), "accuracy"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_correct_must_be_booleans():
    with pytest.raises(TypeError, match="correct"):
        escape.policy_gradient_shares([0.5, 0.5], correct=[1, 0], accuracy=0.9)
