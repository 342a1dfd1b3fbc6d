"""Submissions of assignment 6, with the marks that each must get."""

from submissions import Submission

SAMPLE_BY_SAMPLE = """
def accumulate(n, generations, runs, rng):
    pile = np.empty((runs, 0))
    mean, variance = [np.zeros(runs)], [np.ones(runs)]
    for _ in range(generations):
        batch = rng.normal(mean[-1][:, None], np.sqrt(variance[-1])[:, None], (runs, n))
        pile = np.concatenate([pile, batch], axis=1)
        mean.append(pile.mean(axis=1))
        variance.append(pile.var(axis=1))
    return np.transpose(mean), np.transpose(variance)
"""
SUMS = """
def accumulate(n, generations, runs, rng):
    first, second = np.zeros(runs), np.zeros(runs)
    m, v = np.zeros(runs), np.ones(runs)
    answer = np.empty((2, runs, generations + 1))
    answer[0, :, 0], answer[1, :, 0] = m, v
    for k in range(1, generations + 1):
        x = rng.normal(m, np.sqrt(v / n))
        first += n * x
        second += n * x**2 + 2 * v * rng.gamma((n - 1) / 2, size=runs)
        m = first / (n * k)
        v = second / (n * k) - m**2
        answer[0, :, k], answer[1, :, k] = m, v
    return answer[0], answer[1]
"""
LOOP = """
def accumulate(n, generations, runs, rng):
    mean = np.zeros((runs, generations + 1))
    variance = np.ones((runs, generations + 1))
    for k in range(generations):
        w = 1 / (k + 1)
        shift = np.sqrt(variance[:, k] / n) * rng.standard_normal(runs)
        inside = variance[:, k] * rng.chisquare(n - 1, runs) / n
        mean[:, k + 1] = mean[:, k] + w * shift
        variance[:, k + 1] = (1 - w) * variance[:, k] + w * inside + w * (1 - w) * shift**2
    return mean, variance
"""
BIASED = """
def biased(n, shrink, generations, runs, rng):
    variance = np.ones((runs, generations + 1))
    for k in range(generations):
        w, source = 1 / (k + 1), variance[:, k] * (shrink if k else 1.0)
        square = source / n * rng.standard_normal(runs) ** 2
        inside = source / n * rng.chisquare(n - 1, runs)
        variance[:, k + 1] = (1 - w) * variance[:, k] + w * inside + w * (1 - w) * square
    return variance

level = biased(N, SHRINK, LATE, RUNS, mine).mean(axis=0)
own_4 = (np.log(level[LATE]) - np.log(level[EARLY])) / (np.log(LATE) - np.log(EARLY))
"""

SUBMISSIONS = [
    Submission(
        "in plain Python, by bisection, sample by sample",
        {
            "q1": """
def kept(batches):
    answer, pile = [1.0], 0
    for b in batches:
        pile += int(b)
        answer.append(answer[-1] * (1 - int(b) / pile**2))
    return answer

own_1 = kept(BATCHES)
""",
            "q2": """
from math import pi, sin, sqrt

def samples_needed(share):
    low, high = 0, 2500
    while high - low > 1:
        n = (low + high) // 2
        x = pi / sqrt(n)
        low, high = (low, n) if sin(x) / x >= share else (n, high)
    return high

own_2 = samples_needed(SHARE)
""",
            "q3": SAMPLE_BY_SAMPLE,
            "q4": """
def biased(n, shrink, generations, runs, rng):
    first, second, m, spread, models = 0.0, 0.0, np.zeros(runs), np.ones(runs), [np.ones(runs)]
    for k in range(1, generations + 1):
        batch = m + spread * rng.standard_normal((n, runs))
        first, second = first + batch.sum(axis=0), second + (batch**2).sum(axis=0)
        m = first / n / k
        models.append(second / n / k - m**2)
        spread = np.sqrt(shrink * models[-1])
    return np.transpose(models)

level = np.mean(biased(N, SHRINK, LATE, RUNS, mine), axis=0)
own_4 = np.log10(level[LATE] / level[EARLY]) / np.log10(LATE / EARLY)
""",
        },
        {},
        "right",
    ),
    Submission("by sums and squares", {"q3": SUMS, "q4": BIASED}, {}, "right"),
    Submission(
        "batches of one size; the largest number that is not enough; data replaced; "
        "the real batch shrunk, too",
        {
            "q1": """
def kept(batches):
    k = np.arange(1, len(batches) + 1)
    return np.append(1.0, np.cumprod(1 - 1 / (batches[0] * k**2)))

own_1 = kept(BATCHES)
""",
            "q2": """
def samples_needed(share):
    n = 1
    while np.sinc(n**-0.5) < share:
        n += 1
    return n - 1

own_2 = samples_needed(SHARE)
""",
            "q3": LOOP.replace("w = 1 / (k + 1)", "w = 1.0"),
            "q4": BIASED.replace("(shrink if k else 1.0)", "shrink"),
        },
        {"q1-test": 0.5, "q2-test": 0.0, "q3-test": 1.0, "q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "generation 0 forgotten; the divisor of the pile one less; "
        "the deviation shrunk in place of the variance",
        {
            "q1": """
def kept(batches):
    return np.cumprod(1 - batches / np.cumsum(batches)**2)

own_1 = kept(BATCHES)
""",
            "q3": LOOP.replace(
                "    return",
                "    k = np.arange(1, generations + 1)\n"
                "    variance[:, 1:] *= n * k / (n * k - 1)\n    return",
            ),
            "q4": BIASED.replace("shrink if", "shrink**2 if"),
        },
        {"q1-test": 0.0, "q3-test": 1.0, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "the batch's own loss, as if it replaced the pile; degrees of freedom n; the sign of the slope",
        {
            "q1": """
def kept(batches):
    return np.append(1.0, np.cumprod(1 - 1 / np.asarray(batches)))

own_1 = kept(BATCHES)
""",
            "q3": LOOP.replace("chisquare(n - 1", "chisquare(n"),
            "q4": BIASED + "own_4 = -own_4\n",
        },
        {"q1-test": 0.0, "q3-test": 1.0, "q4-test": 2.0},
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {
            "q3": LOOP.replace("    mean =", "    rng = np.random.default_rng(6)\n    mean ="),
            "q4": BIASED.replace("    variance =", "    rng = np.random.default_rng(6)\n    variance ="),
        },
        {"q3-test": 2.5, "q4-test": 2.5},
        "wrong",
    ),
    Submission(
        "numpy's global generator",
        {"q3": LOOP.replace("rng.standard_normal", "np.random.standard_normal")},
        {"q3-test": 2.5},
        "wrong",
    ),
    Submission(
        "the batches' means are not counted",
        {"q3": LOOP.replace(" + w * (1 - w) * shift**2", "")},
        {"q3-test": 2.0},
        "wrong",
    ),
    Submission(
        "transposed, and the exponent without a simulation",
        {
            "q3": LOOP.replace("return mean, variance", "return mean.T, variance.T"),
            "q4": BIASED + "own_4 = SHRINK - 1\n",
        },
        {"q3-test": 0.0, "q4-test": 2.0},
        "wrong",
    ),
]

EQUIVALENT = {
    "q2": {
        "5: keeps(n ** (-0.5)) >= share -> keeps(n ** (-0.5)) > share": "a tie has probability 0",
        "5: 9999 -> 10000": "how far is looked at most",
        "5: 9999 -> 9998": "how far is looked at most",
    },
    "q3": {"10: mean[:, k] + w * shift -> mean[:, k] - w * shift": "the normal law is symmetric"},
}
