"""Speed of the n-gram models against nltk's, on the same text, in one process.

Outside the default test run: `make benchmark`, on a machine with two idle cores. nltk writes one token
at a time; it is timed in long calls and sentence by sentence, three times over a second each, and the fastest
of the six counts.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from nltk.lm import MLE
from nltk.lm.preprocessing import padded_everygram_pipeline

from collapse_lib import language

pytestmark = pytest.mark.benchmark(timer=perf_counter, min_rounds=20, warmup=True)

SENTENCES = 32_768


def rate(write: Callable[[int], int], at_least: float = 1.0) -> float:
    """Tokens a second of ``write(seed)``, which returns how many tokens it wrote."""
    begin, tokens, seed = perf_counter(), 0, 0
    while perf_counter() - begin < at_least:
        tokens += write(seed)
        seed += 1
    return tokens / (perf_counter() - begin)


def test_bigrams(benchmark: Any) -> None:
    """At least 50,000 times the tokens per second of nltk's `MLE.generate`; fitting, 50 times its `fit`."""
    real, _, vocabulary = language.corpus()
    sentences = [real.read(vocabulary, i).split() for i in range(real.lengths.size)]
    slow = MLE(2)
    begin = perf_counter()
    slow.fit(*padded_everygram_pipeline(2, sentences))
    slow_fit = real.tokens.size / (perf_counter() - begin)
    slow_rate = max(
        rate(lambda seed: len(slow.generate(length, text_seed=["<s>"], random_seed=seed)))
        for length in 3 * (round(real.lengths.mean()), 500)
    )
    model = language.NGram(2)
    fit = max(rate(lambda _: model.fit(real) and real.tokens.size, 0.1) for _ in range(10))
    text = benchmark(lambda: model.generate(sentences=SENTENCES, rng=1))
    fast_rate = text.tokens.size / benchmark.stats.stats.min
    benchmark.extra_info["times nltk"] = round(fast_rate / slow_rate)
    print(
        f"\nwriting: {fast_rate:,.0f} tokens a second, nltk {slow_rate:,.0f}: "
        f"{fast_rate / slow_rate:,.0f} times"
        f"\nfitting: {fit:,.0f} tokens a second, nltk {slow_fit:,.0f}: {fit / slow_fit:,.0f} times"
    )
    assert fast_rate > 50_000 * slow_rate
    assert fit > 50 * slow_fit
