"""Sections on the GAN: items 7 to 12, 16 and 17 of the homework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from reportgen.paper.analysis.dimensions import DIMENSIONS, Dimension, Pair, judge_influence, pair_along
from reportgen.paper.analysis.effects import Effect
from reportgen.paper.analysis.findings import find_best, find_worst, pool_evolutions, read_evolution
from reportgen.paper.analysis.measuring import choose_fid
from reportgen.paper.analysis.quantities import AT_HALF, DISCRIMINATORS
from reportgen.paper.analysis.results import SEPARATION, Configuration
from reportgen.paper.analysis.selection import (
    MAX_SHOWN,
    find_baseline,
    pick,
    pick_steps,
    select_model,
    select_plain_gans,
)
from reportgen.paper.analysis.trainings import has_curves, has_sample_scores, judge_equilibria, select_logged
from reportgen.paper.claims.claim import Claim
from reportgen.paper.claims.gan import (
    LOSSES,
    claim_best_cell,
    claim_curves,
    claim_effect,
    claim_equilibrium,
    claim_evolution,
    claim_hidden,
    claim_lead,
    claim_losses,
    claim_quality,
    claim_stability,
    claim_steadiness,
    claim_trap,
    claim_wide_losses,
    claim_worst,
    hidden_dim,
)
from reportgen.paper.claims.gan_ablation import GanAblation, claim_ablation, claim_gradient, claim_grain, claim_weights
from reportgen.paper.claims.gan_ablation import claim_losses as claim_game
from reportgen.paper.claims.progress import claim_progress
from reportgen.paper.claims.scores import claim_alone, claim_threshold
from reportgen.paper.figures.images import Strips
from reportgen.paper.i18n.quantities import write_mean
from reportgen.paper.i18n.translator import Message, Number, Value
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.changes import Change, tabulate_changes, tabulate_pair
from reportgen.paper.report.code import point_to_code
from reportgen.paper.report.model import Block, Cell, Picture, Section, Table
from reportgen.paper.report.pictures import (
    COLUMNS_OF_IMAGES,
    describe_fid,
    draw_discriminators,
    draw_fid_over,
    draw_gan_overlay,
    draw_gan_rows,
    draw_rows,
    list_samples,
    name_fid,
    read_images,
    show_samples,
)
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import GanSettings

ENDS = ("D_x", "D_G_z1", "D_G_z2", *LOSSES)
"""Quantities whose mean and spread at the end of training are compared with the equilibrium."""


# ---- curves ---------------------------------------------------------------------------------------------------------


def build_curves(b: Builder, grid: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with the training curves of all GANs, overlaid and each in a row; None without any."""
    grid, alone = select_logged(grid), _show_curves_alone(b)
    if not grid:
        return b.section("gan_curves", *alone) if alone else None
    shown = pick(grid)
    settling = b.table_of("gan_settling", grid, [f"{kind}_{loss}" for kind in ("spread", "change") for loss in LOSSES])
    blocks: list[Block] = [*b.answer(claim_curves(judge_equilibria(grid), settling.id)), *b.describe_selection(grid)]
    rows = b.figure("gan_curves", lambda: draw_gan_rows(b, shown))
    overlay = b.figure("gan_overlay", lambda: [draw_gan_overlay(b, shown)], fid=describe_fid(b, grid))
    progress = b.claims(claim_progress(grid, overlay.id)) if has_sample_scores(grid) else []
    return b.section("gan_curves", *blocks, overlay, rows, settling, *progress, *alone)


def _show_curves_alone(b: Builder) -> list[Block]:
    """Return the figure of the curves of GANs whose weights were not imported; nothing without any."""
    alone = select_logged([c for c in b.results.curves_alone if isinstance(c.settings, GanSettings)])
    return [b.figure("gan_alone", lambda: [draw_gan_overlay(b, alone[:MAX_SHOWN])])] if alone else []


# ---- images ---------------------------------------------------------------------------------------------------------


