"""Reports -> PDFs, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.paper.rendering.pdf import prepare_pdf
from reportgen.paper.rendering.printer import PdfPrinter
from reportgen.paper.report.model import Report
from reportgen.suite.languages import Language


def render_pdfs(reports: Mapping[Language, Report]) -> dict[Language, bytes]:
    """Render all of these side by side."""
    with PdfPrinter() as printer:
        for language, report in reports.items():
            prepare_pdf(report, printer.job(language))
            printer.start(language)
        return {language: printer.finish(language) for language in reports}
