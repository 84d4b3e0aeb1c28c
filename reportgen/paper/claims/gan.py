"""Claims about GANs: their curves and samples, effects of their dimensions, the equilibrium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.dimensions import (
    DIMENSIONS,
    Dimension,
    Influence,
    Raising,
    judge_influence,
    judge_larger_effect,
    pair_along,
)
from reportgen.paper.analysis.effects import SHOWN, find_change
from reportgen.paper.analysis.findings import (
    EQUILIBRIUM_TOLERANCE,
    SIGNIFICANCE,
    Evolution,
    Sweep,
    compare_by,
    compare_pairs,
    find_best,
    find_ties,
    find_turn,
    find_worst,
    read_sweep,
)
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.quantities import AT_HALF
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.trainings import (
    LEVEL_SHARE,
    Judged,
    Settling,
    Share,
    find_batch_readers,
    find_memorisers,
    find_nearest,
    judge_nearest,
    judge_settling,
    name_share,
    read_course,
)
from reportgen.paper.claims.claim import Claim, Fact, Verdict
from reportgen.paper.claims.scores import name_values, relate, write_change
from reportgen.paper.i18n.quantities import (
    name_quantity,
    write_bound,
    write_effect,
    write_mean,
    write_measured,
    write_span,
    write_value,
)
from reportgen.paper.i18n.translator import Message, Number, Percent, PValue, Several, Value
from reportgen.suite.settings import GanSettings

LOSSES = ("discriminator_loss", "generator_loss")
"""The logged losses of a GAN."""


def hidden_dim(c: Configuration) -> int:
    """Return the hidden dimension of a GAN; an AssertionError reports a VAE."""
    assert isinstance(c.settings, GanSettings), "only GANs have a hidden dimension"
    return c.settings.hidden_dim


# ---- curves ---------------------------------------------------------------------------------------------------------

Part = Literal["level", "apart", "closing", "drift", "rest", "unknown"]
"""The course of the losses of several GANs: that of all, or whether any ``drift`` is shown."""

CURVES: Mapping[Part, str] = {
    "level": "gan_curves.level",
    "apart": "gan_curves.apart",
    "closing": "gan_curves.closing",
    "drift": "gan_curves.drift",
    "rest": "gan_curves.rest",
    "unknown": "gan_curves.unknown",
}
"""Course of the losses of several GANs -> message."""

AHEAD: Mapping[Share, str] = {
    "none": "gan_curves.ahead.none",
    "some": "gan_curves.ahead.some",
    "all": "gan_curves.ahead.all",
}
"""Part of the GANs whose D is ahead at the end -> message."""


def claim_curves(judged: Judged, rests_on: str) -> Claim:
    """Say whether the losses of GANs settle, and which player is ahead at the end."""
    grid = [c for c, _ in judged]
    courses = {c: judge_settling(c) for c in grid}
    settled = [c for c, course in courses.items() if course == "level"]
    drifts = [_write_drift(c, loss) for c in grid for loss in LOSSES if _drifts(c, loss)]
    values: dict[str, Value] = {
        "limit": Percent(LEVEL_SHARE),
        "all": Several(drifts),
        "moving": Several([c.label for c in grid if c not in settled]),
        "ahead": _write_ahead(judged),
        **_write_course(find_best(grid)),
    }
    facts = tuple(Verdict(c.label, "course of the losses", course) for c, course in courses.items())
    part = _join_courses(list(courses.values())) or ("drift" if drifts else "rest")
    return Claim("gan_curves", CURVES[part], values, rests_on, facts)


def _join_courses(courses: Sequence[Settling]) -> Part | None:
    """Return the course that all have; None if they differ, or move in other ways."""
    found = set(courses)
    if "unknown" in found:
        return "unknown"
    (course, *others) = found
    return None if others or course == "moving" else course


def _drifts(c: Configuration, loss: str) -> bool:
    """Return True if the change of a loss from the second fifth to the last is shown not to be 0."""
    low, high = measure(f"change_{loss}", c).interval or (0.0, 0.0)
    return low > 0 or high < 0


def _write_drift(c: Configuration, loss: str) -> Message:
    change = write_measured(f"change_{loss}", c)
    return Message("gan_curves.drift.each", {"loss": Message(PLAYERS[loss]), "label": c.label, "change": change})


def _write_course(c: Configuration) -> dict[str, Value]:
    """Write from where to where both losses of a GAN go: their means over the second and the last fifth."""
    values: dict[str, Value] = {"example": c.label}
    for loss, name in zip(LOSSES, ("d", "g"), strict=True):
        means = read_course(c, loss).means
        values |= {f"{name}_first": write_value(loss, means[0]), f"{name}_last": write_value(loss, means[-1])}
    return values


def _write_ahead(judged: Judged) -> Message:
    """Write in which GANs D is ahead at the end, with D's outputs."""
    ahead = [c for c, e in judged if e.verdict == "discriminator"]
    shown = ahead or [c for c, _ in judged]
    values: dict[str, Value] = {
        "ahead": Several([c.label for c in ahead]),
        "real": write_span("D_x", shown),
        "fake": write_span("D_G_z1", shown),
    }
    return Message(AHEAD[name_share(len(ahead), len(judged))], values)


