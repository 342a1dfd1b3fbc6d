"""The ledger of results, collected from the chapters of the same build."""

from __future__ import annotations

import html.parser
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)
RESULTS = ("theorem", "lemma", "proposition", "corollary")


class _CheckLine(html.parser.HTMLParser):
    """Attributes of the ``<p class="check">`` lines in a cell's output."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "p" and attributes.get("class") == "check":
            self.found.append({name: attributes[f"data-{name}"] for name in ("label", "what", "kind", "figures")})


def collect(app: Sphinx, document: nodes.document) -> None:
    """Record the numbered results of a page in order, with title, source, proof and checks."""
    page: list[dict] = []
    checks: list[dict[str, str]] = []
    for node in document.findall():
        name = type(node).__name__.removesuffix("_node")
        kind = node.get("realtype", node.get("type", name)) if isinstance(node, nodes.Element) else name
        if isinstance(node, nodes.Element) and node.get("label") and kind in RESULTS:
            title = next((part.astext() for part in node.children if isinstance(part, nodes.title)), "")
            name, _, source = re.sub(r"^\s*\((.*)\)\s*$", r"\1", title.strip()).rpartition(";")
            page.append(
                {"label": node["label"], "kind": kind, "title": name.strip(), "source": source.strip(), "proved": False}
            )
        elif kind == "proof" and page:
            page[-1]["proved"] = True
        elif isinstance(node, nodes.raw) and 'class="check"' in node.astext():
            checks += _CheckLine(node.astext()).found
    for result in page:
        result["checks"] = [check for check in checks if check["label"] == result["label"]]
    if not hasattr(app.env, "results"):
        app.env.results = {}
    app.env.results[app.env.docname] = page
    unknown = {check["label"] for check in checks} - {result["label"] for result in page}
    if unknown:
        logger.warning("checks of results that are not on the page: %s", sorted(unknown), location=app.env.docname)


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "results", {}).pop(docname, None)


class ledger(nodes.General, nodes.Element):
    """Place of the ledger, filled when all pages are read."""


class LedgerDirective(SphinxDirective):
    """``{ledger}``: a table a chapter, made from this build."""

    def run(self) -> list[nodes.Node]:
        self.env.ledger_page = self.env.docname
        return [ledger()]


def renew_ledger(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The ledger's page is written again whenever any page was read."""
    return [env.ledger_page] if hasattr(env, "ledger_page") else []


def fill_ledger(app: Sphinx, document: nodes.document, docname: str) -> None:
    for place in list(document.findall(ledger)):
        parts: list[nodes.Node] = []
        results = getattr(app.env, "results", {})
        pages = [page for page in app.env.toctree_includes_order if results.get(page)]
        every = [result for page in pages for result in results[page]]
        checks = sum(len(result["checks"]) for result in every)
        unproved = [result["label"] for result in every if not result["proved"]]
        unchecked = [result["label"] for result in every if not result["checks"]]
        if unproved or unchecked:
            logger.warning("results without proof: %s; without check: %s", unproved, unchecked, location=docname)
        parts.append(
            nodes.paragraph(
                text=f"This build: {len(every)} numbered results, {len(every)} proofs, {checks} checks, all passed."
            )
        )
        for page in pages:
            parts.append(nodes.rubric(text=app.env.titles[page].astext()))
            parts.append(_table(app, docname, page, results[page]))
        place.replace_self(parts)


def _table(app: Sphinx, here: str, page: str, results: list[dict]) -> nodes.table:
    table = nodes.table(classes=["ledger"])
    group = nodes.tgroup(cols=3)
    table += group
    for width in (30, 25, 45):
        group += nodes.colspec(colwidth=width)
    head, body = nodes.thead(), nodes.tbody()
    group += [head, body]
    head += _row([nodes.paragraph(text=text)] for text in ("Result", "Source", "Checked in this build"))
    target = app.builder.get_relative_uri(here, page)
    numbers = app.env.toc_fignumbers.get(page, {})
    for result in results:
        number = next((n[result["label"]] for n in numbers.values() if result["label"] in n), ())
        text = f"{result['kind'].capitalize()} {'.'.join(map(str, number))}"
        link = nodes.reference("", text, refuri=f"{target}#{result['label']}", internal=True)
        first = nodes.paragraph("", "", link, nodes.Text(f" {result['title']}"))
        lines = nodes.bullet_list(classes=["simple"])
        for check in result["checks"]:
            lines += nodes.list_item("", nodes.paragraph(text=f"{check['what']}: {check['figures']}"))
        body += _row([[first], [nodes.paragraph(text=result["source"])], [lines]])
    return table


def _row(cells) -> nodes.row:
    row = nodes.row()
    for content in cells:
        row += nodes.entry("", *content) if isinstance(content, list) else nodes.entry("", content)
    return row


def order_pages(app: Sphinx, env: BuildEnvironment) -> None:
    """Pages in reading order."""
    order: list[str] = []

    def visit(page: str) -> None:
        if page not in order:
            order.append(page)
            for child in env.toctree_includes.get(page, []):
                visit(child)

    visit(env.config.root_doc)
    env.toctree_includes_order = order


def setup(app: Sphinx) -> None:
    app.add_node(ledger)
    app.add_directive("ledger", LedgerDirective)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-updated", renew_ledger)
    app.connect("env-check-consistency", order_pages)
    app.connect("doctree-resolved", fill_ledger)
