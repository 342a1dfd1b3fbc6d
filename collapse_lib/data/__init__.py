"""Small tables of counts that come with the library. No text, only how often words occur."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

__all__ = ["wikitext2_counts", "wikitext2_frequency_of_frequencies"]


def wikitext2_frequency_of_frequencies() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many distinct words occur how often in the seed paper's WikiText-2 sample.

    Returns
    -------
    occurrences : ndarray of int, shape (351,)
        The numbers of occurrences that some word has, ascending.
    words : ndarray of int, shape (351,)
        How many distinct words occur exactly so often.

    Notes
    -----
    The sample is the file ``train_sampled.txt`` that Suresh, Thangaraj and Khandavally published with "Rate of
    Model Collapse in Recursive Training" (2025): part of WikiText-2, 512,615 words between white space. Their
    notebook lower-cases it, replaces every run of non-word characters by a space and splits it at spaces;
    that makes 436,577 tokens of 19,919 distinct words. The third most frequent, with 14,051 tokens (3.2 %),
    is not a word but ``unk``, the mark that stands in WikiText-2 for all rare words. Words of equal count are
    exchangeable, so the experiment on single words depends on nothing else.
    The chapter is :doc:`/chapters/forgetting/vocabulary`.
    """
    with (files(__name__) / "wikitext2_frequency_of_frequencies.csv").open(encoding="utf-8") as table:
        occurrences, words = np.loadtxt(table, dtype=np.int64, delimiter=",", skiprows=1, unpack=True)
    return occurrences, words


def wikitext2_counts() -> NDArray[np.int64]:
    """Counts of all 19,919 words of the seed paper's WikiText-2 sample, most frequent first.

    Returns
    -------
    ndarray of int, shape (19919,)
        Occurrences of each distinct word, descending; they sum to 436,577 tokens.

    Notes
    -----
    Made from :func:`wikitext2_frequency_of_frequencies`, which states the source.
    The chapter is :doc:`/chapters/forgetting/vocabulary`.
    """
    occurrences, words = wikitext2_frequency_of_frequencies()
    return np.repeat(occurrences, words)[::-1].copy()
