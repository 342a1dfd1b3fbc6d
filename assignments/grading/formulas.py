"""Formulas of the pages of feedback and formgrader, as MathML: no script, and nothing from another host.

The theme's MathJax turns TeX into MathML. What it cannot read stays as it was written.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

__all__ = ["TEMPLATES", "markdown2html", "mathml"]

TEMPLATES = Path(__file__).parent.parent / "pages"  # for JUPYTER_PATH: what nbgrader's pages have in place of MathJax
THEME = Path(__file__).parents[2] / "theme"
PATIENCE = 5.0  # seconds for a formula
_THREAD = ThreadPoolExecutor(1)  # MathJax's own: in formgrader's the engine would wait for itself


@functools.cache
def _writer() -> tuple[Callable[[str, bool], str], type[Exception]]:
    """Start MathJax; return what writes a formula with it, and the error that it may raise."""
    if str(THEME) not in sys.path:
        sys.path.append(str(THEME))
    from portable.mathml import MATHJAX, PARTS, PREPARE, WRITE, complete, said  # slow: it imports all of the theme
    from py_mini_racer import JSEvalException, MiniRacer

    racer = MiniRacer()
    for code in (PREPARE, *((MATHJAX / f"{part}.js").read_text(encoding="utf-8") for part in PARTS), WRITE):
        racer.eval(code)

    def write(tex: str, display: bool) -> str:
        asked = json.dumps([[tex, display]])
        (written,) = json.loads(racer.eval(f"write({asked})", timeout_sec=PATIENCE))
        return complete(written, said(written))

    return write, JSEvalException


@functools.lru_cache(maxsize=10_000)
def mathml(tex: str, *, display: bool = False) -> str:
    """Return MathML of a formula; if MathJax cannot read it, the TeX as code."""
    write, unreadable = _THREAD.submit(_writer).result()
    try:
        return _THREAD.submit(write, tex, display).result()
    except unreadable:
        sign = "$$" if display else "$"
        return f"<code>{escape(sign + tex + sign)}</code>"


class _Renderer(IPythonRenderer):
    """Markdown whose formulas are MathML, and whose pictures may be missing."""

    def block_math(self, body: str) -> str:
        return mathml(body.strip(), display=True)

    def inline_math(self, body: str) -> str:
        return mathml(body.strip())

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return super()._embed_image_or_attachment(src)
        except InvalidNotebook:  # a student's picture that is not there is no reason to have no page
            return src


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Return a cell's or a comment's Markdown as HTML: nbconvert's filter of this name, with formulas as MathML."""
    cell = context.get("cell", {})
    renderer = _Renderer(escape=False, attachments=cell.get("attachments", {}), exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(source)