# ---- images ---------------------------------------------------------------------------------------------------------

EVOLUTION: Mapping[str, str] = {
    "rises": "gan_images.rises",
    "falls": "gan_images.falls",
    "open": "gan_images.open",
    "equal": "gan_images.equal",
    "single": "gan_images.single",
}
"""Verdict on the number of readable samples over training -> message."""


def claim_evolution(grid: Sequence[Configuration], evolution: Evolution, steps: Sequence[int], rests_on: str) -> Claim:
    """Say how many samples from fixed noise are readable over training, and what share of all samples at the end."""
    shown = [Message("gan_images.each", {"step": step, "count": evolution.counts[step]}) for step in steps]
    kind = evolution.verdict if len(evolution.counts) > 1 else "single"
    values: dict[str, Value] = {
        "num": evolution.num,
        "all": Several(shown),
        "p": PValue(evolution.p_value),
        "share": write_span("read_share", grid),
    }
    return Claim("gan_images", EVOLUTION[kind], values, rests_on)


STABILITY: Mapping[Literal["few", "most", "all"], str] = {
    "few": "gan_images.stability.few",
    "most": "gan_images.stability.most",
    "all": "gan_images.stability.all",
}
"""Part of the samples readable twice that keep their digit -> message."""


def claim_stability(evolution: Evolution, rests_on: str) -> Claim | None:
    """Say whether the same noise keeps its digit between the last two images.

    None if an exact test does not tell from chance whether more or fewer than half of the samples do.
    """
    kept, num = evolution.num_kept, evolution.num_lasting
    if compare_pairs(kept, num - kept) >= SIGNIFICANCE:
        return None
    before, last = sorted(evolution.counts)[-2:]
    values: dict[str, Value] = {"num": num, "kept": kept, "before": before, "last": last}
    wording = STABILITY["all" if kept == num else "most" if 2 * kept > num else "few"]
    return Claim("gan_images.stability", wording, values, rests_on)


# ---- FID ------------------------------------------------------------------------------------------------------------

BEST: Mapping[str, str] = {
    "only": "gan_fid.only",
    "clear": "gan_fid.clear",
    "tied": "gan_fid.tied",
    "open": "gan_fid.open",
    "unknown": "gan_fid.unknown",
}
"""Clearness of the best cell of the grid -> message."""


def claim_best_cell(grid: Sequence[Configuration], rests_on: str) -> Claim:
    """Name the GAN with the lowest FID, and those that the data do not show to be worse."""
    fid = choose_fid(grid)
    scored = [c for c in grid if is_measured(fid, [c])]
    values: dict[str, Value] = {"score": name_quantity(fid)}
    if not scored:
        return Claim("best", BEST["unknown"], values, rests_on)
    best, worst = find_best(scored, fid), find_worst(scored, fid)
    others = [c for c in find_ties(scored, fid) if c is not best]
    kind = "only" if len(scored) == 1 else "clear" if not others else "tied"
    values |= {
        "best": best.label,
        "fid": write_measured(fid, best),
        "worst": worst.label,
        "worst_fid": write_measured(fid, worst),
        "others": Several([_write_fid(fid, c) for c in others]),
    }
    return Claim("best", BEST["open" if len(others) + 1 == len(scored) > 1 else kind], values, rests_on)


def _write_fid(fid: str, c: Configuration) -> Message:
    return Message("gan_fid.each", {"label": c.label, "fid": write_mean(fid, c)})


# ---- effect of both dimensions --------------------------------------------------------------------------------------

