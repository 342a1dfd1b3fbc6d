"""Submissions of assignment 5, with the marks that each must get."""

from submissions import Submission

TYPICAL = """
k = {generations}
neutral = {neutral}
typical = sigma0 * {typical}
mean_sd = sigma0 * {mean}
"""
THREE = {
    "generations": "np.arange(0, 101, 10)",
    "neutral": "2 * np.exp(digamma((n - 1) / 2))",
    "typical": "(neutral / (n - 1))**(k / 2)",
    "mean": "(np.sqrt(2 / (n - 1)) * gamma(n / 2) / gamma((n - 1) / 2))**k",
}
LOOP = """
def refit(mean, sd, *, n, divisor, generations, trajectories, rng):
    {first}
    means = np.full((trajectories, generations + 1), float(mean))
    sds = np.full((trajectories, generations + 1), float(sd))
    for k in range(generations):
        sample = {sample}
        means[:, k + 1] = {mean}
        sds[:, k + 1] = {sd}
    return means, sds
"""
FIT = {
    "first": "pass",
    "sample": "rng.normal(means[:, k, None], sds[:, k, None], (trajectories, n))",
    "mean": "sample.mean(axis=1)",
    "sd": "np.sqrt(((sample - means[:, k + 1, None])**2).sum(axis=1) / divisor)",
}
RATE = """
def estimate_rate(sds):
    runs, columns = np.shape(sds)
    rates = {rates}
    return {rate}, {error}

own_rate, own_error = estimate_rate(own_runs)
"""
FOUND = {
    "rates": "np.log(sds[:, 0] / sds[:, -1]) / (columns - 1)",
    "rate": "np.mean(rates)",
    "error": "np.std(rates, ddof=1) / np.sqrt(runs)",
}
PLAN = """
def divisor_for(n, rate):
    return {divisor}

def runs_needed(n, *, generations, error):
    return {runs}

own_divisor = divisor_for(n, {own})
"""
PLANNED = {
    "divisor": "2 * np.exp(digamma((n - 1) / 2) + 2 * rate)",
    "runs": "int(np.ceil(polygamma(1, (n - 1) / 2) / 4 / generations / error**2))",
    "own": "np.log(2) / half_life",
}

