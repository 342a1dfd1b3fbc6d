"""The sandbox of a kernel: bubblewrap around it, limits inside, and the sockets through which it is spoken to.

Inside are a read-only system, the Python environment and `collapse_lib`; there are no submissions, no gradebook, no
sources, no network and no processes but its own. The kernel is reached through Unix sockets in a folder of its own.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

import collapse_lib
from collapse_lib.assignment import KEY

__all__ = ["Limits", "SandboxError", "SandboxedKernelManager", "check"]

LAUNCHER = Path(__file__).with_name("kernel.py")
SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")  # links into /usr on most systems, folders on some
SETTINGS = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "nsswitch.conf")
NOBODY = 61184  # the first of the numbers for users that exist only while a program runs
MEBIBYTE = 2**20
HOW = (
    "Answers are graded in a sandbox made by bubblewrap on Linux (Debian: apt-get install bubblewrap). Elsewhere grade "
    "in a Linux container or virtual machine that may make namespaces, such as: docker run --rm -it --privileged "
    '-v "$PWD":/course -w /course debian:stable, and there install make, python3-venv and bubblewrap first.'
)


class SandboxError(RuntimeError):
    """There is no sandbox on this system; the message says what to do."""


@dataclass(frozen=True)
class Limits:
    """What the kernel of one submission may use."""

    memory: int = 2048  # mebibytes that one of its processes may address
    resident: int = 3072  # mebibytes that all of them may hold
    processes: int = 40  # threads count; a kernel has about ten
    others: int = 8  # processes besides the kernel that are let be
    processor: int = 300  # seconds
    file: int = 16  # mebibytes of one file
    files: int = 64  # mebibytes of all files


@functools.cache
def check() -> str:
    """Return the path of bubblewrap, or raise `SandboxError` where no sandbox can be made."""
    if platform.system() != "Linux":
        raise SandboxError(f"This system is {platform.system()}. {HOW}")
    found = shutil.which("bwrap")
    if not found:
        raise SandboxError(f"bubblewrap is not installed. {HOW}")
    trial = [found, *_walls(Limits()), "--", "/bin/true"]
    result = subprocess.run(trial, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SandboxError(f"bubblewrap cannot make a sandbox here ({result.stderr.strip()}). {HOW}")
    return found


def _walls(limits: Limits, shared: Path | None = None) -> list[str]:
    """Return bubblewrap's arguments."""
    walls = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    walls += ["--die-with-parent", "--new-session", "--hostname", "grading", "--cap-drop", "ALL"]
    if os.geteuid() == 0:  # root is limited by nothing, so the launcher becomes somebody else
        walls += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        walls += ["--unshare-user"]
    size = str(limits.files * MEBIBYTE)
    walls += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm"]
    walls += ["--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--ro-bind", "/usr", "/usr"]
    for name in SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            walls += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            walls += ["--ro-bind", str(path), str(path)]
    for path in [Path("/etc", name) for name in SETTINGS] + [LAUNCHER, *_python()]:
        if path.exists() and not path.is_relative_to("/usr"):
            walls += [*_way(path), "--ro-bind", str(path), str(path)]
    if shared is not None:
        walls += [*_way(shared), "--bind", str(shared), str(shared)]
    return [*walls, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]


def _way(path: Path) -> list[str]:
    """Return the arguments that make the folders above a path, which everybody may pass through."""
    return [word for parent in reversed(path.parents[:-1]) for word in ("--perms", "0755", "--dir", str(parent))]


