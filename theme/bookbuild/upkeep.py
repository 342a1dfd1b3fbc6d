"""Work that a build would do again and again, done less often. What is built does not depend on it.

The pages of a book are trees of millions of objects that live until the end. Python's collector of garbage goes through
all of them every few hundred new objects; here it waits for a million. And what is kept of a page between builds, an
exercise for example, holds on to the whole page, unless it is taken out of it.
"""

from __future__ import annotations

import gc
from typing import TypeVar

from docutils import nodes
from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

T = TypeVar("T", bound=nodes.Node)
OBJECTS = (1_000_000, 10, 5)  # new ones before a collection, and collections before one of what is older
BACKENDS = ("docutils", "plaintext")  # sought among the files of all packages at each citation, unless registered


def alone(node: T) -> T:
    """A copy of a node that knows nothing of its page."""
    copy = node.deepcopy()
    for part in copy.findall():
        part.document = None
    return copy


def lighten(app: Sphinx, env: BuildEnvironment) -> None:
    """Take the exercises and solutions that are kept out of their pages: ten times as much is kept with them."""
    for entry in getattr(env, "sphinx_exercise_registry", {}).values():
        if any(part.document is not None for part in entry["node"].findall()):
            entry["node"] = alone(entry["node"])


def setup(app: Sphinx) -> None:
    gc.set_threshold(*OBJECTS)
    for name in BACKENDS:
        register_plugin("pybtex.backends", name, find_plugin("pybtex.backends", name), force=True)
    app.connect("env-updated", lighten)
