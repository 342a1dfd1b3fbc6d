"""A `Picture` drawn by Matplotlib, as an SVG whose colours are CSS variables and whose text is the page's."""

from __future__ import annotations

import io
import re
import threading
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from collapse_lib.figures.markup import marked, power, unmark
from collapse_lib.figures.picture import COLOURS, Mark, Panel, Picture

__all__ = ["STROKES", "spread", "svg"]

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "serif",
    "font.size": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["rule"],
    "axes.linewidth": 0.8,
    "axes.labelcolor": COLOURS["ink"],
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["rule"],
    "ytick.color": COLOURS["rule"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "path.simplify_threshold": 0.5,
}
STROKES = {  # of each role, and of the second to fourth curve of the same role: dashes in points
    "exact": ((), (9, 2.5), (2, 2), (6, 6)),
    "bound": ((5, 2.5), (2.5, 2.5), (9, 4), (2.5, 6)),
    "paper": (
        (8, 2.5, 1.5, 2.5), (8, 2.5, 1.5, 2.5, 1.5, 2.5), (12, 3, 1.5, 3), (8, 2.5, 1.5, 2.5, 1.5, 2.5, 1.5, 2.5),
    ),
    "limit": ((1.2, 2.4), (1.2, 4.5), (1.2, 1.6), (1.2, 1.6, 1.2, 4.5)),
}
_WIDTH, _PANEL_HEIGHT, _GAP = 5.6, 2.5, 0.62  # inches; narrow, so that text stays legible on a phone
_LEFT, _TOP, _BOTTOM = 0.55, 0.34, 0.52
_ALONE = threading.Lock()  # Matplotlib's settings are those of the process
_WHOLE = re.compile(r"generation( \$?\w\$?)?")  # an axis on which there is nothing between two numbers


def svg(picture: Picture) -> str:
    """The picture as one ``<svg>`` element."""
    alt = picture.described()
    labels = [mark.label for panel in picture.panels for mark in panel.marks if mark.kind not in ("vline", "note")]
    right = 0.15 + 0.088 * max((len(label.replace("$", "")) for label in labels), default=0)
    count = len(picture.panels)
    height = _TOP + count * _PANEL_HEIGHT + (count - 1) * _GAP + _BOTTOM
    with _ALONE, mpl.rc_context(_STYLE | {"svg.hashsalt": alt}):
        figure = Figure(figsize=(_WIDTH, height))
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        for number, panel in enumerate(picture.panels):
            bottom = _BOTTOM + (count - 1 - number) * (_PANEL_HEIGHT + _GAP)
            place = _LEFT / _WIDTH, bottom / height, (_WIDTH - _LEFT - right) / _WIDTH, _PANEL_HEIGHT / height
            _draw(figure.add_axes(place), panel)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return _slim(buffer.getvalue(), alt)


def _draw(axes: Axes, panel: Panel) -> None:
    axes.patch.set_visible(False)
    xlim, ylim = panel.limits()
    axes.set(xscale=panel.xscale, yscale=panel.yscale, xlim=xlim, ylim=ylim, xlabel=marked(panel.xlabel))
    if panel.equal:
        axes.set_aspect("equal", anchor="W")
    heading = " · ".join(marked(text) for text in (panel.title, panel.ylabel) if text)
    axes.text(0, 1, heading, transform=axes.transAxes + _shift(axes, -_LEFT * 60, 9), va="bottom", fontsize=11)
    for axis, scale in ((axes.xaxis, panel.xscale), (axes.yaxis, panel.yscale)):
        if scale == "log":
            axis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
            axis.set_minor_formatter(NullFormatter())
            axis.set_minor_locator(LogLocator(subs=(2, 5)))  # eight minor ticks a decade cost seconds
    if panel.xscale == "linear" and _WHOLE.fullmatch(panel.xlabel):
        axes.xaxis.get_major_locator().set_params(integer=True)
    if panel.yticks is not None:
        axes.set_yticks(panel.yticks)
    ends: list[tuple[float, Mark]] = []
    for mark in panel.marks:
        _mark(axes, mark)
        values = mark.y[:, -1] if mark.kind == "paths" else mark.y
        finite = values[np.isfinite(values)]
        if mark.kind == "paths" and finite.size:
            finite = np.array([np.median(finite)])
        if mark.label and finite.size and mark.kind not in ("vline", "note"):
            ends.append((_fraction(axes, float(finite[-1])), mark))
    spacing = 13.5 / 72 / _PANEL_HEIGHT
    for height, (_, mark) in zip(spread([height for height, _ in ends], spacing), ends):
        colour = COLOURS["ink" if mark.role == "rule" else mark.role]
        axes.text(1.02, height, marked(mark.label), color=colour, va="center", transform=axes.transAxes)


