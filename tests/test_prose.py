"""Numbers in prose come from the build: each of them stands in an output of its page, or was chosen in its code.

As a script it lists what is unsupported: ``python tests/test_prose.py [page.md ...]``. A page's outputs are taken
from the last build if its code and the library have not changed since; otherwise its cells are run.
"""

from __future__ import annotations

import ast
import functools
import html
import json
import operator
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
import pytest
from conftest import CHAPTERS, NAMES, ROOT

from collapse_lib.widgets import BUILD_VARIABLE

# Constants that a page states and proves, or cites, as mathematics: page -> {number as written: reason}.
EXACT: dict[str, dict[str, str]] = {
    "chapters/notation": {"0.5772…": "Euler's constant, as a reminder of which number the letter is"},
}

REFERENCES = (
    r"Theorems?|Lemmas?|Propositions?|Corollary|Corollaries|Definitions?|Remarks?|Examples?|Exercises?|Problems?"
    r"|[Ss]ections?|[Cc]hapters?|Appendix|Equations?|Eqs?\.|Figures?|Tables?|Algorithms?|[Vv]olumes?|[Vv]ol\.|pages?|pp?\.|§+"
)
NOT_PROSE = re.compile(
    r"\{[a-z:-]+\}`[^`]*`"  # roles: references, citations, terms, glue
    r"|(`+)[^`]+?\1"  # code in a line
    r"|\]\([^)\s]*\)|<?https?://[^\s)>]+|doi:\S+|arXiv[:\s]*\d{4}\.\d{4,5}"
    r"|^[ \t]*:[a-z_-]+:.*$|^\([^)\s]+\)=$|^[ \t]*%.*$"  # options, targets, comments
    rf"|(?:{REFERENCES})[\s~(]*\d[\d.]*(?:\)?(?:\s*(?:,|and|or|to|–|-)\s*)\(?\d[\d.]*)*",
    re.M,
)
CODE = re.compile(r"^(?P<mark>`{3,})(?P<kind>\{[a-z-]+\}|\w*)[^\n]*\n(?P<body>.*?)^(?P=mark)[ \t]*$", re.M | re.S)
CAPTION = re.compile(r"^(?P<indent> *)caption:(?P<text>[^\n]*\n(?:(?P=indent) +[^\n]*\n|[ \t]*\n)*)", re.M)
MATHEMATICS = re.compile(r"\$\$.*?\$\$|(?<!\\)\$[^$]+\$", re.S)
NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d+(?:\.\d+)?)(?P<power>[eE][+-]?\d+)?(?![\w]|\.\d)"
    r"(?P<more>\s*(?:…|\.\.\.))?(?:\s*(?P<per>%|per\s?cent))?(?:\s(?P<scale>thousand|million|billion)\b)?"
)
SCALES = {None: 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
FOLD = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


@dataclass(frozen=True)
class Number:
    """A number as written: its absolute value, the unit of its last digit, and how many digits carry meaning."""

    text: str
    line: int
    value: float
    unit: float
    figures: int
    cut: bool = False  # followed by an ellipsis: its digits are cut off, not rounded

    def agrees(self, value: float) -> bool:
        """Whether `value`, written with as many digits, is this number."""
        slack = 1e-9 * self.unit + 1e-14 * self.value
        if abs(abs(value) - self.value) <= self.unit / 2 + slack:
            return True
        return self.cut and -slack <= abs(value) - self.value < self.unit + slack


@dataclass
class Page:
    """A page taken apart: its prose (line breaks kept, the rest blanked out) and the sources of its cells."""

    prose: str = ""
    cells: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- numbers


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _formula(text: str) -> str:
    """A formula with its numbers as plain text writes them."""
    text = re.sub(r"(?<=\d)(?:\{,\}|\\,)(?=\d{3}(?!\d))", "", text).replace(",", ", ")
    text = re.sub(r"(\\[dt]?(?:frac|binom))\s*(\d)\s*(?=\d)", r"\1{\2} ", text)
    text = re.sub(r"(\\[dt]?(?:frac|binom)(?:\{[^{}]*\}|\d)\s*)(\d)", r"\1 \2 ", text)
    text = re.sub(r"([_^]|\\sqrt)(\d)", r"\1{\2} ", text)
    text = re.sub(r"\\[lc]?dots", "…", text).replace(r"\%", "%")
    text = re.sub(r"\\[,;:! ]|~|\\q?quad", " ", text)
    text = re.sub(r"(?<![A-Za-z])(\d[\d.]*)\s*\\(?:cdot|times)\s*10\s*\^\s*\{\s*([+-]?\d+)\s*\}", r" \1e\2 ", text)
    text = re.sub(r"(?<![\d.])10\s*\^\s*\{\s*([+-]?\d+)\s*\}", r" 1e\1 ", text)
    return re.sub(r"(?<=[A-Za-z])(?=\d)(?<!\de)", " ", text).replace("$", " ")


def _plain(text: str) -> str:
    return re.sub(r"(?<![\d.,])(\d{1,3})((?:[,\u202f\u2009]\d{3})+)(?!\d)",
                  lambda match: match.group(1) + re.sub(r"\D", "", match.group(2)), text)  # fmt: skip


def _readable(text: str) -> str:
    """The text with formulas and thousands written as Python writes numbers; line breaks stay."""
    parts, end = [], 0
    for match in MATHEMATICS.finditer(text):
        parts += [_plain(text[end : match.start()]), _formula(match.group())]
        end = match.end()
    return "".join([*parts, _plain(text[end:])])


def numbers(text: str) -> Iterator[Number]:
    """The numbers of a readable text, without their signs."""
    for match in NUMBER.finditer(text):
        digits, power = match["digits"], int((match["power"] or "e0")[1:])
        scale = SCALES[match["scale"]] * 10.0**power * (0.01 if match["per"] else 1.0)
        decimals = len(digits.partition(".")[2])
        figures = len(digits.replace(".", "").lstrip("0"))
        if "." not in digits:  # the noughts at the end of an integer may be rounded
            figures, decimals = len(digits.strip("0")), len(digits.strip("0")) - len(digits.lstrip("0"))
        yield Number(
            match.group().strip(), text.count("\n", 0, match.start()) + 1,
            float(digits) * scale, 10.0**-decimals * scale, figures, bool(match["more"]),
        )  # fmt: skip


# ---------------------------------------------------------------- pages


def take_apart(text: str) -> Page:
    """The prose and the code of a page in MyST Markdown."""
    page = Page()

    def code(match: re.Match[str]) -> str:
        kind, body = match["kind"], match["body"]
        if kind == "{math}":
            return f"$\n{body}$"
        if kind != "{code-cell}":
            return _blank(match)
        head, options, source = "", "", body
        if settings := re.match(r"---\n(.*?)^---\n", body, re.M | re.S):
            options, source = settings.group(), body[settings.end() :]
        source = re.sub(r"\A(?:[ \t]*:[\w-]+:.*\n)+", "", source)
        page.cells.append(source)
        head, end = match.group()[: match.start("body") - match.start()], 0
        shown = [re.sub(r"[^\n]", " ", head)]
        for caption in CAPTION.finditer(options):
            shown += [re.sub(r"[^\n]", " ", options[end : caption.start("text")]), caption["text"]]
            end = caption.end()
        rest = options[end:] + match.group()[len(head) + len(options) :]
        return "".join([*shown, re.sub(r"[^\n]", " ", rest)])

    text = re.sub(r"\A---\n.*?^---\n", _blank, text, count=1, flags=re.M | re.S)
    page.prose = NOT_PROSE.sub(_blank, CODE.sub(code, text))
    return page


def chosen(cells: list[str]) -> set[float]:
    """Numbers that the code sets: literals, and what literals alone make (``5 / 1000``)."""
    found: set[float] = set()

    def fold(node: ast.AST) -> float | None:
        inner = [fold(child) for child in ast.iter_child_nodes(node)]
        value = None
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = float(node.value)
        elif isinstance(node, ast.BinOp) and inner[0] is not None and inner[2] is not None:
            left, _, right = inner
            if type(node.op) in FOLD and not (isinstance(node.op, ast.Div) and right == 0):
                value = FOLD[type(node.op)](left, right)
            elif isinstance(node.op, ast.Pow) and abs(right) <= 64 and left > 0:
                value = left**right
        if value is not None:
            found.add(abs(value))
        return value

    for source in cells:
        fold(ast.parse(source))
    return found


# ---------------------------------------------------------------- outputs


def _seen(markup: str) -> str:
    """What a reader sees or hears of HTML or SVG."""
    spoken = " ".join(re.findall(r'aria-(?:label|valuetext)="([^"]*)"', markup))
    markup = re.sub(r"<(?:style|script|metadata).*?</(?:style|script|metadata)>", " ", markup, flags=re.S)
    markup = re.sub(r"</?(?:tspan|span|b|i|em|strong|sub|sup)\b[^>]*>", "", markup)
    return html.unescape(re.sub(r"<[^>]*>", " \n", markup) + "\n" + spoken)


def _texts(output: dict) -> Iterator[str]:
    if "text" in output:
        yield output["text"]
    for kind, content in output.get("data", {}).items():
        if kind == "text/plain" or kind == "text/markdown" or kind == "text/latex":
            yield content
        elif kind in {"text/html", "image/svg+xml"}:
            yield _seen(content)
            for payload in re.findall(r'<script type="application/json">(.*?)</script>', content, re.S):
                data = json.loads(payload)
                for part in (data.get("frames", []), data.get("verdicts", []), sum(data.get("labels", []), [])):
                    yield from map(_seen, part)


def executed(path: Path, *, build_is_new: bool = False) -> nbformat.NotebookNode:
    """The notebook of a page with its outputs: from the last build if that knows this code, else run here."""
    notebook = jupytext.read(path)
    name = path.resolve().relative_to(ROOT).with_suffix(".ipynb")
    built = ROOT / "_build" / "jupyter_execute" / name
    if built.is_file():
        library = [*(ROOT / "collapse_lib").rglob("*.py"), *(ROOT / "collapse_lib").rglob("*.csv")]
        if build_is_new or all(file.stat().st_mtime < built.stat().st_mtime for file in library):
            known = nbformat.read(built, as_version=4)
            sources = [[cell.source.strip() for cell in book.cells if cell.cell_type == "code"]
                       for book in (notebook, known)]  # fmt: skip
            if sources[0] == sources[1]:
                return known
    from nbclient import NotebookClient

    os.environ[BUILD_VARIABLE] = "1"
    options = {"timeout": None, "kernel_name": "python3", "allow_errors": True}
    try:
        NotebookClient(notebook, resources={"metadata": {"path": path.parent}}, **options).execute()
    finally:
        del os.environ[BUILD_VARIABLE]
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if output["output_type"] == "error":
            print(f"{path}: a cell fails: {output['ename']}: {output['evalue']}", file=sys.stderr)
    return notebook


def _asked(page: Page) -> list[Number]:
    return [
        number
        for number in numbers(_readable(page.prose))
        if number.figures >= (2 if "." in number.text else 3)
        and not re.fullmatch(r"1[89]\d\d|20\d\d|2100", number.text)
    ]


def unsupported_numbers(path: Path, *, build_is_new: bool = False) -> list[tuple[int, str]]:
    """Numbers in the prose of a page that neither its outputs nor its code hold.

    Checked are decimals of two or more significant digits and integers of three or more, in text, formulas and
    captions; not years from 1800 to 2100, and not the numbers of theorems, sections and pages. A percentage may
    stand in the output as a fraction; digits before an ellipsis may be cut off or rounded.

    Parameters
    ----------
    path : Path
        A page of the book in MyST Markdown.
    build_is_new : bool, default False
        Trust the outputs of the last build as long as the page's code is the same.

    Returns
    -------
    list of (line, number as written)
    """
    page = take_apart(path.read_text(encoding="utf-8"))
    allowed = EXACT.get(path.resolve().relative_to(ROOT).with_suffix("").as_posix(), {})
    asked = [number for number in _asked(page) if number.text not in allowed]
    if not asked:
        return []
    values = chosen(page.cells)
    if page.cells:
        for cell in executed(path, build_is_new=build_is_new).cells:
            for output in cell.get("outputs", ()):
                for text in _texts(output):
                    values.update(number.value for number in numbers(_readable(text.replace("$", " "))))
    return [(number.line, number.text) for number in asked if not any(map(number.agrees, values))]


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_numbers_come_from_the_build(path, site):
    unsupported = unsupported_numbers(path, build_is_new=True)
    assert not unsupported, "\n".join(f"{path}:{line}: {number}" for line, number in unsupported)


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        ("436,577 words", 436577, 1),
        ("$436{,}577$ words", 436577, 1),
        (r"$10\,240$", 10240, 10),
        ("$2.418035\\ldots$", 2.418035, 1e-6),
        (r"$48.4\,\%$", 0.484, 1e-3),
        ("48.4 %", 0.484, 1e-3),
        ("48.4 per cent", 0.484, 1e-3),
        (r"$1.25\cdot10^{-7}$", 1.25e-7, 1e-9),
        (r"$1.25\times 10^{9}$", 1.25e9, 1e7),
        ("1.25e-9", 1.25e-9, 1e-11),
        ("1.25 million", 1.25e6, 1e4),
        (r"$\frac{577}3$", 577, 1),
        ("$x^{0.28}$", 0.28, 0.01),
        ("$np_0=12.5$, $k=1,100$", 12.5, 0.1),
    ],
)
def test_numbers_are_read(written, value, unit):
    first = next(number for number in numbers(_readable(written)) if number.figures >= 2)
    assert first.value == pytest.approx(value, rel=1e-12) and first.unit == pytest.approx(unit, rel=1e-12)


