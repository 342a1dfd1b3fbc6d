"""Submissions of assignment 1, with the marks that each must get."""

from submissions import Submission

LAW_BY_HAND = """
from math import comb

def law_of_count(p0, sizes):
    def binomial(size, x):
        return [comb(size, j) * x**j * (1 - x)**(size - j) for j in range(size + 1)]

    first, *rest = sizes
    law, before = binomial(first, p0), first
    for size in rest:
        moved = [0.0] * (size + 1)
        for count, weight in enumerate(law):
            for j, chance in enumerate(binomial(size, count / before)):
                moved[j] += weight * chance
        law, before = moved, size
    return np.array(law)
"""
WORD_BY_WORD = """
def simulate_heterozygosity(p0, *, n, generations, trajectories, rng):
    rows = [np.full(trajectories, p0 * (1 - p0))]
    now = np.full(trajectories, p0)
    for _ in range(generations):
        now = (rng.random((trajectories, n)) < now[:, None]).mean(axis=1)
        rows.append(now * (1 - now))
    return np.transpose(rows)
"""
HISTORY_BY_HISTORY = """
def simulate_heterozygosity(p0, *, n, generations, trajectories, rng):
    result = []
    for _ in range(trajectories):
        x, row = p0, [p0 - p0**2]
        for _ in range(generations):
            x = rng.binomial(n, x) / n
            row += [x - x**2]
        result.append(row)
    return np.array(result)
"""
LOOP = """
def simulate_heterozygosity(p0, *, n, generations, trajectories, rng):
    frequency = np.full((trajectories, generations + 1), float(p0))
    for k in range(generations):
        frequency[:, k + 1] = {draw}
    return {factor}frequency * (1 - frequency)
"""

