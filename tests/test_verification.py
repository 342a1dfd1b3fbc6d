"""`verify` passes true claims, raises on false ones, and on checks that would not notice a false one."""

import io
import sys
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from collapse_lib import verification
from collapse_lib.verification import Check, binomial_interval, verify

NORMAL = np.random.default_rng(0).normal(3.0, 1.0, (1000, 4))
K = np.arange(1, 6)
TRUE = {
    "equal": {"equal": ([1.0, 2.0], [1.0, 2.0 + 1e-12])},
    "equal-atol": {"equal": ([0.0, 2.0], [1e-9, 2.0]), "atol": 1e-8},
    "ordered": {"ordered": ([0.1, 0.2], [0.1, 0.3], [0.5, 0.301])},
    "order only": {"ordered": ([0.1, 0.2], [0.2, 0.3]), "order_only": True},
    "frequency": {"frequency": ([100, 905], 1000, [0.1, 0.9])},
    "mean": {"mean": (NORMAL, 3.0)},
    "ordered, infinite": {"ordered": ([0.1, np.inf, 3.0], [0.1, np.inf, np.inf])},
    "enclosed": {"enclosed": ("3.14159", lambda arb: arb.pi())},
    "enclosed float": {"enclosed": (np.pi, lambda arb: arb.pi()), "rtol": 1e-14},
}
FALSE = {
    "ordered, infinite": {"ordered": ([0.1, np.inf], [0.1, 3.0])},
    "equal": {"equal": ([1.0, 2.0], [1.0, 2.001])},
    "ordered": {"ordered": ([0.1, 0.4], [0.1, 0.3])},
    "frequency": {"frequency": ([100, 905], 1000, [0.16, 0.9])},
    "mean": {"mean": (NORMAL, [3.0, 3.0, 3.2, 3.0])},
    "enclosed": {"enclosed": ("3.14158", lambda arb: arb.pi())},
    "enclosed, a ball that stays large": {"enclosed": ("3.1", lambda arb: arb(3.14, 0.2))},
}
TOOTHLESS = {
    "a loose inequality": {"ordered": ([1.0, 2.0], [1.5, 3.0])},
    "close only where both sides are 1 or 0": {"ordered": ([0.0, 1.0, 2.0], [0.0, 1.0, 3.0])},
    "no generation in the values": {"equal": (lambda k: np.ones(5), np.ones(5)), "k": K},
    "a constant that a tolerance hides": {"equal": (lambda c: c, 2.0), "constants": {"c": 2.0}, "rtol": 0.06},
    "few runs": {"mean": (NORMAL[:50], lambda c: c), "constants": {"c": 3.0}},
    "a constant with too few digits": {"enclosed": ("3", lambda arb: arb.pi())},
    "a bound that is wrong by a generation": {"ordered": (lambda k: 1 / (k + 9), 1 / (K + 1.0)), "k": K},
}
TEETH = {
    "equal": ({"equal": (2 * 0.5**K, lambda k, two: two * 0.5**k), "k": K, "constants": {"two": 2}}, ("k + 1", "2 ± 5 %")),
    "upper bound": ({"ordered": (1 / K, lambda k, c: c / k), "k": K, "constants": {"c": 1.0}}, ("k + 1", "1 ± 5 %")),
    "lower bound": ({"ordered": (lambda k: 1 / k, 1 / K), "k": K + 1}, None),
    "frequency": ({"frequency": ([50_000], 100_000, lambda half: half), "constants": {"half": 0.5}}, ("0.5 ± 5 %",)),
    "mean": ({"mean": (NORMAL, lambda c: c), "constants": {"c": 3.0}}, None),
}


def shown(monkeypatch, **claim):
    checks: list[Check] = []
    monkeypatch.setattr(verification, "_show", checks.append)
    verify("thm-x", "this against that", **claim)
    return checks[0]


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE)
def test_true_claims_pass_with_one_line(claim, capsys):
    verify("thm-x", "this against that", **claim)
    assert capsys.readouterr().out.startswith("✓ this against that: ")


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_false_claims_raise(claim):
    with pytest.raises(AssertionError, match="thm-x: the check failed"):
        verify("thm-x", "this against that", **claim)


@pytest.mark.parametrize("claim", TOOTHLESS.values(), ids=TOOTHLESS)
def test_checks_without_teeth_raise(claim):
    with pytest.raises(AssertionError, match="thm-x: (no two sides|the check has no teeth)"):
        verify("thm-x", "this against that", **claim)


