"""Small mends of a page's text: unique ids, punctuation that stays with its formula, per cent with its number."""

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
    """A formula in a line keeps the bracket before it and the comma, or the "-th", after it: no line breaks there."""

    default_priority = 502

    def apply(self) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent, index = formula.parent, formula.parent.index(formula)
            before = parent[index - 1] if index else None
            after = parent[index + 1] if index + 1 < len(parent) else None
            opened = re.search(r"[(\[‘“\"]+$", before) if isinstance(before, nodes.Text) else None
            ended = re.match(r"[,.;:!?)\]’”\"%]+|-\w+[,.]?", after) if isinstance(after, nodes.Text) else None
            if not opened and not ended:
                continue
            together = nodes.inline("", "", formula.deepcopy(), classes=["together"])
            first, last = index, index + 1
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


# a space at which no line breaks: between a number and its "%", between "Theorem" and its number
FIXED = re.compile(
    r"(?<=\d) (?=%)|"
    r"(\b(?:Chapter|Corollary|Exercise|Figure|Lemma|Part|Proposition|Section|Step|Theorem)s?) (?=\d|[IVX]+\b)"
)


class KeepNumbers(SphinxTransform):
    """No line breaks between a number and what it belongs to."""

    default_priority = 503

    def apply(self) -> None:
        for text in list(self.document.findall(nodes.Text)):
            kept = FIXED.sub(lambda match: f"{match[1] or ''}\u00a0", text)
            if kept != text and not isinstance(text.parent, VERBATIM):
                text.parent.replace(text, nodes.Text(kept))


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


def setup(app: Sphinx) -> None:
    app.add_transform(KeepNumbers)
    app.add_transform(UniqueIds)
    app.add_transform(KeepPunctuation)
    app.add_post_transform(SpaceBeforeLink)
