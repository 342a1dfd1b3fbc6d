"""How the book is built: what stock Jupyter Book lacks, as one Sphinx extension, one module a concern."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import address, api, cite, consistency, course, execution, figures, frontend, layers, ledger, links, map, maths
from . import previews, quiz, results, search, sittings, slides, sources, syllabus, symbols, terms, text, times
from . import upkeep

CONCERNS = (
    upkeep, sources, consistency, execution, figures, text, ledger, results, layers, api, address, cite, times, terms,
    links, symbols, sittings, map, search, quiz, course, syllabus, slides, maths, frontend, previews,
)  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    for concern in CONCERNS:
        concern.setup(app)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
