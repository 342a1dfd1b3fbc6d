"""A function over a grid of parameters: any executor, one seed a cell, a file from which it goes on."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from . import _validate

Cell = dict[str, Any]
_FORMAT = "collapse_lib sweep 1"


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a sweep found.

    Attributes
    ----------
    cells : list of dict
        The parameters of each cell, in the order of the grid.
    results : list
        What the function returned in each cell; None where it failed.
    failures : dict of int to Exception
        For each cell that failed, by its place in `cells`, what it raised.
    shape : tuple of int
        Lengths of the sequences of the grid, or (number of cells,) where the grid lists its cells.
    """

    cells: list[Cell]
    results: list[Any]
    failures: dict[int, BaseException]
    shape: tuple[int, ...] = field(repr=False)

    def array(self, name: str | None = None) -> NDArray[Any]:
        """Return the results as an array of the shape of the grid, then that of a result.

        Parameters
        ----------
        name : str, optional
            Key of a result, where results are mappings.

        Raises
        ------
        ValueError
            If a cell failed, a result has no such key, or results differ in shape.
        """
        if self.failures:
            raise ValueError(f"{len(self.failures)} of {len(self.cells)} cells failed, the array has holes")
        try:
            values = np.array([result if name is None else result[name] for result in self.results])
        except (KeyError, TypeError, IndexError):
            raise ValueError(f"name must be a key of every result, got {name!r}") from None
        return values.reshape(*self.shape, *values.shape[1:])


class SweepError(RuntimeError):
    """Cells of a sweep failed; `sweep` holds the :class:`Sweep` with the results of all others."""

    def __init__(self, sweep: Sweep) -> None:
        lines = [f"  {sweep.cells[i]}: {error!r}" for i, error in itertools.islice(sweep.failures.items(), 10)]
        more = len(sweep.failures) - len(lines)
        lines += [f"  and {more} more"] if more > 0 else []
        super().__init__("\n".join([f"{len(sweep.failures)} of {len(sweep.cells)} cells failed:", *lines]))
        self.sweep = sweep


def sweep(
    function: Callable[..., Any],
    grid: Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]],
    *,
    seed: int,
    executor: Executor | None = None,
    file: str | PathLike[str] | None = None,
    progress: bool = False,
    errors: str = "raise",
) -> Sweep:
    """Call ``function(**cell, rng=generator)`` in every cell of a grid of parameters.

    The generator of a cell depends on `seed` and on the parameters of the cell alone. So the results are the
    same whatever the executor, the number of its workers, the order in which they finish, and the other cells.

    Parameters
    ----------
    function : callable
        Called with the parameters of a cell and a fresh `numpy.random.Generator` by keyword. It returns
        numbers, strings, None, NumPy arrays, or sequences and mappings of these: what JSON can hold. For
        processes it must be importable.
    grid : mapping of str to sequence, or iterable of mappings
        The values of each parameter, of which all combinations are taken, the last parameter running fastest;
        or the cells themselves. Values are numbers, strings, booleans or None. No cell may come twice.
    seed : int
        Non-negative seed of the whole sweep.
    executor : concurrent.futures.Executor, optional
        Where the cells run: threads, processes, or a cluster (``dask.distributed.Client.get_executor()``).
        By default they run one after the other in this thread. It is left open.
    file : path, optional
        Every result is appended to this file (JSON, one line a cell) as soon as it is there. A sweep of the
        same function name and seed whose file holds results already takes them from there, whatever was cut
        off by a kill; nothing in the file is overwritten. One sweep at a time may write to it.
    progress : bool, default False
        Show a bar on standard error.
    errors : {"raise", "return"}, default "raise"
        Whether cells that failed raise, when all others are done, or only stand in `failures`.

    Returns
    -------
    Sweep
        Cells, results in the order of the grid, failures. Arrays and tuples come back as lists, the keys of
        mappings as strings.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the file holds something else.
    SweepError
        If a cell failed (its result cannot be held by JSON, its worker died, ...) and errors is "raise".

    Notes
    -----
    The seed of a cell is a child of ``SeedSequence(seed)`` whose spawn key is the SHA-256 of the parameters.
    An interrupt cancels what has not begun and loses nothing that is in the file.
    An example is in :doc:`/chapters/escape/fresh-real`.
    """
    if not callable(function):
        raise TypeError(f"function must be callable, got {function!r}")
    seed = _validate.integer("seed", seed, minimum=0)
    errors = _validate.choice("errors", errors, ("raise", "return"))
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor must be a concurrent.futures.Executor or None, got {executor!r}")
    cells, shape = _cells(grid)
    keys = [_key(cell) for cell in cells]
    if len(set(keys)) < len(keys):
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise ValueError(f"grid must have every cell once, got {twice} twice")
    found: dict[str, Any] = {}
    failures: dict[int, BaseException] = {}
    with ExitStack() as stack:
        keep: Callable[[str, Any], None] = found.__setitem__
        if file is not None:
            record = stack.enter_context(_Record(Path(file), function, seed))
            found.update(record.found)

            def keep(key: str, result: Any) -> None:
                record.append(key, result)
                found[key] = result

        todo = [i for i, key in enumerate(keys) if key not in found]
        done_before = len(cells) - len(todo)
        bar = stack.enter_context(tqdm(total=len(cells), initial=done_before, unit="cell", disable=not progress))
        for i, outcome in _outcomes(function, cells, keys, todo, seed, executor):
            try:
                keep(keys[i], outcome())
            except Exception as error:
                error.add_note(f"in the cell {cells[i]}")
                failures[i] = error
            bar.update()
    done = Sweep(cells, [found.get(key) for key in keys], dict(sorted(failures.items())), shape)
    if failures and errors == "raise":
        raise SweepError(done) from next(iter(done.failures.values()))
    return done


