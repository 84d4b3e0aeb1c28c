"""Claims for the summary on the first page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.paper.analysis.findings import find_basis, find_best, find_ties
from reportgen.paper.analysis.quantities import measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Undecided
from reportgen.paper.i18n.quantities import write_measured
from reportgen.paper.i18n.translator import Message, Several, Value

BEST: Mapping[str, str] = {
    "only": "summary.best.only",
    "clear": "summary.best.clear",
    "tied": "summary.best.tied",
}
"""Clearness of the best FID -> message."""


def claim_best_brief(model: str, configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """Name a model's configuration with the lowest classifier FID, and those not told apart from it.

    There must be at least one configuration.
    """
    best = find_best(configurations)
    others = [c for c in find_ties(configurations) if c is not best]
    kind = "only" if len(configurations) == 1 else "tied" if others else "clear"
    values: dict[str, Value] = {
        "model": Message(f"model.{model}"),
        "label": best.label,
        "fid": write_measured("fid_classifier", best),
        "others": Several([c.label for c in others]),
    }
    facts = tuple(Undecided("fid_classifier", best.label, c.label) for c in others)
    basis = find_basis(*(measure("fid_classifier", c) for c in configurations))
    return Claim("best", BEST[kind], values, rests_on, basis, facts)
