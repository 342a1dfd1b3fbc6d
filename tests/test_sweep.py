"""Sweeps: the same results whatever runs them, nothing lost by failures, interrupts and kills."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
from conftest import PATIENCE

from collapse_lib import families, training
from collapse_lib.training import SweepError, sweep

GRID = {"n": [5, 10, 20], "share": [0.0, 0.5], "name": ["a", "b"]}


def draw(n, share, name, rng):
    return {"sum": float(rng.random(n).sum()), "pair": rng.integers(10, size=2), "of": (n, share, name)}


def odd_fails(n, rng):
    if n % 2:
        raise ZeroDivisionError("odd")
    return rng.random()


def dies(n, rng, parent):
    if n == 3 and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def collapsed(n, rng):
    run = training.simulate(families.Bernoulli(), 0.5, n=n, generations=20, trajectories=2000, rng=rng)
    return np.isin(run.parameter[:, -1], (0, 1)).mean()


def processes(count):
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def serial():
    return sweep(draw, GRID, seed=1)


def test_grid_order_and_shape(serial):
    assert len(serial.cells) == 12 and serial.cells[1] == {"n": 5, "share": 0.0, "name": "b"}
    assert [result["of"] for result in serial.results] == [list(cell.values()) for cell in serial.cells]
    assert serial.array("sum").shape == (3, 2, 2) and serial.array("pair").shape == (3, 2, 2, 2)
    assert serial.array("sum")[2, 1, 0] == serial.results[10]["sum"]


def test_cells_are_seeded_by_their_parameters(serial):
    assert len({result["sum"] for result in serial.results}) == 12
    listed = sweep(draw, reversed(serial.cells), seed=1)
    assert listed.results[::-1] == serial.results and listed.shape == (12,)
    assert sweep(draw, serial.cells[3:5], seed=1).results == serial.results[3:5]
    other = dict(reversed(serial.cells[0].items()))
    assert sweep(draw, [other], seed=1).results == serial.results[:1]
    assert sweep(draw, GRID, seed=2).results[0]["sum"] != serial.results[0]["sum"]


@pytest.mark.parametrize("workers", [1, 3])
def test_threads_and_processes_give_the_same(serial, workers):
    with ThreadPoolExecutor(workers) as pool:
        assert sweep(draw, GRID, seed=1, executor=pool).results == serial.results
    with processes(min(workers, 2)) as pool:
        assert sweep(draw, GRID, seed=1, executor=pool).results == serial.results


def test_a_failed_cell_is_named_and_the_others_finish(tmp_path):
    for executor in (None, ThreadPoolExecutor(2)):
        with pytest.raises(SweepError, match=r"2 of 4 cells failed:\n  \{'n': 1\}: ZeroDivisionError") as caught:
            sweep(odd_fails, {"n": [0, 1, 2, 3]}, seed=0, executor=executor, file=tmp_path / "record")
        done = caught.value.sweep
        assert [result is None for result in done.results] == [False, True, False, True]
        assert list(done.failures) == [1, 3] and done.failures[3].__notes__ == ["in the cell {'n': 3}"]
    quiet = sweep(odd_fails, {"n": [0, 1, 2, 3]}, seed=0, errors="return")
    assert quiet.results == done.results
    with pytest.raises(ValueError, match="2 of 4 cells failed"):
        quiet.array()


def test_a_result_that_json_cannot_hold_fails_its_cell():
    with pytest.raises(SweepError, match="got <object"):
        sweep(lambda n, rng: object(), {"n": [1]}, seed=0)
    values = sweep(lambda n, rng: [np.nan, np.float32(0.5), np.bool_(True), None], {"n": [1]}, seed=0).results[0]
    assert np.isnan(values[0]) and values[1:] == [0.5, True, None]


def test_a_killed_worker_costs_no_result(tmp_path):
    """The pool is broken, what was done is in the file, and the next sweep does the rest."""
    grid, file = {"n": list(range(8)), "parent": [os.getpid()]}, tmp_path / "record"
    with processes(2) as pool:
        broken = sweep(dies, grid, seed=0, executor=pool, file=file, errors="return")
    assert 3 in broken.failures and isinstance(broken.failures[3], BrokenProcessPool)
    assert sweep(dies, grid, seed=0, file=file).results == list(range(8))


def test_resumes_from_a_file_cut_at_any_byte(tmp_path):
    whole, calls = tmp_path / "whole", []

    def count(n, rng):
        calls.append(n)
        return [n, rng.random()]

    expected = sweep(count, {"n": [1, 2, 3]}, seed=0, file=whole).results
    written = whole.read_bytes()
    assert sweep(count, {"n": [1, 2, 3]}, seed=0, file=whole).results == expected and len(calls) == 3
    assert whole.read_bytes() == written
    for cut in range(len(written) + 1):
        part = tmp_path / "part"
        part.write_bytes(written[:cut])
        calls.clear()
        assert sweep(count, {"n": [1, 2, 3]}, seed=0, file=part).results == expected
        assert part.read_bytes().startswith(written[:cut])  # nothing is overwritten
        complete = max(written[:cut].count(b"\n") - 1, 0)
        assert len(calls) in (3 - complete, 2 - complete)  # the last line may lack its end only
        calls.clear()
        assert sweep(count, {"n": [1, 2, 3]}, seed=0, file=part).results == expected and not calls


def test_a_damaged_line_is_computed_again(tmp_path):
    file = tmp_path / "record"
    expected = sweep(odd_fails, {"n": [0, 2]}, seed=0, file=file).results
    file.write_bytes(file.read_bytes().replace(b"0.", b"9.", 1))
    assert sweep(odd_fails, {"n": [0, 2]}, seed=0, file=file).results == expected


def test_a_file_of_something_else_is_left_alone(tmp_path):
    file = tmp_path / "notes"
    sweep(odd_fails, {"n": [0]}, seed=0, file=file)
    for held in (b"my notes\n", b"my notes", file.read_bytes()):
        file.write_bytes(held)
        with pytest.raises(ValueError, match="file must be absent, empty or of this sweep"):
            sweep(draw, GRID, seed=0, file=file)
        assert file.read_bytes() == held
    with pytest.raises(ValueError, match='"seed": 1'):
        sweep(odd_fails, {"n": [0]}, seed=1, file=file)


def test_an_interrupt_cancels_what_has_not_begun(tmp_path):
    file, begun, go = tmp_path / "record", [], threading.Event()

    def interrupted(n, rng):
        begun.append(n)
        if n == 1:
            raise KeyboardInterrupt
        assert n == 0 or go.wait(PATIENCE)
        return n

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            sweep(interrupted, {"n": list(range(50))}, seed=0, executor=pool, file=file)
        go.set()
    assert len(begun) < 50 and json.loads(json.loads(file.read_bytes().split(b"\n")[1])[1])[1] == 0


def test_a_killed_process_leaves_a_file_to_go_on_from(tmp_path):
    file = tmp_path / "record"
    program = textwrap.dedent(f"""
        import time
        from collapse_lib.training import sweep

        def slow(n, rng):
            time.sleep(0.02)
            return [n, rng.random()]

        sweep(slow, {{"n": list(range(10_000))}}, seed=0, file={str(file)!r})
    """)
    running = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[1])
    for _ in range(100 * PATIENCE):
        if file.exists() and file.read_bytes().count(b"\n") >= 5:
            break
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.wait()
    done = file.read_bytes().count(b"\n") - 1

    def slow(n, rng):
        calls.append(n)
        return [n, rng.random()]

    slow.__qualname__, calls = "slow", []
    results = sweep(slow, {"n": list(range(done + 3))}, seed=0, file=file).results
    assert len(calls) in (2, 3) and results == sweep(slow, {"n": list(range(done + 3))}, seed=0).results


def test_progress(capsys):
    sweep(odd_fails, {"n": [0, 2]}, seed=0, progress=True)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"function": 3}, TypeError, "function must be callable, got 3"),
        ({"grid": 3}, TypeError, "grid must be a mapping"),
        ({"grid": {}}, ValueError, "at least one cell"),
        ({"grid": {"n": []}}, ValueError, "at least one cell"),
        ({"grid": {"n": "ab"}}, TypeError, r"grid\['n'\] must be a sequence"),
        ({"grid": {"n": [[1]]}}, TypeError, r"grid\['n'\] must hold numbers"),
        ({"grid": {"n": [float("nan")]}}, TypeError, r"grid\['n'\] must hold numbers"),
        ({"grid": {"rng": [1]}}, ValueError, "other than rng"),
        ({"grid": {"n": [1, 1]}}, ValueError, "every cell once"),
        ({"grid": [1]}, TypeError, "consist of mappings"),
        ({"seed": -1}, ValueError, "seed"),
        ({"seed": None}, TypeError, "seed"),
        ({"executor": "threads"}, TypeError, "executor must be"),
        ({"errors": "ignore"}, ValueError, "errors must be"),
    ],
)
def test_bad_arguments(change, error, message):
    arguments = {"function": odd_fails, "grid": {"n": [0]}, "seed": 0} | change
    with pytest.raises(error, match=message):
        sweep(arguments.pop("function"), arguments.pop("grid"), **arguments)


def test_on_a_cluster_that_loses_a_worker(tmp_path):
    """A scheduler and two workers on loopback; one is killed in the middle, and the results are the same."""
    program = textwrap.dedent("""
        import os, signal, sys, threading, time
        from distributed import Client, LocalCluster
        from collapse_lib.training import sweep

        def job(n, rng):
            time.sleep(0.1)
            return [n, rng.random()]

        if __name__ == "__main__":
            with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
                with Client(cluster) as client:
                    victim = next(iter(client.run(os.getpid).values()))
                    timer = threading.Timer(1.0, os.kill, (victim, signal.SIGKILL))
                    timer.start()
                    done = sweep(job, {"n": list(range(40))}, seed=3, executor=client.get_executor(), file=sys.argv[1])
                    timer.join()
                    assert victim not in client.run(os.getpid).values()
            assert done.results == sweep(job, {"n": list(range(40))}, seed=3).results
            print("the same")
    """)
    script = tmp_path / "cluster.py"
    script.write_text(program, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(
        [sys.executable, script, tmp_path / "record"],
        capture_output=True, text=True, timeout=10 * PATIENCE, env=environment, check=False,
    )  # fmt: skip
    assert ended.returncode == 0 and ended.stdout.strip() == "the same", ended.stderr[-2000:]


def test_the_loop_in_a_sweep():
    """A use as it is meant: the share of collapsed runs, against the exact survival of the chain."""
    from collapse_lib import forgetting

    done = sweep(collapsed, {"n": [5, 40]}, seed=0).array()
    exact = 1 - np.array([forgetting.unabsorbed(0.5, n=n, k=20) for n in (5, 40)])
    assert np.all(abs(done - exact) < 5 * np.sqrt(exact * (1 - exact) / 2000))
