"""Quick questions on a page, which checks the answers itself: ``{quick}``, written as `questions.py` says.

The page carries the answers and the hints encoded, so that nobody reads them at a glance or finds them by searching the
page. This hides nothing from who looks: the code is base64, it is opened in the reader's browser, the page's source
has every answer in clear, and so has the line of answers for readers without JavaScript (a ``noscript`` element, which
a browser with JavaScript neither shows nor searches). The questions are practice; nothing is graded with them.

`theme/quiz.js` asks the questions one at a time and keeps what was answered in the browser, page by page. Without
JavaScript and in print they stand one below the other, and the answers after them. Other writers than that of the site
print the same.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .questions import Question, QuestionError, letter, markdown, parse

__all__ = ["markdown", "parse", "opened", "setup"]
logger = logging.getLogger(__name__)
TITLE = "Quick questions"
NAME = "quick-questions"  # id of the block's heading
SEALED = re.compile(r'<script type="application/quick">([\w+/=]*)</script>')


class quick(nodes.General, nodes.Element):
    """A block of questions; attribute `page`."""


class quick_question(nodes.General, nodes.Element):
    """A question: attributes `kind`, `key`, `data` (what the page checks with), `right` (letters, or nothing)."""


class quick_stem(nodes.Part, nodes.TextElement):
    """The question's text."""


class quick_options(nodes.Part, nodes.Element):
    """The list of choices, or of items as shown."""


class quick_option(nodes.Part, nodes.TextElement):
    """A choice, or an item."""


class quick_sealed(nodes.Part, nodes.TextElement):
    """A text that the page shows after an answer; attribute `name`."""


