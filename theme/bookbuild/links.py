"""Links that nobody writes by hand: names of the library in text and code, permanent addresses, sources on arXiv."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from .api import PACKAGE

ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")
DOT, NAME = r'<span class="o">\.</span>', r'<span class="n">(\w+)</span>'
CHAIN = re.compile(rf"(?<!{DOT}){NAME}((?:{DOT}{NAME.replace('(', '(?:')})*)")
CELL = re.compile(r'<div class="highlight">.*?</pre>', re.S)
BOX = r'<div class="(?:proof|exercise)\b[^"]*" id="([^"]+)">'
TITLE = re.compile(rf'({BOX}\s*<p class="admonition-title">.*?)(</p>)', re.S)


def imports(tree: ast.AST) -> dict[str, str]:
    """What the names mean that a piece of code imports from the library."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.asname: name.name for name in node.names if name.asname and name.name.startswith(PACKAGE)}
            found |= {PACKAGE: PACKAGE for name in node.names if not name.asname and name.name.startswith(PACKAGE)}
    return found


def chains(tree: ast.AST, known: dict[str, str]) -> Iterator[str]:
    """Full names of what a piece of code uses of the library."""
    for node in ast.walk(tree):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id in known:
            yield ".".join([known[node.id], *reversed(parts)])


def collect(app: Sphinx, document: nodes.document) -> None:
    """Which names of the library a page imports, and which it uses."""
    known: dict[str, str] = {}
    used: set[str] = set()
    for block in document.findall(nodes.literal_block):
        if "python" not in block.get("language", ""):
            continue
        try:
            tree = ast.parse(block.astext())
        except SyntaxError:
            continue
        known |= imports(tree)
        used |= set(chains(tree, known))
    if not hasattr(app.env, "library_names"):
        app.env.library_names = {}
    app.env.library_names[app.env.docname] = (known, used)


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "library_names", {}).pop(docname, None)


def entry(env: BuildEnvironment, name: str) -> tuple[str, str] | None:
    """Page and id of a name's entry in the reference."""
    found = env.get_domain("py").objects.get(name)
    return (found.docname, found.node_id) if found and found.objtype != "module" else None


class LibraryNames(SphinxPostTransform):
    """Names in text lead to the reference, entries of the reference to the pages that use them."""

    default_priority = 7
    formats = ("html",)

    def run(self) -> None:
        for literal in list(self.document.findall(nodes.literal)):
            name = re.sub(r"\(.*\)$", "", literal.astext())
            place = entry(self.env, name) or entry(self.env, f"{PACKAGE}.{name}")
            if place and not _is_linked(literal):
                link = make_refnode(self.app.builder, self.env.docname, *place, literal.deepcopy())
                literal.parent.replace(literal, link)
        for what in self.document.findall(addnodes.desc):
            signature = what.next_node(addnodes.desc_signature)
            on_top = isinstance(what.parent, (nodes.section, nodes.document))
            if on_top and signature is not None and signature.get("ids"):
                pages = [page for page in self.env.toctree_includes_order if self._uses(page, signature["ids"][0])]
                if pages:
                    what.next_node(addnodes.desc_content).append(self._line(pages))

    def _uses(self, page: str, name: str) -> bool:
        used = self.env.library_names.get(page, ({}, ()))[1]
        return any(other == name or other.startswith(f"{name}.") for other in used)

    def _line(self, pages: list[str]) -> nodes.paragraph:
        line = nodes.paragraph("", "Used in ", classes=["used-on"])
        for number, page in enumerate(pages):
            title = nodes.inline("", "", *(child.deepcopy() for child in self.env.titles[page].children))
            link = make_refnode(self.app.builder, self.env.docname, page, "", title)
            line += [nodes.Text(", " if number else ""), link]
        line += nodes.Text(".")
        return line


def _is_linked(node: nodes.Node) -> bool:
    """Whether a literal stands in a link, or in a heading or a signature, where a link would disturb."""
    others = (nodes.reference, addnodes.pending_xref, nodes.title, addnodes.desc_signature, nodes.rubric)
    while node is not None:
        if isinstance(node, others):
            return True
        node = node.parent
    return False


class Preprints(SphinxPostTransform):
    """The number of a preprint leads to it."""

    default_priority = 900  # when the bibliography stands in its place
    formats = ("html",)

    def run(self) -> None:
        for citation in self.document.findall(nodes.citation):
            for text in list(citation.findall(nodes.Text)):
                match = ARXIV.search(text)
                if match and not isinstance(text.parent, nodes.reference):
                    link = nodes.reference("", match[0], refuri=f"https://arxiv.org/abs/{match[1]}")
                    parts = [nodes.Text(text[: match.start()]), link, nodes.Text(text[match.end() :])]
                    text.parent.replace(text, parts)


def link_code(body: str, known: dict[str, str], address) -> str:
    """A page with links in its code: each name of the library once a cell; `address(full name)` or None."""

    def cell(found: re.Match[str]) -> str:
        seen: set[str] = set()

        def chain(match: re.Match[str]) -> str:
            if match[1] not in known:
                return match[0]
            links = list(re.finditer(DOT + NAME, match[2]))
            for length in range(len(links), -1, -1):
                name = ".".join([known[match[1]], *(link[1] for link in links[:length])])
                where = address(name)
                if where and name not in seen:
                    seen.add(name)
                    end = match.start(2) - match.start() + (links[length - 1].end() if length else 0)
                    return f'<a class="reference internal lib" href="{where}">{match[0][:end]}</a>{match[0][end:]}'
            return match[0]

        return CHAIN.sub(chain, found[0])

    return CELL.sub(cell, body)


def finish_body(app: Sphinx, page: str, template: str, context: dict, document: nodes.document | None) -> None:
    """Links in code, and the address of each result and exercise."""
    if document is None or "body" not in context:
        return

    def address(name: str) -> str | None:
        place = entry(app.env, name)
        return f"{app.builder.get_relative_uri(page, place[0])}#{place[1]}" if place else None

    known = getattr(app.env, "library_names", {}).get(page, ({}, ()))[0]
    body = link_code(context["body"], known, address) if known else context["body"]
    here = r'\1<a class="headerlink" href="#\2" title="Link to this place">#</a>\3'
    context["body"] = TITLE.sub(here, body)


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("html-page-context", finish_body)
    for transform in (LibraryNames, Preprints):
        app.add_post_transform(transform)
