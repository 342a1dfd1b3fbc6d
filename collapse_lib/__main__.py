"""The command ``python -m collapse_lib``: the fate of a corpus from its word counts."""

from __future__ import annotations

import argparse
import codecs
import csv
import io
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, NoReturn

from tqdm import tqdm

from collapse_lib import _words
from collapse_lib.vocabulary import Forecast, forecast

BLOCK = 2**22  # bytes
MADE_BY = "collapse_lib forecast"  # stands in our pictures: another file is never overwritten


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of usage and line."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def _rounds(text: str) -> list[int]:
    if not re.fullmatch(r"\d{1,18}(,\d{1,18})*", text):
        raise argparse.ArgumentTypeError(f"must be whole numbers with commas between them, got {text[:40]!r}")
    return [int(number) for number in text.split(",")]


def _picture(text: str) -> Path:
    if Path(text).suffix.lower() != ".svg":
        raise argparse.ArgumentTypeError(f"must be a file that ends in .svg, got {text!r}")
    return Path(text)


def _encoding(text: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=text)  # refuses codecs between bytes and bytes
        codecs.getincrementaldecoder(text)
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"must name a character encoding, got {text!r}") from None
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"must be a regular expression, got {text!r} ({error})") from None
    return text


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m collapse_lib", description=__doc__.split(": ")[1])
    parser.add_argument("--version", action="version", version=version("collapse-lib"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "forecast",
        help="how many words of a text are left when it is rewritten again and again",
        description="Counts the words of text files and forecasts what is left of them when a model of their "
        "frequencies writes as many tokens, is fitted to them, writes again, and so on. Round 0 is the text.",
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="text files, counted together; - is standard input")
    command.add_argument(
        "--rounds", type=_rounds, default=[1, 2, 5, 10, 20, 50], metavar="1,2,5", help="default 1,2,5,10,20,50"
    )
    command.add_argument("--n", type=int, metavar="N", help="tokens written in each round; default: those of the text")
    command.add_argument("--format", choices=("table", "csv", "json"), default="table", help="default table")
    command.add_argument("--plot", type=_picture, metavar="FILE.svg", help="draw the forecast into this file")
    command.add_argument("--encoding", type=_encoding, default="utf-8", help="of the files; default utf-8")
    command.add_argument(
        "--errors", choices=("strict", "replace"), default="strict",
        help="a bad byte is an error (strict, the default) or becomes U+FFFD (replace)",
    )  # fmt: skip
    command.add_argument(
        "--words", type=_pattern, default=_words.WORDS, metavar="REGEX",
        help="what a word is: a Python regular expression, whose matches in each line are counted as they are "
        f"written; default {_words.WORDS.replace('%', '%%')} (letters, digits, underscores, and apostrophes "
        "between them; upper and lower case differ)",
    )  # fmt: skip
    return parser


def _seen() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _input() -> BinaryIO:
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    return sys.stdin.buffer


@contextmanager
def _output() -> Iterator[None]:
    """What cannot be printed is an error now, not at the end of the program."""
    if sys.stdout is None:
        raise ValueError("standard output is closed")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in the buffer
        raise OSError(error.errno, error.strerror, "standard output") from None


def _blocks(file: BinaryIO, bar: tqdm[NoReturn]) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
        bar.update(len(block))


def _count(arguments: argparse.Namespace) -> Counter[str]:
    """The counts of all files, with a bar where a person sees it."""
    if arguments.files.count("-") > 1:
        raise ValueError("standard input can be read once, got - more than once")
    sizes = [os.path.getsize(name) for name in arguments.files if name != "-" and os.path.isfile(name)]
    total = sum(sizes) if len(sizes) == len(arguments.files) else None
    counted: Counter[str] = Counter()
    with tqdm(total=total, unit="B", unit_scale=True, leave=False, disable=not _seen()) as bar:
        for name in arguments.files:
            try:
                with _input() if name == "-" else open(name, "rb") as file:
                    data = _words.decoded(_blocks(file, bar), encoding=arguments.encoding, errors=arguments.errors)
                    found = _words.count(data, words=arguments.words)
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{'standard input' if name == '-' else name}: byte {error.start} is not {arguments.encoding} ({error.reason}); "
                    "see --encoding and --errors"
                ) from None
            if counted:
                counted.update(found)
            else:
                counted = found
    if not counted:
        raise ValueError(f"there is no word in {', '.join(arguments.files)}")
    return counted


