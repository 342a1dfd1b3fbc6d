"""The style sheet, the fonts and the scripts from this machine: no page asks another host."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.html._assets import _file_checksum

from . import times
from .sources import THEME

SCRIPTS = (
    "plot.js", "player.js", "folds.js", "fading.js", "forecast.js", "formulas.js", "map.js", "previews.js",
    "quiz.js", "search.js", "times.js",
)  # fmt: skip
STRAY = shutil.ignore_patterns(".*", "*~", "#*#")
ASSET = re.compile(r'(?<= )((?:href|src)="([^"?:]*\.(?:css|js)))(?:\?v=\w+)?(?=")')


def finish_site(app: Sphinx, exception: Exception | None) -> None:
    """Complete the site's files, then mend its pages."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    copy_front_end(site / "_static")
    for page in sorted(set(site.rglob("*.html")) - set((site / "_static").rglob("*"))):
        text = page.read_text(encoding="utf-8")
        mended = mend(text, page, app.config.html_favicon)
        if mended != text:
            page.write_text(mended, encoding="utf-8")


def copy_front_end(static: Path) -> None:
    """Style sheet, fonts and scripts into the site; the theme's half-megabyte of icons out of it."""
    shutil.copytree(THEME / "fonts", static / "fonts", dirs_exist_ok=True, ignore=STRAY)
    for name in ("book.css", "slides.css", "slides.js", *SCRIPTS):
        shutil.copy(THEME / name, static / name)
    # the icons that the theme's pages use are drawn in book.css
    for heavy in static.glob("scripts/fontawesome.js*"):
        heavy.unlink()
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)


def mend(text: str, page: Path, favicon: str) -> str:
    """A page of the site without the icons' script, and with a version in the address of all that it loads.

    Sphinx takes the version from the file that it finds when it writes the page: none in a first build, an old one
    where the file changes later. The root page, which only leads on to the first chapter, names no icon.
    """
    text = re.sub(r'\s*<script defer src="[^"]*/?_static/scripts/fontawesome\.js[^"]*"></script>', "", text)
    text = text.replace('role="doc-biblioentry"', 'role="listitem"')  # a deprecated role
    text = re.sub(r'<summary>(?=<span class="toctree-toggle")', '<summary aria-label="The pages below">', text)
    # a notebook is kept, not shown as JSON in a tab
    text = re.sub(r'(<a href="[^"]+\.ipynb") target="_blank"(?=\s+class="btn )', r"\1 download", text)
    if 'http-equiv="Refresh"' in text and 'rel="icon"' not in text:
        text = f'<link rel="icon" href="_static/{Path(favicon).name}" />\n{text}'

    def versioned(match: re.Match[str]) -> str:
        if Path(match[2]).name == times.FILE:  # no two builds share it, and all pages are to be the same
            return match[0]
        version = _file_checksum(page.parent, match[2])
        return f"{match[1]}?v={version}" if version else match[0]

    return ASSET.sub(versioned, text)


def setup(app: Sphinx) -> None:
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it; we load no comments
    app.add_css_file("book.css", priority=900)
    app.add_js_file(None, body='document.documentElement.classList.add("js");', priority=100)
    for name in SCRIPTS:
        app.add_js_file(name, loading_method="defer")
    app.connect("build-finished", finish_site, priority=900)  # after the theme, which writes a style sheet so late
