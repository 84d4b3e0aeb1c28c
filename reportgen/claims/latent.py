"""Claims about VAE against GAN, fidelity and diversity, interpolation and mode collapse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from reportgen.analysis.findings import (
    COPY_RATIO,
    DigitCounts,
    InterpolationReading,
    compare,
    find_basis,
    judge_memorisation,
    leaves_out_zero,
)
from reportgen.analysis.results import CLASSIFIER, Configuration, Estimate
from reportgen.claims.claim import Claim, Verdict
from reportgen.claims.scores import (
    HIGH_PRECISION,
    LOW_RECALL,
    Named,
    Quantity,
    claim_extremes,
    claim_noise,
    claim_pair,
    is_crowded,
    measure,
    write_estimate,
    write_points,
)
from reportgen.i18n.translator import Message, Number, Percent, PValue, Several, Value

# ---- VAE against GAN ------------------------------------------------------------------------------------------------


def claim_comparison(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
    """FID, sharpness, variety and legibility side by side."""
    return [
        claim_pair("fid_classifier", measure((gan, vae), lambda c: c.fid), rests_on),
        _claim_blur(vae, gan, rests_on),
        *claim_noise((vae, gan), rests_on),
        _claim_variety(vae, gan, rests_on),
        claim_pair("read_share", measure((gan, vae), lambda c: c.read_share), rests_on),
    ]


def claim_comparison_shortly(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
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


# ---- fidelity and diversity -----------------------------------------------------------------------------------------


def claim_fidelity(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Precision and recall: their extremes, and which samples may merely be crowded."""
    precision = measure(scored, lambda c: c.score("precision"))
    recall = measure(scored, lambda c: c.score("recall"))
    claims = [
        claim_extremes("precision", precision, rests_on),
        claim_extremes("recall", recall, rests_on),
    ]
    crowded = [c for c in scored if is_crowded(c)]
    if crowded:
        values: dict[str, Value] = {
            "precision": Number(HIGH_PRECISION, 1),
            "recall": Number(LOW_RECALL, 1),
            "crowded": Several([_write_crowded(c) for c in crowded]),
        }
        claims.append(Claim("scores.crowded", values, rests_on, "rule"))
    return claims


def find_copies(c: Configuration) -> dict[str, Any] | None:
    """The classifier's scores with those of a few real images, repeated; None in measurements that lack them."""
    scores = c.first.find_scores(CLASSIFIER)
    return scores if scores is not None and "copies_fid" in scores else None


def claim_copies(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """How a model without any variety would stand in FID: how many of these it would beat, by value."""
    copies = find_copies(scored[0])
    if copies is None:
        return []
    num_behind = sum(c.fid.mean > copies["copies_fid"] for c in scored)
    values: dict[str, Value] = {
        "num": copies["copies_num"],
        "fid": Number(copies["copies_fid"]),
        "recall": Number(copies["copies_recall"]),
        "num_behind": num_behind,
        "num_all": len(scored),
    }
    return [Claim(f"scores.copies_{'ahead' if num_behind else 'behind'}", values, rests_on, "nothing")]


def _write_crowded(c: Configuration) -> Message:
    values: dict[str, Value] = {
        "label": c.label,
        "coverage": write_estimate("coverage", c.score("coverage")),
        "share": Percent(c.read_share.mean, 1),
    }
    return Message("scores.crowded_one", values)


# ---- interpolation --------------------------------------------------------------------------------------------------


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


# ---- mode collapse --------------------------------------------------------------------------------------------------


def claim_collapse(gan: Configuration, digits: DigitCounts, rests_on: str) -> list[Claim]:
    """The homework's few samples, the verdict of many, the variety of both, and whether samples are copies."""
    absent = [str(digit) for digit in digits.absent_among_counted]
    return [
        Claim(
            f"collapse.counted_{'absent' if absent else 'present'}",
            {"num": digits.num_counted, "absent": Several(absent), "unread": digits.counts[10]},
            rests_on,
            "counts",
            (Verdict(gan.label, "digits among the counted", str(absent)),),
        ),
        _claim_verdict(gan, digits, rests_on),
        Claim(
            "collapse.entropy",
            {
                "entropy": Number(digits.entropy_bits),
                "limit": Number(math.log2(10)),
                "num_all": digits.num_all,
                "num": digits.num_counted,
                "p": PValue(digits.counted_p_value),
            },
            rests_on,
            "chi_square",
        ),
        _claim_memory(gan, rests_on),
    ]


def _claim_verdict(gan: Configuration, digits: DigitCounts, rests_on: str) -> Claim:
    counts = digits.all_counts[:10]
    return Claim(
        f"collapse.{digits.verdict}",
        {
            "label": gan.label,
            "num": digits.num_all,
            "missing": Several([str(digit) for digit in digits.missing]),
            "p": PValue(digits.p_value),
            "most": str(int(np.argmax(counts))),
            "most_num": max(counts),
            "least": str(int(np.argmin(counts))),
            "least_num": min(counts),
        },
        rests_on,
        "chi_square",
        (
            Verdict(gan.label, "collapse", digits.verdict),
            Verdict(gan.label, "missing digits", str(len(digits.missing))),
        ),
    )


def _claim_memory(gan: Configuration, rests_on: str) -> Claim:
    memory = judge_memorisation(gan)
    return Claim(
        f"collapse.memory_{memory.verdict}",
        {
            "label": gan.label,
            "samples": Number(memory.samples),
            "dev": Number(memory.dev),
            "ratio": Number(memory.ratio),
            "limit": Number(COPY_RATIO, 1),
        },
        rests_on,
        "rule",
        (Verdict(gan.label, "memory", memory.verdict),),
    )


def claim_within_classes(gan: Configuration, gans: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """What recall says of the variety that counting digits does not see, beside the other GANs."""
    known = [n for n in measure(gans, lambda c: c.score("recall")) if math.isfinite(n.estimate.mean)]
    if not known:
        return []
    low, high = (pick(known, key=lambda n: n.estimate.mean) for pick in (min, max))
    values: dict[str, Value] = {
        "label": gan.label,
        "recall": write_estimate("recall", gan.score("recall")),
        "num": len(known),
        "low": low.label,
        "low_recall": write_estimate("recall", low.estimate),
        "high": high.label,
        "high_recall": write_estimate("recall", high.estimate),
    }
    kind = "only" if len(known) == 1 else "among"
    return [Claim(f"collapse.within_{kind}", values, rests_on, find_basis(*(n.estimate for n in known)))]


def claim_collapse_shortly(gan: Configuration, digits: DigitCounts, rests_on: str) -> Claim:
    """The verdict in one sentence, for the summary."""
    share = 1 - digits.all_counts[10] / digits.num_all
    return Claim(
        f"summary.collapse.{digits.verdict}",
        {
            "label": gan.label,
            "num": digits.num_all,
            "missing": Several([str(digit) for digit in digits.missing]),
            "share": Percent(share),
        },
        rests_on,
        "chi_square",
        (Verdict(gan.label, "collapse", digits.verdict),),
    )
