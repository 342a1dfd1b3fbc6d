"""The simulated time to one ancestor against the exact law."""

import numpy as np
import pytest
from scipy.stats import chisquare

from collapse_lib import _coalescence, forgetting, training
from collapse_lib._stirling import log_poisson
from collapse_lib.forgetting import _boxes


@pytest.mark.parametrize("n", [2, 3, 5, 12, 60])
@pytest.mark.parametrize("trajectories", [1_000, 40_000])
def test_the_law(n, trajectories):
    """Pr(T <= k) = Pr(A_k = 1), within five standard errors."""
    times = training.simulate_mrca(n=n, trajectories=trajectories, rng=n)
    for k in np.unique(np.geomspace(1, 6 * n, 12).astype(int)):
        values, probabilities = forgetting.ancestors(n=n, k=int(k))
        exact = probabilities[values == 1].sum()
        error = np.sqrt(exact * (1 - exact) / trajectories) + 1e-12
        assert abs((times <= k).mean() - exact) <= 5 * error + 5 / trajectories * (exact * trajectories < 25)


@pytest.mark.parametrize("n, trajectories", [(2, 50_000), (30, 50_000), (1_000, 4_000), (10**5, 300), (10**6, 60)])
def test_the_mean(n, trajectories):
    times = training.simulate_mrca(n=n, trajectories=trajectories, rng=7)
    error = times.std() / np.sqrt(trajectories)
    assert abs(times.mean() - forgetting.expected_mrca_time(n=n)) < 5 * error


@pytest.mark.parametrize("balls, n", [(2, 2), (3, 3), (7, 5), (20, 300), (60, 60), (300, 400)])
def test_one_merging_generation(balls, n):
    """The whole law of the number of occupied boxes, given that two balls share one."""
    drawn = _coalescence._merged(np.full(60_000, balls), n, np.random.default_rng(3))
    law = _boxes.first_rows(n, balls)[-1][: balls - 1]
    law /= law.sum()
    counts = np.bincount(drawn, minlength=balls + 1)[1:balls]
    assert counts.sum() == 60_000
    often = law * 60_000 > 10
    rest = 60_000 * law[~often].sum()
    if often.sum() > 1:
        seen, expected = counts[often], 60_000 * law[often]
        assert chisquare(np.append(seen, counts[~often].sum()), np.append(expected, rest + 1e-9)).pvalue > 1e-6


def test_shapes_seeds_and_arguments():
    assert training.simulate_mrca(n=1, trajectories=3, rng=0).tolist() == [1, 1, 1]
    times = training.simulate_mrca(n=40, trajectories=5, rng=3)
    assert times.shape == (5,) and times.dtype == np.int64 and (times >= 2).all()
    np.testing.assert_array_equal(times, training.simulate_mrca(n=40, trajectories=5, rng=3))
    for bad in (0, -1, 2.5, "x", 10**9 + 1):
        with pytest.raises((TypeError, ValueError), match=r"\bn\b"):
            training.simulate_mrca(n=bad, rng=1)
    with pytest.raises(ValueError, match="trajectories"):
        training.simulate_mrca(n=3, trajectories=0, rng=1)
    with pytest.raises(ValueError, match="trajectories"):
        training.simulate_mrca(n=3, trajectories=10**30, rng=1)
    with pytest.raises(TypeError, match="rng"):
        training.simulate_mrca(n=3, rng=None)


def test_poisson_probabilities():
    from scipy.stats import poisson

    x = np.array([0, 1, 2, 15, 16, 17, 400, 10**6])
    for mean in (0.3, 16.0, 390.0, 1e6 + 0.5):
        expected = poisson.logpmf(x, mean)
        np.testing.assert_allclose(log_poisson(x.astype(float), mean), expected, rtol=1e-9, atol=1e-9)
