"""``experiments.yaml`` -> a frozen, fully resolved :class:`Suite`.

Defaults live here and nowhere else. Settings are resolved in four layers, the later winning: the model's own defaults,
``defaults.<model>``, the entry under ``runs``, ``profiles.<name>.<model>``.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, model_validator

from reportgen.assets import OUTLINES
from reportgen.document import Document, KeyPath, read_document
from reportgen.errors import ConfigError

FULL_PROFILE = "full"
"""The reserved profile name that means: the file's settings as they are."""

MAX_RUNS = 100_000

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Precision = Literal["fp32", "tf32", "bf16"]
DatasetName = Literal["mnist", "fashion-mnist", "kmnist", "mnist-5k"]
DIGITS = ("mnist", "mnist-5k")
"""Datasets of the digits that the shipped classifier reads."""
Section = Literal["vae_latent", "vae_architecture", "gan_grid", "gan_hidden", "gan_mlp", "gan_relu"]
WRITTEN_SECTIONS: dict[str, Section | None] = {
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

SHOWN: dict[Section, dict[str, str]] = {
    "vae_latent": {"model": "vae"},
    "vae_architecture": {"model": "vae", "architecture": "linear"},
    "gan_grid": {"model": "gan"},
    "gan_hidden": {"model": "gan"},
    "gan_mlp": {"model": "gan", "architecture": "mlp"},
    "gan_relu": {"model": "gan", "activation": "relu"},
}
"""The settings that every run of a question has: what the report says of it is not true of others."""

Seed = Annotated[int, Field(ge=0, lt=2**31, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Rate = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


def has_digits(dataset: DatasetName) -> bool:
    """Whether the images are the digits that the shipped classifier reads: of others its readings mean nothing."""
    return dataset in DIGITS


class Model(BaseModel):
    """What every part of the file has in common: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TrainingSettings(Model):
    """What every model has."""

    latent_dim: Count
    """Number of latent variables (the length of z)."""
    batch_size: Count
    """Images per training step."""
    num_training_steps: Count
    """Number of parameter updates."""
    learning_rate: Rate
    """Adam's learning rate."""
    log_interval: Count = 10
    """Steps between two logged training losses."""
    image_interval: Count = 1000
    """Steps between two image grids (and, for a VAE, two passes over the dev set)."""
    precision: Precision = "fp32"
    """Arithmetic of training's matrix products: `bf16` is faster where the processor has it, `tf32` on NVIDIA GPUs."""


class VaeSettings(TrainingSettings):
    """A variational autoencoder (Kingma & Welling 2014)."""

    model: Literal["vae"] = "vae"
    architecture: Literal["conv", "linear"] = "conv"
    """`conv`: the homework's convolutional network; `linear`: the all-linear ablation."""
    latent_dim: Count = 100
    batch_size: Count = 32
    num_training_steps: Count = 25_000
    learning_rate: Rate = 1e-3
    encoder_output_relu: bool = False
    """A ReLU on the encoder's output, as one published report had it: it forces mu and log-variance to be >= 0."""


class GanSettings(TrainingSettings):
    """A DCGAN (Radford et al. 2016), trained with the non-saturating loss (Goodfellow et al. 2014)."""

    model: Literal["gan"] = "gan"
    architecture: Literal["conv", "mlp"] = "conv"
    """`conv`: the homework's DCGAN; `mlp`: the fully connected ablation."""
    activation: Literal["leaky_relu", "relu"] = "leaky_relu"
    """The discriminator's activation; `relu` is the ablation."""
    latent_dim: Count = 100
    hidden_dim: Count = 100
    """Width h of both networks: their layers have h, 2h and 4h channels."""
    batch_size: Count = 64
    num_training_steps: Count = 5_000
    learning_rate: Rate = 2e-4


Settings = VaeSettings | GanSettings
MODELS: dict[str, type[VaeSettings] | type[GanSettings]] = {"gan": GanSettings, "vae": VaeSettings}


def _optional_fields(settings: type[TrainingSettings], *, lists: bool) -> dict[str, Any]:
    """The fields of a settings class, each optional and, with ``lists``, one value or a list of values."""
    fields: dict[str, Any] = {}
    for name, info in settings.model_fields.items():
        if name == "model":
            continue
        one: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        kind: Any = _one_or_list(one) if lists else one
        described = info.description or TrainingSettings.model_fields[name].description
        fields[name] = (kind | None, Field(default=None, description=described))
    return fields


def _one_or_list(one: Any) -> Any:
    wrap = BeforeValidator(
        lambda value: value if value is None or isinstance(value, list) else [value],
        json_schema_input_type=one | list[one],
    )
    return Annotated[list[one], Field(min_length=1), wrap]


VaeOverrides: Any = create_model("VaeOverrides", __base__=Model, **_optional_fields(VaeSettings, lists=False))
GanOverrides: Any = create_model("GanOverrides", __base__=Model, **_optional_fields(GanSettings, lists=False))


class _Entry(Model):
    section: Section | None = None
    """The question of the report that these runs answer; without it they are trained and listed only."""


_IS_VAE: Any = (Literal["vae"], ...)
_IS_GAN: Any = (Literal["gan"], ...)
VaeEntry: Any = create_model("VaeEntry", __base__=_Entry, model=_IS_VAE, **_optional_fields(VaeSettings, lists=True))
GanEntry: Any = create_model("GanEntry", __base__=_Entry, model=_IS_GAN, **_optional_fields(GanSettings, lists=True))


class FamilyDefaults(Model):
    """Settings that all runs of one model share."""

    vae: VaeOverrides | None = None
    gan: GanOverrides | None = None


class LocalText(Model):
    """One text in both languages."""

    zh: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return {"zh": value, "en": value} if isinstance(value, str) else value


class Author(Model):
    """The author block of the first page; empty lines are left out."""

    name: str = ""
    student_id: str = ""
    school: str = ""
    course: str = ""
    email: str = ""


class ReportSettings(Model):
    """What the report says about itself."""

    title: LocalText = LocalText(zh="MNIST上的生成模型：VAE与GAN", en="Generative models on MNIST: VAE and GAN")
    author: Author = Author()
    outline: str = "full"
    """`full`, `vae-gan` (edition 1), `gan` (edition 2), or the path of an outline file of your own."""


# ---- the outline of a report ----------------------------------------------------------------------------------------

ModelName = Literal["vae", "gan"]


class OutlineSection(Model):
    """One section: what it shows, which question it answers, and what an answer needs."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """A section that reportgen writes, or, with a `title`, one of your own: a chapter, or a place for your notes."""
    title: LocalText | None = None
    """Replaces the heading."""
    question: str = ""
    """The number of the homework's question."""
    runs: Section | None = None
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
            f"report.outline: no outline '{name}'{_suggest(name, list(OUTLINES))}, or give the path of a file"
        )
    document = read_document(path)
    try:
        outline = Outline.model_validate(document.value)
    except ValidationError as error:
        raise _explain(document, error, Outline) from None
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
            f"unknown section '{section.id}'{_suggest(section.id, list(WRITTEN_SECTIONS))}; "
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
                known = _suggest(name, list(MODELS[model].model_fields))
                raise document.error((*place, "settings", model, name), f"a {model} has no setting '{name}'{known}")


class FidSettings(Model):
    """The Frechet distance: its sample size and the course's extractor."""

    num_images: Annotated[int, Field(ge=6, strict=True)] = 3000
    """Real and generated images that are compared; the homework's 3,000. Five neighbours need at least 6."""
    inception_weights: str | None = None
    """The course's Inception weights; by default the copy that `reportgen fetch inception` made, if it did."""


class InterpolationSettings(Model):
    """The latent interpolation strips."""

    num_points: Annotated[int, Field(ge=2, le=20, strict=True)] = 10
    """Images per strip (K in the homework)."""


class DigitSettings(Model):
    """The digit counts that look for mode collapse."""

    num_images: Count = 50
    """Generated images that are read and counted."""


class Profile(Model):
    """Overrides for a quick or otherwise changed suite."""

    dataset: DatasetName | None = None
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None
    fid: FidSettings | None = None
    interpolation: InterpolationSettings | None = None
    digits: DigitSettings | None = None
    vae: VaeOverrides | None = None
    gan: GanOverrides | None = None


class SuiteFile(Model):
    """The file as it is written."""

    report: ReportSettings = ReportSettings()
    dataset: DatasetName = "mnist"
    """The training split trains; the test split is the dev set."""
    seeds: Annotated[list[Seed], Field(min_length=1)] = [0]
    """Every run is trained once per seed."""
    fid: FidSettings = FidSettings()
    interpolation: InterpolationSettings = InterpolationSettings()
    digits: DigitSettings = DigitSettings()
    defaults: FamilyDefaults = FamilyDefaults()
    runs: dict[str, Annotated[VaeEntry | GanEntry, Field(discriminator="model")]]
    profiles: dict[str, Profile] = {}


class Group(Model):
    """One resolved entry under ``runs``."""

    name: str
    section: Section | None
    settings: tuple[Annotated[Settings, Field(discriminator="model")], ...]


class Suite(Model):
    """A whole suite with every default filled in, every sweep expanded and the profile applied."""

    profile: str
    report: ReportSettings
    dataset: DatasetName
    seeds: tuple[int, ...]
    fid: FidSettings
    interpolation: InterpolationSettings
    digits: DigitSettings
    groups: tuple[Group, ...]
    outline: Outline = Field(default_factory=lambda: load_outline("full", Path()))


def load_suite(path: Path, profile: str = FULL_PROFILE, outline: Outline | None = None) -> Suite:
    """Read, check and resolve ``experiments.yaml``.

    Args:
        outline: takes the place of the one that the file names.

    Raises:
        ConfigError: with file, line, key, what was expected and a suggestion.
    """
    document = read_document(path)
    try:
        content = SuiteFile.model_validate(document.value)
    except ValidationError as error:
        raise _explain(document, error, SuiteFile) from None
    chosen = _choose_profile(document, content, profile)
    return _resolve(document, content, chosen, outline or load_outline(content.report.outline, path.parent))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of ``experiments.yaml``, for editors."""
    schema = SuiteFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _choose_profile(document: Document, content: SuiteFile, name: str) -> tuple[str, Profile]:
    if FULL_PROFILE in content.profiles:
        raise document.error(
            ("profiles", FULL_PROFILE), "the name is reserved for the file's settings as they are; choose another"
        )
    for other in content.profiles:
        if not re.fullmatch(r"\w[\w. -]*", other):
            raise document.error(("profiles", other), "expected a name of letters, digits, '_', '-', '.' and spaces")
    if name == FULL_PROFILE:
        return name, Profile()
    if name not in content.profiles:
        choices = sorted({FULL_PROFILE, *content.profiles})
        raise document.error(("profiles",), f"no profile '{name}'{_suggest(name, choices)}")
    return name, content.profiles[name]


def _resolve(document: Document, content: SuiteFile, chosen: tuple[str, Profile], outline: Outline) -> Suite:
    name, profile = chosen
    groups, num_runs = [], 0
    for group_name, entry in content.runs.items():
        group = Group(
            name=group_name, section=entry.section, settings=tuple(_expand(document, content, profile, group_name))
        )
        _check_question(document, group)
        num_runs += len(group.settings)
        groups.append(group)
    if not groups:
        raise document.error(("runs",), "no runs are declared; add at least one entry")
    seeds = tuple(dict.fromkeys(profile.seeds or content.seeds))
    if num_runs * len(seeds) > MAX_RUNS:
        raise document.error(("runs",), f"{num_runs * len(seeds)} runs are declared; at most {MAX_RUNS} are allowed")
    return Suite(
        profile=name,
        report=content.report,
        dataset=profile.dataset or content.dataset,
        seeds=seeds,
        fid=profile.fid or content.fid,
        interpolation=profile.interpolation or content.interpolation,
        digits=profile.digits or content.digits,
        groups=tuple(groups),
        outline=outline,
    )


def _check_question(document: Document, group: Group) -> None:
    for name, expected in SHOWN[group.section].items() if group.section else ():
        others = [found for settings in group.settings if (found := getattr(settings, name)) != expected]
        if others:
            raise document.error(
                ("runs", group.name, "section"),
                f"'{group.section}' is about runs with {name}: {expected}, and here is one with {name}: {others[0]}; "
                "name another section, or none",
            )


def _expand(document: Document, content: SuiteFile, profile: Profile, name: str) -> Iterator[Settings]:
    """All combinations of an entry's lists, in the file's order, the last list varying fastest."""
    entry = content.runs[name]
    settings_class = MODELS[entry.model]
    layers = (getattr(content.defaults, entry.model), entry, getattr(profile, entry.model))
    values: dict[str, Any] = {}
    for layer in layers:
        if layer is not None:
            values |= layer.model_dump(exclude_none=True, exclude={"section", "model"})
    lists = {key: value if isinstance(value, list) else [value] for key, value in values.items()}
    if math.prod(len(value) for value in lists.values()) > MAX_RUNS:
        raise document.error(("runs", name), f"the grid has more than {MAX_RUNS} combinations")
    seen = set()
    for combination in itertools.product(*lists.values()):
        settings = settings_class(**dict(zip(lists, combination, strict=True)))
        if settings not in seen:
            seen.add(settings)
            yield settings


# ---- errors ---------------------------------------------------------------------------------------------------------


def _explain(document: Document, error: ValidationError, root: type[Model]) -> ConfigError:
    """One line for the first problem in the file, with the number of the others."""
    problems = sorted(
        error.errors(include_url=False),
        key=lambda problem: (problem["type"] == "missing", document.line_of(_key_path(problem["loc"]))),
    )
    path = _key_path(problems[0]["loc"])
    if path and isinstance(path[-1], int) and path not in document:
        path = path[:-1]  # a single value that was read as a list of one
    rest = len(problems) - 1
    more = f" (and {rest} more problem{'s' if rest > 1 else ''})" if rest else ""
    return document.error(path, _describe(dict(problems[0]), root) + more)


def _key_path(loc: tuple[str | int, ...]) -> KeyPath:
    """A pydantic location without the discriminator that stands in ``runs.<name>.<model>.<key>``."""
    return (*loc[:2], *loc[3:]) if loc[:1] == ("runs",) else loc


def _describe(problem: dict[str, Any], root: type[Model]) -> str:
    kind, context, value = problem["type"], problem.get("ctx", {}), problem.get("input")
    key = str(problem["loc"][-1]) if problem["loc"] else ""
    if kind == "extra_forbidden":
        return f"unknown key '{key}'{_suggest(key, _known_keys(problem['loc'], root))}"
    if kind == "literal_error":
        choices = [part.strip().strip("'") for part in context["expected"].replace(" or ", ", ").split(",")]
        return f"unknown value '{value}'{_suggest(str(value), choices)}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(value.get("model")) if isinstance(value, dict) else ""
        if kind == "union_tag_not_found" or not tag:
            return "the key 'model' is missing; choose from: gan, vae"
        return f"model: unknown model '{tag}'{_suggest(tag, list(MODELS))}"
    if kind == "missing":
        return f"the key '{key}' is missing"
    wanted = _WANTED.get(kind)
    shown = "nothing" if value is None else f"{value!r}"
    if wanted:
        return f"expected {wanted}, found {shown}"
    return f"{problem['msg'][0].lower()}{problem['msg'][1:]}, found {shown}"


_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text (put it in quotes if it looks like a number)",
    "list_type": "a list such as [0, 1, 2]",
    "dict_type": "a mapping (indented 'key: value' lines)",
    "model_type": "a mapping (indented 'key: value' lines)",
    "model_attributes_type": "a mapping (indented 'key: value' lines)",
}


def _suggest(wrong: str, choices: list[str]) -> str:
    close = difflib.get_close_matches(wrong, choices, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"; choose from: {', '.join(sorted(choices))}{hint}" if choices else hint


def _known_keys(loc: tuple[str | int, ...], root: type[Model]) -> list[str]:
    """The keys that are allowed where an unknown one was found."""
    model: Any = root
    for part in loc[:-1]:
        model = _step_into(model, part)
        if model is None:
            return []
    return sorted(model.model_fields) if _is_model(model) else []


def _step_into(kind: Any, part: str | int) -> Any:
    if _is_model(kind) and part in kind.model_fields:
        return _unwrap(kind.model_fields[str(part)].annotation)
    if get_origin(kind) is dict:
        return _unwrap(get_args(kind)[1])
    if get_origin(kind) is list:
        return _unwrap(get_args(kind)[0])
    if part in MODELS:  # the discriminator's value inside runs.<name>
        return VaeEntry if part == "vae" else GanEntry
    return None


def _unwrap(kind: Any) -> Any:
    """Strip Annotated and Optional; a union of models stays what it is."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    members = [member for member in get_args(kind) if member is not type(None)]
    if get_origin(kind) is not dict and get_origin(kind) is not list and len(members) == 1:
        return members[0]
    return kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
