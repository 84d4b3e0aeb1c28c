"""The GAN's part of the report: items 7 to 12, 16 and 17 of the homework."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.analysis.findings import (
    EQUILIBRIUM_TOLERANCE,
    Equilibrium,
    compare_fid,
    find_best,
    find_worst,
    judge_equilibrium,
)
from reportgen.analysis.results import CLASSIFIER, Configuration
from reportgen.config import GanSettings
from reportgen.config import Section as SectionName
from reportgen.figures.curves import draw_curves, draw_scores
from reportgen.figures.style import to_svg
from reportgen.i18n.translator import Message, Number, Percent
from reportgen.report.builder import Builder
from reportgen.report.model import Block, Cell, Picture, Section
from reportgen.report.overview import select
from reportgen.report.sentences import (
    describe_best,
    describe_fid_difference,
    describe_trend,
    draw_samples,
    judge_threshold,
    make_panel,
    show_samples,
)

METRICS = ("discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2")
REFERENCES = {
    "discriminator_loss": (math.log(4),),
    "generator_loss": (math.log(2),),
    "D_x": (0.5,),
    "D_G_z1": (0.5,),
    "D_G_z2": (0.5,),
}
"""Each metric at D = 1/2."""

TAIL_METRICS = ("D_x", "D_G_z1", "D_G_z2", "discriminator_loss", "generator_loss")

MAX_EVOLUTION_ROWS = 4


def build_gan(b: Builder) -> Section | None:
    grid, sweep = b.results.answer("gan_grid"), b.results.answer("gan_hidden")
    parts: list[Section] = []
    if grid:
        parts += [_build_curves(b, grid), _build_images(b, grid), _build_fid(b, grid)]
    if len(grid) > 1:
        parts.append(_build_effect(b, grid))
    if len(sweep) > 1:
        parts.append(_build_hidden_sweep(b, sweep))
    gans = select(b, GanSettings)
    if gans:
        parts.append(_build_equilibrium(b, gans))
    return b.section("gan", sections=parts) if parts else None


# ---- curves ---------------------------------------------------------------------------------------------------------


def draw_gan_curves(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    """The five curves of one GAN, or of several laid over each other."""
    panels = [make_panel(b, metric, configurations, REFERENCES[metric]) for metric in METRICS]
    columns = 5 if len(configurations) == 1 else 3
    figure = draw_curves(panels, columns=columns, x_label=b.t("axis.step"))
    alt = b.t("alt.gan_curves", labels=b.labels(configurations))
    return Picture(to_svg(figure), "image/svg+xml", alt, 170)


def _build_curves(b: Builder, grid: list[Configuration]) -> Section:
    blocks: list[Block] = [b.text("gan.curves")]
    blocks += [b.figure("gan_curves", [draw_gan_curves(b, [c])], [c], slug=c.slug, label=c.label) for c in grid]
    if len(grid) > 1:
        blocks.append(b.figure("gan_overlay", [draw_gan_curves(b, grid)], grid))
    return b.section("gan_curves", *blocks, b.explanation("gan.curves_theory"))


# ---- images ---------------------------------------------------------------------------------------------------------


def _build_images(b: Builder, grid: list[Configuration]) -> Section:
    blocks: list[Block] = [b.text("gan.images")]
    blocks.append(b.figure("gan_images", [draw_samples(b, c) for c in grid], grid))
    blocks.append(b.text("gan.evolution"))
    best = find_best(grid)
    blocks.append(b.figure("gan_evolution", _draw_evolution(b, best), [best], label=best.label))
    return b.section("gan_images", *blocks)


def _draw_evolution(b: Builder, c: Configuration) -> list[Picture]:
    """The samples from the same noise at up to ``MAX_EVOLUTION_ROWS`` steps, evenly spread, the last one included."""
    steps = c.first.list_steps("samples")
    count = min(MAX_EVOLUTION_ROWS, len(steps))
    chosen = [steps[round((i + 1) * len(steps) / count) - 1] for i in range(count)]
    return [
        Picture(
            c.first.find_grid("samples", step).read_bytes(),
            "image/png",
            b.t("alt.samples_at", label=c.label, step=step),
            74,
            b.t("grid.at_step", step=step),
            pixelated=True,
        )
        for step in chosen
    ]


# ---- FID ------------------------------------------------------------------------------------------------------------


def _build_fid(b: Builder, grid: list[Configuration]) -> Section:
    blocks: list[Block] = [_tabulate_grid(b, grid, detector) for detector in b.results.detectors]
    if len(grid) > 1:
        blocks += describe_best(b, grid, f"table-gan_fid-{CLASSIFIER}")
    return b.section("gan_fid", *blocks, judge_threshold(b, grid, 80))


def _tabulate_grid(b: Builder, grid: list[Configuration], detector: str) -> Block:
    """FID by one detector over latent_dim (rows) and hidden_dim (columns)."""
    latents = sorted({c.settings.latent_dim for c in grid})
    hiddens = sorted({_hidden(c) for c in grid})
    place = b.results.detectors.index(detector)
    rows = []
    for latent in latents:
        cells = [Cell(f"latent_dim {latent}", is_header=True)]
        for hidden in hiddens:
            c = next((c for c in grid if c.settings.latent_dim == latent and _hidden(c) == hidden), None)
            cells.append(Cell("–") if c is None else b.fid_cells(c, grid)[place])
        rows.append(cells)
    header = ["", *(f"hidden_dim {hidden}" for hidden in hiddens)]
    name = Message(f"column.fid_{detector}")
    return b.table("gan_fid", header, rows, grid, slug=detector, note=b.passport(grid), score=name)


def _hidden(c: Configuration) -> int:
    assert isinstance(c.settings, GanSettings), "only GANs have a hidden dimension"
    return c.settings.hidden_dim


# ---- effect of both dimensions --------------------------------------------------------------------------------------


def _build_effect(b: Builder, grid: list[Configuration]) -> Section:
    rows = [
        [
            b.name_cell(c),
            *b.fid_cells(c, grid),
            *(b.estimate_cell(c.tail(metric)) for metric in ("discriminator_loss", "generator_loss")),
            *(b.estimate_cell(c.tail_spread(metric)) for metric in ("discriminator_loss", "generator_loss")),
            b.share_cell(c.read_share),
        ]
        for c in grid
    ]
    header = ["run", *b.fid_columns(), "discriminator_loss", "generator_loss", "spread_D", "spread_G", "read_share"]
    blocks: list[Block] = [b.text("gan.effect"), b.table("gan_effect", header, rows, grid, note=b.passport(grid))]
    for field in ("hidden_dim", "latent_dim"):
        blocks += _compare_along(b, grid, field)
    blocks.append(_compare_effects(b, grid))
    return b.section("gan_effect", *(block for block in blocks if block), b.explanation("gan.effect_theory"))


def _pairs_along(grid: list[Configuration], field: str) -> list[tuple[Configuration, Configuration]]:
    """Configurations at the smallest and the largest value of a field whose other dimension is the same."""
    other = "latent_dim" if field == "hidden_dim" else "hidden_dim"
    values = sorted({getattr(c.settings, field) for c in grid})
    if len(values) < 2:
        return []
    low = {getattr(c.settings, other): c for c in grid if getattr(c.settings, field) == values[0]}
    high = {getattr(c.settings, other): c for c in grid if getattr(c.settings, field) == values[-1]}
    return [(low[key], high[key]) for key in sorted(low.keys() & high.keys())]


def _compare_along(b: Builder, grid: list[Configuration], field: str) -> list[Block]:
    """What raising one dimension does to FID and to the losses, a sentence for each value of the other one."""
    blocks: list[Block] = []
    for low, high in _pairs_along(grid, field):
        blocks.append(
            b.finding(
                f"gan.effect.fid.{compare_fid(high, low)}",
                field=f"`{field}`",
                low=low.label,
                low_fid=b.estimate(low.fid),
                high=high.label,
                high_fid=b.estimate(high.fid),
            )
        )
        stronger = high.tail("discriminator_loss").mean < low.tail("discriminator_loss").mean
        blocks.append(
            b.finding(
                f"gan.effect.loss.{'stronger' if stronger else 'weaker'}",
                low=low.label,
                high=high.label,
                low_d=Number(low.tail("discriminator_loss").mean),
                high_d=Number(high.tail("discriminator_loss").mean),
                low_g=Number(low.tail("generator_loss").mean),
                high_g=Number(high.tail("generator_loss").mean),
            )
        )
    return blocks


def _compare_effects(b: Builder, grid: list[Configuration]) -> Block:
    """Which of the two dimensions moves FID more, on average over the other."""

    def mean_change(field: str) -> float:
        pairs = _pairs_along(grid, field)
        return sum(abs(high.fid.mean - low.fid.mean) for low, high in pairs) / len(pairs) if pairs else 0.0

    changes = {field: mean_change(field) for field in ("hidden_dim", "latent_dim")}
    larger = max(changes, key=lambda field: changes[field])
    smaller = min(changes, key=lambda field: changes[field])
    return b.finding(
        "gan.effect.larger",
        larger=f"`{larger}`",
        smaller=f"`{smaller}`",
        larger_change=Number(changes[larger]),
        smaller_change=Number(changes[smaller]),
    )


# ---- the hidden sweep -----------------------------------------------------------------------------------------------


def _build_hidden_sweep(b: Builder, sweep: list[Configuration]) -> Section:
    best, worst = find_best(sweep), find_worst(sweep)
    rows = [
        [
            b.name_cell(c),
            b.setting_cell(c.settings, "hidden_dim"),
            *b.fid_cells(c, sweep),
            b.estimate_cell(c.sharpness),
            b.share_cell(c.read_share),
        ]
        for c in sweep
    ]
    header = ["run", "hidden_dim", *b.fid_columns(), "sharpness", "read_share"]
    figure = draw_scores(
        [str(_hidden(c)) for c in sweep],
        [c.fid.mean for c in sweep],
        [c.fid.half_width for c in sweep],
        x_label="hidden_dim",
        y_label=b.t("column.fid_classifier"),
    )
    alt = b.t("alt.scores", field="hidden_dim", labels=b.labels(sweep))
    return b.section(
        "gan_hidden",
        b.text("gan.hidden"),
        b.table("gan_hidden", header, rows, sweep, note=b.passport(sweep)),
        b.figure("gan_scores", [Picture(to_svg(figure), "image/svg+xml", alt, 95)], sweep),
        describe_trend(b, "fid", sweep, [c.fid.mean for c in sweep], "hidden_dim", 2),
        b.figure("gan_worst", [draw_samples(b, worst)], [worst], label=worst.label),
        b.finding(
            "gan.hidden.worst",
            worst=worst.label,
            fid=b.estimate(worst.fid),
            read=Percent(worst.read_share.mean),
            best=best.label,
            best_read=Percent(best.read_share.mean),
        ),
        b.explanation("gan.hidden_theory"),
    )


# ---- equilibrium ----------------------------------------------------------------------------------------------------


def _build_equilibrium(b: Builder, gans: list[Configuration]) -> Section:
    judged = [(c, judge_equilibrium(c)) for c in gans]
    rows = [
        [
            b.name_cell(c),
            *(_mean_and_spread(b, c, metric) for metric in TAIL_METRICS),
            Cell(b.t(f"verdict.{e.verdict}")),
        ]
        for c, e in judged
    ]
    distances = [
        [
            b.name_cell(c),
            b.number_cell(abs(e.d_x.mean - 0.5)),
            b.number_cell(abs(e.d_g_z.mean - 0.5)),
            b.number_cell(abs(e.discriminator_loss.mean - math.log(4))),
            b.estimate_cell(e.slope_x),
            b.estimate_cell(e.slope_g),
        ]
        for c, e in judged
    ]
    drift = ["run", "from_half_x", "from_half_g", "from_log4", "slope_x", "slope_g"]
    return b.section(
        "nash",
        b.explanation("nash.theory"),
        b.formula(r"D^*(x) = \frac{p_{\mathrm{data}}(x)}{p_{\mathrm{data}}(x) + p_g(x)}"),
        b.text("nash.rule", tolerance=Number(EQUILIBRIUM_TOLERANCE, 1)),
        b.table("nash", ["run", *TAIL_METRICS, "verdict"], rows, gans),
        b.table("nash_distance", drift, distances, gans),
        _conclude_equilibrium(b, judged),
        _describe_nearest(b, judged),
        b.explanation("nash.meaning"),
    )


def _mean_and_spread(b: Builder, c: Configuration, metric: str) -> Cell:
    """Mean and, in brackets, standard deviation over the last fifth of training."""
    mean, spread = (b.t.format(Number(e.mean)) for e in (c.tail(metric), c.tail_spread(metric)))
    return Cell(b.t("cell.spread", mean=mean, spread=spread), is_number=True)


def _conclude_equilibrium(b: Builder, judged: list[tuple[Configuration, Equilibrium]]) -> Block:
    near = [c for c, e in judged if e.verdict == "near"]
    kind = "none" if not near else "all" if len(near) == len(judged) else "some"
    return b.finding(f"nash.{kind}", num=len(judged), near=b.labels(near))


def _describe_nearest(b: Builder, judged: list[tuple[Configuration, Equilibrium]]) -> Block:
    """The GAN that ends nearest to 1/2 and the one that ends farthest, with their numbers."""

    def distance(pair: tuple[Configuration, Equilibrium]) -> float:
        return abs(pair[1].d_x.mean - 0.5) + abs(pair[1].d_g_z.mean - 0.5)

    (near, e_near), (far, e_far) = min(judged, key=distance), max(judged, key=distance)
    return b.finding(
        "nash.nearest" if near is not far else "nash.only",
        near=near.label,
        near_x=Number(e_near.d_x.mean),
        near_g=Number(e_near.d_g_z.mean),
        near_spread=Number(e_near.spread.mean),
        near_d=Number(e_near.discriminator_loss.mean),
        near_gap=Number(abs(e_near.discriminator_loss.mean - math.log(4))),
        far=far.label,
        far_x=Number(e_far.d_x.mean),
        far_g=Number(e_far.d_g_z.mean),
    )


# ---- the two ablations ----------------------------------------------------------------------------------------------


def build_gan_ablation(b: Builder, name: SectionName) -> Section | None:
    """The MLP ablation (``gan_mlp``) or the ReLU ablation (``gan_relu``)."""
    ablations = b.results.answer(name)
    if not ablations:
        return None
    blocks: list[Block] = [b.text(f"{name}.intro")]
    for ablated in ablations:
        slug = f"{name}-{ablated.slug}"
        baseline = b.results.find_like(ablated, architecture="conv", activation="leaky_relu")
        shown = [ablated] if baseline is None or baseline is ablated else [baseline, ablated]
        blocks.append(b.listing(name, ablated, "model", slug=slug, label=ablated.label))
        blocks.append(b.figure("gan_ablation_curves", [draw_gan_curves(b, shown)], shown, slug=slug))
        blocks.append(show_samples(b, shown, slug))
        blocks.append(_tabulate_ablation(b, shown, slug))
        if len(shown) == 2:
            blocks.append(describe_fid_difference(b, ablated, shown[0]))
            blocks.append(_compare_discriminators(b, ablated, shown[0]))
    return b.section(name, *blocks, b.explanation(f"{name}.theory"))


def _tabulate_ablation(b: Builder, shown: list[Configuration], slug: str) -> Block:
    rows = [
        [
            b.name_cell(c),
            *b.fid_cells(c, shown),
            *(b.estimate_cell(c.tail(metric)) for metric in METRICS[:4]),
            b.estimate_cell(c.sharpness),
            b.share_cell(c.read_share),
        ]
        for c in shown
    ]
    header = ["run", *b.fid_columns(), *METRICS[:4], "sharpness", "read_share"]
    return b.table("gan_ablation", header, rows, shown, slug=slug, note=b.passport(shown))


def _compare_discriminators(b: Builder, ablated: Configuration, baseline: Configuration) -> Block:
    """How far apart D keeps real and fake at the end, in both."""

    def gap(c: Configuration) -> float:
        return c.tail("D_x").mean - c.tail("D_G_z1").mean

    kind = "wider" if gap(ablated) > gap(baseline) else "narrower"
    return b.finding(
        f"ablation.gap.{kind}",
        ablated=ablated.label,
        ablated_gap=Number(gap(ablated)),
        baseline=baseline.label,
        baseline_gap=Number(gap(baseline)),
    )