def test_what_was_tried_is_recorded(monkeypatch):
    for name in ("equal", "upper bound", "frequency"):
        claim, teeth = TEETH[name]
        check = shown(monkeypatch, **claim)
        assert check.teeth == teeth and f"fails with {', '.join(teeth)}" in str(check), name


def test_an_enclosed_constant_would_fail_if_it_were_changed(monkeypatch):
    assert shown(monkeypatch, enclosed=("2.418", lambda arb: arb("2.4180", "1e-7"))).teeth == ("2.418 ± 5 %",)


def test_a_ball_that_a_bound_limits_is_not_computed_again_and_again(monkeypatch):
    calls = []

    def ball(arb):
        calls.append(1)
        return arb(3.14159, 1e-6)

    shown(monkeypatch, enclosed=("3.1416", ball))
    assert len(calls) == 2


def test_only_one_side_is_changed_at_a_time(monkeypatch):
    """Two sides that use the same generation stay apart: a shift of both would cancel."""
    check = shown(monkeypatch, equal=(lambda k: 0.5**k, lambda k: 1 / 2.0**k), k=K)
    assert check.teeth == ("k + 1",)


def test_a_bound_needs_to_fail_in_one_direction_only(monkeypatch):
    check = shown(monkeypatch, ordered=(lambda k: 1.0 / (k + 1), 1 / (K + 1.0)), k=K)
    assert check.teeth == ("k - 1",)


def test_a_change_that_cannot_be_computed_proves_nothing():
    def side(c):
        if c != 1:
            raise ValueError("c must be 1")
        return 1.0

    with pytest.raises(AssertionError, match="no teeth"):
        verify("thm-x", "w", equal=(side, 1.0), constants={"c": 1})


@pytest.mark.parametrize(
    ("claim", "slack"),
    [
        ({"equal": ([1.0, 2.0], [1.0, 2.0])}, 1 + 1e-10),
        ({"equal": (0.0, 0.0), "atol": 1e-9}, float("nan")),
        ({"equal": (2.0, 2.0), "atol": 0.1, "rtol": 0}, 2 / 1.9),
        ({"ordered": ([1.0, 3.0], [1.02, 6.0])}, 1.02),
        ({"ordered": ([-1.02, 1.0], [-1.0, 9.0])}, 1.02),
        ({"ordered": ([1.0], [1.02], [1.05])}, 1.05 / 1.02),
        ({"ordered": ([0.0, 1.0], [2.0, 1.0]), "order_only": True}, float("inf")),
        ({"mean": ([0.9, 1.1] * 50, 1.0)}, None),
        ({"enclosed": ("3.14", lambda arb: arb.pi())}, 1 + 0.005 / 3.14),
    ],
)
def test_slack_is_the_factor_that_would_still_pass(monkeypatch, claim, slack):
    check = shown(monkeypatch, **claim)
    if slack is None:
        band = float(check.figures.rpartition("allowed ")[2].rstrip(")")) * np.std([0.9, 1.1] * 50, ddof=1) / 10
        slack = 1 / (1 - band)
        assert check.slack == pytest.approx(slack, rel=1e-2)
    else:
        assert check.slack == pytest.approx(slack, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_slack_is_sharp(monkeypatch, factor):
    """A claim that is wrong by a little less than the slack passes, by a little more fails."""
    count, probability = [480, 30], np.array([0.5, 0.03])
    slack = shown(monkeypatch, frequency=(count, 1000, probability)).slack

    def passes(factor):
        try:
            verify("thm-x", "w", frequency=(count, 1000, probability * factor))
        except AssertionError:
            return False
        return True

    assert passes(slack * 0.999) or passes(1 / (slack * 0.999))
    assert not passes(slack * 1.001) and not passes(1 / (slack * 1.001))


def test_order_only_is_not_said_of_what_is_tight():
    with pytest.raises(ValueError, match="order_only"):
        verify("thm-x", "w", ordered=([1.0], [1.01]), order_only=True)
    with pytest.raises(ValueError, match="order_only"):
        verify("thm-x", "w", equal=([1.0], [1.0]), order_only=True)


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"equal": ([1.0], [1.0]), "ordered": ([1.0], [2.0])},
        {"equal": ([], [])},
        {"equal": ([np.nan], [np.nan])},
        {"ordered": ([1.0],)},
        {"frequency": ([1], 0, [0.5])},
        {"frequency": ([3], 2, [0.5])},
        {"frequency": ([1.5], 2, [0.5])},
        {"mean": (1.0, 1.0)},
        {"enclosed": ("pi", lambda arb: arb.pi())},
        {"equal": (1.0, 1.0), "k": [1, 2]},
        {"equal": (1.0, 1.0), "constants": {"c": 1.0}},
        {"equal": (lambda c: c, 1.0)},
    ],
)
def test_bad_claims_are_refused(claim):
    with pytest.raises((ValueError, TypeError)):
        verify("thm-x", "this against that", **claim)


