"""The commands of a course: python -m assignments.grading release | grade | feedback | export."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from pathlib import Path

from .course import Course, CourseError
from .sandbox import SandboxError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 when something could not be done, or bounced."""
    parser = argparse.ArgumentParser(prog="python -m assignments.grading", description=__doc__)
    parser.add_argument("--course", type=Path, default=Path("course-work"), help="folder of the course, outside git")
    commands = parser.add_subparsers(dest="command", required=True)
    released = commands.add_parser("release", help="make the notebooks for the students")
    released.add_argument("names", nargs="*", help="assignments; all, if none is named")
    graded = commands.add_parser("grade", help="grade what was handed in")
    graded.add_argument("submissions", type=Path)
    graded.add_argument("--workers", type=int, default=2, help="how many at a time")
    graded.add_argument("--again", action="store_true", help="grade also what did not change")
    commands.add_parser("feedback", help="make the pages that students get back")
    exported = commands.add_parser("export", help="write the table of marks")
    exported.add_argument("--to", type=Path, help="the file; COURSE/grades.csv, if none is named")
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    for name in ("alembic", "traitlets"):
        logging.getLogger(name).setLevel(logging.ERROR)
    course = Course.at(chosen.course)
    try:
        with course.alone():
            return _run(course, chosen)
    except (CourseError, SandboxError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(course: Course, chosen: argparse.Namespace) -> int:
    if chosen.command == "release":
        from .release import release

        made = release(course, chosen.names or None)
        print("\n".join(f"made: {course.released(name)}" for name in made) or "nothing changed")
    elif chosen.command == "grade":
        from .grade import grade

        outcome = grade(course, chosen.submissions, workers=chosen.workers, again=chosen.again)
        for one in outcome.bounced:
            print(f"bounced: {one.path}: {one.reason}")
        print(
            f"{len(outcome.graded)} graded, {len(outcome.unchanged)} unchanged, {len(outcome.bounced)} bounced "
            f"({course.root / 'bounced.csv'})"
        )
    elif chosen.command == "feedback":
        from .feedback import feedback, waiting

        made = feedback(course)
        print("\n".join(f"made: {path}" for path in made) or "nothing changed")
        if number := waiting(course):
            print(f"to be graded by hand: {number}; until then the pages show 0 points for that (make formgrader)")
    else:
        from .export import export

        to = (chosen.to or course.root / "grades.csv").absolute()
        export(course, to)
        print(f"made: {to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
