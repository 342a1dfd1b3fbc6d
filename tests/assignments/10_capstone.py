"""Submissions of assignment 10, with the marks that each must get."""

from submissions import Submission

SUMMARY = """
def summary(runs, level):
    times, collapsed = [], []
    for run in runs:
        times.append(np.size(run) - 1)
        collapsed.append(bool(np.min(run) <= np.log(level)))
    return np.array(times), np.array(collapsed)
"""
NAIVE = """
def drop(runs, level):
    times, collapsed = summary(runs, level)
    return sum(-np.log(level) / t for t, done in zip(times, collapsed) if done) / sum(collapsed)

def pretend(runs, level):
    return np.mean([-np.log(level) / (len(run) - 1) for run in runs])

own_1 = np.array([drop(GIVEN, LEVEL), pretend(GIVEN, LEVEL)])
"""
ESTIMATE = """
def estimate(runs):
    total = sum(len(run) - 1 for run in runs)
    rate = sum(run[0] - run[-1] for run in runs) / total
    square = sum(((run[1:] - run[:-1] + rate) ** 2).sum() for run in runs)
    return rate, np.sqrt(square / (total - 1) / total)

own_2 = estimate(GIVEN)
"""
FIT = """
def log_likelihood(times, collapsed, law):
    total = 0.0
    for t, done in zip(times, collapsed):
        total += np.log(law[t]) if done else np.log1p(-np.sum(law[:t + 1]))
    return total

def fit(times, collapsed, laws):
    best, most = None, -np.inf
    for n, law in laws.items():
        found = log_likelihood(times, collapsed, law)
        if found > most:
            best, most = n, found
    return best

best = fit(*summary(GIVEN, LEVEL), LAWS)
own_3 = [best, 0.5 * (np.log((best - 1) / 2) - digamma((best - 1) / 2))]
own_3.append(log_likelihood(*summary(GIVEN, LEVEL), LAWS[best]))
"""
TRY = """
def experiment(n, level, horizon, runs, repeats, rng):
    found = np.empty((repeats, 3))
    for row in found:
        data = record(n, level, horizon, runs, rng)
        row[:] = drop(data, level), pretend(data, level), estimate(data)[0]
    return found

nu = TRIAL["n"] - 1
found = np.mean(experiment(**TRIAL, runs=RUNS, repeats=REPEATS, rng=mine), axis=0)
own_4 = found * 2 / (np.log(nu / 2) - digamma(nu / 2)) - 1
"""
SLOPES = """
def estimate(runs):
    slopes = np.array([(run[0] - run[-1]) / (len(run) - 1) for run in runs])
    return slopes.mean(), slopes.std(ddof=1) / len(runs) ** 0.5

own_2 = estimate(GIVEN)
"""

SUBMISSIONS = [
    Submission(
        "run by run, in plain loops",
        {"q1": SUMMARY + NAIVE, "q2": ESTIMATE, "q3": FIT, "q4": TRY},
        {},
        "right",
    ),
    Submission(
        "all data in one array",
        {
            "q2": """
def estimate(runs):
    steps = np.hstack([run[1:] - run[:-1] for run in runs])
    return float(-steps.mean()), float(np.sqrt(steps.var(ddof=1) / len(steps)))

own_2 = list(estimate(GIVEN))
""",
            "q3": """
def log_likelihood(times, collapsed, law):
    times, collapsed = np.array(times), np.array(collapsed)
    later = 1 - np.cumsum(law)
    return np.log(law[times[collapsed]]).sum() + np.log(later[times[~collapsed]]).sum()

def fit(times, collapsed, laws):
    sizes = list(laws)
    return sizes[np.argmax([log_likelihood(times, collapsed, laws[n]) for n in sizes])]

best = fit(*summary(GIVEN, LEVEL), LAWS)
rate = (np.log(best / 2 - 0.5) - digamma(best / 2 - 0.5)) / 2
own_3 = np.array([best, rate, log_likelihood(*summary(GIVEN, LEVEL), LAWS[best])])
""",
        },
        {},
        "right",
    ),
    Submission(
        "whoever reaches the horizon is censored; the mean of the runs' slopes; censored runs left out",
        {
            "q1": SUMMARY.replace("np.min(run) <= np.log(level)", "len(run) < max(map(len, runs))") + NAIVE,
            "q2": SLOPES,
            "q3": FIT.replace(" else np.log1p(-np.sum(law[:t + 1]))", " else 0.0"),
        },
        {"q1-test": 0.5, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "lengths for times; the error of the runs; at the horizon for later",
        {
            "q1": SUMMARY.replace("np.size(run) - 1", "np.size(run)")
            + NAIVE.replace("(len(run) - 1)", "len(run)"),
            "q2": ESTIMATE.replace("(total - 1) / total", "(total - 1) / len(runs)"),
            "q3": FIT.replace("law[:t + 1]", "law[:t]"),
        },
        {"q1-test": 0.0, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "logarithms to the base ten; the divisor of all steps; the sign of the decline",
        {
            "q1": SUMMARY + NAIVE.replace("-np.log(level)", "-np.log10(level)"),
            "q2": ESTIMATE.replace("run[0] - run[-1]", "run[-1] - run[0]").replace("+ rate", "- rate"),
        },
        {"q1-test": 0.5, "q2-test": 0.0, "q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "the likelihood, not its logarithm; the least likely law",
        {
            "q3": FIT.replace("return total", "return np.exp(total)")
            .replace("found > most", "found < most")
            .replace("-np.inf", "np.inf"),
        },
        {"q3-test": 0.0},
        "wrong",
    ),
    Submission(
        "the rate of the variance; the rates themselves for their errors",
        {
            "q3": FIT.replace("0.5 * (np.log", "(np.log"),
            "q4": TRY.replace(" * 2 / (np.log(nu / 2) - digamma(nu / 2)) - 1", ""),
        },
        {"q3-test": 2.0, "q4-test": 1.25},
        "wrong",
    ),
    Submission(
        "the divisor M for M - 1; a generator of its own inside",
        {
            "q2": ESTIMATE.replace("(total - 1)", "total"),
            "q4": TRY.replace("    found =", "    rng = np.random.default_rng(10)\n    found ="),
        },
        {"q2-test": 1.0, "q4-test": 1.5},
        "wrong",
    ),
    Submission(
        "the estimates in another order",
        {"q4": TRY.replace("row[:] = drop(data, level), pretend(data, level), estimate(data)[0]",
                           "row[:] = estimate(data)[0], drop(data, level), pretend(data, level)")},
        {"q4-test": 0.5},
        "wrong",
    ),
]

EQUIVALENT = {
    "q1": {"5: run[-1] <= np.log(level) -> run[-1] < np.log(level)": "a tie has probability 0"},
}
