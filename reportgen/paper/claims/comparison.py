"""Claims about VAE against GAN."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.paper.analysis.contrasts import Side, find_higher, find_lower
from reportgen.paper.analysis.findings import find_basis
from reportgen.paper.analysis.quantities import choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Basis, Claim, Verdict
from reportgen.paper.claims.scores import claim_noise, claim_pair
from reportgen.paper.i18n.quantities import write_estimate
from reportgen.paper.i18n.translator import Value


def claim_comparison(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
    """Compare a VAE and a GAN by FID, sharpness, noise, variety and legibility."""
    return [
        claim_pair(choose_fid((gan, vae)), (gan, vae), rests_on),
        _claim_blur(vae, gan, rests_on),
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


def _write_both(
    quantity: str, vae: Configuration, gan: Configuration, rests_on: str
) -> tuple[dict[str, Value], str, Basis]:
    """Return the printed values of both models, the table that shows them, and the basis of their comparison."""
    estimates = [measure(quantity, c) for c in (vae, gan)]
    vae_value, gan_value = (write_estimate(quantity, estimate) for estimate in estimates)
    values: dict[str, Value] = {"vae": vae.label, "vae_value": vae_value, "gan": gan.label, "gan_value": gan_value}
    return values, rests_on, find_basis(*estimates)
