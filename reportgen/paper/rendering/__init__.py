"""Rendering of reports as HTML, PDF and Markdown, independent of what they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.base.errors import RenderError, ReportgenError
from reportgen.base.files import write_bytes
from reportgen.base.processes import Died, call_side_by_side
from reportgen.paper.rendering.printer import PdfPrinter, PrintJob
from reportgen.paper.rendering.unchanged import find_rendered, hash_inputs, record_rendered
from reportgen.store.paths import OutputPaths
from reportgen.store.states import State, find_states
from reportgen.store.suites import read_suite
from reportgen.suite.languages import Language
from reportgen.suite.plan import plan_runs

if TYPE_CHECKING:
    from reportgen.paper.report.model import Report

FORMATS = ("html", "pdf", "md")


@dataclass(frozen=True)
class Rendered:
    """Result of rendering."""

    paths: tuple[Path, ...]
    is_unchanged: bool = False
    """True if the reports existed already and their inputs have not changed."""


def render_reports(
    output: Path,
    languages: Sequence[Language],
    formats: Sequence[str],
    warn: Callable[[str], None],
    notes: Path | None = None,
) -> Rendered:
    """Render every language in every format; HTML is written before PDF, so that it exists even if the PDF fails.

    Existing reports whose inputs have not changed are left untouched.

    Args:
        warn: called with every warning, one line each.
        notes: folder of the author's notes, by default ``notes`` beside the suite.

    Raises:
        RunError: there is nothing to report.
        RenderError: a note cannot be read, or the PDF cannot be made; older reports stay where no new ones are written.
    """
    paths = OutputPaths(output)
    recorded = read_suite(paths)
    folder = notes or recorded.source.parent / "notes"
    states = find_states(paths, plan_runs(recorded.suite))  # once: it may change while a suite is run
    inputs, request = hash_inputs(paths, recorded, states, folder), [*languages, *formats]
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
        note(f"{recorded.source} has changed since it was run; 'reportgen run' applies the changes")
    written = _render(_Sources(paths, states, folder), languages, formats, note)
    record_rendered(paths, request, inputs, written, warnings)
    return Rendered(tuple(path for path in written if path.parent == paths.root))


@dataclass(frozen=True)
class _Sources:
    """Sources of the reports, the same for every language."""

    output: OutputPaths
    states: Mapping[str, State]
    """States of the runs by name."""
    notes: Path


@dataclass(frozen=True)
class _Pages:
    """Rendered pages of one language, not yet written."""

    files: dict[Path, bytes]
    """Contents by path, in the order of writing."""
    warnings: list[str]
    missing: list[str]
    """Characters that the PDF's fonts lack."""
    problem: RenderError | None
    """Error that prevents the PDF, though the other formats are complete."""


def _render(
    sources: _Sources, languages: Sequence[Language], formats: Sequence[str], warn: Callable[[str], None]
) -> list[Path]:
    with PdfPrinter() as printer:
        made = _make_all(sources, languages, formats, printer)
        _warn_of(list(made.values()), "pdf" in formats, warn)
        written = []
        for pages in made.values():
            for path, content in pages.files.items():
                write_bytes(path, content)
                written.append(path)
        for language in languages if "pdf" in formats else ():
            if problem := made[language].problem:
                raise problem
            written.append(sources.output.report(language, "pdf"))
            write_bytes(written[-1], printer.finish(language))
    return written


def _make_all(
    sources: _Sources, languages: Sequence[Language], formats: Sequence[str], printer: PdfPrinter
) -> dict[Language, _Pages]:
    """Render the pages of all languages, each in a process of its own, and start each PDF as soon as possible."""
    jobs = {language: printer.job(language) if "pdf" in formats else None for language in languages}
    tasks = {language: (sources, language, formats, jobs[language]) for language in languages}
    outcomes: dict[Language, _Pages | ReportgenError | Died] = {}
    with closing(call_side_by_side(_make, tasks)) as calls:
        for language, outcome in calls:
            outcomes[language] = outcome
            if isinstance(outcome, _Pages) and jobs[language] and not outcome.problem:
                printer.start(language)
    return {language: _expect_pages(outcomes[language], language, len(languages)) for language in languages}


def _expect_pages(outcome: _Pages | ReportgenError | Died, language: Language, num_languages: int) -> _Pages:
    if isinstance(outcome, _Pages):
        return outcome
    if isinstance(outcome, ReportgenError):
        raise outcome
    if outcome.status >= 0:
        raise RuntimeError(f"the process that draws the report in '{language}' failed; its traceback stands above")
    hint = "; try one language at a time (--lang)" if num_languages > 1 else ""
    reason = f"the process that draws the report in '{language}' was killed by signal {-outcome.status}"
    raise RenderError(f"{reason}; the machine may be out of memory{hint}")


def _warn_of(made: Sequence[_Pages], has_pdf: bool, warn: Callable[[str], None]) -> None:
    """Pass on the warnings of all languages, each once."""
    for warning in dict.fromkeys(warning for pages in made for warning in pages.warnings):
        warn(warning)
    missing = list(dict.fromkeys(character for pages in made for character in pages.missing))
    if missing and has_pdf:
        warn(_describe_missing(missing))


def _make(sources: _Sources, language: Language, formats: Sequence[str], job: PrintJob | None) -> _Pages:
    """Build a report in one language, render its pages and prepare its PDF."""
    from reportgen.paper.rendering.characters import find_missing_characters
    from reportgen.paper.rendering.html import render_html
    from reportgen.paper.rendering.markdown import render_markdown
    from reportgen.paper.rendering.pdf import prepare_pdf
    from reportgen.paper.report.notes import find_stray_notes

    report, paths = _build(sources, language), sources.output
    files: dict[Path, bytes] = {}
    if "html" in formats:
        files[paths.report(language, "html")] = render_html(report, "screen").encode("utf-8")
    if "md" in formats:
        files |= render_markdown(report, paths.report(language, "md"), paths.report_assets(language))
    problem = None
    try:
        if job:
            prepare_pdf(report, job)
    except RenderError as error:
        problem = error
    except OSError as error:
        problem = RenderError(f"the PDF cannot be prepared ({error}); free some space, or set TMPDIR")
    stray = find_stray_notes(sources.notes, read_suite(paths).suite.outline)
    return _Pages(files, stray, find_missing_characters(report), problem)


def _describe_missing(characters: list[str]) -> str:
    from reportgen.paper.rendering.characters import SUBSTITUTE, describe_characters

    return f"the fonts lack {describe_characters(characters)}: shown as {SUBSTITUTE} in the PDF"


def _build(sources: _Sources, language: Language) -> Report:
    from reportgen.paper.analysis.results import load_results
    from reportgen.paper.report.assemble import build_report
    from reportgen.paper.report.figure_cache import FigureCache
    from reportgen.paper.report.notes import read_notes

    cache = FigureCache(sources.output.figures, f"{language}-")
    results, notes = load_results(sources.output.root, sources.states), read_notes(sources.notes, language)
    report = build_report(results, language, notes, figure_cache=cache)
    cache.remove_unused()
    return report
