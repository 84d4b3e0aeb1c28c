"""Sections on the VAE: items 2 to 6 of the homework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.paper.analysis.measuring import is_measured
from reportgen.paper.analysis.quantities import RECONSTRUCTIONS
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_baseline, pick
from reportgen.paper.claims.scores import (
    claim_best,
    claim_noise,
    claim_other_scores,
    claim_reading,
    claim_size,
    claim_threshold,
)
from reportgen.paper.claims.vae import (
    claim_ablation,
    claim_effect,
    claim_gap,
    claim_lowest,
    claim_reconstruction,
    claim_sharpness,
)
from reportgen.paper.i18n.quantities import write_value
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.latent import make_changes_column, show_readings
from reportgen.paper.report.model import Block, Cell, Line, Paragraph, Picture, Section, Table
from reportgen.paper.report.pictures import draw_fid_over, draw_vae_curves, name_fid, show_progress, show_samples
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import Question

# ---- curves ---------------------------------------------------------------------------------------------------------


def build_curves(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with the training curves of each VAE and an overlay of several; None without any."""
    if not sweep:
        return None
    shown = pick(sweep)
    blocks: list[Block] = [b.text("vae_curves.intro"), *b.describe_selection(sweep)]
    blocks += [_show_curves(b, [c], "vae_curves", c.slug, c.label) for c in shown]
    if len(shown) > 1:
        blocks.append(_show_curves(b, shown, "vae_overlay"))
    losses = _tabulate_losses(b, sweep)
    claims = b.claims([claim_gap(sweep, losses.id), claim_lowest(sweep, losses.id)])
    progress = show_progress(b, "vae_progress", sweep)
    return b.section("vae_curves", *blocks, losses, *claims, *progress, b.explanation("vae_curves.theory"))


def _tabulate_losses(b: Builder, sweep: Sequence[Configuration]) -> Table:
    """Tabulate the total loss on training and dev data at the end of training, and the step of its lowest dev value."""
    lowest = Column("lowest_step", lambda c: Cell(b.join_numbers(c.lowest_steps("dev_total")), is_number=True))
    columns = ("tail_train_total", "tail_dev_total", "gap", "rise_dev_total", lowest)
    note = (*b.line("vae_curves.losses_note"), *_describe_floors(b, sweep[0]))
    return b.table_of("vae_losses", sweep, columns, note=note)


def _describe_floors(b: Builder, c: Configuration) -> Line:
    """Return a line with the loss of perfect reconstruction on training and dev data, in nats per image."""
    return b.line(
        "vae_curves.floors",
        train=write_value("tail_train_total", c.floor("train")),
        dev=write_value("tail_dev_total", c.floor("dev")),
    )


def _show_curves(b: Builder, shown: Sequence[Configuration], id_: str, slug: str = "", label: str = "") -> Block:
    return b.figure(id_, lambda: [draw_vae_curves(b, shown)], shown, slug=slug, label=label)


# ---- images ---------------------------------------------------------------------------------------------------------


GRIDS: Mapping[str, tuple[str, str]] = {
    "dev": ("alt.dev", "grid.dev"),
    "reconstructions": ("alt.reconstructions", "grid.reconstructions"),
    "samples": ("alt.samples", "grid.samples"),
}
"""Grids drawn in a VAE's training, with the messages of their alternative text and title."""


def draw_vae_grids(b: Builder, c: Configuration) -> list[Picture]:
    """Return the grids of dev images, reconstructions and samples at the last step."""
    return [_draw_grid(b, c, grid) for grid in GRIDS]


def _draw_grid(b: Builder, c: Configuration, grid: str, label: str = "") -> Picture:
    """Return a grid at the last step, titled with its kind unless ``label`` is given."""
    return Picture(
        c.first.read_image(c.first.find_grid(grid)),
        "image/png",
        b.t(GRIDS[grid][0], label=c.label),
        55,
        label or b.t(GRIDS[grid][1]),
        pixelated=True,
    )


