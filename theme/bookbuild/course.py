"""The assignments of the course as students see them: in the book to read, beside the page to download.

A page says ``{assignment} 01-heterozygosity``; the build puts there what `assignments/source/01-heterozygosity.md`
becomes without its solutions, its marking guides and its hidden tests, and writes the same as a notebook into the
site. Nothing of it is executed here: a page that ran the public tests would show how they fail.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .downloads import put_first

logger = logging.getLogger(__name__)
SOURCES = Path("assignments") / "source"
PLACE = re.compile(r"^```\{assignment\}[ \t]+(\S+)[ \t]*\n```[ \t]*$", re.M)
TITLE = re.compile(r"^# .*$", re.M)
PAGE = re.compile(r"\*([^*\n]+)\* \((chapters/[\w/-]+)(?:: ([^)]*))?\)")  # as a notebook names a page of the book


def released(source: Path) -> NotebookNode:
    """The notebook that students get, the same as that of `make release`."""
    from assignments.grading import inprocess  # nbgrader is slow to load, and needed for these pages only

    return inprocess.released(inprocess.read(source))


def as_page(notebook: NotebookNode, name: str) -> str:
    """The notebook as the Markdown of a page, a link to the notebook below its title."""
    parts = [_cell(cell) for cell in notebook.cells]
    page = "\n\n".join(part for part in parts if part)
    link = f'<p class="download"><a href="{name}.ipynb" download>Download this assignment as a notebook</a></p>'
    return TITLE.sub(lambda title: f"{title[0]}\n\n{link}", page, count=1)


def _cell(cell: NotebookNode) -> str:
    role = cell.metadata.get("nbgrader", {})
    text = cell.source.strip()
    if cell.cell_type == "markdown":
        if role.get("solution"):
            points = f", {_points(role.points)} by hand" if role.get("points") else ""
            return f"{_kind(f'Your answer{points}')}\n\n{_quoted(text)}"
        return PAGE.sub(lambda page: f"{{doc}}`{page[1]} </{page[2]}>`" + (f" ({page[3]})" if page[3] else ""), text)
    if cell.cell_type != "code" or not text:
        return ""
    kind = "Your student id" if role.get("grade_id") == "student" else "Given"
    if role.get("grade"):
        kind = f"Tests, {_points(role.points)} with the hidden ones"
    elif role.get("solution"):
        kind = "Your program"
    longest = max([2, *(len(fence) for fence in re.findall("`+", text))])
    fence = "`" * (longest + 1)
    return f"{_kind(kind)}\n\n{fence}python\n{text}\n{fence}"


def _points(number: float) -> str:
    return f"{number:g} point{'s' if number != 1 else ''}"


def _kind(text: str) -> str:
    return f'<p class="cell-kind">{text}</p>'


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def insert(app: Sphinx, docname: str, content: list[str]) -> None:
    """Put assignments in the places that a page has for them, before the page is parsed."""

    def page(match: re.Match[str]) -> str:
        name = match[1]
        source = Path(app.srcdir) / SOURCES / f"{name}.md"
        if not source.is_file():
            logger.warning("there is no assignment %s", name, location=docname)
            return f"# {name}"
        app.env.note_dependency(str(source))
        app.env.note_dependency(str(Path(app.srcdir) / "assignments" / "grading" / "inprocess.py"))
        notebook = released(source)
        if not hasattr(app.env, "assignments"):
            app.env.assignments = {}
        app.env.assignments.setdefault(docname, {})[name] = nbformat.writes(notebook) + "\n"
        return as_page(notebook, name)

    content[0] = PLACE.sub(page, content[0])


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "assignments", {}).pop(docname, None)


def offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Have the header's button give the notebooks of a page in place of its source, which is a line that names them."""
    names = sorted(getattr(app.env, "assignments", {}).get(pagename, {}))
    links = [(f"{name}.ipynb", ".ipynb", f"Download {name} as a notebook") for name in names]
    if links:
        put_first(context, links, source=False)


def write_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebooks beside their pages; of those that are gone, delete them."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    written, folders = set(), set()
    for docname, notebooks in sorted(getattr(app.env, "assignments", {}).items()):
        folder = (site / docname).parent
        folders.add(folder)
        for name, text in sorted(notebooks.items()):
            target = folder / f"{name}.ipynb"
            if not target.is_file() or target.read_text(encoding="utf-8") != text:
                target.write_text(text, encoding="utf-8")
            written.add(target)
    for folder in sorted(folders):
        for old in set(folder.glob("*.ipynb")) - written:
            old.unlink()


def setup(app: Sphinx) -> None:
    app.connect("source-read", insert)
    app.connect("env-purge-doc", forget)
    app.connect("html-page-context", offer, priority=502)  # after the theme has made its buttons
    app.connect("build-finished", write_notebooks)