SUBMISSIONS = [
    Submission(
        "by the chi-square step",
        {
            "q1": """
a = (np.log((n - 1) / 2) - digamma((n - 1) / 2)) / 2
neutral = (n - 1) * np.exp(-2 * a)
typical = [sigma0 * np.exp(-a * k) for k in range(0, 101, 10)]
from scipy.special import gammaln
c4 = np.exp(gammaln(n / 2) - gammaln((n - 1) / 2) - np.log((n - 1) / 2) / 2)
mean_sd = [sigma0 * c4**k for k in range(0, 101, 10)]
""",
            "q2": """
def refit(mean, sd, *, n, divisor, generations, trajectories, rng):
    shape = trajectories, generations
    sds = sd * np.cumprod(np.sqrt(rng.chisquare(n - 1, shape) / divisor), axis=1)
    sds = np.hstack([np.full((trajectories, 1), float(sd)), sds])
    noise = rng.standard_normal(shape) * sds[:, :-1] / np.sqrt(n)
    return np.hstack([np.full((trajectories, 1), float(mean)), mean + noise.cumsum(axis=1)]), sds
""",
            "q3": """
def estimate_rate(sds):
    steps = -np.diff(np.log(sds), axis=1)
    each = steps.mean(axis=1)
    return each.mean(), np.sqrt(each.var(ddof=1) / len(each))

own_rate, own_error = estimate_rate(own_runs)
""",
            "q4": """
from math import ceil, exp, log

def divisor_for(n, rate):
    return (n - 1) * exp(2 * rate - log((n - 1) / 2) + digamma((n - 1) / 2))

def runs_needed(n, *, generations, error):
    single = np.sqrt(polygamma(1, 0.5 * n - 0.5)) / 2 / np.sqrt(generations)
    return ceil((single / error) ** 2)

own_divisor = divisor_for(n, log(2**(1 / half_life)))
""",
        },
        {},
        "right",
    ),
    Submission(
        "with numpy's own statistics, a sample a column",
        {
            "q2": """
def refit(mean, sd, *, n, divisor, generations, trajectories, rng):
    m, s = np.full(trajectories, mean * 1.0), np.full(trajectories, sd * 1.0)
    history = [(m, s)]
    for _ in range(generations):
        sample = rng.normal(m, s, size=(n, trajectories))
        m, s = np.mean(sample, axis=0), np.std(sample, axis=0) * (n / divisor) ** 0.5
        history.append((m, s))
    means, sds = zip(*history)
    return np.stack(means, axis=1), np.stack(sds, axis=1)
""",
            "q3": """
import statistics

def estimate_rate(sds):
    logs = np.log(np.asarray(sds))
    each = [float(row[0] - row[-1]) / (row.size - 1) for row in logs]
    return [statistics.mean(each), statistics.stdev(each) / len(each)**0.5]

own_rate, own_error = estimate_rate(own_runs)
""",
        },
        {},
        "right",
    ),
    Submission(
        "ML for near-ML; the divisor n whatever is asked",
        {
            "q1": TYPICAL.format(
                **{
                    **THREE,
                    "typical": "(neutral / n)**(k / 2)",
                    "mean": "(np.sqrt(2 / n) * gamma(n / 2) / gamma((n - 1) / 2))**k",
                }
            ),
            "q2": LOOP.format(**{**FIT, "sd": "sample.std(axis=1)"}),
        },
        {"q1-test": 1.0, "q2-test": 2.0},
        "wrong",
    ),
    Submission(
        "n degrees of freedom: the variance about the old mean",
        {
            "q2": LOOP.format(
                **{**FIT, "sd": "np.sqrt(((sample - means[:, k, None])**2).sum(axis=1) / divisor)"},
            ),
        },
        {"q2-test": 1.5},
        "wrong",
    ),
    Submission(
        "variances for standard deviations",
        {
            "q1": TYPICAL.format(**{**THREE, "typical": "(neutral / (n - 1))**k", "mean": "1.0**k"}),
            "q2": LOOP.format(**{**FIT, "sd": "((sample - means[:, k + 1, None])**2).sum(axis=1) / divisor"}),
            "q3": RATE.format(**{**FOUND, "rates": "np.log(sds[:, 0]**2 / sds[:, -1]**2) / (columns - 1)"}),
            "q4": PLAN.format(
                divisor="2 * np.exp(digamma((n - 1) / 2) + rate)",
                runs="int(np.ceil(polygamma(1, (n - 1) / 2) / generations / error**2))",
                own="np.log(2) / half_life",
            ),
        },
        {"q1-test": 0.5, "q2-test": 1.0, "q3-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
    Submission(
        "only the first generation is drawn from the last model",
        {"q2": LOOP.format(**{**FIT, "sample": "rng.normal(mean, sd, (trajectories, n))"})},
        {"q2-test": 1.0},
        "wrong",
    ),
    Submission(
        "a generator of its own inside",
        {"q2": LOOP.format(**{**FIT, "first": "rng = np.random.default_rng(8)"})},
        {"q2-test": 2.5},
        "wrong",
    ),
    Submission(
        "the mean stays where it is",
        {"q2": LOOP.format(**FIT).replace("return means, sds", "return np.full_like(means, mean), sds")},
        {"q2-test": 2.5},
        "wrong",
    ),
    Submission(
        "the logarithm of the mean for the mean of the logarithm",
        {
            "q3": RATE.format(
                **{**FOUND, "rate": "-np.log(np.mean(sds[:, -1] / sds[:, 0])) / (columns - 1)"},
            ),
        },
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "decimal logarithms; the drift with its sign",
        {
            "q3": RATE.format(**{**FOUND, "rates": "np.log10(sds[:, -1] / sds[:, 0]) / (columns - 1)"}),
            "q4": PLAN.format(**{**PLANNED, "divisor": "2 * np.exp(digamma((n - 1) / 2) - 2 * rate)"}),
        },
        {"q3-test": 0.0, "q4-test": 1.0},
        "wrong",
    ),
    Submission(
        "columns counted as generations",
        {"q3": RATE.format(**{**FOUND, "rates": "np.log(sds[:, 0] / sds[:, -1]) / columns"})},
        {"q3-test": 0.0},
        "wrong",
    ),
    Submission(
        "the divisor n in the standard error; squares that vanish",
        {
            "q3": RATE.format(
                rates="np.log(sds[:, 0]**2 / sds[:, -1]**2) / (columns - 1) / 2",
                rate="np.mean(rates)",
                error="np.std(rates) / np.sqrt(runs)",
            )
        },
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "the spread of the steps, pooled, for that of the runs",
        {
            "q3": RATE.format(
                **{**FOUND, "error": "np.std(np.diff(np.log(sds)), ddof=1) / np.sqrt(runs * (columns - 1))"},
            ),
        },
        {"q3-test": 0.5},
        "wrong",
    ),
    Submission(
        "rounded down; digamma of n/2; the half-life of the variance",
        {
            "q4": PLAN.format(
                divisor="2 * np.exp(digamma((n - 1) / 2) + 2 * rate)",
                runs="int(polygamma(1, (n - 1) / 2) / 4 / generations / error**2)",
                own="np.log(2) / half_life / 2",
            )
        },
        {"q4-test": 0.5},
        "wrong",
    ),
    Submission(
        "answers of the wrong kind",
        {
            "q1": "neutral = typical = mean_sd = lambda: 1.0",
            "q2": "def refit(mean, sd, **others):\n    return mean, sd",
            "q3": "def estimate_rate(sds):\n    return np.nan, np.nan\nown_rate = own_error = 'small'",
            "q4": """
def divisor_for(n, rate):
    return n - 1

def runs_needed(n, *, generations, error):
    return 42

own_divisor = -1.0
""",
        },
        {"q1-test": 0.0, "q2-test": 0.0, "q3-test": 0.0, "q4-test": 0.0},
        "wrong",
    ),
]

EQUIVALENT = {
    "q1": {"2: 101 -> 102": "the last generation is 100 all the same"},
    "q2": {
        "6: means[:, k, None] + sds[:, k, None] * rng.standard_normal((trajectories, n)) -> "
        "means[:, k, None] - sds[:, k, None] * rng.standard_normal((trajectories, n))": (
            "the normal law is symmetric"
        ),
    },
}
