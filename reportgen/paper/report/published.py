"""Section that compares published scores with ours."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.published import Matched, Ranked, match_published, rank_pairs
from reportgen.paper.analysis.results import INCEPTION
from reportgen.paper.claims.published import answer_published, claim_published
from reportgen.paper.figures.published import Strip, draw_published
from reportgen.paper.i18n.quantities import write_value
from reportgen.paper.i18n.translator import Message, Number, Value
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Block, Cell, Picture, Section


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
        *_tabulate_reversed(b, matched),
        *b.claims(claim_published(matched, "figure-published")),
    )


def _tabulate_reversed(b: Builder, matched: Sequence[Matched]) -> list[Block]:
    """Tabulate the pairs that the suite orders in another way than a published report; nothing without any."""
    reverse = [pair for pair in rank_pairs(matched) if pair.is_reversed]
    if not reverse:
        return []
    fid = choose_fid([m.configuration for m in matched])
    rows = [_list_pair(b, fid, pair) for pair in sorted(reverse, key=lambda pair: (pair.report, pair.second.label))]
    return [b.table("published", ["better_here", "better_there", "ours", "report", "theirs", "steps_there"], rows)]


def _list_pair(b: Builder, fid: str, pair: Ranked) -> list[Cell]:
    """Return the row of a reversed pair, the configuration that is better in the suite first."""
    ours = [b.t.format(write_value(fid, measure(fid, c).mean)) for c in (pair.second, pair.first)]
    theirs = [b.t.format(Number(value, 1)) for value in reversed(pair.stated)]
    return [
        *(b.name_cell(c) for c in (pair.second, pair.first)),
        Cell(" / ".join(ours), is_number=True),
        Cell(pair.report),
        Cell(" / ".join(theirs), is_number=True),
        Cell(b.t.format(pair.steps), is_number=True),
    ]


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
