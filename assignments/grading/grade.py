"""Grading: check what was handed in, grade what is new or changed, and go on where a run was ended."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde

from . import sandbox
from .collect import Bounced, Found, find, read, tidy
from .course import Course, CourseError, digest, read_json, write, write_json
from .release import converted, release
from .tables import table

__all__ = ["Outcome", "grade"]


@dataclass
class Outcome:
    """What became of the submissions: names of those that were graded, of those that had been, and what bounced."""

    graded: list[Found] = field(default_factory=list)
    unchanged: list[Found] = field(default_factory=list)
    bounced: list[Bounced] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    found: Found
    digest: str
    flags: dict[str, str]


def grade(
    course: Course, submissions: Path, *, workers: int = 2, again: bool = False, say: Callable[[str], None] = print
) -> Outcome:
    """Grade the submissions of a folder and write what bounced to `bounced.csv`.

    Parameters
    ----------
    course
        The course; an assignment that was not released yet, or whose source changed, is released first.
    submissions
        The folder with what was handed in. It is only read.
    workers
        How many are graded at a time.
    again
        Grade also what has not changed.
    say
        What to do with lines that tell how far it is.
    """
    sandbox.check()
    if not submissions.is_dir():
        raise CourseError(f"SUBMISSIONS must be a folder, got {str(submissions)!r}")
    sources = course.sources()
    found, bounced = find(submissions, sources)
    release(course, sorted({one.assignment for one in found}))
    outcome = Outcome(bounced=bounced)
    tasks = list(_tasks(course, found, outcome, again))
    _enrol(course, sorted({task.found.student for task in tasks}))
    total = len(tasks)
    for number, (task, problem) in enumerate(_graded(course, tasks, workers), 1):
        if problem is None:
            record = {"digest": task.digest, "flags": task.flags}
            write_json(course.state(task.found.assignment, task.found.student, "graded"), record)
            outcome.graded.append(task.found)
        else:
            reason = f"could not be graded, which is not the student's fault: {problem}"
            outcome.bounced.append(Bounced(task.found.path, reason, task.found.student, task.found.assignment))
        say(f"{number} of {total}: {task.found.student}, {task.found.assignment}{' FAILED' if problem else ''}")
    rows = [
        {"file": str(one.path.relative_to(submissions)), "student": one.student, "assignment": one.assignment, "reason": one.reason}
        for one in sorted(outcome.bounced, key=lambda one: one.path)
    ]
    write(course.root / "bounced.csv", table(("file", "student", "assignment", "reason"), rows))
    return outcome


def _tasks(course: Course, found: list[Found], outcome: Outcome, again: bool) -> Iterator[_Task]:
    """Yield what there is to grade, each copied into `submitted`; note what bounced and what did not change."""
    released: dict[str, tuple[dict[str, Any], nbformat.NotebookNode]] = {}
    for one in found:
        if one.assignment not in released:
            state = read_json(course.root / "state" / one.assignment / "release.json")
            notebook = nbformat.read(course.released(one.assignment), as_version=4)
            released[one.assignment] = (state, notebook)
        state, notebook = released[one.assignment]
        try:
            content = read(one)
            now = digest(content, state["source"], course.key())
            if read_json(course.state(one.assignment, one.student, "graded")).get("digest") == now and not again:
                outcome.unchanged.append(one)
                continue
            submission, flags = tidy(one, content, notebook, state["cells"])
        except Bounced as bounced:
            outcome.bounced.append(bounced)
            continue
        except OSError as error:
            outcome.bounced.append(Bounced(one.path, f"cannot be read: {error.strerror}", one.student, one.assignment))
            continue
        copy = course.root / "submitted" / one.student / one.assignment / f"{one.assignment}.ipynb"
        write(copy, nbformat.writes(submission) + "\n")
        yield _Task(one, now, flags)


def _enrol(course: Course, students: list[str]) -> None:
    """Add students to the gradebook, before two processes that grade may both want to add the same one."""
    with Gradebook(course.config().CourseDirectory.db_url) as gradebook:
        for student in students:
            gradebook.update_or_create_student(student)


def _graded(course: Course, tasks: list[_Task], workers: int) -> Iterator[tuple[_Task, str | None]]:
    """Yield each task when it is done, with the problem if there was one."""
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield task, _one(course.root, task.found.assignment, task.found.student)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context, initializer=_ends_with_its_parent) as pool:
        futures = {pool.submit(_one, course.root, task.found.assignment, task.found.student): task for task in tasks}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise CourseError("a process that graded was ended from outside; run it again, it goes on there") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ends_with_its_parent() -> None:
    """Have Linux end this process when the command is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


def _one(root: Path, assignment: str, student: str) -> str | None:
    """Grade one submission; return what went wrong, None if nothing."""
    course = Course(root)
    try:
        course.state(assignment, student, "graded").unlink(missing_ok=True)
        converted(Autograde, course, assignment_id=assignment, student_id=student)
    except CourseError as error:
        return str(error)
    return None
