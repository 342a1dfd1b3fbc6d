"""What a catalogue of submissions is made of: `tests/assignments/NN_name.py` has one for each assignment.

A catalogue is a module with `SUBMISSIONS: list[Submission]` and, where a mutant of a solution does the same as the
solution, `EQUIVALENT: dict[str, dict[str, str]]`: by question, its `change` as `mutants` tells it, and why.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Literal, NamedTuple


class Submission(NamedTuple):
    """What a student might hand in: `cells` by `grade_id`, the rest as in the reference solution.

    `marks` are the exact points of each graded cell that does not get all of them.
    """

    name: str
    cells: dict[str, str]
    marks: dict[str, float]
    kind: Literal["wrong", "right", "empty"]


def catalogue(source: Path) -> ModuleType:
    """The catalogue of an assignment, found by its number."""
    number = source.name[:2]
    (path,) = (Path(__file__).parent / "assignments").glob(f"{number}_*.py")
    spec = importlib.util.spec_from_file_location(f"catalogue_{number}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
