"""Claims about fidelity and diversity."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.findings import find_best
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import CLASSIFIER, Configuration
from reportgen.paper.analysis.samples import HIGH_PRECISION, LOW_RECALL, find_varied_rival, is_crowded
from reportgen.paper.claims.claim import Claim, Order
from reportgen.paper.claims.scores import claim_extremes
from reportgen.paper.i18n.quantities import write_mean, write_measured, write_value
from reportgen.paper.i18n.translator import Message, Number, Several, Value


def claim_fidelity(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Name the extremes of precision and recall, a rival that is more varied, and crowded samples."""
    claims = [claim_extremes(quantity, scored, rests_on) for quantity in ("precision", "recall")]
    rival = find_varied_rival(scored)
    if rival is not None:
        claims.append(_claim_rival(choose_fid(scored), find_best(scored), rival, rests_on))
    crowded = [c for c in scored if is_crowded(c)]
    if crowded:
        values: dict[str, Value] = {
            "precision": Number(HIGH_PRECISION, 1),
            "recall": Number(LOW_RECALL, 1),
            "crowded": Several([_write_crowded(c) for c in crowded]),
        }
        claims.append(Claim("scores", "scores.crowded", values, rests_on))
    return claims


def _claim_rival(fid: str, best: Configuration, rival: Configuration, rests_on: str) -> Claim:
    """Say that a configuration is more varied than the one with the lowest FID."""
    values: dict[str, Value] = {
        "best": best.label,
        "recall": write_measured("recall", best),
        "rival": rival.label,
        "rival_recall": write_measured("recall", rival),
        "rival_fid": write_measured(fid, rival),
    }
    facts = (Order("recall", best.label, rival.label),)
    return Claim("scores", "scores.varied", values, rests_on, facts)


def claim_copies(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Say how many configurations have a worse FID than a model without variety.

    Such a model repeats a few real images. The mean FIDs are compared as numbers, without a test. The list is empty if
    the classifier's scores are missing.
    """
    scores = scored[0].first.find_scores(CLASSIFIER)
    copies = scores.find_yardstick("few_copies") if scores else None
    if copies is None:
        return []
    num_behind = sum(measure("fid_classifier", c).mean > copies.fid for c in scored)
    values: dict[str, Value] = {
        "num": copies.num,
        "fid": write_value("fid_classifier", copies.fid),
        "recall": write_value("recall", copies.recall),
        "num_behind": num_behind,
        "num_all": len(scored),
    }
    wording = "scores.copies.ahead" if num_behind else "scores.copies.behind"
    return [Claim("scores", wording, values, rests_on)]


def _write_crowded(c: Configuration) -> Message:
    """Write one configuration with crowded samples, with its coverage and legibility."""
    values: dict[str, Value] = {
        "label": c.label,
        "coverage": write_measured("coverage", c),
        "share": write_mean("read_share", c),
    }
    return Message("scores.crowded.each", values)
