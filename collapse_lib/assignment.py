"""What the graded cells of an assignment are written with: points, comparisons that never raise, random numbers.

A graded cell makes `Marks`, wraps each thing it tries in `Marks.check` and ends with `Marks.total`, which nbgrader
reads as the points of the question. Numbers are compared with `close` and `within`, which answer False to whatever
a program may return. `personal` draws a student's own parameters, `hidden` those of a course's hidden tests.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate

__all__ = ["KEY", "Marks", "close", "hidden", "personal", "within"]

KEY = "COLLAPSE_COURSE_KEY"  # the environment variable with the course's key; it is set where work is graded
NOBODY = "your-student-id"  # what stands in a notebook until a student writes an id there
PUBLIC = "public"  # stands for the key where there is none


class Marks:
    """The points of one question, earned check by check.

    Parameters
    ----------
    question : str
        Name of the question, such as ``"q1"``.
    points : float
        What the question is worth. The points of its checks add up to it; where the hidden checks are cut out and
        no course key is set, they may add up to less.

    Examples
    --------
    >>> marks = Marks("q1", points=2)
    >>> with marks.check("two and two", 2):
    ...     assert close(2 + 2, 4)
    ok: two and two
    >>> marks.total
    q1: 2 of 2 points
    2.0
    """

    def __init__(self, question: str, *, points: float) -> None:
        self.question = _text("question", question)
        self.points = _validate.real("points", points, above=0.0)
        self._offered = 0.0
        self._earned = 0.0

    @contextlib.contextmanager
    def check(self, what: str, points: float) -> Iterator[None]:
        """Run the body; add `points` if it ends without an exception, and print one line either way.

        Where a course key is set, the line does not tell what was compared, and what the body prints is dropped:
        there it may be a hidden check.

        Parameters
        ----------
        what : str
            What is tried, in words.
        points : float
            What the check is worth.

        Yields
        ------
        None
            Nothing; the body of the ``with`` is the check.
        """
        what = _text("what", what)
        worth = _validate.real("points", points, above=0.0)
        self._offered += worth
        try:
            with _quiet():
                yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  SystemExit among them
            print(f"not yet: {what} ({_reason(error)})")
        else:
            self._earned += worth
            print(f"ok: {what}")

    @property
    def total(self) -> float:
        """The points earned, with a line that says how many there are.

        Returns
        -------
        float
            The sum of the points of the checks that passed.

        Raises
        ------
        ValueError
            If the checks are worth more than the question, or less although a course key is set.
        """
        offered, earned = round(self._offered, 9), float(round(self._earned, 9))
        if offered > self.points or (offered < self.points and KEY in os.environ):
            raise ValueError(
                f"the points of the checks must add up to points = {self.points:g} of {self.question}, "
                f"got {offered:g}"
            )
        rest = self.points - offered
        hidden_ones = f" ({rest:g} more by hidden tests)" if rest > 0 else ""
        print(f"{self.question}: {earned:g} of {offered:g} points{hidden_ones}")
        return earned


def close(value: Any, exact: ArrayLike, *, relative: float = 1e-9, absolute: float = 0.0) -> bool:
    """Whether `value` is a number, or an array of the shape of `exact`, and agrees with it.

    Parameters
    ----------
    value : object
        What a program returned: anything. Numbers, arrays of numbers and lists of them can agree; nothing raises.
    exact : array_like
        What it should be.
    relative, absolute : float
        Entries agree if they differ by at most `absolute` or by at most `relative` times the size of the exact one.

    Returns
    -------
    bool
        False for another shape, another type, complex numbers and NaN.

    Examples
    --------
    >>> close(0.1 + 0.2, 0.3), close([1, 2], [1, 2, 3]), close(None, 1.0)
    (True, False, False)
    """
    relative = _validate.real("relative", relative, minimum=0.0)
    absolute = _validate.real("absolute", absolute, minimum=0.0)
    expected = np.asarray(exact, dtype=np.float64)
    found = _numbers(value)
    if found is None or found.shape != expected.shape:
        return False
    with np.errstate(all="ignore"):
        near = np.abs(found - expected) <= np.maximum(absolute, relative * np.abs(expected))
    same = np.isinf(expected) & (found == expected)
    return bool(np.all(np.where(np.isinf(expected), same, near)))


def within(sample_mean: Any, exact: ArrayLike, *, error: ArrayLike, sigmas: float = 5) -> bool:
    """Whether a mean over a sample is as near to its exact value as chance allows.

    Parameters
    ----------
    sample_mean : object
        What a program returned: anything, as in `close`.
    exact : array_like
        The mean's exact expectation.
    error : array_like
        Its standard error, from theory where it is known.
    sigmas : float
        How many standard errors it may be away; at 5 a right program fails about once in two million times.

    Returns
    -------
    bool
        False also for another shape, another type and NaN.

    Examples
    --------
    >>> within(0.49, 0.5, error=0.01), within(0.44, 0.5, error=0.01)
    (True, False)
    """
    sigmas = _validate.real("sigmas", sigmas, above=0.0)
    errors = _validate.finite("error", error, minimum=0.0)
    expected = np.asarray(exact, dtype=np.float64)
    found = _numbers(sample_mean)
    if found is None or found.shape != expected.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(found - expected) <= sigmas * errors))


def personal(student: str, assignment: str) -> np.random.Generator:
    """Return the random numbers from which a student's own parameters are drawn.

    Where the notebook still has its ``"your-student-id"``, a line says that these are nobody's.

    Parameters
    ----------
    student : str
        The student's identifier; capitals and blanks around it make no difference.
    assignment : str
        Name of the assignment, such as ``"01"``.

    Returns
    -------
    numpy.random.Generator
        A new generator, the same for the same two names.
    """
    name, which = _text("student", student).strip().casefold(), _text("assignment", assignment)
    if name == NOBODY and KEY not in os.environ:
        print("First write your own student id into the cell with STUDENT, and run it: these numbers are nobody's.")
    return _generator(name, which)


def hidden(question: str) -> np.random.Generator:
    """Return the random numbers from which the hidden tests of a question are drawn.

    Parameters
    ----------
    question : str
        Name of the question, such as ``"q1"``.

    Returns
    -------
    numpy.random.Generator
        A new generator, the same for the same question and course key. The key is read from the environment variable
        ``COLLAPSE_COURSE_KEY``; without one a fixed public key takes its place.
    """
    return _generator(os.environ.get(KEY, PUBLIC), _text("question", question))


def _text(name: str, value: Any) -> str:
    """Return `value` if it is a text that says something, or raise an error that names it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {value!r}")
    if not value.strip():
        raise ValueError(f"{name} must not be empty, got {value!r}")
    return value


