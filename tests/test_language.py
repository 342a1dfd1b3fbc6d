"""n-gram models that read their own writing: counts against plain Python, laws against exact ones."""

import sys
from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lib import forgetting, language
from collapse_lib.language import NGram, Text
from collapse_lib.verification import binomial_interval

SENTENCES = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=9), min_size=1, max_size=8)


def text(sentences):
    return Text([word for sentence in sentences for word in sentence], [len(s) for s in sentences])


def sentences(text):
    return [tuple(part.tolist()) for part in np.split(text.tokens, np.cumsum(text.lengths)[:-1])]


def table(parts, order):
    """What follows each context, in plain Python; -1 is the boundary."""
    counts = defaultdict(Counter)
    for part in parts:
        walk = (-1, *part, -1)
        for i in range(len(walk) - 1):
            counts[walk[max(0, i + 2 - order) : i + 1]][walk[i + 1]] += 1
    return counts


@pytest.fixture(scope="module")
def corpus():
    return language.corpus()


@settings(max_examples=60, deadline=None)
@given(SENTENCES, st.integers(2, 12))
def test_entropy_is_that_of_the_counts(parts, order):
    counts = table(parts, order)
    total = sum(sum(row.values()) for row in counts.values())
    bits = sum(
        count * np.log2(sum(row.values()) / count) for row in counts.values() for count in row.values()
    )
    assert NGram(order).fit(text(parts)).entropy == pytest.approx(bits / total, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(SENTENCES, st.integers(2, 12), st.integers(0, 2**32))
def test_every_ngram_written_was_read(parts, order, seed):
    counts = table(parts, order)
    written = NGram(order).fit(text(parts)).generate(sentences=20, rng=seed)
    assert written.lengths.size == 20 and written.lengths.sum() == written.tokens.size
    new = table(sentences(written), order)
    assert all(row.keys() <= counts[context].keys() for context, row in new.items())


@pytest.mark.parametrize("order", [2, 3, 4])
def test_sentences_have_their_probability(order):
    """50,000 sentences in one call, many more than are written side by side."""
    parts = [(0, 1, 0, 2), (0, 2), (1, 0, 1), (1,), (0, 1, 0, 2), (2, 2, 0)]
    counts, trials = table(parts, order), 50_000
    written = sentences(NGram(order).fit(text(parts)).generate(sentences=trials, rng=1))
    assert len(written) == trials
    for sentence, count in Counter(written).most_common(6):
        walk, probability = (-1, *sentence, -1), 1.0
        for i in range(len(walk) - 1):
            row = counts[walk[max(0, i + 2 - order) : i + 1]]
            probability *= row[walk[i + 1]] / sum(row.values())
        low, high = binomial_interval(count, trials, error=1e-7)
        assert low <= probability <= high


def test_long_contexts_write_whole_sentences(corpus):
    real = corpus[0]
    written = NGram(1000).fit(real).generate(sentences=3000, rng=1)
    assert set(sentences(written)) <= set(sentences(real))


def test_many_batches_keep_the_mean_length(corpus):
    real = corpus[0]
    lengths = NGram(2).fit(real).generate(sentences=70_000, rng=1).lengths
    error = lengths.std() / np.sqrt(lengths.size)
    assert lengths.size == 70_000
    assert abs(lengths.mean() - real.lengths.mean()) < 5 * error


def test_longest_cuts_and_only_cuts(corpus):
    model = NGram(2).fit(corpus[0])
    written = model.generate(sentences=5000, rng=1, longest=12)
    free = model.generate(sentences=5000, rng=2)
    assert written.lengths.max() == 12 and written.tokens.max() < len(corpus[2])
    expected = np.minimum(free.lengths, 12)
    error = np.hypot(written.lengths.std(), expected.std()) / np.sqrt(5000)
    assert abs(written.lengths.mean() - expected.mean()) < 5 * error
    same = model.generate(sentences=50, rng=3, longest=10**6), model.generate(sentences=50, rng=3)
    assert np.array_equal(same[0].tokens, same[1].tokens)


def test_the_first_words_are_a_multinomial_chain():
    parts = [(0, 1), (0, 2, 1), (0,), (3, 1), (4, 4, 1, 0), (2, 1)]
    distinct = []
    for seed in range(300):
        last = language.retrain(text(parts), order=2, generations=3, rng=seed)[3]
        distinct.append(np.unique(last.tokens[np.cumsum(last.lengths) - last.lengths]).size)
    expected = forgetting.expected_unique(np.array([3, 1, 1, 1]) / 6, n=6, k=3)
    assert abs(np.mean(distinct) - expected) < 5 * np.std(distinct) / np.sqrt(300)


def test_retraining_starts_with_the_text_and_loses_words(corpus):
    texts = language.retrain(corpus[0], order=2, generations=3, rng=1)
    assert texts[0] is corpus[0] and len(texts) == 4
    for before, after in zip(texts, texts[1:]):
        assert after.lengths.size == before.lengths.size
        assert set(after.words) < set(before.words)
        assert set(map(tuple, after.bigrams)) < set(map(tuple, before.bigrams))
    again = language.retrain(corpus[0], order=2, generations=3, rng=1)
    assert np.array_equal(again[3].tokens, texts[3].tokens)


def test_held_out_by_hand():
    read, real = text([(0, 1), (0, 0)]), text([(0, 2)])
    coverage, perplexity = language.held_out(read, real, order=2, vocabulary=3)
    first = 0.5 * 1 + 0.5 * (0.5 * 3 / 6 + 0.5 / 4)  # 0 at the start
    second = 0.5 * 0 + 0.5 * (0.5 * 0 + 0.5 / 4)  # 2 after 0
    third = 0.5 * 2 / 6 + 0.5 / 4  # the end after 2, which the text lacks
    assert coverage == pytest.approx(1 / 3)
    assert perplexity == pytest.approx((first * second * third) ** (-1 / 3))


def test_held_out_stays_finite_and_is_best_on_the_text_itself(corpus):
    real, held, vocabulary = corpus
    own = language.held_out(real, real, order=3, vocabulary=len(vocabulary) + 1)
    other = language.held_out(real, held, order=3, vocabulary=len(vocabulary) + 1)
    assert own[0] == 1 and own[1] < other[1] < np.inf and other[0] < 1


def test_corpus(corpus):
    real, held, vocabulary = corpus
    assert real.tokens.size >= 200_000 and held.tokens.size > 20_000
    assert vocabulary == sorted(vocabulary) and real.words.size == len(vocabulary)
    assert held.tokens.max() == len(vocabulary)
    assert real.read(vocabulary, 0) == "in the beginning god created the heavens and the earth"
    assert all(word.replace("'", "").replace("-", "").isalpha() for word in vocabulary)


def test_an_order_beyond_the_longest_sentence_costs_nothing():
    one, other = text([(0, 1, 0), (1,)]), text([(1, 0, 1, 0), (0, 1)])
    assert language.held_out(one, other, order=10**18, vocabulary=2) == language.held_out(one, other, order=9, vocabulary=2)


GOOD = Text([0, 1, 0], [2, 1])


def test_an_interrupted_fit_leaves_one_model_or_the_other_whole():
    old, new = text([(0, 1, 2), (2, 1)] * 9), text([(5, 3), (4, 4, 3, 5, 0)] * 7)

    def written(model):
        return model.generate(sentences=40, rng=1).tokens.tolist(), model.entropy

    whole = [written(NGram(3).fit(old)), written(NGram(3).fit(new))]
    step, interrupted = 0, True
    while interrupted:
        step, left = step + 1, [step + 1]

        def trace(frame, event, _, left=left):
            if "collapse_lib" in frame.f_code.co_filename and event == "line":
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
            return trace

        model = NGram(3).fit(old)
        sys.settrace(trace)
        try:
            model.fit(new)
            interrupted = False
        except KeyboardInterrupt:
            assert written(model) in whole
        finally:
            sys.settrace(None)
    assert step > 20 and written(model) == whole[1]


def test_texts_of_every_make_are_the_same_text():
    for tokens in (np.array([0, 1, 0], np.uint8), pd.Series([0, 1, 0], index=[5, 6, 7]), (0, 1, 0)):
        same = Text(tokens, np.array([2, 1], np.int16)[::1])
        assert same.tokens.tolist() == [0, 1, 0] and same.tokens.dtype == np.int64
        assert same.bigrams.tolist() == GOOD.bigrams.tolist()
    mine = np.array([0, 1, 0])
    made = Text(mine, [2, 1])
    mine[:] = 9
    assert made.tokens.tolist() == [0, 1, 0]
    written = NGram(np.int8(2)).fit(made).generate(sentences=np.array(3), rng=np.array(1), longest=10**30)
    assert written.lengths.size == 3 and made.read(["a", "b"], np.array(0)) == "a b"


def test_odd_but_legal_texts():
    lone = Text([10**7 - 1], [1])
    assert NGram(2).fit(lone).generate(sentences=2, rng=1).tokens.tolist() == [10**7 - 1] * 2
    assert NGram(10**30).fit(lone).entropy == 0 and lone.words.tolist() == [10**7 - 1]
    assert language.held_out(lone, lone, order=50, vocabulary=10**7)[0] == 1
    assert language.retrain(lone, order=2, generations=1, rng=1, longest=1)[1].tokens.tolist() == [10**7 - 1]


@pytest.mark.parametrize(
    "call, error, named",
    [
        (lambda: Text([0, -1], [2]), ValueError, "tokens"),
        (lambda: Text([0.5, 1], [2]), TypeError, "tokens"),
        (lambda: Text([[0, 1]], [2]), ValueError, "tokens"),
        (lambda: Text([0, 1], [2, 0]), ValueError, "lengths"),
        (lambda: Text([0, 1], [1]), ValueError, "lengths"),
        (lambda: NGram(0), ValueError, "order"),
        (lambda: NGram(2.0), TypeError, "order"),
        (lambda: NGram(2).fit([0, 1]), TypeError, "text"),
        (lambda: NGram(2).generate(sentences=1, rng=1), ValueError, "fit"),
        (lambda: NGram(2).entropy, ValueError, "fit"),
        (lambda: NGram(2).fit(GOOD).generate(sentences=0, rng=1), ValueError, "sentences"),
        (lambda: NGram(2).fit(GOOD).generate(sentences=1, rng=1, longest=0), ValueError, "longest"),
        (lambda: NGram(2).fit(GOOD).generate(sentences=1, rng="1"), TypeError, "rng"),
        (lambda: language.retrain(GOOD, order=2, generations=0, rng=1), ValueError, "generations"),
        (lambda: language.retrain([1], order=2, generations=1, rng=1), TypeError, "text"),
        (lambda: language.held_out(GOOD, GOOD, order=2, vocabulary=1), ValueError, "text"),
        (lambda: language.held_out(GOOD, [0], order=2, vocabulary=2), TypeError, "real"),
        (lambda: GOOD.read(["a", "b"], 2), ValueError, "sentence"),
        (lambda: GOOD.read(["a"], 0), ValueError, "vocabulary"),
        (lambda: Text([10**7], [1]), ValueError, "tokens"),
        (lambda: language.held_out(GOOD, GOOD, order=2, vocabulary=10**18), ValueError, "vocabulary"),
    ],
)
def test_bad_arguments_are_named(call, error, named):
    with pytest.raises(error, match=named):
        call()
