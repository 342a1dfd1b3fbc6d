"""Interpolated Kneser-Ney: n-grams that put a part of their probability on what they have not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate
from collapse_lib.language._ngram import run_of
from collapse_lib.language._text import Integers, Text, so_far, walk
from collapse_lib.language._writing import Sentences, until_enough

__all__ = ["KneserNey"]


class _Level(NamedTuple):
    """Contexts of one length: their names, and the discounted counts of what follows them."""

    key: Integers  # number of the context without its last symbol, times the symbols, plus this symbol; ascending
    back: NDArray[np.float64]  # probability of a step to the shorter context
    first: Integers  # entries of context i: first[i] to first[i + 1]
    symbol: Integers
    upper: NDArray[np.float64]  # i + the cumulated law of the discounted counts of context i


class _Model(NamedTuple):
    levels: list[_Level]
    symbols: Integers
    offset: Integers


class KneserNey:
    """The interpolated Kneser-Ney model: from every count a discount, and what it frees to the shorter context.

    Parameters
    ----------
    order : int
        At least 2: a symbol, given up to ``order - 1`` symbols before it.
    discount : float, default 0.75
        In [0, 1]; 0 is maximum likelihood.

    Raises
    ------
    TypeError, ValueError
        When an argument has the wrong type or is out of range.

    Notes
    -----
    With N(h, x) the count of x after the context h, D the discount and t(h) the number of different x after h,

        P(x | h) = max(N(h, x) - D, 0) / N(h) + D t(h) / N(h) P(x | h'),

    where h' is h without its first symbol, and a context that was not read is replaced by the shorter one. For
    contexts shorter than ``order - 1`` that do not start at a boundary, N(h', x) is not the count but the number
    of different symbols y such that x was read after y h'. Without context there is no discount, and a sentence has
    at least one word. So every word that was read may follow every context. R. Kneser and H. Ney (1995); the
    interpolated form is that of S. Chen and J. Goodman (1999). :doc:`/chapters/forgetting/words-by-count`.
    """

    def __init__(self, order: int, *, discount: float = 0.75) -> None:
        self.order = _validate.integer("order", order, minimum=2)
        self.discount = _validate.probability("discount", discount)

    def __repr__(self) -> str:
        return f"KneserNey({self.order}, discount={self.discount})"

    def like(self) -> KneserNey:
        """Another model of this kind, not fitted."""
        return KneserNey(self.order, discount=self.discount)

    def fit(self, text: Text) -> KneserNey:
        """Count what follows each context of `text`; return the model itself.

        Parameters
        ----------
        text : Text
            What to learn from.

        Returns
        -------
        KneserNey
            The model, fitted.

        Raises
        ------
        TypeError
            When `text` is not a `Text`.
        """
        symbols, offset = walk(text)
        size, following = int(symbols.max()) + 1, np.roll(symbols, -1)
        names, keys = [np.zeros(symbols.size, np.int64)], [np.zeros(1, np.int64)]
        longest = min(self.order - 1, int(offset.max()) + 1)
        for length in range(1, longest + 1):  # the context of a place: that of the place before it, and its symbol
            at = np.flatnonzero(offset >= length - 1)
            key, name = np.unique(names[-1][at - 1] * size + symbols[at], return_inverse=True)
            names.append(np.full(symbols.size, -1))
            names[-1][at] = name
            keys.append(key)
        levels = []
        for length in range(longest + 1):
            whole = offset == length - 1 if length < longest else offset >= length - 1
            events, count = np.unique(names[length][whole] * size + following[whole], return_counts=True)
            if length < longest:  # in place of counts, the number of different symbols before
                at = np.flatnonzero(offset >= length)
                different = np.unique(names[length + 1][at] * size + following[at], return_index=True)[1]
                at = at[different]
                more, number = np.unique(names[length][at] * size + following[at], return_counts=True)
                events, count = np.append(events, more), np.append(count, number)
                order = np.argsort(events, kind="stable")
                events, count = events[order], count[order]
            levels.append(_level(keys[length], events // size, events % size, count, self.discount * (length > 0)))
        self._model = _Model(levels, symbols, offset)
        return self

    def generate(
        self,
        *,
        rng: np.random.Generator | int,
        sentences: int | None = None,
        tokens: int | None = None,
        start: str = "boundary",
        longest: int | None = None,
    ) -> Text:
        """Write independent sentences; their order has no meaning.

        Parameters
        ----------
        rng : numpy.random.Generator or int
            Source of randomness, or its seed.
        sentences, tokens : int
            One of the two: write so many sentences, or sentences until there are exactly so many words (the last
            sentence is cut where the text is full).
        start : {"boundary", "anywhere"}, default "boundary"
            Where a sentence starts: at the boundary, or with ``order - 1`` words that stand together in some
            sentence, drawn by their frequency.
        longest : int, optional
            Cut a sentence after so many words (beyond those it starts with); default: never.

        Returns
        -------
        Text
            Words that were read; their pairs may be new.

        Raises
        ------
        TypeError, ValueError
            When an argument has the wrong type or is out of range, not exactly one of `sentences` and `tokens` is
            given, the model is not fitted, or no sentence has ``order - 1`` words to start with.
        """
        model, run = self._fitted(), run_of(self.order, start)
        longest = None if longest is None else _validate.integer("longest", longest, minimum=1)
        rng = _validate.generator(rng)
        full = np.flatnonzero(model.offset >= run)
        if full.size == 0:
            raise ValueError(f"start must be 'boundary' where no sentence has {run} words, got {start!r}")

        def write(count: int) -> Sentences:
            who, known = np.arange(count), self._known(np.zeros(count, np.int64), None)
            said: list[tuple[Integers, Integers]] = []
            if run:
                at = rng.choice(full, count)
                for back in range(run - 1, -1, -1):
                    symbol = model.symbols[at - back]
                    known = self._known(symbol, None if back == run - 1 else known)
                    said.append((who, symbol))
            age = 0
            while who.size:
                symbol = self._step(known, rng) if age != longest else np.zeros(who.size, np.int64)
                going = symbol > 0
                who, symbol, known, age = who[going], symbol[going], [level[going] for level in known], age + 1
                said.append((who, symbol))
                known = self._known(symbol, known)
            writer, words = (np.concatenate(part) for part in zip(*said))
            return words[np.argsort(writer, kind="stable")] - 1, np.bincount(writer, minlength=count)

        mean = model.symbols.size / np.count_nonzero(model.offset == 0) - 1
        return until_enough(write, rng, sentences=sentences, tokens=tokens, mean=mean)

    def probabilities(self, written: Sequence[int]) -> NDArray[np.float64]:
        """The law of what follows, exactly.

        Parameters
        ----------
        written : sequence of int
            The words of the sentence so far; none at its beginning. Any words may stand there.

        Returns
        -------
        ndarray of float, shape (words + 1,)
            Entry x is the probability of word x, the last entry (number -1) that of the end of the sentence.

        Raises
        ------
        TypeError, ValueError
            When an argument has the wrong type or the model is not fitted.
        """
        model = self._fitted()
        words = so_far(written)
        known = self._known(np.zeros(1, np.int64), None)
        for word in words:
            known = self._known(np.array([min(int(word) + 1, int(model.symbols.max()) + 1)]), known)
        answer = np.zeros(int(model.symbols.max()) + 1)
        for length, context in enumerate(known):
            if context[0] >= 0:
                level, name = model.levels[length], int(context[0])
                part = slice(int(level.first[name]), int(level.first[name + 1]))
                here = np.zeros(answer.size)
                here[level.symbol[part]] = np.diff(level.upper[part] - name, prepend=0.0)
                if length == 0 and len(words) == 0:
                    here[0] = 0.0
                    here /= here.sum()
                answer = level.back[name] * answer + (1 - level.back[name]) * here
        return np.roll(answer, -1)

    def _known(self, symbol: Integers, before: list[Integers] | None) -> list[Integers]:
        """Numbers of the contexts of 0, 1, ... symbols that end with `symbol`; -1 where a context was not read."""
        levels = self._fitted().levels
        size = int(self._fitted().symbols.max()) + 1
        known = [np.zeros(symbol.size, np.int64)]
        for length in range(1, len(levels)):
            if length > 1 and before is None:
                known.append(np.full(symbol.size, -1))
                continue
            shorter = known[0] if before is None or length == 1 else before[length - 1]
            key, wanted = levels[length].key, shorter * size + symbol
            place = np.minimum(np.searchsorted(key, wanted), key.size - 1)
            known.append(np.where((key[place] == wanted) & (shorter >= 0) & (symbol < size), place, -1))
        return known

    def _step(self, known: list[Integers], rng: np.random.Generator) -> Integers:
        """A symbol for each writer: from the longest context that was read, or, with its back-off, a shorter one."""
        levels = self._fitted().levels
        symbol = np.full(known[0].size, -1)
        for length in range(len(levels) - 1, 0, -1):
            at = np.flatnonzero((symbol < 0) & (known[length] >= 0))
            context, level = known[length][at], levels[length]
            stays = rng.random(at.size) >= level.back[context]
            at, context = at[stays], context[stays]
            entry = np.searchsorted(level.upper, context + rng.random(at.size), side="right")
            symbol[at] = level.symbol[np.minimum(entry, level.first[context + 1] - 1)]
        at, level = np.flatnonzero(symbol < 0), levels[0]
        boundary = level.upper[0]  # the boundary comes first; it does not follow itself
        draw = rng.random(at.size)
        draw = np.where(known[1][at] == 0, boundary + (1 - boundary) * draw, draw)
        entry = np.searchsorted(level.upper, draw, side="right")
        symbol[at] = level.symbol[np.minimum(entry, level.symbol.size - 1)]
        return symbol

    def _fitted(self) -> _Model:
        if not hasattr(self, "_model"):
            raise ValueError(f"fit must be called first, got a {self!r} that has read nothing")
        return self._model


def _level(key: Integers, context: Integers, symbol: Integers, count: Integers, discount: float) -> _Level:
    total = np.bincount(context, count)
    back = discount * np.bincount(context) / total
    first = np.append(0, np.cumsum(np.bincount(context)))
    part = (count - discount) / np.where(back < 1, (1 - back) * total, 1)[context]  # back 1: never drawn
    upper = np.cumsum(part)
    upper -= np.append(0.0, upper)[first[:-1]][context]
    upper[first[1:] - 1] = 1.0
    return _Level(key, back, first, symbol, context + upper)
