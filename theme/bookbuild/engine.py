"""MathJax in an embedded engine, in a process of its own: a build forks to write pages, and the engine has threads.

As a script it answers lines of JSON, ``[tex, display]``, with lines of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "sphinx-mathjax-offline"
MATHJAX = Path(distribution(PACKAGE).locate_file(f"{PACKAGE}/static/mathjax"))
PARTS = ("startup", "core", "adaptors/liteDOM", "input/tex", "output/chtml", "output/chtml/fonts/tex")
DRIVER = Path(__file__).with_name("mathjax.js")
PREPARE = """
globalThis.window = globalThis.self = globalThis.global = globalThis;
globalThis.console ??= { log() {}, warn() {}, error() {} };
globalThis.MathJax = { loader: { load: [] }, startup: {} };
"""


class Engine:
    """A running MathJax."""

    def __init__(self) -> None:
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, __file__], **pipe, encoding="utf-8")

    def ask(self, tex: str | None, display: bool = False) -> dict:
        """A formula set, or the error in it; without a formula, MathJax's style sheet."""
        self.process.stdin.write(json.dumps([tex, display]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def serve() -> None:
    from py_mini_racer import MiniRacer

    racer = MiniRacer()
    racer.eval(PREPARE)
    for part in PARTS:
        racer.eval((MATHJAX / f"{part}.js").read_text(encoding="utf-8"))
    racer.eval(DRIVER.read_text(encoding="utf-8"))
    for line in sys.stdin:
        tex, display = json.loads(line)
        asked = "sheet()" if tex is None else f"setFormula({json.dumps(tex)}, {json.dumps(display)})"
        print(racer.eval(asked), flush=True)
    racer.close()


if __name__ == "__main__":
    serve()
