"""Sections in the outline's order -> a numbered report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from reportgen.base.errors import RunError
from reportgen.paper.analysis.attachments import export_metrics, export_runs, hash_results
from reportgen.paper.analysis.results import Results
from reportgen.paper.i18n.translator import Translator
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.figure_cache import FigureCache
from reportgen.paper.report.model import (
    Attachment,
    Block,
    Figure,
    Line,
    Listing,
    Paragraph,
    Report,
    Section,
    Table,
)
from reportgen.paper.report.notes import Notes, export_notes, insert_note
from reportgen.paper.report.overview import write_summary
from reportgen.paper.report.requirements import Check, check_report, tabulate_requirements
from reportgen.paper.report.sections import build_section
from reportgen.suite.settings import Language

FIXED_TEXTS = ("contents", "summary", "explanation", "note")
KINDS = {Table: "table", Figure: "figure", Listing: "listing"}


def build_report(
    results: Results,
    language: Language,
    notes: Notes | None = None,
    *,
    draws: bool = True,
    figure_cache: FigureCache | None = None,
) -> Report:
    """Everything that one report shows.

    Args:
        notes: the author's own words by section.
        draws: without it figures have no pictures, and no file of a run is read but its records.
        figure_cache: where figures are that need not be drawn again; by default nowhere.

    Raises:
        RunError: not one run is finished.
    """
    b = Builder(results, Translator(language), draws, figure_cache or FigureCache())
    summary, sections, checks = _build(b, notes or {})
    coverage = tabulate_requirements(b, checks).blocks
    complete = tuple(insert_note(_insert_requirements(section, coverage), notes or {}) for section in sections)
    labels = _label(complete, b.t)
    created = max(run.record.environment.started_at for run in results.finished)
    settings = results.suite.report
    metrics = export_metrics(results, language, export_notes(notes or {}))
    return Report(
        language=language,
        title=getattr(settings.title, language),
        author=tuple((b.t(f"author.{field}"), value) for field, value in settings.author.model_dump().items() if value),
        date=b.t.format_date(created),
        created=created,
        summary=tuple(_keep_known(block, labels) for block in summary),  # type: ignore[misc]
        notice="" if results.is_full else b.t("notice.profile", profile=results.suite.profile),
        sections=tuple(_link(section, labels) for section in complete),
        labels=labels,
        texts={name: b.t(f"page.{name}") for name in FIXED_TEXTS},
        colophon=b.line("page.generated", sha=hash_results(metrics)),
        attachments=_attach(results, metrics, b.t),
    )


def check_results(results: Results, language: Language) -> list[Check]:
    """The homework's requirements against what is there; raises RunError if not one run is finished."""
    return _build(Builder(results, Translator(language), draws=False), {})[-1]


def _build(b: Builder, notes: Notes) -> tuple[tuple[Paragraph, ...], tuple[Section, ...], list[Check]]:
    if not b.results.finished:
        raise RunError("no run is finished yet, so there is nothing to report; run: reportgen run experiments.yaml")
    outline = b.results.suite.outline.sections
    noted = [*notes, "coverage"]
    sections = [section for wanted in outline if (section := build_section(b, wanted, noted)) is not None]
    labels = _label(sections, b.t)
    summary = tuple(paragraph for paragraph in write_summary(b) if _is_sayable(paragraph, labels))
    numbered = _number([_leave_out_unsayable(section, labels) for section in sections])
    return summary, numbered, check_report(b, summary, numbered)


def _insert_requirements(section: Section, blocks: tuple[Block, ...]) -> Section:
    """The checks in their place: they are known only when all else is written."""
    if section.id == "coverage":
        return dataclasses.replace(section, blocks=blocks)
    return dataclasses.replace(section, sections=tuple(_insert_requirements(part, blocks) for part in section.sections))


# ---- numbers and references -----------------------------------------------------------------------------------------


def _number(sections: Sequence[Section], prefix: str = "") -> tuple[Section, ...]:
    return tuple(
        dataclasses.replace(section, number=f"{prefix}{index}", sections=_number(section.sections, f"{prefix}{index}."))
        for index, section in enumerate(sections, 1)
    )


def _label(sections: Sequence[Section], t: Translator) -> dict[str, str]:
    """The numbered name of every table, figure and listing, in the order of the page."""
    counts = dict.fromkeys(KINDS.values(), 0)
    labels: dict[str, str] = {}
    for block in (block for section in sections for block in section.walk()):
        if isinstance(block, Table | Figure | Listing):
            kind = KINDS[type(block)]
            counts[kind] += 1
            assert block.id not in labels, f"two elements have the id {block.id}"
            labels[block.id] = t(f"label.{kind}", number=counts[kind])
    return labels


def _link(section: Section, labels: Mapping[str, str]) -> Section:
    blocks = tuple(_keep_known(block, labels) for block in section.blocks)
    return dataclasses.replace(section, blocks=blocks, sections=tuple(_link(part, labels) for part in section.sections))


def _keep_known(block: Block, labels: Mapping[str, str]) -> Block:
    """Evidence that points to an element which this outline leaves out is left out too."""
    if isinstance(block, Paragraph) and not _is_known(block.evidence, labels):
        return dataclasses.replace(block, evidence=())
    return block


def _leave_out_unsayable(section: Section, labels: Mapping[str, str]) -> Section:
    """Before the checks count what is answered: what is not on the page answers nothing."""
    blocks = tuple(block for block in section.blocks if _is_sayable(block, labels))
    parts = tuple(_leave_out_unsayable(part, labels) for part in section.sections)
    return dataclasses.replace(section, blocks=blocks, sections=parts)


def _is_sayable(block: Block, labels: Mapping[str, str]) -> bool:
    """A finding that names an element which this outline leaves out is not made."""
    return not (isinstance(block, Paragraph) and block.role == "finding") or _is_known(block.line, labels)


def _is_known(line: Line, labels: Mapping[str, str]) -> bool:
    return all(span.text in labels for span in line if span.kind == "ref")


# ---- what travels inside the PDF ------------------------------------------------------------------------------------


def _attach(results: Results, metrics: str, t: Translator) -> tuple[Attachment, ...]:
    return (
        Attachment("runs.csv", t("attachment.runs"), export_runs(results).encode("utf-8")),
        Attachment("experiments.yaml", t("attachment.suite"), results.recorded.source_text.encode("utf-8")),
        Attachment("metrics.json", t("attachment.metrics"), metrics.encode("utf-8")),
    )
