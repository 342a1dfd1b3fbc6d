"""`Table` and `Text`: a table is a table and a text is text, for eyes, phones, print and screen readers alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from collapse_lib.figures.markup import html_maths, plain

__all__ = ["Table", "Text"]


class Table:
    """Rows of numbers under named columns.

    Parameters
    ----------
    columns : mapping of str to sequence
        Heading (with its unit, such as ``"time (generations)"``) and values of each column, all of one length. The
        first column names the rows.
    formats : mapping of str to str, optional
        Format of a column's numbers, such as ``{"exact": ".3f"}``; default ``","`` for integers and ``".4g"`` for
        other numbers; texts stay as they are. A column of figures is set to the right, one of words to the left.
    caption : str, optional
        What the table shows, in a sentence; not needed where the cell's metadata give a numbered caption.

    Raises
    ------
    ValueError
        When there is no column, the columns differ in length, or a format names none of them.

    Examples
    --------
    >>> Table({"n": [10, 100], "mean time": [17.2, 177.4]}, formats={"mean time": ".1f"})
    n    mean time
    10   17.2
    100  177.4
    """

    def __init__(
        self,
        columns: Mapping[str, Sequence[Any]],
        *,
        formats: Mapping[str, str] | None = None,
        caption: str = "",
    ) -> None:
        formats = dict(formats or {})
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1 or lengths == {0}:
            raise ValueError(f"columns must hold columns of one length, at least 1, got lengths {sorted(lengths)}")
        if unknown := set(formats) - set(columns):
            raise ValueError(f"formats must name columns of {list(columns)}, got {sorted(unknown)}")
        self.caption = caption
        self.columns = {
            name: [_text(value, formats.get(name)) for value in values] for name, values in columns.items()
        }
        self._numeric = {name: _figures(values) for name, values in columns.items()}

    def __repr__(self) -> str:
        names = [_plain(name) for name in self.columns]
        rows = [names, *zip(*self.columns.values())]
        widths = [max(len(row[i]) for row in rows) for i in range(len(names))]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        sides = ["number" if self._numeric[name] else "text" for name in self.columns]
        head = "".join(f'<th scope="col" class="{c}">{html_maths(name)}</th>' for name, c in zip(self.columns, sides))
        body = "".join(
            f'<tr><th scope="row" class="{sides[0]}">{html_maths(row[0])}</th>'
            + "".join(f'<td class="{c}">{html_maths(cell)}</td>' for cell, c in zip(row[1:], sides[1:]))
            + "</tr>"
            for row in zip(*self.columns.values())
        )
        caption = f"<caption><span>{html_maths(self.caption)}</span></caption>" if self.caption else ""
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return {"text/html": f'<div class="numbers" tabindex="0">{table}</div>', "text/plain": repr(self)}


class Text:
    """Samples of text, each under its heading.

    Parameters
    ----------
    samples : mapping of str to str
        Heading and text of each sample.

    Raises
    ------
    ValueError
        When there is no sample.
    """

    def __init__(self, samples: Mapping[str, str]) -> None:
        if not samples:
            raise ValueError("samples must hold at least one text, got none")
        self.samples = dict(samples)

    def __repr__(self) -> str:
        return "\n\n".join(f"{name}\n{text}" for name, text in self.samples.items())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        parts = "".join(f"<dt>{html_maths(name)}</dt><dd>{escape(text)}</dd>" for name, text in self.samples.items())
        return {"text/html": f'<dl class="samples">{parts}</dl>', "text/plain": repr(self)}


def _text(value: Any, form: str | None) -> str:
    if isinstance(value, str):
        return value
    if form is None:
        form = "," if float(value).is_integer() and not isinstance(value, float) else ".4g"
    return format(value, form).replace("-", "−")


# a number, perhaps with per cent, an error or a second one as a range; a dash where one is missing
_FIGURE = re.compile(r"[−-]?([\d.,]+|∞)([ \xa0]?%)?([ \xa0]±[ \xa0][\d.,]+|–[\d.,]+)?|[–—]?")


def _figures(values: Sequence[Any]) -> bool:
    """Whether a column holds figures, as numbers or as texts."""
    texts = [value for value in values if isinstance(value, str)]
    return all(map(_FIGURE.fullmatch, texts)) and (len(texts) < len(values) or any(map(str.strip, texts)))


def _plain(text: str) -> str:
    return plain(text).replace("$", "")
