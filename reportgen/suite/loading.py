"""The loader of ``experiments.yaml``: it returns a frozen, fully resolved :class:`Suite`.

Settings are resolved in five layers, of which later ones take precedence: the model's defaults, ``defaults.<model>``,
the entry under ``runs``, ``profiles.<name>.<model>``, and for the runs that match ``profiles.<name>.exceptions``.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, create_model

from reportgen.suite.document import Document, read_document
from reportgen.suite.outline import Outline, load_outline
from reportgen.suite.problems import explain, suggest
from reportgen.suite.settings import (
    MODELS,
    SHOWN,
    DatasetName,
    DigitSettings,
    FidSettings,
    InterpolationSettings,
    Model,
    Question,
    ReportSettings,
    Seed,
    Settings,
    TrainingSettings,
)

FULL_PROFILE = "full"
"""Reserved profile name for the file's settings without changes."""

MAX_RUNS = 100_000


def _optional_fields(settings: type[TrainingSettings], *, lists: bool) -> dict[str, Any]:
    """Return the fields of a settings class, each optional and, with ``lists``, a value or a list of values."""
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


class _Entry(Model):
    section: Question | None = None
    """The question of the report that these runs answer; without it they are trained and listed only."""


def _create_overrides(settings: type[TrainingSettings]) -> Any:
    """Return the class of what a file may set for all runs of a model."""
    return create_model(_name(settings, "Overrides"), __base__=Model, **_optional_fields(settings, lists=False))


def _create_entry(settings: type[TrainingSettings]) -> Any:
    """Return the class of an entry under ``runs``."""
    return create_model(_name(settings, "Entry"), __base__=_Entry, **_listed_fields(settings))


def _create_exception(settings: type[TrainingSettings]) -> Any:
    """Return the class of an exception: settings, or lists of them, that a run must have, and what is set then."""
    described = Field(description="The settings of the runs that match.")
    overrides: Any = (_OVERRIDES[settings.model_fields["model"].default], described)
    return create_model(_name(settings, "Exception"), __base__=Model, **_listed_fields(settings), set=overrides)


def _listed_fields(settings: type[TrainingSettings]) -> dict[str, Any]:
    """Return the name of the model, which is required, and its settings, each optional, a value or a list."""
    return {"model": (settings.model_fields["model"].annotation, ...), **_optional_fields(settings, lists=True)}


def _name(settings: type[TrainingSettings], ending: str) -> str:
    return settings.__name__.removesuffix("Settings") + ending


_OVERRIDES: dict[str, Any] = {name: _create_overrides(settings) for name, settings in MODELS.items()}
_OPTIONAL_OVERRIDES: dict[str, Any] = {name: (overrides | None, None) for name, overrides in _OVERRIDES.items()}

FamilyDefaults: Any = create_model(
    "FamilyDefaults", __base__=Model, __doc__="Settings that all runs of one model share.", **_OPTIONAL_OVERRIDES
)

Exceptional: Any = Annotated[reduce(or_, map(_create_exception, MODELS.values())), Field(discriminator="model")]


class ProfileSettings(Model):
    """The overrides of a profile that are of no model."""

    dataset: DatasetName | None = None
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None
    fid: FidSettings | None = None
    interpolation: InterpolationSettings | None = None
    digits: DigitSettings | None = None
    exceptions: list[Exceptional] = []
    """Settings of the runs that match, after those of their model; of two exceptions the later wins."""


Profile: Any = create_model(
    "Profile",
    __base__=ProfileSettings,
    __doc__="Overrides for a quick or otherwise changed suite.",
    **_OPTIONAL_OVERRIDES,
)

Entry: Any = Annotated[reduce(or_, map(_create_entry, MODELS.values())), Field(discriminator="model")]


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
    runs: dict[str, Entry]
    profiles: dict[str, Profile] = {}


class Group(Model):
    """One resolved entry under ``runs``."""

    name: str
    section: Question | None
    settings: tuple[Annotated[Settings, Field(discriminator="model")], ...]


class Suite(Model):
    """A resolved suite, with all defaults filled in, sweeps expanded and the profile applied."""

    profile: str
    report: ReportSettings
    dataset: DatasetName
    seeds: tuple[int, ...]
    fid: FidSettings
    interpolation: InterpolationSettings
    digits: DigitSettings
    groups: tuple[Group, ...]
    outline: Outline = Field(default_factory=lambda: load_outline("full", Path()))

    def list_settings(self, question: Question) -> set[Settings]:
        """Return the settings of the runs that answer a question."""
        return {settings for group in self.groups if group.section == question for settings in group.settings}


