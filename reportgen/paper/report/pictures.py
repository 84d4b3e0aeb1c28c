"""Pictures and figures used by several sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.quantities import AT_HALF
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import pick
from reportgen.paper.analysis.trainings import SAMPLE_METRICS, has_sample_scores
from reportgen.paper.claims.progress import claim_progress
from reportgen.paper.figures.curves import Panel, draw_curves, draw_histograms, draw_scores
from reportgen.paper.figures.images import WIDTH_MM, Strips, draw_strips
from reportgen.paper.i18n.translator import Message
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Block, Figure, Picture
from reportgen.store.images import decode_grid
from reportgen.suite.settings import NUM_MONITORED

VAE_METRICS = ("train_total", "train_reconstruction", "train_kl", "dev_total", "dev_reconstruction", "dev_kl")
GAN_METRICS = ("discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2")
COLUMNS = 3
"""Panels in a row."""


VAE_LOSSES = ("total", "reconstruction", "kl")


def draw_vae_curves(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    """Draw the six loss curves of one VAE, those of training and dev data in one panel, or of several overlaid."""
    panels = {m: _make_panel(b, m, configurations, scale=m.partition("_")[2]) for m in VAE_METRICS}
    drawn = list(panels.values())
    if len(configurations) == 1:
        splits = {"train": b.t("axis.training"), "dev": b.t("axis.dev")}
        drawn = [
            _join(b.t(f"curve.{loss}"), {name: panels[f"{split}_{loss}"] for split, name in splits.items()})
            for loss in VAE_LOSSES
        ]
    alt = b.t("alt.vae_curves", labels=b.labels(configurations))
    return b.picture("svg", draw_curves, drawn, columns=COLUMNS, x_label=b.t("axis.step"), alt=alt, width_mm=170)


def draw_gan_curves(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    """Draw the five curves of one GAN, losses in one panel and D's outputs in another, or of several GANs overlaid.

    The FID of samples in the course of training has a panel of its own where it was measured.
    """
    panels = {metric: _make_panel(b, metric, configurations, (AT_HALF[metric],)) for metric in GAN_METRICS}
    drawn = list(panels.values())
    if len(configurations) == 1:
        losses = {b.t("axis.of_d"): panels["discriminator_loss"], b.t("axis.of_g"): panels["generator_loss"]}
        outputs = {"D(x)": panels["D_x"], b.t("axis.before"): panels["D_G_z1"], b.t("axis.after"): panels["D_G_z2"]}
        drawn = [_join(b.t("curve.losses"), losses), _join(b.t("curve.outputs"), outputs)]
    if has_sample_scores(configurations):
        drawn.append(replace(_make_panel(b, "sample_fid", configurations), is_log=True))
    alt = b.t("alt.gan_curves", labels=b.labels(configurations))
    return b.picture("svg", draw_curves, drawn, columns=COLUMNS, x_label=b.t("axis.step"), alt=alt, width_mm=170)


def show_progress(b: Builder, id_: str, configurations: Sequence[Configuration]) -> list[Block]:
    """Return the figure of the FID and recall of samples over training with its finding; nothing if not recorded."""
    if not has_sample_scores(configurations):
        return []
    shown = pick(configurations)
    num = min(NUM_MONITORED, b.results.suite.fid.num_images)
    figure = b.figure(id_, lambda: [_draw_progress(b, shown)], num=num)
    return [figure, *b.claims(claim_progress(configurations, figure.id))]


def _draw_progress(b: Builder, configurations: Sequence[Configuration]) -> Picture:
    fid, recall = (_make_panel(b, metric, configurations) for metric in SAMPLE_METRICS)
    panels = [replace(fid, is_log=True), replace(recall, limits=(0, 1))]
    alt = b.t("alt.progress", labels=b.labels(configurations))
    return b.picture("svg", draw_curves, panels, columns=2, x_label=b.t("axis.step"), alt=alt, width_mm=170)


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
    limits: tuple[float, float] | None = None,
    scale: str = "",
) -> Panel:
    """Build the panel of one metric, with the range over seeds for configurations that have several."""
    bands = {c.label: band for c in configurations if (band := c.band(metric)) is not None}
    curves = {c.label: c.curve(metric) for c in configurations}
    return Panel(b.t(f"curve.{metric}"), curves, references, bands, limits, scale=scale)


def draw_fid_over(b: Builder, configurations: Sequence[Configuration], field: str) -> Picture:
    """Draw the FID that comparisons rest on over a dimension, with its intervals."""
    scores = [measure(choose_fid(configurations), c) for c in configurations]
    name = name_fid(configurations)
    return b.picture(
        "svg",
        draw_scores,
        [getattr(c.settings, field) for c in configurations],
        [score.mean for score in scores],
        [score.interval for score in scores],
        x_label=field,
        y_label=b.t.format(name),
        alt=b.t("alt.scores", score=name, field=field, labels=b.labels(configurations)),
        width_mm=95,
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
