"""Sections on the GAN: items 7 to 12, 16 and 17 of the homework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from reportgen.paper.analysis.dimensions import DIMENSIONS
from reportgen.paper.analysis.findings import (
    EQUILIBRIUM_TOLERANCE,
    Evolution,
    find_best,
    find_worst,
    read_evolution,
)
from reportgen.paper.analysis.measuring import choose_fid
from reportgen.paper.analysis.quantities import DISCRIMINATORS, JUDGED
from reportgen.paper.analysis.results import SEPARATION, Configuration
from reportgen.paper.analysis.selection import find_baseline, pick, pick_steps, select_model
from reportgen.paper.analysis.trainings import judge_equilibria
from reportgen.paper.claims.gan import (
    LOSSES,
    claim_ablation,
    claim_batch,
    claim_course,
    claim_ends,
    claim_equilibrium,
    claim_evolution,
    claim_larger_effect,
    claim_losses_over,
    claim_memory,
    claim_quality,
    claim_raising,
    claim_settling,
    claim_worst,
    hidden_dim,
)
from reportgen.paper.claims.scores import (
    claim_best,
    claim_noise,
    claim_other_scores,
    claim_reading,
    claim_size,
    claim_trend,
    claim_unreadable,
)
from reportgen.paper.i18n.quantities import write_mean
from reportgen.paper.i18n.translator import Message, Number
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.model import Block, Cell, Paragraph, Picture, Section, Table
from reportgen.paper.report.pictures import (
    draw_discriminators,
    draw_fid_over,
    draw_gan_curves,
    draw_samples,
    name_fid,
    show_progress,
    show_samples,
)
from reportgen.paper.report.vae import discuss_best
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import GanSettings, Question

ENDS = ("D_x", "D_G_z1", "D_G_z2", *LOSSES)
"""Quantities whose mean and spread at the end of training are compared with the equilibrium."""


# ---- curves ---------------------------------------------------------------------------------------------------------


def build_curves(b: Builder, grid: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with the training curves of each GAN and an overlay of several; None without any."""
    if not grid:
        return None
    shown = pick(grid)
    blocks: list[Block] = [b.text("gan_curves.intro"), *b.describe_selection(grid)]
    blocks += [_show_curves(b, [c], "gan_curves", c.slug, c.label) for c in shown]
    if len(shown) > 1:
        blocks.append(_show_curves(b, shown, "gan_overlay"))
        blocks += b.claims(claim_ends(grid, "table-gan_effect"))
    blocks += show_progress(b, "gan_progress", grid)
    return b.section("gan_curves", *blocks, b.explanation("gan_curves.theory"))


def _show_curves(b: Builder, shown: Sequence[Configuration], id_: str, slug: str = "", label: str = "") -> Block:
    return b.figure(id_, lambda: [draw_gan_curves(b, shown)], shown, slug=slug, label=label)


# ---- images ---------------------------------------------------------------------------------------------------------


