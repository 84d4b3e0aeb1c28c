"""Which function writes which section, and sections in the order of an outline."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from reportgen.paper.analysis.results import Configuration
from reportgen.paper.report import collapse, comparison, fidelity, gan, interpolation, overview, published, vae
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Section
from reportgen.paper.report.requirements import find_runs, title_of
from reportgen.suite.outline import WRITTEN_SECTIONS, OutlineSection

Write = Callable[[Builder, Sequence[Configuration]], Section | None]
"""The configurations are those of the question that the section answers; None where there is nothing to show."""

WRITERS: Mapping[str, Write] = {
    "settings": overview.build_settings,
    "methods": overview.build_methods,
    "vae_curves": vae.build_curves,
    "vae_images": vae.build_images,
    "vae_fid": vae.build_fid,
    "vae_effect": vae.build_effect,
    "vae_ablation": vae.build_ablation,
    "gan_curves": gan.build_curves,
    "gan_images": gan.build_images,
    "gan_fid": gan.build_fid,
    "gan_effect": gan.build_effect,
    "gan_hidden": gan.build_hidden_sweep,
    "nash": gan.build_equilibrium,
    "scores": fidelity.build_scores,
    "comparison": comparison.build_comparison,
    "interpolation": interpolation.build_interpolation,
    "collapse": collapse.build_collapse,
    "gan_mlp": partial(gan.build_ablation, name="gan_mlp"),
    "gan_relu": partial(gan.build_ablation, name="gan_relu"),
    "published": published.build_published,
    "appendix": overview.build_appendix,
}
CHAPTERS = ("vae", "gan", "coverage")
"""What has no function of its own: two chapters, and the checks, which come last."""

assert {*WRITERS, *CHAPTERS} == set(WRITTEN_SECTIONS), "every section that an outline may name is written"


def build_section(b: Builder, wanted: OutlineSection, noted: Sequence[str]) -> Section | None:
    """A section with its parts; None where there is nothing in it and the author has no note for it."""
    write = WRITERS.get(wanted.id)
    written = write(b, find_runs(b, wanted)) if write else None
    parts = [part for part in (build_section(b, w, noted) for w in wanted.sections) if part is not None]
    if written is None and not parts and wanted.id not in noted:
        return None
    section = written or Section(wanted.id, "", "", ())
    question = _name_question(b, wanted.question)
    return dataclasses.replace(section, title=title_of(b, wanted), question=question, sections=tuple(parts))


def _name_question(b: Builder, question: str) -> str:
    number = question.replace(", ", b.t("caption.list_separator"))
    return b.t("label.question", number=number) if question else ""
