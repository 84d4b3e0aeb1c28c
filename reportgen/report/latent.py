"""VAE against GAN, fidelity, interpolation, mode collapse, published scores: items 13 to 15 and context."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from reportgen.analysis.findings import (
    DigitCounts,
    InterpolationReading,
    count_digits,
    find_best,
    judge_memorisation,
    read_interpolation,
)
from reportgen.analysis.published import Matched, match_published
from reportgen.analysis.results import CLASSIFIER, INCEPTION, Configuration
from reportgen.claims.latent import (
    claim_between,
    claim_beyond,
    claim_collapse,
    claim_comparison,
    claim_copies,
    claim_fidelity,
    claim_interpolation,
    claim_within_classes,
    find_copies,
)
from reportgen.claims.published import claim_agreement, claim_agreement_of_gans, claim_spread
from reportgen.config import GanSettings
from reportgen.figures.images import WIDTH_MM, draw_digit_histogram, draw_read_grid, draw_strips
from reportgen.figures.published import Strip, draw_published
from reportgen.i18n.translator import Number, Several
from reportgen.images import decode_grid
from reportgen.report.builder import Builder
from reportgen.report.model import Block, Cell, Figure, Picture, Section
from reportgen.report.pictures import draw_samples

SCORE_NAMES = ("precision", "recall", "density", "coverage")


def build_comparison(b: Builder, _: Sequence[Configuration]) -> Section | None:
    """VAE against GAN at the same latent dimension."""
    vae, gan = find_compared(b)
    if vae is None or gan is None:
        return None
    shown = [vae, gan]
    fid = b.fid_cells(shown)
    rows = [
        [
            b.name_cell(c),
            *fid[c],
            b.estimate_cell(c.sharpness),
            b.estimate_cell(c.gradient_energy),
            b.estimate_cell(c.score("recall")),
            b.share_cell(c.read_share),
        ]
        for c in shown
    ]
    header = ["configuration", *b.fid_columns(), "sharpness", "gradient_energy", "recall", "read_share"]
    return b.section(
        "comparison",
        b.text(
            "comparison.intro",
            vae=vae.label,
            vae_batch=vae.settings.batch_size,
            vae_steps=vae.settings.num_training_steps,
            gan=gan.label,
            gan_batch=gan.settings.batch_size,
            gan_steps=gan.settings.num_training_steps,
        ),
        b.figure("comparison", lambda: [draw_samples(b, c) for c in shown], [c.first_seed for c in shown]),
        b.table("comparison", header, rows, shown, note=b.passport(shown)),
        *b.claims(claim_comparison(vae, gan, "table-comparison")),
        b.explanation("comparison.theory"),
    )


def find_compared(b: Builder) -> tuple[Configuration | None, Configuration | None]:
    """The main VAE, and the best plain GAN of its latent dimension."""
    vae = b.find_main_vae()
    gans = [c for c in b.select_plain_gans() if vae is not None and c.settings.latent_dim == vae.settings.latent_dim]
    return vae, find_best(gans) if gans else None


# ---- fidelity and diversity -----------------------------------------------------------------------------------------


def build_scores(b: Builder, _: Sequence[Configuration]) -> Section | None:
    """Precision, recall, density, coverage and KID of every configuration, by the classifier's features."""
    scored = [c for c in b.results.configurations if c.score("fid").num_seeds]
    if not scored:
        return None
    fid = b.fid_cells(scored)
    rows = [
        [
            b.name_cell(c),
            *fid[c],
            b.estimate_cell(c.score("kid"), 3),
            *(b.estimate_cell(c.score(name)) for name in SCORE_NAMES),
        ]
        for c in scored
    ]
    header = ["configuration", *b.fid_columns(), "kid", *SCORE_NAMES]
    yardstick = _tabulate_yardstick(b, scored[0])
    note = (*b.passport(scored), *(b.line("scores.yardstick") if yardstick else ()))
    claims = claim_fidelity(scored, "table-scores") if len(scored) > 1 else []
    claims += claim_copies(scored, "table-scores")
    return b.section(
        "scores",
        b.explanation("scores.theory"),
        b.table("scores", header, rows + yardstick, scored, note=note),
        *b.claims(claims),
    )


