"""The plan of the course: a table whose minutes and hours are those that pages and assignments give themselves.

``{plan} Week`` holds a list in YAML, an entry a row: `about`, `read` (pages below `chapters/`), `further` (pages for
who wants more), `run` (Markdown) and `due` (names of assignments). ``{assignments}`` is the table of all of them.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .course import SOURCES
from .sittings import duration

logger = logging.getLogger(__name__)
PAGES = "chapters/course/assignments"
KEYS = {"about", "read", "further", "run", "due"}
HOURS = re.compile(r"\*\*Time\.\*\*\s+About\s+(\d+)\s+hours")
TITLE = re.compile(r"^# Assignment (\d+): (.+)$", re.M)
RESTS = re.compile(r"\((chapters/[\w/-]+)[:)]")


class plan(nodes.General, nodes.Element):
    """Place of a plan: attributes `unit` and `rows`; what a row has to run are its children, in order."""


class overview(nodes.General, nodes.Element):
    """Place of the table of assignments: attribute `names`."""


class AssignmentText:
    """What the source of an assignment says of it: number, title, hours, the pages that it rests on."""

    def __init__(self, text: str) -> None:
        title, hours = TITLE.search(text), HOURS.search(text)
        self.number, self.title = (int(title[1]), title[2].strip()) if title else (0, "")
        self.hours = int(hours[1]) if hours else 0
        aim = text[: text.index("**Rules.**")] if "**Rules.**" in text else text
        self.pages = list(dict.fromkeys(RESTS.findall(aim)))

    @property
    def complete(self) -> bool:
        return bool(self.number and self.title and self.hours and self.pages)


def assignment(folder: Path, name: str) -> AssignmentText | None:
    """What there is to know of an assignment, None if there is none of that name."""
    source = folder / SOURCES / f"{name}.md"
    return AssignmentText(source.read_text(encoding="utf-8")) if source.is_file() else None


class PlanDirective(SphinxDirective):
    """``{plan} Week``: see above."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = yaml.safe_load("\n".join(self.content)) or []
        place = plan(unit=self.arguments[0], rows=rows)
        self.set_source_info(place)
        for row in rows:
            for name in row.get("due", []):
                self.env.note_dependency(str(Path(self.env.srcdir) / SOURCES / f"{name}.md"))
            if unknown := set(row) - KEYS:
                logger.warning("a plan knows %s, not %s", sorted(KEYS), sorted(unknown), location=place)
            text = nodes.container()
            self.state.nested_parse(StringList([row.get("run", "")], self.env.docname), self.content_offset, text)
            place += text
        return [place]


class AssignmentsDirective(SphinxDirective):
    """``{assignments}``: a table of all assignments that have a page."""

    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir) / SOURCES
        names = sorted(path.stem for path in folder.glob("[0-9]*.md"))
        for name in names:
            self.env.note_dependency(str(folder / f"{name}.md"))
        return [overview(names=names)]


class FillPlans(SphinxPostTransform):
    """Put the tables in their places."""

    default_priority = 4

    def run(self) -> None:
        for place in list(self.document.findall(plan)):
            place.replace_self(self._plan(place))
        for place in list(self.document.findall(overview)):
            place.replace_self(self._overview(place["names"]))

    def _plan(self, place: plan) -> list[nodes.Node]:
        unit, body = place["unit"], []
        pages, minutes, hours = 0, 0, 0
        for number, (row, run) in enumerate(zip(place["rows"], place.children, strict=True), start=1):
            read = [f"chapters/{name}" for name in row.get("read", [])]
            further = [f"chapters/{name}" for name in row.get("further", [])]
            takes = sum(self._minutes(page, place) for page in read)
            pages, minutes = pages + len(read), minutes + takes
            first = [nodes.paragraph("", "", nodes.strong(text=f"{unit} {number}"))]
            first.append(nodes.paragraph(text=row.get("about", "")))
            second = [nodes.paragraph("", "", *self._links(read), nodes.Text(f": {takes}\u00a0minutes."))] if read else []
            if known := [page for page in further if self._minutes(page, place)]:
                second.append(nodes.paragraph("", "Further: ", *self._links(known), nodes.Text(".")))
            third = [child.deepcopy() for child in run.children]
            for name in row.get("due", []):
                due = assignment(Path(self.env.srcdir), name)
                if due is None:
                    logger.warning("there is no assignment %s", name, location=place)
                    continue
                hours += due.hours
                link = self._link(f"{PAGES}/{name}", f"{due.number}. {due.title}")
                third.append(nodes.paragraph("", "Hand in ", link, nodes.Text(f": {due.hours}\u00a0hours.")))
            body.append([first, second, third])
        table = _table((unit, "Read", "Run and hand in"), (20, 40, 40), body)
        said = f"{pages} pages, {duration(minutes)} of reading; assignments of {hours} hours."
        return [table, nodes.paragraph(text=f"In all {said}", classes=["plan-sum"])]

    def _minutes(self, page: str, place: nodes.Node) -> int:
        sitting = getattr(self.env, "sittings", {}).get(page)
        if sitting is None:
            logger.warning("a plan names %s, which is no page with minutes", page, location=place)
        return sitting.minutes if sitting else 0

    def _links(self, pages: list[str]) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for page in pages:
            title = self.env.titles[page].astext() if page in self.env.titles else page
            found += [nodes.Text(", ")] if found else []
            found.append(self._link(page, title))
        return found

    def _link(self, page: str, text: str) -> nodes.reference:
        address = self.app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference("", "", nodes.inline(text=text), refuri=address, internal=True)

    def _overview(self, names: list[str]) -> list[nodes.Node]:
        body, hours = [], 0
        for name in names:
            found = assignment(Path(self.env.srcdir), name)
            hours += found.hours
            pages = [page for page in found.pages if page in self.env.titles]
            cells = [
                [nodes.paragraph("", "", self._link(f"{PAGES}/{name}", f"{found.number}. {found.title}"))],
                [nodes.paragraph("", "", *self._links(pages))],
                [nodes.paragraph(text=f"{found.hours}\N{NO-BREAK SPACE}hours")],
            ]
            body.append(cells)
        table = _table(("Assignment", "Rests on", "Takes"), (38, 46, 16), body)
        said = f"In all {len(names)} assignments and {hours} hours."
        return [table, nodes.paragraph(text=said, classes=["plan-sum"])]


def _table(heads: tuple[str, ...], widths: tuple[int, ...], body: list[list[list[nodes.Node]]]) -> nodes.table:
    table = nodes.table(classes=["plan", "stacked"])
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(widths))
    rows = [nodes.row("", *(nodes.entry("", *cell) for cell in cells)) for cells in body]
    head = nodes.row("", *(nodes.entry("", nodes.paragraph(text=text)) for text in heads))
    group += [nodes.thead("", head), nodes.tbody("", *rows)]
    table += group
    return table


def setup(app: Sphinx) -> None:
    app.add_node(plan)
    app.add_node(overview)
    app.add_directive("plan", PlanDirective)
    app.add_directive("assignments", AssignmentsDirective)
    app.add_post_transform(FillPlans)
