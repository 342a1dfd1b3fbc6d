"""What the tests of the theory share: its chains as matrices, and what hypothesis draws."""

from itertools import product
from math import perm

import numpy as np
from hypothesis import strategies as st
from scipy.stats import binom, multinomial

from collapse_lib.forgetting._occupancy import occupancy_rows

SOURCES = ("paper", "sharp")

# below 1e-300 numbers lose their relative accuracy, so nothing is asked of them
TINY = 1e-300
probability = st.one_of(st.floats(1e-290, 1), st.sampled_from([0, 1e-290, 1e-12, 0.5, 1 - 1e-12, 1]))
sizes = st.one_of(st.integers(1, 80), st.sampled_from([400, 1_500]))
generations = st.lists(st.integers(0, 3_000), min_size=1, max_size=5)
SLACK = 1e-11


def transfer_matrix(n):
    """Wright-Fisher transition probabilities between the counts 0, ..., n."""
    counts = np.arange(n + 1)
    return binom.pmf(counts[None, :], n, counts[:, None] / n)


def forward(n, p0, generations):
    """Laws of the count in generations 1, ..., `generations`."""
    matrix, law, laws = transfer_matrix(n), binom.pmf(np.arange(n + 1), n, p0), []
    for _ in range(generations):
        laws.append(law)
        law = law @ matrix
    return np.array(laws)


def all_counts(n, words):
    """Every vector of `words` counts that sum to n, shape (states, words)."""
    return np.array([state for state in product(range(n + 1), repeat=words) if sum(state) == n])


def vocabulary_laws(p, n, generations):
    """The states of a small vocabulary, its transition matrix, and its laws in generations 1, ..."""
    states = all_counts(n, len(p))
    matrix = np.array([multinomial.pmf(states, n, state / n) for state in states])
    laws = [multinomial.pmf(states, n, p)]
    while len(laws) < generations:
        laws.append(laws[-1] @ matrix)
    return states, matrix, np.array(laws)


def occupancy_matrix(n):
    """Probability that m balls occupy a of n boxes, in Stirling numbers (integers): shape (n, n)."""
    stirling = [[1] + [0] * (n - 1)]
    for m in range(2, n + 1):
        last = stirling[-1]
        stirling.append([(a + 1) * last[a] + (last[a - 1] if a else 0) for a in range(n)])
    ways = [[number * perm(n, a) for a, number in enumerate(row, 1)] for row in stirling]
    return np.array([[way / n**m for way in row] for m, row in enumerate(ways, 1)])


def sweep(values):
    """E sum over k >= 1 of f(A_k) from A_1 = n, for each column f(1), ..., f(n) of `values`, where f(1) = 0.

    One pass over all n states. From A = m the chain stays at m or goes down, so the sum from m on is
    (f(m) + sum of the sums from lower states, weighted by their probabilities)/Pr(it goes down).
    """
    values = np.asarray(values, dtype=float)
    total = np.zeros_like(values)
    for balls, low, row in occupancy_rows(len(values)):
        if balls > 1:
            lower = row[:-1] if low + row.size - 1 == balls else row
            later = lower @ total[low - 1 : low - 1 + lower.size]
            total[balls - 1] = (values[balls - 1] + later) / lower.sum()
    return total[-1]
