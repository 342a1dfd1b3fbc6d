"""Pages are executed side by side before Sphinx reads them, into the cache where it then finds them.

The cache is keyed by the library and the lock: a change in either executes every page again.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .forge import AVAILABLE, Forge
from .kernels import Failure, environment, error_of, execute
from .times import by_section

logger = logging.getLogger(__name__)


@dataclass
class Page:
    """A page that must be executed."""

    name: str
    path: Path
    notebook: NotebookNode
    seconds: float = 0.0
    spent: dict[int, float] = field(default_factory=dict)  # processor seconds, by cell
    failure: Failure | None = None


def choose_cache(app: Sphinx, config: Config) -> None:
    """A cache for this library and this lock; those of others are deleted."""
    caches = Path(app.outdir).parent / ".jupyter_cache"
    cache = caches / config.library_digest
    for old in caches.glob("*"):
        if old != cache:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(cache)


def execute_pages(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute those of the pages to be read that are not in the cache, and report the cells that fail."""
    cache = get_cache(app.config.nb_execution_cache_path)
    pages = [page for name in docnames if (page := read(env, name)) and not is_cached(cache, page.notebook)]
    if not pages:
        return
    home = Path(app.outdir).parent / ".home"
    home.mkdir(parents=True, exist_ok=True)
    variables = environment(Path(app.srcdir), home)
    kernels = Forge(variables) if AVAILABLE else None
    if kernels is None:
        # in a new home matplotlib looks for fonts and, on a slow machine, says so: here, not in a cell
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=variables, capture_output=True)
    try:
        asyncio.run(_all(pages, variables, app.config.nb_execution_timeout, kernels))
    finally:
        if kernels is not None:
            kernels.close()
    for page in pages:
        keep(cache, page)
        if page.failure:
            report(page)


def read(env: BuildEnvironment, name: str) -> Page | None:
    """The page as a notebook, or None when it is text only."""
    path = Path(env.doc2path(name))
    source = path.read_text(encoding="utf-8-sig")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, source)
    return Page(name, path, reader.read(source)) if reader else None


def is_cached(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    """Whether the cache holds an execution of the notebook without an error."""
    try:
        cached = cache.get_cache_bundle(cache.match_cache_notebook(notebook).pk).nb
    except (KeyError, ValueError):  # never executed, or written in part only
        return False
    return not any(error_of(cell) is not None for cell in cached.cells)


def keep(cache: JupyterCacheAbstract, page: Page) -> None:
    """Put the executed page into the cache, in the place of whatever an interrupted build left there."""
    _, key = cache.create_hashed_notebook(page.notebook)
    shutil.rmtree(cache.path / "executed" / key, ignore_errors=True)
    data = {"execution_seconds": page.seconds, "page": page.name, "sections": by_section(page.notebook, page.spent)}
    bundle = CacheBundleIn(page.notebook, str(page.path), data=data)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


async def _all(pages: list[Page], env: dict[str, str], timeout: int, kernels: Forge | None) -> None:
    free = asyncio.Semaphore(os.cpu_count() or 1)
    finished = 0

    async def run(page: Page) -> None:
        nonlocal finished
        async with free:
            start = time.monotonic()
            page.failure = await execute(
                page.notebook, folder=page.path.parent, env=env, timeout=timeout, spent=page.spent, forge=kernels
            )
            page.seconds = time.monotonic() - start
        finished += 1
        outcome = "failed" if page.failure else "executed"
        logger.info("%s %s in %.1f s (%d of %d)", outcome, page.name, page.seconds, finished, len(pages))

    logger.info("\nexecuting %d pages", len(pages))
    await asyncio.gather(*map(run, pages))


def report(page: Page) -> None:
    """A warning that names the page, the line, the cell, its source and its error."""
    cell = page.notebook.cells[page.failure.cell]
    number = sum(other.cell_type == "code" for other in page.notebook.cells[: page.failure.cell + 1])
    line = page.notebook.metadata["source_map"][page.failure.cell]
    parts = [cell.source, page.failure.traceback] if page.failure.traceback else [cell.source]
    logger.warning(
        "code cell %d failed: %s\n%s",
        number,
        page.failure.error,
        "\n\n".join(textwrap.indent(part, "    ") for part in parts),
        location=(page.name, line),
        type="execution",
    )


def setup(app: Sphinx) -> None:
    app.connect("config-inited", choose_cache, priority=10)
    app.connect("env-before-read-docs", execute_pages)
