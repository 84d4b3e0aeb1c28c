"""Claims about images between two latents, and beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from reportgen.paper.analysis.contrasts import EVENNESS, Side, Spaces, judge_change, judge_spaces
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import claim_pair
from reportgen.paper.i18n.quantities import write_estimate, write_measured
from reportgen.paper.i18n.translator import Value
from reportgen.suite.outline import Topic


def claim_interpolation(gan: Configuration, vae: Configuration, rests_on: str) -> list[Claim]:
    """Compare the latent spaces of a GAN and a VAE by legibility, straightness and evenness of paths."""
    better, *evenness = claim_spaces(gan, vae, rests_on)
    return [better, *(claim_pair(quantity, (gan, vae), rests_on) for quantity in EVENNESS), *evenness]


def claim_spaces(gan: Configuration, vae: Configuration, rests_on: str) -> list[Claim]:
    """Say which latent space is better: by legibility and, if that is decided, by the evenness of its paths."""
    spaces = judge_spaces(vae, gan)
    better = _claim_readable(spaces.readable, vae, gan, rests_on)
    return [better] if spaces.even == "open" else [better, _claim_even(spaces, vae, gan, rests_on)]


BETTER: Mapping[Side, str] = {
    "vae": "interpolation.better.vae",
    "gan": "interpolation.better.gan",
    "open": "interpolation.better.open",
}
"""The model that loses less legibility between latents -> message."""


def _claim_readable(side: Side, vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Say which model's images lose less legibility between two latents."""
    values: dict[str, Value] = {
        "gan": gan.label,
        "gan_change": write_measured("inside_change", gan),
        "vae": vae.label,
        "vae_change": write_measured("inside_change", vae),
    }
    verdict = Verdict("interpolation", "loses less", side)
    return Claim("interpolation", BETTER[side], values, rests_on, (verdict,))


def _claim_even(spaces: Spaces, vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Say which model has the straighter and more even paths, and whether legibility agrees."""
    verdict = Verdict("interpolation", "more even", spaces.even)
    wording = "interpolation.even.against" if spaces.disagree else "interpolation.even.clear"
    label = gan.label if spaces.even == "gan" else vae.label
    return Claim("interpolation", wording, {"even": label}, rests_on, (verdict,))


BETWEEN: Mapping[str, str] = {
    "falls": "interpolation.between.falls",
    "rises": "interpolation.between.rises",
    "open": "interpolation.between.open",
}
"""Direction of the change in legibility between the ends -> message."""


BEYOND: Mapping[str, str] = {
    "falls": "interpolation.beyond.falls",
    "rises": "interpolation.beyond.rises",
    "open": "interpolation.beyond.open",
}
"""Direction of the change in legibility beyond the ends -> message."""


def claim_between(c: Configuration, rests_on: str) -> Claim:
    """Say whether images between random latents are less legible than those at the latents themselves."""
    return _claim_part("interpolation.between", BETWEEN, c, "inside", rests_on)


def claim_beyond(c: Configuration, rests_on: str) -> Claim:
    """Say whether images beyond random latents are less legible than those at the latents themselves."""
    return _claim_part("interpolation.beyond", BEYOND, c, "outside", rests_on)


def _claim_part(
    topic: Topic, wordings: Mapping[str, str], c: Configuration, part: Literal["inside", "outside"], rests_on: str
) -> Claim:
    """Say how legibility changes from the ends of random pairs of latents to one part of the path."""
    change = measure(f"{part}_change", c)
    kind = judge_change(change)
    values: dict[str, Value] = {
        "label": c.label,
        "usual": write_measured("read_ends", c),
        "part": write_measured(f"read_{part}", c),
        "change": write_estimate(f"{part}_change", change),
    }
    return Claim(topic, wordings[kind], values, rests_on, (Verdict(c.label, topic, kind),))


SPHERICAL: Mapping[str, str] = {
    "falls": "interpolation.spherical.falls",
    "rises": "interpolation.spherical.rises",
    "open": "interpolation.spherical.open",
}
"""Change in legibility between the ends from the line to the great circle -> message."""


def claim_spherical(c: Configuration, rests_on: str) -> Claim:
    """Say whether images on the great circle between random latents are more legible than those on the line."""
    gain = measure("spherical_gain", c)
    kind = judge_change(gain)
    values: dict[str, Value] = {
        "label": c.label,
        "line": write_measured("read_inside", c),
        "circle": write_measured("spherical_read_inside", c),
        "gain": write_estimate("spherical_gain", gain),
    }
    verdict = Verdict(c.label, "interpolation.spherical", kind)
    return Claim("interpolation.spherical", SPHERICAL[kind], values, rests_on, (verdict,))
