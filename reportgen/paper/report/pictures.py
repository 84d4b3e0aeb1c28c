"""Pictures and figures used by several sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.quantities import AT_HALF
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_swept, pick
from reportgen.paper.analysis.trainings import GAN_METRICS, SAMPLE_METRICS, VAE_METRICS, has_sample_scores
from reportgen.paper.claims.progress import claim_progress
from reportgen.paper.figures.curves import Panel, draw_curves, draw_histograms
from reportgen.paper.figures.images import WIDTH_MM, Strips, draw_strips
from reportgen.paper.figures.scores import draw_scores
from reportgen.paper.figures.style import ABLATION_HUE, BLACK, HUES, shade
from reportgen.paper.i18n.translator import Message, Several
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Block, Figure, Picture
from reportgen.store.images import decode_grid
from reportgen.suite.settings import MODELS, NUM_MONITORED

VAE_LOSSES = ("total", "reconstruction", "kl")
COLUMNS = 3
"""Panels in a row."""


def choose_colours(configurations: Sequence[Configuration]) -> dict[str, str]:
    """Return the colour of each configuration by its label: the hue of its model, or that of ablations.

    Along a sweep of one dimension it grows darker. Plain configurations that differ in more are not in the result; the
    palette tells them apart.
    """
    plain = [c for c in configurations if not c.settings.is_ablation]
    ablated = [c for c in configurations if c.settings.is_ablation]
    colours = dict(zip((c.label for c in ablated), shade(ABLATION_HUE, len(ablated)), strict=True))
    field = find_swept(plain)
    if field is not None:
        plain = sorted(plain, key=lambda c: getattr(c.settings, field))
    if field is not None or len(plain) == 1:
        colours |= zip((c.label for c in plain), shade(_choose_hue(plain[0]), len(plain)), strict=True)
    return colours


def _choose_hue(c: Configuration) -> str:
    return HUES[list(MODELS).index(c.settings.model)]


def draw_vae_overlay(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    """Draw the six loss curves of several VAEs overlaid; a loss on training and on dev data shares its range."""
    panels = [_make_panel(b, metric, configurations, scale=metric.partition("_")[2]) for metric in VAE_METRICS]
    return _draw_overlay(b, panels, configurations, "alt.vae_curves")


def draw_gan_overlay(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    """Draw the five curves of several GANs overlaid, and the FID over training where it was measured."""
    panels = [_make_panel(b, metric, configurations, (AT_HALF[metric],)) for metric in GAN_METRICS]
    return _draw_overlay(b, [*panels, *_list_fid(b, configurations)], configurations, "alt.gan_curves")


def _draw_overlay(b: Builder, panels: Sequence[Panel], configurations: Sequence[Configuration], alt: str) -> Picture:
    return b.picture(
        "svg",
        draw_curves,
        panels,
        columns=COLUMNS,
        x_label=b.t("axis.step"),
        colours=choose_colours(configurations),
        alt=b.t(alt, labels=b.labels(configurations)),
        width_mm=170,
    )


def draw_vae_rows(b: Builder, configurations: Sequence[Configuration]) -> list[Picture]:
    """Draw a row per VAE with its losses, those of training and dev data in one panel."""
    splits = {"train": b.t("axis.training"), "dev": b.t("axis.dev")}
    rows = []
    for c in configurations:
        panels = {metric: _make_panel(b, metric, [c]) for metric in VAE_METRICS}
        rows.append(
            [
                _join(b.t(f"curve.{loss}"), {name: panels[f"{split}_{loss}"] for split, name in splits.items()})
                for loss in VAE_LOSSES
            ]
        )
    hue = _choose_hue(configurations[0])
    return _draw_rows(b, rows, configurations, "alt.vae_rows", dict(zip(splits.values(), shade(hue, 2), strict=True)))


def draw_gan_rows(b: Builder, configurations: Sequence[Configuration]) -> list[Picture]:
    """Draw a row per GAN with its losses, D's outputs, and the recall of its samples where all have it."""
    rows = []
    has_recall = has_sample_scores(configurations)
    for c in configurations:
        panels = {metric: _make_panel(b, metric, [c], (AT_HALF[metric],)) for metric in GAN_METRICS}
        losses = {b.t("axis.of_d"): panels["discriminator_loss"], b.t("axis.of_g"): panels["generator_loss"]}
        outputs = {"D(x)": panels["D_x"], b.t("axis.before"): panels["D_G_z1"], b.t("axis.after"): panels["D_G_z2"]}
        joined = [_join(b.t("curve.losses"), losses), _join(b.t("curve.outputs"), outputs)]
        rows.append([*joined, *([_make_panel(b, "sample_recall", [c])] if has_recall else [])])
    return _draw_rows(b, rows, configurations, "alt.gan_rows", {c.label: BLACK for c in configurations})


