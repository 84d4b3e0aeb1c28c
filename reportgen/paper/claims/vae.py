"""Claims about VAEs: overfitting, the effect of the latent dimension, the all-linear ablation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.paper.analysis.contrasts import find_reconciled
from reportgen.paper.analysis.dimensions import judge_best_vaes
from reportgen.paper.analysis.latent import judge_units
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.trainings import OVERFIT_SHARE, judge_gap, judge_rise
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import (
    claim_extremes,
    claim_noise,
    claim_pair,
    claim_trend,
    claim_unreadable,
    conclude_ablation,
)
from reportgen.paper.i18n.quantities import write_estimate, write_value
from reportgen.paper.i18n.translator import Percent, Several, Value

GAP: Mapping[str, str] = {
    "overfit": "vae_curves.gap.overfit",
    "small": "vae_curves.gap.small",
    "below": "vae_curves.gap.below",
}
"""Verdict on the gap between dev and training loss -> message."""


def claim_gap(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say whether dev losses end above training losses, by the VAE with the largest relative gap."""
    gap = judge_gap(sweep)
    values: dict[str, Value] = {
        "label": gap.widest.label,
        "gap": write_value("gap", abs(gap.nats)),
        "share": Percent(abs(gap.share), 2),
        "limit": Percent(OVERFIT_SHARE),
    }
    verdict = Verdict(gap.widest.label, "overfit", gap.verdict)
    return Claim("vae_curves.gap", GAP[gap.verdict], values, rests_on, (verdict,))


def claim_lowest(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say which VAEs' dev loss has risen since its lowest value, and where it rose most."""
    rise = judge_rise(sweep)
    risen = [c.label for c in rise.risen]
    values: dict[str, Value] = {
        "num": len(sweep),
        "num_risen": len(risen),
        "risen": Several(risen),
        "label": rise.most.label,
        "rise": write_value("rise_dev_total", rise.nats),
        "share": Percent(rise.share, 1),
    }
    facts = tuple(Verdict(c.label, "dev loss has risen", str(c in rise.risen)) for c in sweep)
    wording = "vae_curves.lowest.before" if risen else "vae_curves.lowest.last"
    return Claim("vae_curves.lowest", wording, values, rests_on, facts)


def claim_reconstruction(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Name the VAEs whose reconstructions least and most often read as the digit of their image."""
    if len(sweep) > 1:
        return claim_extremes("reads_same", sweep, rests_on)
    (only,) = sweep
    share = measure("reads_same", only)
    values: dict[str, Value] = {"label": only.label, "share": write_estimate("reads_same", share)}
    return Claim("vae_images.reads_same", "vae_images.reads_same", values, rests_on)


UNITS: Mapping[str, str] = {
    "all": "vae_space.units.all",
    "some": "vae_space.units.some",
}
"""Use of the latent dimensions -> message."""


def claim_units(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Say how many of its dimensions the VAE with the most of them uses."""
    use = judge_units(sweep)
    units = measure("active_units", use.vae)
    values: dict[str, Value] = {
        "label": use.vae.label,
        "dim": use.vae.settings.latent_dim,
        "units": write_estimate("active_units", units),
    }
    verdict = Verdict(use.vae.label, "active units", use.verdict)
    return Claim("vae_space.units", UNITS[use.verdict], values, rests_on, (verdict,))


def claim_sharpness(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Describe the trend of the sharpness of samples over the latent dimension."""
    return claim_trend("sharpness", sweep, "latent_dim", rests_on)


def claim_effect(sweep: Sequence[Configuration], rests_on: str) -> list[Claim | None]:
    """Describe the trends of losses, FID and legibility over the latent dimension.

    The last item says whether the VAE that reconstructs best also samples best; None if no VAE has a FID.
    """
    quantities = ("dev_reconstruction", "dev_kl", choose_fid(sweep), "read_share")
    trends = [claim_trend(quantity, sweep, "latent_dim", rests_on) for quantity in quantities]
    return [*trends, _claim_agreement(sweep, rests_on)]


BEST_VAE: Mapping[str, str] = {
    "agree": "vae_effect.best.agree",
    "differ": "vae_effect.best.differ",
    "open": "vae_effect.best.open",
}
"""Agreement of the best VAEs by reconstruction and by FID -> message."""


def _claim_agreement(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say whether the VAE that reconstructs best also samples best; None if no VAE has a FID."""
    best = judge_best_vaes(sweep)
    if best is None:
        return None
    values = {"reconstructs": best.reconstructs.label, "samples": best.samples.label}
    return Claim(
        "vae_effect.best",
        BEST_VAE[best.verdict],
        values,
        rests_on,
    )


def claim_ablation(ablated: Configuration, conv: Configuration, rests_on: str) -> list[Claim]:
    """Compare the all-linear VAE with the convolutional one by losses, sharpness, legibility and FID."""
    pair = (ablated, conv)
    return [
        _claim_parts(ablated, conv, rests_on),
        claim_pair("sharpness", pair, rests_on),
        *claim_noise(pair, rests_on),
        claim_pair("read_share", pair, rests_on),
        *claim_unreadable(pair, rests_on),
        *_claim_reconciled(ablated, conv, rests_on),
        claim_pair("prior_distance", pair, rests_on),
        conclude_ablation(ablated, conv, rests_on),
    ]


def _claim_parts(ablated: Configuration, conv: Configuration, rests_on: str) -> Claim:
    """Say how much of the difference in total loss is due to reconstruction and how much to KL."""
    names = ("dev_total", "dev_reconstruction", "dev_kl")
    parts = {n.removeprefix("dev_"): measure(n, ablated).mean - measure(n, conv).mean for n in names}
    written: dict[str, Value] = {name: write_value(f"dev_{name}", nats) for name, nats in parts.items()}
    values = {**written, "ablated": ablated.label, "conv": conv.label}
    return Claim("vae_ablation", "vae_ablation.parts", values, rests_on)


def _claim_reconciled(ablated: Configuration, conv: Configuration, rests_on: str) -> list[Claim]:
    """Explain how one VAE can reconstruct better and yet sample worse.

    The list is empty unless the data show such a difference.
    """
    reconciled = find_reconciled(ablated, conv)
    if reconciled is None:
        return []
    reconstructs, samples = reconciled
    values = {"reconstructs": reconstructs.label, "samples": samples.label}
    return [Claim("vae_ablation", "vae_ablation.reconciled", values, rests_on)]
