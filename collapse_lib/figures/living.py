"""What the built page needs to draw pictures itself: one SVG to begin with, and the data of every frame.

Positions are whole numbers of 1/8000 of the axes (1/2000 for dots and paths), coded by their differences, along a
curve or from frame to frame, whichever is shorter; `theme/plot.js` reads them.
"""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib.figures.markup import html_maths, spans
from collapse_lib.figures.picture import Mark, Panel, Picture

__all__ = ["BUILD_VARIABLE", "building", "encode", "framed", "html", "image", "payload", "salt", "still"]

BUILD_VARIABLE = "COLLAPSE_BOOK_BUILD"
"""Environment variable that the book's build sets: its pages bring figures to life."""

FINE, COARSE = 8000, 2000  # steps of an axis for curves, and for what snaps
BEYOND = 0.5  # of the axes: how far outside a point may lie
ALPHABET = "".join(chr(c) for c in range(32, 127) if chr(c) not in '"\\<~&')
LONG = "~"
Ints = NDArray[np.int64]


def building() -> bool:
    """Whether the book's build asks."""
    return bool(os.environ.get(BUILD_VARIABLE))


def html(pictures: Sequence[Picture], shape: tuple[int, ...] = (), *, default: int = 0, **more: Any) -> str:
    """The element that shows `pictures`, the frames of a grid of the given shape, as a living figure.

    `more` goes into the data as it is. All frames have the same panels; their limits must agree.
    """
    data = payload(pictures, shape) | more
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    picture = pictures[default]
    values = f'<p class="values">{values_line(picture)}</p>' if picture.values else ""
    return (
        f'{framed(picture)}<input type="range" class="cursor" min="0" max="100" value="50" autocomplete="off" '
        f'aria-label="Read the values of the curves"><p class="says" aria-live="polite"></p>{values}'
        f'<script type="application/json">{text}</script>'
    )


def framed(picture: Picture) -> str:
    """The element that holds a picture drawn by Matplotlib: its shape is known before, and apart from, what it shows."""
    svg = picture.svg()
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    return (
        f'<div class="picture" style="aspect-ratio: {width} / {height}; --panels: {len(picture.panels)}">{svg}</div>'
    )


def image(svg: str, alt: str) -> str:
    """A drawing as an image of its own, which a notebook shows even when it trusts nobody; its strokes need a ground."""
    code = base64.b64encode(svg.encode()).decode()
    return (
        f'<img src="data:image/svg+xml;base64,{code}" alt="{escape(alt)}" '
        'style="width: 100%; max-width: 44rem; background: white">'
    )


def still(picture: Picture) -> str:
    """A picture with its alt text and its values, for a notebook: it has neither styles nor scripts."""
    values = f"<p>{values_line(picture, ' · ')}</p>" if picture.values else ""
    return image(picture.svg(), picture.described()) + values


def values_line(picture: Picture, between: str = " ") -> str:
    """The named numbers of a picture, in a line."""
    return between.join(
        f"<span>{html_maths(name, symbols=True)} <b>{html_maths(text, symbols=True)}</b></span>"
        for name, text in picture.values.items()
    )


def payload(pictures: Sequence[Picture], shape: tuple[int, ...] = ()) -> dict[str, Any]:
    """Everything that the page needs to draw the frames, ready for JSON."""
    alts = [picture.described() for picture in pictures]
    data: dict[str, Any] = {
        "shape": list(shape),
        "alts": alts,
        "panels": [
            _panel([picture.panels[i] for picture in pictures]) for i in range(len(pictures[0].panels))
        ],
    }
    if any(picture.values for picture in pictures):
        data["values"] = _pool([values_line(picture) for picture in pictures])
    return data


def _panel(frames: Sequence[Panel]) -> dict[str, Any]:
    first = frames[0]
    for name in ("xlim", "ylim", "xscale", "yscale", "xlabel", "ylabel", "title", "yticks", "equal"):
        if any(getattr(frame, name) != getattr(first, name) for frame in frames):
            raise ValueError(f"{name} must stay the same while a slider moves, got {getattr(frames[-1], name)!r}, too")
    limits = np.array([frame.limits() for frame in frames])  # frame, axis, end
    (x0, y0), (x1, y1) = limits[:, :, 0].min(axis=0), limits[:, :, 1].max(axis=0)
    x, y = (float(x0), float(x1), first.xscale), (float(y0), float(y1), first.yscale)
    keys = list(dict.fromkeys((m.kind, m.role, m.variant) for frame in frames for m in frame.marks))
    by_key = [{(m.kind, m.role, m.variant): m for m in frame.marks} for frame in frames]
    ticks = {} if first.yticks is None else {"yticks": [float(tick) for tick in first.yticks]}
    return ticks | ({"equal": 1} if first.equal else {}) | {
        "x": list(x),
        "y": list(y),
        "xlabel": spans(first.xlabel),
        "ylabel": " · ".join(spans(text) for text in (first.title, first.ylabel) if text),
        "marks": [_mark([marks.get(key) for marks in by_key], x, y) for key in keys],
    }


