"""Submissions of assignment 4, with the marks that each must get."""

from submissions import Submission

SAMPLE = """
source_entropy = {entropy}
missing = {missing}
missing_mass = {mass}
"""
ONE = {
    "entropy": "-np.sum(p * np.log(p))",
    "missing": "np.sum((1 - p)**n)",
    "mass": "np.sum(p * (1 - p)**n)",
}
ENTROPY = """
def mean_entropy(p, *, n, k):
    {zero}
    j = np.arange(n + 1)
    laws = binom.pmf(j, n, p[:, None]).sum(axis=0)
    step = binom.pmf(j, n, j[:, None] / n)
    for _ in range({steps}):
        laws = laws @ step
    return {answer}
"""
LEFT = {
    "zero": "if k == 0:\n        return np.sum(entr(p))",
    "steps": "k - 1",
    "answer": "laws @ entr(j / n)",
}
WORDS = """
def simulate_vocabulary(p, *, n, generations, trajectories, rng):
    {first}
    counts = np.zeros((trajectories, generations, len(p)), dtype=int)
    now = np.tile(p, (trajectories, 1))
    for k in range(generations):
        counts[:, k] = {draw}
        now = counts[:, k] / n
    return {answer}
"""
DRAWN = {"first": "pass", "draw": "rng.multinomial(n, now)", "answer": "counts"}
HALVES = """
j = np.arange(n + 1)
step = binom.pmf(j, n, j[:, None] / n)
laws = [binom.pmf(j, n, p[:, None]).sum(axis=0)]
while laws[-1] @ entr(j / n) > {level}:
    laws.append(laws[-1] @ step)
half_entropy, entropy_then = len(laws), laws[-1] @ entr(j / n)
half_words = next(k for k, law in enumerate(laws, start=1) if m - law[0] <= m / 2)
"""

