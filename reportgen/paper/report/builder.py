"""Construction of a section's blocks: paragraphs from messages, tables from cells, captions that state the settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from unicodedata import east_asian_width

from matplotlib.figure import Figure as Drawing

from reportgen.paper.analysis.estimates import Over
from reportgen.paper.analysis.excerpts import cut_code
from reportgen.paper.analysis.findings import find_ties
from reportgen.paper.analysis.measuring import choose_fid, has_any, is_measured, measure
from reportgen.paper.analysis.quantities import FIDS, QUANTITIES
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
"""Kinds of spans that have markup; they name the groups of ``_MARKUP``."""

MAX_ROWS = 60
"""Maximum number of rows printed in a table; the attached ``runs.csv`` has every run."""

MAX_CHARACTERS = 104
"""Maximum width of a table on a portrait page in normal type, in Latin characters."""
MAX_DENSE_CHARACTERS = 132
"""Maximum width of a table on a portrait page in small type, in Latin characters; a wider one gets a landscape page."""


@dataclass(frozen=True)
class Column:
    """A column specific to one table: the name in its header, and the function from a configuration to a cell."""

    name: str
    cell: Callable[[Configuration], Cell]


def parse_markup(text: str) -> Line:
    """Parse a catalogue's markup: ``$tex$``, ``[[element id]]``, ``**strong**`` and ```code```."""
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
    """Builder of blocks and sections from results in one language; without ``draws``, figures have no pictures."""

    results: Results
    t: Translator
    draws: bool = True
    figure_cache: FigureCache = field(default_factory=FigureCache)

    # ---- text

    def line(self, message: str, **values: Value) -> Line:
        """Return a message as a line of spans."""
        return parse_markup(self.t(message, **values))

    def text(self, message: str, **values: Value) -> Paragraph:
        """Return a message as an ordinary paragraph."""
        return Paragraph(parse_markup(self.t(message, **values)))

    def claim(self, claim: Claim) -> Paragraph:
        """Return a claim as a finding."""
        return self._word(claim, "finding")

    def answer(self, claim: Claim | None) -> list[Paragraph]:
        """Return a claim as the answer at the head of a section; nothing for None."""
        return [] if claim is None else [self._word(claim, "answer")]

    def _word(self, claim: Claim, role: Literal["answer", "finding"]) -> Paragraph:
        evidence = parse_markup(f"[[{claim.rests_on}]]")
        return Paragraph(parse_markup(self.t(claim.id, **claim.values)), role, evidence, claim)

    def claims(self, claims: Iterable[Claim | None]) -> list[Paragraph]:
        """Return claims as findings, skipping None."""
        return [self.claim(claim) for claim in claims if claim is not None]

    def reference(self, message: str) -> Paragraph:
        """Return a message as an entry of the list of references."""
        return Paragraph(parse_markup(self.t(message)), "reference")

    def notice(self, message: str, **values: Value) -> Paragraph:
        """Return a message as a warning to the reader."""
        return Paragraph(parse_markup(self.t(message, **values)), "notice")

    def formula(self, tex: str) -> Formula:
        """Return TeX as a displayed formula."""
        return Formula(tex)

    def section(self, id_: str, *blocks: Block, sections: Sequence[Section] = ()) -> Section:
        """Return an unnumbered section under its default title, the message ``section.<id>``."""
        return Section(id_, "", self.t(f"section.{id_}"), blocks, tuple(sections))

    # ---- numbered elements

    def caption(self, message: str, **values: Value) -> Line:
        """Return a caption."""
        return parse_markup(self.t("caption.sentence", text=self.t(message, **values)))

    def join_numbers(self, values: Sequence[int]) -> str:
        """Return numbers separated by commas, without "and"."""
        return self.t("caption.list_separator").join(self.t.format(value) for value in values)

    def table(
        self,
        id_: str,
        header: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        slug: str = "",
        note: Line = (),
        wraps: bool = False,
        beside: bool = False,
        **values: Value,
    ) -> Table:
        """Return a numbered table; beyond ``MAX_ROWS`` rows it is cut, and the caption says so.

        Args:
            header: names of columns (see ``column``).
            slug: suffix of the table's id, which sets apart several tables of one kind.
            wraps: break long cells into lines, for cells that hold sentences.
            beside: let the table stand beside the next or the last one.
            values: values of the caption's message ``table.<id>``.
        """
        caption = self.caption(f"table.{id_}", **values)
        if len(rows) > MAX_ROWS:
            caption += parse_markup(self.t("table.shortened", shown=MAX_ROWS, num=len(rows)))
        names = tuple(self.column(name) for name in header)
        shown = tuple(tuple(row) for row in rows[:MAX_ROWS])
        width = "normal" if wraps else _find_width(names, shown)
        return Table(_join("table", id_, slug), caption, names, shown, note, width, wraps, beside)

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
        """Return a numbered table with one row per configuration and the given columns (see ``tabulate``)."""
        header, rows = self.tabulate(configurations, columns, marks_best=marks_best)
        return self.table(id_, header, rows, slug=slug, note=note)

    def tabulate(
        self, configurations: Sequence[Configuration], columns: Sequence[str | Column], *, marks_best: bool = True
    ) -> tuple[list[str], list[list[Cell]]]:
        """Return the column names and one row per configuration, with the label in the first column.

        Args:
            columns: names of quantities or of settings, or columns specific to this table.
            marks_best: print the best FID in bold if its interval sets it apart from all others.
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
        """Return the header text of a column: the message ``column.<name>``, or the name itself without one."""
        return self.t(f"column.{name}") if name in QUANTITIES or self.t.has(f"column.{name}") else name

    def figure(
        self,
        id_: str,
        draw: Callable[[], Sequence[Picture]],
        *,
        slug: str = "",
        **values: Value,
    ) -> Figure:
        """Return a numbered figure.

        Args:
            draw: function that makes the pictures; it is called only if this builder draws.
            slug: suffix of the figure's id, which sets apart several figures of one kind.
            values: values of the caption's message ``figure.<id>``.
        """
        caption = self.caption(f"figure.{id_}", **values)
        return Figure(_join("figure", id_, slug), caption, tuple(draw()) if self.draws else ())

    def picture(
        self, kind: str, draw: Callable[..., Drawing], *args: Any, alt: str, width_mm: float, **options: Any
    ) -> Picture:
        """Return ``draw(*args, **options)`` as a picture of kind ``svg`` or ``png``, from the cache if possible."""
        content = self.figure_cache.draw(kind, draw, *args, **options)
        return Picture(content, "image/svg+xml" if kind == "svg" else "image/png", alt, width_mm)

    def listing(
        self,
        id_: str,
        configuration: Configuration,
        source: str,
        names: Sequence[str] = (),
        *,
        beside: bool = False,
        slug: str = "",
        **values: Value,
    ) -> list[Listing]:
        """Return a numbered listing of the code that ran for a configuration; none if it did not record it.

        Args:
            source: key of the recorded code: ``model``, ``interpolation``, ``digits`` or ``counting``.
            names: functions and classes that are shown, all by default.
            beside: let the listing stand beside the next or the last one.
        """
        entry = configuration.first.sources.get(source)
        code = cut_code(entry.text, names) if entry is not None else ""
        if entry is None or not code:
            return []
        caption = parse_markup(self.t(f"listing.{id_}", file=entry.file, **values))
        return [Listing(_join("listing", id_, slug), caption, code, beside)]

    # ---- cells

    def name_cell(self, configuration: Configuration) -> Cell:
        """Return a header cell with a configuration's label."""
        return Cell(configuration.label, is_header=True)

    def quantity_cells(
        self, name: str, configurations: Sequence[Configuration], *, marks_best: bool = True
    ) -> list[Cell]:
        """Return one cell per configuration with its value and interval.

        With ``marks_best``, the best FID is bold if its interval sets it apart from all others.
        """
        is_marked = marks_best and QUANTITIES[name] in FIDS and len(configurations) > 1
        ties = find_ties(configurations, name) if is_marked else []
        return [
            Cell(self.t.format(write_bare(name, measure(name, c))), is_number=True, is_best=ties == [c])
            for c in configurations
        ]

    def value_cell(self, name: str, value: float, *, less: int = 0) -> Cell:
        """Return a cell with a value but no interval, with ``less`` decimals fewer than the quantity usually has."""
        return Cell(self.t.format(write_value(name, value, less=less)), is_number=True)

    def setting_cell(self, settings: Settings, field: str) -> Cell:
        """Return a cell with the value of a setting; a dash if the model lacks it."""
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
        """The names of the FIDs shown, one per detector."""
        return [f"fid_{detector}" for detector in self.results.detectors]

    def order_fids(self, configurations: Sequence[Configuration]) -> list[str]:
        """Return the names of the FIDs that all of the configurations have, the one that they are judged by first."""
        shared = [fid for fid in self.fids if fid == "fid_classifier" or is_measured(fid, configurations)]
        return sorted(shared, key=lambda fid: fid != choose_fid(configurations))

    def passport(
        self, configurations: Sequence[Configuration], columns: Sequence[str] = (), threshold: int | None = None
    ) -> Line:
        """Return the note below a table of scores: what its intervals cover.

        Args:
            columns: other quantities of the table; those with intervals over the end of training get an explanation.
            threshold: Inception FID to stay below; the note says so if no configuration has such an FID.
        """
        over = {measure("fid_classifier", c).over for c in configurations}
        parts = [self.t(_choose_interval_message(over))]
        tails = [name for name in columns if any(measure(name, c).over == "steps" for c in configurations)]
        if tails:
            parts.append(self.t("passport.over.steps", all=Several([name_quantity(name) for name in tails])))
        if threshold is not None and not has_any("fid_inception", configurations):
            parts.append(self.t("passport.threshold", threshold=threshold))
        return parse_markup("".join(parts))

    def name_spread(self, configurations: Sequence[Configuration], one: Literal["steps", "images"]) -> Message:
        """Return what intervals cover: seeds, what ``one`` names where there is a single one, or either."""
        several = {len(c.runs) > 1 for c in configurations}
        within = Message(ONE_SEED[one])
        if several == {False}:
            return within
        return Message("spread.mixed", {"one": within}) if False in several else Message("spread.seeds")

    # ---- values

    def labels(self, configurations: Sequence[Configuration]) -> Several:
        """Return the labels of configurations as a list in prose."""
        return Several([c.label for c in configurations])

    def describe_selection(self, configurations: Sequence[Configuration]) -> list[Block]:
        """Return a notice if only ``MAX_SHOWN`` of these configurations get figures of their own; otherwise nothing."""
        if len(configurations) <= MAX_SHOWN:
            return []
        return [self.notice("page.picked", shown=MAX_SHOWN, num=len(configurations))]


