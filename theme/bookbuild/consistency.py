"""A build says and leaves what a build from nothing would say and leave.

When a page is read anew, others may show what has changed: a number, a title, a line "Used in". What pages can see of
each other is kept with a build; when it is what it was, only the pages that were read are written again, and those that
gather what others say. Otherwise all are.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import get_node_location

from .ledger import ledger
from .map import map_of_results
from .results import main_results
from .sittings import cards, tally
from .slides import shown
from .syllabus import overview, plan
from .symbols import symbols
from .times import execution_times

GATHERING = (
    ledger, map_of_results, main_results, cards, tally, shown, overview, plan, symbols, execution_times,
    addnodes.glossary,
)  # fmt: skip
# What the environment holds of a page for this page alone, for those that gather, or for the end of the build; and what
# has every page read again when it changes.
OWN = {
    "all_docs", "app", "assignments", "config", "config_status", "config_status_extra", "dependencies", "dlfiles",
    "doctreedir", "domaindata", "domains", "events", "findable", "images", "included", "metadata", "myst_config",
    "mystnb_config", "nb_metadata", "nb_new_exec_data", "original_image_uri", "project", "prose", "results",
    "ref_context", "sd_config", "seen", "settings", "sittings", "skeletons", "sphinx_exercise_gated_registry",
    "sphinx_exercise_node_order", "srcdir", "temp_data", "version", "_pickled_doctree_cache", "_viewcode_modules",
    "_write_doc_doctree_cache",
}  # fmt: skip
OWN_OF_DOMAINS = {
    ("c", "root_symbol"), ("cpp", "root_symbol"), ("np-c", "root_symbol"),
    ("cite", "bibdata"), ("cite", "bibliographies"), ("cite", "citation_refs"),
}  # fmt: skip
PLACE = ("line", "lineno")


def _mark(app: Sphinx) -> Path:
    return Path(app.doctreedir) / "unfinished"


class Warned(logging.Handler):
    """The pages that a build warned of. Some warnings are given twice, once without a place; duplicates concern two pages."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def start(self, app: Sphinx) -> None:
        self.app = app
        self.placed: dict[str, set[str]] = {}  # the pages, by what was said of them
        self.lost: set[str] = set()  # what was said of nobody knows which page

    def emit(self, record: logging.LogRecord) -> None:
        place, project = getattr(record, "location", None), self.app.project
        if isinstance(place, nodes.Node):
            place = get_node_location(place)
        page = place[0] if isinstance(place, tuple) else re.sub(r":\d*$", "", place or "")
        if page not in project.docnames:  # a path, of sphinx-proof's without ".md" or with ".rst"
            page = project.path2doc(f"{page.removesuffix('.md').removesuffix('.rst')}.md")
        if page in project.docnames:
            self.placed.setdefault(record.getMessage(), set()).add(page)
        else:
            self.lost.add(record.getMessage())

    def pages(self) -> list[str]:
        """The names of the pages; none if that of one is not known."""
        known = self.lost <= self.placed.keys() and not any("duplicate" in said for said in self.placed)
        return sorted(set().union(*self.placed.values())) if known else []


WARNED = Warned()


