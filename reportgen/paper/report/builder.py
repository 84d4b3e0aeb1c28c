"""Helps sections to be written: messages become paragraphs, frames become tables, captions say what was run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from unicodedata import east_asian_width

from matplotlib.figure import Figure as Drawing

from reportgen.paper.analysis.estimates import Over
from reportgen.paper.analysis.findings import find_ties
from reportgen.paper.analysis.quantities import FIDS, QUANTITIES, measure
from reportgen.paper.analysis.results import Configuration, Results
from reportgen.paper.analysis.selection import MAX_SHOWN
from reportgen.paper.claims.claim import Claim
from reportgen.paper.i18n.quantities import name_quantity, write_bare, write_value
from reportgen.paper.i18n.translator import Message, Several, Translator, Value
from reportgen.paper.report.figure_cache import FigureCache
from reportgen.paper.report.model import (
    Block,
    Cell,
    Figure,
    Formula,
    Line,
    Listing,
    Paragraph,
    Picture,
    Section,
    Span,
    Table,
)
from reportgen.suite.settings import Settings

_MARKUP = re.compile(r"\$(?P<math>[^$]+)\$|\[\[(?P<ref>[^\]]+)\]\]|\*\*(?P<strong>[^*]+)\*\*|`(?P<code>[^`]+)`")

MARKUP_KINDS: tuple[Literal["math", "ref", "strong", "code"], ...] = ("math", "ref", "strong", "code")

MAX_ROWS = 60
"""Rows of a table that are shown; all of them are in the attached runs.csv."""

CAPTION_FIELDS = ("batch_size", "num_training_steps")
"""The settings that a caption states beside the model's dimensions."""

MAX_CHARACTERS = 104
MAX_DENSE_CHARACTERS = 132
"""What fits beside each other on an upright page, in usual and in small type; a wider table gets a turned page."""


@dataclass(frozen=True)
class Column:
    """A column that one table alone has: the name of its header, and what it shows of a configuration."""

    name: str
    cell: Callable[[Configuration], Cell]


def parse_markup(text: str) -> Line:
    """A catalogue's text -> spans: ``$tex$``, ``[[id of a figure]]``, ``**strong**``, ```code```."""
    spans: list[Span] = []
    position = 0
    for match in _MARKUP.finditer(text):
        if match.start() > position:
            spans.append(Span("text", text[position : match.start()]))
        spans += [Span(kind, match[kind]) for kind in MARKUP_KINDS if match[kind] is not None]
        position = match.end()
    if position < len(text):
        spans.append(Span("text", text[position:]))
    return tuple(spans)