def _draw_rows(
    b: Builder,
    rows: Sequence[Sequence[Panel]],
    configurations: Sequence[Configuration],
    alt: str,
    colours: Mapping[str, str],
) -> list[Picture]:
    """Draw a picture per configuration; the first has the titles and the legend, the last the name of the steps."""
    last = len(rows) - 1
    return [
        b.picture(
            "svg",
            draw_curves,
            panels,
            columns=len(panels),
            x_label=b.t("axis.step") if place == last else "",
            row_label=c.label,
            has_head=place == 0,
            colours=colours,
            alt=b.t(alt, label=c.label),
            width_mm=170,
        )
        for place, (panels, c) in enumerate(zip(rows, configurations, strict=True))
    ]


def _list_fid(b: Builder, configurations: Sequence[Configuration]) -> list[Panel]:
    """Return the panel of the FID of samples in the course of training; nothing where it was not measured."""
    if not has_sample_scores(configurations):
        return []
    return [replace(_make_panel(b, "sample_fid", configurations), is_log=True)]


def describe_fid(b: Builder, configurations: Sequence[Configuration]) -> Message | str:
    """Return the part of a caption on the FID over training; nothing where it was not measured."""
    if not has_sample_scores(configurations):
        return ""
    num = min(NUM_MONITORED, b.results.suite.fid.num_images)
    return Message("figure.progress.fid", {"num": num, "interval": _list_intervals(configurations)})


def _list_intervals(configurations: Sequence[Configuration]) -> Several:
    """Return how many steps lie between two scores of samples."""
    return Several(sorted({c.settings.image_interval for c in configurations}))


def show_progress(b: Builder, id_: str, configurations: Sequence[Configuration]) -> list[Block]:
    """Return the figure of the FID and recall of samples over training with its finding; nothing if not recorded."""
    if not has_sample_scores(configurations):
        return []
    shown = pick(configurations)
    num = min(NUM_MONITORED, b.results.suite.fid.num_images)
    less = Message("figure.progress.less") if num < b.results.suite.fid.num_images else ""
    figure = b.figure(id_, lambda: [_draw_progress(b, shown)], num=num, less=less, interval=_list_intervals(shown))
    return [figure, *b.claims(claim_progress(configurations, figure.id))]


