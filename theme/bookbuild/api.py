"""The library's reference: an overview of its modules, made from the library itself, one line a name."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable

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
NAME = re.compile(r"(?<![`\w:\\])`([^`]+)`(?![`_])")  # in single backticks, without a role
SIGNS = {">=": "≥", "<=": "≤", " >= ": "\u00a0≥\u00a0", " <= ": "\u00a0≤\u00a0", " != ": "\u00a0≠\u00a0"}
SIGNS[" - "] = "\u00a0− "
SIGN = re.compile(r" [<>!]= (?=\S)|[<>]=|(?<=[\w)\]}']) - (?=[\w(\[]|$)")
POWER = re.compile(r"\b10(?:\*\*|\^)(-?\d+)|(?<![\w.])(?:1|(\d))e(-?\d+)\b")  # of ten
MINUS = re.compile(r"(?<![^\s(\[,/])-(?=[\w(])|((?<![\w-])\d*[A-Za-z]|\))-(?=[\d(])|(?<=\()(\w)-(?=\w{1,2}\))")
RELATION = re.compile(r"(?<![\w^_}])(\w{1,9}) ([<>=]) (?=[-−]?[\w.]{1,7}(?![\w(^]))")
LETTERS = "mu sigma Sigma lambda Lambda kappa theta rho phi psi alpha pi ell oo"  # those that no parameter is named by
GREEK = dict(zip(LETTERS.split(), "μσΣλΛκθρφψαπℓ∞", strict=True))
LETTER = re.compile(rf"(?<![\w-])(?:{'|'.join(GREEK)})(?![A-Za-z0-9-])|(?<=_)oo\b")
BASE = rf"(?<![\w.])(?:[A-Za-z]|{'|'.join(GREEK)}|Var|gap|accuracy|min|max|sum|prod)"
LOW = rf"{BASE}_(?:\{{[^{{}}]*\}}|(?:oo|mean|reference|\w)(?!\w))"
HIGH = r"(?<=[\w)\]}])(?:\^|\*\*)(?:\{[^{}]*\}|-?\((?:[^()]|\([^()]*\))*\)|-?[A-Za-z0-9]+)"
SCRIPT = re.compile(rf"{LOW}|{HIGH}")  # a letter with its index, or an exponent
PRIME = re.compile(rf"(?<![\w'])([A-Za-z]|{'|'.join(GREEK)})('{{1,2}})(?![\w'])")
PRIMES = {"'": "\u2032", "''": "\u2033"}  # of a derivative or a transpose, which are no quotes
HEADER = re.compile(r"^\s*[\w*, ]+ : ")  # the line of a parameter: its name and type


def _sentence(documented: object) -> str:
    text = _with_signs(" ".join((inspect.getdoc(documented) or "").split("\n\n")[0].split()))
    return re.split(r"(?<=\.)(?<!\.\.\.)\s", text)[0]


def first_sentence(documented: object) -> str:
    """The first sentence of a docstring, on one line and without its mark-up."""
    return NAMED.sub(lambda match: match[1] or match[2], _sentence(documented))


def _said(documented: object) -> nodes.paragraph:
    """The same with its names as code."""
    parts = re.split(NAMED, _sentence(documented))  # words, name in a role, name as code, words, …
    said = nodes.paragraph("", "", *_typed(parts[0]))
    for role, code, words in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        said += [nodes.literal(text=(role or code).removesuffix("()")), *_typed(words)]
    return said


def _typed(words: str) -> list[nodes.Node]:
    """Words with ``P_k``, ``h_{k+1}`` and ``(1 - p)^(n k)`` set: lowered and raised."""
    said, end = [], 0
    for script in SCRIPT.finditer(words):
        said += [nodes.Text(_with_letters(words[end : script.start()])), *_script(script[0])]
        end = script.end()
    said.append(nodes.Text(_with_letters(words[end:])))
    return [part for part in said if part.astext()]


def _script(written: str) -> list[nodes.Node]:
    letter, sign, inner = re.fullmatch(r"(\w*?)(_|\^|\*\*)(.*)", written).groups()
    inner = re.sub(r"^[{(](.*)[)}]$", r"\1", inner).replace("-", "−")
    script = (nodes.subscript if sign == "_" else nodes.superscript)("", "", *_typed(inner))
    return [nodes.Text(_with_letters(letter)), script] if letter else [script]


def typed(role: str, rawtext: str, text: str, *_: object) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """The role that sets an index or an exponent of a docstring."""
    return _script(text), []


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


def set_names(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """A name in single backticks is code, and where it is one of the module's it leads to its entry."""
    module = sys.modules.get(".".join(name.split(".")[:2]))

    def code(found: re.Match) -> str:
        member = getattr(module, found[1], None) if found[1] in getattr(module, "__all__", ()) else None
        if not callable(member) or name.endswith(f".{found[1]}") or found[1] in _parameters(documented):
            return f"``{found[1]}``"
        return f":{'class' if inspect.isclass(member) else 'func'}:`~{module.__name__}.{found[1]}`"

    lines[:] = [line if HEADER.match(line) else NAME.sub(code, line) for line in lines]


