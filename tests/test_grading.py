"""The course's tools as a program: honest, wrong and hostile submissions, and what becomes of each.

They are graded in the sandbox, so bubblewrap is needed (on Debian: apt-get install bubblewrap).
"""

import copy
import csv
import json
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from assignments.grading import __main__ as command
from assignments.grading import grade as grading
from assignments.grading import sandbox
from assignments.grading.collect import LARGEST, find
from assignments.grading.course import Course, CourseError
from assignments.grading.formulas import markdown2html, mathml
from assignments.grading.inprocess import read
from assignments.grading.inprocess import released as released_version
from assignments.grading.release import release
from assignments.grading.suspicion import suspicions
from assignments.grading.tables import table
from collapse_lib.assignment import KEY
from conftest import ROOT
from nbgrader.api import Gradebook

DEMO = ROOT / "tests" / "assignments" / "demo.md"
NAME = "00-demo"
RIGHT = {
    "q1": "def square(x):\n    return x**2",
    "q2": "def mean(values):\n    return sum(values) / len(values)",
    "essay-1": "Because $a<\\frac12$, and $b < {$; ![a picture](attachment:gone.png)",
}
WRONG = "def square(x):\n    return x + 6"  # right for 3


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A folder with the source of the demonstration and a course where it is released."""
    folder = tmp_path_factory.mktemp("released")
    (folder / "sources").mkdir()
    shutil.copy(DEMO, folder / "sources" / f"{NAME}.md")
    course = Course.at(folder / "course")
    settings = "c = get_config()\nc.SandboxedExecute.timeout = 3\n"
    (course.root / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SOURCES", str(folder / "sources"))
        assert release(course, [NAME]) == [NAME]
    return folder


@pytest.fixture
def course(released, tmp_path, monkeypatch):
    """A course with the demonstration, released."""
    shutil.copytree(released, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("COURSE_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv(KEY, "the key of the tests")
    return Course.at(tmp_path / "course")


def submission(course, student, answers, *, added="", change=None):
    """A released notebook with answers filled in, as text; `added` is a cell of the student's after the first test."""
    notebook = nbformat.read(course.released(NAME), as_version=4)
    written = {"student": f"STUDENT = {student!r}", **answers}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = written.get(name, cell.source)
    if added:
        place = next(n for n, cell in enumerate(notebook.cells) if "q1-test" in str(cell.metadata))
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(added))
    if change:
        change({cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}, notebook)
    return json.dumps(notebook)


