"""Claims about VAE against GAN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.contrasts import Families, Side, find_blurrier, find_higher, find_smaller_sharp
from reportgen.paper.analysis.effects import Outcome, compare, find_change
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import NOISY, is_noisy
from reportgen.paper.analysis.yardsticks import find_rungs
from reportgen.paper.claims.claim import Claim, Fact, Verdict
from reportgen.paper.claims.scores import name_values, relate, write_change
from reportgen.paper.i18n.quantities import name_quantity, write_mean, write_value
from reportgen.paper.i18n.translator import Message, Number, PValue, Value

FAMILIES: Mapping[Side, str] = {
    "vae": "comparison.families.vae",
    "gan": "comparison.families.gan",
}
"""The family of models that is blurrier throughout -> message."""

BLURRIER: Mapping[Side | Literal["unknown"], str] = {
    "vae": "comparison.blurrier.vae",
    "gan": "comparison.blurrier.gan",
    "open": "comparison.blurrier.open",
    "unknown": "comparison.blurrier.unknown",
}
"""The model with the blurrier samples of two -> message."""

LOWER_FID: Mapping[Outcome, str] = {
    "lower": "comparison.fid.gan",
    "higher": "comparison.fid.vae",
    "alike": "comparison.fid.open",
    "open": "comparison.fid.open",
    "equal": "comparison.fid.unknown",
    "single": "comparison.fid.unknown",
    "unknown": "comparison.fid.unknown",
}
"""Comparison of the GAN's FID with the VAE's -> message."""


def answer_comparison(vae: Configuration, gan: Configuration, families: Families | None, rests_on: str) -> Claim:
    """Say whether VAEs or GANs are blurrier, by all of them or else by the two, and which of the two has the lower FID.

    Args:
        families: all VAEs and GANs compared in sharpness.
    """
    blurrier, fid = find_blurrier(vae, gan, families), choose_fid((vae, gan))
    facts: tuple[Fact, ...] = (Verdict("comparison", "blurrier", blurrier), *relate(fid, *name_values(fid, (gan, vae))))
    values: dict[str, Value] = {"blur": _tell_blur(vae, gan, families), "fid": _tell_fid(vae, gan)}
    return Claim("comparison", "comparison.answer", values, rests_on, facts)


def _tell_blur(vae: Configuration, gan: Configuration, families: Families | None) -> Message:
    """Return the clause on sharpness."""
    blurrier = find_blurrier(vae, gan, families)
    if families is not None and families.verdict != "open" and families.p_value is not None:
        return Message(FAMILIES[families.verdict], _write_families(families, families.p_value))
    change = find_change(measure("sharpness", gan), measure("sharpness", vae))
    values = _write_both("sharpness", vae, gan) | write_change("sharpness", change)
    return Message(BLURRIER["unknown" if change is None else blurrier], values)


def _write_families(families: Families, p_value: float) -> dict[str, Value]:
    """Return the printed values of the nearest two models of both families."""
    return {
        "p": PValue(p_value),
        "lower": families.lower.label,
        "lower_value": write_mean("sharpness", families.lower),
        "higher": families.higher.label,
        "higher_value": write_mean("sharpness", families.higher),
    }


def _tell_fid(vae: Configuration, gan: Configuration) -> Message:
    """Return the clause on FID."""
    fid = choose_fid((vae, gan))
    of_gan, of_vae = measure(fid, gan), measure(fid, vae)
    values = _write_both(fid, vae, gan) | write_change(fid, find_change(of_gan, of_vae))
    return Message(LOWER_FID[compare(of_gan, of_vae)], values | {"quantity": name_quantity(fid)})


def _write_both(quantity: str, vae: Configuration, gan: Configuration) -> dict[str, Value]:
    return {
        "vae": vae.label,
        "vae_value": write_mean(quantity, vae),
        "gan": gan.label,
        "gan_value": write_mean(quantity, gan),
    }


def claim_comparison(
    vae: Configuration, gan: Configuration, families: Families | None, gans: Sequence[Configuration], rests_on: str
) -> list[Claim]:
    """Say why the VAE is blurrier, that a sharper GAN may be noisy, and which of the two covers more real images.

    Args:
        gans: all GANs, one of which may be small and sharp.
    """
    blurrier = find_blurrier(vae, gan, families)
    return [
        *([_claim_cause(vae, gans, families, rests_on)] if blurrier == "vae" else []),
        *([_claim_noise(gan, rests_on)] if is_noisy(gan) else []),
        *_claim_variety(vae, gan, blurrier, rests_on),
    ]


def _claim_cause(vae: Configuration, gans: Sequence[Configuration], families: Families | None, rests_on: str) -> Claim:
    """Explain the blur by the objectives, and rule out size where a smaller GAN is sharp."""
    small = find_smaller_sharp(vae, gans, families)
    if small is None:
        return Claim("comparison", "comparison.cause.objective", {}, rests_on)
    values: dict[str, Value] = {
        "small": small.label,
        "small_size": write_mean("drawing_parameters", small),
        "vae": vae.label,
        "vae_size": write_mean("drawing_parameters", vae),
    }
    return Claim("comparison", "comparison.cause.size", values, rests_on)


def _claim_noise(gan: Configuration, rests_on: str) -> Claim:
    """Say that the GAN's samples are sharper than strokes can be."""
    values: dict[str, Value] = {
        "gan": gan.label,
        "sharpness": write_mean("sharpness", gan),
        "limit": Number(NOISY, 1),
    }
    return Claim("comparison", "comparison.noise", values, rests_on, (Verdict(gan.label, "noisy", "yes"),))


VARIETY: Mapping[Side, str] = {
    "vae": "comparison.variety.vae",
    "gan": "comparison.variety.gan",
}
"""The model that covers more of the real images -> message."""


def _claim_variety(vae: Configuration, gan: Configuration, blurrier: Side, rests_on: str) -> list[Claim]:
    """Say which model covers more of the real images, the VAE being expected to; an empty list if it is open.

    Where the VAE is blurrier and covers less, real images that were blurred show what blur does to recall.
    """
    kind = find_higher("recall", vae, gan)
    if kind == "open":
        return []
    values: dict[str, Value] = {"vae": vae.label, "gan": gan.label}
    verdict = Verdict("comparison", "covers more", kind)
    found = find_rungs((vae, gan), "real", "blur")
    if (kind, blurrier) == ("gan", "vae") and found is not None and found[1].recall < found[0].recall:
        real, blur = found
        values |= {"real": write_value("recall", real.recall), "blur": write_value("recall", blur.recall)}
        return [Claim("comparison", "comparison.variety.blur", values, rests_on, (verdict,))]
    return [Claim("comparison", VARIETY[kind], values, rests_on, (verdict,))]
