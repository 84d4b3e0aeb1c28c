"""Claims about images between two latents, and beyond them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from reportgen.paper.analysis.contrasts import Families, Spaces, find_blurrier, judge_change, judge_spaces
from reportgen.paper.analysis.effects import SHOWN, find_change
from reportgen.paper.analysis.findings import compare_by, read_interpolation
from reportgen.paper.analysis.measuring import is_measured, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.claims.claim import Claim, Verdict
from reportgen.paper.claims.scores import write_change
from reportgen.paper.i18n.quantities import write_bare, write_estimate, write_mean
from reportgen.paper.i18n.translator import Message, Number, Several, Value

Won = Literal["both", "split", "blurred", "readable", "even", "neither", "unknown"]

SPACES: Mapping[Won, str] = {
    "both": "interpolation.spaces.both",
    "split": "interpolation.spaces.split",
    "blurred": "interpolation.spaces.blurred",
    "readable": "interpolation.spaces.readable",
    "even": "interpolation.spaces.even",
    "neither": "interpolation.spaces.neither",
    "unknown": "interpolation.spaces.unknown",
}
"""Criteria by which one of two latent spaces is the better one -> message."""


def answer_spaces(gan: Configuration, vae: Configuration, families: Families | None, rests_on: str) -> Claim:
    """Say which latent space is better by legibility and by the evenness of its paths, and what each wins.

    Paths that a blurrier model alone may owe to its blur do not count against legibility.

    Args:
        families: all VAEs and GANs compared in sharpness.
    """
    spaces = judge_spaces(vae, gan)
    change = find_change(measure("inside_change", gan), measure("inside_change", vae))
    is_blurred = spaces.even == "vae" and find_blurrier(vae, gan, families) == "vae"
    kind = "unknown" if change is None else _name_won(spaces, is_blurred=is_blurred)
    readable, even = ((vae, gan) if side == "vae" else (gan, vae) for side in (spaces.readable, spaces.even))
    values: dict[str, Value] = {
        **_write_two("readable", readable, ("inside_change",)),
        **_write_two("even", even, ("detour", "largest_step")),
        **write_change("inside_change", change),
        "circle": _write_circle(readable),
    }
    facts = (
        Verdict("interpolation", "loses less", spaces.readable),
        Verdict("interpolation", "more even", spaces.even),
    )
    return Claim("interpolation", SPACES[kind], values, rests_on, facts)


def _write_circle(two: tuple[Configuration, Configuration]) -> Message | str:
    """Write that two models are not shown to differ in legibility on great circles; nothing if they are."""
    quantity = "spherical_inside_change"
    if not is_measured(quantity, two) or compare_by(quantity, *two) in SHOWN:
        return ""
    better, other = (_write(quantity, c) for c in two)
    return Message("interpolation.circle", {"inside_change": better, "not_inside_change": other})


def _name_won(spaces: Spaces, *, is_blurred: bool) -> Won:
    if spaces.disagree:
        return "blurred" if is_blurred else "split"
    if spaces.readable == "open":
        return "neither" if spaces.even == "open" else "even"
    return "readable" if spaces.even == "open" else "both"


def _write_two(role: str, two: tuple[Configuration, Configuration], quantities: Sequence[str]) -> dict[str, Value]:
    """Return the labels and values of the better and the other model by a criterion."""
    better, other = two
    values: dict[str, Value] = {role: better.label, f"not_{role}": other.label}
    for quantity in quantities:
        values |= {quantity: _write(quantity, better), f"not_{quantity}": _write(quantity, other)}
    return values


def claim_blur(vae: Configuration, gan: Configuration, families: Families | None, rests_on: str) -> Claim | None:
    """Say that blur may be why the VAE's paths are more even; None unless its samples are blurrier and its paths even.

    It is not said again where the answer does.

    Args:
        families: all VAEs and GANs compared in sharpness.
    """
    spaces = judge_spaces(vae, gan)
    if spaces.disagree or (find_blurrier(vae, gan, families), spaces.even) != ("vae", "vae"):
        return None
    return Claim("interpolation", "interpolation.blur", {"vae": vae.label}, rests_on)


def claim_third(shown: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Count the strips on which a digit is read that is neither of those at the ends; None if there are none."""
    found = [(c, _list_third(c)) for c in shown]
    example = next((strip for _, strips in found for strip in strips), None)
    if example is None:
        return None
    total = len(read_interpolation(shown[0]).ends)
    counts: list[Mapping[str, Value]] = [{"num": len(strips), "total": total, "label": c.label} for c, strips in found]
    values: dict[str, Value] = {
        "all": _join([Message("interpolation.third.each", row) for row in counts]),
        "example": " → ".join(example),
    }
    return Claim("interpolation", "interpolation.third", values, rests_on)


