r"""Quick questions as text: how they are written, what is read from them, and how they look in plain Markdown.

A page has one block of two or three questions, directly before its ``## Exercises``::

    ```{quick}
    How much of the diversity is left after $k = 4$ generations of $n = 10$ samples?

    answer: (1 - 1/10) ** 4
    tolerance: 0.005
    hint 1 - 4/10: You subtracted a tenth of the *first* diversity four times.
    hint (1 - 1/10) ** 3: You counted one generation too few.
    hint above 1: A share is at most 1.
    otherwise: Each generation keeps the factor $1 - 1/n$ of what the one before it had.
    why: Four factors $1 - \frac1{10}$ leave {= 0.9**4; .3f}.
    ---
    Which of the two is lost first?

    wrong: the word of count 5
    hint: A larger count lasts longer.
    right: the word of count 1
    why: It is missed by the first sample with probability {= np.exp(-1); .2f}.
    ---
    Put these in order, the shortest first.

    item 3: the half-life of a word of count 1
    item 1000 * np.log(2): the half-life of the diversity, $n = 1000$
    item 30: the half-life of a word of count 10
    hint 2 before 3: Diversity lives as long as the sample is large.
    otherwise: The count decides about a word, $n$ about the diversity.
    why: A word lives about its count, the diversity about $n$ generations.
    ```

A question is one paragraph, then fields; a line of three dashes parts two questions. A field may go on in lines that
begin with two spaces. The fields say which kind of question it is:

- a **number**: ``answer``, ``tolerance`` (a number, or ``2 %`` of the value), one or more ``hint VALUE``,
  ``hint above VALUE`` or ``hint below VALUE``, then ``otherwise``. The tolerance holds for the hints' values too, and
  no two of these intervals may overlap. Readers may write 0.25, 0,25, 2.5e-1, 1/4 or 25 %.
- a **choice**: one ``right`` and one or more ``wrong``, shown as written; each ``wrong`` is followed by its ``hint``.
- an **order**: three to five ``item``, either all with a value (the build sorts them, smallest first) or none (as
  written is right); the book shows them shuffled. ``hint B before A`` answers who puts item B before item A, counted
  as written; of several that fit, the first is shown; ``otherwise`` answers all else.

Every question has a ``why``: one sentence that is shown with the right answer. ``let NAME: EXPRESSION`` before the
other fields names a value. Values are Python expressions, evaluated when the book is built, with ``np``, scipy's
``stats`` and ``special``, and the library's ``forgetting``, ``variance``, ``escape`` and ``data``. No result is typed
by hand: in every text ``{= EXPRESSION; FORMAT}`` writes a value (format ``.3g`` if none is given). Texts are Markdown
in one line, with formulas and references.

``python theme/bookbuild/questions.py PAGE.md ...`` prints the questions of pages with all values, or what is wrong and
where.

What makes a good question: it asks for a consequence, a size or an order that the page does not state in these
words; it takes less than a minute, with a pencil at most; a wrong answer is one that a reader of the page would give,
and its hint names the mistake and leads on without the answer; the choices are as long as each other; the question
stands without the page's pictures in sight.
"""

from __future__ import annotations

import hashlib
import importlib
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LIBRARY = ("forgetting", "variance", "escape", "data")
FIELD = re.compile(r"(?P<name>[a-z]+)(?:[ ]+(?P<of>\S.*?))?[ ]*:(?:[ ]+(?P<text>.*))?$")
NAMES = ("let", "answer", "tolerance", "hint", "otherwise", "why", "right", "wrong", "item")
KINDS = {"answer": "number", "right": "choice", "item": "order"}
ALLOWED = {
    "number": {"let", "answer", "tolerance", "hint", "otherwise", "why"},
    "choice": {"let", "right", "wrong", "hint", "why"},
    "order": {"let", "item", "hint", "otherwise", "why"},
}
BLOCK = re.compile(r"^```\{quick\}[ ]*\n(?P<text>.*?)^```[ ]*$", re.M | re.S)
VALUE = re.compile(r"\{=\s*(?P<what>[^{};]+?)\s*(?:;\s*(?P<format>[^{};]*?)\s*)?\}")