def _parameters(documented: object) -> list[str]:
    try:
        return list(inspect.signature(documented).parameters)
    except (TypeError, ValueError):
        return []


def set_signature(app: Sphinx, what: str, name: str, documented: object, options: object, said: str, _: str) -> object:
    """A default that is made anew each time, in a form in which Sphinx tells it from its name."""
    return (said.replace("<factory>", "[]"), None) if said and "<factory>" in said else None


def set_signs(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """In the words of a docstring ``1 <= n - 1 <= 10**9`` is 1 ≤ n − 1 ≤ 10⁹, and ``P_k`` is set; code stays."""
    example = False
    for place, line in enumerate(lines):
        example = line.lstrip().startswith(EXAMPLE) or (example and bool(line.strip()))
        if not example and (what == "module" or not HEADER.match(line)):
            lines[place] = _with_scripts(_with_signs(line))


def _with_signs(words: str) -> str:
    def power(found: re.Match) -> str:
        return f"{found[2]}\u00a0· " * bool(found[2]) + f"10{(found[1] or found[3]).translate(RAISED)}"

    def sign(part: str) -> str:
        part = MINUS.sub(lambda found: f"{found[1] or found[2] or ''}−", POWER.sub(power, part))
        part = re.sub(r" - (?=\w{1,4}\))", "\u00a0−\u00a0", part)  # (1 - p) stays together
        part = RELATION.sub("\\1\u00a0\\2\u00a0", SIGN.sub(lambda found: SIGNS[found[0]], part))
        return PRIME.sub(lambda found: found[1] + PRIMES[found[2]], part)

    return _outside_code(sign, words)


def _with_letters(words: str) -> str:
    return LETTER.sub(lambda found: GREEK[found[0]], words)


def _with_scripts(words: str) -> str:
    """Its indices and exponents in the role that sets them, its Greek letters as letters."""

    def script(found: re.Match) -> str:
        before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
        return "\\ " * bool(before.strip()) + f":typed:`{found[0]}`" + "\\ " * bool(after.strip())

    return _outside_code(_with_letters, _outside_code(lambda part: SCRIPT.sub(script, part), words))


def _outside_code(change: Callable[[str], str], words: str) -> str:
    parts = re.split(r"(:[\w:]+:`[^`]+`|`+[^`]+`+)", words)
    parts[::2] = [change(part) for part in parts[::2]]
    return "".join(parts)


def setup(app: Sphinx) -> None:
    app.add_directive("library", LibraryDirective)
    app.add_role("typed", typed)
    app.connect("autodoc-process-docstring", link_results)
    app.connect("autodoc-process-docstring", set_names, priority=399)
    app.connect("autodoc-process-signature", set_signature)
    app.connect("autodoc-process-docstring", set_strings, priority=400)  # before numpydoc
    app.connect("autodoc-process-docstring", set_signs, priority=401)
