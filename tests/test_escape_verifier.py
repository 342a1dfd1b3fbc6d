"""The verifier: a chain on a grid by quadrature, rejection step by step, truncated laws, bad input."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import flint
import numpy as np
import pytest
from flint import acb, arb

from collapse_lib import escape

GRID = np.linspace(-14, 14, 1401)
STEP = GRID[1] - GRID[0]


def bell(x: Any, sd: float = 1.0) -> Any:
    return np.exp(-0.5 * (x / sd) ** 2) / (sd * sqrt(2 * np.pi))


@pytest.mark.parametrize(("bias", "width"), [(0.3, 1.0), (1.0, 0.5), (0.0, 2.0)])
@pytest.mark.parametrize("n", [1, 2])
def test_the_chain_on_a_grid(bias: float, width: float, n: int) -> None:
    """The truth is 0. The law of an accepted sample is normalised by summing; for n = 2 it is convolved by summing."""
    accept = np.exp(-0.5 * ((GRID - bias) / width) ** 2)
    kernel = bell(GRID - GRID[:, None]) * accept
    told = escape.verifier_acceptance(GRID[200:1201:100] - bias, width=width)
    np.testing.assert_allclose(told, kernel[200:1201:100].sum(axis=1) * STEP, rtol=1e-9)
    mean = (kernel * GRID).sum(axis=1) / kernel.sum(axis=1)
    square = (kernel * GRID**2).sum(axis=1) / kernel.sum(axis=1)
    if n == 1:
        move = kernel / kernel.sum(axis=1, keepdims=True)
        law = bell(GRID, 1 / sqrt(3)) * STEP
        for k in range(1, 6):
            error = law @ GRID**2
            assert escape.verifier_error(k, n=1, real=3, bias=bias, width=width) == pytest.approx(error, rel=1e-9)
            law = law @ move
    else:  # the second moment of a mean of n, one round from generation 1
        law = bell(GRID, 1 / sqrt(3)) * STEP
        error = law @ (square / n + (1 - 1 / n) * mean**2)
        assert escape.verifier_error(2, n=n, real=3, bias=bias, width=width) == pytest.approx(error, rel=1e-9)


def test_rejection_step_by_step() -> None:
    rng = np.random.default_rng(5)
    runs, n, real, centre, width = 20_000, 4, 5, 0.5, 1.5
    model = rng.normal(0, 1 / sqrt(real), runs)
    for k in range(2, 5):
        tried = rng.normal(model[:, None], 1, (runs, 50))
        passed = rng.random(tried.shape) < np.exp(-0.5 * ((tried - centre) / width) ** 2)
        first = passed & (np.cumsum(passed, axis=1) <= n)
        assert (first.sum(axis=1) == n).all()
        model = (tried * first).sum(axis=1) / n
        exact = escape.verifier_error(k, n=n, real=real, bias=centre, width=width)
        assert abs((model**2).mean() - exact) < 5 * (model**2).std() / sqrt(runs)


@pytest.mark.parametrize("n", [None, 3, 40, 10**6])
@pytest.mark.parametrize("bias", [0.0, 0.01, 0.1, 0.9])
@pytest.mark.parametrize("width", [0.3, 1.0, 6.0])
def test_the_best_stop_by_trying_all(n: int | None, bias: float, width: float) -> None:
    size: dict[str, Any] = {"n": n, "real": 20, "bias": bias, "width": width}
    k = np.arange(1, 3000)
    errors = escape.verifier_error(k, **size)
    stop = escape.verifier_best_stop(**size)
    if stop == inf:
        assert bias == 0 and (np.diff(errors) <= 0).all() and errors[1] < errors[0]
    else:
        assert errors[int(stop) - 1] == pytest.approx(errors.min(), rel=1e-12) and errors[int(stop) - 2 :][0] >= errors.min()
        assert int(stop) == k[np.argmin(errors)] or errors[int(stop) - 1] == errors.min()
    assert escape.verifier_error(10**9, **size) == pytest.approx(escape.verifier_error(**size), rel=1e-12)
    assert escape.verifier_error([0, 1], **size).tolist() == [0, 0.05]


def test_extreme_verifiers_keep_their_digits() -> None:
    assert escape.verifier_contraction(width=1e-6) == pytest.approx(1e-12, rel=1e-11)
    assert 1 - escape.verifier_contraction(width=1e6) == pytest.approx(1e-12, rel=1e-3)
    wide: dict[str, Any] = {"real": 100, "bias": 0.05, "width": 1e6}
    stop = escape.verifier_best_stop(**wide)
    assert stop == pytest.approx(np.log(5) * 1e12, rel=1e-6)
    assert escape.verifier_best_stop(real=1, bias=1e-200, width=1.0) == pytest.approx(400 * np.log(10) / np.log(2), abs=2)
    step = escape.verifier_error(2, n=50, **wide) - 0.01  # the model writes its own data: one more sampling noise
    assert step == pytest.approx(1 / 50, rel=1e-9)


def test_the_refitted_variance_by_quadrature() -> None:
    mean, variance, width = 1.0, 1.0, 1.5
    for k in range(1, 8):
        assert escape.verifier_variance(k, width=width) == pytest.approx(variance, rel=1e-10)
        assert mean == pytest.approx(variance, rel=1e-10)  # the distance from the centre, which was 1
        density = bell(GRID - mean, sqrt(variance)) * np.exp(-0.5 * (GRID / width) ** 2)
        density /= density.sum()
        mean = density @ GRID
        variance = density @ (GRID - mean) ** 2
    assert escape.verifier_variance(0, width=width) == 1


@pytest.mark.parametrize("width", [1e-6, 0.1, 1.0, 3.0, 20.0, 1e4])
@pytest.mark.parametrize("distance", [0.0, 0.5, 2.9, 3.1, 50.0, 2e4, 1e6])
def test_intervals_against_many_digits(width: float, distance: float) -> None:
    with flint.ctx.workprec(250):  # y = t - x has the density exp(-far y - y^2/2) on (0, 2 t), z = y + far exp(-z^2/2)
        far, beyond = arb(distance) - arb(width), distance >= width
        if beyond:
            ends = 0.0, min(2 * width, 150 / max(distance - width, 1e-9), 14)
        else:
            ends = max(distance - width, -14.0), min(distance + width, 14.0)
        moments = [
            acb.integral(lambda y, _, j=j: y**j * (-(far * y if beyond else 0) - y * y / 2).exp(), *ends).real for j in range(3)
        ]
        depth = moments[1] / moments[0]
        mean, variance = (width if beyond else distance) - depth, moments[2] / moments[0] - depth**2
    assert escape.interval_slope(distance, width=width) == pytest.approx(float(variance), rel=1e-10)
    allowed = 1e-12 * min(width, 1 + distance)
    assert escape.interval_mean(distance, width=width) == pytest.approx(float(mean), abs=allowed)
    assert escape.interval_mean(-distance, width=width) == pytest.approx(-float(mean), abs=allowed)


def test_the_slope_is_the_derivative_and_falls() -> None:
    distance = np.linspace(0, 8, 81)
    for width in (0.2, 1.0, 4.0):
        slope = escape.interval_slope(distance, width=width)
        ahead, behind = (escape.interval_mean(distance + e, width=width) for e in (1e-4, -1e-4))
        np.testing.assert_allclose((ahead - behind) / 2e-4, slope, rtol=1e-6)
        assert (np.diff(slope) < 0).all() and slope[0] < min(1, width**2) and slope[-1] > 0


def test_bad_arguments_are_named() -> None:
    good: dict[str, Any] = {"real": 3, "bias": 0.5, "width": 1.0, "n": 4}
    for name in good:
        for value in (-1, "a", True, float("nan"), 10**10):
            with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
                escape.verifier_error(2, **(good | {name: value}))
            with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
                escape.verifier_best_stop(**(good | {name: value}))
    for k in (-1, 0.5, "a"):
        with pytest.raises((TypeError, ValueError), match="^k must "):
            escape.verifier_error(k, **good)
        with pytest.raises((TypeError, ValueError), match="^k must "):
            escape.verifier_variance(k, width=1)
    for function in (escape.verifier_acceptance, escape.interval_mean, escape.interval_slope):
        for value in (2e6, "a", None, float("inf")):
            with pytest.raises((TypeError, ValueError), match="^distance must "):
                function(value, width=1.0)
        for value in (0, -1, 1e7):
            with pytest.raises(ValueError, match="^width must "):
                function(0.5, width=value)
        assert function([[0.1, 0.2]], width=1).shape == (1, 2) and isinstance(function(0.1, width=1), float)
    with pytest.raises(ValueError, match="^width must "):
        escape.verifier_contraction(width=0)
