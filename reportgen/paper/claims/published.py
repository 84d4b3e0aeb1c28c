"""Claims about the suite's results beside published ones."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.published import Matched, measure_agreement
from reportgen.paper.claims.claim import Claim
from reportgen.paper.i18n.translator import Number, Value
from reportgen.suite.settings import GanSettings


def claim_spread(matched: Sequence[Matched], rests_on: str) -> Claim | None:
    """Say how far published FIDs of one configuration differ where they do so most, by their ratio.

    None if no configuration has two published scores.
    """
    several = [m for m in matched if len(m.scores) > 1]
    if not several:
        return None
    widest = max(several, key=lambda m: max(s.fid for s in m.scores) / min(s.fid for s in m.scores))
    values: dict[str, Value] = {
        "label": widest.configuration.label,
        "num": len(widest.scores),
        "low": Number(min(score.fid for score in widest.scores), 1),
        "high": Number(max(score.fid for score in widest.scores), 1),
    }
    trainings = {(score.num_training_steps, score.batch_size) for score in widest.scores}
    wording = "published.spread.alike" if len(trainings) == 1 else "published.spread.unlike"
    return Claim("published", wording, values, rests_on)


def claim_agreement(matched: Sequence[Matched], rests_on: str) -> Claim | None:
    """Say how often the suite orders two configurations by FID as a published report does.

    None if no report states scores of two of them.
    """
    agreement = measure_agreement(matched)
    if not agreement.total:
        return None
    values: dict[str, Value] = {
        "total": agreement.total,
        "same": agreement.same,
        "reverse": agreement.reverse,
        "undecided": agreement.undecided,
    }
    return Claim("published", "published.order.all", values, rests_on)


def claim_agreement_of_gans(matched: Sequence[Matched], rests_on: str) -> Claim | None:
    """Say how often the suite orders two GANs by FID as a published report does.

    GANs are nearer to each other than to VAEs. None if all pairs are of GANs, or none is.
    """
    gans = measure_agreement([m for m in matched if isinstance(m.configuration.settings, GanSettings)])
    if gans.total in (0, measure_agreement(matched).total):
        return None
    values: dict[str, Value] = {"same": gans.same, "reverse": gans.reverse, "undecided": gans.undecided}
    return Claim("published", "published.order.gans", values, rests_on)
