"""Formulas by the characters they are made of, for places that show plain text."""

from __future__ import annotations

import re

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "Gamma": "Γ", "delta": "δ", "Delta": "Δ", "epsilon": "ε",
    "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "Theta": "Θ", "kappa": "κ", "lambda": "λ",
    "Lambda": "Λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "Sigma": "Σ", "tau": "τ",
    "phi": "φ", "varphi": "φ", "Phi": "Φ", "chi": "χ", "psi": "ψ", "Psi": "Ψ", "omega": "ω", "Omega": "Ω", "ell": "ℓ",
    "infty": "∞", "sum": "∑", "prod": "∏", "int": "∫", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠", "approx": "≈", "sim": "~", "simeq": "≃", "equiv": "≡", "in": "∈", "notin": "∉", "subset": "⊂",
    "subseteq": "⊆", "cup": "∪", "cap": "∩", "setminus": "∖", "emptyset": "∅", "to": "→", "rightarrow": "→",
    "mapsto": "↦", "cdot": "·", "times": "×", "pm": "±", "mid": "|", "|": "‖", "dots": "…", "ldots": "…",
    "cdots": "…", "ln": "ln", "log": "log", "exp": "exp", "min": "min", "max": "max", "sup": "sup", "inf": "inf",
    "lim": "lim", "Pr": "Pr", "partial": "∂", "forall": "∀", "exists": "∃", "lfloor": "⌊", "rfloor": "⌋",
    "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩", "ll": "≪", "gg": "≫", "prime": "′", "{": "{", "}": "}",
    "%": "%", "_": "_", "&": "&", "#": "#", "lbrace": "{", "rbrace": "}",
}  # fmt: skip
SPACES = {",": "", ";": " ", ":": " ", "!": "", " ": " ", "quad": " ", "qquad": " "}
IGNORED = {"left", "right", "bigl", "bigr", "Bigl", "Bigr", "big", "Big", "biggl", "biggr", "limits", "displaystyle"}
LETTERS = {name: {} for name in ("mathcal", "mathbf", "mathrm", "text", "operatorname")}  # of alphabets
LETTERS["mathbb"] = dict(zip("ENPRZ", "𝔼ℕℙℝℤ"))
RAISED = dict(zip("0123456789+-=()nik", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏ"))
LOWERED = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"))
TOKEN = re.compile(r"\\([a-zA-Z]+|.)|([{}_^])|(\s+)|(.)", re.S)


class _Unreadable(Exception):
    """The formula needs more than characters in a row."""


def readable(tex: str) -> str:
    """A formula as plain characters, or the empty string if it needs more."""
    try:
        tokens = [(m[1], m[2] or m[4] or "") for m in TOKEN.finditer(tex) if not m[3]]
        text, rest = _row(tokens, 0)
        if rest != len(tokens):
            return ""
    except _Unreadable:
        return ""
    spaced = re.sub(r"\s*([=<>≤≥≠≈~∈→∼⊂])\s*", r" \1 ", text)
    return re.sub(r"\s+", " ", re.sub(r",(?=\S)", ", ", spaced)).strip()


def _row(tokens: list[tuple[str | None, str]], at: int) -> tuple[str, int]:
    """Characters up to the end of the group."""
    text = ""
    while at < len(tokens) and tokens[at] != (None, "}"):
        command, character = tokens[at]
        if command is None and character in ("_", "^"):
            inner, at = _argument(tokens, at + 1)
            text += _script(inner, character)
        else:
            inner, at = _argument(tokens, at)
            text += inner
    return text, at


def _argument(tokens: list[tuple[str | None, str]], at: int) -> tuple[str, int]:
    """One symbol, or a group."""
    if at >= len(tokens):
        raise _Unreadable
    command, character = tokens[at]
    if command is None:
        if character == "{":
            text, end = _row(tokens, at + 1)
            if end >= len(tokens):
                raise _Unreadable
            return text, end + 1
        if character in "&~":
            raise _Unreadable
        return character, at + 1
    if command in LETTERS:
        text, end = _argument(tokens, at + 1)
        return "".join(LETTERS[command].get(letter, letter) for letter in text), end
    if command in IGNORED:
        return "", at + 1
    if command in SPACES:
        return SPACES[command], at + 1
    if command in SYMBOLS:
        return SYMBOLS[command], at + 1
    if command in ("frac", "tfrac", "dfrac"):
        above, at = _argument(tokens, at + 1)
        below, at = _argument(tokens, at)
        return f"{_bracketed(above)}/{_bracketed(below)}", at
    if command == "sqrt":
        text, at = _argument(tokens, at + 1)
        return f"√{_bracketed(text)}", at
    raise _Unreadable


def _bracketed(text: str) -> str:
    return text if re.fullmatch(r"\w+|.", text) else f"({text})"


def _script(text: str, sign: str) -> str:
    characters = RAISED if sign == "^" else LOWERED
    if all(letter in characters for letter in text):
        return "".join(characters[letter] for letter in text)
    if text == "′":
        return text
    return f"{sign}{text}" if len(text) == 1 or (sign == "_" and text.isalnum()) else f"{sign}({text})"
