"""Claims about the course of a training: the FID of the samples that it draws, for either model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.trainings import LEVEL_SHARE, judge_progress
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import write_course
from reportgen.paper.i18n.quantities import write_mean
from reportgen.paper.i18n.translator import Message, Percent, Several, Value

PROGRESS: Mapping[tuple[bool, bool], str] = {
    (True, True): "progress.both",
    (True, False): "progress.falling",
    (False, True): "progress.past",
    (False, False): "progress.level",
}
"""True if an FID still falls at the end, and if one was lower before the end -> message."""

ALL = "progress.all"
"""Message where every FID, of several, still falls at the end."""


def claim_progress(configurations: Sequence[Configuration], rests_on: str) -> list[Claim]:
    """Say where the FID of samples still falls at the end of training, and where it was lower before.

    The list is empty if no training has FIDs in both of its last fifths.
    """
    verdicts = {c: verdict for c in configurations if (verdict := judge_progress(c)) != "unknown"}
    if not verdicts:
        return []
    falling = [c for c, verdict in verdicts.items() if verdict == "falling"]
    past = [c for c, verdict in verdicts.items() if verdict == "past"]
    values: dict[str, Value] = {
        "num": len(verdicts),
        "limit": Percent(LEVEL_SHARE),
        "course": write_course(list(verdicts), 3),
        "interval": Several(sorted({c.settings.image_interval for c in verdicts})),
        "falling": Several([c.label for c in falling]),
        "past": Several([_write_past(c) for c in past]),
    }
    facts = tuple(Verdict(c.label, "progress", verdict) for c, verdict in verdicts.items())
    wording = ALL if len(falling) == len(verdicts) > 1 else PROGRESS[bool(falling), bool(past)]
    return [Claim("progress", wording, values, rests_on, facts)]


def _write_past(c: Configuration) -> Message:
    """Write where the FID of samples was lowest, and what it is at the last step."""
    values: dict[str, Value] = {
        "label": c.label,
        "lowest": write_mean("lowest_sample_fid", c),
        "steps": Several(sorted(set(c.lowest_steps("sample_fid")))),
        "last": write_mean("last_sample_fid", c),
    }
    return Message("progress.each", values)
