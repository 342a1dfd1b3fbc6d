"""The library under threads and under interrupts: what it keeps must never be seen half done."""

import os
import random
import signal
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import collapse_lib
from collapse_lib import forgetting, variance, vocabulary

LIBRARY = str(Path(collapse_lib.__file__).parent)
TRUTH = np.arange(1, 31) / 465
N = 600  # two blocks of rows, 19 generations before the powers take over


def law_of_ancestors(k, n=N):
    """The laws of A_k for all `k`, joined."""
    return np.concatenate([forgetting.ancestors(n=n, k=int(one))[1] for one in k])


LONG = "ancestors, many k"  # thousands of steps

QUESTIONS = {
    "survival, k = 1": lambda: forgetting.survival(0.01, n=N, k=1),
    "survival, k = 2": lambda: forgetting.survival(0.01, n=N, k=2),
    "survival, many k": lambda: forgetting.survival(0.01, n=N, k=np.arange(40)),
    "unabsorbed": lambda: forgetting.unabsorbed(0.3, n=N, k=[3, 11, 5_000]),
    "ancestors": lambda: forgetting.ancestors(n=N, k=17)[1],
    LONG: lambda: law_of_ancestors(np.arange(1, 40)),
    "ancestors, late": lambda: forgetting.ancestors(n=N, k=10**18)[1],
    "expected_ancestors": lambda: forgetting.expected_ancestors([7, 900], n=N),
    "expected_unique": lambda: forgetting.expected_unique(TRUTH, n=N, k=[9, 30, 77]),
    "expected_absorption_time": lambda: forgetting.expected_absorption_time(0.2, n=50),
    "at scale": lambda: forgetting.survival(1e-6, n=10**7, k=[2, 900, 10**6, 10**9]),
    "schedule": lambda: forgetting.survival(0.01, n=[N, 2 * N, 90], k=[1, 2, 3]),
    "g": lambda: forgetting.g([5, 4_000, 10**9]),
    "forgetting_quantile": lambda: forgetting.forgetting_quantile(1e6, 0.5),
    "variance": lambda: variance.survival(0.3, k=[1, 60], n=10),
    "vocabulary": lambda: vocabulary.simulate(TRUTH, n=N, generations=5, rng=7).unique,
}
KEPT = [name for name in QUESTIONS if name != "vocabulary"]  # whose caches take milliseconds to make


def forget():
    """Empty every cache of the library."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "collapse_lib":
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


@pytest.fixture(scope="module")
def alone():
    """Each question asked from a cold cache, by nobody else."""
    answers = {}
    for name, ask in QUESTIONS.items():
        forget()
        answers[name] = ask()
    return answers


def check(name, answer, alone):
    np.testing.assert_allclose(answer, alone[name], rtol=1e-13, atol=1e-300, err_msg=name)


def disturbed(ask, step, action):
    """Ask, and call `action` at a step: a call or a line inside the library. Whether it came to that."""
    left, previous = int(step), sys.gettrace()

    def trace(frame, event, argument):
        nonlocal left
        if not frame.f_code.co_filename.startswith(LIBRARY):
            return None
        if event in ("call", "line"):
            left -= 1
            if left == 0:
                action()
        return trace

    sys.settrace(trace)
    try:
        ask()
    finally:
        sys.settrace(previous)
    return left <= 0


def interrupted(ask, step, error=KeyboardInterrupt):
    """Ask, and raise `error` at a step. Whether it came to that."""

    def stop():
        raise error

    try:
        return disturbed(ask, step, stop)
    except error:
        return True


def at_once(asks):
    """What the functions answer when threads ask all at the same time, in order; an error as it is."""
    gate = threading.Barrier(len(asks))

    def task(ask):
        gate.wait()
        try:
            return ask()
        except RuntimeError as error:
            return error

    with ThreadPoolExecutor(len(asks)) as pool:
        return [job.result(timeout=60) for job in [pool.submit(task, ask) for ask in asks]]


@pytest.fixture
def hasty():
    """Threads change over as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


# ------------------------------------------------------------------------------------ threads


@pytest.mark.parametrize("seed", range(12))
def test_threads_on_one_n_from_a_cold_cache(alone, hasty, seed):
    names = random.Random(seed).sample(list(QUESTIONS), len(QUESTIONS))
    forget()
    for name, answer in zip(names, at_once([QUESTIONS[name] for name in names]), strict=True):
        check(name, answer, alone)


