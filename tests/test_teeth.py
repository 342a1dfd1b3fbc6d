"""Every generation index and every constant of a numbered result is tried by a check, or is excused with a reason.

`verify` itself raises when a changed claim passes; here we read from the statements what has to be changed. The
checks are those of the built site. As a script: ``python tests/test_teeth.py chapters/forgetting/one-word.md``
runs the page's cells and prints what no check tries.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import CHAPTERS, EXECUTED, ROOT, cells

from collapse_lib import verification

RESULT = re.compile(
    r"^(?P<fence>:{3,})\{prf:(?:theorem|lemma|proposition|corollary)\}.*\n:label:[ \t]*(?P<label>\S+)\n"
    r"(?P<body>(?s:.*?))^(?P=fence)[ \t]*$",
    re.M,
)
MATHS = re.compile(r"\$\$(?s:.+?)\$\$|(?<!\$)\$[^$]+\$|^:{3,}\{math\}(?s:.*?)^:{3,}|^`{3,}\{math\}(?s:.*?)^`{3,}", re.M)
FRACTION = re.compile(r"\\[td]?frac\s*(?:\{(\d+)\}|(\d))\s*(?:\{(\d+)\}|(\d))|(?<![\d.])(\d+)/(\d+)(?![\d.])")
NOT_A_CONSTANT = re.compile(
    # a condition such as n >= 2
    r"(?<![a-zA-Z])[a-z](?:_\w|_\{[^{}]*\})?\s*(?:\\(?:geq?|leq?|neq?|in|to|notin)\s*|[=<>]\s*)"
    r"\\?[{(\[]?\d+(?![\d.(\\a-z])"
    r"|[_^]\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|[_^]\\?\w"  # indices and exponents
    r"|\d+\s*,\s*\\[lc]?dots|\\\{[^}]*\\\}|:label:.*"
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:\{,\}\d+)*(?:\.\d+)?")
COMMON = {0.0, 1.0}  # not constants that a reader could misremember

NO_GENERATION = {
    "cor-origin-forever": "k only runs to a limit",
    "cor-schedule-forever": "k only runs to a limit",
    "lem-jensen": "k only names what is given",
    "lem-window": "the window may begin after any generation",
    "lem-no-rest": "one step from any generation; the check takes four of them",
    "prop-cauchy-data": "a bound far from sharp; its factor m_s^(k-1) is checked under thm-any-data",
    "lem-wishart-step": "one step from the covariance of any generation",
    "prop-exponential-martingale": "the sums do not depend on k",
    "prop-lognormal-tail": "k only runs to a limit",
    "prop-half-plane": "laws that do not depend on k, and a limit",
    "prop-diffusion-sample": "k only runs to a limit",
    "prop-kernel-dies": "one step from any generation after the first, and a limit",
    "prop-kernel-fluctuation": "k only runs to a limit",
    "prop-language-bits": "one step from the table of any generation",
    "prop-language-support": "a statement on any two successive generations; the check takes three pairs of them",
    "prop-smoothing-critical": "k only runs to a limit",
    "prop-one-word-martingale": "the mean does not depend on k",
    "prop-tail-mass": "k only runs to a limit",
    "prop-scale-error": "k is the number of terms of a bound that is not sharp",
    "prop-decay-rate": "k only runs to a limit",
    "thm-decaying-share": "k only runs to a limit; the bounds of a window are checked under lem-window",
    "thm-fixed-distance": "the bounds do not depend on k",
    "thm-top-p-real": "one step from any generation, and a limit",
    "thm-forgetting-limit": "a limit for generations in units of the count: a shift by one generation changes nothing",
    "thm-language-effective-count": "one step from the table of any generation",
    "thm-language-flow": "the mean does not depend on k",
    "thm-martingale-convergence": "a limit; the inequality behind it is checked under lem-upcrossing",
    "thm-mixture-collapse": "the second moment does not depend on k",
    "thm-rank": "rank and hull are the same for every k; the check takes the first three",
    "thm-one-word-fixation": "k runs to a limit, and the floor does not depend on it",
}
NO_CONSTANT = {
    "cor-schedule-forever": {
        "1/2": "a condition: half of the diversity is gone",
        "40/3": "the constant of thm-schedule-bracket, not sharp",
    },
    "cor-vocabulary": {
        "3": "quoted from the paper's theorem on one word; the sharp corollary after it shows that no vocabulary needs it",
    },
    "lem-forgetting-numbers": {"3": "the paper's looser constant, checked in its order only"},
    "prop-your-text-half-life": {
        "1/3": "the coefficient of a logarithm: 5 % of it is less than a round for all counts that can be tried",
    },
    "thm-both-sides": {
        "2": "sharp for log-concave densities (lem-mean-upper), not attained by this chain",
        "12": "sharp for log-concave densities (lem-mean-lower), not attained by this chain",
    },
    "thm-scale-interpolation": {"2": "of an upper bound that no word attains; checked in its order only"},
    "thm-divergence-growth": {"3/2": "not sharp: computed values suggest 1/3, as the notes of the page say"},
    "thm-forgetting-sandwich": {
        "2.418": "the value of G, enclosed in a ball under lem-forgetting-numbers",
        "3": "the paper's looser constant, checked in its order only",
    },
    "thm-language-effective-count": {"2": "the order of a bigram model, a whole number"},
    "thm-language-sentences": {"2": "an order is a whole number; the check takes exactly the longest sentence + 2"},
    "thm-schedule-bracket": {
        "1/2": "a condition: half of the diversity is gone",
        "40/3": "not sharp: over constant, growing and shrinking sizes the quotient stays below 6.5",
    },
    "thm-truncated-mean": {"1/3": "not sharp: a bound for a third of the logarithm of about 2c, not of K"},
}


def statements(path: Path) -> dict[str, str]:
    """Label of each numbered result of a page -> the mathematics of its statement."""
    return {
        match["label"]: " ".join(found.group() for found in MATHS.finditer(match["body"]))
        for match in RESULT.finditer(path.read_text(encoding="utf-8"))
    }


def has_generation(maths: str) -> bool:
    """Whether a k stands in the statement (not in the name of a function)."""
    return bool(re.search(r"(?<![a-zA-Z\\])k(?![a-zA-Z])", maths))


def constants(maths: str) -> set[float]:
    """The numbers of a statement, fractions as one number, without indices, exponents and conditions."""
    maths = NOT_A_CONSTANT.sub(" ", maths)
    found = set()
    for match in FRACTION.finditer(maths):
        over, under = (float(group) for group in match.groups() if group)
        found.add(over / under if under else over)
    maths = re.sub(r"\\[a-zA-Z]+", " ", FRACTION.sub(" ", maths))
    found |= {float(number.replace("{,}", "")) for number in NUMBER.findall(maths)}
    return found - COMMON


def excused(label: str, value: float) -> bool:
    return any(value == pytest.approx(_number(name)) for name in NO_CONSTANT.get(label, {}))


def _number(name: str) -> float:
    over, _, under = name.partition("/")
    return float(over) / float(under or 1)


def tried(teeth: list[str]) -> set[float]:
    return {float(tooth.partition(" ±")[0]) for tooth in teeth if "±" in tooth}


def missing(path: Path, teeth: dict[str, list[str]]) -> list[str]:
    """What the statements of a page contain and no check of it tries."""
    gaps = []
    for label, maths in statements(path).items():
        found = teeth.get(label, [])
        if has_generation(maths) and not any(tooth.startswith("k ") for tooth in found):
            if label not in NO_GENERATION:
                gaps.append(f"{label}: no check fails when k is shifted")
        values = tried(found)
        for constant in sorted(constants(maths)):
            if not any(value == pytest.approx(constant, rel=1e-9) for value in values) and not excused(label, constant):
                gaps.append(f"{label}: no check fails when {constant:.10g} is 5 % off")
    return gaps


class CheckLines(HTMLParser):
    """The check lines of a built page, as dictionaries."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        data = {name.removeprefix("data-"): value or "" for name, value in attrs}
        if tag == "p" and data.get("class") == "check":
            self.found.append(data)


