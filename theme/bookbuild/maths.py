"""Formulas are set when the book is built: pages show them without a script, and read them to who hears the page.

MathJax runs here in an embedded engine. What it writes for the eye loses its superfluous elements; what it writes
for the ear, MathML, stands beside it, seen by nobody. A display that the source breaks for a phone is set for a wide
page too (`displays.py`), and the page's style sheet shows the form that its box has room for.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from .displays import wide_forms
from .engine import DRIVER, MATHJAX, PACKAGE, Engine
from .quiz import opened

logger = logging.getLogger(__name__)
SCALE = 1.076  # size of the formulas' font in the text's: their small letters are as high as the book's
STEP, WIDEST = 2, 44  # em of the text: rooms that the style sheet tells apart, and the widest line that is set
STYLE = "formulas.css"
FAMILIES_OF_PARTS = ("MJXTEX-S1", "MJXTEX-S4", "MJXTEX", "MJXTEX-A")  # of the parts of tall brackets


@dataclass(frozen=True)
class Formula:
    """A formula as HTML for the eye, MathML for the ear, and its width in em of its own font."""

    shown: str
    read: str
    width: float


class Setter:
    """Sets formulas, each once: what was set is kept in a file between builds.

    Parameters
    ----------
    store : Path
        The file. What another MathJax, or another driver, has set is not used.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self.state = hashlib.sha256(DRIVER.read_bytes() + version(PACKAGE).encode()).hexdigest()
        self.engines: dict[int, Engine] = {}  # of each process that sets formulas: a build forks to write pages
        self.changed = False
        kept = json.loads(store.read_text(encoding="utf-8")) if store.is_file() else {}
        self.kept: dict[str, dict] = kept["formulas"] if kept.get("state") == self.state else {}
        self.sheet: str = kept["sheet"] if self.kept else self.ask(None)["sheet"]

    def ask(self, tex: str | None, display: bool = False) -> dict:
        """An engine's answer; it starts when it is first needed."""
        if os.getpid() not in self.engines:
            self.engines[os.getpid()] = Engine()
        return self.engines[os.getpid()].ask(tex, display)

    def set(self, tex: str, *, display: bool = False) -> Formula:
        """Set a formula.

        Raises
        ------
        ValueError
            If MathJax cannot read it, or has no glyph for a character of it.
        """
        key = f"{'display' if display else 'inline'} {tex}"
        if key not in self.kept:
            found = self.ask(tex, display)
            if "error" in found:
                raise ValueError(f"{found['error']}: {tex}")
            self.kept[key] = asdict(Formula(**found))
            self.changed = True
        return Formula(**self.kept[key])

    def wide(self, tex: str) -> Formula | None:
        """A broken display for a wide page, if it has a form that fits one."""
        for form in wide_forms(tex):
            formula = self.set(form, display=True)
            if formula.width * SCALE <= WIDEST:
                return formula
        return None

    def close(self) -> None:
        """Keep what was set, and end the engine."""
        if self.changed:
            self.store.parent.mkdir(parents=True, exist_ok=True)
            content = {"state": self.state, "sheet": self.sheet, "formulas": self.kept}
            self.store.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        if engine := self.engines.pop(os.getpid(), None):
            engine.close()


def inline(setter: Setter, tex: str) -> str:
    """HTML of a formula in a line of text."""
    formula = setter.set(tex)
    return formula.shown + formula.read


