"""Claims about fidelity and diversity."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.quantities import measure
from reportgen.paper.analysis.results import CLASSIFIER, Configuration
from reportgen.paper.analysis.samples import HIGH_PRECISION, LOW_RECALL, is_crowded
from reportgen.paper.claims.claim import Claim
from reportgen.paper.claims.scores import claim_extremes
from reportgen.paper.i18n.quantities import write_mean, write_measured, write_value
from reportgen.paper.i18n.translator import Message, Number, Several, Value


def claim_fidelity(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Name the extremes of precision and recall, and the configurations whose samples may be crowded."""
    claims = [claim_extremes(quantity, scored, rests_on) for quantity in ("precision", "recall")]
    crowded = [c for c in scored if is_crowded(c)]
    if crowded:
        values: dict[str, Value] = {
            "precision": Number(HIGH_PRECISION, 1),
            "recall": Number(LOW_RECALL, 1),
            "crowded": Several([_write_crowded(c) for c in crowded]),
        }
        claims.append(Claim("scores", "scores.crowded", values, rests_on, "rule"))
    return claims


def claim_copies(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Say how many configurations have a worse FID than a model without variety.

    Such a model repeats a few real images. The mean FIDs are compared as numbers, without a test. The list is empty if
    the classifier's scores are missing.
    """
    scores = scored[0].first.find_scores(CLASSIFIER)
    if scores is None:
        return []
    num_behind = sum(measure("fid_classifier", c).mean > scores.copies_fid for c in scored)
    values: dict[str, Value] = {
        "num": scores.copies_num,
        "fid": write_value("fid_classifier", scores.copies_fid),
        "recall": write_value("recall", scores.copies_recall),
        "num_behind": num_behind,
        "num_all": len(scored),
    }
    wording = "scores.copies.ahead" if num_behind else "scores.copies.behind"
    return [Claim("scores", wording, values, rests_on, "nothing")]


def _write_crowded(c: Configuration) -> Message:
    """Write one configuration with crowded samples, with its coverage and legibility."""
    values: dict[str, Value] = {
        "label": c.label,
        "coverage": write_measured("coverage", c),
        "share": write_mean("read_share", c),
    }
    return Message("scores.crowded.each", values)
