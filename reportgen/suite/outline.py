"""The outline of a report: its sections in order, the questions that they answer, and requirements of an answer."""

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
    "vae": None,
    "vae_curves": "vae_latent",
    "vae_images": "vae_latent",
    "vae_space": "vae_latent",
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
    "background": None,
    "methods": None,
    "code": None,
    "appendix": None,
}
"""Sections that reportgen can write, each with the question whose runs it shows by default."""


Topic = Literal[
    "ablation",
    "ablation.alone",
    "ablation.gradient",
    "ablation.grain",
    "ablation.losses",
    "ablation.size",
    "best",
    "collapse",
    "collapse.unread",
    "comparison",
    "gan_curves",
    "gan_effect",
    "gan_effect.losses",
    "gan_effect.steadiness",
    "gan_hidden",
    "gan_hidden.losses",
    "gan_hidden.worst",
    "gan_images",
    "gan_images.stability",
    "interpolation",
    "interpolation.between",
    "interpolation.beyond",
    "interpolation.spherical",
    "nash",
    "nash.lead",
    "nash.quality",
    "nash.trap",
    "progress",
    "published",
    "scores",
    "threshold",
    "vae_ablation",
    "vae_ablation.size",
    "vae_ablation.why",
    "vae_curves",
    "vae_curves.learning",
    "vae_effect",
    "vae_effect.exchange",
    "vae_fid",
    "vae_images",
    "vae_images.balance",
    "vae_images.confusions",
    "vae_space",
    "vae_space.collapse",
    "vae_space.hole",
    "vae_space.paths",
    "vae_space.why",
]
"""Subject of a sentence of the discussion, whichever way the data decide it."""


class OutlineSection(Model):
    """One section: its content, the question that it answers, and the requirements of an answer."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """A section that reportgen writes or, with a `title`, one of your own: a chapter, or a place for your notes."""
    title: LocalText | None = None
    """Heading that replaces the default one."""
    question: str = ""
    """Number of the question in the homework."""
    runs: Question | None = None
    """Question whose runs the section shows, if not its default one."""
    needs: dict[Literal["latent_dim", "hidden_dim"], list[Count]] = {}
    """Values of which every combination must be among the finished runs."""
    settings: dict[ModelName, dict[str, int | float]] = {}
    """Settings that all runs of a model must have been trained with."""
    shows: list[str] = []
    """Prefixes of the ids of tables, figures and listings that must be present."""
    answers: list[Topic] = []
    """Topics of which the section must have a sentence each."""
    fid_below: dict[ModelName, Count] = {}
    """Inception FID that the best run of a model must reach."""
    sections: list[OutlineSection] = []

    @property
    def shown(self) -> Question | None:
        """Question whose runs the section shows; None if it is about none."""
        return self.runs or WRITTEN_SECTIONS.get(self.id)


class Outline(Model):
    """Sections of a report in order, and the models that the report is about."""

    models: Annotated[list[ModelName], Field(min_length=1)] = list(MODELS)
    sections: Annotated[list[OutlineSection], Field(min_length=1)]

    def walk(self) -> Iterator[OutlineSection]:
        """Yield all sections, each chapter before its parts."""
        for section in self.sections:
            yield section
            yield from section.sections


def load_outline(name: str, folder: Path) -> Outline:
    """Load a shipped outline by name, or an outline file by its path relative to ``folder``.

    Raises:
        ConfigError: the outline does not exist, or its file is invalid.
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
