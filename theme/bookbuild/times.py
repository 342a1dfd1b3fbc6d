"""What the execution of the pages took: measured by the build, shown by a page, apart from what is reproducible.

No two builds take the same time, and all pages of two builds are the same. So the tables hold no number: the numbers
are in a file of their own, `execution-times.js`, from which `theme/times.js` fills the tables in the browser. Where no
script runs, a line below the table leads to the file.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = "execution-times.js"
BEGINNING = "before the first section"
PATIENT = "Without JavaScript the table is empty; the numbers are in "


def by_section(notebook: NotebookNode, spent: dict[int, float]) -> list[float]:
    """Processor seconds of a page's cells, added up section by section; the first sum is of what precedes them."""
    found = [0.0]
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            found += [0.0] * len(re.findall(r"^## ", cell.source, re.M))
        else:
            found[-1] += spent.get(index, 0.0)
    return found


class execution_times(nodes.General, nodes.Element):
    """Place of a table; attribute `sections`: whether it is about the sections of its own page."""


class TimesDirective(SphinxDirective):
    """``{execution-times}``: a row a page of the book; ``{execution-times} sections``: a row a section of this page."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        if self.arguments and self.arguments != ["sections"]:
            raise self.error(f"the argument must be missing or sections, got {self.arguments[0]!r}")
        return [execution_times(sections=bool(self.arguments))]


def pages(app: Sphinx) -> list[str]:
    """The pages that have cells, in reading order."""
    metadata = app.env.metadata
    return [page for page in app.env.toctree_includes_order if "kernelspec" in metadata.get(page, {})]


def fill(app: Sphinx, document: nodes.document, docname: str) -> None:
    for place in list(document.findall(execution_times)):
        if place["sections"]:
            (page,) = (node for node in document.children if isinstance(node, nodes.section))
            heads = [node.next_node(nodes.title).astext() for node in page.children if isinstance(node, nodes.section)]
            rows = [(escape(name), [f"{docname} {i}"]) for i, name in enumerate([BEGINNING, *heads])]
            table = _table("section", rows, [f"{docname} sections"])
        else:
            rows = [(_link(app, docname, page), [f"{page} seconds", f"{page} sections"]) for page in pages(app)]
            table = _table("page", rows, ["* seconds", "* sections"])
        root = "../" * docname.count("/")
        where = f'<noscript><p>{PATIENT}<a href="{root}{FILE}">{FILE}</a>.</p></noscript>'
        place.replace_self(nodes.raw("", table + where, format="html"))


def _link(app: Sphinx, here: str, page: str) -> str:
    number = ".".join(map(str, app.env.toc_secnumbers.get(page, {}).get("", ())))
    title = escape(f"{number}. " * bool(number) + app.env.titles[page].astext())
    return f'<a class="reference internal" href="{app.builder.get_relative_uri(here, page)}">{title}</a>'


def _table(what: str, rows: list[tuple[str, list[str]]], total: list[str]) -> str:
    """A table whose numbers are named, not written: the browser finds them by their names."""
    names = ["seconds", "processor seconds"][-len(total) :]
    head = "".join(f'<th scope="col" class="number">{name}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row" class="text">{title}</th>'
        + "".join(f'<td class="number" data-measured="{escape(key)}">–</td>' for key in keys)
        + "</tr>"
        for title, keys in [*rows, ("all of them", total)]
    )
    head = f'<thead><tr><th scope="col" class="text">{what}</th>{head}</tr></thead>'
    return f'<div class="numbers measured" tabindex="0"><table>{head}<tbody>{body}</tbody></table></div>'


def measured(app: Sphinx) -> dict[str, dict[str, Any]]:
    """Of each page the latest execution that the cache holds."""
    records = get_cache(app.config.nb_execution_cache_path).list_cache_records()
    latest: dict[str, dict[str, Any]] = {}
    for record in sorted(records, key=lambda record: record.accessed):
        if record.data and "page" in record.data:
            latest[record.data["page"]] = record.data
    return {page: latest[page] for page in pages(app) if page in latest}


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the file of the numbers, a line a page; where nothing was read, nothing was executed."""
    if exception or app.builder.format != "html" or not hasattr(app.env, "toctree_includes_order"):
        return
    lines = []
    for page, data in measured(app).items():
        sections = [round(spent, 2) for spent in data["sections"]]
        row = {"seconds": round(data["execution_seconds"], 2), "sections": sections}
        lines.append(f"{json.dumps(page)}: {json.dumps(row)}")
    text = ",\n".join(lines)
    Path(app.outdir, FILE).write_text(f"executionTimes({{\n{text}\n}})\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_node(execution_times)
    app.add_directive("execution-times", TimesDirective)
    app.connect("doctree-resolved", fill)
    app.connect("build-finished", write, priority=400)
