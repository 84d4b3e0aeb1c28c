"""Claims about VAE against GAN."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.paper.analysis.contrasts import Families, Side, find_higher, find_lower
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import claim_noise, claim_pair, write_change
from reportgen.paper.i18n.quantities import write_estimate
from reportgen.paper.i18n.translator import PValue, Value


def claim_comparison(vae: Configuration, gan: Configuration, families: Families | None, rests_on: str) -> list[Claim]:
    """Compare a VAE and a GAN by FID, sharpness, noise, variety and legibility, and all VAEs and GANs by sharpness."""
    return [
        claim_pair(choose_fid((gan, vae)), (gan, vae), rests_on),
        _claim_blur(vae, gan, rests_on),
        *_claim_families(families, rests_on),
        *claim_noise((vae, gan), rests_on),
        _claim_variety(vae, gan, rests_on),
        claim_pair("read_share", (gan, vae), rests_on),
    ]


def claim_comparison_brief(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
    """Compare a VAE and a GAN by FID and sharpness, for the summary."""
    return [
        claim_pair(choose_fid((gan, vae)), (gan, vae), rests_on),
        _claim_blur(vae, gan, rests_on),
    ]


FAMILIES: Mapping[Side, str] = {
    "vae": "comparison.families.vae",
    "gan": "comparison.families.gan",
    "open": "comparison.families.open",
}
"""The family of models that is blurrier throughout -> message."""


def _claim_families(families: Families | None, rests_on: str) -> list[Claim]:
    """Say whether all models of one family are blurrier than all of the other; an empty list without two families."""
    if families is None or families.p_value is None:
        return []
    values: dict[str, Value] = {
        "p": PValue(families.p_value),
        "lower": families.lower.label,
        "higher": families.higher.label,
        **write_change("sharpness", families.gap),
    }
    verdict = Verdict("families", "blurrier", families.verdict)
    return [Claim("comparison", FAMILIES[families.verdict], values, rests_on, (verdict,))]


VARIETY: Mapping[Side, str] = {
    "vae": "comparison.variety.vae",
    "gan": "comparison.variety.gan",
    "open": "comparison.variety.open",
}
"""The model that covers more of the real images -> message."""


def _claim_variety(vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Say which model covers more of the real images; textbooks expect the VAE."""
    kind = find_higher("recall", vae, gan)
    verdict = Verdict("comparison", "covers more", kind)
    return Claim("comparison", VARIETY[kind], *_write_both("recall", vae, gan, rests_on), (verdict,))


BLURRIER: Mapping[Side, str] = {
    "vae": "comparison.blurrier.vae",
    "gan": "comparison.blurrier.gan",
    "open": "comparison.blurrier.open",
}
"""The model with the blurrier samples -> message."""


def _claim_blur(vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Say which model has the blurrier samples; textbooks expect the VAE."""
    kind = find_lower("sharpness", vae, gan)
    verdict = Verdict("comparison", "blurrier", kind)
    return Claim("comparison", BLURRIER[kind], *_write_both("sharpness", vae, gan, rests_on), (verdict,))


def _write_both(quantity: str, vae: Configuration, gan: Configuration, rests_on: str) -> tuple[dict[str, Value], str]:
    """Return the printed values of both models, and the table that shows them."""
    estimates = [measure(quantity, c) for c in (vae, gan)]
    vae_value, gan_value = (write_estimate(quantity, estimate) for estimate in estimates)
    values: dict[str, Value] = {"vae": vae.label, "vae_value": vae_value, "gan": gan.label, "gan_value": gan_value}
    return values, rests_on
