"""Explanations of stale runs, and the search for files in an output folder that its suite does not need."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.base.errors import RunError
from reportgen.store.locks import hold_run, is_held
from reportgen.store.manifest import FORMAT_VERSION, find_outdated_format, read_identity
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.states import find_state, is_inception_finished
from reportgen.suite.plan import RunSpec

SECONDS_TO_WRITE = 3600.0
"""Age below which a temporary file may still be in use by another command."""

# ---- explain --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A field of a key whose value has changed; None means that the field has its default value or did not exist."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Explanation:
    """State of a run and the changes that made it stale."""

    state: str
    recorded: Path | None
    """Folder that the changes refer to: the run's own, or one trained under its name with other settings."""
    training: tuple[Change, ...]
    """Changes that require training again."""
    evaluation: tuple[Change, ...]
    """Changes that require measuring again."""
    inception: tuple[Change, ...] = ()
    """Changes that require scoring by Inception again."""
    lacks_inception: bool = False
    """True if its Inception scores are wanted and not there."""


def list_former(output: OutputPaths, specs: Iterable[RunSpec]) -> dict[str, list[Path]]:
    """List the folders of finished trainings that belong to no run of the suite, by base name."""
    wanted, former = {spec.folder_name for spec in specs}, defaultdict(list)
    for folder in sorted(output.runs.glob("*")):
        if folder.name not in wanted and read_identity(RunPaths(folder), "training") is not None:
            former[folder.name.rpartition("-")[0]].append(folder)
    return former


def explain_run(output: OutputPaths, spec: RunSpec, specs: Iterable[RunSpec]) -> Explanation:
    """Name the fields whose change made a run stale.

    Args:
        specs: all runs of its suite.
    """
    own = output.run(spec.folder_name)
    state = find_state(own, spec.training_key, spec.evaluation_key)
    if read_identity(own, "training") is not None:
        recorded = read_identity(own, "inception") if spec.inception_identity is not None else None
        inception = compare_identities(recorded, spec.inception_identity or {}) if recorded else ()
        lacks = spec.inception_key is not None and not is_inception_finished(own, spec.inception_key)
        return Explanation(state, own.folder, (), _explain_evaluation(own, spec), inception, lacks)
    candidates = [
        (compare_identities(read_identity(RunPaths(path), "training") or {}, spec.training_identity), path)
        for path in list_former(output, specs).get(spec.base_name, [])
    ]
    if not candidates:
        return Explanation(state, None, (), ())
    changes, path = min(candidates, key=lambda pair: (len(pair[0]), pair[1].name))
    return Explanation(state, path, changes, ())


def _explain_evaluation(paths: RunPaths, spec: RunSpec) -> tuple[Change, ...]:
    outdated, recorded = find_outdated_format(paths, "evaluation"), read_identity(paths, "evaluation")
    if outdated is not None:
        return (Change("format", outdated, FORMAT_VERSION),)
    return compare_identities(recorded, spec.evaluation_identity) if recorded else ()


def compare_identities(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """List the fields that differ; a field of a nested mapping is named by its dotted path."""
    before, after = dict(_flatten(old)), dict(_flatten(new))
    names = dict.fromkeys([*before, *after])
    return tuple(Change(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n))


def _flatten(identity: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in identity.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


# ---- gc -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Garbage:
    """A file or folder that no run of the suite needs."""

    path: Path
    reason: str
    num_bytes: int


def find_garbage(output: OutputPaths, specs: list[RunSpec]) -> list[Garbage]:
    """Find runs that the suite does not declare, half-written files, and checkpoints of finished runs.

    Runs that a process is working on are skipped.
    """
    wanted = {spec.folder_name: spec for spec in specs}
    found = []
    for folder in sorted(path for path in output.runs.glob("*") if path.is_dir()):
        paths = RunPaths(folder)
        if is_held(paths):
            continue
        spec = wanted.get(folder.name)
        if spec is None:
            found.append(Garbage(folder, "a run that the suite does not declare", _measure(folder)))
            continue
        if find_state(paths, spec.training_key, spec.evaluation_key) == "finished":
            found += [Garbage(p, "a checkpoint of a finished run", _measure(p)) for p in paths.list_checkpoints()]
        found += _list_half_written(folder.rglob(".*.tmp"))
    beside = [*output.root.glob(".*.tmp"), *output.root.glob("report.*/.*.tmp"), *output.runs.glob(".*.tmp")]
    return found + _list_half_written([*beside, *output.cache.rglob(".*.tmp")])


def _list_half_written(paths: Iterable[Path]) -> list[Garbage]:
    left, now = [], time.time()
    for path in sorted(paths):
        with suppress(FileNotFoundError):  # another command has just renamed it
            if now - path.stat().st_mtime > SECONDS_TO_WRITE:
                left.append(Garbage(path, "half-written", _measure(path)))
    return left


def _measure(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def remove(garbage: Garbage) -> None:
    """Delete a file or folder.

    Raises:
        RunError: it cannot be deleted, or a process has started to work on the run since it was found.
    """
    try:
        if garbage.path.is_dir():
            _remove_run(RunPaths(garbage.path))
        else:
            garbage.path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"{garbage.path}: cannot be deleted ({error.strerror or error})") from None


def _remove_run(paths: RunPaths) -> None:
    with hold_run(paths):
        shutil.rmtree(paths.folder)
        paths.holder.unlink(missing_ok=True)
        with suppress(PermissionError):  # Windows cannot delete an open file; an unused lock does no harm
            paths.lock.unlink()
