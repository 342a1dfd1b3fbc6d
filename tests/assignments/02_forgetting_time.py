"""Submissions of assignment 2, with the marks that each must get."""

from submissions import Submission

MOMENTS = """
def time_to_end(p0, *, n):
    if p0 in (0, 1):
        return 0.0, 0.0
    j = np.arange(1, n)
    inner = binom.pmf(j, n, j[:, None] / n)
    first = binom.pmf(j, n, p0)
    t = np.linalg.solve(np.eye(n - 1) - inner, np.ones(n - 1))
    {body}
"""
TIMES = """
def simulate_times(p0, *, n, trajectories, rng):
    {first}
    frequency = {start}
    times = np.zeros(trajectories, dtype=int)
    while np.any(undecided := {open}):
        times = times + undecided
        frequency = {draw}
    return {result}
"""
RIGHT = {
    "first": "pass",
    "start": "np.full(trajectories, float(p0))",
    "open": "(frequency > 0) & (frequency < 1)",
    "draw": "rng.binomial(n, frequency) / n",
    "result": "times",
}
VISITS = """
def visits(p0, *, n):
    j = np.arange(1, n)
    inner = binom.pmf(j, n, j[:, None] / n)
    return {answer}

own_visits = visits(p0, n=n)
rare = own_visits[np.arange(1, n) / n < p0].sum() / own_visits.sum()
"""
SOLVED = "np.linalg.solve(np.eye(n - 1) - inner.T, binom.pmf(j, n, p0))"

