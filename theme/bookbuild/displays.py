"""Displays that the sources break for a phone, as a typographer sets them where there is room."""

from __future__ import annotations

import re

BREAK = re.compile(r"\\\\(?:\[[^\]]*\])?")
TOKEN = re.compile(r"\\begin\{\w+\}|\\end\{\w+\}|\\\\(?:\[[^\]]*\])?|\\.|.", re.S)
INDENT = re.compile(r"(?:\s|\\q?quad(?![a-zA-Z])|\\[,;: ])+")
RELATION = re.compile(r":?[=<>]|\\(?:le|ge|ne|ll|gg|in|sim|approx|equiv|to|propto|longrightarrow)(?![a-zA-Z])")
BINARY = re.compile(r"[-+]|\\(?:cdot|times|pm)(?![a-zA-Z])")
GROUP = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")


class Equation:
    """A left side and a right side as the source aligns them, and the relations that continue them."""

    def __init__(self, left: str, right: str) -> None:
        self.left, self.right = left, right
        self.rest: list[str] = []

    @property
    def steps(self) -> int:
        """Relations, each row's counted once."""
        return len(self.rest) + related(self.left + self.right)

    def extend(self, text: str) -> None:
        """Join a continuation that is no relation to what it continues; a break between words was their space."""
        text = r"\ " + text if text.startswith(r"\text{") else text
        if self.rest:
            self.rest[-1] += " " + text
        else:
            self.right += " " + text

    def line(self) -> str:
        return join(self.left, self.right, *self.rest)

    @property
    def bare(self) -> bool:
        """Whether the first row is a left side alone."""
        return bool(self.rest) and not related(self.left + self.right)

    def rows(self, *, aligned: bool) -> list[str]:
        """Rows of an aligned block: a left side alone takes the first relation beside it."""
        rest = self.rest
        if self.bare:
            first, rest = join(self.left, self.right, ("&" if aligned else "") + rest[0]), rest[1:]
        else:
            first = join(self.left, ("&" if aligned else "") + self.right)
        return [first if aligned else f"&{first}", *(("&" if aligned else r"&\quad ") + text for text in rest)]


def join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def related(text: str) -> bool:
    """Whether a relation stands in the text outside all brackets."""
    while (less := GROUP.sub("", text)) != text:
        text = less
    return bool(RELATION.search(text))


def cells(tex: str) -> list[list[str]] | None:
    """Rows and cells of a display that is one aligned block, None for another display."""
    block = re.fullmatch(r"\s*\\begin\{aligned\}(.*)\\end\{aligned\}\s*", tex, re.S)
    if not block:
        return None
    rows, depth = [[""]], 0
    for token in TOKEN.findall(block[1]):
        depth += token.startswith(r"\begin") or token == "{"
        depth -= token.startswith(r"\end") or token == "}"
        if depth < 0:
            return None
        if depth == 0 and BREAK.fullmatch(token):
            rows.append([""])
        elif depth == 0 and token == "&":
            rows[-1].append("")
        else:
            rows[-1][-1] += token
    return [[cell.strip() for cell in row] for row in rows]


def equations(rows: list[list[str]]) -> list[Equation]:
    """What the rows say: a row without a left side that starts with a relation, a sign or an indent continues."""
    found: list[Equation] = []
    for row in rows:
        left, right = row if len(row) == 2 else ("", row[0])
        text = INDENT.sub("", right, count=1) if (indent := INDENT.match(right)) else right
        if found and not left and RELATION.match(text):
            found[-1].rest.append(text)
        elif found and not left and (indent or BINARY.match(text)):
            found[-1].extend(text)
        else:
            found.append(Equation(left, right))
    return found


def wide_forms(tex: str) -> list[str]:
    """TeX for a wide page, the best first: all in one line, or fewer rows.

    One line is for two rows, and for one equation of at most two steps; longer chains read better stacked.
    """
    rows = cells(tex)
    if rows is None or len(rows) < 2 or any(len(row) > 2 for row in rows):
        return []
    said = equations(rows)
    forms = []
    together = all(re.search(r"[,;:]\s*$", equation.line()) for equation in said[:-1])
    if together and (len(rows) == 2 or len(said) == 1 and said[0].steps <= 2):
        forms.append(r" \qquad ".join(equation.line() for equation in said))
    aligned = all(equation.left or equation.bare for equation in said)
    fewer = [row for equation in said for row in equation.rows(aligned=aligned)]
    if len(fewer) < len(rows) and len(fewer) > 1:
        forms.append(r"\begin{aligned}" + r" \\ ".join(fewer) + r"\end{aligned}")
    return forms
