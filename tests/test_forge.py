"""Kernels that are copies of one process: a page cannot tell, and no page sees another."""

from __future__ import annotations

import asyncio
import re
import sys

import nbformat
import psutil
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import forge, kernels  # noqa: E402

pytestmark = pytest.mark.skipif(not forge.AVAILABLE, reason="elsewhere kernels start as programs")
TELLING = """
import os, random, signal, subprocess, sys, threading
import matplotlib, numpy
print(sys.argv[0], sys.argv[1:2] + sys.argv[3:], sys.path, sys.modules["__main__"].__dict__ is globals())
print(sorted(set(os.environ) - {"JPY_PARENT_PID"}), os.environ["MPLBACKEND"], os.getcwd(), os.getsid(0) == os.getpid())
print(matplotlib.rcParams["backend"], matplotlib.rcParams["font.size"], hash("text"), os.environ["JPY_PARENT_PID"] == str(os.getppid()))
print([signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGTERM)], sys.stdin.closed, sys.flags.hash_randomization)
print(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True), [t.name for t in threading.enumerate()])
print([name for name in sys.modules if name.startswith("collapse_lib")])
"""
LIBRARY = "import collapse_lib\nfrom collapse_lib.figures import Picture\nprint(collapse_lib.__file__, Picture)"
DRAWN = "print(os.getpid(), random.random(), numpy.random.random())"


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    return kernels.environment(ROOT, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def running(env):
    running = forge.Forge(env)
    yield running
    running.close()


def run(folder, env, running, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    failure = asyncio.run(kernels.execute(notebook, folder=folder, env=env, timeout=600, forge=running))
    said = ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]
    return failure, [re.sub(r"Thread-\d+", "Thread", text) for text in said]  # they are counted on


def test_a_page_cannot_tell_a_copy(env, running, tmp_path):
    """All that the build's environment decides, modules, signals and threads are those of a program of its own."""
    failure, copied = run(tmp_path, env, running, TELLING, LIBRARY, DRAWN)
    assert failure is None
    failure, started = run(tmp_path, env, None, TELLING, LIBRARY)
    assert failure is None and started[0].splitlines() == copied[0].splitlines() and started[1] == copied[1]
    assert copied[0].endswith("[]\n"), "the library was there before the page asked for it"
    failure, again = run(tmp_path, env, running, "name = 1", TELLING, DRAWN)
    one, other = copied[2].split(), again[2].split()
    assert failure is None and not set(one) & set(other), "two pages draw the same numbers"
    assert run(tmp_path, env, running, "name")[0].error == "NameError: name 'name' is not defined"


def test_a_copy_dies_alone_and_none_outlives_the_build(env, running, tmp_path):
    assert len(psutil.Process(running.process.pid).threads()) == 1, "a process with threads must not be copied"
    failure, said = run(tmp_path, env, running, "print(1)", "import os\nos._exit(3)", "print(2)")
    assert (failure.cell, failure.error.partition(":")[0]) == (1, "DeadKernelError") and said[::2] == ["1\n", ""]
    assert run(tmp_path, env, running, "print(3)") == (None, ["3\n"])
    own = forge.Forge(env)
    sleeping = own.kernel(["-f", str(tmp_path / "k"), "--transport=ipc"], str(tmp_path), env)
    assert sleeping.poll() is None
    own.process.kill()
    own.close()
    assert sleeping.wait() == sleeping.poll() == -1
    (tmp_path / "scipy.py").write_text("raise SystemExit\n")
    without = forge.Forge(env | {"PYTHONPATH": str(tmp_path)})
    with pytest.raises(RuntimeError, match="no kernel can start"):
        without.kernel([], ".", env)
    without.close()
