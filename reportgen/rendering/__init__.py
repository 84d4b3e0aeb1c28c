"""HTML, PDF and Markdown from a report. Nothing here knows what a VAE is."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.config import Language
from reportgen.errors import RenderError
from reportgen.rendering.printer import PdfPrinter, PrintJob
from reportgen.rendering.unchanged import find_rendered, record_rendered, take_inputs
from reportgen.store import OutputPaths, read_suite, write_bytes

if TYPE_CHECKING:
    from reportgen.report.model import Report

FORMATS = ("html", "pdf", "md")


@dataclass(frozen=True)
class Rendered:
    """The reports' paths; ``is_unchanged``: they were there already, made from the same."""

    paths: tuple[Path, ...]
    is_unchanged: bool = False


def render_reports(
    output: Path,
    languages: Sequence[Language],
    formats: Sequence[str],
    warn: Callable[[str], None],
    notes: Path | None = None,
) -> Rendered:
    """Render every language in every format; HTML first, so that it is there whatever becomes of the PDF.

    Reports that are there and were made from the same are left as they are.

    Args:
        notes: the folder of the author's notes, by default ``notes`` beside the suite.

    Raises:
        RunError: there is nothing to report.
        RenderError: a note cannot be read; the PDF could not be made. What is not written yet stays as it was.
    """
    paths = OutputPaths(output)
    recorded = read_suite(paths)
    folder = notes or recorded.source.parent / "notes"
    inputs, request = take_inputs(paths, recorded, folder), [*languages, *formats]
    found = find_rendered(paths, request, inputs)
    if found is not None:
        for message in found[1]:
            warn(message)
        return Rendered(tuple(found[0]), is_unchanged=True)
    warnings: list[str] = []

    def note(message: str) -> None:
        warnings.append(message)
        warn(message)

    if recorded.source_changed:
        note(f"{recorded.source} has changed since it was run; 'reportgen run' takes the changes up")
    written = _render(paths, languages, formats, note, folder)
    record_rendered(paths, request, inputs, written, warnings)
    return Rendered(tuple(path for path in written if path.parent == paths.root))


@dataclass(frozen=True)
class _Pages:
    """One language: what is to be written, in this order, what to warn of, and what the PDF's fonts lack."""

    files: dict[Path, bytes]
    warnings: list[str]
    missing: list[str]


def _render(
    paths: OutputPaths, languages: Sequence[Language], formats: Sequence[str], warn: Callable[[str], None], notes: Path
) -> list[Path]:
    with PdfPrinter() as printer:
        made: dict[Language, _Pages] = {}
        for language, pages in _make_all(paths, languages, formats, notes, printer):
            made[language] = pages
            if "pdf" in formats:
                printer.start(language)
        for warning in dict.fromkeys(warning for pages in made.values() for warning in pages.warnings):
            warn(warning)
        missing = list(dict.fromkeys(character for language in languages for character in made[language].missing))
        if missing and "pdf" in formats:
            warn(_describe_missing(missing))
        written = []
        for language in languages:
            for path, content in made[language].files.items():
                write_bytes(path, content)
                written.append(path)
        for language in languages if "pdf" in formats else ():
            written.append(paths.report(language, "pdf"))
            write_bytes(written[-1], printer.finish(language))
    return written


def _make_all(
    paths: OutputPaths, languages: Sequence[Language], formats: Sequence[str], notes: Path, printer: PdfPrinter
) -> Iterator[tuple[Language, _Pages]]:
    """The pages of all languages as they are done, each made in a process of its own: its memory ends with it."""
    # Forked, a process is there at once; elsewhere than on Linux the system's libraries do not allow it.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(len(languages), context) as pool:
        futures = {
            pool.submit(_make, paths, language, formats, notes, printer.job(language)): language
            for language in languages
        }
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                reason = "a process that draws the report was ended, perhaps for lack of memory"
                raise RenderError(f"{reason}; try one language at a time: reportgen render --lang zh") from None


def _make(paths: OutputPaths, language: Language, formats: Sequence[str], notes: Path, job: PrintJob) -> _Pages:
    """Build a report and lay it out as pages; prepare its PDF."""
    from reportgen.rendering.characters import find_missing_characters
    from reportgen.rendering.html import render_html
    from reportgen.rendering.markdown import render_markdown
    from reportgen.rendering.pdf import prepare_pdf
    from reportgen.report.notes import find_stray_notes

    report = _build(paths, language, notes)
    if "pdf" in formats:
        prepare_pdf(report, job)
    files: dict[Path, bytes] = {}
    if "html" in formats:
        files[paths.report(language, "html")] = render_html(report, "screen").encode("utf-8")
    if "md" in formats:
        files |= render_markdown(report, paths.report(language, "md"), paths.report_assets(language))
    stray = find_stray_notes(notes, read_suite(paths).suite.outline)
    return _Pages(files, stray, find_missing_characters(report))


def _describe_missing(characters: list[str]) -> str:
    from reportgen.rendering.characters import SUBSTITUTE, describe_characters

    return f"the fonts lack {describe_characters(characters)}: shown as {SUBSTITUTE} in the PDF"


def _build(paths: OutputPaths, language: Language, notes: Path) -> Report:
    from reportgen.analysis.results import load_results
    from reportgen.report.assemble import build_report
    from reportgen.report.kept import KeptFigures
    from reportgen.report.notes import read_notes

    kept = KeptFigures(paths.figures, f"{language}-")
    report = build_report(load_results(paths.root), language, read_notes(notes, language), kept=kept)
    kept.forget_others()
    return report
