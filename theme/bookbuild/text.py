"""Small mends of a page's text: unique ids, spaces at which no line breaks, signs and powers of what a check prints."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node
from sphinx_proof.nodes import proof_node

VERBATIM = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment)


def printed(text: str) -> str:
    """Numbers as the book's figures print them; the library is imported when the build has said which one is meant."""
    from collapse_lib.figures import markup

    return markup.printed(text)


class UniqueIds(SphinxTransform):
    """Proof and exercise blocks all carry the same inner ids; an id may stand on a page once."""

    default_priority = 501

    def apply(self) -> None:
        for number, section in enumerate(self.document.findall(nodes.section)):
            section["ids"] = [
                f"{name}-{number}" if re.fullmatch(r"[a-z]+-content", name) else name for name in section["ids"]
            ]
        for number, proof in enumerate(self.document.findall(proof_node)):
            proof.children[0]["ids"] = [f"proof-{number}"]
            for text in list(proof.findall(nodes.Text))[:1]:
                if text.startswith("Proof. "):
                    text.parent.replace(text, [nodes.emphasis(text="Proof."), nodes.Text(text[6:])])


class KeepPunctuation(SphinxTransform):
    """No line breaks between a formula and the bracket before it, the comma or "-th" after it, code that it equals."""

    default_priority = 502

    def apply(self) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent, index = formula.parent, formula.parent.index(formula)
            before = parent[index - 1] if index else None
            after = parent[index + 1] if index + 1 < len(parent) else None
            opened = re.search(r"[(\[‘“\"]+$", before) if isinstance(before, nodes.Text) else None
            ended = re.match(r"[,.;:!?)\]’”\"%]+|-\w+[,.]?", after) if isinstance(after, nodes.Text) else None
            code = parent[index + 1 : index + 3] if formula.astext().endswith("=") and after == " " else []
            if not code or not isinstance(code[-1], nodes.literal):
                code = []
            if not opened and not ended and not code:
                continue
            whole = [part.deepcopy() for part in (formula, *code)]
            together = nodes.inline("", "", *whole, classes=["together"])
            first, last = index, index + len(whole)
            parts: list[nodes.Node] = [together]
            if opened:
                together.insert(0, nodes.Text(opened.group()))
                parts.insert(0, nodes.Text(before[: opened.start()]))
                first -= 1
            if ended:
                together += nodes.Text(ended.group())
                parts.append(nodes.Text(after[ended.end() :]))
                last += 1
            parent[first:last] = parts


# a space at which no line breaks: between a number and its "%" or "points", between "Theorem" and its number
FIXED = re.compile(
    r"(?<=\d) (?=%|points?\b)|"
    r"(\b(?:Chapter|Corollary|Exercise|Figure|Lemma|Part|Proposition|Section|Step|Theorem)s?) (?=\d|[IVX]+\b)"
)

# in what a check prints: the spaces of "n = 100", "k + 1", "2 ± 5 %" and "within 5 %"
SIGN = re.compile(r" (?=[±+−=≤≥] )|(?<= [±+−=≤≥]) |(?<=\bwithin) (?=\d)")
RAISED, LOWERED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"), str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def check_line(text: str) -> str:
    """What a check prints, set: ``10^9``, ``B_1000``, ``x - 1``, ``0.3333333333 ± 5 %``; no line break at a sign."""
    text = re.sub(r"(?<=\b10)\^(\d+)", lambda match: match[1].translate(RAISED), text)
    text = re.sub(r"(?<=[A-Za-zΑ-Ωα-ω′])_(\d+)", lambda match: match[1].translate(LOWERED), text)
    text = re.sub(r"(?<=[\w)]) - (?=[\w(])", " − ", text)
    text = text.replace("s' ", "s’ ")
    text = re.sub(r"\b\d+\.\d{5,}(?= ± 5\s?%)", lambda match: f"{float(match[0]):.4g}", text)
    return SIGN.sub("\u00a0", text)


# what is lowered or raised and is no number: "h_k", "g_(k-1)", "T_MRCA", "A_+(0)", "(1 - 1/n)^k"
SCRIPT = re.compile(r"(?<![A-Za-z][A-Za-z])(?<=[\w′)])([_^])(?:\(([\w+−-]+)\)|([^\W_]+|[∞+-]))")


