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


def render_pdfs(reports: Mapping[Language, Report]) -> dict[Language, bytes]:
    """Render all languages side by side.

    Raises:
        RenderError: Pango is missing, WeasyPrint failed or hung, or a character has no glyph. The remedy is named.
    """
    with tempfile.TemporaryDirectory(prefix="reportgen-") as name:
        folder = Path(name)
        config = write_fontconfig(folder)
        children = {language: _start(report, folder, config) for language, report in reports.items()}
        return {language: _finish(children[language], folder / f"{language}.pdf") for language in reports}


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


def _start(report: Report, folder: Path, fontconfig: Path) -> subprocess.Popen[str]:
    job = {
        "html": substitute_missing(render_html(report, "print")),
        "target": str(folder / f"{report.language}.pdf"),
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
    path = folder / f"{report.language}.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    environment = os.environ | {"FONTCONFIG_FILE": str(fontconfig), "PYTHONUTF8": "1", "SOURCE_DATE_EPOCH": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "reportgen.rendering.weasyprint_child", str(path)],
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
