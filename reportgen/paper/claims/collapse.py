"""Claims about mode collapse and copies of training images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal

import numpy as np

from reportgen.assets import PublishedCounts
from reportgen.paper.analysis.balance import expect_imbalance
from reportgen.paper.analysis.findings import (
    SIGNIFICANCE,
    DigitCounts,
    find_preference,
    judge_memorisation,
    read_sweep,
    simulate_p_value,
)
from reportgen.paper.analysis.measuring import is_measured, measure
from reportgen.paper.analysis.quantities import ALIKE_FACTOR
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.yardsticks import find_rungs, is_below
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import name_values, relate
from reportgen.paper.i18n.quantities import write_estimate, write_measured, write_value
from reportgen.paper.i18n.translator import Message, Number, Percent, PValue, Several, Value

Balance = Literal["missing", "unread", "uneven", "even"]

VERDICT: Mapping[Balance, str] = {
    "missing": "collapse.verdict.missing",
    "unread": "collapse.verdict.unread",
    "uneven": "collapse.verdict.uneven",
    "even": "collapse.verdict.even",
}
"""Verdict on the digits of samples -> message."""


def answer_collapse(gan: Configuration, digits: DigitCounts, rests_on: str) -> Claim:
    """Say whether digits are missing or unevenly frequent among all samples of a GAN."""
    counts = digits.all_counts[:10]
    most, least = int(np.argmax(counts)), int(np.argmin(counts))
    values: dict[str, Value] = {
        "label": gan.label,
        "num": digits.num_all,
        "num_read": sum(counts),
        "missing": Several([str(digit) for digit in digits.missing]),
        "p": PValue(digits.p_value),
        "most": str(most),
        "most_num": counts[most],
        "least": str(least),
        "least_num": counts[least],
        "ratio": Number(counts[most] / max(counts[least], 1), 1),
        "seed": Message("collapse.seed", {"seed": gan.first.spec.seed}) if len(gan.runs) > 1 else "",
    }
    facts = (
        Verdict(gan.label, "collapse", digits.verdict),
        Verdict(gan.label, "missing digits", str(len(digits.missing))),
    )
    return Claim("collapse", VERDICT[_judge_balance(digits)], values, rests_on, facts)


def _judge_balance(digits: DigitCounts) -> Balance:
    """Return the verdict on the digits; ``unread`` if some are missing among so few that chance may leave them out."""
    if digits.verdict == "missing" and not digits.p_value < SIGNIFICANCE:
        return "unread"
    return digits.verdict


MANY_UNREAD = 0.1
"""The share of samples not read from which they are spoken of."""

UNREAD: Mapping[bool, str] = {True: "collapse.unread.missing", False: "collapse.unread.open"}
"""True if the recall of all samples is shown to be below that of real images -> message."""


def claim_unread(gan: Configuration, digits: DigitCounts, rests_on: str) -> Claim | None:
    """Say what is known of the samples that no digit is read in; None if they are few or recall has no yardstick."""
    num_unread = digits.all_counts[10]
    found = find_rungs([gan], "real")
    if num_unread < MANY_UNREAD * digits.num_all or found is None or not is_measured("recall", [gan]):
        return None
    values: dict[str, Value] = {
        "num": num_unread,
        "recall": write_measured("recall", gan),
        "real": write_value("recall", found[0].recall),
    }
    return Claim("collapse.unread", UNREAD[is_below("recall", gan, found[0].recall)], values, rests_on)


def claim_digits(digits: DigitCounts, published: Sequence[PublishedCounts], rests_on: str) -> list[Claim]:
    """Say why digits are uneven, and what the homework's few samples show, here and in published reports."""
    cause = [_claim_cause(digits, rests_on)] if digits.verdict == "uneven" else []
    return [*cause, _claim_counted(digits, published, rests_on)]


def _claim_cause(digits: DigitCounts, rests_on: str) -> Claim:
    """Say whether uneven digits can be due to samples that are not read alone."""
    found = find_preference(digits)
    values: dict[str, Value] = {
        "digit": str(found.digit),
        "share": Percent(found.share, 1),
        "expected": Percent(found.expected, 1),
        "p": PValue(found.p_value),
        "unread": Percent(digits.all_counts[10] / digits.num_all),
    }
    wording = "collapse.cause.preference" if found.is_shown else "collapse.cause.open"
    return Claim("collapse", wording, values, rests_on)


COUNTED: Mapping[Literal["even", "uneven", "unread"], str] = {
    "even": "collapse.counted.even",
    "uneven": "collapse.counted.uneven",
    "unread": "collapse.counted.unread",
}
"""Verdict on the digits of the homework's few samples -> message."""


