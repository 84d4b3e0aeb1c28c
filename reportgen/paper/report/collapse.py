"""Section on mode collapse, judged by digit counts: item 15 of the homework."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.assets import PublishedCounts, load_published_counts
from reportgen.paper.analysis.balance import expect_imbalance
from reportgen.paper.analysis.findings import DigitCounts, count_digits, judge_memorisation
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_best_gan
from reportgen.paper.claims.collapse import (
    answer_collapse,
    claim_digits,
    claim_unread,
    claim_width,
    claim_within,
    find_published_p_value,
)
from reportgen.paper.figures.images import WIDTH_MM, Strips, draw_digit_histogram, draw_read_images
from reportgen.paper.i18n.translator import Number, PValue
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.code import point_to_code
from reportgen.paper.report.model import Cell, Figure, Picture, Section, Table
from reportgen.paper.report.pictures import draw_rows
from reportgen.store.images import decode_grid
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import has_digits


def build_collapse(b: Builder, _: object, wanted: OutlineSection) -> Section | None:
    """Build the section on mode collapse of the best GAN; None without any GAN."""
    gan = find_best_gan(b.results)
    if gan is None:
        return None
    digits = count_digits(gan)
    published = load_published_counts() if has_digits(gan.first.spec.dataset) else ()
    return b.section(
        "collapse",
        *b.answer(answer_collapse(gan, digits, "table-digits")),
        b.figure("counted", lambda: [_draw_counted(b, gan, digits)], label=gan.label),
        b.text("collapse.string", num=digits.num_counted, characters=digits.counted),
        _tabulate_digits(b, gan, digits, published),
        b.figure("histogram", lambda: [_draw_histogram(b, gan, digits)]),
        *b.claims([claim_unread(gan, digits, "table-scores"), *claim_digits(digits, published, "table-digits")]),
        _show_nearest(b, gan),
        _tabulate_variety(b),
        *b.claims(claim_width(b.results.answer("gan_hidden"), "table-variety")),
        *b.claims([claim_within(gan, "table-variety")]),
        *point_to_code(b, wanted),
    )


def _tabulate_digits(
    b: Builder, gan: Configuration, digits: DigitCounts, published: Sequence[PublishedCounts]
) -> Table:
    """Tabulate the digits of the homework's samples, here and in published reports, of all samples and of as many real.

    The last column has the p value of each row against the shares of the training classes.
    """
    num_read = sum(digits.all_counts[:10])
    rows = [_build_count_row(b, b.t("row.samples", num=digits.num_counted), digits.counts, digits.counted_p_value)]
    for row in published:
        name = b.t("row.published", report=row.report, latent_dim=str(row.latent_dim), hidden_dim=str(row.hidden_dim))
        rows.append(_build_count_row(b, name, row.counts, find_published_p_value(digits, row)))
    rows.append(_build_count_row(b, b.t("row.samples", num=digits.num_all), digits.all_counts, digits.p_value))
    expected = [round(num_read * share) for share in digits.class_shares]
    rows.append(_build_count_row(b, b.t("row.expected", num=num_read), expected, math.nan))
    note = b.line("collapse.note", num=digits.num_counted)
    header = ["samples", *"0123456789", "?", "even_p"]
    return b.table("digits", header, rows, label=gan.label, note=note)


def _draw_counted(b: Builder, gan: Configuration, digits: DigitCounts) -> Picture:
    images = decode_grid(gan.first.read_image(gan.first.paths.image("counted")), digits.num_counted)
    alt = b.t("alt.counted", label=gan.label, characters=digits.counted)
    return b.picture("svg", draw_read_images, images, digits.counted, alt=alt, width_mm=WIDTH_MM)


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


def _tabulate_variety(b: Builder) -> Table:
    """Tabulate for every model how balanced and how varied its digits are, and how many samples are copies.

    The last row has what real images would have.
    """
    models = b.results.configurations
    columns: list[str | Column] = [
        Column("num_read", lambda c: Cell(b.join_numbers(list(map(sum, c.read_counts))) or "–", is_number=True)),
        *("class_imbalance", "smallest_class", "variety", "copies"),
    ]
    header, rows = b.tabulate(models, columns)
    first = models[0]
    num, classes = count_digits(first).num_all, first.class_counts
    real = [
        b.value_cell("class_imbalance", expect_imbalance(num, classes)),
        b.value_cell("smallest_class", min(classes) / sum(classes)),
        b.value_cell("variety", 1.0),
        b.value_cell("copies", first.dev_copies.mean),
    ]
    rows.append([Cell(b.t("row.real_images"), is_header=True), Cell(b.t.format(num), is_number=True), *real])
    return b.table("variety", header, rows, note=b.line("collapse.variety_note", num=num))


def _show_nearest(b: Builder, gan: Configuration) -> Figure:
    """Return the figure of the samples most like copies; its caption has the usual distances to training images."""
    memory = judge_memorisation(gan)
    return b.figure(
        "nearest",
        lambda: [_draw_nearest(b, gan)],
        label=gan.label,
        num=memory.num,
        samples=Number(memory.median),
        dev=Number(memory.dev_median),
    )


def _draw_nearest(b: Builder, gan: Configuration) -> Picture:
    ratios = gan.first.evaluation.memorisation.shown_ratios
    images = decode_grid(gan.first.read_image(gan.first.paths.image("nearest")), 2 * len(ratios))
    strips = Strips(
        images.reshape(2, -1, *images.shape[1:]),
        (b.t("axis.samples"), b.t("axis.training_images")),
        numbers=tuple(b.t.format(Number(ratio)) for ratio in ratios),
    )
    return draw_rows(b, [strips], b.t("alt.nearest", label=gan.label, num=len(ratios)))


def _build_count_row(b: Builder, name: str, counts: Sequence[int], p_value: float) -> list[Cell]:
    """Return a row of counts of the digits 0 to 9 and "?", padded with dashes, and of their p value."""
    cells = [Cell(b.t.format(count), is_number=True) for count in counts]
    dashes = [Cell("–", is_number=True)] * (11 - len(cells))
    p_cell = Cell(b.t.format(PValue(p_value)).removeprefix("= "), is_number=True)
    return [Cell(name, is_header=True), *cells, *dashes, p_cell]