def built(site: Path, path: Path) -> list[dict[str, str]]:
    page = site / path.relative_to(ROOT).with_suffix(".html")
    return CheckLines(page.read_text(encoding="utf-8")).found


def teeth_of(checks: list[dict[str, str]]) -> dict[str, list[str]]:
    teeth: dict[str, list[str]] = {}
    for check in checks:
        teeth.setdefault(check["label"], []).extend(tooth for tooth in check["teeth"].split(", ") if tooth)
    return teeth


@pytest.mark.parametrize("path", EXECUTED, ids=[path.stem for path in EXECUTED])
def test_every_generation_and_constant_is_tried(site, path):
    gaps = missing(path, teeth_of(built(site, path)))
    assert not gaps, "\n".join(gaps)


@pytest.mark.parametrize("path", EXECUTED, ids=[path.stem for path in EXECUTED])
def test_every_check_runs(site, path):
    assert len(built(site, path)) >= sum(source.count("verify(") for source in cells(path))


def test_excuses_are_needed(site):
    """An excuse names a result, and something in its statement that no check tries."""
    every = {label: maths for path in CHAPTERS for label, maths in statements(path).items()}
    teeth = teeth_of([check for path in EXECUTED for check in built(site, path)])
    for label, reason in NO_GENERATION.items():
        assert has_generation(every[label]) and len(reason) > 10, label
        assert not any(tooth.startswith("k ") for tooth in teeth.get(label, [])), f"{label}: k is tried"
    for label, reasons in NO_CONSTANT.items():
        for name, reason in reasons.items():
            value = _number(name)
            assert any(value == pytest.approx(c) for c in constants(every[label])), f"{label}: {name} is not in it"
            assert not any(value == pytest.approx(c, rel=1e-9) for c in tried(teeth.get(label, []))), f"{label}: {name}"
            assert len(reason) > 10


