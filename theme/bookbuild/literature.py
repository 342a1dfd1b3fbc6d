"""The order of the bibliography: names of bodies, in braces, and letters with marks stand where a reader seeks them."""

from __future__ import annotations

import unicodedata

from pybtex.database import Person
from pybtex.plugin import register_plugin
from pybtex.style.sorting.author_year_title import SortingStyle
from sphinx.application import Sphinx


class ByName(SortingStyle):
    """By author, year and title; "Möhle" before "Moran", "{American Revision Committee}" under A."""

    def person_key(self, person: Person) -> str:
        letters = unicodedata.normalize("NFKD", super().person_key(person))
        return "".join(letter for letter in letters if letter not in "{}" and not unicodedata.combining(letter))


def setup(app: Sphinx) -> None:
    register_plugin("pybtex.style.sorting", "author_year_title", ByName, force=True)
