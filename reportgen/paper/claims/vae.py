"""Claims about VAEs: overfitting, the effect of the latent dimension, the all-linear ablation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.paper.analysis.findings import compare, find_basis, find_best
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import (
    Named,
    claim_extremes,
    claim_noise,
    claim_pair,
    claim_trend,
    claim_unreadable,
    conclude_ablation,
    measure,
    write_difference,
    write_estimate,
)
from reportgen.paper.i18n.translator import Number, Percent, Several, Value

OVERFIT_SHARE = 0.05
"""A dev loss above the training loss by more than this share of it is called a sign of overfitting.

Of both, what no model could lower is left out.
"""


def compute_gap(c: Configuration) -> float:
    """By how much the dev loss lies above the training loss, both over the same last fifth and above their floors."""
    return (c.tail("dev_total").mean - c.floor("dev")) - (c.tail("train_total").mean - c.floor("train"))


def claim_gap(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Whether the dev loss ends above the training loss, by the VAE where it does so most."""
    gaps = {c: compute_gap(c) for c in sweep}
    shares = {c: gaps[c] / (c.tail("train_total").mean - c.floor("train")) for c in sweep}
    widest = max(sweep, key=lambda c: shares[c])
    share = shares[widest]
    kind = "overfit" if share > OVERFIT_SHARE else "small" if share > 0 else "below"
    return Claim(
        f"vae.gap.{kind}",
        {
            "label": widest.label,
            "gap": Number(abs(gaps[widest]), 1),
            "share": Percent(abs(share), 2),
            "limit": Percent(OVERFIT_SHARE),
        },
        rests_on,
        "rule",
        (Verdict(widest.label, "overfit", kind),),
    )


def claim_lowest(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Whether the dev loss is lowest at its last record, or has risen since, by the VAE where it has done so most."""
    rises = {c: c.rise_since_lowest("dev_total").mean for c in sweep}
    risen = [c.label for c in sweep if rises[c] > 0]
    most = max(sweep, key=lambda c: rises[c])
    kind = "before" if risen else "last"
    values: dict[str, Value] = {
        "num": len(sweep),
        "num_risen": len(risen),
        "risen": Several(risen),
        "label": most.label,
        "rise": Number(rises[most], 1),
        "share": Percent(rises[most] / most.last("dev_total").mean, 1),
    }
    facts = tuple(Verdict(c.label, "dev loss has risen", str(c.label in risen)) for c in sweep)
    return Claim(f"vae.lowest_{kind}", values, rests_on, "nothing", facts)


def claim_kept(shares: Sequence[Named], rests_on: str) -> Claim:
    """Whose reconstructions still read as the digit that they are of, least and most often."""
    if len(shares) > 1:
        return claim_extremes("reads_same", shares, rests_on)
    (only,) = shares
    values: dict[str, Value] = {"label": only.label, "share": write_estimate("reads_same", only.estimate)}
    return Claim("vae.kept", values, rests_on, only.estimate.over)


def claim_sharpness(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """How sharp samples are over the latent dimension."""
    return claim_trend("sharpness", sweep, lambda c: c.sharpness, "latent_dim", rests_on)


def claim_effect(sweep: Sequence[Configuration], rests_on: str) -> list[Claim | None]:
    """Losses, FID and legibility over the latent dimension; whether reconstruction and sampling have the same best."""
    return [
        claim_trend("dev_reconstruction", sweep, lambda c: c.last("dev_reconstruction"), "latent_dim", rests_on),
        claim_trend("dev_kl", sweep, lambda c: c.last("dev_kl"), "latent_dim", rests_on),
        claim_trend("fid_classifier", sweep, lambda c: c.fid, "latent_dim", rests_on),
        claim_trend("read_share", sweep, lambda c: c.read_share, "latent_dim", rests_on),
        _claim_agreement(sweep, rests_on),
    ]


def _claim_agreement(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """``differ`` only where the data tell the two apart both in reconstruction and in FID; None without any FID."""
    if not any(math.isfinite(c.fid.mean) for c in sweep):
        return None
    reconstructs = min(sweep, key=lambda c: c.last("dev_reconstruction").mean)
    samples = find_best(sweep)
    losses = [c.last("dev_reconstruction") for c in (reconstructs, samples)]
    if reconstructs is samples:
        kind = "agree"
    elif compare(*losses) == "lower" and compare(samples.fid, reconstructs.fid) == "lower":
        kind = "differ"
    else:
        kind = "open"
    values = {"reconstructs": reconstructs.label, "samples": samples.label}
    return Claim(f"vae.effect.{kind}", values, rests_on, find_basis(*losses, samples.fid, reconstructs.fid))


def claim_ablation(ablated: Configuration, conv: Configuration, rests_on: str) -> list[Claim]:
    """The all-linear VAE against the convolutional one: losses, sharpness, legibility; what FID says of the change."""
    pair = (ablated, conv)
    return [
        _claim_parts(ablated, conv, rests_on),
        claim_pair("sharpness", measure(pair, lambda c: c.sharpness), rests_on),
        *claim_noise(pair, rests_on),
        claim_pair("read_share", measure(pair, lambda c: c.read_share), rests_on),
        *claim_unreadable(pair, rests_on),
        *_reconcile(ablated, conv, rests_on),
        conclude_ablation(ablated, conv, rests_on),
    ]


def _claim_parts(ablated: Configuration, conv: Configuration, rests_on: str) -> Claim:
    """How much of the difference in the total loss is reconstruction, and how much KL."""
    parts = {
        name: (ablated.last(f"dev_{name}"), conv.last(f"dev_{name}")) for name in ("total", "reconstruction", "kl")
    }
    values: dict[str, Value] = {name: write_difference("dev_total", *pair) for name, pair in parts.items()}
    over = find_basis(*(estimate for pair in parts.values() for estimate in pair))
    return Claim("vae.ablation.parts", {**values, "ablated": ablated.label, "conv": conv.label}, rests_on, over)


def _reconcile(ablated: Configuration, conv: Configuration, rests_on: str) -> list[Claim]:
    """Why one of the two may reconstruct better and yet sample worse, where the values say so."""
    losses = [c.last("dev_reconstruction") for c in (ablated, conv)]
    by_loss, by_fid = compare(*losses), compare(ablated.fid, conv.fid)
    if {by_loss, by_fid} != {"lower", "higher"}:
        return []
    reconstructs, samples = (ablated, conv) if by_loss == "lower" else (conv, ablated)
    values = {"reconstructs": reconstructs.label, "samples": samples.label}
    return [Claim("vae.ablation.reconciled", values, rests_on, find_basis(*losses, ablated.fid, conv.fid))]
