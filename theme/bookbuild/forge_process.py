"""The process whose copies are kernels (see forge.py), a script.

It answers each line, a kernel's arguments, folder and environment as JSON, with the number of a new process.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys

PACKAGES = (  # all that most pages import but the library of the book
    "ipykernel.kernelapp", "ipykernel.zmqshell", "ipykernel_launcher", "matplotlib.backends.backend_svg",
    "matplotlib.figure", "matplotlib.font_manager", "numpy", "scipy.integrate", "scipy.optimize",
    "scipy.sparse.csgraph", "scipy.special", "scipy.stats",
)  # fmt: skip


def serve(channel: socket.socket) -> None:
    """Make copies as long as somebody asks; returns in each of them."""
    # read when the kernel is imported: it ends when this process does
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as a kernel does before imports
    for name in PACKAGES:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the copies
    gc.collect()
    gc.freeze()  # so that the copies share it
    for line in channel.makefile(encoding="utf-8"):
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            argv, folder, env = json.loads(line)
            sys.argv = [sys.modules["ipykernel_launcher"].__file__, *argv]
            os.chdir(folder)
            os.environ.update(env)
            sys.modules["numpy"].random.seed()
            channel.sendall(f"{os.getpid()}\n".encode())
            channel.close()
            return
    sys.exit()


def main() -> None:
    del sys.path[0]  # the folder of this file
    serve(socket.socket(fileno=int(sys.argv[1])))
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
