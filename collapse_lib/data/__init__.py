"""Small tables that come with the library: how often words occur (no text), what models made of them, and speeds."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

__all__ = ["neural", "ngrams", "performance", "wikitext2_counts", "wikitext2_frequency_of_frequencies"]

_TEXTS = ("what", "against", "kind", "part", "model", "class")  # columns that are no numbers
_Rows = list[dict[str, str | float | None]]


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


def ngrams() -> tuple[dict[str, str], _Rows]:
    """n-gram models that read their own writing, by the counts of their words.

    Returns
    -------
    about : dict of str to str
        ``date``, ``runs`` of each model, ``generations``, ``seeds``, ``minutes`` it took, ``processes``, ``system``,
        ``processor``, ``processors``, versions of ``python``, ``numpy`` and ``scipy``, and the SHA-256 of the
        ``script``, of the ``library`` (the modules of `collapse_lib.language`) and of the ``text``.
    rows : list of dict
        One for each ``model``, ``class`` of words by their count c in the real text (``"1"``, ``"2-3"``, ...,
        ``"101+"``) of so many ``words``, and generation ``k``: the averages over the class of N_k / c (``mean``),
        (N_k - c)^2 / c (``spread``) and of "N_k > 0" (``used``); the class ``"all"`` has ``used``, of all words, and
        the ``tokens`` of the text. Each is a mean over the runs, with its standard error (``mean_se``, ...). None
        where there is none.

    Notes
    -----
    ``make experiment-ngrams`` writes the table. The page is :doc:`/chapters/forgetting/words-by-count`.
    """
    return _read("ngrams.csv")


def performance() -> tuple[dict[str, str], _Rows]:
    """Measured speeds of the library, and when and on what they were measured.

    Returns
    -------
    about : dict of str to str
        ``date`` (year-month-day), ``system``, ``processor``, ``processors`` (how many), ``load`` (processes that
        wanted one, averaged over the last minute of the run), the versions of ``python``, ``numpy``, ``scipy``,
        ``nltk`` and ``msprime`` (or ``"not installed"``), and ``benchmarks``, the SHA-256 of the files that measure.
    speeds : list of dict
        One for each task and way to do it: ``what`` is done, ``against`` which naive way (empty: none was run);
        ``seconds`` and ``naive``, processor seconds of all threads, medians over the rounds; ``ratio`` of the two,
        median over the rounds, and its ``least`` and ``most``; ``floor`` of the median ratio and ``limit`` of the
        fastest round's seconds, below and above which ``make benchmark`` fails. None where there is none.

    Notes
    -----
    ``make benchmark`` writes the table. The page is :doc:`/chapters/reference/performance`.
    """
    return _read("performance.csv")


def neural() -> tuple[dict[str, str], _Rows]:
    """Small neural language models that read their own writing: what became of the words.

    Returns
    -------
    about : dict of str to str
        Provenance: ``date``, ``system``, ``processor``, ``processors``, the versions of ``python``, ``numpy``,
        ``jax`` and ``jaxlib``; ``workers`` (processes) and the ``minutes`` they took; ``script`` and ``text``,
        SHA-256 of the script and of what it read; ``settings`` (JSON); ``tokens``, ``words`` and ``held-out tokens``
        of the text; ``generations`` of each run.
    rows : list of dict
        ``kind`` of the run, ``seed``, ``generation`` (the number of fits so far) and ``part``. Where part is
        ``"text"``: ``words`` that occur ``low`` times in the real text. ``"run"``: ``words`` in use, ``perplexity``
        on held-out real text and ``own`` on what was read, ``epochs``, ``seconds``. ``"class"``: of the ``words``
        with a real count from ``low`` to ``high``, and ``"next"``: of those with such a count in the text that was
        read: this count's mean (``before``), ``mean`` of the count that was written, its ``variance`` (mean of
        (count - r before)^2 / before with r the ratio of the means; without the division where before is 0), the
        share ``present``, the count that the model ``expected`` (its probabilities added up along the text) and the
        ``spread`` of that, measured as ``variance`` is; for classes the words that were ``absent`` and of these
        ``returned``; for ``"next"`` the ``dispersion``, squared distances of written from expected counts over the
        expected counts. None where there is none.

    Notes
    -----
    ``make experiment-neural`` writes the table. The page is :doc:`/chapters/forgetting/neural`.
    """
    return _read("neural.csv")


def _read(name: str) -> tuple[dict[str, str], _Rows]:
    """Lines of comment with the provenance, then rows."""
    lines = (files(__name__) / name).read_text(encoding="utf-8").splitlines()
    about = dict(line.removeprefix("# ").split(": ", 1) for line in lines if line.startswith("# "))
    rows: _Rows = []
    for row in csv.DictReader(line for line in lines if not line.startswith("# ")):
        rows.append({key: text if key in _TEXTS else float(text) if text else None for key, text in row.items()})
    return about, rows