class QuestionError(ValueError):
    """What is wrong with a question; attribute `line`, counted from 1 in the text of the block."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Hint:
    """A text for some wrong answers: an interval of numbers, a choice, or an item put before another."""

    text: str
    line: int
    low: float = -math.inf
    high: float = math.inf
    first: int = 0
    second: int = 0


@dataclass(frozen=True)
class Question:
    """A question with everything evaluated; all texts are Markdown in one line.

    Attributes
    ----------
    kind : str
        "number", "choice" or "order".
    stem, why : str
        The question, and the sentence that goes with the right answer.
    line : int
        Where it begins in the text of the block, counted from 1.
    key : str
        A short name that changes when the question does.
    options : tuple of str
        Of a choice as written, of an order as shown; empty for a number.
    right : tuple of int
        Places in `options`, from 0: of the right choice, or of all items in the right order.
    low, high : float
        The interval of right numbers.
    answer : str
        The right answer.
    hints : tuple of Hint
        Of a choice one for each wrong option, in order.
    otherwise : str
        The hint for all other wrong answers; empty for a choice.
    """

    kind: str
    stem: str
    why: str
    line: int
    key: str
    answer: str
    hints: tuple[Hint, ...]
    otherwise: str = ""
    options: tuple[str, ...] = ()
    right: tuple[int, ...] = ()
    low: float = math.nan
    high: float = math.nan


@dataclass
class Field:
    """A field as written: `answer: 3`, or `hint 2: Text`."""

    name: str
    of: str
    text: str
    line: int


# ---------------------------------------------------------------- reading


def parse(text: str, names: Mapping[str, object] | None = None) -> list[Question]:
    """Read the text of a block.

    Parameters
    ----------
    text : str
        What stands between the fences.
    names : mapping, optional
        What expressions may use; numpy, scipy and the library unless given.

    Raises
    ------
    QuestionError
        If a question is not written as this module's docstring says, or a value cannot be computed.
    """
    names = vocabulary() if names is None else names
    parts, start = [[]], [1]
    for number, line in enumerate(text.splitlines(), 1):
        if re.fullmatch(r"-{3,}\s*", line):
            parts.append([])
            start.append(number + 1)
        else:
            parts[-1].append(line)
    return [_question(lines, first, dict(names)) for lines, first in zip(parts, start)]


def blocks(page: str) -> Iterator[tuple[int, str]]:
    """The blocks of a page in MyST Markdown: the line of the fence, and the text between the fences."""
    for match in BLOCK.finditer(page):
        yield page.count("\n", 0, match.start()) + 1, match["text"]


def vocabulary() -> dict[str, object]:
    """What expressions may use."""
    import numpy as np
    from scipy import special, stats

    library = {name: importlib.import_module(f"collapse_lib.{name}") for name in LIBRARY}
    return {"np": np, "stats": stats, "special": special, **library}


def _question(lines: list[str], first: int, names: dict[str, object]) -> Question:
    stem, fields, begin = _fields(lines, first)
    if not stem:
        raise QuestionError(begin, "a question begins with its text")
    kind = next((KINDS[field.name] for field in fields if field.name in KINDS), None)
    if kind is None:
        raise QuestionError(begin, "a question needs an answer, a right choice or items")
    for field in fields:
        if field.name not in ALLOWED[kind]:
            raise QuestionError(field.line, f"{field.name!r} has no place in a question of the kind {kind!r}")
        if field.name == "let":
            if not field.of.isidentifier():
                raise QuestionError(field.line, f"'let NAME: EXPRESSION', not 'let {field.of}'")
            names[field.of] = _evaluate(field.text, names, field.line)
    stem = _filled(stem, names, begin)
    for field in fields:
        if field.name not in ("let", "answer", "tolerance"):
            if not field.text:
                raise QuestionError(field.line, f"{field.name!r} without text")
            field.text = _filled(field.text, names, field.line)
    source = "\n".join(lines).strip()
    common = {"kind": kind, "stem": stem, "line": begin, "key": hashlib.sha256(source.encode()).hexdigest()[:10]}
    common["why"] = _one(fields, "why", begin).text
    return {"number": _number, "choice": _choice, "order": _order}[kind](fields, names, begin, common)


def _fields(lines: list[str], first: int) -> tuple[str, list[Field], int]:
    """The question's paragraph, its fields, and the line where it begins."""
    stem, fields, begin = [], [], first
    for number, line in enumerate(lines, first):
        match = FIELD.fullmatch(line)
        if match and match["name"] in NAMES:
            fields.append(Field(match["name"], match["of"] or "", (match["text"] or "").strip(), number))
        elif not line.strip():
            continue
        elif not fields:
            if not stem:
                begin = number
            elif not lines[number - first - 1].strip():
                raise QuestionError(number, "a question is one paragraph, then its fields")
            stem.append(line.strip())
        elif line.startswith("  "):
            fields[-1].text = f"{fields[-1].text} {line.strip()}".strip()
        else:
            raise QuestionError(number, f"neither a field nor indented: {line.strip()!r}")
    return " ".join(stem), fields, begin


