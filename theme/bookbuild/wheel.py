"""The library as a wheel beside the site's first page: the notebooks install it from there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from .sources import digest, files

logger = logging.getLogger(__name__)
PACKAGE = "collapse_lib"
TEXTS = ("pyproject.toml", "README.md", "LICENSE")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
EPOCH = "315532800"  # 1 January 1980, the first day that an archive can name: a wheel says nothing of when it was made


def wheel_name(root: Path) -> str:
    """File name of the wheel of the package in a folder."""
    settings = root / "pyproject.toml"
    version = tomllib.loads(settings.read_text(encoding="utf-8"))["project"]["version"] if settings.exists() else "0"
    return f"{PACKAGE}-{version}-py3-none-any.whl"


def build_wheel(root: Path, folder: Path) -> Path:
    """Build the wheel into a folder, from a copy, so that the sources stay as they are."""
    with tempfile.TemporaryDirectory(prefix="wheel") as place:
        copy = Path(place, "source")
        for path in [*(root / name for name in TEXTS), *files(root / PACKAGE, {".py", ".csv"})]:
            target = copy / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o644)
        made = Path(place, "made")
        made.mkdir()
        env = os.environ | {"SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0"}
        result = subprocess.run(
            [sys.executable, "-c", BUILD, str(made)], cwd=copy, env=env, capture_output=True, encoding="utf-8"
        )
        if result.returncode:
            raise RuntimeError(f"the wheel could not be built:\n{result.stdout}{result.stderr}")
        (wheel,) = made.glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))


def put_wheel(app: Sphinx, exception: Exception | None) -> None:
    """The wheel of this library into the site; that of another version out of it."""
    root, site = Path(app.srcdir), Path(app.outdir)
    if exception or app.builder.name != "html" or not all((root / name).exists() for name in TEXTS):
        return
    state = digest(root, [*(root / name for name in TEXTS), *files(root / PACKAGE, {".py", ".csv"})])
    mark = Path(app.doctreedir, "wheel")
    if (site / wheel_name(root)).exists() and mark.exists() and mark.read_text() == state:
        return
    for old in site.glob(f"{PACKAGE}-*.whl"):
        old.unlink()
    try:
        build_wheel(root, site)
    except RuntimeError as error:
        logger.warning("%s", error, type="wheel")
    else:
        mark.write_text(state)


def setup(app: Sphinx) -> None:
    app.connect("build-finished", put_wheel)
