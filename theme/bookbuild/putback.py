"""A cell's text as JupyterLab shows it, and what the reader left of it as the source would have it.

A text is a list of parts: a string that is shown as it is written, or a pair of what is shown and what is written. Each
pair is put back at most once, where it was or where it was moved to; the reader's own text stays as it is, also where
it says the same as a pair shows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import SequenceMatcher

Parts = list[str | list[str]]
CONTEXT = 12  # characters beside a pair of another cell that must stand beside it still, if it is to be put back


def shown(parts: Parts) -> str:
    """What the reader sees."""
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


def written(parts: Parts) -> str:
    """What the source has."""
    return "".join(part if isinstance(part, str) else part[1] for part in parts)


def restored(text: str, own: Parts, before: Parts = (), after: Parts = ()) -> str:
    """What `text` is in the source.

    Parameters
    ----------
    text : str
        What the reader left of a cell.
    own : Parts
        The cell as it was opened, empty for a new one.
    before, after : Parts
        Cells that stood there and are gone: they may have been merged into this one.
    """
    if text == shown(own):
        return written(own)
    pairs = [part for part in [*before, *own, *after] if not isinstance(part, str)]
    if not pairs:
        return text
    signs = sorted({re.escape(pair[0]) for pair in pairs}, key=len, reverse=True)
    token = re.compile("|".join([*signs, r"\w+\s*", r"[^\w\s]\s*", r"\s+"]))
    old: list[str] = []
    known: dict[int, tuple[str, bool]] = {}  # place of a pair in `old`: what is written there, and if the cell is `own`
    for parts, mine in ((before, False), (own, True), (after, False)):
        for part in parts:
            if isinstance(part, str):
                old += token.findall(part)
            else:
                known[len(old)] = part[1], mine
                old.append(part[0])
    new = token.findall(text)
    found: dict[int, str] = {}  # place in `new`: what is written there
    left = dict(known)
    for a, b, size in _same(old, new):
        together = sum(len(word.strip()) for word in old[a : a + size])
        for place in range(a, a + size):
            if place in known and (known[place][1] or together - len(old[place].strip()) >= CONTEXT):
                found[b + place - a] = known[place][0]
                del left[place]
    moved = defaultdict(list)
    for place, (text_there, mine) in left.items():
        if mine:
            moved[old[place]].append(text_there)
    for place, word in enumerate(new):
        if place not in found and moved[word]:
            found[place] = moved[word].pop(0)
    return "".join(found.get(place, word) for place, word in enumerate(new))


def _same(old: list[str], new: list[str]) -> list[tuple[int, int, int]]:
    """Runs that both lists have, in order."""
    least = min(len(old), len(new))
    head = next((i for i in range(least) if old[i] != new[i]), least)
    tail = next((i for i in range(least - head) if old[-1 - i] != new[-1 - i]), least - head)
    matcher = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    between = [(head + a, head + b, size) for a, b, size in matcher.get_matching_blocks() if size]
    runs = [(0, 0, head), *between, (len(old) - tail, len(new) - tail, tail)]
    return [run for run in runs if run[2]]
