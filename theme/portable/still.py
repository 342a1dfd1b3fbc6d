"""A page that stands still: what a reader opens, moves or answers is open, at its default, answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

from .mathml import said

# what is taken out before the page is read as a tree: it is long, and stays as it is
HELD = re.compile(
    r"(?P<formula>(?:<mjx-math\b.*?</mjx-math>)+<math\b.*?</math>)|(?P<picture><svg\b.*?</svg>)"
    r"|(?P<script><script\b.*?</script>)|(?P<code><pre>.*?</pre>)",
    re.DOTALL,
)
PLACE = re.compile(r'<x-held n="(\d+)"></x-held>')
CONTROLS = "button, input, select, textarea, progress, output, form, dialog, .download, .cursor, .says, .controls, .verdict"
ABOUT = (
    "What opens on a page of the site is open here: proofs, solutions, the code behind figures and checks. Every "
    "experiment stands at the values below its picture, and every puzzle is followed by its answer. Where the text moves "
    "a slider or points at a word, it speaks of the site."
)
MAP = "The map, whose lines light up, needs a screen as wide as a table; the list below says the same."
OWN = (
    "On the site there is a place here for a text file or for pasted text: the page itself, without the network, counts "
    "its words and draws its forecast. The command below does the same."
)
MEASURED = "The table stands on the site alone: its numbers are measured, and no two builds share them."
STALE = ("tabindex", "title", "hidden", "aria-controls", "aria-expanded", "aria-live")


@dataclass(frozen=True)
class Held:
    """A formula, a picture, a script or a piece of code, as the page has it."""

    kind: str
    text: str

    @property
    def formula(self) -> tuple[str, str]:
        """What is shown of a formula, and its MathML."""
        shown, _, rest = self.text.rpartition("<math")
        return shown, f"<math{rest}"


@dataclass(frozen=True)
class Heading:
    level: int
    name: str
    text: str


@dataclass(frozen=True)
class Still:
    """A page that stands still: HTML with places for what is held, and its headings."""

    body: str = field(repr=False)
    held: tuple[Held, ...] = field(repr=False)
    headings: tuple[Heading, ...]

    @property
    def title(self) -> str:
        return self.headings[0].text

    def html(self, **write: Callable[[Held], str]) -> str:
        """The page, with formulas, pictures and code as functions of these names write them."""

        def put(match: re.Match[str]) -> str:
            held = self.held[int(match[1])]
            return write[held.kind](held) if held.kind in write else held.text

        return PLACE.sub(put, self.body)


def still(article: str) -> Still:
    """The page without its controls, with everything open, and with answers where there are puzzles."""
    held: list[Held] = []

    def hold(match: re.Match[str]) -> str:
        held.append(Held(match.lastgroup, match[0]))
        return f'<x-held n="{len(held) - 1}"></x-held>'

    page = BeautifulSoup(HELD.sub(hold, article), "html.parser")
    for living in page.select(".living"):
        settle(page, living, held)
    for questions in page.select(".quick"):
        answer(page, questions)
    for table in page.select(".measured"):
        table.find_next_sibling("noscript").decompose()
        table.replace_with(made(page, "p", text=MEASURED))
    for own in page.select(".own-text"):
        own.replace_with(made(page, "p", text=OWN))
    for link in page.select("a.headerlink, a:has(.viewcode-link)"):
        link.decompose()
    for fold in page.select("details"):
        unfold(page, fold)
    for place in page.select("x-held"):
        kept = held[int(place["n"])]
        if kept.kind == "script":
            place.decompose()
        elif kept.text.startswith('<svg class="results-map"'):
            place.replace_with(made(page, "p", text=MAP))
    for legend in page.select(".map-legend"):  # of the map's signs
        legend.decompose()
    for label in page.select("label:has(input), label[for]"):
        label.decompose()
    for control in page.select(CONTROLS):
        control.decompose()
    for around in page.select("noscript, .fold, .folded, .stage, label, legend"):
        around.unwrap()
    for empty in page.select("p.sidebar-title, p.values, p, span"):
        if not empty.contents and not empty.get("id"):
            empty.decompose()
    for element in page.find_all(True):
        for name in [name for name in element.attrs if name in STALE or name.startswith("data-")]:
            del element[name]
        if element.get("role") in ("group", "status"):
            del element["role"], element["aria-label"]
    headings = tuple(heading(title, held) for title in page.select("h1, h2, h3"))
    return Still(page.decode(formatter="minimal"), tuple(held), headings)


def code(held: Held) -> str:
    """Code that says it is code."""
    return re.sub(r"<pre>(?:<span></span>)?(.*)</pre>", r"<pre><code>\1</code></pre>", held.text, flags=re.DOTALL)


def settle(page: BeautifulSoup, living: Tag, held: list[Held]) -> None:
    """An experiment at its default: the puzzle before its figure, the sliders' values below, the answer after."""
    inside = (held[int(place["n"])] for place in living.select("x-held"))
    script = next(kept for kept in inside if kept.kind == "script")
    figure = living.find_parent("figure") or living
    if labels := living.select(".controls label"):
        said_values = made(page, "p", "values setting")
        for label in labels:
            value = label.find("output")
            each = made(page, "span")
            each.extend([*label.find("span").contents, " ", filled(made(page, "b"), value)])
            said_values.append(each)
            said_values.append(" ")
        living.select_one(".picture").insert_after(said_values)
    if (puzzle := living.select_one(".guess")) is None:
        return
    question = json.loads(re.sub(r"</?script\b[^>]*>", "", script.text))["question"]
    told = question["because"]
    if options := puzzle.select(".options button"):
        choices = made(page, "ol", "options")
        choices.extend(filled(made(page, "li"), option) for option in options)
        puzzle.find("p").insert_after(choices)
        right = [verdict.startswith("That is right") for verdict in question["verdicts"]].index(True)
        told = f"({'abcdefgh'[right]}) {told}"
    for part in puzzle.find_all(True, recursive=False):
        if part.name != "ol" and part is not puzzle.find("p"):
            part.decompose()
    puzzle["class"] = "puzzle"
    strong = puzzle.find("b")
    strong.string = "Your guess first."
    figure.insert_before(puzzle.extract())
    reply = made(page, "div", "reply")
    line = made(page, "p")
    line.extend([made(page, "b", text="Answer."), " "])
    reply.append(filled(line, BeautifulSoup(told, "html.parser")))
    figure.insert_after(reply)


