"""The VAE's sections: items 2 to 6 of the homework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from reportgen.paper.analysis.results import INCEPTION, Configuration
from reportgen.paper.claims.scores import (
    Named,
    claim_best,
    claim_noise,
    claim_other_scores,
    claim_reading,
    claim_threshold,
)
from reportgen.paper.claims.vae import (
    claim_ablation,
    claim_effect,
    claim_gap,
    claim_kept,
    claim_lowest,
    claim_sharpness,
    compute_gap,
)
from reportgen.paper.i18n.translator import Number
from reportgen.paper.report.builder import Builder, pick
from reportgen.paper.report.model import Block, Cell, Line, Paragraph, Picture, Section, Table
from reportgen.paper.report.pictures import draw_fid_over, draw_vae_curves, show_samples

THRESHOLD = 40
"""The course's, on the Inception FID."""


# ---- curves ---------------------------------------------------------------------------------------------------------


def build_curves(b: Builder, sweep: Sequence[Configuration]) -> Section | None:
    if not sweep:
        return None
    shown = pick(sweep)
    blocks: list[Block] = [b.text("vae.curves"), *b.tell_picked(sweep)]
    blocks += [_show_curves(b, [c], "vae_curves", c.slug, c.label) for c in shown]
    if len(shown) > 1:
        blocks.append(_show_curves(b, shown, "vae_overlay"))
    losses = _tabulate_losses(b, sweep)
    claims = b.claims([claim_gap(sweep, losses.id), claim_lowest(sweep, losses.id)])
    return b.section("vae_curves", *blocks, losses, *claims, b.explanation("vae.curves_theory"))


def _tabulate_losses(b: Builder, sweep: Sequence[Configuration]) -> Table:
    """The total loss on training and dev data at the end of training, and where that on dev data was lowest."""
    rows = [
        [
            b.name_cell(c),
            b.interval_cell(c.tail("train_total"), 1),
            b.interval_cell(c.tail("dev_total"), 1),
            b.number_cell(compute_gap(c), 1),
            b.estimate_cell(c.rise_since_lowest("dev_total"), 1),
            Cell(b.list_plainly(c.lowest_steps("dev_total")), is_number=True),
        ]
        for c in sweep
    ]
    header = ["configuration", "train_total", "dev_total", "gap", "rise", "lowest_step"]
    return b.table("vae_losses", header, rows, sweep, note=(*b.line("vae.losses_note"), *_tell_floors(b, sweep[0])))


def _tell_floors(b: Builder, c: Configuration) -> Line:
    """What even perfect reconstruction costs."""
    return b.line("vae.floors", train=Number(c.floor("train"), 1), dev=Number(c.floor("dev"), 1))


def _show_curves(b: Builder, shown: Sequence[Configuration], id_: str, slug: str = "", label: str = "") -> Block:
    return b.figure(id_, lambda: [draw_vae_curves(b, shown)], shown, slug=slug, label=label)


# ---- images ---------------------------------------------------------------------------------------------------------


def draw_vae_grids(b: Builder, c: Configuration) -> list[Picture]:
    """Dev images, reconstructions and samples at the last step."""
    return [_draw_grid(b, c, grid) for grid in ("dev", "reconstructions", "samples")]


def _draw_grid(b: Builder, c: Configuration, grid: str, label: str = "") -> Picture:
    """A grid at the last step; its label is that of the model where several are shown."""
    return Picture(
        c.first.read_image(c.first.find_grid(grid)),
        "image/png",
        b.t(f"alt.{grid}", label=c.label),
        55,
        label or b.t(f"grid.{grid}"),
        pixelated=True,
    )


def build_images(b: Builder, sweep: Sequence[Configuration]) -> Section | None:
    if not sweep:
        return None
    figures = [_show_images(b, c) for c in pick(sweep)]
    reading = [claim_reading(sweep, "table-vae_effect")] if len(sweep) > 1 else []
    return b.section(
        "vae_images",
        b.text("vae.images"),
        *b.tell_picked(sweep),
        *figures,
        *_read_reconstructions(b, sweep),
        *b.claims(reading),
    )


def _read_reconstructions(b: Builder, sweep: Sequence[Configuration]) -> list[Block]:
    """What reconstructions of dev digits read as, where some of the digits are readable."""
    kinds: tuple[Literal["same", "another", "unread"], ...] = ("same", "another", "unread")
    shares = {c: [share for kind in kinds if (share := c.reads_as(kind)) is not None] for c in sweep}
    if any(len(row) < len(kinds) for row in shares.values()):
        return []
    rows = [[b.name_cell(c), *(b.share_cell(share) for share in row)] for c, row in shares.items()]
    header = ["configuration", *(f"reads_{kind}" for kind in kinds)]
    table = b.table("vae_reading", header, rows, sweep, note=b.line("vae.reading_note"))
    named = [Named(c.label, row[0]) for c, row in shares.items()]
    return [b.text("vae.reading"), table, *b.claims([claim_kept(named, table.id)])]


