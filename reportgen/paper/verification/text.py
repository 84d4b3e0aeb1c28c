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


def compare_items(items: Sequence[tuple[str, str]], text: str, ends: Sequence[int] = ()) -> Iterator[Difference]:
    """Search the text for each item after the one before; compare its numbers where the words match.

    Args:
        ends: where pages end in the text; an item may go on there, see ``_find_broken``.
    """
    position = 0
    for where, words in ((where, substitute_missing(words)) for where, words in items):
        whole = _shape(words).search(text, position)
        found = (whole[0], whole.end()) if whole else _find_broken(words, text, position, ends)
        if found is None:
            yield Difference(where, "not found", words)
            continue
        printed, position = found
        if printed != words:
            yield Difference(where, printed, words)


def find_ends(pages: Sequence[str]) -> list[int]:
    """Return where each page but the last ends in the squeezed text of all."""
    return [len(squeeze("\n".join(pages[:index]))) for index in range(1, len(pages))]


def _shape(words: str) -> re.Pattern[str]:
    """Return what matches these words with any numbers."""
    return re.compile(ANY_NUMBER.join(re.escape(part) for part in NUMBER.split(words)))


def _find_broken(words: str, text: str, position: int, ends: Sequence[int]) -> tuple[str, int] | None:
    """Find words that go on at the top of a page: the words of drawings come last on the page before.

    Returns:
        The words as they are printed, and where they end; None without them.
    """
    for end in (end for end in ends if end > position):
        for length in range(len(words) - 1, 0, -1):
            if words[length] != text[end : end + 1]:
                continue
            rest = _shape(words[length:]).match(text, end)
            first = _shape(words[:length]).search(text, position, end) if rest else None
            if rest and first:
                return first[0] + rest[0], rest.end()
    return None
