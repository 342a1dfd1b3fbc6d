"""Slides: a page whose sections are shown one at a time, with statements and pictures of the book's own pages.

``{shown} label`` stands for the statement or the figure that has this label somewhere in the book. It is cut from
the written page, as the previews are, so number, formulas and picture are the page's, and nothing is written twice.
The page is set in a frame of its own (`templates/slides.html`, `slides.css`, `slides.js`).
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .cutting import Page, clean

logger = logging.getLogger(__name__)
TEMPLATE = "slides.html"
PLACE = re.compile(r'<div class="shown([^"]*)" data-page="([^"]+)" data-anchor="([^"]+)"></div>')
USED = re.compile(r'<p class="used-in">.*?</p>', re.S)
PERMALINK = re.compile(r'<a class="headerlink".*?</a>', re.S)
SECTION = re.compile(r'<section\b')
SETTING = re.compile(r"<label[^>]*><span>(.*?)</span><input[^>]*><output>(.*?)</output></label>", re.S)


class shown(nodes.General, nodes.Element):
    """Place of a statement or a figure: attributes `label` and `small`; `page` and `anchor` when all pages are read."""


class speech(nodes.General, nodes.Element):
    """What a speaker says to a slide."""


class ShownDirective(SphinxDirective):
    """``{shown} label``: the statement or the figure of this label; ``:small:`` where it is long."""

    required_arguments = 1
    option_spec = {"small": directives.flag}

    def run(self) -> list[nodes.Node]:
        node = shown(label=self.arguments[0], small="small" in self.options)
        self.set_source_info(node)
        if not hasattr(self.env, "slides"):
            self.env.slides = set()
        self.env.slides.add(self.env.docname)
        return [node]


class SpeechDirective(SphinxDirective):
    """``{speech}``: what a speaker says to a slide; seen when it is asked for."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        node = speech()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def place(env: BuildEnvironment, label: str) -> tuple[str, str] | None:
    """Page and anchor of a statement or a figure."""
    statement = getattr(env, "proof_list", {}).get(label)
    if statement:
        return statement["docname"], label
    page, anchor, _ = env.get_domain("std").labels.get(label, ("", "", ""))
    return (page, anchor) if page and label.startswith("fig-") else None


class Places(SphinxPostTransform):
    """Find what the slides show; a label that no page has is reported."""

    default_priority = 5

    def run(self) -> None:
        for node in self.document.findall(shown):
            found = place(self.env, node["label"])
            if found is None:
                logger.warning("no statement and no figure has the label %s", node["label"], location=node)
            else:
                node["page"], node["anchor"] = found


def visit_shown(self, node: shown) -> None:
    if "page" in node.attributes:
        size = " small" if node["small"] else ""
        self.body.append(f'<div class="shown{size}" data-page="{node["page"]}" data-anchor="{node["anchor"]}"></div>\n')
    raise nodes.SkipNode


def visit_speech(self, node: speech) -> None:
    self.body.append('<div class="speech">')


def depart_speech(self, node: speech) -> None:
    self.body.append("</div>\n")


def skip(self, node: nodes.Element) -> None:
    """Other writers have no slides."""
    raise nodes.SkipNode


def one_by_one(body: str) -> str:
    """The sections of a page side by side: the title's own ends where the first slide begins."""
    body = PERMALINK.sub("", body)
    second = [match.start() for match in SECTION.finditer(body)][1]
    head, slides, foot = body[:second], *body[second:].rpartition("</section>")[::2]
    return f"{head}</section>\n{slides}{foot}"


def frame(app: Sphinx, page: str, template: str, context: dict, document: nodes.document | None) -> str | None:
    """Pages of slides get their own frame."""
    if document is None or page not in getattr(app.env, "slides", ()) or app.builder.format != "html":
        return None
    context["body"] = one_by_one(context["body"])
    return TEMPLATE


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "slides", set()).discard(docname)


def cut(page: Page, anchor: str) -> str:
    """What a slide shows of a page: a statement with its source, or a picture with its caption.

    A slide has no sliders, so it says where those of the page stand when it is opened.
    """
    start = page.places.get(anchor)
    if start is None:
        return ""
    whole = page.element(start)
    if not whole.startswith("<figure"):
        return clean(USED.sub("", whole))
    box = re.compile(r'<div class="picture"').search(page.article, start)
    picture = page.element(box.start()) if box and box.start() < start + len(whole) else ""
    settings = " ".join(f"<span>{name} <b>{at}</b></span>" for name, at in SETTING.findall(whole))
    values = re.search(r'<p class="values">.*?</p>', whole, re.S)
    parts = (
        picture,
        f'<p class="values">{settings}</p>' if settings else "",
        values[0] if values else "",
        page.first("figcaption", start),
    )
    return f"<figure>{clean(''.join(parts))}</figure>" if picture else ""


def fill(app: Sphinx, exception: Exception | None) -> None:
    """Put what is shown in its places when all pages are written."""
    if exception or app.builder.format != "html":
        return
    site, pages = Path(app.outdir), {}
    for name in sorted(getattr(app.env, "slides", ())):
        target = site / f"{name}.html"
        text = target.read_text(encoding="utf-8")
        count = 0

        def filled(match: re.Match[str], name: str = name) -> str:
            nonlocal count
            count += 1
            size, source, anchor = match.groups()
            if source not in pages:
                pages[source] = Page((site / f"{source}.html").read_text(encoding="utf-8"))
            content = cut(pages[source], anchor).replace("preview-", f"shown-{count}-")
            if not content:
                logger.warning("a slide cannot show %s of %s", anchor, source, location=name)
            address = quote(f"{app.builder.get_relative_uri(name, source)}") + f"#{anchor}"
            title = app.env.titles[source].astext()
            link = f'<p class="from"><a href="{address}">{title}</a></p>'
            return f'<div class="shown{size}">{content}{link}</div>'

        mended = PLACE.sub(filled, text)
        if mended != text:
            target.write_text(mended, encoding="utf-8")


def setup(app: Sphinx) -> None:
    others = {name: (skip, None) for name in ("latex", "text", "epub")}
    app.add_node(shown, html=(visit_shown, None), **others)
    app.add_node(speech, html=(visit_speech, depart_speech), **others)
    app.add_directive("shown", ShownDirective)
    app.add_directive("speech", SpeechDirective)
    app.add_post_transform(Places)
    app.connect("html-page-context", frame, priority=990)  # the last: its answer ends the event
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", fill, priority=850)  # before addresses get their versions
