"""Submissions of assignment 7, with the marks that each must get."""

from submissions import Submission

DRIFT = """
def drift(k, j, *, n, share):
    v = [0.0]
    for _ in range(k + j):
        v.append(1 / n + (1 - 1 / n) * (1 - share) ** 2 * v[-1])
    return v[k] + v[k + j] - 2 * (1 - share) ** j * v[k]

own_1 = drift(K, J, n=N, share=S)
"""
LAW = """
def law(k, *, n, share, p):
    found = binom.pmf(np.arange(n + 1), n, p)
    for _ in range(k - 1):
        new = np.zeros(n + 1)
        for count, weight in enumerate(found):
            new += weight * binom.pmf(np.arange(n + 1), n, share * p + (1 - share) * count / n)
        found = new
    return found

own_2 = law(K, n=N, share=S, p=P)[0]
"""
SIMULATE = """
def simulate(n, share, p, generations, runs, rng):
    frequency = np.full((runs, generations + 1), float(p))
    for k in range(generations):
        frequency[:, k + 1] = rng.binomial(n, share * p + (1 - share) * frequency[:, k]) / n
    return frequency
"""
ERRORS = """
def squared_errors(weights, *, real, synthetic, p, generations, runs, rng):
    answer = []
    for w in weights:
        x = np.full(runs, p)
        for _ in range(generations):
            fresh = rng.binomial(real, p, runs) / real
            x = w * fresh + (1 - w) * rng.binomial(synthetic, x) / synthetic
        answer.append((x - p) ** 2 / p / (1 - p))
    return np.array(answer)

loop = dict(real=REAL, synthetic=SYNTHETIC, p=TRUTH, generations=LATE)
measured = squared_errors(WEIGHTS, **loop, runs=RUNS, rng=mine)
own_4 = float(WEIGHTS[np.argmin(measured.mean(axis=1))])
"""

SUBMISSIONS = [
    Submission(
        "by recursion, count by count, real and synthetic samples drawn apart",
        {
            "q1": DRIFT,
            "q2": LAW,
            "q3": """
def simulate(n, share, p, generations, runs, rng):
    rows = [np.full(runs, p)]
    for _ in range(generations):
        real = rng.binomial(n, share, runs)
        rows.append((rng.binomial(real, p) + rng.binomial(n - real, rows[-1])) / n)
    return np.transpose(rows)
""",
            "q4": ERRORS,
        },
        {},
        "right",
    ),
    Submission(
        "from the matrix, sample by sample",
        {
            "q1": """
def drift(k, j, *, n, share):
    p, x = 0.5, np.arange(n + 1) / n
    step = binom.pmf(np.arange(n + 1), n, (share * p + (1 - share) * x)[:, None])

    def law(start, times):
        for _ in range(times):
            start = start @ step
        return start

    first = binom.pmf(np.arange(n + 1), n, p)
    if j == 0:
        return 0.0
    if k == 0:
        return law(first, j - 1) @ (x - p) ** 2 * 4
    now = law(first, k - 1)
    mean = p + (1 - share) ** j * (x - p)
    return (now @ x**2 + law(now, j) @ x**2 - 2 * now @ (x * mean)) * 4

own_1 = drift(K, J, n=N, share=S)
""",
            "q3": """
def simulate(n, share, p, generations, runs, rng):
    answer = np.empty((runs, generations + 1))
    answer[:, 0] = p
    for k in range(generations):
        real = rng.random((runs, n)) < share
        chance = np.where(real, p, answer[:, [k]])
        answer[:, k + 1] = np.mean(rng.random((runs, n)) < chance, axis=1)
    return answer
""",
            "q4": ERRORS.replace("    answer = []", "    answer, weights = [], list(weights)"),
        },
        {},
        "right",
    ),
    Submission(
        "the distance from the truth for the drift; generation 1 for generation 0; the weight of pooling",
        {
            "q1": """
def drift(k, j, *, n, share):
    pull = (1 - 1 / n) * (1 - share) ** 2
    return (1 - pull ** (k + j)) / (1 - pull) / n

own_1 = drift(K, J, n=N, share=S)
""",
            "q2": LAW.replace("range(k - 1)", "range(k)"),
            "q4": ERRORS.replace(
                "own_4 = float(WEIGHTS[np.argmin(measured.mean(axis=1))])", "own_4 = 1 / 16",
            ),
        },
        {"q1-test": 0.5, "q2-test": 0.5, "q4-test": 2.0},
        "wrong",
    ),
    Submission(
        "independent generations in the drift; the share of real samples squared; "
        "a matrix of the wrong share",
        {
            "q1": DRIFT.replace("2 * (1 - share) ** j * v[k]", "0")
            .replace("+ v[k + j]", "+ v[k + j] * (j > 0)"),
            "q2": LAW.replace("share * p + (1 - share) * count / n", "(1 - share) * p + share * count / n"),
            "q3": SIMULATE.replace("share * p + (1 - share)", "share**2 * p + (1 - share**2)"),
        },
        {"q1-test": 0.5, "q2-test": 0.0, "q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "the mean of a generation in place of the last one's frequency; the memory of a share not squared",
        {
            "q1": DRIFT.replace("(1 - share) ** 2 *", "(1 - share) *"),
            "q3": SIMULATE.replace("* frequency[:, k])", "* frequency[:, k].mean())"),
        },
        {"q1-test": 0.5, "q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "counts for frequencies; the law of the last generation only; deviations not squared",
        {
            "q3": SIMULATE.replace("return frequency", "return n * frequency"),
            "q2": LAW.replace("own_2 = law(K, n=N, share=S, p=P)[0]", "own_2 = law(K, n=N, share=S, p=P)"),
            "q4": ERRORS.replace("(x - p) ** 2", "abs(x - p)"),
        },
        {"q2-test": 1.5, "q3-test": 0.5, "q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "a generator of its own inside; weights the wrong way round",
        {
            "q3": SIMULATE.replace("    frequency =", "    rng = np.random.default_rng(7)\n    frequency ="),
            "q4": ERRORS.replace("w * fresh + (1 - w)", "(1 - w) * fresh + w"),
        },
        {"q3-test": 2.5, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "numpy's global generator; a generation too many",
        {
            "q3": SIMULATE.replace("rng.binomial", "np.random.binomial"),
            "q4": ERRORS.replace("range(generations)", "range(generations + 1)"),
        },
        {"q3-test": 2.5, "q4-test": 2.0},
        "wrong",
    ),
]
