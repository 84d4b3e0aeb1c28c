"""Helps sections to be written: messages become paragraphs, frames become tables, captions say what was run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.analysis.findings import find_ties
from reportgen.analysis.results import Configuration, Estimate, Results
from reportgen.config import Settings
from reportgen.i18n.translator import Message, Number, Percent, Several, Translator, Value
from reportgen.report.model import (
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

_MARKUP = re.compile(r"\$(?P<math>[^$]+)\$|\[\[(?P<ref>[^\]]+)\]\]|\*\*(?P<strong>[^*]+)\*\*|`(?P<code>[^`]+)`")

MARKUP_KINDS: tuple[Literal["math", "ref", "strong", "code"], ...] = ("math", "ref", "strong", "code")

CAPTION_FIELDS = ("latent_dim", "hidden_dim", "batch_size", "num_training_steps")


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
    """What every section needs: the results and the language."""

    results: Results
    t: Translator

    # ---- text

    def text(self, message: str, **values: Value) -> Paragraph:
        return Paragraph(parse_markup(self.t(message, **values)))

    def finding(self, message: str, **values: Value) -> Paragraph:
        """A sentence that the data decided on."""
        return Paragraph(parse_markup(self.t(message, **values)), "finding")

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

    def caption(self, message: str, configurations: Sequence[Configuration], **values: Value) -> Line:
        """A caption that states the settings of what it shows, and the profile if it is not the full one."""
        sentence = self.t("caption.sentence", text=self.t(message, **values))
        details = [self._list_settings(configurations)] if configurations else []
        if not self.results.is_full:
            details.append(self.t("caption.profile", profile=self.results.suite.profile))
        return parse_markup(sentence + "".join(self.t("caption.detail", text=detail) for detail in details))

    def _list_settings(self, configurations: Sequence[Configuration]) -> str:
        parts = []
        for field in CAPTION_FIELDS:
            values = [getattr(c.settings, field, None) for c in configurations]
            unique = [value for value in dict.fromkeys(values) if value is not None]
            if unique:
                parts.append(self.t("caption.field", name=field, values=self._list_plainly(unique)))
        seeds = sorted({run.spec.seed for c in configurations for run in c.runs})
        parts.append(self.t("caption.field", name="seed", values=self._list_plainly(seeds)))
        return self.t("caption.separator").join(parts)

    def _list_plainly(self, values: Sequence[int]) -> str:
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
        landscape: bool = False,
        **values: Value,
    ) -> Table:
        """``header`` are names of columns: messages ``column.<name>``, or the name itself for a YAML key or a digit."""
        caption = self.caption(f"table.{id_}", configurations, **values)
        names = tuple(self.column(name) for name in header)
        return Table(_join("table", id_, slug), caption, names, tuple(tuple(row) for row in rows), note, landscape)

    def column(self, name: str) -> str:
        return self.t(f"column.{name}") if self.t.has(f"column.{name}") else name

    def figure(
        self,
        id_: str,
        pictures: Sequence[Picture],
        configurations: Sequence[Configuration],
        *,
        slug: str = "",
        **values: Value,
    ) -> Figure:
        caption = self.caption(f"figure.{id_}", configurations, **values)
        return Figure(_join("figure", id_, slug), caption, tuple(pictures))

    def listing(
        self, id_: str, configuration: Configuration, source: str, *, slug: str = "", **values: Value
    ) -> Listing:
        """Code that ran for a configuration; ``source`` is ``model``, ``interpolation`` or ``digits``."""
        entry = configuration.first.sources[source]
        caption = parse_markup(self.t(f"listing.{id_}", file=entry["file"], **values))
        return Listing(_join("listing", id_, slug), caption, entry["text"], entry["line"])

    # ---- cells

    def name_cell(self, configuration: Configuration) -> Cell:
        return Cell(configuration.label, is_header=True)

    def number_cell(self, value: float, decimals: int = 2) -> Cell:
        return Cell(self.t.format(Number(value, decimals)), is_number=True)

    def estimate_cell(self, estimate: Estimate, decimals: int = 2, *, best: bool = False) -> Cell:
        return Cell(self.estimate(estimate, decimals), is_number=True, is_best=best)

    def percent_cell(self, share: float) -> Cell:
        return Cell(self.t.format(Percent(share)), is_number=True)

    def share_cell(self, estimate: Estimate) -> Cell:
        """A share in [0, 1] over seeds, as a percentage."""
        text = self.t.format(Percent(estimate.mean))
        if estimate.half_width is not None:
            text += f" ± {self.t.format(Percent(estimate.half_width))}"
        return Cell(text, is_number=True)

    def estimate(self, estimate: Estimate, decimals: int = 2) -> str:
        """A mean with the half width of its interval, where there is one."""
        mean = self.t.format(Number(estimate.mean, decimals))
        if estimate.half_width is None:
            return mean
        return f"{mean} ± {self.t.format(Number(estimate.half_width, decimals))}"

    def setting_cell(self, settings: Settings, field: str) -> Cell:
        value = getattr(settings, field, None)
        if value is None:
            return Cell("–")
        if isinstance(value, bool | str):
            return Cell(self.t.format(Message(f"value.{str(value).lower()}")))
        text = f"{value:g}" if isinstance(value, float) else self.t.format(value)
        return Cell(text, is_number=True)

    # ---- scores

    def fid_columns(self) -> list[str]:
        """A column for every detector; the two are never mixed in one."""
        return [f"fid_{detector}" for detector in self.results.detectors]

    def fid_cells(self, configuration: Configuration, among: Sequence[Configuration]) -> list[Cell]:
        """FID by every detector, bold where it is the lowest ``among`` and the intervals allow to say so."""
        cells = []
        for detector in self.results.detectors:
            is_best = len(among) > 1 and find_ties(among, detector) == [configuration]
            cells.append(self.estimate_cell(configuration.score("fid", detector), best=is_best))
        return cells

    def passport(self, configurations: Sequence[Configuration]) -> Line:
        """What the scores of a table rest on: extractor, numbers of images, resize, floor, and what intervals cover."""
        parts = []
        for detector in self.results.detectors:
            scores = configurations[0].first.find_scores(detector)
            if scores is not None:
                parts.append(
                    self.t(
                        "passport.detector",
                        name=Message(f"detector.{detector}"),
                        sha=scores["sha256"][:12],
                        num_real=scores["num_real"],
                        num_fake=scores["num_fake"],
                        resize=Message(f"resize.{detector}"),
                        floor=Number(scores["floor"]),
                        floor_num=scores["floor_num"],
                    )
                )
        over = {c.fid.over for c in configurations}
        parts.append(self.t(f"passport.over_{'seeds' if over == {'seeds'} else 'samples'}"))
        return parse_markup("".join(parts))

    # ---- values

    def labels(self, configurations: Sequence[Configuration]) -> Several:
        return Several([c.label for c in configurations])


def _join(kind: str, id_: str, slug: str) -> str:
    return "-".join(part for part in (kind, id_, slug) if part)
