"""Claims: sentences about the data, with facts by which two of them can be found to contradict each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reportgen.paper.i18n.translator import Value
from reportgen.suite.outline import Topic


@dataclass(frozen=True)
class Order:
    """A fact: ``low`` has the lower value of a quantity than ``high``, and the data tell the two apart."""

    quantity: str
    low: str
    high: str


@dataclass(frozen=True)
class Undecided:
    """A fact: the data do not tell ``a`` and ``b`` apart in a quantity, alike or not."""

    quantity: str
    a: str
    b: str


@dataclass(frozen=True)
class Verdict:
    """A fact: ``subject`` has this value of a property, and no other."""

    subject: str
    property: str
    value: str


Fact = Order | Undecided | Verdict
"""An assertion of a claim, in a form in which it can be compared with others."""


@dataclass(frozen=True)
class Claim:
    """A sentence that the data support.

    ``topic`` is its subject, independent of the outcome; ``id`` is the message that states the outcome, and ``values``
    are what the message prints. ``rests_on`` is the id of the table or figure that shows the numbers, and ``facts`` are
    its assertions in a form that can be checked.
    """

    topic: Topic
    id: str
    values: Mapping[str, Value]
    rests_on: str
    facts: tuple[Fact, ...] = ()


def contradict(a: Fact, b: Fact) -> bool:
    """Return True if two facts cannot both hold."""
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
    """Return all pairs of claims in which a fact of one contradicts a fact of the other."""
    return [
        (a, b)
        for a, b in itertools.combinations(list(claims), 2)
        if any(contradict(f, g) for f in a.facts for g in b.facts)
    ]
