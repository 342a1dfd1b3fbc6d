"""How sentences are written: laws of the next symbol, many writers side by side, and when a text is long enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate
from collapse_lib._family import LARGEST
from collapse_lib.language._text import Integers, Text

__all__ = ["Law", "Places", "Sentences", "batch", "sharpened", "until_enough"]

Sentences = tuple[Integers, Integers]  # tokens and lengths
_SIDE_BY_SIDE = 2_048  # sentences that are written at a time: their states stay in the processor's cache
_BATCH = 32_768  # sentences a call of the writer
_BLOCK = 32  # steps that are turned from "a row a step" to "a row a writer" at a time, for the same reason


class Places(NamedTuple):
    """Every place that follows context i, each with equal probability: `successor[start[i] : start[i] + count[i]]`."""

    start: Integers
    count: NDArray[np.float64]
    successor: NDArray[Any]

    def step(self, state: Integers, rng: np.random.Generator) -> Integers:
        draw = rng.random(state.size)
        draw *= self.count.take(state)
        entry = draw.astype(np.int64)
        entry += self.start.take(state)
        return self.successor.take(entry)

    def starting(self, context: Integers) -> Places:
        """The same, but a sentence starts at one of the places with these contexts."""
        start, count = self.start.copy(), self.count.copy()
        start[0], count[0] = self.successor.size, context.size
        return Places(start, count, np.append(self.successor, context))


class Law(NamedTuple):
    """Successors with probabilities: `upper` is row + the cumulated law of this row, context i has the row `row[i]`."""

    row: Integers
    upper: NDArray[np.float64]
    last: Integers  # last entry of each row: rounding never leads beyond it
    successor: Integers

    @classmethod
    def of(cls, row: Integers, rows: Integers, successor: Integers, weight: NDArray[np.float64]) -> Law:
        """Entry j belongs to row `rows[j]` (ascending, none left out) and has a probability like `weight[j]`."""
        last = np.append(np.flatnonzero(np.diff(rows)), rows.size - 1)
        share = weight / np.bincount(rows, weight)[rows]
        total = np.cumsum(share)
        upper = total - np.append(0.0, total[last[:-1]])[rows]
        upper[last] = 1.0
        return cls(row, rows + upper, last, successor)

    def step(self, state: Integers, rng: np.random.Generator) -> Integers:
        row = self.row.take(state)
        entry = np.searchsorted(self.upper, row + rng.random(state.size), side="right")
        return self.successor.take(np.minimum(entry, self.last.take(row)))

    def starting(self, context: Integers) -> Law:
        """The same, but a sentence starts at one of the places with these contexts."""
        names, count = np.unique(context, return_counts=True)
        row, new = self.row.copy(), self.last.size
        row[0] = new
        upper = np.append(self.upper, new + np.cumsum(count) / count.sum())
        return Law(row, upper, np.append(self.last, upper.size - 1), np.append(self.successor, names))


def sharpened(
    rows: Integers, weight: NDArray[np.float64], temperature: float, top_p: float
) -> tuple[Integers, NDArray[np.float64]]:
    """Indices of the entries that are kept, in their order, and their new weights, the largest of a row 1.

    Weights to the power ``1 / temperature``; of each row, from the largest down (equal ones in their order),
    the fewest entries whose share together is at least `top_p`.
    """
    first = np.append(0, np.flatnonzero(np.diff(rows)) + 1)
    logs = np.log(weight)
    with np.errstate(over="ignore", under="ignore"):
        new = np.exp((logs - np.maximum.reduceat(logs, first)[rows]) / temperature)
    kept = new > 0
    if top_p < 1:
        order = np.lexsort((-new, rows))
        share = (new / np.add.reduceat(new, first)[rows])[order]
        before = np.cumsum(share) - share
        before -= before[first][rows]
        kept[order] &= before < top_p - 1e-12
    entries = np.flatnonzero(kept)
    return entries, new[entries]


def batch(
    law: Places | Law, word: Integers, sentences: int, rng: np.random.Generator, longest: int | None
) -> tuple[Integers, Integers, Integers]:
    """Writers side by side; each starts a new sentence when one ends, until enough have been started.

    Returns the words, the lengths, and the first context of each sentence.
    """
    writers = min(_SIDE_BY_SIDE, sentences)
    waiting, busy = sentences - writers, np.arange(writers)
    state, age, steps = np.zeros(writers, np.int64), np.zeros(writers, np.int64), []
    while state.size:
        state = law.step(state, rng)
        if longest is not None:
            state[age == longest] = 0
            age = np.where(state == 0, 0, age + 1)
        steps.append((busy, state.astype(np.int32)))
        waiting -= state.size - np.count_nonzero(state)  # state 0 is the boundary: a sentence has ended
        if waiting < 0:
            going = np.ones(state.size, bool)
            going[np.flatnonzero(state == 0)[waiting:]] = False
            state, age, busy, waiting = state[going], age[going], busy[going], 0
    walks = np.full((writers, len(steps)), -1, np.int32)
    for first in range(0, len(steps), _BLOCK):
        part = steps[first : first + _BLOCK]
        block = np.full((len(part), writers), -1, np.int32)
        for row, (busy, state) in zip(block, part):
            row[busy if busy.size < writers else slice(None)] = state
        walks[:, first : first + _BLOCK] = block.T
    ends = np.flatnonzero(walks == 0)
    # a sentence starts after the end before it, or at the writer's first place
    starts = np.maximum(np.append(0, ends[:-1] + 1), ends - ends % len(steps))
    return word.take(walks[walks > 0]), ends - starts, walks.take(starts)


def until_enough(
    write: Callable[[int], Sentences],
    rng: np.random.Generator,
    *,
    sentences: int | None,
    tokens: int | None,
    mean: float,
) -> Text:
    """So many independent sentences, or sentences one after another until the text has so many tokens.

    `write(m)` writes m independent sentences in an order that may depend on them; `mean` is about their length.
    """
    if (sentences is None) == (tokens is None):
        raise ValueError(f"exactly one of sentences and tokens must be given, got {sentences!r} and {tokens!r}")
    parts: list[Sentences] = []
    if sentences is not None:
        sentences = _validate.integer("sentences", sentences, minimum=1, maximum=LARGEST)
        parts = [write(min(_BATCH, sentences - done)) for done in range(0, sentences, _BATCH)]
        return _text(parts)
    missing = _validate.integer("tokens", tokens, minimum=1, maximum=LARGEST)
    while missing > 0:
        part = _shuffled(*write(min(_BATCH, int(1.02 * missing / mean) + 32)), rng)
        ends = np.cumsum(part[1])
        enough = int(np.searchsorted(ends, missing)) + 1
        if enough <= ends.size:  # the last sentence is cut where the text is full
            part = part[0][:missing], part[1][:enough]
            part[1][-1] -= ends[enough - 1] - missing
        parts.append(part)
        missing -= part[0].size
    return _text(parts)


def _shuffled(tokens: Integers, lengths: Integers, rng: np.random.Generator) -> Sentences:
    """The sentences in random order: only then is the beginning of the list a fair sample of it."""
    order = rng.permutation(lengths.size)
    start, length = (np.cumsum(lengths) - lengths)[order], lengths[order]
    place = np.arange(tokens.size) + np.repeat(start - (np.cumsum(length) - length), length)
    return tokens[place], length


def _text(parts: list[Sentences]) -> Text:
    text = object.__new__(Text)  # right by construction: no second look at every token
    for name, arrays in zip(("tokens", "lengths"), zip(*parts)):
        object.__setattr__(text, name, np.concatenate(arrays).astype(np.int64, copy=False))
    return text
