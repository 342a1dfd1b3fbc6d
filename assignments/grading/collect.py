"""The collection check: which files are submissions, and which of them can be graded.

Nothing in the folder of submissions is ever changed. What cannot be graded bounces with a reason.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.utils import is_locked

from .course import digest

__all__ = ["Bounced", "Found", "find", "fingerprint", "read", "tidy"]

LARGEST = 20 * 2**20
RENAME = ": rename the file to STUDENT_NN-name.ipynb, or put NN-name.ipynb into a folder STUDENT"
STUDENT = re.compile(r"\w[\w.@ -]{0,99}")  # what nbgrader takes as a student's id
IGNORED = ("Thumbs.db", "desktop.ini", "__MACOSX")


@dataclass(frozen=True)
class Found:
    """A file that is a student's submission of an assignment."""

    path: Path
    student: str
    assignment: str


@dataclass(frozen=True)
class Bounced(Exception):
    """A file that is not graded, and why."""

    path: Path
    reason: str
    student: str = ""
    assignment: str = ""


def find(folder: Path, assignments: Collection[str]) -> tuple[list[Found], list[Bounced]]:
    """Look for submissions: STUDENT/NN-name.ipynb, STUDENT/NN-name/NN-name.ipynb, STUDENT_NN-name.ipynb."""
    found: list[Found] = []
    bounced: list[Bounced] = []
    for path in _files(folder):
        try:
            found.append(_identified(path, path.relative_to(folder).parts, assignments))
        except Bounced as reason:
            bounced.append(reason)
    times = Counter((one.student, one.assignment) for one in found)
    for one in [one for one in found if times[one.student, one.assignment] > 1]:
        found.remove(one)
        bounced.append(Bounced(one.path, "handed in more than once: keep one file", one.student, one.assignment))
    return found, sorted(bounced, key=lambda one: one.path)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in IGNORED:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path


def _identified(path: Path, parts: tuple[str, ...], assignments: Collection[str]) -> Found:
    """Return whose submission of what a file is, or raise `Bounced`."""
    student, assignment = ("", path.stem)
    if len(parts) == 1:
        name = next((name for name in assignments if path.stem.endswith(f"_{name}")), "")
        student, assignment = path.stem.removesuffix(f"_{name}") if name else "", name or path.stem
    elif len(parts) == 2 or (len(parts) == 3 and parts[1] == path.stem):
        student = parts[0]
    if path.is_symlink() or not path.is_file():
        raise Bounced(path, "not a file of its own (a link is not followed)", student)
    if path.suffix != ".ipynb":
        raise Bounced(path, "not a notebook", student)
    if assignment not in assignments:
        raise Bounced(path, f"no assignment has the name {assignment!r}{RENAME}", student)
    if not student:
        raise Bounced(path, "the place of the file does not say whose it is", "", assignment)
    if not STUDENT.fullmatch(student) or student.endswith(" "):
        raise Bounced(path, "a student's id is letters, digits, blanks and . _ @ -", student, assignment)
    return Found(path, student, assignment)


def tidy(
    found: Found, content: bytes, released: nbformat.NotebookNode, known: Mapping[str, Collection[str]]
) -> tuple[nbformat.NotebookNode, dict[str, str]]:
    """Return a submission as it is graded, with flags, or raise `Bounced`.

    `known` are the fingerprints of locked cells as they were ever released: a source may change after it was handed out.
    Its answers and the cells that the student added are kept; the metadata are those of the released notebook, so that
    nobody sets points, roles or tags of cells.
    """
    notebook = _read(found, content)
    ours = {cell.metadata.nbgrader.grade_id: cell for cell in released.cells if "nbgrader" in cell.metadata}
    names = [_name(cell) for cell in notebook.cells]
    times = Counter(names)
    missing = [name for name in ours if not times[name]]
    twice = [name for name in ours if times[name] > 1]
    if missing or twice:
        reasons = [f"cell{'s' * (len(some) > 1)} {', '.join(some)} {what}" for some, what in
                   ((missing, "missing (deleted, or without metadata)"), (twice, "there more than once")) if some]
        raise Bounced(found.path, "; ".join(reasons), found.student, found.assignment)
    flags: dict[str, str] = {}
    pairs = [(name, cell) for name, cell in zip(names, notebook.cells, strict=True) if name in ours]
    changed = [name for name, cell in pairs if _meddled(cell, ours[name], known.get(name, ()))]
    if changed:
        flags["locked"] = "changed: " + ", ".join(map(str, changed))
    elif [name for name, _ in pairs] != list(ours):
        flags["locked"] = "in another order"
    for number, (name, cell) in enumerate(zip(names, notebook.cells, strict=True)):
        cell.metadata = nbformat.from_dict(dict(ours[name].metadata)) if name in ours else nbformat.NotebookNode()
        cell.id = f"cell-{number}"
        cell.pop("attachments", None)
    notebook.metadata = nbformat.from_dict(dict(released.metadata))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    if "student" in ours and (says := _student(notebook)) != found.student.strip().casefold():
        flags["student"] = f"says: {says}" if says else "says nothing"
    return notebook, flags


def _read(found: Found, content: bytes) -> nbformat.NotebookNode:
    """Return the notebook in a file's bytes, or raise `Bounced`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
            _, notebook = nbformat.validator.normalize(notebook, strip_invalid_metadata=True)
            nbformat.validate(notebook, relax_add_props=True)
    except RecursionError:
        reason = "not a notebook: nested too deeply"
    except nbformat.ValidationError as error:
        reason = f"not a valid notebook: {' '.join(error.message.split())[:120]}"
    except (UnicodeDecodeError, json.JSONDecodeError, nbformat.reader.NotJSONError):
        reason = "not a notebook: its text is not JSON in UTF-8"
    except Exception as error:  # noqa: BLE001  what a file holds may upset a reader in any way
        reason = f"not a notebook that can be read ({type(error).__name__})"
    else:
        return notebook
    raise Bounced(found.path, reason, found.student, found.assignment)


def _name(cell: nbformat.NotebookNode) -> str | None:
    data = cell.metadata.get("nbgrader")
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else None


def fingerprint(cell: nbformat.NotebookNode) -> str:
    """Return what identifies the text of a cell; blanks at its end, which editors cut, make no difference."""
    return digest(cell.cell_type, cell.source.rstrip())


def _meddled(cell: nbformat.NotebookNode, ours: nbformat.NotebookNode, known: Collection[str]) -> bool:
    """Whether a cell has another kind, role or worth than the released one, or another text although it is locked."""
    roles = ("grade", "locked", "points", "solution", "task")
    if cell.cell_type != ours.cell_type or any(
        cell.metadata.nbgrader.get(role) != ours.metadata.nbgrader.get(role) for role in roles
    ):
        return True
    return is_locked(ours) and fingerprint(cell) not in known


def _student(notebook: nbformat.NotebookNode) -> str:
    """Return the id that the cell `student` gives, in small letters; empty where it gives none."""
    (cell,) = (cell for cell in notebook.cells if _name(cell) == "student")
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError:
        return ""
    for statement in reversed(statements):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            if any(isinstance(target, ast.Name) and target.id == "STUDENT" for target in statement.targets):
                return str(statement.value.value).strip().casefold()[:100]
    return ""


def read(found: Found) -> bytes:
    """Return the bytes of a submission, or raise `Bounced` without reading it where it is too large."""
    if (size := found.path.stat().st_size) > LARGEST:
        reason = f"{size / 2**20:.0f} MB; at most {LARGEST // 2**20} MB are read (clear the outputs)"
        raise Bounced(found.path, reason, found.student, found.assignment)
    return found.path.read_bytes()
