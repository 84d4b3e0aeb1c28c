"""Claims about GANs: the effect of both dimensions, the equilibrium, the ablations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    EQUILIBRIUM_TOLERANCE,
    SIGNIFICANCE,
    Equilibrium,
    Evolution,
    compare,
    compare_by,
    estimate_difference,
    find_basis,
    find_best,
    find_worst,
    leaves_out_zero,
)
from reportgen.paper.analysis.quantities import is_measured, measure
from reportgen.paper.analysis.results import SEPARATION, Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import (
    claim_extremes,
    claim_noise,
    claim_pair,
    claim_trend,
    claim_unreadable,
    conclude_ablation,
    name_values,
    relate,
)
from reportgen.paper.i18n.quantities import (
    name_quantity,
    write_difference,
    write_estimate,
    write_mean,
    write_measured,
    write_value,
)
from reportgen.paper.i18n.translator import Message, Number, PValue, Several, Value
from reportgen.suite.settings import GanSettings

LOSSES = ("discriminator_loss", "generator_loss")

Judged = Sequence[tuple[Configuration, Equilibrium]]


def hidden_dim(c: Configuration) -> int:
    assert isinstance(c.settings, GanSettings), "only GANs have a hidden dimension"
    return c.settings.hidden_dim


# ---- effect of both dimensions --------------------------------------------------------------------------------------


def pair_along(grid: Sequence[Configuration], field: str) -> list[tuple[Configuration, Configuration]]:
    """Configurations at the smallest and the largest value of a field that are alike in all else.

    Ordered by the other dimension.
    """
    other = "latent_dim" if field == "hidden_dim" else "hidden_dim"
    values = sorted({getattr(c.settings, field) for c in grid})
    if len(values) < 2:
        return []
    low, high = (
        {c.settings.model_copy(update={field: 0}): c for c in grid if getattr(c.settings, field) == value}
        for value in (values[0], values[-1])
    )
    return [(low[key], high[key]) for key in sorted(low.keys() & high.keys(), key=lambda key: getattr(key, other))]


def claim_raising(grid: Sequence[Configuration], field: str, rests_on: str) -> list[Claim]:
    """What raising one dimension does to FID and to both losses, over all values of the other one."""
    pairs = pair_along(grid, field)
    if not pairs:
        return []
    return [_claim_all(quantity, field, pairs, rests_on) for quantity in ("fid_classifier", *LOSSES)]


def _claim_all(
    quantity: str,
    field: str,
    pairs: Sequence[tuple[Configuration, Configuration]],
    rests_on: str,
    *,
    brief: bool = False,
) -> Claim:
    """Which way raising a dimension moves a quantity, if it does so in every pair.

    Args:
        brief: name the two values of the dimension, not those of every pair.
    """
    ends = [name_values(quantity, pair) for pair in pairs]
    kind = _join_decisions({compare(high.estimate, low.estimate) for low, high in ends})
    shown = [
        Message(
            "raise_all.pair",
            {
                "low": low.label,
                "low_value": write_estimate(quantity, low.estimate),
                "high": high.label,
                "high_value": write_estimate(quantity, high.estimate),
                "difference": write_difference(quantity, high.estimate, low.estimate),
                "outcome": Message(f"outcome.{compare(high.estimate, low.estimate)}"),
            },
        )
        for low, high in ends
    ]
    low, high = (getattr(c.settings, field) for c in pairs[0])
    details = Message("raise_all.brief", {"low": low, "high": high})
    if not brief:
        details = Message("raise_all.details", {"all": Several(shown)})
    return Claim(
        f"raise_all.{kind}",
        {"quantity": name_quantity(quantity), "field": f"`{field}`", "details": details},
        rests_on,
        find_basis(*(n.estimate for pair in ends for n in pair)),
        tuple(fact for low, high in ends for fact in relate(quantity, low, high)),
    )


def _join_decisions(decisions: set[str]) -> str:
    """One word for several decisions; undecided ones beside decided ones are no contradiction."""
    if len(decisions) == 1:
        return next(iter(decisions))
    decided = decisions - {"undecided", "equal"}
    if decided in ({"lower"}, {"higher"}):
        return f"partly_{decided.pop()}"
    return "mixed" if decided else "undecided"


def claim_raising_brief(grid: Sequence[Configuration], field: str, rests_on: str) -> list[Claim]:
    """What raising one dimension does to FID, over all values of the other one."""
    pairs = pair_along(grid, field)
    return [_claim_all("fid_classifier", field, pairs, rests_on, brief=True)] if pairs else []


def claim_larger_effect(grid: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Which dimension moves FID more, on average over the other; None where only one of them varies."""
    effects = {field: _average_change(pair_along(grid, field)) for field in ("hidden_dim", "latent_dim")}
    if any(not math.isfinite(effect.mean) for effect in effects.values()):
        return None
    larger, smaller = sorted(effects, key=lambda field: -effects[field].mean)
    difference = effects[larger].mean - effects[smaller].mean
    # Both effects are of the same four trainings, so their errors may add up.
    is_told_apart = (
        difference > sum(effect.half_width or 0 for effect in effects.values())
        and any(compare_by("fid_classifier", low, high) != "undecided" for low, high in pair_along(grid, larger))
        and not _is_one_pair_within_seeds(grid)
    )
    values: dict[str, Value] = {
        "larger": f"`{larger}`",
        "smaller": f"`{smaller}`",
        "larger_change": write_estimate("fid_classifier", effects[larger]),
        "smaller_change": write_estimate("fid_classifier", effects[smaller]),
    }
    kind = "larger" if is_told_apart else "alike"
    verdict = Verdict("grid", "larger effect", larger if is_told_apart else "neither")
    basis = find_basis(*(measure("fid_classifier", c) for c in grid))
    return Claim(f"gan.effect.{kind}", values, rests_on, basis, (verdict,))


