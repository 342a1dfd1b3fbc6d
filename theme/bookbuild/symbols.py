"""The index of symbols: the letters of the notation's tables, each with the page that needs it first."""

from __future__ import annotations

import re
import unicodedata

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .tex import readable

logger = logging.getLogger(__name__)
HEAD = "letter"  # heading of the first column of a table of letters
LAST = "first on"  # and of its last


class symbols(nodes.General, nodes.Element):
    """Place of the index; attribute `source`: the page with the tables."""


class SymbolsDirective(SphinxDirective):
    """``{symbols} page``: the letters of that page's tables in alphabetical order, Latin, Greek, then signs."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return [symbols(source=self.arguments[0])]


def order(row: nodes.row) -> tuple:
    """Key by which letters are sorted."""
    formula = row[0].next_node(nodes.math)
    tex = re.sub(r"\\(mathrm|mathcal|mathbb|mathbf|operatorname)", "", formula.astext()) if formula else row[0].astext()
    text = unicodedata.normalize("NFKC", readable(tex) or tex).lstrip("\\{(")
    first = text[:1]
    kind = 0 if first.isascii() and first.isalpha() else 1 if "GREEK" in unicodedata.name(first, "") else 2
    return kind, first.lower(), first, text


class FillSymbols(SphinxPostTransform):
    """Put the index in its place, before its references are resolved."""

    default_priority = 4

    def run(self) -> None:
        for place in list(self.document.findall(symbols)):
            place.replace_self(self._table(place["source"]))

    def _table(self, source: str) -> nodes.table:
        tables = [
            table for table in self.env.get_doctree(source).findall(nodes.table)
            if _heads(table)[:1] == [HEAD] and _heads(table)[-1] == LAST
        ]  # fmt: skip
        if not tables:
            logger.warning("no table of letters in %s", source, location=self.env.docname)
        rows = sorted((row for table in tables for row in table.next_node(nodes.tbody)), key=order)
        table, group, body = nodes.table(classes=["symbols", "stacked"]), nodes.tgroup(cols=3), nodes.tbody()
        table += group
        heads = [nodes.entry("", nodes.paragraph(text=text)) for text in (HEAD, "meaning", LAST)]
        group += [nodes.colspec(colwidth=width) for width in (20, 55, 25)]
        group += [nodes.thead("", nodes.row("", *heads)), body]
        for row in rows:
            cells = [row[0].deepcopy(), row[1].deepcopy(), self._first_page(source, row[-1])]
            for link in (link for cell in cells for link in cell.findall(addnodes.pending_xref)):
                link["refdoc"] = self.env.docname  # to be resolved from here, not from the page of the tables
            body += nodes.row("", *cells)
        return table

    def _first_page(self, source: str, cell: nodes.entry) -> nodes.entry:
        """The last cell; "this page" is the page of the tables."""
        if any(cell.findall(addnodes.pending_xref)):
            return cell.deepcopy()
        address = self.app.builder.get_relative_uri(self.env.docname, source)
        link = nodes.reference("", self.env.titles[source].astext(), refuri=address, internal=True)
        return nodes.entry("", nodes.paragraph("", "", link))


def _heads(table: nodes.table) -> list[str]:
    head = table.next_node(nodes.thead)
    return [entry.astext() for entry in head.findall(nodes.entry)] if head is not None else []


def setup(app: Sphinx) -> None:
    app.add_node(symbols)
    app.add_directive("symbols", SymbolsDirective)
    app.add_post_transform(FillSymbols)
