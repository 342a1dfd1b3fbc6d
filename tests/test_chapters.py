"""Every numbered result has a source, a proof and a check, and every page its anatomy."""

import re

import pytest
from conftest import CHAPTERS, CONTENT, EXECUTED, ROOT, cells

from collapse_lib import forgetting, variance

RESULT = re.compile(r"^:{3,}\{prf:(theorem|lemma|proposition|corollary)\}[ \t]*(.*)\n(?::label:[ \t]*(\S+)\n)?", re.M)
PROOF = re.compile(r"^:{3,}\{prf:proof\}", re.M)


def ids(paths):
    return [path.relative_to(ROOT / "chapters").with_suffix("").as_posix() for path in paths]


@pytest.mark.parametrize("path", EXECUTED, ids=ids(EXECUTED))
def test_results_are_complete(path):
    text = path.read_text()
    results = list(RESULT.finditer(text))
    for match, following in zip(results, [*results[1:], None]):
        kind, title, label = match.groups()
        assert label, f"{kind} without label: {title}"
        name, _, source = title.rpartition(";")
        assert name.strip() and len(source.strip()) > 5, f"{label}: the title must read 'name; source'"
        part = text[match.end() : following.start() if following else len(text)]
        proof = PROOF.search(part)
        assert proof, f"{label}: no proof before the next result"
        assert re.search(rf'verify\(\s*"{re.escape(label)}"', part[proof.end() :]), f"{label}: no check after its proof"


def test_labels_are_unique():
    labels = [label for path in CHAPTERS for label in re.findall(r"^:label: *(\S+)", path.read_text(), re.M)]
    assert len(labels) == len(set(labels)), sorted(label for label in set(labels) if labels.count(label) > 1)


HEAD = re.compile(
    r"\*\*Question\.\*\* .+?[.?]\n\n\*(?P<level>Core|Further), (?P<minutes>\d+) minutes\.\* \*Builds on\* .+?\n\n"
    r":::\{admonition\} After this page you can\n:class: objectives\n(?P<objectives>(?:[^\n]+\n)+?):::",
    re.S,
)
MOST_WORDS = 2500  # of prose, outside proofs, solutions and code
GRADES = ("Warm-up", "Standard", "Deeper")


def prose(text):
    """The words of a page that a reader reads as it opens."""
    text = re.sub(r"^---.*?^---", "", text, count=1, flags=re.S | re.M)
    text = re.sub(r"^:{3,}\{solution-start\}.*?^:{3,}\{solution-end\}", "", text, flags=re.S | re.M)
    text = re.sub(r"^(:{3,})\{(?:prf:proof|solution)\}.*?^\1$", "", text, flags=re.S | re.M)
    text = re.sub(r"^(`{3,})\{.*?^\1$", "", text, flags=re.S | re.M)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|^:[^\n]*$", " ", text, flags=re.S | re.M)
    return re.findall(r"[A-Za-z][\w’'-]*", text)


@pytest.mark.parametrize("path", CONTENT, ids=ids(CONTENT))
def test_page_has_its_anatomy(path):
    text = path.read_text(encoding="utf-8")
    head = HEAD.search(text)
    assert head, "no question, level, minutes, what it builds on, and objectives"
    assert 15 <= int(head["minutes"]) <= 50 and int(head["minutes"]) % 5 == 0
    assert 2 <= head["objectives"].count("- ") <= 5
    for part in (":class: meaning", "explore(", "Guess("):
        assert part in text, f"no {part}"
    for heading in ("## See it first", "## What it means", "## Exercises", "## Notes"):
        assert re.search(rf"^{heading}", text, re.M), f"no {heading}"


@pytest.mark.parametrize("path", CONTENT, ids=ids(CONTENT))
def test_page_is_one_sitting(path):
    words = prose(path.read_text(encoding="utf-8"))
    assert len(words) <= MOST_WORDS, f"{len(words)} words"


