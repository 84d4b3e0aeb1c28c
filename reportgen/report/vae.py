"""The VAE's part of the report: items 2 to 6 of the homework."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.analysis.findings import find_best
from reportgen.analysis.results import Configuration
from reportgen.figures.curves import draw_curves, draw_scores
from reportgen.figures.style import to_svg
from reportgen.i18n.translator import Number, Percent
from reportgen.report.builder import Builder
from reportgen.report.model import Block, Picture, Section
from reportgen.report.sentences import (
    describe_best,
    describe_fid_difference,
    describe_trend,
    judge_threshold,
    make_panel,
    show_samples,
)

METRICS = ("train_total", "train_reconstruction", "train_kl", "dev_total", "dev_reconstruction", "dev_kl")


def build_vae(b: Builder) -> Section | None:
    sweep = b.results.answer("vae_latent")
    ablation = _pair_with_conv(b)
    parts: list[Section] = []
    if sweep:
        parts += [_build_curves(b, sweep), _build_images(b, sweep), _build_fid(b, sweep)]
    if len(sweep) > 1:
        parts.append(_build_effect(b, sweep))
    if ablation:
        parts.append(_build_ablation(b, ablation))
    return b.section("vae", sections=parts) if parts else None


# ---- curves ---------------------------------------------------------------------------------------------------------


def draw_vae_curves(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    """The six curves of one VAE, or of several laid over each other."""
    panels = [make_panel(b, metric, configurations) for metric in METRICS]
    figure = draw_curves(panels, columns=3, x_label=b.t("axis.step"))
    alt = b.t("alt.vae_curves", labels=b.labels(configurations))
    return Picture(to_svg(figure), "image/svg+xml", alt, 170)


def _build_curves(b: Builder, sweep: list[Configuration]) -> Section:
    blocks: list[Block] = [b.text("vae.curves")]
    blocks += [b.figure("vae_curves", [draw_vae_curves(b, [c])], [c], slug=c.slug, label=c.label) for c in sweep]
    if len(sweep) > 1:
        blocks.append(b.figure("vae_overlay", [draw_vae_curves(b, sweep)], sweep))
    blocks += [_compare_splits(b, sweep), b.explanation("vae.curves_theory")]
    return b.section("vae_curves", *blocks)


def _compare_splits(b: Builder, sweep: list[Configuration]) -> Block:
    """Whether the dev loss ends above the training loss."""
    gaps = [(c, c.last("dev_total").mean - c.tail("train_total").mean) for c in sweep]
    widest, gap = max(gaps, key=lambda pair: pair[1])
    share = gap / widest.tail("train_total").mean
    kind = "overfit" if share > 0.05 else "small"
    return b.finding(f"vae.gap.{kind}", label=widest.label, gap=Number(gap, 1), share=Percent(share, 1))


# ---- images ---------------------------------------------------------------------------------------------------------


def draw_vae_grids(b: Builder, c: Configuration) -> list[Picture]:
    """Dev images, reconstructions and samples at the last step."""
    return [
        Picture(
            c.first.find_grid(grid).read_bytes(),
            "image/png",
            b.t(f"alt.{grid}", label=c.label),
            55,
            b.t(f"grid.{grid}"),
            pixelated=True,
        )
        for grid in ("dev", "reconstructions", "samples")
    ]


def _build_images(b: Builder, sweep: list[Configuration]) -> Section:
    figures: list[Block] = [
        b.figure("vae_images", draw_vae_grids(b, c), [c], slug=c.slug, label=c.label) for c in sweep
    ]
    read = [c.read_share.mean for c in sweep]
    most, least = sweep[read.index(max(read))], sweep[read.index(min(read))]
    reading = b.finding(
        "vae.read_share" if most is not least else "vae.read_share_one",
        most=most.label,
        most_share=Percent(max(read)),
        least=least.label,
        least_share=Percent(min(read)),
    )
    return b.section("vae_images", b.text("vae.images"), *figures, reading)


# ---- FID ------------------------------------------------------------------------------------------------------------


def _build_fid(b: Builder, sweep: list[Configuration]) -> Section:
    rows = [
        [
            b.name_cell(c),
            b.setting_cell(c.settings, "latent_dim"),
            *b.fid_cells(c, sweep),
            b.estimate_cell(c.sharpness),
        ]
        for c in sweep
    ]
    blocks: list[Block] = [
        b.table("vae_fid", ["run", "latent_dim", *b.fid_columns(), "sharpness"], rows, sweep, note=b.passport(sweep))
    ]
    if len(sweep) > 1:
        blocks += describe_best(b, sweep, "table-vae_fid")
    return b.section("vae_fid", *blocks, judge_threshold(b, sweep, 40))


# ---- effect of the latent dimension ---------------------------------------------------------------------------------


def _build_effect(b: Builder, sweep: list[Configuration]) -> Section:
    estimates = {name: [c.last(name) for c in sweep] for name in ("dev_reconstruction", "dev_kl", "dev_total")}
    estimates["fid"] = [c.fid for c in sweep]
    quantities = {name: [estimate.mean for estimate in row] for name, row in estimates.items()}
    rows = [
        [b.name_cell(c), *(b.estimate_cell(row[i]) for row in estimates.values()), b.share_cell(c.read_share)]
        for i, c in enumerate(sweep)
    ]
    header = ["run", "dev_reconstruction", "dev_kl", "dev_total", "fid_classifier", "read_share"]
    figure = draw_scores(
        [str(c.settings.latent_dim) for c in sweep],
        [c.fid.mean for c in sweep],
        [c.fid.half_width for c in sweep],
        x_label="latent_dim",
        y_label=b.t("column.fid_classifier"),
    )
    alt = b.t("alt.scores", field="latent_dim", labels=b.labels(sweep))
    picture = Picture(to_svg(figure), "image/svg+xml", alt, 95)
    return b.section(
        "vae_effect",
        b.text("vae.effect"),
        b.table("vae_effect", header, rows, sweep, note=b.passport(sweep)),
        b.figure("vae_scores", [picture], sweep),
        describe_trend(b, "dev_reconstruction", sweep, quantities["dev_reconstruction"], "latent_dim"),
        describe_trend(b, "dev_kl", sweep, quantities["dev_kl"], "latent_dim"),
        describe_trend(b, "fid", sweep, quantities["fid"], "latent_dim", 2),
        _conclude_effect(b, sweep, quantities["dev_reconstruction"]),
        b.explanation("vae.effect_theory"),
    )


def _conclude_effect(b: Builder, sweep: list[Configuration], reconstruction: list[float]) -> Block:
    """Whether the latent dimension that reconstructs best also samples best."""
    sharpest = sweep[reconstruction.index(min(reconstruction))]
    best = find_best(sweep)
    kind = "agree" if sharpest is best else "differ"
    return b.finding(f"vae.effect.{kind}", reconstructs=sharpest.label, samples=best.label)


# ---- the all-linear ablation ----------------------------------------------------------------------------------------


def _pair_with_conv(b: Builder) -> list[tuple[Configuration, Configuration | None]]:
    """Each ablated VAE with the convolutional one that it is compared with."""
    return [
        (c, b.results.find_like(c, architecture="conv", encoder_output_relu=False))
        for c in b.results.answer("vae_architecture")
    ]


def _build_ablation(b: Builder, pairs: list[tuple[Configuration, Configuration | None]]) -> Section:
    blocks: list[Block] = [b.text("vae.ablation")]
    for ablated, conv in pairs:
        slug = ablated.slug
        shown = [ablated] if conv is None else [conv, ablated]
        blocks.append(b.listing("vae_ablation", ablated, "model", slug=slug, label=ablated.label))
        blocks.append(b.figure("vae_ablation_curves", [draw_vae_curves(b, shown)], shown, slug=slug))
        blocks.append(show_samples(b, shown, slug))
        rows = [
            [
                b.name_cell(c),
                *b.fid_cells(c, shown),
                b.estimate_cell(c.last("dev_reconstruction")),
                b.estimate_cell(c.last("dev_kl")),
                b.estimate_cell(c.sharpness),
            ]
            for c in shown
        ]
        header = ["run", *b.fid_columns(), "dev_reconstruction", "dev_kl", "sharpness"]
        blocks.append(b.table("vae_ablation", header, rows, shown, slug=slug, note=b.passport(shown)))
        if conv is not None:
            blocks.append(describe_fid_difference(b, ablated, conv))
            blocks.append(_compare_reconstruction(b, ablated, conv))
    return b.section("vae_ablation", *blocks, b.explanation("vae.ablation_theory"))


def _compare_reconstruction(b: Builder, ablated: Configuration, conv: Configuration) -> Block:
    values = ablated.last("dev_reconstruction").mean, conv.last("dev_reconstruction").mean
    kind = "worse" if values[0] > values[1] else "better"
    return b.finding(
        f"vae.ablation.reconstruction_{kind}",
        ablated=ablated.label,
        ablated_loss=Number(values[0], 1),
        conv=conv.label,
        conv_loss=Number(values[1], 1),
    )