def test_labels_are_text():
    with pytest.raises(TypeError, match="label"):
        verify(1, "this against that", equal=(1.0, 1.0))
    with pytest.raises(TypeError, match="what"):
        verify("thm-x", 1, equal=(1.0, 1.0))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_passed_check_prints_on_any_terminal(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    verify("thm-x", "P₀ ≤ λ", equal=(1.0, 1.0))
    sys.stdout.flush()
    assert raw.getvalue().startswith(b"ok P")


def test_the_precision_of_ball_arithmetic_is_left_as_it_was():
    from flint import ctx

    before = ctx.prec
    verify("thm-x", "w", enclosed=("1.4142135623730950488", lambda arb: arb(2).sqrt()))
    assert ctx.prec == before


def test_the_line_carries_its_figures(monkeypatch):
    check = shown(monkeypatch, ordered=([1.0], lambda c: [c]), constants={"c": 1.01})
    line = check._repr_mimebundle_()["text/html"]
    assert 'data-slack="1.01"' in line and 'data-teeth="1.01 ± 5 %"' in line and 'data-order-only=""' in line
    assert isnan(shown(monkeypatch, equal=(0.0, 0.0)).slack)


@given(trials=st.integers(1, 200), error=st.floats(1e-9, 0.5))
def test_binomial_interval_covers(trials, error):
    """Every probability misses its interval with probability at most `error`, by the exact binomial law."""
    count = np.arange(trials + 1)
    low, high = binomial_interval(count, trials, error=error)
    assert (low <= count / trials).all() and (count / trials <= high).all()
    for p in (0.01, 0.3, 0.5, 0.99):
        missed = stats.binom.pmf(count, trials, p)[(p < low) | (high < p)].sum()
        assert missed <= error * (1 + 1e-9)


@pytest.mark.parametrize("error", [0, 1, -1.0, np.nan, "0.1", None, [0.1]])
def test_binomial_interval_refuses(error):
    with pytest.raises((TypeError, ValueError), match="^error must "):
        binomial_interval([1], 2, error=error)


@pytest.mark.parametrize("successes", [-1, 3, 0.5, np.nan, "1", True, None, [], 1j])
def test_binomial_interval_refuses_what_counts_nothing(successes):
    with pytest.raises((TypeError, ValueError), match="^successes must "):
        binomial_interval(successes, 2)


def test_false_alarms_are_as_rare_as_stated():
    """5 standard errors: none in 2,000 true claims (expected 0.001)."""
    rng = np.random.default_rng(1)
    for _ in range(2000):
        verify("thm-x", "true", mean=(rng.normal(size=200), 0.0))


def test_check_shows_itself_safely():
    bundle = Check("thm-<x>", 'a "quoted" <b>', "equal", "1 value", 1.0)._repr_mimebundle_()
    assert "<b>Checked.</b>" in bundle["text/html"] and "&lt;x&gt;" in bundle["text/html"]
    assert bundle["text/plain"].startswith("✓")


def test_figures_are_read_as_printed_numbers():
    bundle = Check("thm-x", "a sum", "equal", "difference 2.1e-14 (allowed 1e-09)", 1.0)._repr_mimebundle_()
    assert ": difference 2.1\u00a0×\u00a010⁻¹⁴ (allowed 10⁻⁹)</p>" in bundle["text/html"]


@pytest.mark.parametrize(("high", "factor"), [(2.08, "1.04"), (2.0006, "1 + 0.0003"), (2.0, "1")])
def test_sides_that_nearly_meet_do_not_seem_to_meet(capsys, high, factor):
    verify("thm-x", "w", ordered=(2.0, high))
    assert capsys.readouterr().out.endswith(f"closest sides differ by the factor {factor}\n")