def _show_images(b: Builder, c: Configuration) -> Block:
    return b.figure("vae_images", lambda: draw_vae_grids(b, c), [c.first_seed], slug=c.slug, label=c.label)


# ---- FID ------------------------------------------------------------------------------------------------------------


def build_fid(b: Builder, sweep: Sequence[Configuration]) -> Section | None:
    if not sweep:
        return None
    fid = b.fid_cells(sweep)
    rows = [
        [
            b.name_cell(c),
            b.setting_cell(c.settings, "latent_dim"),
            *fid[c],
            b.estimate_cell(c.sharpness),
        ]
        for c in sweep
    ]
    header = ["configuration", "latent_dim", *b.fid_columns(), "sharpness"]
    blocks: list[Block] = [b.table("vae_fid", header, rows, sweep, note=b.passport(sweep))]
    sharpness = [claim_sharpness(sweep, "table-vae_fid")] if len(sweep) > 1 else []
    claims = b.claims([*sharpness, *claim_noise(sweep, "table-vae_fid")])
    return b.section("vae_fid", *blocks, *discuss_best(b, sweep, "table-vae_fid", THRESHOLD), *claims)


def discuss_best(b: Builder, configurations: Sequence[Configuration], table: str, threshold: int) -> list[Block]:
    """The best by every detector, and the course's threshold where its own FID is at hand."""
    blocks: list[Block] = []
    if len(configurations) > 1:
        for detector in b.results.detectors:
            blocks += b.claims(claim_best(configurations, table, detector))
    if INCEPTION in b.results.detectors:
        return [*blocks, b.claim(claim_threshold(configurations, threshold, table))]
    return [*blocks, b.notice("threshold.unknown", threshold=threshold)]


# ---- effect of the latent dimension ---------------------------------------------------------------------------------


def build_effect(b: Builder, sweep: Sequence[Configuration]) -> Section | None:
    if len(sweep) < 2:
        return None
    rows = [
        [
            b.name_cell(c),
            *(b.estimate_cell(c.last(name), 1) for name in ("dev_reconstruction", "dev_kl", "dev_total")),
            b.number_cell(c.last("dev_reconstruction").mean - c.floor("dev"), 1),
            b.estimate_cell(c.fid),
            b.share_cell(c.read_share),
        ]
        for c in sweep
    ]
    losses = ("dev_reconstruction", "dev_kl", "dev_total", "above_floor")
    header = ["configuration", *losses, "fid_classifier", "read_share"]
    return b.section(
        "vae_effect",
        b.text("vae.effect"),
        b.table("vae_effect", header, rows, sweep, note=b.passport(sweep)),
        b.figure("vae_scores", lambda: [draw_fid_over(b, sweep, "latent_dim")], sweep),
        *b.claims(claim_effect(sweep, "table-vae_effect")),
        b.explanation("vae.effect_theory"),
    )


# ---- the all-linear ablation ----------------------------------------------------------------------------------------


def build_ablation(b: Builder, ablations: Sequence[Configuration]) -> Section | None:
    """Each ablated VAE with the convolutional one that it is compared with."""
    if not ablations:
        return None
    blocks: list[Block] = [b.text("vae.ablation"), *b.tell_picked(ablations)]
    for ablated in pick(ablations):
        blocks += _show_ablation(b, ablated, b.find_baseline(ablated))
    return b.section("vae_ablation", *blocks, b.explanation("vae.ablation_theory"))


def _show_ablation(b: Builder, ablated: Configuration, conv: Configuration | None) -> list[Block]:
    slug = ablated.slug
    shown = [ablated] if conv is None else [conv, ablated]
    fid = b.fid_cells(shown)
    rows = [
        [
            b.name_cell(c),
            *fid[c],
            b.estimate_cell(c.last("dev_reconstruction"), 1),
            b.estimate_cell(c.last("dev_kl"), 1),
            b.estimate_cell(c.last("dev_total"), 1),
            b.estimate_cell(c.sharpness),
            b.share_cell(c.read_share),
        ]
        for c in shown
    ]
    header = ["configuration", *b.fid_columns(), "dev_reconstruction", "dev_kl", "dev_total", "sharpness", "read_share"]
    table = b.table("vae_ablation", header, rows, shown, slug=slug, note=b.passport(shown))
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
    """The dev images, and what each VAE makes of them."""
    return [_draw_grid(b, shown[0], "dev"), *(_draw_grid(b, c, "reconstructions", c.label) for c in shown)]


def _discuss_ablation(b: Builder, ablated: Configuration, conv: Configuration, table: str) -> list[Paragraph]:
    return b.claims([*claim_ablation(ablated, conv, table), *claim_other_scores(ablated, conv, "table-scores")])
