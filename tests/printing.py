"""Reports -> PDFs, for tests."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping

from pypdf import PdfReader, PdfWriter

from reportgen.paper.rendering.pdf import prepare_pdf
from reportgen.paper.rendering.printer import PdfPrinter
from reportgen.paper.report.model import Report
from reportgen.suite.languages import Language

_printed: dict[str, dict[str, bytes]] = {}
"""PDFs by hashes of their pages and of what they carry."""


def render_pdfs(reports: Mapping[Language, Report]) -> dict[Language, bytes]:
    """Render all of these side by side."""
    with PdfPrinter() as printer:
        for language, report in reports.items():
            prepare_pdf(report, printer.job(language))
            printer.start(language)
        return {language: printer.finish(language) for language in reports}


def print_once(report: Report) -> bytes:
    """Render a report, or return what was made of an equal one."""
    return _print(report, with_attachments=True)


def print_pages(report: Report) -> bytes:
    """Render a report, or return what was made of one with equal pages, whatever that carries."""
    return _print(report, with_attachments=False)


def _print(report: Report, *, with_attachments: bool) -> bytes:
    language = report.language
    with PdfPrinter() as printer:
        prepare_pdf(report, printer.job(language))
        order = json.loads(printer.job(language).order.read_text(encoding="utf-8"))
        attached = hashlib.sha256(json.dumps(order["attachments"]).encode()).hexdigest()
        found = _printed.setdefault(hashlib.sha256(order["html"].encode()).hexdigest(), {})
        if not found or (with_attachments and attached not in found):
            printer.start(language)
            found[attached] = printer.finish(language)
    return found[attached] if with_attachments else next(iter(found.values()))


def change_attachment(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """Return a PDF with another text in one of its attachments; its pages stay."""
    attachments = {key: value[0] for key, value in PdfReader(io.BytesIO(content)).attachments.items()}
    before = attachments[name].decode("utf-8")
    after = change(before)
    assert after != before
    writer, stream = PdfWriter(clone_from=io.BytesIO(content)), io.BytesIO()
    for attachment in writer.attachment_list:
        if attachment.name == name:
            attachment.content = after.encode("utf-8")
    writer.write(stream)
    return stream.getvalue()
