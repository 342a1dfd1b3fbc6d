"""Buttons that need the repository's address are offered when it is set, and not otherwise."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config


def offer(app: Sphinx, config: Config) -> None:
    """The settings name a hub; without a repository there is nothing for it to open."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        options.pop("launch_buttons", None)


def setup(app: Sphinx) -> None:
    app.connect("config-inited", offer)
