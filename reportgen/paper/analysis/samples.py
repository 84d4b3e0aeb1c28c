"""Rules by which samples are called noisy, unreadable or crowded."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.findings import compare_by, find_best, find_ties
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration

NOISY = 1.2
"""The sharpness, relative to real images, above which samples are called noisy."""

HIGH_PRECISION, LOW_RECALL = 0.5, 0.1
"""A precision above the one beside a recall below the other is called crowded samples."""


def is_noisy(c: Configuration) -> bool:
    """Return True if samples are sharper than strokes of digits can be; False if there is no value."""
    return measure("sharpness", c).mean > NOISY


def find_varied_rival(scored: Sequence[Configuration]) -> Configuration | None:
    """Return the configuration with the highest recall if it is more varied than that with the lowest FID, else None.

    It is more varied if the other one is shown to have less recall and its own coverage is no lower: outliers widen the
    balls of samples and so raise recall, but not coverage.
    """
    best, rival = find_best(scored), find_best(scored, "recall")
    has_more = best not in find_ties(scored, "recall") and compare_by("coverage", rival, best) != "lower"
    return rival if has_more else None
