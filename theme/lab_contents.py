"""JupyterLab's files for `make lab`: a page opens as the site shows it and is saved as its source.

``jupyter lab --ServerApp.contents_manager_class=lab_contents.BookContents`` with this folder on Python's path.
References and numbers come from the last build (``_build/labels.json``); before the first one they stay as written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from bookbuild import myst
from jupytext import AsyncTextFileContentsManager

MARK = "\ufeff"  # of the order of bytes


class BookContents(AsyncTextFileContentsManager):
    """Jupytext's files, with the pages of the book opened and saved by `bookbuild.myst`."""

    def labels(self) -> myst.Labels:
        """What references say, from the last build."""
        try:
            known = json.loads(Path(self.root_dir, "_build", "labels.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):  # there is no build, or one is under way
            known = {}
        return myst.Labels(known)

    def on_disk(self, path: str) -> str:
        """The text of a file, with its own ends of lines."""
        return Path(self.root_dir, path.strip("/")).read_bytes().decode("utf-8")

    def source(self, path: str) -> str | None:
        """The text of a page after a byte-order mark, its lines ended by newlines, or None for another file."""
        place = Path(self.root_dir, path.strip("/"))
        if place.suffix != ".md" or not place.is_file():
            return None
        text = self.on_disk(path).removeprefix(MARK).replace("\r\n", "\n")
        return text if text.startswith("---\njupytext:") else None

    async def get(self, path: str, content: bool = True, type: str | None = None, **more: Any) -> dict[str, Any]:
        model = await super().get(path, content=content, type=type, **more)
        if content and model["type"] == "notebook" and (source := self.source(path)) is not None:
            page = path.strip("/").removesuffix(".md")
            notebook = nbformat.from_dict(model["content"])
            if self.on_disk(path).startswith(MARK):  # before which Jupytext sees no front matter
                notebook = jupytext.reads(source, fmt=myst.FORMAT)
            model["content"] = myst.opened(notebook, page, self.labels())
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        if model["type"] != "notebook" or not path.endswith(".md"):
            return await super().save(model, path)
        before = self.source(path)
        if before is None and myst.KEY not in model["content"]["metadata"]:
            return await super().save(model, path)
        notebook = myst.closed(nbformat.from_dict(model["content"]))
        if before is None:  # a page under a new name, or one that was deleted while it was open
            content = myst.canonical(notebook)
        elif (content := myst.merged(notebook, before)) == before:
            content = self.on_disk(path)
        else:
            content = content.replace("\n", "\r\n") if "\r\n" in self.on_disk(path) else content
            content = MARK + content if self.on_disk(path).startswith(MARK) else content
        text = {"type": "file", "format": "text", "content": content}
        return await super().save(text, path) | {"type": "notebook"}