@pytest.mark.parametrize(
    ("maths", "expected"),
    [
        (r"$\frac1k\le g_k\le\frac2{k+1}$", {2.0}),
        (r"$4p_0q_0(1-\frac1n)^k$ for $n\ge2$", {4.0}),
        (r"$S\le4(\frac{\pi^2}6-1)<2.58$", {4.0, 6.0, 2.58}),
        (r"$k\le c/\sqrt{11.7}$, $\tfrac{40}{3}$, $i=1,\dots,n$", {11.7, 40 / 3}),
        (r"$\mathbb E P_k^2$", set()),
    ],
)
def test_constants_are_found(maths, expected):
    assert constants(maths) == expected


def test_generations_are_found():
    assert has_generation(r"$g_k$") and has_generation(r"$k\ge1$") and not has_generation(r"$\ker f$, $\kappa$")


def _run(page: Path) -> None:
    """Run a page's cells, print its checks, those that fail and what none of them tries."""
    collected: dict[str, list[str]] = {}
    verify = verification.verify

    def show(check: verification.Check) -> None:
        print(check)
        collected.setdefault(check.label, []).extend(check.teeth)

    def attempt(*claim: object, **options: object) -> None:
        try:
            verify(*claim, **options)
        except (AssertionError, ValueError) as error:
            print(f"FAILED: {error}")

    verification._show, verification.verify = show, attempt
    namespace = {"__name__": "__main__"}
    for number, source in enumerate(cells(page)):
        exec(compile(source, f"{page.name}, cell {number}", "exec"), namespace)
    print("\n".join(missing(page, collected)) or "every generation and constant is tried")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _run(Path(name).resolve())
