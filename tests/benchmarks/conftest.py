"""A race: a task and the naive way to do it, in turns, in processor seconds of all threads of this process.

Processor seconds bear other work on the machine; rounds in turns bear a machine that changes its speed. After all
of them `--table FILE` writes what chapters/reference/performance.md shows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from performance import Speed, write

SPEEDS: list[Speed] = []
LEFT_OUT: list[pytest.Item] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", type=Path, help="write the speeds to this file, if no floor and no test is missed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.benchmark(timer=process_time))


def pytest_deselected(items: list[pytest.Item]) -> None:
    LEFT_OUT.extend(item for item in items if "record" in item.fixturenames)


@pytest.fixture
def record() -> Callable[[Speed], None]:
    """Keep a speed for the table; below its floor, or above its limit, the test fails."""

    def keep(speed: Speed) -> None:
        SPEEDS.append(speed)
        assert speed.holds(), str(speed)

    return keep


@pytest.fixture
def race(benchmark: Any, record: Callable[[Speed], None]) -> Callable[..., None]:
    """Time `ours`, and `naive` before each of its rounds; `naive` returns which part of the task it did.

    `ours` runs once before it is timed, if `warm`, then `repeat` times a round; `before` runs, untimed, before each round.
    """

    def run(
        what: str,
        ours: Callable[[], Any],
        naive: Callable[[], float] | None = None,
        *,
        against: str = "",
        floor: float | None = None,
        limit: float | None = None,
        rounds: int = 5,
        repeat: int = 1,
        warm: bool = True,
        before: Callable[[], Any] = lambda: None,
    ) -> None:
        slow = []

        def setup() -> None:
            if naive is not None:
                begin = process_time()
                part = naive()
                slow.append((process_time() - begin) / part)
            before()

        def task() -> None:
            for _ in range(repeat):
                ours()

        if warm:
            ours()
        benchmark.pedantic(task, setup=setup, rounds=rounds)
        fast = [seconds / repeat for seconds in benchmark.stats.stats.data]
        record(Speed(what, fast, against, slow, floor, limit))

    return run


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Every ratio with its spread; then the table, if all speeds were measured and nothing failed."""
    for speed in SPEEDS:
        terminalreporter.write_line(str(speed))
    path = config.getoption("table")
    if path and exitstatus == pytest.ExitCode.OK and not LEFT_OUT:
        write(path, SPEEDS)
        terminalreporter.write_line(f"written: {path}")
    elif path:
        terminalreporter.write_line(f"not written: {path}")
