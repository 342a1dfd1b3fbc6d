"""A build says and leaves what a build from nothing would say and leave."""

from __future__ import annotations

import os
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment


def _mark(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "unfinished"


def begin(app: Sphinx, config: Config) -> None:
    """After a build that warned, failed or was interrupted every page is read again, so that it warns again."""
    mark = _mark(app)
    if mark.exists():
        (mark.parent / "environment.pickle").unlink(missing_ok=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def renew(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """When one page is read, all are written again: their references, numbers and links may have changed."""
    if docnames:
        app.connect("env-updated", write_all)


def write_all(app: Sphinx, env: BuildEnvironment) -> list[str]:
    app.parallel = os.cpu_count() or 1  # after reading, for which not every extension is ready
    return sorted(env.found_docs)


def end(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and not app._warncount:
        _mark(app).unlink()


def setup(app: Sphinx) -> None:
    app.connect("config-inited", begin)
    app.connect("env-before-read-docs", renew)
    app.connect("build-finished", end, priority=999)
