"""The ledger of results, collected from the chapters of the same build."""

from __future__ import annotations

import html.parser
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .figures import has_failed
from .text import check_line, printed, scripts

logger = logging.getLogger(__name__)
RESULTS = ("theorem", "lemma", "proposition", "corollary")
FIELDS = ("label", "what", "kind", "figures", "slack", "teeth", "order-only")  # of a check's line
SHARP, TIGHT = 1 + 1e-6, 1.05  # slack of what is called exact, and of what is called tight


class _CheckLine(html.parser.HTMLParser):
    """Attributes of the ``<p class="check">`` lines in a cell's output."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "p" and attributes.get("class") == "check":
            self.found.append({name: attributes[f"data-{name}"] or "" for name in FIELDS})


def collect(app: Sphinx, document: nodes.document) -> None:
    """Record the numbered results of a page in order, with title, source, proof and checks."""
    if has_failed(document):  # its error is reported; that it kept the later checks from running is no news
        return
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
        return [ledger()]


def fill_ledger(app: Sphinx, document: nodes.document, docname: str) -> None:
    for place in list(document.findall(ledger)):
        parts: list[nodes.Node] = []
        results = getattr(app.env, "results", {})
        pages = [page for page in app.env.toctree_includes_order if results.get(page)]
        every = [result for page in pages for result in results[page]]
        checks = [check for result in every for check in result["checks"]]
        unproved = [result["label"] for result in every if not result["proved"]]
        unchecked = [result["label"] for result in every if not result["checks"]]
        if unproved or unchecked:
            logger.warning("results without proof: %s; without check: %s", unproved, unchecked, location=docname)
        text = f"This build: {len(every)} numbered results, {len(every)} proofs, {len(checks)} checks, all passed. "
        parts.append(nodes.paragraph(text=printed(text + _summary(checks))))
        for page in pages:
            parts.append(nodes.rubric(text=app.env.titles[page].astext()))
            parts.append(_table(app, docname, page, results[page]))
        place.replace_self(parts)


def grade(check: dict[str, str]) -> str:
    """How sharp a check is, in a word."""
    slack = float(check["slack"] or "nan")
    if check["kind"] == "enclosed":
        return "enclosed by ball arithmetic"
    if check["kind"] in ("frequency", "mean"):
        return "against simulation"
    if check["order-only"]:
        return "order only"
    return "exact" if not slack > SHARP else "tight within 5 %" if slack <= TIGHT else "approximate"


def _summary(checks: list[dict[str, str]]) -> str:
    """How many checks are how sharp, and how many try their claim with something changed."""
    grades = [grade(check) for check in checks]
    names = ("exact", "tight within 5 %", "approximate", "order only", "enclosed by ball arithmetic", "against simulation")
    counts = ", ".join(f"{grades.count(name)} {name}" for name in names if name in grades)
    return f"Of the checks {counts}; {sum(bool(check['teeth']) for check in checks)} also try a changed claim."


def _slack(check: dict[str, str]) -> str:
    """The factor by which the claim could be wrong and still pass, for a reader."""
    slack = float(check["slack"] or "nan")
    if slack != slack:
        return "the claim is zero"
    if slack == float("inf"):
        return "no factor is noticed"
    return f"slack {slack:.3g}" if slack - 1 >= 5e-3 else f"slack 1 + {slack - 1:.0e}" if slack > 1 else "slack 1"


def _table(app: Sphinx, here: str, page: str, results: list[dict]) -> nodes.table:
    table = nodes.table(classes=["ledger"])
    group = nodes.tgroup(cols=2)
    table += group
    for width in (35, 65):
        group += nodes.colspec(colwidth=width)
    head, body = nodes.thead(), nodes.tbody()
    group += [head, body]
    head += _row([nodes.paragraph(text=text)] for text in ("Result and source", "Checked in this build"))
    target = app.builder.get_relative_uri(here, page)
    numbers = app.env.toc_fignumbers.get(page, {})
    for result in results:
        number = next((n[result["label"]] for n in numbers.values() if result["label"] in n), ())
        text = f"{result['kind'].capitalize()} {'.'.join(map(str, number))}"
        link = nodes.reference("", text, refuri=f"{target}#{result['label']}", internal=True)
        first = nodes.paragraph("", "", link, nodes.Text(f" {result['title']}"))
        source = nodes.paragraph("", "", nodes.inline(text=result["source"], classes=["quiet"]))
        lines = nodes.bullet_list(classes=["simple"])
        for check in result["checks"]:
            notes = [grade(check), _slack(check)] + ([f"fails with {check['teeth']}"] if check["teeth"] else [])
            said = nodes.inline(text=check_line(printed(f" {'; '.join(notes)}")), classes=["quiet"])
            found = check_line(printed(f"{check['what']}: {check['figures']}."))
            lines += nodes.list_item("", nodes.paragraph("", "", *map(_set, scripts(found)), said))
        body += _row([[first, source], [lines]])
    return table


def _set(piece: tuple[str, str]) -> nodes.Node:
    """A piece of a check's line, lowered or raised where it is an index or a power."""
    kind, text = piece
    if not kind:
        return nodes.Text(text)
    return (nodes.subscript if kind == "sub" else nodes.superscript)("", text)


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
    app.connect("env-updated", order_pages)
    app.connect("doctree-resolved", fill_ledger)
