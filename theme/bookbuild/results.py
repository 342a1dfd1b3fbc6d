"""What rests on what: the results that a statement or its proof refers to, and where each is used.

A proof may rest only on what stands before it; a reference ahead is reported, unless `results_ahead` in the
settings names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_proof.nodes import proof_node

from .ledger import RESULTS
from .search import plain

logger = logging.getLogger(__name__)


@dataclass
class Result:
    """A numbered result and what it refers to."""

    label: str
    page: str
    kind: str
    name: str
    main: bool
    source: str = ""
    said: list[str] = field(default_factory=list)  # labels that its statement refers to
    proved: list[str] = field(default_factory=list)  # labels that its proofs refer to
    owns: list[str] = field(default_factory=list)  # labels of the equations in both

    @property
    def used(self) -> list[str]:
        """All labels that it refers to, each once."""
        return list(dict.fromkeys(self.said + self.proved))


def collect(app: Sphinx, document: nodes.document) -> None:
    """Read a page's results in order. A proof belongs to the result before it."""
    page: list[Result] = []
    for node in document.findall(nodes.Element):
        if node.get("realtype") in RESULTS:
            title = node.next_node(nodes.title)
            name, mark, source = plain(title).removeprefix("(").removesuffix(")").rpartition(";")
            result = Result(node["label"], app.env.docname, node["realtype"], name.strip(), "main" in node["classes"])
            result.source = source.strip() if mark else ""
            page.append(result)
            page[-1].said += references(node)
            page[-1].owns += equations(node)
        elif isinstance(node, proof_node) and page:
            page[-1].proved += references(node)
            page[-1].owns += equations(node)
    if not hasattr(app.env, "rests"):
        app.env.rests = {}
    app.env.rests[app.env.docname] = page


def references(node: nodes.Element) -> Iterator[str]:
    """Labels of results and equations that are referred to."""
    for reference in node.findall(addnodes.pending_xref):
        if reference.get("refdomain") == "prf" or reference.get("reftype") in ("eq", "ref", "numref"):
            yield reference["reftarget"]


def equations(node: nodes.Element) -> Iterator[str]:
    return (block["label"] for block in node.findall(nodes.math_block) if block.get("label"))


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "rests", {}).pop(docname, None)


class Web:
    """All results in reading order (`order`, by label), what each uses (`uses`) and where (`used_in`)."""

    def __init__(self, results: list[Result]) -> None:
        self.order = {result.label: result for result in results}
        self.place = {label: number for number, label in enumerate(self.order)}
        owner = {equation: result.label for result in results for equation in result.owns}

        def resolved(label: str, names: list[str]) -> list[str]:
            found = dict.fromkeys(owner.get(name, name) for name in names)
            return [name for name in found if name in self.order and name != label]

        proved = {label: resolved(label, result.proved) for label, result in self.order.items()}
        self.ahead = [
            (label, other)
            for label, names in proved.items()
            for other in names
            if self.place[other] > self.place[label]
        ]
        # a statement may point ahead, to what improves it; that is no foundation
        said = {
            label: [name for name in resolved(label, result.said) if self.place[name] < self.place[label]]
            for label, result in self.order.items()
        }
        self.uses = {
            label: sorted(dict.fromkeys(said[label] + proved[label]), key=self.place.get) for label in self.order
        }
        self.used_in: dict[str, list[str]] = {label: [] for label in self.order}
        for label, names in self.uses.items():
            for name in names:
                self.used_in[name].append(label)


def web(env: BuildEnvironment) -> Web:
    """The results of all pages in reading order."""
    found = getattr(env, "rests", {})
    return Web([result for page in env.toctree_includes_order for result in found.get(page, [])])


def check_order(app: Sphinx, env: BuildEnvironment) -> None:
    """Report proofs that rest on what comes later."""
    everything = web(env)
    known = app.config.results_ahead
    for label, other in everything.ahead:
        if other not in known.get(label, ()):
            page = everything.order[other].page
            where = everything.order[label].page
            text = "the proof of %s rests on %s, which comes later (in %s)"
            logger.warning(text, label, other, page, location=where)
    for label, others in known.items():
        for other in set(others) - {b for a, b in everything.ahead if a == label}:
            if label in everything.order:
                logger.warning("results_ahead names %s for %s, whose proof does not need it", other, label)


def number(env: BuildEnvironment, label: str, page: str) -> str:
    """Number of a result, such as "2.3"."""
    numbers = env.toc_fignumbers.get(page, {}).values()
    return ".".join(map(str, next((found[label] for found in numbers if label in found), ())))


def spoken(env: BuildEnvironment, result: Result) -> str:
    """What a result is called where it is referred to, such as "Theorem 2.3"."""
    return f"{result.kind.capitalize()} {number(env, result.label, result.page)}".strip()


def link(app: Sphinx, result: Result) -> nodes.reference:
    """A link from the page in hand to a result, by its number."""
    address = "" if result.page == app.env.docname else app.builder.get_relative_uri(app.env.docname, result.page)
    name = nodes.inline(text=spoken(app.env, result))
    return nodes.reference("", "", name, refuri=f"{address}#{result.label}", internal=True)


class main_results(nodes.General, nodes.Element):
    """Place of the list of main results."""


class MainResultsDirective(SphinxDirective):
    """``{main-results}``: the results of class `main`, each with a link."""

    def run(self) -> list[nodes.Node]:
        return [main_results()]


class FillMainResults(SphinxPostTransform):
    """Put the list in its place."""

    default_priority = 4

    def run(self) -> None:
        for place in list(self.document.findall(main_results)):
            items = nodes.bullet_list(classes=["simple", "main-results"])
            for result in filter(lambda result: result.main, web(self.env).order.values()):
                line = nodes.paragraph("", "", link(self.app, result), nodes.Text(f" {result.name}"))
                if result.source:
                    line += nodes.inline(text=f" ({result.source})", classes=["quiet"])
                items += nodes.list_item("", line)
            place.replace_self(items if len(items) else [])


class UsedIn(SphinxPostTransform):
    """Below each statement, or beside it, the results that rest on it."""

    default_priority = 700
    formats = ("html",)

    def run(self) -> None:
        everything = web(self.env)
        for statement in self.document.findall(lambda n: isinstance(n, nodes.Element) and "realtype" in n):
            users = [everything.order[name] for name in everything.used_in.get(statement["label"], ())]
            if users:
                content = statement.next_node(nodes.section)
                places = list(content.findall(lambda n: isinstance(n, nodes.container) and "source" in n["classes"]))
                place = places[-1] if places else nodes.container(classes=["source", "margin"])
                if not places:
                    content += place
                place += self._line(users)

    def _line(self, users: list[Result]) -> nodes.paragraph:
        line = nodes.paragraph("", "Used in ", classes=["used-in"])
        for i, user in enumerate(users):
            line += [nodes.Text(", " if i else ""), link(self.app, user)]
        line += nodes.Text(".")
        return line


def setup(app: Sphinx) -> None:
    app.add_config_value("results_ahead", {}, "env")
    app.add_node(main_results)
    app.add_directive("main-results", MainResultsDirective)
    for transform in (FillMainResults, UsedIn):
        app.add_post_transform(transform)
    app.connect("doctree-read", collect, priority=400)  # titles still hold their sources
    app.connect("env-purge-doc", forget)
    app.connect("env-check-consistency", check_order, priority=900)  # the pages are in order by then
