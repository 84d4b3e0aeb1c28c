"""The words of a report, searched for on the pages of a PDF in order, with their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reportgen.paper.rendering.characters import substitute_missing
from reportgen.paper.report.model import Block, Figure, Line, Listing, Paragraph, Report, Table
from reportgen.paper.verification.difference import Difference

NUMBER = re.compile(r"−?\d[\d,.]*")
ANY_NUMBER = r"−?\d[\d,.]*"
SPACE = r"[\s\u200b\u00ad\u2060\ufeff]+"
BETWEEN_NUMBERS = re.compile(rf"(?<=[\d,.%]){SPACE}(?=[−\d])")


def squeeze(text: str) -> str:
    """Remove white space, which line breaks make unreliable, except for one space between two numbers."""
    text = text.replace("\x02", "-").replace("\ufffe", "-")  # pdfium's codes for a hyphen at the end of a line
    return re.sub(rf"{SPACE}", "", BETWEEN_NUMBERS.sub("\0", text)).replace("\0", " ")


# ---- what the data give ---------------------------------------------------------------------------------------------


def list_items(report: Report) -> Iterator[tuple[str, str]]:
    """Yield place and text of every item of a report in page order, except for code and the author's notes."""
    yield "title", report.title
    yield from (("title", notice) for notice in report.notices)
    for paragraph in report.summary:
        yield from _list_block(report, report.texts["summary"], paragraph)
    for section in (part for chapter in report.sections for part in chapter.walk_sections()):
        where = f"{section.number} {section.title}"
        yield where, where
        for block in section.blocks:
            yield from _list_block(report, where, block)
    yield "colophon", _write(report, report.colophon)


def _list_block(report: Report, where: str, block: Block) -> Iterator[tuple[str, str]]:
    if isinstance(block, Paragraph):
        yield where, _write(report, block.line)
        yield where, _write(report, block.evidence)
    elif isinstance(block, Table):
        label = report.labels[block.id]
        yield label, f"{label}\n{_write(report, block.caption)}"
        yield f"{label}, header", "\n".join(block.header)
        for row in block.rows:
            yield f"{label}, {row[0].text}", "\n".join(cell.text for cell in row)
        yield label, _write(report, block.note)
    elif isinstance(block, Figure | Listing):
        label = report.labels[block.id]
        yield label, f"{label}\n{_write(report, block.caption)}"


def _write(report: Report, line: Line) -> str:
    """Return the text of a line on the page, without its formulas, which are drawn."""
    return "".join(report.labels[s.text] if s.kind == "ref" else s.text for s in line if s.kind != "math")


# ---- comparison -----------------------------------------------------------------------------------------------------


def compare_items(items: Sequence[tuple[str, str]], text: str) -> Iterator[Difference]:
    """Search the text for each item after the one before; compare its numbers where the words match."""
    position = 0
    for where, words in ((where, substitute_missing(words)) for where, words in items):
        shape = ANY_NUMBER.join(re.escape(part) for part in NUMBER.split(words))
        found = re.compile(shape).search(text, position)
        if found is None:
            yield Difference(where, "not found", words)
            continue
        position = found.end()
        if found[0] != words:
            yield Difference(where, found[0], words)
