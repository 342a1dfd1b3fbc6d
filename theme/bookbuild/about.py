"""What the book says of itself, from one source, and the files for those who cite it.

Name, version, authors, licence and subtitle stand in `pyproject.toml`, title and address in `_config.yml`, the day of
a version in `chapters/reference/changes.md`. ``python theme/bookbuild/about.py`` writes `CITATION.cff` and
`.zenodo.json` from them.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml
from pybtex.database import parse_file

SEED = "suresh2025rate"  # the paper that this book starts from
TEXT_LICENCE = "Text and figures: CC BY 4.0."


@dataclass(frozen=True)
class About:
    """The book in facts; what is not stated is empty."""

    title: str
    subtitle: str
    authors: tuple[str, ...]
    version: str
    licence: str
    description: str
    keywords: tuple[str, ...]
    repository: str
    address: str  # of the site, with a slash at its end

    @property
    def full_title(self) -> str:
        return f"{self.title} {self.subtitle}".strip()


def about(root: Path) -> About:
    """Read `pyproject.toml`, where there is one, and `_config.yml` in the folder `root`."""
    file = root / "pyproject.toml"
    stated = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    project, book = stated.get("project", {}), stated.get("tool", {}).get("book", {})
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    address = settings.get("html", {}).get("baseurl") or ""
    return About(
        title=settings["title"],
        subtitle=book.get("subtitle", ""),
        authors=tuple(author["name"] for author in project.get("authors", [{"name": settings["author"]}])),
        version=project.get("version", ""),
        licence=project.get("license", ""),
        description=project.get("description", ""),
        keywords=tuple(project.get("keywords", ())),
        repository=settings.get("repository", {}).get("url") or "",
        address=address and address.rstrip("/") + "/",
    )


def released(root: Path, version: str) -> str:
    """The day of a version, such as "2026-11-22", from the heading of its changes."""
    changes = (root / "chapters" / "reference" / "changes.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}, (\d{{4}}-\d\d-\d\d)$", changes, re.M)
    if not found:
        raise ValueError(f"chapters/reference/changes.md has no heading '## {version}, YEAR-MONTH-DAY'")
    return found[1]


def citation(root: Path) -> str:
    """`CITATION.cff`: the book, and the paper behind it."""
    book = about(root)
    facts = {
        "cff-version": "1.2.0",
        "message": "If you use this book or its library, please cite it, and the papers whose theorems you use.",
        "title": book.full_title,
        "abstract": f"{book.description}.",
        "type": "software",
        "authors": [{"name": name} for name in book.authors],
        "version": book.version,
        "date-released": released(root, book.version),
        "license": book.licence,
        "keywords": list(book.keywords),
    }
    facts |= {"repository-code": book.repository} if book.repository else {}
    facts |= {"url": book.address} if book.address else {}
    return yaml.safe_dump(facts | {"references": [_seed(root)]}, sort_keys=False, allow_unicode=True, width=110)


def _seed(root: Path) -> dict[str, object]:
    entry = parse_file(str(root / "chapters" / "reference" / "references.bib")).entries[SEED]
    first, last = re.findall(r"\d+", entry.fields["pages"])
    authors = [
        {"family-names": " ".join(person.last_names), "given-names": " ".join(person.first_names + person.middle_names)}
        for person in entry.persons["author"]
    ]
    return {
        "type": "conference-paper",
        "title": entry.fields["title"],
        "authors": authors,
        "collection-title": entry.fields["series"],
        "volume": entry.fields["volume"],
        "start": int(first),
        "end": int(last),
        "year": int(entry.fields["year"]),
    }


def zenodo(root: Path) -> str:
    """`.zenodo.json`: the same for an archive that gives a DOI."""
    book = about(root)
    entry = parse_file(str(root / "chapters" / "reference" / "references.bib")).entries[SEED]
    paper = {
        "identifier": entry.fields["note"],
        "relation": "references",
        "resource_type": "publication-conferencepaper",
    }
    facts = {
        "title": book.full_title,
        "description": f"{book.description}.",
        "upload_type": "software",
        "creators": [{"name": name} for name in book.authors],
        "version": book.version,
        "publication_date": released(root, book.version),
        "license": book.licence.lower(),
        "access_right": "open",
        "language": "eng",
        "keywords": list(book.keywords),
        "notes": TEXT_LICENCE,
        "related_identifiers": [paper],
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


FILES = {"CITATION.cff": citation, ".zenodo.json": zenodo}


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    for name, made in FILES.items():
        (root / name).write_text(made(root), encoding="utf-8")
