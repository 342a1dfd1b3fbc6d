"""Small mends of a page's text: unique ids, what stays with its formula or its number, titles of solutions."""

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
            before, after = (
                parent[at] if 0 <= at < len(parent) and isinstance(parent[at], nodes.Text) else nodes.Text("")
                for at in (index - 1, index + 1)
            )
            opens = re.search(r"[(\[]*$", before)[0]
            closes = re.match(r"[,.;:!?)\]’”%]+|-\w+[,.]?|", after)[0]
            if opens or closes:
                kept = [nodes.Text(opens), formula.deepcopy(), nodes.Text(closes)]
                together = nodes.inline("", "", *(node for node in kept if node.astext()), classes=["together"])
                rest = [nodes.Text(before[: len(before) - len(opens)]), together, nodes.Text(after[len(closes) :])]
                first, last = index - bool(before), index + 1 + bool(after)
                parent[first:last] = [node for node in rest if node.astext()]


class KeepPerCent(SphinxTransform):
    """No line breaks between a number and its "%"."""

    default_priority = 503

    def apply(self) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if re.search(r"\d %", text) and not isinstance(text.parent, VERBATIM):
                text.parent.replace(text, nodes.Text(re.sub(r"(?<=\d) %", "\u00a0%", text)))


class TitlesOfSolutions(SphinxPostTransform):
    """The link in a solution's title starts at its first letter; its apostrophes are those of the exercise."""

    default_priority = 30

    def run(self) -> None:
        for title in self.document.findall(nodes.title):
            link = title.next_node(nodes.reference)
            if isinstance(title.parent, solution_node) and link is not None:
                for number, text in enumerate(list(link.findall(nodes.Text))):
                    link.replace(text, nodes.Text((text if number else text.lstrip()).replace("'", "’")))
                title.insert(title.index(link), nodes.Text(" "))


def setup(app: Sphinx) -> None:
    app.add_post_transform(TitlesOfSolutions)
    app.add_transform(UniqueIds)
    app.add_transform(KeepPunctuation)
    app.add_transform(KeepPerCent)
