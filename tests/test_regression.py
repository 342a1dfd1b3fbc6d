"""Regression on its own predictions: closed errors against exact laws of small loops, the loop against both.

Bands: five standard errors.
"""

from __future__ import annotations

import inspect
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, special, stats

from collapse_lib import regression
from collapse_lib.regression import simulate

NAMES = [name for name in regression.__all__ if name not in ("Run", "simulate")]
LAWS: dict[str, Any] = {name: getattr(regression, name) for name in NAMES}
TALL = {"n": 12, "d": 4}
WIDE = {"n": 4, "d": 12}
USUAL: dict[str, dict[str, Any]] = {
    "accumulate_error": {"k": 3} | TALL,
    "accumulate_limit": TALL,
    "replace_error": {"k": 3} | TALL,
    "ridge_error": {"k": 3, "ridge": 0.5} | TALL,
    "ridge_limit": {"ridge": 0.5} | TALL,
    "cold_error": {"k": 3} | WIDE,
    "warm_error": {"k": 3, "real": 2} | WIDE,
    "warm_factor": {"real": 2} | WIDE,
    "warm_limit": {"real": 2} | WIDE,
}


def close(samples: NDArray[Any], exact: Any) -> None:
    """Require the means along axis 0 to lie within five standard errors."""
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    assert np.all(np.abs(samples.mean(axis=0) - exact) <= 5 * error + 1e-12 * np.abs(exact))


def chi_square_mean(function: Any, *degrees: int) -> float:
    """Mean of a function of independent chi-square variables: Gauss's rule for their roots, whose density is smooth."""
    x, w = np.polynomial.legendre.leggauss(300)
    roots = [(x + 1) / 2 * math.sqrt(60 + 10 * n) for n in degrees]
    weights = [2 * u * stats.chi2.pdf(u * u, n) * w * math.sqrt(60 + 10 * n) / 2 for u, n in zip(roots, degrees)]
    values = function(*np.meshgrid(*(u * u for u in roots), indexing="ij"))
    for weight in weights:
        values = np.tensordot(weight, values, axes=(0, 0))
    return float(values)


# ---------------------------------------------------------------- as many rows as weights, or more


@pytest.mark.parametrize("n", [5, 8, 13])
def test_one_weight_by_quadrature(n: int) -> None:
    """d = 1: the new step of a pile is s/(s + t)^2, s and t sums of squares of the new and of the old inputs."""
    one = total = chi_square_mean(lambda s: 1 / s, n)
    assert regression.replace_error(4, n=n, d=1) == pytest.approx(4 * total, rel=1e-9)
    for k in (1, 2, 3):
        assert regression.accumulate_error(k, n=n, d=1) == pytest.approx(total, rel=1e-9)
        squares = float(sum(Fraction(1, j * j) for j in range(1, k + 1)))
        assert regression.accumulate_error(k, n=n, d=1, designs="same") == pytest.approx(one * squares, rel=1e-9)
        if k < 3:
            total += chi_square_mean(lambda s, t: s / (s + t) ** 2, n, n * k)


def test_two_weights_by_the_density_of_the_eigenvalues() -> None:
    n = 9

    def weight(y: float, x: float) -> float:
        return (x * y) ** ((n - 3) / 2) * math.exp(-(x + y) / 2) * abs(x - y)

    mass, _ = integrate.dblquad(weight, 0, 80, 0, lambda x: x)
    trace, _ = integrate.dblquad(lambda y, x: weight(y, x) * (1 / x + 1 / y), 0, 80, 0, lambda x: x)
    assert regression.replace_error(1, n=n, d=2) == pytest.approx(trace / mass, rel=1e-6)


@pytest.mark.parametrize(("n", "d"), [(5, 3), (30, 10), (30, 20), (1000, 1), (10**9, 1), (10**6, 10**6 - 2)])
def test_the_pile_against_the_sum(n: int, d: int) -> None:
    k = np.array([0, 1, 2, 7, 300])
    for designs, slope in (("fresh", 1), ("same", 0)):
        def term(j: int, slope: int = slope) -> Fraction:
            return Fraction(1, j * (j * n - d - 1)) if slope else Fraction(1, j * j * (n - d - 1))

        sums = [4 * d * float(sum(map(term, range(1, last + 1)), Fraction(0))) for last in k]
        got = regression.accumulate_error(k, n=n, d=d, noise=2.0, designs=designs)
        assert got == pytest.approx(sums, rel=1e-12, abs=0)
        limit = regression.accumulate_limit(n=n, d=d, noise=2.0, designs=designs)
        rest = 4 * d * (1e-9 / n if slope else 1e-9 / (n - d - 1))  # the sum beyond 10**9 is about 10**-9
        far = regression.accumulate_error(10**9, n=n, d=d, noise=2.0, designs=designs)
        assert limit - far == pytest.approx(rest, rel=0.01, abs=4e-16 * limit * 8)


