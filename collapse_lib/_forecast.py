"""The fate of a corpus from its word counts alone; public in `collapse_lib.vocabulary`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _validate, forgetting

LATEST = 10**6  # rounds
MOST = 10**12  # tokens


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is left of a corpus after rounds of writing n tokens and counting again.

    Attributes
    ----------
    tokens, words : int
        Number of tokens of the corpus, and of distinct words in it.
    n : int
        Tokens written in each round.
    rounds : ndarray of int, shape (rounds,)
        The rounds asked for; round 0 is the corpus.
    expected_vocabulary : ndarray of float, shape (rounds,)
        Exact mean number of distinct words that are left.
    lower, upper : ndarray of float, shape (rounds,)
        Proved bounds of it, which take a few arithmetic operations a count.
    names : tuple or None
        The words in the order of the input, where it named them.
    counts : ndarray of int
        Their counts, in the same order.
    """

    tokens: int
    words: int
    n: int
    rounds: NDArray[np.int64]
    expected_vocabulary: NDArray[np.float64]
    lower: NDArray[np.float64] = field(repr=False)
    upper: NDArray[np.float64] = field(repr=False)
    names: tuple[Any, ...] | None = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)

    @cached_property
    def half_life_by_count(self) -> dict[int, int | None]:
        """For each count, ascending, the first round by which such a word is lost with probability 1/2 or more.

        None where that takes more than 1,000,000 rounds: for ever, for a word that makes up half of the corpus.
        """
        counts = np.unique(self.counts[self.counts > 0])
        generations = forgetting.loss_quantile(counts / self.tokens, 0.5, n=self.n)
        return {
            count: int(k) if k <= LATEST else None
            for count, k in zip(counts.tolist(), generations.tolist(), strict=True)
        }

    def lost(self, k: int) -> NDArray[np.float64]:
        """Return the exact probability of each word that it is lost by round `k`.

        Parameters
        ----------
        k : int
            Round, 0 to 1,000,000.

        Returns
        -------
        ndarray of float, shape (words of the input,)
            In the order of the input; a word of count 0 has probability 1.

        Raises
        ------
        TypeError, ValueError
            If k is not such an integer.
        """
        k = _validate.integer("k", k, minimum=0, maximum=LATEST)
        counts, where = np.unique(self.counts, return_inverse=True)
        lost = [1 - forgetting.survival(count / self.tokens, n=self.n, k=k) for count in counts.tolist()]
        return np.array(lost)[where]

    def most_likely_lost(self, k: int, *, limit: int = 20) -> list[tuple[Any, float]]:
        """Return the words that are most likely lost by round `k`, with the probabilities.

        Parameters
        ----------
        k : int
            Round, 0 to 1,000,000.
        limit : int, default 20
            How many words at most, at least 1.

        Returns
        -------
        list of (word, float)
            Most likely first, equals in the order of the input; words of count 0 are left out. A word is its
            name, or its place in the input where that had no names.

        Raises
        ------
        TypeError, ValueError
            If an argument is not such an integer.
        """
        lost = self.lost(k)
        limit = _validate.integer("limit", limit, minimum=1)
        places = np.flatnonzero(self.counts > 0)
        first = places[np.argsort(-lost[places], kind="stable")[:limit]].tolist()
        return [(i if self.names is None else self.names[i], float(lost[i])) for i in first]


def forecast(counts: ArrayLike | Mapping[Any, int], *, rounds: ArrayLike, n: int | None = None) -> Forecast:
    """Forecast the fate of a corpus that is rewritten again and again, from its word counts.

    Round 0 is the corpus itself: its relative frequencies are the truth of the chain. Round j is the model
    after j rounds of writing n tokens and counting again.

    Parameters
    ----------
    counts : array_like of int, mapping or pandas Series
        How often each word occurs, or these numbers by word; at least 0, not all 0, together at most 10**12.
    rounds : int or array_like of int
        Rounds of interest, 0 to 1,000,000, at least one.
    n : int, optional
        Tokens written in each round, 1 to 10**12; by default as many as the corpus has.

    Returns
    -------
    Forecast
        The mean vocabulary, exact and between bounds; the half-life of each count; the probability that a word
        is lost.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Notes
    -----
    The chain of Suresh et al. (2025), Corollary 1. The mean vocabulary is
    :func:`collapse_lib.forgetting.expected_unique` (relative error below 1e-9), the bounds are the sharp ones
    of :func:`collapse_lib.forgetting.expected_unique_bounds`. Their distance is of the order of the round
    divided by n. The chapter is :doc:`/chapters/forgetting/your-text`.
    """
    names = None
    if isinstance(counts, Mapping) or (hasattr(counts, "index") and hasattr(counts, "to_numpy")):
        names = tuple(counts.keys())
        counts = list(counts.values()) if isinstance(counts, Mapping) else counts.to_numpy()
    array = _validate.integers("counts", counts, minimum=0, maximum=MOST)
    if array.ndim != 1:
        raise ValueError(f"counts must have one dimension, got shape {array.shape}")
    tokens = sum(array.tolist())
    if not 0 < tokens <= MOST:
        raise ValueError(f"counts must have a sum from 1 to {MOST:,}, got {tokens:,}")
    n = tokens if n is None else _validate.integer("n", n, minimum=1, maximum=MOST)
    rounds = np.atleast_1d(_validate.integers("rounds", rounds, minimum=0, maximum=LATEST))
    if rounds.ndim != 1 or not rounds.size:
        raise ValueError(f"rounds must be at least one integer, got {rounds!r}")
    present = array[array > 0]
    p = present / tokens
    mean = forgetting.expected_unique(p, n=n, k=rounds)
    lower, upper = forgetting.expected_unique_bounds(p, n=n, k=rounds, source="sharp")
    return Forecast(tokens, int(present.size), n, rounds, mean, lower, upper, names, array)
