"""What a claim is, and when two of them contradict each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from reportgen.paper.analysis.estimates import Over
from reportgen.paper.i18n.translator import Value
from reportgen.suite.outline import Topic

Basis = Over | Literal["seed_rule", "rule", "chi_square", "counts"]
"""What allows a claim: a comparison's interval, the rule for seeds, another rule, a test of counts, or counting."""


@dataclass(frozen=True)
class Order:
    """``low`` has the lower value of a quantity, and the data tell the two apart."""

    quantity: str
    low: str
    high: str


@dataclass(frozen=True)
class Undecided:
    """The data do not tell the two apart in a quantity."""

    quantity: str
    a: str
    b: str


@dataclass(frozen=True)
class Verdict:
    """``subject`` has exactly this value of a property."""

    subject: str
    property: str
    value: str


Fact = Order | Undecided | Verdict


@dataclass(frozen=True)
class Claim:
    """A sentence that these data allow.

    ``topic`` is its subject, whichever way it is decided; ``id`` the message that its predicate picked; ``values`` what
    that prints; ``rests_on`` the id of the table or figure that shows the numbers; ``basis`` what allows it; ``facts``
    what it asserts in a form that can be checked.
    """

    topic: Topic
    id: str
    values: Mapping[str, Value]
    rests_on: str
    basis: Basis
    facts: tuple[Fact, ...] = ()


def contradict(a: Fact, b: Fact) -> bool:
    """Whether both cannot hold at once."""
    if isinstance(a, Verdict) and isinstance(b, Verdict):
        return (a.subject, a.property) == (b.subject, b.property) and a.value != b.value
    if isinstance(a, Order) and isinstance(b, Order):
        return (a.quantity, a.low, a.high) == (b.quantity, b.high, b.low)
    if isinstance(a, Undecided) and isinstance(b, Order):
        return a.quantity == b.quantity and {a.a, a.b} == {b.low, b.high}
    if isinstance(a, Order) and isinstance(b, Undecided):
        return contradict(b, a)
    return False


def find_contradictions(claims: Iterable[Claim]) -> list[tuple[Claim, Claim]]:
    """All pairs of claims of which one denies the other."""
    return [
        (a, b)
        for a, b in itertools.combinations(list(claims), 2)
        if any(contradict(f, g) for f in a.facts for g in b.facts)
    ]
