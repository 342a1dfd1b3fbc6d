"""Every solution of an exercise that computes something is executed in the build."""

import re

import pytest
from conftest import CONTENT, cells

# what these solutions say is an argument, a name or a formula; they compute no number
ARGUED = {
    "ex-recursive-training-11", "ex-martingales-1", "ex-recursive-training-2", "ex-passage-exactly-5", "ex-who-1",
    "ex-who-5", "ex-biased-data-3", "ex-kernel-density-4", "ex-diffusion-loop-4", "ex-selection-3",
    "ex-equal-answers-4", "ex-which-remedy-2",
}  # fmt: skip
SOLUTION = re.compile(
    r"^:{3,}\{solution-start\} (\S+)\n(.*?)^:{3,}\{solution-end\}|^(:{3,})\{solution\} (\S+)\n(.*?)^\3$", re.M | re.S
)


def solutions(text):
    """Label and text of each solution."""
    return [(match[1] or match[4], match[2] or match[5]) for match in SOLUTION.finditer(text)]


def test_solutions_are_found():
    text = ":::{solution-start} ex-a\n:class: dropdown\n:::\nOne.\n:::{solution-end}\n:::\n\n:::{solution} ex-b\nTwo.\n:::\n"
    assert solutions(text) == [("ex-a", ":class: dropdown\n:::\nOne.\n"), ("ex-b", "Two.\n")]


def test_a_solution_without_a_cell_is_an_argument():
    found = [solution for path in CONTENT for solution in solutions(path.read_text(encoding="utf-8"))]
    assert len(found) >= 250
    assert {label for label, said in found if "```{code-cell}" not in said} == ARGUED


@pytest.mark.parametrize("path", CONTENT, ids=[path.stem for path in CONTENT])
def test_what_is_executed_is_shown_as_executed(path):
    """No program stands in a solution as mere text, and none is skipped."""
    text = path.read_text(encoding="utf-8")
    for label, said in solutions(text):
        assert not re.search(r"^```(?!\{code-cell\} ipython3$|$|\{math\})", said, re.M), label
        assert "skip-execution" not in said and "raises-exception" not in said, label
    assert len(cells(path)) == text.count("```{code-cell} ipython3")
