"""Ways of writing, Kneser-Ney and the text itself: against plain Python and exact laws."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lib import forgetting, language
from collapse_lib.language import KneserNey, NGram, Text
from collapse_lib.language._text import _sentences
from collapse_lib.verification import binomial_interval

SENTENCES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=7)
PARTS = [(0, 1, 0, 2), (0, 2), (1, 0, 1), (1,), (0, 1, 0, 2), (2, 2, 0)]


def text(sentences):
    return Text([word for sentence in sentences for word in sentence], [len(s) for s in sentences])


def sentences(text):
    return [tuple(part.tolist()) for part in np.split(text.tokens, np.cumsum(text.lengths)[:-1])]


def raw(parts, order):
    """What follows each context, in plain Python; -1 is the boundary."""
    counts = defaultdict(Counter)
    for part in parts:
        walk = (-1, *part, -1)
        for i in range(len(walk) - 1):
            counts[walk[max(0, i + 2 - order) : i + 1]][walk[i + 1]] += 1
    return counts


def sharp(row, temperature, top_p):
    """The law of one context, in plain Python."""
    weight = {x: count ** (1 / temperature) for x, count in row.items()}
    total, law, kept = sum(weight.values()), {}, 0.0
    for x in sorted(weight, key=lambda x: (-weight[x], x)):
        if kept < top_p - 1e-9:
            law[x] = weight[x]
            kept += weight[x] / total
    return {x: value / sum(law.values()) for x, value in law.items()}


def likely(counts, trials, law):
    """Every probability lies in the binomial interval of its count."""
    assert set(counts) <= {x for x, p in law.items() if p > 0}
    for x, p in law.items():
        low, high = binomial_interval(counts[x], trials, error=1e-7)
        assert low <= p <= high


@settings(max_examples=60, deadline=None)
@given(SENTENCES, st.integers(2, 6), st.sampled_from([0.3, 0.9, 1.0, 2.5]), st.sampled_from([0.4, 0.8, 0.95, 1.0]))
def test_laws_are_those_of_the_counts(parts, order, temperature, top_p):
    model, largest = NGram(order).fit(text(parts)), max(max(part) for part in parts)
    for context, row in raw(parts, order).items():
        written = context[1:] if context[0] == -1 else context
        if context[0] != -1 and len(written) < order - 1:
            continue
        law = sharp(row, temperature, top_p)
        if context[0] != -1:  # the same words at a sentence's start would be another context
            written = next(p[: i + order - 1] for p in map(tuple, parts) for i in range(len(p) - order + 2)
                           if p[i : i + order - 1] == context)
            if len(written) < order - 1:
                continue
        found = model.probabilities(written, temperature=temperature, top_p=top_p)
        assert found.shape == (largest + 2,) and found.sum() == pytest.approx(1)
        assert {x: found[x] for x in law} == pytest.approx(law)
        assert np.count_nonzero(found) == len(law)


@pytest.mark.parametrize("order, temperature, top_p", [(2, 0.7, 1.0), (3, 1.6, 1.0), (2, 1.0, 0.8), (3, 0.8, 0.9)])
def test_sharpened_models_write_by_their_law(order, temperature, top_p):
    counts, trials = raw(PARTS, order), 40_000
    written = NGram(order).fit(text(PARTS)).generate(
        sentences=trials, rng=3, temperature=temperature, top_p=top_p, longest=30)
    steps = raw(sentences(written), order)
    for context in [(-1,), *list(steps)[:3]]:
        likely(steps[context], sum(steps[context].values()), sharp(counts[context], temperature, top_p))


def test_independent_words_are_the_chain_of_one_word():
    """Kept tokens: the counts are multinomial, mean and variance of the third generation exact."""
    real = text([(0, 1, 0), (2, 0), (3, 1, 1, 2, 0)])
    c, n, k = np.bincount(real.tokens), real.tokens.size, 3
    last = np.array([np.bincount(
        language.retrain(real, order=1, generations=k, rng=seed, length="tokens")[k].tokens, minlength=4)
        for seed in range(1500)])
    assert (last.sum(axis=1) == n).all()
    variance = n * c * (1 - c / n) * (1 - (1 - 1 / n) ** k)
    assert (np.abs(last.mean(axis=0) - c) < 5 * np.sqrt(variance / 1500)).all()
    squares = (last - c) ** 2
    assert (np.abs(squares.mean(axis=0) - variance) < 5 * squares.std(axis=0) / np.sqrt(1500)).all()
    for word in range(4):
        low, high = binomial_interval(int((last[:, word] > 0).sum()), 1500, error=1e-7)
        assert low <= forgetting.survival(c[word] / n, n=n, k=k) <= high


def test_order_one_keeps_sentences_and_costs_its_bits():
    model = NGram(1).fit(text(PARTS))
    n, s = sum(map(len, PARTS)), len(PARTS)
    counts = Counter(word for part in PARTS for word in part)
    law = model.probabilities([1])
    assert law[-1] == pytest.approx(s / n) and law[0] == pytest.approx((1 - s / n) * counts[0] / n)
    assert model.probabilities([])[:3] == pytest.approx([counts[x] / n for x in range(3)])
    bits = -sum(c * np.log2(c / n) for c in counts.values()) - s * np.log2(s / n) - (n - s) * np.log2(1 - s / n)
    assert model.entropy == pytest.approx(bits / (n + s))
    written = model.generate(sentences=40_000, rng=1)
    likely(Counter(part[0] for part in sentences(written)), 40_000, {x: counts[x] / n for x in counts})
    low, high = binomial_interval(int((written.lengths == 1).sum()), 40_000, error=1e-7)
    assert low <= s / n <= high
    one = NGram(1).fit(Text([4, 4], [1, 1]))  # sentences of one word stay that
    assert one.generate(sentences=9, rng=1).lengths.max() == 1 and one.entropy == 0


@pytest.mark.parametrize("model", [NGram(3), KneserNey(3, discount=0.0)], ids=str)
def test_sentences_start_anywhere_as_in_the_script(model):
    """In plain Python: a run of two words by its frequency, then on to the end, or 2 further words."""
    written = model.fit(text(PARTS)).generate(sentences=40_000, rng=2, start="anywhere", longest=2)
    runs = Counter(part[i : i + 2] for part in PARTS for i in range(len(part) - 1))
    after = defaultdict(Counter)
    for part in PARTS:
        for i in range(len(part) - 1):
            after[part[i : i + 2]][part[i + 2] if i + 2 < len(part) else -1] += 1
    law = Counter()
    for run, count in runs.items():
        for x, number in after[run].items():
            p = count / runs.total() * number / after[run].total()
            if x == -1:
                law[run] += p
                continue
            for y, more in after[run[1], x].items():
                law[(*run, x) if y == -1 else (*run, x, y)] += p * more / after[run[1], x].total()
    likely(Counter(sentences(written)), 40_000, law)


@pytest.mark.parametrize("model", [NGram(2), KneserNey(2)], ids=str)
def test_a_text_has_its_tokens_and_fair_sentences(model):
    """The first sentence of a text of few tokens has the law of a sentence: no length is preferred."""
    model.fit(text(PARTS))
    short = 0
    for seed in range(3000):
        written = model.generate(tokens=7, rng=seed)
        assert written.tokens.size == 7 == written.lengths.sum() and written.lengths.min() > 0
        short += int(written.lengths[0] == 1)
    low, high = binomial_interval(short, 3000, error=1e-7)
    assert low <= sum(model.probabilities([])[x] * model.probabilities([x])[-1] for x in range(3)) <= high


def oracle(parts, order, discount, written, words):
    """Interpolated Kneser-Ney by its definition."""
    walks = [(-1, *part, -1) for part in parts]

    def counts(context):
        m, found, before = len(context), Counter(), defaultdict(set)
        for walk in walks:
            for i in range(len(walk) - 1):
                part = walk[max(0, i + 1 - m) : i + 1] if m else ()
                if part == tuple(context):
                    found[walk[i + 1]] += 1
                    if i - m >= 0:
                        before[walk[i + 1]].add(walk[i - m])
        if m == order - 1 or (m and context[0] == -1):
            return found
        return Counter({x: len(ys) for x, ys in before.items()}) if m else Counter(
            {x: len({w[i] for w in walks for i in range(len(w) - 1) if w[i + 1] == x}) for x in found})

    def law(context):
        row = counts(context)
        total = sum(row.values())
        if not context:
            return {x: row[x] / total for x in (-1, *range(words))}
        shorter = law(context[1:])
        if context == (-1,):
            shorter = {x: 0 if x == -1 else p / (1 - shorter[-1]) for x, p in shorter.items()}
        if not total:
            return shorter
        back = discount * len(row) / total
        return {x: max(row[x] - discount, 0) / total + back * p for x, p in shorter.items()}

    return law((-1, *written)[-(order - 1) :])


@settings(max_examples=60, deadline=None)
@given(SENTENCES, st.integers(2, 5), st.sampled_from([0.0, 0.4, 0.75, 1.0]), st.lists(st.integers(0, 3), max_size=5))
def test_kneser_ney_by_its_definition(parts, order, discount, written):
    parts = [tuple(part) for part in parts]
    words = max(max(part) for part in parts) + 1
    written = [word for word in written if word < words]
    found = KneserNey(order, discount=discount).fit(text(parts)).probabilities(written)
    exact = oracle(parts, order, discount, tuple(written), words)
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx([exact[x] for x in (*range(words), -1)])


@pytest.mark.parametrize("order", [2, 3, 4])
def test_kneser_ney_writes_by_its_law(order):
    model = KneserNey(order).fit(text(PARTS))
    written = sentences(model.generate(sentences=40_000, rng=1))
    for start in [(), (0,), (0, 1), (2, 2)]:
        steps = Counter((*part, -1)[len(start)] for part in written if part[: len(start)] == start)
        law = model.probabilities(start)
        likely(steps, steps.total(), {x: law[x] for x in (-1, 0, 1, 2)})


def test_without_a_discount_it_is_maximum_likelihood():
    plain, smooth = NGram(3).fit(text(PARTS)), KneserNey(3, discount=0).fit(text(PARTS))
    for written in [(), (0,), (0, 1), (0, 1, 0), (2, 2)]:
        assert smooth.probabilities(written) == pytest.approx(plain.probabilities(written))


def test_retraining_takes_models_and_rules():
    real = language.corpus()[0]
    for model in (KneserNey(3), NGram(2)):
        texts = language.retrain(real, model=model, generations=2, rng=1, length="tokens", start="anywhere",
                                 longest=50)
        assert [t.tokens.size for t in texts] == [real.tokens.size] * 3
        assert set(texts[2].words) < set(texts[1].words) < set(real.words)
        assert texts[1].lengths.max() <= 50 + model.order - 1
    with pytest.raises(ValueError, match="fit"):
        model.generate(sentences=1, rng=1)
    cool = language.retrain(real, order=2, generations=2, rng=1, temperature=0.8)
    warm = language.retrain(real, order=2, generations=2, rng=1)
    assert cool[2].words.size < warm[2].words.size


def test_the_text_and_its_tokens():
    assert _sentences("And [he] said, Let there be light: and God’s-light\nwas! 'Yea' 3 times? ... no") == [
        ["and", "he", "said", "let", "there", "be", "light", "and", "god's-light", "was"],
        ["yea", "times"], ["no"]]
    assert _sentences("''-'. it's' -co-op-") == [["it's", "co-op"]]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("held_out", ["tenth", "contiguous"])
def test_no_sentence_set_aside_is_learned(whole, held_out):
    real, held, vocabulary = language.corpus(whole=whole, held_out=held_out)
    assert not set(sentences(real)) & set(sentences(held))
    assert real.tokens.size > (700_000 if whole else 200_000) and held.tokens.max() == len(vocabulary)
    assert real.words.size == len(vocabulary)
    spoken = held.tokens < len(vocabulary)
    assert 0.95 < spoken.mean() < 1
    last = " ".join(vocabulary[w] if w < len(vocabulary) else "?" for w in held.tokens[-8:])
    if whole and held_out == "contiguous":
        assert last.endswith("be with the saints")  # "Amen" is a sentence elsewhere


GOOD = text([(0, 1, 0), (1,)])


@pytest.mark.parametrize("call, error, named", [
    (lambda: NGram(0), ValueError, "order"),
    (lambda: KneserNey(1), ValueError, "order"),
    (lambda: KneserNey(3, discount=1.5), ValueError, "discount"),
    (lambda: KneserNey(3).generate(sentences=1, rng=1), ValueError, "fit"),
    (lambda: KneserNey(3).fit([1]), TypeError, "text"),
    (lambda: NGram(2).fit(GOOD).generate(rng=1), ValueError, "sentences and tokens"),
    (lambda: NGram(2).fit(GOOD).generate(rng=1, sentences=2, tokens=2), ValueError, "sentences and tokens"),
    (lambda: NGram(2).fit(GOOD).generate(rng=1, tokens=0), ValueError, "tokens"),
    (lambda: NGram(2).fit(GOOD).generate(rng=1, tokens=9, start="here"), ValueError, "start"),
    (lambda: NGram(5).fit(GOOD).generate(rng=1, tokens=9, start="anywhere"), ValueError, "start"),
    (lambda: KneserNey(5).fit(GOOD).generate(rng=1, tokens=9, start="anywhere"), ValueError, "start"),
    (lambda: NGram(2).fit(GOOD).generate(rng=1, tokens=9, temperature=0), ValueError, "temperature"),
    (lambda: NGram(2).fit(GOOD).generate(rng=1, tokens=9, top_p=1.1), ValueError, "top_p"),
    (lambda: NGram(2).fit(text([(0, 1, 0, 1, 0, 1)])).generate(rng=1, tokens=9, top_p=0.5), ValueError, "longest"),
    (lambda: NGram(2).fit(GOOD).probabilities([7]), ValueError, "written"),
    (lambda: NGram(3).fit(GOOD).probabilities([[0, 1]]), ValueError, "written"),
    (lambda: NGram(2).fit(GOOD).probabilities(0), ValueError, "written"),
    (lambda: KneserNey(2).fit(GOOD).probabilities([[0, 1]]), ValueError, "written"),
    (lambda: KneserNey(2).fit(GOOD).probabilities(None), TypeError, "written"),
    (lambda: NGram(2).probabilities([]), ValueError, "fit"),
    *((lambda m=model, w=written: m.fit(GOOD).probabilities(w), (TypeError, ValueError), "^written must ")
      for model in (NGram(2), KneserNey(2)) for written in (None, 1, [[0, 1]], [0.5], ["0"], True, "0")),
    *((lambda m=model, s=size: m.fit(GOOD).generate(rng=1, **{s: 10**30}), ValueError, f"^{size} must ")
      for model in (NGram(2), KneserNey(2)) for size in ("sentences", "tokens")),
    (lambda: language.retrain(GOOD, order=2, generations=10**30, rng=1), ValueError, "^generations must "),
    (lambda: language.retrain(GOOD, generations=1, rng=1), ValueError, "order and model"),
    (lambda: language.retrain(GOOD, model=3, generations=1, rng=1), TypeError, "model"),
    (lambda: language.retrain(GOOD, order=2, generations=1, rng=1, length="words"), ValueError, "length"),
    (lambda: language.retrain(GOOD, order=2, generations=1, rng=1, tokens=3), TypeError, "length"),
    (lambda: language.corpus(whole=1), TypeError, "whole"),
    (lambda: language.corpus(held_out="first"), ValueError, "held_out"),
])
def test_bad_arguments_are_named(call, error, named):
    with pytest.raises(error, match=named):
        call()