def _mark(axes: Axes, mark: Mark) -> None:
    colour = COLOURS[mark.role]
    dashes = STROKES.get(mark.role, ((),))[mark.variant % 4] if mark.role in STROKES else ()
    stroke: dict[str, Any] = {"color": colour, "linewidth": 1.8, "linestyle": (0, dashes) if dashes else "-"}
    if mark.kind == "line":
        axes.plot(mark.x, mark.y, **stroke)
    elif mark.kind == "dots":
        if mark.low is not None and mark.high is not None:
            bars = [mark.y - mark.low, mark.high - mark.y]
            axes.errorbar(mark.x, mark.y, yerr=bars, fmt="none", ecolor=colour, elinewidth=0.9, alpha=0.7)
        face = colour if mark.variant == 0 else "none"
        style = {"color": colour, "markersize": 3.4, "markerfacecolor": face}
        axes.plot(mark.x, mark.y, "o", clip_on=mark.clip, **style)  # a dot on the edge is whole
    elif mark.kind == "band":
        axes.fill_between(mark.x, mark.low, mark.high, color=colour, alpha=0.16, linewidth=0)
        for edge in (mark.low, mark.high):
            axes.plot(mark.x, edge, **stroke | {"linewidth": 1.1})
    elif mark.kind == "paths":
        width, alpha = (0.8, 0.75) if len(mark.y) > 1 else (1.4, 1.0)  # a run that stands alone must be seen
        axes.plot(mark.x, mark.y.T, color=colour, linewidth=width, alpha=alpha)
    elif mark.kind == "bars":
        axes.stairs(mark.y, mark.x, fill=True, color=colour, alpha=0.28)
    elif mark.kind == "vline":
        axes.axvline(mark.x[0], color=colour, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.annotate(
            marked(mark.label), (mark.x[0], 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
            textcoords="offset points", ha="left", va="top", fontsize=10, annotation_clip=True,
        )  # fmt: skip
    elif mark.kind == "hline":
        axes.axhline(mark.y[0], color=colour, linewidth=0.9, linestyle=(0, (1, 2)))
    else:
        axes.text(mark.x[0], mark.y[0], marked(mark.label), fontsize=10, color=colour)


def _shift(axes: Axes, x: float, y: float) -> Any:
    """A shift in points."""
    from matplotlib.transforms import ScaledTranslation

    return ScaledTranslation(x / 72, y / 72, axes.figure.dpi_scale_trans)


def _fraction(axes: Axes, y: float) -> float:
    """Height of the value `y` as a fraction of the axes, kept inside them."""
    if axes.get_yscale() == "log" and y <= 0:
        return 0.0
    display = axes.transData.transform((axes.get_xlim()[0], y))[1]
    return float(np.clip(axes.transAxes.inverted().transform((0, display))[1], 0.0, 1.0))


def spread(heights: list[float], spacing: float) -> list[float]:
    """Move label heights apart to at least `spacing`, keeping their order and as near as can be."""
    order = np.argsort(heights, kind="stable")
    shifted = np.array(heights, float)[order] - spacing * np.arange(len(heights))
    # the nearest non-decreasing sequence (least squares): pool adjacent violators
    blocks: list[list[float]] = []
    for value in shifted:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    flat = [np.mean(block) for block in blocks for _ in block]
    placed = np.array(flat) + spacing * np.arange(len(heights)) if heights else np.array([])
    if len(heights):
        placed -= max(0.0, placed[-1] - 1.02)
        placed = np.maximum(placed, 0.03 + spacing * np.arange(len(heights)))
    result = np.empty(len(heights))
    result[order] = placed
    return result.tolist()


_ROLE_OF = {colour: role for role, colour in COLOURS.items()}


def _slim(svg: str, alt: str) -> str:
    """Keep what is seen: drop metadata, ids nobody refers to and font names; name the colours; round coordinates."""
    svg = svg[svg.index("<svg"):]
    # a style sheet in a picture would style the whole page anew with every frame; attributes say the same
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.S)
    view = re.search(r'viewBox="([^"]*)"', svg).group(1)
    svg = re.sub(
        r"<svg[^>]*>",
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="{view}" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" font-family="Book Serif, Charter, Georgia, serif" '
        'stroke-linejoin="round">',
        svg, count=1,
    )
    svg = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = unmark(svg)
    svg = re.sub(
        r'\b(d|x|y|transform|points)="[^"]*"',
        lambda match: re.sub(r"(\d+\.\d{2})\d+", r"\1", match.group(0)), svg,
    )
    svg = re.sub(r"#[0-9a-f]{6}", lambda match: _variable(match.group(0)), svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    return re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><").strip()


def _variable(colour: str) -> str:
    role = _ROLE_OF.get(colour)
    return f"var(--{role},{colour})" if role else colour
