"""MathJax, the style sheet, the fonts and the sliders' player from this machine: no page asks another host."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from sphinx.application import Sphinx

THEME = Path(__file__).parent.parent
MATHJAX = (
    "startup.js", "core.js", "input/tex.js", "input/tex/extensions", "output/chtml.js", "output/chtml/fonts",
    "a11y/assistive-mml.js",
)  # fmt: skip


def copy_front_end(app: Sphinx, exception: Exception | None) -> None:
    """Style sheet, fonts, player and MathJax into the site; the theme's half-megabyte of icons out of it."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    shutil.copytree(THEME / "fonts", static / "fonts", dirs_exist_ok=True)
    for name in ("book.css", "player.js"):
        shutil.copy(THEME / name, static / name)
    source = Path(distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
    for part in MATHJAX:
        target = static / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target, dirs_exist_ok=True)
        else:
            shutil.copy(source / part, target)
    # the icons that the theme's pages use are drawn in book.css
    for heavy in static.glob("scripts/fontawesome.js*"):
        heavy.unlink()
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        slim = re.sub(r'\s*<script defer src="[^"]*/?_static/scripts/fontawesome\.js[^"]*"></script>', "", text)
        slim = slim.replace('role="doc-biblioentry"', 'role="listitem"')  # a deprecated role
        if slim != text:
            page.write_text(slim, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it; we load no comments
    app.add_css_file("book.css", priority=900)
    app.add_js_file(None, body='document.documentElement.classList.add("js");', priority=100)
    app.add_js_file("player.js", loading_method="defer")
    app.connect("build-finished", copy_front_end)
