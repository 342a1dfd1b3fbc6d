"""The accuracy that the library promises, against ball arithmetic on random arguments.

A ball of python-flint (Arb) holds the true value for certain, so each assertion here is a proof for its
arguments. They are drawn from the seeds 1, 2, 3, or from the one in the environment variable COLLAPSE_SEED.
"""

import os
from random import Random

import pytest
from flint import acb, arb, arb_mat, ctx, fmpq_series

from collapse_lib import forgetting, variance

SEEDS = [int(os.environ["COLLAPSE_SEED"])] if "COLLAPSE_SEED" in os.environ else [1, 2, 3]


@pytest.fixture(autouse=True, scope="module")
def precise():
    before, ctx.prec = ctx.prec, 256
    yield
    ctx.prec = before


@pytest.fixture(params=SEEDS)
def draw(request):
    return Seeded(request.param)


class Seeded(Random):
    """Random arguments that remember their seed."""

    def __init__(self, seed):
        super().__init__(seed)
        self.name = f"COLLAPSE_SEED={seed}"

    def wide(self, low, high):
        """A number whose logarithm is uniform."""
        return 10 ** self.uniform(low, high)

    def whole(self, low, high):
        return int(self.wide(low, high))

    def probability(self):
        p = self.wide(-14, 0)
        return self.choice([p, 1 - p, self.random()])


def assert_close(value, ball, draw, *arguments, relative=0.0, absolute=0.0):
    error, allowed = abs(arb(float(value)) - ball), relative * abs(ball) + absolute
    assert error <= allowed, f"{draw.name}, arguments {arguments}: {value!r}, true {ball}, error {error}"


# ------------------------------------------------------------------------------------ rates

ITERATED = 6_000


def iterates(log_keep, last):
    """x_0 = inf, x_1 = 1, x_{k+1} = 1 - exp(x_k log_keep)."""
    table = [arb.pos_inf(), arb(1)]
    while len(table) <= last:
        table.append(-(table[-1] * log_keep).expm1())
    return table


def abel(y):
    return 2 * y - y.log() / 3 + 1 / (36 * y) + 1 / (540 * y * y)


def abel_defect_bound():
    """M with |d(x)| <= M x^4/(1 - x) for d(x) = abel(1/(1 - e^-x)) - abel(1/x) - 1, where 0 < x < 1.

    d is analytic on the unit disc, where (1 - e^-x)/x has a positive real part; M is its largest modulus on
    the circle, and its first four coefficients vanish.
    """
    length = ctx.cap
    ctx.cap = 6
    x = fmpq_series([0, 1])
    growth = fmpq_series(list((1 - (-x).exp()).coeffs())[1:])  # (1 - e^-x)/x
    poles = fmpq_series(list((2 / growth - 2).coeffs())[1:])  # 2/(1 - e^-x) - 2/x
    after = x * growth
    series = poles + growth.log() / 3 + (after - x) / 36 + (after * after - x * x) / 540 - 1
    ctx.cap = length
    assert not any(list(series.coeffs())[:4])
    bound, parts = arb(0), 256
    for part in range(parts):
        angle = arb.pi() * arb((2 * part + 1) / parts, 1 / parts)
        x = acb(angle.cos(), angle.sin())
        after = 1 - (-x).exp()
        defect = 2 / after - 2 / x + (after / x).log() / 3 + (after - x) / 36 + (after**2 - x**2) / 540 - 1
        bound = bound.max(abs(defect))
    return bound


@pytest.fixture(scope="module")
def g_ball():
    """A function that encloses g_k for every k."""
    table = iterates(arb(-1), ITERATED)
    # The defects from there on: g_k <= 2/(k + 1), and the sum of (2/(k + 1))^4 over k >= K is below 16/(3 K^3).
    late = arb(0, (abel_defect_bound() * 16 / (3 * arb(ITERATED) ** 3) * 1.001).upper())
    start = abel(1 / table[ITERATED]) + late

    def g(k):
        if k <= ITERATED:
            return table[k]
        target = start + (k - ITERATED)
        y = target.mid() / 2
        for _ in range(8):
            y = (y - (abel(y) - target) / 2).mid()
        return 1 / (y + arb(0, (abs(abel(y) - target) / 1.9).upper()))  # abel' > 1.9

    return g


def test_g_and_survival_poisson(draw, g_ball):
    for k in [draw.randint(1, 50), *(draw.whole(0, 18) for _ in range(40))]:
        assert_close(forgetting.g(k), g_ball(k), draw, k, relative=1e-12)
        count = draw.wide(-20, 15)
        exact = -(-arb(count) * g_ball(k)).expm1()
        assert_close(forgetting.survival_poisson(count, k=k), exact, draw, count, k, relative=2e-12)


