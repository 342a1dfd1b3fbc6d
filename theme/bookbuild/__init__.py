"""How the book is built: what stock Jupyter Book lacks, as one Sphinx extension, one module a concern."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import address, api, cite, consistency, course, execution, figures, frontend, labels, layers, ledger, links
from . import literature, map, maths, notebooks, numbering, previews, quiz, results, search, sittings, slides, sources
from . import syllabus, symbols, terms, text, times, upkeep, wheel

CONCERNS = (
    upkeep, sources, numbering, consistency, execution, figures, text, ledger, results, layers, api, address, cite,
    literature, times, terms, links, symbols, sittings, map, search, quiz, course, syllabus, slides, maths, frontend,
    previews, labels, notebooks, wheel,
)  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    for concern in CONCERNS:
        concern.setup(app)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
