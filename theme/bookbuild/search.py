"""The search index: pages, sections, results, exercises, figures, terms, functions and sources by name.

It is read off the pages' document trees, before formulas are set, and written as a script, so that the search also
works from a plain folder. A formula is shown by the characters it is made of; one that needs more is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, exercise_subtitle, solution_node
from sphinx_proof.nodes import proof_node

from .tex import readable

INDEX = "search-index.js"
TEMPLATES = Path(__file__).parent.parent / "templates"
STOCK = ("searchtools.js", "language_data.js", "doctools.js", "sphinx_highlight.js")  # what Sphinx's search needs
SILENT = (nodes.raw, nodes.image, nodes.comment, nodes.literal_block, nodes.math_block, nodes.footnote_reference)
NAMELESS = {"cite", "prf", "math"}  # domains whose references have their label for a text until they are resolved


def plain(node: nodes.Node) -> str:
    """The text of a node as one reads it."""
    text = re.sub(r"\s*\(\s*\)", "", "".join(_pieces(node)))  # where a reference stood
    return re.sub(r"\s+", " ", re.sub(r"\s+(?=[,.;:)])", "", text)).strip()


def _pieces(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.math):
        yield readable(node.astext()) or "…"
    elif isinstance(node, SILENT) or (isinstance(node, nodes.Element) and node.get("refdomain") in NAMELESS):
        return
    elif isinstance(node, addnodes.pending_xref) and not node.get("refexplicit") and node.get("reftype") != "term":
        if node.get("refdomain") == "py":
            yield node.astext()
    else:
        for child in node.children:
            yield from _pieces(child)
        if isinstance(node, (nodes.paragraph, nodes.title, nodes.list_item)):
            yield " "


def entries(document: nodes.document) -> list[dict[str, str]]:
    """What a page offers: kind, anchor, title, text; the label of what is numbered at the end of the build."""
    found = [{"kind": "page", "anchor": "", "title": "", "text": ""}]
    of_node: dict[int, dict[str, str]] = {}
    for node in document.findall(nodes.Element):
        entry = _entry(node)
        if entry:
            of_node[id(node)] = entry
            found.append(entry)
        elif isinstance(node, nodes.paragraph) and not _in_another_paragraph(node):
            owner = next((of_node[id(a)] for a in _ancestors(node) if id(a) in of_node), found[0])
            part = "source" if "source" in node.parent.get("classes", ()) else "text"
            owner[part] = f"{owner.get(part, '')} {plain(node)}".strip()
    return found


def _entry(node: nodes.Element) -> dict[str, str] | None:
    def made(kind: str, anchor: str, title: nodes.Node | None, text: str = "") -> dict[str, str]:
        name = plain(title) if title is not None else ""
        return {"kind": kind, "anchor": anchor, "title": re.sub(r"^\((.*)\)$", r"\1", name), "text": text}

    title = next((child for child in node.children if isinstance(child, nodes.title)), None)
    if isinstance(node, proof_node) or "realtype" in node:
        return made(node.get("realtype", "proof"), node["label"], title) if node.get("label") else None
    if isinstance(node, (exercise_node, exercise_enumerable_node)) and node.get("label"):
        return made("exercise", node["label"], node.next_node(exercise_subtitle))
    if isinstance(node, nodes.section) and title is not None and isinstance(node.parent, nodes.section):
        return made("section", node["ids"][0], title)
    if isinstance(node, nodes.figure) and node["ids"]:
        caption = node.next_node(nodes.caption)
        return made("figure", node["ids"][0], None, plain(caption) if caption is not None else "")
    if isinstance(node, nodes.term) and node["ids"] and node.parent is not None:
        return made("term", node["ids"][0], node, plain(node.parent.next_node(nodes.definition)))
    if isinstance(node, addnodes.desc):
        name = node.next_node(addnodes.desc_signature)
        if name is not None and name.get("ids"):
            first = node.next_node(addnodes.desc_content).next_node(nodes.paragraph)
            entry = made(node["objtype"], name["ids"][0], None, plain(first) if first else "")
            return entry | {"title": name["ids"][0].partition(".")[2]}
    return None


def _ancestors(node: nodes.Node) -> Iterator[nodes.Node]:
    while (node := node.parent) is not None:
        yield node


def _in_another_paragraph(node: nodes.Node) -> bool:
    """Whether the text of a paragraph is an entry's already, or nobody's."""
    owners = (nodes.term, nodes.definition_list, nodes.figure, addnodes.desc, solution_node)
    return any(isinstance(a, owners) for a in _ancestors(node))


def collect(app: Sphinx, document: nodes.document) -> None:
    if not hasattr(app.env, "findable"):
        app.env.findable = {}
    app.env.findable[app.env.docname] = entries(document)


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "findable", {}).pop(docname, None)


def merged(env: BuildEnvironment) -> dict[str, list]:
    """The index: titles of the pages by address, and a row an entry: kind, page, anchor, number, title, text.

    A result that has a source has it for a seventh: one looks for "Theorem 1" of a paper, too.
    """
    pages, rows = {}, []
    for docname in sorted(env.findable):
        numbers = env.toc_fignumbers.get(docname, {})
        section = ".".join(map(str, env.toc_secnumbers.get(docname, {}).get("", ())))
        title = plain(env.titles[docname])
        pages[docname] = f"{section}. {title}" if section else title
        for entry in env.findable[docname]:
            number = next((n[entry["anchor"]] for n in numbers.values() if entry["anchor"] in n), ())
            name = title if entry["kind"] == "page" else entry["title"]
            row = [entry["kind"], docname, entry["anchor"], ".".join(map(str, number)), name, entry["text"]]
            rows.append([*row, entry["source"]] if entry.get("source") else row)
    for citation in env.get_domain("cite").citations:
        title = re.sub(r"[{}]", "", citation.entry.fields.get("title", ""))
        page, text = citation.bibliography_key.docname, re.sub(r"<\w+>", " ", str(citation.formatted_entry.text))
        rows.append(["source", page, citation.citation_id, "", title, text])
    return {"pages": pages, "rows": rows}


def own_search(app: Sphinx) -> None:
    """Sphinx neither indexes nor writes its search page."""
    if app.builder.format == "html":
        app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    if app.builder.format == "html":
        yield "search", {"title": "Search"}, "search.html"


def no_stock_scripts(app: Sphinx, page: str, template: str, context: dict, document: nodes.document | None) -> None:
    scripts = context.get("script_files", [])
    # the list itself: others add to it
    scripts[:] = [script for script in scripts if Path(str(script.filename)).name not in STOCK]


def write_index(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    text = json.dumps(merged(app.env), ensure_ascii=False, separators=(",", ":"))
    (site / INDEX).write_text(f"bookIndex({text})\n", encoding="utf-8")
    for name in STOCK:
        (site / "_static" / name).unlink(missing_ok=True)
    (site / "searchindex.js").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    app.connect("config-inited", lambda app, config: config.templates_path.append(str(TEMPLATES)))
    app.connect("builder-inited", own_search)
    app.connect("doctree-read", collect, priority=950)  # sources have left the statements' titles
    app.connect("env-purge-doc", forget)
    app.connect("html-collect-pages", search_page)
    app.connect("html-page-context", no_stock_scripts)
    app.connect("build-finished", write_index, priority=400)  # before addresses get their versions
