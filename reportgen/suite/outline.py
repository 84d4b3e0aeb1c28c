"""The outline of a report: its sections in their order, the questions that they answer, and what an answer needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from reportgen.assets import OUTLINES
from reportgen.base.errors import ConfigError
from reportgen.suite.document import Document, KeyPath, read_document
from reportgen.suite.problems import explain, suggest
from reportgen.suite.settings import MODELS, SHOWN, Count, LocalText, Model, ModelName, Question

WRITTEN_SECTIONS: dict[str, Question | None] = {
    "settings": None,
    "methods": None,
    "vae": None,
    "vae_curves": "vae_latent",
    "vae_images": "vae_latent",
    "vae_fid": "vae_latent",
    "vae_effect": "vae_latent",
    "vae_ablation": "vae_architecture",
    "gan": None,
    "gan_curves": "gan_grid",
    "gan_images": "gan_grid",
    "gan_fid": "gan_grid",
    "gan_effect": "gan_grid",
    "gan_hidden": "gan_hidden",
    "nash": None,
    "scores": None,
    "comparison": None,
    "interpolation": None,
    "collapse": None,
    "gan_mlp": "gan_mlp",
    "gan_relu": "gan_relu",
    "published": None,
    "appendix": None,
    "coverage": None,
}
"""The sections that a report can have -> the question whose runs each usually shows."""


class OutlineSection(Model):
    """One section: what it shows, which question it answers, and what an answer needs."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """A section that reportgen writes, or, with a `title`, one of your own: a chapter, or a place for your notes."""
    title: LocalText | None = None
    """Replaces the heading."""
    question: str = ""
    """The number of the homework's question."""
    runs: Question | None = None
    """The question whose runs it shows, where that is not the section's usual one."""
    needs: dict[Literal["latent_dim", "hidden_dim"], list[Count]] = {}
    """Every combination of these must be among its finished runs."""
    settings: dict[ModelName, dict[str, int | float]] = {}
    """What all runs of a model must have been trained with."""
    shows: list[str] = []
    """The beginnings of the ids of tables, figures and listings that must be there."""
    answers: list[str] = []
    """The beginnings of the ids of claims that must be there."""
    fid_below: dict[ModelName, Count] = {}
    """The Inception FID that the best run of a model must reach."""
    sections: list[OutlineSection] = []


class Outline(Model):
    """The sections of a report in their order, and the models that it is about."""

    models: Annotated[list[ModelName], Field(min_length=1)] = ["vae", "gan"]
    sections: Annotated[list[OutlineSection], Field(min_length=1)]

    def walk(self) -> Iterator[OutlineSection]:
        """All sections, chapters before their parts."""
        for section in self.sections:
            yield section
            yield from section.sections


def load_outline(name: str, folder: Path) -> Outline:
    """A shipped outline by its name, or a file (relative to ``folder``).

    Raises:
        ConfigError: there is no such outline; the file is wrong.
    """
    path = OUTLINES.get(name, folder / name)
    if not path.is_file():
        raise ConfigError(
            f"report.outline: no outline '{name}'{suggest(name, list(OUTLINES))}, or give the path of a file"
        )
    document = read_document(path)
    try:
        outline = Outline.model_validate(document.value)
    except ValidationError as error:
        raise explain(document, error, Outline) from None
    _check_outline(document, outline)
    return outline


def _check_outline(document: Document, outline: Outline) -> None:
    seen: set[str] = set()
    for i, section in enumerate(outline.sections):
        _check_section(document, ("sections", i), section, seen)
        for j, part in enumerate(section.sections):
            place = ("sections", i, "sections", j)
            _check_section(document, place, part, seen)
            if part.sections:
                raise document.error((*place, "sections"), "sections have two levels at most")


def _check_section(document: Document, place: KeyPath, section: OutlineSection, seen: set[str]) -> None:
    if section.id not in WRITTEN_SECTIONS and section.title is None:
        raise document.error(
            (*place, "id"),
            f"unknown section '{section.id}'{suggest(section.id, list(WRITTEN_SECTIONS))}; "
            "a section of your own needs a title",
        )
    if section.id in seen:
        raise document.error((*place, "id"), f"the section '{section.id}' is there twice")
    seen.add(section.id)
    own = WRITTEN_SECTIONS.get(section.id)
    if own and section.runs and SHOWN[section.runs]["model"] != SHOWN[own]["model"]:
        raise document.error((*place, "runs"), f"'{section.id}' shows runs of a {SHOWN[own]['model']}, as '{own}'")
    for model, settings in section.settings.items():
        for name in settings:
            if name not in MODELS[model].model_fields:
                known = suggest(name, list(MODELS[model].model_fields))
                raise document.error((*place, "settings", model, name), f"a {model} has no setting '{name}'{known}")
