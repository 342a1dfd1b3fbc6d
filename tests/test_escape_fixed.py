"""A kept real sample: against transition matrices, and a simulation for models of known variance."""

import numpy as np
import pytest
from scipy.stats import binom

from collapse_lib import escape, families, training

P, K = 0.3, 40


@pytest.mark.parametrize("n, real", [(1, 1), (1, 4), (6, 1), (20, 5), (3, 11), (9, 0)])
@pytest.mark.parametrize("first", ["both", "real"])
def test_fixed_real_is_the_recursion_of_moments(n, real, first):
    """Condition on the kept count: binomial chains with a fixed part, as matrices."""
    if first == "real" and real == 0:
        with pytest.raises(ValueError, match="real"):
            escape.fixed_real_diversity(3, n=n, real=real, first=first)
        return
    total, drawn = n + real, np.arange(n + 1)
    kept_law = binom.pmf(np.arange(real + 1), real, P)
    answer, distance = np.zeros(K), np.zeros(K)
    for kept, weight in enumerate(kept_law):
        matrix = binom.pmf(drawn, n, ((drawn + kept) / total)[:, None])
        start = kept / real if first == "real" else P
        law = binom.pmf(drawn, n, start)
        begin = 1
        if first == "real":
            answer[1] += weight * start * (1 - start)
            begin = 2
        for k in range(begin, K):
            x = (drawn + kept) / total
            answer[k] += weight * (law @ (x * (1 - x)))
            distance[k] += weight * (law @ (x - start) ** 2)
            law = law @ matrix
    k = np.arange(1, K)
    values = escape.fixed_real_diversity(k, n=n, real=real, first=first)
    assert values == pytest.approx(answer[1:] / (P * (1 - P)), rel=1e-9, abs=1e-13)
    if real:
        assert escape.fixed_real_diversity(n=n, real=real) == pytest.approx(
            escape.fixed_real_diversity(10**9, n=n, real=real, first=first), rel=1e-11, abs=1e-14
        )
    if first == "real":
        found = escape.fixed_real_distance(k, n=n, real=real)
        assert found == pytest.approx(distance[1:] / (P * (1 - P)), rel=1e-9, abs=1e-13)
        assert escape.fixed_real_distance(n=n, real=real) == pytest.approx(
            escape.fixed_real_distance(10**9, n=n, real=real), rel=1e-11, abs=1e-14
        )


def test_fixed_real_at_the_edges():
    assert escape.fixed_real_diversity(0, n=5, real=3) == 1.0
    assert escape.fixed_real_diversity(n=5, real=0) == 0.0
    assert escape.fixed_real_diversity(n=5, real=1) == 0.0
    assert escape.fixed_real_diversity([0, 1], n=5, real=0).shape == (2,)
    assert escape.fixed_real_distance(1, n=5, real=3) == 0.0
    assert escape.fixed_real_distance(2, n=5, real=3, known_variance=True) == pytest.approx(5 / 64)


def test_known_variance_by_simulation():
    n, real, runs = 12, 5, 40_000
    run = training.simulate(
        families.GaussianLocation(), 0.0, n=[0, n, n], generations=3, trajectories=runs,
        regime=training.FixedReal(real), rng=1,
    ).parameter
    square = (run[:, 3] - run[:, 1]) ** 2
    exact = escape.fixed_real_distance(3, n=n, real=real, known_variance=True)
    assert abs(square.mean() - exact) < 5 * square.std() / runs**0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda: escape.fixed_real_diversity(1, n=5, real=2, first="kept"),
        lambda: escape.fixed_real_diversity(1, n=0, real=2),
        lambda: escape.fixed_real_distance(0, n=5, real=2),
        lambda: escape.fixed_real_distance(1, n=5, real=0),
    ],
)
def test_bad_arguments_are_named(call):
    with pytest.raises(ValueError, match=r"^(n|real|k|first) must"):
        call()
