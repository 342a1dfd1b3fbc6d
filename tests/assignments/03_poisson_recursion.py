"""Submissions of assignment 3, with the marks that each must get."""

from submissions import Submission

LAW = """
g = [{first}]
while len(g) < 10:
    g.append({step})
forgotten_by = np.exp(-c * np.array(g))
law = np.diff(forgotten_by, prepend=0)
later = 1 - forgotten_by[-1]
"""
COPIES = """
def forgotten(law, *, count, k):
    gone = 0.0
    for _ in range({steps}):
        gone = sum(probability * gone**copies for copies, probability in enumerate(law))
    return {answer}
"""
ROUNDS = """
def safe_rounds(counts, *, lost):
    g, k = 1.0, 0
    while {test}:
        g, k = 1 - np.exp(-g), k + 1
    return {answer}

own_rounds = safe_rounds(counts, lost=lost)
"""
COUNTS = """
def simulate_counts(count, *, generations, trajectories, rng):
    {first}
    found = np.zeros((trajectories, generations), dtype=int)
    mean = np.full(trajectories, {start})
    for k in range(generations):
        found[:, k] = mean = {draw}
    return {answer}
"""
RIGHT = {"first": "pass", "start": "float(count)", "draw": "rng.poisson(mean)", "answer": "found"}

