"""A page in JupyterLab: numbers and references as on the site while it is open, its source exactly as it was on disk.

`shown` and `restored` work on the Markdown of a cell, `merged` on a whole page. Nothing here needs Sphinx.
"""

from __future__ import annotations

import copy
import posixpath
import re
from difflib import SequenceMatcher

import jupytext
from jupytext.myst import myst_to_notebook, notebook_to_myst
from nbformat import NotebookNode, v4

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


def shown(source: str, page: str, labels: Labels) -> tuple[str, list[list[str]]]:
    """A cell's Markdown with numbers and references, and what to put back: pairs of shown and written."""
    pairs: list[list[str]] = []

    def replace(new: str | None, old: str) -> str:
        if new is None or new == old:
            return old
        if [new, old] not in pairs:
            pairs.append([new, old])
        return new

    def numbered(match: re.Match[str]) -> str:
        known = labels.numbers.get(match[2])
        return replace(f"{match[0]}\n{match[1]}:enumerator: {known}" if known else None, match[0])

    def tagged(match: re.Match[str]) -> str:
        known = labels.numbers.get(match[1])
        return replace(rf"\tag{{{known}}}$$" if known else None, match[0])

    text = source
    for written, simpler in PLAIN:
        text = written.sub(lambda match: replace(match.expand(simpler), match[0]), text)
    text = ROLE.sub(lambda match: replace(labels.link(match[1], match[2], page), match[0]), text)
    text = TAGGED.sub(tagged, LABEL.sub(numbered, text))
    if page in labels.pages:
        heading = f"# {labels.pages[page]}. "
        text = HEADING.sub(lambda match: replace(heading, match[0]), text, count=1)
    return text, pairs


def restored(text: str, source: str, pairs: list[list[str]], page: str, labels: Labels) -> str:
    """What the reader left of `shown(source)`: the source where nothing was changed, else with all put back."""
    if text == shown(source, page, labels)[0]:
        return source
    for new, old in sorted(pairs, key=lambda pair: -len(pair[0])):
        text = text.replace(new, old)
    return text


def opened(notebook: NotebookNode, page: str, labels: Labels) -> NotebookNode:
    """The page as JupyterLab shows it: folded cells folded, captions below their figures, references resolved."""
    cells = []
    for place, cell in enumerate(notebook.cells):
        cells.append(cell)
        if cell.cell_type == "markdown":
            text, pairs = shown(cell.source, page, labels)
            if pairs:
                cell.metadata[KEY] = {"source": cell.source, "pairs": pairs}
            cell.source = text if place else UNCOUNTED + text
        elif cell.cell_type == "code":
            if HIDDEN & set(cell.metadata.get("tags", ())) and "source_hidden" not in cell.metadata.get("jupyter", {}):
                cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
                cell.metadata[KEY] = {"folded": True}
            figure = cell.metadata.get("mystnb", {}).get("figure")
            if figure and (said := labels.numbers.get(figure.get("name", ""))):
                caption, _ = shown(figure.get("caption", "").strip(), page, labels)
                below = v4.new_markdown_cell(f"**Figure {said}.** {' '.join(caption.split())}")
                below.metadata |= {KEY: {"caption": True}, "editable": False, "deletable": False}
                cells.append(below)
    notebook.cells = cells
    return notebook


def closed(notebook: NotebookNode, page: str, labels: Labels) -> NotebookNode:
    """The page as it is written: the opposite of `opened`, with all that the reader changed."""
    notebook = copy.deepcopy(notebook)
    kept = []
    for cell in notebook.cells:
        mark = cell.metadata.pop(KEY, {})
        if mark.get("caption"):
            continue
        if cell.cell_type == "markdown":
            cell.source = cell.source.removeprefix(UNCOUNTED)
        if "pairs" in mark:
            cell.source = restored(cell.source, mark["source"], mark["pairs"], page, labels)
        if mark.get("folded"):
            cell.metadata.get("jupyter", {}).pop("source_hidden", None)
            if not cell.metadata.get("jupyter"):
                cell.metadata.pop("jupyter", None)
        kept.append(cell)
    notebook.cells = kept
    return notebook


# ---------------------------------------------------------------- back to text


def merged(notebook: NotebookNode, before: str) -> str:
    """The page's text with the notebook's cells: what did not change keeps every character of the text before."""
    canonical = jupytext.writes(notebook, fmt=FORMAT)  # text cannot hold what belongs to a session
    after, known = jupytext.reads(canonical, fmt=FORMAT), jupytext.reads(before, fmt=FORMAT)
    same = _own(notebook.metadata) == _own(known.metadata)
    if same and _cells(known) == _cells(after):
        return before
    front, anew = FRONT.match(before), FRONT.match(canonical)
    head = front[0] if front and same else anew[0]
    text = head + _joined(known.cells, after.cells, _pieces(before))
    if _cells(jupytext.reads(text, fmt=FORMAT)) == _cells(after):
        return text
    return head + canonical[anew.end() :]


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
    lines = text.splitlines(keepends=True)
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
    text, last, before = "", "", -1
    for kind, piece, there in found:
        if text and (there < 0 or there != before + 1):  # neighbours that were none before
            text = text if text.endswith("\n") else f"{text}\n"
            if kind == last == "markdown" and not text.rstrip().endswith("\n+++"):
                text = f"{text.rstrip()}\n\n+++\n"
            if not text.endswith("\n\n") and not piece.startswith("\n"):
                text += "\n"
        text, last, before = text + piece, kind, there
    return text if text.endswith("\n") or not text else f"{text}\n"


def _changed(old: NotebookNode | None, new: NotebookNode, piece: str | None) -> str:
    """A cell's text; where its kind and options are those of an old one, with its line of options as it was."""
    if old is not None and old.source and old.cell_type == new.cell_type and _key(old)[2] == _key(new)[2]:
        head, sign, tail = piece.rpartition(old.source)
        if sign:
            return head + new.source + tail
    made = notebook_to_myst(v4.new_notebook(cells=[new]), default_lexer="ipython3")
    return f"\n{made}" if new.cell_type == "markdown" else made
