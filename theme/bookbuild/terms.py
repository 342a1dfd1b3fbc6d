"""Words of the glossary: their first use on a page leads there, and the glossary leads to where they come in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

T = TypeVar("T")
NOT_PROSE = (
    nodes.title, nodes.rubric, nodes.caption, nodes.figure, nodes.table, nodes.reference, nodes.literal, nodes.raw,
    nodes.math, nodes.literal_block, nodes.citation, nodes.footnote, nodes.topic,
    addnodes.pending_xref, addnodes.desc, addnodes.glossary, exercise_node, exercise_enumerable_node, solution_node,
)  # fmt: skip
# "we count", "all count alike" and "pseudo-counts" are other words than "the count"
BEFORE = r"(?<!\bwe )(?<!\bto )(?<!\bus )(?<!\bhardly )(?<!\bnot )(?<!\bwhat )(?<!-)"
AFTER = r"(?!-| alike\b| what\b| how\b| for less\b)"


def forms(term: str) -> list[str]:
    """A word and its plural."""
    if term.endswith("y"):
        return [term, f"{term[:-1]}ies"]
    return [term, f"{term}es" if term.endswith(("s", "x")) else f"{term}s"]


def pattern(terms: list[str]) -> re.Pattern[str]:
    """Finds any of the words in running text; of two that begin at the same place the longer one."""
    words = sorted((form for term in terms for form in forms(term)), key=len, reverse=True)
    return re.compile(rf"{BEFORE}\b({'|'.join(map(re.escape, words))})\b{AFTER}", re.I)


def prose(document: nodes.document) -> Iterator[tuple[nodes.Node, str, bool]]:
    """Where a page can use a word, in order: the running text; and references to a word, with the word."""
    for node in list(document.findall()):
        if isinstance(node, addnodes.pending_xref) and node.get("reftype") == "term":
            yield node, node["reftarget"].lower(), True
        elif isinstance(node, nodes.Text) and _is_prose(node):
            yield node, node.astext(), False


def uses(
    places: Iterable[tuple[T, str, bool]], terms: dict[str, str]
) -> Iterator[tuple[str, T, re.Match[str] | None]]:
    """First uses in order: the word, and where it stands, with its match if that is a text.

    `terms` has the word for each of its forms.
    """
    find = pattern(sorted(set(terms.values())))
    seen: set[str] = set()
    for place, text, is_word in places:
        for term, match in [(text, None)] if is_word else ((terms[m[1].lower()], m) for m in find.finditer(text)):
            if term not in seen:
                seen.add(term)
                yield term, place, match


def collect(app: Sphinx, document: nodes.document) -> None:
    """Keep a page's prose, for the glossary; the library's reference has none."""
    if not hasattr(app.env, "prose"):
        app.env.prose = {}
    is_reference = any(document.findall(addnodes.desc))
    app.env.prose[app.env.docname] = () if is_reference else [(None, *where[1:]) for where in prose(document)]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "prose", {}).pop(docname, None)


def _is_prose(text: nodes.Text) -> bool:
    node, in_paragraph = text.parent, False
    while node is not None:
        if isinstance(node, NOT_PROSE) or "subtitle" in node.get("classes", ()):
            return False
        in_paragraph = in_paragraph or isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def glossary(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Page and id of each word, in small letters."""
    objects = env.get_domain("std").objects
    return {name.lower(): place for (kind, name), place in objects.items() if kind == "term"}


def anchor(term: str) -> str:
    """Id of a word's first use on a page."""
    return f"use-{nodes.make_id(term)}"


class FirstUses(SphinxPostTransform):
    """Link the first use of each word on a page; give the place an id."""

    default_priority = 5  # before references are resolved
    formats = ("html",)

    def run(self) -> None:
        words = glossary(self.env)
        here = self.env.docname
        if not words or here in {page for page, _ in words.values()} or any(self.document.findall(addnodes.desc)):
            return
        by_form = {form: term for term in words for form in forms(term)}
        found: dict[nodes.Text, list[tuple[str, re.Match[str]]]] = {}
        for term, node, match in uses(prose(self.document), by_form):
            if match is None:
                node.parent.insert(node.parent.index(node), nodes.target("", "", ids=[anchor(term)]))
            else:
                found.setdefault(node, []).append((term, match))
        for text, matches in found.items():
            text.parent.replace(text, list(self._linked(text.astext(), matches, words)))

    def _linked(self, text: str, matches: list, words: dict[str, tuple[str, str]]) -> Iterator[nodes.Node]:
        at = 0
        for term, match in matches:
            page, name = words[term]
            yield nodes.Text(text[at : match.start()])
            link = make_refnode(self.app.builder, self.env.docname, page, name, nodes.Text(match[1]))
            link["classes"].append("term")
            link["ids"].append(anchor(term))
            yield link
            at = match.end()
        yield nodes.Text(text[at:])


class WhereDefined(SphinxPostTransform):
    """Below each word of the glossary: its definition in the book, or the page that uses it first."""

    default_priority = 6
    formats = ("html",)

    def run(self) -> None:
        if not any(self.document.findall(addnodes.glossary)):
            return
        words = glossary(self.env)
        by_form = {form: term for term in words for form in forms(term)}
        first: dict[str, tuple[str, str]] = {}
        pages = [page for page in self.env.toctree_includes_order if self.env.toc_secnumbers.get(page, {}).get("")]
        pages += [page for page in self.env.toctree_includes_order if page not in pages]
        for page in pages:
            if page == self.env.docname or not self.env.prose.get(page):
                continue
            for entry in self.env.findable[page]:
                if entry["kind"] == "definition" and entry["title"].lower() in by_form:
                    first.setdefault(f"definition {by_form[entry['title'].lower()]}", (page, entry["anchor"]))
            for term, _, _ in uses(self.env.prose[page], by_form):
                first.setdefault(term, (page, anchor(term)))
        for term in self.document.findall(nodes.term):
            name = term.astext().lower()
            place = first.get(f"definition {name}") or first.get(name)
            if place:
                said = "Defined in " if f"definition {name}" in first else "First met in "
                title = nodes.inline("", "", *(child.deepcopy() for child in self.env.titles[place[0]].children))
                link = make_refnode(self.app.builder, self.env.docname, *place, title)
                line = nodes.paragraph("", said, link, nodes.Text("."), classes=["where-defined"])
                term.parent.next_node(nodes.definition).append(line)


def setup(app: Sphinx) -> None:
    app.add_post_transform(FirstUses)
    app.add_post_transform(WhereDefined)
    app.connect("doctree-read", collect, priority=960)  # of the page as it is kept
    app.connect("env-purge-doc", forget)
