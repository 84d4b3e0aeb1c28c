"""Claims about mode collapse and copies of training images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.paper.analysis.findings import DigitCounts, judge_memorisation
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import name_values
from reportgen.paper.i18n.quantities import write_estimate, write_measured
from reportgen.paper.i18n.translator import Number, Percent, PValue, Several, Value


def claim_collapse(gan: Configuration, digits: DigitCounts, rests_on: str) -> list[Claim]:
    """Return the claims about a GAN's variety of digits.

    They are about the few samples that the homework counts, the verdict on all samples, the entropy of their digits,
    and possible copies of training images.
    """
    absent = [str(digit) for digit in digits.absent_among_counted]
    return [
        Claim(
            "collapse",
            "collapse.counted.absent" if absent else "collapse.counted.present",
            {"num": digits.num_counted, "absent": Several(absent), "unread": digits.counts[10]},
            rests_on,
            (Verdict(gan.label, "digits among the counted", str(absent)),),
        ),
        _claim_verdict(gan, digits, rests_on),
        Claim(
            "collapse",
            "collapse.entropy",
            {
                "entropy": Number(digits.entropy_bits),
                "limit": Number(math.log2(10)),
                "num_all": digits.num_all,
                "num": digits.num_counted,
                "p": PValue(digits.counted_p_value),
            },
            rests_on,
        ),
        _claim_memory(gan, rests_on),
    ]


VERDICT: Mapping[str, str] = {
    "missing": "collapse.verdict.missing",
    "uneven": "collapse.verdict.uneven",
    "even": "collapse.verdict.even",
}
"""Verdict on the digits of samples -> message."""


def _claim_verdict(gan: Configuration, digits: DigitCounts, rests_on: str) -> Claim:
    """Say whether digits are missing or unevenly frequent among all samples."""
    counts = digits.all_counts[:10]
    return Claim(
        "collapse",
        VERDICT[digits.verdict],
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
        (
            Verdict(gan.label, "collapse", digits.verdict),
            Verdict(gan.label, "missing digits", str(len(digits.missing))),
        ),
    )


MEMORY: Mapping[str, str] = {
    "copies": "collapse.memory.copies",
    "new": "collapse.memory.new",
}
"""Verdict on copies -> message."""


def _claim_memory(gan: Configuration, rests_on: str) -> Claim:
    """Say whether more samples than dev images are copies of training images."""
    memory = judge_memorisation(gan)
    values: dict[str, Value] = {
        "label": gan.label,
        "num": memory.num,
        "samples": write_estimate("copies", memory.samples),
        "dev": write_estimate("copies", memory.dev),
    }
    verdict = Verdict(gan.label, "memory", memory.verdict)
    return Claim("collapse", MEMORY[memory.verdict], values, rests_on, (verdict,))


def claim_within_classes(gan: Configuration, gans: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Say by recall how varied samples are within digits, beside the other GANs.

    Counting digits cannot show this. The list is empty if no GAN has a recall.
    """
    known = [n for n in name_values("recall", gans) if math.isfinite(n.estimate.mean)]
    if not known:
        return []
    low, high = (pick(known, key=lambda n: n.estimate.mean) for pick in (min, max))
    values: dict[str, Value] = {
        "label": gan.label,
        "recall": write_measured("recall", gan),
        "num": len(known),
        "low": low.label,
        "low_recall": write_estimate("recall", low.estimate),
        "high": high.label,
        "high_recall": write_estimate("recall", high.estimate),
    }
    wording = "collapse.within.only" if len(known) == 1 else "collapse.within.among"
    return [Claim("collapse", wording, values, rests_on)]


BRIEF: Mapping[str, str] = {
    "missing": "summary.collapse.missing",
    "uneven": "summary.collapse.uneven",
    "even": "summary.collapse.even",
}
"""Verdict on the digits of samples -> message of the summary."""


def claim_collapse_brief(gan: Configuration, digits: DigitCounts, rests_on: str) -> Claim:
    """Return the verdict on a GAN's variety of digits in one sentence, for the summary."""
    share = 1 - digits.all_counts[10] / digits.num_all
    return Claim(
        "collapse",
        BRIEF[digits.verdict],
        {
            "label": gan.label,
            "num": digits.num_all,
            "missing": Several([str(digit) for digit in digits.missing]),
            "share": Percent(share),
        },
        rests_on,
        (Verdict(gan.label, "collapse", digits.verdict),),
    )
