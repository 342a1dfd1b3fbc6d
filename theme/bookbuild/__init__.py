"""How the book is built: what stock Jupyter Book lacks, as one Sphinx extension, one module a concern."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import api, consistency, execution, figures, frontend, layers, ledger, links, map, maths, previews, quiz
from . import labels, notebooks, wheel
from . import results, search, sittings, sources, symbols, terms, text

CONCERNS = (
    sources, consistency, execution, figures, text, ledger, results, layers,
    api, terms, links, symbols, sittings, map, search, quiz, maths, frontend, previews,
    labels, notebooks, wheel,
)  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    for concern in CONCERNS:
        concern.setup(app)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
