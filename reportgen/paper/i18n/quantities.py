"""Names and printed values of quantities, with the unit and decimals that the table of quantities sets."""

from __future__ import annotations

from reportgen.paper.analysis.estimates import NO_RULE, Estimate
from reportgen.paper.analysis.findings import estimate_difference
from reportgen.paper.analysis.quantities import QUANTITIES, Quantity, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.i18n.translator import Interval, Message, Number, Percent, Value


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


def write_bare(name: str, estimate: Estimate) -> Interval:
    """Return an estimate with its interval for a table cell; the unit belongs in the header."""
    half = None if estimate.half_width is None else write_value(name, estimate.half_width)
    return Interval(write_value(name, estimate.mean), half)


def write_estimate(name: str, estimate: Estimate) -> Interval | Message:
    """Return an estimate with its interval for a sentence, percentage points spelled out."""
    bare = write_bare(name, estimate)
    return Message("value.points", {"value": bare}) if QUANTITIES[name].unit == "points" else bare


def write_measured(name: str, configuration: Configuration) -> Interval | Message:
    """Return a configuration's measured value of a quantity with its interval, for a sentence."""
    return write_estimate(name, measure(name, configuration))


def write_mean(name: str, configuration: Configuration) -> Number | Percent:
    """Return a configuration's measured value of a quantity without its interval."""
    return write_value(name, measure(name, configuration).mean)


def write_difference(name: str, a: Estimate, b: Estimate) -> Interval | Message:
    """Return ``a - b`` with its interval for a sentence; shares differ in percentage points."""
    difference = estimate_difference(a, b)
    if not QUANTITIES[name].is_share:
        return write_estimate(name, difference)
    decimals = QUANTITIES[name].decimals
    half = None if difference.half_width is None else Number(100 * difference.half_width, decimals)
    return Message("value.points", {"value": Interval(Number(100 * difference.mean, decimals), half)})


def write_rule(name: str) -> Value:
    """Return the smallest gap between two single trainings that the seed rule of a quantity accepts as a difference.

    The quantity must have such a rule.
    """
    quantity = QUANTITIES[name]
    assert quantity.rule != NO_RULE, f"{name} has no rule"
    kind, size = ("ratio", quantity.rule.ratio) if quantity.rule.ratio > 1 else ("difference", quantity.rule.difference)
    if quantity.unit in ("share", "points"):
        return Message("value.points", {"value": Number(100 * size, 0)})
    return Message(f"seed_rule.{kind}", {"size": Number(size)})
