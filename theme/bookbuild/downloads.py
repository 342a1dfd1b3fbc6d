"""The menu of downloads at the head of a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SOURCE = "download-source-button"  # the theme's


def put_first(context: dict[str, Any], links: Iterable[tuple[str, str, str]], *, source: bool = True) -> None:
    """Put links to files first: address, text and tooltip of each; `source`: whether the page's own text stays."""
    for group in context.get("header_buttons", ()):
        if group.get("label") == "download-buttons":
            made = [
                {"type": "link", "url": url, "text": text, "tooltip": tooltip, "icon": "fas fa-file",
                 "label": f"download-{number}-button"}
                for number, (url, text, tooltip) in enumerate(links)
            ]  # fmt: skip
            group["buttons"] = made + [button for button in group["buttons"] if source or button["label"] != SOURCE]