def _tabulate_yardstick(b: Builder, c: Configuration) -> list[list[Cell]]:
    """The rows of real images in place of samples, different ones and repeated ones."""
    if find_copies(c) is None:
        return []
    scores = [c.first.find_scores(detector) or {} for detector in b.results.detectors]
    own = scores[b.results.detectors.index(CLASSIFIER)]
    return [
        [
            Cell(b.t(f"row.{kind}", num=own[num]), is_header=True),
            *(b.number_cell(row.get(fid, math.nan)) for row in scores),
            b.number_cell(own[f"{kind}_kid"], 3),
            *(b.number_cell(own[f"{kind}_{name}"]) for name in SCORE_NAMES),
        ]
        for kind, num, fid in (("real", "floor_num", "floor"), ("copies", "copies_num", "copies_fid"))
    ]


# ---- interpolation --------------------------------------------------------------------------------------------------


def build_interpolation(b: Builder, _: Sequence[Configuration]) -> Section | None:
    """The best GAN and the main VAE; those of the outline that there are."""
    shown = [c for c in (b.find_best_gan(), b.find_main_vae()) if c is not None]
    if not shown:
        return None
    readings = {c.label: read_interpolation(c) for c in shown}
    measured = readings[shown[0].label]
    rows = [_read_row(b, c, readings[c.label]) for c in shown]
    note = b.line("interpolation.note", num=measured.num_pairs)
    header = ["configuration", "read_ends", "read_inside", "read_outside", "inside_change", "detour", "largest_step"]
    beyond = [claim_beyond(c, readings[c.label], "table-interpolation") for c in shown]
    if len(shown) == 2:
        gan, vae = ((c, readings[c.label]) for c in shown)
        claims = claim_interpolation(gan, vae, "table-interpolation")
    else:
        claims = [claim_between(c, readings[c.label], "table-interpolation") for c in shown]
    return b.section(
        "interpolation",
        b.text("interpolation.intro", points=b.results.suite.interpolation.num_points),
        b.formula(r"z_i = z_1 + \frac{i}{K - 1}\left(z_2 - z_1\right), \qquad i = 0, 1, \ldots, K - 1"),
        *([b.text("interpolation.chosen", gan=shown[0].label, vae=shown[1].label)] if len(shown) == 2 else []),
        *(_show_strips(b, c, "interpolation") for c in shown),
        b.text("interpolation.outside"),
        *(_show_strips(b, c, "extrapolation") for c in shown),
        b.text(
            "interpolation.measures",
            num=measured.num_pairs,
            points=measured.num_points,
            inside=measured.num_points - 2,
            outside=measured.num_outside,
        ),
        b.table("interpolation", header, rows, [c.first_seed for c in shown], note=note),
        *b.claims([*claims, *beyond]),
        *_explain_dimensions(b, shown),
        b.explanation("interpolation.theory"),
        b.listing("interpolation", shown[0], "interpolation"),
    )


def _explain_dimensions(b: Builder, shown: Sequence[Configuration]) -> list[Block]:
    """That two latent spaces differ in their dimension, where they do."""
    dims = [c.settings.latent_dim for c in shown]
    if len(set(dims)) < 2:
        return []
    (gan, vae), (gan_dim, vae_dim) = shown, dims
    return [b.explanation("interpolation.dims", gan=gan.label, vae=vae.label, gan_dim=gan_dim, vae_dim=vae_dim)]


def _read_row(b: Builder, c: Configuration, reading: InterpolationReading) -> list[Cell]:
    return [
        b.name_cell(c),
        b.share_cell(reading.read_ends),
        b.share_cell(reading.read_inside),
        b.share_cell(reading.read_outside),
        b.points_cell(reading.inside_change),
        b.interval_cell(reading.detour),
        b.interval_cell(reading.largest_step),
    ]


def _show_strips(b: Builder, c: Configuration, name: str) -> Figure:
    return b.figure(name, lambda: [_draw_strips(b, c, name)], [c.first_seed], slug=c.slug, label=c.label)


def _draw_strips(b: Builder, c: Configuration, name: str) -> Picture:
    reading = read_interpolation(c)
    strips = reading.inside if name == "interpolation" else reading.outside
    points = len(strips[0])
    low, high = (0.0, 1.0) if name == "interpolation" else c.first.evaluation["interpolation"]["outside_range"]
    images = decode_grid(c.first.read_image(c.first.paths.image(name)), len(strips) * points)
    labels = [f"{pair[0]} → {pair[1]}" for pair in reading.ends]
    read = [" ".join(strip) for strip in strips]
    columns = [b.t.format(Number(float(position), 2)) for position in np.linspace(low, high, points)]
    alt = b.t(f"alt.{name}", label=c.label, strips=Several(list(strips)))
    return b.picture("png", draw_strips, images, labels, columns, read, alt=alt, width_mm=WIDTH_MM)


