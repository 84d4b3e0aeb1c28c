"""The ladder of real images in place of samples, as the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.quantities import SCORES
from reportgen.paper.analysis.results import CLASSIFIER, Configuration
from reportgen.store.records import Rung, Scores, Yardstick

SCORE_FIELDS = ("fid", *(quantity.name for quantity in SCORES))

ROWS: tuple[tuple[Rung, str], ...] = (
    ("real", "row.real"),
    ("dev", "row.dev"),
    ("many_copies", "row.many_copies"),
    ("few_copies", "row.copies"),
    ("no_digit", "row.no_digit"),
    ("shift", "row.shift"),
    ("thick", "row.thick"),
    ("speckle", "row.speckle"),
    ("blur", "row.blur"),
)
"""Rungs in the order of the table, each with the message that names it."""


@dataclass(frozen=True)
class YardstickRow:
    """A row of the ladder: the message that names it, the values that it prints, and its scores by their fields."""

    message: str
    values: Mapping[str, int]
    scores: Mapping[str, float]


def find_ladder(configurations: Sequence[Configuration]) -> Scores | None:
    """Return the classifier's scores of the first of these runs that has the ladder; None if none has."""
    runs = (run for c in configurations for run in c.runs)
    found = (scores for run in runs if (scores := run.find_scores(CLASSIFIER)) is not None and scores.yardsticks)
    return next(found, None)


def find_rungs(configurations: Sequence[Configuration], *rungs: Rung) -> list[Yardstick] | None:
    """Return some rungs of the ladder of these configurations; None if one of them was not measured."""
    ladder = find_ladder(configurations)
    if ladder is None:
        return None
    known = [found for rung in rungs if (found := ladder.find_yardstick(rung)) is not None]
    return known if len(known) == len(rungs) else None


def is_above(quantity: str, c: Configuration, value: float) -> bool:
    """Return True if a configuration's value is shown to be above a yardstick's: by its interval over seeds."""
    level = measure(quantity, c).level
    return level is not None and level.interval[0] > value


def is_below(quantity: str, c: Configuration, value: float) -> bool:
    """Return True if a configuration's value is shown to be below a yardstick's: by its interval over seeds."""
    level = measure(quantity, c).level
    return level is not None and level.interval[1] < value


def list_yardsticks(scores: Scores) -> list[YardstickRow]:
    """Return a detector's ladder; of a missing digit the row with the highest FID, and the mean over all digits."""
    rows = []
    for rung, message in ROWS:
        found = scores.find_yardstick(rung)
        if found is not None:
            values = {"num": found.num} if found.missing_digit is None else {"digit": found.missing_digit}
            rows.append(YardstickRow(message, values, _take(found)))
        if rung == "no_digit" and found is not None:
            rows.append(YardstickRow("row.no_digit.mean", {}, _average(scores.yardsticks)))
    return rows


def _take(yardstick: Yardstick) -> dict[str, float]:
    return {name: getattr(yardstick, name) for name in SCORE_FIELDS}


def _average(yardsticks: Sequence[Yardstick]) -> dict[str, float]:
    rows = [_take(yardstick) for yardstick in yardsticks if yardstick.rung == "no_digit"]
    return {name: fmean(row[name] for row in rows) for name in SCORE_FIELDS}
