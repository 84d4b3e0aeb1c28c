"""The suite of imported runs: what the tensors tell, what a suite file or a folder's name adds, and what is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import yaml
from pydantic import ValidationError

from reportgen.assets import OUTLINES
from reportgen.base.errors import ConfigError
from reportgen.lab.importing.layout import list_contradictions, read_hints
from reportgen.lab.importing.runs import Reading
from reportgen.suite.settings import MODELS, GanSettings, Question, Settings, VaeSettings

NAMED = {"batch_size": int, "learning_rate": float, "num_training_steps": int}
"""Settings that the folder's name may tell because no tensor does -> how they are read."""
DIMENSIONS = {"latent_dim": int, "hidden_dim": int}
"""Settings that the name may also tell where there are no tensors."""

UNTOLD: Mapping[str, tuple[str, ...]] = {
    "vae": ("batch_size", "num_training_steps", "learning_rate"),
    "gan": ("activation", "batch_size", "num_training_steps", "learning_rate"),
}
"""Model -> settings that no tensor tells and the report shows."""

HEADER = """\
# Written by `reportgen import`. Runs with `imported` were trained elsewhere; neither defaults nor profiles change them.
# Complete it (report.author, section, learning_rate, ...) and import the folder again with
# --suite, or add runs of your own, which `reportgen run` trains.
"""


@dataclass(frozen=True)
class Completed:
    """A configuration with all of its settings, and what is to be said of where they are from."""

    reading: Reading
    settings: Settings
    section: Question
    remarks: tuple[str, ...]
    assumed: Mapping[str, Any]
    """Settings that no file tells, with their default values."""


def complete(reading: Reading, base: Mapping[str, Any]) -> Completed:
    """Complete the settings of a configuration that can be imported.

    Of two sources the first counts: tensors and steps, the entry of its name in the suite, its name, the suite's
    defaults of the model, ours.

    Args:
        base: the suite as plain values.

    Raises:
        ConfigError: a value of the suite or of the folder's name is not valid.
    """
    name, told = reading.candidate.name, dict(reading.settings)
    entry = dict((base.get("runs") or {}).get(name) or {})
    if entry.get("imported") not in (None, reading.digest):  # another training that was imported under this name
        entry = {}
    if entry.get("model", told["model"]) != told["model"]:
        raise ConfigError(f"runs.{name} of the suite is of a {entry['model']}, its tensors are of a {told['model']}")
    section = entry.pop("section", None)
    given = {key: _unpack(value) for key, value in entry.items() if key not in ("model", "imported")}
    kinds = NAMED if reading.candidate.checkpoints else {**NAMED, **DIMENSIONS}
    named = {
        key: kinds[key](text)
        for key, text in read_hints(name).items()
        if key in kinds and key in MODELS[told["model"]].model_fields
        if key not in {**told, **given} and _is_number(text, kinds[key])
    }
    defaults = (base.get("defaults") or {}).get(told["model"]) or {}
    if not reading.candidate.checkpoints and read_hints(name).get("use_mlp") == "True":
        named["architecture"] = "mlp"
    values = {**defaults, **named, **given, **told, "imported": reading.digest}
    try:
        settings = MODELS[told["model"]](**values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise ConfigError(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    remarks = list(list_contradictions(name, settings.model_dump()))
    remarks += [
        f"{key} is {told[key]}, the suite says {given[key]}" for key in given if told.get(key, given[key]) != given[key]
    ]
    remarks += [f"{key} {value}: from the folder's name" for key, value in named.items()]
    known = {**defaults, **named, **given, **told}
    assumed = {key: getattr(settings, key) for key in UNTOLD[told["model"]] if key not in known}
    return Completed(reading, settings, section or _choose_section(settings), tuple(remarks), assumed)


def _unpack(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _is_number(text: str, kind: type) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _choose_section(settings: Settings) -> Question:
    """Return the question that such a model usually answers."""
    match settings:
        case VaeSettings():
            return "vae_architecture" if settings.architecture == "linear" else "vae_latent"
        case GanSettings():
            if settings.architecture == "mlp":
                return "gan_mlp"
            return "gan_relu" if settings.activation == "relu" else "gan_grid"
        case _:
            assert_never(settings)


def declare(base: Mapping[str, Any], completed: Iterable[Completed], dataset: str, folder: Path) -> str:
    """Return the text of a suite that has the base's content and an entry for each imported configuration.

    Args:
        dataset: what is measured against where the base does not say.
        folder: the base's folder, from which its outline is named.
    """
    suite = {"dataset": dataset, **base, "runs": dict(base.get("runs") or {})}
    for one in completed:
        shown = (*one.settings.VARIANT_FIELDS, *one.settings.DIMENSIONS, *UNTOLD[one.settings.model])
        others = one.settings.model_dump(exclude_defaults=True, exclude={"model", "imported"})
        suite["runs"][_find_name(suite["runs"], one)] = {
            "section": one.section,
            "model": one.settings.model,
            "imported": one.settings.imported,
            **{name: getattr(one.settings, name) for name in shown},
            **others,
        }
    outline = (suite.get("report") or {}).get("outline")
    if isinstance(outline, str) and outline not in OUTLINES:
        suite["report"] = {**suite["report"], "outline": str((folder / outline).resolve())}
    return HEADER + yaml.safe_dump(suite, sort_keys=False, allow_unicode=True)


def _find_name(runs: Mapping[str, Any], one: Completed) -> str:
    """Return the entry's name: the configuration's, with a number if another import of this suite has it."""
    name, number = one.reading.candidate.name, 1
    while runs.get(name, {}).get("imported") not in (None, one.settings.imported):
        number += 1
        name = f"{one.reading.candidate.name} ({number})"
    return name
