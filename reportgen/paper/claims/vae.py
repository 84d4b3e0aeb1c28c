"""Claims about VAEs: their losses, their images, the latent dimension and what it fills, the all-linear ablation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal

from reportgen.paper.analysis.effects import Outcome, find_change
from reportgen.paper.analysis.findings import compare_by, find_best, find_ties, find_worst, read_sweep
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import is_noisy
from reportgen.paper.analysis.vaes import (
    CARRIED_SHARE,
    OVERFIT_SHARE,
    Cause,
    Confusion,
    Course,
    Imbalance,
    LatentEffect,
    Size,
    Why,
    are_similar,
    choose_latent,
    count_carrying,
    explain_ablation,
    explain_saturation,
    find_collapsed,
    find_confusions,
    find_exchange,
    find_hardest,
    find_hole,
    find_imbalance,
    find_learning,
    judge_blur,
    judge_dev_losses,
    judge_latent,
    judge_overfitting,
    judge_size,
)
from reportgen.paper.claims.claim import Claim, Fact, Verdict
from reportgen.paper.claims.scores import name_values, relate, write_course
from reportgen.paper.i18n.quantities import name_quantity, write_bare, write_effect, write_mean, write_value
from reportgen.paper.i18n.translator import Message, Number, Percent, Several, Value

# ---- curves ---------------------------------------------------------------------------------------------------------

OVERFIT: Mapping[str, str] = {
    "apart": "vae_curves.overfit.apart",
    "risen": "vae_curves.overfit.risen",
    "small": "vae_curves.overfit.small",
    "below": "vae_curves.overfit.below",
}
"""Verdict on overfitting -> message."""

SETTLED: Mapping[str, str] = {
    "settled": "vae_curves.end.settled",
    "falling": "vae_curves.end.falling",
}
"""Verdict on the end of the dev losses -> part of that message; none where it is unknown."""


def claim_curves(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say whether any VAE overfits, and whether the dev losses have settled."""
    found = judge_overfitting(sweep)
    overfit = found.risen or found.apart
    values: dict[str, Value] = {
        "label": found.widest.label,
        "gap": write_value("gap", found.gap),
        "share": Percent(found.share),
        "limit": Percent(OVERFIT_SHARE),
        "overfit": Several([c.label for c in overfit]),
        "end": "" if found.risen else _write_end(sweep),
    }
    facts = tuple(Verdict(c.label, "overfit", str(c in found.risen)) for c in sweep)
    return Claim("vae_curves", OVERFIT[found.verdict], values, rests_on, facts)


def _write_end(sweep: Sequence[Configuration]) -> Message | str:
    """Return the part on the end of the dev losses; nothing where they are not known."""
    settling = judge_dev_losses(sweep)
    if settling.verdict == "unknown":
        return ""
    falling = Several([c.label for c in settling.falling])
    values: dict[str, Value] = {
        "falling": falling,
        "most": Number(settling.most, 1),
        "course": write_course(list(settling.falls), 3),
    }
    return Message(SETTLED[settling.verdict], values)


