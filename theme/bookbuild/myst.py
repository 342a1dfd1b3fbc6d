"""A page in JupyterLab: numbers and references as on the site while it is open, its source exactly as it was on disk.

`parts` works on the Markdown of a cell, `opened`, `closed` and `merged` on a whole page. Nothing here needs Sphinx.
"""

from __future__ import annotations

import copy
import posixpath
import re
from difflib import SequenceMatcher

import jupytext
from jupytext.myst import myst_to_notebook, notebook_to_myst
from nbformat import NotebookNode, v4

from . import putback
from .putback import Parts

FORMAT = "md:myst"
KEY = "book"  # metadata of a cell while it is open
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
ROLE = re.compile(r"\{([a-z]+(?::[a-z]+)?)\}`([^`]+)`")
TITLED = re.compile(r"(.*?)\s*<([^<>]+)>", re.S)
LABEL = re.compile(r"^([ \t]*):label: ([\w-]+)[ \t]*$", re.M)
TAGGED = re.compile(r"\$\$ *\(([\w-]+)\)")
HEADING = re.compile(r"^# (?=\S)", re.M)
PLAIN = (  # what the lab would misplace, count for itself or not understand: how the page opens it, how the lab does
    (re.compile(r"^(`{3,}|:{3,})\{margin\}", re.M), r"\1{note} Side note"),
    (re.compile(r"^:{3,}\{prf:proof\}", re.M), "\\g<0>\n:enumerated: false"),
    (re.compile(r"^(`{3,})\{quick\}.*?^\1$", re.M | re.S), "*Here the site’s page asks quick questions.*"),
)
FRONT = re.compile(r"---\n.*?\n---\n", re.S)
# characters that YAML, and so Jupytext, refuses
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
UNCOUNTED = "---\nnumbering:\n  all: false\n  equation: false\n---\n\n"  # the first cell tells the lab: count nothing yourself
PASSING = ("kernelspec", "language_info", "jupytext", "widgets", "toc-autonumbering", "toc-showcode")


class Labels:
    """What references say (`labels.json`)."""

    def __init__(self, data: dict) -> None:
        self.places = data.get("places", {})
        self.numbers = data.get("numbers", {})
        self.pages = data.get("pages", {})

    def link(self, role: str, said: str, page: str) -> str | None:
        """A reference as a Markdown link from a page, or None where it is unknown."""
        titled = TITLED.fullmatch(said) if role not in ("cite:t", "cite:p") else None
        title, target = (titled[1], titled[2]) if titled else ("", said)
        if role == "doc":
            target = target[1:] if target.startswith("/") else posixpath.join(posixpath.dirname(page), target)
        if role in ("func", "class"):
            return f"`{said.rpartition('.')[2] if said[:1] == '~' else said}{'()' * (role == 'func')}`"
        if role == "term":
            title, target = title or target, target.lower()
        text, there, anchor = self.places.get(f"{role}:{target}", ("", "", ""))
        if not text:
            return None
        if there == page and anchor:
            return f"[{title or text}](#{anchor})"
        way = posixpath.relpath(there, posixpath.dirname(page) or ".")
        return f"[{title or text}]({way}.md)"


def parts(source: str, page: str, labels: Labels, *, titled: bool = False) -> Parts:
    """A cell's Markdown with numbers and references; `titled`: it has the page's title."""
    found: list[tuple[int, int, str]] = []

    def put(start: int, end: int, new: str | None) -> None:
        if new is not None and new != source[start:end] and all(end <= a or b <= start for a, b, _ in found):
            found.append((start, end, new))

    for sign, simpler in PLAIN:
        for match in sign.finditer(source):
            put(*match.span(), match.expand(simpler))
    for match in ROLE.finditer(source):
        put(*match.span(), labels.link(match[1], match[2], page))
    for match in LABEL.finditer(source):
        if known := labels.numbers.get(match[2]):
            put(match.end(1), match.end(2), f":label: {match[2]}\n{match[1]}:enumerator: {known}")
    for match in TAGGED.finditer(source):
        if known := labels.numbers.get(match[1]):
            put(*match.span(), rf"\tag{{{known}}}$$")
    if titled and page in labels.pages and (match := HEADING.search(source)):
        put(*match.span(), f"# {labels.pages[page]}. ")
    made: Parts = []
    last = 0
    for start, end, new in sorted(found):
        made += [source[last:start], [new, source[start:end]]]
        last = end
    return [part for part in [*made, source[last:]] if part]


