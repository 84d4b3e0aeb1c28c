"""Sections on the VAE: items 2 to 6 of the homework."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from reportgen.paper.analysis.measuring import is_measured
from reportgen.paper.analysis.quantities import RECONSTRUCTIONS
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import MAX_SHOWN, find_baseline, pick
from reportgen.paper.analysis.trainings import select_logged
from reportgen.paper.analysis.vaes import do_samples_follow
from reportgen.paper.claims.scores import claim_alone, claim_threshold
from reportgen.paper.claims.vae import (
    claim_ablation,
    claim_balance,
    claim_best_vae,
    claim_cause,
    claim_confusions,
    claim_curves,
    claim_decoder,
    claim_effect,
    claim_exchange,
    claim_images,
    claim_learning,
)
from reportgen.paper.figures.images import Strips
from reportgen.paper.i18n.quantities import write_value
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.changes import change_between, tabulate_changes, tabulate_pair
from reportgen.paper.report.code import point_to_code
from reportgen.paper.report.latent import show_readings
from reportgen.paper.report.model import Block, Cell, Line, Paragraph, Picture, Section, Table
from reportgen.paper.report.pictures import (
    draw_fid_over,
    draw_rows,
    draw_vae_overlay,
    draw_vae_rows,
    list_samples,
    name_fid,
    read_images,
    show_progress,
)
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import VaeSettings

# ---- curves ---------------------------------------------------------------------------------------------------------


def build_curves(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with the training curves of all VAEs, overlaid and each in a row; None without any."""
    sweep, alone = select_logged(sweep), _show_curves_alone(b)
    if not sweep:
        return b.section("vae_curves", *alone) if alone else None
    shown, losses = pick(sweep), _tabulate_losses(b, sweep)
    progress = show_progress(b, "vae_progress", sweep)
    overlay = [b.figure("vae_overlay", lambda: [draw_vae_overlay(b, shown)])] if len(shown) > 1 else []
    return b.section(
        "vae_curves",
        *b.answer(claim_curves(sweep, losses.id)),
        *b.describe_selection(sweep),
        *overlay,
        b.figure("vae_curves", lambda: draw_vae_rows(b, shown)),
        losses,
        *b.claims([claim_learning(sweep, "figure-vae_overlay" if overlay else losses.id)]),
        *(progress[:1] if progress and do_samples_follow(sweep) else progress),
        *alone,
    )


def _show_curves_alone(b: Builder) -> list[Block]:
    """Return the figure of the curves of VAEs whose weights were not imported; nothing without any."""
    alone = select_logged([c for c in b.results.curves_alone if isinstance(c.settings, VaeSettings)])
    return [b.figure("vae_alone", lambda: [draw_vae_overlay(b, alone[:MAX_SHOWN])])] if alone else []


def _tabulate_losses(b: Builder, sweep: Sequence[Configuration]) -> Table:
    """Tabulate the total loss on training and dev data at the end of training, and the step of its lowest dev value."""
    lowest = Column(
        "lowest_step", lambda c: Cell(b.join_numbers(sorted({*c.lowest_steps("dev_total")})), is_number=True)
    )
    columns = ("tail_train_total", "tail_dev_total", "gap", "rise_dev_total", lowest)
    note = (
        *b.line("vae_curves.losses_note", over=b.name_spread(sweep, "steps"), every=_list_intervals(b, sweep)),
        *_describe_floors(b, sweep[0]),
    )
    return b.table_of("vae_losses", sweep, columns, note=note)


def _list_intervals(b: Builder, sweep: Sequence[Configuration]) -> str:
    """Return how many steps lie between two measurements of dev losses."""
    return b.join_numbers(sorted({c.settings.image_interval for c in sweep}))


def _describe_floors(b: Builder, c: Configuration) -> Line:
    """Return a line with the loss of perfect reconstruction on training and dev data, in nats per image."""
    return b.line(
        "vae_curves.floors",
        train=write_value("tail_train_total", c.floor("train")),
        dev=write_value("tail_dev_total", c.floor("dev")),
    )


# ---- images ---------------------------------------------------------------------------------------------------------


