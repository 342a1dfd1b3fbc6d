"""The first program in the sandbox: it takes on the limits, becomes nobody if it is root, and starts the kernel.

Called with the limits (mebibytes of memory, processes, processor seconds, mebibytes of a file, user or -1), then with
the kernel's own arguments. It imports nothing of the graders'.
"""

import os
import resource
import sys

memory, processes, processor, file, user = map(int, sys.argv.pop(1).split(","))
with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
    score.write("1000")  # where memory runs out, this goes first
if user >= 0:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
for what, limit in (
    (resource.RLIMIT_AS, memory * 2**20),
    (resource.RLIMIT_NPROC, processes),
    (resource.RLIMIT_CPU, processor),
    (resource.RLIMIT_FSIZE, file * 2**20),
    (resource.RLIMIT_CORE, 0),
):
    resource.setrlimit(what, (limit, limit))
os.umask(0o077)
os.environ.pop("JPY_PARENT_PID", None)  # a number of the world outside
sys.path[0:1] = []  # this file's folder

from ipykernel.kernelapp import IPKernelApp  # noqa: E402

kernel = IPKernelApp.instance()
kernel.initialize()
itself = os.getpid()


def leave() -> None:
    """End a copy of the kernel that a cell has forked off: two of them would answer through the same sockets."""
    if os.getpid() != itself:
        os._exit(0)


kernel.shell.events.register("post_execute", leave)
kernel.start()