def _list_third(c: Configuration) -> list[str]:
    """Return the digits in the order in which they are read, of each strip with a third one."""
    reading = read_interpolation(c)
    strips = ["".join(dict.fromkeys(strip.replace("?", ""))) for strip in reading.inside]
    return [strip for ends, strip in zip(reading.ends, strips, strict=True) if set(strip) - set(ends)]


def _write(quantity: str, c: Configuration) -> Value:
    """Return a value, of a change in legibility with its interval and without its unit."""
    return write_bare(quantity, measure(quantity, c)) if quantity.endswith("change") else write_mean(quantity, c)


Direction = Literal["falls", "rises", "open"]

BETWEEN: Mapping[Direction, str] = {
    "falls": "interpolation.between.falls",
    "rises": "interpolation.between.rises",
    "open": "interpolation.between.open",
}
"""Direction of the change in legibility between the ends -> message."""


def answer_between(c: Configuration, rests_on: str) -> Claim:
    """Say whether images between random latents are less legible than those at the latents themselves."""
    change = measure("inside_change", c)
    kind = judge_change(change)
    values: dict[str, Value] = {"label": c.label, "change": write_estimate("inside_change", change)}
    verdict = Verdict(c.label, "interpolation.between", kind)
    return Claim("interpolation.between", BETWEEN[kind], values, rests_on, (verdict,))


BEYOND: Mapping[Literal[Direction, "partly"], str] = {
    "falls": "interpolation.beyond.falls",
    "partly": "interpolation.beyond.partly",
    "rises": "interpolation.beyond.rises",
    "open": "interpolation.beyond.open",
}
"""Direction of the change in legibility beyond the ends -> message."""


def claim_beyond(shown: Sequence[Configuration], rests_on: str) -> Claim:
    """Say how legibility changes beyond the ends of random pairs of latents; ``rises`` if it does so in any model."""
    kinds = {c: judge_change(measure("outside_change", c)) for c in shown}
    different = set(kinds.values())
    kind: Literal[Direction, "partly"] = "partly" if len(different) > 1 else different.pop()
    low, high = shown[0].first.evaluation.interpolation.outside_range
    values: dict[str, Value] = {
        "all": _write_changes("outside_change", shown),
        "risen": Several([c.label for c in shown if kinds[c] == "rises"]),
        "fallen": Several([c.label for c in shown if kinds[c] == "falls"]),
        "length": Number(max(math.hypot(1 - t, t) for t in (low, high)), 1),
    }
    facts = tuple(Verdict(c.label, "interpolation.beyond", kinds[c]) for c in shown)
    wording = BEYOND["rises" if "rises" in kinds.values() else kind]
    return Claim("interpolation.beyond", wording, values, rests_on, facts)


SPHERICAL: Mapping[Literal["rises", "falls", "mixed"], str] = {
    "rises": "interpolation.spherical.rises",
    "falls": "interpolation.spherical.falls",
    "mixed": "interpolation.spherical.mixed",
}
"""Change in legibility between the ends from the line to the great circle -> message."""


def claim_spherical(shown: Sequence[Configuration], rests_on: str) -> Claim | None:
    """Say in which models more or fewer images are read on the great circle than on the line; None if in none."""
    kinds = {c: judge_change(measure("spherical_gain", c)) for c in shown}
    changed = [c for c in shown if kinds[c] != "open"]
    if not changed:
        return None
    different = {"rises" if kinds[c] == "rises" else "falls" for c in changed}
    rest = [c.label for c in shown if c not in changed]
    values: dict[str, Value] = {
        "all": _write_changes("spherical_gain", changed),
        "rest": Message("interpolation.spherical.rest", {"others": Several(rest)}) if rest else "",
    }
    facts = tuple(Verdict(c.label, "interpolation.spherical", kinds[c]) for c in shown)
    kind: Literal["rises", "falls", "mixed"] = "mixed"
    if len(different) == 1:
        kind = "rises" if "rises" in different else "falls"
    return Claim("interpolation.spherical", SPHERICAL[kind], values, rests_on, facts)


def _write_changes(quantity: str, shown: Sequence[Configuration]) -> Message:
    """Write a change of one or two models, each with its label, in percentage points."""
    return _join(
        [
            Message("interpolation.each", {"label": c.label, "change": write_bare(quantity, measure(quantity, c))})
            for c in shown
        ]
    )


def _join(each: Sequence[Message]) -> Message:
    """Join what is said of one or two models by a comma."""
    return Message("interpolation.two", {"first": each[0], "second": each[1]}) if len(each) > 1 else each[0]
