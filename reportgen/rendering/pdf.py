"""Reports -> PDFs, each in a child process with a time limit: a missing font library ends WeasyPrint, not us."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape

import matplotlib

from reportgen.assets import FONTS
from reportgen.config import Language
from reportgen.errors import RenderError
from reportgen.rendering.characters import substitute_missing
from reportgen.rendering.html import render_html
from reportgen.report.model import Report

TIME_LIMIT_SECONDS = 300
PANGO_REMEDY = "install Pango (Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)"


class PdfPrinter:
    """Makes PDFs side by side: ``prepare`` a report, perhaps in another process, then ``start`` and ``finish`` it.

    ``folder`` holds the pages on their way. Leaving the context ends what still runs.
    """

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="reportgen-")
        self.folder = Path(self._temporary.name)
        self._fontconfig = write_fontconfig(self.folder)
        self._children: dict[Language, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children.values():
            child.kill()
            child.communicate()
        self._temporary.cleanup()

    def start(self, language: Language) -> None:
        """Begin with the PDF of a language whose page has been prepared."""
        self._children[language] = _start(_name_job(self.folder, language), self._fontconfig)

    def finish(self, language: Language) -> bytes:
        """Wait for a PDF that was started.

        Raises:
            RenderError: Pango is missing, WeasyPrint failed or hung, or a character has no glyph. The remedy is named.
        """
        return _finish(self._children.pop(language), _name_target(self.folder, language))


def render_pdfs(reports: Mapping[Language, Report]) -> dict[Language, bytes]:
    """Render all of these side by side.

    Raises:
        RenderError: as ``PdfPrinter.finish``.
    """
    with PdfPrinter() as printer:
        for language, report in reports.items():
            prepare_pdf(report, printer.folder)
            printer.start(language)
        return {language: printer.finish(language) for language in reports}


def prepare_pdf(report: Report, folder: Path) -> None:
    """Put what WeasyPrint needs for a report into the printer's folder."""
    job = {
        "html": substitute_missing(render_html(report, "print")),
        "target": str(_name_target(folder, report.language)),
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
    _name_job(folder, report.language).write_text(json.dumps(job), encoding="utf-8")


def _name_job(folder: Path, language: Language) -> Path:
    return folder / f"{language}.json"


def _name_target(folder: Path, language: Language) -> Path:
    return folder / f"{language}.pdf"


def write_fontconfig(folder: Path) -> Path:
    """A fontconfig file that knows our fonts and the monospaced one of matplotlib, and no others."""
    mono = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    path = folder / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{escape(str(FONTS))}</dir><dir>{escape(str(mono))}</dir>"
        f"<cachedir>{escape(str(folder / 'cache'))}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return path


def _start(job: Path, fontconfig: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"FONTCONFIG_FILE": str(fontconfig), "PYTHONUTF8": "1", "SOURCE_DATE_EPOCH": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "reportgen.rendering.weasyprint_child", str(job)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )


def _finish(child: subprocess.Popen[str], target: Path) -> bytes:
    try:
        _, errors = child.communicate(timeout=TIME_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        raise RenderError(
            f"the PDF took more than {TIME_LIMIT_SECONDS} s and was given up; the HTML is complete"
        ) from None
    if child.returncode == 0:
        return target.read_bytes()
    raise RenderError(_explain(child.returncode, errors.strip()))


def _explain(status: int, errors: str) -> str:
    lines = errors.splitlines() or ["no message"]
    if "cannot load library" in errors or "libpango" in errors or "libgobject" in errors:
        return f"the PDF needs Pango, which is missing: {PANGO_REMEDY}; then: reportgen render. The HTML is complete"
    missing = [line for line in lines if ".notdef glyph" in line]
    if missing:
        return f"the fonts lack a character, so the PDF would show a box: {missing[0].strip()}"
    if status < 0:
        return f"WeasyPrint was ended by signal {-status}; look at 'reportgen doctor'. The HTML is complete"
    return f"WeasyPrint failed: {lines[-1]}. The HTML is complete"
