"""Verification of a PDF: every number in it is derived again from the data that the PDF carries.

A report is built from the PDF's ``metrics.json``, without pictures, and its words and tables are searched for on the
pages in order. A fingerprint of the data on the last page reveals changes of digits that are not printed.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

from reportgen.base.errors import ConfigError, RenderError
from reportgen.paper.analysis.attachments import export_runs, import_metrics
from reportgen.paper.analysis.results import Results
from reportgen.paper.rendering.characters import substitute_missing
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.model import Block, Figure, Line, Listing, Paragraph, Report, Table
from reportgen.paper.report.notes import import_notes
from reportgen.suite.loading import Suite, load_suite

MARGIN_PT = 13 * 72 / 25.4
"""Height of the margins at the top and bottom that contain running headers and page numbers."""

NUMBER = re.compile(r"−?\d[\d,.]*")
ANY_NUMBER = r"−?\d[\d,.]*"
SPACE = r"[\s\u200b\u00ad\u2060\ufeff]+"
BETWEEN_NUMBERS = re.compile(rf"(?<=[\d,.%]){SPACE}(?=[−\d])")


@dataclass(frozen=True)
class Difference:
    """Place where the PDF shows something else than its data give."""

    where: str
    printed: str
    derived: str


@dataclass(frozen=True)
class Verification:
    """Result of a verification."""

    results: Results
    num_items: int
    """Number of sentences, captions and rows that were searched for."""
    num_numbers: int
    """Number of numbers in them."""
    differences: tuple[Difference, ...]
    notes: Mapping[str, str]
    """The author's own words by section id, as Markdown."""


def verify_pdf(path: Path) -> Verification:
    """Derive every sentence, caption and table row again and compare it with the page.

    Raises:
        RenderError: the file is not a PDF, carries no data, or was made by another version.
    """
    text, attachments = read_pdf(path)
    missing = [name for name in ("metrics.json", "runs.csv", "experiments.yaml") if name not in attachments]
    if missing:
        raise RenderError(f"{path}: carries no {', '.join(missing)}: not made by reportgen, or made smaller since")
    results, report = _rebuild(attachments["metrics.json"], attachments["experiments.yaml"])
    items = [(where, squeeze(words)) for where, words in list_items(report) if squeeze(words)]
    differences = [
        *compare_attachments(results, attachments),
        *compare_items(items, squeeze(text)),
    ]
    numbers = sum(len(NUMBER.findall(words)) for _, words in items)
    own = import_notes(json.loads(attachments["metrics.json"])["notes"])
    notes = {name: note.markdown for name, note in own.items()}
    return Verification(results, len(items), numbers, tuple(differences), notes)


def find_equal_notes(found: Mapping[Path, Verification]) -> list[tuple[str, list[Path]]]:
    """Return the notes that several reports share word for word, as section id and reports.

    Equal numbers mean nothing: equal suites give equal results. Equal words of two authors may.
    """
    reports: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path, verification in found.items():
        for name, words in verification.notes.items():
            reports[name, "".join(words.split())].append(path)
    return [(name, paths) for (name, _), paths in reports.items() if len(paths) > 1]


def _rebuild(metrics: str, suite_text: str) -> tuple[Results, Report]:
    """Build the report that the data give.

    Raises:
        RenderError: the data give no report, so someone changed more than a number.
    """
    results, language = import_metrics(metrics, suite_text)
    try:
        notes = import_notes(json.loads(metrics)["notes"])
        return results, build_report(results, language, notes, draws=False)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise RenderError(f"metrics.json: gives no report: {type(error).__name__} {error}") from None


def read_pdf(path: Path) -> tuple[str, dict[str, str]]:
    """Return the text of all pages without headers and footers, and the attached texts by name.

    Raises:
        RenderError: the file is missing or not a PDF.
    """
    try:
        document = pypdfium2.PdfDocument(path)
    except (OSError, pypdfium2.PdfiumError) as error:
        raise RenderError(f"{path}: cannot be read as a PDF ({error})") from None
    pages = []
    for page in document:
        width, height = page.get_size()
        pages.append(page.get_textpage().get_text_bounded(0, MARGIN_PT, width, height - MARGIN_PT))
    attached = [document.get_attachment(index) for index in range(document.count_attachments())]
    texts = {item.get_name(): bytes(item.get_data()).decode("utf-8", errors="replace") for item in attached}
    return "\n".join(pages), texts


