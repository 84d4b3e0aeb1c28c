"""Section on mode collapse, judged by digit counts: item 15 of the homework."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.balance import expect_imbalance
from reportgen.paper.analysis.findings import (
    DigitCounts,
    count_digits,
    judge_memorisation,
)
from reportgen.paper.analysis.measuring import is_measured
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_best_gan, select_model
from reportgen.paper.claims.collapse import claim_collapse, claim_within_classes
from reportgen.paper.claims.scores import claim_trend
from reportgen.paper.figures.images import WIDTH_MM, draw_digit_histogram, draw_read_grid, draw_strips
from reportgen.paper.i18n.translator import Number
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.model import Cell, Picture, Section, Table
from reportgen.store.images import decode_grid
from reportgen.suite.settings import GanSettings


def build_collapse(b: Builder, *_: object) -> Section | None:
    """Build the section on mode collapse of the best GAN; None without any GAN."""
    gan = find_best_gan(b.results)
    if gan is None:
        return None
    digits = count_digits(gan)
    header = ["samples", *"0123456789", "?"]
    num_read = sum(digits.all_counts[:10])
    rows = [
        _build_count_row(b, b.t("row.samples", num=digits.num_counted), digits.counts),
        _build_count_row(b, b.t("row.samples", num=digits.num_all), digits.all_counts),
        _build_count_row(
            b, b.t("row.expected", num=num_read), [round(num_read * share) for share in digits.class_shares]
        ),
    ]
    memory = judge_memorisation(gan)
    note = b.line("collapse.note", samples=Number(memory.median), dev=Number(memory.dev_median))
    sweep = [c for c in b.results.answer("gan_hidden") if is_measured("class_imbalance", [c])]
    trend = [claim_trend("class_imbalance", sweep, "hidden_dim", "table-variety")] if len(sweep) > 1 else []
    return b.section(
        "collapse",
        b.text("collapse.intro", label=gan.label, num=digits.num_counted),
        b.figure("counted", lambda: [_draw_counted(b, gan, digits)], [gan.first_seed], label=gan.label),
        b.text("collapse.string", characters=f"`{digits.counted}`"),
        b.table("digits", header, rows, [gan.first_seed], label=gan.label, note=note),
        b.figure("histogram", lambda: [_draw_histogram(b, gan, digits)], [gan.first_seed]),
        *b.claims(claim_collapse(gan, digits, "table-digits")),
        *b.claims(claim_within_classes(gan, select_model(b.results, GanSettings), "table-scores")),
        _tabulate_variety(b),
        *b.claims(trend),
        b.figure("nearest", lambda: [_draw_nearest(b, gan)], [gan.first_seed], label=gan.label, num=memory.num),
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
    return b.table("variety", header, rows, models, note=b.line("collapse.variety_note", num=num))


def _draw_nearest(b: Builder, gan: Configuration) -> Picture:
    ratios = gan.first.evaluation.memorisation.shown_ratios
    images = decode_grid(gan.first.read_image(gan.first.paths.image("nearest")), 2 * len(ratios))
    rows, columns = [b.t("axis.samples"), b.t("axis.training_images")], [b.t.format(Number(ratio)) for ratio in ratios]
    alt = b.t("alt.nearest", label=gan.label, num=len(ratios))
    return b.picture("png", draw_strips, images, rows, columns, ["", ""], alt=alt, width_mm=WIDTH_MM)


def _build_count_row(b: Builder, name: str, counts: Sequence[int]) -> list[Cell]:
    """Return a row of counts of the digits 0 to 9 and "?", padded with dashes."""
    cells = [Cell(b.t.format(count), is_number=True) for count in counts]
    return [Cell(name, is_header=True), *cells, *[Cell("–", is_number=True)] * (11 - len(cells))]
