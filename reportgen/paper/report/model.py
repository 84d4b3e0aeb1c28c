"""The structure of a report: plain dataclasses that the templates lay out.

There is no HTML here except in notes, all numbers are already formatted, and templates have nothing left to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from reportgen.paper.claims.claim import Claim
from reportgen.suite.languages import Language


@dataclass(frozen=True)
class Span:
    """A piece of a line; the text of a ``ref`` is the id of an element, that of ``math`` is TeX."""

    kind: Literal["text", "strong", "code", "math", "ref"]
    text: str


Line = tuple[Span, ...]
"""Formatted text of one paragraph, caption or note."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text.

    A ``notice`` warns the reader; a ``reference`` is an entry of their list. An ``answer`` at the
    head of a section and a ``finding`` are the wording of ``claim``, and ``evidence`` points to its numbers where they
    are not in the same section.
    """

    line: Line
    role: Literal["text", "answer", "finding", "notice", "reference"] = "text"
    evidence: Line = ()
    claim: Claim | None = None
    type: str = "paragraph"


@dataclass(frozen=True)
class Note:
    """The author's own words: the original Markdown, and its sanitised HTML."""

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
    """A cell of a table; numbers are aligned to the right, the best value is bold."""

    text: str
    is_number: bool = False
    is_best: bool = False
    is_header: bool = False


@dataclass(frozen=True)
class Table:
    """A numbered table.

    ``note`` is printed below it; ``width`` selects normal type, small type (``dense``) or a landscape page; ``wraps``
    lets cells break into lines; two in a row may stand side by side (``beside``).
    """

    id: str
    caption: Line
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Line = ()
    width: Literal["normal", "dense", "landscape"] = "normal"
    wraps: bool = False
    beside: bool = False
    type: str = "table"


@dataclass(frozen=True)
class Picture:
    """One image of a figure."""

    content: bytes
    media_type: Literal["image/svg+xml", "image/png"]
    alt: str
    width_mm: float


@dataclass(frozen=True)
class Figure:
    """A numbered figure of one or more pictures below each other, between which a page may end."""

    id: str
    caption: Line
    pictures: tuple[Picture, ...]
    type: str = "figure"


@dataclass(frozen=True)
class Listing:
    """A numbered listing of Python code that ran; two in a row may stand side by side (``beside``)."""

    id: str
    caption: Line
    code: str
    beside: bool = False
    type: str = "listing"


Element = Table | Figure | Listing
"""A numbered block, which references point to by its id."""

Block = Paragraph | Note | Formula | Element


def list_references(block: Block) -> list[str]:
    """Return the ids of the elements that a block points to, in reading order."""
    if isinstance(block, Paragraph):
        lines = [block.line, block.evidence]
    elif isinstance(block, Table):
        lines = [block.caption, block.note]
    else:
        lines = [block.caption] if isinstance(block, Element) else []
    return [span.text for line in lines for span in line if span.kind == "ref"]


@dataclass(frozen=True)
class Section:
    """A section with its subsections.

    ``number`` is like 1 or 3.2, and empty at first; ``question`` is the homework's question that it answers, if any.
    """

    id: str
    number: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()
    question: str = ""

    def walk_sections(self) -> Iterator[Section]:
        """Yield this section, then all subsections, depth first."""
        yield self
        for section in self.sections:
            yield from section.walk_sections()

    def walk(self) -> Iterator[Block]:
        """Yield all blocks, those of subsections after its own."""
        for section in self.walk_sections():
            yield from section.blocks

    def map_blocks(self, change: Callable[[Section], Iterable[Block]]) -> Section:
        """Return a section in which it and every subsection have the blocks that ``change`` returns for them."""
        parts = tuple(part.map_blocks(change) for part in self.sections)
        return replace(self, blocks=tuple(change(self)), sections=parts)


@dataclass(frozen=True)
class Attachment:
    """A file embedded in the PDF."""

    name: str
    description: str
    content: bytes


@dataclass(frozen=True)
class Report:
    """A report in one language.

    ``texts`` holds the fixed words of the page (contents, summary, ...) by name; ``labels`` the numbered name of every
    table, figure and listing by id; ``notices`` warn of unfinished runs and of a reduced profile; ``created`` is an ISO
    8601 time, ``date`` its date in words.
    """

    language: Language
    title: str
    author: tuple[tuple[str, str], ...]
    date: str
    created: str
    summary: tuple[Block, ...]
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    labels: dict[str, str]
    texts: dict[str, str]
    colophon: Line
    attachments: tuple[Attachment, ...] = field(default=())

    def walk(self) -> Iterator[Block]:
        """Yield all blocks in page order, the summary first."""
        yield from self.summary
        for section in self.sections:
            yield from section.walk()

    @property
    def claims(self) -> list[Claim]:
        """All claims in page order."""
        return [b.claim for b in self.walk() if isinstance(b, Paragraph) and b.claim is not None]