def squeeze(text: str) -> str:
    """Remove white space, which line breaks make unreliable, except for one space between two numbers."""
    text = text.replace("\x02", "-").replace("\ufffe", "-")  # pdfium's codes for a hyphen at the end of a line
    return re.sub(rf"{SPACE}", "", BETWEEN_NUMBERS.sub("\0", text)).replace("\0", " ")


# ---- what the data give ---------------------------------------------------------------------------------------------


def list_items(report: Report) -> Iterator[tuple[str, str]]:
    """Yield place and text of every item of a report in page order, except for code and the author's notes."""
    yield "title", report.title
    yield from (("title", notice) for notice in report.notices)
    for paragraph in report.summary:
        yield from _list_block(report, report.texts["summary"], paragraph)
    for section in (part for chapter in report.sections for part in chapter.walk_sections()):
        where = f"{section.number} {section.title}"
        yield where, where
        for block in section.blocks:
            yield from _list_block(report, where, block)
    yield "colophon", _write(report, report.colophon)


def _list_block(report: Report, where: str, block: Block) -> Iterator[tuple[str, str]]:
    if isinstance(block, Paragraph):
        yield where, _write(report, block.line)
        yield where, _write(report, block.evidence)
    elif isinstance(block, Table):
        label = report.labels[block.id]
        yield label, f"{label}\n{_write(report, block.caption)}"
        yield f"{label}, header", "\n".join(block.header)
        for row in block.rows:
            yield f"{label}, {row[0].text}", "\n".join(cell.text for cell in row)
        yield label, _write(report, block.note)
    elif isinstance(block, Figure | Listing):
        label = report.labels[block.id]
        yield label, f"{label}\n{_write(report, block.caption)}"


def _write(report: Report, line: Line) -> str:
    """Return the text of a line on the page, without its formulas, which are drawn."""
    return "".join(report.labels[s.text] if s.kind == "ref" else s.text for s in line if s.kind != "math")


# ---- comparison -----------------------------------------------------------------------------------------------------


def compare_items(items: Sequence[tuple[str, str]], text: str) -> Iterator[Difference]:
    """Search the text for each item after the one before; compare its numbers where the words match."""
    position = 0
    for where, words in ((where, substitute_missing(words)) for where, words in items):
        shape = ANY_NUMBER.join(re.escape(part) for part in NUMBER.split(words))
        found = re.compile(shape).search(text, position)
        if found is None:
            yield Difference(where, "not found", words)
            continue
        position = found.end()
        if found[0] != words:
            yield Difference(where, found[0], words)


def compare_attachments(results: Results, attachments: dict[str, str]) -> Iterator[Difference]:
    """Compare the attached table of runs and the attached suite with the attached metrics."""
    derived = export_runs(results)
    if attachments["runs.csv"] != derived:
        rows = zip(attachments["runs.csv"].splitlines(), derived.splitlines(), strict=False)
        printed, expected = next(((a, b) for a, b in rows if a != b), ("another number of rows", ""))
        yield Difference("runs.csv", printed, expected)
    declared = _resolve(attachments["experiments.yaml"], results.suite)
    if isinstance(declared, str):
        yield Difference("experiments.yaml", declared, "a suite that can be read")
    elif _list_numbers(declared) != _list_numbers(results.suite):
        yield Difference("experiments.yaml", "declares other runs", "the runs of metrics.json")


def _list_numbers(suite: Suite) -> tuple[object, ...]:
    """Return the parts of a suite that numbers depend on, which the path of the Inception weights is not."""
    measured = suite.fid.num_images, suite.interpolation, suite.digits
    return suite.dataset, suite.seeds, suite.groups, *measured


def _resolve(suite_text: str, recorded: Suite) -> Suite | str:
    """Read the attached suite, with the recorded outline, whose file may be missing here; return an error as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiments.yaml"
        path.write_text(suite_text, encoding="utf-8")
        try:
            return load_suite(path, recorded.profile, recorded.outline)
        except ConfigError as error:
            return str(error).replace(str(path), "experiments.yaml")