ONE_SEED: Mapping[Literal["steps", "images"], str] = {"steps": "spread.steps", "images": "spread.images"}
"""What the intervals of a single training cover -> message."""


def _choose_interval_message(over: set[Over]) -> str:
    """Return the message that says what the intervals of a table cover."""
    if {"seeds", "samples"} <= over:
        return "passport.over.both"
    return "passport.over.seeds" if over == {"seeds"} else "passport.over.samples"


def _find_width(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Literal["normal", "dense", "landscape"]:
    """Return the width class for a table.

    The longest cells of all columns must fit side by side; header texts may break at spaces and underscores.
    """
    widest = [max([_measure(row[i].text) for row in rows], default=0) for i in range(len(header))]
    words = [max((_measure(word) for word in re.split(r"[\s_]", name)), default=0) for name in header]
    characters = sum(2 + max(pair) for pair in zip(widest, words, strict=True))
    if characters <= MAX_CHARACTERS:
        return "normal"
    return "dense" if characters <= MAX_DENSE_CHARACTERS else "landscape"


def _measure(text: str) -> int:
    """Return the width of a text in Latin characters; ideographs and full-width signs count as two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _join(kind: str, id_: str, slug: str) -> str:
    """Return the id of an element, such as ``figure-vae_curves-vae-10``, skipping empty parts."""
    return "-".join(part for part in (kind, id_, slug) if part)
