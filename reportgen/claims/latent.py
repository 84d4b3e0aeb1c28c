"""Claims about VAE against GAN, fidelity and diversity, interpolation and mode collapse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from reportgen.analysis.findings import (
    COPY_RATIO,
    DigitCounts,
    InterpolationReading,
    compare,
    find_over,
    judge_memorisation,
)
from reportgen.analysis.results import Configuration, Estimate
from reportgen.claims.claim import Claim, Verdict
from reportgen.claims.scores import Named, claim_extremes, claim_noise, claim_pair, measure, write_estimate
from reportgen.i18n.translator import Number, Percent, PValue, Several, Value

CROWDED = 0.1
"""A recall below this, beside the highest precision, is called crowded samples."""


# ---- VAE against GAN ------------------------------------------------------------------------------------------------


def claim_comparison(vae: Configuration, gan: Configuration, rests_on: str) -> list[Claim]:
    """FID, sharpness and legibility side by side."""
    claims = [
        claim_pair("fid_classifier", measure((gan, vae), lambda c: c.fid), rests_on),
        claim_pair("sharpness", measure((vae, gan), lambda c: c.sharpness), rests_on),
        _claim_blur(vae, gan, rests_on),
        *claim_noise((vae, gan), rests_on),
    ]
    recall = claim_pair("recall", measure((gan, vae), lambda c: c.score("recall")), rests_on)
    return [*claims, recall, claim_pair("read_share", measure((gan, vae), lambda c: c.read_share), rests_on)]


def _claim_blur(vae: Configuration, gan: Configuration, rests_on: str) -> Claim:
    """Which of the two draws the blurrier samples; the textbook expects the VAE."""
    comparison = compare(vae.sharpness, gan.sharpness)
    kind = {"lower": "vae", "higher": "gan"}.get(comparison, "open")
    values: dict[str, Value] = {"vae": vae.label, "gan": gan.label}
    verdict = Verdict("comparison", "blurrier", kind)
    return Claim(f"comparison.blurrier_{kind}", values, rests_on, find_over(vae.sharpness, gan.sharpness), (verdict,))


# ---- fidelity and diversity -----------------------------------------------------------------------------------------


def claim_fidelity(scored: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Precision and recall: their extremes, and whether one model leads in both."""
    precision = measure(scored, lambda c: c.score("precision"))
    recall = measure(scored, lambda c: c.score("recall"))
    most_precise = max(precision, key=lambda n: n.estimate.mean).label
    most_varied = max(recall, key=lambda n: n.estimate.mean).label
    kind = "same" if most_precise == most_varied else "differ"
    values: dict[str, Value] = {"precise": most_precise, "varied": most_varied}
    claims = [
        claim_extremes("precision", precision, rests_on),
        claim_extremes("recall", recall, rests_on),
        Claim(f"scores.{kind}", values, rests_on, "nothing"),
    ]
    its_recall = next(n.estimate for n in recall if n.label == most_precise)
    if its_recall.mean < CROWDED:
        shown: dict[str, Value] = {"precise": most_precise, "recall": write_estimate("recall", its_recall)}
        claims.append(Claim("scores.crowded", shown, rests_on, "rule"))
    return claims


# ---- interpolation --------------------------------------------------------------------------------------------------


def claim_interpolation(
    gan: tuple[Configuration, InterpolationReading], vae: tuple[Configuration, InterpolationReading], rests_on: str
) -> list[Claim]:
    """Whose images between random ends are read more, whose run straighter, and what that says of the latent spaces."""
    (gan_c, gan_r), (vae_c, vae_r) = gan, vae
    read = compare(vae_r.read_inside, gan_r.read_inside)
    kind = {"lower": "gan", "higher": "vae"}.get(read, "open")
    values: dict[str, Value] = {"gan": gan_c.label, "vae": vae_c.label, "num": gan_r.num_pairs}
    over = find_over(vae_r.read_inside, gan_r.read_inside)
    return [
        claim_pair("read_inside", [Named(c.label, r.read_inside) for c, r in (gan, vae)], rests_on),
        claim_pair("detour", [Named(c.label, r.detour) for c, r in (gan, vae)], rests_on),
        claim_pair("largest_step", [Named(c.label, r.largest_step) for c, r in (gan, vae)], rests_on),
        Claim(f"interpolation.better_{kind}", values, rests_on, over, (Verdict("interpolation", "fewer gaps", kind),)),
    ]


def claim_along(c: Configuration, reading: InterpolationReading, rests_on: str) -> list[Claim]:
    """Whether images between random ends are read less often than those at the ends, and those beyond them."""
    return [
        _claim_part("between", c, reading.read_ends, reading.read_inside, rests_on),
        _claim_part("extrapolation", c, reading.read_inside, reading.read_outside, rests_on),
    ]


def _claim_part(
    family: Literal["between", "extrapolation"], c: Configuration, usual: Estimate, part: Estimate, rests_on: str
) -> Claim:
    kind = {"lower": "falls", "higher": "rises"}.get(compare(part, usual), "open")
    return Claim(
        f"{family}.{kind}",
        {"label": c.label, "usual": write_estimate("read_inside", usual), "part": write_estimate("read_inside", part)},
        rests_on,
        find_over(part, usual),
        (Verdict(c.label, family, kind),),
    )


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
