"""Docstrings as the reference shows them: where a result is proved, and what the arguments of a class are."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields

import pytest
import yaml
from conftest import ROOT

from collapse_lib import escape, figures, training

FUNCTIONS = [name for name in escape.__all__ if inspect.isfunction(getattr(escape, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_result_that_is_named_stands_on_a_page_that_is_named(name):
    said = inspect.getdoc(getattr(escape, name))
    pages = [(ROOT / f"{page}.md").read_text("utf-8") for page in re.findall(r":doc:`/([^`]+)`", said)]
    assert pages
    for label in re.findall(r"\b(?:thm|prop|lem|cor)-[a-z-]*[a-z]", said):
        assert any(f":label: {label}\n" in page for page in pages), label


@pytest.mark.parametrize("of", [figures.Panel, figures.Mark, escape.Remedy])
def test_the_arguments_of_a_class_are_documented(of):
    documented = re.findall(r"^([\w, ]+) : ", inspect.getdoc(of), re.M)
    assert {field.name for field in fields(of)} <= {name for line in documented for name in line.split(", ")}


def test_a_rule_of_regimes_is_described_once():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    assert settings["autodoc_inherit_docstrings"] is False
    assert training.Regime.pooling.__doc__ and not training.Replace.pooling.__doc__
