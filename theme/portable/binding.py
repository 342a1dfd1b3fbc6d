"""Chapters, each a PDF, bound as one: pages with their marks, links, bookmarks, page numbers and tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
    TreeObject,
)  # fmt: skip

from .contents import Book
from .paper import ADDRESS
from .still import Still
from .structure import Tree

INSIDE = re.compile(re.escape(ADDRESS) + r"/(\d+)#?(.*)", re.DOTALL)
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
    around = stream(writer, b"q\n"), stream(writer, b"\nQ\n/Artifact <</Type /Pagination>> BDC q /Edge Do Q EMC\n")
    for reader in readers:
        bound.append([writer.add_page(page, ("/Annots", "/StructParents", "/Parent")) for page in reader.pages])
        for page in bound[-1]:
            mark(writer, page, next(edges), around)
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
        tree.add(reader, by_number(reader, part), taken)
    root = writer._root_object
    root[NameObject("/StructTreeRoot")] = tree.finish()
    root[NameObject("/MarkInfo")] = DictionaryObject({NameObject("/Marked"): BooleanObject(True)})
    root[NameObject("/Lang")] = TextStringObject("en")
    root[NameObject("/ViewerPreferences")] = DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)})
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    root[NameObject("/PageLabels")] = labels(len(bound[0]))
    bookmarks(writer, book, chapters, places)
    writer.metadata = information(book)
    writer.write(target)
    return len(pages)


def stream(writer: PdfWriter, data: bytes) -> IndirectObject:
    made = DecodedStreamObject()
    made.set_data(data)
    return writer._add_object(made)


def by_number(reader: PdfReader, pages: Sequence[PageObject]) -> dict[int, IndirectObject]:
    """Bound pages by the numbers of the chapter's."""
    pairs = zip(reader.pages, pages, strict=True)
    return {old.indirect_reference.idnum: page.indirect_reference for old, page in pairs}


def mark(writer: PdfWriter, page: PageObject, edge: PageObject, around: tuple[IndirectObject, IndirectObject]) -> None:
    """Lay a sheet of marks over a page, as something that is no part of its contents."""
    drawn = DecodedStreamObject()
    drawn.set_data(edge.get_contents().get_data())
    drawn.update({
        NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form"),
        NameObject("/BBox"): ArrayObject(FloatObject(side) for side in edge.mediabox),
        NameObject("/Resources"): edge["/Resources"].clone(writer),
    })  # fmt: skip
    forms = page["/Resources"].setdefault(NameObject("/XObject"), DictionaryObject()).get_object()
    forms[NameObject("/Edge")] = writer._add_object(drawn.flate_encode())
    old = page.raw_get("/Contents")
    drawings = list(old.get_object()) if isinstance(old.get_object(), ArrayObject) else [old]
    page[NameObject("/Contents")] = ArrayObject([around[0], *drawings, around[1]])


class Places:
    """Where links and bookmarks lead, by chapter and name."""

    def __init__(self, readers: Sequence[PdfReader], bound: Sequence[Sequence[PageObject]]) -> None:
        self.found: dict[tuple[int, str], ArrayObject] = {}
        for number, (reader, pages) in enumerate(zip(readers, bound, strict=True), start=-1):  # -1: before the chapters
            numbers = by_number(reader, pages)
            self.found[number, ""] = _place(pages[0].indirect_reference, None)
            for name, place in reader.trailer["/Root"].get("/Dests", {}).items():
                place = place.get_object()
                page = numbers[list.__getitem__(place, 0).idnum]  # the reference itself
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


def labels(before: int) -> DictionaryObject:
    """Roman numbers for the pages before the first chapter, which has page 1."""
    numbers = ArrayObject()
    for start, kind in ((0, "/r"), (before, "/D")):
        numbers.extend([NumberObject(start), DictionaryObject({NameObject("/S"): NameObject(kind)})])
    return DictionaryObject({NameObject("/Nums"): numbers})


def bookmarks(writer: PdfWriter, book: Book, chapters: Sequence[Still], places: Places) -> None:
    """Parts, their chapters, the chapters' sections."""

    def add(title: str, place: tuple[int, str], parent: IndirectObject | None = None) -> IndirectObject:
        item = TreeObject()
        item.update({NameObject("/Title"): TextStringObject(title), NameObject("/Dest"): places.found[place]})
        return writer.add_outline_item_dict(item, parent, is_open=False)

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


def information(book: Book) -> dict[str, str]:
    """Title, author, and the stated day if there is one."""
    made = {"/Title": book.title, "/Author": book.author, "/Producer": "Chromium, pypdf"}
    if book.day:
        made["/CreationDate"] = made["/ModDate"] = book.day.strftime("D:%Y%m%d%H%M%SZ")
    return made
