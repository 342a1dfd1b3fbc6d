"""One style for every figure of the book: a colour always means the same, and alt text belongs to the figure.

`Picture` draws on one Matplotlib figure. Its methods are named after what a line *is* (exact, bound,
simulation, the paper's curve, a single trajectory), never after how it looks. Colours come out as CSS
variables, so that the same picture serves the light and the dark page.
"""

from __future__ import annotations

import hashlib
import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from collapse_lib import _validate

__all__ = ["COLOURS", "Picture"]

COLOURS = {  # role: colour on the light page; the dark page's stand in the book's style sheet
    "exact": "#0065a3",
    "bound": "#b34700",
    "simulation": "#00755a",
    "paper": "#9b3d82",
    "trajectory": "#6a7079",
    "ink": "#1f2328",
    "rule": "#8b9098",
}
"""The palette: five roles, and two neutral tones for text and axes."""

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "serif",
    "font.size": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
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
    "lines.linewidth": 1.8,
    "path.simplify_threshold": 0.5,
}
_LINE = {  # how each role is drawn; shape and colour both tell them apart
    "exact": {"linestyle": "-"},
    "bound": {"linestyle": (0, (4, 2))},
    "paper": {"linestyle": (0, (6, 2, 1, 2))},
    "simulation": {"linestyle": "none", "marker": "o", "markersize": 3.2},
}
_WIDTH, _PANEL_HEIGHT = 5.6, 3.0  # inches; narrow, so that text stays legible on a phone


