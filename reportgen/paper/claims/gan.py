"""Claims about GANs: effects of their dimensions, the equilibrium, ablations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reportgen.paper.analysis.dimensions import (
    Dimension,
    Pair,
    Raising,
    judge_influence,
    judge_larger_effect,
    pair_along,
)
from reportgen.paper.analysis.findings import (
    EQUILIBRIUM_TOLERANCE,
    Evolution,
    find_best,
    find_worst,
)
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import SEPARATION, Configuration
from reportgen.paper.analysis.trainings import (
    BATCH_MARGIN,
    LEVEL_SHARE,
    MEMORY_MARGIN,
    Course,
    Judged,
    Share,
    find_batch_readers,
    find_farthest,
    find_memorisers,
    find_nearest,
    judge_movement,
    judge_nearest,
    name_share,
    read_course,
)
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import (
    claim_extremes,
    claim_noise,
    claim_pair,
    claim_trend,
    claim_unreadable,
    conclude_ablation,
    write_change,
)
from reportgen.paper.i18n.quantities import (
    name_quantity,
    write_effect,
    write_mean,
    write_measured,
    write_value,
)
from reportgen.paper.i18n.translator import Message, Number, Percent, PValue, Several, Value
from reportgen.suite.outline import Topic
from reportgen.suite.settings import GanSettings

LOSSES = ("discriminator_loss", "generator_loss")
"""The logged losses of a GAN."""


def hidden_dim(c: Configuration) -> int:
    """Return the hidden dimension of a GAN; an AssertionError reports a VAE."""
    assert isinstance(c.settings, GanSettings), "only GANs have a hidden dimension"
    return c.settings.hidden_dim


# ---- effect of both dimensions --------------------------------------------------------------------------------------


RAISING: Mapping[Raising, str] = {
    "lower": "raising.lower",
    "higher": "raising.higher",
    "alike": "raising.alike",
    "open": "raising.open",
    "mixed": "raising.mixed",
}
"""Direction in which raising a dimension moves a quantity -> message."""


def claim_raising(grid: Sequence[Configuration], field: Dimension, rests_on: str) -> list[Claim]:
    """Say how raising one dimension moves FID and both losses, on average over the other dimension and in each pair.

    The list is empty if the grid does not vary the dimension.
    """
    pairs = pair_along(grid, field)
    if not pairs:
        return []
    return [_claim_direction(quantity, field, pairs, rests_on) for quantity in (choose_fid(grid), *LOSSES)]


def _claim_direction(
    quantity: str,
    field: Dimension,
    pairs: Sequence[Pair],
    rests_on: str,
    *,
    brief: bool = False,
) -> Claim:
    """Say in which direction raising a dimension moves a quantity, over all pairs.

    Args:
        brief: leave out the effects in every pair.
    """
    low, high = (getattr(c.settings, field) for c in pairs[0])
    values: dict[str, Value] = {"quantity": name_quantity(quantity), "field": f"`{field}`", "low": low, "high": high}
    influence = judge_influence(quantity, pairs)
    if influence is None:
        return Claim("raising", "raising.unknown", values, rests_on)
    shown = [
        Message("raising.each", {"low": low.label, "high": high.label, "change": write_effect(quantity, effect)})
        for (low, high), effect in zip(pairs, influence.each, strict=True)
    ]
    depends = Message("raising.depends" if influence.depends else "raising.independent")
    details = Message("raising.details", {"all": Several(shown), "depends": depends})
    is_brief = brief or len(pairs) < 2
    values |= {**write_change(quantity, influence.main), "details": "" if is_brief else details}
    verdict = Verdict(f"{field} on {quantity}", "raising", influence.verdict)
    return Claim("raising", RAISING[influence.verdict], values, rests_on, (verdict,))


def claim_raising_brief(grid: Sequence[Configuration], field: Dimension, rests_on: str) -> list[Claim]:
    """Say how raising one dimension moves FID, on average over the other dimension, for the summary.

    The list is empty if the grid does not vary the dimension.
    """
    pairs = pair_along(grid, field)
    return [_claim_direction(choose_fid(grid), field, pairs, rests_on, brief=True)] if pairs else []


def claim_larger_effect(grid: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say which dimension moves FID by the larger factor, on average over the other; None if only one varies."""
    effect = judge_larger_effect(grid)
    if effect is None:
        return None
    values: dict[str, Value] = {
        "larger": f"`{effect.larger}`",
        "smaller": f"`{effect.smaller}`",
        "larger_change": write_effect(effect.fid, effect.larger_effect),
        "smaller_change": write_effect(effect.fid, effect.smaller_effect),
    }
    wording = "gan_effect.larger.one" if effect.is_told_apart else "gan_effect.larger.neither"
    verdict = Verdict("grid", "larger effect", effect.larger if effect.is_told_apart else "neither")
    return Claim("gan_effect.larger", wording, values, rests_on, (verdict,))