def opened(notebook: NotebookNode, page: str, labels: Labels) -> NotebookNode:
    """The page as JupyterLab shows it: folded cells folded, captions below their figures, references resolved."""
    cells: list[NotebookNode] = []
    texts: list[Parts] = []
    titled = False
    for place, cell in enumerate(notebook.cells):
        cells.append(cell)
        if cell.cell_type == "markdown":
            text = parts(cell.source, page, labels, titled=not titled)
            titled = titled or bool(HEADING.search(cell.source))
            if not place:
                text.insert(0, [UNCOUNTED, ""])
            cell.source = putback.shown(text)
            cell.metadata[KEY] = {"page": page, "place": len(texts), "parts": text}
            texts.append(text)
        elif cell.cell_type == "code":
            folds = HIDDEN & set(cell.metadata.get("tags") or ())
            if folds and "source_hidden" not in (cell.metadata.get("jupyter") or {}):
                cell.metadata["jupyter"] = {**(cell.metadata.get("jupyter") or {}), "source_hidden": True}
                cell.metadata[KEY] = {"folded": True}
            figure = (cell.metadata.get("mystnb") or {}).get("figure")
            if isinstance(figure, dict) and (said := labels.numbers.get(figure.get("name", ""))):
                caption = putback.shown(parts(str(figure.get("caption", "")).strip(), page, labels))
                below = v4.new_markdown_cell(f"**Figure {said}.** {' '.join(caption.split())}")
                below.metadata |= {KEY: {"caption": below.source}, "editable": False, "deletable": False}
                cells.append(below)
    notebook.cells = cells
    notebook.metadata[KEY] = {"page": page, "texts": texts}
    return notebook


def closed(notebook: NotebookNode) -> NotebookNode:
    """The page as it is written: the opposite of `opened`, with all that the reader changed."""
    notebook = copy.deepcopy(notebook)
    session = notebook.metadata.pop(KEY, {})
    page, texts = session.get("page"), session.get("texts", [])
    marks = [cell.metadata.pop(KEY, {}) for cell in notebook.cells]
    places = [mark["place"] if "place" in mark and mark.get("page") == page else None for mark in marks]
    kept = []
    for number, (cell, mark) in enumerate(zip(notebook.cells, marks)):
        cell.source = UNFIT.sub(" ", cell.source.replace("\r\n", "\n").replace("\r", "\n"))
        if "caption" in mark:
            cell.source = cell.source.replace(mark["caption"], "", 1).strip("\n")
            if not cell.source:
                continue
            cell.metadata.pop("editable", None), cell.metadata.pop("deletable", None)
        if cell.cell_type != "code" or "parts" in mark:
            before, after = _gone(texts, places, number)
            cell.source = putback.restored(cell.source, mark.get("parts", []), before, after)
        if mark.get("folded"):
            cell.metadata.get("jupyter", {}).pop("source_hidden", None)
            if not cell.metadata.get("jupyter"):
                cell.metadata.pop("jupyter", None)
        kept.append(cell)
    notebook.cells = kept
    return notebook


def _gone(texts: list[Parts], places: list[int | None], number: int) -> tuple[Parts, Parts]:
    """What stood directly before and after a cell when the page was opened and stands in no cell of its own any more."""
    last = next((place for place in reversed(places[:number]) if place is not None), -1)
    following = next((place for place in places[number + 1 :] if place is not None), len(texts))
    here = places[number] if places[number] is not None else following
    there = set(places)
    before = [texts[place] for place in range(last + 1, here) if place not in there]
    after = [texts[place] for place in range(here + 1, following) if place not in there]
    return (
        [part for text in before for part in [*text, "\n\n"]],
        [part for text in after for part in ["\n\n", *text]],
    )


