"""Kernels that start as copies of one process, in which what most pages import is imported once.

A copy is made before any cell has run, so pages share nothing that one of them does. The library of the book is not
imported beforehand: a page that forgets to import a part of it fails. Only on Linux, where copying a process is safe;
elsewhere kernels start as usual.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import ipykernel_launcher
import psutil
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

AVAILABLE = sys.platform == "linux"
SCRIPT = Path(__file__).with_name("forge_process.py")


class Forge:
    """The running process that is copied, with the kernels' environment; the kernels end with it."""

    def __init__(self, env: dict[str, str]) -> None:
        here, there = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(there.fileno())],
            env=env, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        there.close()
        self.channel = here.makefile("rw", encoding="utf-8")
        here.close()

    def kernel(self, argv: list[str], folder: str, env: dict[str, str]) -> Kernel:
        """A new kernel, whose launcher is given `argv`."""
        try:
            self.channel.write(json.dumps([argv, folder, env]) + "\n")
            self.channel.flush()
            return Kernel(int(self.channel.readline()))
        except (OSError, ValueError) as error:  # no answer
            raise RuntimeError("no kernel can start: the process that imports what they need has ended") from error

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it has ended, and a request was not sent
            self.channel.close()
        self.process.wait()


class Kernel:
    """A kernel's process, which is no child of this one, with those methods of `subprocess.Popen` that are used."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._process = None

    def poll(self) -> int | None:
        """None while it runs; its exit code is not known here."""
        return None if self._process and self._process.is_running() else -1

    def wait(self) -> int:
        if self._process:
            psutil.wait_procs([self._process])
        return -1

    def send_signal(self, number: int) -> None:
        if self._process and self._process.is_running():
            self._process.send_signal(number)


class Provisioner(LocalProvisioner):
    """Starts the kernel of its manager in a forge."""

    forge: Forge

    async def launch_kernel(self, cmd: list[str], *, cwd: str, env: dict[str, str], **_: Any) -> dict[str, Any]:
        self.process = self.forge.kernel(cmd[cmd.index(ipykernel_launcher.__name__) + 1 :], cwd, env)
        self.pid = self.pgid = self.process.pid
        self.cwd = cwd
        return self.connection_info


def provide(manager: AsyncKernelManager, forge: Forge) -> None:
    """Let the kernel of `manager` start in the forge."""
    provisioner = Provisioner(kernel_spec=manager.kernel_spec, parent=manager)
    provisioner.forge = forge
    manager.provisioner = provisioner
