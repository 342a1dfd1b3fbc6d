"""The pages as sittings: question, minutes, core or further, collected for the landing page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from .thumbnails import thumbnail
from .upkeep import alone

logger = logging.getLogger(__name__)
PARTS = ("setting", "forgetting", "collapse", "escape")  # folders whose pages are sittings
LEVEL = re.compile(r"(Core|Further), (\d+) minutes\.")
SVG = re.compile(r'<svg role="img".*?</svg>', re.S)


@dataclass
class Sitting:
    """What a page says of itself; level and minutes are empty where it does not say."""

    question: list[nodes.Node]
    level: str = ""
    minutes: int = 0
    picture: str = ""


def collect(app: Sphinx, document: nodes.document) -> None:
    """Read a page's question, its level and minutes, and its first figure."""
    name = app.env.docname
    if not set(name.split("/")[:-1]) & set(PARTS):
        return
    if not hasattr(app.env, "sittings"):
        app.env.sittings = {}
    begins = {_beginning(paragraph): paragraph for paragraph in reversed(list(document.findall(nodes.paragraph)))}
    asked = begins.get("Question.")
    if asked is None:
        logger.warning("the page does not begin with its question, a paragraph \"**Question.** …\"", location=name)
        return
    question = asked.children[[child.astext() for child in asked.children].index("Question.") + 1 :]
    sitting = Sitting([alone(child) for child in question])
    if match := next(filter(None, map(LEVEL.fullmatch, begins)), None):
        sitting.level, sitting.minutes = match[1].lower(), int(match[2])
    pictures = (svg for raw in document.findall(nodes.raw) for svg in SVG.findall(raw.astext()))
    sitting.picture = next(filter(None, map(thumbnail, pictures)), "")
    app.env.sittings[name] = sitting


def _beginning(paragraph: nodes.paragraph) -> str:
    """What a paragraph begins with when it is set apart, else nothing."""
    first = next((child for child in paragraph.children if child.astext()), None)
    return first.astext() if isinstance(first, (nodes.strong, nodes.emphasis)) else ""


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "sittings", {}).pop(docname, None)


class cards(nodes.General, nodes.Element):
    """Place of the cards."""


class tally(nodes.Inline, nodes.TextElement):
    """Place of a sum; attribute `level`: "core", "further" or "all"."""


class CardsDirective(SphinxDirective):
    """``{cards}``: a card a page, part by part."""

    def run(self) -> list[nodes.Node]:
        return [cards()]


class TallyRole(SphinxRole):
    """``{sittings}`core` ``: how many pages and hours the core pages, or `all`, take."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.text not in ("core", "further", "all"):
            logger.warning("sittings are core, further or all, not %s", self.text, location=self.get_location())
        return [tally(level=self.text)], []


def duration(minutes: int) -> str:
    """Minutes, or from an hour and a half on hours to the nearest half."""
    if minutes < 90:
        return f"{minutes} minutes"
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole}{' ½' if half else ''} hours"


class FillSittings(SphinxPostTransform):
    """Put cards and sums in their places."""

    default_priority = 4

    def run(self) -> None:
        for place in list(self.document.findall(tally)):
            place.replace_self(nodes.Text(self._tally(place["level"])))
        for place in list(self.document.findall(cards)):
            place.replace_self(self._cards())

    @property
    def _sittings(self) -> dict[str, Sitting]:
        found = getattr(self.env, "sittings", {})
        return {page: found[page] for page in self.env.toctree_includes_order if page in found}

    def _tally(self, level: str) -> str:
        chosen = [sitting for sitting in self._sittings.values() if level in ("all", sitting.level)]
        pages = "one page" if len(chosen) == 1 else f"{len(chosen)} pages"
        return f"{pages}, about {duration(sum(sitting.minutes for sitting in chosen))}"

    def _cards(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        part = None
        for page, sitting in self._sittings.items():
            if part != (caption := self._caption(page)):
                part = caption
                found += [nodes.rubric(text=caption)] if caption else []
                found.append(nodes.container(classes=["cards"]))
            elif not found:
                found.append(nodes.container(classes=["cards"]))
            found[-1] += self._card(page, sitting)
        return found

    def _caption(self, page: str) -> str:
        """Name of the part of the contents that holds a page."""
        for subtree in self.env.external_site_map.root.subtrees:
            if page in map(str, subtree.items):
                return subtree.caption or ""
        return ""

    def _card(self, page: str, sitting: Sitting) -> nodes.container:
        number = self.env.toc_secnumbers.get(page, {}).get("", ())
        title = nodes.inline("", "", *(child.deepcopy() for child in self.env.titles[page].children))
        name = nodes.inline(text=".".join(map(str, number)) + " " if number else "", classes=["number"])
        address = self.app.builder.get_relative_uri(self.env.docname, page)
        link = nodes.reference("", "", name, title, refuri=address, internal=True)
        card = nodes.container(classes=["card-page", sitting.level or "unsaid"])
        picture = sitting.picture or '<svg class="thumbnail" viewBox="0 0 16 9" aria-hidden="true"></svg>'
        card += nodes.raw("", picture, format="html")
        card += nodes.paragraph("", "", link, classes=["card-name"])
        card += nodes.paragraph("", "", *(child.deepcopy() for child in sitting.question))
        if sitting.level:
            said = f"{sitting.level.capitalize()}, {sitting.minutes} minutes"
            card += nodes.paragraph(text=said, classes=["card-minutes"])
        return card


def setup(app: Sphinx) -> None:
    app.add_node(cards)
    app.add_node(tally)
    app.add_directive("cards", CardsDirective)
    app.add_role("sittings", TallyRole())
    app.add_post_transform(FillSittings)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
