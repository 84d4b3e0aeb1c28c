"""Claims about VAEs: overfitting, the effect of the latent dimension, the all-linear ablation."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.findings import compare_by, find_basis, find_best
from reportgen.paper.analysis.quantities import is_measured, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Basis, Claim, Verdict
from reportgen.paper.claims.scores import (
    claim_extremes,
    claim_noise,
    claim_pair,
    claim_trend,
    claim_unreadable,
    conclude_ablation,
)
from reportgen.paper.i18n.quantities import write_difference, write_estimate, write_value
from reportgen.paper.i18n.translator import Percent, Several, Value

OVERFIT_SHARE = 0.05
"""A dev loss above the training loss by more than this share of it is called a sign of overfitting.

Of both, what no model could lower is left out.
"""


def claim_gap(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Whether the dev loss ends above the training loss, by the VAE where it does so most."""
    gaps = {c: measure("gap", c).mean for c in sweep}
    shares = {c: gaps[c] / (measure("tail_train_total", c).mean - c.floor("train")) for c in sweep}
    widest = max(sweep, key=lambda c: shares[c])
    share = shares[widest]
    kind = "overfit" if share > OVERFIT_SHARE else "small" if share > 0 else "below"
    return Claim(
        f"vae.gap.{kind}",
        {
            "label": widest.label,
            "gap": write_value("gap", abs(gaps[widest])),
            "share": Percent(abs(share), 2),
            "limit": Percent(OVERFIT_SHARE),
        },
        rests_on,
        "rule",
        (Verdict(widest.label, "overfit", kind),),
    )


def claim_lowest(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Whether the dev loss is lowest at its last record, or has risen since, by the VAE where it has done so most."""
    rises = {c: measure("rise_dev_total", c).mean for c in sweep}
    risen = [c.label for c in sweep if rises[c] > 0]
    most = max(sweep, key=lambda c: rises[c])
    share = rises[most] / measure("dev_total", most).mean
    kind = "before" if risen else "last"
    values: dict[str, Value] = {
        "num": len(sweep),
        "num_risen": len(risen),
        "risen": Several(risen),
        "label": most.label,
        "rise": write_value("rise_dev_total", rises[most]),
        "share": Percent(share, 1),
    }
    facts = tuple(Verdict(c.label, "dev loss has risen", str(c.label in risen)) for c in sweep)
    return Claim(f"vae.lowest_{kind}", values, rests_on, "nothing", facts)


def claim_kept(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """Whose reconstructions still read as the digit that they are of, least and most often."""
    if len(sweep) > 1:
        return claim_extremes("reads_same", sweep, rests_on)
    (only,) = sweep
    share = measure("reads_same", only)
    values: dict[str, Value] = {"label": only.label, "share": write_estimate("reads_same", share)}
    return Claim("vae.kept", values, rests_on, share.over)


def claim_sharpness(sweep: Sequence[Configuration], rests_on: str) -> Claim:
    """How sharp samples are over the latent dimension."""
    return claim_trend("sharpness", sweep, "latent_dim", rests_on)


def claim_effect(sweep: Sequence[Configuration], rests_on: str) -> list[Claim | None]:
    """Losses, FID and legibility over the latent dimension; whether reconstruction and sampling have the same best."""
    quantities = ("dev_reconstruction", "dev_kl", "fid_classifier", "read_share")
    trends = [claim_trend(quantity, sweep, "latent_dim", rests_on) for quantity in quantities]
    return [*trends, _claim_agreement(sweep, rests_on)]


def _claim_agreement(sweep: Sequence[Configuration], rests_on: str) -> Claim | None:
    """``differ`` only where the data tell the two apart both in reconstruction and in FID; None without any FID."""
    if not any(is_measured("fid_classifier", [c]) for c in sweep):
        return None
    reconstructs, samples = find_best(sweep, "dev_reconstruction"), find_best(sweep)
    by_loss = compare_by("dev_reconstruction", reconstructs, samples)
    by_fid = compare_by("fid_classifier", samples, reconstructs)
    kind = "agree" if reconstructs is samples else "differ" if by_loss == by_fid == "lower" else "open"
    values = {"reconstructs": reconstructs.label, "samples": samples.label}
    return Claim(f"vae.effect.{kind}", values, rests_on, _find_basis(reconstructs, samples))


def _find_basis(reconstructs: Configuration, samples: Configuration) -> Basis:
    """What comparisons of two VAEs in reconstruction and in FID rest on."""
    quantities = ("dev_reconstruction", "fid_classifier")
    return find_basis(*(measure(quantity, c) for quantity in quantities for c in (reconstructs, samples)))


def claim_ablation(ablated: Configuration, conv: Configuration, rests_on: str) -> list[Claim]:
    """The all-linear VAE against the convolutional one: losses, sharpness, legibility; what FID says of the change."""
    pair = (ablated, conv)
    return [
        _claim_parts(ablated, conv, rests_on),
        claim_pair("sharpness", pair, rests_on),
        *claim_noise(pair, rests_on),
        claim_pair("read_share", pair, rests_on),
        *claim_unreadable(pair, rests_on),
        *_reconcile(ablated, conv, rests_on),
        conclude_ablation(ablated, conv, rests_on),
    ]


def _claim_parts(ablated: Configuration, conv: Configuration, rests_on: str) -> Claim:
    """How much of the difference in the total loss is reconstruction, and how much KL."""
    names = ("dev_total", "dev_reconstruction", "dev_kl")
    pairs = {name: (measure(name, ablated), measure(name, conv)) for name in names}
    written = {name.removeprefix("dev_"): write_difference(name, *pair) for name, pair in pairs.items()}
    over = find_basis(*(estimate for pair in pairs.values() for estimate in pair))
    return Claim("vae.ablation.parts", {**written, "ablated": ablated.label, "conv": conv.label}, rests_on, over)


def _reconcile(ablated: Configuration, conv: Configuration, rests_on: str) -> list[Claim]:
    """Why one of the two may reconstruct better and yet sample worse, where the values say so."""
    by_loss, by_fid = (compare_by(name, ablated, conv) for name in ("dev_reconstruction", "fid_classifier"))
    if {by_loss, by_fid} != {"lower", "higher"}:
        return []
    reconstructs, samples = (ablated, conv) if by_loss == "lower" else (conv, ablated)
    values = {"reconstructs": reconstructs.label, "samples": samples.label}
    return [Claim("vae.ablation.reconciled", values, rests_on, _find_basis(ablated, conv))]
