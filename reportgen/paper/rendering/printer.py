"""Child processes that run WeasyPrint under a time limit, so that a missing system library ends only them.

This module imports little, because its process stays alive while the children need the memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from reportgen.base.errors import RenderError
from reportgen.suite.languages import Language

TIME_LIMIT_SECONDS = 300
PANGO_REMEDY = "install Pango (Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)"


@dataclass(frozen=True)
class PrintJob:
    """Files of one PDF in the making."""

    folder: Path
    language: Language

    @property
    def order(self) -> Path:
        """Page and attachments for WeasyPrint, as JSON."""
        return self.folder / f"{self.language}.json"

    @property
    def fontconfig(self) -> Path:
        """Configuration of the fonts that WeasyPrint may use."""
        return self.folder / f"{self.language}.fonts.conf"

    @property
    def target(self) -> Path:
        """PDF that WeasyPrint writes."""
        return self.folder / f"{self.language}.pdf"


class PdfPrinter:
    """Printer of several PDFs in parallel: prepare a ``job``, in any process, then ``start`` and ``finish`` it.

    Leaving the context kills the children that still run.
    """

    def __init__(self) -> None:
        self._exit = ExitStack()
        self._children: dict[Language, subprocess.Popen[str]] = {}
        self._problems: dict[Language, RenderError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children.values():
            child.kill()
            child.wait()
            if child.stderr:
                child.stderr.close()
        self._exit.close()

    def job(self, language: Language) -> PrintJob:
        """Return the files in which to prepare the PDF of a language.

        Raises:
            RenderError: no temporary folder can be created.
        """
        return PrintJob(self._folder, language)

    @cached_property
    def _folder(self) -> Path:
        try:
            return Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="reportgen-")))
        except OSError as error:
            remedy = "set TMPDIR, or leave the PDF out: --format html"
            raise RenderError(f"the PDF needs a folder for temporary files ({error.strerror}); {remedy}") from error

    def start(self, language: Language) -> None:
        """Start WeasyPrint on a prepared PDF; ``finish`` reports an error, if any."""
        try:
            self._children[language] = _start(self.job(language))
        except OSError as error:
            reason = f"WeasyPrint cannot be started ({error.strerror}); the HTML is complete"
            self._problems[language] = RenderError(reason)

    def finish(self, language: Language) -> bytes:
        """Wait for a started PDF and return its content.

        Raises:
            RenderError: Pango is missing, WeasyPrint failed or timed out, or a character has no glyph.
        """
        if language in self._problems:
            raise self._problems[language]
        return _finish(self._children[language], self.job(language).target)


def _start(job: PrintJob) -> subprocess.Popen[str]:
    environment = os.environ | {"FONTCONFIG_FILE": str(job.fontconfig), "PYTHONUTF8": "1", "SOURCE_DATE_EPOCH": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "reportgen.paper.rendering.weasyprint_child", str(job.order)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
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
