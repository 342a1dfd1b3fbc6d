"""The book to take along, of a small book with one of everything that the book has: as PDF and as EPUB."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from conftest import ROOT
from test_build import Book

sys.path.insert(0, str(ROOT / "theme"))
from portable import contents, mathml  # noqa: E402
from portable.links import Links  # noqa: E402
from portable.still import still  # noqa: E402

FIRST = r"""# First page

:::{prf:theorem} Names; a source of it
:label: thm-first
For all $x \ge 0$
```{math}
:label: eq-first
\begin{aligned}
\mathbb E\,x_k&=\Bigl(1-\frac1n\Bigr)^k\\
&\le\frac1{1+k/n},\qquad k\ge0 .
\end{aligned}
```
:::

:::{prf:proof}
By [](#eq-first), as {cite}`a` says.
:::

## A puzzle with $\mathbf P_0$

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-first
    caption: A line with $x^2$, to be moved
---
from collapse_lib.figures import Picture
from collapse_lib.widgets import Guess, Slider, explore


def draw(slope):
    picture = Picture(xlabel="generation", ylabel="probability")
    picture.exact([0, 1, 2], [0, slope, 2 * slope], "exact")
    picture.alt = f"A line that rises with slope {slope} from nothing, in two generations of the same length."
    return picture


explore(draw, slope=Slider("slope of the line", [1, 2, 3], start=2),
        guess=Guess("Which way does it go?", ["down", "up"], 1, because="It rises, as its slope is positive."))
```

```{code-cell} ipython3
def a_line_that_is_as_long_as_a_line_of_the_library_may_be(first, second="a text", *, third=("and", "more", "words")):
    return first
```
"""
SECOND = r"""# Second page

The equation {eq}`eq-first` is in {prf:ref}`thm-first`, see {numref}`fig-first`, the [first page](first.md) and the
[library](https://example.org/library). Its wide form is at home: a [word](../chapters/index.md).

:::{exercise} Warm-up: a question
:label: ex-second
How much is $1+1$?
:::

:::{solution} ex-second
:class: dropdown
It is two, as everybody knows.
:::

```{bibliography}
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book whose site is built."""
    book = Book(tmp_path_factory.mktemp("portable"), first=FIRST, second=SECOND)
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    return book.folder


def make(folder: Path, kind: str) -> bytes:
    """What the command leaves."""
    command = [sys.executable, "-W", "error", "-m", "portable", kind, "--folder", str(folder)]
    result = subprocess.run(command, cwd=ROOT / "theme", capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr
    return (folder / "_build" / f"book.{kind}").read_bytes()
