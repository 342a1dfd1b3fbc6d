"""The map of results: what rests on what, drawn at build time, page below page, and the same as a list."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from .ledger import grade
from .results import Result, Web, spoken, web
from .search import plain
from .text import printed

WIDTH, LEFT, COLUMNS, GAP = 740, 142, 4, 10  # of the drawing, of the pages' names; nodes side by side
NODE = (WIDTH - LEFT - COLUMNS * GAP) / COLUMNS, 54  # width and height
ROW, PAD = 76, 12  # from row to row; above and below a page's nodes
LETTERS = 19  # in a line of a node
LETTER = 6.5  # width of one in the node's head
MARKS = {  # of checks, by their grade
    "exact": '<circle class="full" cx="{x}" cy="{y}" r="3.5"/>',
    "enclosed by ball arithmetic": '<rect class="full" x="{left}" y="{top}" width="7" height="7"/>',
    "tight within 5 %": '<circle class="half" cx="{x}" cy="{y}" r="3"/>',
    "approximate": '<rect class="half" x="{left}" y="{top}" width="6.5" height="6.5"/>',
    "order only": '<circle class="empty" cx="{x}" cy="{y}" r="3"/>',
    "against simulation": '<path class="drawn-lots" d="M{left} {bottom}h8l-4 -7z"/>',
}


class map_of_results(nodes.General, nodes.Element):
    """Place of the map."""


class MapDirective(SphinxDirective):
    """``{map}``: the drawing and the list."""

    def run(self) -> list[nodes.Node]:
        return [map_of_results()]


def mark(name: str, x: float, y: float) -> str:
    """The sign of a grade, centred."""
    return MARKS[name].format(x=f"{x:g}", y=f"{y:g}", left=f"{x - 3.5:g}", top=f"{y - 3.5:g}", bottom=f"{y + 3.5:g}")


def counted(grades: list[str]) -> str:
    """Checks in words, such as "3 checks: 2 exact, 1 order only"."""
    if not grades:
        return "no check"
    kinds = ", ".join(f"{grades.count(name)} {name}" for name in MARKS if name in grades)
    return f"{len(grades)} check{'s' if len(grades) > 1 else ''}: {kinds}"


class Drawing:
    """Positions of pages and nodes, and the drawing as SVG."""

    def __init__(self, env: BuildEnvironment, everything: Web, address) -> None:
        self.env, self.web, self.address = env, everything, address
        self.pages: dict[str, list[Result]] = {}
        for result in everything.order.values():
            self.pages.setdefault(result.page, []).append(result)
        self.places: dict[str, tuple[float, float]] = {}
        self.bands: dict[str, tuple[float, float]] = {}  # top and height of a page
        top = 0.0
        for page, results in self.pages.items():
            rows = -(-len(results) // COLUMNS)
            self.bands[page] = top, rows * ROW - (ROW - NODE[1]) + 2 * PAD
            for i, result in enumerate(results):
                self.places[result.label] = LEFT + i % COLUMNS * (NODE[0] + GAP), top + PAD + i // COLUMNS * ROW
            top += self.bands[page][1] + GAP
        self.height = top

    def grades(self, label: str) -> list[str]:
        """Grades of a result's checks."""
        found = getattr(self.env, "results", {}).get(self.web.order[label].page, [])
        return [grade(check) for result in found if result["label"] == label for check in result["checks"]]

    def svg(self) -> str:
        edges = "".join(self._edge(name, label) for label, names in self.web.uses.items() for name in names)
        pages = "".join(map(self._page, self.pages))
        boxes = "".join(map(self._node, self.web.order.values()))
        return (
            f'<svg class="results-map" viewBox="0 0 {WIDTH} {self.height:.0f}" role="group" '
            'aria-label="Map of results; the same stands below as a list">'
            f'{pages}<g class="edges">{edges}</g>{boxes}</svg>'
        )

    def _page(self, page: str) -> str:
        top, height = self.bands[page]
        number = self.env.toc_secnumbers.get(page, {}).get("", ())
        title = f"{'.'.join(map(str, number))} {plain(self.env.titles[page])}".strip()
        lines = "".join(
            f'<tspan x="10" y="{top + 26 + 17 * i:g}">{escape(line)}</tspan>'
            for i, line in enumerate(textwrap.wrap(title, 17))
        )
        return (
            f'<rect class="band" x="0" y="{top:g}" width="{WIDTH}" height="{height:g}" rx="4"/>'
            f'<a href="{escape(self.address(page, ""))}"><text class="page">{lines}</text></a>'
        )

    def _edge(self, name: str, label: str) -> str:
        (x, y), (u, v) = self.places[name], self.places[label]
        x, y, u = x + NODE[0] / 2, y + NODE[1], u + NODE[0] / 2
        if v < y:  # neighbours in a row
            v, bend, back = y, 16.0, -16.0
        else:
            bend = back = max(12.0, min(60.0, (v - y) / 2))
        path = f"M{x:.0f} {y:.0f}C{x:.0f} {y + bend:.0f} {u:.0f} {v - back:.0f} {u:.0f} {v:.0f}"
        return f'<path d="{path}" data-from="{name}" data-to="{label}"/>'

    def _node(self, result: Result) -> str:
        x, y = self.places[result.label]
        grades = self.grades(result.label)
        full = f"{spoken(self.env, result)}, {result.name}, {counted(grades)}"
        lines = textwrap.wrap(result.name, LETTERS) or [""]
        lines = lines[:2] if len(lines) < 3 else [lines[0], f"{lines[1][: LETTERS - 1]}…"]
        text = "".join(
            f'<tspan x="{x + 8:g}" y="{y + 33 + 14 * i:g}">{escape(line)}</tspan>' for i, line in enumerate(lines)
        )
        marks, start = self._marks(grades, x + NODE[0] - 6, y + 13)
        short = spoken(self.env, result).replace("Proposition", "Prop.").replace("Corollary", "Cor.")
        if x + 8 + LETTER * len(short) > start:
            short = short.replace("Theorem", "Thm.")
        return (
            f'<a class="node{" main" if result.main else ""}" href="{escape(self.address(result.page, result.label))}" '
            f'data-label="{result.label}" aria-label="{escape(full)}"><title>{escape(full)}</title>'
            f'<rect x="{x:g}" y="{y:g}" width="{NODE[0]:g}" height="{NODE[1]}" rx="3"/>'
            f'<text class="kind" x="{x + 8:g}" y="{y + 17:g}">{short}</text>'
            f"<text>{text}</text>{marks}</a>"
        )

    def _marks(self, grades: list[str], x: float, y: float) -> tuple[str, float]:
        """A sign for each grade, and how many checks have it if they are several; they end at x. And where they begin."""
        parts = []
        for name in reversed([name for name in MARKS if name in grades]):
            if (count := grades.count(name)) > 1:
                parts.append(f'<text class="count" x="{x:g}" y="{y + 4:g}">{count}</text>')
                x -= 7 * len(str(count)) + 1
            parts.append(mark(name, x - 4, y))
            x -= 11
        return "".join(parts), x


