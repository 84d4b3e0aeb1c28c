"""Claims for the summary on the first page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.paper.analysis.findings import find_best, find_ties
from reportgen.paper.analysis.measuring import choose_fid
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim
from reportgen.paper.i18n.quantities import name_quantity, write_measured
from reportgen.paper.i18n.translator import Message, Several, Value

BEST: Mapping[str, str] = {
    "only": "summary.best.only",
    "clear": "summary.best.clear",
    "tied": "summary.best.tied",
}
"""Clearness of the best FID -> message."""


def claim_best_brief(model: str, configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """Name a model's configuration with the lowest FID, and those not told apart from it.

    There must be at least one configuration.
    """
    fid = choose_fid(configurations)
    best = find_best(configurations, fid)
    others = [c for c in find_ties(configurations, fid) if c is not best]
    kind = "only" if len(configurations) == 1 else "tied" if others else "clear"
    values: dict[str, Value] = {
        "model": Message(f"model.{model}"),
        "label": best.label,
        "score": name_quantity(fid),
        "fid": write_measured(fid, best),
        "others": Several([c.label for c in others]),
    }
    return Claim("best", BEST[kind], values, rests_on)