SUBMISSIONS = [
    Submission(
        "by sums over generations",
        {
            "q1": """
q0 = 1 - p0
law = [p0**2 + q0**2]
for generation in range(2, 9):
    law.append(2 * p0 * q0 / 2**(generation - 1))
mean = sum(k * 2 * p0 * q0 / 2**(k - 1) for k in range(2, 200)) + law[0]
""",
            "q2": """
def time_to_end(p0, *, n):
    if p0 <= 0 or p0 >= 1:
        return (0, 0)
    j = np.arange(n + 1)
    step, law = binom.pmf(j, n, j[:, None] / n), binom.pmf(j, n, p0)
    mean, square, k = 1.0, 1.0, 1
    while (later := 1 - law[0] - law[-1]) > 1e-13:
        mean, square, k = mean + later, square + (2 * k + 1) * later, k + 1
        law = law @ step
    return mean, max(square - mean * mean, 0)**0.5
""",
            "q3": """
def simulate_times(p0, *, n, trajectories, rng):
    def one():
        count, k = p0 * n, 0
        while 0 < count < n:
            count, k = rng.binomial(n, count / n), k + 1
        return k

    return np.array([one() for _ in range(trajectories)])
""",
            "q4": """
def visits(p0, *, n):
    j = np.arange(n + 1)
    step, law, total = binom.pmf(j, n, j[:, None] / n), binom.pmf(j, n, p0), 0
    for _ in range(60 * n):
        total, law = total + law, law @ step
    return total[1:-1]

own_visits = visits(p0, n=n)
below = [visit for j, visit in enumerate(own_visits, start=1) if j < n * p0]
rare = sum(below) / sum(own_visits)
""",
        },
        {},
        "right",
    ),
    Submission(
        "by the inverse matrix, with whole counts",
        {
            "q2": """
def time_to_end(p0, *, n):
    if p0 * (1 - p0) == 0:
        return 0.0, 0.0
    j = np.arange(n + 1)
    M = binom.pmf(j, n, j[:, None] / n)
    N = np.linalg.inv(np.eye(n - 1) - M[1:-1, 1:-1])
    first = binom.pmf(j, n, p0)[1:-1]
    t = N.sum(axis=1)
    factorial = 2 * (N @ t - t)
    mean = first @ t
    return 1 + mean, np.sqrt(first @ (factorial + t) - mean**2)
""",
            "q3": """
def simulate_times(p0, *, n, trajectories, rng):
    times, running, k = np.zeros(trajectories, dtype=np.int64), np.arange(trajectories), 0
    counts = np.full(trajectories, p0 * n)
    while True:
        inside = (counts > 0) & (counts < n)
        times[running[~inside]] = k
        running, counts = running[inside], counts[inside]
        if not len(running):
            return times
        counts, k = rng.binomial(n, counts / n), k + 1
""",
            "q4": """
def visits(p0, *, n):
    j = np.arange(1, n)
    Q = np.array([[binom.pmf(to, n, now / n) for to in j] for now in j])
    return binom.pmf(j, n, p0) @ np.linalg.inv(np.eye(n - 1) - Q)

own_visits = visits(p0, n=n)
rare = own_visits[: int(n * p0)].sum() / own_visits.sum()
""",
        },
        {},
        "right",
    ),
    Submission(
        "one generation too few: the first sample is not counted",
        {
            "q1": """
middle = 2 * p0 * (1 - p0)
law = np.append(1 - middle, middle * 0.5**np.arange(1, 8))
mean = 2 * middle
""",
            "q2": MOMENTS.format(
                body="""s = np.linalg.solve(np.eye(n - 1) - inner, 1 + 2 * inner @ t)
    return first @ t, np.sqrt(first @ s - (first @ t)**2)"""
            ),
            "q3": TIMES.format(**{**RIGHT, "result": "np.maximum(times - 1, 0)"}),
        },
        # the spread is right: a shifted time has the same
        {"q1-test": 1.0, "q2-test": 1.5, "q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "the truth is rounded to a count",
        {
            "q2": """
def time_to_end(p0, *, n):
    if p0 in (0, 1):
        return 0.0, 0.0
    j = np.arange(1, n)
    inner = binom.pmf(j, n, j[:, None] / n)
    left = np.eye(n - 1) - inner
    t = np.linalg.solve(left, np.ones(n - 1))
    s = np.linalg.solve(left, 1 + 2 * inner @ t)
    place = round(p0 * n) - 1
    return t[place], np.sqrt(s[place] - t[place]**2)
"""
        },
        {"q2-test": 1.0},
        "wrong",
    ),
    Submission(
        "the square forgets the mixed term; a variance for a standard deviation",
        {
            "q2": MOMENTS.format(
                body="""s = np.linalg.solve(np.eye(n - 1) - inner, np.ones(n - 1) + inner @ t)
    mean = 1 + first @ t
    return mean, 1 + 2 * first @ t + first @ s - mean**2"""
            )
        },
        {"q2-test": 1.5},
        "wrong",
    ),
    Submission(
        "only being forgotten counts; a list for an array",
        {"q3": TIMES.format(**{**RIGHT, "open": "frequency > 0", "result": "list(times)"})},
        {"q3-test": 0.0},  # a fixed word is waited for without end
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {"q3": TIMES.format(**{**RIGHT, "first": "rng = np.random.default_rng(5)"})},
        {"q3-test": 2.5},
        "wrong",
    ),
    Submission(
        "a fixed number of generations, then it stops",
        {
            "q3": """
def simulate_times(p0, *, n, trajectories, rng):
    frequency, times = np.full(trajectories, float(p0)), np.zeros(trajectories, dtype=int)
    for _ in range(n):
        times += (frequency > 0) & (frequency < 1)
        frequency = rng.binomial(n, frequency) / n
    return times
"""
        },
        {"q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "one sample draws for all histories",
        {"q3": TIMES.format(**{**RIGHT, "draw": "np.full(trajectories, rng.binomial(n, frequency[0]) / n)"})},
        {"q3-test": 1.5},
        "wrong",
    ),
    Submission(
        "the matrix transposed the wrong way",
        {"q4": VISITS.format(answer=SOLVED.replace("inner.T", "inner"))},
        {"q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "generations 2 and later only",
        {"q4": VISITS.format(answer=SOLVED + " - binom.pmf(j, n, p0)")},
        {"q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "the share of counts, not of visits",
        {"q4": VISITS.format(answer=SOLVED) + "rare = np.mean(np.arange(1, n) / n < p0)\n"},
        {"q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "a stationary law in place of the visits",
        {"q4": VISITS.format(answer="np.full(n - 1, 2 * n * p0 * (1 - p0) / (n - 1))")},
        {"q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "answers of the wrong kind",
        {
            "q1": "law, mean = [], 'long'",
            "q2": "time_to_end = None",
            "q3": "def simulate_times(p0, *, n, trajectories, rng):\n    raise SystemExit",
            "q4": "own_visits, rare = {}, np.nan\ndef visits(p0, *, n):\n    return 'often'",
        },
        {"q1-test": 0.0, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
]

EQUIVALENT = {
    "q2": {
        "11: first @ t -> t @ first": "the scalar product of two vectors",
        "12: 2 * first @ t -> t @ (2 * first)": "the scalar product of two vectors",
        "12: first @ s -> s @ first": "the scalar product of two vectors",
    },
    "q4": {"8: np.arange(1, n) / n < p0 -> np.arange(1, n) / n <= p0": "n p0 is not whole"},
}
