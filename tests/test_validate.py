"""Argument checks: what is allowed passes unchanged, anything else raises an error that names it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lib import _validate

NOT_NUMBERS: list[Any] = [None, "1", b"1", 1j, True, np.True_, [1, [2]], {}, object(), ["a"], [None], [True]]
NOT_FINITE = [np.nan, np.inf, -np.inf]


def refused(
    check: Callable[..., Any], value: Any, *, error: Any = (TypeError, ValueError), **limits: Any
) -> str:
    """Require that `check` refuses `value` by name, and return what it says."""
    with pytest.raises(error, match="^thing must ") as caught:
        check("thing", value, **limits)
    return str(caught.value)


@given(st.integers())
def test_integer_keeps_integers(value: int) -> None:
    assert _validate.integer("thing", value) == value
    assert type(_validate.integer("thing", np.int64(7))) is int


@pytest.mark.parametrize("value", [*NOT_NUMBERS, *NOT_FINITE, 3.0, Fraction(3), np.array([3])])
def test_integer_refuses_other_types(value: Any) -> None:
    assert repr(value) in refused(_validate.integer, value, error=TypeError)


@given(st.integers(), st.integers(), st.integers())
def test_integer_keeps_to_its_limits(value: int, minimum: int, maximum: int) -> None:
    if minimum <= value <= maximum:
        assert _validate.integer("thing", value, minimum=minimum, maximum=maximum) == value
    else:
        message = refused(_validate.integer, value, error=ValueError, minimum=minimum, maximum=maximum)
        assert f">= {minimum} and <= {maximum}, got {value}" in message


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_keeps_arrays(values: list[int]) -> None:
    array = _validate.integers("thing", values)
    assert array.dtype == np.int64 and array.tolist() == values


def test_integers_keeps_shapes() -> None:
    assert _validate.integers("thing", 3).shape == ()
    assert _validate.integers("thing", np.zeros((2, 3), np.uint8)).shape == (2, 3)


@pytest.mark.parametrize("value", [*NOT_NUMBERS, *NOT_FINITE, 3.0, [1.0], 10**30, [1, 10**30]])
def test_integers_refuses_other_types(value: Any) -> None:
    refused(_validate.integers, value, error=TypeError)


def test_integers_refuses_what_int64_cannot_hold_and_the_empty() -> None:
    assert str(2**63) in refused(_validate.integers, np.array([2**63], np.uint64), error=ValueError)
    refused(_validate.integers, [], error=ValueError)


@given(st.lists(st.integers(-10, 10), min_size=1), st.integers(-10, 10), st.integers(-10, 10))
def test_integers_keeps_to_its_limits(values: list[int], minimum: int, maximum: int) -> None:
    if minimum <= min(values) and max(values) <= maximum:
        assert _validate.integers("thing", values, minimum=minimum, maximum=maximum).tolist() == values
    else:
        refused(_validate.integers, values, error=ValueError, minimum=minimum, maximum=maximum)


REALS = st.floats(allow_nan=False, allow_infinity=False)
BOUNDS = ("minimum", "maximum", "above", "below")


def inside(value: float, limits: dict[str, float]) -> bool:
    """Whether `value` keeps to every one of the `limits`."""
    tests = {
        "minimum": lambda bound: value >= bound,
        "maximum": lambda bound: value <= bound,
        "above": lambda bound: value > bound,
        "below": lambda bound: value < bound,
    }
    return all(tests[kind](bound) for kind, bound in limits.items())


@given(REALS, st.dictionaries(st.sampled_from(BOUNDS), REALS))
def test_real_and_finite_keep_to_their_limits(value: float, limits: dict[str, float]) -> None:
    if inside(value, limits):
        assert _validate.real("thing", value, **limits) == value
        assert _validate.finite("thing", [value], **limits).tolist() == [value]
    else:
        assert repr(value) in refused(_validate.real, value, error=ValueError, **limits)
        assert repr(value) in refused(_validate.finite, [value], error=ValueError, **limits)


@pytest.mark.parametrize(
    "check", [_validate.real, _validate.finite, _validate.probability, _validate.probabilities]
)
def test_numbers_must_be_numbers_and_finite(check: Callable[..., Any]) -> None:
    for value in NOT_NUMBERS:
        refused(check, value, error=TypeError)
    for value in NOT_FINITE:
        refused(check, value, error=ValueError)
    refused(check, 10**400)


def test_real_takes_every_real_number_type() -> None:
    for value in (2, 2.0, np.float32(2), np.int8(2), Fraction(2)):
        number = _validate.real("thing", value)
        assert number == 2.0 and type(number) is float


def test_finite_checks_every_entry_and_the_shape() -> None:
    assert _validate.finite("thing", [[1, 2], [3, 4]], ndim=2).dtype == np.float64
    assert "nan" in refused(_validate.finite, [1.0, np.nan], error=ValueError)
    assert "(2,)" in refused(_validate.finite, [1.0, 2.0], error=ValueError, ndim=2)
    refused(_validate.finite, [], error=ValueError)


def test_a_large_bound_is_printed_in_full() -> None:
    assert "<= 1234567," in refused(_validate.integer, 1234568, maximum=1234567)
    assert "<= 1234567.5," in refused(_validate.real, 1234568.0, maximum=1234567.5)


@given(REALS)
def test_probability(value: float) -> None:
    if 0.0 <= value <= 1.0:
        assert _validate.probability("thing", value) == value
    else:
        refused(_validate.probability, value, error=ValueError)


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=20), st.floats(1e-8, 0.5))
def test_probabilities_must_sum_to_one(weights: list[float], excess: float) -> None:
    row = np.array(weights) / sum(weights)
    np.testing.assert_array_equal(_validate.probabilities("thing", row), row)
    assert "sum to 1" in refused(_validate.probabilities, row * (1.0 - excess), error=ValueError)


def test_probabilities_of_several_rows() -> None:
    rows = np.array([[0.2, 0.8], [1.0, 0.0]])
    refused(_validate.probabilities, rows, error=ValueError)
    np.testing.assert_array_equal(_validate.probabilities("thing", rows, ndim=None), rows)
    assert "0.9" in refused(_validate.probabilities, [[0.2, 0.8], [0.9, 0.0]], error=ValueError, ndim=None)
    refused(_validate.probabilities, 1.0, error=ValueError, ndim=None)
    refused(_validate.probabilities, [-0.5, 1.5], error=ValueError)


def test_choice() -> None:
    assert _validate.choice("thing", "sharp", ("paper", "sharp")) == "sharp"
    for value in ("blunt", None, 1, b"sharp", ["sharp"], np.array(["sharp"])):
        assert "'paper', 'sharp'" in refused(
            _validate.choice, value, error=ValueError, allowed=("paper", "sharp")
        )
    refused(_validate.choice, True, error=ValueError, allowed=(0, 1))


def test_generator() -> None:
    rng = np.random.default_rng(3)
    assert _validate.generator(rng) is rng
    assert _validate.generator(3).random() == np.random.default_rng(3).random()
    assert _validate.generator(np.int64(3)).random() == np.random.default_rng(3).random()
    for value in (None, 1.0, "1", True, np.random.RandomState(1), [1]):
        with pytest.raises(TypeError, match="^rng must "):
            _validate.generator(value)
    with pytest.raises(ValueError, match="^rng must .*got -1"):
        _validate.generator(-1)