def test_the_limit_is_the_digamma_function() -> None:
    n, d = 30, 10
    closed = -d / (d + 1) * (special.digamma(1 - (d + 1) / n) + np.euler_gamma)
    assert regression.accumulate_limit(n=n, d=d) == pytest.approx(closed, rel=1e-12)
    assert regression.accumulate_limit(n=n, d=d) == pytest.approx(0.7704, abs=1e-4)
    same = regression.accumulate_limit(n=n, d=d, designs="same")
    assert same == pytest.approx(math.pi**2 / 6 * d / (n - d - 1), rel=1e-12)


@pytest.mark.parametrize("ridge", [0.0, 1e-9, 0.5, 40.0, 1e6, 1e12])
@pytest.mark.parametrize("n", [4, 11])
def test_ridge_against_the_recursion(n: int, ridge: float) -> None:
    """Mean and variance of one weight, step by step, in fractions."""
    lam, truth, var = Fraction(ridge), Fraction(3), Fraction(2) ** 2
    mean, noise = [truth], [Fraction(0)]
    pile_mean, pile_noise, pile, moment = [truth], [Fraction(0)], Fraction(0), Fraction(0)
    for j in range(1, 9):
        q = n / (n + lam)
        mean.append(q * mean[-1])
        noise.append(q * q * noise[-1] + var * n / (n + lam) ** 2)
        moment += n * pile_mean[-1]
        pile_mean.append(moment / (j * n + lam))
        pile_noise.append(pile_noise[-1] + var * n / (j * n + lam) ** 2)  # independent steps
    k, d = np.arange(9), 2
    for regime, m, v in (("replace", mean, noise), ("accumulate", pile_mean, pile_noise)):
        exact = [float((x - truth) ** 2 + d * y) for x, y in zip(m, v)]
        got = regression.ridge_error(k, n=n, d=d, ridge=ridge, norm=3.0, noise=2.0, regime=regime)
        assert got == pytest.approx(exact, rel=1e-12)
    if ridge >= 0.5:
        for regime in ("replace", "accumulate"):
            arguments = {"n": n, "d": d, "ridge": ridge, "norm": 3.0, "noise": 2.0, "regime": regime}
            limit = regression.ridge_limit(**arguments)
            far = regression.ridge_error(10**9, **arguments)
            assert far == pytest.approx(limit, rel=1e-3 if ridge > 1e10 and regime == "accumulate" else 1e-8)


# ---------------------------------------------------------------- fewer rows than weights


def test_one_row_by_hand() -> None:
    """n = 1: the fit moves along the only input, whose direction is uniform and whose length has a chi-square law."""
    d = 7
    step = chi_square_mean(lambda s: 1 / s, d)
    assert regression.warm_factor(n=1, d=d, real=1) == pytest.approx(1 - 1 / d, rel=1e-12)
    assert regression.warm_factor(n=1, d=d, real=0) == 1
    error, cold = 0.0, 9.0
    for k in range(1, 6):
        error = (9.0 if k == 1 else error) * (1 - 1 / d) + 4 * step
        cold = cold / d + 4 * step
        got = regression.warm_error(k, n=1, d=d, real=1, norm=3.0, noise=2.0)
        assert got == pytest.approx(error, rel=1e-9)
        got = regression.cold_error(k, n=1, d=d, norm=3.0, noise=2.0)
        assert got == pytest.approx(9 - 18 / d**k + cold, rel=1e-9)
    assert regression.warm_limit(n=1, d=d, real=1, noise=2.0) == pytest.approx(4 * d * step, rel=1e-9)


@pytest.mark.parametrize(("n", "d", "real"), [(3, 9, 1), (3, 9, 3), (5, 12, 2), (8, 12, 3), (8, 12, 6)])
def test_the_factor_by_drawn_designs(n: int, d: int, real: int) -> None:
    rng = np.random.default_rng(d + real)
    X = rng.standard_normal((20_000, n, d))
    target = X[:, :, 0].copy()  # labels of the residual (1, 0, ..., 0), only for the real rows
    target[:, real:] = 0
    moved = (X.mT @ np.linalg.solve(X @ X.mT, target[..., None]))[..., 0]
    moved[:, 0] -= 1
    close((moved**2).sum(axis=1), regression.warm_factor(n=n, d=d, real=real))
    if real:
        limit = regression.warm_limit(n=n, d=d, real=real)
        assert (limit == np.inf) == (regression.warm_factor(n=n, d=d, real=real) >= 1)


