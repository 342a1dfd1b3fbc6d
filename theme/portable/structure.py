"""The tags of a bound PDF: the chapters' trees, without the elements that say nothing, as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)  # fmt: skip

from .paper import FORMULA

GROUPS = {"/NonStruct", "/Span", "/Div"}  # say nothing that their contents do not say
KEPT = ("/Alt", "/ActualText", "/Lang", "/A")


@dataclass
class Tree:
    """A tree of tags in the making.

    Parameters
    ----------
    writer : PdfWriter
    language : str
    """

    writer: PdfWriter
    language: str
    chapters: list[IndirectObject] = field(default_factory=list)
    owners: dict[int, PdfObject] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.writer._add_object(DictionaryObject())
        self.document = self.writer._add_object(DictionaryObject())

    def add(self, reader: PdfReader, pages: dict[int, IndirectObject], links: dict[int, tuple[IndirectObject, int]]) -> None:
        """Take over the tree of a chapter.

        Parameters
        ----------
        reader : PdfReader
        pages : dict of int to IndirectObject
            The bound page by the number of the chapter's object; pages have their numbers in the tree by now.
        links : dict of int to (IndirectObject, int)
            The bound link, and its number in the tree, by the number of the chapter's object.
        """
        self.pages, self.links = pages, links
        self.marked: dict[int, dict[int, IndirectObject]] = {page.idnum: {} for page in pages.values()}
        top = self.writer._add_object(DictionaryObject())
        old = reader.trailer["/Root"]["/StructTreeRoot"]["/K"].get_object()
        element = self._element("/Part", self.document)
        self._fill(element, self._below(old, None, top))
        self.writer._replace_object(top, element)
        self.chapters.append(top)
        for page in pages.values():
            marked = self.marked[page.idnum]
            owners = (marked.get(number, NullObject()) for number in range(max(marked, default=-1) + 1))
            self.owners[page.get_object()["/StructParents"]] = self.writer._add_object(ArrayObject(owners))

    def _element(self, kind: str, parent: IndirectObject) -> DictionaryObject:
        return DictionaryObject({
            NameObject("/Type"): NameObject("/StructElem"), NameObject("/S"): NameObject(kind), NameObject("/P"): parent,
        })  # fmt: skip

    def _below(self, old: DictionaryObject, page: IndirectObject | None, parent: IndirectObject) -> list:
        """What stands below an element: pairs of a page and a number of marked content, and references."""
        page = self.pages.get(old.raw_get("/Pg").idnum) if "/Pg" in old else page
        kids = old["/K"] if "/K" in old else []
        found: list = []
        for kid in kids if isinstance(kids, list) else [kids]:
            kid = kid.get_object()
            if isinstance(kid, int):
                self.marked[page.idnum][int(kid)] = parent
                found.append((page, int(kid)))
            elif kid.get("/Type") == "/MCR":
                on = self.pages[kid.raw_get("/Pg").idnum] if "/Pg" in kid else page
                self.marked[on.idnum][int(kid["/MCID"])] = parent
                found.append((on, int(kid["/MCID"])))
            elif kid.get("/Type") == "/OBJR":
                if (link := self.links.get(kid.raw_get("/Obj").idnum)) is not None:
                    self.owners[link[1]] = parent
                    found.append(DictionaryObject({NameObject("/Type"): NameObject("/OBJR"), NameObject("/Obj"): link[0]}))
            elif kid["/S"] in GROUPS:
                found += self._below(kid, page, parent)
            elif (reference := self._copy(kid, page, parent)) is not None:
                found.append(reference)
        return found

    def _copy(self, old: DictionaryObject, page: IndirectObject | None, parent: IndirectObject) -> IndirectObject | None:
        element = self._element(old["/S"], parent)
        reference = self.writer._add_object(element)
        below = self._below(old, page, reference)
        if not below:
            self.writer._replace_object(reference, NullObject())
            return None
        for name in KEPT:
            if name in old:
                element[NameObject(name)] = _plain(old[name])
        if str(element.get("/Alt", "")).startswith(FORMULA):
            element[NameObject("/S")] = NameObject("/Formula")
            element[NameObject("/Alt")] = TextStringObject(str(element["/Alt"]).removeprefix(FORMULA))
        self._fill(element, below)
        return reference

    def _fill(self, element: DictionaryObject, below: list) -> None:
        pages = [kid[0] for kid in below if isinstance(kid, tuple)]
        if pages:
            element[NameObject("/Pg")] = pages[0]
        kids = ArrayObject()
        for kid in below:
            if not isinstance(kid, tuple):
                kids.append(kid)
            elif kid[0].idnum == pages[0].idnum:
                kids.append(NumberObject(kid[1]))
            else:
                kids.append(DictionaryObject({
                    NameObject("/Type"): NameObject("/MCR"), NameObject("/Pg"): kid[0], NameObject("/MCID"): NumberObject(kid[1]),
                }))  # fmt: skip
        element[NameObject("/K")] = kids[0] if len(kids) == 1 else kids

    def finish(self) -> IndirectObject:
        """The root of the tree."""
        document = self._element("/Document", self.root)
        document[NameObject("/Lang")] = TextStringObject(self.language)
        document[NameObject("/K")] = ArrayObject(self.chapters)
        numbers = ArrayObject()
        for number in sorted(self.owners):
            numbers.extend([NumberObject(number), self.owners[number]])
        parents = self.writer._add_object(DictionaryObject({NameObject("/Nums"): numbers}))
        root = DictionaryObject({
            NameObject("/Type"): NameObject("/StructTreeRoot"), NameObject("/K"): self.document,
            NameObject("/ParentTree"): parents, NameObject("/ParentTreeNextKey"): NumberObject(max(self.owners, default=-1) + 1),
        })  # fmt: skip
        self.writer._replace_object(self.document, document)
        self.writer._replace_object(self.root, root)
        return self.root


def _plain(value: PdfObject) -> PdfObject:
    """A copy of a value that refers to nothing."""
    value = value.get_object()
    if isinstance(value, DictionaryObject):
        return DictionaryObject({NameObject(key): _plain(item) for key, item in value.items()})
    if isinstance(value, ArrayObject):
        return ArrayObject(map(_plain, value))
    return value