def claim_worst(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Compare the legibility of samples between the GAN with the worst FID and the one with the best."""
    return claim_pair("read_share", (find_worst(sweep), find_best(sweep)), rests_on)


SETTLING: Mapping[str, str] = {
    "none": "gan_effect.settling.none",
    "some": "gan_effect.settling.some",
    "all": "gan_effect.settling.all",
    "unknown": "gan_effect.settling.unknown",
}
"""Part of the GANs whose losses still change -> message."""


def claim_settling(grid: Sequence[Configuration], rests_on: str) -> Claim:
    """Say in which GANs a loss still changes over the last fifth of training.

    A change counts if its confidence interval excludes 0.
    """
    return _claim_moving("gan_effect.settling", SETTLING, grid, LOSSES, rests_on)


COURSE: Mapping[str, str] = {
    "rises": "gan_effect.course.rises",
    "falls": "gan_effect.course.falls",
    "level": "gan_effect.course.level",
    "swings": "gan_effect.course.swings",
}
"""Verdict on the course of a loss -> the part of the sentence that names the GANs of which it is true."""


def claim_course(grid: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say how both losses go after the first fifth of training; None if some course has no verdict."""
    courses = {loss: {c: read_course(c, loss) for c in grid} for loss in LOSSES}
    if any(course.verdict == "unknown" for of_loss in courses.values() for course in of_loss.values()):
        return None
    values: dict[str, Value] = {loss: _write_courses(loss, courses[loss]) for loss in LOSSES}
    facts = tuple(
        Verdict(c.label, f"course of {loss}", course.verdict)
        for loss, of_loss in courses.items()
        for c, course in of_loss.items()
    )
    return Claim("gan_effect.course", "gan_effect.course", values, rests_on, facts)


def _write_courses(loss: str, courses: Mapping[Configuration, Course]) -> Several:
    """Write which GANs have which course of a loss, with its means over the second fifth and the last."""
    parts: list[Value] = []
    for verdict, message in COURSE.items():
        found = [(c.label, course.means) for c, course in courses.items() if course.verdict == verdict]
        ends = [
            Message(
                "gan_effect.course.each",
                {"label": label, "first": write_value(loss, means[0]), "last": write_value(loss, means[-1])},
            )
            for label, means in found
        ]
        if found:
            parts.append(Message(message, {"all": Several(ends), "limit": Percent(LEVEL_SHARE)}))
    return Several(parts)


EVOLUTION: Mapping[str, str] = {
    "rises": "gan_images.evolution.rises",
    "falls": "gan_images.evolution.falls",
    "open": "gan_images.evolution.open",
    "equal": "gan_images.evolution.equal",
    "single": "gan_images.evolution.single",
}
"""Verdict on the number of readable samples over training -> message."""


def claim_evolution(c: Configuration, evolution: Evolution, steps: Sequence[int], rests_on: str) -> Claim:
    """Say how many samples from one fixed noise are readable over training, with counts at ``steps``."""
    shown = [Message("gan_images.evolution.each", {"step": step, "count": evolution.counts[step]}) for step in steps]
    kind = evolution.verdict if len(evolution.counts) > 1 else "single"
    changes: dict[str, Value] = {"gained": evolution.num_gained, "lost": evolution.num_lost}
    return Claim(
        "gan_images.evolution",
        EVOLUTION[kind],
        {"label": c.label, "num": evolution.num, "all": Several(shown), "p": PValue(evolution.p_value), **changes},
        rests_on,
        (Verdict(c.label, "evolution", kind),),
    )


# ---- equilibrium ----------------------------------------------------------------------------------------------------


NEAR: Mapping[Share, str] = {
    "none": "nash.near.none",
    "some": "nash.near.some",
    "all": "nash.near.all",
}
"""Part of the GANs that end near the equilibrium -> message."""


AHEAD: Mapping[str, str] = {
    "some": "nash.ahead.some",
    "all": "nash.ahead.all",
}
"""Part of the GANs whose discriminator is ahead -> message."""


def claim_equilibrium(judged: Judged, rests_on: str, drift_on: str) -> list[Claim]:
    """Say which GANs end near D = 1/2, which are nearest and farthest, and which still drift.

    Args:
        rests_on: the id of the table or figure that shows D(x) and D(G(z)).
        drift_on: the id of the one that shows their drifts.
    """
    near = [c.label for c, e in judged if e.verdict == "near"]
    ahead = [c.label for c, e in judged if e.verdict == "discriminator"]
    kind = name_share(len(near), len(judged))
    facts = tuple(Verdict(c.label, "equilibrium", e.verdict) for c, e in judged)
    values: dict[str, Value] = {
        "num": len(judged),
        "num_near": len(near),
        "near": Several(near),
        "tolerance": Number(EQUILIBRIUM_TOLERANCE, 1),
    }
    claims = [Claim("nash", NEAR[kind], values, rests_on, facts)]
    if ahead:
        all_ahead = name_share(len(ahead), len(judged))
        shown: dict[str, Value] = {"num": len(judged), "num_ahead": len(ahead), "ahead": Several(ahead)}
        claims.append(Claim("nash", AHEAD[all_ahead], shown, rests_on))
    return [*claims, _claim_nearest(judged, rests_on), _claim_drift(judged, drift_on)]


QUALITY: Mapping[str, str] = {
    "same": "nash.quality.same",
    "differ": "nash.quality.differ",
    "open": "nash.quality.open",
}
"""Verdict on the GANs nearest to the equilibrium and best by FID -> message."""


def claim_quality(judged: Judged, rests_on: str) -> list[Claim]:
    """Say whether the GAN nearest to the equilibrium is the one with the lowest FID.

    The list is empty if fewer than two GANs have a FID.
    """
    found = judge_nearest(judged)
    if found is None:
        return []
    values: dict[str, Value] = {
        "near": found.near.label,
        "near_fid": write_measured(found.fid, found.near),
        "best": found.best.label,
        "best_fid": write_measured(found.fid, found.best),
    }
    return [Claim("nash", QUALITY[found.verdict], values, rests_on)]


BATCH: Mapping[Share, str] = {
    "none": "nash.batch.none",
    "some": "nash.batch.some",
    "all": "nash.batch.all",
}
"""Part of the GANs whose D reads the batch -> message."""


def claim_batch(gans: Sequence[Configuration], rests_on: str) -> Claim:
    """Say in which GANs D tells real images from samples by the statistics of their batch."""
    found = find_batch_readers(gans)
    most = max(gans, key=lambda c: measure("batch_separation", c).mean - measure("running_separation", c).mean)
    values: dict[str, Value] = {
        "num": len(gans),
        "found": Several([c.label for c in found]),
        "margin": Number(BATCH_MARGIN, 1),
        "label": most.label,
        "batch": write_mean("batch_separation", most),
        "running": write_mean("running_separation", most),
    }
    facts = tuple(Verdict(c.label, "reads the batch", str(c in found)) for c in gans)
    return Claim("nash.batch", BATCH[name_share(len(found), len(gans))], values, rests_on, facts)


def claim_memory(gans: Sequence[Configuration], rests_on: str) -> Claim:
    """Say in which GANs D rates training images above dev images."""
    found = find_memorisers(gans)
    most = max(gans, key=lambda c: measure("train_dev_gap", c).mean)
    values: dict[str, Value] = {
        "num": len(gans),
        "found": Several([c.label for c in found]),
        "margin": Number(MEMORY_MARGIN),
        "label": most.label,
        "gap": write_mean("train_dev_gap", most),
    }
    facts = tuple(Verdict(c.label, "D knows training images", str(c in found)) for c in gans)
    return Claim("nash.memory", "nash.memory.some" if found else "nash.memory.none", values, rests_on, facts)


def _claim_nearest(judged: Judged, rests_on: str) -> Claim:
    """Name the GANs nearest to and farthest from the equilibrium."""
    (near, e_near), (far, e_far) = find_nearest(judged), find_farthest(judged)
    return Claim(
        "nash",
        "nash.nearest.several" if near is not far else "nash.nearest.only",
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
        (Verdict(near.label, "equilibrium", e_near.verdict), Verdict(far.label, "equilibrium", e_far.verdict)),
    )


DRIFT: Mapping[str, str] = {
    "none": "nash.drift.none",
    "some": "nash.drift.some",
    "all": "nash.drift.all",
    "unknown": "nash.drift.unknown",
}
"""Part of the GANs whose D(x) or D(G(z)) still moves -> message."""


def _claim_drift(judged: Judged, rests_on: str) -> Claim:
    """Say in which GANs D(x) or D(G(z)) still moves at the end of training."""
    return _claim_moving("nash", DRIFT, [c for c, _ in judged], ("D_x", "D_G_z1"), rests_on)


def _claim_moving(
    topic: Topic, wordings: Mapping[str, str], gans: Sequence[Configuration], metrics: Sequence[str], rests_on: str
) -> Claim:
    """Say which of several trainings still move, by the drifts of these metrics."""
    movement = judge_movement(gans, metrics)
    moving, widths = [c.label for c in movement.moving], movement.half_widths
    values: dict[str, Value] = {
        "num": len(gans),
        "num_moving": len(moving),
        "moving": Several(moving),
        "num_tests": len(widths),
        "by_chance": Number(movement.num_by_chance, 1),
        "widest": write_value(f"drift_{metrics[0]}", max(widths, default=math.nan)),
    }
    facts = tuple(Verdict(c.label, f"drift of {metrics[0]}", str(c in movement.moving)) for c in gans)
    return Claim(topic, wordings[movement.verdict], values, rests_on, facts)


def claim_ends(shown: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Name the GANs in which each loss ends lowest and highest."""
    return [claim_extremes(quantity, shown, rests_on) for quantity in LOSSES]


def claim_losses_over(sweep: Sequence[Configuration], field: str, rests_on: str) -> list[Claim]:
    """Describe the trend of both losses at the end of training over a dimension."""
    return [claim_trend(quantity, sweep, field, rests_on) for quantity in LOSSES]


# ---- ablations ------------------------------------------------------------------------------------------------------


def claim_ablation(ablated: Configuration, baseline: Configuration, rests_on: str) -> list[Claim]:
    """Compare an ablated GAN with its baseline by losses, D(x) - D(G(z)), sharpness, legibility and FID."""
    pair = (ablated, baseline)
    return [
        *(claim_pair(quantity, pair, rests_on) for quantity in (*LOSSES, SEPARATION, "sharpness")),
        *claim_noise(pair, rests_on),
        claim_pair("read_share", pair, rests_on),
        *claim_unreadable(pair, rests_on),
        conclude_ablation(ablated, baseline, rests_on),
    ]