def _draw_progress(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    fid, recall = (_make_panel(b, metric, configurations) for metric in SAMPLE_METRICS)
    return b.picture(
        "svg",
        draw_curves,
        [replace(fid, is_log=True), recall],
        columns=2,
        x_label=b.t("axis.step"),
        colours=choose_colours(configurations),
        alt=b.t("alt.progress", labels=b.labels(configurations)),
        width_mm=170,
    )


def draw_discriminators(b: Builder, gans: Sequence[Configuration]) -> Picture:
    """Draw histograms of D's outputs after training, one panel per GAN, for its first seed."""
    panels = {}
    for c in gans:
        record = c.first.evaluation.discriminator
        assert record is not None, "only GANs have a discriminator"
        kinds = {"axis.train": record.train, "axis.dev": record.dev, "axis.samples": record.samples}
        panels[c.label] = {b.t(kind): outputs.counts for kind, outputs in kinds.items()}
    alt = b.t("alt.discriminator", labels=b.labels(gans))
    return b.picture("svg", draw_histograms, panels, x_label="D(x)", y_label=b.t("axis.share"), alt=alt, width_mm=170)


def _join(title: str, panels: Mapping[str, Panel]) -> Panel:
    """Combine panels of one curve each in one, in which the curves are called as given."""
    curves = {name: curve for name, panel in panels.items() for curve in panel.curves.values()}
    bands = {name: band for name, panel in panels.items() for band in panel.bands.values()}
    references = tuple(dict.fromkeys(height for panel in panels.values() for height in panel.references))
    return Panel(title, curves, references, bands)


def _make_panel(
    b: Builder,
    metric: str,
    configurations: Sequence[Configuration],
    references: tuple[float, ...] = (),
    scale: str = "",
) -> Panel:
    """Build the panel of one metric, with the range over seeds for configurations that have several."""
    bands = {c.label: band for c in configurations if (band := c.band(metric)) is not None}
    curves = {c.label: c.curve(metric) for c in configurations}
    return Panel(b.t(f"curve.{metric}"), curves, references, bands, scale=scale)


def draw_fid_over(b: Builder, configurations: Sequence[Configuration], field: str) -> Picture:
    """Draw the FID that comparisons rest on over a dimension: of every seed, and the means with their intervals."""
    scores = [measure(choose_fid(configurations), c) for c in configurations]
    name = name_fid(configurations)
    return b.picture(
        "svg",
        draw_scores,
        [getattr(c.settings, field) for c in configurations],
        [score.values for score in scores],
        [score.mean for score in scores],
        [score.interval for score in scores],
        hue=_choose_hue(configurations[0]),
        x_label=field,
        y_label=b.t.format(name),
        seed_label=b.t("axis.seed"),
        mean_label=b.t("axis.mean"),
        alt=b.t("alt.scores", score=name, field=field, labels=b.labels(configurations)),
        width_mm=100,
    )


def name_fid(configurations: Sequence[Configuration]) -> Message:
    """Return the name of the FID that comparisons rest on, as in a table's header."""
    return Message(f"column.{choose_fid(configurations)}")


COLUMNS_OF_IMAGES = 24
"""Images in a row of a strip."""


def read_images(c: Configuration, grid: str, step: int | None = None) -> np.ndarray:
    """Return the first images of a grid of a configuration's first seed, by default the last: uint8 [24, H, W]."""
    return decode_grid(c.first.read_image(c.first.find_grid(grid, step)), COLUMNS_OF_IMAGES)


def draw_rows(b: Builder, panels: Sequence[Strips], alt: str, beside: int = 1) -> Picture:
    """Return rows of images as a picture."""
    return b.picture("svg", draw_strips, panels, beside, alt=alt, width_mm=WIDTH_MM)


def list_samples(shown: Sequence[Configuration], title: str = "") -> Strips:
    """Return a row of samples from fixed noise for each configuration."""
    return Strips(np.stack([read_images(c, "samples") for c in shown]), tuple(c.label for c in shown), title)


def draw_samples(b: Builder, shown: Sequence[Configuration]) -> Picture:
    """Draw two rows of the samples of each configuration's first seed whose digits are counted; one, if few are."""
    num = len(shown[0].first.evaluation.digits.counted)
    columns = min(num, COLUMNS_OF_IMAGES)
    rows = min(num // columns, 2)
    grids = [decode_grid(c.first.read_image(c.first.paths.image("counted")), rows * columns) for c in shown]
    images = np.concatenate([grid.reshape(rows, columns, *grid.shape[1:]) for grid in grids])
    labels = [label for c in shown for label in (c.label, "")[:rows]]
    return draw_rows(b, [Strips(images, tuple(labels))], b.t("alt.samples", labels=b.labels(shown)))


def show_samples(b: Builder, shown: Sequence[Configuration], slug: str) -> Figure:
    """Return the figure with an ablation's samples below its baseline's."""
    return b.figure("ablation_samples", lambda: [draw_samples(b, shown)], slug=slug, labels=b.labels(shown))
