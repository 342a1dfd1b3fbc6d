"""The tables of counts against the figures stated for them."""

import csv
from importlib.resources import files

import numpy as np

from collapse_lib import data


def test_the_table_is_the_one_described() -> None:
    occurrences, words = data.wikitext2_frequency_of_frequencies()
    assert occurrences.shape == words.shape == (351,)
    assert occurrences.dtype == words.dtype == np.int64
    assert np.all(np.diff(occurrences) > 0) and np.all(words > 0)
    assert words.sum() == 19_919 and (occurrences * words).sum() == 436_577
    assert (occurrences[0], words[0]) == (1, 4378)


def test_the_table_is_what_the_file_says() -> None:
    text = (files(data) / "wikitext2_frequency_of_frequencies.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    occurrences, words = data.wikitext2_frequency_of_frequencies()
    assert [int(row["occurrences"]) for row in rows] == occurrences.tolist()
    assert [int(row["words"]) for row in rows] == words.tolist()


def test_the_counts_spell_out_the_table() -> None:
    counts = data.wikitext2_counts()
    assert counts.shape == (19_919,) and counts.dtype == np.int64
    assert counts.sum() == 436_577
    assert np.all(np.diff(counts) <= 0)
    occurrences, words = data.wikitext2_frequency_of_frequencies()
    assert dict(zip(*np.unique(counts, return_counts=True), strict=True)) == dict(
        zip(occurrences, words, strict=True)
    )


def test_the_third_most_frequent_word_is_the_mark_of_rare_words() -> None:
    counts = data.wikitext2_counts()
    assert counts[:4].tolist() == [32_368, 14_455, 14_051, 12_624]
    assert round(100 * counts[2] / counts.sum(), 1) == 3.2
    stated = data.wikitext2_frequency_of_frequencies.__doc__
    for number in ("512,615", "436,577", "19,919", "14,051", "3.2 %"):
        assert number in stated


def test_each_call_gives_an_array_of_its_own() -> None:
    data.wikitext2_counts()[:] = 0
    assert data.wikitext2_counts().sum() == 436_577