SUBMISSIONS = [
    Submission(
        "word by word",
        {
            "q1": """
from math import exp, log, log1p
source_entropy = sum(w * log(1 / w) for w in p)
missing = sum(exp(n * log1p(-w)) for w in p)
missing_mass = float(p @ np.exp(n * np.log1p(-p)))
""",
            "q2": """
def mean_entropy(p, *, n, k):
    def eta(x):
        return -x * np.log(x) if x > 0 else 0.0

    worth = np.array([eta(j / n) for j in range(n + 1)])  # of each count, so many generations ahead
    if k == 0:
        return sum(eta(w) for w in p)
    for _ in range(k - 1):
        worth = np.array([binom.pmf(np.arange(n + 1), n, j / n) @ worth for j in range(n + 1)])
    return sum(binom.pmf(np.arange(n + 1), n, w) @ worth for w in p)
""",
            "q3": """
def simulate_vocabulary(p, *, n, generations, trajectories, rng):
    now, result = np.tile(p, (trajectories, 1)), []
    for _ in range(generations):
        drawn = rng.random((trajectories, n, 1)) > now.cumsum(axis=1)[:, None, :]
        words = np.minimum(drawn.sum(axis=2), len(p) - 1)
        result.append(np.array([(words == word).sum(axis=1) for word in range(len(p))]).T)
        now = result[-1] / n
    return np.array(result).transpose(1, 0, 2)
""",
            "q4": """
half_entropy, M = 1, binom.pmf(np.arange(n + 1), n, np.arange(n + 1)[:, None] / n)
law = [binom.pmf(np.arange(n + 1), n, w) for w in p]
while (entropy_then := sum(one @ entr(np.arange(n + 1) / n) for one in law)) > source_entropy / 2:
    law, half_entropy = [one @ M for one in law], half_entropy + 1
law, half_words = [binom.pmf(np.arange(n + 1), n, w) for w in p], 1
while sum(1 - one[0] for one in law) > m / 2:
    law, half_words = [one @ M for one in law], half_words + 1
""",
        },
        {},
        "right",
    ),
    Submission(
        "by matrix powers and a chain of binomial draws",
        {
            "q2": """
def mean_entropy(p, *, n, k):
    j = np.arange(n + 1)
    if k < 1:
        return float(entr(p).sum())
    ahead = np.linalg.matrix_power(binom.pmf(j, n, j[:, None] / n), k - 1) @ entr(j / n)
    return float((binom.pmf(j[:, None], n, p) * ahead[:, None]).sum())
""",
            "q3": """
def simulate_vocabulary(p, *, n, generations, trajectories, rng):
    now, result = np.broadcast_to(p, (trajectories, len(p))), []
    for _ in range(generations):
        left, rest, columns = np.full(trajectories, n), np.ones(trajectories), []
        for word in range(len(p) - 1):
            share = np.divide(now[:, word], rest, out=np.zeros(trajectories), where=left > 0)
            drawn = rng.binomial(left, np.clip(share, 0, 1))
            columns.append(drawn)
            left, rest = left - drawn, rest - now[:, word]
        result.append(np.stack([*columns, left], axis=1))
        now = result[-1] / n
    return np.stack(result, axis=1)
""",
        },
        {},
        "right",
    ),
    Submission(
        "bits for nats",
        {
            "q1": SAMPLE.format(**{**ONE, "entropy": "-np.sum(p * np.log2(p))"}),
            "q2": ENTROPY.format(
                zero="pass", steps="k - 1", answer="(laws @ entr(j / n) if k else sum(entr(p))) / np.log(2)"
            ),
            "q4": HALVES.format(level="np.sum(entr(p)) / 2") + "entropy_then /= np.log(2)\n",
        },
        {"q1-test": 1.0, "q2-test": 0.0, "q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "decimal logarithms; the Poisson approximation",
        {
            "q1": SAMPLE.format(
                entropy="-np.sum(p * np.log10(p))",
                missing="np.sum(np.exp(-n * p))",
                mass="np.sum(p * np.exp(-n * p))",
            )
        },
        {"q1-test": 0.5},
        "wrong",
    ),
    Submission(
        "the share of words for their mass",
        {"q1": SAMPLE.format(**{**ONE, "mass": "missing / m"})},
        {"q1-test": 1.0},
        "wrong",
    ),
    Submission(
        "one generation too far",
        {
            "q2": ENTROPY.format(**{**LEFT, "steps": "k"}),
            "q4": HALVES.format(level="np.sum(entr(p)) / 2")
            + "half_words, half_entropy = half_words + 1, half_entropy + 1\n",
        },
        {"q2-test": 0.5, "q4-test": 1.0},
        "wrong",
    ),
    Submission(
        "the entropy of the mean frequencies, which do not move",
        {"q2": "def mean_entropy(p, *, n, k):\n    return np.sum(entr(p))"},
        {"q2-test": 0.0},
        "wrong",
    ),
    Submission(
        "generation 0 forgotten; half of the first sample",
        {
            "q2": ENTROPY.format(**{**LEFT, "zero": "pass"}),
            "q4": HALVES.format(level="laws[0] @ entr(j / n) / 2"),
        },
        {"q2-test": 2.5, "q4-test": 1.0},
        "wrong",
    ),
    Submission(
        "two words only: the first and the rest",
        {"q2": ENTROPY.format(**LEFT).replace("    j =", "    p = np.array([p[0], 1 - p[0]])\n    j =")},
        {"q2-test": 2.0},
        "wrong",
    ),
    Submission(
        "words drawn apart from one another",
        {"q3": WORDS.format(**{**DRAWN, "draw": "rng.binomial(n, np.minimum(now, 1))"})},
        {"q3-test": 2.0},
        "wrong",
    ),
    Submission(
        "numpy's global generator; frequencies for counts",
        {
            "q3": WORDS.format(
                first="rng = np.random", draw="[rng.multinomial(n, row) for row in now]", answer="counts / n"
            )
        },
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {"q3": WORDS.format(**{**DRAWN, "first": "rng = np.random.default_rng(8)"})},
        {"q3-test": 2.5},
        "wrong",
    ),
    Submission(
        "every generation afresh from the truth",
        {"q3": WORDS.format(**{**DRAWN, "draw": "rng.multinomial(n, np.tile(p, (trajectories, 1)))"})},
        {"q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "smoothing: half a word added to each count",
        {
            "q3": WORDS.format(**DRAWN).replace(
                "now = counts[:, k] / n", "now = (counts[:, k] + 0.5) / (n + 0.5 * len(p))"
            )
        },
        {"q3-test": 1.0},
        "wrong",
    ),
    Submission(
        "answers of the wrong kind",
        {
            "q1": "source_entropy, missing, missing_mass = '1', [2], None",
            "q2": "def mean_entropy(p, *, n, k):\n    return np.array([0.0, np.log(4)])",
            "q3": "def simulate_vocabulary(*a, **b):\n    return np.zeros(3)",
            "q4": "half_words = half_entropy = entropy_then = float('inf')",
        },
        {"q1-test": 0.0, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
]

EQUIVALENT = {
    "q2": {
        "5: 1 -> 0": "the count n stays for ever and has no entropy, so it may be left out",
        "10: laws @ entr(j / n) -> entr(j / n) @ laws": "the scalar product of two vectors",
    },
    "q4": {
        "2: 1 -> 0": "the count n stays for ever and has no entropy, so it may be left out",
        "5: laws[-1] @ entr(j / n) -> entr(j / n) @ laws[-1]": "the scalar product of two vectors",
        "5: laws[-1] @ entr(j / n) > np.sum(entr(p)) / 2 -> laws[-1] @ entr(j / n) >= np.sum(entr(p)) / 2": (
            "a tie has probability 0"
        ),
        "7: laws[-1] @ entr(j / n) -> entr(j / n) @ laws[-1]": "the scalar product of two vectors",
        "8: m - law[0] <= m / 2 -> m - law[0] < m / 2": "a tie has probability 0",
    },
}
