"""The homework's requirements, checked for ``reportgen check``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.paper.analysis.contrasts import judge_threshold
from reportgen.paper.analysis.measuring import is_measured
from reportgen.paper.analysis.selection import find_runs, select_model
from reportgen.paper.claims.claim import find_contradictions
from reportgen.paper.i18n.quantities import write_value
from reportgen.paper.i18n.translator import Message, Several, Value
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Block, Element, Paragraph, Section
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import MODELS, ModelName


@dataclass(frozen=True)
class Check:
    """The outcome of one requirement.

    ``question`` is the homework's question; ``section`` the title of the section that answers it, with its number;
    ``wanted`` the requirement in words; ``missing`` the reason why it is not met, empty if it is.
    """

    question: str
    section: str
    wanted: str
    is_met: bool
    missing: str


def check_report(b: Builder, summary: Sequence[Block], sections: Sequence[Section]) -> list[Check]:
    """Check every requirement in outline order, then that all configurations are trained and no two claims conflict."""
    built = {part.id: part for section in sections for part in section.walk_sections()}
    outline = b.results.suite.outline
    checks = [check for wanted in outline.walk() for check in _check_section(b, wanted, built.get(wanted.id))]
    return [
        *checks,
        _check_unfinished(b),
        _check_claims(b, [*summary, *(block for section in sections for block in section.walk())]),
    ]


def title_of(b: Builder, section: OutlineSection) -> str:
    """Return the title that the outline sets for a section in this language, or its default title."""
    return getattr(section.title, b.t.language) if section.title is not None else b.t(f"section.{section.id}")


@dataclass(frozen=True)
class _SectionChecker:
    """Maker of checks for one section; ``number`` is empty if the section is absent."""

    b: Builder
    wanted: OutlineSection
    number: str

    def check(self, kind: str, missing: str = "", **values: Value) -> Check:
        """Return a check of this kind (message ``check.<kind>``), met if nothing is ``missing``."""
        wanted = self.b.t(f"check.{kind}", **values)
        title = f"{self.number} {title_of(self.b, self.wanted)}".strip()
        return Check(self.wanted.question, title, wanted, not missing, missing)


def _check_section(b: Builder, wanted: OutlineSection, built: Section | None) -> Iterator[Check]:
    """Yield the checks of one section; if it is absent, a single failed one."""
    checker = _SectionChecker(b, wanted, built.number if built else "")
    if built is None:
        yield checker.check("section", b.t("check.section.missing"))
        return
    if wanted.needs:
        yield _check_needs(checker)
    for model, settings in wanted.settings.items():
        yield _check_settings(checker, model, settings)
    if wanted.shows:
        ids = [block.id for block in built.walk() if isinstance(block, Element)]
        absent = [name for name in wanted.shows if not any(id_.startswith(name) for id_ in ids)]
        yield checker.check("shows", b.t.format(Several(absent)), num=len(wanted.shows))
    if wanted.answers:
        topics = [block.claim.topic for block in built.walk() if isinstance(block, Paragraph) and block.claim]
        absent = [topic for topic in wanted.answers if topic not in topics]
        yield checker.check("answers", b.t.format(Several(absent)), num=len(topics))
    for model, threshold in wanted.fid_below.items():
        yield _check_threshold(checker, model, threshold)


def _check_needs(checker: _SectionChecker) -> Check:
    """Check that every required combination of dimensions is among the section's finished runs."""
    b, needs = checker.b, checker.wanted.needs
    found = [c.settings for c in find_runs(b.results, checker.wanted)]
    absent = [
        combination
        for combination in itertools.product(*needs.values())
        if not any(all(getattr(s, k, None) == v for k, v in zip(needs, combination, strict=True)) for s in found)
    ]
    wanted = b.t("caption.separator").join(
        b.t("caption.field", name=name, values=b.join_numbers(values)) for name, values in needs.items()
    )
    return checker.check("needs", b.t.format(Several(["_".join(map(str, row)) for row in absent])), runs=wanted)


def _check_settings(checker: _SectionChecker, model: ModelName, settings: dict[str, int | float]) -> Check:
    """Check that all runs of a model were trained with the homework's settings."""
    b = checker.b
    title, chosen, differing = Message(f"model.{model}"), select_model(b.results, MODELS[model]), []
    for name, value in settings.items():
        others = sorted({getattr(c.settings, name, None) for c in chosen} - {value}, key=str)
        differing += [
            b.t("check.instead", model=title, name=name, found=f"{other:g}", wanted=f"{value:g}") for other in others
        ]
    wanted = b.t("caption.separator").join(
        b.t("caption.field", name=name, values=f"{value:g}") for name, value in settings.items()
    )
    return checker.check("settings", b.t.format(Several(differing)), model=title, settings=wanted)


def _check_threshold(checker: _SectionChecker, model: ModelName, threshold: int) -> Check:
    """Check that the best run of a model has an Inception FID below the course's threshold."""
    b = checker.b
    shown = [c for c in find_runs(b.results, checker.wanted) if isinstance(c.settings, MODELS[model])]
    compared = shown or select_model(b.results, MODELS[model])
    scored = [c for c in compared if is_measured("fid_inception", [c])]
    missing = b.t("check.no_inception")
    if scored:
        judged = judge_threshold(scored, threshold)
        fid = write_value("fid_inception", judged.fid.mean, less=1)
        if judged.verdict == "met":
            missing = ""
        elif len(scored) == len(compared):
            missing = b.t("check.above", label=judged.best.label, fid=fid)
    return checker.check("fid_below", missing, model=Message(f"model.{model}"), threshold=threshold)


def _check_unfinished(b: Builder) -> Check:
    """Check that a run of every declared configuration is finished, of whichever seed."""
    declared = {run.spec.settings: run.spec.configuration_name for run in b.results.runs}
    names = [name for settings, name in declared.items() if b.results.find(settings) is None]
    wanted = b.t("check.finished", num=len(declared))
    return Check("", b.t("check.whole"), wanted, not names, b.t.format(Several(names)))


def _check_claims(b: Builder, blocks: Sequence[Block]) -> Check:
    """Check that no claim in these blocks contradicts another."""
    claims = [block.claim for block in blocks if isinstance(block, Paragraph) and block.claim]
    pairs = find_contradictions(claims)
    names = [f"{first.id} / {second.id}" for first, second in pairs]
    return Check("", b.t("check.whole"), b.t("check.claims", num=len(claims)), not pairs, b.t.format(Several(names)))
