"""The library's reference: an overview of its modules, made from the library itself, one line a name."""

from __future__ import annotations

import importlib
import inspect
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .text import RAISED

PACKAGE = "collapse_lib"
NAMED = re.compile(r":\w+:`~?([^`<]+)`|`+([^`]+)`+")  # a role, or code
LABEL = r"(?:thm|prop|lem|cor)-[a-z0-9-]*[a-z0-9]"
RESULT = re.compile(rf"``({LABEL})``|(?<![\w`\x22-])({LABEL})")
CODED = re.compile(r'(?<![\w`])"[^"`]*"(?!`)')
ASSIGNED = re.compile(r'(?<![\w`(])\w+="[^"`]*"(?!`)')
TYPE = re.compile(r'^\s*[\w*, ]+ : (?:\{"|.*default ")')
EXAMPLE = (">>>", "...")
SIGNS = {">=": "≥", "<=": "≤", " >= ": "\u00a0≥\u00a0", " <= ": "\u00a0≤\u00a0", " - ": "\u00a0− "}
SIGN = re.compile(r"\b10(?:\*\*|\^)(-?\d+)| [<>]= (?=\S)|[<>]=|(?<=[\w)\]]) - (?=[\w(\[])")


def _sentence(documented: object) -> str:
    text = _with_signs(" ".join((inspect.getdoc(documented) or "").split("\n\n")[0].split()))
    return re.split(r"(?<=\.)(?<!\.\.\.)\s", text)[0]


def first_sentence(documented: object) -> str:
    """The first sentence of a docstring, on one line and without its mark-up."""
    return NAMED.sub(lambda match: match[1] or match[2], _sentence(documented))


def _said(documented: object) -> nodes.paragraph:
    """The same with its names as code."""
    parts = re.split(NAMED, _sentence(documented))  # words, name in a role, name as code, words, …
    said = nodes.paragraph("", parts[0])
    for role, code, words in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        said += [nodes.literal(text=(role or code).removesuffix("()")), nodes.Text(words)]
    return said


class LibraryDirective(SphinxDirective):
    """``{library}`` with names of modules: for each a heading that leads to its page, and a table of its names."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        shown: list[nodes.Node] = []
        for name in " ".join(self.content).split():
            module = importlib.import_module(f"{PACKAGE}.{name}")
            shown += [self._heading(name, module), self._table(name, module)]
        return shown

    def _heading(self, name: str, module: object) -> nodes.Node:
        title = self._link("mod", f"{PACKAGE}.{name}", f"{PACKAGE}.{name}")
        said = nodes.Text(f": {first_sentence(module).removesuffix('.')}.")
        return nodes.paragraph("", "", title, said, classes=["library-module"])

    def _table(self, name: str, module: object) -> nodes.table:
        table, group, body = nodes.table(classes=["library", "stacked"]), nodes.tgroup(cols=2), nodes.tbody()
        table += group
        group += [nodes.colspec(colwidth=30), nodes.colspec(colwidth=70), body]
        for member in module.__all__:
            what = getattr(module, member)
            if callable(what):
                link, said = self._link("obj", f"{PACKAGE}.{name}.{member}", member), _said(what)
            else:
                link = nodes.literal(text=member)
                said = nodes.paragraph(text=f"A constant of type {type(what).__name__}.")
            cells = [nodes.entry("", nodes.paragraph("", "", link)), nodes.entry("", said)]
            body += nodes.row("", *cells)
        return table

    def _link(self, role: str, target: str, text: str) -> nodes.Node:
        link = addnodes.pending_xref(
            "", nodes.literal(text=text), refdomain="py", reftype=role, reftarget=target, refdoc=self.env.docname
        )
        link["py:module"], link["py:class"] = None, None
        return link


def link_results(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """A docstring names a result by its label; on its page it is a link with the result's number."""
    lines[:] = [RESULT.sub(lambda match: f":prf:ref:`{match[1] or match[2]}`", line) for line in lines]


def set_strings(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """The strings that an argument takes are code, so that their quotes stay straight; quoted words are not."""
    for place, line in enumerate(lines):
        if line.lstrip().startswith(EXAMPLE):
            continue
        strings = CODED if TYPE.match(line) else ASSIGNED
        lines[place] = strings.sub(r"``\g<0>``", line)


def set_signs(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """In the words of a docstring ``1 <= n - 1 <= 10**9`` is 1 ≤ n − 1 ≤ 10⁹; in its code and examples it stays."""
    example = False
    for place, line in enumerate(lines):
        example = line.lstrip().startswith(EXAMPLE) or (example and bool(line.strip()))
        lines[place] = line if example else _with_signs(line)


def _with_signs(words: str) -> str:
    def sign(found: re.Match) -> str:
        return SIGNS[found[0]] if found[1] is None else f"10{found[1].translate(RAISED)}"

    parts = re.split(r"(`+[^`]+`+)", words)
    parts[::2] = [SIGN.sub(sign, part) for part in parts[::2]]
    return "".join(parts)


def setup(app: Sphinx) -> None:
    app.add_directive("library", LibraryDirective)
    app.connect("autodoc-process-docstring", link_results)
    app.connect("autodoc-process-docstring", set_strings, priority=400)  # before numpydoc
    app.connect("autodoc-process-docstring", set_signs, priority=401)
