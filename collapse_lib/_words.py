"""Words of texts of any size, counted as they stream by."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator

WORDS = r"\w+(?:['’]\w+)*"  # letters, digits and underscores; an apostrophe between them belongs to the word
LONG = 2**22  # characters without a space among them that are cut into words at once
MANY = 2**19  # distinct pieces between spaces that are held before they are cut into words


def decoded(data: Iterable[bytes], *, encoding: str, errors: str) -> Iterator[str]:
    """Decode a stream of bytes; the UnicodeDecodeError of a bad byte has its place in the whole stream.

    Characters that the end of a block cuts are put together; a byte order mark of UTF-8 is dropped.
    """
    name = codecs.lookup(encoding).name.removesuffix("-sig")  # that decoder does not count the mark's bytes
    decoder = codecs.getincrementaldecoder(name)(errors)
    passed, begun = 0, name != "utf-8"
    try:
        for block in data:
            held = len(decoder.getstate()[0])
            text = decoder.decode(block)
            yield text if begun else text.removeprefix("\ufeff")
            passed, begun = passed + len(block), begun or bool(text)
        held = len(decoder.getstate()[0])
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        place = passed - held + error.start
        raise UnicodeDecodeError(error.encoding, error.object, place, place + 1, error.reason) from None


def count(text: Iterable[str], *, words: str = WORDS) -> Counter[str]:
    """Count the words of a text that comes in pieces, cut anywhere.

    Words are the matches of the regular expression `words` in each line. The default looks at nothing beyond
    a word and a word has no space: equal pieces between spaces are cut into words once.
    """
    pattern, counted = re.compile(words), Counter[str]()
    if words != WORDS:
        for line in _lines(text):
            counted.update(word for match in pattern.finditer(line) if (word := match[0]))
        return counted
    pieces, rest = Counter[str](), ""
    for part in text:
        cut = part.split()
        if not cut or part[0].isspace():
            cut.insert(0, "")
        cut[0] = rest + cut[0]
        rest = "" if part[-1:].isspace() else cut.pop()
        if len(rest) > LONG:
            found = list(pattern.finditer(rest))
            counted.update(match[0] for match in found[:-1])
            rest = rest[found[-1].start() :] if found else ""  # the last word may go on
        pieces.update(cut)
        if len(pieces) > MANY:
            _cut_into_words(pieces, pattern, counted)
    pieces[rest] += 1
    _cut_into_words(pieces, pattern, counted)
    return counted


def _cut_into_words(pieces: Counter[str], pattern: re.Pattern[str], counted: Counter[str]) -> None:
    for piece, times in pieces.items():
        for word in pattern.findall(piece):
            counted[word] += times
    pieces.clear()


def _lines(text: Iterable[str]) -> Iterator[str]:
    rest: list[str] = []
    for part in text:
        *complete, last = part.split("\n")
        for line in complete:
            yield "".join([*rest, line])
            rest = []
        rest.append(last)
    yield "".join(rest)
