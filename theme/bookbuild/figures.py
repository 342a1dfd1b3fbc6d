"""Cells with a caption become numbered figures, whatever they show."""

from __future__ import annotations

from docutils import nodes
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)


def has_failed(document: nodes.document) -> bool:
    """Whether a page shows an error that one of its cells was not meant to raise."""
    return any(
        "raises-exception" not in (cell.get("cell_metadata") or {}).get("tags", [])
        and any("traceback" in block["classes"] for block in cell.findall(nodes.literal_block))
        for cell in document.findall(nodes.container)
        if cell.get("nb_element") == "cell_code"
    )


class NumberedFigures(SphinxTransform):
    """Give every cell with ``mystnb: figure:`` metadata its figure: myst-nb does so for pictures and HTML only.

    Text becomes a figure, and so do an error and a cell that an error kept from running: the page's error is
    reported where it occurred, not again wherever one of its figures is referred to.
    """

    default_priority = 500  # before the domains collect labels (850)

    def apply(self) -> None:
        failed = has_failed(self.document)
        for cell in list(self.document.findall(nodes.container)):
            options = (cell.get("cell_metadata") or {}).get("mystnb", {}).get("figure")
            if not options or any(cell.findall(nodes.figure)):
                continue
            outputs = [part for part in cell.children if part.get("nb_element") == "cell_code_output"]
            if not outputs and not failed:
                logger.warning("a caption, but nothing to show: %s", options["name"], location=cell)
            place = outputs[-1] if outputs else cell
            shown = place.children[-1:] if outputs else []
            figure = nodes.figure("", *shown, nodes.caption("", "", *self._inline(options["caption"])))
            figure["classes"].append("experiment")
            figure["names"].append(nodes.fully_normalize_name(options["name"]))
            self.document.note_explicit_target(figure)
            place.children[len(place.children) - len(shown) :] = []
            place += figure

    def _inline(self, text: str) -> list[nodes.Node]:
        """The caption's Markdown, by the parser of the page."""
        parser = create_md_parser(self.env.myst_config, SphinxRenderer)
        document = nodes.document(self.document.settings, self.document.reporter, source=self.document["source"])
        parser.options["document"] = document
        parser.render(text)
        (paragraph,) = [node for node in document.children if isinstance(node, nodes.paragraph)]
        return paragraph.children


def setup(app: Sphinx) -> None:
    app.add_transform(NumberedFigures)
