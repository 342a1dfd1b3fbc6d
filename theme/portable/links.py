"""Links between pages of the site as links inside the book; what only the site has is named without a link."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from .contents import Book

LINK = re.compile(
    r'<a\b(?P<before>[^>]*?)\s(?P<name>(?:xlink:)?href)="(?P<href>[^"]*)"(?P<after>[^>]*)>(?P<text>.*?)</a>', re.DOTALL
)
NAME = re.compile(r'\sid="([^"]*)"')
OUTSIDE = re.compile(r"https?:|mailto:")


class Links:
    """Where the links of a book's pages go.

    Parameters
    ----------
    book : Book
    texts : sequence of str
        HTML of its pages, in their order.
    """

    def __init__(self, book: Book, texts: list[str]) -> None:
        self.names = [page.name for page in book.pages]
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self.anchors = [set(map(html.unescape, NAME.findall(text))) for text in texts]
        self.wanted: list[set[str]] = [set() for _ in texts]
        for number, text in enumerate(texts):
            for page, anchor in filter(None, (self.target(number, match["href"]) for match in LINK.finditer(text))):
                self.wanted[page].add(anchor)

    def target(self, number: int, href: str) -> tuple[int, str] | None:
        """Number of the page that a link of page `number` goes to, and the name in it; None if the book has no such."""
        href = html.unescape(href)
        path, _, anchor = href.partition("#")
        name = self.names[number]
        if path:
            name = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(".html")
        page, anchor = self.numbers.get(name), unquote(anchor)
        if OUTSIDE.match(href) or page is None or (anchor and anchor not in self.anchors[page]):
            return None
        return page, anchor

    def rewrite(self, number: int, text: str, address: Callable[[int, str], str]) -> str:
        """HTML of page `number` with each link inside the book at the address that `address` gives it."""

        def mend(match: re.Match[str]) -> str:
            if OUTSIDE.match(match["href"]):
                return match[0]
            if (target := self.target(number, match["href"])) is None:
                return match["text"]
            href = html.escape(address(*target))
            return f'<a{match["before"]} {match["name"]}="{href}"{match["after"]}>{match["text"]}</a>'

        return LINK.sub(mend, text)