def test_forgetting_quantile(draw, g_ball):
    for _ in range(30):
        count, u = draw.wide(-3, 12), draw.uniform(0, 1)
        k, target = forgetting.forgetting_quantile(count, u), -arb(u).log() / count
        assert g_ball(k) < target * (1 + 1e-14) and g_ball(k - 1) > target * (1 - 1e-14), (draw.name, count, u)


def test_h(draw):
    for n in (draw.randint(1, 50), draw.whole(1, 6), draw.whole(0, 15)):
        table = iterates(n * (-arb(1) / n).log1p() if n > 1 else arb.neg_inf(), 3 * ITERATED)
        for k in (draw.randint(1, 100), draw.randint(100, 4_096), draw.randint(4_097, 3 * ITERATED)):
            assert_close(forgetting.h(k, n=n), table[k], draw, n, k, relative=1e-11)


def test_heterozygosity(draw):
    for _ in range(100):
        p0, n = draw.probability(), draw.whole(0.5, 15)
        k = min(int(n * draw.wide(-3, 2.5)), 10**18)
        exact = arb(p0) * (1 - arb(p0)) * (1 - arb(1) / n) ** k
        assert_close(forgetting.heterozygosity(p0, n=n, k=k), exact, draw, p0, n, k, relative=1e-12)


# ------------------------------------------------------------------------------------ ancestors


def transitions(n):
    """T(m, a): the probability that m balls occupy a of n boxes."""
    rows = [[arb(0)] * n for _ in range(n)]
    rows[0][0] = arb(1)
    for m in range(1, n):
        for a in range(m + 1):
            rows[m][a] = rows[m - 1][a] * (a + 1) / n + (rows[m - 1][a - 1] * (n - a) / n if a else 0)
    return rows


def check_law(law, n, k, draw):
    """Every mean over the law of A_k."""

    def mean(f):
        return sum((probability * f(a) for a, probability in enumerate(law, 1)), arb(0))

    def known(p):
        return mean(lambda a: 1 - (1 - arb(p)) ** a)

    for p0 in (draw.probability(), draw.probability()):
        p = arb(p0)
        assert_close(forgetting.survival(p0, n=n, k=k), known(p0), draw, p0, n, k, relative=1e-10)
        both = mean(lambda a: 1 - (1 - p) ** a - p**a if a > 1 else arb(0))
        assert_close(forgetting.unabsorbed(p0, n=n, k=k), both, draw, p0, n, k, relative=1e-10, absolute=1e-300)
    words = [draw.wide(-9, 0) for _ in range(5)]
    words = [word / sum(words) for word in words]
    expected = sum(map(known, words), arb(0))
    assert_close(forgetting.expected_unique(words, n=n, k=k), expected, draw, words, n, k, relative=1e-10)
    assert_close(forgetting.expected_ancestors(k, n=n), mean(arb), draw, n, k, relative=1e-10)
    for a, probability in zip(*forgetting.ancestors(n=n, k=k), strict=True):
        assert_close(probability, law[a - 1], draw, n, k, a, relative=1e-10, absolute=1e-20)


def test_means_over_the_ancestors_in_early_generations(draw):
    for n in (draw.randint(1, 64), draw.randint(65, 300)):
        matrix = arb_mat(transitions(n))
        law, last = arb_mat(1, n, [0] * (n - 1) + [1]), draw.randint(8, 25)
        for k in range(1, last + 1):
            if k in (1, 2, last):
                check_law(law.entries(), n, k, draw)
            law = law * matrix


def test_means_over_the_ancestors_in_late_generations(draw):
    for n in (draw.randint(2, 30), draw.randint(65, 75)):
        matrix, k = arb_mat(transitions(n)), int(n * draw.wide(0, 2.7))
        check_law((matrix ** (k - 1)).tolist()[-1], n, k, draw)


def test_exact_identities_at_large_sizes(draw):
    """When A_k balls fall into n boxes, a box stays empty with probability (1 - 1/n)^A_k. In the end one word
    is left, each with its probability. The largest eigenvalues are 1, 1 - 1/n and (1 - 1/n)(1 - 2/n).
    """
    n, p0 = draw.whole(3, 4.6), draw.probability()
    k, late = int(n * draw.wide(-2, 1)) + 1, [20 * n, int(n * draw.uniform(20, 600))]
    after = arb(forgetting.expected_ancestors(k + 1, n=n)) / n
    assert_close(forgetting.survival(1 / n, n=n, k=k), after, draw, n, k, relative=1e-10)
    assert_close(forgetting.survival(p0, n=n, k=10**18), arb(p0), draw, p0, n, relative=1e-12)
    first, second = forgetting.unabsorbed(p0, n=n, k=late)
    decay = (1 - arb(1) / n) ** (late[1] - late[0])
    assert_close(second, first * decay, draw, p0, n, late, relative=1e-10)


