"""Claims about what lies between two latents, and beyond them."""

from __future__ import annotations

from typing import Literal

from reportgen.paper.analysis.findings import compare_by, find_basis, leaves_out_zero
from reportgen.paper.analysis.quantities import measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import claim_pair
from reportgen.paper.i18n.quantities import write_estimate, write_measured
from reportgen.paper.i18n.translator import Value

EVENNESS = ("detour", "largest_step")


def claim_interpolation(gan: Configuration, vae: Configuration, rests_on: str) -> list[Claim]:
    """Whose samples lose less legibility on the way, and whose path is straighter and more even."""
    better, *evenness = judge_spaces(gan, vae, rests_on)
    return [better, *(claim_pair(quantity, (gan, vae), rests_on) for quantity in EVENNESS), *evenness]


def judge_spaces(gan: Configuration, vae: Configuration, rests_on: str) -> list[Claim]:
    """Which of the two latent spaces is better, by what can be read and by how even the path is."""
    better = _claim_better(gan, vae, rests_on)
    return [better, *_claim_evenness(gan, vae, better, rests_on)]


def _claim_better(gan: Configuration, vae: Configuration, rests_on: str) -> Claim:
    """Which latent space interpolates better: measured against the model's own samples at the ends."""
    kind = {"lower": "gan", "higher": "vae"}.get(compare_by("inside_change", vae, gan), "open")
    values: dict[str, Value] = {
        "gan": gan.label,
        "gan_change": write_measured("inside_change", gan),
        "vae": vae.label,
        "vae_change": write_measured("inside_change", vae),
    }
    over = find_basis(*(measure("inside_change", c) for c in (vae, gan)))
    verdict = Verdict("interpolation", "loses less", kind)
    return Claim(f"interpolation.better_{kind}", values, rests_on, over, (verdict,))


def _claim_evenness(gan: Configuration, vae: Configuration, better: Claim, rests_on: str) -> list[Claim]:
    """Whose path is both straighter and more even, and whether that agrees with what can be read."""
    decisions = {compare_by(quantity, gan, vae) for quantity in EVENNESS}
    if decisions not in ({"lower"}, {"higher"}):
        return []
    c, kind = (gan, "gan") if decisions == {"lower"} else (vae, "vae")
    against = better.id not in ("interpolation.better_open", f"interpolation.better_{kind}")
    over = find_basis(*(measure(quantity, c) for c in (gan, vae) for quantity in EVENNESS))
    verdict = Verdict("interpolation", "more even", kind)
    wording = f"interpolation.even_{'against' if against else 'clear'}"
    return [Claim(wording, {"even": c.label}, rests_on, over, (verdict,))]


def claim_between(c: Configuration, rests_on: str) -> Claim:
    """Whether images between random ends are read less often than those at the ends."""
    return _claim_part("between", c, "inside", rests_on)


def claim_beyond(c: Configuration, rests_on: str) -> Claim:
    """Whether images beyond random ends are read less often than those at the ends."""
    return _claim_part("extrapolation", c, "outside", rests_on)


def _claim_part(
    family: Literal["between", "extrapolation"], c: Configuration, part: Literal["inside", "outside"], rests_on: str
) -> Claim:
    change = measure(f"{part}_change", c)
    kind = "open" if not leaves_out_zero(change) else "falls" if change.mean < 0 else "rises"
    values: dict[str, Value] = {
        "label": c.label,
        "usual": write_measured("read_ends", c),
        "part": write_measured(f"read_{part}", c),
        "change": write_estimate(f"{part}_change", change),
    }
    return Claim(f"{family}.{kind}", values, rests_on, change.over, (Verdict(c.label, family, kind),))