class Picture:
    """One figure of the book, with its alt text.

    Parameters
    ----------
    xlabel, ylabel : str
        Axis labels of the first panel.
    panels : int, default 1
        Number of panels, stacked.
    xscale, yscale : {"linear", "log"}
        Scales of the first panel.
    xlim, ylim : (float, float), optional
        Limits of the first panel; fix them wherever frames are to be compared.
    title : str, optional
        Short heading of the first panel.
    size : (float, float), optional
        Width and height in inches; default 5.6 by 3 a panel.

    Attributes
    ----------
    alt : str
        What is to be seen, with the numbers of this picture; must be set before the picture is shown.

    Raises
    ------
    ValueError
        When the picture is shown without alt text (at least 60 characters), or an argument is out of range.

    Examples
    --------
    >>> picture = Picture(xlabel="generation", ylabel="probability", ylim=(0, 1))
    >>> picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact").alt = (
    ...     "A curve that halves with every generation, from 1 at generation 0 to 0.25 at generation 2."
    ... )
    """

    def __init__(
        self,
        *,
        xlabel: str = "",
        ylabel: str = "",
        panels: int = 1,
        xscale: str = "linear",
        yscale: str = "linear",
        xlim: tuple[float, float] | None = None,
        ylim: tuple[float, float] | None = None,
        title: str | None = None,
        size: tuple[float, float] | None = None,
    ) -> None:
        panels = _validate.integer("panels", panels, minimum=1, maximum=4)
        width, height = size or (_WIDTH, _PANEL_HEIGHT * (1 if panels == 1 else 0.86 * panels))
        self.alt = ""
        with mpl.rc_context(_STYLE):
            self.figure = Figure(figsize=(width, height))
            FigureCanvasSVG(self.figure)
            self.figure.patch.set_visible(False)
            self._panels = [self.figure.add_subplot(panels, 1, i + 1) for i in range(panels)]
        self._labels: list[list[tuple[float, str, str]]] = [[] for _ in self._panels]
        for axes in self._panels:
            axes.patch.set_visible(False)
        self.panel(0, xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale, xlim=xlim, ylim=ylim, title=title)

    # ---------------------------------------------------------------- what is drawn

    def panel(self, index: int, **settings: Any) -> Picture:
        """Draw into panel `index` from now on; `settings` are those of the class (xlabel, ylim, ...)."""
        self._current = _validate.integer("index", index, minimum=0, maximum=len(self._panels) - 1)
        given = {name: value for name, value in settings.items() if value is not None}
        for name in {"xlabel", "ylabel", "title"} & given.keys():
            given[name] = _marked(given[name])
        title = given.pop("title", None)
        axes = self._axes
        with mpl.rc_context(_STYLE):
            axes.set(**given)
            if title is not None:
                axes.set_title(title, loc="left", fontsize=11, color=COLOURS["ink"])
            for axis, scale in ((axes.xaxis, given.get("xscale")), (axes.yaxis, given.get("yscale"))):
                if scale == "log":
                    axis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
                    axis.set_minor_formatter(NullFormatter())
                    axis.set_minor_locator(LogLocator(subs=(2, 5)))  # eight minor ticks a decade cost seconds
        return self

    def exact(self, x: ArrayLike, y: ArrayLike, label: str = "") -> Picture:
        """Solid curve: an exact law, evaluated."""
        return self._curve("exact", x, y, label)

    def bound(self, x: ArrayLike, y: ArrayLike, label: str = "") -> Picture:
        """Dashed curve: a proved bound."""
        return self._curve("bound", x, y, label)

    def paper(self, x: ArrayLike, y: ArrayLike, label: str = "") -> Picture:
        """Dash-dotted curve: as the literature states or draws it."""
        return self._curve("paper", x, y, label)

    def simulation(
        self, x: ArrayLike, y: ArrayLike, label: str = "", *, error: ArrayLike | None = None
    ) -> Picture:
        """Dots: simulated; `error` are half widths (or a pair of lower and upper ones) of bars."""
        if error is not None:
            self._axes.errorbar(
                x, y, yerr=error, fmt="none", ecolor=COLOURS["simulation"], elinewidth=0.9, alpha=0.7
            )
        return self._curve("simulation", x, y, label)

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, label: str = "") -> Picture:
        """Shade between a lower and an upper bound."""
        colour = COLOURS["bound"]
        self._axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
        for edge in (low, high):
            self._axes.plot(x, edge, color=colour, linewidth=1.1, linestyle=_LINE["bound"]["linestyle"])
        return self._note_end(0.5 * (np.asarray(low, float) + np.asarray(high, float)), label, colour)

    def trajectories(self, x: ArrayLike, ys: ArrayLike, label: str = "") -> Picture:
        """Thin lines, one a row of `ys` (shape: trajectories, len(x))."""
        paths = np.atleast_2d(np.asarray(ys, float))
        self._axes.plot(np.asarray(x), paths.T, color=COLOURS["trajectory"], linewidth=0.8, alpha=0.75)
        return self._note_end(np.array([np.nanmedian(paths[:, -1])]), label, COLOURS["trajectory"])

    def histogram(self, samples: ArrayLike, bins: ArrayLike | int, label: str = "") -> Picture:
        """Density histogram of simulated values."""
        colour = COLOURS["simulation"]
        heights, edges = np.histogram(np.asarray(samples, float), bins=bins, density=True)
        self._axes.stairs(heights, edges, fill=True, color=colour, alpha=0.28)
        return self._note_end(heights[heights > 0][-1:], label, colour)

    def vline(self, x: float, label: str = "") -> Picture:
        """Thin vertical line with its label on top."""
        self._axes.axvline(x, color=COLOURS["rule"], linewidth=0.9, linestyle=(0, (1, 2)))
        if label:
            self._axes.annotate(
                _marked(label), (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", fontsize=9.5, color=COLOURS["ink"], annotation_clip=True,
            )
        return self

    def hline(self, y: float, label: str = "") -> Picture:
        """Thin horizontal line with its label at the right end."""
        self._axes.axhline(y, color=COLOURS["rule"], linewidth=0.9, linestyle=(0, (1, 2)))
        return self._note_end(np.array([float(y)]), label, COLOURS["ink"])

    def note(self, x: float, y: float, text: str) -> Picture:
        """A few words inside the picture, at data coordinates."""
        self._axes.text(x, y, _marked(text), fontsize=9.5, color=COLOURS["ink"])
        return self

    # ---------------------------------------------------------------- how it comes out

    def svg(self) -> str:
        """The picture as one ``<svg>`` element: accessible, and coloured by CSS variables."""
        alt = " ".join(self.alt.split())
        if len(alt) < 60:
            raise ValueError(f"alt must say what is to be seen, in at least 60 characters, got {self.alt!r}")
        with mpl.rc_context(_STYLE | {"svg.hashsalt": alt}):
            self._finish()
            buffer = io.StringIO()
            self.figure.savefig(buffer, format="svg", metadata={"Date": None})
        return _slim(buffer.getvalue(), alt)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": framed(self.svg()), "text/plain": self.alt}

    @property
    def _axes(self) -> Axes:
        return self._panels[self._current]

    def _curve(self, role: str, x: ArrayLike, y: ArrayLike, label: str) -> Picture:
        values = np.asarray(y, float)
        self._axes.plot(np.asarray(x), values, color=COLOURS[role], **_LINE[role])
        return self._note_end(values, label, COLOURS[role])

    def _note_end(self, values: np.ndarray, label: str, colour: str) -> Picture:
        finite = np.atleast_1d(values)[np.isfinite(np.atleast_1d(values))]
        if label and finite.size:
            self._labels[self._current].append((float(finite[-1]), label, colour))
        return self

    def _finish(self) -> None:
        """Margins, then the labels at the right end of their curves, moved apart where they would touch."""
        width, height = self.figure.get_size_inches()
        longest = max((len(label.replace("$", "")) for labels in self._labels for _, label, _ in labels), default=0)
        headed = any(axes.get_title(loc="left") or axes.texts for axes in self._panels)
        left, right = 0.72, 0.2 + 0.088 * longest  # inches; small optical sizes are wide
        self.figure.subplots_adjust(
            left=left / width, right=1 - right / width,
            bottom=0.52 / height, top=1 - (0.3 if headed else 0.12) / height,
            hspace=0.0 if len(self._panels) == 1 else 0.42 if headed else 0.3,
        )  # fmt: skip
        for axes in self._panels:  # at a fixed place, since tick labels are marked up and look longer than they are
            axes.yaxis.set_label_coords((0.18 - left) / (width - left - right), 0.5)
        for axes, labels in zip(self._panels, self._labels):
            spacing = 13.5 / 72 / (axes.get_position().height * height)
            heights = _spread([_fraction(axes, y) for y, _, _ in labels], spacing)
            for (_, label, colour), y in zip(labels, heights):
                axes.text(1.02, y, _marked(label), color=colour, va="center", fontsize=10, transform=axes.transAxes)
            labels.clear()


def _fraction(axes: Axes, y: float) -> float:
    """Height of the value `y` as a fraction of the axes, kept inside them."""
    if axes.get_yscale() == "log" and y <= 0:
        return 0.0
    display = axes.transData.transform((axes.get_xlim()[0], y))[1]
    return float(np.clip(axes.transAxes.inverted().transform((0, display))[1], 0.0, 1.0))


def _spread(heights: list[float], spacing: float) -> list[float]:
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


_GREEK = {
    "epsilon": "ε", "lambda": "λ", "mu": "μ", "nu": "ν", "sigma": "σ", "theta": "θ",
    "Lambda": "Λ", "Sigma": "Σ", "Pr": "Pr", "ln": "ln", "ne": " ≠ ", "le": " ≤ ", "ge": " ≥ ", "infty": "∞",
}


def _marked(text: str) -> str:
    """``$P_k$`` as ``‹P_k›``: Matplotlib leaves it alone and `_slim` sets it in the page's own italic."""
    text = re.sub(r" ?\\([A-Za-z]+) ?", lambda match: _GREEK.get(match.group(1), match.group(0)), text)
    return re.sub(r"\$([^$]*)\$", r"‹\1›", text)


def _set(match: re.Match[str]) -> str:
    """Letters italic, ``_k`` and ``_{k+1}`` lowered, ``^2`` and ``^{-3}`` raised."""
    pieces, back = [], 0.0
    for mark, group, single, letters, other in re.findall(
        r"([_^])(?:\{([^}]*)\}|(.))|((?<!&)[A-Za-zα-ωΑ-Ω]+)|((?:&\w+;|[^_^A-Za-zα-ωΑ-Ω])+)", match.group(1)
    ):
        body, shift = group or single or letters or other, {"_": 2.6, "^": -4.0}.get(mark, 0.0)
        italic = ' font-style="italic"' if re.fullmatch(r"[A-Za-zα-ω]", body) else ""
        small = ' style="font-size: 75%"' if mark else ""
        move = f' dy="{shift - back:g}"' if shift != back else ""
        pieces.append(f"<tspan{italic}{small}{move}>{body.replace('-', '−')}</tspan>")
        back = shift
    if back:
        pieces.append(f'<tspan dy="{-back:g}">\u200b</tspan>')
    return "".join(pieces)


def _power(value: float) -> str:
    """Tick label on a logarithmic axis."""
    if 1e-3 <= value < 1e5:
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"‹10^{{{round(np.log10(value))}}}›"


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
    svg = re.sub("‹([^›]*)›", _set, svg)
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


def framed(svg: str) -> str:
    """The element that holds a picture on a page: its shape is known before, and apart from, what it shows."""
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    return f'<div class="picture" style="aspect-ratio: {width} / {height}">{svg}</div>'


def salt(text: str) -> str:
    """A short stable name made from `text`, for ids inside one page."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
