"""`explore`: one experiment, three lives.

In a live kernel the sliders are ipywidgets and every frame is drawn when it is asked for. In the book's
build (`BUILD_VARIABLE` is set) the same call computes every frame of the grid and embeds them under native
range inputs, which need no kernel, no network and no library. In print, and without JavaScript, the
default frame stands there as a picture.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from collapse_lib import _validate
from collapse_lib.figures import Picture, framed, salt

__all__ = ["BUILD_VARIABLE", "Guess", "Player", "Slider", "explore"]

BUILD_VARIABLE = "COLLAPSE_BOOK_BUILD"
"""Environment variable that the book's build sets: then `explore` computes every frame."""

MOST_FRAMES = 400  # of one built experiment; more would make the page heavy


@dataclass(frozen=True)
class Slider:
    """The values that one argument of an experiment runs through.

    Parameters
    ----------
    name : str
        What the reader sees beside the slider, such as ``"sample size n"``.
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
        return [(self.label or _plain)(value) for value in self.values]


@dataclass(frozen=True)
class Guess:
    """A puzzle: the curve appears after the reader has chosen.

    Parameters
    ----------
    question : str
        The puzzle, one sentence.
    options : sequence of str
        At least two answers to choose from.
    answer : int
        Index of the right one.
    because : str
        Why, in one or two sentences; shown with the answer.

    Raises
    ------
    TypeError, ValueError
        When a text is missing, there are fewer than two options, or `answer` is not an index of them.
    """

    question: str
    options: Sequence[str]
    answer: int
    because: str = field(kw_only=True)

    def __post_init__(self) -> None:
        for name in ("question", "because"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise TypeError(f"{name} must be a non-empty string, got {getattr(self, name)!r}")
        if isinstance(self.options, str) or len(self.options) < 2:
            raise ValueError(f"options must hold at least two answers, got {self.options!r}")
        answer = _validate.integer("answer", self.answer, minimum=0, maximum=len(self.options) - 1)
        object.__setattr__(self, "answer", answer)

    def verdict(self, choice: int) -> str:
        """What the reader is told after choosing option `choice`."""
        if choice == self.answer:
            return f"Yes: {self.options[self.answer]}. {self.because}"
        return f"You said {self.options[choice]}; it is {self.options[self.answer]}. {self.because}"


@dataclass(frozen=True)
class Player:
    """An experiment with every frame drawn, for the built page (made by `explore`)."""

    sliders: tuple[Slider, ...]
    frames: tuple[str, ...]
    alts: tuple[str, ...]
    guess: Guess | None = None

    @property
    def default(self) -> int:
        """Index of the frame shown first."""
        index = 0
        for slider in self.sliders:
            index = index * len(slider.values) + slider.index
        return index

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": self.alts[self.default]}

    def _html(self) -> str:
        name = salt("".join(self.alts))
        controls = "".join(
            f'<label for="{name}-{i}"><span>{escape(slider.name)}</span>'
            f'<input id="{name}-{i}" type="range" min="0" max="{len(slider.values) - 1}" step="1" '
            f'value="{slider.index}" aria-valuetext="{escape(slider.labels[slider.index])}" autocomplete="off">'
            f"<output>{escape(slider.labels[slider.index])}</output></label>"
            for i, slider in enumerate(self.sliders)
        )
        play = '<button type="button" class="play" aria-pressed="false">Play</button>'
        data = {"frames": self.frames, "labels": [slider.labels for slider in self.sliders]}
        puzzle = ""
        if self.guess is not None:
            data["verdicts"] = [self.guess.verdict(choice) for choice in range(len(self.guess.options))]
            buttons = "".join(f'<button type="button">{escape(option)}</button>' for option in self.guess.options)
            puzzle = (
                f'<div class="guess"><p><b>Your guess first.</b> {escape(self.guess.question)}</p>'
                f'<div class="options">{buttons}</div><p class="verdict" role="status"></p></div>'
            )
        payload = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
        return (
            f'<div class="player" role="group" aria-label="Experiment: {escape(self._names())}">{puzzle}'
            f'<div class="stage">{framed(self.frames[self.default])}'
            f'<div class="controls">{play}{controls}</div></div>'
            f'<script type="application/json">{payload}</script></div>'
        )

    def _names(self) -> str:
        return ", ".join(slider.name for slider in self.sliders)


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
        play button on the built page. To widen the grid in JupyterLab, edit the call.

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
    return _built(draw, grid, guess) if os.environ.get(BUILD_VARIABLE) else _live(draw, grid, guess)


def _picture(draw: Callable[..., Picture], values: dict[str, Any]) -> Picture:
    picture = draw(**values)
    if not isinstance(picture, Picture):
        raise TypeError(f"draw must return a Picture, got {picture!r} for {values!r}")
    return picture


def _built(draw: Callable[..., Picture], grid: dict[str, Slider], guess: Guess | None) -> Player:
    combinations = list(itertools.product(*(slider.values for slider in grid.values())))
    if len(combinations) > MOST_FRAMES:
        raise ValueError(f"sliders must span at most {MOST_FRAMES} frames, got {len(combinations)}")
    pictures = [_picture(draw, dict(zip(grid, values))) for values in combinations]
    frames = tuple(picture.svg() for picture in pictures)
    return Player(tuple(grid.values()), frames, tuple(picture.alt for picture in pictures), guess)


def _live(draw: Callable[..., Picture], grid: dict[str, Slider], guess: Guess | None) -> Any:
    import ipywidgets

    controls = {
        name: ipywidgets.SelectionSlider(
            options=list(zip(slider.labels, slider.values)),
            value=slider.values[slider.index],
            description=slider.name,
            style={"description_width": "initial"},
            layout={"width": "100%", "max_width": "36rem"},
            continuous_update=False,
        )
        for name, slider in grid.items()
    }
    view = ipywidgets.HTML(layout={"width": "100%", "max_width": "44rem"})

    def update(_: Any = None) -> None:
        view.value = _picture(draw, {name: control.value for name, control in controls.items()}).svg()

    for control in controls.values():
        control.observe(update, names="value")
    update()
    stage = ipywidgets.VBox([view, *controls.values()])
    if guess is None:
        return stage
    return ipywidgets.VBox([_live_guess(guess, stage), stage])


def _live_guess(guess: Guess, stage: Any) -> Any:
    """Buttons that uncover `stage` once one of them is pressed."""
    import ipywidgets

    stage.layout.display = "none"
    verdict = ipywidgets.HTML()
    buttons = [ipywidgets.Button(description=option, layout={"width": "auto"}) for option in guess.options]

    def choose(button: Any) -> None:
        verdict.value = f"<p>{escape(guess.verdict(buttons.index(button)))}</p>"
        stage.layout.display = None

    for button in buttons:
        button.on_click(choose)
    question = ipywidgets.HTML(f"<p><b>Your guess first.</b> {escape(guess.question)}</p>")
    return ipywidgets.VBox([question, ipywidgets.HBox(buttons, layout={"flex_flow": "row wrap"}), verdict])


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
