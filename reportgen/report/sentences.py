"""Sentences and pictures that several parts of the report share."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.analysis.findings import classify_trend, compare_fid, find_best, find_worst
from reportgen.analysis.results import Configuration
from reportgen.i18n.translator import Number, Several, Value
from reportgen.report.builder import Builder
from reportgen.report.model import Block, Figure, Picture


def describe_best(b: Builder, configurations: Sequence[Configuration], table: str) -> Block:
    """One sentence on the lowest and the highest FID of a table."""
    best, worst = find_best(configurations), find_worst(configurations)
    return b.finding(
        f"fid.best.{compare_fid(best, worst)}",
        best=best.label,
        best_fid=b.estimate(best.fid),
        worst=worst.label,
        worst_fid=b.estimate(worst.fid),
        table=table,
    )


def describe_fid_difference(b: Builder, ablated: Configuration, baseline: Configuration) -> Block:
    """One sentence on the FID of an ablation and of what it is compared with."""
    return b.finding(
        f"ablation.fid.{compare_fid(ablated, baseline)}",
        ablated=ablated.label,
        ablated_fid=b.estimate(ablated.fid),
        baseline=baseline.label,
        baseline_fid=b.estimate(baseline.fid),
    )


def describe_trend(
    b: Builder,
    what: str,
    configurations: Sequence[Configuration],
    values: Sequence[float],
    field: str,
    decimals: int = 1,
) -> Block:
    """One sentence on how a quantity runs over a dimension. ``what`` names the message of the quantity."""
    positions = [getattr(c.settings, field) for c in configurations]
    trend = classify_trend(values)
    turn = values.index(min(values) if trend != "peak" else max(values))
    numbers: dict[str, Value] = {
        "what": b.t(f"quantity.{what}"),
        "field": f"`{field}`",
        "first": Number(values[0], decimals),
        "first_at": positions[0],
        "last": Number(values[-1], decimals),
        "last_at": positions[-1],
        "turn": Number(values[turn], decimals),
        "turn_at": positions[turn],
        "all": Several(
            [
                b.t("trend.pair", position=position, value=Number(value, decimals))
                for position, value in zip(positions, values, strict=True)
            ]
        ),
    }
    return b.finding(f"trend.{trend}", **numbers)


def draw_samples(b: Builder, c: Configuration, width_mm: float = 80) -> Picture:
    """The last grid of samples of a configuration's first seed."""
    content = c.first.find_grid("samples").read_bytes()
    return Picture(content, "image/png", b.t("alt.samples", label=c.label), width_mm, c.label, pixelated=True)


def show_samples(b: Builder, shown: Sequence[Configuration], slug: str) -> Figure:
    """An ablation's samples beside those of what it is compared with."""
    pictures = [draw_samples(b, c) for c in shown]
    return b.figure("ablation_samples", pictures, shown, slug=slug, labels=b.labels(shown))