def load_suite(path: Path, profile: str = FULL_PROFILE, outline: Outline | None = None) -> Suite:
    """Read, check and resolve ``experiments.yaml``.

    Args:
        profile: name of the profile to apply.
        outline: replacement for the outline that the file names.

    Raises:
        ConfigError: the file is invalid, or has no such profile.
    """
    document = read_document(path)
    try:
        content = SuiteFile.model_validate(document.value)
    except ValidationError as error:
        raise explain(document, error, SuiteFile) from None
    chosen = _choose_profile(document, content, profile)
    return _resolve(document, content, chosen, outline or load_outline(content.report.outline, path.parent))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``experiments.yaml``, for editors."""
    schema = SuiteFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _choose_profile(document: Document, content: SuiteFile, name: str) -> tuple[str, ProfileSettings]:
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
        raise document.error(("profiles",), f"no profile '{name}'{suggest(name, choices)}")
    return name, content.profiles[name]


def _resolve(document: Document, content: SuiteFile, chosen: tuple[str, ProfileSettings], outline: Outline) -> Suite:
    name, profile = chosen
    expanded = {group_name: list(_expand(document, content, profile, group_name)) for group_name in content.runs}
    _check_exceptions(document, chosen, [settings for group in expanded.values() for settings in group])
    groups, num_runs = [], 0
    for group_name, entry in content.runs.items():
        settings = dict.fromkeys(
            each if each.imported else _make_exceptions(profile.exceptions, each) for each in expanded[group_name]
        )
        group = Group(name=group_name, section=entry.section, settings=tuple(settings))
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
        fid=content.fid.model_copy(update=profile.fid.model_dump(exclude_unset=True) if profile.fid else {}),
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


def _expand(document: Document, content: SuiteFile, profile: ProfileSettings, name: str) -> Iterator[Settings]:
    """Yield all combinations of an entry's lists, in the order of the file, the last list varying fastest.

    What was trained elsewhere is as it is: neither defaults nor a profile change it.
    """
    entry = content.runs[name]
    settings_class = MODELS[entry.model]
    around = (None, None) if entry.imported else (getattr(content.defaults, entry.model), getattr(profile, entry.model))
    layers = (around[0], entry, around[1])
    values: dict[str, Any] = {}
    for layer in layers:
        if layer is not None:
            values |= layer.model_dump(exclude_none=True, exclude={"section", "model"})
    lists = {key: value if isinstance(value, list) else [value] for key, value in values.items()}
    if math.prod(len(value) for value in lists.values()) > MAX_RUNS:
        raise document.error(("runs", name), f"the grid has more than {MAX_RUNS} combinations")
    for combination in itertools.product(*lists.values()):
        yield settings_class(**dict(zip(lists, combination, strict=True)))


# ---- exceptions -----------------------------------------------------------------------------------------------------


def _make_exceptions(exceptions: Sequence[Any], settings: Settings) -> Settings:
    """Return the settings with what the exceptions that they match set."""
    changes: dict[str, Any] = {}
    for exception in exceptions:
        if _matches(settings, _conditions(exception)):
            changes |= exception.set.model_dump(exclude_none=True)
    return settings.model_copy(update=changes)


def _conditions(exception: Any) -> dict[str, list[Any]]:
    """Return what an exception asks of a run: the values that each setting may have."""
    asked = exception.model_dump(exclude_none=True, exclude={"set", "model"})
    return {"model": [exception.model], **asked}


def _matches(settings: Settings, conditions: dict[str, list[Any]]) -> bool:
    return all(getattr(settings, key, None) in allowed for key, allowed in conditions.items())


def _check_exceptions(document: Document, chosen: tuple[str, ProfileSettings], declared: Sequence[Settings]) -> None:
    """Check that a run matches each exception of the profile, as it would otherwise change nothing unnoticed."""
    name, profile = chosen
    for index, exception in enumerate(profile.exceptions):
        conditions = _conditions(exception)
        if not any(_matches(settings, conditions) for settings in declared):
            same_model = [settings for settings in declared if settings.model == exception.model]
            there_are = [f"{key}: {_list_values(same_model, key)}" for key in conditions if key != "model"]
            raise document.error(
                ("profiles", name, "exceptions", index),
                f"no run matches; the suite has runs with {' and '.join(there_are)}"
                if same_model and there_are
                else f"no run matches; the suite has no runs with model: {exception.model}",
            )


def _list_values(all_settings: Sequence[Settings], key: str) -> str:
    return ", ".join(map(str, dict.fromkeys(getattr(settings, key) for settings in all_settings)))
