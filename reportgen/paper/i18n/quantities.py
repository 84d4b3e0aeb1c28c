"""Names and printed values of quantities, with the unit and decimals that the table of quantities sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.effects import Effect
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.quantities import QUANTITIES, Quantity
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.i18n.translator import Between, Interval, Message, Number, Percent


def name_quantity(name: str) -> Message:
    """Return the message with the name of a quantity as used in sentences."""
    return Message(f"quantity.{name}")


def write_value(name: str, value: float, *, less: int = 0) -> Number | Percent:
    """Return a value of a quantity, without an interval, in that quantity's unit and decimals.

    Args:
        less: decimals to drop from the usual number, where a rough value is enough.
    """
    quantity = QUANTITIES[name]
    return _write(quantity, value, quantity.decimals - less)


def _write(quantity: Quantity, value: float, decimals: int) -> Number | Percent:
    if quantity.unit == "share":
        return Percent(value, decimals)
    return Number(100 * value if quantity.unit == "points" else value, decimals)


def write_bare(name: str, estimate: Estimate) -> Interval | Between:
    """Return an estimate with its interval for a table cell; the unit belongs in the header.

    An interval that is not symmetric, as on the logarithmic scale or at the end of the range, is printed by its ends.
    """
    value = write_value(name, estimate.mean)
    if estimate.interval is None:
        return Interval(value, None)
    low, high = estimate.interval
    if math.isclose(high - estimate.mean, estimate.mean - low, rel_tol=1e-6, abs_tol=1e-9):
        return Interval(value, write_value(name, (high - low) / 2))
    return Between(value, write_value(name, low), write_value(name, high))


def write_estimate(name: str, estimate: Estimate) -> Interval | Between | Message:
    """Return an estimate with its interval for a sentence, percentage points spelled out."""
    bare = write_bare(name, estimate)
    return Message("value.points", {"value": bare}) if QUANTITIES[name].unit == "points" else bare


def write_measured(name: str, configuration: Configuration) -> Interval | Between | Message:
    """Return a configuration's measured value of a quantity with its interval, for a sentence."""
    return write_estimate(name, measure(name, configuration))


def write_mean(name: str, configuration: Configuration) -> Number | Percent:
    """Return a configuration's measured value of a quantity without its interval."""
    return write_value(name, measure(name, configuration).mean)


def write_span(name: str, configurations: Sequence[Configuration]) -> Number | Percent | Message:
    """Return the lowest and the highest value of a quantity without intervals, or the one that all print alike."""
    means = [mean for c in configurations if math.isfinite(mean := measure(name, c).mean)] or [math.nan]
    low, high = write_value(name, min(means)), write_value(name, max(means))
    if round(max(means) - min(means), QUANTITIES[name].decimals + 2 * QUANTITIES[name].is_share) == 0:
        return low
    return Message("value.span", {"low": low, "high": high})


Kind = Literal["ratio", "difference", "points"]
"""The way in which two values of a quantity are compared in print."""

EFFECT: Mapping[Kind, str] = {
    "ratio": "effect.ratio",
    "difference": "effect.difference",
    "points": "effect.points",
}
"""Kind -> message with an effect and its interval."""

BOUND: Mapping[Kind, str] = {
    "ratio": "bound.ratio",
    "difference": "bound.difference",
    "points": "bound.points",
}
"""Kind -> message with the largest effect that an interval allows."""


def write_effect(name: str, effect: Effect) -> Message:
    """Return a ratio or a difference with its interval, for a sentence; shares differ in percentage points."""
    kind, (value, low, high) = _read_effect(name, effect)
    return Message(EFFECT[kind], {"value": value, "low": low, "high": high})


def write_bare_effect(name: str, effect: Effect) -> Message:
    """Return a ratio (with a sign of multiplication) or a difference (with its sign) and its interval, for a table."""
    kind, (value, low, high) = _read_effect(name, effect)
    wording = "change.ratio" if kind == "ratio" else "change.rise" if effect.contrast.value > 0 else "change.fall"
    return Message(wording, {"value": value, "low": low, "high": high})


def _read_effect(name: str, effect: Effect) -> tuple[Kind, Sequence[Number | Percent]]:
    """Return how an effect is printed, with its value and the ends of its interval.

    Losses differ in nats, whichever their scale: a ratio of what lies above their floor cannot be checked by hand.
    """
    if QUANTITIES[name].unit == "nats":
        return "difference", [write_value(name, number) for number in effect.differences]
    return _name_kind(name), [_write_effect(name, effect, number) for number in (effect.value, *effect.interval)]


def write_bound(name: str, effect: Effect) -> Message:
    """Return the largest factor or difference either way that the data allow, for a sentence."""
    return Message(BOUND[_name_kind(name)], {"value": _write_effect(name, effect, effect.bound)})


def _name_kind(name: str) -> Kind:
    quantity = QUANTITIES[name]
    if quantity.scale == "log":
        return "ratio"
    return "points" if quantity.unit in ("share", "points") else "difference"


def _write_effect(name: str, effect: Effect, value: float) -> Number:
    """Return a ratio with three digits or so, or a difference in the quantity's own decimals."""
    if effect.scale == "log":
        return Number(value, 2 if value < 10 else 1 if value < 100 else 0)
    return Number(100 * value if _name_kind(name) == "points" else value, QUANTITIES[name].decimals)


def write_least(name: str, least: float) -> Number | Percent | Message:
    """Return the smallest effect that can be shown, given on the quantity's scale, for a table."""
    if QUANTITIES[name].scale == "log":
        return Message("effect.least", {"value": Number(math.exp(least))})
    return write_value(name, least)