def build_images(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with dev images, and the reconstructions and samples of each VAE; None without any."""
    if not sweep:
        return None
    reading = _read_reconstructions(b, sweep)
    evidence = "table-vae_reading" if reading else "figure-vae_images"
    findings = [claim_confusions(sweep, evidence)] if reading else []
    return b.section(
        "vae_images",
        *b.answer(claim_images(sweep, evidence)),
        *b.describe_selection(sweep),
        *_show_images(b, pick(sweep)),
        *reading,
        *b.claims([*findings, claim_balance(sweep, "figure-vae_samples")]),
    )


def _show_images(b: Builder, shown: Sequence[Configuration]) -> list[Block]:
    """Return the figures of dev images with each VAE's reconstructions of them, and of each VAE's samples."""
    labels = b.labels(shown)
    return [
        b.figure(
            "vae_images",
            lambda: [draw_rows(b, [_list_reconstructions(b, shown)], b.t("alt.reconstructions", labels=labels))],
        ),
        b.figure("vae_samples", lambda: [draw_rows(b, [list_samples(shown)], b.t("alt.samples", labels=labels))]),
    ]


def _list_reconstructions(b: Builder, shown: Sequence[Configuration], title: str = "") -> Strips:
    """Return a row of dev images, and a row of their reconstructions by each VAE."""
    rows = [read_images(shown[0], "dev"), *(read_images(c, "reconstructions") for c in shown)]
    return Strips(np.stack(rows), (b.t("grid.dev"), *(c.label for c in shown)), title)


def _read_reconstructions(b: Builder, sweep: Sequence[Configuration]) -> list[Block]:
    """Return the table and the figure of what reconstructions are read as; nothing if they were not measured."""
    measured = [quantity.name for quantity in RECONSTRUCTIONS]
    if not all(is_measured(name, sweep) for name in measured):
        return []
    table = b.table_of(
        "vae_reading", sweep, measured, note=b.line("vae_images.reading_note", over=b.name_spread(sweep, "images"))
    )
    return [table, show_readings(b, pick(sweep))]


# ---- FID ------------------------------------------------------------------------------------------------------------


def build_fid(b: Builder, sweep: Sequence[Configuration], wanted: OutlineSection) -> Section | None:
    """Build the section with FID over the latent dimension; None without any VAE."""
    if not sweep:
        return None
    threshold = wanted.fid_below.get("vae")
    note = b.passport(sweep, threshold=threshold)
    table = b.table_of("vae_fid", sweep, ["latent_dim", *b.fids, "sharpness"], note=note)
    judged = claim_threshold(sweep, threshold, table.id)
    return b.section("vae_fid", *b.answer(claim_best_vae(sweep, table.id)), table, *b.claims([judged]))


# ---- effect of the latent dimension ---------------------------------------------------------------------------------


STEPPED = ("dev_reconstruction", "dev_kl", "prior_distance", "read_share")
"""Quantities whose changes from one latent dimension to the next are tabulated, beside FID."""


def build_effect(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the effect of the latent dimension; None for fewer than two configurations."""
    if len(sweep) < 2:
        return None
    columns = ["dev_reconstruction", "dev_kl", "dev_total", *b.fids, "read_share"]
    geometric = b.line("vae_effect.geometric") if any(len(c.runs) > 1 for c in sweep) else ()
    table = b.table_of("vae_effect", sweep, columns, note=(*geometric, *b.passport(sweep)), marks_best=False)
    quantities = [*b.order_fids(sweep)[:1], *STEPPED]
    steps = [change_between(low, high, quantities) for low, high in itertools.pairwise(sweep)]
    return b.section(
        "vae_effect",
        *b.answer(claim_effect(sweep, table.id)),
        table,
        tabulate_changes(b, "vae_steps", steps, sweep),
        b.figure("vae_scores", lambda: [draw_fid_over(b, sweep, "latent_dim")], score=name_fid(sweep)),
        *b.claims([claim_exchange(sweep, table.id)]),
    )


# ---- the all-linear ablation ----------------------------------------------------------------------------------------


COMPARED = ("dev_reconstruction", "dev_kl", "dev_total", "prior_distance", "sharpness", "read_share")
"""Quantities in which an ablated VAE is held against its baseline, beside FID."""


def build_ablation(b: Builder, ablations: Sequence[Configuration], wanted: OutlineSection) -> Section | None:
    """Build the section on each ablated VAE next to its convolutional baseline; None without any."""
    if not ablations:
        return None
    blocks = [block for c in pick(ablations) for block in _show_ablation(b, c, find_baseline(b.results, c))]
    return b.section("vae_ablation", *b.describe_selection(ablations), *blocks, *point_to_code(b, wanted))


def _show_ablation(b: Builder, ablated: Configuration, conv: Configuration | None) -> list[Block]:
    slug = ablated.slug
    shown = [ablated] if conv is None else [conv, ablated]
    table = _tabulate_ablation(b, shown, slug)
    figures = _show_figures(b, shown, slug)
    if conv is None:
        return [*b.answer(claim_alone("vae_ablation", ablated, table.id)), table, *figures]
    answer = claim_ablation(ablated, conv, table.id)
    return [*b.answer(answer), table, *figures, *_discuss_ablation(b, ablated, conv, table.id)]


def _tabulate_ablation(b: Builder, shown: Sequence[Configuration], slug: str) -> Table:
    if len(shown) == 2:
        return tabulate_pair(b, "vae_ablation", shown, [*b.order_fids(shown), *COMPARED], slug=slug)
    return b.table_of("vae_ablation", shown, [*b.fids, *COMPARED], slug=slug, note=b.passport(shown))


def _show_figures(b: Builder, shown: Sequence[Configuration], slug: str) -> list[Block]:
    """Return the figures of images and, if they were logged, of curves."""
    logged = select_logged(shown)
    return [
        b.figure("vae_ablation_images", lambda: [_draw_ablation(b, shown)], slug=slug, labels=b.labels(shown)),
        *([b.figure("vae_ablation_curves", lambda: [draw_vae_overlay(b, logged)], slug=slug)] if logged else []),
    ]


def _draw_ablation(b: Builder, shown: Sequence[Configuration]) -> Picture:
    """Draw reconstructions of the same dev images, and samples."""
    panels = [
        _list_reconstructions(b, shown, b.t("grid.reconstructions")),
        list_samples(shown, b.t("grid.samples")),
    ]
    return draw_rows(b, panels, b.t("alt.vae_ablation", labels=b.labels(shown)))


def _discuss_ablation(b: Builder, ablated: Configuration, conv: Configuration, table: str) -> list[Paragraph]:
    return b.claims([claim_cause(ablated, conv, table), claim_decoder(ablated, conv, "table-costs")])
