"""What students get back: a page each with marks, comments and the tests that are not hidden."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nbgrader.api import Grade, Gradebook, MissingEntry
from nbgrader.converters import GenerateFeedback

from .course import Course, CourseError, digest, environment, read_json, write_json
from .formulas import TEMPLATES
from .release import converted

__all__ = ["feedback", "waiting"]

FRESH = "feedback-in-work"


def feedback(course: Course) -> list[Path]:
    """Make the pages whose submission, marks or comments changed; return them."""
    made = []
    fresh = course.root / FRESH
    paths = os.pathsep.join(filter(None, [str(TEMPLATES), os.environ.get("JUPYTER_PATH")]))
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for state in sorted((course.root / "state").glob("*/*.graded.json")):
            assignment, student = state.parent.name, state.name.removesuffix(".graded.json")
            notebook = course.root / "autograded" / student / assignment / f"{assignment}.ipynb"
            if not notebook.exists():
                raise CourseError(f"{notebook} is gone: grade {student}'s {assignment} again")
            page = course.root / "feedback" / student / assignment / f"{assignment}.html"
            now = digest(notebook.read_bytes(), _marks(course, assignment, student))
            remembered = course.state(assignment, student, "feedback")
            if page.exists() and read_json(remembered).get("digest") == now:
                continue
            which = {"assignment_id": assignment, "student_id": student}
            with environment("JUPYTER_PATH", paths):
                converted(GenerateFeedback, course, writes_to=FRESH, **which)
            page.parent.mkdir(parents=True, exist_ok=True)
            os.replace(fresh / student / assignment / page.name, page)
            write_json(remembered, {"digest": now})
            made.append(page)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return made


def waiting(course: Course) -> int:
    """Return how many answers nobody has graded by hand yet; their pages show no points for them."""
    with Gradebook(course.config().CourseDirectory.db_url) as gradebook:
        return int(gradebook.db.query(Grade).filter(Grade.needs_manual_grade).count())


def _marks(course: Course, assignment: str, student: str) -> str:
    """Return the marks and comments of a submission as a text."""
    url = course.config().CourseDirectory.db_url
    with Gradebook(url) as gradebook:
        try:
            notebooks = gradebook.find_submission(assignment, student).notebooks
        except MissingEntry:
            return ""
        grades = [(grade.name, grade.score, grade.max_score) for one in notebooks for grade in one.grades]
        comments = [(comment.name, comment.comment) for one in notebooks for comment in one.comments]
    return repr((sorted(grades), sorted(comments, key=str)))
