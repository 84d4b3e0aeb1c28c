"""A PDF as pdfium reads it: the items of its pages, its attachments, and what else it could do or show."""

from __future__ import annotations

import ctypes
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pypdfium2
from pypdfium2 import raw

from reportgen.base.errors import RenderError

KINDS = {
    raw.FPDF_PAGEOBJ_TEXT: "text",
    raw.FPDF_PAGEOBJ_PATH: "drawing",
    raw.FPDF_PAGEOBJ_IMAGE: "picture",
    raw.FPDF_PAGEOBJ_SHADING: "shading",
    raw.FPDF_PAGEOBJ_FORM: "group",
}
"""Kinds of page items by pdfium's type."""

MAX_DEPTH = 15
"""The depth of groups within groups to which items are read."""

ACTIVE = ("AA", "AcroForm", "Encrypt", "JavaScript", "Launch", "OCProperties", "RichMedia", "SubmitForm", "XFA")
"""Names in a PDF of what our reports never have: forms, scripts, actions, layers that can be hidden, encryption."""

PAGE = "page "
"""What the target of a link within the document starts with."""

STREAM = re.compile(rb"/ObjStm\b.*?stream\r?\n(.*?)endstream", re.DOTALL)


@dataclass(frozen=True)
class Item:
    """Something drawn on a page: a run of text, a drawing, a picture, or a group of these.

    ``look`` is all that must be equal: text, font, size, colour, or a hash of a picture's pixels. ``place`` is its box
    (left, bottom, right, top) with its matrix, in points, in which small deviations do not count.
    """

    kind: str
    look: tuple[str | int | float, ...]
    place: tuple[float, ...]
    words: str = ""


@dataclass(frozen=True)
class Annotation:
    """An annotation of a page: its subtype as pdfium numbers it, its box, where its link leads, its text."""

    subtype: int
    place: tuple[float, ...]
    target: str
    words: str