# ---------------------------------------------------------------- back to text


def canonical(notebook: NotebookNode) -> str:
    """The page's text where there is none before; text cannot hold what belongs to a session."""
    return jupytext.writes(notebook, fmt=FORMAT)


def merged(notebook: NotebookNode, before: str) -> str:
    """The page's text with the notebook's cells: what did not change keeps every character of the text before."""
    plain = canonical(notebook)
    after, known = jupytext.reads(plain, fmt=FORMAT), jupytext.reads(before, fmt=FORMAT)
    same = _own(notebook.metadata) == _own(known.metadata)
    if same and _cells(known) == _cells(after):
        return before
    front, anew = FRONT.match(before), FRONT.match(plain)
    head = front[0] if front and same else anew[0]
    text = head + _joined(known.cells, after.cells, _pieces(before))
    if _cells(jupytext.reads(text, fmt=FORMAT)) == _cells(after):
        return text
    return head + plain[anew.end() :]


def _own(metadata: dict) -> dict:
    return {name: value for name, value in metadata.items() if name not in PASSING}


def _cells(notebook: NotebookNode) -> list[tuple[str, str, str]]:
    return [_key(cell) for cell in notebook.cells]


def _key(cell: NotebookNode) -> tuple[str, str, str]:
    return cell.cell_type, cell.source.rstrip("\n"), repr(sorted(cell.metadata.items(), key=str))


def _pieces(text: str) -> list[str]:
    """The text of each cell with all around it, so that the pieces joined are the text after its front matter."""
    notebook = myst_to_notebook(text, add_source_map=True)
    starts = notebook.metadata["source_map"]
    starts = [start - (cell.cell_type != "markdown") for start, cell in zip(starts, notebook.cells)]
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    first = FRONT.match(text)[0].count("\n") if FRONT.match(text) else 0
    starts[:1] = [first] * bool(starts)
    return ["".join(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines)])]


def _joined(old: list[NotebookNode], new: list[NotebookNode], pieces: list[str]) -> str:
    found: list[tuple[str, str, int]] = []  # kind, text and old place of each new cell
    keys = [_key(cell) for cell in old], [_key(cell) for cell in new]
    for what, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        for place in range(c, d):
            there = a + place - c if a + place - c < b else -1
            piece = pieces[there] if there >= 0 else None
            if what != "equal":
                piece = _changed(old[there] if there >= 0 else None, new[place], piece)
            found.append((new[place].cell_type, piece, there))
    text, last, before = "", "", -2
    for kind, piece, there in found:
        if text and (there < 0 or there != before + 1):  # neighbours that were none before
            text = text if text.endswith("\n") else f"{text}\n"
            if kind == last == "markdown" and not text.rstrip().endswith("\n+++"):
                text = f"{text.rstrip()}\n\n+++\n"
            if not text.endswith("\n\n") and not piece.startswith("\n"):
                text += "\n"
        text, last, before = text + piece, kind, there if there >= 0 else -2
    text = re.sub(r"\n\+\+\+\s*\Z", "\n", text).rstrip("\n")  # a mark between two cells of which one is gone
    end = re.search(r"\n*\Z", pieces[-1])[0] if pieces else "\n"
    return text + end if text else ""


def _changed(old: NotebookNode | None, new: NotebookNode, piece: str | None) -> str:
    """A cell's text; where its kind and options are those of an old one, with its line of options as it was."""
    fenced = new.cell_type == "code" and "```" in new.source
    like = old is not None and old.cell_type == new.cell_type and _key(old)[2] == _key(new)[2]
    if like and old.source and not fenced:
        head, sign, tail = piece.rpartition(old.source)
        if sign:
            return head + new.source + tail
    made = notebook_to_myst(v4.new_notebook(cells=[new]), default_lexer="ipython3")
    return f"\n{made}" if new.cell_type == "markdown" else made
