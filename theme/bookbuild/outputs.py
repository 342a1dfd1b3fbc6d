"""Outputs of the book's build as any notebook shows them: a picture where the page has an experiment."""

from __future__ import annotations

import re
from html import unescape

from nbformat import NotebookNode

SVG = re.compile(r'<svg role="img" aria-label="([^"]*)".*?</svg>', re.S)
VALUES = re.compile(r'<p class="values">.*?</p>', re.S)
GUESS = re.compile(r'<div class="guess"><p>(.*?)</p>', re.S)
WORDS = re.compile(r'<p class="words">(.*?)</p>', re.S)
LIVE = re.compile(r"<(script|button|output|label)\b[^>]*>.*?</\1>|<input\b[^>]*>|<script\b[^>]*/>", re.S)
WIDGET = "application/vnd.jupyter.widget-view+json"


def portable(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs without what only the book's own page can bring to life, and without dead controls."""
    found = [_portable(output) for output in outputs]
    return [output for output in found if output is not None]


def _portable(output: NotebookNode) -> NotebookNode | None:
    if output.output_type not in ("display_data", "execute_result"):
        return output
    data = dict(output.data)
    if data.pop(WIDGET, None) and "text/html" not in data:  # a bar of progress: its kernel is gone
        return None
    if not any(mime.startswith(("text/", "image/")) for mime in data):  # a value for the page's text
        return None
    if "text/html" in data:
        data["text/html"] = still("".join(data["text/html"]))
    return NotebookNode(output | {"data": NotebookNode(data)})


def still(html: str) -> str:
    """An output's HTML as a still: pictures with their alt text, and the question of a puzzle before them."""
    from collapse_lib.figures import living  # when the build has said which library is meant

    pictures = SVG.findall(html)
    if not pictures:
        if words := WORDS.search(html):
            return f"<p>{re.sub(r'</?span[^>]*>', '', words[1])}</p>"
        return LIVE.sub("", html) if LIVE.search(html) else html
    shown = "".join(living.image(match[0], unescape(match[1])) for match in SVG.finditer(html))
    shown += "".join(line.replace("</b></span> <span>", "</b></span> · <span>") for line in VALUES.findall(html))
    if guess := GUESS.search(html):
        return f"<p>{guess[1]}</p><details><summary>Show the picture</summary>{shown}</details>"
    return f"<div>{shown}</div>"