def _claim_counted(digits: DigitCounts, published: Sequence[PublishedCounts], rests_on: str) -> Claim:
    """Say whether the homework's few samples are shown to be uneven, here and in published reports."""
    p_value = digits.counted_p_value
    missing = [str(digit) for digit in range(10) if not digits.counts[digit]]
    kind: Literal["even", "uneven"] = "uneven" if p_value < SIGNIFICANCE else "even"
    values: dict[str, Value] = {
        "num": digits.num_counted,
        "num_read": sum(digits.counts[:10]),
        "missing": Message("collapse.counted.missing", {"missing": Several(missing)}) if missing else "",
        "p": PValue(p_value),
        "published": _tell_published(digits, published),
    }
    return Claim("collapse", COUNTED["unread" if p_value != p_value else kind], values, rests_on)


def _tell_published(digits: DigitCounts, published: Sequence[PublishedCounts]) -> Value:
    """Return the clause that names the published reports whose counts are uneven; an empty text without any report."""
    if not published:
        return ""
    uneven = [row for row in published if find_published_p_value(digits, row) < SIGNIFICANCE]
    if not uneven:
        return Message("collapse.published.none")
    several = Several([row.report for row in uneven])
    return Message("collapse.published.some", {"reports": several})


def find_published_p_value(digits: DigitCounts, row: PublishedCounts) -> float:
    """Return the p value of published counts against the shares of the training classes."""
    return simulate_p_value(np.array(row.counts[:10]), np.array(digits.class_shares))


def claim_width(sweep: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Say how the balance of digits changes with hidden_dim; an empty list unless it is shown to move one way.

    Args:
        sweep: GANs in ascending order of hidden_dim.
    """
    known = [c for c in sweep if is_measured("class_imbalance", [c])]
    found = read_sweep("class_imbalance", known, "hidden_dim")
    if found is None or len(set(found.positions)) < len(found.positions) or found.trend not in WIDTH:
        return []
    values: dict[str, Value] = {
        "first": write_estimate("class_imbalance", found.estimates[0]),
        "first_at": found.positions[0],
        "last": write_estimate("class_imbalance", found.estimates[-1]),
        "last_at": found.positions[-1],
        "chance_first": write_value("class_imbalance", _expect_imbalance(known[0])),
        "chance_last": write_value("class_imbalance", _expect_imbalance(known[-1])),
    }
    named = name_values("class_imbalance", known)
    return [Claim("collapse", WIDTH[found.trend], values, rests_on, relate("class_imbalance", named[0], named[-1]))]


def _expect_imbalance(gan: Configuration) -> float:
    """Return the imbalance that chance alone causes among as many images as are read of each seed."""
    read = [sum(run.evaluation.digits.all_counts[:10]) for run in gan.runs]
    return fmean(expect_imbalance(num, gan.class_counts) for num in read)


WIDTH: Mapping[str, str] = {
    "falling": "collapse.width.falls",
    "falling_overall": "collapse.width.falls",
    "rising": "collapse.width.rises",
    "rising_overall": "collapse.width.rises",
}
"""Trend of the imbalance of digits over hidden_dim -> message."""


WITHIN: Mapping[Literal["less", "alike", "open", "unknown"], str] = {
    "less": "collapse.within.less",
    "alike": "collapse.within.alike",
    "open": "collapse.within.open",
    "unknown": "collapse.within.unknown",
}
"""Variety of samples within a digit against that of real images -> message."""


def claim_within(gan: Configuration, rests_on: str) -> Claim:
    """Say how varied samples are within a digit, and whether more of them than of dev images are copies."""
    memory, variety = judge_memorisation(gan), measure("variety", gan)
    kind: Literal["less", "alike", "open", "unknown"] = "unknown"
    if variety.level is not None:
        low, high = variety.level.interval
        kind = "less" if round(high, 2) < 1 else "alike" if low > 1 / ALIKE_FACTOR and high < ALIKE_FACTOR else "open"
    copies: dict[str, Value] = {
        "num": memory.num,
        "samples": write_value("copies", memory.samples.mean),
        "dev": write_value("copies", memory.dev.mean),
    }
    values: dict[str, Value] = {
        "label": gan.label,
        "variety": write_measured("variety", gan),
        "copies": Message(MEMORY[memory.verdict] if memory.samples.mean else "collapse.memory.none", copies),
    }
    return Claim("collapse", WITHIN[kind], values, rests_on, (Verdict(gan.label, "memory", memory.verdict),))


MEMORY: Mapping[str, str] = {
    "copies": "collapse.memory.copies",
    "new": "collapse.memory.new",
}
"""Verdict on copies -> message."""