SUBMISSIONS = [
    Submission(
        "by recursion, by hand and word by word",
        {
            "q1": """
second = [p0**2]
for _ in range(12):
    second.append(second[-1] + (p0 - second[-1]) / n)
halved = 0
while (1 - 1 / n)**halved > 0.5:
    halved += 1
""",
            "q2": LAW_BY_HAND,
            "q3": WORD_BY_WORD,
            "q4": """
from math import expm1, log1p

def effective_size(sizes):
    if 1 in sizes:
        return 1.0
    return -1 / expm1(sum(log1p(-1 / size) for size in sizes) / len(sizes))

own_size = effective_size(sizes)
""",
        },
        {},
        "right",
    ),
    Submission(
        "by matrix powers, history by history",
        {
            "q1": """
q0 = 1 - p0
second = np.array([p0**2 + p0 * q0 * (1 - ((n - 1) / n)**generation) for generation in range(13)])
halved = float(np.argmax(((n - 1) / n)**np.arange(200.0) <= 0.5))
""",
            "q3": HISTORY_BY_HISTORY,
            "q4": """
from scipy.stats import gmean

def effective_size(sizes):
    factor = gmean([(size - 1) / size for size in sizes]) if min(sizes) > 1 else 0.0
    return 1 / (1 - factor)

own_size = effective_size(list(sizes))
""",
        },
        {},
        "right",
    ),
    Submission(
        "global names that tests may use as well",
        {
            "q2": """
few, left, size, k = 0, 1, {}, None

def law_of_count(p0, sizes):
    if (p0, *sizes) not in size:
        law = binom.pmf(np.arange(sizes[few] + left), sizes[few], p0)
        for before, after in zip(sizes, sizes[left:]):
            law = law @ binom.pmf(np.arange(after + left), after, np.arange(before + left)[:, k] / before)
        size[(p0, *sizes)] = law
    return size[(p0, *sizes)]
""",
            "q3": """
first, rows, many = 0, [], {}

def simulate_heterozygosity(p0, *, n, generations, trajectories, rng):
    x = np.full(trajectories, p0)
    rows[first:] = [x]
    for _ in range(generations):
        rows.append(rng.binomial(n, rows[-1]) / n)
    return np.transpose([x - x**2 for x in rows])
""",
        },
        {},
        "right",
    ),
    Submission(
        "generation 1 is taken for the truth",
        {
            "q1": """
k = np.arange(1, 14)
second = p0 - p0 * (1 - p0) * (1 - 1 / n)**k
halved = int(np.ceil(np.log(2) / -np.log(1 - 1 / n))) + 1
""",
            "q3": """
def simulate_heterozygosity(p0, *, n, generations, trajectories, rng):
    frequency, rows = np.full(trajectories, float(p0)), []
    for k in range(generations + 1):
        frequency = rng.binomial(n, frequency) / n
        rows.append(frequency * (1 - frequency))
    return np.transpose(rows)
""",
        },
        {"q1-test": 0.0, "q3-test": 1.0},
        "wrong",
    ),
    Submission(
        "the geneticists' heterozygosity, doubled",
        {
            "q1": """
k = np.arange(13)
second = p0 - 2 * p0 * (1 - p0) * (1 - 1 / n)**k
halved = int(np.ceil(np.log(2) / -np.log(1 - 1 / n)))
""",
            "q3": LOOP.format(draw="rng.binomial(n, frequency[:, k]) / n", factor="2 * "),
        },
        {"q1-test": 0.5, "q3-test": 1.0},
        "wrong",
    ),
    Submission(
        "the heterozygosity itself for the second moment; rounded down",
        {
            "q1": """
second = p0 * (1 - p0) * (1 - 1 / n)**np.arange(13)
halved = int(np.log(2) / -np.log(1 - 1 / n))
"""
        },
        {"q1-test": 0.0},
        "wrong",
    ),
    Submission(
        "the schedule backwards; the last step forgotten by the mean",
        {
            "q2": """
def law_of_count(p0, sizes):
    sizes = sizes[::-1]
    law = binom.pmf(np.arange(sizes[0] + 1), sizes[0], p0)
    for before, after in zip(sizes, sizes[1:]):
        law = law @ binom.pmf(np.arange(after + 1), after, np.arange(before + 1)[:, None] / before)
    return law
""",
            "q4": """
def effective_size(sizes):
    return 1 / (1 - np.prod(1 - 1 / np.array(sizes))**(1 / (len(sizes) - 1)))

own_size = effective_size(sizes)
""",
        },
        {"q2-test": 1.0, "q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "one sample of the last size",
        {"q2": "def law_of_count(p0, sizes):\n    return binom.pmf(np.arange(sizes[-1] + 1), sizes[-1], p0)"},
        {"q2-test": 0.5},
        "wrong",
    ),
    Submission(
        "a generator of its own inside; the harmonic mean",
        {
            "q3": LOOP.format(draw="rng.binomial(n, frequency[:, k]) / n", factor="").replace(
                "    frequency = np", "    rng = np.random.default_rng(12)\n    frequency = np"
            ),
            "q4": """
def effective_size(sizes):
    return len(sizes) / sum(1 / size for size in sizes)

own_size = effective_size(sizes)
""",
        },
        {"q3-test": 2.5, "q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "numpy's global generator",
        {"q3": LOOP.format(draw="np.random.binomial(n, frequency[:, k]) / n", factor="")},
        {"q3-test": 2.5},
        "wrong",
    ),
    Submission(
        "Poisson counts, which may exceed n",
        {"q3": LOOP.format(draw="rng.poisson(n * frequency[:, k]) / n", factor="")},
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "the normal approximation, cut off",
        {
            "q3": LOOP.format(
                draw="np.clip(frequency[:, k] + np.sqrt(frequency[:, k] * (1 - frequency[:, k]) / n)"
                " * rng.standard_normal(trajectories), 0, 1)",
                factor="",
            )
        },
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "one history for all",
        {"q3": LOOP.format(draw="rng.binomial(n, frequency[0, k]) / n", factor="")},
        {"q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "a neighbour's numbers",
        {
            "q1": """
n, p0, sizes = parameters("neighbour")
second = p0 - p0 * (1 - p0) * (1 - 1 / n)**np.arange(13)
halved = int(np.ceil(np.log(2) / -np.log(1 - 1 / n)))
"""
        },
        {"q1-test": 0.0, "q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "answers of the wrong kind",
        {
            "q1": "second = 'p0 squared'\nhalved = None",
            "q2": "def law_of_count(p0, sizes):\n    return np.nan",
            "q3": "def simulate_heterozygosity(**everything):\n    return 1 / 0",
            "q4": "effective_size = own_size = np.array([1.0, np.nan])",
        },
        {"q1-test": 0.0, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
]