def test_warm_errors_far_out() -> None:
    arguments = {"n": 60, "d": 100, "real": 6}
    assert regression.warm_factor(**arguments) == pytest.approx(1 + 6 * 15 / 3900)
    assert regression.warm_error(10**9, **arguments) == np.inf
    assert regression.warm_error(10**9, noise=0.0, norm=0.0, **arguments) == 0
    assert regression.warm_error(10**9, norm=0.0, **arguments) == np.inf
    flat = regression.warm_error(np.array([0, 1, 10**6]), n=4, d=12)
    assert flat == pytest.approx([0, 8 / 12 + 4 / 7, 8 / 12 + 10**6 * 4 / 7], rel=1e-12)
    settled = regression.warm_error(10**9, n=4, d=12, real=2)
    assert settled == pytest.approx(regression.warm_limit(n=4, d=12, real=2), rel=1e-12)
    assert regression.cold_error(10**9, n=4, d=12) == pytest.approx(1 + 48 / 56, rel=1e-12)


# ---------------------------------------------------------------- the loop


TRUTH = np.array([2.0, -1.0, 0.5])
K = np.array([1, 2, 4])


@pytest.mark.parametrize("designs", ["fresh", "same"])
def test_simulated_least_squares(designs: Any) -> None:
    run = simulate(TRUTH, n=12, generations=4, trajectories=20_000, noise=0.5, designs=designs, rng=1)
    assert run.weights.shape == (20_000, 5, 3) and np.all(run.weights[:, 0] == TRUTH)
    assert run.error.shape == (20_000, 5) and np.all(run.error[:, 0] == 0)
    close(run.error[:, K], regression.replace_error(K, n=12, d=3, noise=0.5))
    run = simulate(
        TRUTH, n=12, generations=4, trajectories=20_000, noise=0.5, designs=designs, regime="accumulate", rng=2
    )
    close(run.error[:, K], regression.accumulate_error(K, n=12, d=3, noise=0.5, designs=designs))


@pytest.mark.parametrize("regime", ["replace", "accumulate"])
def test_simulated_ridge(regime: Any) -> None:
    norm = math.sqrt(TRUTH @ TRUTH)
    arguments: dict[str, Any] = {"n": 5, "ridge": 2.0, "noise": 0.7, "regime": regime}
    run = simulate(TRUTH, generations=4, trajectories=20_000, rng=3, entries="orthogonal", **arguments)
    close(run.error[:, K], regression.ridge_error(K, d=3, norm=norm, **arguments))


@pytest.mark.parametrize("real", [0, 1, 4])
def test_simulated_warm_starts(real: int) -> None:
    truth = np.full(12, 0.5)
    run = simulate(truth, n=4, generations=4, trajectories=20_000, noise=0.6, start="warm", real=real, rng=4)
    exact = regression.warm_error(K, n=4, d=12, real=real, norm=math.sqrt(3), noise=0.6)
    close(run.error[:, K], exact)


def test_simulated_cold_starts() -> None:
    run = simulate(np.full(12, 0.5), n=4, generations=4, trajectories=20_000, noise=0.6, rng=5)
    close(run.error[:, K], regression.cold_error(K, n=4, d=12, norm=math.sqrt(3), noise=0.6))


@pytest.mark.parametrize("entries", ["normal", "uniform", "signs"])
def test_without_noise(entries: Any) -> None:
    arguments: dict[str, Any] = {"generations": 3, "noise": 0.0, "trajectories": 50, "entries": entries, "rng": 6}
    for regime in ("replace", "accumulate"):
        run = simulate(TRUTH, n=11, regime=regime, **arguments)
        assert run.error.max() < 1e-20
    wide = np.arange(1.0, 13.0)
    warm = simulate(wide, n=4, start="warm", **arguments)
    np.testing.assert_allclose(warm.weights[:, 3], warm.weights[:, 1], atol=1e-10)
    cold = simulate(wide, n=4, **arguments)
    size = (cold.weights**2).sum(axis=2)
    assert np.all(np.diff(size, axis=1) < 1e-9)  # a projection makes nothing longer
    taught = simulate(wide, n=4, start="warm", real=4, **arguments)
    assert np.all(np.diff(taught.error[:, 1:], axis=1) < 1e-9)


@pytest.mark.parametrize("entries", ["uniform", "signs"])
def test_the_first_fit_forgets_the_same_share_whatever_the_entries(entries: Any) -> None:
    run = simulate([1.0, 2.0, 0, 0, 0, 0, 0, 0, 0, 0], n=3, generations=1, noise=0.0, trajectories=20_000,
                   entries=entries, rng=7)  # fmt: skip
    rank = 3.0
    if entries == "signs":  # rows repeat each other, but for the sign, with probability 2^-9
        pair = 2.0**-9
        rank -= 3 * pair - pair**2  # by inclusion and exclusion: all three agree with probability pair^2
    close(run.error[:, 1], 5 * (1 - rank / 10))


