"""VAE against GAN, interpolation, mode collapse: items 13 to 15 of the homework."""

from __future__ import annotations

import math

import numpy as np

from reportgen.analysis.findings import (
    DigitCounts,
    compare_fid,
    count_digits,
    find_best,
    judge_memorisation,
    read_interpolation,
)
from reportgen.analysis.results import Configuration
from reportgen.config import GanSettings
from reportgen.figures.images import WIDTH_MM, draw_digit_histogram, draw_read_grid, draw_strips
from reportgen.figures.style import to_png, to_svg
from reportgen.i18n.translator import Number, Percent, PValue, Several
from reportgen.images import decode_grid
from reportgen.report.builder import Builder
from reportgen.report.model import Block, Cell, Picture, Section
from reportgen.report.overview import find_best_gan, find_main_vae, select
from reportgen.report.sentences import draw_samples


def build_comparison(b: Builder) -> Section | None:
    """VAE against GAN at the same latent dimension."""
    vae = find_main_vae(b)
    if vae is None:
        return None
    gans = [
        c
        for c in select(b, GanSettings)
        if isinstance(c.settings, GanSettings)
        and (c.settings.architecture, c.settings.activation) == ("conv", "leaky_relu")
        and c.settings.latent_dim == vae.settings.latent_dim
    ]
    if not gans:
        return None
    gan = find_best(gans)
    shown = [vae, gan]
    rows = [
        [
            b.name_cell(c),
            *b.fid_cells(c, shown),
            b.estimate_cell(c.sharpness),
            b.estimate_cell(c.gradient_energy),
            b.share_cell(c.read_share),
        ]
        for c in shown
    ]
    header = ["run", *b.fid_columns(), "sharpness", "gradient_energy", "read_share"]
    return b.section(
        "comparison",
        b.text("comparison.intro", vae=vae.label, gan=gan.label),
        b.figure("comparison", [draw_samples(b, c) for c in shown], shown),
        b.table("comparison", header, rows, shown, note=b.passport(shown)),
        b.finding(
            f"comparison.fid.{compare_fid(gan, vae)}",
            gan=gan.label,
            gan_fid=b.estimate(gan.fid),
            vae=vae.label,
            vae_fid=b.estimate(vae.fid),
        ),
        _compare_sharpness(b, vae, gan),
        b.explanation("comparison.theory"),
    )


def _compare_sharpness(b: Builder, vae: Configuration, gan: Configuration) -> Block:
    values = {"vae": vae.sharpness.mean, "gan": gan.sharpness.mean}
    blurrier = "vae" if values["vae"] < values["gan"] else "gan"
    is_noisy = max(values.values()) > 1.2
    kind = f"{blurrier}_blurrier" + ("_noisy" if is_noisy else "")
    return b.finding(
        f"comparison.sharpness.{kind}",
        vae=vae.label,
        gan=gan.label,
        vae_sharpness=Number(values["vae"]),
        gan_sharpness=Number(values["gan"]),
    )


# ---- interpolation --------------------------------------------------------------------------------------------------


def build_interpolation(b: Builder) -> Section | None:
    shown = [c for c in (find_best_gan(b), find_main_vae(b)) if c is not None]
    if not shown:
        return None
    points = b.results.suite.interpolation.num_points
    blocks: list[Block] = [
        b.text("interpolation.intro", points=points),
        b.formula(r"z_i = z_1 + \frac{i}{K - 1}\left(z_2 - z_1\right), \qquad i = 0, 1, \ldots, K - 1"),
    ]
    blocks += [_show_strips(b, c, "interpolation") for c in shown]
    blocks.append(b.text("interpolation.outside"))
    blocks += [_show_strips(b, c, "extrapolation") for c in shown]
    readings = {c.label: read_interpolation(c) for c in shown}
    rows = [
        [
            b.name_cell(c),
            b.percent_cell(readings[c.label].read_inside),
            b.percent_cell(readings[c.label].read_outside),
        ]
        for c in shown
    ]
    blocks.append(b.table("interpolation", ["run", "read_inside", "read_outside"], rows, shown))
    blocks += _conclude_interpolation(b, shown)
    blocks.append(b.explanation("interpolation.theory"))
    blocks.append(b.listing("interpolation", shown[0], "interpolation"))
    return b.section("interpolation", *blocks)


def _show_strips(b: Builder, c: Configuration, name: str) -> Block:
    reading = read_interpolation(c)
    strips = reading.inside if name == "interpolation" else reading.outside
    points = len(strips[0])
    low, high = (0.0, 1.0) if name == "interpolation" else c.first.evaluation["interpolation"]["outside_range"]
    images = decode_grid(c.first.paths.image(name).read_bytes(), len(strips) * points)
    labels = [f"{pair[0]} → {pair[1]}" for pair in reading.ends]
    columns = [b.t.format(Number(float(position), 2)) for position in np.linspace(low, high, points)]
    picture = Picture(
        to_png(draw_strips(images, labels, columns)),
        "image/png",
        b.t(f"alt.{name}", label=c.label, strips=Several(list(strips))),
        WIDTH_MM,
    )
    return b.figure(name, [picture], [c], slug=c.slug, label=c.label)


