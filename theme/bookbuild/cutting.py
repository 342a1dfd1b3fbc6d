"""Parts of a written page: the element with an id, what it shows, without what only the page needs."""

from __future__ import annotations

import re
from functools import cached_property

OPENS = re.compile(r'<([a-z][a-z0-9]*)\b[^<>]*?\sid="([^"]+)"[^<>]*>')
HEADING = re.compile(r"\s*<h[1-6]\b")
LINK = re.compile(r'<a class="([^"]*\breference internal\b[^"]*)" href="([^"]+)"')
DROPPED = (
    re.compile(r'<a class="headerlink".*?</a>', re.S),
    re.compile(r"<(script|button|input|output|template)\b[^>]*>.*?</\1>|<input\b[^>]*>", re.S),
    re.compile(r'<span class="viewcode-link">.*?</span></span>', re.S),
    re.compile(r"</?a\b[^>]*>"),
)
HEAVIEST = 60_000  # characters of a picture in a preview


class Page:
    """A page of the site as text."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def article(self) -> str:
        """What stands between the page's bars."""
        start = self.html.find('<article class="bd-article"')
        return self.html[start : self.html.rfind("</article>")] if start >= 0 else ""

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the elements with an id begin in the article."""
        return {match[2]: match.start() for match in OPENS.finditer(self.article)}

    def links(self) -> list[str]:
        """Addresses of the article's links into the book."""
        return list(dict.fromkeys(match[2] for match in LINK.finditer(self.article)))

    def element(self, start: int) -> str:
        """The element that begins at a place, to its end."""
        name = re.compile(r"<([a-z][a-z0-9]*)").match(self.article, start)[1]
        depth = 0
        for tag in re.compile(rf"<(/?){name}\b[^<>]*>").finditer(self.article, start):
            depth += -1 if tag[1] else 1
            if depth == 0:
                return self.article[start : tag.end()]
        return self.article[start:]

    def first(self, name: str, start: int) -> str:
        """The first element of that name after a place."""
        found = re.compile(rf"<{name}\b").search(self.article, start)
        return self.element(found.start()) if found else ""

    def part(self, name: str) -> str | None:
        """What a preview of a place shows; without a name, the beginning of the page."""
        if not name:
            return self._beginning(0)
        start = self.places.get(name)
        if start is None:
            return None
        opening = OPENS.match(self.article, start)
        tag = opening[1]
        if tag == "section":
            return self._beginning(start)
        if tag == "dt":
            said = re.compile(r"\s*</dt>\s*<dd[^>]*>").search(self.article, start)
            function = 'class="sig' in opening[0]
            text = self.first("p", said.end()) if function else self.element(said.start() + said[0].index("<dd"))
            return clean(self.element(start) + text)
        if tag == "span" and self.element(start) == f"{opening[0]}</span>":
            after = start + len(self.element(start))
            if HEADING.match(self.article, after):
                return self._beginning(after)
            following = re.compile(r"\s*(?=<[a-z])").match(self.article, after)
            return clean(self.element(following.end())) if following else None
        whole = clean(self.element(start))
        if tag == "figure" and len(whole) > HEAVIEST:
            return clean(self.first("figcaption", start))
        return whole if len(whole) <= HEAVIEST else None

    def _beginning(self, start: int) -> str | None:
        """A heading and the paragraph below it."""
        heading = re.compile(r"<h[1-6]\b").search(self.article, start)
        if not heading:
            return None
        title = self.element(heading.start())
        text = next(
            (p for p in self._paragraphs(heading.start() + len(title)) if 'class="subtitle"' not in p), ""
        )
        inner = re.sub(r"^<h[1-6][^>]*>|</h[1-6]>$", "", title)
        return clean(f'<p class="preview-title">{inner}</p>{text}')

    def _paragraphs(self, start: int) -> list[str]:
        """Paragraphs between a place and the next heading."""
        end = re.compile(r"<h[1-6]\b").search(self.article, start)
        stretch = self.article[start : end.start() if end else None]
        return re.findall(r"<p\b.*?</p>", stretch, re.S)


def clean(html: str) -> str:
    """HTML that may stand on another page: no ids, no links, nothing that works; ids inside pictures get new names."""
    for what in DROPPED:
        html = what.sub("", html)
    picture = re.compile(r"<svg\b.*?</svg>", re.S)
    pictures = [re.sub(r'(\bid="|href="#|url\(#)', r"\1preview-", found) for found in picture.findall(html)]
    html = re.sub(r' (?:id|title|tabindex|role|aria-(?!hidden)\w+|data-[\w-]+)="[^"]*"', "", picture.sub("\0", html))
    for found in pictures:
        html = html.replace("\0", found, 1)
    return re.sub(r"\s+", " ", html).strip()
