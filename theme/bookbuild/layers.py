"""The layers of a page: sources stand below statements; long proofs, checks and what draws a figure are folded.

Everything is open in print, in the PDF and without JavaScript; `theme/folds.js` folds and opens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_proof.nodes import proof_node

LINE = 92  # characters of a proof's line on a desktop
LONG = 10  # lines; a proof that is longer is folded
DISPLAY = 2.5  # lines of a displayed formula's row


class fold(nodes.General, nodes.Element):
    """What stands behind one line: attributes `label`, `kind` ("proof" or "check") and `name` (its id)."""


class Layers(SphinxPostTransform):
    """Move sources below their statements; fold proofs and checks."""

    default_priority = 800
    formats = ("html",)

    def run(self) -> None:
        proofs = [proof for proof in self.document.findall(proof_node) if lines(proof) > LONG]
        for number, proof in enumerate(proofs):
            _wrap([proof], fold(kind="proof", label="Proof", name=f"fold-proof-{number}"))
        title = self.document.next_node(nodes.title)
        if proofs and title is not None:
            button = '<button type="button" class="open-proofs" hidden>Open all proofs</button>'
            title.parent.insert(title.parent.index(title) + 1, nodes.raw("", button, format="html"))
        for line in self.document.findall(lambda n: isinstance(n, nodes.raw) and 'class="check"' in n.astext()):
            line[:] = [nodes.Text(_kept(line.astext()))]
        for number, cells in enumerate(list(_runs_of_checks(self.document))):
            count = sum(cell.astext().count('class="check"') for cell in cells)
            for cell in cells:
                _open_the_rest(cell)
            label = f"Checked in this build: {count} comparison{'s' if count != 1 else ''}"
            _wrap(cells, fold(kind="check", label=label, name=f"fold-check-{number}"))


def lines(proof: nodes.Element) -> float:
    """About how many lines a proof takes."""
    total = 0.0
    for node in proof.findall(lambda n: isinstance(n, (nodes.paragraph, nodes.math_block))):
        if isinstance(node, nodes.math_block):
            total += DISPLAY * (1 + node.astext().count("\\\\"))
        else:
            formulas = [formula.astext() for formula in node.findall(nodes.math)]
            text = len(node.astext()) - sum(map(len, formulas))
            text += sum(len(re.sub(r"\\[a-zA-Z]+|[{}^_\\]", "", formula)) for formula in formulas)
            total += -(-text // LINE)
    return total


def _kept(line: str) -> str:
    """A check's line in which "2 ± 5 %" and "k + 1" are not broken; its attributes stay, for the ledger."""
    attributes, end, shown = line.partition("</b>")
    return attributes + end + re.sub(r"(?<=\w) ([-±+−]) (?=\w)", "\u00a0\\1\u00a0", shown)


def _is_check(node: nodes.Node) -> bool:
    """Whether a cell does nothing but check."""
    if not isinstance(node, nodes.container) or node.get("nb_element") != "cell_code":
        return False
    return any('class="check"' in raw.astext() for raw in node.findall(nodes.raw))


def _runs_of_checks(document: nodes.document) -> Iterator[list[nodes.container]]:
    """Neighbouring cells of checks."""
    seen: set[int] = set()
    for cell in document.findall(nodes.container):
        if id(cell) in seen or not _is_check(cell):
            continue
        run, siblings = [cell], cell.parent
        for following in siblings[siblings.index(cell) + 1 :]:
            if not _is_check(following):
                break
            run.append(following)
        seen |= {id(part) for part in run}
        yield run


def _open_the_rest(cell: nodes.container) -> None:
    """What a cell shows besides its check lines is not folded: it moves behind the cell."""
    others = []
    for output in cell.findall(lambda n: isinstance(n, nodes.container) and n.get("nb_element") == "cell_code_output"):
        for part in list(output.children):
            if not any('class="check"' in raw.astext() for raw in part.findall(nodes.raw)):
                output.remove(part)
                others.append(part)
    if others:
        shown = nodes.container(classes=["cell"], nb_element="cell_code")
        inner = nodes.container(classes=["cell_output", "docutils"], nb_element="cell_code_output")
        inner += others
        shown += inner
        cell.parent.insert(cell.parent.index(cell) + 1, shown)


def _wrap(parts: list[nodes.Element], around: fold) -> None:
    parent = parts[0].parent
    index = parent.index(parts[0])
    after = [part for part in parent[index : parent.index(parts[-1]) + 1] if part not in parts]
    for part in parts:
        parent.remove(part)
    around += parts
    for part in after:
        parent.remove(part)
    parent[index:index] = [around, *after]


def join_hidden(app: Sphinx, document: nodes.document) -> None:
    """Neighbouring cells of which only the folded code would be seen stand behind one line."""
    for cell in list(document.findall(_hides_its_code)):
        following = cell.next_node(descend=False, siblings=True)
        if len(cell.children) == 1 and following is not None and _hides_its_code(following):
            following.children[0][:0] = cell.children[0].children
            cell.parent.remove(cell)


def _hides_its_code(node: nodes.Node) -> bool:
    if not isinstance(node, nodes.container) or node.get("hide_mode") != "input" or not node.children:
        return False
    return node.children[0].get("nb_element") == "cell_code_source"


def source_below(app: Sphinx, document: nodes.document) -> None:
    """``Name; source`` is a statement's title: the name stays, the source moves below the statement."""
    for statement in document.findall(lambda n: isinstance(n, nodes.Element) and "realtype" in n):
        title = statement.next_node(nodes.title)
        last = next((t for t in reversed(list(title.findall(nodes.Text))) if ";" in t), None) if title else None
        if last is None:
            continue
        name, _, source = last.rpartition(";")
        last.parent.replace(last, nodes.Text(name.rstrip() + ")"))
        content = statement.next_node(nodes.section)
        said = source.strip().removesuffix(")")
        place = nodes.container(classes=["source", "margin"])  # "margin": the theme's contents make room for it
        place += nodes.paragraph("", said[:1].upper() + said[1:] + ".")
        content += place


def visit_fold(self, node: fold) -> None:
    name = node["name"]
    self.body.append(
        f'<div class="fold {node["kind"]}-fold"><button type="button" class="fold-line" aria-expanded="true" '
        f'aria-controls="{name}">{node["label"]}</button><div class="folded" id="{name}">'
    )


def depart_fold(self, node: fold) -> None:
    self.body.append("</div></div>")


def pass_by(self, node: fold) -> None:
    """Other writers print what is folded."""


def setup(app: Sphinx) -> None:
    others = {name: (pass_by, pass_by) for name in ("latex", "text", "epub")}
    app.add_node(fold, html=(visit_fold, depart_fold), **others)
    app.add_post_transform(Layers)
    app.connect("doctree-read", join_hidden, priority=900)
    app.connect("doctree-read", source_below, priority=900)  # the ledger has read the titles by then