@dataclass(frozen=True)
class Builder:
    """What every section needs: the results and the language; without ``draws``, figures have no pictures."""

    results: Results
    t: Translator
    draws: bool = True
    figure_cache: FigureCache = field(default_factory=FigureCache)

    # ---- text

    def line(self, message: str, **values: Value) -> Line:
        return parse_markup(self.t(message, **values))

    def text(self, message: str, **values: Value) -> Paragraph:
        return Paragraph(parse_markup(self.t(message, **values)))

    def claim(self, claim: Claim) -> Paragraph:
        """A sentence that the data decided on, with what it rests on."""
        evidence = self.t(f"evidence.{claim.basis}", ref=f"[[{claim.rests_on}]]")
        return Paragraph(parse_markup(self.t(claim.id, **claim.values)), "finding", parse_markup(evidence), claim)

    def claims(self, claims: Iterable[Claim | None]) -> list[Paragraph]:
        return [self.claim(claim) for claim in claims if claim is not None]

    def explanation(self, message: str, **values: Value) -> Paragraph:
        """Theory: true whatever these data are."""
        return Paragraph(parse_markup(self.t(message, **values)), "explanation")

    def notice(self, message: str, **values: Value) -> Paragraph:
        return Paragraph(parse_markup(self.t(message, **values)), "notice")

    def formula(self, tex: str) -> Formula:
        return Formula(tex)

    def section(self, id_: str, *blocks: Block, sections: Sequence[Section] = ()) -> Section:
        return Section(id_, "", self.t(f"section.{id_}"), blocks, tuple(sections))

    # ---- numbered things

    def caption(self, message: str, configurations: Sequence[Configuration] | None, **values: Value) -> Line:
        """A caption that states the settings of what it shows, and the profile if it is not the full one.

        Args:
            configurations: None for what is not of these runs.
        """
        sentence = self.t("caption.sentence", text=self.t(message, **values))
        details = [self._list_settings(configurations)] if configurations else []
        if configurations is not None and not self.results.is_full:
            details.append(self.t("caption.profile", profile=self.results.suite.profile))
        return parse_markup(sentence + "".join(self.t("caption.detail", text=detail) for detail in details))

    def _list_settings(self, configurations: Sequence[Configuration]) -> str:
        parts = []
        models = {c.settings.model for c in configurations}
        # of several models the table of settings says more
        names = (*configurations[0].settings.DIMENSIONS, *CAPTION_FIELDS) if len(models) == 1 else ()
        for name in names:
            values = sorted({getattr(c.settings, name) for c in configurations})
            parts.append(self.t("caption.field", name=name, values=self.list_plainly(values)))
        seeds = sorted({run.spec.seed for c in configurations for run in c.runs})
        parts.append(self.t("caption.field", name="seed", values=self.list_plainly(seeds)))
        return self.t("caption.separator").join(parts)

    def list_plainly(self, values: Sequence[int]) -> str:
        return self.t("caption.list_separator").join(self.t.format(value) for value in values)

    def table(
        self,
        id_: str,
        header: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        configurations: Sequence[Configuration] = (),
        *,
        slug: str = "",
        note: Line = (),
        wraps: bool = False,
        **values: Value,
    ) -> Table:
        """``header`` are names of columns: messages ``column.<name>``, or the name itself for a YAML key or a digit.

        Of more than ``MAX_ROWS`` rows the first are shown, which the caption says. ``wraps``: cells hold sentences.
        """
        caption = self.caption(f"table.{id_}", configurations, **values)
        if len(rows) > MAX_ROWS:
            caption += parse_markup(self.t("table.shortened", shown=MAX_ROWS, num=len(rows)))
        names = tuple(self.column(name) for name in header)
        shown = tuple(tuple(row) for row in rows[:MAX_ROWS])
        width = "normal" if wraps else _find_width(names, shown)
        return Table(_join("table", id_, slug), caption, names, shown, note, width, wraps)

    def table_of(
        self,
        id_: str,
        configurations: Sequence[Configuration],
        columns: Sequence[str | Column],
        *,
        slug: str = "",
        note: Line = (),
        marks_best: bool = True,
    ) -> Table:
        """Return a table with a row for each configuration and a column for each name (see ``tabulate``)."""
        header, rows = self.tabulate(configurations, columns, marks_best=marks_best)
        return self.table(id_, header, rows, configurations, slug=slug, note=note)

    def tabulate(
        self, configurations: Sequence[Configuration], columns: Sequence[str | Column], *, marks_best: bool = True
    ) -> tuple[list[str], list[list[Cell]]]:
        """Return the header and a row for each configuration, the labels in the first column.

        Args:
            columns: each the name of a quantity, of a field of the settings, or a column of this table alone.
            marks_best: whether the best FID is bold, where the intervals tell it from the rest.
        """
        header = ["configuration", *(column if isinstance(column, str) else column.name for column in columns)]
        cells = [self._list_cells(column, configurations, marks_best=marks_best) for column in columns]
        return header, [list(row) for row in zip(map(self.name_cell, configurations), *cells, strict=True)]

    def _list_cells(
        self, column: str | Column, configurations: Sequence[Configuration], *, marks_best: bool
    ) -> list[Cell]:
        if isinstance(column, Column):
            return [column.cell(c) for c in configurations]
        if column in QUANTITIES:
            return self.quantity_cells(column, configurations, marks_best=marks_best)
        return [self.setting_cell(c.settings, column) for c in configurations]

    def column(self, name: str) -> str:
        return self.t(f"column.{name}") if name in QUANTITIES or self.t.has(f"column.{name}") else name

    def figure(
        self,
        id_: str,
        draw: Callable[[], Sequence[Picture]],
        configurations: Sequence[Configuration] | None,
        *,
        slug: str = "",
        **values: Value,
    ) -> Figure:
        """``draw`` is called only where pictures are wanted: not to check the numbers of a report."""
        caption = self.caption(f"figure.{id_}", configurations, **values)
        return Figure(_join("figure", id_, slug), caption, tuple(draw()) if self.draws else ())

    def picture(
        self, kind: str, draw: Callable[..., Drawing], *args: Any, alt: str, width_mm: float, **options: Any
    ) -> Picture:
        """What ``draw(*args, **options)`` of the figures' room draws, as ``svg`` or ``png``."""
        content = self.figure_cache.draw(kind, draw, *args, **options)
        return Picture(content, "image/svg+xml" if kind == "svg" else "image/png", alt, width_mm)

    def listing(
        self, id_: str, configuration: Configuration, source: str, *, slug: str = "", **values: Value
    ) -> Listing:
        """Code that ran for a configuration; ``source`` is ``model``, ``interpolation`` or ``digits``."""
        entry = configuration.first.sources[source]
        caption = parse_markup(self.t(f"listing.{id_}", file=entry.file, **values))
        return Listing(_join("listing", id_, slug), caption, entry.text, entry.line)

    # ---- cells

    def name_cell(self, configuration: Configuration) -> Cell:
        return Cell(configuration.label, is_header=True)

    def quantity_cells(
        self, name: str, configurations: Sequence[Configuration], *, marks_best: bool = True
    ) -> list[Cell]:
        """Return a column of values with their intervals, the best FID bold where the intervals tell it apart."""
        is_marked = marks_best and QUANTITIES[name] in FIDS and len(configurations) > 1
        ties = find_ties(configurations, name) if is_marked else []
        return [
            Cell(self.t.format(write_bare(name, measure(name, c))), is_number=True, is_best=ties == [c])
            for c in configurations
        ]

    def value_cell(self, name: str, value: float, *, less: int = 0) -> Cell:
        """Return a value of a quantity without an interval, with ``less`` decimals fewer than usual."""
        return Cell(self.t.format(write_value(name, value, less=less)), is_number=True)

    def setting_cell(self, settings: Settings, field: str) -> Cell:
        value = getattr(settings, field, None)
        if value is None:
            return Cell("–")
        if isinstance(value, str):
            return Cell(self.t.format(Message(f"value.{value}")))
        text = f"{value:g}" if isinstance(value, float) else self.t.format(value)
        return Cell(text, is_number=True)

    # ---- scores

    @property
    def fids(self) -> list[str]:
        """Return the names of the FIDs that the report shows, one for each detector."""
        return [f"fid_{detector}" for detector in self.results.detectors]

    def passport(
        self, configurations: Sequence[Configuration], columns: Sequence[str] = (), *, has_intervals: bool = True
    ) -> Line:
        """What the scores of a table rest on: extractor, numbers of images, resize, floor, and what intervals cover.

        Args:
            columns: the quantities beside the scores, of which those over the end of training are explained.
        """
        parts = []
        for detector in self.results.detectors:
            scores = configurations[0].first.find_scores(detector)
            if scores is not None:
                parts.append(
                    self.t(
                        "passport.detector",
                        name=Message(f"detector.{detector}"),
                        sha=scores.sha256[:12],
                        num_real=scores.num_real,
                        num_fake=scores.num_fake,
                        resize=Message(f"resize.{detector}"),
                        floor=write_value(f"fid_{detector}", scores.floor),
                        floor_num=scores.floor_num,
                    )
                )
        if has_intervals:
            over = {measure("fid_classifier", c).over for c in configurations}
            parts.append(self.t(_name_over(over)))
        tails = [name for name in columns if any(measure(name, c).over == "steps" for c in configurations)]
        if tails:
            parts.append(self.t("passport.over.steps", all=Several([name_quantity(name) for name in tails])))
        return parse_markup("".join(parts))

    # ---- values

    def labels(self, configurations: Sequence[Configuration]) -> Several:
        return Several([c.label for c in configurations])

    def tell_picked(self, configurations: Sequence[Configuration]) -> list[Block]:
        """That not all have figures of their own, where that is so; ``runs.csv`` has all their numbers."""
        if len(configurations) <= MAX_SHOWN:
            return []
        return [self.notice("page.picked", shown=MAX_SHOWN, num=len(configurations))]


def _name_over(over: set[Over]) -> str:
    """Return the message that says what the intervals of a table cover."""
    if {"seeds", "samples"} <= over:
        return "passport.over.both"
    return "passport.over.seeds" if over == {"seeds"} else "passport.over.samples"


def _find_width(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Literal["normal", "dense", "landscape"]:
    """What the longest cells of all columns, side by side, ask for; headers may break between words."""
    widest = [max([_measure(row[i].text) for row in rows], default=0) for i in range(len(header))]
    words = [max((_measure(word) for word in re.split(r"[\s_]", name)), default=0) for name in header]
    characters = sum(2 + max(pair) for pair in zip(widest, words, strict=True))
    if characters <= MAX_CHARACTERS:
        return "normal"
    return "dense" if characters <= MAX_DENSE_CHARACTERS else "landscape"


def _measure(text: str) -> int:
    """Return the width of a text in Latin characters; an ideograph and a full-width sign are two wide."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _join(kind: str, id_: str, slug: str) -> str:
    return "-".join(part for part in (kind, id_, slug) if part)