def _generator(*names: str) -> np.random.Generator:
    """Return a generator whose seed is the SHA-256 of the names; where one ends matters."""
    text = "".join(f"{len(name)}:{name}" for name in names)
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def _numbers(value: Any) -> NDArray[np.float64] | None:
    """Return `value` as an array of real numbers, or None for whatever is none; booleans are none."""
    try:
        if isinstance(value, np.ma.MaskedArray) or not isinstance(value, (Real, np.ndarray, list, tuple)):
            return None
        array = np.asarray(value)
        if array.dtype.kind == "O":
            if not all(isinstance(entry, Real) and not isinstance(entry, bool) for entry in array.flat):
                return None
        elif array.dtype.kind not in "iuf":
            return None
        return array.astype(np.float64)
    except Exception:  # noqa: BLE001  what a program returns may do anything
        return None


def _reason(error: BaseException) -> str:
    """Return what a failed check says of its exception: where work is graded, no more than its kind."""
    kind = type(error).__name__
    if KEY in os.environ:
        return kind
    try:
        said = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  an exception's text is code of its own
        said = ""
    if kind == "AssertionError":
        return said or "the comparison failed"
    return f"{kind}: {said}" if said else kind


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Send warnings and error output to the ordinary output, or drop both where work is graded."""
    sink: Any = _Nothing() if KEY in os.environ else sys.stdout
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        yield


class _Nothing(io.TextIOBase):
    """A text stream that forgets what is written to it."""

    def write(self, text: str, /) -> int:
        return len(text)