def build_images(b: Builder, grid: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with each GAN's samples at the end and over training; None without any GAN."""
    if not grid:
        return None
    shown = pick(grid)
    blocks: list[Block] = [
        b.figure("gan_images", lambda: [_draw_read(b, shown)]),
        b.figure("gan_evolution", lambda: [_draw_evolutions(b, shown)], num=read_evolution(shown[0]).num),
    ]
    answer, findings = _discuss_evolution(grid)
    return b.section("gan_images", *b.answer(answer), *b.describe_selection(grid), *blocks, *b.claims(findings))


def _discuss_evolution(grid: Sequence[Configuration]) -> tuple[Claim, list[Claim | None]]:
    """Return the answer and the findings on samples over training: of all GANs if they have images of the same steps.

    Otherwise they are of the best one alone.
    """
    pooled, told = pool_evolutions([read_evolution(c) for c in grid]), grid
    if pooled is None:
        told = [find_best(grid)]
        pooled = read_evolution(told[0])
    where = "figure-gan_evolution"
    answer = claim_evolution(told, pooled, pick_steps(pooled.counts), where)
    return answer, [claim_stability(pooled, where)]


def _draw_read(b: Builder, shown: Sequence[Configuration]) -> Picture:
    """Draw the last samples of each GAN beside the share of all its samples that is read."""
    shares = tuple(b.t.format(write_mean("read_share", c)) for c in shown)
    return draw_rows(b, [replace(list_samples(shown), readings=shares)], b.t("alt.samples", labels=b.labels(shown)))


def _draw_evolutions(b: Builder, shown: Sequence[Configuration]) -> Picture:
    """Draw each GAN's samples from fixed noise at some steps, two GANs side by side."""
    beside = min(2, len(shown))
    panels = [_list_evolution(b, c, COLUMNS_OF_IMAGES // beside) for c in shown]
    return draw_rows(b, panels, b.t("alt.evolution", labels=b.labels(shown)), beside)


def _list_evolution(b: Builder, c: Configuration, columns: int) -> Strips:
    """Return a row per step of a GAN's samples beside the number of readable ones."""
    evolution = read_evolution(c)
    steps = pick_steps(evolution.counts)
    return Strips(
        np.stack([read_images(c, "samples", step)[:columns] for step in steps]),
        tuple(b.t("grid.step", step=step) for step in steps),
        c.label,
        readings=tuple(f"{evolution.counts[step]}/{evolution.num}" for step in steps),
    )


# ---- FID ------------------------------------------------------------------------------------------------------------


def build_fid(b: Builder, grid: Sequence[Configuration], wanted: OutlineSection) -> Section | None:
    """Build the section with FID over the grid of dimensions, one table per detector; None without any GAN."""
    if not grid:
        return None
    threshold = wanted.fid_below.get("gan")
    tables = {fid: _tabulate_grid(b, grid, fid, threshold) for fid in b.fids}
    answer = claim_best_cell(grid, tables[choose_fid(grid)].id)
    judged = claim_threshold(grid, threshold, tables[b.fids[-1]].id)
    return b.section("gan_fid", *b.answer(answer), *tables.values(), *b.claims([judged]))


def _tabulate_grid(b: Builder, grid: Sequence[Configuration], fid: str, threshold: int | None) -> Table:
    """Tabulate the FID of one detector, latent_dim down and hidden_dim across.

    If other settings vary too, the table has one row per configuration instead.
    """
    at = {(c.settings.latent_dim, hidden_dim(c)): c for c in grid}
    if len(at) < len(grid):  # other settings vary too, so several configurations share a cell
        header, rows = b.tabulate(grid, [fid])
    else:
        cells = dict(zip(grid, b.quantity_cells(fid, grid), strict=True))
        latents, hiddens = (sorted(set(values)) for values in zip(*at, strict=True))
        header = ["", *(f"hidden_dim {hidden}" for hidden in hiddens)]
        rows = [
            [
                Cell(f"latent_dim {latent}", is_header=True),
                *(cells[at[latent, hidden]] if (latent, hidden) in at else Cell("–") for hidden in hiddens),
            ]
            for latent in latents
        ]
    slug = fid.removeprefix("fid_")
    note = b.passport(grid, threshold=threshold)
    return b.table("gan_fid", header, rows, slug=slug, note=note, score=Message(f"column.{fid}"))


# ---- effect of both dimensions --------------------------------------------------------------------------------------


def build_effect(b: Builder, grid: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the effect of both dimensions; None for fewer than two configurations."""
    if len(grid) < 2:
        return None
    table = _tabulate_effects(b, grid)
    logged = select_logged(grid)
    findings = [claim_losses(logged, table.id), claim_steadiness(logged, "table-gan_settling")] if logged else []
    return b.section("gan_effect", *b.answer(claim_effect(grid, table.id)), table, *b.claims(findings))


def _tabulate_effects(b: Builder, grid: Sequence[Configuration]) -> Table:
    """Tabulate what raising a dimension does: in every pair and on average; the values where no dimension varies."""
    columns = [choose_fid(grid), *reversed(LOSSES), "read_share"]
    pairs = {field: found for field in DIMENSIONS if (found := pair_along(grid, field))}
    changes = [change for field, found in pairs.items() for change in _list_changes(field, found, columns)]
    if not changes:
        return b.table_of("gan_effect", grid, columns, note=b.passport(grid, columns))
    return tabulate_changes(b, "gan_effect", changes, grid)


RAISED: Mapping[Dimension, tuple[str, str]] = {
    "hidden_dim": ("change.hidden", "change.hidden.mean"),
    "latent_dim": ("change.latent", "change.latent.mean"),
}
"""Raised dimension -> names of the change at one value of the other one, and of its mean."""


def _list_changes(field: Dimension, pairs: Sequence[Pair], columns: Sequence[str]) -> list[Change]:
    """Return the change from the smallest to the largest value of a dimension in every pair, and their mean."""
    other: Dimension = "latent_dim" if field == "hidden_dim" else "hidden_dim"
    at = [getattr(low.settings, other) for low, _ in pairs]
    ends: dict[str, Value] = {
        name: getattr(c.settings, field) for name, c in zip(("low", "high"), pairs[0], strict=True)
    }
    each, mean = RAISED[field]
    if len(set(at)) < len(at):  # other settings vary too
        names = [Message("change.pair", {"before": low.label, "after": high.label}) for low, high in pairs]
    else:
        names = [Message(each, {**ends, "at": value}) for value in at]
    changes = [Change(name, _read_effects(columns, pairs, row)) for row, name in enumerate(names)]
    return [*changes, Change(Message(mean, ends), _read_effects(columns, pairs))] if len(pairs) > 1 else changes


def _read_effects(columns: Sequence[str], pairs: Sequence[Pair], row: int | None = None) -> dict[str, Effect | None]:
    """Return the effects on some quantities in one of several pairs, by default their mean."""
    judged = {name: found for name in columns if (found := judge_influence(name, pairs)) is not None}
    effects = {name: found.main if row is None else found.each[row] for name, found in judged.items()}
    return {name: effects.get(name) for name in columns}


# ---- the hidden sweep -----------------------------------------------------------------------------------------------


def build_hidden_sweep(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the sweep of hidden_dim; None for fewer than two configurations."""
    if len(sweep) < 2:
        return None
    worst = find_worst(sweep)
    columns = [*b.fids, "read_share", "class_imbalance", "sharpness", *LOSSES]
    table = b.table_of("gan_hidden", sweep, ["hidden_dim", *columns], note=b.passport(sweep, columns))
    return b.section(
        "gan_hidden",
        *b.answer(claim_hidden(sweep, table.id)),
        table,
        b.figure("gan_scores", lambda: [draw_fid_over(b, sweep, "hidden_dim")], score=name_fid(sweep)),
        b.figure("gan_worst", lambda: [_draw_sweep(b, pick(sweep))], label=worst.label),
        *_show_curves(b, "gan_hidden_curves", pick(sweep), fid=describe_fid(b, sweep)),
        *b.claims([claim_wide_losses(select_logged(sweep), table.id), claim_worst(sweep, table.id)]),
    )


def _show_curves(b: Builder, id_: str, shown: Sequence[Configuration], slug: str = "", **values: Value) -> list[Block]:
    """Return the figure of the curves of some GANs overlaid; nothing if none logged them."""
    logged = select_logged(shown)
    return [b.figure(id_, lambda: [draw_gan_overlay(b, logged)], slug=slug, **values)] if logged else []


def _draw_sweep(b: Builder, shown: Sequence[Configuration]) -> Picture:
    return draw_rows(b, [list_samples(shown)], b.t("alt.samples", labels=b.labels(shown)))


# ---- equilibrium ----------------------------------------------------------------------------------------------------


def build_equilibrium(b: Builder, *_: object) -> Section | None:
    """Build the section on the nearness of all GANs to the Nash equilibrium; None without any GAN."""
    gans = select_model(b.results, GanSettings)
    if not gans:
        return None
    logged, shown = select_logged(gans), pick(b.results.answer("gan_grid") or gans)
    outputs = b.table_of("discriminator", shown, [quantity.name for quantity in DISCRIMINATORS])
    return b.section(
        "nash",
        *(_discuss_ends(b, logged) if logged else ()),
        b.figure("discriminator", lambda: [draw_discriminators(b, shown)]),
        outputs,
        *(b.claims([claim_lead(judge_equilibria(shown), outputs.id)]) if all(map(has_curves, shown)) else ()),
    )


def _discuss_ends(b: Builder, gans: Sequence[Configuration]) -> list[Block]:
    """Return the answer, the table and the finding on the end of training of GANs that logged it."""
    judged, table = judge_equilibria(gans), _tabulate_ends(b, gans)
    answer = claim_equilibrium(judged, table.id)
    return [*b.answer(answer), table, *b.claims([claim_trap(judged, table.id), claim_quality(judged, table.id)])]


def _tabulate_ends(b: Builder, gans: Sequence[Configuration]) -> Table:
    """Tabulate D's outputs and both losses at the end of training, and FID; the last row has the equilibrium."""
    ends = [Column(metric, partial(_write_mean_and_spread, b, metric)) for metric in ENDS]
    fid = choose_fid(gans)
    header, rows = b.tabulate(gans, [*ends, fid], marks_best=False)
    at_half = [Cell(b.t.format(Number(AT_HALF[metric])), is_number=True) for metric in ENDS]
    rows.append([Cell(b.t("row.equilibrium"), is_header=True), *at_half, Cell("–", is_number=True)])
    return b.table("nash", header, rows, note=b.line("nash.note"))


def _write_mean_and_spread(b: Builder, metric: str, c: Configuration) -> Cell:
    """Return a cell with mean and, in brackets, standard deviation over the last fifth of training."""
    mean, spread = (write_mean(name, c) for name in (metric, f"spread_{metric}"))
    return Cell(b.t("cell.spread", mean=mean, spread=spread), is_number=True)


# ---- the two ablations ----------------------------------------------------------------------------------------------


COMPARED = (*LOSSES, SEPARATION, "sharpness", "read_share")
"""Quantities in which an ablated GAN is held against its baseline, beside FID."""


def build_ablation(
    b: Builder, ablations: Sequence[Configuration], wanted: OutlineSection, name: GanAblation
) -> Section | None:
    """Build the section on the MLP ablation (``gan_mlp``) or the ReLU ablation (``gan_relu``); None without runs."""
    if not ablations:
        return None
    blocks = [block for ablated in pick(ablations) for block in _show_ablation(b, name, ablated)]
    return b.section(name, *b.describe_selection(ablations), *blocks, *point_to_code(b, wanted))


def _show_ablation(b: Builder, name: GanAblation, ablated: Configuration) -> list[Block]:
    slug = f"{name}-{ablated.slug}"
    baseline = find_baseline(b.results, ablated)
    shown = [ablated] if baseline is None else [baseline, ablated]
    table = _tabulate_ablation(b, shown, slug)
    figures = [*_show_curves(b, "gan_ablation_curves", shown, slug), show_samples(b, shown, slug)]
    if baseline is None:
        return [*b.answer(claim_alone(name, ablated, table.id)), table, *figures]
    answer = claim_ablation(name, ablated, baseline, table.id)
    findings = _explain_ablation(b, name, ablated, baseline, table.id)
    return [*b.answer(answer), table, *figures, *b.claims(findings)]


def _explain_ablation(
    b: Builder, name: GanAblation, ablated: Configuration, baseline: Configuration, table: str
) -> list[Claim | None]:
    """Return what explains the effect of a change."""
    game = claim_game(ablated, baseline, table) if has_curves(ablated) and has_curves(baseline) else None
    if name == "gan_relu":
        return [game, claim_gradient(ablated, baseline, table)]
    weights = claim_weights(ablated, baseline, select_plain_gans(b.results), "table-costs")
    return [claim_grain(ablated, baseline, table), weights, game]


def _tabulate_ablation(b: Builder, shown: Sequence[Configuration], slug: str) -> Table:
    if len(shown) == 2:
        return tabulate_pair(b, "gan_ablation", shown, [*b.order_fids(shown), *COMPARED], slug=slug)
    columns = [*b.fids, *COMPARED]
    return b.table_of("gan_ablation", shown, columns, slug=slug, note=b.passport(shown, columns))
