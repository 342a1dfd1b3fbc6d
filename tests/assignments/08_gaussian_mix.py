"""Submissions of assignment 8, with the marks that each must get."""

from submissions import Submission

CLOSED = """
def mean_variance(k, *, n, real, tau):
    grow, gain = n * tau / (n + real), real / (n + real)
    powers = grow ** np.arange(k)
    return grow**k + gain * powers.sum()

def mean_limit(*, n, real, tau):
    if n * tau >= n + real:
        return float("inf")
    return real / (n + real - n * tau)

own_1 = mean_variance(20, n=N, real=REAL, tau=TAU)
"""
FORMULAS = """
def real_for_mean(n, tau):
    return max(int(np.floor(n * tau - n)) + 1, 1)

def real_for_runs(n, tau):
    return max(int(np.floor(2 * tau * np.exp(digamma(n / 2)) - n)) + 1, 1)

def tail_index(n, real, tau):
    low, high = 0.0, 1.0
    log_moment = lambda s: s * np.log(2 * tau / (n + real)) + gammaln(n / 2 + s) - gammaln(n / 2)
    while log_moment(high) < 0:
        low, high = high, 2 * high
    if low == 0.0:  # the other zero is below 1
        low = 1.0
        while log_moment(low) >= 0:
            low /= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if log_moment(middle) < 0 else (low, middle)
    return high

own_2 = [real_for_runs(SIZE, HOT), real_for_mean(SIZE, HOT)]
"""
SIMULATE = """
def simulate(n, real, tau, generations, runs, rng):
    x = np.ones((runs, generations + 1))
    for k in range(generations):
        synthetic = tau * x[:, k] * rng.chisquare(n, runs)
        fresh = rng.chisquare(real, runs) if real else 0.0
        x[:, k + 1] = (synthetic + fresh) / (n + real)
    return x
"""
OWN = """
last = simulate(*LOOP, LATE, RUNS, mine)[:, LATE]
own_4 = [np.median(np.log(last)), np.mean(last > LEVEL)]
"""

SUBMISSIONS = [
    Submission(
        "closed forms, bisection, sample by sample",
        {
            "q1": CLOSED,
            "q2": FORMULAS,
            "q3": """
def simulate(n, real, tau, generations, runs, rng):
    rows = [np.ones(runs)]
    for _ in range(generations):
        synthetic = rng.normal(0, np.sqrt(tau * rows[-1]), (n, runs))
        pile = np.vstack([synthetic, rng.standard_normal((real, runs))])
        rows.append((pile**2).mean(axis=0))
    return np.transpose(rows)
""",
            "q4": """
last = np.log(simulate(*LOOP, LATE, 2 * RUNS, mine)[:, -1])
own_4 = (float(np.quantile(last, 0.5)), sum(last > np.log(LEVEL)) / last.size)
""",
        },
        {},
        "right",
    ),
    Submission("chi-square variables, the median of the variance", {
        "q3": SIMULATE,
        "q4": OWN.replace("np.median(np.log(last))", "np.log(np.median(last))"),
    }, {}, "right"),
    Submission(
        "the temperature as a factor of the deviation; the mean for the median",
        {
            "q1": CLOSED.replace("n * tau /", "n * tau**2 /")
            .replace("n * tau)", "n * tau**2)")
            .replace("n * tau >=", "n * tau**2 >="),
            "q3": SIMULATE.replace("tau * x", "tau**2 * x"),
            "q4": (SIMULATE + OWN).replace("simulate", "right")
            .replace("np.median(np.log(last))", "np.log(np.mean(last))"),
        },
        {"q1-test": 0.0, "q3-test": 1.0, "q4-test": 1.25},
        "wrong",
    ),
    Submission(
        "the real data too late by a generation; thresholds one too small",
        {
            "q1": """
def mean_variance(k, *, n, real, tau):
    x = tau if k else 1.0
    for _ in range(k - 1):
        x = (n * tau * x + real) / (n + real)
    return x

def mean_limit(*, n, real, tau):
    return real / (n + real - n * tau) if n * tau < n + real else np.inf

own_1 = mean_variance(20, n=N, real=REAL, tau=TAU)
""",
            "q2": FORMULAS.replace(")) + 1, 1)", ")), 1)"),
        },
        {"q1-test": 1.0, "q2-test": 1.0},
        "wrong",
    ),
    Submission(
        "thresholds that may be zero; the tail of the deviation; a logarithm to the base ten",
        {
            "q2": FORMULAS.replace(
                "return max(int(np.floor(n * tau - n)) + 1, 1)", "return int(np.floor(n * tau - n)) + 1",
            )
            .replace("    return high", "    return 2 * high"),
            "q4": OWN.replace("np.median(np.log(last))", "np.median(np.log10(last))"),
        },
        {"q2-test": 0.5, "q4-test": 1.25},
        "wrong",
    ),
    Submission(
        "the mean where the logarithm counts: one threshold for both",
        {"q2": FORMULAS.replace("2 * tau * np.exp(digamma(n / 2)) - n", "tau * n - n")},
        {"q2-test": 1.5},
        "wrong",
    ),
    Submission(
        "degrees of freedom n - 1, as if the mean were fitted; a limit without its condition",
        {
            "q1": CLOSED.replace("""    if n * tau >= n + real:
        return float("inf")
""", ""),
            "q3": SIMULATE.replace("rng.chisquare(n, runs)", "rng.chisquare(n - 1, runs)"),
        },
        {"q1-test": 1.5, "q3-test": 1.0, "q4-test": 0.25},
        "wrong",
    ),
    Submission(
        "the expected real data in place of their draw; the share below the level",
        {
            "q3": SIMULATE.replace("rng.chisquare(real, runs) if real else 0.0", "real"),
            "q4": (SIMULATE + OWN).replace("simulate", "right").replace("last > LEVEL", "last < LEVEL"),
        },
        {"q3-test": 2.0, "q4-test": 1.0},
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {"q3": SIMULATE.replace("    x = np", "    rng = np.random.default_rng(8)\n    x = np")},
        {"q3-test": 2.5},
        "wrong",
    ),
    Submission(
        "real samples tempered, too",
        {"q3": SIMULATE.replace("rng.chisquare(real, runs) if", "tau * rng.chisquare(real, runs) if")},
        {"q3-test": 2.0, "q4-test": 0.25},
        "wrong",
    ),
]

EQUIVALENT = {
    "q2": {
        "4: 9999 -> 10000": "how far is looked at most",
        "4: 9999 -> 9998": "how far is looked at most",
        "11: 9999 -> 10000": "how far is looked at most",
        "11: 9999 -> 9998": "how far is looked at most",
        "11: np.log(2 * tau / (n + r)) + digamma(n / 2) < 0 -> "
        "np.log(2 * tau / (n + r)) + digamma(n / 2) <= 0": (
            "a tie has probability 0"
        ),
        "21: 1000000.0 -> 1000001.0": "how far is looked at most",
        "21: 1000000.0 -> 999999.0": "how far is looked at most",
    },
    "q4": {"3: last > LEVEL -> last >= LEVEL": "a tie has probability 0"},
}
