"""Starts WeasyPrint, in child processes with a time limit: a missing font library ends those, not us.

It loads little, as it stays while the children have all the memory.
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
from reportgen.suite.settings import Language

TIME_LIMIT_SECONDS = 300
PANGO_REMEDY = "install Pango (Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)"


@dataclass(frozen=True)
class PrintJob:
    """The files of one PDF on its way: what WeasyPrint is given, the fonts that it may use, and what it makes."""

    folder: Path
    language: Language

    @property
    def order(self) -> Path:
        return self.folder / f"{self.language}.json"

    @property
    def fontconfig(self) -> Path:
        return self.folder / f"{self.language}.fonts.conf"

    @property
    def target(self) -> Path:
        return self.folder / f"{self.language}.pdf"


class PdfPrinter:
    """Makes PDFs side by side: a ``job`` is prepared, perhaps in another process, then started and finished.

    Leaving the context ends what still runs.
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
        """Where the PDF of a language is to be prepared.

        Raises:
            RenderError: there is no place for temporary files.
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
        """Begin with a PDF that has been prepared."""
        try:
            self._children[language] = _start(self.job(language))
        except OSError as error:
            reason = f"WeasyPrint cannot be started ({error.strerror}); the HTML is complete"
            self._problems[language] = RenderError(reason)

    def finish(self, language: Language) -> bytes:
        """Wait for a PDF that was started.

        Raises:
            RenderError: Pango is missing, WeasyPrint failed or hung, or a character has no glyph. The remedy is named.
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
