"""The assignments as programs: right answers get full marks, wrong ones exactly theirs, and no faulty program all.

Every source in `assignments/source` is tried with its catalogue in `tests/assignments` (see `submissions.py`).
"""

from __future__ import annotations

import dis
import functools
import itertools
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import CHAPTERS, ROOT
from nbgrader.nbgraderformat import MetadataValidator
from submissions import catalogue

sys.path.insert(0, str(ROOT))
from assignments.grading import inprocess  # noqa: E402

from collapse_lib import escape, forgetting, language, variance  # noqa: E402, F401  before a cell's time is measured

SOURCES = sorted((ROOT / "assignments" / "source").glob("*.md"))
COURSES = [("spring", "ada"), ("autumn", "bob"), ("winter", "ada")]  # course key and student
LIMIT = 1.0  # processor seconds of a cell with a submission; none of the solutions takes a tenth of that
GENEROUS = 60.0  # ... with a solution, whose cells may have to import what they use

read = functools.cache(inprocess.read)
every_source = pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])


def test_there_are_assignments():
    assert [path.name[:2] for path in SOURCES] == [f"{i + 1:02}" for i in range(len(SOURCES))] != []


def stripped(notebook):
    return {inprocess.identity(cell): cell.source for cell in notebook.cells}


def answers_left_empty(path):
    released = stripped(inprocess.released(read(path)))
    return {name: released[name] for name in inprocess.answers(read(path))}


@every_source
def test_cells_are_what_nbgrader_expects(path):
    notebook = read(path)
    MetadataValidator().validate_nb(notebook)
    names = [inprocess.identity(cell) for cell in notebook.cells]
    assert None not in names and len(set(names)) == len(names)
    assert names.index("setup") < names.index("student") < names.index("q1")
    for cell in notebook.cells:
        about, name = cell.metadata.nbgrader, inprocess.identity(cell)
        assert about.cell_type == cell.cell_type
        if cell.cell_type == "code" and about.grade:
            assert re.fullmatch(r"q\d-test", name) and name.removesuffix("-test") in names
            assert about.locked and not about.solution and cell.source.splitlines()[-1] == "marks.total"
            assert cell.source.startswith("from collapse_lib.assignment import Marks"), "an answer may have taken the name"
            assert f'Marks("{name.removesuffix("-test")}", points={about.points})' in cell.source
        elif about.solution:
            assert not about.locked and ("### BEGIN SOLUTION" in cell.source) and re.match(r"q\d|essay-\d", name)
            assert about.grade == (cell.cell_type == "markdown")
        else:
            assert about.locked == (name != "student") and not about.grade


@every_source
def test_ten_points_by_tests_and_two_by_hand(path):
    points = inprocess.tests(read(path))
    assert sum(points.values()) == 10 and 3 <= len(points) <= 5
    by_hand = [cell.metadata.nbgrader for cell in read(path).cells if cell.cell_type == "markdown"]
    assert sum(about.points for about in by_hand if about.grade) == 2


@every_source
def test_the_head_says_what_it_takes_and_names_pages_that_exist(path):
    head = read(path).cells[0].source
    assert head.startswith(f"# Assignment {int(path.name[:2])}: ")
    for part in (r"\*\*Aim\.\*\*", r"\*\*Time\.\*\* About \d+ hours", r"\*\*Rests on\*\*", r"\*\*Rules\.\*\*"):
        assert re.search(part, head), part
    titles = {page.relative_to(ROOT).with_suffix("").as_posix(): page for page in CHAPTERS}
    named = re.findall(r"\*([^*]+)\* \((chapters/[\w/-]+)[:)]", head)
    assert named
    for title, page in named:
        assert f"\n# {title}\n" in titles[page].read_text(encoding="utf-8")


