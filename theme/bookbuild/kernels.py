"""One page's cells in a kernel of their own, apart from everything that the user has set up."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from .forge import Forge, provide

BUILD_VARIABLE = "COLLAPSE_BOOK_BUILD"  # tells collapse_lib.widgets to draw every frame
PATIENCE = 600  # seconds for what takes one when the machine is idle: a kernel's start, its last message
# where programs, their libraries and temporary files are: all that a kernel inherits
INHERITED = (
    "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR",
    "COMSPEC", "PATHEXT",
)  # fmt: skip
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip
# The instructions of AVX2 and no later ones: else a logarithm or a sum of products differs in its last digit from processor
# to processor, and so do the rounding errors that a page prints.
ARITHMETIC = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR", "OPENBLAS_CORETYPE": "Haswell"}
PROCESSOR = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Failure:
    """A cell that raised, took too long, or lost its kernel.

    Parameters
    ----------
    cell : int
        Its index among all cells of the page.
    error : str
        Type and message of the error, on one line.
    traceback : str
        What Python printed, without colours; empty when the kernel could not say.
    """

    cell: int
    error: str
    traceback: str


def environment(root: Path, home: Path) -> dict[str, str]:
    """Environment variables of a kernel that imports the library below `root` and whose user has an empty `home`."""
    return (
        {name: os.environ[name] for name in INHERITED if name in os.environ}
        | {"HOME": str(home), "USERPROFILE": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        | {"PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}
        | {"COLUMNS": "80", "LINES": "24", BUILD_VARIABLE: "1"}
        | dict.fromkeys(THREADS, "1")
        | (ARITHMETIC if PROCESSOR.exists() and " avx2 " in PROCESSOR.read_text(errors="replace") else {})
    )


async def execute(
    notebook: NotebookNode,
    *,
    folder: Path,
    env: dict[str, str],
    timeout: int,
    spent: dict[int, float] | None = None,
    forge: Forge | None = None,
) -> Failure | None:
    """Run the code cells of `notebook` in order, keep their outputs in it, and stop at the first that fails.

    Parameters
    ----------
    notebook : NotebookNode
        The page; its cells receive their outputs.
    folder : Path
        Where its kernel runs.
    env : dict
        The kernel's environment variables.
    timeout : int
        Seconds that one cell may take.
    spent : dict, optional
        Receives the processor seconds of each executed cell, by its index among all cells.
    forge : Forge, optional
        Where the kernel starts as a copy; else it starts as a program.

    Returns
    -------
    Failure or None
        The cell that failed; its output is then the error.
    """
    cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if not cells:
        return None
    with tempfile.TemporaryDirectory(prefix="k", ignore_cleanup_errors=True) as place:
        manager = AsyncKernelManager(  # sockets in a folder: ports could be taken by another build
            kernel_name=NATIVE_KERNEL_NAME,  # this Python, whatever kernels the user has installed
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(place, "k")),
            transport="ipc" if os.name == "posix" else "tcp",
        )
        if forge is not None:
            provide(manager, forge)
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=timeout,
            startup_timeout=PATIENCE,
            iopub_timeout=PATIENCE,
            record_timing=False,  # which would change the metadata of the cells, and with them their key
        )
        index = cells[0]
        try:
            await client.async_start_new_kernel(env=env, cwd=str(folder))
            await client.async_start_new_kernel_client()
            about = await client.async_wait_for_reply(client.kc.kernel_info())
            notebook.metadata["language_info"] = about["content"]["language_info"]
            for number, index in enumerate(cells, start=1):
                before = processor_seconds(manager)
                await client.async_execute_cell(notebook.cells[index], index, execution_count=number)
                if spent is not None:
                    spent[index] = processor_seconds(manager) - before
        except CellExecutionError as error:
            for said in notebook.cells[index].outputs:  # the reply does not know what went wrong in showing a value
                if said.output_type == "error":
                    return Failure(index, f"{said.ename}: {said.evalue}", _plain("\n".join(said.traceback)))
            return Failure(index, f"{error.ename}: {error.evalue}", "")
        except Exception as error:  # the cell took too long, or its kernel died
            name, message = type(error).__name__, str(error).strip()
            cell = notebook.cells[index]
            cell.outputs.append(nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[message]))
            return Failure(index, f"{name}: {message}", "")
        finally:
            if client.kc is not None:
                client.kc.stop_channels()
            await manager.shutdown_kernel(now=True)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = merge_streams(cell.outputs)
    return None


def processor_seconds(manager: AsyncKernelManager) -> float:
    """What a kernel has spent so far, on all its threads."""
    times = psutil.Process(manager.provisioner.pid).cpu_times()
    return times.user + times.system


def error_of(cell: NotebookNode) -> list[str] | None:
    """Traceback of a code cell that failed and was not meant to."""
    if "raises-exception" in cell.metadata.get("tags", []):
        return None
    return next((output.traceback for output in cell.get("outputs", []) if output.output_type == "error"), None)


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Text that was printed between two other outputs as one output a stream, however it arrived in pieces."""
    merged: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}  # since the last other output
    for output in outputs:
        if output.output_type != "stream":
            merged += [streams[name] for name in sorted(streams, reverse=True)]  # stdout before stderr
            streams = {}
            merged.append(output)
        elif output.name in streams:
            streams[output.name].text += output.text
        else:
            streams[output.name] = output
    return merged + [streams[name] for name in sorted(streams, reverse=True)]


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
