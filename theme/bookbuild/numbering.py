"""Figures, tables and results are numbered without reading every page back.

Sphinx numbers them anew in each build, over the trees of all pages: most of what a build took in which nothing had
changed. Of a page's tree it looks at the sections, at the lists of pages, and at what has a number; so much is kept of
each page, and shown to Sphinx in place of the whole.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .upkeep import alone

LOOKED_AT = (nodes.section, addnodes.toctree)
TOLD_BY = (nodes.title, nodes.caption, nodes.literal_block)  # what has a number


def skeleton(env: BuildEnvironment, node: nodes.Element) -> nodes.Element | None:
    """What Sphinx looks at when it numbers, of a node and what it holds; None where that is nothing."""
    below = [kept for child in node.children if isinstance(child, nodes.Element) and (kept := skeleton(env, child))]
    numbered = any(domain.get_enumerable_node_type(node) for domain in env.domains.values())
    if not (below or numbered or isinstance(node, LOOKED_AT)):
        return None
    kept = node.copy()
    kept.document = None
    signs = [alone(child) for child in node.children if isinstance(child, TOLD_BY)] if numbered else []
    kept.extend([*signs, *below])
    return kept


def collect(app: Sphinx, document: nodes.document) -> None:
    if not hasattr(app.env, "skeletons"):
        app.env.skeletons = {}
    parts = [skeleton(app.env, child) for child in document.children if isinstance(child, nodes.Element)]
    app.env.skeletons[app.env.docname] = nodes.Element("", *filter(None, parts))


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "skeletons", {}).pop(docname, None)


def show(app: Sphinx, env: BuildEnvironment) -> list[str]:
    env.get_doctree = env.skeletons.__getitem__
    return []  # pages to be written again


def hide(app: Sphinx, env: BuildEnvironment) -> list[str]:
    del env.get_doctree
    return []


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", collect, priority=999)
    app.connect("env-purge-doc", forget)
    app.connect("env-get-updated", show, priority=1)
    app.connect("env-get-updated", hide, priority=501)  # Sphinx numbers between them