@pytest.mark.parametrize(
    "written",
    [
        r"$\frac12$", r"$\tfrac1{12}$", "$x^23$", "WikiText-2", "1.0.4", "Theorem 2.15 and Lemma 3.12", "pp. 345-389",
        "(§ 12.5)", "arXiv 2412.17646", "{cite:t}`suresh2025rate`", "`n = 12345`", ":label: thm-12345", "since 1951",
        "[here](page-123.html)", "$10^{-9}$", "10,000", "```python\nx = 123\n```",
    ],
)  # fmt: skip
def test_what_is_no_result_of_a_computation_is_left_alone(written):
    assert _asked(take_apart(written + "\n")) == []


def test_a_number_must_agree_in_its_last_digit():
    (rounded,) = numbers("0.484")
    assert rounded.agrees(0.48449) and rounded.agrees(-0.484) and not rounded.agrees(0.4846)
    (cut,) = numbers("2.418…")
    assert cut.agrees(2.41899) and cut.agrees(2.4178) and not cut.agrees(2.4191)


def test_a_page_is_taken_apart():
    text = (
        "---\nkey: 111\n---\nText 123.\n\n```{code-cell} ipython3\n---\nmystnb:\n  figure:\n    name: fig-222\n"
        "    caption: |\n      A caption of 234.\ntags: [hide-input]\n---\nx = 3 * 115  # 333\n```\n\n"
        "```{math}\n:label: eq-444\ny = 456\n```\n\n:::{exercise} Find 567\n:label: ex-555\n:::\n"
    )
    page = take_apart(text)
    found = [(number.line, number.text) for number in _asked(page)]
    assert found == [(4, "123"), (12, "234"), (20, "456"), (23, "567")]
    assert chosen(page.cells) == {3, 115, 345}


if __name__ == "__main__":
    for page in [Path(name) for name in sys.argv[1:]] or CHAPTERS:
        for line, number in unsupported_numbers(page):
            print(f"{page}:{line}: {number}")
