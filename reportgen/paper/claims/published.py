"""Claims about the suite's results beside published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.published import Matched, Ranked, find_longest_reports, measure_agreement, rank_pairs
from reportgen.paper.claims.claim import Claim
from reportgen.paper.i18n.translator import Number, Several, Value

ORDER: Mapping[Literal["agree", "differ", "open"], str] = {
    "agree": "published.order.agree",
    "differ": "published.order.differ",
    "open": "published.order.open",
}
"""Agreement with published orders, as far as the suite decides -> message."""


def answer_published(matched: Sequence[Matched], rests_on: str) -> Claim | None:
    """Say how often the suite orders two configurations by FID as a published report does.

    None if no report states scores of two of them.
    """
    agreement = measure_agreement(rank_pairs(matched))
    if not agreement.total:
        return None
    values: dict[str, Value] = {
        "total": agreement.total,
        "decided": agreement.same + agreement.reverse,
        "same": agreement.same,
        "undecided": agreement.undecided,
    }
    kind: Literal["agree", "differ", "open"] = "differ" if agreement.reverse else "agree" if agreement.same else "open"
    return Claim("published", ORDER[kind], values, rests_on)


def claim_published(matched: Sequence[Matched], rests_on: str) -> list[Claim]:
    """Say what may explain the pairs that published reports order the other way round, and how far scores differ."""
    found = [_claim_reverse(rank_pairs(matched), rests_on), _claim_spread(matched, rests_on)]
    return [claim for claim in found if claim is not None]


def _claim_reverse(ranked: Sequence[Ranked], rests_on: str) -> Claim | None:
    """Say what may explain the pairs in the reverse order; None if there are none.

    Training length explains them where only those reports reverse pairs that trained longer than the others.
    """
    reverse = [pair for pair in ranked if pair.is_reversed]
    if not reverse:
        return None
    values: dict[str, Value] = {
        "reports": Several(sorted({pair.report for pair in reverse})),
        "num": len(reverse),
        "num_mixed": sum(pair.first.settings.model != pair.second.settings.model for pair in reverse),
    }
    longest = find_longest_reports(ranked)
    if longest is None:
        return Claim("published", "published.reverse.open", values, rests_on)
    values |= {"steps": longest.steps, "num_agreed": longest.num_agreed, "other_steps": longest.other_steps}
    return Claim("published", "published.reverse.longer", values, rests_on)


def _claim_spread(matched: Sequence[Matched], rests_on: str) -> Claim | None:
    """Say how far published FIDs of one configuration differ where they do so most, by their ratio.

    Reports with the same training are preferred. None if no configuration has two published scores.
    """
    several = [m for m in matched if len(m.scores) > 1]
    if not several:
        return None
    alike = [m for m in several if len({(s.num_training_steps, s.batch_size) for s in m.scores}) == 1]
    widest = max(alike or several, key=lambda m: max(s.fid for s in m.scores) / min(s.fid for s in m.scores))
    values: dict[str, Value] = {
        "label": widest.configuration.label,
        "num": len(widest.scores),
        "low": Number(min(score.fid for score in widest.scores), 1),
        "high": Number(max(score.fid for score in widest.scores), 1),
    }
    return Claim("published", "published.spread.alike" if alike else "published.spread.unlike", values, rests_on)
