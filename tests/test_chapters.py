"""Every numbered result has a source, a proof and a check, and every page its anatomy."""

import re

import pytest
from conftest import CHAPTERS, EXECUTED, ROOT, cells


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


CONTENT = [path for path in EXECUTED if path.parent.name in {"setting", "forgetting", "collapse"}]


@pytest.mark.parametrize("path", CONTENT, ids=ids(CONTENT))
def test_chapter_has_its_anatomy(path):
    text = path.read_text()
    for part in ("**Question.**", ":class: objectives", "*Builds on*", ":class: meaning", "explore(", "Guess("):
        assert part in text, f"no {part}"
    for heading in ("## See it first", "## What it means", "## Exercises", "## Notes"):
        assert re.search(rf"^{heading}", text, re.M), f"no {heading}"
    exercises = re.findall(r"^:{3,}\{exercise\}[^\n]*\n:label: (\S+)", text, re.M)
    solutions = re.findall(r"^:{3,}\{solution(?:-start)?\} (\S+)\n:class: dropdown", text, re.M)
    assert 5 <= len(exercises) <= 8 and solutions == exercises


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
