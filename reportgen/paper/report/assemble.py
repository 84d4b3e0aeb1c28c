"""Assembly of a report: a row of passes over a draft, then the finished report.

Three rules fix the order of the passes. Requirements are checked after dangling findings are dropped, because only a
sentence on the page can answer a question. Notes are added after the check, so a note that replaces a section's
findings does not change which requirements are met. Labels are numbered last, when every element is in place.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.base.errors import RunError
from reportgen.paper.analysis.attachments import export_metrics, export_pictures, export_runs, hash_results
from reportgen.paper.analysis.results import Results
from reportgen.paper.i18n.translator import Translator
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.figure_cache import FigureCache
from reportgen.paper.report.model import (
    Attachment,
    Block,
    Element,
    Figure,
    Line,
    Listing,
    Paragraph,
    Report,
    Section,
    Table,
    list_references,
)
from reportgen.paper.report.notes import Notes, add_note, export_notes
from reportgen.paper.report.overview import write_notices, write_summary
from reportgen.paper.report.requirements import Check, check_report
from reportgen.paper.report.sections import build_section, can_be_made
from reportgen.suite.languages import Language

FIXED_TEXTS = ("contents", "summary", "note", "skeleton")
"""Fixed words of the page; the message of each is ``page.<name>``."""

KINDS = {Table: "table", Figure: "figure", Listing: "listing"}
"""Kinds of numbered elements; the message of each label is ``label.<kind>``."""


@dataclass(frozen=True)
class Draft:
    """A report under construction; every pass returns a new draft."""

    summary: tuple[Block, ...]
    sections: tuple[Section, ...]

    def walk(self) -> Iterator[Block]:
        """Yield all blocks in page order, the summary first."""
        yield from self.summary
        for section in self.sections:
            yield from section.walk()

    def map_blocks(self, change: Callable[[Section], Iterable[Block]]) -> Draft:
        """Return a draft in which every section, at any depth, has the blocks that ``change`` returns for it."""
        return replace(self, sections=tuple(section.map_blocks(change) for section in self.sections))


def build_report(
    results: Results,
    language: Language,
    notes: Notes | None = None,
    *,
    draws: bool = True,
    figure_cache: FigureCache | None = None,
) -> Report:
    """Build the report of these results in one language.

    Args:
        notes: the author's own words by section id.
        draws: True to draw pictures; if False, nothing but the records of runs is read.
        figure_cache: store of figures already drawn; by default every figure is drawn anew.

    Raises:
        RunError: no run is finished, or a file of a finished run cannot be read.
    """
    b, notes = Builder(results, Translator(language), draws, figure_cache or FigureCache()), notes or {}
    draft = _write(b, notes)
    draft = _drop_dangling(draft)
    draft = _drop_near_evidence(draft)
    draft = _explain_once(draft)
    draft = _number(draft)
    draft = draft.map_blocks(lambda section: add_note(section, notes))
    labels = _label(draft, b.t)
    _check_references(draft, labels)
    return _publish(b, draft, labels, notes)


def check_results(results: Results, language: Language) -> list[Check]:
    """Check the results against the homework's requirements, without drawing anything.

    Raises:
        RunError: no run is finished.
    """
    b = Builder(results, Translator(language), draws=False)
    draft = _number(_drop_dangling(_write(b, {})))
    return check_report(b, draft.summary, draft.sections)


# ---- passes, in the order of their calls -----------------------------------------------------------------------------


def _write(b: Builder, notes: Notes) -> Draft:
    """Write the summary and every section of the outline that has content or a note."""
    if not b.results.finished:
        raise RunError("no run is finished yet, so there is nothing to report; run: reportgen run experiments.yaml")
    built = (build_section(b, wanted, list(notes)) for wanted in b.results.suite.outline.sections)
    sections = tuple(section for section in built if section is not None)
    return Draft(write_summary(b, sections), sections)


def _drop_dangling(draft: Draft) -> Draft:
    """Drop findings that mention an element absent from this report, and evidence that points to one.

    An element is absent if the outline leaves out its section or the results do not call for it. A reference to an id
    that no section can ever make is a bug and fails an assertion.
    """
    made = {block.id for block in draft.walk() if isinstance(block, Element)}
    absent = {id_ for block in draft.walk() for id_ in list_references(block)} - made
    for id_ in absent:
        assert can_be_made(id_), f"a reference points to {id_}, which no section makes"
    summary = tuple(_keep_supported(draft.summary, absent))
    return replace(draft, summary=summary).map_blocks(lambda section: _keep_supported(section.blocks, absent))


def _keep_supported(blocks: Iterable[Block], absent: Container[str]) -> Iterator[Block]:
    """Yield the blocks, without findings whose text points to an absent id and without such evidence."""
    for block in blocks:
        if not isinstance(block, Paragraph) or block.claim is None:
            yield block
        elif not _points_to(block.line, absent):
            yield replace(block, evidence=()) if _points_to(block.evidence, absent) else block


def _drop_near_evidence(draft: Draft) -> Draft:
    """Drop the evidence of findings whose numbers stand in the same section."""

    def drop(section: Section) -> Iterator[Block]:
        own = {block.id for block in section.blocks if isinstance(block, Element)}
        for block in section.blocks:
            is_near = isinstance(block, Paragraph) and _points_to(block.evidence, own)
            yield replace(block, evidence=()) if is_near and isinstance(block, Paragraph) else block

    return draft.map_blocks(drop)


def _explain_once(draft: Draft) -> Draft:
    """Drop the notes of tables that stood below an earlier one, such as what the marks of changes mean."""
    printed: set[Line] = set()

    def drop(section: Section) -> Iterator[Block]:
        for block in section.blocks:
            yield replace(block, note=()) if isinstance(block, Table) and block.note in printed else block
            if isinstance(block, Table):
                printed.add(block.note)

    return draft.map_blocks(drop)


def _points_to(line: Line, ids: Container[str]) -> bool:
    return any(span.text in ids for span in line if span.kind == "ref")


def _number(draft: Draft) -> Draft:
    """Number the sections of the draft: 1, 2, 2.1, ..."""
    return replace(draft, sections=_number_sections(draft.sections))


def _number_sections(sections: Sequence[Section], prefix: str = "") -> tuple[Section, ...]:
    return tuple(
        replace(section, number=f"{prefix}{i}", sections=_number_sections(section.sections, f"{prefix}{i}."))
        for i, section in enumerate(sections, 1)
    )


def _label(draft: Draft, t: Translator) -> dict[str, str]:
    """Return the numbered name ("Figure 3") of every table, figure and listing by id, in page order."""
    counts = dict.fromkeys(KINDS.values(), 0)
    labels: dict[str, str] = {}
    for block in draft.walk():
        if isinstance(block, Element):
            kind = KINDS[type(block)]
            counts[kind] += 1
            assert block.id not in labels, f"two elements have the id {block.id}"
            labels[block.id] = t(f"label.{kind}", number=counts[kind])
    return labels


def _check_references(draft: Draft, labels: Mapping[str, str]) -> None:
    """Assert that every reference points to a labelled element."""
    for block in draft.walk():
        for id_ in list_references(block):
            assert id_ in labels, f"a {block.type} points to {id_}, which is not in this report"


def _publish(b: Builder, draft: Draft, labels: dict[str, str], notes: Notes) -> Report:
    """Build the report from the finished draft, with its title, date, colophon and attachments."""
    results, language, settings = b.results, b.t.language, b.results.suite.report
    created = max(run.record.environment.started_at for run in results.finished)
    metrics = export_metrics(results, language, export_notes(notes))
    return Report(
        language=language,
        title=getattr(settings.title, language),
        author=tuple((b.t(f"author.{field}"), value) for field, value in settings.author.model_dump().items()),
        date=b.t.format_date(created),
        created=created,
        summary=draft.summary,
        notices=write_notices(b),
        sections=draft.sections,
        labels=labels,
        texts={name: b.t(f"page.{name}") for name in FIXED_TEXTS},
        colophon=b.line("page.generated", sha=hash_results(metrics)),
        attachments=_attach(results, metrics, b.t),
    )


# ---- attachments -----------------------------------------------------------------------------------------------------


def _attach(results: Results, metrics: str, t: Translator) -> tuple[Attachment, ...]:
    """Return the files that are embedded in the PDF."""
    return (
        Attachment("runs.csv", t("attachment.runs"), export_runs(results).encode("utf-8")),
        Attachment("experiments.yaml", t("attachment.suite"), results.recorded.source_text.encode("utf-8")),
        Attachment("metrics.json", t("attachment.metrics"), metrics.encode("utf-8")),
        Attachment("pictures.json", t("attachment.pictures"), export_pictures(results).encode("utf-8")),
    )
