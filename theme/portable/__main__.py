"""``python -m portable pdf`` or ``epub``: ``_build/book.pdf`` or ``_build/book.epub`` of a folder whose site is built."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from portable import binding, contents, epub, paper, printing
from portable.links import Links
from portable.still import Still, still


def pages_of(book: contents.Book) -> tuple[list[Still], Links]:
    """The book's pages standing still, and their links."""
    chapters = [still(page.article) for page in book.pages]
    return chapters, Links(book, [chapter.html() for chapter in chapters])


def make_epub(book: contents.Book, target: Path) -> int:
    """Write the book as EPUB; return its number of chapters."""
    chapters, links = pages_of(book)
    epub.write(book, chapters, links, target)
    return len(chapters)


def make_pdf(book: contents.Book, target: Path) -> int:
    """Write the book as PDF; return its number of pages."""
    chapters, links = pages_of(book)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paper.prepare(book, folder)
        files = [folder / f"{number:03}.html" for number in range(len(chapters))]
        for number, file in enumerate(files):
            file.write_text(paper.chapter(chapters[number], links, number), encoding="utf-8")
        parts = printing.to_pdf(files)
        lengths = [printing.length(part) for part in parts]
        starts = [1 + sum(lengths[:number]) for number in range(len(lengths))]
        front = folder / "front.html"
        front.write_text(paper.front(book, chapters, starts), encoding="utf-8")
        (first,) = printing.to_pdf([front])
        marks = []
        for number, text in enumerate(paper.marks(book, chapters, lengths, printing.length(first))):
            marks.append(folder / f"marks-{number:03}.html")
            marks[-1].write_text(text, encoding="utf-8")
        edges = printing.to_pdf(marks, tagged=False)
        return binding.bind(book, chapters, [first, *parts], edges, target)


def main() -> None:
    parser = argparse.ArgumentParser(prog="portable", description=__doc__)
    parser.add_argument("kind", choices=("pdf", "epub"))
    parser.add_argument("--folder", type=Path, default=Path(), help="folder of the book (default: this one)")
    arguments = parser.parse_args()
    book = contents.read(arguments.folder.resolve())
    target = book.folder / "_build" / f"book.{arguments.kind}"
    made = make_pdf(book, target) if arguments.kind == "pdf" else make_epub(book, target)
    unit = "pages" if arguments.kind == "pdf" else "chapters"
    print(f"{target}: {made} {unit}, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
