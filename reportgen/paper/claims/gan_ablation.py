"""Claims about GANs whose networks were changed, each held against its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.contrasts import AblationVerdict, find_smaller_rival, judge_ablation
from reportgen.paper.analysis.effects import SHOWN, Effect, Outcome, find_change
from reportgen.paper.analysis.findings import compare_by
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import SEPARATION, Configuration
from reportgen.paper.analysis.samples import is_noisy
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import name_values, relate, write_change
from reportgen.paper.i18n.quantities import name_quantity, write_mean
from reportgen.paper.i18n.translator import Value

GanAblation = Literal["gan_mlp", "gan_relu"]
"""A question that asks for a changed GAN."""

Known = AblationVerdict | Literal["unknown"]
"""The effect of a change on FID, ``unknown`` if a FID is missing or nothing is known of how far seeds differ."""

ABLATION: Mapping[GanAblation, Mapping[Known, str]] = {
    "gan_mlp": {
        "helped": "gan_mlp.helped",
        "hurt": "gan_mlp.hurt",
        "alike": "gan_mlp.alike",
        "open": "gan_mlp.open",
        "unknown": "gan_mlp.unknown",
    },
    "gan_relu": {
        "helped": "gan_relu.helped",
        "hurt": "gan_relu.hurt",
        "alike": "gan_relu.alike",
        "open": "gan_relu.open",
        "unknown": "gan_relu.unknown",
    },
}
"""Question -> verdict on the change -> message."""


def claim_ablation(name: GanAblation, ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim:
    """Say what the change does to FID, and what share of the samples is read."""
    fid = choose_fid((ablated, baseline))
    pair = name_values(fid, (ablated, baseline))
    kind, change = _judge(ablated, baseline)
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "baseline": baseline.label,
        "score": name_quantity(fid),
        "ablated_fid": write_mean(fid, ablated),
        "baseline_fid": write_mean(fid, baseline),
        "ablated_share": write_mean("read_share", ablated),
        "baseline_share": write_mean("read_share", baseline),
        **write_change(fid, change),
    }
    facts = (Verdict(ablated.label, "ablation", kind), *relate(fid, *pair))
    return Claim("ablation", ABLATION[name][kind], values, rests_on, facts)


def _judge(ablated: Configuration, baseline: Configuration) -> tuple[Known, Effect | None]:
    """Return the effect of a change on FID, in a word and as a ratio."""
    fid = choose_fid((ablated, baseline))
    change = find_change(measure(fid, ablated), measure(fid, baseline))
    return ("unknown" if change is None else judge_ablation(ablated, baseline)), change


# ---- losses ---------------------------------------------------------------------------------------------------------

LOSSES: Mapping[str, str] = {
    "against": "ablation.losses.against",
    "with": "ablation.losses.with",
    "stronger": "ablation.losses.stronger",
    "weaker": "ablation.losses.weaker",
}
"""What the change does to the game of both networks -> message."""


def claim_losses(ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim | None:
    """Say what the change does to the game of both networks, beside what it does to FID; None if nothing is shown."""
    kind = _read_game(ablated, baseline)
    if kind is None:
        return None
    names = ("generator_loss", SEPARATION)
    g, separation = (find_change(measure(name, ablated), measure(name, baseline)) for name in names)
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "g": write_change(names[0], g)["change"],
        "separation": write_change(names[1], separation)["change"],
    }
    pair = (ablated, baseline)
    used = names[:1] if kind in ("against", "with") else names[1:]
    facts = [fact for name in used for fact in relate(name, *name_values(name, pair))]
    return Claim("ablation.losses", LOSSES[kind], values, rests_on, tuple(facts))


def _read_game(ablated: Configuration, baseline: Configuration) -> str | None:
    """Return what the change does to the game.

    ``against`` and ``with``: the loss of G says the opposite of FID, or the same; ``stronger`` and ``weaker``: D tells
    real images and samples further apart, or less far, though no change of FID is shown.
    """
    by_fid = judge_ablation(ablated, baseline)
    if by_fid in ("helped", "hurt"):
        loss = compare_by("generator_loss", ablated, baseline)
        if loss not in SHOWN:
            return None
        return "with" if (loss == "higher") == (by_fid == "hurt") else "against"
    return {"higher": "stronger", "lower": "weaker"}.get(compare_by(SEPARATION, ablated, baseline))


# ---- explanations ---------------------------------------------------------------------------------------------------

GRAIN: Mapping[Outcome, str] = {"higher": "gan_mlp.speckled", "lower": "gan_mlp.smooth"}
"""Sharpness of the MLP's samples against the convolutional ones' -> message."""


def claim_grain(ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim | None:
    """Say whether an MLP's samples are speckled or smooth; None if their sharpness is not shown to differ."""
    outcome = compare_by("sharpness", ablated, baseline)
    if outcome not in GRAIN or (outcome == "higher" and not is_noisy(ablated)):
        return None
    values: dict[str, Value] = {
        "ablated": write_mean("sharpness", ablated),
        "baseline": write_mean("sharpness", baseline),
    }
    facts = relate("sharpness", *name_values("sharpness", (ablated, baseline)))
    return Claim("ablation.grain", GRAIN[outcome], values, rests_on, facts)


def claim_weights(
    ablated: Configuration, baseline: Configuration, plain: Sequence[Configuration], rests_on: str
) -> Claim | None:
    """Say whether the size of G may explain a worse FID; None unless FID is worse and G at most half as large."""
    sizes = [measure("drawing_parameters", c).mean for c in (ablated, baseline)]
    ratio = round(sizes[1] / sizes[0])
    if judge_ablation(ablated, baseline) != "hurt" or ratio < 2:
        return None
    rival = find_smaller_rival(ablated, plain)
    values: dict[str, Value] = {
        "ablated": ablated.label,
        "baseline": baseline.label,
        "ratio": ratio,
        "size": write_mean("drawing_parameters", ablated),
    }
    if rival is None:
        return Claim("ablation.size", "gan_mlp.size.open", values, rests_on)
    fid = choose_fid((ablated, rival))
    values |= {
        "rival": rival.label,
        "rival_size": write_mean("drawing_parameters", rival),
        "rival_fid": write_mean(fid, rival),
    }
    facts = relate(fid, *name_values(fid, (ablated, rival)))
    return Claim("ablation.size", "gan_mlp.size.excluded", values, rests_on, facts)


WHY: Mapping[Known, str] = {
    "hurt": "gan_relu.why.hurt",
    "alike": "gan_relu.why.alike",
    "open": "gan_relu.why.open",
}
"""Effect of ReLU on FID -> the explanation that fits it."""


def claim_gradient(ablated: Configuration, baseline: Configuration, rests_on: str) -> Claim | None:
    """Explain the effect of ReLU in D by the gradient that reaches G; None where none is shown or FID is better."""
    kind, _ = _judge(ablated, baseline)
    if kind not in WHY:
        return None
    return Claim("ablation.gradient", WHY[kind], {}, rests_on, (Verdict(ablated.label, "ablation", kind),))
