"""Detection and replacement of characters that the bundled fonts lack."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from fontTools.ttLib import TTFont

from reportgen.assets import FONT_FILES
from reportgen.paper.report.model import Note, Report, Table

SUBSTITUTE = "\u3013"
"""The geta mark, with which Chinese and Japanese typesetting replaces an unavailable character."""

MAX_LISTED = 10


@cache
def load_known_characters() -> frozenset[int]:
    """Load the code points that all of our text fonts have."""
    known = [frozenset(TTFont(path, lazy=True).getBestCmap()) for path in FONT_FILES.values()]
    return frozenset.intersection(*known)


def find_missing_characters(report: Report) -> list[str]:
    """Find the characters in texts of users (title, author, notes, ...) that our fonts lack, in order of appearance."""
    texts = "".join(_list_texts(report))
    return [character for character in dict.fromkeys(texts) if _is_missing(character)]


def _list_texts(report: Report) -> Iterable[str]:
    yield report.title
    yield from (value for _, value in report.author)
    for section in report.sections:
        yield section.title
        yield from (part.title for part in section.sections)
    for block in report.walk():
        if isinstance(block, Note):
            yield block.markdown
        elif isinstance(block, Table):
            yield from (cell.text for row in block.rows for cell in row)


def _is_missing(character: str) -> bool:
    return ord(character) not in load_known_characters() and unicodedata.category(character) not in ("Cc", "Cf", "Zs")


def describe_characters(characters: list[str]) -> str:
    """Describe characters in one line: their number, and the first ``MAX_LISTED`` with code points."""
    listed = ", ".join(f"{character} (U+{ord(character):04X})" for character in characters[:MAX_LISTED])
    rest = len(characters) - MAX_LISTED
    return f"{len(characters)} characters: {listed}" + (f" and {rest} more" if rest > 0 else "")


def substitute_missing(page: str) -> str:
    """Return a page for PDF: missing characters become ``SUBSTITUTE``, invisible format characters are removed."""
    table = {ord(character): SUBSTITUTE for character in set(page) if _is_missing(character)}
    table |= {ord(character): "" for character in set(page) if unicodedata.category(character) == "Cf"}
    return page.translate(table)