def begin(app: Sphinx, config: Config) -> None:
    """What a build warned of is read again in the next, so that it warns again; if that is not known, every page is."""
    mark = _mark(app)
    WARNED.start(app)
    pages = set(mark.read_text("utf-8").splitlines()) if mark.exists() else set()
    if pages:
        app.connect("env-get-outdated", lambda app, env, added, changed, removed: pages & env.found_docs)
    elif mark.exists():
        (mark.parent / "environment.pickle").unlink(missing_ok=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text("", "utf-8")


def overlook(app: Sphinx, config: Config) -> None:
    """The files that are no pages are listed in a setting: a new one, in course-work or a draft, changes no page."""
    option = config.values["exclude_patterns"]
    config.values["exclude_patterns"] = type(option)(option.default, "", option.valid_types)


def seen(env: BuildEnvironment) -> dict[str, str]:
    """What a page can see of the others: a digest of each part."""
    parts = {name: value for name, value in vars(env).items() if name not in OWN}
    exercises = parts.get("sphinx_exercise_registry", {})
    parts["sphinx_exercise_registry"] = {  # of an exercise elsewhere one sees its title
        label: (entry["docname"], type(entry["node"]), entry["node"][:1]) for label, entry in exercises.items()
    }
    for domain, data in env.domaindata.items():
        parts |= {f"{domain} {name}": data[name] for name in data if (domain, name) not in OWN_OF_DOMAINS}
    return {name: hashlib.sha256("\n".join(spelled(value)).encode()).hexdigest() for name, value in parts.items()}


def spelled(value: object) -> Iterator[str]:
    """A value in words that do not depend on when and where it was made, nor on the line where it stands."""
    if isinstance(value, nodes.Node):
        yield str(value)
    elif isinstance(value, Mapping):
        yield "{"
        for key in sorted(value, key=repr):
            yield repr(key)
            yield from spelled(value[key])
        yield "}"
    elif isinstance(value, Set):
        yield from sorted(map(repr, value))
    elif hasattr(value, "_asdict"):
        yield from spelled({name: part for name, part in value._asdict().items() if name not in PLACE})
    elif isinstance(value, (list, tuple)):
        yield "["
        for part in value:
            yield from spelled(part)
        yield "]"
    elif hasattr(value, "__dict__") and type(value).__str__ is object.__str__:
        yield type(value).__name__
        yield from spelled({name: part for name, part in vars(value).items() if name not in PLACE})
    else:
        yield str(value)


def collect(app: Sphinx, document: nodes.document) -> None:
    if not hasattr(app.env, "gathering"):
        app.env.gathering = set()
    if any(isinstance(node, GATHERING) for node in document.findall()):
        app.env.gathering.add(app.env.docname)


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    getattr(env, "gathering", set()).discard(docname)


def renew(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """When a page is read, others are written again: all, if what they may show of it has changed."""
    if docnames:
        app.connect("env-get-updated", write_again, priority=900)  # when all has its number


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    app.parallel = os.cpu_count() or 1  # after reading, for which not every extension is ready
    before, env.seen = getattr(env, "seen", None), seen(env)
    if env.seen == before:
        return sorted(env.gathering)
    shutil.rmtree(Path(app.outdir, "_modules"), ignore_errors=True)  # the library's sources, or they stay as they are
    return sorted(env.found_docs)


def clear(app: Sphinx, exception: Exception | None) -> None:
    """Of a page that is gone nothing stays in the site."""
    if exception or app.builder.format != "html":
        return
    site, pages = Path(app.outdir), app.env.found_docs
    for place in {page.partition("/")[0] for page in pages if "/" in page}:
        for path in (*(site / place).rglob("*.*"), *(site / "_sources" / place).rglob("*.*")):
            page = path.relative_to(site / "_sources" if path.suffix == ".md" else site).with_suffix("").as_posix()
            if path.suffix in (".html", ".ipynb", ".md") and not pages & {page, page.removesuffix("-blank")}:
                path.unlink()


def end(app: Sphinx, exception: Exception | None) -> None:
    """Leave no mark after a good build, the pages' names after one that warned, an empty one after one that broke off."""
    if exception is None and not app._warncount:
        _mark(app).unlink()
    elif exception is None:
        _mark(app).write_text("\n".join(WARNED.pages()), "utf-8")


def setup(app: Sphinx) -> None:
    logging.getLogger("sphinx").addHandler(WARNED)  # behind Sphinx's own handlers, which say where
    app.connect("config-inited", begin)
    app.connect("config-inited", overlook)
    app.connect("env-before-read-docs", renew)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", clear, priority=100)  # before the others look at what the site holds
    app.connect("build-finished", end, priority=999)