def test_mean_times(draw):
    for n in (draw.randint(2, 12), draw.randint(65, 110)):
        rows, p0 = transitions(n), draw.probability()
        p, q = arb(p0), 1 - arb(p0)
        away = arb_mat([[(i == j) - rows[i][j] for j in range(1, n)] for i in range(1, n)])
        sums = away.solve(arb_mat([[1 - p**a - q**a, 1 - q ** (a - 1), arb(1)] for a in range(2, n + 1)]))
        times = [1 + sums[n - 2, j] for j in range(3)]
        assert_close(forgetting.expected_absorption_time(p0, n=n), times[0], draw, p0, n, relative=1e-10)
        assert_close(forgetting.total_collapse_time([p0, 1 - p0], n=n), times[0], draw, p0, n, relative=1e-10)
        assert_close(forgetting.conditional_loss_time(p0, n=n), times[1], draw, p0, n, relative=1e-10)
        assert_close(forgetting.expected_mrca_time(n=n), times[2], draw, n, relative=1e-10)


# ------------------------------------------------------------------------------------ variance


def cumulant(z, alpha):
    """ln(Gamma(alpha + z)/(Gamma(alpha) alpha^z))."""
    return (alpha + z).lgamma() - alpha.lgamma() - z * alpha.log()


def tail_ball(eps, k, n, ddof, sigma0=1.0, *, lower=False, order=1):
    """Pr(Sigma_k > eps), or Pr(Sigma_k <= eps), by the integral of f(s) = exp(k K(s) - s y)/s along Re s = c.

    K is the `cumulant`, and c > 0, or -alpha < c < 0; with f(s)/s, `order` 2, it is 2 E max(ln(eps/Sigma_k), 0).
    The trapezoidal rule of step h is off by at most
    (I(c - a) + I(c + a))/(exp(2 pi a/h) - 1)/(2 pi) if f is analytic in between, I(c) the integral of |f|
    along Re s = c. For |f|: with b = alpha + c, |Gamma(b + it)/Gamma(b)|^2 is the product of
    1/(1 + t^2/(b + j)^2) over j >= 0, hence below (1 + t^2/r)^-m, r = (b + m)^2.
    """
    alpha = arb(n - 1) / 2
    y = 2 * (arb(eps) / arb(sigma0)).log() + k * (arb(n - ddof) / (n - 1)).log()

    def peak(c):  # |f(c)|
        return (k * cumulant(c, alpha) - c * y).exp() / abs(c) ** order

    def power(c):  # |f(c + it)| <= f(c) (1 + t^2/r)^-m
        m = int(float(alpha + c)) + 8
        return (alpha + c + m) ** 2, arb(m) * k / 2

    def whole(c):  # I(c) from above
        r, m = power(c)
        return peak(c) * (arb.pi() * r).sqrt() * ((m - arb(0.5)).lgamma() - m.lgamma()).exp()

    low, high = -60.0, 60.0
    for _ in range(50):  # c near the saddle point of f
        middle = (low + high) / 2
        c = (-alpha / (1 + arb(middle).exp()) if lower else alpha * arb(middle).exp()).mid()
        rises = k * ((alpha + c).digamma() - alpha.log()) - y - 1 / c > 0
        low, high = (low, middle) if rises else (middle, high)
    width = 1 / (k * acb(alpha + c).polygamma(1).real).sqrt()
    a = abs(c / 2).min((alpha + c) / 2).min(4 * width).mid()
    step, (r, m), sign = (a / 10).mid(), power(c), (-1) ** order if lower else 1
    total, t = peak(c) / 2, arb(0)
    while True:
        t += step
        s = acb(c, t)
        f = (k * cumulant(s, alpha) - s * y).exp() / s**order
        total += sign * f.real
        # later terms, by |f(c + iu)| <= |f(c + it)| (1 + 2t(u - t)/(r + t^2))^-m for u > t
        rest = abs(f) * (r + t * t) / (2 * t * (m - 1)) / step
        if rest < total * arb(2) ** -60:
            break
    error = (whole(c - a) + whole(c + a)) / ((2 * arb.pi() * a / step).exp() - 1) / (2 * arb.pi())
    return (total + arb(0, rest.upper())) * step / arb.pi() + arb(0, error.upper())