def build_images(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with dev images, reconstructions and samples of each VAE; None without any."""
    if not sweep:
        return None
    figures = [_show_images(b, c) for c in pick(sweep)]
    reading = [claim_reading(sweep, "table-vae_effect")] if len(sweep) > 1 else []
    return b.section(
        "vae_images",
        b.text("vae_images.intro"),
        *b.describe_selection(sweep),
        *figures,
        *_read_reconstructions(b, sweep),
        *b.claims(reading),
    )


def _read_reconstructions(b: Builder, sweep: Sequence[Configuration]) -> list[Block]:
    """Return the table and findings on readable reconstructions; nothing if they were not measured."""
    measured = [quantity.name for quantity in RECONSTRUCTIONS]
    if not all(is_measured(name, sweep) for name in measured):
        return []
    columns: list[str | Column] = [*measured, make_changes_column(b)]
    table = b.table_of("vae_reading", sweep, columns, note=b.line("vae_images.reading_note"))
    claims = b.claims([claim_reconstruction(sweep, table.id)])
    return [b.text("vae_images.reading"), table, show_readings(b, pick(sweep)), *claims]


def _show_images(b: Builder, c: Configuration) -> Block:
    return b.figure("vae_images", lambda: draw_vae_grids(b, c), [c.first_seed], slug=c.slug, label=c.label)


# ---- FID ------------------------------------------------------------------------------------------------------------


def build_fid(b: Builder, sweep: Sequence[Configuration], wanted: OutlineSection) -> Section | None:
    """Build the section with FID over the latent dimension; None without any VAE."""
    if not sweep:
        return None
    table = b.table_of("vae_fid", sweep, ["latent_dim", *b.fids, "sharpness"], note=b.passport(sweep))
    sharpness = [claim_sharpness(sweep, table.id)] if len(sweep) > 1 else []
    claims = b.claims([*sharpness, *claim_noise(sweep, table.id)])
    tables = dict.fromkeys(b.fids, table.id)
    return b.section("vae_fid", table, *discuss_best(b, sweep, tables, wanted.fid_below.get("vae")), *claims)


def discuss_best(
    b: Builder, configurations: Sequence[Configuration], tables: Mapping[str, str], fid_below: int | None
) -> list[Block]:
    """Return findings on the best configuration by each FID, and on the outline's FID threshold, if any.

    Args:
        tables: name of a FID -> the id of the table that shows it.
    """
    blocks: list[Block] = []
    if len(configurations) > 1:
        for fid in b.order_fids(configurations):
            blocks += b.claims(claim_best(configurations, tables[fid], fid))
    if fid_below is None:
        return blocks
    if not is_measured("fid_inception", configurations):
        return [*blocks, b.notice("threshold.no_inception", threshold=fid_below)]
    return [*blocks, b.claim(claim_threshold(configurations, fid_below, tables["fid_inception"]))]


# ---- effect of the latent dimension ---------------------------------------------------------------------------------


def build_effect(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the effect of the latent dimension; None for fewer than two configurations."""
    if len(sweep) < 2:
        return None
    columns = ["dev_reconstruction", "dev_kl", "dev_total", "above_floor", *b.fids, "read_share"]
    return b.section(
        "vae_effect",
        b.text("vae_effect.intro"),
        b.table_of("vae_effect", sweep, columns, note=b.passport(sweep), marks_best=False),
        b.figure("vae_scores", lambda: [draw_fid_over(b, sweep, "latent_dim")], sweep, score=name_fid(sweep)),
        *b.claims(claim_effect(sweep, "table-vae_effect")),
        b.explanation("vae_effect.theory"),
    )


# ---- the all-linear ablation ----------------------------------------------------------------------------------------


ABLATION_TABLES: Mapping[Question, str] = {"vae_architecture": "vae_ablation"}
"""Beginnings of the ids of ablation tables, by the question that asks for the ablation of a VAE."""


def build_ablation(b: Builder, ablations: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on each ablated VAE next to its convolutional baseline; None without any."""
    if not ablations:
        return None
    blocks: list[Block] = [b.text("vae_ablation.intro"), *b.describe_selection(ablations)]
    for ablated in pick(ablations):
        blocks += _show_ablation(b, ablated, find_baseline(b.results, ablated))
    return b.section("vae_ablation", *blocks, b.explanation("vae_ablation.theory"))


def _show_ablation(b: Builder, ablated: Configuration, conv: Configuration | None) -> list[Block]:
    slug = ablated.slug
    shown = [ablated] if conv is None else [conv, ablated]
    columns = [*b.fids, "dev_reconstruction", "dev_kl", "dev_total", "prior_distance", "sharpness", "read_share"]
    table = b.table_of("vae_ablation", shown, columns, slug=slug, note=b.passport(shown))
    return [
        b.listing("vae_ablation", ablated, "model", slug=slug, label=ablated.label),
        b.figure("vae_ablation_curves", lambda: [draw_vae_curves(b, shown)], shown, slug=slug),
        b.figure(
            "vae_ablation_images", lambda: _draw_reconstructions(b, shown), [c.first_seed for c in shown], slug=slug
        ),
        show_samples(b, shown, slug),
        table,
        *(_discuss_ablation(b, ablated, conv, table.id) if conv is not None else []),
    ]


def _draw_reconstructions(b: Builder, shown: Sequence[Configuration]) -> list[Picture]:
    """Return the dev images, followed by each VAE's reconstructions of them."""
    return [_draw_grid(b, shown[0], "dev"), *(_draw_grid(b, c, "reconstructions", c.label) for c in shown)]


def _discuss_ablation(b: Builder, ablated: Configuration, conv: Configuration, table: str) -> list[Paragraph]:
    others = claim_other_scores(ablated, conv, "table-scores")
    return b.claims([*claim_ablation(ablated, conv, table), *others, *claim_size(ablated, conv, "table-costs")])
