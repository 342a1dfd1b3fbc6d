"""Work that a build would do again and again, done less often. What is built does not depend on it.

The pages of a book are trees of millions of objects that live until the end. Python's collector of garbage goes through
all of them every few hundred new objects; here it waits for a million.
"""

from __future__ import annotations

import gc

from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx

OBJECTS = (1_000_000, 10, 5)  # new ones before a collection, and collections before one of what is older
BACKENDS = ("docutils", "plaintext")  # sought among the files of all packages at each citation, unless registered


def setup(app: Sphinx) -> None:
    gc.set_threshold(*OBJECTS)
    for name in BACKENDS:
        register_plugin("pybtex.backends", name, find_plugin("pybtex.backends", name), force=True)
