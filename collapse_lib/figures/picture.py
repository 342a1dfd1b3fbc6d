"""`Picture`: what a figure shows, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.figures.markup import printed

__all__ = ["COLOURS", "Mark", "Panel", "Picture"]

Array = NDArray[np.float64]
Scale = Literal["linear", "log"]

COLOURS = {  # role: colour on the light page; the dark page's stand in the book's style sheet
    "exact": "#0065a3",
    "bound": "#b34700",
    "simulation": "#00755a",
    "paper": "#9b3d82",
    "limit": "#6d5c00",
    "trajectory": "#6a7079",
    "ink": "#1f2328",
    "rule": "#8b9098",
}
"""The palette: six roles, and two neutral tones for text and axes."""

SHORTEST_ALT = 60  # characters
SETTINGS = ("xlabel", "ylabel", "xscale", "yscale", "xlim", "ylim", "title", "yticks", "equal")
MARGIN = 0.04  # of the axes, around data without limits


@dataclass(frozen=True)
class Mark:
    """One thing that is drawn.

    Parameters
    ----------
    kind : {"line", "dots", "band", "paths", "bars", "vline", "hline", "note"}
        How it is drawn.
    role : str
        What it is: a key of `COLOURS`.
    x, y : ndarray
        Data; `y` has one row a path for "paths". For "bars" `x` are the edges; a line across the axes has one value.
    low, high : ndarray, optional
        Ends of the bars of "dots", or the edges of a "band" (whose `y` is their middle).
    label : str
        What is written beside it.
    variant : int
        Its place among the marks of its role in its panel, from 0: strokes differ.
    snap : bool
        Whether it jumps from stop to stop instead of moving (dots, paths, integer laws).
    clip : bool
        Whether it may leave the axes.
    """

    kind: str
    role: str
    x: Array
    y: Array
    label: str = ""
    low: Array | None = None
    high: Array | None = None
    variant: int = 0
    snap: bool = False
    clip: bool = False


@dataclass
class Panel:
    """One pair of axes with what is drawn on them.

    Parameters
    ----------
    xlabel, ylabel : str
        Axis labels.
    xscale, yscale : {"linear", "log"}
        Scales.
    xlim, ylim : (float, float), optional
        Limits; by default those of the data with a small margin.
    title : str
        Short heading.
    yticks : sequence of float, optional
        Where the y axis has ticks (empty: nowhere); by default at round numbers.
    equal : bool
        Whether a unit is as long on both axes.
    marks : list of Mark
        What is drawn.
    """

    xlabel: str = ""
    ylabel: str = ""
    xscale: Scale = "linear"
    yscale: Scale = "linear"
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    title: str = ""
    yticks: Sequence[float] | None = None
    equal: bool = False
    marks: list[Mark] = field(default_factory=list)

    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Limits of both axes: those that were set, or those of the data with a small margin."""
        return self._limits("x", self.xlim, self.xscale), self._limits("y", self.ylim, self.yscale)

    def _limits(self, axis: str, given: tuple[float, float] | None, scale: Scale) -> tuple[float, float]:
        if given is not None:
            return float(given[0]), float(given[1])
        parts = [getattr(mark, name) for mark in self.marks for name in _DATA[axis] if mark.kind != "note"]
        values = np.concatenate([np.ravel(part) for part in parts if part is not None] or [np.array([0.0, 1.0])])
        values = values[np.isfinite(values) & ((values > 0) if scale == "log" else True)]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.1, 1.0)
        if scale == "log":
            factor = (high / low) ** MARGIN if high > low else 2.0
            return low / factor, high * factor
        room = MARGIN * (high - low) or 0.5
        return low - room, high + room