def _conclude_interpolation(b: Builder, shown: list[Configuration]) -> list[Block]:
    readings = [read_interpolation(c) for c in shown]
    blocks: list[Block] = []
    if len(shown) == 2:
        difference = readings[0].read_inside - readings[1].read_inside
        kind = "equal" if abs(difference) < 0.05 else "gan" if difference > 0 else "vae"
        blocks.append(
            b.finding(
                f"interpolation.better.{kind}",
                gan=shown[0].label,
                gan_read=Percent(readings[0].read_inside),
                vae=shown[1].label,
                vae_read=Percent(readings[1].read_inside),
            )
        )
    for c, reading in zip(shown, readings, strict=True):
        kind = "falls" if reading.read_outside < reading.read_inside - 0.05 else "holds"
        blocks.append(
            b.finding(
                f"interpolation.outside.{kind}",
                label=c.label,
                inside=Percent(reading.read_inside),
                outside=Percent(reading.read_outside),
            )
        )
    return blocks


# ---- mode collapse --------------------------------------------------------------------------------------------------


def build_collapse(b: Builder) -> Section | None:
    gan = find_best_gan(b)
    if gan is None:
        return None
    digits = count_digits(gan)
    images = decode_grid(gan.first.paths.image("counted").read_bytes(), digits.num_counted)
    grid = Picture(
        to_png(draw_read_grid(images, digits.counted)),
        "image/png",
        b.t("alt.counted", label=gan.label, characters=digits.counted),
        125,
    )
    expected = [share * digits.num_counted for share in digits.class_shares]
    histogram = draw_digit_histogram(
        digits.counts,
        expected,
        x_label=b.t("axis.digit"),
        y_label=b.t("axis.count"),
        expected_label=b.t("axis.expected"),
    )
    header = ["samples", *"0123456789", "?"]
    rows = [
        _count_row(b, b.t("row.counted", num=digits.num_counted), digits.counts),
        _count_row(b, b.t("row.all", num=digits.num_all), digits.all_counts),
        _count_row(b, b.t("row.real"), [round(1000 * share) for share in digits.class_shares]),
    ]
    return b.section(
        "collapse",
        b.text("collapse.intro", label=gan.label, num=digits.num_counted),
        b.figure("counted", [grid], [gan], label=gan.label),
        b.text("collapse.string", characters=f"`{digits.counted}`"),
        b.table("digits", header, rows, [gan], label=gan.label),
        b.figure(
            "histogram",
            [Picture(to_svg(histogram), "image/svg+xml", b.t("alt.histogram", label=gan.label), 110)],
            [gan],
        ),
        _describe_counted(b, digits.absent_among_counted, digits.num_counted, digits.counts[10]),
        b.finding(
            f"collapse.{digits.verdict}",
            label=gan.label,
            num=digits.num_all,
            missing=Several([str(digit) for digit in digits.missing]),
            p=PValue(digits.p_value),
            most=str(int(np.argmax(digits.all_counts[:10]))),
            most_num=max(digits.all_counts[:10]),
            least=str(int(np.argmin(digits.all_counts[:10]))),
            least_num=min(digits.all_counts[:10]),
        ),
        *_measure_variety(b, gan, digits),
        b.explanation("collapse.theory"),
        b.listing("digits", gan, "digits"),
    )


def _count_row(b: Builder, name: str, counts: list[int] | tuple[int, ...]) -> list[Cell]:
    cells = [Cell(b.t.format(count), is_number=True) for count in counts]
    return [Cell(name, is_header=True), *cells, *[Cell("–", is_number=True)] * (11 - len(cells))]


def _describe_counted(b: Builder, absent: tuple[int, ...], num: int, unread: int) -> Block:
    kind = "absent" if absent else "present"
    return b.finding(
        f"collapse.counted_{kind}", num=num, absent=Several([str(digit) for digit in absent]), unread=unread
    )


def _measure_variety(b: Builder, gan: Configuration, digits: DigitCounts) -> list[Block]:
    """Entropy of the classes, the test on the homework's few samples, and whether samples are copies."""
    memorisation = judge_memorisation(gan)
    return [
        b.finding(
            "collapse.entropy",
            entropy=Number(digits.entropy_bits),
            limit=Number(math.log2(10)),
            num_missing=len(digits.missing),
            num=digits.num_counted,
            p=PValue(digits.counted_p_value),
        ),
        b.finding(
            f"collapse.memory.{memorisation.verdict}",
            label=gan.label,
            samples=Number(memorisation.samples),
            dev=Number(memorisation.dev),
            ratio=Number(memorisation.ratio),
        ),
    ]


# ---- fidelity and diversity -----------------------------------------------------------------------------------------


def build_scores(b: Builder) -> Section | None:
    """Precision, recall, density, coverage and KID of every configuration, by the classifier's features."""
    scored = [c for c in b.results.configurations if c.score_values("fid")]
    if not scored:
        return None
    names = ("precision", "recall", "density", "coverage")
    rows = [
        [
            b.name_cell(c),
            *b.fid_cells(c, scored),
            b.estimate_cell(c.score("kid"), 3),
            *(b.estimate_cell(c.score(name)) for name in names),
        ]
        for c in scored
    ]
    most_precise = max(scored, key=lambda c: c.score("precision").mean)
    most_varied = max(scored, key=lambda c: c.score("recall").mean)
    return b.section(
        "scores",
        b.explanation("scores.theory"),
        b.table("scores", ["run", *b.fid_columns(), "kid", *names], rows, scored, note=b.passport(scored)),
        b.finding(
            f"scores.{'same' if most_precise is most_varied else 'differ'}",
            precise=most_precise.label,
            precision=Number(most_precise.score("precision").mean),
            precise_recall=Number(most_precise.score("recall").mean),
            varied=most_varied.label,
            recall=Number(most_varied.score("recall").mean),
            varied_precision=Number(most_varied.score("precision").mean),
        ),
    )