@pytest.mark.parametrize(("n", "most"), [(2, 200), (65, 80), (500, 40)])
def test_threads_walk_through_the_generations_together(hasty, n, most):
    k = np.arange(1, most)
    forget()
    expected = forgetting.expected_ancestors(k, n=n), law_of_ancestors(k, n)
    for _ in range(3):
        forget()
        asks = [
            lambda: ([forgetting.expected_ancestors(int(one), n=n) for one in k], law_of_ancestors(k, n))
        ] * 8
        for means, laws in at_once(asks):
            np.testing.assert_allclose(means, expected[0], rtol=1e-13)
            np.testing.assert_allclose(laws, expected[1], rtol=1e-13)


@pytest.mark.parametrize("seed", range(12))
def test_an_error_in_one_thread_is_its_own(alone, hasty, seed):
    draw = random.Random(seed)
    names = draw.sample(KEPT, 9)
    forget()

    def failing():
        return interrupted(QUESTIONS[LONG], draw.randrange(1, 9_000), RuntimeError)

    *answers, failed = at_once([*(QUESTIONS[name] for name in names), failing])
    assert isinstance(failed, bool)
    for name, answer in zip(names, answers, strict=True):
        check(name, answer, alone)
    check(LONG, QUESTIONS[LONG](), alone)


# ------------------------------------------------------------------------------------ interrupts


def steps(first, factor):
    """The `first` steps, then each `factor` times the last."""
    step = 0.0
    while True:
        step = max(step + 1, step * factor if step >= first else 0)
        yield step


@pytest.mark.parametrize("name", KEPT)
def test_an_interrupt_anywhere_leaves_no_trace(alone, name):
    for step in steps(*((100, 1.05) if name == LONG else (15, 1.4))):
        forget()
        reached = interrupted(QUESTIONS[name], step)
        [answer] = at_once([QUESTIONS[name]])  # in another thread: no lock may be left behind
        check(name, answer, alone)
        if not reached:
            return


def test_many_interrupts_one_after_the_other(alone):
    """Each finds what the last one left."""
    forget()
    draw = random.Random(0)
    for _ in range(300):
        name = draw.choice(KEPT)
        if not interrupted(QUESTIONS[name], 10 ** draw.uniform(0, 4)):
            check(name, QUESTIONS[name](), alone)
    for name, ask in QUESTIONS.items():
        check(name, ask(), alone)


def test_an_interrupt_of_the_simulator_leaves_no_trace(alone):
    for step in (1, 30, 45, 60, 100, 500, 2_000, 4_000):
        forget()
        interrupted(QUESTIONS["vocabulary"], step)
        check("vocabulary", QUESTIONS["vocabulary"](), alone)


def test_an_interrupt_from_outside():
    """A real signal, after so many milliseconds of a computation that takes some hundred."""

    def ask():
        scale = forgetting.survival(1e-9, n=10**9, k=[2, 10**9])
        return np.append(scale, law_of_ancestors([2, 1_000], n=20_000))

    def stop(*_):
        raise KeyboardInterrupt

    expected, before = ask(), signal.signal(signal.SIGALRM, stop)
    try:
        for milliseconds in (1, 5, 20, 50, 90, 150):
            forget()
            try:
                signal.setitimer(signal.ITIMER_REAL, milliseconds / 1e3)
                ask()
            except KeyboardInterrupt:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            [answer] = at_once([ask])
            np.testing.assert_allclose(answer, expected, rtol=1e-13)
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("step", [5, 40, 300, 2_000, 5_000])
def test_a_question_inside_a_question(alone, step):
    """A signal handler may ask while its own thread is at work on the same chain."""
    forget()
    assert disturbed(
        lambda: check(LONG, QUESTIONS[LONG](), alone),
        step,
        lambda: check("ancestors", QUESTIONS["ancestors"](), alone),
    )


# ------------------------------------------------------------------------------------ processes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("step", [60, 3_000])
def test_a_forked_process_does_not_wait_for_a_thread_that_it_does_not_have(alone, step):
    forget()
    at_work, go_on = threading.Event(), threading.Event()

    def pause():
        at_work.set()
        go_on.wait()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(disturbed, QUESTIONS[LONG], step, pause)
        assert at_work.wait(60)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12 and later warn of what is tried here
            child = os.fork()
        if child == 0:
            signal.alarm(60)
            right = False
            try:
                check(LONG, QUESTIONS[LONG](), alone)
                right = True
            finally:
                os._exit(not right)
        go_on.set()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and job.result()
