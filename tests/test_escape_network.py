"""Networks of models: against the exact joint chain of all counts, in fractions, and against known chains."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from collapse_lib import escape

F = Fraction
MATRICES = {
    "two that read both": [[F(2, 3), F(1, 3)], [F(1, 4), F(3, 4)]],
    "each reads the other": [[F(0), F(1)], [F(1), F(0)]],
    "a reader": [[F(1, 2), F(1, 2)], [F(0), F(1)]],
    "apart": [[F(1), F(0)], [F(0), F(1)]],
}
PAIR = [[0, 1, 0], [1, 0, 0]]
READER = [[0, 0, 0.5, 0.5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def step(law, W, real, p, n):
    """The law of the counts of one word in all models, one generation later."""
    after = {}
    for counts, mass in law.items():
        each = []
        for row, share in zip(W, real, strict=True):
            y = share * p + (1 - share) * sum(w * F(c, n) for w, c in zip(row, counts, strict=True))
            each.append([comb(n, j) * y**j * (1 - y) ** (n - j) for j in range(n + 1)])
        for new in product(range(n + 1), repeat=len(W)):
            chance = mass
            for j, one in zip(new, each, strict=True):
                chance *= one[j]
            after[new] = after.get(new, 0) + chance
    return after


def differ(law, p, n):
    """E of (y_i (1 - y_j) + y_j (1 - y_i)) / 2, over p (1 - p)."""
    m = len(next(iter(law)))
    return [
        [
            sum(q * (F(c[i], n) * (1 - F(c[j], n)) + F(c[j], n) * (1 - F(c[i], n))) for c, q in law.items())
            / (2 * p * (1 - p))
            for j in range(m)
        ]
        for i in range(m)
    ]


def run(W, real, generations, n=3, p=F(1, 3)):
    y = [[comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)]] * len(W)
    law = {c: np.prod([y[i][j] for i, j in enumerate(c)]) for c in product(range(n + 1), repeat=len(W))}
    answers = []
    for _ in range(generations):
        answers.append(differ(law, p, n))
        law = step(law, W, real, p, n)
    return np.array(answers, float)


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("real", [(F(0), F(0)), (F(1, 5), F(0)), (F(1, 5), F(1, 2))])
def test_the_joint_chain_of_two_models(name, real):
    W = MATRICES[name]
    exact = run(W, real, 5)
    found = escape.network_diversity(np.arange(1, 6), weights=W, n=3, real=np.array(real, float))
    np.testing.assert_allclose(found, exact, rtol=1e-14, atol=1e-16)


def test_the_joint_chain_of_three_models():
    W = [[F(1, 2), F(1, 4), F(1, 4)], [F(1), F(0), F(0)], [F(1, 3), F(1, 3), F(1, 3)]]
    exact = run(W, [F(0), F(1, 7), F(0)], 3, n=2)
    found = escape.network_diversity([1, 2, 3], weights=W, n=2, real=[0, 1 / 7, 0])
    np.testing.assert_allclose(found, exact, rtol=1e-14)


def test_the_rate_is_an_eigenvalue_of_the_joint_chain():
    W, n = np.array(MATRICES["two that read both"], float), 3
    states = list(product(range(n + 1), repeat=2))
    chain = np.zeros((16, 16))
    for row, counts in enumerate(states):
        y = W @ np.array(counts) / n
        each = np.array([[comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)] for p in y])
        chain[row] = [each[0, a] * each[1, b] for a, b in states]
    values = np.sort(abs(np.linalg.eigvals(chain)))
    assert values[-3] == pytest.approx(escape.network_rate(W, n=n), rel=1e-12)


def test_generation_zero_and_shapes():
    found = escape.network_diversity([[0, 4]], weights=READER, n=5)
    assert found.shape == (1, 2, 4, 4) and (found[0, 0] == 1).all()
    assert escape.network_diversity(3, weights=[[1.0]], n=5).shape == (1, 1)
    assert escape.network_diversity(3, weights=[[1.0]], n=5)[0, 0] == pytest.approx(0.8**3)


@pytest.mark.parametrize("m, n", [(2, 1), (2, 7), (6, 3)])
def test_the_complete_graph_is_one_model(m, n):
    W = np.full((m, m), 1 / m)
    k = np.array([1, 2, 9])
    found = escape.network_diversity(k, weights=W, n=n).mean(axis=(1, 2))
    np.testing.assert_allclose(found, (1 - 1 / (m * n)) ** k, rtol=1e-12)
    assert escape.network_rate(W, n=n) == pytest.approx(1 - 1 / (m * n), rel=1e-12)
    assert escape.island_size(islands=m, n=n, exchange=1) == pytest.approx(m * n)
    pooled = escape.network_diversity(k, weights=W, n=n, real=0.1).mean(axis=(1, 2))
    np.testing.assert_allclose(pooled, escape.immigration_diversity(n=m * n, share=0.1, k=k), rtol=1e-12)
    pooled = escape.network_diversity(weights=W, n=n, real=0.1).mean()
    assert pooled == pytest.approx(escape.immigration_diversity(n=m * n, share=0.1), rel=1e-12)


def test_common_weights():
    w = np.array([0.5, 0.3, 0.2])
    assert escape.network_rate([w] * 3, n=4) == pytest.approx(1 - (w**2).sum() / 4)


def test_limits():
    assert (escape.network_diversity(weights=np.eye(3), n=4) == 1 - np.eye(3)).all()
    pair = np.array([*PAIR, [0.5, 0.5, 0]])
    for W, whole in ((pair, 0.5 * (1 - 1 / 4)), (np.array(READER), 0.5 * (1 - 1 / 4))):
        limit = escape.network_diversity(weights=W, n=4)
        i = len(W) - 1 if W is pair else 0
        assert limit[i, i] == pytest.approx(whole) and escape.network_rate(W, n=4) == 1.0
        late = escape.network_diversity(4000, weights=W, n=4)
        np.testing.assert_allclose(limit, late, atol=1e-12)
    ring = np.roll(np.eye(6), 1, axis=1) / 2 + np.roll(np.eye(6), -1, axis=1) / 2
    limit = escape.network_diversity(weights=ring, n=3)  # period 2: even and odd models never meet
    assert limit == pytest.approx((np.add.outer(range(6), range(6)) % 2).astype(float), abs=1e-12)
    chain = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 1.0]])
    assert escape.network_diversity(weights=chain, n=3).max() < 1e-14
    assert escape.network_rate(chain, n=3) == pytest.approx(2 / 3)
    real = [0.2, 0, 0, 0, 0, 0]
    one = escape.network_diversity(weights=ring, n=3, real=real)
    np.testing.assert_allclose(one, escape.network_diversity(5000, weights=ring, n=3, real=real), atol=1e-12)
    assert one.min() > 0.1 and escape.network_rate(ring, n=3, real=real) < 1
    assert (escape.network_diversity(weights=ring, n=1).diagonal() == 0).all()


def test_bounds_on_random_networks():
    rng = np.random.default_rng(3)
    k = np.array([1, 2, 5, 30])
    for _ in range(40):
        m, n = int(rng.integers(2, 6)), int(rng.integers(1, 9))
        W = rng.dirichlet([0.4] * m, size=m) * 0.9 + 0.1 / m
        pi = escape.network_influence(W)
        assert pi @ W == pytest.approx(pi, abs=1e-12)
        bound, rate = escape.network_rate_bound(W, n=n), escape.network_rate(W, n=n)
        assert bound == pytest.approx(1 - pi.max() / n) and bound <= rate + 1e-12 and rate < 1
        assert (np.einsum("kij,i,j->k", escape.network_diversity(k, weights=W, n=n), pi, pi) >= bound**k - 1e-12).all()
        limit = 10**7 * (1 - escape.network_rate(W, n=10**7))
        assert limit == pytest.approx((pi**2).sum(), rel=1e-4)
    cyclic = (np.eye(5) + np.roll(np.eye(5), 1, axis=1) + np.roll(np.eye(5), 2, axis=1)) / 3
    assert escape.network_rate_bound(cyclic, n=4) == pytest.approx(0.95)


def test_the_mean_square_influence_is_no_bound():
    W = [[0, 1], [0.2243, 0.7757]]
    pi = escape.network_influence(W)
    assert (1 - escape.network_rate(W, n=2)) / ((pi**2).sum() / 2) == pytest.approx(1.0193, abs=1e-4)


@pytest.mark.parametrize("m, n, mu", [(5, 7, 0.02), (2, 1, 0.3), (3, 10, 0.0), (4, 3, 1.0), (6, 50, 1e-4)])
def test_islands(m, n, mu):
    W = (1 - mu) * np.eye(m) + mu / m
    k = np.array([0, 1, 2, 17, 300])
    full = escape.network_diversity(k, weights=W, n=n)
    within, between = escape.island_diversity(k, islands=m, n=n, exchange=mu)
    np.testing.assert_allclose(within, full[:, 0, 0], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(between, full[:, 0, 1], rtol=1e-10)
    rate, effective = escape.network_rate(W, n=n), escape.island_size(islands=m, n=n, exchange=mu)
    assert effective == np.inf if mu == 0 else effective == pytest.approx(1 / (1 - rate), rel=1e-8)
    assert isinstance(escape.island_diversity(3, islands=m, n=n, exchange=mu)[0], float)


def test_islands_far_apart():
    assert escape.island_size(islands=5, n=7, exchange=0.02) == pytest.approx(151.4, abs=0.05)
    assert escape.island_size(islands=5, n=10**6, exchange=1e-12) == pytest.approx(2.5e12, rel=1e-5)


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: escape.network_diversity(1, weights=[[1, 0]], n=5), "weights"),
        (lambda: escape.network_diversity(1, weights=[[0.5, 0.4], [0, 1]], n=5), "weights"),
        (lambda: escape.network_diversity(1, weights=np.eye(41), n=5), "weights"),
        (lambda: escape.network_diversity(1, weights=[[1.5, -0.5], [0, 1]], n=5), "weights"),
        (lambda: escape.network_diversity(1, weights=[[1]], n=0), "n"),
        (lambda: escape.network_diversity(-1, weights=[[1]], n=5), "k"),
        (lambda: escape.network_diversity(10**6, weights=[[1]], n=5), "k"),
        (lambda: escape.network_diversity(1, weights=[[1]], n=5, real=1.5), "real"),
        (lambda: escape.network_diversity(1, weights=[[1]], n=5, real=[0.1, 0.2]), "real"),
        (lambda: escape.network_rate(np.ones((2, 2, 2)) / 2, n=5), "weights"),
        (lambda: escape.network_influence(np.eye(2)), "weights"),
        (lambda: escape.network_rate_bound([[1]], n=0), "n"),
        (lambda: escape.island_diversity(1, islands=1, n=5, exchange=0.5), "islands"),
        (lambda: escape.island_size(islands=3, n=5, exchange=-0.5), "exchange"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises((TypeError, ValueError), match=f"^{named} must "):
        call()