# ---- mode collapse --------------------------------------------------------------------------------------------------


def build_collapse(b: Builder, _: Sequence[Configuration]) -> Section | None:
    gan = b.find_best_gan()
    if gan is None:
        return None
    digits = count_digits(gan)
    header = ["samples", *"0123456789", "?"]
    num_read = sum(digits.all_counts[:10])
    rows = [
        _count_row(b, b.t("row.samples", num=digits.num_counted), digits.counts),
        _count_row(b, b.t("row.samples", num=digits.num_all), digits.all_counts),
        _count_row(b, b.t("row.expected", num=num_read), [round(num_read * share) for share in digits.class_shares]),
    ]
    memory = judge_memorisation(gan)
    note = b.line("collapse.note", samples=Number(memory.samples), dev=Number(memory.dev))
    return b.section(
        "collapse",
        b.text("collapse.intro", label=gan.label, num=digits.num_counted),
        b.figure("counted", lambda: [_draw_counted(b, gan, digits)], [gan.first_seed], label=gan.label),
        b.text("collapse.string", characters=f"`{digits.counted}`"),
        b.table("digits", header, rows, [gan.first_seed], label=gan.label, note=note),
        b.figure("histogram", lambda: [_draw_histogram(b, gan, digits)], [gan.first_seed]),
        *b.claims(claim_collapse(gan, digits, "table-digits")),
        *b.claims(claim_within_classes(gan, b.select(GanSettings), "table-scores")),
        b.explanation("collapse.theory"),
        b.listing("digits", gan, "digits"),
    )


def _draw_counted(b: Builder, gan: Configuration, digits: DigitCounts) -> Picture:
    images = decode_grid(gan.first.read_image(gan.first.paths.image("counted")), digits.num_counted)
    alt = b.t("alt.counted", label=gan.label, characters=digits.counted)
    return b.picture("png", draw_read_grid, images, digits.counted, alt=alt, width_mm=125)


def _draw_histogram(b: Builder, gan: Configuration, digits: DigitCounts) -> Picture:
    return b.picture(
        "svg",
        draw_digit_histogram,
        digits.counts,
        [share * sum(digits.counts[:10]) for share in digits.class_shares],
        x_label=b.t("axis.digit"),
        y_label=b.t("axis.count"),
        expected_label=b.t("axis.expected"),
        alt=b.t("alt.histogram", label=gan.label),
        width_mm=110,
    )


def _count_row(b: Builder, name: str, counts: Sequence[int]) -> list[Cell]:
    cells = [Cell(b.t.format(count), is_number=True) for count in counts]
    return [Cell(name, is_header=True), *cells, *[Cell("–", is_number=True)] * (11 - len(cells))]


# ---- published scores -----------------------------------------------------------------------------------------------


def build_published(b: Builder, _: Sequence[Configuration]) -> Section | None:
    """Where published reports of this coursework landed, and whether the order is ours."""
    matched = match_published(b.results.configurations)
    if not matched:
        return None
    num_reports = len({score.report for m in matched for score in m.scores})
    blocks: list[Block] = [
        b.text("published.intro", num=num_reports),
        b.figure("published", lambda: [_draw_published(b, matched)], None, num=num_reports),
    ]
    if INCEPTION not in b.results.detectors:
        blocks.append(b.notice("published.scale"))
    makers = (claim_spread, claim_agreement, claim_agreement_of_gans)
    claims = [make(matched, "figure-published") for make in makers]
    return b.section("published", *blocks, *b.claims(claims))


def _draw_published(b: Builder, matched: Sequence[Matched]) -> Picture:
    strips = [
        Strip(
            m.configuration.label,
            [(score.report, score.fid) for score in m.scores],
            m.configuration.score("fid", INCEPTION).mean,
        )
        for m in matched
    ]
    labels = {"y_label": b.t("column.fid_inception"), "ours_label": b.t("axis.ours")}
    alt = b.t("alt.published", labels=b.labels([m.configuration for m in matched]))
    return b.picture("svg", draw_published, strips, **labels, alt=alt, width_mm=170)
