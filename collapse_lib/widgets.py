"""`explore`: one experiment, three lives.

In a live kernel the sliders are ipywidgets and every frame is drawn when it is asked for (`_live`). In the book's
build (`BUILD_VARIABLE` is set) the same call computes every frame of the grid and embeds them under native
range inputs, which need no kernel, no network and no library. In print, and without JavaScript, the
default frame stands there as a picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from collapse_lib import _validate
from collapse_lib._snapshot import snapshot
from collapse_lib.figures import Picture, living
from collapse_lib.figures.living import BUILD_VARIABLE
from collapse_lib.figures.markup import html_maths, printed

__all__ = ["BUILD_VARIABLE", "Guess", "Player", "Slider", "explore"]

MOST_FRAMES = 400  # of one built experiment; more would make the page heavy


@dataclass(frozen=True)
class Slider:
    """The values that one argument of an experiment runs through.

    Parameters
    ----------
    name : str
        What the reader sees beside the slider, such as ``"sample size n"``; a letter that stands alone is a symbol.
    values : sequence
        At least two values, in the order of the slider.
    start : object, optional
        The value shown first; default the first one.
    label : callable, default ``str`` with thousands separators for numbers
        Turns a value into what the reader sees.

    Raises
    ------
    TypeError, ValueError
        When `name` is not a string, there are fewer than two values, or `start` is not one of them.
    """

    name: str
    values: Sequence[Any]
    start: Any = None
    label: Callable[[Any], str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r}")
        object.__setattr__(self, "name", printed(self.name))
        try:
            values = tuple(self.values)
        except TypeError:
            raise TypeError(f"values must be a sequence, got {self.values!r}") from None
        if len(values) < 2:
            raise ValueError(f"values must hold at least two values, got {self.values!r}")
        object.__setattr__(self, "values", values)
        if self.start is not None and self.start not in values:
            raise ValueError(f"start must be one of the values {values!r}, got {self.start!r}")

    @property
    def index(self) -> int:
        """Index of the value shown first."""
        return 0 if self.start is None else self.values.index(self.start)

    @property
    def labels(self) -> list[str]:
        """What the reader sees, a string a value."""
        return [printed((self.label or _plain)(value)) for value in self.values]


@dataclass(frozen=True)
class Guess:
    """A puzzle: the reader commits on empty axes, then the curves appear beside the guess.

    Parameters
    ----------
    question : str
        The puzzle, one sentence.
    options : sequence of str, optional
        At least two answers to choose from; without them the reader places a mark or sketches a curve.
    answer : int, optional
        Index of the right one of `options`.
    because : str
        The answer and why, in one to three sentences; shown after the reader has committed.
    place : {"x", "y"}, optional
        Axis of the first panel on which the reader places a mark.
    sketch : bool, default False
        Whether the reader draws a curve on the first panel.

    Raises
    ------
    TypeError, ValueError
        When a text is missing, not exactly one way to answer is given, there are fewer than two options, or
        `answer` is not an index of them.
    """

    question: str
    options: Sequence[str] = ()
    answer: int | None = None
    because: str = field(kw_only=True)
    place: str | None = field(default=None, kw_only=True)
    sketch: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("question", "because"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise TypeError(f"{name} must be a non-empty string, got {getattr(self, name)!r}")
            object.__setattr__(self, name, printed(getattr(self, name)))
        if not isinstance(self.sketch, bool):
            raise TypeError(f"sketch must be True or False, got {self.sketch!r}")
        ways = [bool(len(self.options)), self.place is not None, self.sketch]
        if sum(ways) != 1:
            raise ValueError(f"exactly one of options, place and sketch must be given, got {self!r}")
        if self.place is not None:
            _validate.choice("place", self.place, ("x", "y"))
        if len(self.options):
            if isinstance(self.options, str) or len(self.options) < 2:
                raise ValueError(f"options must hold at least two answers, got {self.options!r}")
            answer = _validate.integer("answer", self.answer, minimum=0, maximum=len(self.options) - 1)
            object.__setattr__(self, "answer", answer)
            object.__setattr__(self, "options", tuple(map(printed, self.options)))

    def verdict(self, choice: int) -> str:
        """What the reader is told after choosing option `choice`."""
        choice = _validate.integer("choice", choice, minimum=0, maximum=len(self.options) - 1)
        return f"{'That is right.' if choice == self.answer else 'Not so.'} {self.because}"

    @property
    def data(self) -> dict[str, Any]:
        """What the page needs to put the question."""
        verdicts = [self.verdict(choice) for choice in range(len(self.options))]
        return {"verdicts": verdicts, "because": self.because, "place": self.place, "sketch": self.sketch}


@dataclass(frozen=True)
class Player:
    """An experiment with the data of every frame, for the built page (made by `explore`)."""

    sliders: tuple[Slider, ...]
    pictures: tuple[Picture, ...]
    guess: Guess | None = None

    @property
    def default(self) -> int:
        """Index of the frame shown first."""
        index = 0
        for slider in self.sliders:
            index = index * len(slider.values) + slider.index
        return index

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": self.pictures[self.default].alt}

    def _html(self) -> str:
        name = living.salt("".join(picture.alt for picture in self.pictures))
        controls = "".join(
            f'<label for="{name}-{i}"><span>{_set(slider.name)}</span>'
            f'<input id="{name}-{i}" type="range" min="0" max="{len(slider.values) - 1}" step="1" '
            f'value="{slider.index}" aria-valuetext="{escape(slider.labels[slider.index])}" autocomplete="off">'
            f"<output>{_set(slider.labels[slider.index])}</output></label>"
            for i, slider in enumerate(self.sliders)
        )
        shown = [[_set(label) for label in slider.labels] for slider in self.sliders]
        more: dict[str, Any] = {"labels": shown}
        if self.guess is not None:
            asked = self.guess.data
            verdicts, because = [_set(text) for text in asked["verdicts"]], _set(asked["because"])
            more["question"] = asked | {"verdicts": verdicts, "because": because}
        shape = tuple(len(slider.values) for slider in self.sliders)
        figure = living.html(self.pictures, shape, default=self.default, **more)
        names = escape(", ".join(slider.name for slider in self.sliders))
        return (
            f'<div class="player living{" asking" if self.guess else ""}" role="group" aria-label="Experiment: {names}">'
            f'{_puzzle(self.guess, name) if self.guess else ""}<div class="stage">{figure}'
            f'<div class="controls"><button type="button" class="play" aria-pressed="false">Play</button>{controls}'
            f"</div></div></div>"
        )


def _set(text: str) -> str:
    return html_maths(text, symbols=True)


def _puzzle(guess: Guess, name: str) -> str:
    """The question, and the controls by which it is answered."""
    reveal = '<button type="button" class="reveal">Just show me</button>'
    commit = '<button type="button" class="commit" disabled>That is my guess</button>'
    if guess.options:
        buttons = "".join(
            f'<button type="button" aria-pressed="false">{_set(option)}</button>' for option in guess.options
        )
        answer = f'<div class="options">{buttons}</div><div>{reveal}</div>'
    elif guess.place:
        answer = (
            f'<label for="{name}-guess">Place your guess on the axes, or with this slider</label>'
            f'<input id="{name}-guess" class="mine" type="range" min="0" max="1000" value="500" autocomplete="off">'
            f"<div>{commit} {reveal}</div>"
        )
    else:
        answer = f"<p>Draw your curve on the axes.</p><div>{commit} {reveal}</div>"
    return (
        f'<div class="guess"><p><b>Your guess first.</b> {_set(guess.question)}</p>{answer}'
        '<p class="verdict" role="status"></p></div>'
    )


def explore(
    draw: Callable[..., Picture], *, guess: Guess | None = None, **sliders: Slider | Sequence[Any]
) -> Any:
    """Let the reader turn the knobs of one experiment.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` returns a `Picture` with its alt text; one keyword an entry of `sliders`.
        It must be deterministic: the same values give the same picture.
    guess : Guess, optional
        A puzzle; the picture appears after the reader has chosen.
    **sliders : Slider or sequence
        The values of each argument; a plain sequence is named after its argument. The first slider has a
        play button on the built page. In a live kernel other numbers than those of the grid can be typed,
        up to a thousand times the largest of them.

    Returns
    -------
    ipywidgets.VBox or Player
        The live controls; or, in the book's build, every frame under native controls.

    Raises
    ------
    TypeError
        When `draw` is not callable or does not return a `Picture`.
    ValueError
        When no slider is given, or a built experiment has more than 400 frames.

    Notes
    -----
    In a live kernel `draw` keeps the names of the notebook as they are at the call: what a later cell calls by the same
    names does not change the picture. To use another value, run the cell of the call again.

    Colours and line styles: :doc:`/chapters/notation`.
    """
    if not callable(draw):
        raise TypeError(f"draw must be callable, got {draw!r}")
    if guess is not None and not isinstance(guess, Guess):
        raise TypeError(f"guess must be a Guess, got {guess!r}")
    if not sliders:
        raise ValueError("sliders must hold at least one argument of draw, got none")
    grid = {
        name: slider if isinstance(slider, Slider) else Slider(name, slider) for name, slider in sliders.items()
    }
    return _built(draw, grid, guess) if living.building() else _live(draw, grid, guess)


def _picture(draw: Callable[..., Picture], values: dict[str, Any]) -> Picture:
    picture = draw(**values)
    if not isinstance(picture, Picture):
        raise TypeError(f"draw must return a Picture, got {picture!r} for {values!r}")
    return picture


def _built(draw: Callable[..., Picture], grid: dict[str, Slider], guess: Guess | None) -> Player:
    combinations = list(itertools.product(*(slider.values for slider in grid.values())))
    if len(combinations) > MOST_FRAMES:
        raise ValueError(f"sliders must span at most {MOST_FRAMES} frames, got {len(combinations)}")
    pictures = tuple(_picture(draw, dict(zip(grid, values))) for values in combinations)
    return Player(tuple(grid.values()), pictures, guess)


def _live(draw: Callable[..., Picture], grid: dict[str, Slider], guess: Guess | None) -> Any:
    from collapse_lib import _live  # ipywidgets, which only a live kernel needs

    draw = snapshot(draw)
    return _live.show(lambda **values: _picture(draw, values), grid, guess)


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
