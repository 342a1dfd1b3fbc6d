"""The menu of downloads at the head of a page."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild.downloads import SOURCE, put_first  # noqa: E402


@pytest.mark.parametrize(("source", "left"), [(True, [SOURCE, "print"]), (False, ["print"])])
def test_links_stand_first(source, left):
    menu = {"label": "download-buttons", "buttons": [{"label": SOURCE}, {"label": "print"}]}
    other = {"label": "search", "buttons": [{"label": SOURCE}]}
    put_first({"header_buttons": [other, menu]}, [("a.ipynb", ".ipynb", "A"), ("b.ipynb", ".b", "B")], source=source)
    assert [button.get("url") for button in menu["buttons"][:2]] == ["a.ipynb", "b.ipynb"]
    assert [button["label"] for button in menu["buttons"][2:]] == left and len(other["buttons"]) == 1


def test_a_page_without_a_menu_stays_without():
    put_first(context := {}, [("a.ipynb", ".ipynb", "A")])
    assert context == {}