def answer(page: BeautifulSoup, questions: Tag) -> None:
    """Quick questions one below the other, each with its number; their answers, which follow, stay."""
    for number, question in enumerate(questions.select("fieldset"), start=1):
        question.name = "div"
        stem = question.find("legend")
        stem.name = "p"
        stem.insert(0, f"{number}. ")


def unfold(page: BeautifulSoup, fold: Tag) -> None:
    """A fold that is open; the line that opened the code of a cell says nothing any more."""
    line = fold.find("summary", recursive=False)
    if "hide" in fold.get("class", []):
        line.decompose()
        for code in fold.select(".cell_input"):
            code["class"] = [*code["class"], "behind"]
        fold.unwrap()
    else:
        line.name = "p"
        line["class"] = "fold-title"
        fold.name = "div"


def filled(element: Tag, other: Tag) -> Tag:
    """The element with the contents of the other one."""
    element.extend(list(other.contents))
    return element


def made(page: BeautifulSoup, name: str, classes: str = "", *, text: str = "") -> Tag:
    element = page.new_tag(name)
    if classes:
        element["class"] = classes
    if text:
        element.string = text
    return element


def heading(title: Tag, held: list[Held]) -> Heading:
    """A heading's text, with formulas as they are said, and the name of its section."""
    section = title.find_parent("section")
    first = section is not None and section.find(title.name) is title
    name = title.get("id") or (section.get("id", "") if first else "")
    text = PLACE.sub(lambda match: said(held[int(match[1])].formula[1]), "".join(map(str, title.contents)))
    text = BeautifulSoup(re.sub(r"(?<=</span>)\s*$", "", text), "html.parser").get_text()
    return Heading(int(title.name[1]), name, " ".join(text.split()))
