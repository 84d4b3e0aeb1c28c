"""Claims about one quantity of several configurations: extremes, ties, pairs, trends, thresholds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    classify_trend,
    compare,
    estimate_difference,
    find_basis,
    find_best,
    find_ties,
    find_turn,
    stand_out,
)
from reportgen.paper.analysis.results import CLASSIFIER, INCEPTION, Configuration
from reportgen.paper.claims.claim import Claim, Fact, Order, Undecided, Verdict
from reportgen.paper.i18n.translator import Interval, Message, Number, Percent, Several, Value

Quantity = Literal[
    "fid_classifier",
    "fid_inception",
    "dev_reconstruction",
    "dev_kl",
    "dev_total",
    "discriminator_loss",
    "generator_loss",
    "separation",
    "sharpness",
    "gradient_energy",
    "read_share",
    "read_inside",
    "read_outside",
    "reads_same",
    "detour",
    "largest_step",
    "kid",
    "precision",
    "recall",
    "density",
    "coverage",
]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)

NOISY = 1.2
"""A sharpness above this, real images being 1, is called noise rather than strokes."""

HIGH_PRECISION, LOW_RECALL = 0.5, 0.1
"""A precision above the one beside a recall below the other is called crowded samples."""

SHARES = ("read_share", "read_inside", "read_outside", "reads_same")
DECIMALS: dict[str, int] = {"dev_reconstruction": 1, "dev_kl": 1, "dev_total": 1, "kid": 3}


def fid_quantity(detector: str = CLASSIFIER) -> Quantity:
    return "fid_inception" if detector == INCEPTION else "fid_classifier"


@dataclass(frozen=True)
class Named:
    """A value and whose it is."""

    label: str
    estimate: Estimate


Measure = Callable[[Configuration], Estimate]


def measure(configurations: Sequence[Configuration], of: Measure) -> list[Named]:
    return [Named(c.label, of(c)) for c in configurations]


def write_estimate(quantity: Quantity, estimate: Estimate) -> Interval:
    """A quantity as it is printed: shares as percentages, all else with its decimals."""
    if quantity in SHARES:
        half = None if estimate.half_width is None else Percent(estimate.half_width, 1)
        return Interval(Percent(estimate.mean, 1), half)
    decimals = DECIMALS.get(quantity, 2)
    half_width = None if estimate.half_width is None else Number(estimate.half_width, decimals)
    return Interval(Number(estimate.mean, decimals), half_width)


def write_difference(quantity: Quantity, a: Estimate, b: Estimate) -> Value:
    """``a`` less ``b`` as it is printed: of shares in percentage points."""
    difference = estimate_difference(a, b)
    if quantity not in SHARES:
        return write_estimate(quantity, difference)
    return write_points(difference)


def write_points(change: Estimate) -> Message:
    """A change of a share in percentage points."""
    half = None if change.half_width is None else Number(100 * change.half_width, 1)
    return Message("value.points", {"value": Interval(Number(100 * change.mean, 1), half)})


def relate(quantity: Quantity, a: Named, b: Named) -> tuple[Fact, ...]:
    """What a comparison of the two asserts."""
    comparison = compare(a.estimate, b.estimate)
    if comparison == "lower":
        return (Order(quantity, a.label, b.label),)
    if comparison == "higher":
        return (Order(quantity, b.label, a.label),)
    return () if comparison == "unknown" else (Undecided(quantity, a.label, b.label),)


def claim_pair(quantity: Quantity, pair: Sequence[Named], rests_on: str) -> Claim:
    """Which of two has the lower value, and by how much."""
    a, b = pair
    return Claim(
        f"pair.{compare(a.estimate, b.estimate)}",
        {
            "quantity": Message(f"quantity.{quantity}"),
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


def claim_extremes(quantity: Quantity, named: Sequence[Named], rests_on: str) -> Claim:
    """The lowest and the highest of at least two; one without a value is neither."""
    known = [n for n in named if math.isfinite(n.estimate.mean)]
    if len(known) < 2:
        return Claim("extremes.unknown", {"quantity": Message(f"quantity.{quantity}")}, rests_on, "nothing")
    low, *_, high = sorted(known, key=lambda n: n.estimate.mean)
    kind, facts = str(compare(low.estimate, high.estimate)), relate(quantity, low, high)
    if kind == "lower" and not stand_out(low.estimate, high.estimate, len(known)):
        kind, facts = "chosen", ()
    return Claim(
        f"extremes.{kind}",
        {
            "where": f"[[{rests_on}]]",
            "quantity": Message(f"quantity.{quantity}"),
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


def claim_best(configurations: Sequence[Configuration], rests_on: str, detector: str = CLASSIFIER) -> list[Claim]:
    """The lowest and the highest FID of a table, and the tie if the lowest cannot be told from others."""
    quantity = fid_quantity(detector)
    named = measure(configurations, lambda c: c.score("fid", detector))
    claims = [claim_extremes(quantity, named, rests_on)]
    ties = find_ties(configurations, detector)
    if len(ties) > 1:
        best = find_best(configurations, detector)
        others = [c for c in ties if c is not best]
        claims.append(
            Claim(
                "tie",
                {"best": best.label, "others": Several([c.label for c in others])},
                rests_on,
                find_basis(*(c.score("fid", detector) for c in ties)),
                tuple(Undecided(quantity, best.label, c.label) for c in others),
            )
        )
    return claims


def claim_threshold(configurations: Sequence[Configuration], threshold: int, rests_on: str) -> Claim:
    """The best Inception FID against the course's threshold; near it, the interval decides nothing."""
    best = find_best(configurations, INCEPTION)
    score = best.score("fid", INCEPTION)
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


