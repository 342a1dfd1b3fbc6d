"""How to cite a page: a fold at its foot with a line of text and a BibTeX entry.

The day of the build is stated there and nowhere else on a page, in `time` elements: the one thing in which two builds
of the same sources may differ. It is today's, or that of the environment variable ``SOURCE_DATE_EPOCH``.
"""

from __future__ import annotations

import os
import re
from datetime import datetime, timezone
from pathlib import Path

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx

from .about import About, about
from .search import plain

MONTHS = ("January February March April May June July August September October November December").split()
SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def build_day() -> datetime:
    """The day that the pages state, in UTC."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(given), timezone.utc) if given else datetime.now(timezone.utc)


def spoken(day: datetime) -> str:
    """A day as we write it, whatever the machine's language."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def tex(title: nodes.Node) -> str:
    """A title for BibTeX: formulas as they are, other special characters escaped."""
    if isinstance(title, nodes.math):
        return f"${title.astext()}$"
    if isinstance(title, nodes.Text):
        return re.sub(r"[\\~^&%$#_{}]", lambda match: SPECIAL.get(match[0], f"\\{match[0]}"), title.astext())
    return "".join(map(tex, title.children))


def key(docname: str, whole: bool = False) -> str:
    """A page's key, such as "forgetting-one-word"; the book has its own."""
    return "how-fast-do-models-forget" if whole else docname.removeprefix("chapters/").replace("/", "-")


def line(book: About, title: str, number: str, day: datetime, address: str) -> Markup:
    """The page in one line of text; `title` is empty for the whole book."""
    said = Markup(f'<time datetime="{day:%Y-%m-%d}">{spoken(day)}</time>')
    page = Markup("“{}”, ").format(title) if title else ""
    chapter = f"chapter {number} of " if number else "in " if title else ""
    version = f", version {book.version}" if book.version else ""
    text = Markup("{}, {}{}<cite>{}</cite>{}, built on {}.")
    names = " and ".join(book.authors)
    return text.format(names, page, chapter, book.title, version, said) + (f" {address}" if address else "")


def bibtex(book: About, name: str, title: str, number: str, day: datetime, address: str) -> Markup:
    """The page as a BibTeX entry; `title` is empty for the whole book."""
    year, said = Markup(f"<time>{day.year}</time>"), Markup(f"<time>{spoken(day)}</time>")
    fields = {"author": " and ".join(f"{{{author}}}" for author in book.authors)}
    fields |= {"title": title, "booktitle": book.title} if title else {"title": book.title}
    fields |= {"chapter": number} if number else {}
    fields |= {"year": year}
    version = f"Version {book.version}, built" if book.version else "Built"
    fields |= {"note": Markup("{} on {}").format(version, said)}
    fields |= {"url": address} if address else {}
    width = max(map(len, fields))
    lines = [Markup("  {} = {{{}}}").format(field.ljust(width), value) for field, value in fields.items()]
    kind = "incollection" if title else "book"
    return Markup("@{}{{{},\n{}\n}}").format(kind, name, Markup(",\n").join(lines))


class Citation:
    """What the template of the fold needs, page by page."""

    def __init__(self, book: About, day: datetime) -> None:
        self.book, self.day = book, day

    def offer(self, app: Sphinx, page: str, template: str, context: dict, document: nodes.document | None) -> None:
        """Put text and BibTeX entry of a page into its context; what is no page of the book has none."""
        if document is None:
            return
        whole = page == app.config.root_doc
        title = nodes.title() if whole else app.env.titles[page]
        number = ".".join(map(str, app.env.toc_secnumbers.get(page, {}).get("", ())))
        address = f"{self.book.address}{app.builder.get_target_uri(page)}" if self.book.address else ""
        context["cite"] = {
            "text": line(self.book, plain(title), number, self.day, address),
            "bibtex": bibtex(self.book, key(page, whole), tex(title), number, self.day, address),
        }


def prepare(app: Sphinx) -> None:
    app.connect("html-page-context", Citation(about(Path(app.srcdir)), build_day()).offer)


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", prepare)