def displayed(setter: Setter, tex: str) -> str:
    """HTML of a displayed formula: a box that scrolls if it must, with one form or two, and one reading."""
    outside = re.sub(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", "", tex, flags=re.S)
    if r"\\" in outside:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    narrow, wide = setter.set(tex, display=True), setter.wide(tex)
    if wide is None:
        return f'<div class="formula">{narrow.shown}{narrow.read}</div>'
    room = STEP * -(-wide.width * SCALE // STEP)
    forms = wide.shown.replace("MJX-TEX", "MJX-TEX wide", 1) + narrow.shown.replace("MJX-TEX", "MJX-TEX narrow", 1)
    return f'<div class="formula room-{room:.0f}">{forms}{wide.read}</div>'


# ---------------------------------------------------------------- in Sphinx


def _report(node: nodes.Element, error: ValueError) -> None:
    place = node
    while place.line is None and place.parent is not None:
        place = place.parent
    logger.warning("a formula that cannot be set: %s", error, location=place, type="maths")


def set_early(app: Sphinx, document: nodes.document) -> None:
    """Set a page's formulas as soon as it is read: what a forked process sets is kept by nobody."""
    if app.builder.format == "html":
        for node in document.findall(lambda n: isinstance(n, (nodes.math, nodes.math_block))):
            with contextlib.suppress(ValueError):  # reported where the formula is written
                html_of(app.formulas, node)


def html_of(setter: Setter, node: nodes.math | nodes.math_block) -> str:
    return displayed(setter, node.astext()) if isinstance(node, nodes.math_block) else inline(setter, node.astext())


def visit_math(self, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    try:
        self.body.append(html_of(self.builder.app.formulas, node))
    except ValueError as error:
        _report(node, error)
    self.body.append("</span>")
    raise nodes.SkipNode


def visit_displaymath(self, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    try:
        self.body.append(html_of(self.builder.app.formulas, node))
    except ValueError as error:
        _report(node, error)
    self.body.append("</div>\n")
    raise nodes.SkipNode


def start(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.formulas = Setter(Path(app.doctreedir) / "formulas.json")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """The style sheet and the fonts, with what the book's pages use of them."""
    if app.builder.format != "html":
        return
    if exception is None:
        site = Path(app.outdir)
        pages = "".join(page.read_text(encoding="utf-8") for page in sorted(site.rglob("*.html")))
        write_style(app.formulas.sheet, pages + opened(pages), site / "_static")
    app.formulas.close()


# ---------------------------------------------------------------- style sheet and fonts

RULE = re.compile(r'([^{}]+)\{((?:"[^"]*"|[^{}"])*)\}')
ELEMENT = re.compile(r'<(mjx-[\w-]+)(?: [^>]*?class="([^"]*)")?')
FAMILY = re.compile(r"font-family: (?:MJXZERO, )?(MJX[\w-]*)")


def write_style(sheet: str, pages: str, static: Path) -> None:
    """MathJax's style sheet and fonts, without the rules and the glyphs that no page uses."""
    used = {(tag, frozenset(classes.split())) for tag, classes in ELEMENT.findall(pages)}
    rules, faces, families = [], {}, {"MJX-TEX": "MJXTEX"}
    for selector, body in RULE.findall(sheet):
        selector, body = " ".join(selector.split()), " ".join(body.split())
        if selector.startswith("@font-face"):
            faces[FAMILY.search(body)[1]] = body
        elif wanted := [part for part in selector.split(", ") if _is_used(part, used)]:
            rules.append((", ".join(wanted), body))
            if match := re.fullmatch(r"\.(TEX-\w+)", selector):
                families[match[1]] = FAMILY.search(body)[1]
    characters: dict[str, set[str]] = {"MJXZERO": set()}
    for selector, body in rules:
        text = _content(body)
        if text and "mjx-stretchy" in selector:
            for family in FAMILIES_OF_PARTS:
                characters.setdefault(family, set()).update(text)
        elif text:
            named = re.search(r"\.(TEX-\w+)", selector)
            characters.setdefault(families[named[1] if named else "MJX-TEX"], set()).update(text)
    folder = static / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("MathJax_*"):
        old.unlink()
    lines = []
    for family, wanted in sorted(characters.items()):
        name = re.search(r"fonts/([\w-]+\.woff)", faces[family])[1]
        (folder / name).write_bytes(lean_font(name, wanted))
        lines.append(f"@font-face {{ {faces[family]} }}")
    lines += [f"{_in_the_book(selector)} {{ {body} }}" for selector, body in rules]
    lines += [
        f"@container (min-width: {room}em) {{ .formula.room-{room} > .wide {{ display: inline-block; }} "
        f".formula.room-{room} > .narrow {{ display: none; }} }}"
        for room in range(STEP, WIDEST + STEP, STEP)
        if f"room-{room}" in pages
    ]
    (static / STYLE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_used(selector: str, used: set[tuple[str, frozenset[str]]]) -> bool:
    """Whether the pages have the elements that a selector names."""
    if selector == 'mjx-container[jax="CHTML"]' or ":root" in selector:  # `mjx-math` says it; for a browser of 2010
        return False
    for part in re.split(r"[ >+~]+", re.sub(r"\[[^\]]*\]|:[\w-]+(?:\([^)]*\))?|:", "", selector)):
        tag, *classes = part.split(".")
        if tag.startswith("mjx-") and tag != "mjx-container" or classes:
            if not any((not tag or tag == name) and set(classes) <= has for name, has in used):
                return False
    return True


def _in_the_book(selector: str) -> str:
    """MathJax's container is the book's `math` element, or its box of a display."""
    selector = re.sub(r'mjx-container\[jax="CHTML"\]\[display="true"\]', ".formula", selector)
    return re.sub(r'mjx-container(?:\[jax="CHTML"\])?', ".math", selector)


def _content(body: str) -> str:
    """Characters that a rule's `content` writes."""
    text = "".join(re.findall(r'content: "((?:[^"\\]|\\.)*)"', body))
    return re.sub(r"\\([0-9A-Fa-f]{1,6}) ?|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


def lean_font(name: str, characters: set[str]) -> bytes:
    """One of MathJax's fonts with the given characters alone; the one that has none stays as it is."""
    whole = MATHJAX / "output/chtml/fonts/woff-v2" / name
    if not characters:
        return whole.read_bytes()
    font = TTFont(whole, recalcTimestamp=False)  # the same glyphs, the same file
    options = subset.Options(notdef_outline=True, layout_features=[], hinting=False)
    options.drop_tables += ["FFTM"]  # when the font was made
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes={ord(character) for character in characters})
    subsetter.subset(font)
    out = io.BytesIO()
    font.flavor = "woff"
    font.save(out)
    return out.getvalue()


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("set", (visit_math, None), (visit_displaymath, None))
    app.add_css_file(STYLE, priority=890)
    app.connect("builder-inited", start)
    app.connect("doctree-read", set_early)
    app.connect("build-finished", finish, priority=400)  # before the pages' addresses get their versions
