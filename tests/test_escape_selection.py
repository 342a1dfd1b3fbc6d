"""Selection against drift, against exact chains in fractions and the regime of the loop."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from collapse_lib import escape, families, training


def fixation_in_fractions(n, s):
    """u_0, ..., u_n by Gauss's elimination in fractions, from the definition of the chain."""
    rows = []
    for i in range(1, n):
        x = Fraction(i, n)
        q = (1 + s) * x / (1 + s * x)
        law = [comb(n, j) * q**j * (1 - q) ** (n - j) for j in range(n + 1)]
        rows.append([Fraction(i == j) - law[j] for j in range(1, n)] + [law[n]])
    for a in range(n - 1):
        rows[a] = [value / rows[a][a] for value in rows[a]]
        for b in range(n - 1):
            if b != a:
                rows[b] = [y - rows[b][a] * x for x, y in zip(rows[a], rows[b])]
    return [Fraction(0), *(row[-1] for row in rows), Fraction(1)]


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("s", [Fraction(-9, 10), Fraction(-1, 3), Fraction(0), Fraction(1, 10), Fraction(3)])
def test_fixation_in_fractions(n, s):
    exact = [float(u) for u in fixation_in_fractions(n, s)]
    assert escape.selection_fixation(np.arange(n + 1) / n, advantage=s, n=n) == pytest.approx(exact, rel=1e-12)


def test_fixation_between_the_grid_points_is_one_step_from_them():
    u, q = fixation_in_fractions(5, Fraction(1, 4)), Fraction(5, 4) * Fraction(1, 3) / (1 + Fraction(1, 12))
    exact = float(sum(comb(5, j) * q**j * (1 - q) ** (5 - j) * u[j] for j in range(6)))
    assert escape.selection_fixation(1 / 3, advantage=0.25, n=5) == pytest.approx(exact, rel=1e-12)


def test_ledger():
    assert escape.selection_fixation(1 / 50, advantage=0.1, n=50) == pytest.approx(0.175554, abs=5e-7)
    assert escape.selection_fixation(1 / 50, advantage=-0.3, n=50) == pytest.approx(3.655e-16, rel=2e-4)
    for s, middle, kimura in ((0.1, 0.173566, 0.181277), (-0.3, 3.367e-16, 7.69e-14)):
        assert escape.selection_fixation_formula(1 / 50, advantage=s, n=50) == pytest.approx(middle, rel=2e-4)
        formula = escape.selection_fixation_formula(1 / 50, advantage=s, n=50, source="kimura")
        assert formula == pytest.approx(kimura, rel=2e-4)


@pytest.mark.parametrize("n", [1, 2, 20, 300])
@pytest.mark.parametrize("s", [-0.95, -0.6, -0.45, -0.1, -1e-6, 0.0, 1e-6, 0.02, 0.5, 0.95, 4.0])
def test_enclosure(n, s):
    p = np.array([0, 1 / n / 3, 1 / n, 0.3, 0.5, 0.9, 1])
    exact = escape.selection_fixation(p, advantage=s, n=n)
    lower, upper = escape.selection_fixation_bounds(p, advantage=s, n=n)
    assert (lower <= exact * (1 + 1e-9)).all() and (exact <= upper * (1 + 1e-9)).all()
    formula = escape.selection_fixation_formula(p, advantage=s, n=n)
    assert (lower <= formula * (1 + 1e-9)).all() and (formula <= upper * (1 + 1e-9)).all()


@pytest.mark.parametrize("s", [-0.9, -0.3, -0.01])
def test_kimura_leaves_the_enclosure_below_zero(s):
    kimura = escape.selection_fixation_formula([0.1, 0.5, 0.9], advantage=s, n=50, source="kimura")
    assert (kimura > escape.selection_fixation_bounds([0.1, 0.5, 0.9], advantage=s, n=50)[1]).all()


@pytest.mark.parametrize("s", [-0.4, -0.01, 0.2, 2.0])
def test_exchanging_the_words(s):
    p = np.array([0.02, 0.3, 0.5, 0.8])
    for call in (escape.selection_fixation, escape.selection_fixation_formula):
        assert call(p, advantage=s, n=40) + call(1 - p, advantage=-s / (1 + s), n=40) == pytest.approx(np.ones(4))


def test_neutral_and_extreme():
    assert escape.selection_fixation([0, 0.25, 1], advantage=0, n=30) == pytest.approx([0, 0.25, 1], rel=1e-11)
    assert escape.selection_fixation(0.5, advantage=1e9, n=2000) == pytest.approx(1, rel=1e-11)
    assert escape.selection_fixation(0.5, advantage=-0.999999, n=2000) == 0
    assert escape.selection_fixation(0.01, advantage=0.01, n=1) == pytest.approx(1.01 * 0.01 / 1.0001)
    assert escape.selection_fixation(0.01, advantage=-0.9, n=1000) < 1e-200
    lower, upper = escape.selection_fixation_bounds([0, 0.5, 1], advantage=-0.7, n=10)
    assert lower.tolist() == [0, 0, 1] and upper[[0, 2]].tolist() == [0, 1]
    lower, upper = escape.selection_fixation_bounds([0, 0.5, 1], advantage=2, n=10)
    assert upper.tolist() == [0, 1, 1]
    assert isinstance(escape.selection_fixation(0.5, advantage=0.1, n=9), float)


def test_against_the_loop():
    run = training.simulate(
        families.Bernoulli(), 0.1, n=20, generations=400, trajectories=20_000,
        regime=training.Selected(advantage=0.1), rng=1,
    )  # fmt: skip
    ends = run.parameter[:, -1]
    assert set(np.unique(ends)) <= {0.0, 1.0}
    u = escape.selection_fixation(0.1, advantage=0.1, n=20)
    assert abs(ends.mean() - u) < 5 * np.sqrt(u * (1 - u) / 20_000)


def test_selected_is_the_iterate():
    p, s = np.array([0.2, 0.5, 0.3, 0.0]), np.array([0.5, -0.2, 0.0, 1.0])
    q, laws = p, escape.selected(p, advantage=s, k=[0, 1, 2, 3])
    for k in range(4):
        assert laws[k] == pytest.approx(q)
        q = q * (1 + s) / (q * (1 + s)).sum()
    assert escape.selected(p, advantage=0.5, k=1) == pytest.approx([0.3 / 1.1, 0.5 / 1.1, 0.3 / 1.1, 0])
    assert escape.selected(p, advantage=0.5, k=10**6) == pytest.approx([1, 0, 0, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: escape.selected([0.5, 0.6], advantage=1, k=1), "probabilities"),
        (lambda: escape.selected([0.5, 0.5], advantage=[1, 2, 3], k=1), "advantage"),
        (lambda: escape.selected([0.5, 0.5], advantage=-1, k=1), "advantage"),
        (lambda: escape.selected([0.5, 0.5], advantage=1, k=-1), "k must"),
        (lambda: escape.selection_fixation(1.1, advantage=0.1, n=5), "p must"),
        (lambda: escape.selection_fixation(0.5, advantage=-1, n=5), "advantage"),
        (lambda: escape.selection_fixation(0.5, advantage=0.1, n=2001), "n must"),
        (lambda: escape.selection_fixation_bounds(-0.1, advantage=0.1, n=5), "p must"),
        (lambda: escape.selection_fixation_bounds(0.1, advantage=np.inf, n=5), "advantage"),
        (lambda: escape.selection_fixation_formula(0.1, advantage=0.1, n=0), "n must"),
        (lambda: escape.selection_fixation_formula(0.1, advantage=0.1, n=5, source="haldane"), "source"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
