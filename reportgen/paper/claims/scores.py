"""Claims about one quantity of several configurations: extremes, ties, pairs, trends, thresholds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.paper.analysis.contrasts import (
    AblationVerdict,
    compare_extremes,
    judge_ablation,
    judge_other_scores,
    judge_threshold,
)
from reportgen.paper.analysis.effects import Effect, Outcome, compare, find_change
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.families import PowerLaw
from reportgen.paper.analysis.findings import SIGNIFICANCE, Sweep, Trend, find_best, find_ties, find_turn, read_sweep
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import NOISY, find_noise_level, find_unreadable, is_noisy
from reportgen.paper.claims.claim import Claim, Fact, Order, Undecided, Verdict
from reportgen.paper.i18n.quantities import (
    name_quantity,
    write_bound,
    write_effect,
    write_estimate,
    write_mean,
    write_measured,
)
from reportgen.paper.i18n.translator import Message, Number, Percent, PValue, Several, Value


@dataclass(frozen=True)
class Named:
    """An estimate with the label of its configuration."""

    label: str
    estimate: Estimate


def name_values(quantity: str, configurations: Sequence[Configuration]) -> list[Named]:
    """Return each configuration's value of a quantity with its label."""
    return [Named(c.label, measure(quantity, c)) for c in configurations]


def relate(quantity: str, a: Named, b: Named) -> tuple[Fact, ...]:
    """Return the fact that a comparison of two values establishes; none if a value is missing."""
    comparison = compare(a.estimate, b.estimate)
    if comparison == "lower":
        return (Order(quantity, a.label, b.label),)
    if comparison == "higher":
        return (Order(quantity, b.label, a.label),)
    return () if comparison in ("single", "unknown") else (Undecided(quantity, a.label, b.label),)


PAIR: Mapping[Outcome, str] = {
    "lower": "pair.lower",
    "higher": "pair.higher",
    "alike": "pair.alike",
    "open": "pair.open",
    "equal": "pair.equal",
    "single": "pair.single",
    "unknown": "pair.unknown",
}
"""Comparison of the first configuration with the second -> message."""


def claim_pair(quantity: str, pair: Sequence[Configuration], rests_on: str) -> Claim:
    """Say which of two configurations has the lower value of a quantity, and by how much."""
    return tell_pair(quantity, name_values(quantity, pair), rests_on)


def tell_pair(quantity: str, pair: Sequence[Named], rests_on: str) -> Claim:
    """Say which of two named values of a quantity is lower, and by how much."""
    a, b = pair
    return Claim(
        "pair",
        PAIR[compare(a.estimate, b.estimate)],
        {
            "quantity": name_quantity(quantity),
            "a": a.label,
            "a_value": write_estimate(quantity, a.estimate),
            "b": b.label,
            "b_value": write_estimate(quantity, b.estimate),
            **write_change(quantity, find_change(a.estimate, b.estimate)),
        },
        rests_on,
        relate(quantity, a, b),
    )


def write_change(quantity: str, effect: Effect | None) -> dict[str, Value]:
    """Return an effect with its interval as ``change`` and its bound as ``bound``; dashes without one."""
    if effect is None:
        return {"change": "–", "bound": "–"}
    return {"change": write_effect(quantity, effect), "bound": write_bound(quantity, effect)}


EXTREMES: Mapping[Outcome | Literal["chosen"], str] = {
    "lower": "extremes.lower",
    "higher": "extremes.lower",
    "chosen": "extremes.open",
    "alike": "extremes.alike",
    "open": "extremes.open",
    "equal": "extremes.equal",
    "single": "extremes.single",
    "unknown": "extremes.unknown",
}
"""Comparison of the lowest value with the highest -> message."""