def claim_trend(
    quantity: Quantity, configurations: Sequence[Configuration], of: Measure, field: str, rests_on: str
) -> Claim:
    """How a quantity runs over a dimension, the configurations being in its order."""
    known = [c for c in configurations if math.isfinite(of(c).mean)]
    estimates = [of(c) for c in known]
    trend = classify_trend(estimates)
    if trend == "unknown":
        return Claim("trend.unknown", {"quantity": Message(f"quantity.{quantity}")}, rests_on, "nothing")
    positions = [getattr(c.settings, field) for c in known]
    if len(set(positions)) < len(positions):  # other settings vary too
        values: dict[str, Value] = {"quantity": Message(f"quantity.{quantity}"), "field": f"`{field}`"}
        return Claim("trend.several", values, rests_on, "nothing")
    turn = find_turn(estimates, trend)
    written = [write_estimate(quantity, estimate) for estimate in estimates]
    pairs = zip(positions, written, strict=True)
    return Claim(
        f"trend.{trend}",
        {
            "quantity": Message(f"quantity.{quantity}"),
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
        _relate_trend(quantity, measure(known, of), trend, turn),
    )


def _relate_trend(quantity: Quantity, named: Sequence[Named], trend: str, turn: int) -> tuple[Fact, ...]:
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
    noisy = [c for c in configurations if c.sharpness.mean > NOISY]
    if not noisy:
        return []
    values: dict[str, Value] = {
        "all": Several(
            [Message("noisy.one", {"label": c.label, "sharpness": Number(c.sharpness.mean)}) for c in noisy]
        ),
        "limit": Number(NOISY, 1),
    }
    return [Claim("noisy", values, rests_on, "rule", tuple(Verdict(c.label, "noisy", "yes") for c in noisy))]


def claim_reading(configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """Whose samples are read as digits least and most."""
    return claim_extremes("read_share", measure(configurations, lambda c: c.read_share), rests_on)


def claim_unreadable(configurations: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Whose samples are read no more often than the kind of noise that is read most."""
    level = configurations[0].first.evaluation.classifier.noise_read
    unreadable = [c for c in configurations if not c.read_share.mean > level]
    if not unreadable:
        return []
    shares = [Message("unreadable.one", {"label": c.label, "share": Percent(c.read_share.mean, 1)}) for c in unreadable]
    facts = tuple(Verdict(c.label, "unreadable", "yes") for c in unreadable)
    return [Claim("unreadable", {"all": Several(shares), "level": Percent(level, 1)}, rests_on, "rule", facts)]


LOWER_IS_BETTER: dict[Quantity, bool] = {
    "kid": True,
    "precision": False,
    "recall": False,
    "density": False,
    "coverage": False,
}
"""The scores beside FID, and whether the lower value is the better one."""


def claim_other_scores(ablated: Configuration, baseline: Configuration, rests_on: str) -> list[Claim]:
    """Which of the other scores say what FID says of the change, by value, and which do not."""
    by_fid = compare(ablated.fid, baseline.fid)
    if by_fid not in ("lower", "higher"):
        return []
    sides: dict[bool, list[tuple[Quantity, Estimate, Estimate]]] = {True: [], False: []}
    for name, is_lower_better in LOWER_IS_BETTER.items():
        a, b = ablated.score(name), baseline.score(name)
        decimals = DECIMALS.get(name, 2)
        difference = round(a.mean, decimals) - round(b.mean, decimals)  # what is printed alike is on neither side
        if difference:
            sides[((difference < 0) == is_lower_better) == (by_fid == "lower")].append((name, a, b))
    favoured = baseline if by_fid == "lower" else ablated
    kind = "agree" if not sides[False] else "crowded" if is_crowded(favoured) else "against" if sides[True] else "all"
    values: dict[str, Value] = {
        "same": Several([Message(f"quantity.{name}") for name, _, _ in sides[True]]),
        "all": Several([_write_score(*score) for score in sides[False]]),
        "ablated": ablated.label,
        "baseline": baseline.label,
        "favoured": favoured.label,
        "recall": write_estimate("recall", favoured.score("recall")),
        "coverage": write_estimate("coverage", favoured.score("coverage")),
    }
    return [Claim(f"ablation.scores_{kind}", values, rests_on, "nothing")]


def _write_score(name: Quantity, ablated: Estimate, baseline: Estimate) -> Message:
    values: dict[str, Value] = {
        "score": Message(f"quantity.{name}"),
        "ablated": write_estimate(name, ablated),
        "baseline": write_estimate(name, baseline),
    }
    return Message("ablation.score", values)


def is_crowded(c: Configuration) -> bool:
    return c.score("precision").mean > HIGH_PRECISION and c.score("recall").mean < LOW_RECALL


def conclude_ablation(ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim:
    """What the FID says of the change."""
    comparison = compare(ablated.fid, baseline.fid)
    kind = {"lower": "helped", "higher": "hurt"}.get(comparison, "open")
    basis = find_basis(ablated.fid, baseline.fid)
    if basis == "seed_rule":
        kind = "slight"
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "baseline": baseline.label,
        "ablated_value": write_estimate("fid_classifier", ablated.fid),
        "baseline_value": write_estimate("fid_classifier", baseline.fid),
        "difference": write_difference("fid_classifier", ablated.fid, baseline.fid),
        "ratio": Number(ablated.fid.rule.ratio, 1),
    }
    pair = Named(ablated.label, ablated.fid), Named(baseline.label, baseline.fid)
    facts = (Verdict(ablated.label, "ablation", kind), *relate("fid_classifier", *pair))
    return Claim(f"ablation.{kind}", values, rests_on, basis, facts)
