"""Claims about fidelity and diversity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.findings import find_best, find_ties, find_worst
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import find_varied_rival
from reportgen.paper.analysis.yardsticks import find_rungs, is_above, is_below
from reportgen.paper.claims.claim import Claim, Order
from reportgen.paper.i18n.quantities import write_mean, write_measured, write_value
from reportgen.paper.i18n.translator import Several, Value

MAX_NAMED = 3
"""The most configurations beside the most varied one of which the lowest is not named, too."""

MAX_FINDINGS = 2
"""The most findings of the section."""

Varied = Literal["alone", "one", "few", "many", "open"]

MOST_VARIED: Mapping[Varied, str] = {
    "alone": "scores.most_varied.alone",
    "one": "scores.most_varied.one",
    "few": "scores.most_varied.few",
    "many": "scores.most_varied.many",
    "open": "scores.most_varied.open",
}
"""Number of configurations that are not shown to be less varied than the most varied one -> message."""


def answer_variety(scored: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Name the most varied models by recall, beside real images and a few repeated ones; None without yardsticks."""
    found = find_rungs(scored, "real", "few_copies")
    if found is None:
        return None
    real, copies = found
    best, ties = find_best(scored, "recall"), find_ties(scored, "recall")
    others = [c for c in ties if c is not best]
    worst = find_worst([c for c in scored if c not in ties] or scored, "recall")
    values: dict[str, Value] = {
        "best": best.label,
        "recall": write_measured("recall", best),
        "others": Several([c.label for c in others]),
        "worst": worst.label,
        "all_worst": Several([c.label for c in scored if _print_recall(c) == _print_recall(worst)]),
        "worst_recall": write_mean("recall", worst),
        "real": write_value("recall", real.recall),
        "num": copies.num,
        "copies": write_value("recall", copies.recall),
    }
    facts = (Order("recall", worst.label, best.label),) if others == [] and len(scored) > 1 else ()
    return Claim("scores", MOST_VARIED[_count_varied(scored, others)], values, rests_on, facts)


def _print_recall(c: Configuration) -> str:
    return f"{measure('recall', c).mean:.2f}"


def _count_varied(scored: Sequence[Configuration], others: Sequence[Configuration]) -> Varied:
    if len(scored) == 1:
        return "alone"
    if len(others) == len(scored) - 1:
        return "open"
    return "one" if not others else "few" if len(others) <= MAX_NAMED else "many"


def claim_fidelity(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Return what limits FID and recall: a more varied rival of the best, repeated images, the precision of blur."""
    makers = (_claim_rival, _claim_coverage, _claim_precision)
    found = [make(scored, rests_on) for make in makers]
    return [claim for claim in found if claim is not None][:MAX_FINDINGS]


def _claim_rival(scored: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say that a configuration is more varied than the one with the lowest FID; None if there is none."""
    rival = find_varied_rival(scored)
    if rival is None:
        return None
    best, fid = find_best(scored), choose_fid(scored)
    values: dict[str, Value] = {
        "best": best.label,
        "recall": write_mean("recall", best),
        "rival": rival.label,
        "rival_recall": write_mean("recall", rival),
        "fid": write_mean(fid, best),
        "rival_fid": write_mean(fid, rival),
    }
    return Claim("scores", "scores.varied", values, rests_on, (Order("recall", best.label, rival.label),))


COVERING: Mapping[Literal["none", "below", "some", "most", "all"], str] = {
    "none": "scores.covering.none",
    "below": "scores.covering.below",
    "some": "scores.covering.some",
    "most": "scores.covering.most",
    "all": "scores.covering.all",
}
"""Number of models that are shown to cover more real images than a few of them, repeated -> message."""


def _claim_coverage(scored: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say which models cover more real images than a few of them, repeated; None if these were not measured."""
    found = find_rungs(scored, "few_copies")
    if found is None:
        return None
    (copies,) = found
    above = [c for c in scored if is_above("coverage", c, copies.coverage)]
    rest = [c for c in scored if c not in above]
    best = find_best(scored, "coverage")
    values: dict[str, Value] = {
        "num": copies.num,
        "coverage": write_value("coverage", copies.coverage),
        "above": Several([c.label for c in above]),
        "rest": Several([c.label for c in rest]),
        "best": best.label,
        "best_coverage": write_mean("coverage", best),
    }
    if not above:
        is_less = all(is_below("coverage", c, copies.coverage) for c in scored)
        return Claim("scores", COVERING["below" if is_less else "none"], values, rests_on)
    kind: Literal["some", "most"] = "some" if len(above) <= len(rest) else "most"
    return Claim("scores", COVERING[kind if rest else "all"], values, rests_on)


def _claim_precision(scored: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say that the highest precision is no sign of sharpness; None unless blurred real images have as much."""
    found, best = find_rungs(scored, "real", "blur"), find_best(scored, "precision")
    if found is None or measure("sharpness", best).mean >= 1:
        return None
    real, blur = found
    if not is_below("precision", best, real.precision) or is_above("precision", best, blur.precision):
        return None
    values: dict[str, Value] = {
        "best": best.label,
        "precision": write_mean("precision", best),
        "real": write_value("precision", real.precision),
        "blur": write_value("precision", blur.precision),
    }
    return Claim("scores", "scores.precision", values, rests_on)