def gaussian(draw):
    """n, k, ddof, and a standard deviation and centre of ln Sigma_k."""
    n, ddof = draw.choice([2, 3, draw.whole(0.7, 3), draw.whole(3, 9), 10**9]), draw.randint(0, 1)
    k = draw.choice([1, 2, draw.whole(0, 3), draw.whole(0, 9)])
    k = min(k, max(1, int(600 / variance.log_rate(n=n, ddof=ddof))))  # the level must be a float
    return n, k, ddof, (k / (2 * n - 2)) ** 0.5, -k * variance.log_rate(n=n, ddof=ddof)


def test_survival_of_the_variance(draw):
    for case in range(40):
        n, k, ddof, sd, centre = gaussian(draw)
        n, k, sd, centre = (10 ** (6 + case), 1, 10 ** -(3 + case / 2), 0.0) if case < 4 else (n, k, sd, centre)
        sigma0 = draw.choice([1.0, draw.wide(-20, 20)])
        eps = sigma0 * float(arb(centre + sd * draw.choice([draw.gauss(0, 1), draw.uniform(-8, 36)])).exp())
        arguments, exact = (eps, k, n, ddof, sigma0), tail_ball(eps, k, n, ddof, sigma0)
        value = variance.survival(eps, k=k, n=n, ddof=ddof, sigma0=sigma0)
        assert_close(value, exact, draw, *arguments, absolute=1e-13)
        assert_close(value, exact, draw, *arguments, relative=1e-11, absolute=1e-290)


def test_quantile_and_median(draw):
    for _ in range(10):
        n, k, ddof, _, _ = gaussian(draw)
        for u in (0.5, draw.choice([draw.random(), draw.wide(-15, 0), 1 - draw.wide(-14, 0)])):
            q = variance.median(k=k, n=n, ddof=ddof) if u == 0.5 else variance.quantile(u, k=k, n=n, ddof=ddof)
            if q > 1e-300:
                low = u <= 0.5
                less, more = (tail_ball(q * (1 + r), k, n, ddof, lower=low) for r in (-arb(1e-10), arb(1e-10)))
                right = less < arb(u) < more if low else less > 1 - arb(u) > more
                assert right, (draw.name, u, k, n, ddof, q)


def test_moments(draw):
    for _ in range(50):
        n, k, ddof, _, _ = gaussian(draw)
        alpha = arb(n - 1) / 2
        s = draw.choice([-(n - 1) * draw.random(), draw.uniform(0, 5), 2 + draw.wide(-15, 0), n * draw.wide(-9, 3)])
        exact = cumulant(arb(s) / 2, alpha) - arb(s) / 2 * (arb(n - ddof) / (n - 1)).log()
        near_zero = (1 - ddof) * 1e-14 / n
        value = variance.log_moment(s, n=n, ddof=ddof)
        assert_close(value, exact, draw, s, n, ddof, relative=1e-12, absolute=near_zero)
        if abs(k * exact) < 600:
            value = variance.moment(s, k=k, n=n, ddof=ddof)
            assert_close(value, (k * exact).exp(), draw, s, k, n, ddof, relative=1e-9 + k * near_zero)


def test_rates(draw):
    for _ in range(30):
        n, _, ddof, _, _ = gaussian(draw)
        alpha, shrink = arb(n - 1) / 2, (arb(n - ddof) / (n - 1)).log()
        exact = (alpha.log() - alpha.digamma() + shrink) / 2
        assert_close(variance.log_rate(n=n, ddof=ddof), exact, draw, n, ddof, relative=1e-12)
        z = arb(1 / 2 if ddof else 1)
        for _ in range(12):  # Newton's method for the least moment; a convex function lies above its tangents
            slope = (alpha + z).digamma() - alpha.log() - shrink
            z = (z - slope / acb(alpha + z).polygamma(1).real).mid()
        slope = (alpha + z).digamma() - alpha.log() - shrink
        exact = z * shrink - cumulant(z, alpha) + arb(0, abs(slope).upper())
        assert_close(variance.tail_rate(n=n, ddof=ddof), exact, draw, n, ddof, relative=1e-12)


def test_bounds_on_the_first_passage(draw):
    for n in (2, 10**9, *(draw.whole(0.5, 9) for _ in range(10))):
        eps, ddof = draw.wide(-9, 0), draw.randint(0, 1)
        rate = ((arb(n - ddof) / 2).log() - (arb(n - 1) / 2).digamma()) / 2
        lower, upper = variance.expected_first_passage_bounds(eps, n=n, ddof=ddof)
        assert_close(lower, (1 / arb(n - 1) - arb(eps).log()) / rate, draw, eps, n, ddof, relative=1e-12)
        mean, positive = (tail_ball(1, 1, n, ddof, lower=True, order=order) for order in (2, 1))
        assert_close(upper, (mean / positive / 2 - arb(eps).log()) / rate, draw, eps, n, ddof, relative=1e-12)
