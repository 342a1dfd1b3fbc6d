"""The controls of an experiment in a live kernel: sliders that redraw while they are dragged, values that are typed.

Frames are drawn when they are asked for. An experiment whose frame takes longer than `PATIENCE` says so and waits
until its slider is let go. What the reader guessed is kept while the kernel lives, so that a cell may run again.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets

from collapse_lib.figures import Picture, living
from collapse_lib.figures.markup import html_maths

__all__ = ["PATIENCE", "Experiment", "show"]

PATIENCE = 0.1  # seconds: what a frame may take if it is to follow a slider
LIMIT = 20.0  # seconds that the picture of a typed value may take
FURTHEST = 1000  # how many times the largest value of the slider a typed one may be
_given: dict[str, tuple[str, str]] = {}  # question: the button that was pressed, and what was written


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Stop what takes longer, where a timer can (a system that has one, the main thread)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError(f"it would take longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _number(text: str, values: tuple[int | float, ...]) -> int | float:
    """A typed value like those of a slider; ValueError says what it must be."""
    whole = all(isinstance(value, int) for value in values)
    plain = "".join(text.replace(",", "").split())
    try:
        number = int(plain) if whole else float(plain)
    except ValueError:
        try:
            number = float(plain)
            if whole and number.is_integer():
                number = int(number)
        except ValueError:
            number = math.nan
    if not (isinstance(number, int) or (not whole and math.isfinite(number))):
        raise ValueError("a whole number" if whole else "a number")
    most = FURTHEST * max(map(abs, values))
    if abs(number) > most:
        raise ValueError(f"at most {most:,g} here")
    return number


class Experiment(ipywidgets.VBox):
    """Controls that are a picture with its alt text where no kernel runs.

    Parameters
    ----------
    children : list of Widget
        What is shown.
    picture : Picture
        The picture for a notebook that is opened without a kernel.
    """

    def __init__(self, children: list[Any], picture: Picture) -> None:
        super().__init__(children)
        self._still = living.still(picture), picture.described()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        html, alt = self._still
        return super()._repr_mimebundle_(**kwargs) | {"text/html": html, "text/plain": alt}

    def __repr__(self) -> str:
        """The alt text, which ipywidgets 7 leaves in the notebook."""
        return self._still[1]


_ALONE = threading.RLock()  # JupyterLab moves some sliders in a thread beside that of the cells


class _Stage:
    """One picture and its controls."""

    def __init__(self, draw: Callable[..., Picture], grid: Mapping[str, Any]) -> None:
        self.draw = draw
        self.values = {name: slider.values[slider.index] for name, slider in grid.items()}
        self.asked = dict(self.values)  # of the sliders; the values are those of the picture
        self.view = ipywidgets.HTML(layout={"width": "100%", "max_width": "44rem"})
        self.said = ipywidgets.HTML()
        self.picture = self._show()
        self.rows = [self._row(name, slider) for name, slider in grid.items()]

    def _show(self) -> Picture:
        start = time.perf_counter()
        picture = self.draw(**self.values)
        self.view.value = f'{picture.svg()}<p class="values">{living.values_line(picture, " · ")}</p>'
        self.seconds = time.perf_counter() - start
        return picture

    def _row(self, name: str, slider: Any) -> ipywidgets.HBox:
        control = ipywidgets.SelectionSlider(
            options=list(zip(slider.labels, slider.values)),
            value=slider.values[slider.index],
            description=slider.name,
            style={"description_width": "initial"},
            layout={"flex": "1 1 20rem", "max_width": "36rem"},
        )
        control.observe(lambda change: self._set(name, change["new"]), names="value")
        if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in slider.values):
            return ipywidgets.HBox([control])
        typed = ipywidgets.Text(
            placeholder="or a value",
            description=f"another {slider.name}",
            continuous_update=False,
            style={"description_width": "0"},
            layout={"width": "8rem"},
        )
        typed.observe(lambda change: self._type(name, change["new"], slider.values), names="value")
        return ipywidgets.HBox([control, typed], layout={"flex_flow": "row wrap"})

    def _set(self, name: str, value: Any) -> bool:
        """Show the picture of a value; where there is none, say why and leave the last one."""
        self.asked[name] = value
        with _ALONE:
            before, self.values = self.values, dict(self.asked)  # whoever draws last draws the latest
            try:
                self._show()
            except (Exception, KeyboardInterrupt) as error:  # what the experiment does not bear is the reader's to see
                self.values = before
                if self.asked[name] is value:  # and not moved on since
                    self.asked[name] = before[name]
                why = f"{name} = {value}: {type(error).__name__}{': ' * bool(str(error))}{error}"
                self.said.value = f"<p>No picture for {escape(why)}</p>"
                return False
            self.said.value = ""
            return True

    def _type(self, name: str, text: str, values: tuple[int | float, ...]) -> None:
        if not text.strip():
            return
        try:
            number = _number(text, values)
        except ValueError as error:
            self.said.value = f"<p>{escape(f'{name} must be {error}, got {text[:40]!r}')}</p>"
        else:
            with _within(LIMIT):
                self._set(name, number)

    def follow(self) -> None:
        """Let the sliders redraw while they are dragged if a second frame shows that this is quick enough."""
        self._show()
        if self.seconds > PATIENCE:
            for row in self.rows:
                row.children[0].continuous_update = False
            self.said.value = (
                f"<p>A picture takes about {self.seconds:.1f} s here: it is drawn when the slider is let go.</p>"
            )


def show(draw: Callable[..., Picture], grid: Mapping[str, Any], guess: Any = None) -> Experiment:
    """The controls of an experiment; behind its puzzle, if it has one.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` returns a `Picture`.
    grid : mapping of str to Slider
        The values of its arguments.
    guess : Guess, optional
        The puzzle.

    Returns
    -------
    Experiment
        The picture, its sliders, and for numbers a field for other values.
    """
    stage = _Stage(draw, grid)
    stage.follow()
    parts = [stage.view, *stage.rows, stage.said]
    if guess is None:
        return Experiment(parts, stage.picture)
    box = ipywidgets.VBox(parts)
    return Experiment([_puzzle(guess, box), box], stage.picture)


def _puzzle(guess: Any, stage: ipywidgets.VBox) -> ipywidgets.VBox:
    """Buttons that uncover `stage` once one of them is pressed; a guess of an earlier run stands."""
    stage.layout.display = "none"
    verdict = ipywidgets.HTML()
    texts = {option: guess.verdict(choice) for choice, option in enumerate(guess.options)}
    texts["Just show me"] = guess.because
    mine = ipywidgets.Text(description="Your guess") if not guess.options else None
    buttons = [ipywidgets.Button(description=option, layout={"width": "auto"}) for option in texts]

    def answer(pressed: str, written: str) -> None:
        said = f"You said {written}. " if written else ""
        verdict.value = f"<p>{escape(said)}{html_maths(texts[pressed], symbols=True)}</p>"
        stage.layout.display = None
        for button in buttons:
            button.button_style = "info" if button.description == pressed else ""

    def choose(button: ipywidgets.Button) -> None:
        _given[guess.question] = button.description, mine.value if mine is not None else ""
        answer(*_given[guess.question])

    for button in buttons:
        button.on_click(choose)
    if guess.question in _given and _given[guess.question][0] in texts:
        pressed, written = _given[guess.question]
        if mine is not None:
            mine.value = written
        answer(pressed, written)
    question = ipywidgets.HTML(f"<p><b>Your guess first.</b> {html_maths(guess.question, symbols=True)}</p>")
    row = ipywidgets.HBox([*([mine] if mine is not None else []), *buttons], layout={"flex_flow": "row wrap"})
    return ipywidgets.VBox([question, row, verdict])
