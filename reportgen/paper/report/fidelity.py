"""Section on fidelity and diversity of all models."""

from __future__ import annotations

import math

from reportgen.paper.analysis.quantities import SCORES
from reportgen.paper.analysis.results import CLASSIFIER, Configuration
from reportgen.paper.analysis.selection import select_scored
from reportgen.paper.claims.fidelity import claim_copies, claim_fidelity
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Cell, Section


def build_scores(b: Builder, *_: object) -> Section | None:
    """Build the section with FID, KID, precision, recall, density and coverage of every scored configuration.

    All but the Inception FID use the classifier's features. None if no configuration was scored.
    """
    scored = select_scored(b.results.configurations)
    if not scored:
        return None
    header, rows = b.tabulate(scored, [*b.fids, *(score.name for score in SCORES)])
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
    """Return the scores of real images in place of samples: one row of distinct images, one of repeated images."""
    own = c.first.find_scores(CLASSIFIER)
    if own is None:
        return []
    scores = [c.first.find_scores(detector) for detector in b.results.detectors]
    return [
        [
            Cell(b.t(title, num=num), is_header=True),
            *(b.value_cell(name, getattr(row, fid, math.nan)) for name, row in zip(b.fids, scores, strict=True)),
            *(b.value_cell(score.name, getattr(own, f"{kind}_{score.name}")) for score in SCORES),
        ]
        for title, kind, num, fid in (
            ("row.real", "real", own.floor_num, "floor"),
            ("row.copies", "copies", own.copies_num, "copies_fid"),
        )
    ]