@every_source
def test_what_students_get_tells_no_answer(path):
    source, notebook = read(path), inprocess.released(read(path))
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "HIDDEN" not in text and "SOLUTION" not in text and "Marking guide" not in text
    for cell in source.cells:
        if cell.cell_type == "code" and cell.metadata.nbgrader.grade:
            secret = "".join(re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", cell.source, re.DOTALL))
            assert secret, "no hidden tests"
            for module in re.findall(r"from collapse_lib import ([\w, ]+)", secret):
                for oracle in re.findall(rf"\b(?:{module.replace(', ', '|')})\.(\w+)\(", secret):
                    assert not re.search(rf"\b{oracle}\(", text), oracle
    stubs = [name for name in answers_left_empty(path) if "NotImplementedError" in stripped(notebook)[name]]
    assert stubs == list(inprocess.answers(source))


def test_the_capstone_says_how_wrong_the_obvious_estimates_are():
    """Exactly, over all loops that it draws; the extremes are at the ends of the ranges."""
    said = re.search(r"on average by (\d+) to (\d+) % in the loops", read(SOURCES[9]).cells[0].source)
    biases = []
    for sizes, levels, horizon in (((6, 12), (0.15, 0.3), 25), ((12, 24), (0.2,), 60)):
        k = np.arange(1, horizon + 1)
        for n, level in itertools.product(sizes, levels):
            law, rate = variance.first_passage_law(level, k=k, n=n), variance.log_rate(n=n)
            single = -np.log(level) / k / rate - 1
            biases += [law @ single / law.sum(), law @ single + (1 - law.sum()) * single[-1]]
    assert [round(100 * min(biases)), round(100 * max(biases))] == [int(said[1]), int(said[2])]


@every_source
def test_no_line_that_students_see_is_cut(path):
    """A page of the book is as wide as for the cells of chapters; a longer line would lose its indentation."""
    cells = [cell for cell in inprocess.released(read(path)).cells if cell.cell_type == "code"]
    long = [line for cell in cells for line in cell.source.splitlines() if len(line) > 72]
    assert not long, "\n".join(long)


@every_source
@pytest.mark.parametrize(("key", "student"), [*COURSES, (None, "your-student-id")])
def test_the_solution_gets_full_marks(path, key, student):
    points = inprocess.score(read(path), key=key, student=student, limit=GENEROUS)
    assert points == inprocess.tests(read(path))


@every_source
def test_empty_answers_get_nothing(path):
    nothing = dict.fromkeys(inprocess.tests(read(path)), 0.0)
    assert inprocess.score(read(path), answers_left_empty(path), key="spring") == nothing
    assert inprocess.score(inprocess.released(read(path))) == nothing


@every_source
def test_the_released_tests_accept_the_solution(path):
    """They are worth less than the question, and whoever sees only them sees no failure."""
    points = inprocess.score(inprocess.released(read(path)), inprocess.answers(read(path)), limit=GENEROUS)
    full = inprocess.tests(read(path))
    assert all(0 < points[name] < full[name] for name in full)


@every_source
@pytest.mark.parametrize(("key", "student"), COURSES)
def test_every_catalogued_submission_gets_its_marks(path, key, student):
    full = inprocess.tests(read(path))
    found = {
        submission.name: inprocess.score(read(path), submission.cells, key=key, student=student, limit=LIMIT)
        for submission in catalogue(path).SUBMISSIONS
    }
    assert found == {submission.name: {**full, **submission.marks} for submission in catalogue(path).SUBMISSIONS}


@every_source
def test_the_catalogue_is_varied(path):
    submissions, full = catalogue(path).SUBMISSIONS, inprocess.tests(read(path))
    assert len(submissions) >= 6 and len({submission.name for submission in submissions}) == len(submissions)
    assert sum(submission.kind == "right" for submission in submissions) >= 2
    wrong = [submission for submission in submissions if submission.kind != "right"]
    assert all(not submission.marks for submission in submissions if submission.kind == "right")
    assert all(submission.marks and all(full[q] > m for q, m in submission.marks.items()) for submission in wrong)
    assert {name for submission in wrong for name in submission.marks} == set(full), "a question nobody fails"


@every_source
def test_no_mutant_gets_full_marks(path):
    """A mutant that does the same as the solution is listed with its reason, and nothing else is listed."""
    full, survivors, tried = inprocess.tests(read(path)), set(), 0
    known = getattr(catalogue(path), "EQUIVALENT", {})
    for name, code in inprocess.answers(read(path)).items():
        ask = {"key": "spring", "student": "ada", "only": [f"{name}-test"]}
        start = time.process_time()
        inprocess.score(read(path), **ask, limit=GENEROUS)
        patience = 0.1 + 3 * (time.process_time() - start)  # a mutant that loops costs no more than that
        for mutant in inprocess.mutants(code):
            limit = GENEROUS if mutant.change in known.get(name, {}) else patience
            (points,) = inprocess.score(read(path), {name: mutant.code}, **ask, limit=limit).values()
            tried += 1
            if points == full[f"{name}-test"]:
                survivors.add((name, mutant.change))
    assert tried > 40
    assert survivors == {(name, change) for name, changes in known.items() for change in changes}


@every_source
def test_tests_bind_no_name_that_an_answer_may_use(path):
    """Otherwise a helper of the student's is replaced by ours, and a question is lost to the test of the one before."""
    ours = {"Marks", "close", "within", "marks", "test"}
    for name, source in stripped(read(path)).items():
        if name in inprocess.tests(read(path)):
            steps = dis.get_instructions(compile(source, name, "exec"))
            assert ours >= {step.argval for step in steps if step.opname.startswith(("STORE_", "DELETE_"))}, name
