"""The book as EPUB 3: a file of XHTML a page, with MathML, SVG and the book's fonts."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from .contents import Book
from .fonts import HERE, TEXT
from .links import Links
from .mathml import Formulas
from .still import ABOUT, Held, Still, code

LANGUAGE = "en"
XHTML = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="book/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
DESIGN = Path(__file__).with_name("epub.css")
COLOURS = re.compile(r'^html\[data-theme="light"\] \{(.*?)\}', re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"var\((--[\w-]+)(?:, ?(#\w+))?\)")
PRESENTATION = re.compile(r' (?:border|align|valign|cellpadding|cellspacing|width)="[^"]*"(?=[^<>]*>)')


def write(book: Book, chapters: Sequence[Still], links: Links, target: Path) -> None:
    """Write the book; the same site and day give the same bytes."""
    formulas = Formulas(book.folder / "_build" / ".doctrees" / "formulas.json")
    wholes = formulas.whole(held.formula[1] for chapter in chapters for held in chapter.held if held.kind == "formula")
    colours = palette(book.site / "_static" / "book.css")
    names = [name(number, chapter) for number, chapter in enumerate(chapters)]
    files = {
        "title.xhtml": xhtml(book.title, title_page(book)),
        "contents.xhtml": xhtml("Contents", contents(book, chapters, names)),
    }
    for number, chapter in enumerate(chapters):
        text = chapter.html(
            formula=lambda held: wholes[held.formula[1]], picture=lambda held: picture(held, colours), code=code
        )
        text = links.rewrite(number, text, lambda page, anchor: f"{names[page]}{f'#{anchor}' if anchor else ''}")
        files[names[number]] = xhtml(chapter.title, f"<main>{text}</main>")
    for file, text in files.items():
        try:
            ET.fromstring(text)
        except ET.ParseError as error:
            raise ValueError(f"{file} is no XML: {error}: {text.splitlines()[error.position[0] - 1][:200]}") from None
    style = VARIABLE.sub(lambda match: colours.get(match[1], match[2]), DESIGN.read_text(encoding="utf-8"))
    day = book.day or datetime(int(book.year), 1, 1, tzinfo=UTC)
    with zipfile.ZipFile(target, "w") as archive:
        add(archive, "mimetype", b"application/epub+zip", day, zipfile.ZIP_STORED)
        add(archive, "META-INF/container.xml", CONTAINER.encode(), day)
        add(archive, "book/book.opf", package(book, files, day).encode(), day)
        add(archive, "book/book.css", style.encode(), day)
        for file, text in files.items():
            add(archive, f"book/{file}", text.encode(), day)
        for font in TEXT:
            add(archive, f"book/fonts/{font}", (HERE / font).read_bytes(), day, zipfile.ZIP_STORED)


def add(archive: zipfile.ZipFile, name: str, data: bytes, day: datetime, method: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, max(day.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))
    entry.compress_type, entry.external_attr, entry.create_system = method, 0o100644 << 16, 3
    archive.writestr(entry, data, compresslevel=9)


def name(number: int, chapter: Still) -> str:
    """A page's file, named after its heading."""
    words = re.findall(r"[a-z0-9]+", chapter.title.lower())
    return f"{number:03}-{'-'.join(words)[:40].strip('-') or 'page'}.xhtml"


def palette(sheet: Path) -> dict[str, str]:
    """The light colours of the site's style sheet by their names: not every reader knows variables."""
    return dict(re.findall(r"(--[\w-]+):\s*(#\w+);", COLOURS.search(sheet.read_text(encoding="utf-8"))[1]))


# ---------------------------------------------------------------- pages


def xhtml(title: str, body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html {XHTML} lang="{LANGUAGE}" xml:lang="{LANGUAGE}">'
        f'<head><meta charset="utf-8"/><title>{escape(title)}</title><link rel="stylesheet" href="book.css"/></head>'
        f"<body>{valid(body)}</body></html>\n"
    )