Effects = Mapping[Dimension, Influence]
"""Dimensions that a grid varies -> their effect on one quantity."""


def read_effects(quantity: str, grid: Sequence[Configuration]) -> Effects:
    """Return the effects of the dimensions that a grid varies on a quantity, those that can be judged."""
    pairs = {field: pair_along(grid, field) for field in DIMENSIONS}
    judged = {field: judge_influence(quantity, found) for field, found in pairs.items() if found}
    return {field: influence for field, influence in judged.items() if influence is not None}


Decision = Literal[
    "hardly",
    "more",
    "only",
    "both",
    "both_more",
    "alike",
    "neither",
    "one",
    "one_alike",
    "one_open",
    "mixed",
    "unknown",
]
"""What decides FID; ``_decide`` defines the words."""

EFFECT: Mapping[Decision, str] = {
    "hardly": "gan_effect.hardly",
    "more": "gan_effect.more",
    "only": "gan_effect.only",
    "both": "gan_effect.both",
    "both_more": "gan_effect.both_more",
    "alike": "gan_effect.alike",
    "neither": "gan_effect.neither",
    "one": "gan_effect.one",
    "one_alike": "gan_effect.one_alike",
    "one_open": "gan_effect.one_open",
    "mixed": "gan_effect.mixed",
    "unknown": "gan_effect.unknown",
}
"""What decides FID -> message."""

DIRECTION: Mapping[Raising, str] = {
    "lower": "gan_effect.lowers",
    "higher": "gan_effect.raises",
    "alike": "gan_effect.keeps",
    "open": "gan_effect.leaves",
    "mixed": "gan_effect.turns",
}
"""What raising a dimension does to FID -> part of the sentence."""


def claim_effect(grid: Sequence[Configuration], rests_on: str) -> Claim:
    """Say which dimension decides FID, by its mean effects over the other one."""
    fid = choose_fid(grid)
    effects = read_effects(fid, grid)
    order = sorted(effects, key=lambda field: (_is_shown(effects[field]), _size(effects[field])), reverse=True)
    values: dict[str, Value] = {}
    for name, field in zip(("first", "second"), order, strict=False):
        values |= {name: f"`{field}`", f"{name}_effect": _write_direction(fid, field, effects[field])}
    facts = tuple(Verdict(f"{field} on {fid}", "raising", effects[field].verdict) for field in order)
    return Claim("gan_effect", EFFECT[_decide(grid, [effects[field] for field in order])], values, rests_on, facts)


def _is_shown(influence: Influence) -> bool:
    return influence.verdict in SHOWN


def _size(influence: Influence) -> float:
    return abs(influence.main.contrast.value)


def _decide(grid: Sequence[Configuration], order: Sequence[Influence]) -> Decision:
    """Return which of two dimensions decides FID, the one with a shown or larger effect first.

    ``hardly``: the second changes hardly anything; ``more`` and ``only``: its effect is open, and told apart from the
    first or not; ``both`` and ``both_more``: both are shown; ``alike`` and ``neither``: none is. Words that begin with
    ``one`` are of a grid that varies one dimension; ``mixed``: an effect changes its sign with the other dimension.
    """
    verdicts = [influence.verdict for influence in order]
    if len(order) < len(DIMENSIONS):
        return ONE.get(verdicts[0], "unknown") if verdicts else "unknown"
    if "mixed" in verdicts:
        return "mixed"
    larger = judge_larger_effect(grid)
    is_larger = larger is not None and larger.is_told_apart
    if _is_shown(order[0]):
        return _decide_shown(order[1], is_larger=is_larger)
    return "alike" if set(verdicts) == {"alike"} else "neither"


ONE: Mapping[Raising, Decision] = {"lower": "one", "higher": "one", "alike": "one_alike", "open": "one_open"}
"""Effect of the only dimension that can be judged -> what decides FID."""


def _decide_shown(second: Influence, *, is_larger: bool) -> Decision:
    if _is_shown(second):
        return "both_more" if is_larger else "both"
    if second.verdict == "alike":
        return "hardly"
    return "more" if is_larger else "only"


def _write_direction(fid: str, field: Dimension, influence: Influence) -> Message:
    """Write from where to where a dimension is raised, and what that does to FID."""
    low, high = (getattr(c.settings, field) for c in influence.pairs[0])
    values: dict[str, Value] = {"field": f"`{field}`", "low": low, "high": high, "score": name_quantity(fid)}
    values |= {"ratio": Number(influence.main.value), **write_change(fid, influence.main)}
    return Message(DIRECTION[influence.verdict], values)


