"""How the book is built: what stock Jupyter Book lacks, as one Sphinx extension.

* A change in `collapse_lib` or in the lock executes every chapter again (the cache is keyed by both).
* Cells with a caption become numbered figures, whatever they show.
* The ledger of results is collected from the chapters of the same build.
* MathJax, the style sheet, the fonts and the player of the sliders come from this machine: no page asks
  another host for anything.
"""

from __future__ import annotations

import hashlib
import html.parser
import os
import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_proof.nodes import proof_node

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD_VARIABLE = "COLLAPSE_BOOK_BUILD"  # tells collapse_lib.widgets to draw every frame
RESULTS = ("theorem", "lemma", "proposition", "corollary")


# ------------------------------------------------------------------ execution


def digest() -> str:
    """What every chapter's execution depends on: the library and the lock."""
    files = sorted(path for path in (ROOT / "collapse_lib").rglob("*") if path.suffix in {".py", ".csv"})
    state = hashlib.sha256()
    for path in [*files, ROOT / "requirements.lock"]:
        state.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def prepare_execution(app: Sphinx, config: Config) -> None:
    """Key the cache by `digest` and let kernels know that they run for the book."""
    config.library_digest = digest()
    config.extension_digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    caches = Path(app.outdir).parent / ".jupyter_cache"
    cache = caches / config.library_digest
    for old in caches.glob("*") if caches.is_dir() else ():
        if old != cache:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(cache)
    os.environ[BUILD_VARIABLE] = "1"


# ------------------------------------------------------------------ figures


class NumberedFigures(SphinxTransform):
    """Turn the output of a cell with ``mystnb: figure:`` metadata into a numbered figure with its caption."""

    default_priority = 500  # before the domains collect labels (850)

    def apply(self) -> None:
        for cell in list(self.document.findall(nodes.container)):
            options = (cell.get("cell_metadata") or {}).get("mystnb", {}).get("figure")
            outputs = [part for part in cell.children if part.get("nb_element") == "cell_code_output"]
            if not options or not outputs or any(cell.findall(nodes.figure)):
                continue
            figure = nodes.figure(classes=["experiment"])
            figure += outputs[-1].children[-1:]
            caption = nodes.caption()
            caption += self._inline(options["caption"])
            figure += caption
            figure["names"].append(options["name"])
            self.document.note_explicit_target(figure)
            outputs[-1].children[-1:] = []
            outputs[-1] += figure

    def _inline(self, text: str) -> list[nodes.Node]:
        """The caption's Markdown, by the parser of the page."""
        from myst_parser.config.main import MdParserConfig
        from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
        from myst_parser.parsers.mdit import create_md_parser

        parser = create_md_parser(
            MdParserConfig(enable_extensions={"dollarmath", "colon_fence"}, dmath_double_inline=True), SphinxRenderer
        )
        document = nodes.document(self.document.settings, self.document.reporter)
        document.settings.env = self.env
        parser.options["document"] = document
        parser.render(text)
        (paragraph,) = [node for node in document.children if isinstance(node, nodes.paragraph)]
        return paragraph.children


class UniqueIds(SphinxTransform):
    """Proof and exercise blocks all carry the same inner ids; an id may stand on a page once."""

    default_priority = 501

    def apply(self) -> None:
        for number, section in enumerate(self.document.findall(nodes.section)):
            section["ids"] = [
                f"{name}-{number}" if re.fullmatch(r"[a-z]+-content", name) else name for name in section["ids"]
            ]
        for number, proof in enumerate(self.document.findall(proof_node)):
            proof.children[0]["ids"] = [f"proof-{number}"]
            for text in list(proof.findall(nodes.Text))[:1]:
                if text.startswith("Proof. "):
                    text.parent.replace(text, [nodes.emphasis(text="Proof."), nodes.Text(text[6:])])


class KeepPunctuation(SphinxTransform):
    """A formula in a line keeps the comma, or the "-th", that follows it: no line breaks between them."""

    default_priority = 502

    def apply(self) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent, index = formula.parent, formula.parent.index(formula)
            after = parent[index + 1] if index + 1 < len(parent) else None
            if isinstance(after, nodes.Text) and (match := re.match(r"[,.;:!?)\]’”%]+|-\w+[,.]?", after)):
                together = nodes.inline("", "", formula.deepcopy(), nodes.Text(match.group()), classes=["together"])
                parent[index : index + 2] = [together, nodes.Text(after[match.end() :])]


# ------------------------------------------------------------------ the ledger


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


# ------------------------------------------------------------------ front end


MATHJAX = (
    "startup.js", "core.js", "input/tex.js", "input/tex/extensions", "output/chtml.js", "output/chtml/fonts",
    "a11y/assistive-mml.js",
)  # fmt: skip


def copy_front_end(app: Sphinx, exception: Exception | None) -> None:
    """Style sheet, fonts, player and MathJax into the site; the theme's half-megabyte of icons out of it."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    shutil.copytree(HERE / "fonts", static / "fonts", dirs_exist_ok=True)
    for name in ("book.css", "player.js"):
        shutil.copy(HERE / name, static / name)
    source = Path(distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
    for part in MATHJAX:
        target = static / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target, dirs_exist_ok=True)
        else:
            shutil.copy(source / part, target)
    # the icons that the theme's pages use are drawn in book.css
    for heavy in static.glob("scripts/fontawesome.js*"):
        heavy.unlink()
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        slim = re.sub(r'\s*<script defer src="[^"]*/?_static/scripts/fontawesome\.js[^"]*"></script>', "", text)
        slim = slim.replace('role="doc-biblioentry"', 'role="listitem"')  # a deprecated role
        if slim != text:
            page.write_text(slim, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("library_digest", "", "env")  # "env": all pages are read again when it changes
    app.add_config_value("extension_digest", "", "env")
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it; we load no comments
    app.connect("config-inited", prepare_execution, priority=10)
    app.add_transform(NumberedFigures)
    app.add_transform(UniqueIds)
    app.add_transform(KeepPunctuation)
    app.add_node(ledger)
    app.add_directive("ledger", LedgerDirective)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-updated", renew_ledger)
    app.connect("env-check-consistency", order_pages)
    app.connect("doctree-resolved", fill_ledger)
    app.add_css_file("book.css", priority=900)
    app.add_js_file(None, body='document.documentElement.classList.add("js");', priority=100)
    app.add_js_file("player.js", loading_method="defer")
    app.connect("build-finished", copy_front_end)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
