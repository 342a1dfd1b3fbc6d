"""Every numbered result has a source, a proof and a check; every check raises when its claim is falsified."""

import re

import numpy as np
import pytest
from conftest import CHAPTERS, EXECUTED, ROOT, cells

from collapse_lib import verification
from collapse_lib.widgets import BUILD_VARIABLE

RESULT = re.compile(r"^:{3,}\{prf:(theorem|lemma|proposition|corollary)\}[ \t]*(.*)\n(?::label:[ \t]*(\S+)\n)?", re.M)
PROOF = re.compile(r"^:{3,}\{prf:proof\}", re.M)


def ids(paths):
    return [path.relative_to(ROOT / "chapters").with_suffix("").as_posix() for path in paths]


def falsified(claim: dict) -> list[dict]:
    """The same comparison with its claim made false, in every way that must be noticed."""
    options = {name: value for name, value in claim.items() if name in {"rtol", "atol"}}
    ((kind, values),) = (item for item in claim.items() if item[0] not in options)
    if kind == "equal":
        left, right = (np.asarray(value, float) for value in values)
        finite = np.where(np.isfinite(left), left, 1.0)
        return [{"equal": (np.where(finite == 0, 1e-3, 1.001 * finite), right)} | options]
    if kind == "ordered":
        return [{"ordered": (high, low)} for low, high in zip(values, values[1:])]
    if kind == "frequency":
        successes, trials, probability = values
        return [{"frequency": (successes, trials, np.minimum(1, 1.1 * np.asarray(probability, float)))}]
    samples, expected = values
    expected = np.asarray(expected, float)
    shift = np.where(expected == 0, 0.1 * np.std(samples, axis=0), 0.1 * expected)
    return [{"mean": (samples, expected + shift)}]


@pytest.mark.parametrize("path", EXECUTED, ids=ids(EXECUTED))
def test_checks_can_fail(path, monkeypatch, capsys):
    """Run the chapter in plain Python; then run each of its checks on the falsified claim."""
    monkeypatch.delenv(BUILD_VARIABLE, raising=False)
    claims = []

    def record(label, what, **claim):
        claims.append((label, what, claim))
        verification_verify(label, what, **claim)

    verification_verify = verification.verify
    monkeypatch.setattr(verification, "verify", record)
    namespace = {"__name__": "__main__"}
    for number, source in enumerate(cells(path)):
        exec(compile(source, f"{path.name}, cell {number}", "exec"), namespace)
    monkeypatch.undo()
    assert len(claims) == sum(source.count("verify(") for source in cells(path)), "a check that does not run"
    unnoticed = []
    for label, what, claim in claims:
        for false in falsified(claim):
            try:
                verification.verify(label, what, **false)
                unnoticed.append(f"{label}: {what}")
            except AssertionError:
                pass
    assert not unnoticed, "checks that cannot fail: " + "; ".join(unnoticed)


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