class QuickDirective(SphinxDirective):
    """``{quick}``: two or three quick questions."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        if self.env.temp_data.setdefault("quick questions", False):
            logger.warning("a page has one block of quick questions", location=(self.env.docname, self.lineno))
            return []
        self.env.temp_data["quick questions"] = True
        above = self.lineno + self.content_offset  # the line above the content
        try:
            questions = parse("\n".join(self.content))
        except QuestionError as error:
            place = (self.env.docname, above + error.line)
            logger.warning("a quick question: %s", error, location=place, type="quick")
            return []
        block = quick(page=self.env.docname)
        block += [self._question(question, above) for question in questions]
        return [block]

    def _question(self, question: Question, above: int) -> quick_question:
        right = ", ".join(map(letter, question.right))
        node = quick_question(kind=question.kind, key=question.key, right=right, data=checks(question))

        def add(parent: nodes.Element, child: nodes.TextElement, text: str, line: int) -> None:
            parsed, _ = self.state.inline_text(text, above + line)
            child += parsed
            parent += child

        add(node, quick_stem(), question.stem, question.line)
        if question.options:
            options = quick_options()
            for option in question.options:
                add(options, quick_option(), option, question.line)
            node += options
        for name, text, line in texts(question):
            add(node, quick_sealed(name=name), text, line)
        return node


def checks(question: Question) -> dict[str, object]:
    """What the page needs besides texts to check an answer."""
    if question.kind == "number":
        hints = [[_end(hint.low), _end(hint.high)] for hint in question.hints]
        return {"right": [_end(question.low), _end(question.high)], "hints": hints}
    if question.kind == "choice":
        return {"right": question.right[0], "hints": [hint.first for hint in question.hints]}
    return {"right": list(question.right), "hints": [[hint.first, hint.second] for hint in question.hints]}


def _end(value: float) -> float | None:
    """An end of an interval as the page holds it; the last digits differ between machines, and nobody types them."""
    return None if math.isinf(value) else float(f"{value:.12g}")


def texts(question: Question) -> Iterator[tuple[str, str, int]]:
    """Names, texts and lines of what a page shows after an answer."""
    yield "answer", question.answer, question.line
    yield "why", question.why, question.line
    if question.otherwise:
        yield "otherwise", question.otherwise, question.line
    for number, hint in enumerate(question.hints):
        yield f"hint-{number}", hint.text, hint.line


def opened(pages: str) -> str:
    """What is sealed in pages of the site: the style sheet of formulas must know it."""
    found = (json.loads(base64.b64decode(code)) for code in SEALED.findall(pages))
    return "".join(text for data in found for text in data["texts"].values())


# ---------------------------------------------------------------- the site


def visit_quick(self, node: quick) -> None:
    self.quick_answers = []
    self.body.append(
        f'<div class="quick" role="group" aria-labelledby="{NAME}" data-page="{node["page"]}">'
        f'<h3 class="quick-title" id="{NAME}">{TITLE}</h3>'
    )


def depart_quick(self, node: quick) -> None:
    answers = "".join(f"<li>{answer}</li>" for answer in self.quick_answers)
    folded = f'<details class="quick-answers"><summary>Answers</summary><ol>{answers}</ol></details>'
    self.body.append(f"<noscript>{folded}</noscript></div>\n")


def visit_question(self, node: quick_question) -> None:
    self.quick_sealed = {}
    self.body.append(f'<fieldset class="quick-question {node["kind"]}" data-key="{node["key"]}">')


def depart_question(self, node: quick_question) -> None:
    said = self.quick_sealed
    answer = node["right"] or said["answer"]
    self.quick_answers.append(f"{answer}. {said['why']}")
    data = {"kind": node["kind"], "letters": node["right"], **node["data"], "texts": said}
    code = base64.b64encode(json.dumps(data, ensure_ascii=False).encode()).decode()
    self.body.append(f'<script type="application/quick">{code}</script></fieldset>\n')


def visit_sealed(self, node: quick_sealed) -> None:
    self.quick_begin = len(self.body)


def depart_sealed(self, node: quick_sealed) -> None:
    self.quick_sealed[node["name"]] = "".join(self.body[self.quick_begin :])
    del self.body[self.quick_begin :]


def between(before: str, after: str) -> tuple:
    """Visitors that put a node between two pieces of HTML."""
    return lambda self, node: self.body.append(before), lambda self, node: self.body.append(after)


# ---------------------------------------------------------------- other writers


def set_plainly(app: Sphinx, document: nodes.document, docname: str) -> None:
    """For paper and e-books: ordinary lists, the answers after the questions."""
    if app.builder.name != "html":
        for block in list(document.findall(quick)):
            block.replace_self(list(plain(block)))


def plain(block: quick) -> Iterator[nodes.Node]:
    """A block as the questions, then their answers."""
    questions, answers = numbered("arabic"), numbered("arabic")
    for question in block.findall(quick_question):
        item = nodes.list_item("", nodes.paragraph("", "", *question.next_node(quick_stem).children))
        options = [nodes.paragraph("", "", *option.children) for option in question.findall(quick_option)]
        if options:
            item += numbered("loweralpha", *options)
        questions += item
        said = {part["name"]: part.children for part in question.findall(quick_sealed)}
        answer = [nodes.Text(question["right"])] if question["right"] else said["answer"]
        answers += nodes.list_item("", nodes.paragraph("", "", *answer, nodes.Text(". "), *said["why"]))
    yield nodes.rubric("", TITLE)
    yield questions
    yield nodes.paragraph("", "", nodes.emphasis(text="Answers"))
    yield answers


def numbered(kind: str, *paragraphs: nodes.paragraph) -> nodes.enumerated_list:
    """A numbered list."""
    items = (nodes.list_item("", paragraph) for paragraph in paragraphs)
    return nodes.enumerated_list("", *items, enumtype=kind, prefix="", suffix=".")


def setup(app: Sphinx) -> None:
    app.add_directive("quick", QuickDirective)
    app.add_node(quick, html=(visit_quick, depart_quick))
    app.add_node(quick_question, html=(visit_question, depart_question))
    app.add_node(quick_stem, html=between("<legend>", "</legend>"))
    app.add_node(quick_options, html=between('<ol class="quick-options">', "</ol>"))
    app.add_node(quick_option, html=between("<li><span>", "</span></li>"))
    app.add_node(quick_sealed, html=(visit_sealed, depart_sealed))
    app.connect("doctree-resolved", set_plainly)