def _columns(result: Forecast) -> dict[str, list[float]]:
    return {
        "rounds": result.rounds.tolist(),
        "expected_vocabulary": result.expected_vocabulary.tolist(),
        "lower": result.lower.tolist(),
        "upper": result.upper.tolist(),
    }


def _table(result: Forecast) -> Iterator[str]:
    tokens, words = (f"{count:,} {name}{'s' * (count != 1)}" for count, name in ((result.tokens, "token"), (result.words, "word")))
    yield f"{tokens}, {words}; {result.n:,} {'token is' if result.n == 1 else 'tokens are'} written in each round."
    yield ""
    yield f"{'round':>9}  {'words left':>16}  {'share':>7}"
    for k, mean in zip(result.rounds.tolist(), result.expected_vocabulary.tolist(), strict=True):
        yield f"{k:>9,}  {mean:>16,.1f}  {mean / result.words:>7.1%}"
    yield ""
    yield f"{'count':>9}  {'words':>9}  half-life in rounds"
    times = Counter(result.counts[result.counts > 0].tolist())
    for count, life in list(result.half_life_by_count.items())[:10]:
        yield f"{count:>9,}  {times[count]:>9,}  {'more than 1,000,000' if life is None else f'{life:,}'}"


def _draw(result: Forecast, path: Path) -> None:
    """Write the picture, unless a file that is not ours stands there."""
    from collapse_lib.figures import Picture

    if path.exists() and MADE_BY not in path.read_text("utf-8", errors="replace"):
        raise ValueError(f"{path} exists and is not a forecast, it is left alone")
    last = max(int(result.rounds.max()), 1)
    picture = Picture(xlabel="round", ylabel="words left", xlim=(0, last), ylim=(0, 1.05 * result.words))
    every = forecast(result.counts, rounds=sorted({round(last * i / 200) for i in range(201)}), n=result.n)
    picture.exact(every.rounds, every.expected_vocabulary, "expected")
    end = f"{every.expected_vocabulary[-1]:,.1f} at round {last:,}"
    picture.alt = f"The expected number of words left falls from {result.words:,} at round 0 to {end}."
    path.write_text(picture.svg().replace("</svg>", f"<!-- {MADE_BY} --></svg>"), "utf-8")


def _print(result: Forecast, form: str) -> None:
    if form == "json":
        head = {"tokens": result.tokens, "words": result.words, "n": result.n}
        print(json.dumps(head | _columns(result) | {"half_life_by_count": result.half_life_by_count}))
    elif form == "csv":
        columns = _columns(result)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["round", *list(columns)[1:]])
        writer.writerows(zip(*columns.values(), strict=True))
    else:
        print("\n".join(_table(result)))


def main(given: list[str] | None = None) -> None:
    """Run the command; errors are one line on standard error and the exit status 2."""
    parser = _parser()
    try:
        with _output():  # of --help
            arguments = parser.parse_args(given)
        result = forecast(_count(arguments), rounds=arguments.rounds, n=arguments.n)
        if arguments.plot is not None:
            _draw(result, arguments.plot)
        with _output():
            _print(result, arguments.format)
    except BrokenPipeError:  # the reader has seen enough
        pass
    except (OSError, ValueError, TypeError, ImportError) as error:
        said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        parser.exit(2, f"{parser.prog}: error: {' '.join(said.split())}\n")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
