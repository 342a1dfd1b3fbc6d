"""nbgrader's settings for the course. The folder of the course is named by the environment variable COURSE."""

import os
import sys
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    GetGrades,
    LimitOutput,
    SaveAutoGrades,
)

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from assignments.grading.execute import SandboxedExecute  # noqa: E402
from assignments.grading.export import Questions  # noqa: E402
from assignments.grading.formulas import markdown2html  # noqa: E402

c = get_config()  # noqa: F821  nbgrader's own
course = Path(os.environ.get("COURSE") or ROOT / "course-work").absolute()

c.CourseDirectory.course_id = "collapse"
c.CourseDirectory.root = str(course)
c.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}?timeout=120"  # two processes write into it

# Answers run in the sandbox only.
c.SandboxedExecute.course = str(course)
c.SandboxedExecute.timeout = 30  # processor seconds that a cell may take
c.SandboxedExecute.at_most = 600  # seconds by the clock that a submission may take
c.Autograde.autograde_preprocessors = [
    SandboxedExecute,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]

# Students get their work back without the hidden tests.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
c.HTMLExporter.filters = {"markdown2html": markdown2html}  # formulas are MathML, in formgrader too
c.ExportApp.plugin_class = Questions