def claim_learning(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say that after the first fifth reconstruction gains at the price of KL; None unless it does in every VAE."""
    found = find_learning(sweep)
    if found is None:
        return None
    values: dict[str, Value] = {
        "label": found.vae.label,
        "reconstruction": Number(-found.reconstruction, 1),
        "kl": Number(found.kl, 1),
        "course": write_course([found.vae], 1),
    }
    return Claim("vae_curves.learning", "vae_curves.learning", values, rests_on)


# ---- images ---------------------------------------------------------------------------------------------------------

BLUR: Mapping[str, str] = {
    "noisy": "vae_images.blur.noisy",
    "blurred": "vae_images.blur.blurred",
    "sharp": "vae_images.blur.sharp",
    "mixed": "vae_images.blur.mixed",
}
"""Verdict on the sharpness of samples -> part of a message."""

KEPT: Mapping[Outcome, str] = {
    "lower": "vae_images.kept.falls",
    "higher": "vae_images.kept.rises",
}
"""Share of reconstructions that keep their digit, at the largest latent dimension against the smallest -> message."""


def claim_images(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say how many reconstructions keep their digit, over the latent dimension, and how sharp samples are."""
    blur = _write_blur(sweep)
    if not is_measured("reads_same", sweep):
        return Claim("vae_images", "vae_images.kept.unknown", {"blur": blur}, rests_on)
    first, last, peak = sweep[0], sweep[-1], max(sweep, key=lambda c: measure("reads_same", c).mean)
    values: dict[str, Value] = {
        "blur": blur,
        "kept": _write_range("reads_same", sweep),
        "first_at": first.settings.latent_dim,
        "first": write_mean("reads_same", first),
        "last_at": last.settings.latent_dim,
        "last": write_mean("reads_same", last),
        "peak_at": peak.settings.latent_dim,
        "peak": write_mean("reads_same", peak),
    }
    varies_alone = len({c.settings.latent_dim for c in sweep}) == len(sweep)
    found = read_sweep("reads_same", sweep, "latent_dim") if varies_alone else None
    wording = KEPT.get(found.whole.outcome) if found is not None else None
    if wording == KEPT["higher"] and peak is not last:
        wording = "vae_images.kept.peaks"
    facts = relate("reads_same", *name_values("reads_same", (first, last))) if wording else ()
    return Claim("vae_images", wording or "vae_images.kept.alike", values, rests_on, facts)


def _write_blur(vaes: Sequence[Configuration]) -> Message:
    noisy = Several([c.label for c in vaes if is_noisy(c)])
    return Message(BLUR[judge_blur(vaes)], {"noisy": noisy, "sharpness": _write_range("sharpness", vaes)})


def _write_range(quantity: str, configurations: Sequence[Configuration]) -> Message | Number | Percent:
    """Return the lowest and the highest of some values, or the one value that both print as."""
    ordered = sorted(configurations, key=lambda c: measure(quantity, c).mean)
    low, high = (write_mean(quantity, c) for c in (ordered[0], ordered[-1]))
    if _print(low) == _print(high):
        return low
    return Message("vae_images.range", {"low": low, "high": high})


def _print(value: Number | Percent) -> str:
    """Return the digits that a value prints as."""
    number = value.value if isinstance(value, Number) else 100 * value.share
    return f"{number:.{value.decimals}f}"


CONFUSIONS: Mapping[bool, str] = {
    True: "vae_images.confusions.similar",
    False: "vae_images.confusions.other",
}
"""True if all confusions are of similar digits -> message."""

NUM_CONFUSIONS = 2
"""Changes of digits by reconstruction that are named."""


def claim_confusions(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Name the digits that reconstructions turn into others, and the hardest digit; None if few are changed."""
    confusions = find_confusions(sweep, NUM_CONFUSIONS)
    if not confusions:
        return None
    values: dict[str, Value] = {
        "all": Several([_write_confusion(confusion) for confusion in confusions]),
        "hardest": _write_hardest(sweep),
    }
    return Claim("vae_images.confusions", CONFUSIONS[are_similar(confusions)], values, rests_on)


def _write_confusion(confusion: Confusion) -> Message:
    values: dict[str, Value] = {
        "label": confusion.vae.label,
        "before": str(confusion.before),
        "after": str(confusion.after),
        "num": confusion.num,
        "total": confusion.total,
    }
    return Message("vae_images.confusion", values)


def _write_hardest(sweep: Sequence[Configuration]) -> Message | str:
    """Return the part on the digits that are kept least and most often; nothing if they are not shown to differ."""
    found = find_hardest(sweep)
    if found is None:
        return ""
    low, high = found
    decimals = 1 if high.share > 0.99 else 0
    values: dict[str, Value] = {
        "low": str(low.digit),
        "low_share": Percent(low.share, decimals),
        "high": str(high.digit),
        "high_share": Percent(high.share, decimals),
    }
    return Message("vae_images.hardest", values)


IMBALANCE: Mapping[Literal["few", "missing", "uneven"], str] = {
    "few": "vae_images.balance.few",
    "missing": "vae_images.balance.missing",
    "uneven": "vae_images.balance.uneven",
}
"""Kind of an imbalance -> message."""

SEEDS_DIFFER = 10
"""Ratio of the samples read between seeds above which it is told."""

FEW_DIGITS = 5
"""The most digits that are named as the only ones read; of more, those that are missing are named."""


def claim_balance(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Describe the digits in the samples of the most uneven VAE; None if none is shown to be uneven."""
    found = find_imbalance(sweep)
    if found is None:
        return None
    verdict = Verdict(found.vae.label, "digits of samples", "uneven")
    return Claim("vae_images.balance", IMBALANCE[_name_imbalance(found)], _write_imbalance(found), rests_on, (verdict,))


def _name_imbalance(found: Imbalance) -> Literal["few", "missing", "uneven"]:
    if not found.digits.missing:
        return "uneven"
    return "few" if 10 - len(found.digits.missing) <= FEW_DIGITS else "missing"


def _write_imbalance(found: Imbalance) -> dict[str, Value]:
    read = found.digits.all_counts[:10]
    num_read = [sum(run.evaluation.digits.all_counts[:10]) for run in found.vae.runs]
    differ = max(num_read) > SEEDS_DIFFER * min(num_read)
    most, least = max(range(10), key=read.__getitem__), min(range(10), key=read.__getitem__)
    return {
        "label": found.vae.label,
        "num": found.digits.num_all,
        "num_read": sum(read),
        "present": Several([str(digit) for digit in range(10) if read[digit]]),
        "missing": Several([str(digit) for digit in found.digits.missing]),
        "most": str(most),
        "most_num": read[most],
        "least": str(least),
        "least_num": read[least],
        "ratio": Number(read[most] / max(read[least], 1), 1),
        "seed": Message("vae_images.balance.seed", {"seed": found.vae.first.spec.seed}) if len(num_read) > 1 else "",
        "seeds": Message("vae_images.balance.seeds", {"counts": Several(list(map(str, num_read)))}) if differ else "",
    }


# ---- FID ------------------------------------------------------------------------------------------------------------

BEST: Mapping[Literal["only", "clear", "tied"], str] = {
    "only": "vae_fid.only",
    "clear": "vae_fid.clear",
    "tied": "vae_fid.tied",
}
"""Clearness of the best FID -> message."""


def claim_best_vae(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Name the VAE with the lowest FID, and those not shown to be worse or the next best; None without any FID."""
    fid = choose_fid(sweep)
    scored = sorted((c for c in sweep if is_measured(fid, [c])), key=lambda c: measure(fid, c).mean)
    if not scored:
        return None
    best, *others = scored
    ties = [c for c in find_ties(scored, fid) if c is not best]
    named = sorted(ties, key=lambda c: measure(fid, c).mean) or others[:1]
    values: dict[str, Value] = {
        "score": name_quantity(fid),
        "best": best.label,
        "fid": write_mean(fid, best),
        "others": Several([Message("vae_fid.each", {"label": c.label, "fid": write_mean(fid, c)}) for c in named]),
    }
    kind: Literal["only", "clear", "tied"] = "only" if not others else "tied" if ties else "clear"
    return Claim("vae_fid", BEST[kind], values, rests_on)


# ---- the latent dimension -------------------------------------------------------------------------------------------

COURSE: Mapping[Course | Literal["bound_gain"], str] = {
    "bound_gain": "vae_effect.bound.gain",
    "saturates": "vae_effect.saturates",
    "falls": "vae_effect.falls",
    "overall": "vae_effect.overall",
    "rises": "vae_effect.rises",
    "turns": "vae_effect.turns",
    "bound": "vae_effect.bound",
}
"""Course of FID over the latent dimension -> message; of a bound, by whether the reconstruction loss falls."""


def claim_effect(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say what the latent dimension does to FID, and where it stops to; None if too few VAEs have one."""
    effect = judge_latent(sweep)
    if effect is None:
        return None
    gain = _write_gain(effect)
    values: dict[str, Value] = {
        "score": name_quantity(effect.fid),
        "losses": Message("vae_effect.losses", gain) if gain else "",
        "change": write_effect(effect.fid, effect.after),
        **gain,
    }
    for name, c in {"first": effect.first, "knee": effect.knee, "last": effect.last}.items():
        values |= {name: write_mean(effect.fid, c), f"{name}_at": c.settings.latent_dim}
    course: Course | Literal["bound_gain"] = "bound_gain" if effect.course == "bound" and gain else effect.course
    return Claim("vae_effect", COURSE[course], values, rests_on, _relate_course(effect))


def _relate_course(effect: LatentEffect) -> tuple[Fact, ...]:
    """Return the comparisons of FIDs that the wording of a course asserts."""
    first, knee, last = name_values(effect.fid, (effect.first, effect.knee, effect.last))
    pairs = {
        "saturates": [(knee, first)],
        "falls": [(last, first)],
        "overall": [(last, first)],
        "rises": [(knee, last)],
        "turns": [(knee, first), (knee, last)],
        "bound": [(first, last)],
    }
    return tuple(fact for pair in pairs[effect.course] for fact in relate(effect.fid, *pair))


def _find_end(effect: LatentEffect) -> Configuration:
    """Return the VAE up to which a gain is told: the knee, or the last one where FID has none."""
    return effect.last if effect.course in ("falls", "overall", "bound") else effect.knee


def _write_gain(effect: LatentEffect) -> dict[str, Value]:
    """Return the reconstruction losses at both ends of a gain; nothing unless they are shown to fall."""
    high = _find_end(effect)
    if compare_by("dev_reconstruction", high, effect.first) != "lower":
        return {}
    return {name: write_mean("dev_reconstruction", c) for name, c in {"low": effect.first, "high": high}.items()}


def claim_exchange(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say how much reconstruction a nat of KL buys up to the dimension that is enough; None unless both are shown."""
    effect = judge_latent(sweep)
    if effect is None:
        return None
    high = _find_end(effect)
    exchange = find_exchange(effect.first, high)
    if exchange is None:
        return None
    steps = list(itertools.pairwise(c for c in sweep if c.settings.latent_dim <= high.settings.latent_dim))
    rates = [step.rate for low, up in steps if (step := find_exchange(low, up)) is not None]
    values: dict[str, Value] = {
        "at": high.settings.latent_dim,
        "ratio": Number(exchange.rate, 1),
        "all": Several([_write_rate(low, up, rate) for (low, up), rate in zip(steps, rates, strict=False)]),
        "beyond": _write_beyond(effect),
    }
    falls = len(steps) == len(rates) > 1 and rates == sorted(rates, reverse=True)
    wording = "vae_effect.exchange.each" if falls else "vae_effect.exchange"
    return Claim("vae_effect.exchange", wording, values, rests_on)


def _write_rate(low: Configuration, high: Configuration, rate: float) -> Message:
    ends: dict[str, Value] = {"low": low.settings.latent_dim, "high": high.settings.latent_dim}
    return Message("vae_effect.exchange.step", {**ends, "ratio": Number(rate, 1)})


def _write_beyond(effect: LatentEffect) -> Message | str:
    """Write what both losses do where FID has saturated; nothing if it has not, or if one is shown to change."""
    names = ("dev_reconstruction", "dev_kl")
    changes = {compare_by(name, effect.last, effect.knee) for name in names}
    if effect.course != "saturates" or changes & {"lower", "higher"}:
        return ""
    return Message("vae_effect.beyond.alike" if changes <= {"alike", "equal"} else "vae_effect.beyond.open")


# ---- the latent space -----------------------------------------------------------------------------------------------


def write_units(vae: Configuration) -> Number:
    """Return the number of dimensions in use, over several seeds their mean."""
    units = measure("active_units", vae).values
    return Number(fmean(units), 0 if fmean(units).is_integer() else 1)


CHOICE: Mapping[Literal["inner", "least", "trade"], str] = {
    "inner": "vae_space.choice",
    "least": "vae_space.choice.least",
    "trade": "vae_space.choice.trade",
}
"""Latent dimension to choose: one that is not the least, the least, or none -> message."""

BEYOND: Mapping[bool, str] = {True: "vae_space.choice.further", False: "vae_space.choice.no_gain"}
"""True if the codes of the VAE with the most dimensions lie further off the prior than the chosen one's -> part."""


def claim_choice(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say which latent dimension to choose, and what fewer and more of them cost; None if nothing can be chosen."""
    choice = choose_latent(sweep)
    if choice is None:
        return None
    values: dict[str, Value] = {"score": name_quantity(choice.fid), "beyond": ""}
    chosen = choice.chosen
    if chosen is None:
        for role, c in (("sampler", choice.sampler), ("copier", choice.copier)):
            values |= _write_merits(choice.fid, c, f"{role}_")
        return Claim("vae_space", CHOICE["trade"], values, rests_on)
    values |= _write_merits(choice.fid, chosen)
    facts: tuple[Fact, ...] = ()
    if choice.below is not None:
        values |= _write_merits(choice.fid, choice.below, "below_")
    if chosen is not choice.last:
        values["beyond"], facts = _write_cost(chosen, choice.last)
    return Claim("vae_space", CHOICE["least" if choice.below is None else "inner"], values, rests_on, facts)


def _write_merits(fid: str, c: Configuration, role: str = "") -> dict[str, Value]:
    """Return what a latent dimension is chosen by, in values whose names begin with a role."""
    return {
        f"{role}at": c.settings.latent_dim,
        f"{role}fid": write_mean(fid, c),
        f"{role}loss": write_mean("dev_reconstruction", c),
    }


def _write_cost(chosen: Configuration, last: Configuration) -> tuple[Message, tuple[Fact, ...]]:
    """Return the part on what still more dimensions bring, and what it asserts."""
    pair = (chosen, last)
    is_further = compare_by("prior_distance", last, chosen) == "higher"
    values: dict[str, Value] = {"last_at": last.settings.latent_dim}
    values |= zip(("distance", "last_distance"), (write_mean("prior_distance", c) for c in pair), strict=True)
    return Message(BEYOND[is_further], values), relate("prior_distance", *name_values("prior_distance", pair))


def claim_paths(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say that a VAE with fewer dimensions than the chosen one loses less between the ends; None if none is shown to.

    It is no reason to choose it if no more of its images between the ends are read.
    """
    choice = choose_latent(sweep)
    if choice is None or choice.chosen is None or not is_measured("inside_change", sweep):
        return None
    chosen, best = choice.chosen, find_best(sweep, "inside_change")
    if compare_by("inside_change", best, chosen) != "higher":
        return None
    values: dict[str, Value] = {
        "label": best.label,
        "chosen": chosen.label,
        "change": write_bare("inside_change", measure("inside_change", best)),
        "chosen_change": write_bare("inside_change", measure("inside_change", chosen)),
        "inside": write_mean("read_inside", best),
        "chosen_inside": write_mean("read_inside", chosen),
    }
    is_read_more = compare_by("read_inside", best, chosen) == "higher"
    wording = "vae_space.paths.better" if is_read_more else "vae_space.paths.no_better"
    pair = name_values("inside_change", (best, chosen))
    return Claim("vae_space.paths", wording, values, rests_on, relate("inside_change", *pair))


UNITS: Mapping[bool, str] = {
    True: "vae_space.units.all",
    False: "vae_space.units.some",
}
"""True if all latent dimensions are in use -> message."""


def claim_units(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say how many of its dimensions the VAE with the most of them uses, and how many carry most of the KL."""
    widest = max(sweep, key=lambda c: c.settings.latent_dim)
    dim = widest.settings.latent_dim
    uses_all = min(measure("active_units", widest).values) == dim
    values: dict[str, Value] = {
        "label": widest.label,
        "dim": dim,
        "units": write_units(widest),
        "carrying": count_carrying(widest),
        "share": Percent(CARRIED_SHARE),
    }
    verdict = Verdict(widest.label, "active units", "all" if uses_all else "some")
    return Claim("vae_space", UNITS[uses_all], values, rests_on, (verdict,))


WHY: Mapping[Why, str] = {
    "idle": "vae_space.why.idle",
    "apart": "vae_space.why.apart",
}
"""Reason why more latent dimensions bring no better samples -> message."""


def claim_why(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say why more dimensions bring no better samples; None if they do, if the codes do not say, or ``claim_hole``."""
    effect = judge_latent(sweep)
    why = explain_saturation(effect) if effect is not None else None
    if effect is None or why is None or (why == "apart" and _widens(effect, find_best(sweep))):
        return None
    values: dict[str, Value] = {
        "knee": effect.knee.label,
        "last": effect.last.label,
        "knee_distance": write_mean("prior_distance", effect.knee),
        "last_distance": write_mean("prior_distance", effect.last),
    }
    pair = name_values("prior_distance", (effect.knee, effect.last))
    facts = relate("prior_distance", *pair) if why == "apart" else ()
    return Claim("vae_space.why", WHY[why], values, rests_on, facts)


def claim_collapse(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say that the VAE with the fewest dimensions leaves some idle, though others gain by more; None if not so."""
    found = find_collapsed(sweep)
    if found is None:
        return None
    narrow, best = found
    values: dict[str, Value] = {
        "label": narrow.label,
        "dim": narrow.settings.latent_dim,
        "units": write_units(narrow),
        "best": best.label,
    }
    facts = relate("dev_reconstruction", *name_values("dev_reconstruction", (best, narrow)))
    return Claim("vae_space.collapse", "vae_space.collapse", values, rests_on, facts)


NEAR_PRIOR = 0.5
"""The distance of the aggregated posterior from the prior, in nats, up to which its mean and covariance fit."""


def claim_hole(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say that a decoder draws legible digits of codes and fewer of the prior, and why; None unless this is shown."""
    vae, effect = find_best(sweep), judge_latent(sweep)
    more = find_hole(vae)
    if more is None:
        return None
    last = max(sweep, key=lambda c: c.settings.latent_dim)
    values: dict[str, Value] = {
        "label": vae.label,
        "reconstructions": write_value("read_share", more.mean + measure("read_share", vae).mean),
        "samples": write_value("read_share", measure("read_share", vae).mean),
        "distance": write_mean("prior_distance", vae),
    }
    if effect is not None and _widens(effect, vae):
        facts = relate("prior_distance", *name_values("prior_distance", (vae, last)))
        values["but"] = _write_counterexample(sweep)
        return Claim("vae_space.hole", "vae_space.hole.widens", values, rests_on, facts)
    is_near = measure("prior_distance", vae).mean <= NEAR_PRIOR
    return Claim("vae_space.hole", "vae_space.hole.fine" if is_near else "vae_space.hole.apart", values, rests_on)


def _write_counterexample(sweep: Sequence[Configuration]) -> Message | str:
    """Write that the VAE whose codes lie nearest to the prior has the highest FID; nothing if it has not."""
    near = min(sweep, key=lambda c: measure("prior_distance", c).mean)
    if near is not find_worst(sweep):
        return ""
    return Message("vae_space.hole.but", {"near": near.label, "distance": write_mean("prior_distance", near)})


def _widens(effect: LatentEffect, vae: Configuration) -> bool:
    """Return True if a VAE has a hole in its latent space that more dimensions widen, which explains a saturation."""
    return vae is effect.knee and explain_saturation(effect) == "apart" and find_hole(vae) is not None


# ---- the all-linear ablation ----------------------------------------------------------------------------------------

Against = Literal["better", "worse", "alike", "open"]
"""An ablation against its baseline, where lower is better."""

AGAINST: Mapping[Outcome, Against] = {"lower": "better", "higher": "worse", "alike": "alike", "equal": "alike"}
"""Outcome -> word; ``open`` for all others."""

RECONSTRUCTION: Mapping[Against, str] = {
    "better": "vae_ablation.reconstruction.better",
    "worse": "vae_ablation.reconstruction.worse",
    "alike": "vae_ablation.reconstruction.alike",
    "open": "vae_ablation.reconstruction.open",
}
"""Reconstruction against the baseline's -> first part of the answer."""

SAMPLES: Mapping[Against, str] = {
    "better": "vae_ablation.samples.better",
    "worse": "vae_ablation.samples.worse",
    "alike": "vae_ablation.samples.alike",
    "open": "vae_ablation.samples.open",
}
"""FID against the baseline's -> second part of the answer."""

OPPOSITE = (("better", "worse"), ("alike", "worse"), ("open", "worse"), ("worse", "better"), ("worse", "alike"))
"""Parts of the answer that stand against each other."""


def claim_ablation(ablated: Configuration, conv: Configuration, rests_on: str) -> Claim:
    """Say whether the all-linear VAE reconstructs and samples better or worse than the convolutional one."""
    pair, fid = (ablated, conv), choose_fid((ablated, conv))
    reconstructs = AGAINST.get(compare_by("dev_reconstruction", *pair), "open")
    values: dict[str, Value] = {
        "reconstruction": Message(RECONSTRUCTION[reconstructs], _write_pair("dev_reconstruction", ablated, conv))
    }
    facts = relate("dev_reconstruction", *name_values("dev_reconstruction", pair))
    change = find_change(measure(fid, ablated), measure(fid, conv))
    if change is None:
        return Claim("vae_ablation", "vae_ablation.losses", values, rests_on, facts)
    samples = AGAINST.get(compare_by(fid, *pair), "open")
    written = {**_write_pair(fid, ablated, conv), "score": name_quantity(fid), "change": write_effect(fid, change)}
    low, high = _order_by_legibility(ablated, conv)
    wording = SAMPLES[samples]
    if low is not None and samples in ("alike", "open"):
        wording = "vae_ablation.samples.read"
        written |= {"low": low.label, "low_share": write_mean("read_share", low)}
        written |= {"high": high.label, "high_share": write_mean("read_share", high)}
        facts += relate("read_share", *name_values("read_share", (low, high)))
    values["samples"] = Message(wording, written)
    wording = "vae_ablation.but" if (reconstructs, samples) in OPPOSITE else "vae_ablation.and"
    facts += relate(fid, *name_values(fid, pair))
    return Claim("vae_ablation", wording, values, rests_on, facts)


def _order_by_legibility(ablated: Configuration, conv: Configuration) -> tuple[Configuration | None, Configuration]:
    """Return the VAE whose samples are shown to be read less often, None if neither is, and the other."""
    outcome = compare_by("read_share", ablated, conv)
    if outcome not in ("lower", "higher"):
        return None, conv
    return (ablated, conv) if outcome == "lower" else (conv, ablated)


def _write_pair(quantity: str, ablated: Configuration, conv: Configuration) -> dict[str, Value]:
    return {
        "ablated": ablated.label,
        "conv": conv.label,
        "ablated_value": write_mean(quantity, ablated),
        "conv_value": write_mean(quantity, conv),
    }


CAUSE: Mapping[Cause, str] = {
    "codes": "vae_ablation.why.codes",
    "kl": "vae_ablation.why.kl",
    "hole": "vae_ablation.why.hole",
    "decoder": "vae_ablation.why.decoder",
    "price": "vae_ablation.why.price",
}
"""Cause of a difference between two VAEs -> message."""


def claim_cause(ablated: Configuration, conv: Configuration, rests_on: str) -> Claim | None:
    """Explain what sets the two VAEs apart; None if the data do not."""
    found = explain_ablation(ablated, conv)
    if found is None:
        return None
    names = ("dev_reconstruction", "dev_kl")
    loss, kl = (measure(name, found.vae).mean - measure(name, found.other).mean for name in names)
    values: dict[str, Value] = {
        "label": found.vae.label,
        "other": found.other.label,
        "codes": _write_read(found.vae),
        "other_codes": _write_read(found.other),
        "samples": write_value("read_share", measure("read_share", found.vae).mean),
        "other_samples": write_value("read_share", measure("read_share", found.other).mean),
        "loss": write_value("dev_reconstruction", abs(loss)),
        "kl": write_value("dev_kl", abs(kl)),
        "distance": write_mean("prior_distance", found.vae),
        "other_distance": write_mean("prior_distance", found.other),
        "read": _write_reconstructed(found.vae, found.other),
    }
    return Claim("vae_ablation.why", CAUSE[found.cause], values, rests_on)


def _write_reconstructed(vae: Configuration, other: Configuration) -> Message | str:
    """Write how many reconstructions of two VAEs are read; nothing if that was not measured."""
    if not is_measured("reads_unread", (vae, other)):
        return ""
    return Message("vae_ablation.why.read", {"codes": _write_read(vae), "other_codes": _write_read(other)})


def _write_read(vae: Configuration) -> Value:
    """Return the share of reconstructions that read as digits."""
    return write_value("reads_unread", 1 - measure("reads_unread", vae).mean)


SIZE: Mapping[Size, str] = {
    "larger_better": "vae_ablation.size.larger_better",
    "larger_same": "vae_ablation.size.larger_same",
    "larger_worse": "vae_ablation.size.larger_worse",
    "smaller_better": "vae_ablation.size.smaller_better",
    "smaller_same": "vae_ablation.size.smaller_same",
    "smaller_worse": "vae_ablation.size.smaller_worse",
}
"""Size of the decoder and FID, against the baseline's -> message."""


def claim_decoder(ablated: Configuration, conv: Configuration, rests_on: str) -> Claim | None:
    """Say what the size of the decoder explains; None for sizes that hardly differ, or without FID."""
    size = judge_size(ablated, conv)
    if size is None:
        return None
    sizes = [measure("drawing_parameters", c).mean for c in (ablated, conv)]
    values: dict[str, Value] = {
        **_write_pair("drawing_parameters", ablated, conv),
        "ratio": Number(max(sizes) / min(sizes), 1),
    }
    return Claim("vae_ablation.size", SIZE[size], values, rests_on)