def _number(fields: list[Field], names: dict, begin: int, common: dict) -> Question:
    answer, tolerance = _one(fields, "answer", begin), _one(fields, "tolerance", begin)
    relative = tolerance.text.endswith("%")
    allowed = _value(tolerance.text.removesuffix("%"), names, tolerance.line)
    if allowed < 0:
        raise QuestionError(tolerance.line, f"a tolerance is not negative: {tolerance.text}")

    def interval(field: Field, text: str) -> tuple[float, float]:
        value = _value(text, names, field.line)
        slack = (abs(value) * allowed / 100 if relative else allowed) + 1e-9 * abs(value)
        return value - slack, value + slack

    right = interval(answer, answer.text)
    taken, hints = [(*right, "the answer")], []
    for field in fields:
        if field.name != "hint":
            continue
        if not field.of:
            raise QuestionError(field.line, "'hint VALUE: text' in a question for a number")
        side, _, rest = field.of.partition(" ")
        if side in ("above", "below"):
            value = _value(rest, names, field.line)
            low, high = (math.nextafter(value, math.inf), math.inf) if side == "above" else (-math.inf, value)
        else:
            low, high = interval(field, field.of)
        for other_low, other_high, what in taken:
            if low <= other_high and other_low <= high:
                raise QuestionError(field.line, f"'hint {field.of}' overlaps {what}")
        taken.append((low, high, f"'hint {field.of}'"))
        hints.append(Hint(field.text, field.line, low, high))
    if not hints:
        raise QuestionError(begin, "a question for a number needs a hint for a likely mistake")
    value = _value(answer.text, names, answer.line)
    said = shown(value, abs(value) * allowed / 100 if relative else allowed)
    otherwise = _one(fields, "otherwise", begin).text
    return Question(**common, answer=said, hints=tuple(hints), otherwise=otherwise, low=right[0], high=right[1])


def _choice(fields: list[Field], names: dict, begin: int, common: dict) -> Question:
    options, hints, right = [], [], _one(fields, "right", begin)
    rest = [field for field in fields if field.name != "let"]
    for field, after in zip(rest, [*rest[1:], None]):
        if field.name in ("right", "wrong"):
            options.append(field.text)
        if field.name == "wrong":
            if after is None or after.name != "hint":
                raise QuestionError(field.line, "a wrong choice is followed by its hint")
            hints.append(Hint(after.text, after.line, first=len(options) - 1))
    if sum(field.name == "hint" for field in rest) != len(hints) or any(field.of for field in rest):
        raise QuestionError(begin, "in a choice each 'wrong: text' is followed by one 'hint: text'")
    if not hints or len(set(options)) != len(options):
        raise QuestionError(begin, "a choice needs a wrong one, and no choice twice")
    return Question(
        **common, answer=right.text, hints=tuple(hints), options=tuple(options), right=(options.index(right.text),)
    )


def _order(fields: list[Field], names: dict, begin: int, common: dict) -> Question:
    items = [field for field in fields if field.name == "item"]
    texts = [field.text for field in items]
    if not 3 <= len(items) <= 5 or len(set(texts)) != len(texts):
        raise QuestionError(begin, "an order has three to five items, none of them twice")
    right = list(range(len(items)))
    if any(field.of for field in items):
        if not all(field.of for field in items):
            raise QuestionError(begin, "either every item has a value or none")
        values = [_value(field.of, names, field.line) for field in items]
        if len(set(values)) != len(values):
            raise QuestionError(begin, f"items of the same value: {values}")
        right.sort(key=values.__getitem__)
    mixed = sorted(right, key=lambda item: hashlib.sha256(texts[item].encode()).digest())
    if mixed == right:
        mixed.reverse()
    hints = []
    for field in fields:
        if field.name != "hint":
            continue
        match = re.fullmatch(r"(\d) before (\d)", field.of)
        pair = [int(number) - 1 for number in match.groups()] if match else []
        if not pair or not all(0 <= item < len(items) for item in pair) or pair[0] == pair[1]:
            raise QuestionError(field.line, f"'hint B before A: text' with the numbers of two items, not {field.of!r}")
        if right.index(pair[0]) < right.index(pair[1]):
            raise QuestionError(field.line, f"'hint {field.of}' is for the right order")
        first, second = map(mixed.index, pair)
        hints.append(Hint(field.text, field.line, first=first, second=second))
    return Question(
        **common, answer="; ".join(texts[item] for item in right), hints=tuple(hints),
        otherwise=_one(fields, "otherwise", begin).text, options=tuple(texts[item] for item in mixed),
        right=tuple(mixed.index(item) for item in right),
    )  # fmt: skip


