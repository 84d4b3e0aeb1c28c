"""Claims about one quantity of several configurations: extremes, ties, pairs, trends, thresholds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    classify_trend,
    compare,
    compare_by,
    find_basis,
    find_best,
    find_ties,
    find_turn,
    stand_out,
)
from reportgen.paper.analysis.quantities import SCORES, Quantity, is_measured, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Fact, Order, Undecided, Verdict
from reportgen.paper.i18n.quantities import (
    name_quantity,
    write_difference,
    write_estimate,
    write_mean,
    write_measured,
)
from reportgen.paper.i18n.translator import Message, Number, Percent, Several, Value

NOISY = 1.2
"""A sharpness above this, real images being 1, is called noise rather than strokes."""

HIGH_PRECISION, LOW_RECALL = 0.5, 0.1
"""A precision above the one beside a recall below the other is called crowded samples."""


@dataclass(frozen=True)
class Named:
    """A value and whose it is."""

    label: str
    estimate: Estimate


def name_values(quantity: str, configurations: Sequence[Configuration]) -> list[Named]:
    """Return each configuration's value of a quantity."""
    return [Named(c.label, measure(quantity, c)) for c in configurations]


def relate(quantity: str, a: Named, b: Named) -> tuple[Fact, ...]:
    """What a comparison of the two asserts."""
    comparison = compare(a.estimate, b.estimate)
    if comparison == "lower":
        return (Order(quantity, a.label, b.label),)
    if comparison == "higher":
        return (Order(quantity, b.label, a.label),)
    return () if comparison == "unknown" else (Undecided(quantity, a.label, b.label),)


def claim_pair(quantity: str, pair: Sequence[Configuration], rests_on: str) -> Claim:
    """Which of two has the lower value, and by how much."""
    return tell_pair(quantity, name_values(quantity, pair), rests_on)


def tell_pair(quantity: str, pair: Sequence[Named], rests_on: str) -> Claim:
    """Make the claim of ``claim_pair`` from the two values."""
    a, b = pair
    return Claim(
        f"pair.{compare(a.estimate, b.estimate)}",
        {
            "quantity": name_quantity(quantity),
            "a": a.label,
            "a_value": write_estimate(quantity, a.estimate),
            "b": b.label,
            "b_value": write_estimate(quantity, b.estimate),
            "difference": write_difference(quantity, a.estimate, b.estimate),
        },
        rests_on,
        find_basis(a.estimate, b.estimate),
        relate(quantity, a, b),
    )


