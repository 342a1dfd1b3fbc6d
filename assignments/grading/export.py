"""The table of marks: a row for each student and assignment, a column for each question and each flag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from .course import FLAGS, Course, read_json, write
from .tables import table

__all__ = ["Questions", "export"]

FIRST = ("assignment", "student", "submitted", "score", "max_score", "automatic", "manual", "to_grade_by_hand")


class Questions(ExportPlugin):
    """Marks by question, with what the grading flagged."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to the file `to`."""
        course = Course(Path(self.parent.coursedir.root))
        rows = list(self._rows(gradebook, course))
        questions = sorted({name for row in rows for name in row} - set(FIRST) - {f"flag_{name}" for name in FLAGS})
        columns = (*FIRST, *questions, *(f"flag_{name}" for name in FLAGS))
        write(Path(self.to or course.root / "grades.csv"), table(columns, rows))

    def _rows(self, gradebook: Gradebook, course: Course) -> Iterator[dict[str, Any]]:
        for assignment in sorted(gradebook.assignments, key=lambda one: one.name):
            if not assignment.num_submissions or (self.assignment and assignment.name not in self.assignment):
                continue
            for student in sorted(gradebook.students, key=lambda one: one.id):
                if not self.student or student.id in self.student:
                    yield self._row(gradebook, course, assignment, student)

    @staticmethod
    def _row(gradebook: Gradebook, course: Course, assignment: Any, student: Any) -> dict[str, Any]:
        row = {"assignment": assignment.name, "student": student.id, "max_score": assignment.max_score}
        handed_in = (course.root / "submitted" / student.id / assignment.name).is_dir()
        row |= {"submitted": "yes" if handed_in else "no", "score": 0.0}
        if handed_in and not read_json(course.state(assignment.name, student.id, "graded")):
            row["flag_ungraded"] = "see bounced.csv, and grade again"
        try:
            submission = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            return row
        row |= {"submitted": "yes", "score": submission.score, "automatic": 0.0, "manual": 0.0}
        waiting = 0
        for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
            by_hand = grade.cell.cell_type == "markdown"
            waiting += bool(grade.needs_manual_grade)
            row["manual" if by_hand else "automatic"] += grade.score
            row[grade.name] = "" if grade.needs_manual_grade and grade.manual_score is None and by_hand else grade.score
        row["to_grade_by_hand"] = waiting
        for what in ("graded", "run"):
            flags = read_json(course.state(assignment.name, student.id, what)).get("flags", {})
            row |= {f"flag_{name}": text for name, text in flags.items()}
        return row


def export(course: Course, to: Path) -> None:
    """Write the table of marks, by nbgrader's export with the plugin above."""
    from nbgrader.apps import ExportApp  # slow, and the settings import this module

    app = ExportApp(config=course.config(), log_level="WARN")
    app.load_config_file = lambda **_: None
    app.initialize([])
    app.plugin_class = Questions
    app.init_plugin()
    app.plugin_inst.to = str(to)
    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        app.plugin_inst.export(gradebook)
