"""Claims that several chapters make: a threshold, samples sharper than strokes can be; and facts of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.paper.analysis.contrasts import (
    judge_threshold,
)
from reportgen.paper.analysis.effects import Effect, compare
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import NOISY, is_noisy
from reportgen.paper.claims.claim import Claim, Fact, Order, Undecided, Verdict
from reportgen.paper.i18n.quantities import (
    write_bound,
    write_effect,
    write_estimate,
    write_mean,
)
from reportgen.paper.i18n.translator import Message, Number, Several, Value


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


def write_change(quantity: str, effect: Effect | None) -> dict[str, Value]:
    """Return an effect with its interval as ``change`` and its bound as ``bound``; dashes without one."""
    if effect is None:
        return {"change": "–", "bound": "–"}
    return {"change": write_effect(quantity, effect), "bound": write_bound(quantity, effect)}


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
