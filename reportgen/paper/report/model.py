"""What a report consists of. No HTML, no numbers to be rounded, no decisions: a template only lays this out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from reportgen.paper.claims.claim import Claim
from reportgen.suite.settings import Language


@dataclass(frozen=True)
class Span:
    """A piece of a line. ``ref`` points to the element whose id is ``text``; ``math`` holds TeX."""

    kind: Literal["text", "strong", "code", "math", "ref"]
    text: str


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """``explanation`` is theory, set apart from what the data show; ``notice`` is a warning to the reader.

    A ``finding`` carries the claim that it words, and in ``evidence`` what that rests on.
    """

    line: Line
    role: Literal["text", "finding", "explanation", "notice"] = "text"
    evidence: Line = ()
    claim: Claim | None = None
    type: str = "paragraph"


@dataclass(frozen=True)
class Note:
    """The author's own words: the Markdown that she wrote, and what may be shown of it as HTML."""

    markdown: str
    html: str
    type: str = "note"


@dataclass(frozen=True)
class Formula:
    """A displayed formula in TeX."""

    tex: str
    type: str = "formula"


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str
    is_number: bool = False
    is_best: bool = False
    is_header: bool = False


@dataclass(frozen=True)
class Table:
    """A numbered table.

    ``note`` stands below it; ``width`` asks for small type (``dense``) or a turned page; ``wraps`` lets cells break.
    """

    id: str
    caption: Line
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Line = ()
    width: Literal["normal", "dense", "landscape"] = "normal"
    wraps: bool = False
    type: str = "table"


@dataclass(frozen=True)
class Picture:
    """One image of a figure. ``pixelated`` images keep hard pixels when enlarged."""

    content: bytes
    media_type: Literal["image/svg+xml", "image/png"]
    alt: str
    width_mm: float
    title: str = ""
    pixelated: bool = False


@dataclass(frozen=True)
class Figure:
    """A numbered figure of one or more pictures side by side."""

    id: str
    caption: Line
    pictures: tuple[Picture, ...]
    type: str = "figure"


@dataclass(frozen=True)
class Listing:
    """A numbered listing of Python code that ran."""

    id: str
    caption: Line
    code: str
    first_line: int
    type: str = "listing"


Element = Table | Figure | Listing
"""A numbered block, which references point to by its id."""

Block = Paragraph | Note | Formula | Element


def list_references(block: Block) -> list[str]:
    """Return the ids of the elements that a block points to, in its order."""
    if isinstance(block, Paragraph):
        lines = [block.line, block.evidence]
    elif isinstance(block, Table):
        lines = [block.caption, block.note]
    else:
        lines = [block.caption] if isinstance(block, Element) else []
    return [span.text for line in lines for span in line if span.kind == "ref"]


@dataclass(frozen=True)
class Section:
    """A numbered section: ``number`` is 1 or 3.2; ``question`` the homework's question that it answers, if any."""

    id: str
    number: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()
    question: str = ""

    def walk_sections(self) -> Iterator[Section]:
        """Yield the section itself, then its parts."""
        yield self
        for section in self.sections:
            yield from section.walk_sections()

    def walk(self) -> Iterator[Block]:
        """Yield all blocks, those of its parts last."""
        for section in self.walk_sections():
            yield from section.blocks

    def map_blocks(self, change: Callable[[Section], Iterable[Block]]) -> Section:
        """Return the section in which ``change`` has replaced its own blocks and those of each of its parts."""
        parts = tuple(part.map_blocks(change) for part in self.sections)
        return replace(self, blocks=tuple(change(self)), sections=parts)


@dataclass(frozen=True)
class Attachment:
    """A file that travels inside the PDF."""

    name: str
    description: str
    content: bytes


@dataclass(frozen=True)
class Report:
    """One report in one language.

    ``texts`` are the fixed words of the page (contents, summary, ...) by name; ``labels`` maps the id of every table,
    figure and listing to its numbered name; ``notice`` says that the numbers are of a profile, or is empty.
    """

    language: Language
    title: str
    author: tuple[tuple[str, str], ...]
    date: str
    created: str
    summary: tuple[Paragraph, ...]
    notice: str
    sections: tuple[Section, ...]
    labels: dict[str, str]
    texts: dict[str, str]
    colophon: Line
    attachments: tuple[Attachment, ...] = field(default=())

    def walk(self) -> Iterator[Block]:
        """All blocks in the order of the page, the summary first."""
        yield from self.summary
        for section in self.sections:
            yield from section.walk()

    @property
    def claims(self) -> list[Claim]:
        """All claims in the order of the page."""
        return [b.claim for b in self.walk() if isinstance(b, Paragraph) and b.claim is not None]
