"""How the book is built: what stock Jupyter Book lacks, as one Sphinx extension, one module a concern."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import consistency, execution, figures, frontend, layers, ledger, maths, sources, text


def setup(app: Sphinx) -> dict[str, bool]:
    for concern in (sources, consistency, execution, figures, text, ledger, layers, maths, frontend):
        concern.setup(app)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
