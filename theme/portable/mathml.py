"""Formulas that are not seen as the site shows them: said in a line of text, and as complete MathML."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

from bookbuild.displays import wide_forms
from bookbuild.engine import MATHJAX, PREPARE

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
PARTS = ("startup", "core", "adaptors/liteDOM", "input/tex")
WRITE = """(() => {
  const { core: { MmlTree: { SerializedMmlVisitor: { SerializedMmlVisitor } } }, input: { tex_ts: { TeX } },
    handlers: { html_ts: { RegisterHTMLHandler } }, adaptors: { liteAdaptor: { liteAdaptor } }, mathjax: { mathjax },
  } = MathJax._;
  RegisterHTMLHandler(liteAdaptor());
  const input = new TeX({ packages: ["base", "ams"], formatError(_, error) { throw error; } });
  const page = mathjax.document("", { InputJax: input });
  const visitor = new SerializedMmlVisitor();
  globalThis.write = (formulas) => JSON.stringify(formulas.map(([tex, display]) => {
    const item = new page.options.MathItem(tex, input, display);
    item.compile(page);
    return visitor.visitTree(item.root);
  }));
})();"""
VARIANTS = {"double-struck": "DOUBLE-STRUCK", "script": "SCRIPT", "bold": "BOLD", "fraktur": "FRAKTUR"}
LETTERS = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}  # older than the others
STRUCK = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
ACCENTS = {"¯": "\u0304", "―": "\u0304", "˙": "\u0307", "^": "\u0302", "~": "\u0303", "→": "\u20d7"}
SPACED = re.compile(r"[=<>≤≥≠≈∼∈∉⊂→↦←⟶≪≫∝+−±⋅×∧∣]|:=")
ATOM = r"[\d.,]+|\w(_\w+)?"
THIN = "0.167em"
NAME = r"<mi>[A-Za-z]{2,}</mi>"
NEXT = r"(?=<m(?:i|n|sub|sup|subsup|sqrt|frac)\b)"
NAMED = re.compile(  # a name such as ln after something that it follows without a sign
    rf"(</(?:mi|mn|mrow|mstyle|mfrac|msqrt|msub|msup|msubsup)>|[)\]]</mo>)(?={NAME}(?:<mo>&#x2061;|{NEXT}))"
)
BARE = re.compile(rf"(?<!<msub>)(?<!<msup>)(?<!<msubsup>)(?<!<mfrac>)(?<!<mover>)(?<!<munder>)({NAME}){NEXT}")
APPLIED = re.compile(r"<mo>&#x2061;</mo>(?!<mo(?! movablelimits)|<mrow><mo)")
LIMITS = re.compile(r'(</mo>|<(?:math|mtd|mrow|mstyle)\b[^>]*>)?<mo (movablelimits="true">\w+</mo>)(?=(<mo|<mrow><mo)?)')
SCRIPTED = {"msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}


# ---------------------------------------------------------------- in a line of text


def said(mathml: str) -> str:
    """A formula as a line of text: ``p_0``, ``(1 − 1/n)^k``."""
    text = _line(ET.fromstring(mathml))
    text = re.sub(r"\u2061\s*(?=[(|\[])", "", text).replace("\u2061", " ").replace("\u2062", "").replace("\xa0", " ")
    text = " ".join(text.split()).replace(",;", ";")
    return re.sub(r"(^|[(\[{^] ?|[=<>≤≥≈→∼] )([−+±]) ", r"\1\2", text)


def _line(node: ET.Element) -> str:
    kind = node.tag.rpartition("}")[2]
    if kind in ("mi", "mn", "mo", "mtext"):
        text = styled(node.text or "", node.get("mathvariant", ""))
        if kind == "mo":
            return f" {text} " if SPACED.fullmatch(text) else f"{text} " if text in ",;:" else text
        return f" {text} " if kind == "mtext" else f" {text}" if kind == "mi" and len(text) > 1 else text
    parts = [_line(child) for child in node]
    if kind in SCRIPTED:  # a base that is empty is not written
        parts = [""] * (SCRIPTED[kind] - len(parts)) + parts
    if kind == "mfrac":
        if node.get("linethickness", "").startswith("0"):
            return f"binomial({parts[0]}, {parts[1]})"
        below = parts[1].strip()
        return f"{_grouped(parts[0])}/{below if re.fullmatch(ATOM, below) else f'({below})'}"
    if kind == "msqrt":
        return f"√{_grouped(''.join(parts))}"
    if kind == "mover" and (accent := ACCENTS.get(parts[1].strip())) and len(parts[0].strip()) == 1:
        return parts[0].strip() + accent
    if kind in ("msub", "munder"):
        return f"{parts[0]}_{_script(parts[1])}"
    if kind in ("msup", "mover"):
        return parts[0] + _raised(parts[1])
    if kind in ("msubsup", "munderover"):
        return f"{parts[0]}_{_script(parts[1])}{_raised(parts[2])}"
    if kind == "mtable":
        return "; ".join(part.strip() for part in parts)
    if kind == "mtr":
        return " ".join(part.strip() for part in parts)
    return "".join(parts)


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w+|[\d.,]+|\W", text) else f"({text})"


def _script(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"[\d.,]+|.", text) else f"({text})"


def _raised(text: str) -> str:
    return text if re.fullmatch("[′″‴⁗]+", text) else f"^{_script(text)}"


def styled(text: str, variant: str) -> str:
    """Letters of a variant, such as "double-struck", as characters of their own."""

    def one(character: str) -> str:
        special = {"double-struck": STRUCK, "script": LETTERS}.get(variant, {})
        if character in special:
            return special[character]
        kind = "CAPITAL" if character.isupper() else "SMALL"
        name = unicodedata.name(character, "").rpartition(" ")[2]
        wanted = f"MATHEMATICAL {VARIANTS[variant]} {'DIGIT' if character.isdigit() else kind} {name}"
        try:
            return unicodedata.lookup(wanted)
        except KeyError:
            return character

    return "".join(map(one, text)) if variant in VARIANTS else text


# ---------------------------------------------------------------- as it is written


class Formulas:
    """Complete MathML of the formulas of a site, whose pages carry it without spaces and alignment.

    Parts of it go back to the TeX, which is in the file where the build keeps what it has set.
    """

    def __init__(self, store: Path) -> None:
        kept = json.loads(store.read_text(encoding="utf-8"))["formulas"]
        self.sources: dict[str, tuple[str, bool]] = {}
        for key in sorted(kept, key=lambda key: (len(key), key), reverse=True):
            kind, _, tex = key.partition(" ")
            self.sources[kept[key]["read"]] = tex, kind == "display"
        for key in sorted(kept):  # a display for a wide page is written as the source breaks it
            kind, _, tex = key.partition(" ")
            for form in wide_forms(tex) if kind == "display" else ():
                if f"display {form}" in kept:
                    self.sources[kept[f"display {form}"]["read"]] = tex, True

    def whole(self, reads: Iterable[str]) -> dict[str, str]:
        """MathML with its name space and its text form, by the MathML that the pages carry.

        What the build has not kept stays as the pages have it.
        """
        from py_mini_racer import MiniRacer

        asked = list(dict.fromkeys(reads))
        wanted = [read for read in asked if read in self.sources]
        racer = MiniRacer()
        for code in (PREPARE, *((MATHJAX / f"{part}.js").read_text(encoding="utf-8") for part in PARTS), WRITE):
            racer.eval(code)
        written = json.loads(racer.eval(f"write({json.dumps([self.sources[read] for read in wanted])})"))
        racer.close()
        found = dict(zip(asked, asked, strict=True)) | dict(zip(wanted, written, strict=True))
        return {read: complete(text, said(read)) for read, text in found.items()}


def complete(written: str, alternative: str) -> str:
    """MathJax's MathML as a book may carry it."""
    text = re.sub(r">\s+<", "><", written.strip())
    text = re.sub(r' (?:data-[\w-]+|class|texclass|xmlns)="[^"]*"', "", text)
    text = re.sub(
        r'<(m[in])( [^>]*?)?mathvariant="([\w-]+)"([^>]*)>([^<]*)<',
        lambda m: m[0] if m[3] not in VARIANTS else _restyled(m),
        text,
    )
    text = spaced(text)
    text = text.replace('mathvariant="-tex-calligraphic"', "").replace("<mrow></mrow>", "<mrow/>")
    return text.replace("<math", f'<math xmlns="{NAMESPACE}" alttext="{html.escape(alternative)}"', 1)


def spaced(text: str) -> str:
    """MathML with TeX's spaces around names: readers set ``ln`` without any and ``Pr`` with those of a sign."""

    def limits(match: re.Match[str]) -> str:
        left, name, bracket = match.groups()
        before, after = 0 if left else THIN, 0 if bracket else THIN
        return f'{left or ""}<mo lspace="{before}" rspace="{after}" {name}'

    for before in (NAMED, BARE):
        text = before.sub(rf'\1<mspace width="{THIN}"/>', text)
    text = APPLIED.sub(f'<mo lspace="{THIN}">&#x2061;</mo>', text)
    return LIMITS.sub(limits, text)


def _restyled(match: re.Match[str]) -> str:
    name, before, variant, after, text = match.groups()
    letters = styled(html.unescape(text), variant)
    attributes = f"{(before or '').rstrip()}{after}"
    return f"<{name}{attributes}>{letters}<"
