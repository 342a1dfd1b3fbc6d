"""A page as Markdown that every notebook shows: what Sphinx resolved, written down without directives and roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from docutils import nodes

SPECIAL = re.compile(r"[\\`*_\[\]<$]|~(?=~)|&(?=#?\w+;)")
STARTS = re.compile(r"(\d+)(?=[.)](\s|$))|(?=(?:[-+>]|#{1,6}|=+)(?:\s|$))")
UNSEEN = {
    "compound", "comment", "index", "meta", "substitution_definition", "target", "toctree", "bibliography",
}  # fmt: skip


class Unreadable(ValueError):
    """A kind of node that no rule below knows."""


@dataclass(frozen=True)
class Code:
    """Place of a code cell: its index on the page, and whether its code is folded there."""

    index: int
    folded: bool = False


class Break:
    """Place where a Markdown cell ends."""


BREAK = Break()
Part = str | Code | Break


@dataclass
class Numbers:
    """Numbers of a page's places, as Sphinx has them: sections by anchor, others by kind and id."""

    sections: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)

    def of(self, node: nodes.Element, kind: str = "") -> str:
        """Number such as "6.1" of a node by its ids, empty where it has none."""
        kinds = [self.others.get(kind, {})] if kind else self.others.values()
        found = (known[name] for known in kinds for name in node.get("ids", ()) if name in known)
        return ".".join(map(str, next(found, ())))


