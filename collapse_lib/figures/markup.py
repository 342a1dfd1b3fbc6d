"""Mathematics in a figure's labels: ``$P_k$`` set in the page's own face, as SVG spans."""

from __future__ import annotations

import re
from decimal import Decimal
from html import escape

import numpy as np

__all__ = ["html_maths", "marked", "plain", "power", "printed", "spans", "unmark"]

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Lambda": "Λ", "Sigma": "Σ", "Pr": "Pr", "ln": "ln\u2009", "exp": "exp",
    "ne": " ≠ ", "neq": " ≠ ", "le": " ≤ ", "leq": " ≤ ", "ge": " ≥ ", "geq": " ≥ ",
    "times": " × ", "to": " → ", "infty": "∞",
}  # fmt: skip
_UPRIGHT = {"Pr", "ln", "exp"}


def plain(text: str) -> str:
    """TeX names of letters and signs as the characters themselves, with room around ``=``; dollars stay.

    Raises
    ------
    ValueError
        If a name is not one of those that a label can show.
    """

    def character(match: re.Match[str]) -> str:
        if match.group(1) not in _GREEK:
            allowed = ", ".join(_GREEK)
            raise ValueError(f"label {text!r} has \\{match.group(1)}; what a figure can show are {allowed}")
        before = match.string[match.start() - 1 : match.start()]
        room = "\u2009" if match.group(1) in _UPRIGHT and before.isalnum() else ""
        return room + _GREEK[match.group(1)]

    text = re.sub(r"\$[^$]*\$", lambda match: _related(match.group()), text)
    text = re.sub(r" ?\\([A-Za-z]+) ?", character, text.replace("\\,", "\u2009"))
    return text.replace("ln\u2009(", "ln(")


def _related(formula: str) -> str:
    """``n=10`` as ``n = 10``, in one line; what is lowered or raised stays as it is."""
    signs = r"(\{[^}]*\})|\s*(:?=)\s*|(?<=\S)([<>])(?=\S)"
    return re.sub(signs, lambda m: m[1] or f"\u00a0{m[2] or m[3]}\u00a0", formula)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+−-]?\d+)(?!\w)")


def printed(text: str, raised: str = "") -> str:
    """Numbers as a book prints them.

    ``1.9e+08`` is ``1.9 × 10⁸`` and ``8.4e-03`` is ``0.0084``, a minus is no hyphen, an apostrophe no tick,
    ``5 %`` stays in a line; a power can be written with the pattern `raised`, such as ``"$10^{%d}$"``.
    """

    def number(match: re.Match[str]) -> str:
        digits, exponent = match.group(1), int(match.group(2).replace("−", "-"))
        if -4 < exponent < 5:
            return f"{Decimal(f'{digits}e{exponent}'):,f}"
        ten = raised % exponent if raised else "10" + str(exponent).translate(_RAISED)
        return ten if digits == "1" else f"{digits}\u00a0×\u00a0{ten}"

    text = _SCIENTIFIC.sub(number, text)
    text = re.sub(r"(?<![\w.)}^{-])-(?=\.?\d)|(?<=\w )-(?= \d)", "−", text)
    text = re.sub(r"(?<=\w)'(?=s\b)", "’", text)
    return re.sub(r"(?<=\d) ?%", "\u00a0%", text)


# a letter that stands alone, or behind a number, is a symbol; not so an article, a pronoun, the upright E of a mean
_LONE = re.compile(
    r"(?<![^\W\d])(?<![.’'-])((?![EI]|[Aa] [^=≠<>≤≥+−×/])[A-Za-zα-ω])(?![^\W₀-₉⁰¹²³⁴-⁹]|[.’'-](?=\w))"
)


def marked(text: str, *, symbols: bool = True) -> str:
    """``$P_k$`` as ``‹P_k›``: Matplotlib leaves it alone and `unmark` sets it in the page's own italic.

    With `symbols`, the n of "sample size n" is set as if it stood between dollars.
    """
    pieces = re.split(r"\$([^$]*)\$", printed(plain(text), "$10^{%d}$"))
    if symbols:
        pieces[::2] = [_LONE.sub(r"‹\1›", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"‹{piece}›" for piece in pieces[1::2]]
    return "".join(pieces)


def unmark(svg: str) -> str:
    """Set every ``‹P_k›`` of an SVG text."""
    return re.sub("‹([^›]*)›", lambda match: _set(match.group(1)), svg)


def spans(text: str) -> str:
    """A label as the content of an SVG text element, escaped and set."""
    return unmark(escape(marked(text), quote=False))


def power(value: float) -> str:
    """Tick label on a logarithmic axis."""
    if 1e-3 <= value < 1e5:
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"‹10^{{{round(np.log10(value))}}}›"


# a part raised or lowered, or one of letters, all of them symbols or none, or one of signs
_PIECE = re.compile(
    r"([_^])(?:\{([^}]*)\}|(.))|(Pr|ln|exp|(?<!&)(?:(?!Pr|ln|exp)[A-Za-zα-ω])+)|((?:&\w+;|[^_^A-Za-zα-ω])+)"
)


def _set(formula: str) -> str:
    """Letters italic, ``_k`` and ``_{k+1}`` lowered, ``^2`` and ``^{-3}`` raised."""
    pieces, back = [], 0.0
    for mark, group, single, *body in _PIECE.findall(formula):
        shift = {"_": 2.6, "^": -4.0}.get(mark, 0.0)
        small = ' style="font-size: 75%"' if mark else ""
        for _, _, _, letters, other in _PIECE.findall(group or single) if mark else [("", "", "", *body)]:
            italic = ' font-style="italic"' if letters and letters not in _UPRIGHT else ""
            move = f' dy="{shift - back:g}"' if shift != back else ""
            pieces.append(f"<tspan{italic}{small}{move}>{letters or other.replace('-', '−')}</tspan>")
            back = shift
    if back:
        pieces.append(f'<tspan dy="{-back:g}">\u200b</tspan>')
    return "".join(pieces)


def html_maths(text: str, *, symbols: bool = False) -> str:
    """A label as HTML: ``$P_k$`` in italics, with lowered and raised parts; with `symbols` as in `marked`."""
    label = escape(marked(text, symbols=symbols), quote=False)
    return re.sub("‹([^›]*)›", lambda match: _html(match.group(1)), label)


def _html(formula: str) -> str:
    pieces = []
    for mark, group, single, letters, other in _PIECE.findall(formula):
        if mark:
            tag = "sub" if mark == "_" else "sup"
            pieces.append(f"<{tag}>{_html(group or single)}</{tag}>")
        else:
            symbols = letters and letters not in _UPRIGHT
            pieces.append(f"<i>{letters}</i>" if symbols else letters or other.replace("-", "−"))
    return "".join(pieces)
