"""Fonts for paper: each in one style and with TrueType outlines, the kind that a PDF keeps as a font.

A variable font, and one with outlines of the other kind, would be drawn glyph by glyph: larger, coarser on a screen.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import matplotlib
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

HERE = Path(__file__).parent / "fonts"
TEXT = ("text-regular.woff", "text-semibold.woff", "text-italic.woff")
CODE = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSansMono-Oblique.ttf")
REST = ("DejaVuSerif.ttf", "DejaVuSans.ttf")  # what the text face lacks
ERROR = 0.5  # units of the font by which a curve may differ


def copy(site: Path, folder: Path) -> None:
    """Fonts of text, code and formulas into `folder`, those of formulas under the names of the site's."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TEXT:
        shutil.copy(HERE / name, folder / name)
    for name in (*CODE, *REST):
        shutil.copy(Path(matplotlib.get_data_path(), "fonts", "ttf", name), folder / name)
    for path in sorted((site / "_static" / "fonts").glob("*.woff")):
        font = TTFont(path, recalcTimestamp=False)
        if "CFF " in font:
            with_quadratic_outlines(font)
        font.flavor = None
        font.save(folder / path.name)


def with_quadratic_outlines(font: TTFont) -> None:
    """Turn a font's outlines into TrueType's."""
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    table = font["glyf"] = newTable("glyf")
    table.glyphOrder, table.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, ERROR, reverse_direction=True))
        table.glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    zero = ("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements")
    for field in (*zero, "maxSizeOfInstructions", "maxComponentElements"):
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    for name in order:
        font["hmtx"][name] = font["hmtx"][name][0], getattr(table.glyphs[name], "xMin", 0)
    font["post"].formatType = 3.0
    for name in ("CFF ", "VORG"):
        if name in font:
            del font[name]
    font.sfntVersion = "\0\1\0\0"
