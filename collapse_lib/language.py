"""Language models that read their own writing: n-grams with sentence ends, fitted, sampled and fitted again.

A text is a sequence of sentences. The boundary between two of them is a symbol like any other, so that a text
is a closed walk from boundary to boundary: it enters every context as often as it leaves it.
The chapter is :doc:`/chapters/forgetting/language`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from collapse_lib import _validate
from collapse_lib._text import WORDS, Integers, Text, checked, contexts, corpus, walk

__all__ = ["NGram", "Text", "corpus", "held_out", "retrain"]

_SIDE_BY_SIDE = 2_048  # sentences that are written at a time: their states stay in the processor's cache
_BATCH = 32_768  # sentences a call of `_batch`
_BLOCK = 32  # steps that are turned from "a row a step" to "a row a writer" at a time, for the same reason


class _Table(NamedTuple):
    """A fitted model: the places that follow each context are `successor[start : start + count]`."""

    start: Integers
    count: NDArray[np.float64]
    successor: NDArray[Any]  # the contexts of these places
    word: Integers  # the last word of each context, -1 for the boundary


class NGram:
    """The n-gram model fitted by maximum likelihood: a symbol, given up to ``order - 1`` symbols before it.

    Parameters
    ----------
    order : int
        2 for bigrams, 3 for trigrams, ...; at least 2. A context never reaches back beyond the boundary at
        which its sentence starts, so an order above the longest sentence remembers whole sentences.

    Raises
    ------
    TypeError, ValueError
        When `order` is not an integer of at least 2.

    Notes
    -----
    The successors of all contexts are one list, sorted by context (a counting sort); to draw the next symbol
    is to draw an entry of the context's part. Long contexts are named by doubling, as one builds a suffix
    array: a window of 2m symbols is a pair of windows of m. The n-gram experiment of Suresh, Thangaraj and
    Khandavally (2025) counts alike, but starts and ends its sentences differently, and writes until it has as
    many tokens (not sentences) as were read; see :doc:`/chapters/forgetting/language-experiment`.
    """

    def __init__(self, order: int) -> None:
        self.order = _validate.integer("order", order, minimum=2)

    def fit(self, text: Text) -> NGram:
        """Count what follows each context of `text`; return the model itself.

        Parameters
        ----------
        text : Text
            What to learn from.

        Returns
        -------
        NGram
            The model, fitted.

        Raises
        ------
        TypeError
            When `text` is not a `Text`.
        """
        symbols, offset = walk(text)
        context = contexts(symbols, offset, self.order - 1)
        size = int(context.max()) + 1
        # the next context of each place, sorted by context: a counting sort, in the guise of a sparse matrix
        places = np.arange(context.size, dtype=np.int32)
        table = sparse.coo_array((np.roll(context, -1), (context, places)), (size, context.size)).tocsr()
        start, count = table.indptr[:-1].astype(np.int64), np.diff(table.indptr).astype(np.float64)
        word = np.zeros(size, np.int64)
        word[context] = symbols - 1
        self._table = _Table(start, count, table.data, word)  # at once: an interrupt leaves the old one whole
        return self

    def generate(self, *, sentences: int, rng: np.random.Generator | int, longest: int | None = None) -> Text:
        """Write independent sentences, from boundary to boundary; their order has no meaning.

        Parameters
        ----------
        sentences : int
            How many to write.
        rng : numpy.random.Generator or int
            Source of randomness, or its seed.
        longest : int, optional
            Cut a sentence after so many words; default: never. (The seed paper's script draws 50 at most.)

        Returns
        -------
        Text
            Every sentence ends with probability one, and is as long on average as the sentences of the fitted
            text: thm-language-flow in :doc:`/chapters/forgetting/language`.

        Raises
        ------
        TypeError, ValueError
            When an argument has the wrong type or is not positive, or the model is not fitted.
        """
        sentences = _validate.integer("sentences", sentences, minimum=1)
        longest = None if longest is None else _validate.integer("longest", longest, minimum=1)
        rng = _validate.generator(rng)
        table = self._fitted()
        parts = [
            _batch(table, min(_BATCH, sentences - done), rng, longest)
            for done in range(0, sentences, _BATCH)
        ]
        text = object.__new__(Text)  # right by construction: no second look at every token
        for name, arrays in zip(("tokens", "lengths"), zip(*parts)):
            object.__setattr__(text, name, np.concatenate(arrays))
        return text

    @property
    def entropy(self) -> float:
        """Entropy rate in bits a symbol (words and boundaries), exactly: counts are the stationary law."""
        table = self._fitted()
        context = np.repeat(np.arange(table.count.size), table.count.astype(np.int64))
        pairs = np.unique(context * table.count.size + table.successor, return_counts=True)[1]
        bits = special.xlogy(table.count, table.count).sum() - special.xlogy(pairs, pairs).sum()
        return float(bits / table.count.sum() / np.log(2))

    def _fitted(self) -> _Table:
        if not hasattr(self, "_table"):
            raise ValueError(f"fit must be called first, got an NGram({self.order}) that has read nothing")
        return self._table


def _batch(
    table: _Table, sentences: int, rng: np.random.Generator, longest: int | None
) -> tuple[Integers, Integers]:
    """Writers side by side; each starts a new sentence when one ends, until enough have been started."""
    writers = min(_SIDE_BY_SIDE, sentences)
    waiting, busy = sentences - writers, np.arange(writers)
    state, age, steps = np.zeros(writers, np.int64), np.zeros(writers, np.int64), []
    while state.size:
        draw = rng.random(state.size)
        draw *= table.count.take(state)
        entry = draw.astype(np.int64)
        entry += table.start.take(state)
        state = table.successor.take(entry)
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
    return table.word.take(walks[walks > 0]), ends - starts


def retrain(
    text: Text, *, order: int, generations: int, rng: np.random.Generator | int, longest: int | None = None
) -> list[Text]:
    """Fit, write as many sentences as were read, fit what was written, and so on.

    Parameters
    ----------
    text : Text
        The real text; the model fitted to it is generation 0.
    order, generations : int
        Order of the n-gram models, at least 2; number of generations, at least 1.
    rng : numpy.random.Generator or int
        Source of randomness, or its seed.
    longest : int, optional
        Cut sentences after so many words; default: never.

    Returns
    -------
    list of Text, length generations + 1
        The text that each generation is fitted to; entry 0 is `text` itself.

    Raises
    ------
    TypeError, ValueError
        When an argument has the wrong type or is out of range.

    Notes
    -----
    Unless `longest` cuts sentences, the expected count of every n-gram stays what it is in `text`
    (thm-language-flow in :doc:`/chapters/forgetting/language`).
    """
    generations = _validate.integer("generations", generations, minimum=1)
    rng, model, texts = _validate.generator(rng), NGram(order), [checked("text", text)]
    for _ in range(generations):
        texts.append(model.fit(texts[-1]).generate(sentences=text.lengths.size, rng=rng, longest=longest))
    return texts


def held_out(text: Text, real: Text, *, order: int, vocabulary: int) -> tuple[float, float]:
    """How well the n-gram model of `text` foresees `real`.

    Parameters
    ----------
    text, real : Text
        What the model is fitted to, and what it is tested on.
    order : int
        Order of the model, at least 2.
    vocabulary : int
        Number of words of the language, at most 10**7; the words of both texts are below it.

    Returns
    -------
    coverage : float
        Share of the symbols of `real` (words and boundaries) to which the model itself gives a positive
        probability. Where it is below 1, the perplexity of the model itself is infinite.
    perplexity : float
        Of the interpolated model; always finite.

    Raises
    ------
    TypeError, ValueError
        When an argument has the wrong type, or a word number is not below `vocabulary`.

    Notes
    -----
    Jelinek-Mercer interpolation with fixed weights. Start from the uniform law on words and boundary; for
    contexts of 0, 1, ..., order - 1 symbols, take half the frequency in `text` after this context and half
    the estimate so far; a context that `text` lacks, or that would reach beyond the start of the sentence,
    leaves the estimate as it is. See :doc:`/chapters/forgetting/language-experiment`.
    """
    order = _validate.integer("order", order, minimum=2)
    vocabulary = _validate.integer("vocabulary", vocabulary, minimum=1, maximum=WORDS)
    for name, part in (("text", text), ("real", real)):
        largest = checked(name, part).tokens.max()
        if largest >= vocabulary:
            raise ValueError(f"{name} must hold words below vocabulary = {vocabulary}, got {largest}")
    both = Text(np.concatenate([text.tokens, real.tokens]), np.concatenate([text.lengths, real.lengths]))
    symbols, offset = walk(both)
    cut = text.tokens.size + text.lengths.size
    estimate = np.full(symbols.size - cut, 1 / (vocabulary + 1))
    for length in range(order):
        context = contexts(symbols, offset, length)
        event = np.unique(context * (vocabulary + 1) + np.roll(symbols, -1), return_inverse=True)[1]
        seen, known = (np.bincount(x[:cut], minlength=x.max() + 1)[x[cut:]] for x in (event, context))
        usable = (known > 0) & (offset[cut:] >= length - 1)
        estimate = np.where(usable, 0.5 * seen / np.maximum(known, 1) + 0.5 * estimate, estimate)
    return float((seen > 0).mean()), float(np.exp(-np.log(estimate).mean()))
