"""n-gram models with sentence ends, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from collapse_lib import _validate
from collapse_lib.language._text import Integers, Text, contexts, so_far, walk
from collapse_lib.language._writing import Law, Places, Sentences, batch, sharpened, until_enough

__all__ = ["NGram", "STARTS", "run_of"]

STARTS = ("boundary", "anywhere")


class _Table(NamedTuple):
    """A fitted model: the walk it has read, the contexts of its places, and what follows each context."""

    symbols: Integers
    offset: Integers
    context: Integers
    places: Places | None  # order 1 has none: there the walk is no sample of the model's steps
    word: Integers  # the last word of each context, -1 for the boundary


class NGram:
    """The n-gram model fitted by maximum likelihood: a symbol, given up to ``order - 1`` symbols before it.

    Parameters
    ----------
    order : int
        1 for independent words, 2 for bigrams, 3 for trigrams, ...; at least 1. A context never reaches back
        beyond the boundary at which its sentence starts, so an order above the longest sentence remembers whole
        sentences. Order 1 draws words independently, and ends the sentence after each of them with the
        probability sentences / words.

    Raises
    ------
    TypeError, ValueError
        When `order` is not an integer of at least 1.

    Notes
    -----
    The successors of all contexts are one list, sorted by context (a counting sort); to draw the next symbol
    is to draw an entry of the context's part. Long contexts are named by doubling, as one builds a suffix
    array: a window of 2m symbols is a pair of windows of m. The n-gram experiment of Suresh, Thangaraj and
    Khandavally (2025) counts alike; its rules for writing are ``start="anywhere"``, ``longest=50`` and ``tokens=``
    the size of the text that was read; see :doc:`/chapters/forgetting/language-experiment` and
    :doc:`/chapters/forgetting/words-by-count`.
    """

    def __init__(self, order: int) -> None:
        self.order = _validate.integer("order", order, minimum=1)

    def __repr__(self) -> str:
        return f"NGram({self.order})"

    def like(self) -> NGram:
        """Another model of this kind, not fitted."""
        return NGram(self.order)

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
        context = contexts(symbols, offset, max(1, self.order - 1))
        size = int(context.max()) + 1
        places = None
        if self.order > 1:
            # the next context of each place, sorted by context: a counting sort, in the guise of a sparse matrix
            place = np.arange(context.size, dtype=np.int32)
            table = sparse.coo_array((np.roll(context, -1), (context, place)), (size, context.size)).tocsr()
            start, count = table.indptr[:-1].astype(np.int64), np.diff(table.indptr).astype(np.float64)
            places = Places(start, count, table.data)
        word = np.zeros(size, np.int64)
        word[context] = symbols - 1
        self._table = _Table(symbols, offset, context, places, word)  # at once: an interrupt leaves the old one whole
        return self

    def generate(
        self,
        *,
        rng: np.random.Generator | int,
        sentences: int | None = None,
        tokens: int | None = None,
        start: str = "boundary",
        longest: int | None = None,
        temperature: float = 1.0,
        top_p: float = 1.0,
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
            sentence, drawn by their frequency (for order 1 this is the boundary, too).
        longest : int, optional
            Cut a sentence after so many words (beyond those it starts with); default: never.
        temperature : float, default 1.0
            Above 0: in every context, probabilities are raised to the power ``1 / temperature`` and divided by
            their sum.
        top_p : float, default 1.0
            In (0, 1]: then, in every context, only the fewest most probable symbols are kept whose probability
            is at least `top_p` (of equal ones those with the lower number, the boundary first).

        Returns
        -------
        Text
            By default every sentence ends with probability one, and is as long on average as the sentences of the
            fitted text: thm-language-flow in :doc:`/chapters/forgetting/language`.

        Raises
        ------
        TypeError, ValueError
            When an argument has the wrong type or is out of range, not exactly one of `sentences` and `tokens` is
            given, the model is not fitted, no sentence has ``order - 1`` words to start with, or `top_p` leaves
            sentences that never end and there is no `longest`.
        """
        table, run = self._fitted(), run_of(self.order, start)
        longest = None if longest is None else _validate.integer("longest", longest, minimum=1)
        temperature = _validate.real("temperature", temperature, above=0)
        top_p = _validate.real("top_p", top_p, above=0, maximum=1)
        rng = _validate.generator(rng)
        law: Places | Law | None = table.places
        if law is None or temperature != 1 or top_p != 1:
            law = self._law(temperature, top_p)
        full = np.flatnonzero(table.offset >= run) if run else np.flatnonzero(table.offset == 0)
        if full.size == 0:
            raise ValueError(f"start must be 'boundary' where no sentence has {run} words, got {start!r}")
        if top_p != 1 and longest is None and not _ends(law, np.unique(table.context[full])):
            raise ValueError(f"longest must be given where some sentences never end, got top_p = {top_p}")
        if run:
            law = law.starting(table.context[full])
            longest = None if longest is None else longest + 1  # the first step is the whole run
            stands = np.zeros(table.word.size, np.int64)
            stands[table.context[full]] = full

        def write(count: int) -> Sentences:
            words, lengths, first = batch(law, table.word, count, rng, longest)
            if run < 2:
                return words, lengths
            before = stands[first][:, None] + np.arange(1 - run, 0)
            where = np.repeat(np.cumsum(lengths) - lengths, run - 1)
            return np.insert(words, where, table.symbols[before].ravel() - 1), lengths + run - 1

        mean = table.symbols.size / np.count_nonzero(table.offset == 0) - 1
        return until_enough(write, rng, sentences=sentences, tokens=tokens, mean=mean)

    def probabilities(
        self, written: Sequence[int], *, temperature: float = 1.0, top_p: float = 1.0
    ) -> NDArray[np.float64]:
        """The law of what follows, exactly.

        Parameters
        ----------
        written : sequence of int
            The words of the sentence so far; none at its beginning.
        temperature, top_p : float
            As in `generate`.

        Returns
        -------
        ndarray of float, shape (words + 1,)
            Entry x is the probability of word x, the last entry (number -1) that of the end of the sentence.

        Raises
        ------
        TypeError, ValueError
            When an argument has the wrong type or is out of range, or the context does not occur in the text that
            was read.
        """
        table = self._fitted()
        temperature = _validate.real("temperature", temperature, above=0)
        top_p = _validate.real("top_p", top_p, above=0, maximum=1)
        words = so_far(written)
        last = np.append(0, np.asarray(words, np.int64) + 1)[-max(1, self.order - 1) :]
        at = table.offset == len(words) if len(words) < last.size else table.offset >= last.size
        for back, symbol in enumerate(last[::-1]):
            at = at & (np.roll(table.symbols, back) == symbol)
        if not at.any() and (self.order > 1 or len(words) == 0):
            raise ValueError(f"written must end with a context of the text that was read, got {list(written)}")
        state = 1 if self.order == 1 and len(words) else int(table.context[np.argmax(at)])
        law = self._law(temperature, top_p)
        row = int(law.row[state])
        entries = slice(int(law.last[row - 1]) + 1 if row else 0, int(law.last[row]) + 1)
        answer = np.zeros(int(table.symbols.max()) + 1)
        answer[table.word[law.successor[entries]]] = np.diff(law.upper[entries] - row, prepend=0.0)
        return answer

    @property
    def entropy(self) -> float:
        """Bits a symbol (words and boundaries) that the text read costs in the model, exactly.

        From order 2 on counts are the stationary law, so this is the entropy rate of the model.
        """
        table = self._fitted()
        if self.order == 1:
            counts = np.bincount(table.symbols)
            words = table.symbols.size - counts[0]
            bits = 2 * special.xlogy(words, words) - special.xlogy(counts, counts).sum()
            bits -= special.xlogy(words - counts[0], words - counts[0])
            return float(bits / table.symbols.size / np.log(2))
        _, _, pairs = self._pairs()
        count = table.places.count
        bits = special.xlogy(count, count).sum() - special.xlogy(pairs, pairs).sum()
        return float(bits / count.sum() / np.log(2))

    def _pairs(self) -> tuple[Integers, Integers, NDArray[np.float64]]:
        """Rows, successors and weights of the model's steps, sorted."""
        table = self._fitted()
        if self.order > 1:
            size = table.word.size
            pairs, count = np.unique(table.context * size + np.roll(table.context, -1), return_counts=True)
            return pairs // size, pairs % size, count.astype(np.float64)
        counts = np.bincount(table.symbols).astype(np.float64)
        named = np.flatnonzero(counts[1:]) + 1
        words = counts[named].sum()
        rows = np.repeat([0, 1], [named.size, named.size + 1])
        going = counts[named] * (1 - counts[0] / words)
        weights = np.concatenate([counts[named], counts[:1], going])
        kept = weights > 0
        return rows[kept], np.concatenate([named, [0], named])[kept], weights[kept]

    def _law(self, temperature: float, top_p: float) -> Law:
        contexts, successor, weight = self._pairs()
        present, rows = np.unique(contexts, return_inverse=True)  # of order 2, lost words leave gaps
        entries, weight = sharpened(rows, weight, temperature, top_p)
        row = np.ones(self._fitted().word.size, np.int64)  # order 1: all words have the row 1
        row[present] = np.arange(present.size)
        return Law.of(row, rows[entries], successor[entries], weight)

    def _fitted(self) -> _Table:
        if not hasattr(self, "_table"):
            raise ValueError(f"fit must be called first, got an {self!r} that has read nothing")
        return self._table


def run_of(order: int, start: Any) -> int:
    """Number of words that a sentence starts with."""
    return 0 if _validate.choice("start", start, STARTS) == "boundary" else order - 1


def _ends(law: Law, begin: Integers) -> bool:
    """Whether the boundary can be reached from every context that is reached from those of `begin`."""
    rows = np.repeat(np.arange(law.last.size), np.diff(law.last, prepend=-1))
    first = np.append(0, law.last[:-1] + 1)
    reached = np.zeros(law.row.size, bool)
    frontier = begin
    while frontier.size:
        reached[frontier] = True
        ahead = np.zeros(law.row.size, bool)
        rows_of = np.zeros(law.last.size, bool)
        rows_of[law.row[frontier]] = True
        ahead[law.successor[rows_of[rows]]] = True
        frontier = np.flatnonzero(ahead & ~reached)
    ends, grown = np.zeros(law.row.size, bool), True
    ends[0] = True
    while grown:
        before = np.count_nonzero(ends)
        ends |= np.logical_or.reduceat(ends[law.successor], first)[law.row]
        grown = np.count_nonzero(ends) > before
    return bool(ends[reached].all())
