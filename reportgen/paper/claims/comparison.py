"""Claims about VAE against GAN."""

from __future__ import annotations

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    compare,
    find_basis,
)
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import (
    Quantity,
    claim_noise,
    claim_pair,
    measure,
    write_estimate,
)
from reportgen.paper.i18n.translator import Value


def claim_comparison(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
    """FID, sharpness, variety and legibility side by side."""
    return [
        claim_pair("fid_classifier", measure((gan, vae), lambda c: c.fid), rests_on),
        _claim_blur(vae, gan, rests_on),
        *claim_noise((vae, gan), rests_on),
        _claim_variety(vae, gan, rests_on),
        claim_pair("read_share", measure((gan, vae), lambda c: c.read_share), rests_on),
    ]


def claim_comparison_brief(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
    """FID, and which of the two is blurry."""
    return [
        claim_pair("fid_classifier", measure((gan, vae), lambda c: c.fid), rests_on),
        _claim_blur(vae, gan, rests_on),
    ]


def _claim_variety(vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Which of the two covers more of the real images; the textbook expects the VAE."""
    recalls = vae.score("recall"), gan.score("recall")
    kind = {"lower": "gan", "higher": "vae"}.get(compare(*recalls), "open")
    values = _name_both("recall", vae, gan, recalls)
    verdict = Verdict("comparison", "covers more", kind)
    return Claim(f"comparison.variety_{kind}", values, rests_on, find_basis(*recalls), (verdict,))


def _claim_blur(vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Which of the two draws the blurrier samples; the textbook expects the VAE."""
    sharpness = vae.sharpness, gan.sharpness
    kind = {"lower": "vae", "higher": "gan"}.get(compare(*sharpness), "open")
    values = _name_both("sharpness", vae, gan, sharpness)
    verdict = Verdict("comparison", "blurrier", kind)
    return Claim(f"comparison.blurrier_{kind}", values, rests_on, find_basis(*sharpness), (verdict,))


def _name_both(
    quantity: Quantity, vae: Configuration, gan: Configuration, estimates: tuple[Estimate, Estimate]
) -> dict[str, Value]:
    values = dict(zip(("vae_value", "gan_value"), (write_estimate(quantity, e) for e in estimates), strict=True))
    return {"vae": vae.label, "gan": gan.label, **values}