def build_images(b: Builder, grid: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section with each GAN's samples, and the best one's samples over training; None without any."""
    if not grid:
        return None
    shown, best = pick(grid), find_best(grid)
    evolution = read_evolution(best)
    steps = pick_steps(evolution.counts)
    return b.section(
        "gan_images",
        b.text("gan_images.intro"),
        *b.describe_selection(grid),
        b.figure("gan_images", lambda: [draw_samples(b, c) for c in shown], [c.first_seed for c in shown]),
        *b.claims([claim_reading(grid, "table-gan_effect")] if len(grid) > 1 else []),
        b.text("gan_images.evolution"),
        b.figure(
            "gan_evolution", lambda: _draw_evolution(b, best, evolution, steps), [best.first_seed], label=best.label
        ),
        b.claim(claim_evolution(best, evolution, steps, "figure-gan_evolution")),
    )


def _draw_evolution(b: Builder, c: Configuration, evolution: Evolution, steps: Sequence[int]) -> list[Picture]:
    """Return one picture per step of the samples drawn from fixed noise, titled with the number of readable ones."""
    return [
        Picture(
            c.first.read_image(c.first.find_grid("samples", step)),
            "image/png",
            b.t("alt.samples_at", label=c.label, step=step),
            55,
            b.t("grid.at_step", step=step, count=evolution.counts[step], num=evolution.num),
            pixelated=True,
        )
        for step in steps
    ]


# ---- FID ------------------------------------------------------------------------------------------------------------


def build_fid(b: Builder, grid: Sequence[Configuration], wanted: OutlineSection) -> Section | None:
    """Build the section with FID over the grid of dimensions, one table per detector; None without any GAN."""
    if not grid:
        return None
    tables = {f"fid_{detector}": _tabulate_grid(b, grid, detector) for detector in b.results.detectors}
    ids = {fid: table.id for fid, table in tables.items()}
    return b.section("gan_fid", *tables.values(), *discuss_best(b, grid, ids, wanted.fid_below.get("gan")))


def _tabulate_grid(b: Builder, grid: Sequence[Configuration], detector: str) -> Table:
    """Tabulate the FID of one detector, latent_dim down and hidden_dim across.

    If other settings vary too, the table has one row per configuration instead.
    """
    at = {(c.settings.latent_dim, hidden_dim(c)): c for c in grid}
    fid = f"fid_{detector}"
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
    score = Message(f"column.{fid}")
    return b.table("gan_fid", header, rows, grid, slug=detector, note=b.passport(grid), score=score)


# ---- effect of both dimensions --------------------------------------------------------------------------------------


def build_effect(b: Builder, grid: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the effect of both dimensions; None for fewer than two configurations."""
    if len(grid) < 2:
        return None
    columns = [*b.fids, "read_share", *LOSSES]
    table = b.table_of("gan_effect", grid, columns, note=b.passport(grid, columns))
    settling = _tabulate_settling(b, grid)
    claims = [claim for field in DIMENSIONS for claim in claim_raising(grid, field, table.id)]
    return b.section(
        "gan_effect",
        b.text("gan_effect.intro"),
        table,
        *b.claims([*claims, claim_larger_effect(grid, table.id)]),
        b.text("gan_effect.settling"),
        settling,
        *b.claims([claim_settling(grid, settling.id), claim_course(grid, settling.id)]),
        b.explanation("gan_effect.theory"),
    )


def _tabulate_settling(b: Builder, grid: Sequence[Configuration]) -> Table:
    """Tabulate the spread and the drift of both losses over the last fifth, and their change since the second."""
    kinds = ("spread", "drift", "change")
    return b.table_of("gan_settling", grid, [f"{kind}_{loss}" for kind in kinds for loss in LOSSES])


# ---- the hidden sweep -----------------------------------------------------------------------------------------------


def build_hidden_sweep(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the sweep of hidden_dim; None for fewer than two configurations."""
    if len(sweep) < 2:
        return None
    worst = find_worst(sweep)
    columns = [*b.fids, "sharpness", "read_share", *LOSSES]
    table = b.table_of("gan_hidden", sweep, ["hidden_dim", *columns], note=b.passport(sweep, columns))
    return b.section(
        "gan_hidden",
        b.text("gan_hidden.intro"),
        table,
        b.figure("gan_scores", lambda: [draw_fid_over(b, sweep, "hidden_dim")], sweep, score=name_fid(sweep)),
        *b.claims(claim_best(sweep, table.id)),
        b.claim(claim_trend(choose_fid(sweep), sweep, "hidden_dim", table.id)),
        _show_curves(b, pick(sweep), "gan_hidden_curves"),
        *b.claims(claim_losses_over(sweep, "hidden_dim", table.id)),
        b.figure("gan_worst", lambda: [draw_samples(b, worst)], [worst.first_seed], label=worst.label),
        *b.claims([claim_worst(sweep, table.id), *claim_unreadable(sweep, table.id), *claim_noise(sweep, table.id)]),
        b.explanation("gan_hidden.theory"),
    )


# ---- equilibrium ----------------------------------------------------------------------------------------------------


def build_equilibrium(b: Builder, *_: object) -> Section | None:
    """Build the section on the nearness of all GANs to the Nash equilibrium; None without any GAN."""
    gans = select_model(b.results, GanSettings)
    if not gans:
        return None
    judged = judge_equilibria(gans)
    ends = [Column(metric, partial(_write_mean_and_spread, b, metric)) for metric in ENDS]
    distances = [f"distance_{metric}" for metric in JUDGED]
    from_ideal = [*distances, "drift_D_x", "drift_D_G_z1", *b.fids]
    return b.section(
        "nash",
        b.explanation("nash.theory"),
        b.formula(r"D^*(x) = \frac{p_{\mathrm{data}}(x)}{p_{\mathrm{data}}(x) + p_g(x)}"),
        b.text("nash.rule", tolerance=Number(EQUILIBRIUM_TOLERANCE, 1)),
        b.table_of("nash", gans, [*ends, SEPARATION]),
        b.table_of("nash_distance", gans, from_ideal, marks_best=False),
        *b.claims(claim_equilibrium(judged, "table-nash", "table-nash_distance")),
        *b.claims(claim_quality(judged, "table-nash_distance")),
        *_show_outputs(b, pick(b.results.answer("gan_grid") or gans)),
        b.explanation("nash.meaning"),
    )


def _show_outputs(b: Builder, gans: Sequence[Configuration]) -> list[Block]:
    """Show D's outputs after training, and how well D separates training images from samples and from dev images."""
    table = b.table_of("discriminator", gans, [quantity.name for quantity in DISCRIMINATORS])
    return [
        b.figure("discriminator", lambda: [draw_discriminators(b, gans)], [c.first_seed for c in gans]),
        table,
        *b.claims([claim_batch(gans, table.id), claim_memory(gans, table.id)]),
    ]


def _write_mean_and_spread(b: Builder, metric: str, c: Configuration) -> Cell:
    """Return a cell with mean and, in brackets, standard deviation over the last fifth of training."""
    mean, spread = (write_mean(name, c) for name in (metric, f"spread_{metric}"))
    return Cell(b.t("cell.spread", mean=mean, spread=spread), is_number=True)


# ---- the two ablations ----------------------------------------------------------------------------------------------


ABLATION_TEXTS: Mapping[Question, tuple[str, str]] = {
    "gan_mlp": ("gan_mlp.intro", "gan_mlp.theory"),
    "gan_relu": ("gan_relu.intro", "gan_relu.theory"),
}
"""Messages before and after the ablations of a question."""

ABLATION_TABLES: Mapping[Question, str] = {question: f"gan_ablation-{question}" for question in ABLATION_TEXTS}
"""Beginnings of the ids of ablation tables, by the question that asks for the ablation of a GAN."""


def build_ablation(b: Builder, ablations: Sequence[Configuration], _: OutlineSection, name: Question) -> Section | None:
    """Build the section on the MLP ablation (``gan_mlp``) or the ReLU ablation (``gan_relu``); None without runs."""
    if not ablations:
        return None
    intro, theory = ABLATION_TEXTS[name]
    blocks: list[Block] = [b.text(intro), *b.describe_selection(ablations)]
    for ablated in pick(ablations):
        blocks += _show_ablation(b, name, ablated)
    return b.section(name, *blocks, b.explanation(theory))


def _show_ablation(b: Builder, name: Question, ablated: Configuration) -> list[Block]:
    slug = f"{name}-{ablated.slug}"
    baseline = find_baseline(b.results, ablated)
    shown = [ablated] if baseline is None else [baseline, ablated]
    table = _tabulate_ablation(b, shown, slug)
    return [
        b.listing(name, ablated, "model", slug=slug, label=ablated.label),
        b.figure("gan_ablation_curves", lambda: [draw_gan_curves(b, shown)], shown, slug=slug),
        show_samples(b, shown, slug),
        table,
        *(_discuss_ablation(b, ablated, baseline, table.id) if baseline is not None else []),
    ]


def _discuss_ablation(b: Builder, ablated: Configuration, baseline: Configuration, table: str) -> list[Paragraph]:
    others = claim_other_scores(ablated, baseline, "table-scores")
    return b.claims([*claim_ablation(ablated, baseline, table), *others, *claim_size(ablated, baseline, "table-costs")])


def _tabulate_ablation(b: Builder, shown: list[Configuration], slug: str) -> Table:
    columns = [*b.fids, *LOSSES, SEPARATION, "sharpness", "read_share"]
    return b.table_of("gan_ablation", shown, columns, slug=slug, note=b.passport(shown, columns))
