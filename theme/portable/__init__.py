"""The book to take along: one PDF and one EPUB, made of the pages that the build of the site has left.

``python -m portable pdf`` and ``python -m portable epub``, with this package's folder on the path, are what `make pdf`
and `make epub` run. Both read the site's pages (`contents`), make them stand still (`still`) and turn links between
pages into links inside the book (`links`). The PDF is printed by Chromium, a chapter at a time (`paper`, `printing`),
and bound (`binding`, `structure`); the EPUB takes the formulas' MathML instead of their glyphs (`mathml`, `epub`).
"""