class Document:
    """A PDF that was read.

    Raises:
        RenderError: the content is not a PDF.
    """

    def __init__(self, content: bytes, name: str) -> None:
        try:
            self._document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise RenderError(f"{name}: cannot be read as a PDF ({error})") from None
        self.content = content

    def __len__(self) -> int:
        return len(self._document)

    @cached_property
    def attachments(self) -> dict[str, bytes]:
        """The attached files by name."""
        found = [self._document.get_attachment(index) for index in range(self._document.count_attachments())]
        return {item.get_name(): bytes(item.get_data()) for item in found}

    @cached_property
    def attachment_names(self) -> list[str]:
        """The names of the attached files, as often as they occur."""
        found = [self._document.get_attachment(index) for index in range(self._document.count_attachments())]
        return sorted(item.get_name() for item in found)

    @cached_property
    def metadata(self) -> dict[str, str]:
        """The fields of the document's description, without those of the program that wrote it."""
        fields = self._document.get_metadata_dict()
        return {name: fields.get(name, "") for name in ("Title", "Author", "Subject", "Keywords", "CreationDate")}

    @cached_property
    def bookmarks(self) -> list[tuple[int, str]]:
        """The entries of the outline with their levels."""
        entries = self._document.get_toc(max_depth=MAX_DEPTH)
        return [(entry.level, entry.get_title()) for entry in entries]

    @cached_property
    def active_parts(self) -> list[str]:
        """The names of ``ACTIVE`` that occur in the file outside its pages, also where it is compressed."""
        source = re.sub(rb"stream\r?\n.*?endstream", b"", self.content, flags=re.DOTALL)
        source += b"".join(_inflate(match[1]) for match in STREAM.finditer(self.content))
        return [name for name in ACTIVE if re.search(rb"/%s\b" % name.encode(), source)]

    def read_text(self, index: int, margin_pt: float = 0.0) -> str:
        """Return a page's text, without that of margins of this height at the top and bottom."""
        page = self._document[index]
        width, height = page.get_size()
        return str(page.get_textpage().get_text_bounded(0, margin_pt, width, height - margin_pt))

    def read_frame(self, index: int) -> tuple[float, ...]:
        """Return a page's boxes in points and its rotation in degrees."""
        page = self._document[index]
        return (*page.get_mediabox(), *page.get_cropbox(), page.get_rotation())

    def list_items(self, index: int) -> list[Item]:
        """Return all items of a page in the order of drawing, including those that cannot be seen."""
        page = self._document[index]
        text = page.get_textpage()
        return [_read_item(each.raw, each.type, text.raw) for each in page.get_objects(max_depth=MAX_DEPTH)]

    def list_annotations(self, index: int, *, follows: bool = True) -> list[Annotation]:
        """Return the annotations of a page, links included; with ``follows``, with the pages that links lead to."""
        page = self._document[index]  # kept: without it pdfium closes the page
        num = raw.FPDFPage_GetAnnotCount(page.raw)
        found = [self._read_annotation(page.raw, number) for number in range(num)]
        return [replace(a, target="") if a.target.startswith(PAGE) and not follows else a for a in found]

    def draw(self, index: int, scale: float) -> np.ndarray:
        """Return a page as pixels with its annotations, int16 [height, width], ``scale`` of them to a point."""
        pixels = self._document[index].render(scale=scale, grayscale=True).to_numpy()
        return pixels.reshape(pixels.shape[:2]).astype(np.int16)

    def _read_annotation(self, page: raw.FPDF_PAGE, number: int) -> Annotation:
        annotation = raw.FPDFPage_GetAnnot(page, number)
        box = raw.FS_RECTF()
        raw.FPDFAnnot_GetRect(annotation, box)
        words = _read_string(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
        target = self._find_target(raw.FPDFAnnot_GetLink(annotation))
        subtype = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        return Annotation(subtype, (box.left, box.bottom, box.right, box.top), target, words)

    def _find_target(self, link: raw.FPDF_LINK | None) -> str:
        """Return where a link leads: an address, or ``page`` with its number."""
        if not link:
            return ""
        document = self._document.raw
        action = raw.FPDFLink_GetAction(link)
        if action:
            kind = raw.FPDFAction_GetType(action)
            length = raw.FPDFAction_GetURIPath(document, action, None, 0)
            buffer = ctypes.create_string_buffer(max(length, 1))
            raw.FPDFAction_GetURIPath(document, action, buffer, length)
            return f"{kind} {buffer.value.decode('utf-8', errors='replace')}"
        target = raw.FPDFLink_GetDest(document, link)
        return f"{PAGE}{raw.FPDFDest_GetDestPageIndex(document, target) + 1}" if target else ""


def read_document(path: Path) -> Document:
    """Read a PDF.

    Raises:
        RenderError: the file is missing or not a PDF.
    """
    try:
        return Document(path.read_bytes(), str(path))
    except OSError as error:
        raise RenderError(f"{path}: cannot be read as a PDF ({error})") from None


def _inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def _read_item(item: raw.FPDF_PAGEOBJECT, kind: int, text: raw.FPDF_TEXTPAGE) -> Item:
    words = ""
    look: tuple[str | int | float, ...] = _read_colours(item)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        words = _read_string(lambda buffer, size: raw.FPDFTextObj_GetText(item, text, buffer, size))
        look += (words, *_read_type(item))
    elif kind == raw.FPDF_PAGEOBJ_PATH:
        look += (raw.FPDFPath_CountSegments(item),)
    elif kind == raw.FPDF_PAGEOBJ_IMAGE:
        look += _read_picture(item)
    return Item(KINDS.get(kind, "unknown item"), look, tuple(_read_place(item)), words)


def _read_type(item: raw.FPDF_PAGEOBJECT) -> tuple[str | int | float, ...]:
    """Return the font of a run of text without the prefix of its subset, its size, and how it is painted."""
    font, size = raw.FPDFTextObj_GetFont(item), ctypes.c_float()
    raw.FPDFTextObj_GetFontSize(item, size)
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    name = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFFont_GetBaseFontName(font, name, length)
    family = name.value.decode("utf-8", errors="replace").partition("+")
    return family[2] or family[0], round(size.value, 2), raw.FPDFTextObj_GetTextRenderMode(item)


def _read_colours(item: raw.FPDF_PAGEOBJECT) -> tuple[int, ...]:
    """Return the colours of filling and line as red, green, blue and opacity; -1 where there is none."""
    colours: list[int] = []
    for read in (raw.FPDFPageObj_GetFillColor, raw.FPDFPageObj_GetStrokeColor):
        parts = [ctypes.c_uint() for _ in range(4)]
        colours += [part.value for part in parts] if read(item, *parts) else [-1]
    return tuple(colours)


def _read_picture(item: raw.FPDF_PAGEOBJECT) -> tuple[str]:
    """Return a hash of a picture's pixels."""
    length = raw.FPDFImageObj_GetImageDataDecoded(item, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFImageObj_GetImageDataDecoded(item, buffer, length)
    return (hashlib.sha256(buffer.raw).hexdigest(),)


def _read_place(item: raw.FPDF_PAGEOBJECT) -> Iterator[float]:
    edges = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(item, *edges)
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    yield from (edge.value for edge in edges)
    yield from (getattr(matrix, name) for name in "abcdef")


def _read_string(read: object) -> str:
    """Return UTF-16 text from a function of pdfium that fills a buffer of a given size in bytes."""
    assert callable(read), "a function of pdfium"
    length = read(None, 0)
    buffer = ctypes.create_string_buffer(max(length, 2))
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw.decode("utf-16-le", errors="replace").partition("\0")[0]
