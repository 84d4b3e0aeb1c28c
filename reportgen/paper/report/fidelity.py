"""Section on fidelity and diversity of all models."""

from __future__ import annotations

import math

from reportgen.paper.analysis.quantities import SCORES
from reportgen.paper.analysis.results import CLASSIFIER, Configuration
from reportgen.paper.analysis.selection import select_scored
from reportgen.paper.analysis.yardsticks import YardstickRow, list_yardsticks
from reportgen.paper.claims.fidelity import answer_variety, claim_fidelity
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Block, Cell, Section


def build_scores(b: Builder, *_: object) -> Section | None:
    """Build the section with FID, KID, precision, recall, density and coverage of every scored configuration.

    All but the Inception FID use the classifier's features. None if no configuration was scored.
    """
    scored = select_scored(b.results.configurations)
    if not scored:
        return None
    header, rows = b.tabulate(scored, [*b.fids, *(score.name for score in SCORES)])
    return b.section(
        "scores",
        *b.answer(answer_variety(scored, "table-scores")),
        b.table("scores", header, rows, note=b.passport(scored)),
        *b.claims(claim_fidelity(scored, "table-scores")),
    )


def tabulate_yardsticks(b: Builder) -> list[Block]:
    """Return the table of what real images score in place of samples, as they are and damaged; none without scores."""
    c = next(iter(select_scored(b.results.configurations)), None)
    own = c.first.find_scores(CLASSIFIER) if c is not None else None
    if c is None or own is None:
        return []
    header = ["yardstick", *b.fids, *(score.name for score in SCORES)]
    rows = [
        [Cell(b.t(row.message, **row.values), is_header=True), *_fill_fids(b, c, row), *_fill_scores(b, row)]
        for row in list_yardsticks(own)
    ]
    return [b.table("yardsticks", header, rows, note=b.line("scores.yardstick"))]


def _fill_fids(b: Builder, c: Configuration, row: YardstickRow) -> list[Cell]:
    """Return a yardstick's FIDs; that of a detector which did not measure this rung is missing."""
    cells = []
    for detector in b.results.detectors:
        scores = c.first.find_scores(detector)
        found = [other for other in (list_yardsticks(scores) if scores else []) if other.message == row.message]
        cells.append(b.value_cell(f"fid_{detector}", found[0].scores["fid"] if found else math.nan))
    return cells


def _fill_scores(b: Builder, row: YardstickRow) -> list[Cell]:
    return [b.value_cell(score.name, row.scores[score.name]) for score in SCORES]
