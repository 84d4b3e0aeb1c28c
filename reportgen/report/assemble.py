"""Sections in the homework's order -> a numbered report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from reportgen.analysis.results import Results, tabulate_runs
from reportgen.config import Language
from reportgen.errors import RunError
from reportgen.i18n.translator import Translator
from reportgen.report.builder import Builder
from reportgen.report.gan import build_gan, build_gan_ablation
from reportgen.report.latent import build_collapse, build_comparison, build_interpolation, build_scores
from reportgen.report.model import Attachment, Figure, Listing, Report, Section, Table
from reportgen.report.overview import build_appendix, build_methods, build_settings, write_summary
from reportgen.report.vae import build_vae

FIXED_TEXTS = ("contents", "summary", "explanation", "generated")
KINDS = {Table: "table", Figure: "figure", Listing: "listing"}


def build_report(results: Results, language: Language) -> Report:
    """Everything that one report shows.

    Raises:
        RunError: not one run is finished.
    """
    if not results.finished:
        raise RunError("no run is finished yet, so there is nothing to report; run: reportgen run experiments.yaml")
    b = Builder(results, Translator(language))
    sections = _number(
        [
            section
            for section in (
                build_settings(b),
                build_methods(b),
                build_vae(b),
                build_gan(b),
                build_scores(b),
                build_comparison(b),
                build_interpolation(b),
                build_collapse(b),
                build_gan_ablation(b, "gan_mlp"),
                build_gan_ablation(b, "gan_relu"),
                build_appendix(b),
            )
            if section is not None
        ]
    )
    report_settings = results.suite.report
    created = max(run.record["environment"]["started_at"] for run in results.finished)
    return Report(
        language=language,
        title=getattr(report_settings.title, language),
        author=tuple(
            (b.t(f"author.{field}"), value) for field, value in report_settings.author.model_dump().items() if value
        ),
        date=b.t.format_date(created),
        created=created,
        summary=write_summary(b),
        notice="" if results.is_full else b.t("notice.profile", profile=results.suite.profile),
        sections=sections,
        labels=_label(sections, b.t),
        texts={name: b.t(f"page.{name}") for name in FIXED_TEXTS},
        attachments=_attach(results, b.t),
    )


def _number(sections: Sequence[Section], prefix: str = "") -> tuple[Section, ...]:
    return tuple(
        dataclasses.replace(section, number=f"{prefix}{index}", sections=_number(section.sections, f"{prefix}{index}."))
        for index, section in enumerate(sections, 1)
    )


def _label(sections: Sequence[Section], t: Translator) -> dict[str, str]:
    """The numbered name of every table, figure and listing, in the order of the page."""
    counts = dict.fromkeys(KINDS.values(), 0)
    labels: dict[str, str] = {}
    for block in _walk(sections):
        kind = KINDS.get(type(block))
        if kind is not None:
            counts[kind] += 1
            assert block.id not in labels, f"two elements have the id {block.id}"
            labels[block.id] = t(f"label.{kind}", number=counts[kind])
    return labels


def _walk(sections: Sequence[Section]) -> Iterator:  # type: ignore[type-arg]
    for section in sections:
        yield from section.blocks
        yield from _walk(section.sections)


def _attach(results: Results, t: Translator) -> tuple[Attachment, ...]:
    runs = tabulate_runs(results).to_csv(index=False, lineterminator="\n")
    return (
        Attachment("runs.csv", t("attachment.runs"), runs.encode("utf-8")),
        Attachment("experiments.yaml", t("attachment.suite"), results.recorded.source_text.encode("utf-8")),
    )