READING: Mapping[str, str] = {
    "against": "gan_effect.losses.against",
    "apart": "gan_effect.losses.apart",
    "closer": "gan_effect.losses.closer",
    "ahead": "gan_effect.losses.ahead",
    "with": "gan_effect.losses.with",
    "silent": "gan_effect.losses.silent",
}
"""What the losses of the GANs with the lower FID show -> message."""


def claim_losses(grid: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say what both losses do where a dimension improves FID, and what that means; None if none is shown to."""
    fid = choose_fid(grid)
    shown = {field: influence for field, influence in read_effects(fid, grid).items() if _is_shown(influence)}
    if not shown:
        return None
    field = max(shown, key=lambda field: _size(shown[field]))
    low, high = (getattr(c.settings, field) for c in shown[field].pairs[0])
    is_raised = shown[field].verdict == "lower"
    effects = {loss: read_effects(loss, grid).get(field) for loss in LOSSES}
    found = {loss: influence for loss, influence in effects.items() if influence is not None}
    if len(found) < len(LOSSES) or any(influence.verdict == "mixed" for influence in found.values()):
        return None
    values: dict[str, Value] = {
        "field": f"`{field}`",
        "better": high if is_raised else low,
        "d_bound": write_bound(LOSSES[0], found[LOSSES[0]].main),
        "g_bound": write_bound(LOSSES[1], found[LOSSES[1]].main),
    }
    wording = READING[_read_losses(found, is_raised=is_raised)]
    facts = tuple(Verdict(f"{field} on {loss}", "raising", influence.verdict) for loss, influence in found.items())
    return Claim("gan_effect.losses", wording, values, rests_on, facts)


def _read_losses(found: Mapping[str, Influence], *, is_raised: bool) -> str:
    """Return what the losses of the GANs with the lower FID show.

    ``apart``: that of G is higher and that of D lower; ``against``: that of G is higher; ``closer``: that of D is
    higher; ``ahead``: that of D is lower; ``with``: that of G is lower; ``silent``: neither is shown to differ.
    """
    sign = {"higher": 1, "lower": -1}
    d, g = (sign.get(found[loss].verdict, 0) * (1 if is_raised else -1) for loss in LOSSES)
    if g > 0:
        return "apart" if d < 0 else "against"
    if d:
        return "closer" if d > 0 else "ahead"
    return "with" if g < 0 else "silent"


STEADINESS: Mapping[str, str] = {
    "lower": "gan_effect.steadiness.calmer",
    "higher": "gan_effect.steadiness.wilder",
}
"""Direction in which raising a dimension moves the fluctuation of a loss -> part of the sentence."""

PLAYERS: Mapping[str, str] = {"discriminator_loss": "gan_effect.loss_d", "generator_loss": "gan_effect.loss_g"}
"""Loss -> its short name."""


def claim_steadiness(grid: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say whether raising a dimension changes how far the losses still fluctuate; None if nothing is known of it."""
    effects = {loss: read_effects(f"spread_{loss}", grid) for loss in LOSSES}
    if not all(effects.values()):
        return None
    found = [(loss, field, effect) for loss in LOSSES for field, effect in effects[loss].items()]
    facts = tuple(Verdict(f"{field} on spread of {loss}", "raising", e.verdict) for loss, field, e in found)
    shown = [_write_steadiness(*row) for row in found if _is_shown(row[2])]
    if shown:
        values: dict[str, Value] = {"all": Several(shown)}
        return Claim("gan_effect.steadiness", "gan_effect.steadiness.shown", values, rests_on, facts)
    spans = {name: write_span(f"spread_{loss}", grid) for name, loss in zip(("d", "g"), LOSSES, strict=True)}
    is_alike = all(e.verdict == "alike" for *_, e in found)
    wording = "gan_effect.steadiness.alike" if is_alike else "gan_effect.steadiness.open"
    return Claim("gan_effect.steadiness", wording, spans, rests_on, facts)


def _write_steadiness(loss: str, field: Dimension, influence: Influence) -> Message:
    low, high = (getattr(c.settings, field) for c in influence.pairs[0])
    values: dict[str, Value] = {"field": f"`{field}`", "low": low, "high": high, "loss": Message(PLAYERS[loss])}
    values |= write_change(f"spread_{loss}", influence.main)
    return Message(STEADINESS[influence.verdict], values)


# ---- the hidden sweep -----------------------------------------------------------------------------------------------

Fall = Literal["every_step", "saturates", "power", "ordered", "falls"]
"""The way in which FID falls with hidden_dim."""
Shape = Literal[Fall, "rises", "valley", "peak", "mixed", "alike", "flat", "several", "unknown"]
"""The way in which FID goes with hidden_dim; ``_name_shape`` defines the words."""

HIDDEN: Mapping[Shape, str] = {
    "every_step": "gan_hidden.every_step",
    "saturates": "gan_hidden.saturates",
    "power": "gan_hidden.power",
    "ordered": "gan_hidden.ordered",
    "falls": "gan_hidden.falls",
    "rises": "gan_hidden.rises",
    "valley": "gan_hidden.valley",
    "peak": "gan_hidden.peak",
    "mixed": "gan_hidden.mixed",
    "alike": "gan_hidden.alike",
    "flat": "gan_hidden.flat",
    "several": "gan_hidden.several",
    "unknown": "gan_hidden.unknown",
}
"""The way in which FID goes with hidden_dim -> message."""


def claim_hidden(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say how FID goes with the hidden dimension.

    Nothing can be said if several GANs share a value of it, or if nothing is known of how far seeds differ.
    """
    fid = choose_fid(sweep)
    values: dict[str, Value] = {"score": name_quantity(fid)}
    known = [c for c in sweep if is_measured(fid, [c])]
    if len({hidden_dim(c) for c in known}) < len(known):
        return Claim("gan_hidden", HIDDEN["several"], values, rests_on)
    read = read_sweep(fid, known, "hidden_dim")
    if read is None:
        return Claim("gan_hidden", HIDDEN["unknown"], values, rests_on)
    values |= _write_sweep(fid, read)
    return Claim("gan_hidden", HIDDEN[_name_shape(read)], values, rests_on, _relate_ends(fid, known, read))


def _name_shape(sweep: Sweep) -> Shape:
    """Return how a quantity goes with a dimension.

    Of one that falls over all: ``every_step`` is shown, it ``saturates`` after a step that is shown though no power law
    fits, it goes with a ``power``, or its values are ``ordered`` throughout, more than by chance.
    """
    match sweep.trend:
        case "falling":
            return "every_step"
        case "falling_overall":
            return _name_fall(sweep)
        case "rising" | "rising_overall":
            return "rises"
        case _:
            return sweep.trend


def _name_fall(sweep: Sweep) -> Fall:
    fits = sweep.power is not None and sweep.power.misfit >= SIGNIFICANCE
    if fits and sweep.power is not None and sweep.power.interval[1] < 0:
        return "power"
    if _find_knee(sweep) < len(sweep.positions) - 1:
        return "saturates"
    means = [estimate.mean for estimate in sweep.estimates]
    return "ordered" if means == sorted(means, reverse=True) and sweep.order < SIGNIFICANCE else "falls"


def _find_knee(sweep: Sweep) -> int:
    """Return the index of the setting that ends the last step shown in the direction of the whole, else the last."""
    steps = sweep.shown_steps
    return list(sweep.positions).index(steps[-1][1]) if steps else len(sweep.positions) - 1


def _write_sweep(fid: str, sweep: Sweep) -> dict[str, Value]:
    """Write the ends of a sweep, its turn and its knee, its values, and how it goes from end to end."""
    estimates, positions = sweep.estimates, sweep.positions
    written = [write_value(fid, estimate.mean) for estimate in estimates]
    turn, knee = find_turn(estimates, sweep.trend), _find_knee(sweep)
    rest = find_change(estimates[-1], estimates[knee])
    pairs = zip(positions, written, strict=True)
    return {
        "first": written[0],
        "first_at": positions[0],
        "last": written[-1],
        "last_at": positions[-1],
        "turn": written[turn],
        "turn_at": positions[turn],
        "knee": written[knee],
        "knee_at": positions[knee],
        "rest": "–" if rest is None else write_effect(fid, rest),
        "all": Several([Message("gan_hidden.each", {"position": at, "value": value}) for at, value in pairs]),
        "p": PValue(sweep.order),
        **_write_power(sweep),
        **write_change(fid, sweep.whole),
    }


def _write_power(sweep: Sweep) -> dict[str, Value]:
    """Write by what factor each doubling multiplies FID, with its interval."""
    if sweep.power is None:
        return {}
    exponents = (sweep.power.exponent, *sweep.power.interval)
    return dict(zip(("double", "double_low", "double_high"), (Number(2**e) for e in exponents), strict=True))


def _relate_ends(fid: str, known: Sequence[Configuration], sweep: Sweep) -> tuple[Fact, ...]:
    """Return what the wording asserts of the first value and the last, or of both and the turn."""
    named = name_values(fid, known)
    if sweep.trend in ("valley", "peak"):
        turn = named[find_turn(sweep.estimates, sweep.trend)]
        return (*relate(fid, named[0], turn), *relate(fid, turn, named[-1]))
    return () if sweep.trend == "mixed" else relate(fid, named[0], named[-1])


WIDE_LOSS: Mapping[str, str] = {
    "falling": "gan_hidden.losses.falls",
    "falling_overall": "gan_hidden.losses.falls",
    "rising": "gan_hidden.losses.rises",
    "rising_overall": "gan_hidden.losses.rises",
}
"""Trend of the loss of D over hidden_dim -> message."""


def claim_wide_losses(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say how the loss of D goes with hidden_dim, and why; None unless it is shown to move one way."""
    loss = LOSSES[0]
    if len({hidden_dim(c) for c in sweep}) < max(len(sweep), 2):
        return None
    found = read_sweep(loss, sweep, "hidden_dim")
    if found is None or found.trend not in WIDE_LOSS:
        return None
    values: dict[str, Value] = {"first_at": found.positions[0], "last_at": found.positions[-1]}
    values |= {"first": write_mean(loss, sweep[0]), "last": write_mean(loss, sweep[-1])}
    named = name_values(loss, sweep)
    return Claim("gan_hidden.losses", WIDE_LOSS[found.trend], values, rests_on, relate(loss, named[0], named[-1]))


WORST: Mapping[tuple[bool, bool], str] = {
    (True, True): "gan_hidden.worst.both",
    (True, False): "gan_hidden.worst.illegible",
    (False, True): "gan_hidden.worst.lopsided",
    (False, False): "gan_hidden.worst.neither",
}
"""True if fewer samples of the worst GAN are read than of the best, and if they are less balanced -> message."""


def claim_worst(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say what samples at the worst setting are like beside those at the best; None if there is no FID to tell."""
    worst, best = find_worst(sweep), find_best(sweep)
    if worst is best:
        return None
    is_illegible = compare_by("read_share", worst, best) == "lower"
    is_lopsided = compare_by("class_imbalance", worst, best) == "higher"
    values: dict[str, Value] = {
        "worst": worst.label,
        "best": best.label,
        "worst_share": write_mean("read_share", worst),
        "best_share": write_mean("read_share", best),
        "worst_imbalance": write_mean("class_imbalance", worst),
        "best_imbalance": write_mean("class_imbalance", best),
    }
    pair = (worst, best)
    facts = [fact for name in ("read_share", "class_imbalance") for fact in relate(name, *name_values(name, pair))]
    return Claim("gan_hidden.worst", WORST[is_illegible, is_lopsided], values, rests_on, tuple(facts))


# ---- equilibrium ----------------------------------------------------------------------------------------------------


NEAR: Mapping[Share, str] = {
    "none": "nash.none",
    "some": "nash.some",
    "all": "nash.all",
}
"""Part of the GANs that end near the equilibrium -> message."""


def claim_equilibrium(judged: Judged, rests_on: str) -> Claim:
    """Say which GANs end near D = 1/2, with D's outputs at the end: of the nearest GAN if none does."""
    near = [c for c, e in judged if e.verdict == "near"]
    far = [c for c, e in judged if e.verdict != "near"] or near
    nearest, _ = find_nearest(judged)
    shown = far if near else [nearest]
    values: dict[str, Value] = {
        "near": Several([c.label for c in near]),
        "nearest": nearest.label,
        "tolerance": Number(EQUILIBRIUM_TOLERANCE, 1),
        "real": write_span("D_x", shown),
        "fake": write_span("D_G_z1", shown),
    }
    facts = tuple(Verdict(c.label, "equilibrium", e.verdict) for c, e in judged)
    return Claim("nash", NEAR[name_share(len(near), len(judged))], values, rests_on, facts)


def claim_trap(judged: Judged, rests_on: str) -> Claim | None:
    """Say in which GAN far from the equilibrium the loss of D is near its value there; None if in none."""
    d, g = LOSSES
    far = [c for c, e in judged if e.verdict != "near" and abs(measure(d, c).mean - AT_HALF[d]) < EQUILIBRIUM_TOLERANCE]
    if not far:
        return None
    nearest = min(far, key=lambda c: abs(measure(d, c).mean - AT_HALF[d]))
    values: dict[str, Value] = {"label": nearest.label, "d": write_mean(d, nearest), "g": write_mean(g, nearest)}
    return Claim("nash.trap", "nash.trap", values, rests_on)


QUALITY: Mapping[str, str] = {
    "same": "nash.quality.same",
    "exception": "nash.quality.exception",
    "worst": "nash.quality.worst",
    "differ": "nash.quality.differ",
    "open": "nash.quality.open",
}
"""Verdict on the GANs nearest to the equilibrium and best by FID -> message."""


NEXT: Mapping[bool, str] = {True: "nash.next.best", False: "nash.next.other"}
"""True if the next nearest GAN has the lowest FID -> part of the message."""


def claim_quality(judged: Judged, rests_on: str) -> Claim | None:
    """Say whether the GAN nearest to the equilibrium is the one with the lowest FID; None without two FIDs."""
    found = judge_nearest(judged)
    if found is None:
        return None
    values: dict[str, Value] = {
        "near": found.near.label,
        "near_fid": write_measured(found.fid, found.near),
        "second": found.second.label,
        "second_fid": write_measured(found.fid, found.second),
        "best": found.best.label,
        "best_fid": write_measured(found.fid, found.best),
    }
    if found.verdict == "exception":
        values |= {"num": Number(found.num_others, 0), "correlation": Number(found.correlation, 2)}
    values["next"] = Message(NEXT[found.second is found.best], dict(values))
    return Claim("nash.quality", QUALITY[found.verdict], values, rests_on)


LEAD: Mapping[tuple[bool, bool], str] = {
    (True, False): "nash.lead.batch",
    (False, True): "nash.lead.memory",
    (True, True): "nash.lead.both",
    (False, False): "nash.lead.neither",
}
"""True if some D reads the batch, and if some D knows training images -> message."""


def claim_lead(judged: Judged, rests_on: str) -> Claim | None:
    """Say where D's lead comes from: the statistics of the batch, training images that it knows; None without a lead.

    Only GANs whose D is ahead are looked at.
    """
    gans = [c for c, e in judged if e.verdict == "discriminator"]
    if not gans:
        return None
    readers, memorisers = find_batch_readers(gans), find_memorisers(gans)
    most = max(gans, key=lambda c: measure("batch_separation", c).mean - measure("running_separation", c).mean)
    widest = max(gans, key=lambda c: measure("train_dev_gap", c).mean)
    values: dict[str, Value] = {
        "readers": _write_where(readers, gans),
        "memorisers": _write_where(memorisers, gans),
        "label": most.label,
        "batch": write_mean("batch_separation", most),
        "running": write_mean("running_separation", most),
        "level": _write_level(most),
        "gap": write_mean("train_dev_gap", widest),
        "widest": widest.label,
    }
    facts = [Verdict(c.label, "reads the batch", str(c in readers)) for c in gans]
    facts += [Verdict(c.label, "D knows training images", str(c in memorisers)) for c in gans]
    return Claim("nash.lead", LEAD[bool(readers), bool(memorisers)], values, rests_on, tuple(facts))


def _write_level(gan: Configuration) -> Message:
    """Write D's mean output on training images in eval mode: over several seeds, from the lowest to the highest."""
    records = [record for run in gan.runs if (record := run.evaluation.discriminator) is not None]
    means = sorted(record.train.mean for record in records)
    kind = "nash.level.one" if len(means) == 1 else "nash.level.several"
    return Message(kind, {"low": Number(means[0]), "high": Number(means[-1])})


def _write_where(found: Sequence[Configuration], gans: Sequence[Configuration]) -> Value:
    """Write in brackets in which of several GANs something is true; nothing if in all."""
    names = Several([c.label for c in found])
    return "" if len(found) == len(gans) else Message("nash.lead.where", {"gans": names})