@pytest.mark.parametrize("path", CONTENT, ids=ids(CONTENT))
def test_exercises_are_graded_and_solved(path):
    text = path.read_text(encoding="utf-8")
    exercises = re.findall(r"^:{3,}\{exercise\} (\S+)[^\n]*\n:label: (\S+)", text, re.M)
    solutions = re.findall(r"^:{3,}\{solution(?:-start)?\} (\S+)\n:class: dropdown", text, re.M)
    grades = [grade.rstrip(":") for grade, _ in exercises]
    assert solutions == [label for _, label in exercises] and text.count("{exercise}") == len(exercises)
    assert set(grades) <= set(GRADES) and grades == sorted(grades, key=GRADES.index), grades
    assert 4 <= len(exercises) <= 6 and grades.count("Warm-up") >= 2, grades


def test_six_results_carry_the_book():
    main = [label for path in CONTENT for label in re.findall(r":label: (\S+)\n:class: main", path.read_text("utf-8"))]
    assert len(main) == len(set(main)) and 5 <= len(main) <= 7, main


@pytest.mark.parametrize("path", CONTENT, ids=ids(CONTENT))
def test_no_line_of_code_is_cut(path):
    long = [line for source in cells(path) for line in source.splitlines() if len(line) > 72]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", EXECUTED, ids=ids(EXECUTED))
def test_cells_are_short_and_seeded(path):
    for source in cells(path):
        lines = [line for line in source.splitlines() if line.strip()]
        assert len(lines) <= 20, f"a cell of {len(lines)} lines:\n{source}"
        assert "np.random." not in re.sub(r"np\.random\.(default_rng\(\w|Generator)", "", source), source
        assert "default_rng()" not in source, source


@pytest.mark.parametrize("path", CHAPTERS, ids=ids(CHAPTERS))
def test_nothing_is_owed(path):
    text = path.read_text()
    owed = re.findall(r"TODO|FIXME|XXX|lorem ipsum|coming soon|your-(?:org|repo|name)|example\.com", text, re.I)
    assert not owed
    assert not re.findall(r"https?://(?!arxiv\.org|doi\.org|creativecommons\.org)\S+", text)


def test_core_pages_stand_alone():
    """A proof on a core page rests on results of core pages."""
    level, home, uses = {}, {}, []
    for path in CONTENT:
        text = path.read_text(encoding="utf-8")
        level[path] = HEAD.search(text)["level"]
        home |= {match[3]: path for match in RESULT.finditer(text)}
        for proof in re.findall(r"^(:{3,})\{prf:proof\}(.*?)^\1$", text, re.M | re.S):
            uses += [(path, label) for label in re.findall(r"\{prf:ref\}`(?:[^`<]*<)?([^`>]+)", proof[1])]
    astray = [
        f"{path.stem}: {label} of {home[label].stem}"
        for path, label in uses
        if level[path] == "Core" and label in home and level[home[label]] == "Further"
    ]
    assert not astray, "\n".join(astray)


THEORY = [
    (module, name)
    for module in (forgetting, variance)
    for name in module.__all__
    if callable(getattr(module, name))
]


@pytest.mark.parametrize("module, name", THEORY, ids=[name for _, name in THEORY])
def test_a_function_links_the_page_that_needs_it(module, name):
    """The page calls the function, or states the result that its docstring names."""
    said = getattr(module, name).__doc__
    linked = [ROOT / f"{page}.md" for page in re.findall(r":doc:`/(chapters/[\w/-]+)`", said)]
    assert linked, "no page is linked"
    call = re.compile(rf"\b{module.__name__.rpartition('.')[2]}\.{name}\b")
    labels = re.findall(r"\b(?:thm|prop|cor|lem)-[\w-]+", said)
    for page in linked:
        text = page.read_text(encoding="utf-8")
        if call.search(text) or any(f":label: {label}\n" in text for label in labels):
            return
    raise AssertionError(f"{name} is neither called nor derived on {[page.stem for page in linked]}")
