"""Sources to notebooks: with solutions for the graders, without for the students, by nbgrader."""

from __future__ import annotations

import ast
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log, is_grade, is_locked

from .collect import fingerprint
from .course import Course, CourseError, digest, environment, read_json, write, write_json
from .inprocess import prepared

__all__ = ["converted", "release"]


def release(course: Course, names: Iterable[str] | None = None) -> list[str]:
    """Make the notebooks of the assignments whose source is new or changed; return their names.

    Each is known to the gradebook afterwards. Unchanged ones are left alone.
    """
    sources = course.sources()
    unknown = sorted(set(names or ()) - set(sources))
    if unknown:
        raise CourseError(f"there is no source for {', '.join(unknown)}; there are {', '.join(sources)}")
    made = []
    for name in sorted(set(names)) if names is not None else sources:
        text = sources[name].read_text(encoding="utf-8")
        state = course.root / "state" / name / "release.json"
        now = digest(text)
        if read_json(state).get("source") == now and course.released(name).exists():
            continue
        notebook = _notebook(name, text)
        write(course.root / "source" / name / f"{name}.ipynb", nbformat.writes(notebook) + "\n")
        converted(GenerateAssignment, course, assignment_id=name)
        cells = read_json(state).get("cells", {})
        for cell in nbformat.read(course.released(name), as_version=4).cells:
            if is_locked(cell):
                cells[cell.metadata.nbgrader.grade_id] = sorted(
                    {*cells.get(cell.metadata.nbgrader.grade_id, ()), fingerprint(cell)}
                )
        write_json(state, {"source": now, "cells": cells})
        made.append(name)
    return made


def _notebook(name: str, text: str) -> nbformat.NotebookNode:
    """Return an assignment's source as a notebook that is the same every time."""
    notebook = prepared(jupytext.reads(text, fmt="md:myst"))
    for cell in notebook.cells:
        if is_grade(cell) and cell.cell_type == "code":
            _ends_in_a_score(name, cell)
    return notebook


def _ends_in_a_score(name: str, cell: nbformat.NotebookNode) -> None:
    last = (ast.parse(cell.source).body or [None])[-1]
    if not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Attribute) and last.value.attr == "total"):
        where = cell.metadata.nbgrader.grade_id
        raise CourseError(f"{name}: the graded cell {where} must end in the total of its marks, such as marks.total")


def converted(converter: Any, course: Course, *, writes_to: str | None = None, **which: str) -> None:
    """Run one of nbgrader's converters on one assignment, or raise an error with what it said."""
    config = course.config()
    directory = CourseDirectory(config=config, **which)
    if writes_to is not None:
        directory.feedback_directory = writes_to
    app = converter(coursedir=directory, config=config)
    app.force = True
    app.log.propagate = False
    app.log.setLevel(logging.WARNING)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with environment("PATH", programs), warnings.catch_warnings():  # a gradebook is made by a program of its own
        warnings.simplefilter("ignore")
        outcome = capture_log(app, fmt="%(message)s")
    if not outcome["success"]:
        raise CourseError(_said(outcome))


def _said(outcome: dict[str, Any]) -> str:
    """Return the last line that tells what went wrong."""
    text = str(outcome.get("log") or "") + str(outcome.get("error") or "")
    causes = re.findall(r"^\s*(?:[\w.]+\.)?(\w*(?:Error|Exception|Entry)): (.+)$", text, re.MULTILINE)
    own = [f"{kind}: {said}" for kind, said in causes if kind != "NbGraderException"]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (own or lines or ["nbgrader gave no reason"])[-1]