def valid(text: str) -> str:
    """HTML without the attributes that XHTML of an EPUB does not know."""
    return re.sub(r"<(?:table|td|th|tr|col|div|p|img)\b[^>]*>", lambda match: PRESENTATION.sub("", match[0]), text)


def picture(held: Held, colours: dict[str, str]) -> str:
    """A picture with its colours and its name spaces written out."""
    text = VARIABLE.sub(lambda match: colours.get(match[1], match[2] or "currentcolor"), held.text)
    if "xmlns=" not in text.partition(">")[0]:
        text = text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return text


def title_page(book: Book) -> str:
    day = f"<p>{book.day:%Y-%m-%d}</p>" if book.day else ""
    return (
        f'<section class="title-page" epub:type="titlepage"><h1>{escape(book.title)}</h1>'
        f'<p>{escape(book.author)}</p>{day}<p>{escape(book.licence)}</p><p class="about">{ABOUT}</p></section>'
    )


def contents(book: Book, chapters: Sequence[Still], names: Sequence[str]) -> str:
    """Parts, their pages, the pages' sections, as lists in lists."""
    lines, part, open_lists = [], "", []

    def close(depth: int) -> None:
        while len(open_lists) > depth:
            open_lists.pop()
            lines.append("</li></ol>")

    def entry(title: str, file: str, depth: int) -> None:
        if len(open_lists) > depth:
            close(depth + 1)
            lines.append("</li>")
        else:
            lines.append("<ol>")
            open_lists.append("")
        lines.append(f'<li><a href="{file}">{escape(title)}</a>')

    for page, chapter, file in zip(book.pages, chapters, names, strict=True):
        if page.part != part:
            part = page.part
            entry(part, file, 0)
        depth = page.depth + bool(part)
        entry(chapter.title, file, depth)
        for heading in chapter.headings[1:]:
            if heading.level == 2 and heading.name:
                entry(heading.text, f"{file}#{escape(heading.name)}", depth + 1)
    close(0)
    return f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{"".join(lines)}</nav>'


# ---------------------------------------------------------------- the package


def package(book: Book, files: dict[str, str], day: datetime) -> str:
    """What is in the book, and in which order it is read."""
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{book.title}, {book.author}").urn
    items, spine = [], []
    for number, (file, text) in enumerate(files.items()):
        kinds = ["nav"] * (file == "contents.xhtml") + ["mathml"] * ("<math" in text) + ["svg"] * ("<svg" in text)
        properties = f' properties="{" ".join(kinds)}"' if kinds else ""
        items.append(f'<item id="page-{number}" href="{file}" media-type="application/xhtml+xml"{properties}/>')
        spine.append(f'<itemref idref="page-{number}"/>')
    for number, font in enumerate(TEXT):
        items.append(f'<item id="font-{number}" href="fonts/{font}" media-type="font/woff"/>')
    accessible = "".join(
        f'<meta property="schema:{name}">{value}</meta>'
        for name, value in (
            ("accessMode", "textual"), ("accessMode", "visual"), ("accessModeSufficient", "textual"),
            ("accessibilityFeature", "structuralNavigation"), ("accessibilityFeature", "alternativeText"),
            ("accessibilityFeature", "MathML"), ("accessibilityFeature", "tableOfContents"),
            ("accessibilityHazard", "none"),
            ("accessibilitySummary", "Figures have descriptions; formulas are MathML with a text form."),
        )
    )  # fmt: skip
    stated = f"<dc:date>{book.day:%Y-%m-%d}</dc:date>" if book.day else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{LANGUAGE}">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">{identifier}</dc:identifier><dc:title>{escape(book.title)}</dc:title>'
        f"<dc:creator>{escape(book.author)}</dc:creator><dc:language>{LANGUAGE}</dc:language>"
        f"<dc:rights>{escape(book.licence)}</dc:rights>{stated}"
        f'<meta property="dcterms:modified">{day:%Y-%m-%dT%H:%M:%SZ}</meta>{accessible}</metadata>'
        f'<manifest><item id="style" href="book.css" media-type="text/css"/>{"".join(items)}</manifest>'
        f"<spine>{''.join(spine)}</spine></package>\n"
    )
