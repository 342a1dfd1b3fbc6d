"""A change in `collapse_lib` or in the lock executes every chapter again: the cache is keyed by both."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).parent.parent.parent
BUILD_VARIABLE = "COLLAPSE_BOOK_BUILD"  # tells collapse_lib.widgets to draw every frame


def digest() -> str:
    """What every chapter's execution depends on: the library and the lock."""
    files = sorted(path for path in (ROOT / "collapse_lib").rglob("*") if path.suffix in {".py", ".csv"})
    state = hashlib.sha256()
    for path in [*files, ROOT / "requirements.lock"]:
        state.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def prepare_execution(app: Sphinx, config: Config) -> None:
    """Key the cache by `digest` and let kernels know that they run for the book."""
    config.library_digest = digest()
    modules = sorted(Path(__file__).parent.glob("*.py"))
    config.extension_digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in modules)).hexdigest()[:16]
    caches = Path(app.outdir).parent / ".jupyter_cache"
    cache = caches / config.library_digest
    for old in caches.glob("*") if caches.is_dir() else ():
        if old != cache:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(cache)
    os.environ[BUILD_VARIABLE] = "1"


def setup(app: Sphinx) -> None:
    app.add_config_value("library_digest", "", "env")  # "env": all pages are read again when it changes
    app.add_config_value("extension_digest", "", "env")
    app.connect("config-inited", prepare_execution, priority=10)
