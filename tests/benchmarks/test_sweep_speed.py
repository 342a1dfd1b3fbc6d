"""A sweep's own cost, with its file, and all figures of the seed paper as the book's build makes them."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from performance import Speed

from collapse_lib.training import sweep

ROOT = Path(__file__).parents[2]
FIGURES = """
import sys, time
import jupytext
begin, names = time.process_time(), {}
for cell in jupytext.read(sys.argv[1]).cells:
    if cell.cell_type == "code":
        exec(compile(cell.source, "cell", "exec"), names)
print(f"\\n{time.process_time() - begin}")
"""


def nothing(*, n: int, rng: np.random.Generator) -> int:
    return n


def test_sweep(race: Any, tmp_path: Path) -> None:
    """A thousand cells that do nothing: seeds, results and their lines in a file."""
    number = itertools.count()
    race(
        "a sweep of 1,000 empty cells, kept in a file",
        lambda: sweep(nothing, {"n": range(1, 1001)}, seed=1, file=tmp_path / f"{next(number)}.jsonl"),
        limit=0.3,
    )


def test_paper_figures(record: Callable[[Speed], None]) -> None:
    """The page on the paper's figures, every frame of its sliders included; the authors' notebook takes 203 s."""
    command = [sys.executable, "-c", FIGURES, str(ROOT / "chapters" / "reference" / "paper-figures.md")]
    env = os.environ | {"COLLAPSE_BOOK_BUILD": "1", "PYTHONPATH": str(ROOT)}
    times = []
    for _ in range(3):
        result = subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=ROOT)
        times.append(float(result.stdout.splitlines()[-1]))
    record(Speed("all figures of the paper, every frame", times, limit=10))