def _is_one_pair_within_seeds(grid: Sequence[Configuration]) -> bool:
    """Whether the two corners that both effects differ by, each with one dimension raised, may be alike.

    Where all changes have one sign, the difference of both mean effects is that of these two corners.
    """
    lows, highs = zip(*pair_along(grid, "hidden_dim"), strict=True)
    wide, deep = highs[0], lows[-1]  # the smallest latent with the largest hidden dimension, and the reverse
    return compare_by("fid_classifier", wide, deep) == "undecided"


def _average_change(pairs: Sequence[tuple[Configuration, Configuration]]) -> Estimate:
    """The mean of the absolute changes, its half width from those of the changes."""
    changes = [estimate_difference(*(measure("fid_classifier", c) for c in (high, low))) for low, high in pairs]
    if not changes:
        return Estimate(math.nan, None, None, (), "nothing")
    mean = sum(abs(change.mean) for change in changes) / len(changes)
    half_width = math.hypot(*(change.half_width or 0 for change in changes)) / len(changes)
    return Estimate(mean, half_width or None, None, (mean,), changes[0].over)


def claim_worst(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """How legible the samples of the worst setting are beside those of the best."""
    return claim_pair("read_share", (find_worst(sweep), find_best(sweep)), rests_on)


def claim_settling(grid: Sequence[Configuration], rests_on: str) -> Claim:
    """In which GANs a loss still changes over the last fifth of training: a change whose interval leaves out 0."""
    return _claim_moving("settling", grid, LOSSES, rests_on)


def claim_evolution(c: Configuration, evolution: Evolution, steps: Sequence[int], rests_on: str) -> Claim:
    """How many of the samples from the same noise are read, over training, at ``steps``."""
    shown = [Message("evolution.at", {"step": step, "count": evolution.counts[step]}) for step in steps]
    kind = evolution.verdict if len(evolution.counts) > 1 else "single"
    changes: dict[str, Value] = {"gained": evolution.num_gained, "lost": evolution.num_lost}
    return Claim(
        f"evolution.{kind}",
        {"label": c.label, "num": evolution.num, "all": Several(shown), "p": PValue(evolution.p_value), **changes},
        rests_on,
        "counts" if kind == "single" else "chi_square",
        (Verdict(c.label, "evolution", kind),),
    )


# ---- equilibrium ----------------------------------------------------------------------------------------------------


def claim_equilibrium(judged: Judged, rests_on: str, drift_on: str) -> list[Claim]:
    """Which GANs end near 1/2, the nearest and the farthest of them, and which still drift."""
    near = [c.label for c, e in judged if e.verdict == "near"]
    ahead = [c.label for c, e in judged if e.verdict == "discriminator"]
    kind = "none" if not near else "all" if len(near) == len(judged) else "some"
    facts = tuple(Verdict(c.label, "equilibrium", e.verdict) for c, e in judged)
    values: dict[str, Value] = {
        "num": len(judged),
        "num_near": len(near),
        "near": Several(near),
        "tolerance": Number(EQUILIBRIUM_TOLERANCE, 1),
    }
    claims = [Claim(f"nash.{kind}", values, rests_on, "rule", facts)]
    if ahead:
        all_ahead = "all" if len(ahead) == len(judged) else "some"
        shown: dict[str, Value] = {"num": len(judged), "num_ahead": len(ahead), "ahead": Several(ahead)}
        claims.append(Claim(f"nash.ahead_{all_ahead}", shown, rests_on, "rule"))
    return [*claims, _claim_nearest(judged, rests_on), _claim_drift(judged, drift_on)]


def claim_quality(judged: Judged, rests_on: str) -> list[Claim]:
    """Whether the GAN nearest to the equilibrium is the one with the lowest FID."""
    scored = [pair for pair in judged if is_measured("fid_classifier", pair[:1])]
    if len(scored) < 2:
        return []
    near, _ = min(scored, key=_distance)
    best = find_best([c for c, _ in scored])
    values: dict[str, Value] = {
        "near": near.label,
        "near_fid": write_measured("fid_classifier", near),
        "best": best.label,
        "best_fid": write_measured("fid_classifier", best),
    }
    is_better = compare_by("fid_classifier", best, near) == "lower"
    kind = "same" if near is best else "differ" if is_better else "open"
    basis = find_basis(*(measure("fid_classifier", c) for c in (near, best)))
    return [Claim(f"nash.quality_{kind}", values, rests_on, basis)]


def _distance(pair: tuple[Configuration, Equilibrium]) -> float:
    """How far D(x) and D(G(z)) are from 1/2 in sum."""
    return abs(pair[1].d_x.mean - 0.5) + abs(pair[1].d_g_z.mean - 0.5)


def _claim_nearest(judged: Judged, rests_on: str) -> Claim:
    (near, e_near), (far, e_far) = min(judged, key=_distance), max(judged, key=_distance)
    return Claim(
        "nash.nearest" if near is not far else "nash.only",
        {
            "near": near.label,
            "near_x": write_mean("D_x", near),
            "near_g": write_mean("D_G_z1", near),
            "near_spread": write_mean("spread_D_G_z1", near),
            "near_d": write_mean("discriminator_loss", near),
            "near_gap": write_mean("distance_discriminator_loss", near),
            "near_gen": write_mean("generator_loss", near),
            "near_gen_gap": write_mean("distance_generator_loss", near),
            "far": far.label,
            "far_x": write_mean("D_x", far),
            "far_g": write_mean("D_G_z1", far),
        },
        rests_on,
        "rule",
        (Verdict(near.label, "equilibrium", e_near.verdict), Verdict(far.label, "equilibrium", e_far.verdict)),
    )


def _claim_drift(judged: Judged, rests_on: str) -> Claim:
    """Whose D(x) or D(G(z)) is still moving."""
    return _claim_moving("nash.drift", [c for c, _ in judged], ("D_x", "D_G_z1"), rests_on)


def _claim_moving(family: str, gans: Sequence[Configuration], metrics: Sequence[str], rests_on: str) -> Claim:
    """Which of several trainings still move, by the drifts of these metrics."""
    changes = {c.label: [measure(f"drift_{metric}", c) for metric in metrics] for c in gans}
    moving = [label for label, of_one in changes.items() if any(leaves_out_zero(change) for change in of_one)]
    all_changes = [change for of_one in changes.values() for change in of_one]
    widths = [c.half_width for c in all_changes if c.half_width is not None and math.isfinite(c.half_width)]
    kind = "all" if len(moving) == len(changes) else "some" if moving else "none" if widths else "unknown"
    values: dict[str, Value] = {
        "num": len(changes),
        "num_moving": len(moving),
        "moving": Several(moving),
        "num_tests": len(widths),
        "by_chance": Number(SIGNIFICANCE * len(widths), 1),
        "widest": write_value(f"drift_{metrics[0]}", max(widths, default=math.nan)),
    }
    facts = tuple(Verdict(label, family, str(label in moving)) for label in changes)
    return Claim(f"{family}_{kind}", values, rests_on, find_basis(*all_changes), facts)


def claim_ends(shown: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Where both losses end."""
    return [claim_extremes(quantity, shown, rests_on) for quantity in LOSSES]


def claim_losses_over(sweep: Sequence[Configuration], field: str, rests_on: str) -> list[Claim]:
    """How both losses at the end of training run over a dimension."""
    return [claim_trend(quantity, sweep, field, rests_on) for quantity in LOSSES]


# ---- ablations ------------------------------------------------------------------------------------------------------


def claim_ablation(ablated: Configuration, baseline: Configuration, rests_on: str) -> list[Claim]:
    """The ablated GAN against the baseline: FID, losses, D(x) - D(G(z)), fine structure, legibility."""
    pair = (ablated, baseline)
    return [
        *(claim_pair(quantity, pair, rests_on) for quantity in (*LOSSES, SEPARATION, "sharpness")),
        *claim_noise(pair, rests_on),
        claim_pair("read_share", pair, rests_on),
        *claim_unreadable(pair, rests_on),
        conclude_ablation(ablated, baseline, rests_on),
    ]
