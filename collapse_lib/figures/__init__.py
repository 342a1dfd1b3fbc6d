"""One style for every figure of the book: a colour always means the same, and alt text belongs to the figure.

A `Picture` is data: what is drawn in which role, on which axes. `Picture.svg` lets Matplotlib draw it, for print,
for a page without JavaScript and for a live kernel; the built page draws the same data itself, so that a slider
moves curves instead of exchanging pictures. `Table` is a table of numbers, `Text` a sample of text, `Fading` a text
that loses its words.
"""

from collapse_lib.figures import living
from collapse_lib.figures.fading import Fading
from collapse_lib.figures.picture import COLOURS, Mark, Panel, Picture
from collapse_lib.figures.table import Table, Text

__all__ = ["COLOURS", "Fading", "Mark", "Panel", "Picture", "Table", "Text"]
