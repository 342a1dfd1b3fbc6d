"""One assignment scored in this very process, for its authors: seconds for what takes a kernel minutes.

Points are those that nbgrader gives to the same outputs (it is asked). Nothing here is a sandbox: run what you wrote.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import os
import signal
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import jupytext
import nbformat
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, ComputeChecksums, LockCells
from nbgrader.utils import determine_grade

from collapse_lib.assignment import KEY

from .mutation import Mutant, mutants

__all__ = ["Mutant", "answers", "identity", "mutants", "prepared", "read", "released", "score", "tests"]

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
GOES_ON = "raises-exception"  # Jupyter's name for a cell after whose error "Run All" goes on


class _Interrupted(KeyboardInterrupt):
    """The limit of a cell is reached; no `except Exception` stops it, as none stops a kernel's interrupt."""


def read(path: str | Path) -> nbformat.NotebookNode:
    """An assignment's source, MyST Markdown or a notebook, as a notebook."""
    return jupytext.read(path)


def identity(cell: nbformat.NotebookNode) -> str | None:
    """The `grade_id` of a cell, None for a cell without one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def answers(source: nbformat.NotebookNode) -> dict[str, str]:
    """The code cells that students fill in, by `grade_id`, as they stand in the notebook."""
    return {identity(cell): cell.source for cell in source.cells if cell.cell_type == "code" and _is(cell, "solution")}


def tests(source: nbformat.NotebookNode) -> dict[str, float]:
    """The code cells that give points, by `grade_id`, with their points."""
    return {
        identity(cell): float(cell.metadata.nbgrader.points)
        for cell in source.cells
        if cell.cell_type == "code" and _is(cell, "grade")
    }


def prepared(source: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A source as nbgrader gets it, the same every time; where an answer is lacking, "Run All" goes on."""
    notebook = nbformat.from_dict(source)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code" and _is(cell, "solution"):
            cell.metadata.tags = [GOES_ON]
    return notebook


def released(source: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook that students get: without solutions, marking guides and hidden tests. `source` stays as it is."""
    notebook, resources = prepared(source), {}
    for preprocessor in (LockCells(), ClearSolutions(), ClearHiddenTests(), ComputeChecksums()):
        notebook, resources = preprocessor.preprocess(notebook, resources)
    return notebook


def score(
    source: nbformat.NotebookNode,
    cells: Mapping[str, str] | None = None,
    *,
    key: str | None = None,
    student: str | None = None,
    only: Collection[str] | None = None,
    limit: float = 2.0,
) -> dict[str, float]:
    """The points of every graded code cell, by `grade_id`, with `cells` in place of the source's own answers.

    Parameters
    ----------
    source
        An assignment with solutions and hidden tests (see `read`).
    cells
        Answers by `grade_id`; a cell that is not named keeps the reference solution.
    key
        The course key that hidden tests draw from; None for the public one.
    student
        The student id in the cell `student`; None for the one in the source.
    only
        The graded cells to run, None for all of them; of the other cells, all that stand before the last of these.
    limit
        Processor seconds after which an answer or a graded cell is interrupted.
    """
    wanted = dict(cells or {})
    if student is not None:
        wanted["student"] = f"STUDENT = {student!r}"
    known = {identity(cell) for cell in source.cells}
    for name in [*wanted, *(only or ())]:
        if name not in known:
            raise ValueError(f"no cell has the grade_id {name!r}; there are {sorted(known - {None})}")
    points: dict[str, float] = {}
    left = set(tests(source)) if only is None else set(only)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with _course_key(key), warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = _as_a_kernel_shows_it
        for cell in source.cells:
            name = identity(cell)
            if cell.cell_type != "code" or (_is(cell, "grade") and only is not None and name not in only):
                continue
            free = not _is(cell, "grade") and not _is(cell, "solution")  # imports take long the first time
            outputs = _run(wanted.get(name, cell.source) if name else cell.source, namespace, None if free else limit)
            if _is(cell, "grade"):
                ran = nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata, outputs=outputs)
                points[name] = float(determine_grade(ran)[0])
                left.discard(name)
                if not left:
                    break
    return points


def _is(cell: nbformat.NotebookNode, role: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(role))


def _as_a_kernel_shows_it(message: Any, category: Any, filename: str, lineno: int, *_: Any) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


@contextlib.contextmanager
def _course_key(key: str | None) -> Iterator[None]:
    before = os.environ.pop(KEY, None)
    if key is not None:
        os.environ[KEY] = key
    try:
        yield
    finally:
        os.environ.pop(KEY, None)
        if before is not None:
            os.environ[KEY] = before


@functools.lru_cache(maxsize=4096)
def _compiled(code: str) -> tuple[CodeType, CodeType | None]:
    """All statements but a last expression, and that expression."""
    tree = ast.parse(code)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
        last = compile(ast.Expression(tree.body.pop().value), "<cell>", "eval")
    return compile(tree, "<cell>", "exec"), last


@contextlib.contextmanager
def _at_most(seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return

    def interrupt(*_: object) -> None:
        raise _Interrupted(f"more than {seconds} processor seconds")

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _run(code: str, namespace: dict[str, Any], limit: float | None) -> list[nbformat.NotebookNode]:
    """The outputs that count in a kernel: what is written to stderr, the value of the last expression, an error."""
    outputs = []
    said, shown = io.StringIO(), None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            statements, last = _compiled(code)
            with _at_most(limit):
                exec(statements, namespace)
                if last is not None and (value := eval(last, namespace)) is not None:
                    shown = repr(value)
        except BaseException as problem:  # whatever an answer raises, exit() as well, ends its cell only
            outputs.append(nbformat.v4.new_output("error", ename=type(problem).__name__, evalue=str(problem)))
    if said.getvalue():
        outputs.insert(0, nbformat.v4.new_output("stream", name="stderr", text=said.getvalue()))
    if shown is not None:
        outputs.append(nbformat.v4.new_output("execute_result", data={"text/plain": shown}, execution_count=1))
    return outputs
