"""Claims about what lies between two latents, and beyond them."""

from __future__ import annotations

from typing import Literal

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    InterpolationReading,
    compare,
    find_basis,
    leaves_out_zero,
)
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import (
    Named,
    claim_pair,
    write_estimate,
    write_points,
)
from reportgen.paper.i18n.translator import Value


def claim_interpolation(
    gan: tuple[Configuration, InterpolationReading], vae: tuple[Configuration, InterpolationReading], rests_on: str
) -> list[Claim]:
    """Whose samples lose less legibility on the way, and whose path is straighter and more even."""
    pair = (gan, vae)
    better, *evenness = judge_spaces(gan, vae, rests_on)
    return [
        better,
        claim_pair("detour", [Named(c.label, r.detour) for c, r in pair], rests_on),
        claim_pair("largest_step", [Named(c.label, r.largest_step) for c, r in pair], rests_on),
        *evenness,
    ]


def judge_spaces(
    gan: tuple[Configuration, InterpolationReading], vae: tuple[Configuration, InterpolationReading], rests_on: str
) -> list[Claim]:
    """Which of the two latent spaces is better, by what can be read and by how even the path is."""
    better = _claim_better(gan, vae, rests_on)
    return [better, *_claim_evenness(gan, vae, better, rests_on)]


def _claim_better(
    gan: tuple[Configuration, InterpolationReading], vae: tuple[Configuration, InterpolationReading], rests_on: str
) -> Claim:
    """Which latent space interpolates better: measured against the model's own samples at the ends."""
    (gan_c, gan_r), (vae_c, vae_r) = gan, vae
    decision = compare(vae_r.inside_change, gan_r.inside_change)
    kind = {"lower": "gan", "higher": "vae"}.get(decision, "open")
    values: dict[str, Value] = {
        "gan": gan_c.label,
        "gan_change": write_points(gan_r.inside_change),
        "vae": vae_c.label,
        "vae_change": write_points(vae_r.inside_change),
    }
    over = find_basis(vae_r.inside_change, gan_r.inside_change)
    verdict = Verdict("interpolation", "loses less", kind)
    return Claim(f"interpolation.better_{kind}", values, rests_on, over, (verdict,))


def _claim_evenness(
    gan: tuple[Configuration, InterpolationReading],
    vae: tuple[Configuration, InterpolationReading],
    better: Claim,
    rests_on: str,
) -> list[Claim]:
    """Whose path is both straighter and more even, and whether that agrees with what can be read."""
    measures = [(Named(c.label, r.detour), Named(c.label, r.largest_step)) for c, r in (gan, vae)]
    decisions = {compare(a.estimate, b.estimate) for a, b in zip(*measures, strict=True)}
    if decisions not in ({"lower"}, {"higher"}):
        return []
    (c, _), kind = (gan, "gan") if decisions == {"lower"} else (vae, "vae")
    against = better.id not in ("interpolation.better_open", f"interpolation.better_{kind}")
    over = find_basis(*(n.estimate for pair in measures for n in pair))
    verdict = Verdict("interpolation", "more even", kind)
    wording = f"interpolation.even_{'against' if against else 'clear'}"
    return [Claim(wording, {"even": c.label}, rests_on, over, (verdict,))]


def claim_between(c: Configuration, reading: InterpolationReading, rests_on: str) -> Claim:
    """Whether images between random ends are read less often than those at the ends."""
    return _claim_part("between", c, (reading.read_ends, reading.read_inside, reading.inside_change), rests_on)


def claim_beyond(c: Configuration, reading: InterpolationReading, rests_on: str) -> Claim:
    """Whether images beyond random ends are read less often than those at the ends."""
    return _claim_part("extrapolation", c, (reading.read_ends, reading.read_outside, reading.outside_change), rests_on)


def _claim_part(
    family: Literal["between", "extrapolation"],
    c: Configuration,
    parts: tuple[Estimate, Estimate, Estimate],
    rests_on: str,
) -> Claim:
    usual, part, change = parts
    kind = "open" if not leaves_out_zero(change) else "falls" if change.mean < 0 else "rises"
    values: dict[str, Value] = {
        "label": c.label,
        "usual": write_estimate("read_inside", usual),
        "part": write_estimate("read_inside", part),
        "change": write_points(change),
    }
    return Claim(f"{family}.{kind}", values, rests_on, change.over, (Verdict(c.label, family, kind),))