def scripts(text: str) -> list[tuple[str, str]]:
    """Pieces of what a check prints, each with ``""``, ``"sub"`` or ``"sup"``."""
    pieces, end = [], 0
    for match in SCRIPT.finditer(text):
        pieces.append(("", text[end : match.start()]))
        pieces.append(("sub" if match[1] == "_" else "sup", (match[2] or match[3]).replace("-", "−")))
        end = match.end()
    return [piece for piece in [*pieces, ("", text[end:])] if piece[1]]


class KeepNumbers(SphinxTransform):
    """No line breaks between a number and what it belongs to."""

    default_priority = 503

    def apply(self) -> None:
        for text in list(self.document.findall(nodes.Text)):
            kept = FIXED.sub(lambda match: f"{match[1] or ''}\u00a0", text)
            if kept != text and not isinstance(text.parent, VERBATIM):
                text.parent.replace(text, nodes.Text(kept))


NUMBERED = re.compile(r"(?:Chapter|Corollary|Definition|Exercise|Fig\.|Lemma|Proposition|Remark|Theorem) [\d.]*\d")


class KeepNumberOfLink(SphinxPostTransform):
    """No line breaks in a link to "Theorem 5.5"."""

    default_priority = 26  # after the numbers and after the titles of sphinx-exercise
    formats = ("html",)

    def run(self) -> None:
        for link in self.document.findall(nodes.reference):
            if NUMBERED.fullmatch(link.astext()):
                link["classes"].append("together")


HYPHENED = re.compile(r"\b((?:[A-Za-z]|top|WikiText)-\w+)")  # browsers break a line behind any hyphen


class KeepHyphened(SphinxPostTransform):
    """No line breaks in "n-grams", "top-p" and "WikiText-2"."""

    default_priority = 27
    formats = ("html",)

    def run(self) -> None:
        for text in list(self.document.findall(nodes.Text)):
            parts = [nodes.Text(part) for part in HYPHENED.split(text)]
            if len(parts) > 1 and not isinstance(text.parent, VERBATIM):
                parts[1::2] = [nodes.inline("", "", part, classes=["together"]) for part in parts[1::2]]
                text.parent.replace(text, parts)


class SpaceBeforeLink(SphinxPostTransform):
    """In the title of a solution the space stands before the link and is not underlined."""

    default_priority = 25  # after the titles of sphinx-exercise

    def run(self) -> None:
        for solution in self.document.findall(solution_node):
            for link in solution.children[0].findall(nodes.reference):
                first = link.next_node(nodes.Text)
                if first is not None and first.startswith(" "):
                    first.parent.replace(first, nodes.Text(first.lstrip()))
                    link.parent.insert(link.parent.index(link), nodes.Text(" "))
                break


# what cells say in words, and in it the spaces of "n = 100", "k + 1" and "2 ± 5"; tags are kept
CHECK = re.compile(r'(?<=<p class="check")[^>]*>.*?(?=</p>)', re.S)
HEADS = re.compile(r"<caption>.*?</caption>|<th\b.*?</th>", re.S)
SHORT = re.compile(r"\b\w{1,3} [=≈≤≥] (?=[−-]?\d)|\b[a-z] [+−] (?=1\b)|(?<=\d) ± (?=\d)")
BETWEEN_TAGS = re.compile(r"(?<=>)[^<]+")


def together(html: str) -> str:
    """Set what a cell's checks, captions and heads of tables say: no line breaks in a short formula."""

    def short(text: str) -> str:
        text = SHORT.sub(lambda formula: formula[0].replace(" ", "\u00a0"), text)
        return HYPHENED.sub(r'<span class="together">\1</span>', text)

    def check(text: str) -> str:
        pieces = scripts(check_line(text))
        return "".join(f"<{tag}>{piece}</{tag}>" if tag else piece for tag, piece in pieces)

    for part, change in ((CHECK, check), (HEADS, short)):
        html = part.sub(lambda said: BETWEEN_TAGS.sub(lambda text: change(text[0]), said[0]), html)
    return html


def keep_formulas(app: Sphinx, page: str, template: str, context: dict, document: nodes.document | None) -> None:
    if "body" in context:
        context["body"] = together(context["body"])


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", keep_formulas)
    app.add_transform(KeepNumbers)
    app.add_transform(UniqueIds)
    app.add_transform(KeepPunctuation)
    app.add_post_transform(SpaceBeforeLink)
    app.add_post_transform(KeepNumberOfLink)
    app.add_post_transform(KeepHyphened)
