"""HTML, PDF and Markdown from a report. Nothing here knows what a VAE is."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.config import Language
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

    written = _render(paths, languages, formats, note, folder)
    record_rendered(paths, request, inputs, written, warnings)
    return Rendered(tuple(path for path in written if path.parent == paths.root))


@dataclass(frozen=True)
class _Pages:
    """One language: what is to be written, in this order, and the characters that the PDF's fonts lack."""

    files: dict[Path, bytes]
    missing: list[str]


def _render(
    paths: OutputPaths, languages: Sequence[Language], formats: Sequence[str], warn: Callable[[str], None], notes: Path
) -> list[Path]:
    from reportgen.analysis.results import load_results
    from reportgen.rendering.characters import SUBSTITUTE, describe_characters
    from reportgen.rendering.pdf import PdfPrinter
    from reportgen.report.notes import find_stray_notes

    results = load_results(paths.root)
    if results.recorded.source_changed:
        warn(f"{results.recorded.source} has changed since it was run; 'reportgen run' takes the changes up")
    for problem in find_stray_notes(notes, results.suite.outline):
        warn(problem)
    with PdfPrinter() as printer:
        made: dict[Language, _Pages] = {}
        for language, pages in _make_all(paths, languages, formats, notes, printer.folder):
            made[language] = pages
            if "pdf" in formats:
                printer.start(language)
        missing = list(dict.fromkeys(character for language in languages for character in made[language].missing))
        if missing:
            warn(f"the fonts lack {describe_characters(missing)}: shown as {SUBSTITUTE} in the PDF")
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
    paths: OutputPaths, languages: Sequence[Language], formats: Sequence[str], notes: Path, folder: Path
) -> Iterator[tuple[Language, _Pages]]:
    """The pages of all languages as they are done, each made in a process of its own if there are several."""
    if len(languages) == 1:
        yield languages[0], _make(paths, languages[0], formats, notes, folder)
        return
    # Forked, a process has all modules already; elsewhere than on Linux the system's libraries do not allow it.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(len(languages), context) as pool:
        futures = {pool.submit(_make, paths, language, formats, notes, folder): language for language in languages}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _make(paths: OutputPaths, language: Language, formats: Sequence[str], notes: Path, folder: Path) -> _Pages:
    """Build a report and lay it out as pages; that of the PDF goes into the printer's folder."""
    from reportgen.rendering.characters import find_missing_characters
    from reportgen.rendering.html import render_html
    from reportgen.rendering.markdown import render_markdown
    from reportgen.rendering.pdf import prepare_pdf

    report = _build(paths, language, notes)
    if "pdf" in formats:
        prepare_pdf(report, folder)
    files: dict[Path, bytes] = {}
    if "html" in formats:
        files[paths.report(language, "html")] = render_html(report, "screen").encode("utf-8")
    if "md" in formats:
        files |= render_markdown(report, paths.report(language, "md"), paths.report_assets(language))
    return _Pages(files, find_missing_characters(report) if "pdf" in formats else [])


def _build(paths: OutputPaths, language: Language, notes: Path) -> Report:
    from reportgen.analysis.results import load_results
    from reportgen.report.assemble import build_report
    from reportgen.report.kept import KeptFigures
    from reportgen.report.notes import read_notes

    kept = KeptFigures(paths.figures, f"{language}-")
    report = build_report(load_results(paths.root), language, read_notes(notes, language), kept=kept)
    kept.forget_others()
    return report