SUBMISSIONS = [
    Submission(
        "by polynomials and a loop over histories",
        {
            "q1": """
def forget(k):
    exponent = np.inf
    for _ in range(k):
        exponent = -np.expm1(-exponent)
    return np.exp(-c * exponent)

law = [forget(k) - forget(k - 1) for k in range(1, 11)]
later = 1 - sum(law)
""",
            "q2": """
def forgotten(law, *, count, k):
    f, x = np.polynomial.Polynomial(law), 0
    for generation in range(2, k + 1):
        x = f(x)
    return float(np.exp(count * (x - 1)))
""",
            "q3": """
def safe_rounds(counts, *, lost):
    counts, g = np.array(counts), [1.0]
    while True:
        if np.exp(-g[-1] * counts).sum() > lost:
            return len(g) - 1
        g.append(-np.expm1(-g[-1]))

own_rounds = safe_rounds(counts, lost=lost)
""",
            "q4": """
def simulate_counts(count, *, generations, trajectories, rng):
    rows = []
    for _ in range(trajectories):
        now, row = count, []
        for _ in range(generations):
            now = rng.poisson(now)
            row.append(now)
        rows.append(row)
    return np.array(rows)
""",
        },
        {},
        "right",
    ),
    Submission(
        "recursive, by the reciprocal, every copy drawn by itself",
        {
            "q2": """
def forgotten(law, *, count, k):
    def gone(steps):
        if steps == 0:
            return 0
        return float(np.dot(law, gone(steps - 1) ** np.arange(len(law))))

    return np.exp(-count) * np.exp(count * gone(k - 1))
""",
            "q3": """
def safe_rounds(counts, *, lost):
    def expected(k):
        x = np.inf
        for _ in range(k):
            x = 1 - np.exp(-x)
        return np.sum(np.exp(-x * np.asarray(counts)))

    k = 0
    while expected(k + 1) <= lost:
        k += 1
    return np.int64(k)

own_rounds = float(safe_rounds(counts, lost=lost))
""",
            "q4": """
def simulate_counts(count, *, generations, trajectories, rng):
    columns = [rng.poisson(count, size=trajectories)]
    while len(columns) < generations:
        owner = np.repeat(np.arange(trajectories), columns[-1])
        children = rng.poisson(1, owner.size)
        columns.append(np.bincount(owner, weights=children, minlength=trajectories).astype(int))
    return np.stack(columns, axis=1)
""",
        },
        {},
        "right",
    ),
    Submission(
        "one generation too far",
        {
            "q1": LAW.format(first="1 - np.exp(-1.0)", step="1 - np.exp(-g[-1])"),
            "q2": COPIES.format(steps="k", answer="np.exp(-count * (1 - gone))"),
            "q3": ROUNDS.format(test="sum(np.exp(-g * count) for count in counts) <= lost", answer="k + 1"),
            "q4": COUNTS.format(**{**RIGHT, "start": "rng.poisson(count, trajectories)"}),
        },
        {"q1-test": 0.5, "q2-test": 0.5, "q3-test": 0.0, "q4-test": 2.0},
        "wrong",
    ),
    Submission(
        "the harmonic bound for the forgetting numbers",
        {"q1": LAW.format(first="1.0", step="1 / (len(g) + 1)")},
        {"q1-test": 0.5},
        "wrong",
    ),
    Submission(
        "the cumulative law for the law",
        {
            "q1": LAW.format(first="1.0", step="1 - np.exp(-g[-1])").replace(
                "np.diff(forgotten_by, prepend=0)", "forgotten_by"
            )
        },
        {"q1-test": 0.5},
        "wrong",
    ),
    Submission(
        "exactly c copies in the real sample; the fraction of words that may be lost",
        {
            "q2": COPIES.format(steps="k - 1", answer="gone**count"),
            "q3": ROUNDS.format(test="np.mean(np.exp(-g * np.array(counts))) <= lost", answer="k").replace(
                "k = 1.0, 0", "k, lost = 1.0, 0, lost / 20"
            ),
        },
        {"q2-test": 0.0, "q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "Poisson whatever the law",
        {
            "q2": """
def forgotten(law, *, count, k):
    g = 1.0
    for _ in range(k - 1):
        g = 1 - np.exp(-g)
    return np.exp(-count * g)
"""
        },
        {"q2-test": 1.0},
        "wrong",
    ),
    Submission(
        "the first generation that loses too much; the neighbour's list",
        {
            "q3": ROUNDS.format(test="sum(np.exp(-g * count) for count in counts) <= lost", answer="k")
            + "own_rounds = safe_rounds(parameters('neighbour')[1], lost=lost) + 1\n"
        },
        {"q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "the mean count for the list",
        {"q3": ROUNDS.format(test="len(counts) * np.exp(-g * np.mean(counts)) <= lost", answer="k")},
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "generation 0 in the table",
        {
            "q4": """
def simulate_counts(count, *, generations, trajectories, rng):
    table = np.full((trajectories, generations + 1), count)
    for k in range(generations):
        table[:, k + 1] = rng.poisson(table[:, k])
    return table
"""
        },
        {"q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {"q4": COUNTS.format(**{**RIGHT, "first": "rng = np.random.default_rng(8)"})},
        {"q4-test": 2.5},
        "wrong",
    ),
    Submission(
        "none or two copies, doubled coin tosses",
        {"q4": COUNTS.format(**{**RIGHT, "draw": "2 * rng.binomial(mean, 0.5) if k else rng.poisson(mean)"})},
        {"q4-test": 2.0},
        "wrong",
    ),
    Submission(
        "every generation afresh from the truth",
        {"q4": COUNTS.format(**{**RIGHT, "draw": "rng.poisson(np.full(trajectories, float(count)))"})},
        {"q4-test": 1.0},
        "wrong",
    ),
    Submission(
        "answers of the wrong kind",
        {
            "q1": "law = np.full(10, 0.1j)\nlater = 0",
            "q2": "def forgotten(law, *, count, k):\n    return [0.5]",
            "q3": "safe_rounds = own_rounds = None",
            "q4": "def simulate_counts(*a, **b):\n    return b['nothing']",
        },
        {"q1-test": 0.0, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
]

EQUIVALENT = {
    "q3": {
        "4: sum((np.exp(-g * count) for count in counts)) <= lost -> "
        "sum((np.exp(-g * count) for count in counts)) < lost": "a tie has probability 0"
    }
}
