"""What every reference of the book says and where it leads, in ``_build/labels.json``: JupyterLab shows it (`lab`)."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .myst import ROLE
from .readable import Reader

NAME = "labels.json"
CITED = ("cite:t", "cite:p")


def number(env: BuildEnvironment, page: str, kind: str, name: str) -> str:
    """Number such as "6.1" of a figure, an equation or an exercise."""
    return ".".join(map(str, env.toc_fignumbers.get(page, {}).get(kind, {}).get(name, ())))


def collect(app: Sphinx) -> dict[str, dict]:
    """Texts and places by role and target, numbers by label, numbers of pages."""
    env = app.env
    places: dict[str, list[str]] = {}  # "role:target": text, page, anchor
    numbers: dict[str, str] = {}
    for label, proved in getattr(env, "proof_list", {}).items():
        page, kind = proved["docname"], proved["realtype"].capitalize()
        numbers[label] = number(env, page, proved["countertype"], label)
        places[f"prf:ref:{label}"] = [f"{kind} {numbers[label]}".strip(), page, label]
    for label, (page, _) in env.get_domain("math").equations.items():
        numbers[label] = number(env, page, "displaymath", f"equation-{label}")
        places[f"eq:{label}"] = [f"({numbers[label]})", page, f"equation-{label}"]
    for page, kinds in env.toc_fignumbers.items():
        for kind, said in (("figure", "Fig."), ("exercise", "Exercise")):
            for name in kinds.get(kind, {}):
                numbers[name] = number(env, page, kind, name)
                role = "numref" if kind == "figure" else "ref"
                places[f"{role}:{name}"] = [f"{said} {numbers[name]}", page, name]
    for label, (page, name, title) in env.get_domain("std").labels.items():
        places.setdefault(f"ref:{label}", [str(title), page, name])
    for (kind, word), (page, name) in env.get_domain("std").objects.items():
        if kind == "term":
            places[f"term:{word.lower()}"] = [word, page, name]
    reader = Reader()
    for page, title in env.titles.items():
        places[f"doc:{page}"] = [reader.line(title), page, ""]
    places |= dict(citations(app))
    pages = {page: ".".join(map(str, known[""])) for page, known in env.toc_secnumbers.items() if known.get("")}
    return {"places": places, "numbers": {name: text for name, text in numbers.items() if text}, "pages": pages}


def citations(app: Sphinx) -> Iterator[tuple[str, list[str]]]:
    """Every citation as the pages print it."""
    domain = app.env.get_domain("cite")
    found = {
        (role, keys)
        for page in app.env.found_docs
        for role, keys in ROLE.findall(Path(app.env.doc2path(page)).read_text(encoding="utf-8"))
        if role in CITED
    }
    for role, keys in sorted(found):
        kind = role.partition(":")[2]
        node = addnodes.pending_xref("", refdomain="cite", reftype=kind, reftarget=keys, refexplicit=False)
        made = domain.resolve_xref(app.env, app.config.root_doc, app.builder, kind, keys, node, nodes.inline())
        if made is not None:
            link = next(iter(made.findall(nodes.reference)), {})
            page, _, anchor = link.get("refuri", "").partition("#")
            page = posixpath.normpath(posixpath.join(posixpath.dirname(app.config.root_doc), page))
            yield f"{role}:{keys}", [Reader().inline(made).strip(), page.removesuffix(".html"), anchor]


def write(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        text = json.dumps(collect(app), ensure_ascii=False, indent=0, sort_keys=True)
        Path(app.outdir).parent.joinpath(NAME).write_text(text + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write)