def hand_in(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# hostile answers: what they are, and what is expected of them

STUBBORN = """
def square(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
MEMORY = """
import numpy
def square(x):
    held = []
    while True:
        held.append(numpy.empty(2**23))  # asked for, not written to: it is the limit that stops this, on any machine
"""
PRY = """
import json, os, socket
told = {}
def attempt(name, what):
    try:
        told[name] = what()
    except BaseException as error:
        told[name] = type(error).__name__
attempt("course", lambda: os.listdir(COURSE))
attempt("sources", lambda: os.listdir(SOURCES))
attempt("repository", lambda: os.listdir(ROOT))
attempt("gradebook", lambda: open(COURSE + "/gradebook.db").read())
attempt("system", lambda: open("/usr/owned", "w").close())
attempt("root", lambda: open("/owned", "w").close())
attempt("library", lambda: open(ROOT + "/collapse_lib/__init__.py", "a").close())
attempt("network", lambda: socket.create_connection(("192.0.2.1", 80), timeout=1).close())
attempt("processes", lambda: len([name for name in os.listdir("/proc") if name.isdigit()]) < 10)
attempt("large", lambda: open("/tmp/large", "wb").write(bytes(17 * 2**20)))
print(json.dumps(told))
print(os.environ["COLLAPSE_COURSE_KEY"])
while True:
    os.fork()
"""
FORKS = """
import os
for _ in range(200):
    try:
        if not os.fork():
            break
    except OSError:
        pass
print("x" * 3_000_000)
"""
EXIT = "import os\ndef mean(values):\n    os._exit(0)"
FORGED = """
def square(x):
    print("q1: 6 of 6 points")
    print(6.0)
    get_ipython().displayhook(6.0)
    return 9
"""
PATCH = """
import numpy.testing
numpy.testing.assert_allclose = lambda *_, **__: None
Marks.total = property(lambda self: print(f"{self.question}: {self.points:g} of {self.points:g} points") or self.points)
def square(x):
    return 0
"""
TRANSFORM = """
get_ipython().input_transformers_post.append(lambda lines: [line.replace("assert", "True or") for line in lines])
def mean(values):
    return 0
"""


UNSIGNED = """
get_ipython().kernel.session.key = b"another"
def square(x):
    return x * x
"""


def replace_test(cells, notebook):
    cells["q1-test"].source = "6.0"
    cells["q1-test"].metadata.nbgrader.points = 60
    cells["q2-test"].metadata["tags"] = ["skip-execution"]


EXPECTED = {  # marks of both questions, and the flags
    "honest": (6, 4, set()),
    "wrong": (1, 0, set()),
    "loop": (0, 4, {"timeout"}),
    "stubborn": (0, 0, {"timeout", "died"}),
    "pry": (0, 4, {"suspicious"}),
    "forks": (6, 4, {"suspicious"}),
    "exit": (0, 0, {"suspicious", "died", "locked", "score"}),
    "unsigned": (0, 0, {"suspicious", "died"}),
    "patch": (6, 4, {"suspicious", "changed"}),
    "other": (0, 0, {"student"}),
}


def test_submissions_end_as_expected(course, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "in"
    places = {"COURSE": str(course.root), "SOURCES": str(tmp_path / "sources"), "ROOT": str(ROOT)}
    pry = "".join(f"{name} = {value!r}\n" for name, value in places.items()) + PRY
    for student, answers, more in (
        ("honest", RIGHT, {}),
        ("wrong", {**RIGHT, "q1": WRONG, "q2": "def mean(values):\n    return float('nan')"}, {}),
        ("loop", {**RIGHT, "q1": "def square(x):\n    while True:\n        pass"}, {}),
        ("stubborn", {**RIGHT, "q1": STUBBORN}, {}),
        ("pry", {**RIGHT, "q1": MEMORY}, {"added": pry}),
        ("forks", RIGHT, {"added": FORKS}),
        ("exit", {**RIGHT, "q1": FORGED, "q2": EXIT}, {"change": replace_test}),
        ("patch", {**RIGHT, "q1": PATCH, "q2": TRANSFORM}, {}),
        ("unsigned", {**RIGHT, "q1": UNSIGNED}, {}),
    ):
        hand_in(folder / student / f"{NAME}.ipynb", submission(course, student, answers, **more))
    hand_in(folder / f"other_{NAME}.ipynb", submission(course, "honest", {}))
    before = {path: path.read_bytes() for path in folder.rglob("*.ipynb")}

    assert command.main(["--course", str(course.root), "grade", str(folder)]) == 0
    assert command.main(["--course", str(course.root), "export"]) == 0
    marks = {row["student"]: row for row in rows(course.root / "grades.csv")}
    flags = {student: {name[5:] for name in row if name.startswith("flag_") and row[name]} for student, row in marks.items()}
    for student in ("pry", "forks"):  # whose copies end by themselves before anybody looks, or are ended, or take too long
        flags[student] -= {"processes", "timeout"}
    found = {s: (float(row["q1-test"]), float(row["q2-test"]), flags[s]) for s, row in marks.items()}
    assert found == EXPECTED, marks
    assert rows(course.root / "bounced.csv") == []
    assert marks["honest"]["score"] == "10" and marks["honest"]["to_grade_by_hand"] == "1"
    assert marks["other"]["essay-1"] == "0" and marks["other"]["flag_student"] == "says: honest"
    assert marks["exit"]["flag_died"].startswith("in q2-test") and marks["loop"]["flag_timeout"] == "q1-test"
    assert {path: path.read_bytes() for path in folder.rglob("*.ipynb")} == before

    pried = nbformat.read(course.root / "autograded" / "pry" / NAME / f"{NAME}.ipynb", as_version=4)
    (said,) = ("".join(o.get("text", "") for o in cell.outputs) for cell in pried.cells if "attempt(" in cell.source)
    told, key = said.splitlines()[:2]
    told = json.loads(told)
    assert set(told.pop("repository")) == {"assignments", "collapse_lib"} | (
        {".venv"} if Path(sys.prefix).parent == ROOT else set()
    )
    assert told.pop("library") in ("OSError", "PermissionError")
    assert told == {
        **dict.fromkeys(("course", "sources", "gradebook"), "FileNotFoundError"),
        **dict.fromkeys(("system", "root", "network", "large"), "OSError"),
        "processes": True,
    }
    assert key == "[key]"
    assert "MemoryError" in str([cell.outputs for cell in pried.cells if "q1-test" in str(cell.metadata)])

    # nothing changed, so nothing is done; then one changes
    capsys.readouterr()
    assert command.main(["--course", str(course.root), "feedback"]) == 0
    assert sum(int(row["to_grade_by_hand"]) for row in marks.values()) == 9
    assert "to be graded by hand: 9;" in capsys.readouterr().out
    made = {path: path.stat().st_mtime_ns for path in course.root.rglob("*.*") if path.suffix in (".ipynb", ".html")}
    outcome = grading.grade(course, folder, say=str)
    assert (len(outcome.graded), len(outcome.unchanged)) == (0, 10)
    assert command.main(["--course", str(course.root), "feedback"]) == 0
    assert {path: path.stat().st_mtime_ns for path in made} == made
    with Gradebook(course.config().CourseDirectory.db_url) as book:  # as formgrader does
        by_hand = book.find_grade("essay-1", NAME, NAME, "honest")
        by_hand.manual_score, by_hand.needs_manual_grade = 1.5, False
        book.find_comment("essay-1", NAME, NAME, "honest").manual_comment = "Nearly: $c>2$."
        book.db.commit()
    assert command.main(["--course", str(course.root), "feedback"]) == 0
    (changed,) = (path for path in made if path.stat().st_mtime_ns != made[path])
    assert changed.parts[-3:] == ("honest", NAME, f"{NAME}.html")
    page = changed.read_text(encoding="utf-8")
    assert re.search(r"Nearly: <math[^>]*><mi>c</mi><mo>&gt;</mo><mn>2</mn></math>", page)
    assert re.search(r"<math[^>]*><mi>a</mi><mo>&lt;</mo>", page) and "<code>$b &lt; {$</code>" in page
    assert command.main(["--course", str(course.root), "export", "--to", str(tmp_path / "marks.csv")]) == 0
    (row,) = (row for row in rows(tmp_path / "marks.csv") if row["student"] == "honest")
    assert (row["score"], row["automatic"], row["manual"], row["to_grade_by_hand"]) == ("11.5", "10", "1.5", "0")
    pages = {path.parts[-3]: path.read_text(encoding="utf-8") for path in made if path.suffix == ".html"}
    assert set(pages) == set(EXPECTED)
    for page in pages.values():
        assert "HIDDEN TESTS" not in page and "uniform" not in page and "expected" not in page
        assert course.key() not in page and "the square of 3" in page
        assert "<script" not in page and not re.search(r"""(?:(?:src|href)=|url\()["']?(?:https?:)?//|@import""", page)

    # what cannot be graded, again or at all, is no zero without a word
    def fails(*_, **__):
        raise CourseError("no kernel")

    monkeypatch.setattr(grading, "converted", fails)
    for student in ("wrong", "late"):
        hand_in(folder / student / f"{NAME}.ipynb", submission(course, student, RIGHT))
    assert len(grading.grade(course, folder, workers=1, say=str).unchanged) == len(EXPECTED) - 1
    assert command.main(["--course", str(course.root), "export"]) == 0
    marks = rows(course.root / "grades.csv")
    assert {row["student"] for row in marks if row["flag_ungraded"]} == {"wrong", "late"}
    assert {row["submitted"] for row in marks} == {"yes"} and len(marks) == len(EXPECTED) + 1


def test_formulas_become_mathml_and_nothing_else():
    assert mathml(r"\sum_{k=1}^n a_k", display=True).startswith("<math")
    assert 'display="block"' in mathml("x", display=True) and "block" not in mathml("x")
    assert mathml(r"\text{<b>}").count("<b>") == 0
    for tex in (r"\frac{1", r"\href{javascript:alert(1)}{x}", r"\def\a{\a\a}\a"):  # unreadable, a link, endless
        assert mathml(tex) == f"<code>${tex}$</code>"
    told = markdown2html({}, "a\n\n$$\n\\alpha\n$$\n\nb \\begin{align}x&=1\\\\y&=2\\end{align} `$c$`")
    assert told.count("<math") == 2 and "<mtable" in told and "<code>$c$</code>" in told


def test_what_cannot_be_graded_bounces(course, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    monkeypatch.setattr(grading, "_one", lambda root, assignment, student: None)

    def hand(path, change=None, text=None):
        hand_in(folder / path, text if text is not None else submission(course, "jane", RIGHT, change=change))

    hand(f"deleted/{NAME}.ipynb", lambda cells, notebook: notebook.cells.remove(cells["q1-test"]))
    hand(f"stripped/{NAME}/{NAME}.ipynb", lambda cells, _: [cell.metadata.clear() for cell in cells.values()])
    hand(f"twice/{NAME}.ipynb", lambda cells, notebook: notebook.cells.append(copy.deepcopy(cells["q2"])))
    hand(f"text/{NAME}.ipynb", text="This is no notebook.")
    hand(f"deep/{NAME}.ipynb", text="[" * 10**5)
    hand(f"list/{NAME}.ipynb", text="[]")
    hand(f"both/{NAME}.ipynb")
    hand(f"both_{NAME}.ipynb")
    hand("fine/01-other.ipynb")
    hand(f"copy/{NAME} (1).ipynb")
    hand(f"{NAME}.ipynb")
    hand("paper/answer.pdf")
    hand(f"a[b]/{NAME}.ipynb")
    hand(f"fine/.ipynb_checkpoints/{NAME}-checkpoint.ipynb")
    hand(f"fine/{NAME}.ipynb")
    (folder / "link").mkdir()
    (folder / "link" / f"{NAME}.ipynb").symlink_to(course.root / "gradebook.db")
    (folder / "huge").mkdir()
    with open(folder / "huge" / f"{NAME}.ipynb", "wb") as file:
        file.truncate(200 * 10**6)
    outcome = grading.grade(course, folder, workers=1, say=str)
    assert [one.student for one in outcome.graded] == ["fine"]
    reasons = {row["file"]: row["reason"] for row in rows(course.root / "bounced.csv")}
    expected = {
        f"deleted/{NAME}.ipynb": "cell q1-test missing",
        f"stripped/{NAME}/{NAME}.ipynb": "cells student, setup, q1, q1-test, q2, q2-test, essay-1, end missing",
        f"twice/{NAME}.ipynb": "cell q2 there more than once",
        f"text/{NAME}.ipynb": "not JSON",
        f"deep/{NAME}.ipynb": "nested too deeply",
        f"list/{NAME}.ipynb": "not a",
        f"both/{NAME}.ipynb": "more than once",
        f"both_{NAME}.ipynb": "more than once",
        "fine/01-other.ipynb": "no assignment",
        f"copy/{NAME} (1).ipynb": "no assignment",
        f"{NAME}.ipynb": "whose",
        "paper/answer.pdf": "not a notebook",
        f"a[b]/{NAME}.ipynb": "letters",
        f"link/{NAME}.ipynb": "link",
        f"huge/{NAME}.ipynb": "191 MB; at most 20 MB",
    }
    assert set(reasons) == set(expected)
    assert {file: part for file, part in expected.items() if part not in reasons[file]} == {}
    assert LARGEST == 20 * 2**20


def test_a_run_goes_on_where_it_was(course, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    for student in ("ann", "bob", "eve"):
        hand_in(folder / student / f"{NAME}.ipynb", submission(course, student, RIGHT))
    done = []

    def one(root, assignment, student):
        if student == "bob" and len(done) == 1:
            raise KeyboardInterrupt
        done.append(student)
        return None

    def run(**options):
        done.clear()
        grading.grade(course, folder, workers=1, say=str, **options)
        return list(done)

    monkeypatch.setattr(grading, "_one", one)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert done == ["ann"]
    monkeypatch.setattr(grading, "_one", lambda root, assignment, student: done.append(student))
    assert run() == ["bob", "eve"] and run() == []
    hand_in(folder / "bob" / f"{NAME}.ipynb", submission(course, "bob", {}))
    assert run() == ["bob"] and run(again=True) == ["ann", "bob", "eve"]
    monkeypatch.setenv(KEY, "another key")
    assert run() == ["ann", "bob", "eve"]
    monkeypatch.setattr(grading, "_one", lambda root, assignment, student: "no kernel" if student == "ann" else None)
    outcome = grading.grade(course, folder, workers=1, again=True, say=str)
    assert [one.student for one in outcome.graded] == ["bob", "eve"]
    (bounced,) = rows(course.root / "bounced.csv")
    assert bounced["student"] == "ann" and "not the student's fault: no kernel" in bounced["reason"]


def test_students_are_known_before_two_of_their_notebooks_are_graded_at_a_time(course, tmp_path, monkeypatch):
    """Otherwise both processes add the student to the gradebook, and the later one fails."""
    folder, known = tmp_path / "in", []

    def graded(course, tasks, workers):
        with Gradebook(course.config().CourseDirectory.db_url) as gradebook:
            known.extend(student.id for student in gradebook.students)
        return iter([(task, None) for task in tasks])

    monkeypatch.setattr(grading, "_graded", graded)
    for student in ("ann", "bob"):
        hand_in(folder / student / f"{NAME}.ipynb", submission(course, student, RIGHT))
    grading.grade(course, folder, say=str)
    assert sorted(known) == ["ann", "bob"]
    grading.grade(course, folder, say=str, again=True)
    assert sorted(known) == ["ann", "ann", "bob", "bob"]


def test_release_strips_and_repeats(course):
    path = course.released(NAME)
    text = path.read_text(encoding="utf-8")
    assert "SOLUTION" not in text and "HIDDEN" not in text and "x * x" not in text and "expected" not in text
    assert "square(3)" in text and "NotImplementedError" in text
    notebook = nbformat.read(path, as_version=4)
    assert notebook == released_version(read(DEMO)), "what the book offers is what is handed out"
    tags = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.metadata.get("tags") for cell in notebook.cells}
    assert tags["q1"] == tags["q2"] == ["raises-exception"]
    assert set(map(str, tags.values())) == {"None", "['raises-exception']"}
    assert release(course, [NAME]) == []
    path.unlink()
    assert release(course, [NAME]) == [NAME] and path.read_text(encoding="utf-8") == text
    with pytest.raises(CourseError, match="no source for 99-none"):
        release(course, ["99-none"])


def test_a_source_may_change_after_it_was_handed_out(course, tmp_path, monkeypatch):
    monkeypatch.setattr(grading, "_one", lambda root, assignment, student: None)
    folder, source = tmp_path / "in", tmp_path / "sources" / f"{NAME}.md"
    hand_in(folder / "old" / f"{NAME}.ipynb", submission(course, "old", RIGHT))
    hand_in(folder / "sly" / f"{NAME}.ipynb", submission(course, "sly", RIGHT, change=replace_test))
    source.write_text(source.read_text(encoding="utf-8").replace("square(3), 9)", "square(3), 9.0)"), encoding="utf-8")
    grading.grade(course, folder, workers=1, say=str)
    assert "9.0" in course.released(NAME).read_text(encoding="utf-8")
    flags = {s: json.loads(course.state(NAME, s, "graded").read_text())["flags"] for s in ("old", "sly")}
    assert flags == {"old": {}, "sly": {"locked": "changed: q1-test"}}


def test_a_graded_cell_must_end_in_its_score(course, tmp_path):
    text = DEMO.read_text(encoding="utf-8").replace("marks.total", "marks", 1)
    (tmp_path / "sources" / f"{NAME}.md").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="q1-test must end in the total"):
        release(course, [NAME])


def test_private_sources_take_the_place_of_public_ones(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_SOURCES", raising=False)
    public = Course(tmp_path).sources()
    monkeypatch.setenv("COURSE_SOURCES", str(tmp_path))
    (tmp_path / "11-mine.md").touch()
    for name in list(public)[:1]:
        (tmp_path / f"{name}.md").touch()
    both = Course(tmp_path).sources()
    assert set(both) == {*public, "11-mine"} and [path.parent for path in both.values()].count(tmp_path) == 1 + bool(public)
    monkeypatch.setenv("COURSE_SOURCES", str(tmp_path / "none"))
    with pytest.raises(CourseError, match="COURSE_SOURCES"):
        Course(tmp_path).sources()


def test_the_key_is_made_once_and_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    course = Course.at(tmp_path)
    key = course.key()
    assert key == course.key() and len(key) >= 32 and (tmp_path / "course-key").stat().st_mode & 0o077 == 0
    keys = {course.key_for(*names) for names in (("01", "ann"), ("01", "bob"), ("02", "ann"))}
    assert len(keys) == 3 and not any(key in one for one in keys)
    (tmp_path / "course-key").write_text("\n", encoding="utf-8")
    with pytest.raises(CourseError, match="empty"):
        course.key()


def test_two_commands_do_not_meet(tmp_path):
    course = Course.at(tmp_path)
    with course.alone(), pytest.raises(CourseError, match="another command"), course.alone():
        pass


@pytest.mark.parametrize(
    ("name", "value"),
    [("platform.system", lambda: "Darwin"), ("shutil.which", lambda _: None), ("_walls", lambda _: ["--no-such-option"])],
)
def test_without_a_sandbox_nothing_is_graded(name, value, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(f"assignments.grading.sandbox.{name}", value)
    sandbox.check.cache_clear()
    try:
        assert command.main(["--course", str(tmp_path / "course"), "grade", str(tmp_path)]) == 1
    finally:
        sandbox.check.cache_clear()
    said = capsys.readouterr().err
    assert "bubblewrap" in said and "container" in said and "docker run" in said


LOCKED = "import numpy as np\nfrom collapse_lib.assignment import Marks, close\nsize = 30"
GRADED = "marks = Marks('q1', points=1)\nexpected = 3\nfrom collapse_lib import forgetting\nmarks.total"


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nfrom scipy import stats\nimport matplotlib.pyplot as plt\n%matplotlib inline",
        "def f(x, *, size=3):\n    expected = x\n    abs = 2\n    return [expected for expected in range(abs)]",
        "class A:\n    def __init__(self):\n        self.x = self._y = 1\n    def __len__(self):\n        return self._y",
        "n = size\nfor _ in range(n):\n    pass\nif __name__ == '__main__':\n    print(super)",
        "expected = 2\nexpected + 1\nfrom collapse_lib import training\nx: int = np.linalg.norm([1])",
        "k = next(marks for marks in range(3))\nexpected = 5\n[expected * i for i in range(3)]",
        "this is no Python",
    ],
)
def test_ordinary_code_is_not_suspicious(code):
    assert suspicions([code], released="use `collapse_lib.training`", locked=[LOCKED], graded=[GRADED]) == []


@pytest.mark.parametrize("path", [DEMO, *sorted((ROOT / "assignments" / "source").glob("*.md"))], ids=lambda p: p.stem)
def test_the_solutions_are_not_suspicious(path):
    source = read(path)
    cells = {True: [], False: [], None: []}  # graded, locked, for answers
    for cell in source.cells:
        data = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code":
            cells[True if data.get("grade") else False if data.get("locked") else None].append(cell.source)
    text = "\n".join(cell.source for cell in released_version(source).cells)
    assert suspicions(cells[None], released=text, locked=cells[False], graded=cells[True]) == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("In[-1]", "reads In"),
        ("Out", "reads Out"),
        ("_i3", "reads _i3"),
        ("__", "reads __"),
        ("get_ipython()", "reads get_ipython"),
        ("!cat x", "reads get_ipython"),
        ("%%bash\nls", "reads get_ipython"),
        ("import os\nos.environ", "imports os"),
        ("import sys as s\ns._getframe()", "reads ._getframe"),
        ("from inspect import stack", "imports inspect"),
        ("import gc", "imports gc"),
        ("np.lib.os.system('ls')", "reads .os"),
        ("import numpy.testing as t\nt.assert_allclose = print", "sets t.assert_allclose"),
        ("import numpy.testing", "imports numpy.testing"),
        ("from numpy import ctypeslib", "imports numpy.ctypeslib"),
        ("Marks.total = 3", "sets Marks.total"),
        ("del Marks.check", "sets Marks.check"),
        ("close = lambda *a: True", "binds close"),
        ("def close(*a): return True", "binds close"),
        ("from math import isclose as close", "binds close"),
        ("import scipy as np", "binds np"),
        ("def f():\n    global close\n    close = 1", "binds close"),
        ("[close := print for x in 'a']", "binds close"),
        ("abs = lambda x: 0", "binds abs"),
        ("size = 3", "binds size"),
        ("def f(x):\n    return expected", "reads expected"),
        ("expected = 1\ndef f(x):\n    return expected", "reads expected"),
        ("def f(x):\n    marks.check('x', 1)", "reads marks"),
        ("f = lambda x: forgetting.g(x)", "reads forgetting"),
        ("print(expected)", "reads expected"),
        ("[expected for i in 'ab']", "reads expected"),
        ("def f(x):\n    return [expected + i for i in x]", "reads expected"),
        ("from collapse_lib import forgetting", "imports collapse_lib.forgetting"),
        ("from collapse_lib import *", "imports collapse_lib.*"),
        ("class A(float):\n    def __eq__(self, other):\n        return True", "defines __eq__"),
        ("(i for i in 'a').gi_frame.f_back", "reads .f_back"),
        ("().__class__.__base__", "reads .__class__"),
        ("getattr(x, 'a')", "reads getattr"),
        ("exec('x')", "reads exec"),
        ("globals()['x']", "reads globals"),
        ("open('x')", "reads open"),
        ("x = '__globals__'", "a text with a name of the machinery"),
        ("x = f'/proc/self'", "a text with a name of the machinery"),
        ("try:\n    pass\nexcept Exception as close:\n    pass", "binds close"),
        ("async def close(): pass", "binds close"),
        ("await f()\nprint(expected)", "waits outside a function"),
    ],
)
def test_suspicious_code_is_found(code, what):
    assert what in suspicions([code], released="forgetting", locked=[LOCKED], graded=[GRADED])


def test_tables_hold_no_formulas():
    assert table(("a", "b"), [{"a": "=1+1", "b": 0.5}, {"a": 'say "x", y'}]) == 'a,b\n\'=1+1,0.5\n"say ""x"", y",\n'


def test_find_takes_three_forms(tmp_path):
    for path in (f"ann/{NAME}.ipynb", f"bob/{NAME}/{NAME}.ipynb", f"eve_x_{NAME}.ipynb"):
        hand_in(tmp_path / path, "{}")
    found, bounced = find(tmp_path, [NAME])
    assert [one.student for one in found] == ["ann", "bob", "eve_x"] and bounced == []
