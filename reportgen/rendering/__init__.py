"""HTML, PDF and Markdown from a report. Nothing here knows what a VAE is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reportgen.analysis.results import load_results
from reportgen.config import Language
from reportgen.rendering.characters import SUBSTITUTE, describe_characters, find_missing_characters
from reportgen.report.assemble import build_report
from reportgen.report.notes import find_stray_notes, read_notes
from reportgen.store import OutputPaths, write_bytes

FORMATS = ("html", "pdf", "md")


def render_reports(
    output: Path,
    languages: Sequence[Language],
    formats: Sequence[str],
    warn: Callable[[str], None],
    notes: Path | None = None,
) -> list[Path]:
    """Render every language in every format; HTML first, so that it is there whatever becomes of the PDF.

    Args:
        notes: the folder of the author's notes, by default ``notes`` beside the suite.

    Returns:
        The paths written.

    Raises:
        RunError: there is nothing to report.
        RenderError: a note cannot be read; the PDF could not be made. What is not written yet stays as it was.
    """
    from reportgen.rendering.html import render_html
    from reportgen.rendering.markdown import render_markdown
    from reportgen.rendering.pdf import render_pdfs

    results = load_results(output)
    if results.recorded.source_changed:
        warn(f"{results.recorded.source} has changed since it was run; 'reportgen run' takes the changes up")
    paths = OutputPaths(output)
    folder = notes or results.recorded.source.parent / "notes"
    for problem in find_stray_notes(folder, results.suite.outline):
        warn(problem)
    reports = {language: build_report(results, language, read_notes(folder, language)) for language in languages}
    missing = find_missing_characters(reports.values())
    if missing and "pdf" in formats:
        warn(f"the fonts lack {describe_characters(missing)}: shown as {SUBSTITUTE} in the PDF")
    written = []
    for language, report in reports.items():
        if "html" in formats:
            path = paths.report(language, "html")
            write_bytes(path, render_html(report, "screen").encode("utf-8"))
            written.append(path)
        if "md" in formats:
            written += render_markdown(report, paths.report(language, "md"), paths.report_assets(language))
    if "pdf" in formats:
        for language, content in render_pdfs(reports).items():
            path = paths.report(language, "pdf")
            write_bytes(path, content)
            written.append(path)
    return written
