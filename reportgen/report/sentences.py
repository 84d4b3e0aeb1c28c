"""Sentences and pictures that several parts of the report share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.analysis.findings import classify_trend, compare_fid, find_best, find_ties, find_worst
from reportgen.analysis.results import INCEPTION, Configuration
from reportgen.figures.curves import Panel
from reportgen.i18n.translator import Number, Several, Value
from reportgen.report.builder import Builder
from reportgen.report.model import Block, Figure, Picture


def describe_best(b: Builder, configurations: Sequence[Configuration], table: str) -> list[Block]:
    """The lowest and the highest FID of a table, and the tie if the lowest cannot be told from others."""
    best, worst, ties = find_best(configurations), find_worst(configurations), find_ties(configurations)
    blocks: list[Block] = [
        b.finding(
            f"fid.best.{compare_fid(best, worst)}",
            best=best.label,
            best_fid=b.estimate(best.fid),
            worst=worst.label,
            worst_fid=b.estimate(worst.fid),
            table=table,
        )
    ]
    if len(ties) > 1:
        others = [c for c in ties if c is not best]
        blocks.append(b.finding("fid.tie", best=best.label, others=b.labels(others)))
    return blocks


def judge_threshold(b: Builder, configurations: Sequence[Configuration], threshold: int) -> Block:
    """The best Inception FID against the course's threshold, or how to get the weights that it needs."""
    if INCEPTION not in b.results.detectors:
        return b.notice("fid.threshold", threshold=threshold)
    best = find_best(configurations, INCEPTION)
    score = best.score("fid", INCEPTION)
    kind = "met" if score.mean < threshold else "missed"
    return b.finding(f"fid.threshold_{kind}", best=best.label, fid=b.estimate(score), threshold=threshold)


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
    known = [(c, value) for c, value in zip(configurations, values, strict=True) if math.isfinite(value)]
    if len(known) < 2:
        return b.notice("trend.none", what=b.t(f"quantity.{what}"))
    positions, values = [getattr(c.settings, field) for c, _ in known], [value for _, value in known]
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


def make_panel(
    b: Builder, metric: str, configurations: Sequence[Configuration], references: tuple[float, ...] = ()
) -> Panel:
    """One metric's curves, with the range of the seeds where there are several."""
    bands = {c.label: band for c in configurations if (band := c.band(metric)) is not None}
    return Panel(b.t(f"metric.{metric}"), {c.label: c.curve(metric) for c in configurations}, references, bands)


def draw_samples(b: Builder, c: Configuration, width_mm: float = 74) -> Picture:
    """The last grid of samples of a configuration's first seed."""
    content = c.first.find_grid("samples").read_bytes()
    return Picture(content, "image/png", b.t("alt.samples", label=c.label), width_mm, c.label, pixelated=True)


def show_samples(b: Builder, shown: Sequence[Configuration], slug: str) -> Figure:
    """An ablation's samples beside those of what it is compared with."""
    pictures = [draw_samples(b, c) for c in shown]
    return b.figure("ablation_samples", pictures, shown, slug=slug, labels=b.labels(shown))
