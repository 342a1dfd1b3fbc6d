"""Argument checks: what is allowed passes unchanged, anything else raises an error that names it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from collapse_lib import _validate, forgetting, variance

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


@pytest.mark.parametrize(
    "value",
    [
        *NOT_NUMBERS, *NOT_FINITE, 3.0, Fraction(3), np.array([3]), np.array(3.0), np.array(True), np.array("3"),
        np.timedelta64(3, "s"), np.datetime64("2026-11-26"), pd.Series([3]),
    ],
)  # fmt: skip
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


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint32, np.int64, np.uint64])
def test_integers_of_every_width(dtype: Any) -> None:
    for value in (dtype(7), np.array(7, dtype)):
        assert type(_validate.integer("thing", value)) is int and _validate.integer("thing", value) == 7
        assert _validate.real("thing", value) == 7.0 and type(_validate.real("thing", value)) is float
        assert _validate.integers("thing", value).shape == _validate.finite("thing", value).shape == ()
        assert type(_validate.choice("thing", value, (0, 7))) is int
    for values in (np.array([7, 8], dtype), np.array([7, 8], dtype).astype(object), pd.Series([7, 8], dtype=dtype)):
        assert _validate.integers("thing", values).tolist() == _validate.finite("thing", values).tolist() == [7, 8]


def test_integers_takes_series_of_pandas_own_integers_unless_one_is_missing() -> None:
    assert _validate.integers("thing", pd.Series([7, 8], index=[3, 3], dtype="Int64")).tolist() == [7, 8]
    for wrong in (pd.Series([7, None], dtype="Int64"), [7, Fraction(8)], [7, 8.0], [True, 7, None]):
        refused(_validate.integers, wrong, error=TypeError)


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
    numpys = (np.float32(2), np.longdouble(2), np.int8(2), np.array(2), np.array(2.0, np.float16))
    for value in (2, 2.0, Fraction(2), *numpys):
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


def test_probabilities_of_every_make() -> None:
    row = [0.5, 0.125, 0.375]
    eighths = [Fraction(4, 8), Fraction(1, 8), Fraction(3, 8)]
    narrow = [np.array(row, np.float32), np.array(row, np.float16)]
    for same in (tuple(row), *narrow, eighths, pd.Series(row, index=[2, 2, 0])):
        array = _validate.probabilities("thing", same)
        assert type(array) is np.ndarray and array.dtype == np.float64 and array.tolist() == row
    third = _validate.probabilities("thing", [Fraction(1, 3)] * 3)
    assert third.tolist() == [1 / 3] * 3
    masked = np.ma.array([0.5, 0.5, 0.1], mask=[False, False, True])
    assert "mask" in refused(_validate.probabilities, masked, error=TypeError)


@pytest.mark.parametrize(("dtype", "allowed"), [(np.float64, 1e-9), (np.float32, 1e-5), (np.float16, 1e-2)])
def test_probabilities_may_miss_the_sum_by_what_their_width_costs(dtype: Any, allowed: float) -> None:
    logits = np.random.default_rng(1).normal(size=(7, 2000)).astype(dtype)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True, dtype=np.float64).astype(dtype)
    rows = _validate.probabilities("thing", softmax, ndim=2)
    assert np.all(np.abs(rows.sum(axis=1) - 1) < 1e-12)
    np.testing.assert_allclose(rows, softmax, rtol=allowed)
    for factor in (1 - 1.5 * allowed, 1 + 1.5 * allowed):
        message = refused(_validate.probabilities, (softmax * factor).astype(dtype), error=ValueError, ndim=2)
        assert f"sum to 1 within {allowed:g}, got a sum of " in message
        assert "p = numpy.asarray(p, dtype=float); p /= p.sum(axis=-1, keepdims=True)" in message


def test_the_advice_helps() -> None:
    p = [0.5 + 7e-8, 0.5]
    refused(_validate.probabilities, p, error=ValueError)
    p = np.asarray(p, dtype=float)
    p /= p.sum(axis=-1, keepdims=True)
    assert _validate.probabilities("thing", p).tolist() == p.tolist()


def test_what_is_returned_is_never_the_callers_own() -> None:
    for check, own in (
        (_validate.integers, np.array([1, 2])), (_validate.finite, np.array([1.0, 2.0])),
        (_validate.probabilities, np.array([0.5, 0.5])), (_validate.finite, pd.Series([1.0, 2.0])),
    ):  # fmt: skip
        assert not np.shares_memory(check("thing", own), np.asarray(own))


def test_a_message_is_not_buried_under_what_was_given() -> None:
    for check in (_validate.integer, _validate.integers, _validate.real, _validate.finite, _validate.probabilities):
        message = refused(check, ["a"] * 100_000, error=TypeError)
        assert len(message) < 600 and message.endswith("... (500000 characters)")


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
    for value in (True, np.True_, 1.0, np.float64(1), np.array([1]), Fraction(1)):
        refused(_validate.choice, value, error=ValueError, allowed=(0, 1))
    assert _validate.choice("thing", np.array("paper"), ("paper", "sharp")) == "paper"


def test_generator() -> None:
    rng = np.random.default_rng(3)
    assert _validate.generator(rng) is rng
    assert _validate.generator(3).random() == np.random.default_rng(3).random()
    for seed in (np.int64(3), np.uint8(3), np.array(3)):
        assert _validate.generator(seed).random() == np.random.default_rng(3).random()
    for value in (None, 1.0, "1", True, np.random.RandomState(1), [1]):
        with pytest.raises(TypeError, match="^rng must "):
            _validate.generator(value)
    with pytest.raises(ValueError, match="^rng must .*got -1"):
        _validate.generator(-1)


# ------------------------------------------------------------- every public function of the theory, every make

VALUES: dict[str, Any] = {
    "p0": 0.25, "n": 12, "k": 3, "count": 8.0, "u": 0.5, "eps": 0.5, "s": 1.0, "sigma0": 2.0, "ddof": 1,
    "probabilities": [0.5, 0.25, 0.25], "dimension": 2, "order": 2, "x": 0.5, "ratio": 0.5,
    "start": 8, "rates": [0.125, 0.75, 2.0], "slope": 0.5,
}  # fmt: skip
PUBLIC = {f"{m.__name__}.{name}": getattr(m, name) for m in (forgetting, variance) for name in m.__all__}
FUNCTIONS = {name: function for name, function in PUBLIC.items() if inspect.isfunction(function)}
ARGUMENTS = [
    (name, argument)
    for name, function in FUNCTIONS.items()
    for argument in inspect.signature(function).parameters
    if argument in VALUES
]


def frozen(values: Any) -> Any:
    """The same numbers, read-only and not side by side in memory."""
    array = np.repeat(np.asarray(values), 3)[::3]
    array.flags.writeable = False
    return array


def makes(value: Any) -> list[Any]:
    """The number or list `value` as people have it."""
    if isinstance(value, list):
        whole = isinstance(value[0], int)
        return [
            value, tuple(value), frozen(value), np.array(value, object),
            pd.Series(value, index=[9, 9, 0][: len(value)]), pd.Series(value, dtype="Int64" if whole else "Float64"),
            value if whole else [Fraction(x) for x in value],
            *(np.array(value, dtype) for dtype in ("u1", "i2", "u8", "f2", "f4")[slice(3) if whole else slice(3, 5)]),
        ]  # fmt: skip
    if isinstance(value, int):
        return [value, np.int8(value), np.uint16(value), np.int64(value), np.array(value), np.array(value, "u1")]
    return [
        value, np.float16(value), np.float32(value), np.float64(value), np.longdouble(value), Fraction(value),
        np.array(value), np.array(value, "f4"),
    ]  # fmt: skip


def answer(name: str, **changed: Any) -> list[NDArray[Any]]:
    """What the function says to the usual values, with some of them `changed`, as a list of arrays."""
    function = FUNCTIONS[name]
    bound = inspect.signature(function).bind_partial()
    bound.arguments = {
        key: (VALUES | changed)[key] for key in inspect.signature(function).parameters if key in VALUES
    }
    said = function(*bound.args, **bound.kwargs)
    said = said.ppf([0.1, 0.7]) if hasattr(said, "ppf") else said  # a law
    return [np.asarray(part) for part in (said if isinstance(said, tuple) else (said,))]


def same(left: list[NDArray[Any]], right: list[NDArray[Any]]) -> None:
    """Require two answers to be the same in every digit and in shape."""
    for one, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_the_sweep_knows_every_argument_of_the_theory() -> None:
    for name, function in FUNCTIONS.items():
        assert set(inspect.signature(function).parameters) <= VALUES.keys() | {"source", "direction", "method"}, name


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_numbers_of_every_make_have_the_same_answer(name: str, argument: str) -> None:
    parameter = inspect.signature(FUNCTIONS[name]).parameters[argument]
    usual = answer(name)
    for value in makes(VALUES[argument]):
        same(answer(name, **{argument: value}), usual)
    if "ArrayLike" in str(parameter.annotation) and argument not in ("probabilities", "rates"):
        value = VALUES[argument]
        several = {"k": [3, 6], "n": [12, 24, 6], "order": [2, 3], "start": [8, 4]}.get(argument, [value, value / 2])
        usual = answer(name, **{argument: several})
        for value in makes(several):
            before = np.array(value, copy=True)
            same(answer(name, **{argument: value}), usual)
            np.testing.assert_array_equal(np.asarray(value), before)


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_what_is_no_number_is_refused_by_name(name: str, argument: str) -> None:
    for value in (None, "3", True, np.array(True), 1j, np.timedelta64(3, "s"), [], [[1.0], [2.0, 3.0]], [None], np.nan,
                  np.array(np.inf), pd.Series([1.0, np.nan]), np.ma.array([0.5, 0.5], mask=[False, True])):  # fmt: skip
        with pytest.raises((TypeError, ValueError), match=f"^{argument} must "):
            answer(name, **{argument: value})


@pytest.mark.parametrize("name", [name for name, argument in ARGUMENTS if argument == "probabilities"])
def test_a_softmax_in_32_bits_is_taken_and_one_in_64_that_misses_the_sum_is_advised(name: str) -> None:
    softmax = np.array([0.3, 0.2, 0.1, 0.4], np.float32)
    softmax[3] += np.float32(6e-8)
    assert softmax.astype(float).sum() > 1 + 1e-8
    exact = softmax.astype(float) / softmax.astype(float).sum()
    for one, other in zip(answer(name, probabilities=softmax), answer(name, probabilities=exact), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    with pytest.raises(ValueError, match="^probabilities must sum to 1 .*to renormalise in 64 bits: "):
        answer(name, probabilities=softmax.astype(float))