def claim_extremes(quantity: str, configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """The lowest and the highest of at least two; one without a value is neither."""
    return tell_extremes(quantity, name_values(quantity, configurations), rests_on)


def tell_extremes(quantity: str, named: Sequence[Named], rests_on: str) -> Claim:
    """Make the claim of ``claim_extremes`` from the values."""
    known = [n for n in named if math.isfinite(n.estimate.mean)]
    if len(known) < 2:
        return Claim("extremes.unknown", {"quantity": name_quantity(quantity)}, rests_on, "nothing")
    low, *_, high = sorted(known, key=lambda n: n.estimate.mean)
    kind, facts = str(compare(low.estimate, high.estimate)), relate(quantity, low, high)
    if kind == "lower" and not stand_out(low.estimate, high.estimate, len(known)):
        kind, facts = "chosen", ()
    return Claim(
        f"extremes.{kind}",
        {
            "where": f"[[{rests_on}]]",
            "quantity": name_quantity(quantity),
            "low": low.label,
            "low_value": write_estimate(quantity, low.estimate),
            "high": high.label,
            "high_value": write_estimate(quantity, high.estimate),
            "num": len(known),
        },
        rests_on,
        find_basis(low.estimate, high.estimate),
        facts,
    )


def claim_best(configurations: Sequence[Configuration], rests_on: str, quantity: str = "fid_classifier") -> list[Claim]:
    """The lowest and the highest FID of a table, and the tie if the lowest cannot be told from others."""
    claims = [claim_extremes(quantity, configurations, rests_on)]
    ties = find_ties(configurations, quantity)
    if len(ties) > 1:
        best = find_best(configurations, quantity)
        others = [c for c in ties if c is not best]
        claims.append(
            Claim(
                "tie",
                {"best": best.label, "others": Several([c.label for c in others])},
                rests_on,
                find_basis(*(measure(quantity, c) for c in ties)),
                tuple(Undecided(quantity, best.label, c.label) for c in others),
            )
        )
    return claims


def claim_threshold(configurations: Sequence[Configuration], threshold: int, rests_on: str) -> Claim:
    """The best Inception FID against the course's threshold; near it, the interval decides nothing."""
    best = find_best(configurations, "fid_inception")
    score = measure("fid_inception", best)
    gap = score.mean - threshold
    kind = "missed" if not gap < 0 else "met"
    if abs(gap) <= (score.half_width or 0):
        kind = "near"
    values: dict[str, Value] = {
        "best": best.label,
        "fid": write_estimate("fid_inception", score),
        "threshold": threshold,
    }
    return Claim(f"threshold.{kind}", values, rests_on, score.over, (Verdict(best.label, f"below {threshold}", kind),))


def claim_trend(quantity: str, configurations: Sequence[Configuration], field: str, rests_on: str) -> Claim:
    """How a quantity runs over a dimension, the configurations being in its order."""
    known = [c for c in configurations if is_measured(quantity, [c])]
    estimates = [measure(quantity, c) for c in known]
    trend = classify_trend(estimates)
    if trend == "unknown":
        return Claim("trend.unknown", {"quantity": name_quantity(quantity)}, rests_on, "nothing")
    positions = [getattr(c.settings, field) for c in known]
    if len(set(positions)) < len(positions):  # other settings vary too
        values: dict[str, Value] = {"quantity": name_quantity(quantity), "field": f"`{field}`"}
        return Claim("trend.several", values, rests_on, "nothing")
    turn = find_turn(estimates, trend)
    written = [write_estimate(quantity, estimate) for estimate in estimates]
    pairs = zip(positions, written, strict=True)
    return Claim(
        f"trend.{trend}",
        {
            "quantity": name_quantity(quantity),
            "field": f"`{field}`",
            "first": written[0],
            "first_at": positions[0],
            "turn": written[turn],
            "turn_at": positions[turn],
            "last": written[-1],
            "last_at": positions[-1],
            "all": Several([Message("trend.pair", {"position": at, "value": value}) for at, value in pairs]),
        },
        rests_on,
        find_basis(*estimates),
        _relate_trend(quantity, name_values(quantity, known), trend, turn),
    )


def _relate_trend(quantity: str, named: Sequence[Named], trend: str, turn: int) -> tuple[Fact, ...]:
    """The comparisons that the wording of a trend asserts."""
    first, last = named[0], named[-1]
    if trend in ("falling", "rising"):
        return tuple(fact for a, b in itertools.pairwise(named) for fact in relate(quantity, a, b))
    if trend in ("valley", "peak"):
        return (*relate(quantity, first, named[turn]), *relate(quantity, named[turn], last))
    if trend == "mixed":
        return ()
    return relate(quantity, first, last)


def claim_noise(configurations: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Whose sharpness is more than that of strokes."""
    noisy = [c for c in configurations if measure("sharpness", c).mean > NOISY]
    if not noisy:
        return []
    values: dict[str, Value] = {
        "all": Several(
            [Message("noisy.one", {"label": c.label, "sharpness": write_mean("sharpness", c)}) for c in noisy]
        ),
        "limit": Number(NOISY, 1),
    }
    return [Claim("noisy", values, rests_on, "rule", tuple(Verdict(c.label, "noisy", "yes") for c in noisy))]


def claim_reading(configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """Whose samples are read as digits least and most."""
    return claim_extremes("read_share", configurations, rests_on)


def claim_unreadable(configurations: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Whose samples are read no more often than the kind of noise that is read most."""
    level = configurations[0].first.evaluation.classifier.noise_read
    unreadable = [c for c in configurations if not measure("read_share", c).mean > level]
    if not unreadable:
        return []
    shares = [Message("unreadable.one", {"label": c.label, "share": write_mean("read_share", c)}) for c in unreadable]
    facts = tuple(Verdict(c.label, "unreadable", "yes") for c in unreadable)
    return [Claim("unreadable", {"all": Several(shares), "level": Percent(level, 1)}, rests_on, "rule", facts)]


def claim_other_scores(ablated: Configuration, baseline: Configuration, rests_on: str) -> list[Claim]:
    """Which of the other scores say what FID says of the change, by value, and which do not."""
    by_fid = compare_by("fid_classifier", ablated, baseline)
    if by_fid not in ("lower", "higher"):
        return []
    sides: dict[bool, list[Quantity]] = {True: [], False: []}
    for score in SCORES:
        a, b = (round(measure(score.name, c).mean, score.decimals) for c in (ablated, baseline))
        if a - b:  # what is printed alike is on neither side
            sides[((a < b) == (score.better == "lower")) == (by_fid == "lower")].append(score)
    favoured = baseline if by_fid == "lower" else ablated
    kind = "agree" if not sides[False] else "crowded" if is_crowded(favoured) else "against" if sides[True] else "all"
    values: dict[str, Value] = {
        "same": Several([name_quantity(score.name) for score in sides[True]]),
        "all": Several([_write_score(score.name, ablated, baseline) for score in sides[False]]),
        "ablated": ablated.label,
        "baseline": baseline.label,
        "favoured": favoured.label,
        "recall": write_measured("recall", favoured),
        "coverage": write_measured("coverage", favoured),
    }
    return [Claim(f"ablation.scores_{kind}", values, rests_on, "nothing")]


def _write_score(name: str, ablated: Configuration, baseline: Configuration) -> Message:
    values: dict[str, Value] = {
        "score": name_quantity(name),
        "ablated": write_measured(name, ablated),
        "baseline": write_measured(name, baseline),
    }
    return Message("ablation.score", values)


def is_crowded(c: Configuration) -> bool:
    return measure("precision", c).mean > HIGH_PRECISION and measure("recall", c).mean < LOW_RECALL


def conclude_ablation(ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim:
    """What the FID says of the change."""
    pair = name_values("fid_classifier", (ablated, baseline))
    of_ablated, of_baseline = (n.estimate for n in pair)
    kind = {"lower": "helped", "higher": "hurt"}.get(compare(of_ablated, of_baseline), "open")
    basis = find_basis(of_ablated, of_baseline)
    if basis == "seed_rule":
        kind = "slight"
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "baseline": baseline.label,
        "ablated_value": write_estimate("fid_classifier", of_ablated),
        "baseline_value": write_estimate("fid_classifier", of_baseline),
        "difference": write_difference("fid_classifier", of_ablated, of_baseline),
        "ratio": Number(of_ablated.rule.ratio, 1),
    }
    facts = (Verdict(ablated.label, "ablation", kind), *relate("fid_classifier", *pair))
    return Claim(f"ablation.{kind}", values, rests_on, basis, facts)
