"""Previews of what a link points to: for each page a script with what its links show, loaded when one is wanted.

The previews are cut from the written pages, so formulas and pictures look as they do there. A script, not a
request for data: so that the site also works from a plain folder.
"""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from urllib.parse import unquote

from sphinx.application import Sphinx

from .cutting import Page

FOLDER = "previews"


def gather(page: str, pages: dict[str, Page]) -> dict[str, str]:
    """The previews of a page's links, by address as it stands in the page."""
    found = {}
    for address in pages[page].links():
        path, _, name = address.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(path))) if path else page
        part = pages[target].part(unquote(name)) if target in pages else None
        if part:
            found[address] = part
    return found


def write_previews(app: Sphinx, exception: Exception | None) -> None:
    """Write the scripts of all pages; of those that are gone, delete them."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    names = sorted(f"{name}.html" for name in app.env.found_docs)
    pages = {name: Page((site / name).read_text(encoding="utf-8")) for name in names if (site / name).is_file()}
    written = set()
    for name in pages:
        target = (site / FOLDER / name).with_suffix(".js")
        written.add(target)
        found = json.dumps(gather(name, pages), ensure_ascii=False, separators=(",", ":"))
        text = f"showPreviews({found})\n"
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    for old in set((site / FOLDER).rglob("*.js")) - written:
        old.unlink()


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write_previews, priority=950)  # of finished pages
