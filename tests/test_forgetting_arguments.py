"""Shapes of the answers, and bad input, for every public function of the theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collapse_lib import forgetting

OF_K = {
    "g": lambda k: forgetting.g(k),
    "smoothed_absence": lambda k: forgetting.smoothed_absence(3, k=k, rates=[0.1], slope=0.9),
    "h": lambda k: forgetting.h(k, n=9),
    "survival": lambda k: forgetting.survival(0.3, n=9, k=k),
    "unabsorbed": lambda k: forgetting.unabsorbed(0.3, n=9, k=k),
    "heterozygosity": lambda k: forgetting.heterozygosity(0.3, n=9, k=k),
    "survival_poisson": lambda k: forgetting.survival_poisson(3, k=k),
    "g_bounds": lambda k: forgetting.g_bounds(k, "sharp")[0],
    "survival_bounds": lambda k: forgetting.survival_bounds(0.3, n=9, k=k, source="sharp")[1],
    "diversity_bounds": lambda k: forgetting.diversity_bounds(0.3, n=9, k=k)[1],
    "survival_poisson_bounds": lambda k: forgetting.survival_poisson_bounds(3, k=k)[0],
    "expected_ancestors": lambda k: forgetting.expected_ancestors(k, n=9),
    "expected_unique": lambda k: forgetting.expected_unique([0.5, 0.5], n=9, k=k),
    "expected_unique_bounds": lambda k: forgetting.expected_unique_bounds([0.5, 0.5], n=9, k=k)[1],
    "first_loss_survival": lambda k: forgetting.first_loss_survival([0.5, 0.5], n=9, k=k),
    "first_loss_survival, poisson": lambda k: forgetting.first_loss_survival(
        [0.5, 0.5], n=9, k=k, source="poisson"
    ),
    "first_loss_survival, law": lambda k: forgetting.first_loss_survival([0.5, 0.5], n=9, k=k, source="law"),
}


@pytest.mark.parametrize("name", OF_K)
def test_answers_have_the_shape_of_k(name):
    of_k = OF_K[name]
    k = np.array([[0, 3, 9_000], [1, 4, 5]])
    answer = of_k(k)
    assert isinstance(answer, np.ndarray) and answer.shape == (2, 3)
    for generation, value in zip(k.ravel(), answer.ravel()):
        alone = of_k(int(generation))
        assert isinstance(alone, float) and alone == pytest.approx(value, rel=1e-13)
    assert of_k([2]).shape == (1,) and isinstance(of_k(np.uint8(2)), float)


# -------------------------------------------------------------------------------- bad input

JUNK = st.sampled_from(["x", "0.5", None, True, 1j, object(), {}])
OUTSIDE = st.one_of(
    st.floats(max_value=0, exclude_max=True), st.floats(min_value=1, exclude_min=True), st.just(float("nan"))
)
NOT_INTEGER = st.one_of(JUNK, st.floats())
BAD = {
    "p0": st.one_of(JUNK, OUTSIDE, st.just([0.5])),
    "starts": st.one_of(
        JUNK, OUTSIDE, OUTSIDE.map(lambda x: [0.5, x]), st.sampled_from([[], [[0.5]], ["x"]])
    ),
    "points": st.one_of(JUNK, OUTSIDE, OUTSIDE.map(lambda x: [0.5, x]), st.sampled_from([[], ["x"]])),
    "starts below 1": st.one_of(
        JUNK, OUTSIDE, OUTSIDE.map(lambda x: [0.5, x]), st.sampled_from([1, 1.0, [0.5, 1.0], [], [[0.5]]])
    ),
    "n": st.one_of(NOT_INTEGER, st.integers(max_value=0), st.just([3]), st.just(10**16)),
    "schedule": st.one_of(
        NOT_INTEGER, st.integers(max_value=0), st.sampled_from([[], [3], [3, 0], [3.0, 3.0], [3, 10**16], [[3, 3]], 10**16])
    ),
    "k": st.one_of(
        NOT_INTEGER,
        st.integers(max_value=-1),
        st.floats().map(lambda x: [1, x]),
        st.sampled_from([[], [3, -1], 10**19]),
    ),
    "one k": st.one_of(NOT_INTEGER, st.integers(max_value=0), st.sampled_from([[], [3], 10**19])),
    "one round": st.one_of(NOT_INTEGER, st.integers(max_value=-1), st.sampled_from([[], [3], 10**19])),
    "count": st.one_of(
        JUNK, st.floats(max_value=0, exclude_max=True), st.sampled_from([np.nan, np.inf, 1.1e15, [1.0]])
    ),
    "u": st.one_of(JUNK, OUTSIDE, st.sampled_from([1.0, 1, [0.5]])),
    "source": st.one_of(JUNK, st.sampled_from(["Paper", "", 1, ["paper"]])),
    "start": st.one_of(NOT_INTEGER, st.integers(max_value=-1), st.sampled_from([[], [3, -1], 10**19])),
    "one start": st.one_of(NOT_INTEGER, st.integers(max_value=-1), st.sampled_from([[], [3], 10**4])),
    "rates": st.one_of(
        JUNK,
        st.floats(max_value=0, exclude_max=True),
        OUTSIDE.filter(lambda x: not x > 0).map(lambda x: [0.5, x]),
        st.sampled_from([[], [[0.5]], ["x"], [np.inf], [2e3], 0.5]),
    ),
    "slope": st.one_of(JUNK, OUTSIDE, st.sampled_from([[0.5], []])),
    "probabilities": st.one_of(
        JUNK,
        OUTSIDE.map(lambda x: [0.5, x]),
        st.sampled_from([[], 1.0, [0.5, 0.6], [[0.5, 0.5]], ["x"], [1.5, -0.5]]),
    ),
}
GOOD = {"start": 2, "rates": [0.1, 0.9], "slope": 0.5, "p0": 0.3, "n": 5, "k": 2, "count": 2.0, "u": 0.5, "source": "sharp", "probabilities": [0.5, 0.5]}
ARGUMENTS = {
    "g": "k",
    "h": "k n",
    "g_bounds": "k source",
    "survival": "p0 n k",
    "unabsorbed": "p0 n k",
    "heterozygosity": "p0 n k",
    "loss_quantile": "p0 u n",
    "expected_absorption_time": "p0 n",
    "survival_bounds": "p0 n k source",
    "diversity_bounds": "p0 n k source",
    "expected_unique": "probabilities n k",
    "expected_unique_bounds": "probabilities n k source",
    "first_loss_survival": "probabilities n k source",
    "ancestors": "n k",
    "expected_ancestors": "k n",
    "conditional_loss_time": "p0 n",
    "expected_mrca_time": "n",
    "total_collapse_time": "probabilities n",
    "survival_poisson": "count k",
    "survival_poisson_bounds": "count k source",
    "forgetting_quantile": "count u",
    "smoothed_absence": "start k rates slope",
    "smoothed_law": "start k rates slope",
    "smoothed_stationary": "rates slope",
}


KINDS = {
    ("expected_absorption_time", "p0"): "starts",
    ("conditional_loss_time", "p0"): "starts below 1",
    ("ancestors", "k"): "one k",
    ("smoothed_law", "k"): "one round",
    ("smoothed_law", "start"): "one start",
    ("loss_quantile", "p0"): "points",
    **{(name, "n"): "schedule" for name in ("survival", "unabsorbed", "heterozygosity", "expected_unique")},
}


def test_every_public_function_is_tried():
    assert set(ARGUMENTS) == set(forgetting.__all__)


@pytest.mark.parametrize(
    "name, argument", [(name, argument) for name, names in ARGUMENTS.items() for argument in names.split()]
)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_bad_input_is_named(name, argument, data):
    arguments = {one: GOOD[one] for one in ARGUMENTS[name].split()}
    if name == "first_loss_survival":
        arguments["source"] = data.draw(st.sampled_from(["exact", "poisson", "law"]))
    assert getattr(forgetting, name)(**arguments) is not None
    arguments[argument] = data.draw(BAD[KINDS.get((name, argument), argument)])
    with pytest.raises((TypeError, ValueError), match=rf"\b{argument}\b"):
        getattr(forgetting, name)(**arguments)


LARGEST = {
    "survival": 10**12,
    "unabsorbed": 10**12,
    "expected_unique": 10**12,
    "ancestors": 1_000_000,
    "expected_ancestors": 10**12,
    "expected_absorption_time": 10**12,
    "conditional_loss_time": 10**12,
    "expected_mrca_time": 10**12,
    "total_collapse_time": 10**12,
    "first_loss_survival": 20_000,
}


@pytest.mark.parametrize("name", LARGEST)
@pytest.mark.parametrize("beyond", [1, 10**14])
def test_exact_values_say_how_far_they_go(name, beyond):
    arguments = {one: GOOD[one] for one in ARGUMENTS[name].split() if one != "source"}
    arguments["n"] = LARGEST[name] + beyond
    message = f"n must be an integer <= {LARGEST[name]:,} .*got {arguments['n']:,}"
    with pytest.raises(ValueError, match=message):
        getattr(forgetting, name)(**arguments)
