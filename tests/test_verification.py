"""`verify` passes true claims and raises on false ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from collapse_lib.verification import Check, binomial_interval, verify

TRUE = {
    "equal": {"equal": ([1.0, 2.0], [1.0, 2.0 + 1e-12])},
    "equal-atol": {"equal": ([0.0, 2.0], [1e-9, 2.0]), "atol": 1e-8},
    "ordered": {"ordered": ([0.1, 0.2], [0.1, 0.3], [0.5, 0.5])},
    "frequency": {"frequency": ([100, 905], 1000, [0.1, 0.9])},
    "mean": {"mean": (np.random.default_rng(0).normal(3.0, 1.0, (1000, 4)), 3.0)},
}
FALSE = {
    "equal": {"equal": ([1.0, 2.0], [1.0, 2.001])},
    "ordered": {"ordered": ([0.1, 0.4], [0.1, 0.3])},
    "frequency": {"frequency": ([100, 905], 1000, [0.16, 0.9])},
    "mean": {"mean": (np.random.default_rng(0).normal(3.0, 1.0, (1000, 4)), [3.0, 3.0, 3.2, 3.0])},
}


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE)
def test_true_claims_pass_with_one_line(claim, capsys):
    verify("thm-x", "this against that", **claim)
    assert capsys.readouterr().out.startswith("✓ this against that: ")


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_false_claims_raise(claim):
    with pytest.raises(AssertionError, match="thm-x"):
        verify("thm-x", "this against that", **claim)


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
    ],
)
def test_bad_claims_are_refused(claim):
    with pytest.raises(ValueError):
        verify("thm-x", "this against that", **claim)


def test_labels_are_text():
    with pytest.raises(TypeError, match="label"):
        verify(1, "this against that", equal=(1.0, 1.0))
    with pytest.raises(TypeError, match="what"):
        verify("thm-x", None, equal=(1.0, 1.0))


@given(trials=st.integers(1, 200), error=st.floats(1e-9, 0.5))
def test_binomial_interval_covers(trials, error):
    """Every probability misses its interval with probability at most `error`, by the exact binomial law."""
    count = np.arange(trials + 1)
    low, high = binomial_interval(count, trials, error=error)
    assert (low <= count / trials).all() and (count / trials <= high).all()
    for p in (0.01, 0.3, 0.5, 0.99):
        missed = stats.binom.pmf(count, trials, p)[(p < low) | (high < p)].sum()
        assert missed <= error * (1 + 1e-9)


@pytest.mark.parametrize("error", [0, 1, -1.0, np.nan])
def test_binomial_interval_refuses(error):
    with pytest.raises(ValueError, match="error"):
        binomial_interval([1], 2, error=error)


def test_false_alarms_are_as_rare_as_stated():
    """5 standard errors: none in 2,000 true claims (expected 0.001)."""
    rng = np.random.default_rng(1)
    for _ in range(2000):
        verify("thm-x", "true", mean=(rng.normal(size=200), 0.0))


def test_check_shows_itself_safely():
    bundle = Check("thm-<x>", 'a "quoted" <b>', "equal", "1 value")._repr_mimebundle_()
    assert "<b>Checked.</b>" in bundle["text/html"] and "&lt;x&gt;" in bundle["text/html"]
    assert bundle["text/plain"].startswith("✓")