def _python() -> list[Path]:
    """Return the folders that the kernel imports from: the environment, its Python, `collapse_lib`."""
    places = {sys.prefix, sys.base_prefix, *(sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib"))}
    interpreter = Path(sys.executable)
    while interpreter.is_symlink():  # an environment's interpreter is a link, perhaps to a link, to the real one
        interpreter = interpreter.parent / os.readlink(interpreter)
        places.add(str(interpreter.parent.parent))
    package = Path(collapse_lib.__file__).parent
    folders = sorted({Path(place).absolute() for place in places if place not in ("/", "/usr")})
    return [*(place for place in folders if not any(place.is_relative_to(o) and place != o for o in folders)), package]


class SandboxedKernelManager(AsyncKernelManager):
    """A kernel in the sandbox: `key` is what its hidden tests draw from, `limits` what it may use."""

    def __init__(self, *, key: str, limits: Limits | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.limits = limits or Limits()
        self._key = key
        self._shared = Path(tempfile.mkdtemp(prefix="grading-"))  # short: the path of a socket has 107 characters
        self.transport = "ipc"
        self.ip = str(self._shared / "socket")
        self.connection_file = str(self._shared / "kernel.json")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  what the kernel says before it can be spoken to
        bubblewrap = check()
        user = NOBODY + os.getpid() % 4096 if os.geteuid() == 0 else -1
        numbers = (self.limits.memory, _processes(self.limits), self.limits.processor, self.limits.file, user)
        argv = [bubblewrap, *_walls(self.limits, self._shared), "--", sys.executable, "-s", str(LAUNCHER)]
        argv += [",".join(map(str, numbers)), "-f", "{connection_file}", "--HistoryManager.enabled=False"]
        argv += [f"--Session.copy_threshold={2**40}"]  # or what is long is sent by a thread, which may be one too many
        if user >= 0:
            os.chown(self._shared, user, user)
        self._kernel_spec = KernelSpec(
            argv=argv, display_name="graded", language="python", interrupt_mode="message", env={}
        )

    async def _async_pre_start_kernel(self, **settings: Any) -> Any:
        environment = {
            KEY: self._key,
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "MPLBACKEND": "agg",
            "MPLCONFIGDIR": "/tmp/matplotlib",
            "IPYTHONDIR": "/tmp/ipython",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(Path(collapse_lib.__file__).parent.parent),
            "USER": "student",
        }
        streams = {"stdout": self._said, "stderr": self._said, "cwd": "/"}
        made = await super()._async_pre_start_kernel(**{**settings, "env": environment, **streams})
        if os.geteuid() == 0:
            os.chmod(self.connection_file, stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)  # in a folder of nobody else's
        return made

    pre_start_kernel = _async_pre_start_kernel

    def sees(self, path: Path) -> bool:
        """Whether a folder outside would be seen inside."""
        return any(path.resolve().is_relative_to(place.resolve()) for place in (Path("/usr"), *_python()))

    def excess(self) -> str | None:
        """Return which limit all processes of the kernel together exceed, if one."""
        held = sum(_resident(process) for process in self._processes())
        if held > self.limits.resident * MEBIBYTE:
            return "memory"
        with os.scandir(self._shared) as entries:
            written = sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
            return "files" if written > MEBIBYTE else None

    def said(self) -> str:
        """Return the last line that the kernel wrote where nobody listens; it says why one does not start."""
        self._said.seek(0)
        lines = self._said.read(10**5).decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def seconds(self) -> float:
        """Return the processor seconds that the kernel itself has used."""
        kernel = self._kernel()
        return _seconds(kernel) if kernel else 0.0

    def thin(self) -> bool:
        """End the processes that the kernel started if they are many; return whether they were."""
        kernel = self._kernel()
        many = False
        for _ in range(20):  # while they are ended they start others
            others = [process for process in self._processes()[1:] if process != kernel]
            many |= len(others) > self.limits.others
            if not many or not others:
                break
            for process in others:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        return many

    def _processes(self) -> list[psutil.Process]:
        """Return the processes in the sandbox; the first is bubblewrap's own."""
        pid = getattr(self.provisioner, "pid", None)
        try:
            return psutil.Process(pid).children(recursive=True) if pid else []
        except psutil.Error:
            return []

    def _kernel(self) -> psutil.Process | None:
        """Return the process of the kernel: the oldest but bubblewrap's own."""
        return min(self._processes()[1:], key=lambda process: (process.create_time(), process.pid), default=None)

    def remove(self) -> None:
        """Remove the folder of the sockets."""
        self._said.close()
        shutil.rmtree(self._shared, ignore_errors=True)


def _processes(limits: Limits) -> int:
    """Return how many processes the kernel's user may have; before Linux 5.14 those outside count as well."""
    version = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    if os.geteuid() == 0 or version >= (5, 14):
        return limits.processes
    own = (process.info for process in psutil.process_iter(["uids", "num_threads"]))
    return limits.processes + sum(one["num_threads"] or 0 for one in own if one["uids"] and one["uids"].real == os.getuid())


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