def test_a_ridge_pulls_towards_its_start() -> None:
    arguments: dict[str, Any] = {"n": 6, "generations": 3, "noise": 0.0, "ridge": 1e12, "trajectories": 3, "rng": 8}
    cold = simulate(TRUTH, **arguments)
    assert np.abs(cold.weights[:, 1:]).max() < 1e-8
    warm = simulate(TRUTH, start="warm", real=6, **arguments | {"ridge": 1e-9})
    assert warm.error.max() < 1e-16


def test_real_labels_in_a_pile() -> None:
    """All labels real: the variance of least squares with k n rows."""
    run = simulate(TRUTH, n=8, generations=3, trajectories=20_000, regime="accumulate", real=8, rng=9)
    close(run.error[:, 1:], [3 / (8 * k - 4) for k in (1, 2, 3)])


def test_seeds_and_batches() -> None:
    arguments: dict[str, Any] = {"n": 50, "generations": 2, "trajectories": 30}
    first = simulate(np.ones(1000), rng=3, **arguments)
    again = simulate(np.ones(1000), rng=np.random.default_rng(3), **arguments)
    np.testing.assert_array_equal(first.weights, again.weights)
    assert np.unique(first.error[:, 2]).size == 30


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_documentation(name: str) -> None:
    function, usual = LAWS[name], USUAL[name]
    assert set(inspect.signature(function).parameters) <= usual.keys() | {"noise", "norm", "designs", "regime"}
    for part in ("Parameters", "Returns", "Raises", "Notes", ":doc:`/chapters/escape/"):
        assert part in function.__doc__
    assert type(function(**usual)) is float
    if "k" in usual:
        grid = np.array([[0, 1], [3, 10**9]])
        values = function(**usual | {"k": grid})
        assert values.shape == (2, 2) and values[0, 0] == 0 and np.all(values[values != 0] > 0)
        assert values[1, 0] == pytest.approx(function(**usual), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "argument", "wrong"),
    [
        (name, argument, wrong)
        for name in NAMES
        for argument in inspect.signature(LAWS[name]).parameters
        for wrong in (-1, "a", None, np.nan, 10**60, 0.5 if argument in ("k", "n", "d", "real") else [1.0])
    ],
)
def test_wrong_arguments_are_named(name: str, argument: str, wrong: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{argument} must "):
        LAWS[name](**USUAL[name] | {argument: wrong})


@pytest.mark.parametrize(
    ("name", "wrong", "argument"),
    [
        ("replace_error", {"n": 5}, "n"),
        ("accumulate_limit", {"n": 5}, "n"),
        ("ridge_error", {"n": 3}, "n"),
        ("ridge_limit", {"ridge": 0}, "ridge"),
        ("cold_error", {"n": 11}, "n"),
        ("warm_error", {"n": 11}, "n"),
        ("warm_factor", {"real": 5}, "real"),
        ("warm_limit", {"noise": 0}, "noise"),
    ],
)
def test_ranges(name: str, wrong: dict[str, Any], argument: str) -> None:
    with pytest.raises(ValueError, match=f"^{argument} must "):
        LAWS[name](**USUAL[name] | wrong)


@pytest.mark.parametrize(
    ("wrong", "argument"),
    [
        ({"truth": []}, "truth"),
        ({"truth": [[1.0]]}, "truth"),
        ({"truth": [np.nan]}, "truth"),
        ({"truth": np.ones(10_001)}, "truth"),
        ({"n": 0}, "n"),
        ({"n": 2, "regime": "accumulate"}, "n"),
        ({"n": 2, "entries": "orthogonal"}, "n"),
        ({"n": 10**7}, "n"),
        ({"generations": 0}, "generations"),
        ({"trajectories": 0}, "trajectories"),
        ({"noise": -1}, "noise"),
        ({"regime": "both"}, "regime"),
        ({"designs": "new"}, "designs"),
        ({"entries": "cauchy"}, "entries"),
        ({"ridge": -1}, "ridge"),
        ({"start": "hot"}, "start"),
        ({"start": "warm", "regime": "accumulate"}, "start"),
        ({"real": 6}, "real"),
        ({"real": 1, "entries": "orthogonal"}, "real"),
        ({"rng": None}, "rng"),
        ({"generations": 10**30}, "generations"),
        ({"trajectories": 10**30}, "trajectories"),
    ],
)
def test_wrong_simulations(wrong: dict[str, Any], argument: str) -> None:
    usual: dict[str, Any] = {"truth": TRUTH, "n": 5, "generations": 2, "rng": 1}
    with pytest.raises((ValueError, TypeError), match=f"^{argument} must "):
        simulate(**usual | wrong)


def test_an_exploding_loop_says_so() -> None:
    with pytest.raises(ValueError, match="^generations must be fewer"):
        simulate(np.full(12, 1e50), n=10, generations=6_000, start="warm", real=1, rng=1)
