"""Tables of changes: what a change of settings does to several quantities, each as an effect with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.paper.analysis.effects import Effect, Outcome, find_change
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.i18n.quantities import write_bare_effect
from reportgen.paper.i18n.translator import Message, Value
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Cell, Line, Table


@dataclass(frozen=True)
class Change:
    """A change of settings: its name, and its effect on each quantity, None where nothing is known of it."""

    name: Value
    effects: Mapping[str, Effect | None]


MARKS: Mapping[Outcome, str] = {"lower": "▼", "higher": "▲", "alike": "≈"}
"""Marks of outcomes; an open one has none."""


def change_between(before: Configuration, after: Configuration, quantities: Sequence[str]) -> Change:
    """Return the change from one configuration to another."""
    name = Message("change.pair", {"before": before.label, "after": after.label})
    return Change(name, {q: find_change(measure(q, after), measure(q, before)) for q in quantities})


def tabulate_changes(
    b: Builder,
    id_: str,
    changes: Sequence[Change],
    configurations: Sequence[Configuration],
    *,
    slug: str = "",
) -> Table:
    """Return a numbered table with a row per change and a column per quantity; its note explains the marks.

    Args:
        configurations: those compared, whose settings the caption states.
    """
    names = list(changes[0].effects)
    rows = [[Cell(b.t.format(change.name), is_header=True), *list_effects(b, change)] for change in changes]
    return b.table(id_, ["change", *names], rows, slug=slug, note=explain_changes(b, configurations))


def list_effects(b: Builder, change: Change) -> list[Cell]:
    """Return the cells of a change, one for each of its quantities."""
    return [_write(b, name, effect) for name, effect in change.effects.items()]


def explain_changes(b: Builder, configurations: Sequence[Configuration]) -> Line:
    """Return the note that explains the marks and intervals of changes between these configurations."""
    return b.line("change.note", seeds=_count_seeds(configurations))


def tabulate_pair(
    b: Builder,
    id_: str,
    pair: Sequence[Configuration],
    quantities: Sequence[str],
    *,
    slug: str = "",
) -> Table:
    """Return a numbered table with a row per quantity: its values in two configurations, and the change between."""
    before, after = pair
    effects = change_between(before, after, quantities).effects
    rows = [
        [Cell(b.column(q), is_header=True), *b.quantity_cells(q, pair, marks_best=False), _write(b, q, effects[q])]
        for q in quantities
    ]
    note = b.line("change.note", seeds=_count_seeds(pair))
    return b.table(id_, ["quantity", before.label, after.label, "change"], rows, slug=slug, note=note)


def _write(b: Builder, name: str, effect: Effect | None) -> Cell:
    if effect is None:
        return Cell("–")
    mark = MARKS.get(effect.outcome, "")
    return Cell(f"{b.t.format(write_bare_effect(name, effect))} {mark}".strip(), is_number=True)


def _count_seeds(configurations: Sequence[Configuration]) -> Message:
    """Return in words the numbers of seeds that the effects rest on."""
    counts = sorted({len(c.runs) for c in configurations})
    kind = "change.seeds.one" if counts == [1] else "change.seeds.same" if len(counts) == 1 else "change.seeds.several"
    return Message(kind, {"least": counts[0], "most": counts[-1]})
