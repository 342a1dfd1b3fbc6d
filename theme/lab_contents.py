"""JupyterLab's files for `make lab`: a page opens as the site shows it and is saved as its source.

``jupyter lab --ServerApp.contents_manager_class=lab_contents.BookContents`` with this folder on Python's path.
References and numbers come from the last build (``_build/labels.json``); before the first one they stay as written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from bookbuild import myst
from jupytext import AsyncTextFileContentsManager


class BookContents(AsyncTextFileContentsManager):
    """Jupytext's files, with the pages of the book opened and saved by `bookbuild.myst`."""

    def labels(self) -> myst.Labels:
        """What references say, from the last build."""
        try:
            text = Path(self.root_dir, "_build", "labels.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return myst.Labels({})
        return myst.Labels(json.loads(text))

    def source(self, path: str) -> str | None:
        """The text of a page, or None for another file."""
        place = Path(self.root_dir, path.strip("/"))
        if place.suffix != ".md" or not place.is_file():
            return None
        text = place.read_text(encoding="utf-8")
        return text if text.startswith("---\njupytext:") else None

    async def get(self, path: str, content: bool = True, type: str | None = None, **more: Any) -> dict[str, Any]:
        model = await super().get(path, content=content, type=type, **more)
        if content and model["type"] == "notebook" and self.source(path) is not None:
            page = path.strip("/").removesuffix(".md")
            model["content"] = myst.opened(nbformat.from_dict(model["content"]), page, self.labels())
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        before = self.source(path) if model["type"] == "notebook" else None
        if before is None:
            return await super().save(model, path)
        page = path.strip("/").removesuffix(".md")
        notebook = myst.closed(nbformat.from_dict(model["content"]), page, self.labels())
        text = {"type": "file", "format": "text", "content": myst.merged(notebook, before)}
        return await super().save(text, path) | {"type": "notebook"}
