"""Claims that several chapters make, and facts of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.paper.analysis.contrasts import judge_threshold
from reportgen.paper.analysis.curves import NUM_WINDOWS
from reportgen.paper.analysis.effects import Effect, compare
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.measuring import choose_fid, has_any, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Fact, Order, Undecided, Verdict
from reportgen.paper.i18n.quantities import name_quantity, write_bound, write_effect, write_estimate, write_mean
from reportgen.paper.i18n.translator import Message, Value

Ablation = Literal["vae_ablation", "gan_mlp", "gan_relu"]
"""A question that asks for a changed model."""


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


FROM: Mapping[Literal[1, 3], str] = {1: "progress.second", 3: "progress.fourth"}
"""Fifth of training, from 0, with which a change until the last begins -> message."""


def write_course(configurations: Sequence[Configuration], fifth: Literal[1, 3]) -> Message:
    """Write from when to when a dev loss or a score of samples changes: from a fifth of training to the last.

    Where all were measured once in either of them, at the same steps, it is these two steps.
    """
    measured = {(*c.list_measured_steps(fifth), *c.list_measured_steps(NUM_WINDOWS - 1)) for c in configurations}
    steps = measured.pop()
    if measured or len(steps) != 2 or not configurations[0].list_measured_steps(fifth):
        return Message(FROM[fifth])
    return Message("progress.steps", {"before": steps[0], "last": steps[1]})


THRESHOLD: Mapping[str, str] = {
    "met": "threshold.met",
    "missed": "threshold.missed",
    "near": "threshold.near",
}
"""Verdict on the best Inception FID -> message."""


def claim_threshold(configurations: Sequence[Configuration], threshold: int | None, rests_on: str) -> Claim | None:
    """Say whether the best Inception FID is below a threshold, which an interval around it leaves open.

    None without a threshold, or if no configuration has an Inception FID.
    """
    if threshold is None or not has_any("fid_inception", configurations):
        return None
    judged = judge_threshold(configurations, threshold)
    values: dict[str, Value] = {
        "best": judged.best.label,
        "fid": write_estimate("fid_inception", judged.fid),
        "threshold": threshold,
    }
    verdict = Verdict(judged.best.label, f"below {threshold}", judged.verdict)
    return Claim("threshold", THRESHOLD[judged.verdict], values, rests_on, (verdict,))


ALONE: Mapping[Ablation, str] = {
    "vae_ablation": "vae_ablation.alone",
    "gan_mlp": "gan_mlp.alone",
    "gan_relu": "gan_relu.alone",
}
"""Question -> message where the changed model has no baseline."""


def claim_alone(name: Ablation, ablated: Configuration, rests_on: str) -> Claim:
    """Say that a changed model has nothing to be compared with."""
    fid = choose_fid([ablated])
    values: dict[str, Value] = {"label": ablated.label, "score": name_quantity(fid), "fid": write_mean(fid, ablated)}
    return Claim("ablation.alone", ALONE[name], values, rests_on)
