"""The book as HTML for paper: title page, contents, a file a chapter, and the marks at the edges of its pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path

from . import fonts
from .contents import Book
from .links import Links
from .mathml import said
from .still import ABOUT, Held, Still, code

ADDRESS = "https://book.invalid"  # of the book itself, until it is bound
FORMULA = "\u2062"  # begins the description of a formula, until it is bound
SHEETS = ("pygments.css", "formulas.css", "book.css")
SHEETS_A_FILE = 60  # the time to print a file grows faster than its pages
DESIGN = Path(__file__).with_name("paper.css")


def prepare(book: Book, folder: Path) -> None:
    """Style sheets and fonts into `folder`."""
    fonts.copy(book.site, folder / "fonts")
    for name in SHEETS:
        shutil.copy(book.site / "_static" / name, folder / name)
    shutil.copy(DESIGN, folder / "paper.css")


def document(title: str, body: str, kind: str) -> str:
    """A file of HTML with the book's style sheets."""
    links = "".join(f'<link rel="stylesheet" href="{name}">' for name in (*SHEETS, "paper.css"))
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'{links}</head><body class="{kind}">{body}</body></html>'
    )


def chapter(page: Still, links: Links, number: int) -> str:
    """A page as a chapter; an empty list of links names every place in it to which a link of the book goes."""
    text = page.html(formula=formula, code=code)
    text = links.rewrite(number, text, lambda page, name: f"{ADDRESS}/{page}#{name}")
    names = links.wanted[number] | {heading.name for heading in page.headings}
    places = "".join(f'<a href="#{escape(name)}"></a>' for name in sorted(names - {""}))
    article = f'<div class="bd-article-container"><article class="bd-article">{text}</article></div>'
    body = f'<main class="bd-main"><div class="bd-content">{article}</div></main><nav hidden>{places}</nav>'
    return document(page.title, body, "chapter")


def formula(held: Held) -> str:
    """A formula as the site shows it, and a point with its description, which is read aloud."""
    shown, read = held.formula
    label = f"{FORMULA}{escape(said(read))}"
    return f'<svg class="described" role="img" aria-label="{label}"><rect width="1" height="1"/></svg>{shown}'


def front(book: Book, chapters: Sequence[Still], starts: Sequence[int]) -> str:
    """Title page and contents; `starts` are the pages on which the chapters begin."""
    day = f"<p>{book.day:%Y-%m-%d}</p>" if book.day else ""
    name, _, rest = book.title.partition(": ")
    lines = [
        f'<section class="title-page"><h1>{escape(name)}</h1>{f"<p>{escape(rest)}</p>" if rest else ""}'
        f"<p>{escape(book.author)}</p>{day}<p>{escape(book.licence)}</p>"
        f'<p class="about">{ABOUT}</p></section>'
        '<section class="contents"><h1>Contents</h1>'
    ]
    part = ""
    for number, (page, still, start) in enumerate(zip(book.pages, chapters, starts, strict=True)):
        if page.part != part:
            part = page.part
            lines.append(f"<h2>{escape(part)}</h2>")
        match = re.match(r"(?:(\d+)\. )?(.*)", still.title)
        lines.append(
            f'<p class="entry depth-{page.depth}"><a href="{ADDRESS}/{number}#">'
            f'<span class="number">{match[1] or ""}</span><span class="name">{escape(match[2])}</span>'
            f'<span class="dots"></span><span class="page">{start}</span></a></p>'
        )
    return document(book.title, "".join(lines) + "</section>", "front")


def marks(book: Book, chapters: Sequence[Still], lengths: Sequence[int], before: int) -> list[str]:
    """Sheets with nothing but the numbers of the pages and the titles above them, `before` sheets first, in files."""
    numbers = ["", *map(roman, range(2, before + 1))]  # the title page has none
    sheets = [f'<div class="sheet"><p class="number">{number}</p></div>' for number in numbers]
    count = 0
    for still, length in zip(chapters, lengths, strict=True):
        for place in range(length):
            count += 1
            titles = f'<p class="left">{escape(book.title)}</p><p class="right">{escape(still.title)}</p>'
            sheets.append(f'<div class="sheet">{titles if place else ""}<p class="number">{count}</p></div>')
    groups = (sheets[start : start + SHEETS_A_FILE] for start in range(0, len(sheets), SHEETS_A_FILE))
    return [document(book.title, "".join(group), "marks") for group in groups]


def roman(number: int) -> str:
    """A number of the pages before the first chapter."""
    text = ""
    for value, letters in ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        text += letters * (number // value)
        number %= value
    return text
