"""The execution of a submission: nbgrader's, in the sandbox, with what a hostile notebook may do taken into account."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async
from nbclient.client import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_locked
from traitlets import Float, Integer, Unicode

from . import integrity
from .course import Course, write_json
from .sandbox import SandboxedKernelManager, SandboxError
from .suspicion import imported, suspicions

__all__ = ["SandboxedExecute"]

SCORE = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)")
UNREADABLE = (LookupError, TypeError, ValueError)  # of a message with another signature or content
LINE = re.compile(r"^\S+: (\S+) of (\S+) points$")


class SandboxedExecute(Execute):
    """Run a submission's cells in the sandbox and write down what an instructor should look at."""

    course = Unicode(help="The folder of the course.").tag(config=True)
    at_most = Float(600, help="Seconds that all cells together may take.").tag(config=True)
    grace = Float(5, help="Seconds that an interrupted cell has before its kernel is ended.").tag(config=True)
    output_limit = Integer(10**6, help="Characters of output that are kept of a cell.").tag(config=True)
    shutdown_kernel = "immediate"
    iopub_timeout = Integer(30).tag(config=True)
    timeout = Integer(30, help="Processor seconds that a cell may take; five times as many by the clock.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        """Execute the notebook; `km` is not used, as every submission has a sandbox of its own."""
        who = resources["nbgrader"]
        course = Course(Path(self.course))
        assignment, student = who["assignment"], who["student"]
        self.key = course.key_for(assignment, student)
        self.secrets = (self.key, course.key())
        self.flags: dict[str, str] = {}
        self.dead = ""
        self.written = 0
        locked, graded, answers = self._sorted(nb)
        released = nbformat.read(course.released(assignment), as_version=4)
        text = "\n".join(cell.source for cell in released.cells)
        if found := suspicions(answers, released=text, locked=locked, graded=graded):
            self.flags["suspicious"] = "; ".join(found)[:1000]
        self.imported = {name: place for cell in locked for name, place in imported(cell).items()}
        NotebookClient.__init__(self, nb, None)
        self._check_assign_resources(resources)
        self.deadline = time.monotonic() + self.at_most
        self.km = manager = SandboxedKernelManager(key=self.key)
        self.owns_km = True
        if manager.sees(course.root):
            manager.remove()
            raise SandboxError(f"{course.root} would be seen in the sandbox: keep the course in another folder")
        started = False
        try:
            with self.setup_kernel():
                started = True
                for index, cell in enumerate(nb.cells):
                    self.preprocess_cell(cell, resources, index)
                self._check_integrity(nb)
                seconds = manager.seconds()
        except RuntimeError as error:
            if started:
                raise
            raise SandboxError(f"the kernel did not start ({error}): {manager.said()}") from error
        finally:
            manager.remove()
        write_json(course.state(assignment, student, "run"), {"flags": self.flags, "seconds": round(seconds, 2)})
        return nb, self.resources

    @staticmethod
    def _sorted(nb: Any) -> tuple[list[str], list[str], list[str]]:
        """Return the sources of the locked cells without points, of the graded ones and of the student's."""
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        graded = [cell.source for cell in code if is_grade(cell) and is_locked(cell)]
        locked = [cell.source for cell in code if is_locked(cell) and not is_grade(cell)]
        return locked, graded, [cell.source for cell in code if not is_locked(cell)]

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Execute a cell; what it shows is its score only if it is one."""
        if cell.cell_type != "code":
            return cell, resources
        self.written = 0
        if not self.dead:
            try:
                self.execute_cell(cell, index, store_history=True)
                self._thin()
            except DeadKernelError:
                self.dead = self.dead or "the kernel died"
                self.flags.setdefault("died", f"in {_name(cell, index)}: {self.dead}")
                cell.outputs.append(_error("DeadKernelError", self.dead))
            except CellTimeoutError:
                self.flags.setdefault("timeout", _name(cell, index))
                cell.outputs.append(_error("CellTimeoutError", "the cell's output did not end"))
            except UNREADABLE as error:
                self.dead = f"it sent what is no message of a kernel's ({type(error).__name__}: {error})"[:300]
                self.flags.setdefault("died", f"in {_name(cell, index)}: {self.dead}")
                cell.outputs.append(_error("DeadKernelError", self.dead))
        else:
            cell.outputs = [_error("DeadKernelError", f"not run: {self.dead} before")]
        for output in cell.outputs:
            self._clean(output)
        if is_grade(cell):
            self._settle(cell, index)
        return cell, resources

    def _clean(self, output: Any) -> None:
        """Take the keys out of an output."""
        for secret in self.secrets:
            if output.output_type == "stream":
                output.text = output.text.replace(secret, "[key]")
            elif output.output_type == "error":
                output.evalue = output.evalue.replace(secret, "[key]")
                output.traceback = [line.replace(secret, "[key]") for line in output.traceback]
            else:
                output.data = json.loads(json.dumps(output.data).replace(secret, "[key]"))

    def _settle(self, cell: Any, index: int) -> None:
        """Leave a graded cell with its score, or with an error that says why there is none and shows no test."""
        streams = [output for output in cell.outputs if output.output_type == "stream"]
        errors = [output for output in cell.outputs if output.output_type == "error"]
        said = "".join(output.text for output in streams)
        for output in streams:
            output.name = "stdout"
        if errors:
            cell.outputs = [*streams, _error(errors[-1].ename, errors[-1].evalue[:200])]
            return
        results = [output for output in cell.outputs if output.output_type == "execute_result"]
        points = float(cell.metadata.nbgrader.points)
        if len(cell.outputs) - len(streams) == 1 and len(results) == 1 and _agrees(results[0], said, points):
            cell.outputs = [*streams, *results]
            return
        self.flags.setdefault("score", _name(cell, index))
        cell.outputs = [*streams, _error("NoScore", "the cell did not show the score of its checks")]

    def _check_integrity(self, nb: Any) -> None:
        """Run the integrity check in the kernel, in a cell that is not kept."""
        if self.dead:
            return
        check = nbformat.v4.new_code_cell(integrity.program(self.imported))
        nb.cells.append(check)
        try:
            self.written = 0
            self.execute_cell(check, len(nb.cells) - 1, store_history=False)
            said = "".join(output.text for output in check.outputs if output.output_type == "stream")
            others = [output for output in check.outputs if output.output_type != "stream"]
            found = ["the check itself"] if others else json.loads(said)
        except (DeadKernelError, CellTimeoutError, *UNREADABLE):
            found = ["the check itself"]
        finally:
            nb.cells.pop()
        if found:
            self.flags["changed"] = "; ".join(map(str, found))[:300]

    def execute_cell(self, cell: Any, *arguments: Any, **named: Any) -> Any:
        """Execute a cell; note when it began."""
        self.began = (time.monotonic(), self.km.seconds())
        return super().execute_cell(cell, *arguments, **named)

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
        """Interrupt the cell by message; end the kernel if it does not answer within the grace.

        A cell may take `timeout` seconds of the processor; only then, or after five times as long, it is too slow.
        """
        assert self.km is not None and self.kc is not None
        clock, processor = self.began
        while self.km.seconds() - processor < timeout and time.monotonic() - clock < 5 * timeout:
            await self._async_check_alive()
            if reply := await self._reply(1):
                return reply
        self.flags.setdefault("timeout", _name(cell, 0) if cell is not None else "")
        await ensure_async(self.km.interrupt_kernel())
        if reply := await self._reply(self.grace):
            return reply
        await self._end("the kernel did not stop when interrupted")
        raise DeadKernelError(self.dead)

    async def _reply(self, seconds: float) -> Any:
        """Return the kernel's reply to the cell, None if it does not come in time."""
        assert self.kc is not None
        try:
            reply = await ensure_async(self.kc.shell_channel.get_msg(timeout=seconds))
        except Empty:
            return None
        return reply if reply["msg_type"] == "execute_reply" else None

    async def _async_check_alive(self) -> None:
        """Look every second whether the kernel is there and within its limits."""
        if self.km is None:  # after a message that could not be read, nobody ended the watch
            raise DeadKernelError("the kernel was ended")
        self._thin()
        if excess := self.km.excess():
            await self._end(f"it used too much ({excess})")
        elif time.monotonic() > self.deadline:
            self.flags.setdefault("timeout", "all cells together")
            await self._end("all cells together took too long")
        await super()._async_check_alive()

    def _thin(self) -> None:
        assert self.km is not None
        if self.km.thin():
            self.flags["processes"] = "started many; they were ended"

    async def _end(self, why: str) -> None:
        self.dead = why
        assert self.km is not None
        await ensure_async(self.km.shutdown_kernel(now=True))
        await asyncio.sleep(0)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Take in a message, but no more output than the limit, and nothing that reaches other cells."""
        kind, content = msg["msg_type"], msg["content"]
        if kind.startswith("comm") or kind in ("update_display_data", "clear_output"):
            return None
        if kind in ("stream", "display_data", "execute_result", "error"):
            content.pop("transient", None)
            self.written += len(json.dumps(content, default=str))
            if self.written > self.output_limit:
                return None
        return super().process_message(msg, cell, cell_index)


def _agrees(result: Any, said: str, points: float) -> bool:
    """Whether a result is a score between 0 and the points and is that of the last line that the checks printed."""
    shown = SCORE.fullmatch(str(result.data.get("text/plain", "")))
    line = LINE.match((said.rstrip("\n").splitlines() or [""])[-1])
    if not shown or not line:
        return False
    score = float(shown[1])
    return 0 <= score <= points and line[1] == f"{score:g}" and line[2] == f"{points:g}"


def _error(kind: str, text: str) -> Any:
    return nbformat.v4.new_output("error", ename=kind, evalue=text, traceback=[f"{kind}: {text}"])


def _name(cell: Any, index: int) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}")
