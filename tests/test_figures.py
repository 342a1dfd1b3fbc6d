"""A picture carries its alt text, its roles' colours, and text that a page can set in its own face."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lib.figures import COLOURS, Picture, _spread

ALT = "A straight line that rises from the lower left corner to the upper right corner of the picture."


def picture(**settings):
    made = Picture(xlabel="generation $k$", ylabel=r"$\Pr(P_k \ne 0)$", **settings)
    made.alt = ALT
    return made


def test_svg_is_accessible_and_well_formed():
    made = picture(ylim=(0, 1)).exact([0, 1], [0, 1], "exact")
    root = ET.fromstring(made.svg())
    assert root.get("role") == "img" and root.get("aria-label") == ALT
    assert "width" not in root.attrib and root.get("viewBox")


@pytest.mark.parametrize("alt", ["", "too short", "   " * 40])
def test_no_picture_without_alt_text(alt):
    made = picture()
    made.alt = alt
    with pytest.raises(ValueError, match="alt"):
        made.svg()


def test_roles_are_variables():
    x, y = np.arange(5.0), np.arange(5.0)
    made = picture().exact(x, y).bound(x, y).paper(x, y).simulation(x, y, error=0.1 + 0 * x).trajectories(x, [y, y])
    svg = made.band(x, y, y + 1).histogram(y, 3).vline(1, "here").hline(2, "there").note(0, 0, "$x$").svg()
    for role in COLOURS:
        assert f"var(--{role}," in svg
    assert not set(re.findall(r"(?<!,)#[0-9a-f]{6}", svg)), "a colour outside the palette"


def test_mathematics_is_set_in_the_text_face():
    svg = picture(title="$10^{-3}$").svg()
    assert 'font-style="italic" style="font-size: 75%" dy="2.6">k</tspan>' in svg
    assert ">−3</tspan>" in svg and "‹" not in svg and "$" not in svg and "DejaVu" not in svg


def test_signs_that_markup_needs_survive():
    svg = picture(title=r"$0 < P_k < 1$").svg()
    assert "".join(ET.fromstring(svg).itertext()).count("0 < Pk") == 1


def test_small_tick_labels_survive_rounding():
    svg = picture(ylim=(0, 0.01)).exact([0, 1], [0, 0.01]).svg()
    assert ">0.002<" in svg


def test_logarithmic_ticks():
    svg = picture(yscale="log", ylim=(1e-6, 1)).exact([0, 1], [1, 1e-6]).svg()
    assert ">−6</tspan>" in svg and ">0.01<" in svg


def test_panels_have_their_own_axes():
    made = picture(panels=2).exact([0, 1], [0, 1], "first").panel(1, ylabel="second", ylim=(0, 2)).exact([0, 1], [0, 2])
    assert ">second<" in made.svg()
    with pytest.raises(ValueError, match="index"):
        made.panel(2)
    with pytest.raises(ValueError, match="panels"):
        Picture(panels=0)


def test_same_picture_same_svg():
    assert picture().exact([0, 1], [0, 1], "a").svg() == picture().exact([0, 1], [0, 1], "a").svg()


@given(st.lists(st.floats(0, 1), max_size=6))
def test_labels_do_not_touch(heights):
    placed = np.sort(_spread(heights, 0.1))
    assert len(placed) == len(heights)
    assert (np.diff(placed) >= 0.1 - 1e-12).all()
