"""Where a course lies, what it is called there, and how things are written so that nothing is ever half written."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from collapse_lib.assignment import KEY

__all__ = ["FLAGS", "Course", "CourseError", "digest", "environment", "read_json", "write", "write_json"]

ASSIGNMENTS = Path(__file__).parent.parent
SETTINGS = "nbgrader_config.py"
OVERLAY = "COURSE_SOURCES"
FLAGS = {
    "ungraded": "what was handed in last could not be graded; the marks are none, or those of what was handed in before",
    "student": "the cell with the student id names somebody else",
    "locked": "locked cells were changed, moved or had their metadata changed; they were put back",
    "suspicious": "the source reads or replaces what an answer has no business with",
    "timeout": "a cell took too long and was interrupted",
    "died": "the kernel died or was ended; the cells from there on count nothing",
    "processes": "many processes were started; they were ended",
    "score": "a graded cell showed something else than its score, which counts nothing",
    "changed": "after the run the checker, numpy or Python's own functions were not what they were",
}


class CourseError(RuntimeError):
    """What a command cannot do; the message says why and what to do."""


@dataclass(frozen=True)
class Course:
    """The folder of a course, outside git: `release`, `submitted`, `autograded`, `feedback` and the gradebook."""

    root: Path

    @classmethod
    def at(cls, root: str | Path) -> Course:
        """Return the course in a folder, which is made."""
        path = Path(root).absolute()
        path.mkdir(parents=True, exist_ok=True)
        return cls(path)

    def config(self) -> Config:
        """Return nbgrader's settings: `assignments/nbgrader_config.py`, then what the course's own file changes."""
        with environment("COURSE", str(self.root)):
            config = PyFileConfigLoader(SETTINGS, path=str(ASSIGNMENTS)).load_config()
            if (self.root / SETTINGS).exists():
                config.merge(PyFileConfigLoader(SETTINGS, path=str(self.root)).load_config())
        return config

    def sources(self) -> dict[str, Path]:
        """Return the assignments' sources by name; those in the folder COURSE_SOURCES take the public ones' place."""
        folders = [ASSIGNMENTS / "source"]
        if overlay := os.environ.get(OVERLAY):
            if not Path(overlay).is_dir():
                raise CourseError(f"{OVERLAY} must be a folder with sources, got {overlay!r}")
            folders.append(Path(overlay))
        found = {path.stem: path for folder in folders for path in folder.glob("[0-9]*-*.md")}
        return {name: found[name] for name in sorted(found)}

    def key(self) -> str:
        """Return the course key: from the environment, or from the file `course-key`, which is made once."""
        if given := os.environ.get(KEY, "").strip():
            return given
        path = self.root / "course-key"
        if not path.exists():
            write(path, secrets.token_hex(16) + "\n", mode=0o600)
        if not (kept := path.read_text(encoding="utf-8").strip()):
            raise CourseError(f"{path} is empty: put the course key there, or remove the file to get a new one")
        return kept

    def key_for(self, assignment: str, student: str) -> str:
        """Return what the hidden tests of one submission draw from: it tells nothing about any other's."""
        return hmac.new(self.key().encode(), f"{assignment}/{student}".encode(), hashlib.sha256).hexdigest()

    def released(self, assignment: str) -> Path:
        """Return the notebook that students get."""
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def state(self, assignment: str, student: str, what: str) -> Path:
        """Return the file that remembers `what` of a submission: ``graded``, ``run`` or ``feedback``."""
        return self.root / "state" / assignment / f"{student}.{what}.json"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other commands from this course meanwhile."""
        with open(self.root / "lock", "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CourseError(f"another command is at work on {self.root}; wait until it ends") from None
            yield


@contextlib.contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for the time of a block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of texts or bytes, in which it matters where each ends."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()


def write(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """Return what a file remembers, nothing where there is none."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Remember something."""
    write(path, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
