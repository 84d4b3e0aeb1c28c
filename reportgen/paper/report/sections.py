"""Registry of the functions that build sections, and construction of a section as an outline asks for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_runs
from reportgen.paper.report import (
    code,
    collapse,
    comparison,
    fidelity,
    gan,
    interpolation,
    latent,
    overview,
    published,
    vae,
)
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Element, Section
from reportgen.paper.report.requirements import title_of
from reportgen.suite.outline import WRITTEN_SECTIONS, OutlineSection

Write = Callable[[Builder, Sequence[Configuration], OutlineSection], Section | None]
"""Function that builds a section from the configurations of its question and its entry in the outline.

Its result is None if there is nothing to show.
"""


@dataclass(frozen=True)
class Writer:
    """A function that builds a section, and the ids of the elements that it may make, without their slugs."""

    write: Write
    elements: tuple[str, ...]


GAN_ABLATION = ("figure-gan_ablation_curves", "figure-ablation_samples", "table-gan_ablation")
"""Elements that both GAN ablations make."""

CODE = (
    *("listing-interpolation", "listing-ends", "listing-counting", "listing-digits"),
    *("listing-vae_ablation", "listing-vae_conv", "listing-gan_mlp", "listing-gan_conv", "listing-gan_relu"),
)
"""Listings of code."""

WRITERS: Mapping[str, Writer] = {
    "settings": Writer(overview.build_settings, ("table-vae_settings", "table-gan_settings", "table-unfinished")),
    "background": Writer(overview.build_background, ()),
    "methods": Writer(overview.build_methods, ("table-networks", "table-yardsticks", "table-spreads")),
    "vae_curves": Writer(
        vae.build_curves,
        ("figure-vae_curves", "figure-vae_overlay", "table-vae_losses", "figure-vae_progress", "figure-vae_alone"),
    ),
    "vae_images": Writer(
        vae.build_images, ("figure-vae_images", "figure-vae_samples", "table-vae_reading", "figure-vae_readings")
    ),
    "vae_space": Writer(latent.build_space, ("table-vae_space", "figure-vae_kl", "figure-vae_latents")),
    "vae_fid": Writer(vae.build_fid, ("table-vae_fid",)),
    "vae_effect": Writer(vae.build_effect, ("table-vae_effect", "table-vae_steps", "figure-vae_scores")),
    "vae_ablation": Writer(
        vae.build_ablation,
        (
            "figure-vae_ablation_curves",
            "figure-vae_ablation_images",
            "table-vae_ablation",
        ),
    ),
    "gan_curves": Writer(
        gan.build_curves,
        ("figure-gan_curves", "figure-gan_overlay", "table-gan_settling", "figure-gan_alone"),
    ),
    "gan_images": Writer(gan.build_images, ("figure-gan_images", "figure-gan_evolution")),
    "gan_fid": Writer(gan.build_fid, ("table-gan_fid",)),
    "gan_effect": Writer(gan.build_effect, ("table-gan_effect",)),
    "gan_hidden": Writer(
        gan.build_hidden_sweep,
        ("table-gan_hidden", "figure-gan_scores", "figure-gan_hidden_curves", "figure-gan_worst"),
    ),
    "nash": Writer(gan.build_equilibrium, ("table-nash", "figure-discriminator", "table-discriminator")),
    "scores": Writer(fidelity.build_scores, ("table-scores",)),
    "comparison": Writer(comparison.build_comparison, ("figure-comparison", "table-comparison")),
    "interpolation": Writer(
        interpolation.build_interpolation,
        (
            "figure-interpolation",
            "figure-extrapolation",
            "figure-spherical",
            "table-interpolation",
        ),
    ),
    "collapse": Writer(
        collapse.build_collapse,
        (
            "figure-counted",
            "table-digits",
            "figure-histogram",
            "table-variety",
            "figure-nearest",
        ),
    ),
    "gan_mlp": Writer(partial(gan.build_ablation, name="gan_mlp"), GAN_ABLATION),
    "gan_relu": Writer(partial(gan.build_ablation, name="gan_relu"), GAN_ABLATION),
    "published": Writer(published.build_published, ("figure-published", "table-published")),
    "code": Writer(code.build_code, CODE),
    "appendix": Writer(
        overview.build_appendix,
        (
            *("table-all_runs", "table-imported", "table-costs"),
            *("table-failed_scores", "table-reliability", "table-calibration"),
        ),
    ),
}
"""Writers by section id."""
CHAPTERS = ("vae", "gan")
"""Sections without a writer."""

assert {*WRITERS, *CHAPTERS} == set(WRITTEN_SECTIONS), "every section that an outline may name is written"


def build_section(b: Builder, wanted: OutlineSection, noted: Sequence[str]) -> Section | None:
    """Build a section and its subsections; None if it has no content and no note."""
    written = _write(b, wanted)
    parts = [part for part in (build_section(b, w, noted) for w in wanted.sections) if part is not None]
    if written is None and not parts and wanted.id not in noted:
        return None
    section = written or Section(wanted.id, "", "", ())
    question = _label_question(b, wanted.question)
    return dataclasses.replace(section, title=title_of(b, wanted), question=question, sections=tuple(parts))


def _write(b: Builder, wanted: OutlineSection) -> Section | None:
    """Return the section built by its writer; None for a chapter, which has no writer."""
    writer = WRITERS.get(wanted.id)
    if writer is None:
        return None
    section = writer.write(b, find_runs(b.results, wanted), wanted)
    for block in section.blocks if section else ():
        if isinstance(block, Element):
            assert _is_among(block.id, writer.elements), f"{wanted.id} makes {block.id}, which its writer does not list"
    return section


def can_be_made(id_: str) -> bool:
    """Return True if any section, in this outline or not, may make an element with this id."""
    return any(_is_among(id_, writer.elements) for writer in WRITERS.values())


def _is_among(id_: str, names: Sequence[str]) -> bool:
    """Return True if an element's id is one of these names, with or without a slug after it."""
    return any(id_ == name or id_.startswith(f"{name}-") for name in names)


def _label_question(b: Builder, question: str) -> str:
    """Return the label of the homework's question, or an empty text without one."""
    number = question.replace(", ", b.t("caption.list_separator"))
    return b.t("label.question", number=number) if question else ""