class Reader:
    """Reads a resolved page.

    Parameters
    ----------
    address : str
        The page on the site, or "": then references are text alone.
    numbers : Numbers
        Numbers of its sections, statements, exercises, figures and equations.
    """

    def __init__(self, address: str = "", numbers: Numbers | None = None) -> None:
        self.address = address
        self.numbers = numbers or Numbers()
        self.depth = 0  # of headings
        self.nested = 0  # in quotes, lists and tables a display stands in one line
        self.table = 0

    # ---------------------------------------------------------------- in a line

    def line(self, node: nodes.Node) -> str:
        """What a node holds, as Markdown in one line."""
        return "".join(self.inline(child) for child in node.children).strip()

    def inline(self, node: nodes.Node) -> str:
        name = type(node).__name__
        if isinstance(node, nodes.Text):
            text = SPECIAL.sub(r"\\\g<0>", re.sub(r"\s+", " ", node.astext()))
            return text.replace("|", r"\|") if self.table else text
        if name == "math":
            return f"${self.formula(node)}$"
        if name in ("emphasis", "strong", "title_reference"):
            return self._marked("**" if name == "strong" else "*", node)
        if name in ("literal", "literal_strong", "literal_emphasis"):
            return self._literal(node.astext())
        if name == "reference":
            return self._reference(node)
        if name == "raw":
            return node.astext() if re.fullmatch(r"</?(?:sub|sup|br|em|strong|kbd)\s*/?>", node.astext()) else ""
        if name in ("superscript", "subscript"):
            tag = name[:3]
            return f"<{tag}>{self.line(node)}</{tag}>"
        if name == "image":
            alt = SPECIAL.sub(r"\\\g<0>", node.get("alt", ""))
            return f"![{alt}]({self._site(node['uri']) or node['uri']})"
        if name in UNSEEN:
            return ""
        if isinstance(node, (nodes.Inline, nodes.TextElement)) or name in ("quick_option", "quick_stem"):
            return "".join(self.inline(child) for child in node.children)
        raise Unreadable(f"no rule for {name} in a line: {node.astext()[:60]!r}")

    def formula(self, node: nodes.Node) -> str:
        """TeX in one line; in a table without bars."""
        tex = re.sub(r"\s+", " ", node.astext()).strip()
        return tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ") if self.table else tex

    def _marked(self, mark: str, node: nodes.Element) -> str:
        inner = "".join(self.inline(child) for child in node.children)
        text = inner.strip()
        if not text:
            return inner
        before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        following = node.next_node(nodes.Text, descend=False, siblings=True)
        close = bool(re.match(r"\w", following or "")) and not text[-1].isalnum() and not after
        if close:
            tag = "strong" if mark == "**" else "em"
            return f"{before}<{tag}>{text}</{tag}>{after}"
        return f"{before}{mark}{text}{mark}{after}"

    def _literal(self, text: str) -> str:
        text = re.sub(r"\s+", " ", text)
        text = text.replace("|", r"\|") if self.table else text
        fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        room = " " if text[:1] == "`" or text[-1:] == "`" else ""
        return f"{fence}{room}{text}{room}{fence}"

    def _reference(self, node: nodes.reference) -> str:
        text = "".join(self.inline(child) for child in node.children)
        address = self._site(node.get("refuri") or f"#{node.get('refid', '')}")
        if not address or not text.strip():
            titled = any("doc" in inner.get("classes", ()) for inner in node.findall(nodes.inline))
            return f"*{text.strip()}*" if titled and "*" not in text else text
        return f"[{text.strip()}]({address.replace(' ', '%20').replace(')', '%29')})"

    def _site(self, address: str) -> str:
        """A full address, or nothing where the site has none."""
        if re.match(r"[a-z][a-z+.-]*:", address):
            return address
        return urljoin(self.address, address) if self.address else ""

    # ---------------------------------------------------------------- blocks

    def blocks(self, children: Iterable[nodes.Node]) -> list[Part]:
        """Blocks and cells of several nodes, in order."""
        return [part for child in children for part in self.block(child)]

    def block(self, node: nodes.Node) -> list[Part]:
        name = type(node).__name__
        rule: Callable[[nodes.Node], list[Part]] | None = getattr(self, f"_{name}", None)
        if rule:
            return rule(node)
        if name in UNSEEN:
            return []
        if "countertype" in getattr(node, "attributes", ()):
            return self._statement(node)
        if isinstance(node, (nodes.Text, nodes.Inline)):
            text = self.inline(node).strip()
            return [text] if text else []
        raise Unreadable(f"no rule for {name}: {node.astext()[:60]!r}")

    def _document(self, node: nodes.Element) -> list[Part]:
        return self.blocks(node.children)

    def _section(self, node: nodes.section) -> list[Part]:
        self.depth += 1
        parts = self.blocks(node.children)
        self.depth -= 1
        return parts

    def _title(self, node: nodes.title) -> list[Part]:
        names = [f"#{name}" for name in node.parent.get("ids", ())] if self.depth > 1 else [""]
        number = next((self.numbers.sections[name] for name in names if name in self.numbers.sections), ())
        said = ".".join(map(str, number)) + ". " if number else ""
        return [BREAK, f"{'#' * min(max(self.depth, 1), 6)} {said}{self.line(node)}"]

    def _rubric(self, node: nodes.rubric) -> list[Part]:
        return [f"**{self.line(node)}**"]

    def _paragraph(self, node: nodes.paragraph) -> list[Part]:
        text = self.line(node)
        return [STARTS.sub(r"\1\\", text, count=1) if STARTS.match(text) else text] if text else []

    def _math_block(self, node: nodes.math_block) -> list[Part]:
        tex = "\n".join(line.rstrip() for line in node.astext().strip().splitlines() if line.strip())
        number = self.numbers.of(node, "displaymath") or (str(node.get("number")) if node.get("label") else "")
        tag = rf" \tag{{{number}}}" if number else ""
        if self.nested or self.table:
            return [f"$${self.formula(node)}{tag}$$"]
        return [f"$$\n{tex}{tag}\n$$"]

    def _literal_block(self, node: nodes.literal_block) -> list[Part]:
        text = node.astext()
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        language = {"ipython3": "python", "none": "", "default": ""}.get(node.get("language", ""), node.get("language", ""))
        return [f"{fence}{language}\n{text}\n{fence}"]

    def _block_quote(self, node: nodes.Element) -> list[Part]:
        return self._quoted(node.children)

    def _bullet_list(self, node: nodes.Element) -> list[Part]:
        return self._items(node, lambda _: "- ")

    def _enumerated_list(self, node: nodes.Element) -> list[Part]:
        first = node.get("start", 1)
        return self._items(node, lambda place: f"{first + place}. ")

    def _items(self, node: nodes.Element, mark: Callable[[int], str]) -> list[Part]:
        items, others, loose = [], [], False
        self.nested += 1
        for place, item in enumerate(node.children):
            parts = self.blocks(item.children)
            others += [part for part in parts if not isinstance(part, str)]
            text = "\n\n".join(part for part in parts if isinstance(part, str))
            loose = loose or "\n\n" in text
            sign = mark(place)
            items.append(sign + text.replace("\n", "\n" + " " * len(sign)))
        self.nested -= 1
        return [re.sub(r"[ ]+$", "", ("\n\n" if loose else "\n").join(items), flags=re.M), *others]

    def _definition_list(self, node: nodes.Element) -> list[Part]:
        parts: list[Part] = []
        for item in node.children:
            terms = [child for child in item.children if isinstance(child, nodes.term)]
            parts.append(", ".join(f"**{self.line(term)}**" for term in terms) + "  ")
            said = self.blocks(child for child in item.children if not isinstance(child, nodes.term))
            parts[-1:] = [f"{parts[-1]}\n{said[0]}", *said[1:]] if said and isinstance(said[0], str) else [parts[-1], *said]
        return parts

    def _definition(self, node: nodes.Element) -> list[Part]:
        return self.blocks(node.children)

    _glossary = _definition

    def _transition(self, node: nodes.Element) -> list[Part]:
        return ["---"]

    def _table(self, node: nodes.table) -> list[Part]:
        self.table += 1
        caption = [self.line(child) for child in node.children if isinstance(child, nodes.title)]
        rows = [[self._entry(entry) for entry in row.children] for row in node.findall(nodes.row)]
        headed = any(True for _ in node.findall(nodes.thead))
        self.table -= 1
        width = max(map(len, rows))
        head, body = (rows[0], rows[1:]) if headed else ([""] * width, rows)
        lines = [head, ["---"] * width, *body]
        text = "\n".join("| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in lines)
        return [*(f"**{said}**" for said in caption), text]

    def _entry(self, node: nodes.entry) -> str:
        parts = [part for part in self.blocks(node.children) if isinstance(part, str)]
        return "<br>".join(part.replace("\n", "<br>") for part in parts)

    def _raw(self, node: nodes.raw) -> list[Part]:
        html = node.astext()
        if re.match(r"\s*<(?:svg|script|style|button|!--)", html):
            return []
        if re.search(r"<(?:form|input|button|script|textarea)\b|own-text|\bdata-measured=", html):
            there = f"[the page of the site]({self.address})" if self.address else "the page of the site"
            return [f"*(Here {there} has a part that works in the browser only.)*"]
        return [html.strip()]

    # ---------------------------------------------------------------- the book's blocks

    def _quoted(self, children: Iterable[nodes.Node], title: str = "") -> list[Part]:
        """A quote; cells in it stand between its pieces."""
        self.nested += 1
        parts = self.blocks(children)
        self.nested -= 1
        lead = [title] if title else []
        return _around([*lead, *parts], lambda text: re.sub(r"^>[ ]$", ">", re.sub("^", "> ", text, flags=re.M), flags=re.M))

    def _folded(self, summary: str, children: Iterable[nodes.Node]) -> list[Part]:
        """What stands behind one line; cells in it stand between its pieces."""
        pieces = 0

        def around(text: str) -> str:
            nonlocal pieces
            pieces += 1
            said = summary if pieces == 1 else f"{summary}, continued"
            return f"<details>\n<summary>{said}</summary>\n\n{text}\n\n</details>"

        return _around(self.blocks(children), around)

    def _admonition(self, node: nodes.admonition) -> list[Part]:
        if "proof" in node.get("classes", ()):
            return [BREAK, *self.blocks(node.children), BREAK]
        title = node.next_node(nodes.title)
        rest = [child for child in node.children if child is not title]
        return [BREAK, *self._quoted(rest, f"**{self.line(title)}**" if title is not None else ""), BREAK]

    def _sidebar(self, node: nodes.Element) -> list[Part]:
        titles = [f"**{self.line(child)}**" for child in node.children if isinstance(child, nodes.title)]
        rest = [child for child in node.children if not isinstance(child, (nodes.title, nodes.subtitle))]
        return self._quoted(rest, next((title for title in titles if title != "****"), "*Side note.*"))

    _topic = _sidebar

    def _fold(self, node: nodes.Element) -> list[Part]:
        if node["kind"] == "proof":
            return [BREAK, *self._folded(node["label"], node.children), BREAK]
        return [Code(part.index, True) if isinstance(part, Code) else part for part in self.blocks(node.children)]

    def _proof_node(self, node: nodes.Element) -> list[Part]:
        return self.blocks(node.children)

    def _statement(self, node: nodes.Element) -> list[Part]:
        """A theorem or its like: kind, number, name and text in a quote."""
        title = node.next_node(nodes.title)
        name = self.line(title) if title is not None else ""
        number = self.numbers.of(node)
        lead = f"**{' '.join(filter(None, (node['realtype'].capitalize(), number)))}**{' ' if name else ''}{name}"
        rest = [child for child in node.children if child is not title]
        return [BREAK, *self._quoted(_unwrapped(rest), f"{lead}."), BREAK]

    def _exercise_enumerable_node(self, node: nodes.Element) -> list[Part]:
        title = node.next_node(nodes.title)
        number = self.numbers.of(node, "exercise")
        lead = f"**{' '.join(filter(None, ('Exercise', number)))}** {self.line(title) if title is not None else ''}".strip()
        rest = [child for child in node.children if child is not title]
        return [BREAK, lead, *self.blocks(_unwrapped(rest)), BREAK]

    _exercise_node = _exercise_enumerable_node

    def _solution_node(self, node: nodes.Element) -> list[Part]:
        title = node.next_node(nodes.title)
        rest = [child for child in node.children if child is not title]
        said = re.sub(r"\s+", " ", title.astext()).replace("( ", "(").replace(" )", ")") if title is not None else "Solution"
        folded = self._folded(re.sub(r"\$", "", said).replace("<", "&lt;"), _unwrapped(rest))
        return [BREAK, *(Code(p.index, True) if isinstance(p, Code) else p for p in folded), BREAK]

    def _container(self, node: nodes.container) -> list[Part]:
        classes = node.get("classes", ())
        if node.get("nb_element") == "cell_code":
            return self._cell(node)
        if "source" in classes:
            used = "used-in" in node.children[0].get("classes", ())
            parts = self.blocks(node.children)
            return parts if used else [f"*Source.* {parts[0]}", *parts[1:]]
        if "cards" in classes:
            return self._cards(node)
        return self.blocks(node.children)

    def _cards(self, node: nodes.Element) -> list[Part]:
        cards = [[part for part in self.blocks(card.children) if isinstance(part, str)] for card in node.children]
        return ["\n".join(f"- {'. '.join(card[:1])}. {' '.join(card[1:])}" for card in cards)]

    def _cell(self, node: nodes.container) -> list[Part]:
        """A code cell, and below it the caption of its figure."""
        parts: list[Part] = []
        if "cell_index" in node:
            parts.append(Code(node["cell_index"], bool(node.get("hide_mode"))))
        for figure in node.findall(nodes.figure):
            for caption in figure.findall(nodes.caption):
                number = self.numbers.of(figure, "figure")
                parts.append(f"**Figure{' ' * bool(number)}{number}.** {self.line(caption)}")
        return parts

    # ---------------------------------------------------------------- quick questions

    def _quick(self, node: nodes.Element) -> list[Part]:
        return [BREAK, "**Quick questions**", *self.blocks(node.children), BREAK]

    def _quick_question(self, node: nodes.Element) -> list[Part]:
        asked = [child for child in node.children if type(child).__name__ != "quick_sealed"]
        said = {child["name"]: self.line(child) for child in node.children if type(child).__name__ == "quick_sealed"}
        answer = node.get("right") or said.get("answer", "")
        text = " ".join(filter(None, (answer and f"{answer.rstrip('.')}.", said.get("why", ""))))
        return [*self.blocks(asked), f"<details>\n<summary>Answer</summary>\n\n{text}\n\n</details>"]

    def _quick_stem(self, node: nodes.Element) -> list[Part]:
        return [self.line(node)]

    def _quick_options(self, node: nodes.Element) -> list[Part]:
        return ["\n".join(f"- ({'abcdefgh'[place]}) {self.line(option)}" for place, option in enumerate(node.children))]


def _around(parts: list[Part], change: Callable[[str], str]) -> list[Part]:
    """Change each run of text as a whole; cells stay between the runs."""
    found: list[Part] = []
    run: list[str] = []
    for part in [*parts, None]:
        if isinstance(part, str):
            run.append(part)
        elif not isinstance(part, Break):
            if run:
                found.append(change("\n\n".join(run)))
                run = []
            if part is not None:
                found.append(part)
    return found


def _unwrapped(children: list[nodes.Node]) -> list[nodes.Node]:
    """A statement's or exercise's text without the section around it."""
    return [inner for child in children for inner in (child.children if isinstance(child, nodes.section) else [child])]
