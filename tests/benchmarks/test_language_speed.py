"""Speed of the n-gram models against nltk's, on the same text. Outside the default test run: `make benchmark`."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from nltk.lm import MLE
from nltk.lm.preprocessing import padded_everygram_pipeline

from collapse_lib import language

SENTENCES = 32_768


@pytest.fixture(scope="module")
def real() -> tuple[Any, list[list[str]]]:
    text, _, vocabulary = language.corpus()
    return text, [text.read(vocabulary, i).split() for i in range(text.lengths.size)]


def fitted(sentences: list[list[str]]) -> MLE:
    model = MLE(2)
    model.fit(*padded_everygram_pipeline(2, sentences))
    return model


@pytest.mark.parametrize("kind", ["sentences", "long texts"])
def test_writing(race: Any, real: tuple[Any, list[list[str]]], kind: str) -> None:
    """nltk writes one token at a time; it is timed sentence by sentence and in calls of 300 tokens."""
    text, sentences = real
    slow, seeds = fitted(sentences), count()
    length, calls = (round(text.lengths.mean()), 8) if kind == "sentences" else (300, 1)
    model = language.NGram(2).fit(text)
    tokens = model.generate(sentences=SENTENCES, rng=1).tokens.size

    def naive() -> float:
        written = [slow.generate(length, text_seed=["<s>"], random_seed=next(seeds)) for _ in range(calls)]
        return sum(map(len, written)) / tokens

    race(
        f"bigrams: {SENTENCES:,} sentences written",
        lambda: model.generate(sentences=SENTENCES, rng=1),
        naive,
        against=f"nltk, {kind}",
        floor=30_000,
        rounds=3,
    )


def test_fitting(race: Any, real: tuple[Any, list[list[str]]]) -> None:
    text, sentences = real
    model = language.NGram(2)

    def naive() -> float:
        fitted(sentences)
        return 1.0

    race(
        f"bigrams: a fit to {text.tokens.size:,} tokens",
        lambda: model.fit(text),
        naive,
        against="nltk",
        floor=40,
        rounds=3,
        repeat=5,
    )