def _outcomes(
    function: Callable[..., Any],
    cells: list[Cell],
    keys: list[str],
    todo: list[int],
    seed: int,
    executor: Executor | None,
) -> Iterable[tuple[int, Callable[[], Any]]]:
    """Yield each cell to do, as it finishes, with a function that returns its result or raises its error."""
    if executor is None:
        for i in todo:
            yield i, lambda i=i: _run(function, cells[i], keys[i], seed)
        return
    futures: dict[Future[Any], int] = {}
    try:
        for i in todo:
            try:
                futures[executor.submit(_run, function, cells[i], keys[i], seed)] = i
            except Exception as error:  # a pool whose worker died takes no more

                def refuse(error: Exception = error) -> Any:
                    raise error

                yield i, refuse
        for future in as_completed(futures):
            yield futures[future], future.result
    finally:
        for future in futures:
            future.cancel()


def _run(function: Callable[..., Any], cell: Cell, key: str, seed: int) -> Any:
    """The result of one cell as JSON holds it; this runs where the executor wants it."""
    words = np.frombuffer(hashlib.sha256(key.encode()).digest(), dtype="<u4").tolist()
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))
    return json.loads(json.dumps(function(**cell, rng=rng), default=_simple))


def _simple(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufSU":
        return value.tolist()
    raise TypeError(f"a result must consist of numbers, strings, sequences and mappings, got {value!r}")


# ------------------------------------------------------------------------------------ the grid


def _cells(grid: Any) -> tuple[list[Cell], tuple[int, ...]]:
    if isinstance(grid, Mapping):
        for name, values in grid.items():
            if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
                raise TypeError(f"grid[{name!r}] must be a sequence of values, got {values!r}")
        axes = [[_plain(name, value) for value in values] for name, values in grid.items()]
        cells = [dict(zip(grid, values)) for values in itertools.product(*axes)]
        shape = tuple(map(len, axes))
    elif isinstance(grid, Iterable) and not isinstance(grid, str | bytes):
        cells = []
        for cell in grid:
            if not isinstance(cell, Mapping):
                raise TypeError(f"grid must be a mapping or consist of mappings, got {cell!r}")
            cells.append({name: _plain(name, value) for name, value in cell.items()})
        shape = (len(cells),)
    else:
        raise TypeError(f"grid must be a mapping or consist of mappings, got {grid!r}")
    if not cells or not all(cells):
        raise ValueError(f"grid must have at least one cell with a parameter, got {grid!r}")
    for name in {name for cell in cells for name in cell}:
        if not isinstance(name, str) or not name.isidentifier() or name == "rng":
            raise ValueError(f"grid must name parameters other than rng, got {name!r}")
    return cells, shape


def _plain(name: Any, value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, bool | int | float | str | None) or value != value:
        raise TypeError(f"grid[{name!r}] must hold numbers, strings, booleans or None, got {value!r}")
    return value


def _key(cell: Cell) -> str:
    return json.dumps(cell, sort_keys=True)


# ------------------------------------------------------------------------------------ the file


class _Record:
    """The file of a sweep: a head line, then one line a result, each with its checksum; only appended to."""

    def __init__(self, path: Path, function: Callable[..., Any], seed: int) -> None:
        name = getattr(function, "__qualname__", type(function).__qualname__)
        self.head = json.dumps({"format": _FORMAT, "function": name, "seed": seed})
        self.path = path
        self.found: dict[str, Any] = {}

    def __enter__(self) -> _Record:
        held = self.path.read_bytes() if self.path.exists() else b""
        lines = held.split(b"\n")
        head = self.head.encode()
        if held and lines[0] != head and not (len(lines) == 1 and head.startswith(held)):
            raise ValueError(f"file must be absent, empty or of this sweep ({self.head}), got {str(self.path)!r}")
        for line in lines[1:]:
            entry = _read(line)
            if entry is not None:
                self.found[entry[0]] = entry[1]
        self.out = self.path.open("ab")
        if len(lines) == 1:  # a kill may have cut the head
            self._write(head[len(held) :])
        elif lines[-1]:
            self._write(b"")  # ends the line that a kill has cut
        return self

    def __exit__(self, *_: Any) -> None:
        self.out.close()

    def append(self, key: str, result: Any) -> None:
        body = json.dumps([key, result])
        self._write(json.dumps([_digest(body), body]).encode())

    def _write(self, line: bytes) -> None:
        self.out.write(line + b"\n")
        self.out.flush()


def _read(line: bytes) -> tuple[str, Any] | None:
    try:
        digest, body = json.loads(line)
        key, result = json.loads(body) if digest == _digest(body) else (None, None)
    except (ValueError, TypeError):
        return None
    return None if key is None else (key, result)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