def _one(fields: list[Field], name: str, begin: int) -> Field:
    found = [field for field in fields if field.name == name]
    if not found or not found[0].text:
        raise QuestionError(begin, f"a question without {name!r}")
    if len(found) > 1 or found[0].of:
        raise QuestionError(found[-1].line, f"a question has one '{name}: ...'")
    return found[0]


# ---------------------------------------------------------------- values


def _evaluate(text: str, names: dict[str, object], line: int) -> object:
    try:
        return eval(compile(text.strip(), "<question>", "eval"), {**names})
    except Exception as error:
        raise QuestionError(line, f"cannot compute {text.strip()!r}: {type(error).__name__}: {error}") from error


def _value(text: str, names: dict[str, object], line: int) -> float:
    found = _evaluate(text, names, line)
    try:
        value = float(found)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise QuestionError(line, f"not a finite number: {text.strip()!r} is {found!r}")
    return value


def _filled(text: str, names: dict[str, object], line: int) -> str:
    """The text with its values written out."""

    def written(match: re.Match[str]) -> str:
        value, how = _evaluate(match["what"], names, line), match["format"] or ".3g"
        try:
            return format(value, how)
        except (TypeError, ValueError) as error:
            raise QuestionError(line, f"cannot write {match[0]!r}: {error}") from error

    return VALUE.sub(written, text)


def shown(value: float, tolerance: float) -> str:
    """A number in Markdown, with the digits that the tolerance asks for."""
    decimals = 12 if tolerance == 0 else max(0, math.ceil(-math.log10(tolerance)))
    if value and not 1e-3 <= abs(value) < 1e6:
        digits = min(15, max(0, math.floor(math.log10(abs(value))) + decimals))
        mantissa, _, power = f"{value:.{digits}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return rf"${mantissa}\cdot10^{{{int(power)}}}$"
    written = f"{value:,.{decimals}f}"
    return (written.rstrip("0").rstrip(".") if tolerance == 0 and decimals else written).replace("-", "−")


# ---------------------------------------------------------------- Markdown


def letter(place: int) -> str:
    """The letter of an option: a, b, c, ..."""
    return chr(ord("a") + place)


def short(question: Question) -> str:
    """The answer as Markdown: a number, or the letters of options."""
    return ", ".join(map(letter, question.right)) or question.answer


def markdown(questions: list[Question]) -> str:
    """The questions as Markdown that reads well in a notebook, each answer folded behind a line."""
    parts = ["**Quick questions**"]
    for number, question in enumerate(questions, 1):
        parts.append(f"{number}\\. {question.stem}")
        if question.options:
            options = enumerate(question.options)
            parts.append("\n".join(f"- ({letter(place)}) {option}" for place, option in options))
        answer = f"{short(question)}. {question.why}"
        parts.append(f"<details><summary>Answer</summary>\n\n{answer}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def main(pages: list[str]) -> int:
    """Print the questions of pages, or what is wrong with them; return the number of blocks with an error."""
    wrong = 0
    for page in pages:
        for line, text in blocks(Path(page).read_text(encoding="utf-8")):
            try:
                print(f"{page}:{line}\n\n{report(parse(text))}")
            except QuestionError as error:
                wrong += 1
                print(f"{page}:{line + error.line}: {error}", file=sys.stderr)
    return wrong


def report(questions: list[Question]) -> str:
    """The questions in Markdown, and below them each hint with the answers that it is for."""
    lines = [markdown(questions)]
    for number, question in enumerate(questions, 1):
        for hint in question.hints:
            cause = {
                "number": f"from {hint.low:.6g} to {hint.high:.6g}",
                "choice": letter(hint.first),
                "order": f"{letter(hint.first)} before {letter(hint.second)}",
            }[question.kind]
            lines.append(f"{number}: {cause}: {hint.text}")
        lines += [f"{number}: else: {question.otherwise}"] if question.otherwise else []
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])  # the library of this folder; the modules beside this one are no scripts
    sys.exit(bool(main(sys.argv[1:])))
