"""What a build depends on besides the text: the library, the lock and the theme. Editors' files are no part of it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

THEME = Path(__file__).parent.parent


def files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Files of the project below `folder`: no dot-files, nothing in a folder with a dot, no broken links."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in suffixes
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def digest(root: Path, paths: Iterable[Path]) -> str:
    """A short name for the content of the files, with their places below `root`."""
    state = hashlib.sha256()
    for path in paths:
        state.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def take_digests(app: Sphinx, config: Config) -> None:
    """Let Sphinx read every page again when what it depends on has changed."""
    root = Path(app.srcdir)
    config.library_digest = digest(root, [*files(root / "collapse_lib", {".py", ".csv"}), root / "requirements.lock"])
    extension = [*files(THEME / "bookbuild", {".py"}), *files(THEME / "templates", {".html"})]
    config.extension_digest = digest(THEME, extension)
    sys.path.insert(0, str(root))  # the reference documents the library of this folder, wherever it was installed from


def setup(app: Sphinx) -> None:
    app.add_config_value("library_digest", "", "env")  # "env": all pages are read again when it changes
    app.add_config_value("extension_digest", "", "env")
    app.connect("config-inited", take_digests, priority=1)