def legend() -> str:
    """What the signs of the checks mean."""
    box = '<svg viewBox="0 0 10 10" aria-hidden="true">'
    signs = (f"<span>{box}{mark(name, 5, 5)}</svg> {name}</span>" for name in MARKS)
    return f'<p class="map-legend"><span>Checks:</span> {" ".join(signs)}</p>'


def listed(drawing: Drawing) -> Iterator[nodes.Node]:
    """The map as a list, page by page."""
    order, env = drawing.web.order, drawing.env

    def links(labels: list[str]) -> Iterator[nodes.Node]:
        for i, label in enumerate(labels):
            address = drawing.address(order[label].page, label)
            yield nodes.Text(", " if i else "")
            name = nodes.inline(text=spoken(env, order[label]))
            yield nodes.reference("", "", name, refuri=address, internal=True, classes=["together"])

    for page, results in drawing.pages.items():
        yield nodes.rubric(text=plain(env.titles[page]))
        items = nodes.bullet_list(classes=["simple", "map-list"])
        for result in results:
            line = nodes.paragraph("", "", *links([result.label]), nodes.Text(f" {result.name.rstrip('.')}. "))
            for lead, labels in (("Rests on ", drawing.web.uses), ("Used in ", drawing.web.used_in)):
                if labels[result.label]:
                    said = nodes.inline("", lead, *links(labels[result.label]), nodes.Text(". "), classes=["quiet"])
                    line += said
            checks = printed(f"{counted(drawing.grades(result.label)).capitalize()}.")
            line += nodes.inline(text=re.sub(r"(?<=\d) (?=\w)|(?<=within) ", "\u00a0", checks), classes=["quiet"])
            items += nodes.list_item("", line)
        yield items


def fill(app: Sphinx, document: nodes.document, docname: str) -> None:
    for place in list(document.findall(map_of_results)):

        def address(page: str, label: str) -> str:
            return app.builder.get_relative_uri(docname, page) + (f"#{label}" if label else "")

        drawing = Drawing(app.env, web(app.env), address)
        picture = nodes.raw("", legend() + drawing.svg(), format="html")
        place.replace_self([picture, *listed(drawing)])


def setup(app: Sphinx) -> None:
    app.add_node(map_of_results)
    app.add_directive("map", MapDirective)
    app.connect("doctree-resolved", fill)
