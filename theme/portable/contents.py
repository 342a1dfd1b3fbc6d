"""The book's pages in reading order, but for slides, as the build of the site has left them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

ARTICLE = re.compile(r'<article class="bd-article">(.*?)</article>', re.DOTALL)
SLIDES = re.compile(r'<html\b[^>]*\bclass="deck"')


@dataclass(frozen=True)
class Page:
    """A page of the site: its name, the caption of its part, how deep it stands in the contents, and its HTML."""

    name: str
    part: str
    depth: int
    article: str = field(repr=False)


@dataclass(frozen=True)
class Book:
    """The pages, and what a title page says."""

    folder: Path
    title: str
    author: str
    licence: str
    year: str
    pages: tuple[Page, ...] = field(repr=False)

    @property
    def site(self) -> Path:
        return self.folder / "_build" / "html"

    @property
    def day(self) -> datetime | None:
        """The day that the book states: that of ``SOURCE_DATE_EPOCH``, or none."""
        given = os.environ.get("SOURCE_DATE_EPOCH")
        return datetime.fromtimestamp(int(given), UTC) if given else None


def read(folder: Path) -> Book:
    """The book in `folder`, whose site is built.

    Raises
    ------
    FileNotFoundError
        If the site has not all pages of the table of contents.
    """
    settings = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    pages = []
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    for name, part, depth in listed(toc):
        page = folder / "_build" / "html" / f"{name}.html"
        if not page.is_file():
            raise FileNotFoundError(f"{page} is missing: build the site first (make book)")
        text = page.read_text(encoding="utf-8")
        if SLIDES.search(text):  # they show what stands elsewhere in the book
            continue
        article = ARTICLE.search(text)
        pages.append(Page(name, part, depth, article[1]))
    return Book(
        folder=folder,
        title=settings["sphinx"]["config"]["html_title"],
        author=settings["author"],
        licence=settings["html"]["extra_footer"],
        year=str(settings["copyright"]),
        pages=tuple(pages),
    )


def listed(node: dict, part: str = "", depth: int = 0) -> Iterator[tuple[str, str, int]]:
    """Names, parts' captions and depths of the pages of a table of contents."""
    for key in ("root", "file"):
        if key in node:
            yield node[key].removesuffix(".md"), part, depth
    below = depth + ("file" in node)
    for group in node.get("parts", []):
        yield from listed(group, group.get("caption", ""), depth)
    for key in ("chapters", "sections"):
        for entry in node.get(key, []):
            yield from listed(entry, part, below)