def claim_extremes(quantity: str, configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """Name the configurations with the lowest and the highest value of a quantity.

    Configurations without a value are skipped; the claim is that nothing is known if fewer than two have one.
    """
    return tell_extremes(quantity, name_values(quantity, configurations), rests_on)


def tell_extremes(quantity: str, named: Sequence[Named], rests_on: str) -> Claim:
    """Name the lowest and the highest of several named values of a quantity.

    Missing values are skipped; the claim is that nothing is known if fewer than two are left.
    """
    known = [n for n in named if math.isfinite(n.estimate.mean)]
    if len(known) < 2:
        return Claim("extremes", "extremes.unknown", {"quantity": name_quantity(quantity)}, rests_on)
    low, *_, high = sorted(known, key=lambda n: n.estimate.mean)
    kind = compare_extremes(low.estimate, high.estimate, len(known))
    return Claim(
        "extremes",
        EXTREMES[kind],
        {
            "where": f"[[{rests_on}]]",
            "quantity": name_quantity(quantity),
            "low": low.label,
            "low_value": write_estimate(quantity, low.estimate),
            "high": high.label,
            "high_value": write_estimate(quantity, high.estimate),
            **write_change(quantity, find_change(high.estimate, low.estimate)),
        },
        rests_on,
        () if kind == "chosen" else relate(quantity, low, high),
    )


def claim_best(configurations: Sequence[Configuration], rests_on: str, quantity: str | None = None) -> list[Claim]:
    """Name the extremes of a quantity, by default of FID, and the configurations not told apart from the best."""
    quantity = quantity or choose_fid(configurations)
    claims = [claim_extremes(quantity, configurations, rests_on)]
    ties = find_ties(configurations, quantity)
    if len(ties) > 1:
        best = find_best(configurations, quantity)
        others = [c for c in ties if c is not best]
        claims.append(
            Claim(
                "extremes.tied",
                "extremes.tied",
                {"best": best.label, "others": Several([c.label for c in others])},
                rests_on,
            )
        )
    return claims


THRESHOLD: Mapping[str, str] = {
    "met": "threshold.met",
    "missed": "threshold.missed",
    "near": "threshold.near",
}
"""Verdict on the best Inception FID -> message."""


def claim_threshold(configurations: Sequence[Configuration], threshold: int, rests_on: str) -> Claim:
    """Say whether the best Inception FID is below a threshold, which an interval around it leaves open."""
    judged = judge_threshold(configurations, threshold)
    values: dict[str, Value] = {
        "best": judged.best.label,
        "fid": write_estimate("fid_inception", judged.fid),
        "threshold": threshold,
    }
    verdict = Verdict(judged.best.label, f"below {threshold}", judged.verdict)
    return Claim("threshold", THRESHOLD[judged.verdict], values, rests_on, (verdict,))


TREND: Mapping[Trend, str] = {
    "falling": "trend.falling",
    "rising": "trend.rising",
    "falling_overall": "trend.falling_overall",
    "rising_overall": "trend.rising_overall",
    "valley": "trend.valley",
    "peak": "trend.peak",
    "mixed": "trend.mixed",
    "alike": "trend.alike",
    "flat": "trend.flat",
}
"""Trend of a quantity over a dimension -> message."""


def claim_trend(quantity: str, configurations: Sequence[Configuration], field: str, rests_on: str) -> Claim:
    """Describe the trend of a quantity over a dimension.

    No trend is claimed if fewer than two configurations have a value, if nothing is known of how far seeds differ, or
    if several configurations have the same value of the dimension.

    Args:
        configurations: in ascending order of the dimension.
        field: the dimension's name in the settings.
    """
    values: dict[str, Value] = {"quantity": name_quantity(quantity), "field": f"`{field}`"}
    known = [c for c in configurations if is_measured(quantity, [c])]
    if len({getattr(c.settings, field) for c in known}) < len(known):  # other settings vary too
        return Claim("trend", "trend.several", values, rests_on)
    sweep = read_sweep(quantity, known, field)
    if sweep is None:
        return Claim("trend", "trend.unknown", values, rests_on)
    facts = _relate_trend(quantity, name_values(quantity, known), sweep)
    return Claim("trend", TREND[sweep.trend], {**values, **_write_sweep(quantity, sweep)}, rests_on, facts)


def _write_sweep(quantity: str, sweep: Sweep) -> dict[str, Value]:
    """Write the ends of a sweep, its turn, its values and how it goes from end to end."""
    written = [write_estimate(quantity, estimate) for estimate in sweep.estimates]
    turn = find_turn(sweep.estimates, sweep.trend)
    pairs = zip(sweep.positions, written, strict=True)
    return {
        "first": written[0],
        "first_at": sweep.positions[0],
        "turn": written[turn],
        "turn_at": sweep.positions[turn],
        "last": written[-1],
        "last_at": sweep.positions[-1],
        "all": Several([Message("trend.each", {"position": at, "value": value}) for at, value in pairs]),
        "details": Several(_detail_sweep(sweep)),
        **write_change(quantity, sweep.whole),
    }


def _detail_sweep(sweep: Sweep) -> list[Value]:
    """Return what is known of the way from end to end: the order, the steps that are shown, and the power law."""
    means = [estimate.mean for estimate in sweep.estimates]
    details: list[Value] = []
    if means in (sorted(means), sorted(means, reverse=True)) and sweep.order < SIGNIFICANCE:
        details.append(Message("trend.order", {"p": PValue(sweep.order)}))
    if sweep.shown_steps:
        steps: list[Value] = [Message("trend.step", {"low": a, "high": b}) for a, b in sweep.shown_steps]
        details.append(Message("trend.steps", {"steps": Several(steps)}))
    if sweep.power is not None:
        details.append(_write_power(sweep.power))
    return details or [Message("trend.no_step")]


def _write_power(power: PowerLaw) -> Message:
    """Write the exponent of a power law with its interval, or that there is none."""
    low, high = power.interval
    values: dict[str, Value] = {"exponent": Number(power.exponent), "low": Number(low), "high": Number(high)}
    return Message("trend.no_power" if power.misfit < SIGNIFICANCE else "trend.power", values)


def _relate_trend(quantity: str, named: Sequence[Named], sweep: Sweep) -> tuple[Fact, ...]:
    """Return the comparisons that the wording of a trend asserts."""
    first, last = named[0], named[-1]
    if sweep.trend in ("falling", "rising"):
        return tuple(fact for a, b in itertools.pairwise(named) for fact in relate(quantity, a, b))
    if sweep.trend in ("valley", "peak"):
        turn = named[find_turn(sweep.estimates, sweep.trend)]
        return (*relate(quantity, first, turn), *relate(quantity, turn, last))
    if sweep.trend == "mixed":
        return ()
    return relate(quantity, first, last)


def claim_noise(configurations: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Name the configurations whose samples are sharper than strokes can be; an empty list if there are none."""
    noisy = [c for c in configurations if is_noisy(c)]
    if not noisy:
        return []
    values: dict[str, Value] = {
        "all": Several(
            [
                Message("sharpness.noisy.each", {"label": c.label, "sharpness": write_mean("sharpness", c)})
                for c in noisy
            ]
        ),
        "limit": Number(NOISY, 1),
    }
    facts = tuple(Verdict(c.label, "noisy", "yes") for c in noisy)
    return [Claim("sharpness.noisy", "sharpness.noisy", values, rests_on, facts)]


def claim_reading(configurations: Sequence[Configuration], rests_on: str) -> Claim:
    """Name the configurations whose samples are read as digits least and most often."""
    return claim_extremes("read_share", configurations, rests_on)


def claim_unreadable(configurations: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Name the configurations whose samples are read as digits no more often than noise.

    The list is empty if there are none.
    """
    unreadable, level = find_unreadable(configurations), find_noise_level(configurations)
    if not unreadable:
        return []
    shares = [
        Message("reading.unreadable.each", {"label": c.label, "share": write_mean("read_share", c)}) for c in unreadable
    ]
    facts = tuple(Verdict(c.label, "unreadable", "yes") for c in unreadable)
    values: dict[str, Value] = {"all": Several(shares), "level": Percent(level, 1)}
    return [Claim("reading.unreadable", "reading.unreadable", values, rests_on, facts)]


OTHER_SCORES: Mapping[str, str] = {
    "agree": "ablation.scores.agree",
    "crowded": "ablation.scores.crowded",
    "split": "ablation.scores.split",
    "against": "ablation.scores.against",
}
"""Agreement of the other scores with FID -> message."""


def claim_other_scores(ablated: Configuration, baseline: Configuration, rests_on: str) -> list[Claim]:
    """Say which scores favour the model with the better FID, and which favour the other one.

    Printed values are compared, without a test. The list is empty unless FID tells the two apart.
    """
    scores = judge_other_scores(ablated, baseline)
    if scores is None:
        return []
    favoured = scores.favoured_against_fid
    values: dict[str, Value] = {
        "same": Several([name_quantity(name) for name in scores.with_fid]),
        "all": Several([_write_score(name, ablated, baseline) for name in scores.against_fid]),
        "ablated": ablated.label,
        "baseline": baseline.label,
        "favoured": favoured.label,
        "recall": write_measured("recall", favoured),
        "coverage": write_measured("coverage", favoured),
    }
    return [Claim("ablation", OTHER_SCORES[scores.verdict], values, rests_on)]


def _write_score(name: str, ablated: Configuration, baseline: Configuration) -> Message:
    """Write one score of an ablation and of its baseline."""
    values: dict[str, Value] = {
        "score": name_quantity(name),
        "ablated": write_measured(name, ablated),
        "baseline": write_measured(name, baseline),
    }
    return Message("ablation.scores.each", values)


ABLATION: Mapping[AblationVerdict, str] = {
    "helped": "ablation.helped",
    "hurt": "ablation.hurt",
    "alike": "ablation.alike",
    "open": "ablation.open",
}
"""Verdict on an ablation -> message."""


def conclude_ablation(ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim:
    """Say whether the change helped, by the FID of the ablation and of its baseline."""
    fid = choose_fid((ablated, baseline))
    pair = name_values(fid, (ablated, baseline))
    of_ablated, of_baseline = (n.estimate for n in pair)
    kind = judge_ablation(ablated, baseline)
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "baseline": baseline.label,
        "score": name_quantity(fid),
        "ablated_value": write_estimate(fid, of_ablated),
        "baseline_value": write_estimate(fid, of_baseline),
        **write_change(fid, find_change(of_ablated, of_baseline)),
    }
    facts = (Verdict(ablated.label, "ablation", kind), *relate(fid, *pair))
    return Claim("ablation", ABLATION[kind], values, rests_on, facts)


def claim_size(ablated: Configuration, baseline: Configuration, rests_on: str) -> list[Claim]:
    """Say that the networks which draw images differ in size; an empty list if they have about as many parameters."""
    sizes = [measure("drawing_parameters", c).mean for c in (ablated, baseline)]
    ratio = round(max(sizes) / min(sizes))
    if ratio < 2:
        return []
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "baseline": baseline.label,
        "ablated_value": write_mean("drawing_parameters", ablated),
        "baseline_value": write_mean("drawing_parameters", baseline),
        "ratio": ratio,
    }
    wording = "ablation.size.smaller" if sizes[0] < sizes[1] else "ablation.size.larger"
    return [Claim("ablation.size", wording, values, rests_on)]
