"""Section that compares published scores with ours."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.published import Matched, match_published
from reportgen.paper.analysis.results import INCEPTION
from reportgen.paper.claims.published import answer_published, claim_published
from reportgen.paper.figures.published import Strip, draw_published
from reportgen.paper.i18n.translator import Message, Value
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Picture, Section


def build_published(b: Builder, *_: object) -> Section | None:
    """Build the comparison with published reports of this coursework; None if no configuration matches theirs."""
    matched = match_published(b.results.configurations)
    if not matched:
        return None
    num_reports = len({score.report for m in matched for score in m.scores})
    scale: Value = "" if INCEPTION in b.results.detectors else Message("published.scale")
    return b.section(
        "published",
        *b.answer(answer_published(matched, "figure-published")),
        b.figure("published", lambda: [_draw_published(b, matched)], num=num_reports, scale=scale),
        *b.claims(claim_published(matched, "figure-published")),
    )


def _draw_published(b: Builder, matched: Sequence[Matched]) -> Picture:
    strips = [
        Strip(
            m.configuration.label,
            [(score.report, score.fid) for score in m.scores],
            measure("fid_inception", m.configuration).mean,
        )
        for m in matched
    ]
    labels = {"y_label": b.t("column.fid_inception"), "ours_label": b.t("axis.ours")}
    alt = b.t("alt.published", labels=b.labels([m.configuration for m in matched]))
    return b.picture("svg", draw_published, strips, **labels, alt=alt, width_mm=170)
