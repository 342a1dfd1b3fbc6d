"""What the tests of the book share: its chapters as notebooks, the built site, and a browser.

Nothing here or in the tests waits for a fixed time or gives up within a minute: on a busy machine tests are slower.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

# a worker a core (see pyproject.toml), so one thread a worker; before numpy is imported
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "agg")

import hypothesis  # noqa: E402
import jupytext  # noqa: E402
import pytest  # noqa: E402
import yaml  # noqa: E402

ROOT = Path(__file__).parent.parent
PATIENCE = 300  # seconds until the browser gives up

hypothesis.settings.register_profile(
    "book", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("book")


def contents(toc: Path = ROOT / "_toc.yml") -> list[Path]:
    """The pages of the book in reading order; what else lies in the folders (checkpoints, lock files) is none."""

    def walk(node: object) -> Iterator[str]:
        if isinstance(node, list):
            for part in node:
                yield from walk(part)
        elif isinstance(node, dict):
            yield from (node[key] for key in ("root", "file") if key in node)
            for part in node.values():
                yield from walk(part)

    names = walk(yaml.safe_load(toc.read_text(encoding="utf-8")))
    return [toc.parent / f"{name.removesuffix('.md')}.md" for name in names]


CHAPTERS = contents()
NAMES = [path.relative_to(ROOT).with_suffix("").as_posix() for path in CHAPTERS]

PARTS = ("setting", "forgetting", "collapse", "escape")
CONTENT = [path for path in CHAPTERS if path.parent.name in PARTS]  # one sitting each


def cells(path: Path) -> list[str]:
    """The code cells of a chapter."""
    return [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]


EXECUTED = [
    path for path in CHAPTERS if path.read_text(encoding="utf-8").startswith("---\njupytext:") and cells(path)
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """For the whole suite one worker more than cores, as browsers are waited for; none where files are named."""
    return (os.cpu_count() or 1) + 1 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The build of the book comes first, so that the other workers have something to do meanwhile."""
    items.sort(key=lambda item: "site" not in item.fixturenames)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built as `make book` builds it: warnings are errors, every reference is checked.

    It is built once: the workers of one run wait for the first that asks.
    """
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    outcome = run / "build.json"
    with closing(sqlite3.connect(run / "build.lock", timeout=12 * PATIENCE, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")  # ends with this process, whatever becomes of it
        if not outcome.exists():
            jupyter_book = Path(sys.executable).with_name("jupyter-book")
            command = [str(jupyter_book), "build", str(ROOT), "-W", "-n", "--keep-going"]
            result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
            said = f"{result.stdout[-4000:]}\n{result.stderr[-8000:]}"
            outcome.write_text(json.dumps({"code": result.returncode, "said": said}), encoding="utf-8")
    built = json.loads(outcome.read_text(encoding="utf-8"))
    assert built["code"] == 0, f"the book does not build:\n{built['said']}"
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The site on a plain file server of this machine, one a worker."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's Chromium, driven by Playwright, one a worker; without it the test fails.

    Its shell without windows, where it is installed: a new page takes half the work. Letters are as wide in both.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    assert chromium, "Chromium is needed (on Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"],
            timeout=1000 * PATIENCE,
        )
        yield browser
        browser.close()


def settle(page: Any, resized: bool = False) -> None:
    """Let the page notice a change and end its transitions; of a new width it hears after 300 ms, by timers in order."""
    page.evaluate(
        """async (resized) => {
          const frame = () => new Promise(requestAnimationFrame);
          await document.fonts.ready; await frame(); await frame();
          if (resized) await new Promise((done) => setTimeout(done, 350));
          for (const change of document.getAnimations()) if (change instanceof CSSTransition) change.finish();
        }""",
        resized,
    )
