"""`Fading`: a text that loses its words, generation by generation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from collapse_lib import _validate
from collapse_lib.figures import living

__all__ = ["Fading"]

WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


class Fading:
    """A text under a slider of generations: a word that is lost leaves its place empty.

    Parameters
    ----------
    text : str
        What the reader reads; capitals do not distinguish words.
    counts : mapping of str to int
        How often each word of `text`, in small letters, occurs in the real sample, at least once.
    lost : mapping of str to int
        The first generation of one run that lacks the word; 0 for a word that is never lost.
    generations : array_like of int, shape (stops,)
        Stops of the slider, ascending from 0.
    rates : array_like of float, shape (stops,)
        The forgetting number at each stop: a word of count c is still known with probability
        ``1 - exp(-c * rate)`` (`collapse_lib.forgetting.g`); infinite at generation 0.

    Raises
    ------
    ValueError
        When a word of the text has no count or no generation of loss, the stops do not ascend from 0, or the rates
        have another shape.

    Notes
    -----
    Without JavaScript, in print and in a live kernel the whole text stands there. The law is in
    :doc:`/chapters/forgetting/forgetting-time`.
    """

    def __init__(
        self,
        text: str,
        *,
        counts: Mapping[str, int],
        lost: Mapping[str, int],
        generations: ArrayLike,
        rates: ArrayLike,
    ) -> None:
        self.text = text
        self.words = list(dict.fromkeys(word.lower() for word in WORD.findall(text)))
        for name, given in (("counts", counts), ("lost", lost)):
            if missing := [word for word in self.words if word not in given]:
                raise ValueError(f"{name} must hold every word of the text, got none for {missing}")
        self.counts = [int(counts[word]) for word in self.words]
        self.lost = [int(lost[word]) for word in self.words]
        self.generations = _validate.integers("generations", generations, minimum=0)
        self.rates = np.asarray(rates, dtype=float)
        if self.generations[0] != 0 or (np.diff(self.generations) <= 0).any():
            raise ValueError(f"generations must ascend from 0, got {self.generations}")
        if self.rates.shape != self.generations.shape:
            raise ValueError(f"rates must have the shape {self.generations.shape}, got {self.rates.shape}")

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = self._html() if living.building() else f"<p>{escape(self.text)}</p>"
        return {"text/html": html, "text/plain": self.text}

    def _html(self) -> str:
        number = {word: i for i, word in enumerate(self.words)}
        parts, end = [], 0
        for match in WORD.finditer(self.text):
            parts.append(escape(self.text[end : match.start()]))
            parts.append(f'<span data-word="{number[match[0].lower()]}"><span>{match[0]}</span></span>')
            end = match.end()
        words = "".join([*parts, escape(self.text[end:])])
        data = {
            "words": self.words,
            "counts": self.counts,
            "lost": self.lost,
            "generations": self.generations.tolist(),
            "rates": [None if np.isinf(rate) else float(f"{rate:.6g}") for rate in self.rates],
        }
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
        return (
            f'<div class="fading" role="group" aria-label="Experiment: generation"><p class="words">{words}</p>'
            '<p class="values" role="status"></p><div class="controls">'
            '<button type="button" class="play" aria-pressed="false">Play</button>'
            '<label for="fading-generation"><span>generation</span><input id="fading-generation" type="range" min="0" '
            f'max="{len(self.generations) - 1}" step="1" value="0" autocomplete="off"><output>0</output></label>'
            '<label for="fading-word"><span>word</span><input id="fading-word" type="range" min="0" '
            f'max="{len(self.words) - 1}" step="1" value="0" autocomplete="off"><output></output></label></div>'
            f'<script type="application/json">{text}</script></div>'
        )
