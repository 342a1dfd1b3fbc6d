"""Chapters, each a PDF, bound as one: pages with their marks, links, bookmarks, page numbers and tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject, DecodedStreamObject, DictionaryObject, FloatObject, IndirectObject, NameObject, NullObject, NumberObject,
    PdfObject, TextStringObject,
)  # fmt: skip

from .contents import Book
from .paper import ADDRESS
from .still import Still
from .structure import Tree

INSIDE = re.compile(re.escape(ADDRESS) + r"/(\d+)#?(.*)", re.S)
ABOVE = 10  # points between the top of a window and the place that a link shows there


def bind(book: Book, chapters: Sequence[Still], parts: Sequence[Path], marks: Sequence[Path], target: Path) -> int:
    """Write the book.

    Parameters
    ----------
    book : Book
    chapters : sequence of Still
    parts : sequence of Path
        The title page and the contents, then the chapters.
    marks : sequence of Path
        Sheets of marks, as many as pages.
    target : Path

    Returns
    -------
    int
        The number of pages.
    """
    readers = [PdfReader(path) for path in parts]
    writer = PdfWriter()
    edges = (edge for path in marks for edge in PdfReader(path).pages)
    bound: list[list[PageObject]] = []
    for reader in readers:
        bound.append([writer.add_page(page, ("/Annots", "/StructParents", "/Parent")) for page in reader.pages])
        for page in bound[-1]:
            mark(writer, page, next(edges))
    pages = [page for part in bound for page in part]
    for number, page in enumerate(pages):
        page[NameObject("/StructParents")] = NumberObject(number)
    places = Places(readers, bound)
    tree = Tree(writer, "en")
    count = len(pages)
    for reader, part in zip(readers, bound, strict=True):
        taken: dict[int, tuple[IndirectObject, int]] = {}
        for old, page in zip(reader.pages, part, strict=True):
            links = ArrayObject()
            for reference in old.get("/Annots", ArrayObject()):
                link = places.link(reference.get_object(), count)
                taken[reference.idnum] = writer._add_object(link), count
                links.append(taken[reference.idnum][0])
                count += 1
            if links:
                page[NameObject("/Annots")] = links
        numbers = {old.indirect_reference.idnum: page.indirect_reference for old, page in zip(reader.pages, part, strict=True)}
        tree.add(reader, numbers, taken)
    root = writer._root_object
    root[NameObject("/StructTreeRoot")] = tree.finish()
    root[NameObject("/MarkInfo")] = DictionaryObject({NameObject("/Marked"): _boolean(True)})
    root[NameObject("/Lang")] = TextStringObject("en")
    root[NameObject("/ViewerPreferences")] = DictionaryObject({NameObject("/DisplayDocTitle"): _boolean(True)})
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    root[NameObject("/PageLabels")] = labels(len(bound[0]))
    bookmarks(writer, book, chapters, places)
    writer.metadata = information(book)
    writer.write(target)
    return len(pages)


def mark(writer: PdfWriter, page: PageObject, edge: PageObject) -> None:
    """Lay a sheet of marks over a page, as something that is no part of its contents."""
    drawn = DecodedStreamObject()
    drawn.set_data(edge.get_contents().get_data())
    drawn.update({
        NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form"),
        NameObject("/BBox"): ArrayObject(FloatObject(side) for side in edge.mediabox),
        NameObject("/Resources"): edge["/Resources"].clone(writer),
    })  # fmt: skip
    resources = page["/Resources"]
    forms = resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()
    forms[NameObject("/Edge")] = writer._add_object(drawn.flate_encode())
    old = page.raw_get("/Contents")
    page[NameObject("/Contents")] = ArrayObject([
        _stream(writer, b"q\n"), *(old.get_object() if isinstance(old.get_object(), ArrayObject) else [old]),
        _stream(writer, b"\nQ\n/Artifact <</Type /Pagination>> BDC q /Edge Do Q EMC\n"),
    ])  # fmt: skip


def _stream(writer: PdfWriter, data: bytes) -> IndirectObject:
    """The same stream for all pages."""
    kept = writer.__dict__.setdefault("_streams_of_marks", {})
    if data not in kept:
        stream = DecodedStreamObject()
        stream.set_data(data)
        kept[data] = writer._add_object(stream)
    return kept[data]


class Places:
    """Where links and bookmarks lead, by chapter and name."""

    def __init__(self, readers: Sequence[PdfReader], bound: Sequence[Sequence[PageObject]]) -> None:
        self.found: dict[tuple[int, str], ArrayObject] = {}
        for number, (reader, pages) in enumerate(zip(readers, bound, strict=True), start=-1):  # -1: before the chapters
            numbers = {old.indirect_reference.idnum: page.indirect_reference for old, page in zip(reader.pages, pages, strict=True)}
            self.found[number, ""] = _place(pages[0].indirect_reference, None)
            for name, place in reader.trailer["/Root"].get("/Dests", {}).items():
                place = place.get_object()
                page = numbers[place.raw_get(0).idnum] if hasattr(place, "raw_get") else numbers[list.__getitem__(place, 0).idnum]
                self.found[number, _unescaped(name)] = _place(page, float(place[3]) + ABOVE)

    def link(self, old: DictionaryObject, number: int) -> DictionaryObject:
        """A link of a chapter as one of the book, `number` in the tree of tags."""
        link = DictionaryObject({
            NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/F"): NumberObject(4), NameObject("/Border"): ArrayObject([NumberObject(0)] * 3),
            NameObject("/Rect"): ArrayObject(FloatObject(side) for side in old["/Rect"]),
            NameObject("/StructParent"): NumberObject(number),
        })  # fmt: skip
        address = old["/A"]["/URI"]
        if match := INSIDE.fullmatch(address):
            link[NameObject("/Dest")] = self.found[int(match[1]), match[2]]
        else:
            link[NameObject("/A")] = DictionaryObject({
                NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(address),
            })  # fmt: skip
        return link


def _place(page: IndirectObject, top: float | None) -> ArrayObject:
    height = NullObject() if top is None else FloatObject(round(top, 2))
    return ArrayObject([page, NameObject("/XYZ"), NullObject(), height, NullObject()])


def _unescaped(name: str) -> str:
    return re.sub(r"#([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), str(name).removeprefix("/"))


def _boolean(value: bool) -> PdfObject:
    from pypdf.generic import BooleanObject

    return BooleanObject(value)


def labels(before: int) -> DictionaryObject:
    """Roman numbers for the pages before the first chapter, which has page 1."""
    kinds = [(0, "/r"), (before, "/D")]
    numbers = ArrayObject()
    for start, kind in kinds:
        numbers.extend([NumberObject(start), DictionaryObject({NameObject("/S"): NameObject(kind)})])
    return DictionaryObject({NameObject("/Nums"): numbers})


def bookmarks(writer: PdfWriter, book: Book, chapters: Sequence[Still], places: Places) -> None:
    """Parts, their chapters, the chapters' sections."""

    def add(title: str, place: tuple[int, str], parent: IndirectObject | None = None) -> IndirectObject:
        item = DictionaryObject({NameObject("/Title"): TextStringObject(title), NameObject("/Dest"): places.found[place]})
        return writer.add_outline_item_dict(_outline(item), parent, is_open=False)

    part, above = "", None
    stack: list[IndirectObject] = []
    for number, (page, still) in enumerate(zip(book.pages, chapters, strict=True)):
        if page.part != part:
            part = page.part
            above = add(part, (number, ""))
        del stack[page.depth :]
        stack.append(add(still.title, (number, ""), stack[-1] if stack else above))
        for heading in still.headings[1:]:
            if heading.level == 2 and heading.name:
                add(heading.text, (number, heading.name), stack[-1])


def _outline(item: DictionaryObject):  # noqa: ANN202
    from pypdf.generic import TreeObject

    tree = TreeObject()
    tree.update(item)
    return tree


def information(book: Book) -> dict[str, str]:
    """Title, author, and the stated day if there is one."""
    made: dict[str, str] = {"/Title": book.title, "/Author": book.author, "/Producer": "Chromium, pypdf"}
    day: datetime | None = book.day
    if day:
        made["/CreationDate"] = made["/ModDate"] = day.strftime("D:%Y%m%d%H%M%SZ")
    return made
