"""What scores an assignment in process: points as nbgrader gives them, endless loops, and mutants of a program."""

import ast
import os
import sys

import nbformat
import pytest
from conftest import ROOT

from collapse_lib.assignment import KEY

sys.path.insert(0, str(ROOT))
from assignments.grading import inprocess  # noqa: E402


def cell(name, source, **about):
    metadata = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, **about}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": name, **metadata}})


TEST = """
value = answer()
### BEGIN HIDDEN TESTS
import os
value += 0.5 * (os.environ.get("COLLAPSE_COURSE_KEY") == "secret")
### END HIDDEN TESTS
value
"""
TOY = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_markdown_cell("A text without a name."),
        cell("student", 'STUDENT = "your-student-id"'),
        cell("q1", "def answer():\n    ### BEGIN SOLUTION\n    return 1.0\n    ### END SOLUTION", solution=True),
        cell("q1-test", TEST, grade=True, locked=True, points=2),
        cell("q2", "### BEGIN SOLUTION\nlength = len(STUDENT)\n### END SOLUTION", solution=True),
        cell("q2-test", "float(length)", grade=True, locked=True, points=100),
    ]
)


def q1(answer, **options):
    return inprocess.score(TOY, {"q1": answer}, only=["q1-test"], **options)["q1-test"]


def test_the_value_of_the_last_expression_is_the_score():
    assert inprocess.score(TOY) == {"q1-test": 1.0, "q2-test": 15.0}
    assert inprocess.score(TOY, key="secret", student="ada") == {"q1-test": 1.5, "q2-test": 3.0}
    assert inprocess.score(TOY, {"q2": "length = 7"}, only=["q2-test"]) == {"q2-test": 7.0}


@pytest.mark.parametrize(
    "answer",
    [
        "def answer():\n    return 1 / 0",
        "def answer(:",
        "answer = exit",
        "import sys\ndef answer():\n    print('a warning', file=sys.stderr)\n    return 1.0",
        "import warnings\ndef answer():\n    warnings.warn('a warning')\n    return 1.0",
    ],
)
def test_errors_and_error_output_get_nothing(answer):
    assert q1(answer) == 0.0


def test_an_endless_loop_costs_its_own_question_only():
    loop = "def answer():\n    while True:\n        try:\n            pass\n        except Exception:\n            pass"
    assert inprocess.score(TOY, {"q1": loop}, student="ada", limit=0.05) == {"q1-test": 0.0, "q2-test": 3.0}


def test_what_is_printed_does_not_count(capsys):
    assert q1("def answer():\n    print(2.0)\n    return 0.5") == 0.5
    assert capsys.readouterr() == ("", "")


def test_the_key_of_the_environment_is_left_alone(monkeypatch):
    monkeypatch.setenv(KEY, "secret")
    assert q1("def answer():\n    return 0.25") == 0.25
    assert os.environ[KEY] == "secret"


def test_a_name_that_no_cell_has_is_refused():
    with pytest.raises(ValueError, match="'q3'.*'q1'"):
        inprocess.score(TOY, {"q3": "pass"})
    with pytest.raises(ValueError, match="'q3-test'"):
        inprocess.score(TOY, only=["q3-test"])


def test_the_release_has_neither_solutions_nor_hidden_tests():
    before = [cell.source for cell in TOY.cells]
    sources = [cell.source for cell in inprocess.released(TOY).cells]
    assert sources[2] == "def answer():\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert sources[3] == "\nvalue = answer()\nvalue\n" and [cell.source for cell in TOY.cells] == before
    assert inprocess.answers(TOY).keys() == {"q1", "q2"} and inprocess.tests(TOY) == {"q1-test": 2.0, "q2-test": 100.0}


PROGRAM = '''
def shrink(x: float = 2, *, n: int) -> float:
    """Take 1 from 2."""
    total = -x
    for k in range(n):
        total += x**2 - k / n
    if n > 3 and not k == 2:
        return A @ total
    return total
'''


def test_every_mutant_differs_in_one_place_and_parses():
    found = list(inprocess.mutants(PROGRAM))
    codes, here = [mutant.code for mutant in found], ast.unparse(ast.parse(PROGRAM))
    assert len(set(codes)) == len(codes) and here not in codes
    for code in codes:
        lines = ast.unparse(ast.parse(code)).splitlines()
        assert lines[1:3] == here.splitlines()[1:3] or "total = -x" not in code  # the docstring stays
        assert "x: float" in lines[0] and "n: int) -> float" in lines[0]
        assert sum(line not in here.splitlines() for line in lines) <= 1
    assert len({mutant.change for mutant in found}) == len(found)


@pytest.mark.parametrize(
    "change",
    [
        "2: 2 -> 3",
        "4: -x -> x",
        "4: total = -x -> pass",
        "5: for k in range(n): ... -> pass",
        "6: total += x ** 2 - k / n -> total -= x ** 2 - k / n",
        "6: x ** 2 - k / n -> x ** 2 + k / n",
        "6: x ** 2 -> x * 2",
        "6: 2 -> 1",
        "6: k / n -> k * n",
        "7: n > 3 -> n >= 3",
        "7: n > 3 -> n < 3",
        "7: k == 2 -> k != 2",
        "7: n > 3 and (not k == 2) -> n > 3 or not k == 2",
        "7: n > 3 and (not k == 2) -> not (n > 3 and (not k == 2))",
        "8: A @ total -> total @ A",
        "9: return total -> pass",
    ],
)
def test_the_usual_faults_are_among_the_mutants(change):
    assert change in {mutant.change for mutant in inprocess.mutants(PROGRAM)}
