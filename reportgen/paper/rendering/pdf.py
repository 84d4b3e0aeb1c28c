"""Preparation of a PDF: the files that WeasyPrint makes it from."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib

from reportgen.assets import FONTS
from reportgen.paper.rendering.characters import substitute_missing
from reportgen.paper.rendering.html import render_html
from reportgen.paper.rendering.printer import PrintJob
from reportgen.paper.report.model import Report


def prepare_pdf(report: Report, job: PrintJob) -> None:
    """Write the page, the attachments and the font configuration of a job.

    Raises:
        RenderError: a formula cannot be read.
        OSError: a file cannot be written.
    """
    order = {
        "html": substitute_missing(render_html(report, "print")),
        "target": str(job.target),
        "created": report.created,
        "attachments": [
            {
                "name": attachment.name,
                "description": attachment.description,
                "content": base64.b64encode(attachment.content).decode("ascii"),
            }
            for attachment in report.attachments
        ],
    }
    job.order.write_text(json.dumps(order), encoding="utf-8")
    job.fontconfig.write_text(_describe_fonts(job.folder / "cache"), encoding="utf-8")


def _describe_fonts(cache: Path) -> str:
    """Return a fontconfig file with our fonts and matplotlib's monospaced one, and no others."""
    mono = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{escape(str(FONTS))}</dir><dir>{escape(str(mono))}</dir>"
        f"<cachedir>{escape(str(cache))}</cachedir></fontconfig>"
    )
