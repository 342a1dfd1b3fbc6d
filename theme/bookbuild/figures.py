"""Cells with a caption become numbered figures, whatever they show."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class NumberedFigures(SphinxTransform):
    """Turn the output of a cell with ``mystnb: figure:`` metadata into a numbered figure with its caption."""

    default_priority = 500  # before the domains collect labels (850)

    def apply(self) -> None:
        for cell in list(self.document.findall(nodes.container)):
            options = (cell.get("cell_metadata") or {}).get("mystnb", {}).get("figure")
            outputs = [part for part in cell.children if part.get("nb_element") == "cell_code_output"]
            if not options or not outputs or any(cell.findall(nodes.figure)):
                continue
            figure = nodes.figure(classes=["experiment"])
            figure += outputs[-1].children[-1:]
            caption = nodes.caption()
            caption += self._inline(options["caption"])
            figure += caption
            figure["names"].append(options["name"])
            self.document.note_explicit_target(figure)
            outputs[-1].children[-1:] = []
            outputs[-1] += figure

    def _inline(self, text: str) -> list[nodes.Node]:
        """The caption's Markdown, by the parser of the page."""
        from myst_parser.config.main import MdParserConfig
        from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
        from myst_parser.parsers.mdit import create_md_parser

        parser = create_md_parser(
            MdParserConfig(enable_extensions={"dollarmath", "colon_fence"}, dmath_double_inline=True), SphinxRenderer
        )
        document = nodes.document(self.document.settings, self.document.reporter)
        document.settings.env = self.env
        parser.options["document"] = document
        parser.render(text)
        (paragraph,) = [node for node in document.children if isinstance(node, nodes.paragraph)]
        return paragraph.children


def setup(app: Sphinx) -> None:
    app.add_transform(NumberedFigures)