def _mark(frames: Sequence[Mark | None], x: tuple[Any, ...], y: tuple[Any, ...]) -> dict[str, Any]:
    """One mark over all frames; where a frame lacks it, the nearest earlier (or later) one stands in, hidden."""
    known = next(mark for mark in frames if mark is not None)
    filled, last = [], known
    for mark in frames:
        last = mark or last
        filled.append(last)
    data: dict[str, Any] = {"kind": known.kind, "role": known.role, "variant": known.variant}
    if any(mark is None for mark in frames):
        data["shown"] = "".join("0" if mark is None else "1" for mark in frames)
    data["label"] = _pool([spans(mark.label) for mark in filled])
    steps = COARSE if known.kind in ("dots", "paths", "bars") else FINE
    same = len({mark.x.shape for mark in filled}) == 1 == len({mark.y.shape for mark in filled})
    if known.snap or not same:
        data["snap"] = 1
    data["steps"] = steps
    names = [("x", x), ("y", y)] + ([("low", y), ("high", y)] if known.low is not None else [])
    for name, axis in names:
        rows = [positions(getattr(mark, name), axis, steps) for mark in filled]
        data[name] = _coded(np.stack(rows)) if same else [_coded(row[None]) for row in rows]
    if known.kind == "paths":
        data["runs"] = [len(mark.y) for mark in filled] if not same else len(known.y)
    return data


def positions(values: Any, axis: tuple[float, float, str], steps: int) -> Ints:
    """Whole numbers of 1/steps of the axis; NaN where there is nothing to draw comes out as the smallest integer."""
    low, high, scale = axis
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.ravel(np.asarray(values, float))
        if scale == "log":
            values, low, high = np.log(values), np.log(low), np.log(high)
        place = np.clip((values - low) / (high - low), -BEYOND, 1 + BEYOND)
    return np.where(np.isnan(place), np.iinfo(np.int64).min, np.rint(np.nan_to_num(place) * steps)).astype(np.int64)


def _coded(rows: Ints) -> dict[str, Any]:
    """Rows (frame, position) as a string, once if all frames agree."""
    if (rows == rows[0]).all():
        rows = rows[:1]
    missing = rows == np.iinfo(np.int64).min
    clean = np.where(missing, 0, rows)
    along, across = np.diff(clean, axis=1, prepend=0), np.diff(clean, axis=0, prepend=0)
    ways = {"c": along, "f": across, "b": np.diff(across, axis=1, prepend=0)}
    texts = {way: encode(values) for way, values in ways.items()}
    way = min(texts, key=lambda name: len(zlib.compress(texts[name].encode(), 6)))
    coded = {"frames": len(rows), "length": rows.shape[1], "way": way, "code": texts[way]}
    return coded | ({"missing": np.argwhere(missing).ravel().tolist()} if missing.any() else {})


def encode(values: Ints) -> str:
    """Small integers as one printable character, others as a mark and three more."""
    size, half = len(ALPHABET), len(ALPHABET) // 2
    pieces = []
    for value in values.ravel().tolist():
        if -half <= value < size - half:
            pieces.append(ALPHABET[value + half])
        else:
            folded = 2 * value if value >= 0 else -2 * value - 1
            digits = folded // size**2, folded // size % size, folded % size
            pieces.append(LONG + "".join(ALPHABET[digit] for digit in digits))
    return "".join(pieces)


def _pool(texts: Sequence[str]) -> str | dict[str, Any]:
    """The text of every frame: one string, or the different ones and which frame has which."""
    different = list(dict.fromkeys(texts))
    if len(different) == 1:
        return different[0]
    return {"texts": different, "of": [different.index(text) for text in texts]}


def salt(text: str) -> str:
    """A short stable name made from `text`, for ids inside one page."""
    return sha256(text.encode()).hexdigest()[:8]
