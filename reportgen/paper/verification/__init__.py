"""Verification of a PDF: the whole report is made again from the data that the PDF carries, and compared.

Words and tables are searched for first, for messages that say where. Then the report is printed again, and each page
is compared with its own: runs of text with font and place, drawings, pictures by their pixels, links, and the look of
it all. What the data do not give is a difference, wherever it stands.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reportgen.base.errors import RenderError, RunError
from reportgen.paper.analysis.attachments import check_version, import_metrics
from reportgen.paper.analysis.results import Results
from reportgen.paper.rendering.pdf import prepare_pdf
from reportgen.paper.rendering.printer import PdfPrinter
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.figure_cache import hash_value
from reportgen.paper.report.model import Report
from reportgen.paper.report.notes import import_notes
from reportgen.paper.verification.attached import compare_attachments, compare_contents, compare_names
from reportgen.paper.verification.difference import Difference
from reportgen.paper.verification.document import Document, read_document
from reportgen.paper.verification.pages import compare_documents
from reportgen.paper.verification.text import NUMBER, compare_items, find_ends, list_items, squeeze
from reportgen.store.records import InceptionRecord

__all__ = [
    "Difference",
    "Verification",
    "compare_attachments",
    "compare_items",
    "find_equal_notes",
    "find_equal_numbers",
    "list_items",
    "read_pdf",
    "squeeze",
    "verify_pdf",
]

MARGIN_PT = 13 * 72 / 25.4
"""Height of the margins at the top and bottom that contain running headers and page numbers."""

ATTACHED = ("metrics.json", "runs.csv", "experiments.yaml", "pictures.json")
"""The files that a report carries."""


@dataclass(frozen=True)
class Verification:
    """Result of a verification."""

    results: Results
    suite: str
    """A hash of the runs' names and settings, equal for equal suites."""
    numbers: str
    """A hash of all that was measured, which equal suites are expected to share."""
    num_items: int
    """Number of sentences, captions and rows that were searched for."""
    num_numbers: int
    """Number of numbers in them."""
    num_pages: int
    differences: tuple[Difference, ...]
    notes: Mapping[str, str]
    """The author's own words by section id, as Markdown."""
    unprinted: str = ""
    """Why the report could not be printed again, so that its pages were not compared; empty if they were."""

    @property
    def is_fine(self) -> bool:
        """True if every page was compared and nothing differs."""
        return not self.differences and not self.unprinted

    @property
    def verdict(self) -> Literal["agrees", "differs", "pages not compared"]:
        """Outcome in a word or three: nothing differs, something does, or nothing does in words and numbers alone."""
        return "agrees" if self.is_fine else "differs" if self.differences else "pages not compared"


def verify_pdf(path: Path) -> Verification:
    """Make the report again from the data that a PDF carries and compare the pages with it.

    Raises:
        RenderError: the file is not a PDF, carries no data, or was made by another version.
    """
    document = read_document(path)
    pages, texts = _read_words(document)
    _check_attached(path, texts)
    results, report = _rebuild(texts)
    items = [(where, squeeze(words)) for where, words in list_items(report) if squeeze(words)]
    derived = {attachment.name: attachment.content for attachment in report.attachments}
    differences = [
        *compare_attachments(results, texts),
        *compare_contents(document.attachments, derived),
        *compare_names(document.attachment_names, derived),
        *compare_items(items, squeeze("\n".join(pages)), find_ends(pages)),
    ]
    unprinted = ""
    try:
        differences += compare_documents(document, _print(report))
    except RenderError as error:
        unprinted = str(error)
    return Verification(
        results,
        hash_value([(run.spec.name, run.key) for run in results.runs]),
        hash_value([(run.evaluation.model_dump_json(), _dump(run.inception)) for run in results.finished]),
        len(items),
        sum(len(NUMBER.findall(words)) for _, words in items),
        len(document),
        tuple(dict.fromkeys(differences)),
        {name: note.markdown for name, note in import_notes(json.loads(texts["metrics.json"])["notes"]).items()},
        unprinted,
    )


def _dump(inception: InceptionRecord | None) -> str:
    return "" if inception is None else inception.model_dump_json()


def read_pdf(path: Path) -> tuple[str, dict[str, str]]:
    """Return the text of all pages without headers and footers, and the attached texts by name.

    Raises:
        RenderError: the file is missing or not a PDF.
    """
    pages, texts = _read_words(read_document(path))
    return "\n".join(pages), texts


def _read_words(document: Document) -> tuple[list[str], dict[str, str]]:
    pages = [document.read_text(index, MARGIN_PT) for index in range(len(document))]
    return pages, {name: content.decode("utf-8", errors="replace") for name, content in document.attachments.items()}


def find_equal_numbers(found: Mapping[Path, Verification]) -> list[list[Path]]:
    """Return the groups of reports of equal suites with equal numbers, which is what equal suites give."""
    groups: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path, verification in found.items():
        groups[verification.suite, verification.numbers].append(path)
    return [paths for paths in groups.values() if len(paths) > 1]


def find_equal_notes(found: Mapping[Path, Verification]) -> list[tuple[str, list[Path]]]:
    """Return the notes that reports of different authors share word for word, as section id and reports.

    Equal numbers mean nothing: equal suites give equal results. Equal words of two authors may. Authors who did not
    write down who they are count as different.
    """
    reports: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path, verification in found.items():
        for name, words in verification.notes.items():
            reports[name, "".join(words.split())].append(path)
    return [(name, paths) for (name, _), paths in reports.items() if _has_two_authors([found[path] for path in paths])]


def _has_two_authors(found: list[Verification]) -> bool:
    authors = [verification.results.suite.report.author for verification in found]
    known = {(author.name, author.student_id) for author in authors if author.name or author.student_id}
    nameless = sum(not (author.name or author.student_id) for author in authors)
    return len(known) + nameless > 1


def _check_attached(path: Path, texts: Mapping[str, str]) -> None:
    """Raise RenderError if a PDF carries no data, or those of another version, which may carry other files."""
    if "metrics.json" in texts:
        try:
            check_version(json.loads(texts["metrics.json"]))
        except RenderError as error:
            raise RenderError(f"{path}: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise RenderError(f"{path}: metrics.json: cannot be read: {type(error).__name__} {error}") from None
    missing = [name for name in ATTACHED if name not in texts]
    if missing:
        raise RenderError(f"{path}: carries no {', '.join(missing)}: not made by reportgen, or made smaller since")


def _rebuild(texts: Mapping[str, str]) -> tuple[Results, Report]:
    """Build the report that the data give.

    Raises:
        RenderError: the data give no report, so someone changed more than a number.
    """
    metrics = texts["metrics.json"]
    results, language = import_metrics(metrics, texts["experiments.yaml"], texts["pictures.json"])
    try:
        return results, build_report(results, language, import_notes(json.loads(metrics)["notes"]))
    except RunError as error:
        raise RenderError(f"pictures.json: lacks what figures show: {error}") from None
    except (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise RenderError(f"metrics.json: gives no report: {type(error).__name__} {error}") from None


def _print(report: Report) -> Document:
    """Print a report.

    Raises:
        RenderError: it cannot be printed here: Pango is missing, for instance.
    """
    with PdfPrinter() as printer:
        prepare_pdf(report, printer.job(report.language))
        printer.start(report.language)
        return Document(printer.finish(report.language), "the report made again")
