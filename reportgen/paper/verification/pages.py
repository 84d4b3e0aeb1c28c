"""Comparison of a PDF with the one that its data give: page by page, item by item, pixel by pixel."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from reportgen.paper.verification.difference import Difference
from reportgen.paper.verification.document import Annotation, Document, Item

TOLERANCE_PT = 0.75
"""How far an item may stand from its place: what other versions of the typesetting libraries can make of rounding."""

SCALE = 1.5
"""Pixels to a point."""
TOLERANCE_GREY = 40
"""How far a pixel may be from its grey, of 255."""

MAX_PER_PAGE = 10
"""The most differences that are named of one page."""


def compare_documents(printed: Document, derived: Document) -> Iterator[Difference]:
    """Yield the differences between two PDFs: of what belongs to no page first, then page by page.

    Where pages are missing or too many, links within the document are not followed: all of them lead elsewhere.
    """
    if printed.content == derived.content:
        return
    yield from _compare_parts(printed, derived)
    texts = [[document.read_text(index) for index in range(len(document))] for document in (printed, derived)]
    matcher = difflib.SequenceMatcher(a=texts[0], b=texts[1], autojunk=False)
    for _, first, last, first_derived, last_derived in matcher.get_opcodes():
        pairs = itertools.zip_longest(range(first, last), range(first_derived, last_derived))
        for index, index_derived in pairs:
            if index is None:
                yield Difference(f"page {index_derived + 1}", "the page is missing", _shorten(texts[1][index_derived]))
            elif index_derived is None:
                yield Difference(f"page {index + 1}", _shorten(texts[0][index]), "no such page here")
            else:
                follows = len(printed) == len(derived)
                found = compare_pages(printed, index, derived, index_derived, follows=follows)
                yield from _limit(f"page {index + 1}", found)


def _limit(where: str, found: Sequence[Difference]) -> Iterator[Difference]:
    yield from found[:MAX_PER_PAGE]
    if len(found) > MAX_PER_PAGE:
        yield Difference(where, f"{len(found) - MAX_PER_PAGE} more differences", "")


def _compare_parts(printed: Document, derived: Document) -> Iterator[Difference]:
    """Compare description, outline and attachments' names, and name parts that could act or hide."""
    for name, value in printed.metadata.items():
        if value != derived.metadata[name]:
            yield Difference(f"description, {name}", value, derived.metadata[name])
    if printed.bookmarks != derived.bookmarks:
        extra = [title for _, title in printed.bookmarks if (_, title) not in derived.bookmarks]
        yield Difference("bookmarks", "; ".join(extra) or "others", "those of the sections")
    for name in printed.active_parts:
        if name not in derived.active_parts:
            yield Difference("file", f"has /{name}", "no forms, scripts, layers or encryption")


def compare_pages(
    printed: Document, index: int, derived: Document, index_derived: int, *, follows: bool = True
) -> list[Difference]:
    """Return the differences between a page of each of two PDFs.

    Pixels are named only where items and annotations do not tell already what differs.

    Args:
        follows: compare the pages that links within the documents lead to.
    """
    where = f"page {index + 1}"
    if not _is_near(printed.read_frame(index), derived.read_frame(index_derived)):
        return [Difference(where, "another size or rotation", "")]
    items, expected = printed.list_items(index), derived.list_items(index_derived)
    annotations = [
        printed.list_annotations(index, follows=follows),
        derived.list_annotations(index_derived, follows=follows),
    ]
    found = [*_compare_items(where, items, expected), *_compare_annotations(where, *annotations)]
    return found or list(_compare_pixels(where, printed.draw(index, SCALE), derived.draw(index_derived, SCALE), items))


def _compare_items(where: str, printed: Sequence[Item], derived: Sequence[Item]) -> Iterator[Difference]:
    looks = [[(item.kind, item.look) for item in items] for items in (printed, derived)]
    if looks[0] == looks[1]:
        codes: Iterable[tuple[str, int, int, int, int]] = [("equal", 0, len(printed), 0, len(derived))]
    else:
        codes = difflib.SequenceMatcher(a=looks[0], b=looks[1], autojunk=False).get_opcodes()
    for code, first, last, first_derived, last_derived in codes:
        here, there = printed[first:last], derived[first_derived:last_derived]
        if code == "equal":
            for item, expected in zip(here, there, strict=True):
                if not _is_near(item.place, expected.place):
                    yield Difference(where, f"{_name(item)} stands elsewhere", "")
        elif _read(here) or _read(there):
            yield Difference(where, _read(here) or "nothing", _read(there) or "nothing")
        else:
            yield Difference(where, _count(here), _count(there))


def _compare_annotations(
    where: str, printed: Sequence[Annotation], derived: Sequence[Annotation]
) -> Iterator[Difference]:
    for annotation, other in itertools.zip_longest(printed, derived):
        if annotation is None:
            yield Difference(where, "no link", other.target or other.words)
        elif other is None:
            yield Difference(where, f"an annotation: {annotation.words or annotation.target or 'without text'}", "none")
        elif (annotation.subtype, annotation.target, annotation.words) != (other.subtype, other.target, other.words):
            printed_as = annotation.words or annotation.target or "an annotation of another kind"
            yield Difference(where, f"a link or annotation: {printed_as}", other.target)
        elif not _is_near(annotation.place, other.place):
            yield Difference(where, f"a link stands elsewhere: {annotation.target}", other.target)


def _compare_pixels(
    where: str, printed: np.ndarray, derived: np.ndarray, items: Sequence[Item]
) -> Iterator[Difference]:
    if printed.shape != derived.shape:
        yield Difference(where, "another size", "")
        return
    rows, columns = np.nonzero(np.abs(printed - derived) > TOLERANCE_GREY)
    if not len(rows):
        return
    height = len(printed) / SCALE
    left, right = columns.min() / SCALE, columns.max() / SCALE
    bottom, top = height - rows.max() / SCALE, height - rows.min() / SCALE
    near = [i.words for i in items if i.words and _overlaps(i.place, (left, bottom, right, top))]
    yield Difference(where, f"looks different near: {_shorten(' '.join(near)) or 'no text'}", "")


def _overlaps(place: Sequence[float], box: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = place[:4]
    return left <= box[2] and right >= box[0] and bottom <= box[3] and top >= box[1]


def _is_near(place: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) <= TOLERANCE_PT for a, b in zip(place, other, strict=True))


def _read(items: Sequence[Item]) -> str:
    """Return the text of items with its font, as far as there is any."""
    runs = [item for item in items if item.words.strip()]
    if not runs:
        return ""
    fonts = ", ".join(dict.fromkeys(str(item.look[-3]) for item in runs))
    return f"{_shorten(' '.join(item.words for item in runs))} ({fonts})"


def _count(items: Sequence[Item]) -> str:
    kinds = [item.kind for item in items]
    return ", ".join(f"{kinds.count(kind)} x {kind}" for kind in dict.fromkeys(kinds)) or "nothing"


def _name(item: Item) -> str:
    return f"{item.kind} '{_shorten(item.words)}'" if item.words else f"a {item.kind}"


def _shorten(text: str, width: int = 80) -> str:
    words = " ".join(text.split())
    return words if len(words) <= width else f"{words[: width - 1]}…"
