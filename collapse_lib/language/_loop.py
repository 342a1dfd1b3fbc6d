"""The loop of a language, and how well a model foresees a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from collapse_lib import _validate
from collapse_lib._family import LARGEST
from collapse_lib.language._kneser_ney import KneserNey
from collapse_lib.language._ngram import NGram
from collapse_lib.language._text import WORDS, Text, checked, contexts, walk

__all__ = ["held_out", "retrain"]


def retrain(
    text: Text,
    *,
    generations: int,
    rng: np.random.Generator | int,
    order: int | None = None,
    model: NGram | KneserNey | None = None,
    length: str = "sentences",
    **writing: Any,
) -> list[Text]:
    """Fit, write as much as was read, fit what was written, and so on.

    Parameters
    ----------
    text : Text
        The real text; the model fitted to it is generation 0.
    generations : int
        Number of generations, at least 1.
    rng : numpy.random.Generator or int
        Source of randomness, or its seed.
    order : int, optional
        Order of the n-gram models, at least 1: short for ``model=NGram(order)``.
    model : NGram or KneserNey, optional
        The kind of model; one like it is fitted to every generation, `model` itself is left as it is.
    length : {"sentences", "tokens"}, default "sentences"
        What is kept from generation to generation: the number of sentences, or of words.
    **writing
        Further arguments of the model's `generate`: `start`, `longest`, and for n-grams `temperature`, `top_p`.

    Returns
    -------
    list of Text, length generations + 1
        The text that each generation is fitted to; entry 0 is `text` itself.

    Raises
    ------
    TypeError, ValueError
        When an argument has the wrong type or is out of range, or not exactly one of `order` and `model` is given.

    Notes
    -----
    If sentences are kept and start at the boundary, are not cut, and temperature and top-p are 1, the expected
    count of every n-gram stays what it is in `text` (thm-language-flow in :doc:`/chapters/forgetting/language`).
    What the other rules do is in :doc:`/chapters/forgetting/words-by-count`.
    """
    generations = _validate.integer("generations", generations, minimum=1, maximum=LARGEST)
    rng, texts = _validate.generator(rng), [checked("text", text)]
    if (order is None) == (model is None):
        raise ValueError(f"exactly one of order and model must be given, got {order!r} and {model!r}")
    if model is not None and not isinstance(model, (NGram, KneserNey)):
        raise TypeError(f"model must be an NGram or a KneserNey, got {model!r}")
    _validate.choice("length", length, ("sentences", "tokens"))
    size = text.lengths.size if length == "sentences" else text.tokens.size
    if unknown := {"sentences", "tokens"} & set(writing):
        raise TypeError(f"length must say what is kept, got {sorted(unknown)}")
    one: NGram | KneserNey = NGram(order) if model is None else model.like()
    for _ in range(generations):
        texts.append(one.fit(texts[-1]).generate(rng=rng, **{length: size}, **writing))
    return texts


def held_out(text: Text, real: Text, *, order: int, vocabulary: int) -> tuple[float, float]:
    """How well the n-gram model of `text` foresees `real`.

    Parameters
    ----------
    text, real : Text
        What the model is fitted to, and what it is tested on.
    order : int
        Order of the model, at least 1.
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
    order = _validate.integer("order", order, minimum=1)
    vocabulary = _validate.integer("vocabulary", vocabulary, minimum=1, maximum=WORDS)
    for name, part in (("text", text), ("real", real)):
        largest = checked(name, part).tokens.max()
        if largest >= vocabulary:
            raise ValueError(f"{name} must hold words below vocabulary = {vocabulary}, got {largest}")
    both = Text(np.concatenate([text.tokens, real.tokens]), np.concatenate([text.lengths, real.lengths]))
    symbols, offset = walk(both)
    cut = text.tokens.size + text.lengths.size
    estimate = np.full(symbols.size - cut, 1 / (vocabulary + 1))
    for length in range(min(order, int(offset.max()) + 2)):  # no sentence has longer contexts
        context = contexts(symbols, offset, length)
        event = np.unique(context * (vocabulary + 1) + np.roll(symbols, -1), return_inverse=True)[1]
        seen, known = (np.bincount(x[:cut], minlength=x.max() + 1)[x[cut:]] for x in (event, context))
        usable = (known > 0) & (offset[cut:] >= length - 1)
        estimate = np.where(usable, 0.5 * seen / np.maximum(known, 1) + 0.5 * estimate, estimate)
    return float((seen > 0).mean()), float(np.exp(-np.log(estimate).mean()))