_DATA = {"x": ("x",), "y": ("y", "low", "high")}


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

    Attributes
    ----------
    alt : str
        What is to be seen, with the numbers of this picture; must be set before the picture is shown.
    values : dict of str to str
        Named numbers that stand below the picture and follow the slider; see `value`.

    Raises
    ------
    ValueError
        When the picture is shown without alt text (at least 60 characters), when data leave the axes without
        ``clip=True``, or when an argument is out of range.

    Examples
    --------
    A curve with its alt text:

    >>> picture = Picture(xlabel="generation", ylim=(0, 1))
    >>> picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact").alt = (
    ...     "A curve that halves with every generation, "
    ...     "from 1 at generation 0 to 0.25 at generation 2."
    ... )

    Notes
    -----
    Colours and line styles: :doc:`/chapters/notation`. Methods are named after what a line *is*, never after how
    it looks. ``snap=True`` makes a curve jump from stop to stop (an integer law); ``clip=True`` says that it may
    leave the axes, which the caption must announce.
    """

    def __init__(
        self,
        *,
        xlabel: str = "",
        ylabel: str = "",
        panels: int = 1,
        xscale: Scale = "linear",
        yscale: Scale = "linear",
        xlim: tuple[float, float] | None = None,
        ylim: tuple[float, float] | None = None,
        title: str | None = None,
    ) -> None:
        panels = _validate.integer("panels", panels, minimum=1, maximum=4)
        self.alt = ""
        self.values: dict[str, str] = {}
        self.panels = [Panel() for _ in range(panels)]
        self.panel(0, xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale, xlim=xlim, ylim=ylim, title=title)

    # ---------------------------------------------------------------- what is drawn

    def panel(self, index: int, **settings: Any) -> Picture:
        """Draw into panel `index` from now on; `settings` are those of the class, `yticks` (empty: none) and `equal`.

        With ``equal=True`` one unit is as long on both axes, so that a circle is round.
        """
        index = _validate.integer("index", index, minimum=0, maximum=len(self.panels) - 1)
        self._panel = self.panels[index]
        for name, value in settings.items():
            if name not in SETTINGS:
                raise TypeError(f"settings must be {', '.join(SETTINGS)}, got {name!r}")
            if name in ("xscale", "yscale"):
                _validate.choice(name, value, ("linear", "log"))
            if value is not None:
                setattr(self._panel, name, value)
        return self

    def exact(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: bool) -> Picture:
        """Solid curve: an exact law, evaluated."""
        return self._add("line", "exact", x, y, label, **options)

    def bound(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: bool) -> Picture:
        """Dashed curve: a proved bound."""
        return self._add("line", "bound", x, y, label, **options)

    def paper(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: bool) -> Picture:
        """Dash-dotted curve: as the literature states or draws it."""
        return self._add("line", "paper", x, y, label, **options)

    def limit(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: bool) -> Picture:
        """Dotted curve: a limit law, which the exact one approaches."""
        return self._add("line", "limit", x, y, label, **options)

    def simulation(
        self, x: ArrayLike, y: ArrayLike, label: str = "", *, error: ArrayLike | None = None, clip: bool = False
    ) -> Picture:
        """Dots: simulated; `error` are half widths (or a pair of lower and upper ones) of bars."""
        y = np.asarray(y, float)
        low = high = None
        if error is not None:
            below, above = np.broadcast_to(np.asarray(error, float), (2, *y.shape))
            low, high = y - below, y + above
        return self._add("dots", "simulation", x, y, label, low=low, high=high, snap=True, clip=clip)

    def band(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, label: str = "", *, role: str = "bound", **options: bool
    ) -> Picture:
        """Shade between a lower and an upper bound, or (``role="exact"``) between two exact quantiles."""
        _validate.choice("role", role, ("bound", "exact"))
        low, high = np.asarray(low, float), np.asarray(high, float)
        return self._add("band", role, x, (low + high) / 2, label, low=low, high=high, **options)

    def trajectories(self, x: ArrayLike, ys: ArrayLike, label: str = "", *, clip: bool = False) -> Picture:
        """Thin lines, one a row of `ys` (shape: trajectories, len(x))."""
        paths = np.atleast_2d(np.asarray(ys, float))
        return self._add("paths", "trajectory", x, paths, label, snap=True, clip=clip)

    def histogram(self, samples: ArrayLike, bins: ArrayLike | int, label: str = "") -> Picture:
        """Density histogram of simulated values."""
        heights, edges = np.histogram(np.asarray(samples, float), bins=bins, density=True)
        return self._add("bars", "simulation", edges, heights, label, snap=True)

    def vline(self, x: float, label: str = "") -> Picture:
        """Thin vertical line with its label on top."""
        return self._add("vline", "rule", [float(x)], [], label, snap=True)

    def hline(self, y: float, label: str = "") -> Picture:
        """Thin horizontal line with its label at the right end."""
        return self._add("hline", "rule", [], [float(y)], label, snap=True)

    def note(self, x: float, y: float, text: str) -> Picture:
        """A few words inside the picture, at data coordinates."""
        return self._add("note", "ink", [float(x)], [float(y)], text, snap=True)

    def value(self, name: str, text: str) -> Picture:
        """A named number that stands below the picture and follows the slider, such as ``("half-life", "14")``."""
        self.values[name] = str(text)
        return self

    def _add(self, kind: str, role: str, x: Any, y: Any, label: str, **options: Any) -> Picture:
        x, y = np.asarray(x, float), np.asarray(y, float)
        if kind in ("line", "dots", "band", "paths") and (x.ndim != 1 or y.shape[-1:] != x.shape):
            raise ValueError(f"y must have one value for each of the {x.size} values of x, got shape {y.shape}")
        variant = sum(mark.role == role and mark.kind == kind for mark in self._panel.marks)
        self._panel.marks.append(Mark(kind, role, x, y, label, variant=variant, **options))
        return self

    # ---------------------------------------------------------------- how it comes out

    def described(self) -> str:
        """The alt text, in one line and long enough to say something; and nothing leaves the axes unannounced."""
        alt = printed(" ".join(self.alt.split()))
        if len(alt) < SHORTEST_ALT:
            raise ValueError(
                f"alt must say what is to be seen, in at least {SHORTEST_ALT} characters, got {self.alt!r}"
            )
        for panel in self.panels:
            for mark in panel.marks:
                if not mark.clip and (outside := _outside(panel, mark)):
                    raise ValueError(
                        f"{mark.role} {mark.label!r} must stay inside the axes, got {outside}: "
                        "set ylim, or say clip=True and announce it in the caption"
                    )
        return alt

    def svg(self) -> str:
        """The picture as one ``<svg>`` element, drawn by Matplotlib: accessible, coloured by CSS variables."""
        from collapse_lib.figures import drawing

        return drawing.svg(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from collapse_lib.figures import living

        html = f'<div class="living">{living.html([self])}</div>' if living.building() else living.still(self)
        return {"text/html": html, "text/plain": self.alt}


def _outside(panel: Panel, mark: Mark) -> str:
    """Which data of a mark lie above or below the axes, or "" if none does."""
    if mark.kind in ("vline", "bars", "note"):
        return ""
    (left, right), (bottom, top) = panel.limits()
    room = 1e-6 * (top - bottom)
    inside = (mark.x >= left) & (mark.x <= right) if mark.x.size else np.ones(1, bool)
    for values in (mark.y, mark.low, mark.high):
        if values is not None and values.size:
            seen = np.where(inside, values, np.nan)
            wrong = (seen < bottom - room) | (seen > top + room)
            if wrong.any():
                return f"{float(seen[wrong].flat[0]):.4g} for limits {bottom:.4g} to {top:.4g}"
    return ""
