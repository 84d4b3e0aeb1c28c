"""Render docs/sample/ again from the data inside its PDFs: `python tools/refresh_sample.py`.

It serves when wording has changed and the runs are not available. Figures are redrawn where the data suffice; the
others are copied from the HTML.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from make_sample import SAMPLE

from reportgen.base.errors import RunError
from reportgen.paper.analysis.attachments import import_metrics
from reportgen.paper.rendering.html import render_html
from reportgen.paper.rendering.pdf import prepare_pdf
from reportgen.paper.rendering.printer import PdfPrinter
from reportgen.paper.report import assemble
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Figure, Picture
from reportgen.paper.report.notes import import_notes
from reportgen.paper.verification import read_pdf
from reportgen.suite.languages import LANGUAGES, Language

FIGURE = re.compile(r'<figure id="([^"]+)">(.*?)</figure>', re.DOTALL)
PICTURE = re.compile(
    r'<div class="picture" style="width:(?P<width>[\d.]+)mm">\s*'
    r'<img class="\w+" src="data:(?P<type>[^;]+);base64,(?P<content>[^"]+)" alt="(?P<alt>[^"]*)">'
)


def main() -> None:
    """Refresh the sample in all languages."""
    for language in LANGUAGES:
        refresh(language)


def refresh(language: Language) -> None:
    """Render the HTML and the PDF of the sample in one language again."""
    pdf, page = SAMPLE / f"report.{language}.pdf", SAMPLE / f"report.{language}.html"
    _, attached = read_pdf(pdf)
    results, _ = import_metrics(attached["metrics.json"], attached["experiments.yaml"])
    notes = import_notes(json.loads(attached["metrics.json"])["notes"])
    drawn = {match[1]: list(_read_pictures(match[2])) for match in FIGURE.finditer(page.read_text(encoding="utf-8"))}
    with mock.patch.object(assemble, "Builder", lambda *rest: _Rebuilder(*rest, drawn=drawn)):
        report = assemble.build_report(results, language, notes)
    page.write_text(render_html(report, "screen"), encoding="utf-8")
    with PdfPrinter() as printer:
        prepare_pdf(report, printer.job(language))
        printer.start(language)
        pdf.write_bytes(printer.finish(language))


def _read_pictures(text: str) -> Iterator[Picture]:
    for found in PICTURE.finditer(text):
        content, width = base64.b64decode(found["content"]), float(found["width"])
        yield Picture(content, found["type"], html.unescape(found["alt"]), width)


@dataclass(frozen=True)
class _Rebuilder(Builder):
    """Builder that copies the figures which it cannot draw."""

    drawn: dict[str, list[Picture]] = field(default_factory=lambda: defaultdict(list))

    def figure(self, id_: str, draw: Callable[[], Sequence[Picture]], *rest: Any, **more: Any) -> Figure:
        """Draw a figure, or copy it if the files of its runs are not available."""
        try:
            return super().figure(id_, draw, *rest, **more)
        except (OSError, RunError, IndexError):  # the files of the run are not available
            figure = super().figure(id_, lambda: (), *rest, **more)
            return Figure(figure.id, figure.caption, tuple(self.drawn[figure.id]))


if __name__ == "__main__":
    main()
