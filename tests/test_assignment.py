"""The checks that graded cells are written with: points, comparisons that never raise, random numbers."""

import contextlib
import doctest
import sys
from fractions import Fraction

import numpy as np
import pytest
from collapse_lib import assignment
from collapse_lib.assignment import KEY, Marks, close, hidden, personal, within


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(KEY, raising=False)


def test_points_are_those_of_the_checks_that_pass(capsys):
    marks = Marks("q1", points=3)
    with marks.check("the first", 0.5):
        pass
    with marks.check("the second", 1):
        raise RuntimeError("no\nsuch thing")
    with marks.check("the third", 1):
        raise AssertionError("one is not two")
    with marks.check("the fourth", 0.5):
        sys.exit()
    assert marks.total == 0.5 and type(marks.total) is float
    assert capsys.readouterr().out.splitlines()[:5] == [
        "ok: the first",
        "not yet: the second (RuntimeError: no such thing)",
        "not yet: the third (one is not two)",
        "not yet: the fourth (SystemExit)",
        "q1: 0.5 of 3 points",
    ]


def test_an_interrupt_goes_through():
    marks = Marks("q1", points=1)
    with pytest.raises(KeyboardInterrupt), marks.check("endless", 1):
        raise KeyboardInterrupt


def test_checks_worth_more_than_the_question_are_refused():
    marks = Marks("q1", points=1)
    with marks.check("too much", 2):
        pass
    with pytest.raises(ValueError, match="points = 1 of q1, got 2"):
        _ = marks.total


def test_fewer_points_are_the_released_version(capsys, monkeypatch):
    marks = Marks("q1", points=3)
    with marks.check("public", 1):
        pass
    assert marks.total == 1 and "1 of 1 points (2 more by hidden tests)" in capsys.readouterr().out
    monkeypatch.setenv(KEY, "secret")
    with pytest.raises(ValueError, match="points = 3 of q1, got 1"):
        _ = marks.total


def test_where_work_is_graded_a_check_tells_nothing(capsys, monkeypatch):
    def loud(n):
        print("asked for", n)
        print("asked for", n, file=sys.stderr)
        raise ValueError(f"asked for {n}")

    def tried():
        marks = Marks("q1", points=1)
        with marks.check("it", 1):
            loud(17)
        return capsys.readouterr()

    said = tried()
    assert said.out.count("asked for 17") == 3 and said.err == ""
    monkeypatch.setenv(KEY, "secret")
    assert tried() == ("not yet: it (ValueError)\n", "")


def test_an_exception_may_not_spoil_its_line(capsys):
    class Nasty(Exception):
        def __str__(self):
            raise RuntimeError

    marks = Marks("q1", points=1)
    with marks.check("it", 1):
        raise Nasty
    assert capsys.readouterr().out == "not yet: it (Nasty)\n" and marks.total == 0


@pytest.mark.parametrize("value", [0.3, np.float32(0.3), np.array(0.3), Fraction(3, 10)])
def test_close_takes_numbers(value):
    assert close(value, 0.3, relative=1e-6)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ([1, 2], [1, 2]),
        ((1.0, 2.0), [1, 2]),
        (np.array([[1], [2]]), [[1], [2]]),
        ([Fraction(1), 2], [1, 2]),
        (np.inf, np.inf),
        ([], []),
        (10**30, 1e30),
    ],
)
def test_close_takes_arrays(value, exact):
    assert close(value, exact)


class Sly:
    """Agrees with everything."""

    def __eq__(self, other):
        return True

    def __array__(self, *_, **__):
        raise MemoryError

    __hash__ = None


class SlyArray(np.ndarray):
    def __sub__(self, other):
        return np.zeros(self.shape)

    def astype(self, *_, **__):
        return self


@pytest.mark.parametrize(
    "value",
    [
        *(None, "0.5", True, np.True_, 0.5 + 0j, np.nan, -np.inf, [0.5], [[0.5], [1, 2]], Sly(), [Sly()], len),
        *(np.ma.masked_array(0.5, mask=True), np.array("x"), {0.5}, {"a": 1}, range(1), lambda: 0.5),
        np.zeros(()).view(SlyArray),
        0.5 * (1 + 2e-9),
    ],
)
def test_close_is_false_for_all_else(value):
    assert close(value, 0.5) is False
    assert within(value, 0.5, error=1e-12) is False


def test_close_has_two_tolerances():
    assert close(100.9, 100, relative=0.01) and not close(101.1, 100, relative=0.01)
    assert close(0.009, 0, absolute=0.01) and not close(0.009, 0)
    assert not close([0.0, np.nan], [0.0, 0.0], absolute=1) and not close(np.nan, np.nan)
    assert not close(1e300, np.inf) and not close(np.inf, 1.0, absolute=1)
    for name in ("relative", "absolute"):
        with pytest.raises(ValueError, match=name):
            close(1, 1, **{name: -1})


def test_within_is_a_band_of_standard_errors():
    assert within(0.549, 0.5, error=0.01) and not within(0.551, 0.5, error=0.01)
    assert within(0.519, 0.5, error=0.01, sigmas=2) and not within(0.521, 0.5, error=0.01, sigmas=2)
    assert within([1, 2], [1, 2.4], error=[0, 0.1]) and not within([1, 2], [1.1, 2], error=[0, 0.1])
    with pytest.raises(ValueError, match="error"):
        within(1, 1, error=np.nan)


def draw(rng):
    return rng.integers(2**60)


def test_a_student_keeps_the_same_parameters():
    assert draw(personal("jane", "01")) == draw(personal(" Jane ", "01"))
    others = [("john", "01"), ("jane", "02"), ("jane0", "1"), ("jan", "e01")]
    assert len({draw(personal(*names)) for names in [("jane", "01"), *others]}) == 5


def test_a_student_without_an_id_is_told_so(capsys, monkeypatch):
    for name in ("your-student-id", " Your-Student-ID"):
        personal(name, "01")
        assert "your own student id" in capsys.readouterr().out
    personal("jane", "01")
    monkeypatch.setenv(KEY, "a key")  # where work is graded, a graded cell prints its score and nothing more
    personal("your-student-id", "01")
    assert capsys.readouterr().out == ""


def test_hidden_draws_come_from_the_key(monkeypatch):
    public = draw(hidden("q1"))
    assert public == draw(hidden("q1")) != draw(hidden("q2"))
    monkeypatch.setenv(KEY, "secret")
    secret = draw(hidden("q1"))
    assert secret == draw(hidden("q1")) != public
    monkeypatch.setenv(KEY, "another")
    assert draw(hidden("q1")) not in (secret, public)


@pytest.mark.parametrize(("wrong", "error"), [(3, TypeError), ("", ValueError), ("  ", ValueError)])
def test_names_are_texts(wrong, error):
    with pytest.raises(error, match="student"):
        personal(wrong, "01")
    with pytest.raises(error, match="assignment"):
        personal("jane", wrong)
    with pytest.raises(error, match="question"):
        hidden(wrong)
    with pytest.raises(error, match="question"):
        Marks(wrong, points=1)
    marks = Marks("q1", points=1)
    with pytest.raises(error, match="what"), marks.check(wrong, 1):
        pass


def test_points_are_positive():
    with pytest.raises(ValueError, match="points"):
        Marks("q1", points=0)
    marks = Marks("q1", points=1)
    with pytest.raises(ValueError, match="points"), contextlib.ExitStack() as stack:
        stack.enter_context(marks.check("it", -1))


def test_examples():
    assert doctest.testmod(assignment).failed == 0
