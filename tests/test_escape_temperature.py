"""Temperature and truncation in the loop, against iteration of the definitions."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import integrate, stats

from collapse_lib import escape

ZIPF = 1 / np.arange(1.0, 5001)
ZIPF /= ZIPF.sum()


def test_temper():
    assert escape.temper([0.2, 0.8, 0.0], beta=2) == pytest.approx([1 / 17, 16 / 17, 0])
    assert escape.temper(ZIPF, beta=1) == pytest.approx(ZIPF)
    assert escape.temper([[0.5, 0.5], [0.1, 0.9]], beta=3).sum(axis=1) == pytest.approx([1, 1])
    assert escape.temper([1e-200, 1 - 1e-200], beta=50) == pytest.approx([0, 1])


@pytest.mark.parametrize("beta", [0.5, 1, 1.3])
def test_tempered_is_the_iterate(beta):
    q = p = np.array([0.5, 0.2, 0.2, 0.1, 0])
    laws = escape.tempered(p, beta=beta, k=[0, 1, 2, 3])
    for k in range(4):
        assert laws[k] == pytest.approx(q)
        q = escape.temper(q, beta=beta)
    assert escape.tempered(p, beta=beta, k=2).shape == (5,)


def test_tempered_has_its_limits():
    p = [0.4, 0.4, 0.2, 0]
    assert escape.tempered(p, beta=2, k=10**6) == pytest.approx([0.5, 0.5, 0, 0])
    assert escape.tempered(p, beta=0.5, k=10**6) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


@pytest.mark.parametrize(("beta", "share"), [(1.25, 0.1), (2, 0.49), (2, 0.2), (5, 0.01), (1.1, 0.5), (0.5, 0.1)])
def test_fixed_point_is_where_the_loop_ends(beta, share):
    q = np.array([0.6, 0.4])
    for _ in range(20_000):
        q = share / 2 + (1 - share) * q**beta / (q**beta).sum()
    assert escape.tempered_fixed_point(beta=beta, share=share) == pytest.approx(q[0], abs=1e-11)


def test_fixed_point_leaves_one_half_at_the_critical_share():
    critical = escape.critical_share(1.25)
    assert critical == pytest.approx(0.2)
    assert escape.critical_share(0.9) == 0
    assert escape.tempered_fixed_point(beta=1.25, share=critical + 1e-9) == 0.5
    assert escape.tempered_fixed_point(beta=1.25, share=critical - 1e-3) > 0.53
    assert escape.tempered_fixed_point(beta=1.25, share=0) == 1


@pytest.mark.parametrize(("n", "ddof"), [(2, 1), (10, 1), (10, 0), (300, 1)])
def test_critical_temperature_has_drift_zero(n, ddof):
    law = stats.loggamma((n - 1) / 2)  # of ln(C/2)
    drift = integrate.quad(lambda x: x * law.pdf(x), *law.ppf([1e-15, 1 - 1e-15]), limit=400)[0]
    assert escape.critical_temperature(n=n, ddof=ddof) == pytest.approx((n - ddof) / 2 * np.exp(-drift), rel=1e-9)


def test_top_k():
    assert escape.top_k([0.1, 0.4, 0.3, 0.2], words=2) == pytest.approx([0, 4 / 7, 3 / 7, 0])
    assert escape.top_k([0.25] * 4, words=3) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert escape.top_k([0.25] * 4, words=9) == pytest.approx([0.25] * 4)


def test_top_p():
    assert escape.top_p([0.1, 0.4, 0.3, 0.2], eta=0.7) == pytest.approx([0, 4 / 7, 3 / 7, 0])
    assert escape.top_p([0.1, 0.4, 0.3, 0.2], eta=0.7001) == pytest.approx([0, 4 / 9, 3 / 9, 2 / 9])
    assert escape.top_p([0.1, 0.4, 0.3, 0.2], eta=0.8, split=True) == pytest.approx([0, 4 / 8, 3 / 8, 1 / 8])
    assert escape.top_p([0.9, 0.1], eta=0.5, split=True) == pytest.approx([1, 0])
    assert escape.top_p(ZIPF, eta=1) == pytest.approx(ZIPF)
    assert np.count_nonzero(escape.top_p([0.1] * 10, eta=0.9)) == 9


@pytest.mark.parametrize("eta", [0.3, 0.9, 0.97])
def test_sizes_are_those_of_the_iterated_law(eta):
    q, sizes = ZIPF, []
    while not sizes or np.count_nonzero(q) < sizes[-1]:
        sizes.append(np.count_nonzero(q))
        q = escape.top_p(q, eta=eta)
    assert escape.top_p_sizes(ZIPF, eta=eta).tolist() == sizes


def test_sizes_of_a_zipf_law():
    sizes = escape.top_p_sizes(ZIPF, eta=0.9)
    assert sizes[:10].tolist() == [5000, 2014, 889, 426, 220, 121, 71, 44, 29, 20]
    assert (len(sizes) - 1, sizes[-1]) == (15, 4)
    assert escape.top_p_sizes([0.5, 0.5, 0], eta=1).tolist() == [2]


@pytest.mark.parametrize("percent", [*range(1, 100)])
def test_the_bound_is_exact_and_attained(percent):
    room = Fraction(100, 100 - percent)
    bound = max(1, -(-room.numerator // room.denominator) - 1)
    assert escape.top_p_bound(percent / 100) == bound
    assert escape.top_p_sizes(np.full(1000, 1e-3), eta=percent / 100)[-1] == bound


@pytest.mark.parametrize("transform", [lambda p: p, lambda p: escape.top_p(p, eta=0.7)])
def test_expected_distinct_against_the_sum_over_all_samples(transform):
    p = transform(np.array([0.5, 0.3, 0.2]))
    mean = sum(p[a] * p[b] * p[c] * len({a, b, c}) for a in range(3) for b in range(3) for c in range(3))
    assert escape.expected_distinct(p, n=3) == pytest.approx(mean)
    assert escape.expected_distinct([p, p], n=3) == pytest.approx([mean, mean])
    assert escape.expected_distinct([1.0, 0.0], n=3) == 1


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.5, 1])
def test_limit_with_real_data_is_where_the_loop_ends(share):
    q = ZIPF[:300] / ZIPF[:300].sum()
    p = q.copy()
    for _ in range(2000):
        q = share * p + (1 - share) * escape.top_p(q, eta=0.9, split=True)
    limit = escape.top_p_mixture_limit(p, eta=0.9, share=share)
    assert limit == pytest.approx(q, abs=1e-9)
    assert limit.sum() == pytest.approx(1)
    assert escape.nucleus_mass(eta=0.9, share=share) == pytest.approx(max(0, 1 - 0.1 / share), abs=1e-12)


def test_limits_keep_the_order_of_the_words():
    p = np.array([0.1, 0.6, 0.3])
    limit = escape.top_p_mixture_limit(p, eta=0.9, share=0.05)
    assert limit == pytest.approx([0.005, 0.98, 0.015])
    assert escape.top_p_mixture_limit(p, eta=1, share=0.5) == pytest.approx(p)
    assert escape.nucleus_mass(eta=0.9, share=0) == 0
    assert escape.nucleus_mass(eta=1, share=0) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: escape.temper([0.5, 0.5], beta=0), "beta"),
        (lambda: escape.temper([0.5, 0.6], beta=1), "probabilities"),
        (lambda: escape.tempered([0.5, 0.5], beta=1, k=-1), "k must"),
        (lambda: escape.top_k([0.5, 0.5], words=0), "words"),
        (lambda: escape.top_p([0.5, 0.5], eta=0), "eta"),
        (lambda: escape.top_p([0.5, 0.5], eta=0.5, split=2), "split"),
        (lambda: escape.top_p_sizes([0.5, 0.5], eta=1.1), "eta"),
        (lambda: escape.top_p_bound(1.0), "eta"),
        (lambda: escape.expected_distinct([0.5, 0.5], n=0), "n must"),
        (lambda: escape.critical_share(-1), "beta"),
        (lambda: escape.critical_temperature(n=1), "n must"),
        (lambda: escape.critical_temperature(n=9, ddof=2), "ddof"),
        (lambda: escape.tempered_fixed_point(beta=2, share=1.5), "share"),
        (lambda: escape.nucleus_mass(eta=0.5, share=-1), "share"),
        (lambda: escape.top_p_mixture_limit([0.5, 0.5], eta=0.5, share=0), "share"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
